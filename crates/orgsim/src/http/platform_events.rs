//! Platform events over REST: publishing them, and their describes (Platform Events Developer Guide, Publishing with
//! Salesforce APIs).

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{Call, collections};
use crate::describe::{describe_json, sobject_info_json};
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::org::SaveError;
use crate::schema::{SObject, Schema};
use crate::stream::{Event, Unpublished};

/// The answer to an event that was published, its members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
struct Published {
    id: RecordId,
    success: bool,
    errors: [Enqueued; 1],
}

/// Says that an event is on its way, which is told where errors would be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Enqueued {
    status_code: &'static str,
    message: String,
    fields: [(); 0],
}

/// The body of a call that creates many records.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Collection {
    #[serde(default)]
    all_or_none: bool,
    records: Vec<Map<String, Json>>,
}

/// The id that stands for an event that was published: it is no record.
fn published_id(event: &SObject) -> RecordId {
    let prefix = event.key_prefix.unwrap_or(*b"e00");
    RecordId::new(&prefix, 1)
}

/// Finds a platform event by its name in any case.
pub(super) fn find(name: &str) -> Option<&'static SObject> {
    Schema::platform_events().find(name)
}

/// Answers `/sobjects/{event}` and what is below it.
pub(super) fn answer(call: &Call, name: &str, rest: &[&str]) -> Result<Response, ApiError> {
    let event = find(name).ok_or_else(ApiError::not_found)?;
    match rest {
        [] if call.method == Method::POST => publish(call, event),
        [] => {
            call.only_reads()?;
            let body = sobject_info_json(event, Vec::new(), call.describe_context());
            Ok(json_response(StatusCode::OK, &body))
        }
        ["describe"] => {
            call.only_reads()?;
            Ok(json_response(StatusCode::OK, &describe_json(event, call.describe_context())))
        }
        ["eventschema"] => {
            call.only_reads()?;
            let schema = call.app.streams.find_topic(&format!("/event/{}", event.name));
            let schema =
                schema.map(|topic| call.app.streams.topic_schema(&topic)).ok_or_else(ApiError::not_found)?;
            let mut body: Json = serde_json::from_str(&schema.json).unwrap_or_default();
            body["uuid"] = json!(schema.id);
            Ok(json_response(StatusCode::OK, &body))
        }
        _ => Err(ApiError::not_found()),
    }
}

fn publish(call: &Call, event: &'static SObject) -> Result<Response, ApiError> {
    // The body is read twice: once for the texts of errors, once for the values.
    call.json()?;
    let members: Map<String, Json> = serde_json::from_slice(&call.body).map_err(|_| {
        ApiError::bad_request("JSON_PARSER_ERROR", "The HTTP entity body is required to be an object")
    })?;
    let read = call.app.streams.read_members(event, &members, &call.session.user_id);
    let read =
        read.map_err(|error| ApiError::of_save(StatusCode::BAD_REQUEST, vec![explain(event, &error)]))?;
    Ok(json_response(StatusCode::CREATED, &enqueue(call, event, read)))
}

/// Publishes the records of a collection, if all of them are events. What some of them lack keeps the others back only where it
/// is all or none.
pub(super) fn publish_collection(call: &Call) -> Option<Response> {
    let body: Collection = serde_json::from_slice(&call.body).ok()?;
    let events = body.records.iter().map(|record| find(record.get("attributes")?.get("type")?.as_str()?));
    let events: Vec<&'static SObject> = events.collect::<Option<_>>()?;
    if events.is_empty() || events.len() > collections::MAX_ROWS {
        return None;
    }
    let user_id = &call.session.user_id;
    let read = events.iter().zip(&body.records);
    let read: Vec<_> =
        read.map(|(event, record)| (*event, call.app.streams.read_members(event, record, user_id))).collect();
    let is_held_back = body.all_or_none && read.iter().any(|(_, read)| read.is_err());
    let results: Vec<Json> = read
        .into_iter()
        .map(|(event, read)| match read {
            Ok(_) if is_held_back => not_published(&SaveError::of_record(
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                collections::ROLLED_BACK,
            )),
            Ok(read) => json!(enqueue(call, event, read)),
            Err(error) => not_published(&explain(event, &error)),
        })
        .collect();
    Some(json_response(StatusCode::OK, &results))
}

fn not_published(error: &SaveError) -> Json {
    let fields = error.fields.as_deref().unwrap_or_default();
    let error = json!({ "statusCode": error.code, "message": error.message, "fields": fields });
    json!({ "success": false, "errors": [error] })
}

fn enqueue(call: &Call, event: &SObject, read: Event) -> Published {
    let enqueued = Enqueued { status_code: "OPERATION_ENQUEUED", message: read.id.clone(), fields: [] };
    call.app.streams.publish(read);
    Published { id: published_id(event), success: true, errors: [enqueued] }
}

/// Says what keeps an event from being published.
fn explain(event: &SObject, error: &Unpublished) -> SaveError {
    match error {
        Unpublished::NoSuchField(_) => {
            SaveError::of_request("INVALID_FIELD", format!("{error} on sobject of type {}", event.name))
        }
        Unpublished::WrongValue(_) => SaveError::of_request("JSON_PARSER_ERROR", error.to_string()),
        Unpublished::Required(field) => {
            SaveError::of_fields("REQUIRED_FIELD_MISSING", error.to_string(), &[field])
        }
        Unpublished::TooLong(field, _) => {
            SaveError::of_fields("STRING_TOO_LONG", error.to_string(), &[field])
        }
    }
}
