//! Salesforce's error answers.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::org::{DuplicateResult, SaveError};

/// An error as the REST API reports it: an array of entries, mostly one (REST API Developer Guide, Status Codes and Error Responses).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// The fields it is about, which only errors of saving tell.
    fields: Option<Vec<String>>,
    /// What a duplicate rule found.
    duplicates: Option<Box<DuplicateResult>>,
    /// The entries after the first.
    others: Vec<SaveError>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: None, duplicates: None, others: Vec::new() }
    }

    /// Makes the answer to a record that was not saved.
    pub(crate) fn of_save(status: StatusCode, errors: Vec<SaveError>) -> Self {
        let mut errors = errors.into_iter();
        match errors.next() {
            Some(SaveError { code, message, fields, duplicates }) => {
                Self { status, code, message, fields, duplicates, others: errors.collect() }
            }
            None => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", "no reason is known"),
        }
    }

    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The answer to a path that names nothing.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(crate) fn method_not_allowed(method: &str, allowed: &str) -> Self {
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
    }

    /// The answer to what a real org has and the simulator does not.
    pub(crate) fn not_simulated(what: &str) -> Self {
        let message = format!(
            "{what} is not enabled for this organization: orgsim, the simulated org, does not do this."
        );
        Self::new(StatusCode::FORBIDDEN, "FUNCTIONALITY_NOT_ENABLED", message)
    }

    pub(crate) fn unsupported_media_type(content_type: &str) -> Self {
        let message =
            format!("Content-Type header specified in HTTP request is not supported: {content_type}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    }

    pub(crate) fn invalid_session() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    /// The answer to the name of an sObject that is not there.
    pub(crate) fn unknown_sobject(name: &str) -> Self {
        Self::bad_request("INVALID_TYPE", format!("sObject type '{name}' is not supported."))
    }

    pub(crate) fn invalid_locator() -> Self {
        Self::bad_request("INVALID_QUERY_LOCATOR", "invalid query locator")
    }
}

/// An error on the wire, its members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_result: Option<&'a DuplicateResult>,
    message: &'a str,
    error_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<&'a [String]>,
}

impl ApiError {
    /// Returns the entries of the answer's body.
    pub(crate) fn body(&self) -> Vec<impl Serialize> {
        let first = ErrorBody {
            duplicate_result: self.duplicates.as_deref(),
            message: &self.message,
            error_code: self.code,
            fields: self.fields.as_deref(),
        };
        let others = self.others.iter().map(|error| ErrorBody {
            duplicate_result: error.duplicates.as_deref(),
            message: &error.message,
            error_code: error.code,
            fields: error.fields.as_deref(),
        });
        [first].into_iter().chain(others).collect()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = self.body();
        let mut response = json_response(self.status, &body);
        if self.status == StatusCode::METHOD_NOT_ALLOWED
            && let Some((_, allowed)) = self.message.split_once("Allowed are ")
            && let Ok(allowed) = HeaderValue::try_from(allowed)
        {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Token"));
        }
        response
    }
}

/// Answers JSON in the words of Salesforce's own content type.
pub(crate) fn json_response(status: StatusCode, body: &impl Serialize) -> Response {
    json_bytes(status, serde_json::to_vec(body).expect("our own bodies have text keys"))
}

/// Answers JSON text that is already written.
pub(crate) fn json_bytes(status: StatusCode, body: Vec<u8>) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    (status, [content_type], body).into_response()
}
