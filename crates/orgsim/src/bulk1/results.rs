//! Downloading what a batch was and what came of it.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::batch::{Batch, BatchState, ResultFile, Yield};
use super::body::xml_document;
use super::error::AsyncError;
use super::form::Form;
use super::job::{ContentType, Job, Work};
use super::{Result, find, find_batch, process, to_body};
use crate::bulk::ingest::{Outcome, errors_text, write_row};
use crate::bulk::{Layout, QueryOperation, Source, stream};
use crate::http::Call;
use crate::id::RecordId;
use crate::log::Served;
use crate::org::SaveError;
use crate::xml::escape;

/// What a file has instead of rows where a query found none (Bulk API Developer Guide, Get Bulk Query Results).
const NO_ROWS: &str = "Records not found for this query";

/// Answers `…/batch/{id}/request`: the batch as it was sent.
pub(super) fn request(call: &Call, id: &str, batch: &str) -> Result<Response> {
    let job = find(call, id)?;
    let batch = find_batch(&job, batch)?;
    Ok(respond(job.content_type(), batch.request().clone().into()))
}

/// Answers `…/batch/{id}/result`: what became of each record, or the files of a query.
pub(super) fn results(call: &Call, id: &str, batch: &str) -> Result<Response> {
    let job = find(call, id)?;
    let batch = find_batch(&job, batch)?;
    match find_result(call, &job, &batch)? {
        Yield::Rows(outcomes) => {
            let content_type = job.content_type();
            Ok(respond(content_type, write_outcomes(content_type, &outcomes).into()))
        }
        Yield::Found(_, files) => Ok(list_files(&job, &files)),
        Yield::Nothing => Err(not_processed()),
    }
}

fn find_result(call: &Call, job: &Job, batch: &Batch) -> Result<Yield> {
    if batch.is_ready() {
        process::look(&call.app, job, batch);
    }
    match batch.state() {
        BatchState::Completed => Ok(batch.result()),
        BatchState::Failed | BatchState::NotProcessed => Err(not_processed()),
        BatchState::Queued | BatchState::InProgress => {
            Err(AsyncError::new("InvalidBatch", "Batch not completed"))
        }
    }
}

fn not_processed() -> AsyncError {
    AsyncError::new("InvalidBatch", "Records not processed")
}

fn list_files(job: &Job, files: &[ResultFile]) -> Response {
    let form = Form::of_batches(job);
    // Their ids have no checksum here.
    let ids = files.iter().map(|file| &file.id.as_str()[..15]);
    let body = match form {
        Form::Json => serde_json::to_string(&ids.collect::<Vec<_>>()).unwrap_or_default(),
        Form::Xml => {
            let list: String = ids.map(|id| format!("<result>{id}</result>")).collect();
            xml_document("result-list", &list)
        }
    };
    form.respond(StatusCode::OK, body)
}

/// Answers `…/batch/{id}/result/{result}`: a file of a query's rows.
pub(super) fn file(call: &Call, id: &str, batch: &str, result: &str) -> Result<Response> {
    let job = find(call, id)?;
    let batch = find_batch(&job, batch)?;
    let invalid = || AsyncError::new("InvalidBatch", format!("Unable to find result for id: {result}"));
    let (Work::Query(operation), Yield::Found(rows, files)) = (job.work(), find_result(call, &job, &batch)?)
    else {
        return Err(invalid());
    };
    let wanted = RecordId::parse(result).ok_or_else(invalid)?;
    let file = files.into_iter().find(|file| file.id == wanted).ok_or_else(invalid)?;
    let content_type = job.content_type();
    if file.range.is_empty() && content_type == ContentType::Csv {
        return Ok(respond(content_type, NO_ROWS.into()));
    }
    let query = read_query(call, &job, &batch, operation)?;
    let layout = match content_type {
        ContentType::Csv => Layout::csv(job.line_ending()),
        ContentType::Json => Layout::Json,
        ContentType::Xml => Layout::Xml,
    };
    let served = Served { sobject: job.sobject().name.clone(), rows: file.range.len() as u64 };
    let view = call.app.org.read_for(query.rights());
    let source = Source::new(&view, query.clone(), layout, rows);
    let mut response = respond(content_type, stream(&call.app.org, Arc::new(source), file.range));
    response.extensions_mut().insert(served);
    Ok(response)
}

fn read_query(
    call: &Call,
    job: &Job,
    batch: &Batch,
    operation: QueryOperation,
) -> Result<crate::soql::Query> {
    process::prepare(&call.app, job, batch.request(), operation)
        .map_err(|message| AsyncError::new("InvalidBatch", message))
}

fn respond(content_type: ContentType, body: Body) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static(content_type.mime()));
    (StatusCode::OK, [content_type], body).into_response()
}

fn write_outcomes(content_type: ContentType, outcomes: &[Outcome]) -> Bytes {
    match content_type {
        ContentType::Csv => write_csv(outcomes),
        ContentType::Json => {
            let list: Vec<_> = outcomes.iter().map(RowResult::of).collect();
            serde_json::to_vec(&list).unwrap_or_default().into()
        }
        ContentType::Xml => {
            let list: String = outcomes.iter().map(xml_result).collect();
            to_body(xml_document("results", &list))
        }
    }
}

fn write_csv(outcomes: &[Outcome]) -> Bytes {
    let mut out = Vec::new();
    write_row(["Id", "Success", "Created", "Error"].into_iter(), b',', b"\n", &mut out);
    for outcome in outcomes {
        let error;
        let cells = match outcome {
            Outcome::Saved { id, created } => {
                [id.as_str(), "true", if *created { "true" } else { "false" }, ""]
            }
            Outcome::Failed { errors, .. } => {
                error = errors_text(errors);
                ["", "false", "false", &error]
            }
        };
        write_row(cells.into_iter(), b',', b"\n", &mut out);
    }
    out.into()
}

/// What became of a record in JSON, its members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
struct RowResult<'a> {
    success: bool,
    created: bool,
    id: Option<&'a str>,
    errors: Vec<RowError<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RowError<'a> {
    message: &'a str,
    fields: &'a [String],
    status_code: &'a str,
    extended_error_details: Option<()>,
}

impl<'a> RowResult<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Saved { id, created } => {
                Self { success: true, created: *created, id: Some(id.as_str()), errors: Vec::new() }
            }
            Outcome::Failed { errors, .. } => {
                let errors = errors.iter().map(RowError::of).collect();
                Self { success: false, created: false, id: None, errors }
            }
        }
    }
}

impl<'a> RowError<'a> {
    fn of(error: &'a SaveError) -> Self {
        let fields = error.fields.as_deref().unwrap_or_default();
        Self { message: &error.message, fields, status_code: error.code, extended_error_details: None }
    }
}

fn xml_result(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Saved { id, created } => {
            format!(
                " <result>\n  <id>{id}</id>\n  <success>true</success>\n  <created>{created}</created>\n </result>\n"
            )
        }
        Outcome::Failed { errors, .. } => {
            let errors: String = errors.iter().map(xml_error).collect();
            format!(" <result>\n{errors}  <success>false</success>\n  <created>false</created>\n </result>\n")
        }
    }
}

fn xml_error(error: &SaveError) -> String {
    let fields = error.fields.as_deref().unwrap_or_default();
    let fields: String =
        fields.iter().map(|field| format!("   <fields>{}</fields>\n", escape(field))).collect();
    let message = escape(&error.message);
    format!(
        "  <errors>\n{fields}   <message>{message}</message>\n   <statusCode>{}</statusCode>\n  </errors>\n",
        error.code
    )
}
