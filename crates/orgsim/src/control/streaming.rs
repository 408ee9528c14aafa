//! Streaming by the control API: its switches, gaps, and endings.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{answer, done};
use crate::app::App;
use crate::errors::ApiError;
use crate::id::RecordId;
use crate::stream::{self, ChangeType, Managed, ManagedBody, Origin, Settings};

/// Tells how the switches stand, and what has been delivered.
pub(super) async fn show(State(app): State<Arc<App>>) -> Json<Value> {
    Json(tell(&app))
}

fn tell(app: &App) -> Value {
    let mut body = serde_json::to_value(&*app.streams.settings()).unwrap_or_default();
    body["delivered"] = json!(app.streams.delivered_and_max().0);
    let (clients, held) = app.cometd.count(&app.streams.settings());
    (body["clients"], body["held_connects"]) = (json!(clients), json!(held));
    body
}

/// Changes the switches named, and leaves the others as they are.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Json(mut body): Json<Map<String, Value>>,
) -> Response {
    let delivered = body.remove("delivered");
    // What is only told may be sent back.
    ["clients", "held_connects"].iter().for_each(|name| {
        body.remove(*name);
    });
    let changed = app.streams.change_settings(|settings| {
        let mut merged = serde_json::to_value(&settings).unwrap_or_default();
        if let Some(members) = merged.as_object_mut() {
            members.extend(body);
        }
        let settings = serde_json::from_value::<Settings>(merged).map_err(|error| error.to_string());
        settings.and_then(Settings::checked)
    });
    match changed {
        Ok(()) => {
            if let Some(count) = delivered.as_ref().and_then(Value::as_u64) {
                app.streams.set_delivered(count);
            }
            answer(Ok(tell(&app)))
        }
        Err(message) => answer::<()>(Err(ApiError::bad_request("INVALID_INPUT", message))),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GapBody {
    sobject: String,
    change_type: String,
    #[serde(default)]
    ids: Vec<String>,
}

/// Tells subscribers of changes without values, as the platform does when it cannot say more.
pub(super) async fn gap(State(app): State<Arc<App>>, Json(body): Json<GapBody>) -> Response {
    let kind = ChangeType::parse(&body.change_type).filter(|kind| kind.as_gap() == *kind);
    let sobject = stream::find_captured(&body.sobject);
    let (Some(kind), Some(sobject)) = (kind, sobject) else {
        let message =
            "sobject is one with change events, change_type a gap such as GAP_UPDATE or GAP_OVERFLOW";
        return answer::<()>(Err(ApiError::bad_request("INVALID_INPUT", message)));
    };
    let by = Origin { text: String::new(), user_id: app.org.user_id() };
    app.streams.tell_gap(sobject, kind, body.ids, by);
    done()
}

/// Ends all streams, as when servers are replaced.
pub(super) async fn close(State(app): State<Arc<App>>) -> Response {
    app.streams.close_all();
    app.cometd.forget_all();
    done()
}

/// Forgets all events and positions, as when the org moves to another instance.
pub(super) async fn reset(State(app): State<Arc<App>>) -> Response {
    app.streams.reset();
    done()
}

pub(super) async fn list_managed(State(app): State<Arc<App>>) -> Json<Value> {
    Json(app.streams.list_managed().iter().map(managed_json).collect())
}

fn managed_json(managed: &Managed) -> Value {
    let mut body = serde_json::to_value(&managed.definition).unwrap_or_default();
    body["id"] = json!(managed.id);
    body
}

/// Defines a managed subscription.
pub(super) async fn define_managed(State(app): State<Arc<App>>, Json(body): Json<ManagedBody>) -> Response {
    let defined = app.streams.define_managed(body).map(|id| json!({ "id": id }));
    answer(defined.map_err(|message| ApiError::bad_request("INVALID_INPUT", message)))
}

pub(super) async fn remove_managed(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    match RecordId::parse(&id).is_some_and(|id| app.streams.remove_managed(&id)) {
        true => done(),
        false => answer::<()>(Err(ApiError::not_found())),
    }
}
