//! The rules of writing by the control API: validation and duplicate rules, switches, locks, merges.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as JsonValue, json};

use super::records::find_sobject;
use super::{answer, done, off_thread};
use crate::app::App;
use crate::errors::ApiError;
use crate::id::RecordId;
use crate::json::Node;
use crate::org::{Author, DataSwitches, DuplicateAction, Lock, LockKind, Sent, ValidationRule};

/// Lists the validation rules.
pub(super) async fn list_validation_rules(State(app): State<Arc<App>>) -> Json<JsonValue> {
    let rules = app.org.validation_rules();
    Json(json!(rules.iter().map(|rule| json!(**rule)).collect::<Vec<_>>()))
}

/// Adds a validation rule, in the place of one of the same name.
pub(super) async fn add_validation_rule(
    State(app): State<Arc<App>>,
    Json(rule): Json<ValidationRule>,
) -> Response {
    match app.org.add_validation_rule(rule) {
        Ok(()) => (StatusCode::CREATED, Json(json!({ "done": true }))).into_response(),
        Err(message) => ApiError::bad_request("INVALID_INPUT", message).into_response(),
    }
}

/// Takes a validation rule away.
pub(super) async fn remove_validation_rule(
    State(app): State<Arc<App>>,
    Path((sobject, name)): Path<(String, String)>,
) -> Response {
    match app.org.remove_validation_rule(&sobject, &name) {
        true => done(),
        false => ApiError::not_found().into_response(),
    }
}

/// Lists the duplicate rules and what they do.
pub(super) async fn list_duplicate_rules(State(app): State<Arc<App>>) -> Json<JsonValue> {
    Json(json!(app.org.duplicate_rules()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DuplicateRuleBody {
    sobject: String,
    action: DuplicateAction,
}

/// Says what the duplicate rule of an sObject does.
pub(super) async fn set_duplicate_rule(
    State(app): State<Arc<App>>,
    Json(body): Json<DuplicateRuleBody>,
) -> Response {
    match app.org.set_duplicate_action(&body.sobject, body.action) {
        true => done(),
        false => ApiError::bad_request("INVALID_INPUT", "Account, Contact and Lead have duplicate rules")
            .into_response(),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PicklistBody {
    sobject: String,
    /// The id of the record type.
    record_type: String,
    field: String,
    values: Vec<String>,
}

/// Says which values of a picklist records of a record type may have.
pub(super) async fn narrow_picklist(State(app): State<Arc<App>>, Json(body): Json<PicklistBody>) -> Response {
    let sobject = match find_sobject(&app, &body.sobject) {
        Ok(sobject) => sobject,
        Err(error) => return error.into_response(),
    };
    let id = RecordId::parse(&body.record_type).ok_or_else(|| format!("no id: {}", body.record_type));
    match id.and_then(|id| app.org.narrow_picklist(sobject, id, &body.field, &body.values)) {
        Ok(()) => done(),
        Err(message) => ApiError::bad_request("INVALID_INPUT", message).into_response(),
    }
}

/// Tells how the switches of writing stand.
pub(super) async fn data_switches(State(app): State<Arc<App>>) -> Json<DataSwitches> {
    Json(app.org.data_switches())
}

/// Changes the switches named, and leaves the others as they are.
pub(super) async fn set_data_switches(
    State(app): State<Arc<App>>,
    Json(body): Json<Map<String, JsonValue>>,
) -> Response {
    let mut merged = json!(app.org.data_switches());
    if let Some(members) = merged.as_object_mut() {
        members.extend(body);
    }
    match serde_json::from_value::<DataSwitches>(merged) {
        Ok(switches) => {
            app.org.set_data_switches(switches);
            answer(Ok(switches))
        }
        Err(error) => ApiError::bad_request("INVALID_INPUT", error.to_string()).into_response(),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockBody {
    ids: Vec<String>,
    /// How long, by the org's clock; until the locks are taken away if it is left out.
    hold_ms: Option<i64>,
    /// Whether an approval process holds them rather than another transaction.
    #[serde(default)]
    approval: bool,
}

/// Locks records.
pub(super) async fn lock(State(app): State<Arc<App>>, Json(body): Json<LockBody>) -> Response {
    let kind = if body.approval { LockKind::Approval } else { LockKind::Row };
    let until_ms = body.hold_ms.map(|ms| app.now_ms() + ms);
    match parse_ids(&body.ids) {
        Ok(ids) => {
            app.org.lock_records(ids.into_iter().map(|id| Lock { id, kind, until_ms }));
            done()
        }
        Err(error) => error.into_response(),
    }
}

/// Lists the locks that hold.
pub(super) async fn list_locks(State(app): State<Arc<App>>) -> Json<JsonValue> {
    Json(json!(app.org.locks(app.now_ms())))
}

/// Takes all locks away.
pub(super) async fn unlock(State(app): State<Arc<App>>) -> Response {
    app.org.unlock_records();
    done()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeBody {
    sobject: String,
    master: String,
    /// The records that are merged into the master.
    ids: Vec<String>,
    /// What the master takes.
    #[serde(default)]
    fields: Map<String, JsonValue>,
}

#[derive(Debug, Serialize)]
struct MergedBody {
    merged: Vec<String>,
    children: Vec<String>,
}

/// Merges records as the user who connects.
pub(super) async fn merge(State(app): State<Arc<App>>, Json(body): Json<MergeBody>) -> Response {
    off_thread(move || {
        let sobject = find_sobject(&app, &body.sobject)?;
        let ids = parse_ids(&body.ids)?;
        let master = parse_ids(std::slice::from_ref(&body.master))?;
        let text = serde_json::to_vec(&body.fields).unwrap_or_default();
        let record =
            Node::parse(&text).map_err(|message| ApiError::bad_request("JSON_PARSER_ERROR", message))?;
        let by = Author::new(app.org.user_id(), app.now_ms());
        let merged = app.org.merge_records(sobject, &master[0], &ids, &Sent::list(&record), by);
        let merged = merged.map_err(|errors| ApiError::of_save(StatusCode::BAD_REQUEST, errors))?;
        let texts = |ids: &[RecordId]| ids.iter().map(RecordId::to_string).collect();
        Ok(MergedBody { merged: texts(&merged.losers), children: texts(&merged.children) })
    })
    .await
}

fn parse_ids(ids: &[String]) -> Result<Vec<RecordId>, ApiError> {
    let parse = |id: &String| {
        RecordId::parse(id).ok_or_else(|| ApiError::bad_request("MALFORMED_ID", format!("no id: {id}")))
    };
    ids.iter().map(parse).collect()
}
