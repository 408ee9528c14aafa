//! Taking tokens back.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answer::Format;
use super::params::Params;
use super::{OauthError, all_params, is_script_name, members_response, no_store, off_thread};
use crate::app::App;

/// Answers `/services/oauth2/revoke` (Help, Revoke OAuth Tokens).
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    method: Method,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    if method != Method::POST && method != Method::GET {
        return OauthError::new("invalid_request", "must use HTTP POST").into_response();
    }
    off_thread(move || answer(&app, &headers, &all_params(&headers, &form, &query))).await
}

fn answer(app: &App, headers: &HeaderMap, params: &Params) -> Response {
    let is_revoked = params.get("token").is_some_and(|token| revoke_token(app, token));
    let error = OauthError::new("invalid_token", "invalid token");
    if let Some(callback) = params.get("callback").filter(|name| is_script_name(name)) {
        let told = if is_revoked { json!({}) } else { json!({ "error": error.code }) };
        let script = format!("{callback}({told});");
        return no_store(
            ([(header::CONTENT_TYPE, "application/javascript;charset=UTF-8")], script).into_response(),
        );
    }
    if is_revoked {
        return no_store(StatusCode::OK.into_response());
    }
    // Clients read this error as a form, unless they say that they want JSON.
    let format = if wants_json(headers) { Format::Json } else { Format::Form };
    members_response(error.status(), &error.members(), format)
}

/// Returns whether a caller names JSON among what it takes.
fn wants_json(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    let mut types = lists.flat_map(|list| list.split(','));
    types.any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"))
}

/// Ends what a token stands for. With the last approval of an app its user is asked again.
fn revoke_token(app: &App, token: &str) -> bool {
    let subject = app.sessions.find_refresh_token(token);
    let is_revoked = app.sessions.revoke(token);
    if let Some(subject) = subject.filter(|_| is_revoked)
        && !app.sessions.has_approval(&subject.user_id, &subject.client_id)
    {
        app.browser.forget_approvals_of(&subject.user_id, &subject.client_id);
    }
    is_revoked
}
