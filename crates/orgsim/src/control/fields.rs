//! Fields and sObjects that come, go and change, by the control API.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::off_thread;
use crate::app::App;
use crate::errors::ApiError;
use crate::schema::change::FieldChange;

/// Lists the custom fields that clients can find, by sObject.
pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let schema = app.org.schema();
    let lists = schema.offered().map(|sobject| {
        let custom = sobject.fields.iter().filter(|field| field.custom && !field.is_gone());
        (sobject.name.clone(), custom.map(|field| json!(field.name)).collect::<Value>())
    });
    let lists = lists.filter(|(_, names)| names.as_array().is_some_and(|names| !names.is_empty()));
    Json(lists.collect())
}

/// Changes one.
pub(super) async fn change(State(app): State<Arc<App>>, Json(body): Json<Value>) -> Response {
    off_thread(move || {
        let invalid = |message: String| ApiError::bad_request("INVALID_INPUT", message);
        let change: FieldChange = serde_json::from_value(body).map_err(|error| invalid(error.to_string()))?;
        app.org.change_fields(&change, app.now_ms()).map_err(invalid)?;
        Ok(json!({ "done": true }))
    })
    .await
}
