//! Sign-in: the authorize pages, the token endpoint and what tells who a token speaks for.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, RawQuery};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde::{Serialize, Serializer};
use url::form_urlencoded;

use self::answer::Format;
pub(crate) use self::browser::Browser;
pub(crate) use self::device::Devices;
use self::jwt::{Assertion, Validity};
use crate::app::App;
use crate::client_apps::ClientApp;
use crate::errors::json_response;
use crate::xml;

mod access;
mod answer;
mod authorize;
mod browser;
mod consent;
mod device;
mod frontdoor;
mod grants;
mod identity;
mod introspect;
mod jwt;
mod login;
mod logout;
mod openid;
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
        .route("/services/oauth2/authorize", any(authorize::authorize))
        .route(authorize::SUCCESS_PATH, get(authorize::success))
        .route(device::PATH, get(device::show).post(device::submit))
        .route(login::PATH, get(login::show).post(login::submit))
        .route(consent::PATH, get(consent::show).post(consent::submit))
        .route("/services/oauth2/token", any(token::token))
        .route("/services/oauth2/revoke", any(revoke::revoke))
        .route("/services/oauth2/introspect", any(introspect::introspect))
        .route("/services/oauth2/userinfo", any(identity::userinfo))
        .route("/id/{org}/{user}", any(identity::identity))
        .route("/id/keys", get(openid::keys))
        .route("/.well-known/openid-configuration", get(openid::configuration))
        .route("/services/oauth2/logout", any(logout::logout))
        .route("/services/oauth2/singleaccess", any(frontdoor::single_access))
        .route(frontdoor::PATH, any(frontdoor::enter))
        .route("/secur/logout.jsp", any(logout::logout))
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

    fn status(self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        members_response(self.status(), &self.members(), Format::Json)
    }
}

/// Answers the members in that order.
fn members_response(status: StatusCode, members: &[(&'static str, String)], format: Format) -> Response {
    let response = match format {
        Format::Json => json_response(status, &Members(members)),
        Format::Xml => {
            let elements: String = members
                .iter()
                .map(|(name, value)| format!("<{name}>{}</{name}>", xml::escape(value)))
                .collect();
            let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><OAuth>{elements}</OAuth>");
            (status, [(header::CONTENT_TYPE, "application/xml;charset=UTF-8")], text).into_response()
        }
        Format::Form => {
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
            let content_type = "application/x-www-form-urlencoded;charset=UTF-8";
            (status, [(header::CONTENT_TYPE, content_type)], text).into_response()
        }
    };
    no_store(response)
}

/// Writes members as JSON in their order.
struct Members<'a>(&'a [(&'static str, String)]);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Answers where waiting holds up nobody else: what is issued or taken back is written down, some of it in files.
async fn off_thread(answer: impl FnOnce() -> Response + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(answer).await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Returns the parameters of a request: those of the form, then those of the URL.
fn all_params(headers: &HeaderMap, form: &[u8], query: &RawQuery) -> params::Params {
    params::Params::read_form(headers, form, query.0.as_deref().unwrap_or_default())
}

/// Returns whether text is the name of a function, so that no other script can be made of it.
fn is_script_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$'))
}

/// An app as it came to an endpoint.
#[derive(Clone, Debug)]
struct Client {
    app: Arc<ClientApp>,
    proof: ClientProof,
}

/// Finds the app that a request authenticates as: by its body, by HTTP Basic or by a signed assertion.
fn client_of(
    app: &App,
    headers: &HeaderMap,
    params: &params::Params,
    base_url: &str,
) -> Result<Client, OauthError> {
    let unknown = OauthError::new("invalid_client_id", "client identifier invalid");
    if let Some(text) = params.get("client_assertion") {
        let client =
            Assertion::parse(text).and_then(|assertion| client_of_assertion(app, &assertion, base_url));
        let proven = client.filter(|_| params.get("client_assertion_type") == Some(ASSERTION_TYPE));
        return proven.ok_or(OauthError::new("invalid_client", "invalid client credentials"));
    }
    let basic = params::basic(headers);
    let (id, secret) = match &basic {
        Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str()).filter(|secret| !secret.is_empty())),
        None => (params.get("client_id"), params.get("client_secret")),
    };
    let id = id.ok_or(OauthError::new("invalid_request", "missing required parameter: client_id"))?;
    let client = app.find_client(id).ok_or(unknown)?;
    match secret {
        None => Ok(Client { app: client, proof: ClientProof::IdOnly }),
        Some(_) if !client.has_secret => Ok(Client { app: client, proof: ClientProof::IdOnly }),
        Some(secret) if crate::random::same_secret(secret, &client.client_secret) => {
            Ok(Client { app: client, proof: ClientProof::Secret })
        }
        Some(_) => Err(OauthError::new("invalid_client", "invalid client credentials")),
    }
}

/// Names the kind of an assertion (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn client_of_assertion(app: &App, assertion: &Assertion<'_>, base_url: &str) -> Option<Client> {
    let claims = &assertion.claims;
    let client = app.find_client(&claims.issuer)?;
    let is_good = assertion.is_of(app, &client)
        && claims.subject == claims.issuer
        && claims.validity(app.now_ms()) == Validity::Good
        && grants::is_audience(&claims.audience, app, base_url);
    is_good.then_some(Client { app: client, proof: ClientProof::Secret })
}

/// How an app proved that it is the one it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ClientProof {
    /// By its secret or its key.
    Secret,
    /// Not at all: an app on a person's own machine, which can keep no secret.
    IdOnly,
}
