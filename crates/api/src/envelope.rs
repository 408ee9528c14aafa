//! Around every request: its id, who may ask, how long it may take; around every answer: headers, and a problem
//! document where it failed.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::{Instrument, debug, info_span};

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::permission::{is_safe, refuse_forgery};
use crate::{request, token};

/// No handler needs longer: questions to an org end after three seconds, and the exchange of a code after twenty.
const LONGEST_ANSWER: Duration = Duration::from_secs(40);

/// Everything comes from this server and nothing may frame it. The component library writes style attributes.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Answers a request.
pub(crate) async fn answer(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let id = format!("req_{:032x}", u128::from_le_bytes(app.random().bytes()));
    // Only the path: queries hold codes of Salesforce.
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = info_span!("request", request.id = %id, request.method = %method, request.path = %path);
    async move {
        let answered = match check(&app, &request) {
            Ok(()) => tokio::time::timeout(LONGEST_ANSWER, next.run(request)).await,
            Err(error) => Ok(error.into_response()),
        };
        let mut response = answered.unwrap_or_else(|_| too_slow().into_response());
        if let Some(error) = find_error(&response, &path) {
            debug!(problem.code = error.code(), "request refused");
            response = write_problem(&error, &id, response.headers());
        }
        debug!(response.status = response.status().as_u16(), "request answered");
        add_headers(&app, &id, response)
    }
    .instrument(span)
    .await
}

/// Refuses what no handler shall see.
fn check(app: &AppState, request: &Request) -> Result<(), ApiError> {
    let path = request.uri().path();
    let is_check = path == "/healthz" || path == "/readyz";
    if !is_check && !host_of(request).is_some_and(|host| app.config().serves_host(&host)) {
        return Err(ApiError::new(
            StatusCode::MISDIRECTED_REQUEST,
            "host.unknown",
            format!("This server is {}.", app.config().origin()),
        ));
    }
    if has_key(request.uri()) {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "key.exposed",
            "An API key does not belong into an address: logs and histories keep addresses.",
        )
        .hint("End this key, make another, and send it as a bearer token."));
    }
    if !is_safe(request.method()) && !request.headers().contains_key(header::AUTHORIZATION) {
        check_origin(app, request.headers())?;
    }
    Ok(())
}

/// A browser says from where a request comes, and no page can lie about it. What is no browser says nothing.
fn check_origin(app: &AppState, headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if text("sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site)) {
        return Err(refuse_forgery());
    }
    let Some(origin) = text("origin") else { return Ok(()) };
    let is_host = origin.split_once("://").is_some_and(|(_, host)| text("host") == Some(host));
    if origin == app.config().origin() || is_host { Ok(()) } else { Err(refuse_forgery()) }
}

fn host_of(request: &Request) -> Option<String> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| request.uri().authority().map(|authority| authority.as_str())).map(str::to_owned)
}

/// Whether an address holds an API key, under whatever name.
fn has_key(uri: &Uri) -> bool {
    let words = uri.query().unwrap_or_default().split(['&', '=', '+', ' ']);
    words.flat_map(|word| word.split("%20")).any(token::is_key)
}

/// Why an answer failed, where it did: our own reason, or below `/api` whatever a layer says by the status alone.
fn find_error(response: &Response, path: &str) -> Option<ApiError> {
    if let Some(error) = response.extensions().get::<ApiError>() {
        return Some(error.clone());
    }
    let status = response.status();
    let is_ours = path == "/api" || path.starts_with("/api/");
    if !is_ours || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => ApiError::new(status, "route.unknown", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            ApiError::new(status, "request.method", "This cannot be done at this address.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => request::too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => request::unsupported_media_type(),
        status if status.is_client_error() => {
            ApiError::new(status, "request.malformed", "The request cannot be read.")
        }
        _ => ApiError::internal(),
    })
}

fn write_problem(error: &ApiError, id: &str, headers: &HeaderMap) -> Response {
    let mut response = (error.status(), Json(error.details(id))).into_response();
    for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE, header::ALLOW, header::SET_COOKIE] {
        if let Some(value) = headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    let problem_json = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, problem_json);
    response
}

fn add_headers(app: &AppState, id: &str, mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if app.config().has_secure_cookies() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

fn too_slow() -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "server.slow", "The server took too long to answer.")
        .retry_after(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_an_address_is_seen_under_any_name() {
        let key = format!("twp_{}", "a".repeat(43));

        for query in
            [format!("token={key}"), format!("x=1&y=Bearer%20{key}"), format!("Bearer+{key}"), key.clone()]
        {
            assert!(has_key(&format!("/api/v1/runs?{query}").parse().unwrap()), "{query}");
        }
        for query in ["limit=5", "search=twp_short", ""] {
            assert!(!has_key(&format!("/api/v1/runs?{query}").parse().unwrap()), "{query}");
        }
    }
}
