//! The server: all routes together, and the layers around them.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use store::members;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::openapi::routes_and_document;
use crate::request::MOST_BODY_BYTES;
use crate::{docs, envelope, oauth_callback, web};

/// All routes: the API, the way back from Salesforce, the checks of whoever runs the server, and the web application.
pub fn router(app: AppState) -> Router {
    let (routes, document) = routes_and_document();
    let document: Arc<str> = document.to_json().expect("the document has a JSON form").into();
    routes
        .route("/api/openapi.json", get(move || show_document(Arc::clone(&document))))
        .route("/oauth/salesforce/callback", get(oauth_callback::finish))
        .route("/healthz", get(show_health))
        .route("/readyz", get(show_readiness))
        .merge(docs::router())
        .fallback(web::show)
        .layer(CatchPanicLayer::custom(|_panic| ApiError::internal().into_response()))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(RequestBodyLimitLayer::new(MOST_BODY_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), envelope::answer))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// Serves until `shutdown` ends, and then until the requests under way are answered.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    app: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            shutdown.await;
            // A stream of events would keep the server up for as long as somebody listens.
            app.close();
        })
        .await
}

async fn show_document(document: Arc<str>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}

/// The process answers.
async fn show_health() -> &'static str {
    "ok\n"
}

/// The database answers too. A copy of another server's shows what is there, and syncs nothing.
async fn show_readiness(State(app): State<AppState>) -> Result<&'static str, ApiError> {
    let ready = match app.config().is_quarantined {
        true => "ready, quarantined: the database belongs to another instance\n",
        false => "ready\n",
    };
    let unready =
        |_| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "server.busy", "The database does not answer.");
    members::has_members(app.store()).await.map(|_| ready).map_err(unready)
}
