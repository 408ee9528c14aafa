//! The org's front door: routes, and what every request and answer goes through.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

pub(crate) use self::call::{Call, Played, bearer};
pub(crate) use self::cursors::Cursors;
pub(crate) use self::front::BaseUrl;
pub(crate) use self::socket::{Listener, Peer};
pub(crate) use self::versions::NEWEST as NEWEST_VERSION;

use crate::app::App;
use crate::errors::ApiError;
use crate::{control, oauth};

mod call;
mod cursors;
mod front;
mod home;
mod kinds;
mod outgoing;
mod query;
mod records;
mod replication;
mod resources;
mod sobjects;
mod socket;
mod versions;

/// Builds the routes of the org.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/services/data", any(call::answer))
        .route("/services/data/", any(call::answer))
        .route("/services/data/{*path}", any(call::answer))
        .merge(oauth::router())
        .nest("/__orgsim", control::router(&app))
        .fallback(not_here)
        .layer(from_fn_with_state(Arc::clone(&app), front::pass))
        .with_state(app)
}

async fn not_here(request: Request) -> Response {
    if request.uri().path().starts_with("/services/") {
        return ApiError::not_found().into_response();
    }
    (StatusCode::NOT_FOUND, "URL No Longer Exists").into_response()
}
