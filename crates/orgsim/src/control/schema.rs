//! What an administrator changes about fields, by the control API.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::done;
use super::records::find_sobject;
use crate::app::App;
use crate::errors::ApiError;
use crate::schema::SchemaChange;

/// The changes of one sObject's fields.
#[derive(Debug, Deserialize)]
pub(super) struct SchemaBody {
    sobject: String,
    #[serde(flatten)]
    change: SchemaChange,
}

/// Changes fields.
pub(super) async fn change(State(app): State<Arc<App>>, Json(body): Json<SchemaBody>) -> Response {
    let changed = find_sobject(&app, &body.sobject).and_then(|sobject| {
        let changed = app.org.change_schema(sobject, &body.change);
        changed.map_err(|message| ApiError::bad_request("INVALID_INPUT", message))
    });
    match changed {
        Ok(()) => done(),
        Err(error) => error.into_response(),
    }
}
