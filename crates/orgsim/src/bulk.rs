//! Bulk API 2.0: query jobs here, ingest jobs in [`ingest`].

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value as Json, json};

pub(crate) use self::ingest::IngestJobs;
pub(crate) use self::job::Operation as QueryOperation;
pub(crate) use self::jobs::Jobs;
pub(crate) use self::page::{Layout, LineEnding, stream};
pub(crate) use self::prerender::prerender;

use self::job::{Job, JobState, Operation};
use crate::errors::{ApiError, json_response};
use crate::faults::FaultKind;
use crate::http::Call;
use crate::limits::{DAILY_BULK_QUERY_JOBS, Limit};
use crate::soql;

pub(crate) mod ingest;
mod job;
mod jobs;
mod page;
mod prerender;
mod results;

const DAY_MS: i64 = 24 * 3_600_000;

/// Answers `/jobs/query/…`; `names` are the segments in lower case, `given` as they came.
pub(crate) fn answer(call: &Call, names: &[&str], given: &[&str]) -> Result<Response, ApiError> {
    match (names, given) {
        ([], _) => match call.method {
            Method::POST => create(call),
            Method::GET | Method::HEAD => Ok(list(call)),
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
    let query = prepare(call, &body.query, body.operation)?;
    let format = page::Format { delimiter: body.column_delimiter, line_ending: body.line_ending };
    let mut job = Job::new(call, &query, body.query, body.operation, format);
    if let Some(fault) = call.fault(FaultKind::BulkSlow) {
        const DEFAULT_POLLS: u32 = 3;
        job.wait_for(fault.polls.unwrap_or(DEFAULT_POLLS));
    }
    if let Some(fault) = call.fault(FaultKind::BulkFail) {
        job.fail_with(
            fault
                .body
                .clone()
                .unwrap_or_else(|| "InternalServerError : the job was failed on purpose".to_owned()),
        );
    }
    let rendered = call.app.jobs.find_rendered(job.soql(), body.operation, format);
    let rows = if rendered.is_empty() {
        query.select_rows(&call.app.org.read_visible()).into()
    } else {
        rendered[0].rows()
    };
    let job = call.app.jobs.add(job.with_rows(rows, rendered));
    Ok(json_response(StatusCode::OK, &job.created_body()))
}

/// Reads a statement under the rules of Bulk.
fn prepare(call: &Call, text: &str, operation: Operation) -> Result<soql::Query, ApiError> {
    let context = soql::Context {
        include_deleted: operation == Operation::QueryAll,
        bulk: true,
        ..call.app.query_context(call.session.user_id, call.version)
    };
    soql::prepare(call.app.org.schema(), text, &context)
        .map_err(|error| ApiError::bad_request(error.code, error.message))
}

fn list(call: &Call) -> Response {
    let now_ms = call.app.now_ms();
    let is_wanted = |kind: &str| call.param("jobType").is_none_or(|given| given.eq_ignore_ascii_case(kind));
    let mut records: Vec<Json> = Vec::new();
    if is_wanted("V2Query") {
        records.extend(call.app.jobs.list(now_ms).iter().map(|job| json!(job.body(now_ms))));
    }
    if is_wanted("Classic") {
        let jobs = call.app.async_jobs.list(now_ms);
        records.extend(jobs.iter().filter(|job| job.is_query()).map(|job| json!(job.classic_body())));
    }
    json_response(StatusCode::OK, &json!({ "done": true, "records": records, "nextRecordsUrl": null }))
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
fn find(call: &Call, id: &str) -> Result<std::sync::Arc<Job>, ApiError> {
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

fn read_body<'a, T: Deserialize<'a>>(call: &'a Call) -> Result<T, ApiError> {
    read_json(&call.body)
}

fn read_json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let code = if error.is_data() { "INVALIDJOB" } else { "JSON_PARSER_ERROR" };
        ApiError::bad_request(code, format!("{error}"))
    })
}
