//! Bulk API 2.0 ingest jobs: a file of records, and what became of each.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use self::columns::{read_cells, read_header, read_row};
pub(crate) use self::csv::{CsvReader, write_row};
pub(crate) use self::jobs::IngestJobs;
pub(crate) use self::save::{Operation, Outcome, TRANSACTION_ROWS, Task, errors_text, save_rows};

use self::job::{IngestJob, IngestState};
use super::page::{ColumnDelimiter, Format, LineEnding};
use crate::clock::DAY_MS;
use crate::errors::ApiError;
use crate::errors::json_response;
use crate::http::Call;
use crate::http::multipart;
use crate::json::Node;
use crate::limits::{DAILY_BULK_BATCHES, Limit};
use crate::schema::SObject;

mod columns;
pub(crate) mod csv;
mod job;
mod jobs;
mod results;
mod run;
mod save;

/// As many characters may come along with the creation of a job (Bulk API 2.0 Developer Guide, Create a Job).
const MAX_INLINE_CHARS: usize = 100_000;

/// Answers `/jobs/ingest/…`; `names` are the segments in lower case, `given` as they came.
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
        ([_, "batches"], [id, _]) => upload(call, id),
        ([_, "successfulresults"], [id, _]) => results::answer(call, id, results::Part::Successful),
        ([_, "failedresults"], [id, _]) => results::answer(call, id, results::Part::Failed),
        ([_, "unprocessedrecords"], [id, _]) => results::answer(call, id, results::Part::Unprocessed),
        _ => Err(ApiError::not_found()),
    }
}

/// What a client asks for (Bulk API 2.0 Developer Guide, Create a Job).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateBody {
    object: String,
    operation: Operation,
    #[serde(default)]
    external_id_field_name: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    column_delimiter: ColumnDelimiter,
    #[serde(default)]
    line_ending: LineEnding,
    #[serde(default)]
    assignment_rule_id: Option<String>,
}

fn create(call: &Call) -> Result<Response, ApiError> {
    let content_type = call.header("content-type").unwrap_or_default();
    let Some(boundary) = multipart::boundary(content_type) else {
        let job = open(call, &call.json()?)?;
        return Ok(json_response(StatusCode::OK, &job.created_body()));
    };
    let parts = multipart::split(&call.body, &boundary);
    let find = |name: &str| parts.iter().find(|part| part.name == name).map(|part| part.body);
    let missing = |name: &str| {
        ApiError::bad_request("CLIENTINPUTERROR", format!("The multipart request has no part named {name}"))
    };
    let (job, content) =
        (find("job").ok_or_else(|| missing("job"))?, find("content").ok_or_else(|| missing("content"))?);
    if String::from_utf8_lossy(content).chars().nth(MAX_INLINE_CHARS).is_some() {
        let message =
            format!("The content of a multipart request cannot have more than {MAX_INLINE_CHARS} characters");
        return Err(ApiError::bad_request("CLIENTINPUTERROR", message));
    }
    let job = Node::parse(job).map_err(|message| ApiError::bad_request("JSON_PARSER_ERROR", message))?;
    let job = open(call, &job)?;
    job.upload(content.to_vec().into())?;
    job.close()?;
    let body = json_response(StatusCode::OK, &job.created_body());
    run::start(call, &job);
    Ok(body)
}

/// Opens a job as a body describes it.
fn open(call: &Call, body: &Node) -> Result<Arc<IngestJob>, ApiError> {
    let body: CreateBody = super::read_job(body)?;
    if body.content_type.as_ref().is_some_and(|content_type| !content_type.eq_ignore_ascii_case("CSV")) {
        return Err(ApiError::bad_request("INVALIDJOB", "contentType must be CSV"));
    }
    let task = find_task(call, body.operation, &body.object, body.external_id_field_name.as_deref())?;
    refuse_beyond_quota(call)?;
    let format = Format { delimiter: body.column_delimiter, line_ending: body.line_ending };
    let mut job = IngestJob::new(call, task, format);
    job.assignment_rule_id = body.assignment_rule_id;
    Ok(call.app.ingest_jobs.add(job))
}

/// Refuses more batches than an org may have in a day, those of both versions of the API.
pub(crate) fn refuse_beyond_quota(call: &Call) -> Result<(), ApiError> {
    let count = call.app.ingest_jobs.count_batches_since(call.app.now_ms() - DAY_MS);
    if count >= DAILY_BULK_BATCHES || call.app.exhausted.has(Limit::BulkBatches) {
        return Err(ApiError::bad_request("EXCEEDEDQUOTA", "ApiBatchItems Limit exceeded."));
    }
    Ok(())
}

/// Checks what a job is to do.
pub(crate) fn find_task(
    call: &Call,
    operation: Operation,
    sobject: &str,
    key: Option<&str>,
) -> Result<Task, ApiError> {
    let invalid = |message: String| Err(ApiError::bad_request("INVALIDJOB", message));
    let Some(sobject) = call.find_sobject(sobject) else {
        return invalid(format!("Unable to find object: {sobject}"));
    };
    refuse_operation(sobject, operation)?;
    if operation == Operation::HardDelete && !call.rights().has("BulkApiHardDelete") {
        let message = "hardDelete is not enabled for the user: it takes the permission Bulk API Hard Delete";
        return Err(ApiError::bad_request("FEATURENOTENABLED", message));
    }
    let key = match (operation, key) {
        (Operation::Upsert, None) => {
            return invalid(format!(
                "External ID was blank for {}. An External ID must be specified for upsert.",
                sobject.name
            ));
        }
        (Operation::Upsert, Some(name)) => {
            let key = sobject.field(name).filter(|field| field.external_id || field.id_lookup);
            let Some(key) = key else {
                return invalid(format!(
                    "Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field for {}",
                    sobject.name
                ));
            };
            Some(key)
        }
        _ => None,
    };
    Ok(Task { sobject, operation, key, user_id: call.session.user_id })
}

fn refuse_operation(sobject: &SObject, operation: Operation) -> Result<(), ApiError> {
    let abilities = &sobject.abilities;
    let is_able = match operation {
        Operation::Insert => abilities.createable,
        Operation::Update => abilities.updateable,
        Operation::Upsert => abilities.createable && abilities.updateable,
        Operation::Delete | Operation::HardDelete => abilities.deletable,
    };
    if is_able {
        return Ok(());
    }
    let message = format!("Entity '{}' is not supported by the Bulk API.", sobject.name);
    Err(ApiError::bad_request("INVALIDENTITY", message))
}

/// Answers the list of jobs. Filters for kinds of jobs that there are none of leave nothing.
fn list(call: &Call) -> Result<Response, ApiError> {
    let now_ms = call.app.now_ms();
    let mut jobs: Vec<Box<RawValue>> = Vec::new();
    if super::is_listed(call, "V2Ingest") {
        jobs.extend(call.app.ingest_jobs.list(now_ms).iter().map(|job| super::to_raw(&job.listed_body())));
    }
    if super::is_listed(call, "Classic") {
        let classic = call.app.async_jobs.list(now_ms);
        jobs.extend(
            classic.iter().filter(|job| !job.is_query()).map(|job| super::to_raw(&job.classic_body())),
        );
    }
    super::list_page(call, "ingest", jobs)
}

fn status(call: &Call, id: &str) -> Result<Response, ApiError> {
    let job = find(call, id)?;
    run::look(call, &job);
    Ok(json_response(StatusCode::OK, &job.body()))
}

#[derive(Debug, Deserialize)]
struct ChangeBody {
    state: IngestState,
}

fn change(call: &Call, id: &str) -> Result<Response, ApiError> {
    let job = find(call, id)?;
    let body: ChangeBody = super::read_body(call)?;
    let answer = match body.state {
        IngestState::UploadComplete => {
            job.close()?;
            let answer = json_response(StatusCode::OK, &job.created_body());
            run::start(call, &job);
            answer
        }
        IngestState::Aborted => {
            job.abort(call.app.now_ms())?;
            json_response(StatusCode::OK, &job.created_body())
        }
        _ => {
            let message = "The state of an ingest job can only be set to UploadComplete or Aborted";
            return Err(ApiError::bad_request("INVALIDJOBSTATE", message));
        }
    };
    Ok(answer)
}

fn delete(call: &Call, id: &str) -> Result<Response, ApiError> {
    let job = find(call, id)?;
    if matches!(job.state(), IngestState::Open | IngestState::InProgress) {
        let message = "Deleting not Closed or Aborted Job not allowed";
        return Err(ApiError::bad_request("INVALIDJOBSTATE", message));
    }
    // What waits to be processed is not any more.
    let _ = job.abort(call.app.now_ms());
    call.app.ingest_jobs.remove(job.id());
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Answers `PUT /jobs/ingest/{id}/batches`: the one upload of a job.
fn upload(call: &Call, id: &str) -> Result<Response, ApiError> {
    if call.method != Method::PUT {
        return Err(ApiError::method_not_allowed(call.method.as_str(), "PUT"));
    }
    let job = find_of_version(call, id)?;
    refuse_other_than_csv(call)?;
    job.upload(call.body.clone())?;
    call.app.ingest_jobs.make_room();
    Ok(StatusCode::CREATED.into_response())
}

/// Refuses an upload that says it is no CSV (Bulk API 2.0 Developer Guide, Upload Job Data). Saying nothing will do.
fn refuse_other_than_csv(call: &Call) -> Result<(), ApiError> {
    let content_type = call.header("content-type").unwrap_or("text/csv");
    let lower = content_type.to_ascii_lowercase();
    if !["json", "xml", "form"].iter().any(|other| lower.contains(other)) {
        return Ok(());
    }
    Err(ApiError::unsupported_media_type(content_type))
}

/// Finds a job of the caller that is not past its retention.
fn find(call: &Call, id: &str) -> Result<Arc<IngestJob>, ApiError> {
    let job = call.app.ingest_jobs.find(id, call.app.now_ms());
    job.filter(|job| job.user_id() == call.session.user_id).ok_or_else(|| super::no_job(call, id))
}

/// Finds a job for a call that must have the job's own API version.
fn find_of_version(call: &Call, id: &str) -> Result<Arc<IngestJob>, ApiError> {
    let job = find(call, id)?;
    if job.api_version() == call.version {
        return Ok(job);
    }
    let message =
        "The data of a job must be sent and read with the API version that the job was created with";
    Err(ApiError::new(StatusCode::CONFLICT, "API_ERROR", message))
}
