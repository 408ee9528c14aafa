//! Sign-in: the authorize pages, the token endpoint and what tells who a token speaks for.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, RawQuery};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde::{Serialize, Serializer};
use serde_json::json;
use url::form_urlencoded;

pub(crate) use self::browser::Browser;

use crate::app::App;
use crate::errors::json_response;
use crate::http::BaseUrl;

mod authorize;
mod browser;
mod consent;
mod identity;
mod introspect;
mod login;
pub(crate) mod page;
mod params;
mod revoke;
mod scopes;
mod token;

/// The largest form of sign-in. Much of it is kept while a person decides, so it is a bound on memory too.
const MAX_FORM_BYTES: usize = 32 * 1024;

/// Builds the routes of sign-in.
pub(crate) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/services/oauth2/authorize", get(authorize::authorize).post(authorize::authorize))
        .route(login::PATH, get(login::show).post(login::submit))
        .route(consent::PATH, get(consent::show).post(consent::submit))
        .route("/services/oauth2/token", any(token::token))
        .route("/services/oauth2/revoke", any(revoke::revoke))
        .route("/services/oauth2/introspect", any(introspect::introspect))
        .route("/services/oauth2/userinfo", any(identity::userinfo))
        .route("/id/{org}/{user}", any(identity::identity))
        .route("/id/keys", get(keys))
        .route("/.well-known/openid-configuration", get(openid_configuration))
        .route("/secur/logout.jsp", get(login::logout))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

/// An OAuth error as the token endpoint reports it. The texts are part of the contract with clients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OauthError {
    pub(crate) code: &'static str,
    pub(crate) description: &'static str,
}

impl OauthError {
    pub(crate) const fn new(code: &'static str, description: &'static str) -> Self {
        Self { code, description }
    }

    fn members(self) -> [(&'static str, String); 2] {
        [("error", self.code.to_owned()), ("error_description", self.description.to_owned())]
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        members_response(StatusCode::BAD_REQUEST, &self.members())
    }
}

/// Answers JSON with the members in that order.
fn members_response(status: StatusCode, members: &[(&'static str, String)]) -> Response {
    struct Members<'a>(&'a [(&'static str, String)]);
    impl Serialize for Members<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
        }
    }
    no_store(json_response(status, &Members(members)))
}

/// Answers the members in form encoding.
fn form_response(status: StatusCode, members: &[(&'static str, String)]) -> Response {
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
    let content_type = "application/x-www-form-urlencoded;charset=UTF-8";
    no_store((status, [(header::CONTENT_TYPE, content_type)], text).into_response())
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Answers the signing keys of id tokens. This org issues none.
async fn keys() -> Response {
    json_response(StatusCode::OK, &json!({ "keys": [] }))
}

async fn openid_configuration(Extension(BaseUrl(base_url)): Extension<BaseUrl>) -> Response {
    let oauth = format!("{base_url}/services/oauth2");
    let body = json!({
        "issuer": base_url,
        "authorization_endpoint": format!("{oauth}/authorize"),
        "token_endpoint": format!("{oauth}/token"),
        "revocation_endpoint": format!("{oauth}/revoke"),
        "userinfo_endpoint": format!("{oauth}/userinfo"),
        "introspection_endpoint": format!("{oauth}/introspect"),
        "jwks_uri": format!("{base_url}/id/keys"),
        "scopes_supported": scopes::ALLOWED.map(|(name, _)| name),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "display_values_supported": ["page"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    });
    json_response(StatusCode::OK, &body)
}

/// Returns the parameters of a request: those of the form, then those of the URL.
fn all_params(form: &[u8], query: &RawQuery) -> params::Params {
    params::Params::read(form, query.0.as_deref().unwrap_or_default())
}

/// Finds the app that a request authenticates as, by its body or by HTTP Basic.
fn client_of(app: &App, headers: &HeaderMap, params: &params::Params) -> Result<ClientProof, OauthError> {
    let basic = params::basic(headers);
    let (id, secret) = match &basic {
        Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
        None => (params.get("client_id"), params.get("client_secret")),
    };
    let id = id.ok_or(OauthError::new("invalid_request", "missing required parameter: client_id"))?;
    if id != app.client.client_id {
        return Err(OauthError::new("invalid_client_id", "client identifier invalid"));
    }
    match secret {
        None => Ok(ClientProof::IdOnly),
        Some(secret) if crate::random::same_secret(secret, &app.client.client_secret) => {
            Ok(ClientProof::Secret)
        }
        Some(_) => Err(OauthError::new("invalid_client", "invalid client credentials")),
    }
}

/// How an app proved that it is the one it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ClientProof {
    /// By its secret.
    Secret,
    /// Not at all: an app on a person's own machine, which can keep no secret.
    IdOnly,
}
