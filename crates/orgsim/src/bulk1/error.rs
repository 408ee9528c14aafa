//! The errors of Bulk API 1.0.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::body::xml_document;
use super::form::Form;
use crate::admission::Refused;
use crate::errors::ApiError;
use crate::http::FaultError;
use crate::xml::escape;

/// An error as Bulk API 1.0 reports it, always with status 400 (Bulk API Developer Guide, Errors).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AsyncError {
    code: &'static str,
    message: String,
}

impl AsyncError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Words an error of the REST API (Bulk API Developer Guide, Errors). The codes are fewer, and what has none is unknown.
    pub(super) fn of_fault(error: &FaultError) -> Self {
        let code = match error.code {
            "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" => "InvalidSessionId",
            "REQUEST_LIMIT_EXCEEDED" | "EXCEEDED_QUOTA" | "LIMIT_EXCEEDED" | "TOO_MANY_JOBS" => {
                "ExceededQuota"
            }
            "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" | "FUNCTIONALITY_NOT_ENABLED" => {
                "FeatureNotEnabled"
            }
            "NOT_FOUND" | "METHOD_NOT_ALLOWED" => "InvalidUrl",
            "UNSUPPORTED_API_VERSION" => "InvalidVersion",
            "QUERY_TIMEOUT" | "REQUEST_RUNNING_TOO_LONG" => "Timeout",
            "UNABLE_TO_LOCK_ROW" => "TooManyLockFailure",
            "INVALID_TYPE" => "InvalidEntity",
            _ => return Self::new("Unknown", format!("{}: {}", error.code, error.message())),
        };
        match (error.code, &error.own_message) {
            ("INVALID_SESSION_ID", None) => Self::new(code, "Invalid session id"),
            ("API_DISABLED_FOR_ORG", None) => Self::new(code, Refused::ApiDisabled.message()),
            _ => Self::new(code, error.message()),
        }
    }

    /// Answers in the client's form.
    pub(super) fn respond(&self, form: Form) -> Response {
        let body = match form {
            Form::Json => json!({ "exceptionCode": self.code, "exceptionMessage": self.message }).to_string(),
            Form::Xml => {
                let (code, message) = (self.code, escape(&self.message));
                let inner = format!(
                    " <exceptionCode>{code}</exceptionCode>\n <exceptionMessage>{message}</exceptionMessage>\n"
                );
                xml_document("error", &inner)
            }
        };
        form.respond(StatusCode::BAD_REQUEST, body)
    }
}

/// What Bulk API 2.0 refuses, the older one refuses in its own words.
impl From<ApiError> for AsyncError {
    fn from(error: ApiError) -> Self {
        let code = match error.code {
            "INVALIDENTITY" => "InvalidEntity",
            "EXCEEDEDQUOTA" => "ExceededQuota",
            "FEATURENOTENABLED" => "FeatureNotEnabled",
            _ => "InvalidJob",
        };
        Self { code, message: error.message }
    }
}
