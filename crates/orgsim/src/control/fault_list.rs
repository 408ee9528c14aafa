//! Faults by the control API.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::done;
use crate::app::App;
use crate::errors::ApiError;
use crate::faults::{ArmedFault, FaultSpec};

pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Vec<ArmedFault>> {
    Json(app.faults.list())
}

pub(super) async fn add(State(app): State<Arc<App>>, Json(spec): Json<FaultSpec>) -> Response {
    (StatusCode::CREATED, Json(json!({ "id": app.faults.add(spec) }))).into_response()
}

pub(super) async fn clear(State(app): State<Arc<App>>) -> Response {
    app.faults.clear();
    done()
}

pub(super) async fn remove(State(app): State<Arc<App>>, Path(id): Path<u64>) -> Response {
    if app.faults.remove(id) { done() } else { ApiError::not_found().into_response() }
}
