//! Downloading what a job found.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::find;
use super::job::{Job, JobState};
use crate::errors::{ApiError, json_response};
use crate::faults::FaultKind;
use crate::http::{Call, accepts_gzip};
use crate::log::Served;

/// The most pages that one answer of `resultPages` names.
const MAX_RESULT_PAGES: usize = 5;

/// Answers `GET /jobs/query/{id}/results` (Bulk API 2.0 Developer Guide, Get Results for a Query Job).
pub(super) fn results(call: &Call, id: &str) -> Result<Response, ApiError> {
    call.only_reads()?;
    let job = find_complete(call, id)?;
    let start = read_locator(call, &job)?;
    let page_rows = page_rows(call)?;
    let end = start.saturating_add(page_rows).min(job.row_count());
    let next = if end < job.row_count() { write_locator(end) } else { "null".to_owned() };

    let mut response = match find_gzip(call, &job, start..end, page_rows) {
        Some(body) => {
            let coding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            let vary = (header::VARY, HeaderValue::from_static("Accept-Encoding"));
            ([coding, vary], body).into_response()
        }
        None => job.stream(&call.app.org, start..end).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv;charset=UTF-8"));
    headers.insert("Sforce-NumberOfRecords", HeaderValue::from(end - start));
    headers.insert("Sforce-Locator", HeaderValue::try_from(next).expect("a locator is plain text"));
    let served = Served { sobject: job.sobject().to_owned(), rows: (end - start) as u64 };
    response.extensions_mut().insert(served);
    Ok(response)
}

/// Finds a page that is compressed already, if the client wants it so and nothing is to be put before it.
fn find_gzip(call: &Call, job: &Job, rows: Range<usize>, page_rows: usize) -> Option<Body> {
    if !accepts_gzip(&call.headers) || call.fault(FaultKind::Pad).is_some() {
        return None;
    }
    let rendered = job.rendered(page_rows).and_then(|rendered| rendered.page_at(rows.start));
    rendered.map(|page| page.clone().into()).or_else(|| job.stream_gzip(rows))
}

/// Answers `GET /jobs/query/{id}/resultPages`: addresses of pages to be fetched at the same time.
pub(super) fn result_pages(call: &Call, id: &str) -> Result<Response, ApiError> {
    /// The version that brought this resource.
    const SINCE: u16 = 580;
    call.only_reads()?;
    if call.version < SINCE {
        return Err(ApiError::not_found());
    }
    let job = find_complete(call, id)?;
    let (start, page_rows) = (read_locator(call, &job)?, page_rows(call)?);
    let path = format!("{}/jobs/query/{}", call.version_path(), job.id());
    let size = call.param("maxRecords").map(|rows| format!("&maxRecords={rows}")).unwrap_or_default();
    let starts = || (start..job.row_count().max(start + 1)).step_by(page_rows);
    let url = |resource: &str, start| format!("{path}/{resource}?locator={}{size}", write_locator(start));
    let pages = starts().take(MAX_RESULT_PAGES);
    let next = starts().nth(MAX_RESULT_PAGES);
    let body = ResultPages {
        result_pages: pages.map(|start| ResultPage { result_url: url("results", start) }).collect(),
        next_records_url: next.map(|start| url("resultPages", start)),
        done: next.is_none(),
    };
    Ok(json_response(StatusCode::OK, &body))
}

/// Addresses of pages on the wire, the members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultPages {
    result_pages: Vec<ResultPage>,
    next_records_url: Option<String>,
    done: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultPage {
    result_url: String,
}

/// Finds a job whose results may be read by this call.
fn find_complete(call: &Call, id: &str) -> Result<std::sync::Arc<Job>, ApiError> {
    let job = find(call, id)?;
    if job.api_version() != call.version {
        let message = "The results of a job must be read with the API version that the job was created with";
        return Err(ApiError::new(StatusCode::CONFLICT, "API_ERROR", message));
    }
    if call.fault(FaultKind::InvalidLocator).is_some() {
        return Err(ApiError::invalid_locator());
    }
    job.settle(call.app.now_ms());
    match job.state() {
        JobState::JobComplete => Ok(job),
        state => {
            let message = format!("The results of the job are not available: its state is {state:?}");
            Err(ApiError::bad_request("INVALIDJOBSTATE", message))
        }
    }
}

/// Reads where a page begins. Locators hold as long as the job does, in any order and as often as wanted.
fn read_locator(call: &Call, job: &Job) -> Result<usize, ApiError> {
    let Some(locator) = call.param("locator").filter(|locator| !locator.is_empty()) else {
        return Ok(0);
    };
    let decoded = URL_SAFE_NO_PAD.decode(locator).ok();
    let start = decoded.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    start.filter(|start| *start == 0 || *start < job.row_count()).ok_or_else(ApiError::invalid_locator)
}

fn write_locator(start: usize) -> String {
    URL_SAFE_NO_PAD.encode(start.to_string())
}

fn page_rows(call: &Call) -> Result<usize, ApiError> {
    let Some(text) = call.param("maxRecords") else {
        return Ok(call.app.config.page_rows.max(1) as usize);
    };
    let rows: Option<usize> = text.parse().ok().filter(|rows| *rows > 0);
    rows.ok_or_else(|| {
        ApiError::bad_request("ILLEGAL_QUERY_PARAMETER_VALUE", "maxRecords must be a positive number")
    })
}
