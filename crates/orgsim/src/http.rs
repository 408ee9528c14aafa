//! The org's front door: routes, and what every request and answer goes through.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};

pub(crate) use self::call::{Call, Played, bearer};
pub(crate) use self::channel_members::list_rows as list_channel_members;
pub(crate) use self::channels::list_rows as list_channels;
pub(crate) use self::cursors::Cursors;
pub(crate) use self::fault_answers::FaultError;
pub(crate) use self::front::{AtLoginHost, BaseUrl, accepts_gzip};
pub(crate) use self::inner::{Inner, Refusal};
pub(crate) use self::request_body::inflate;
pub(crate) use self::socket::{Listener, Peer, serve};
pub(crate) use self::versions::{
    NEWEST as NEWEST_VERSION, parse_number as parse_version, to_text as version_text,
};

use crate::app::App;
use crate::{bulk1, cometd, control, oauth, pubsub, soap};

mod batch;
mod blobs;
mod call;
mod channel_members;
mod channels;
mod collections;
mod composite;
mod connect;
mod cors;
mod cursors;
mod deploy_requests;
mod dispatch;
mod elsewhere;
mod fault_answers;
mod front;
mod home;
mod inner;
mod kinds;
pub(crate) mod multipart;
mod outgoing;
mod passwords;
mod platform_events;
mod presentation;
mod query;
mod recent;
mod record_access;
mod records;
mod references;
mod related;
mod replication;
mod request_body;
mod resources;
mod slashes;
mod sobjects;
mod socket;
mod tooling;
mod tree;
mod ui_api;
mod versions;
mod written;

/// Builds the routes of the org.
pub(crate) fn router(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/", get(home::show))
        .route("/services/data", any(call::answer))
        .route("/services/data/", any(call::answer))
        .route("/services/data/{*path}", any(call::answer))
        .route("/services/async/{*path}", any(bulk1::answer))
        .route("/services/Soap/{*path}", any(soap::answer))
        .route("/services/soap/{*path}", any(soap::answer))
        .route("/cometd/{*path}", post(cometd::answer))
        .merge(oauth::router())
        .nest("/__orgsim", control::router(&app))
        .fallback(elsewhere::answer)
        .layer(from_fn(cors::answer))
        .layer(from_fn_with_state(Arc::clone(&app), front::pass))
        .with_state(Arc::clone(&app));
    // A router of its own, because a layer of the routes would come after they have been chosen.
    let routes = Router::new().fallback_service(routes).layer(from_fn(slashes::take_out));
    // What comes over gRPC has a form of its own, from the limits to the errors.
    pubsub::router(app).fallback_service(routes)
}
