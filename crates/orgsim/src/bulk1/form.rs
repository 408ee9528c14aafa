//! In which form an answer goes out.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::job::{ContentType, Job};
use crate::http::Call;

/// The form of what is told about jobs and batches. Clients compare the content types letter by letter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Xml,
    Json,
}

impl Form {
    /// The form that a request is in or asks for; XML if it does not say.
    pub(super) fn of_request(headers: &HeaderMap) -> Self {
        Self::named(headers).unwrap_or(Self::Xml)
    }

    fn named(headers: &HeaderMap) -> Option<Self> {
        [header::CONTENT_TYPE, header::ACCEPT].iter().find_map(|name| {
            let value = headers.get(name)?.to_str().ok()?.to_ascii_lowercase();
            if value.contains("json") {
                return Some(Self::Json);
            }
            value.contains("xml").then_some(Self::Xml)
        })
    }

    /// The form of what is told about a job: the client's, else the job's own.
    pub(super) fn of_job(call: &Call, job: &Job) -> Self {
        Self::named(&call.headers).unwrap_or_else(|| Self::of_batches(job))
    }

    /// The form of what is told about batches: JSON in jobs of JSON, XML in all others.
    pub(super) fn of_batches(job: &Job) -> Self {
        if job.content_type() == ContentType::Json { Self::Json } else { Self::Xml }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Xml => ContentType::Xml.mime(),
            Self::Json => ContentType::Json.mime(),
        }
    }

    pub(super) fn respond(self, status: StatusCode, body: String) -> Response {
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static(self.content_type()));
        (status, [content_type], body).into_response()
    }
}
