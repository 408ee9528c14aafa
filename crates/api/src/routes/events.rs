//! What changes, as it changes: server-sent events.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use model::IntegrationId;
use serde::Deserialize;
use store::Reader;
use store::integrations::{find_integration_facts, list_integration_facts};
use tokio::sync::{OwnedSemaphorePermit, watch};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::integration_view::{check_integration, integration_body, last_midnight, unknown_integration};
use crate::permission::{Viewer, find_signed_in};
use crate::request::UrlQuery;
use crate::routes::integrations::IntegrationBody;

/// How often the store is looked at for a listener.
const LOOKED_EACH: Duration = Duration::from_millis(500);
/// Whether the listener is still signed in is looked at each ten looks: five seconds.
const LOOKS_A_CHECK: u32 = 10;
/// Proxies give up connections on which nothing comes.
const KEPT_ALIVE_EACH: Duration = Duration::from_secs(15);
/// Integrations that one listener hears about.
const MOST_WATCHED: u32 = 100;

/// The route of events.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(stream_events))
}

/// What to hear about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventQuery {
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
    request: RequestHead,
) -> Result<Response, ApiError> {
    let only = match &query.integration {
        Some(id) => {
            let id = id.parse().map_err(|_| unknown_integration())?;
            Some(check_integration(&app, viewer.reader(), id).await?.id)
        }
        None => None,
    };
    let permit = Arc::clone(app.listeners()).try_acquire_owned().map_err(|_| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "server.busy",
            "Too many pages listen for changes already.",
        )
        .retry_after(30)
    })?;
    let watch = Watch {
        closing: app.closing(),
        app,
        head: request.0,
        reader: viewer.reader().clone(),
        only,
        seen: HashMap::new(),
        waiting: VecDeque::new(),
        looks: 0,
        _permit: permit,
    };
    let events = futures_util::stream::unfold(watch, |mut watch| async move {
        watch.next().await.map(|event| (Ok::<_, Infallible>(event), watch))
    });
    let keep_alive = KeepAlive::new().interval(KEPT_ALIVE_EACH);
    Ok(Sse::new(events).keep_alive(keep_alive).into_response())
}

/// What a listener has seen, and what it has still to be told.
struct Watch {
    app: AppState,
    head: Parts,
    reader: Reader,
    only: Option<IntegrationId>,
    seen: HashMap<String, IntegrationBody>,
    waiting: VecDeque<Event>,
    looks: u32,
    closing: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

impl Watch {
    /// Waits for the next change. `None` when the server stops, the listener may not listen any more, or the store fails:
    /// the browser comes again, and is told why not.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.looks > 0 {
                tokio::select! {
                    () = tokio::time::sleep(LOOKED_EACH) => {}
                    _ = self.closing.wait_for(|closing| *closing) => return None,
                }
            }
            if self.looks.is_multiple_of(LOOKS_A_CHECK) {
                self.reader = find_signed_in(&self.head, &self.app).await.ok()??.reader().clone();
            }
            self.looks = self.looks.wrapping_add(1).max(1);
            self.look().await.ok()?;
        }
    }

    async fn look(&mut self) -> Result<(), ApiError> {
        let (app, reader) = (&self.app, &self.reader);
        let midnight = last_midnight(app);
        let facts = match self.only {
            Some(id) => {
                find_integration_facts(app.store(), reader, id, midnight).await?.into_iter().collect()
            }
            None => list_integration_facts(app.store(), reader, None, MOST_WATCHED, midnight).await?,
        };
        for facts in facts {
            let body = integration_body(app, reader, facts).await?;
            if self.seen.get(&body.id) == Some(&body) {
                continue;
            }
            let event = Event::default().event("integration").json_data(&body);
            self.waiting.push_back(event.map_err(|error| ApiError::failed(&error))?);
            self.seen.insert(body.id.clone(), body);
        }
        Ok(())
    }
}

/// The head of a request, which says who asks: asked again while it listens.
struct RequestHead(Parts);

impl<S: Sync> FromRequestParts<S> for RequestHead {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let (mut head, ()) = Request::new(()).into_parts();
        head.headers = parts.headers.clone();
        Ok(Self(head))
    }
}
