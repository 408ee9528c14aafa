//! The errors of Bulk API 1.0.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::body::xml_document;
use super::form::Form;
use crate::errors::ApiError;
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
