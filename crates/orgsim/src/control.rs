//! The control API: how tests and people change the org, make things fail and look at what happened.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;

use crate::app::App;
use crate::errors::ApiError;
use crate::http::Peer;
use crate::random;

mod apps;
mod data_rules;
mod fault_list;
mod features;
mod fields;
mod records;
mod rights;
mod settings;
mod streaming;
mod transactions;
mod truth;
mod values;
mod views;

pub(crate) use self::transactions::Transactions;

/// The header that the control token comes in.
const TOKEN_HEADER: &str = "x-orgsim-token";

/// Builds the routes below `/__orgsim`.
pub(crate) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/records", post(records::change))
        .route("/mutate", post(records::mutate))
        .route("/merge", post(data_rules::merge))
        .route(
            "/validation-rules",
            get(data_rules::list_validation_rules).post(data_rules::add_validation_rule),
        )
        .route(
            "/validation-rules/{sobject}/{name}",
            axum::routing::delete(data_rules::remove_validation_rule),
        )
        .route("/duplicate-rules", get(data_rules::list_duplicate_rules).post(data_rules::set_duplicate_rule))
        .route("/record-type-picklists", post(data_rules::narrow_picklist))
        .route("/data-rules", get(data_rules::data_switches).post(data_rules::set_data_switches))
        .route("/locks", get(data_rules::list_locks).post(data_rules::lock).delete(data_rules::unlock))
        .route("/fields", get(fields::list).post(fields::change))
        .route("/rights", post(rights::change))
        .route("/hash", get(views::hash))
        .route("/counters", get(views::counters))
        .route("/counters/reset", post(views::reset_counters))
        .route("/results", get(views::results))
        .route("/log", get(views::log))
        .route("/sessions", get(settings::sessions))
        .route("/sessions/expire", post(settings::expire_sessions))
        .route("/sessions/revoke", post(settings::revoke_approvals))
        .route("/tokens", post(settings::set_token_policy))
        .route("/sign-in", get(settings::sign_in).post(settings::set_sign_in))
        .route("/cursors/expire", post(settings::expire_cursors))
        .route("/clock", get(settings::clock).post(settings::set_clock))
        .route("/limits", post(settings::set_limits))
        .route("/transactions", get(transactions::list).post(transactions::open))
        .route("/transactions/{id}", post(transactions::end))
        .route("/visibility", get(transactions::visibility).post(transactions::set_visibility))
        .route("/truth", get(truth::versions))
        .route("/replication", post(settings::hold_replication))
        .route("/apps", get(apps::list))
        .route("/features", get(features::list).post(features::switch))
        .route("/faults", get(fault_list::list).post(fault_list::add).delete(fault_list::clear))
        .route("/faults/{id}", axum::routing::delete(fault_list::remove))
        .route("/streaming", get(streaming::show).post(streaming::change))
        .route("/streaming/gap", post(streaming::gap))
        .route("/streaming/close", post(streaming::close))
        .route("/streaming/reset", post(streaming::reset))
        .route("/streaming/managed", get(streaming::list_managed).post(streaming::define_managed))
        .route("/streaming/managed/{id}", axum::routing::delete(streaming::remove_managed))
        .route("/prerender", post(views::prerender).delete(views::clear_prerendered))
        .fallback(async || ApiError::not_found())
        .layer(from_fn_with_state(Arc::clone(app), guard))
}

/// Lets in only who is on this machine, knows the token, and is no web page.
async fn guard(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    if !peer.is_loopback() {
        return ApiError::not_found().into_response();
    }
    let headers = request.headers();
    let token = headers.get(TOKEN_HEADER).and_then(|token| token.to_str().ok()).unwrap_or_default();
    let is_known = random::same_secret(token, &app.secrets.control_token);
    if headers.contains_key(header::ORIGIN) || !is_known {
        let message = "the control API needs its token and takes no calls from web pages";
        return ApiError::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", message).into_response();
    }
    next.run(request).await
}

/// The answer to a change that has nothing to tell.
fn done() -> Response {
    Json(json!({ "done": true })).into_response()
}

fn answer<T: Serialize>(result: Result<T, ApiError>) -> Response {
    match result {
        Ok(body) => Json(body).into_response(),
        Err(error) => error.into_response(),
    }
}

/// Runs what reads many records where it holds up nobody.
async fn off_thread<T: Serialize + Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => answer(result),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
