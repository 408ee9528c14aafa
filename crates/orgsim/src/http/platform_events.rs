//! Platform events over REST: publishing them, and their describes (Platform Events Developer Guide, Publishing with
//! Salesforce APIs).

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::Call;
use crate::describe::{describe_json, sobject_info_json};
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::org::SaveError;
use crate::schema::{SObject, Schema};
use crate::stream::Unpublished;

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
    let published = call.app.streams.publish_members(event, &members, &call.session.user_id);
    let uuid = published.map_err(|error| refuse(event, &error))?;
    let enqueued = Enqueued { status_code: "OPERATION_ENQUEUED", message: uuid, fields: [] };
    let body = Published { id: published_id(event), success: true, errors: [enqueued] };
    Ok(json_response(StatusCode::CREATED, &body))
}

fn refuse(event: &SObject, error: &Unpublished) -> ApiError {
    let of_field = |code, field: &str| {
        let error = SaveError::of_fields(code, error.to_string(), &[field]);
        ApiError::of_save(StatusCode::BAD_REQUEST, vec![error])
    };
    match error {
        Unpublished::NoSuchField(_) => {
            ApiError::bad_request("INVALID_FIELD", format!("{error} on sobject of type {}", event.name))
        }
        Unpublished::WrongValue(_) => ApiError::bad_request("JSON_PARSER_ERROR", error.to_string()),
        Unpublished::Required(field) => of_field("REQUIRED_FIELD_MISSING", field),
        Unpublished::TooLong(field, _) => of_field("STRING_TOO_LONG", field),
    }
}
