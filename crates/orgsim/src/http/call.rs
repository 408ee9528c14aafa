//! One call of the data API: version, sign-in, limit, then the resource.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::dispatch::dispatch;
use super::front::{self, BaseUrl};
use super::written::Writing;
use super::{passwords, request_body, versions};
use crate::admission::Refused;
use crate::app::App;
use crate::describe::DescribeContext;
use crate::errors::ApiError;
use crate::event_logs::{EventLogs, NotedCall};
use crate::faults::known::API_DISABLED;
use crate::faults::{FaultKind, FaultSpec};
use crate::json::Node;
use crate::org::{Author, DuplicateHeader, OrgView, Row};
use crate::rights::{Deed, Rights, Visibility};
use crate::schema::{Api, SObject};
use crate::sessions::Session;
use crate::stream::Origin;
use crate::users;

/// Says what is to be done about duplicates (REST API Developer Guide, Duplicate Rule Header).
const DUPLICATE_RULES: &str = "sforce-duplicate-rule-header";

/// The faults that befall a call.
#[derive(Clone, Debug)]
pub(crate) struct Played(pub(crate) Vec<FaultSpec>);

/// A call of a signed-in client.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) method: Method,
    /// The API version times ten.
    pub(crate) version: u16,
    /// Which of the APIs is asked.
    pub(crate) api: Api,
    /// The path after the version, decoded, without empty segments.
    pub(crate) segments: Vec<String>,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) base_url: String,
    pub(crate) session: Session,
    pub(crate) faults: Vec<FaultSpec>,
    /// Whether it is a part of a call that has to succeed as a whole.
    pub(crate) is_all_or_none: bool,
}

impl Call {
    /// Makes a call of a request whose body has been read. It names no resource as yet.
    pub(crate) fn of_request(
        app: Arc<App>,
        session: Session,
        version: u16,
        parts: Parts,
        body: Bytes,
    ) -> Self {
        let base_url = parts.extensions.get::<BaseUrl>().map(|url| url.0.clone());
        let faults = parts.extensions.get::<Played>().map(|played| played.0.clone());
        Self {
            method: parts.method,
            version,
            api: Api::Data,
            segments: Vec::new(),
            params: Vec::new(),
            headers: parts.headers,
            body,
            base_url: base_url.unwrap_or_else(|| app.default_base_url.clone()),
            session,
            faults: faults.unwrap_or_default(),
            is_all_or_none: false,
            app,
        }
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns one of the options that a header names, such as `batchSize` of `Sforce-Query-Options: batchSize=500`.
    pub(crate) fn option(&self, header: &str, option: &str) -> Option<&str> {
        front::option(&self.headers, header, option)
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

    /// Returns the path that URLs of sObjects and pages begin with.
    pub(crate) fn resource_path(&self) -> String {
        format!("{}{}", self.version_path(), self.api.path())
    }

    pub(crate) fn describe_context(&self) -> DescribeContext<'_> {
        DescribeContext { api_version: self.version, instance_url: &self.base_url, api: self.api }
    }

    /// Finds the sObject that a path names.
    pub(crate) fn sobject(&self, name: &str) -> Result<&'static SObject, ApiError> {
        self.find_sobject(name).ok_or_else(ApiError::not_found)
    }

    /// Finds an sObject that is there for the caller's user.
    pub(crate) fn find_sobject(&self, name: &str) -> Option<&'static SObject> {
        let known = self.app.org.schema().find(name).filter(|sobject| self.api.knows(sobject));
        let found = known.filter(|sobject| self.rights().may_read(sobject))?;
        if EventLogs::are_of(found) {
            self.app.event_logs.bring_up(&self.app);
        }
        Some(found)
    }

    /// Returns what the caller's user may do.
    pub(crate) fn rights(&self) -> Arc<Rights> {
        self.app.org.rights(self.session.user_id, self.app.now_ms())
    }

    /// Returns the org as the caller's user sees it.
    pub(crate) fn read(&self) -> OrgView<'_> {
        self.app.org.read_for(&self.rights())
    }

    /// Returns whether the caller's user reaches a record.
    pub(crate) fn sees(&self, view: &OrgView<'_>, sobject: &SObject, row: &Row) -> bool {
        Visibility::new(self.rights()).allows(view, sobject, row, Deed::Read)
    }

    /// Returns who writes, and when.
    pub(crate) fn author(&self) -> Author {
        let header = self.header(DUPLICATE_RULES).unwrap_or_default();
        let duplicates = DuplicateHeader::parse(header, self.version);
        Author { duplicates, ..Author::new(self.session.user_id, self.app.now_ms()) }
    }

    /// Tells where the writes of the call come from: the API, and the client if it names itself
    /// (REST API Developer Guide, Call Options Header).
    pub(crate) fn origin(&self, api: &str) -> Origin {
        let client = front::option(&self.headers, "sforce-call-options", "client");
        Origin::of_api(api, self.version, client, self.session.user_id)
    }

    /// Returns the same call with other parameters.
    pub(crate) fn with_params(&self, params: &[(&str, &str)]) -> Self {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { params, ..self.clone() }
    }

    /// Returns a part of this call as a call of its own. Its URL may leave out what stands before the version.
    pub(super) fn part(
        &self,
        method: &str,
        url: &str,
        body: Option<&Node>,
        headers: &[(String, Node)],
    ) -> Result<Self, ApiError> {
        let url = url.strip_prefix(&self.base_url).unwrap_or(url);
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        let path = path.trim_start_matches('/');
        let path = path.strip_prefix("services/data/").unwrap_or(path);
        let mut segments = split_segments(path);
        if segments.is_empty() {
            return Err(ApiError::not_found());
        }
        let version = versions::parse(&segments.remove(0))?;
        take_format(&mut segments);
        let method = method.to_ascii_uppercase().parse().map_err(|_| ApiError::not_found())?;
        let mut part_headers = HeaderMap::new();
        for (name, value) in headers {
            let (Ok(name), Some(Ok(value))) =
                (HeaderName::try_from(name.as_str()), value.as_str().map(HeaderValue::try_from))
            else {
                continue;
            };
            part_headers.insert(name, value);
        }
        part_headers.remove(header::CONTENT_TYPE);
        // What the whole call says of duplicates holds for parts that say nothing.
        if let Some(value) = self.headers.get(DUPLICATE_RULES) {
            part_headers.entry(DUPLICATE_RULES).or_insert_with(|| value.clone());
        }
        let params = read_params(query, &part_headers, &[]);
        Ok(Self {
            method: override_method(method, &params),
            version,
            api: take_api(&mut segments),
            segments,
            params,
            headers: part_headers,
            body: body.map(|body| body.to_bytes().into()).unwrap_or_default(),
            faults: Vec::new(),
            ..self.clone()
        })
    }

    /// Reads a body of JSON.
    pub(crate) fn json(&self) -> Result<Node, ApiError> {
        let content_type = self.header("content-type").unwrap_or("application/json");
        if !content_type.to_ascii_lowercase().contains("json") {
            return Err(ApiError::unsupported_media_type(content_type));
        }
        Node::parse(&self.body).map_err(|message| ApiError::bad_request("JSON_PARSER_ERROR", message))
    }

    /// Refuses all methods but reading ones.
    pub(crate) fn only_reads(&self) -> Result<(), ApiError> {
        if self.method == Method::GET || self.method == Method::HEAD {
            return Ok(());
        }
        Err(ApiError::method_not_allowed(self.method.as_str(), "HEAD,GET"))
    }
}

/// Answers a call of the data API.
pub(crate) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let segments = split_path(request.uri().path());
    let writing = Writing::of(request.headers(), None);
    let Some((version, rest)) = segments.split_first() else {
        let names = ["services", "data"].map(str::to_owned);
        return writing.apply(&names, versions::list(request.method())).await;
    };
    match let_in(&app, version, rest, request.headers()) {
        Ok((version, session)) => {
            let client_id = session.client_id.clone();
            let answer = answer_signed_in(Arc::clone(&app), session, version, rest.to_vec(), request);
            with_limit_info(&app, Some(&client_id), answer.await)
        }
        Err(error) => with_limit_info(&app, None, writing.apply(rest, error.into_response()).await),
    }
}

/// Checks version, sign-in and limits, in this order.
fn let_in(
    app: &App,
    version: &str,
    segments: &[String],
    headers: &HeaderMap,
) -> Result<(u16, Session), ApiError> {
    let version = versions::parse(version)?;
    let session = sign_in(app, headers)?;
    if !passwords::are_asked_for(segments) {
        refuse_expired_password(app, &session)?;
    }
    app.admit(&session).map_err(|refused| match refused {
        Refused::ApiDisabled => ApiError::new(StatusCode::FORBIDDEN, "API_DISABLED_FOR_ORG", API_DISABLED),
        Refused::Concurrent | Refused::Daily => {
            ApiError::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", refused.message())
        }
    })?;
    Ok((version, session))
}

async fn answer_signed_in(
    app: Arc<App>,
    session: Session,
    version: u16,
    mut segments: Vec<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = match request_body::read(&segments, &parts.headers, body).await {
        Ok(body) => body,
        Err(unread) => return unread.to_error().into_response(),
    };
    let writing = Writing::of(&parts.headers, take_format(&mut segments));
    let params = read_params(parts.uri.query(), &parts.headers, &body);
    let names = segments.clone();
    let call = Call {
        method: override_method(parts.method.clone(), &params),
        api: take_api(&mut segments),
        segments,
        params,
        ..Call::of_request(app, session, version, parts, body)
    };
    let noted = note(&call);
    // Answers are computed, some from a million records: that must not hold up other connections.
    let app = Arc::clone(&call.app);
    let answer = tokio::task::spawn_blocking(move || {
        if brings_event_logs_into_transaction(&call) {
            call.app.event_logs.bring_up(&call.app);
        }
        call.origin("rest").run(|| dispatch(&call))
    });
    let response = match answer.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => error.into_response(),
        Err(_) => {
            let message =
                "An unexpected error occurred. Please include this ErrorId if you contact support: 0-0 (0)";
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message).into_response()
        }
    };
    app.event_logs.note_call(NotedCall { status: response.status().as_u16(), ..noted });
    writing.apply(&names, response).await
}

/// Writes down what the event logs tell of a call, but for how it ends.
fn note(call: &Call) -> NotedCall {
    NotedCall {
        at_ms: call.app.now_ms(),
        user_id: call.session.user_id,
        method: call.method.to_string(),
        path: format!("{}/{}", call.version_path(), call.segments.join("/")),
        version: versions::to_text(call.version),
        status: 0,
        agent: call.header("user-agent").unwrap_or_default().to_owned(),
        request_id: call.header("x-sfdc-request-id").filter(|id| is_request_id(id)).map(str::to_owned),
    }
}

/// Returns whether a text may be the id of a request (REST API Developer Guide, Headers, Request ID).
fn is_request_id(text: &str) -> bool {
    matches!(text.len(), 22 | 32) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns whether a call of several parts may look at event logs. They are made when somebody does, but not in the middle
/// of a transaction, which the parts may run in.
fn brings_event_logs_into_transaction(call: &Call) -> bool {
    let names_them = |text: &str| text.to_ascii_lowercase().contains("eventlogfile");
    let is_composite = call.segments.first().is_some_and(|name| name.eq_ignore_ascii_case("composite"));
    is_composite && std::str::from_utf8(&call.body).is_ok_and(names_them)
}

/// Returns the token of an Authorization header. `OAuth` is the older word for `Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let is_known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth");
    (is_known && !token.trim().is_empty()).then(|| token.trim())
}

fn sign_in(app: &App, headers: &HeaderMap) -> Result<Session, ApiError> {
    if !headers.contains_key(header::AUTHORIZATION) {
        return Err(ApiError::invalid_session());
    }
    let Some(token) = bearer(headers) else {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"));
    };
    let policy = app.sign_in.policy();
    if policy.org_inactive {
        return Err(ApiError::new(StatusCode::FORBIDDEN, "ORG_LOCKED", "the organization is locked"));
    }
    let session = app.find_session(token, app.now_ms()).ok_or_else(ApiError::invalid_session)?;
    if !session.may_call_api() {
        let message = "This session is not valid for use with the REST API";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", message));
    }
    Ok(session)
}

/// Who has an expired password can do nothing but change it.
fn refuse_expired_password(app: &App, session: &Session) -> Result<(), ApiError> {
    let policy = app.sign_in.policy();
    let has_expired = |user| policy.has_expired_password(&user);
    if policy.has_expired_passwords() && users::find_user(&app.org, &session.user_id).is_some_and(has_expired)
    {
        let message = "The users password has expired, you must call SetPassword before attempting any other API operations";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", message));
    }
    Ok(())
}

/// Tells how much of the daily limit is used, and of the quota of the caller's app if it has one (REST API Developer Guide,
/// Limit Info Header).
pub(super) fn with_limit_info(app: &App, client_id: Option<&str>, mut response: Response) -> Response {
    let now_ms = app.now_ms();
    let (used, max) = app.usage.used_and_max(now_ms);
    let mut told = format!("api-usage={used}/{max}");
    let client = client_id.and_then(|id| app.find_client(id));
    if let Some(client) = client
        && let Some((used, max)) = app.app_quota.used_and_max(&client.client_id, now_ms)
    {
        told.push_str(&format!("; per-app-api-usage={used}/{max}(appName={})", client.name));
    }
    if let Ok(value) = HeaderValue::try_from(told) {
        response.headers_mut().insert("Sforce-Limit-Info", value);
    }
    response
}

/// Splits the path after `/services/data`. A slash at the end means nothing.
pub(super) fn split_path(path: &str) -> Vec<String> {
    split_segments(path).split_off(2)
}

fn split_segments(path: &str) -> Vec<String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(percent_decode).collect()
}

fn percent_decode(segment: &str) -> String {
    // The form decoder is used for its percent signs alone: a plus in a path is a plus.
    let pair = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}

/// Takes the form of the answer off the last segment, where it may stand instead of an `Accept` header.
pub(super) fn take_format(segments: &mut [String]) -> Option<&'static str> {
    // A value of an external id is the caller's own, dots and all.
    if matches!(segments, [resource, _, _, _] if resource.eq_ignore_ascii_case("sobjects")) {
        return None;
    }
    let last = segments.last_mut()?;
    let (name, suffix) = last.rsplit_once('.')?;
    let format = ["json", "xml"].into_iter().find(|format| suffix.eq_ignore_ascii_case(format))?;
    *last = name.to_owned();
    Some(format)
}

/// Takes off the first segment where it names the Tooling API: what follows is as in the data API.
fn take_api(segments: &mut Vec<String>) -> Api {
    if segments.first().is_some_and(|first| first.eq_ignore_ascii_case("tooling")) {
        segments.remove(0);
        return Api::Tooling;
    }
    Api::Data
}

/// Reads the parameters of the URL, then those of a form.
fn read_params(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Vec<(String, String)> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    let query = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let form = form_urlencoded::parse(if is_form { body } else { &[] });
    query.into_owned().chain(form.into_owned()).collect()
}

/// Lets clients that can only send POST name another method (REST API Developer Guide, sObject Rows).
fn override_method(method: Method, params: &[(String, String)]) -> Method {
    let named = params.iter().find(|(name, _)| name == "_HttpMethod").map(|(_, value)| value);
    let other = named.filter(|_| method == Method::POST).and_then(|name| name.to_uppercase().parse().ok());
    other.unwrap_or(method)
}

#[cfg(test)]
mod tests {
    use super::{split_path, take_format};

    #[test]
    fn paths_are_split_and_decoded() {
        let segments = split_path("/services/data/v66.0/sobjects/Account/Ext__c/a%2Fb+c%20d/");

        assert_eq!(segments, ["v66.0", "sobjects", "Account", "Ext__c", "a/b+c d"]);
        assert_eq!(split_path("/services/data/"), [""; 0]);
    }

    #[test]
    fn a_format_is_taken_off_resources_but_not_off_values() {
        let cases = [
            ("v66.0/limits.json", "limits", Some("json")),
            ("v66.0/sobjects/Account/describe.XML", "describe", Some("xml")),
            ("v66.0/sobjects/Account/Ext__c/a.json", "a.json", None),
            ("v66.0/query/0r8-2000", "0r8-2000", None),
        ];
        for (path, last, format) in cases {
            let mut segments = split_path(&format!("/services/data/{path}")).split_off(1);

            assert_eq!(take_format(&mut segments), format, "{path}");
            assert_eq!(segments.last().unwrap(), last);
        }
    }
}
