//! One call of the data API: version, sign-in, limit, then the resource.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::front::BaseUrl;
use super::{query, records, replication, resources, sobjects, versions};
use crate::app::App;
use crate::bulk;
use crate::describe::DescribeContext;
use crate::errors::ApiError;
use crate::faults::{FaultKind, FaultSpec};
use crate::schema::SObject;
use crate::sessions::Session;

/// The largest request body (REST API Developer Guide, Request Body Limits).
const MAX_BODY_BYTES: usize = 50 * 1024 * 1024;

/// The faults that befall a call.
#[derive(Clone, Debug)]
pub(crate) struct Played(pub(crate) Vec<FaultSpec>);

/// A call of a signed-in client.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) method: Method,
    /// The API version times ten.
    pub(crate) version: u16,
    /// The path after the version, decoded, without empty segments.
    pub(crate) segments: Vec<String>,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) base_url: String,
    pub(crate) session: Session,
    pub(crate) faults: Vec<FaultSpec>,
}

impl Call {
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn fault(&self, kind: FaultKind) -> Option<&FaultSpec> {
        self.faults.iter().find(|fault| fault.kind == kind)
    }

    /// Returns the path of the version, which URLs in answers begin with.
    pub(crate) fn version_path(&self) -> String {
        format!("/services/data/v{}", versions::to_text(self.version))
    }

    pub(crate) fn describe_context(&self) -> DescribeContext<'_> {
        DescribeContext { api_version: self.version, instance_url: &self.base_url }
    }

    /// Finds the sObject that a path names.
    pub(crate) fn sobject(&self, name: &str) -> Result<&'static SObject, ApiError> {
        self.app.org.schema().find(name).ok_or_else(ApiError::not_found)
    }

    /// Refuses all methods but reading ones.
    pub(crate) fn only_reads(&self) -> Result<(), ApiError> {
        if self.method == Method::GET || self.method == Method::HEAD {
            return Ok(());
        }
        Err(ApiError::method_not_allowed(self.method.as_str(), "GET,HEAD"))
    }
}

/// Answers a call of the data API.
pub(crate) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let segments = split_path(request.uri().path());
    let Some((version, rest)) = segments.split_first() else {
        return versions::list(request.method());
    };
    let version = match versions::parse(version) {
        Ok(version) => version,
        Err(error) => return error.into_response(),
    };
    let now_ms = app.now_ms();
    let session = match sign_in(&app, request.headers(), now_ms) {
        Ok(session) => session,
        Err(error) => return error.into_response(),
    };
    let response = if app.usage.take(now_ms) {
        app.log.count(|counters| counters.api_calls += 1);
        let segments = rest.to_vec();
        answer_signed_in(Arc::clone(&app), session, version, segments, request).await
    } else {
        let message = "TotalRequests Limit exceeded.";
        ApiError::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", message).into_response()
    };
    with_limit_info(&app, response)
}

async fn answer_signed_in(
    app: Arc<App>,
    session: Session,
    version: u16,
    segments: Vec<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return ApiError::new(status, "REQUEST_ENTITY_TOO_LARGE", "The request body is too large")
            .into_response();
    };
    let params =
        parts.uri.query().map(|query| form_urlencoded::parse(query.as_bytes()).into_owned().collect());
    let base_url =
        parts.extensions.get::<BaseUrl>().map_or_else(|| app.default_base_url.clone(), |url| url.0.clone());
    let faults = parts.extensions.get::<Played>().map(|played| played.0.clone()).unwrap_or_default();
    let call = Call {
        app,
        method: override_method(&parts.method, parts.uri.query()),
        version,
        segments,
        params: params.unwrap_or_default(),
        headers: parts.headers,
        body,
        base_url,
        session,
        faults,
    };
    // Answers are computed, some from a million records: that must not hold up other connections.
    let answer = tokio::task::spawn_blocking(move || dispatch(&call)).await;
    match answer {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => error.into_response(),
        Err(_) => {
            let message =
                "An unexpected error occurred. Please include this ErrorId if you contact support: 0-0 (0)";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message).into_response()
        }
    }
}

fn dispatch(call: &Call) -> Result<Response, ApiError> {
    let names: Vec<String> = call.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let given: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (names.as_slice(), given.as_slice()) {
        ([], _) => resources::list(call),
        (["query"], _) => query::first_page(call, query::Deleted::Excluded),
        (["queryall"], _) => query::first_page(call, query::Deleted::Included),
        (["query" | "queryall", ..], [_, locator]) => query::next_page(call, locator),
        (["limits"], _) => resources::limits(call),
        (["limits", "recordcount"], _) => resources::record_counts(call),
        (["jobs", "query", rest @ ..], [_, _, given @ ..]) => bulk::answer(call, rest, given),
        (["sobjects"], _) => sobjects::describe_global(call),
        (["sobjects", ..], [_, sobject]) => sobjects::info(call, sobject),
        (["sobjects", _, "describe"], [_, sobject, _]) => sobjects::describe(call, sobject),
        (["sobjects", _, "updated"], [_, sobject, _]) => replication::updated(call, sobject),
        (["sobjects", _, "deleted"], [_, sobject, _]) => replication::deleted(call, sobject),
        (["sobjects", ..], [_, sobject, id]) => records::by_id(call, sobject, id),
        (["sobjects", ..], [_, sobject, field, value]) => records::by_key(call, sobject, field, value),
        (
            [name @ ("composite" | "search" | "parameterizedsearch" | "tooling" | "graphql" | "recent"), ..],
            _,
        )
        | (["jobs", name @ "ingest", ..], _) => Err(ApiError::not_simulated(&format!("/{name}"))),
        _ => Err(ApiError::not_found()),
    }
}

/// Returns the token of an Authorization header. `OAuth` is the older word for `Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let is_known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth");
    (is_known && !token.trim().is_empty()).then(|| token.trim())
}

fn sign_in(app: &App, headers: &HeaderMap, now_ms: i64) -> Result<Session, ApiError> {
    if !headers.contains_key(header::AUTHORIZATION) {
        return Err(ApiError::invalid_session());
    }
    let Some(token) = bearer(headers) else {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"));
    };
    let session = app.sessions.touch(token, now_ms).ok_or_else(ApiError::invalid_session)?;
    if !session.may_call_api() {
        let message = "This session is not valid for use with the REST API";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", message));
    }
    Ok(session)
}

fn with_limit_info(app: &App, mut response: Response) -> Response {
    let (used, max) = app.usage.used_and_max(app.now_ms());
    if let Ok(value) = HeaderValue::try_from(format!("api-usage={used}/{max}")) {
        response.headers_mut().insert("Sforce-Limit-Info", value);
    }
    response
}

/// Splits the path after `/services/data`. A slash at the end means nothing.
fn split_path(path: &str) -> Vec<String> {
    let segments = path.split('/').filter(|segment| !segment.is_empty()).skip(2);
    segments.map(percent_decode).collect()
}

fn percent_decode(segment: &str) -> String {
    // The form decoder is used for its percent signs alone: a plus in a path is a plus.
    let pair = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}

/// Lets clients without PATCH send it as POST (REST API Developer Guide, sObject Rows).
fn override_method(method: &Method, query: Option<&str>) -> Method {
    let is_patch = query.is_some_and(|query| query.split('&').any(|pair| pair == "_HttpMethod=PATCH"));
    if *method == Method::POST && is_patch { Method::PATCH } else { method.clone() }
}

#[cfg(test)]
mod tests {
    use super::split_path;

    #[test]
    fn paths_are_split_and_decoded() {
        let segments = split_path("/services/data/v66.0/sobjects/Account/Ext__c/a%2Fb+c%20d/");

        assert_eq!(segments, ["v66.0", "sobjects", "Account", "Ext__c", "a/b+c d"]);
        assert_eq!(split_path("/services/data/"), [""; 0]);
    }
}
