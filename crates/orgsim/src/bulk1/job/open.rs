//! Opening a job.

use std::sync::Mutex;

use serde_json::Value as Json;

use super::{ContentType, Job, JobState, Progress, Work};
use crate::bulk::ingest::{Operation, find_task};
use crate::bulk::{LineEnding, QueryOperation};
use crate::bulk1::chunks::Chunking;
use crate::bulk1::error::AsyncError;
use crate::bulk1::{Result, body};
use crate::http::Call;
use crate::schema::SObject;
use crate::soql;

/// Opens a job as a client describes it (Bulk API Developer Guide, JobInfo).
pub(in crate::bulk1) fn open(call: &Call) -> Result<Job> {
    let given = body::read(call, "jobInfo")?;
    let text = |name: &str| given.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    let missing = |name: &str| AsyncError::new("InvalidJob", format!("{name} is a required field"));
    let object = text("object").ok_or_else(|| missing("object"))?;
    let operation = text("operation").ok_or_else(|| missing("operation"))?;
    let (work, sobject) = find_work(call, operation, object, text("externalIdFieldName"))?;
    let content_type = text("contentType").unwrap_or("XML");
    let content_type = ContentType::find(content_type).ok_or_else(|| match content_type {
        "ZIP_CSV" | "ZIP_XML" | "ZIP_JSON" => {
            AsyncError::new("FeatureNotEnabled", "orgsim, the simulated org, reads no zipped batches")
        }
        other => AsyncError::new("InvalidJob", format!("Invalid content type: {other}")),
    })?;
    // Some clients give the place of the mode among the modes.
    let is_serial = match given.get("concurrencyMode") {
        Some(Json::Number(number)) => number.as_u64() == Some(1),
        Some(Json::String(mode)) => mode.eq_ignore_ascii_case("Serial"),
        _ => false,
    };
    let now_ms = call.app.now_ms();
    Ok(Job {
        id: call.app.jobs.next_id(),
        work,
        sobject,
        content_type,
        concurrency: if is_serial { "Serial" } else { "Parallel" },
        assignment_rule_id: text("assignmentRuleId").map(str::to_owned),
        line_ending: read_line_ending(call),
        chunking: Chunking::read(call, &work, sobject)?,
        user_id: call.session.user_id,
        api_version: call.version,
        created_at: now_ms,
        progress: Mutex::new(Progress { state: JobState::Open, changed_at: now_ms, batches: Vec::new() }),
    })
}

fn find_work(
    call: &Call,
    operation: &str,
    object: &str,
    key: Option<&str>,
) -> Result<(Work, &'static SObject)> {
    let ingest = match operation.to_ascii_lowercase().as_str() {
        "insert" => Operation::Insert,
        "update" => Operation::Update,
        "upsert" => Operation::Upsert,
        "delete" => Operation::Delete,
        "harddelete" => Operation::HardDelete,
        other => {
            let query = match other {
                "query" => QueryOperation::Query,
                "queryall" => QueryOperation::QueryAll,
                _ => {
                    let message = format!("Operation not supported: {operation}");
                    return Err(AsyncError::new("InvalidOperation", message));
                }
            };
            let unknown = || AsyncError::new("InvalidJob", format!("Unable to find object: {object}"));
            let sobject = call.find_sobject(object).ok_or_else(unknown)?;
            if !soql::is_bulk_queryable(sobject) {
                let message = format!("Entity '{}' is not supported by the Bulk API.", sobject.name);
                return Err(AsyncError::new("InvalidEntity", message));
            }
            return Ok((Work::Query(query), sobject));
        }
    };
    let task = find_task(call, ingest, object, key)?;
    Ok((Work::Ingest(task), task.sobject))
}

/// Reads the line ending of query results (Bulk API Developer Guide, Line Ending Header).
fn read_line_ending(call: &Call) -> LineEnding {
    match call.header("Sforce-Line-Ending").map(str::trim) {
        Some(name) if name.eq_ignore_ascii_case("CRLF") => LineEnding::Crlf,
        _ => LineEnding::Lf,
    }
}
