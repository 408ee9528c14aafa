//! What changes, as it changes: server-sent events.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::permission::Viewer;
use crate::request::UrlQuery;
use crate::routes::integrations::IntegrationBody;

/// The route of events.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(stream_events))
}

/// What to hear about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// Only this integration; all of the workspace's if missing.
    pub integration: Option<String>,
}

/// Streams each integration whenever something about it changed: `event: integration`, with the integration as data.
#[utoipa::path(get, path = "/events", operation_id = "stream_events", tag = "events",
    params(EventQuery),
    responses((status = 200, body = IntegrationBody, content_type = "text/event-stream")))]
async fn stream_events(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlQuery(query): UrlQuery<EventQuery>,
) -> Result<Response, ApiError> {
    Err(ApiError::not_found("thing"))
}
