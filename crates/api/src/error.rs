//! What a request is answered with when it does not succeed.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::SharingRefused;
use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;

/// A refusal or a failure, as a problem document (RFC 9457).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{status} {code}")]
pub struct ApiError {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: String,
    hint: Option<String>,
    suggestion: Option<String>,
    retry_after_s: Option<u64>,
}

/// A problem document: what a request that failed is answered with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// One to three sentences.
    pub detail: String,
    /// A stable code; `/docs/errors` explains each.
    pub code: String,
    /// What to do.
    #[schema(required)]
    pub hint: Option<String>,
    /// What was probably meant, where something was mistyped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Names this request in the server's log.
    pub request_id: String,
}

impl ApiError {
    /// A refusal. `detail` is one to three sentences for a person.
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            detail: detail.into(),
            hint: None,
            suggestion: None,
            retry_after_s: None,
        }
    }

    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what was probably meant.
    pub(crate) fn suggestion(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }

    /// Adds when to try again.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// What was asked for does not exist, or is somebody else's.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource.unknown", format!("There is no such {what}."))
    }

    /// What was sent makes no sense.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "request.invalid", detail)
    }

    /// What was sent cannot be read.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request.malformed", detail)
    }

    /// The server failed. The cause is logged here, once, and not shown.
    pub(crate) fn failed(cause: &(dyn std::error::Error + 'static)) -> Self {
        error!(error = %full_text(cause), "a request failed");
        Self::internal()
    }

    /// The server failed; somebody else logged why.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server.failed",
            "The server could not answer. Its log says why, under this request's id.",
        )
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The code.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The document, for a request.
    pub(crate) fn details(&self, request_id: &str) -> ProblemDetails {
        ProblemDetails {
            problem_type: format!("/docs/errors#{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.clone().into_owned(),
            hint: self.hint.clone(),
            suggestion: self.suggestion.clone(),
            request_id: request_id.to_owned(),
        }
    }
}

impl IntoResponse for ApiError {
    /// Answers without a body: the outermost layer writes it, because it knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        match error.retry() {
            _ if matches!(error, store::Error::TooSlow) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "query.slow",
                "This takes too long to look up. Search or sort by less, or filter more.",
            )
            .retry_after(1),
            salesforce::Retry::Now | salesforce::Retry::Later(_) => {
                tracing::warn!(error = %full_text(&error), "the store is busy");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "server.busy",
                    "The server is busy. Try again in a moment.",
                )
                .retry_after(2)
            }
            _ => Self::failed(&error),
        }
    }
}

impl From<engine::Error> for ApiError {
    fn from(error: engine::Error) -> Self {
        use engine::Error as E;
        let status = match error {
            E::Store(source) => return source.into(),
            E::Paused
            | E::Incomplete
            | E::GrantEnded { .. }
            | E::KeptOut(_)
            | E::TokenLost
            | E::NothingToRefresh
            | E::FlowOver
            | E::OrgDuplicate { .. }
            | E::OrgMismatch { .. }
            | E::ApprovalsFull { .. }
            | E::IntegrationsFull { .. }
            | E::ConnectUnset
            | E::Quarantined => StatusCode::CONFLICT,
            E::Host(_)
            | E::AppMissing
            | E::SecretMissing
            | E::KeyMissing
            | E::KeyUnusable(_)
            | E::UsernameMissing
            | E::MyDomainNeeded
            | E::SObjectUnknown(_)
            | E::FieldUnknown { .. }
            | E::NotQueryable(_)
            | E::FilterPath { .. }
            | E::PropertyUnknown(_)
            | E::MappingRepeated(_)
            | E::MappingType { .. }
            | E::MappingTransform { .. }
            | E::OutOfBounds(_) => StatusCode::UNPROCESSABLE_ENTITY,
            E::Changed => StatusCode::PRECONDITION_FAILED,
            E::Sharing(SharingRefused::GroupUnknown) => StatusCode::NOT_FOUND,
            E::Sharing(_) => StatusCode::CONFLICT,
            E::BudgetSpent(_) => StatusCode::TOO_MANY_REQUESTS,
            E::Slow | E::SlowRecord => StatusCode::SERVICE_UNAVAILABLE,
            E::ConnectionGone(_) | E::NoRun(_) | E::SubjectGone(_) | E::RuleGone(_) => {
                return Self::failed(&error);
            }
            _ => StatusCode::BAD_GATEWAY,
        };
        tracing::info!(error = %full_text(&error), "a request was refused");
        let problem = error.problem();
        let refusal = Self::new(status, problem.code, problem.text);
        match error {
            E::Host(host) => refusal.suggestion(host.correction),
            E::Slow => refusal.retry_after(2),
            _ => refusal,
        }
    }
}

/// An error with its causes, in one line.
pub(crate) fn full_text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}
