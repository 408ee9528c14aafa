//! What the org has bought and switched on, by the control API.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::app::App;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeaturesBody {
    notes: Option<bool>,
    event_monitoring: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct Features {
    notes: bool,
    event_monitoring: bool,
}

pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Features> {
    Json(features(&app))
}

/// Switches those named, and leaves the others as they are.
pub(super) async fn switch(State(app): State<Arc<App>>, Json(body): Json<FeaturesBody>) -> Json<Features> {
    if let Some(notes) = body.notes {
        app.org.switch_notes(notes);
    }
    if let Some(has_add_on) = body.event_monitoring {
        app.event_logs.switch_add_on(&app, has_add_on);
    }
    Json(features(&app))
}

fn features(app: &App) -> Features {
    Features { notes: app.org.has_notes(), event_monitoring: app.event_logs.has_add_on() }
}
