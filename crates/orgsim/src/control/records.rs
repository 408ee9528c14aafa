//! Changing records by the control API: past the rules of the org, or by them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as JsonValue};

use super::off_thread;
use super::values::read_value;
use crate::app::App;
use crate::errors::ApiError;
use crate::id::RecordId;
use crate::json::Node;
use crate::org::{Absent, Author, Mutation, SaveError, Sent};
use crate::schema::{Field, SObject};
use crate::value::Value;

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Create,
    Update,
    Delete,
    Undelete,
    Purge,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeBody {
    sobject: String,
    op: Operation,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    fields: Map<String, JsonValue>,
    /// The instant of the change; now if it is left out.
    at_ms: Option<i64>,
    /// Whether the rules of the org hold: what it refuses to its clients, and what a delete takes along.
    #[serde(default)]
    by_rules: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ChangedBody {
    ids: Vec<String>,
}

/// Creates a record, or changes those named.
pub(super) async fn change(State(app): State<Arc<App>>, Json(body): Json<ChangeBody>) -> Response {
    off_thread(move || apply(&app, &body, None)).await
}

/// Makes a change, at an instant that counts if it names none.
pub(super) fn apply(app: &App, body: &ChangeBody, at_ms: Option<i64>) -> Result<ChangedBody, ApiError> {
    let sobject = find_sobject(app, &body.sobject)?;
    let now_ms = body.at_ms.or(at_ms).unwrap_or_else(|| app.now_ms());
    if body.by_rules {
        return apply_by_rules(app, sobject, body, now_ms);
    }
    let fields = read_fields(sobject, &body.fields)?;
    if matches!(body.op, Operation::Create) {
        return Ok(ChangedBody { ids: vec![app.org.insert(sobject, &fields, now_ms).to_string()] });
    }
    let ids = parse_ids(body)?;
    for id in &ids {
        let result = match body.op {
            Operation::Create => Ok(()),
            Operation::Update => app.org.update(sobject, id, &fields, now_ms),
            Operation::Delete => app.org.delete(sobject, id, now_ms),
            Operation::Undelete => app.org.undelete(sobject, id, now_ms),
            Operation::Purge => app.org.purge(sobject, id),
        };
        result.map_err(|absent| refuse(id, absent))?;
    }
    Ok(ChangedBody { ids: ids.iter().map(RecordId::to_string).collect() })
}

fn parse_ids(body: &ChangeBody) -> Result<Vec<RecordId>, ApiError> {
    let parse = |id: &String| {
        RecordId::parse(id).ok_or_else(|| ApiError::bad_request("MALFORMED_ID", format!("no id: {id}")))
    };
    body.ids.iter().map(parse).collect()
}

/// Changes records as the user who connects would: all of them, or none.
fn apply_by_rules(
    app: &App,
    sobject: &SObject,
    body: &ChangeBody,
    now_ms: i64,
) -> Result<ChangedBody, ApiError> {
    let by = Author::new(app.org.user_id(), now_ms);
    let text = serde_json::to_vec(&body.fields).unwrap_or_default();
    let record = Node::parse(&text).map_err(|message| ApiError::bad_request("JSON_PARSER_ERROR", message))?;
    let sent = Sent::list(&record);
    let ids = parse_ids(body)?;
    let change = || -> Result<Vec<RecordId>, Vec<SaveError>> {
        if matches!(body.op, Operation::Create) {
            return Ok(vec![app.org.create_record(sobject, &sent, by)?]);
        }
        for id in &ids {
            match body.op {
                Operation::Create => {}
                Operation::Update => app.org.update_record(sobject, id, &sent, by)?,
                Operation::Delete => app.org.delete_record(sobject, id, by)?,
                Operation::Undelete => {
                    app.org.undelete_record(sobject, id, by)?;
                }
                Operation::Purge => app.org.hard_delete_record(sobject, id, by)?,
            }
        }
        Ok(ids)
    };
    let ids = app.org.transact(change);
    let ids = ids.map_err(|errors| ApiError::of_save(StatusCode::BAD_REQUEST, errors))?;
    Ok(ChangedBody { ids: ids.iter().map(RecordId::to_string).collect() })
}

fn refuse(id: &RecordId, absent: Absent) -> ApiError {
    let code = match absent {
        Absent::Deleted => "ENTITY_IS_DELETED",
        Absent::NotFound | Absent::NotDeleted => "INVALID_CROSS_REFERENCE_KEY",
    };
    ApiError::bad_request(code, format!("{id}: {absent}"))
}

fn read_fields(
    sobject: &SObject,
    fields: &Map<String, JsonValue>,
) -> Result<Vec<(usize, Value<'static>)>, ApiError> {
    let read = |(name, json): (&String, &JsonValue)| {
        let field = find_field(sobject, name)?;
        let unreadable = || ApiError::bad_request("INVALID_FIELD", format!("{name} cannot be {json}"));
        Ok((field.index, read_value(field, json).ok_or_else(unreadable)?))
    };
    fields.iter().map(read).collect()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MutateBody {
    sobject: String,
    #[serde(default)]
    created: u32,
    #[serde(default)]
    updated: u32,
    #[serde(default)]
    deleted: u32,
    #[serde(default)]
    seed: u64,
}

#[derive(Debug, Serialize)]
struct MutatedBody {
    created: Vec<String>,
    updated: Vec<String>,
    deleted: Vec<String>,
}

/// Changes many records at random.
pub(super) async fn mutate(State(app): State<Arc<App>>, Json(body): Json<MutateBody>) -> Response {
    off_thread(move || {
        let sobject = find_sobject(&app, &body.sobject)?;
        let MutateBody { created, updated, deleted, seed, .. } = body;
        let report = app.org.mutate(sobject, Mutation { created, updated, deleted, seed }, app.now_ms());
        let texts = |ids: &[RecordId]| ids.iter().map(RecordId::to_string).collect();
        Ok(MutatedBody {
            created: texts(&report.created),
            updated: texts(&report.updated),
            deleted: texts(&report.deleted),
        })
    })
    .await
}

pub(super) fn find_sobject(app: &App, name: &str) -> Result<&'static SObject, ApiError> {
    app.org.schema().find(name).ok_or_else(|| ApiError::unknown_sobject(name))
}

pub(super) fn find_field<'a>(sobject: &'a SObject, name: &str) -> Result<&'a Field, ApiError> {
    let unknown = || {
        ApiError::bad_request(
            "INVALID_FIELD",
            format!("No such column '{name}' on sobject of type {}", sobject.name),
        )
    };
    sobject.field(name).ok_or_else(unknown)
}
