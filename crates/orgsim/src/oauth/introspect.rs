//! Telling whether a token still holds.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use super::{ClientProof, OauthError, all_params, client_of, no_store};
use crate::app::App;
use crate::errors::json_response;
use crate::http::BaseUrl;
use crate::users;

/// Answers `/services/oauth2/introspect` (Help, OpenID Connect Token Introspection).
pub(super) async fn introspect(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    method: Method,
    query: RawQuery,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    if method != Method::POST {
        return OauthError::new("invalid_request", "must use HTTP POST").into_response();
    }
    let params = all_params(&headers, &form, &query);
    let client = match client_of(&app, &headers, &params, &base_url) {
        Ok(client) if client.proof == ClientProof::Secret => client.app,
        Ok(_) => return OauthError::new("invalid_client", "invalid client credentials").into_response(),
        Err(error) => return error.into_response(),
    };
    let token = params.get("token").unwrap_or_default();
    let body = describe_token(&app, token, &client.client_id, &base_url)
        .unwrap_or_else(|| json!({ "active": false }));
    no_store(json_response(StatusCode::OK, &body))
}

/// Describes a token of the app that asks. Those of others it is told nothing of.
fn describe_token(app: &App, token: &str, client_id: &str, base_url: &str) -> Option<Json> {
    let now_ms = app.now_ms();
    let describe = |user_id, client_id: &str, scopes: &[String], token_type: &str| {
        json!({
            "active": true,
            "scope": scopes.join(" "),
            "client_id": client_id,
            "username": users::find_user(&app.org, user_id).map(|user| user.username),
            "sub": app.identity_url(base_url, user_id),
            "token_type": token_type,
        })
    };
    let is_good = |user_id, owner: &str| owner == client_id && app.is_usable(user_id, owner);
    let session = app.sessions.look(token, now_ms);
    if let Some(session) = session.filter(|session| is_good(session.user_id, &session.client_id)) {
        let mut body = describe(&session.user_id, &session.client_id, &session.scopes, "access_token");
        body["exp"] = json!(session.expires_at / 1000);
        body["iat"] = json!(session.issued_at / 1000);
        body["nbf"] = json!(session.issued_at / 1000);
        return Some(body);
    }
    let subject = app
        .sessions
        .find_refresh_token(token)
        .filter(|subject| is_good(subject.user_id, &subject.client_id))?;
    Some(describe(&subject.user_id, &subject.client_id, &subject.scopes, "refresh_token"))
}
