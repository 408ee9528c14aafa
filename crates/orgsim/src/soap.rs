//! The SOAP API as far as it goes: sessions, records and describes for partners, merge and undelete (SOAP API Developer Guide,
//! Core Calls and Utility Calls), and deployments.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::fault::Fault;
use crate::admission::Refused;
use crate::app::App;
use crate::clock;
use crate::errors::ApiError;
use crate::http::{AtLoginHost, BaseUrl, FaultError, inflate, parse_version};
use crate::org::{Author, DuplicateHeader};
use crate::sessions::Session;
use crate::users::{self, User};
use crate::xml::{self, Element};

mod describes;
mod elements;
mod fault;
mod login;
mod metadata;
mod partner;
mod records;
mod user_info;

/// The largest envelope (SOAP API Developer Guide, API Call Limits).
pub(crate) const MAX_BODY_BYTES: usize = 50 * 1024 * 1024;

const XML: &str = "text/xml;charset=UTF-8";

/// Which of the APIs is called: the letter in the path, and the namespaces that follow from it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Partner,
    Enterprise,
    Metadata,
    Tooling,
    Apex,
}

impl Kind {
    fn parse(letter: &str) -> Option<Self> {
        match letter {
            "u" => Some(Self::Partner),
            "c" => Some(Self::Enterprise),
            "m" => Some(Self::Metadata),
            "T" => Some(Self::Tooling),
            "s" => Some(Self::Apex),
            _ => None,
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Partner => "urn:partner.soap.sforce.com",
            Self::Enterprise => "urn:enterprise.soap.sforce.com",
            Self::Metadata => "http://soap.sforce.com/2006/04/metadata",
            Self::Tooling => "urn:tooling.soap.sforce.com",
            Self::Apex => "http://soap.sforce.com/2006/08/apex",
        }
    }

    /// Returns the namespace of faults, whose prefix is `sf`.
    fn fault_namespace(self) -> &'static str {
        match self {
            Self::Partner => "urn:fault.partner.soap.sforce.com",
            Self::Enterprise => "urn:fault.enterprise.soap.sforce.com",
            Self::Tooling => "urn:fault.tooling.soap.sforce.com",
            other => other.namespace(),
        }
    }

    /// Returns whether sign-in is one of its calls.
    fn has_login(self) -> bool {
        matches!(self, Self::Partner | Self::Enterprise)
    }
}

/// A call, its envelope read.
#[derive(Debug)]
struct Call {
    app: Arc<App>,
    base_url: String,
    is_at_login_host: bool,
    kind: Kind,
    /// The API version times ten.
    version: u16,
    header: Element,
    operation: Element,
}

/// Answers `/services/Soap/u/64.0` and its siblings.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Extension(BaseUrl(base_url)): Extension<BaseUrl>,
    Extension(AtLoginHost(is_at_login_host)): Extension<AtLoginHost>,
    Path(path): Path<String>,
    (method, headers): (Method, HeaderMap),
    body: Body,
) -> Response {
    let mut segments = path.split('/');
    let Some(kind) = segments.next().and_then(Kind::parse) else {
        return ApiError::not_found().into_response();
    };
    if method != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")], "HTTP method not allowed")
            .into_response();
    }
    let Some(version) = segments.next().and_then(parse_version) else {
        return Fault::new("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL").answer(kind);
    };
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        let message = format!("The request is larger than {MAX_BODY_BYTES} bytes");
        return Fault::new("EXCEEDED_MAX_SIZE_REQUEST", message).answer(kind);
    };
    let envelope = inflate(&headers, body, MAX_BODY_BYTES).ok().and_then(|body| read_envelope(&body));
    let Some((header, operation)) = envelope else {
        let message = "The request is not a SOAP envelope with one call in its body";
        return Fault::client(message).answer(kind);
    };
    let call = Call { app, base_url, is_at_login_host, kind, version, header, operation };
    // Answers are computed, some from a million records: that must not hold up other connections.
    let answer = tokio::task::spawn_blocking(move || call.run()).await;
    match answer {
        Ok(answer) => answer.unwrap_or_else(|fault| fault.answer(kind)),
        Err(_) => Fault::new("UNKNOWN_EXCEPTION", "An unexpected error occurred.").answer(kind),
    }
}

/// Returns the session that an envelope names.
pub(crate) fn find_session_id(headers: &HeaderMap, body: Bytes) -> Option<String> {
    let (header, _) = read_envelope(&inflate(headers, body, MAX_BODY_BYTES).ok()?)?;
    Some(header.child("SessionHeader")?.child_text("sessionId").to_owned())
}

/// Answers a call with an error that it has not earned; `path` is such as `u/64.0`.
pub(crate) fn answer_fault(path: &str, error: &FaultError) -> Response {
    let kind = path.split('/').next().and_then(Kind::parse).unwrap_or(Kind::Partner);
    let fault = match (error.code, &error.own_message) {
        ("INVALID_SESSION_ID", None) => Fault::invalid_session(),
        ("API_DISABLED_FOR_ORG", None) => Fault::new(error.code, Refused::ApiDisabled.message()),
        _ => Fault::of_call(error.code.to_owned(), error.message().to_owned()),
    };
    let mut answer = fault.answer(kind);
    if let Some(status) = error.status {
        *answer.status_mut() = status;
    }
    answer
}

/// Takes header and call out of an envelope.
fn read_envelope(body: &[u8]) -> Option<(Element, Element)> {
    let envelope = xml::parse(std::str::from_utf8(body).ok()?)?;
    let header = envelope.child("Header").cloned().unwrap_or_default();
    let operation = envelope.child("Body")?.children.first()?.clone();
    Some((header, operation))
}

impl Call {
    fn run(&self) -> Result<Response, Fault> {
        match self.operation.name.as_str() {
            "login" if self.kind.has_login() => login::login(self).map(|body| self.envelope("", &body)),
            "logout" if self.kind.has_login() => {
                self.sign_in()?;
                self.app.sessions.revoke(self.session_id());
                Ok(self.envelope("", "<logoutResponse/>"))
            }
            "invalidateSessions" if self.kind.has_login() => self.invalidate_sessions(),
            "getUserInfo" if self.kind != Kind::Metadata => {
                let (session, user) = self.sign_in()?;
                let info = user_info::write(&self.app, &user, session.remaining_s(self.app.now_ms()));
                let body = format!("<getUserInfoResponse><result>{info}</result></getUserInfoResponse>");
                Ok(self.envelope(&self.limit_info(), &body))
            }
            "getServerTimestamp" if self.kind.has_login() => {
                self.sign_in()?;
                let now = clock::format_rest(self.app.now_ms()).replace("+0000", "Z");
                let body = format!(
                    "<getServerTimestampResponse><result><timestamp>{now}</timestamp></result></getServerTimestampResponse>"
                );
                Ok(self.envelope(&self.limit_info(), &body))
            }
            name @ ("merge" | "undelete" | "emptyRecycleBin") if self.kind.has_login() => {
                let (_, user) = self.sign_in()?;
                let header = self.duplicate_rule_header().unwrap_or_default();
                let duplicates = DuplicateHeader::parse(&header, self.version);
                let by = Author { duplicates, ..Author::new(user.id, self.app.now_ms()) };
                let body = match name {
                    "merge" => records::merge(self, by)?,
                    "undelete" => records::undelete(self, by)?,
                    _ => records::empty_recycle_bin(self, by)?,
                };
                Ok(self.envelope(&self.limit_info(), &body))
            }
            name => {
                let session = || self.sign_in().map(|(session, _)| session);
                if self.kind == Kind::Partner
                    && let Some(answer) = partner::run(self, session)
                {
                    return answer;
                }
                let user = || self.sign_in().map(|(_, user)| user);
                if self.kind == Kind::Metadata
                    && let Some(answer) = metadata::run(self, user)
                {
                    return answer;
                }
                self.sign_in()?;
                let message = ApiError::not_simulated(&format!("The SOAP call {name}")).message;
                Err(Fault::new("FUNCTIONALITY_NOT_ENABLED", message))
            }
        }
    }

    /// Returns what the call says of duplicates as REST calls say it.
    fn duplicate_rule_header(&self) -> Option<String> {
        let header = self.header.child("DuplicateRuleHeader")?;
        let option = |name: &str| format!("{name}={}", header.child_text(name));
        Some(["allowSave", "includeRecordDetails", "runAsCurrentUser"].map(option).join(", "))
    }

    fn session_id(&self) -> &str {
        self.header.child("SessionHeader").map_or("", |header| header.child_text("sessionId"))
    }

    /// Checks the session and counts the call against the daily limit.
    fn sign_in(&self) -> Result<(Session, User), Fault> {
        let now_ms = self.app.now_ms();
        if self.app.sign_in.policy().org_inactive {
            return Err(Fault::new("ORG_LOCKED", "the organization is locked"));
        }
        let session = self.app.find_session(self.session_id(), now_ms).filter(Session::may_call_api);
        let user = session.and_then(|session| {
            let user = users::find_user(&self.app.org, &session.user_id)?;
            Some((session, user))
        });
        let signed_in = user.ok_or_else(Fault::invalid_session)?;
        self.app.admit(&signed_in.0).map_err(|refused| match refused {
            Refused::ApiDisabled => Fault::new("API_DISABLED_FOR_ORG", refused.message()),
            Refused::Concurrent | Refused::Daily => Fault::new("REQUEST_LIMIT_EXCEEDED", refused.message()),
        })?;
        Ok(signed_in)
    }

    /// Ends up to 200 sessions, each with a result of its own.
    fn invalidate_sessions(&self) -> Result<Response, Fault> {
        self.sign_in()?;
        let ids = self.operation.children.iter().filter(|child| child.name == "sessionIds");
        let results: String = ids
            .map(|id| {
                let is_ended = self.app.sessions.revoke(id.text.trim());
                format!("<result><success>{is_ended}</success></result>")
            })
            .collect();
        let body = format!("<invalidateSessionsResponse>{results}</invalidateSessionsResponse>");
        Ok(self.envelope("", &body))
    }

    fn limit_info(&self) -> String {
        let (used, max) = self.app.usage.used_and_max(self.app.now_ms());
        format!(
            "<soapenv:Header><LimitInfoHeader><limitInfo><current>{used}</current><limit>{max}</limit>\
             <type>API REQUESTS</type></limitInfo></LimitInfoHeader></soapenv:Header>"
        )
    }

    fn envelope(&self, header: &str, body: &str) -> Response {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
             xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"{}\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{header}<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>",
            self.kind.namespace()
        );
        (StatusCode::OK, [(header::CONTENT_TYPE, XML)], text).into_response()
    }
}
