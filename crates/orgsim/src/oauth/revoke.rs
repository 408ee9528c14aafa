//! Taking tokens back.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{OauthError, all_params, no_store};
use crate::app::App;

/// Answers `/services/oauth2/revoke` (Help, Revoke OAuth Tokens).
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    method: Method,
    query: RawQuery,
    form: Bytes,
) -> Response {
    if method != Method::POST && method != Method::GET {
        return OauthError::new("invalid_request", "must use HTTP POST").into_response();
    }
    let params = all_params(&form, &query);
    if params.get("token").is_some_and(|token| app.sessions.revoke(token)) {
        return no_store(StatusCode::OK.into_response());
    }
    OauthError::new("invalid_token", "invalid token").into_response()
}
