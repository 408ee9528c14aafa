//! OpenID Connect: id tokens, the keys that sign them, and what the org says of itself (Help, OpenID Connect).

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use serde_json::{Value as Json, json};

use super::{identity, jwt, scopes};
use crate::app::App;
use crate::errors::json_response;
use crate::http::BaseUrl;
use crate::sessions::Issued;
use crate::users;

/// How long an id token is good (Help, ID Token Duration).
const ID_TOKEN_LIFETIME_S: i64 = 2 * 60;

/// Answers `/id/keys`.
pub(super) async fn keys(State(app): State<Arc<App>>) -> Response {
    let (modulus, exponent) = app.keys.get().public_numbers();
    let key = json!({
        "kty": "RSA",
        "n": URL_SAFE_NO_PAD.encode(modulus),
        "e": URL_SAFE_NO_PAD.encode(exponent),
        "alg": "RS256",
        "use": "sig",
        "kid": key_id(&app),
    });
    json_response(StatusCode::OK, &json!({ "keys": [key] }))
}

/// Answers `/.well-known/openid-configuration`.
pub(super) async fn configuration(Extension(BaseUrl(base_url)): Extension<BaseUrl>) -> Response {
    let oauth = format!("{base_url}/services/oauth2");
    let body = json!({
        "issuer": base_url,
        "authorization_endpoint": format!("{oauth}/authorize"),
        "token_endpoint": format!("{oauth}/token"),
        "revocation_endpoint": format!("{oauth}/revoke"),
        "userinfo_endpoint": format!("{oauth}/userinfo"),
        "introspection_endpoint": format!("{oauth}/introspect"),
        "jwks_uri": format!("{base_url}/id/keys"),
        "end_session_endpoint": format!("{oauth}/logout"),
        "frontchannel_logout_supported": false,
        "scopes_supported": scopes::ALLOWED.map(|(name, _)| name),
        "response_types_supported": ["code", "token", "token id_token"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "password",
            "device",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "display_values_supported": ["page", "popup", "touch"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "claims_supported": [
            "active", "address", "email", "email_verified", "family_name", "given_name", "is_app_installed",
            "language", "locale", "name", "nickname", "organization_id", "phone_number",
            "phone_number_verified", "photos", "picture", "preferred_username", "profile", "sub", "updated_at",
            "urls", "user_id", "user_type", "zoneinfo",
        ],
    });
    json_response(StatusCode::OK, &body)
}

/// Makes the id token that goes with tokens just issued, if their scopes have one.
pub(super) fn id_token(app: &App, issued: &Issued, nonce: Option<&str>, base_url: &str) -> Option<String> {
    let subject = &issued.subject;
    if !subject.scopes.iter().any(|scope| scope == "openid") {
        return None;
    }
    let user = users::find_user(&app.org, &subject.user_id)?;
    let now_s = app.now_ms() / 1000;
    let hash = digest::digest(&digest::SHA256, issued.access_token.as_bytes());
    let mut claims = identity::id_token_claims(app, &user, base_url);
    let own = json!({
        "at_hash": URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]),
        "iss": base_url,
        "aud": subject.client_id,
        "iat": now_s,
        "exp": now_s + ID_TOKEN_LIFETIME_S,
    });
    let members = claims.as_object_mut()?;
    members.extend(own.as_object()?.clone());
    members.extend(nonce.map(|nonce| ("nonce".to_owned(), Json::from(nonce))));
    Some(jwt::sign(app.keys.get(), &key_id(app), &claims))
}

/// Names the key by a hash of it, so that another run's key has another name.
fn key_id(app: &App) -> String {
    let hash = digest::digest(&digest::SHA256, app.keys.get().public_numbers().0);
    let number = hash.as_ref()[..4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    number.to_string()
}
