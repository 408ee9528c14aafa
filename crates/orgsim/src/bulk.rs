//! Bulk API 2.0: query jobs here, ingest jobs in [`ingest`].

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub(crate) use self::ingest::IngestJobs;
pub(crate) use self::job::Operation as QueryOperation;
pub(crate) use self::jobs::Jobs;
pub(crate) use self::page::{Layout, LineEnding, Source, stream};
pub(crate) use self::prerender::prerender;
pub use self::spool::ResultBytes;

use self::job::{Job, JobState, Operation};
use crate::clock::DAY_MS;
use crate::errors::{ApiError, json_response};
use crate::http::Call;
use crate::json::Node;
use crate::limits::{DAILY_BULK_QUERY_JOBS, DAILY_BULK_RESULT_KB, Limit};
use crate::soql;

mod content;
pub(crate) mod course;
mod gzip;
pub(crate) mod ingest;
mod job;
mod jobs;
mod lines;
mod page;
mod prerender;
mod rendering;
mod results;
mod spool;

/// How long a job and its results are kept once it has ended, in both Bulk APIs (Bulk API 2.0 and Bulk API Developer Guide, Limits).
pub(crate) const RETENTION_MS: i64 = 7 * DAY_MS;

/// As many jobs are in one answer of the list.
const LIST_ROWS: usize = 1_000;

/// Answers `/jobs/query/…`; `names` are the segments in lower case, `given` as they came.
pub(crate) fn answer(call: &Call, names: &[&str], given: &[&str]) -> Result<Response, ApiError> {
    match (names, given) {
        ([], _) => match call.method {
            Method::POST => create(call),
            Method::GET | Method::HEAD => list(call),
            _ => Err(ApiError::method_not_allowed(call.method.as_str(), "HEAD,GET,POST")),
        },
        ([_], [id]) => match call.method {
            Method::GET | Method::HEAD => status(call, id),
            Method::PATCH => change(call, id),
            Method::DELETE => delete(call, id),
            _ => Err(ApiError::method_not_allowed(call.method.as_str(), "HEAD,GET,PATCH,DELETE")),
        },
        ([_, "results"], [id, _]) => results::results(call, id),
        ([_, "resultpages"], [id, _]) => results::result_pages(call, id),
        _ => Err(ApiError::not_found()),
    }
}

/// What a client asks for (Bulk API 2.0 Developer Guide, Create a Query Job).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateBody {
    operation: Operation,
    query: String,
    #[serde(default)]
    column_delimiter: page::ColumnDelimiter,
    #[serde(default)]
    line_ending: page::LineEnding,
    content_type: Option<String>,
}

fn create(call: &Call) -> Result<Response, ApiError> {
    let body: CreateBody = read_body(call)?;
    if body.content_type.is_some_and(|content_type| !content_type.eq_ignore_ascii_case("CSV")) {
        return Err(ApiError::bad_request("INVALIDJOB", "contentType must be CSV"));
    }
    let now_ms = call.app.now_ms();
    let recent = call.app.jobs.count_since(now_ms - DAY_MS);
    if recent >= DAILY_BULK_QUERY_JOBS || call.app.exhausted.has(Limit::BulkJobs) {
        let message = format!(
            "Max bulk v2 query jobs ({DAILY_BULK_QUERY_JOBS}) per 24 hrs has been reached ({})",
            recent.max(DAILY_BULK_QUERY_JOBS) + 1
        );
        return Err(ApiError::bad_request("LIMIT_EXCEEDED", message));
    }
    let stored_kb = call.app.jobs.result_bytes_since(now_ms - DAY_MS) / 1024;
    if stored_kb >= DAILY_BULK_RESULT_KB || call.app.exhausted.has(Limit::BulkResults) {
        let message = format!(
            "Max bulk v2 query result size stored ({DAILY_BULK_RESULT_KB}) kb per 24 hrs has been exceeded"
        );
        return Err(ApiError::bad_request("LIMIT_EXCEEDED", message));
    }
    let query = prepare(call, &body.query, body.operation)?;
    let format = page::Format { delimiter: body.column_delimiter, line_ending: body.line_ending };
    let job = Job::new(call, &query, body.query, body.operation, format);
    let rendered = call.app.jobs.find_rendered(job.soql(), body.operation, format);
    let view = call.app.org.read_visible_for(query.rights());
    let rows = rendered.first().map_or_else(|| query.select_rows(&view).into(), |rendered| rendered.rows());
    let source = Arc::new(page::Source::new(&view, query, format.into(), rows));
    let job = call.app.jobs.add(job.with_source(source, rendered));
    call.app.jobs.process(&call.app.org, &job);
    Ok(json_response(StatusCode::OK, &job.created_body()))
}

/// Reads a statement under the rules of Bulk.
fn prepare(call: &Call, text: &str, operation: Operation) -> Result<soql::Query, ApiError> {
    let context = soql::Context {
        include_deleted: operation == Operation::QueryAll,
        bulk: true,
        ..call.app.query_context(call.session.user_id, call.version)
    };
    call.app.prepare(text, &context).map_err(|error| ApiError::bad_request(error.code, error.message))
}

/// Answers the list of jobs. Filters for kinds of jobs that there are none of leave nothing.
fn list(call: &Call) -> Result<Response, ApiError> {
    let now_ms = call.app.now_ms();
    let mut jobs: Vec<Box<RawValue>> = Vec::new();
    if is_listed(call, "V2Query") {
        jobs.extend(call.app.jobs.list(now_ms).iter().map(|job| {
            job.settle(now_ms);
            to_raw(&job.body(now_ms))
        }));
    }
    if is_listed(call, "Classic") {
        let classic = call.app.async_jobs.list(now_ms);
        jobs.extend(classic.iter().filter(|job| job.is_query()).map(|job| to_raw(&job.classic_body())));
    }
    list_page(call, "query", jobs)
}

/// Returns whether a list is to have jobs of a type, none of which is chunked by the client or serial.
fn is_listed(call: &Call, job_type: &str) -> bool {
    let is = |name: &str, value: &str| call.param(name).is_none_or(|given| given.eq_ignore_ascii_case(value));
    is("isPkChunkingEnabled", "false") && is("concurrencyMode", "parallel") && is("jobType", job_type)
}

/// Answers the page of a list that a call asks for.
fn list_page(call: &Call, resource: &str, jobs: Vec<Box<RawValue>>) -> Result<Response, ApiError> {
    let start = match call.param("queryLocator").filter(|locator| !locator.is_empty()) {
        None => 0,
        Some(locator) => {
            let decoded = URL_SAFE_NO_PAD.decode(locator).ok();
            let start = decoded.and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<usize>().ok());
            start.ok_or_else(ApiError::invalid_locator)?
        }
    };
    let end = start.saturating_add(LIST_ROWS);
    let next = (jobs.len() > end).then(|| {
        let locator = URL_SAFE_NO_PAD.encode(end.to_string());
        format!("{}/jobs/{resource}?queryLocator={locator}", call.version_path())
    });
    let records = jobs.into_iter().skip(start).take(LIST_ROWS).collect();
    Ok(json_response(StatusCode::OK, &JobList { done: next.is_none(), records, next_records_url: next }))
}

/// A list of jobs on the wire, the members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct JobList {
    done: bool,
    records: Vec<Box<RawValue>>,
    next_records_url: Option<String>,
}

/// Writes a job as JSON to be put into a list as it is.
fn to_raw(job: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(job).unwrap_or_default()
}

/// Cuts an instant to whole seconds, as jobs tell theirs.
fn whole_seconds(ms: i64) -> i64 {
    ms - ms.rem_euclid(1_000)
}

fn status(call: &Call, id: &str) -> Result<Response, ApiError> {
    let job = find(call, id)?;
    job.look(call.app.now_ms());
    Ok(json_response(StatusCode::OK, &job.body(call.app.now_ms())))
}

#[derive(Debug, Deserialize)]
struct ChangeBody {
    state: JobState,
}

fn change(call: &Call, id: &str) -> Result<Response, ApiError> {
    let job = find(call, id)?;
    let body: ChangeBody = read_body(call)?;
    if body.state != JobState::Aborted {
        return Err(ApiError::bad_request(
            "INVALIDJOBSTATE",
            "The state of a query job can only be set to Aborted",
        ));
    }
    if !job.abort(call.app.now_ms()) {
        return Err(ApiError::bad_request("INVALIDJOBSTATE", "Aborting already Completed Job not allowed"));
    }
    Ok(json_response(StatusCode::OK, &job.body(call.app.now_ms())))
}

fn delete(call: &Call, id: &str) -> Result<Response, ApiError> {
    let job = find(call, id)?;
    if !job.state().is_terminal() {
        let message = "Deleting a job that is not in a terminal state is not allowed";
        return Err(ApiError::bad_request("INVALIDJOBSTATE", message));
    }
    call.app.jobs.remove(job.id());
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Finds a job of the caller that is not past its retention.
fn find(call: &Call, id: &str) -> Result<Arc<Job>, ApiError> {
    let job = call.app.jobs.find(id, call.app.now_ms());
    job.filter(|job| job.user_id() == call.session.user_id).ok_or_else(|| no_job(call, id))
}

/// Refuses an id that is no job's, or that of a job of Bulk API 1.0.
fn no_job(call: &Call, id: &str) -> ApiError {
    if !call.app.async_jobs.knows(id, call.app.now_ms()) {
        return ApiError::not_found();
    }
    let message = "The job was created with Bulk API 1.0, whose resources are those to use with it";
    ApiError::bad_request("INVALIDJOB", message)
}

/// Reads a body of JSON that describes a job or a change of one.
fn read_body<T: DeserializeOwned>(call: &Call) -> Result<T, ApiError> {
    read_job(&call.json()?)
}

/// Reads what JSON says of a job.
fn read_job<T: DeserializeOwned>(node: &Node) -> Result<T, ApiError> {
    serde_json::from_slice(&node.to_bytes()).map_err(|error| {
        // Where in our own writing of it the error is says nothing to the caller.
        let text = error.to_string().replace('`', "'");
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
        ApiError::bad_request("INVALIDJOB", format!("InvalidJob : {text}"))
    })
}
