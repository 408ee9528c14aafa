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
}

#[derive(Debug, Serialize)]
pub(super) struct Features {
    notes: bool,
}

pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Features> {
    Json(features(&app))
}

/// Switches those named, and leaves the others as they are.
pub(super) async fn switch(State(app): State<Arc<App>>, Json(body): Json<FeaturesBody>) -> Json<Features> {
    if let Some(notes) = body.notes {
        app.org.switch_notes(notes);
    }
    Json(features(&app))
}

fn features(app: &App) -> Features {
    Features { notes: app.org.has_notes() }
}
