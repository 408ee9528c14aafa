//! Faults by the control API.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::done;
use crate::app::App;
use crate::errors::ApiError;
use crate::faults::{ArmedFault, FaultKind, FaultSpec, known};

pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Vec<ArmedFault>> {
    Json(app.faults.list())
}

/// Puts a fault in place. One with a probability goes on for ever unless it says how often.
pub(super) async fn add(State(app): State<Arc<App>>, Json(mut body): Json<Map<String, Value>>) -> Response {
    if body.contains_key("probability") {
        body.entry("times").or_insert(Value::from(u64::MAX));
    }
    let spec: FaultSpec = match serde_json::from_value(Value::Object(body)) {
        Ok(spec) => spec,
        Err(error) => return ApiError::bad_request("INVALID_INPUT", error.to_string()).into_response(),
    };
    if spec.kind == FaultKind::Error && !spec.code.as_deref().is_some_and(known::is_known) {
        return ApiError::bad_request("INVALID_INPUT", "this org knows no error of that code")
            .into_response();
    }
    (StatusCode::CREATED, Json(json!({ "id": app.faults.add(spec) }))).into_response()
}

pub(super) async fn clear(State(app): State<Arc<App>>) -> Response {
    app.faults.clear();
    done()
}

pub(super) async fn remove(State(app): State<Arc<App>>, Path(id): Path<u64>) -> Response {
    if app.faults.remove(id) { done() } else { ApiError::not_found().into_response() }
}
