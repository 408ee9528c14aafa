//! The answers that faults stand in for, each in the form that the API called has for errors.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::call::{bearer, split_path, take_format, with_limit_info};
use super::written::Writing;
use crate::app::App;
use crate::errors::{ApiError, json_response};
use crate::faults::{FaultKind, FaultSpec, known};
use crate::{bulk1, soap};

/// An error that a fault is answered with.
#[derive(Debug)]
pub(crate) struct FaultError {
    pub(crate) code: &'static str,
    /// The status that the fault names, if it names one.
    pub(crate) status: Option<StatusCode>,
    /// The status that the REST API has for it.
    pub(crate) usual_status: StatusCode,
    /// The words of the fault itself, if it has any.
    pub(crate) own_message: Option<String>,
    /// Those that the REST API has for it.
    pub(crate) usual_message: &'static str,
}

impl FaultError {
    fn new(fault: &FaultSpec, known: (&'static str, u16, &'static str)) -> Self {
        let (code, usual, usual_message) = known;
        let status = |number: u16| StatusCode::from_u16(number).ok();
        Self {
            code,
            status: fault.status.and_then(status),
            usual_status: status(usual).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
            own_message: fault.body.clone(),
            usual_message,
        }
    }

    /// Returns what to say.
    pub(crate) fn message(&self) -> &str {
        self.own_message.as_deref().unwrap_or(self.usual_message)
    }

    fn rest_answer(&self) -> Response {
        let status = self.status.unwrap_or(self.usual_status);
        ApiError::new(status, self.code, self.message()).into_response()
    }
}

/// Ends the session that a call presents, where a fault says so: in a header, or in the envelope that a SOAP call is.
pub(super) async fn expire_session(app: &App, faults: &[FaultSpec], request: Request) -> Request {
    if faults.iter().all(|fault| fault.kind != FaultKind::ExpireSession) {
        return request;
    }
    let headers = request.headers();
    let own = headers.get("x-sfdc-session").and_then(|token| token.to_str().ok());
    if let Some(token) = own.or(bearer(headers)) {
        app.sessions.revoke(token);
    }
    if soap_path(request.uri().path()).is_none() {
        return request;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, soap::MAX_BODY_BYTES).await.unwrap_or_default();
    if let Some(token) = soap::find_session_id(&parts.headers, body.clone()) {
        app.sessions.revoke(&token);
    }
    Request::from_parts(parts, Body::from(body))
}

/// Answers if a fault stands in for the answer.
pub(super) async fn answer(
    app: &App,
    faults: &[FaultSpec],
    path: &str,
    headers: &HeaderMap,
) -> Option<Response> {
    let fault = faults.iter().find(|fault| stands_in(fault))?;
    let response = match fault.kind {
        FaultKind::Status => status_answer(fault, path, headers),
        FaultKind::Error => error_answer(fault, path, headers),
        FaultKind::Html => return Some(maintenance_page()),
        FaultKind::Empty => {
            return Some(([(header::CONTENT_TYPE, "application/json;charset=UTF-8")], "").into_response());
        }
        FaultKind::Redirect => return Some(redirect(fault)),
        _ => return Some(StatusCode::SERVICE_UNAVAILABLE.into_response()),
    };
    let mut response = as_asked_for(app, path, headers, response).await;
    replace_headers(response.headers_mut(), fault);
    Some(response)
}

fn stands_in(fault: &FaultSpec) -> bool {
    match fault.kind {
        FaultKind::Status | FaultKind::Error | FaultKind::Html | FaultKind::Empty | FaultKind::Redirect => {
            true
        }
        FaultKind::Reset => !fault.after,
        _ => false,
    }
}

/// Gives answers of the REST API the form that the caller asks for, and the header of the limit.
async fn as_asked_for(app: &App, path: &str, headers: &HeaderMap, response: Response) -> Response {
    if !path.starts_with("/services/data") {
        return response;
    }
    let mut segments = split_path(path);
    let writing = Writing::of(headers, take_format(&mut segments));
    with_limit_info(app, None, writing.apply(segments.get(1..).unwrap_or_default(), response).await)
}

fn status_answer(fault: &FaultSpec, path: &str, headers: &HeaderMap) -> Response {
    let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    if let Some(body) = &fault.body {
        let content_type = [(header::CONTENT_TYPE, "application/json;charset=UTF-8")];
        return (status, content_type, body.clone()).into_response();
    }
    let error = FaultError::new(fault, known::find_by_status(status.as_u16()));
    refuse(&FaultError { status: Some(status), ..error }, path, headers)
}

/// Answers an error as a real org words it, unless the fault brings words of its own.
fn error_answer(fault: &FaultSpec, path: &str, headers: &HeaderMap) -> Response {
    let code = fault.code.as_deref().unwrap_or("SERVER_UNAVAILABLE");
    if let Some((error, description)) = known::find_of_tokens(code) {
        let description = fault.body.as_deref().unwrap_or(description);
        let body = json!({ "error": error, "error_description": description });
        let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
        return json_response(status.unwrap_or(StatusCode::BAD_REQUEST), &body);
    }
    let known = known::find(code).unwrap_or(known::find_by_status(503));
    refuse(&FaultError::new(fault, known), path, headers)
}

fn refuse(error: &FaultError, path: &str, headers: &HeaderMap) -> Response {
    match soap_path(path) {
        Some(rest) => soap::answer_fault(rest, error),
        None if path.starts_with("/services/async/") => bulk1::answer_fault(headers, error),
        None => error.rest_answer(),
    }
}

/// Returns what follows the name of the SOAP API in a path.
fn soap_path(path: &str) -> Option<&str> {
    ["/services/Soap/", "/services/soap/"].iter().find_map(|start| path.strip_prefix(start))
}

fn redirect(fault: &FaultSpec) -> Response {
    let location = fault.location.clone().unwrap_or_else(|| "https://moved.example/".to_owned());
    let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
    (status.unwrap_or(StatusCode::FOUND), [(header::LOCATION, location)]).into_response()
}

fn maintenance_page() -> Response {
    let page = "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head>\
                <body><h1>Down for maintenance</h1><p>This org is being maintained. Try again later.</p></body></html>\n";
    ([(header::CONTENT_TYPE, "text/html;charset=UTF-8")], page).into_response()
}

/// Gives an answer the headers of a fault in the place of its own.
pub(super) fn replace_headers(headers: &mut HeaderMap, fault: &FaultSpec) {
    for (name, value) in &fault.headers {
        let Ok(name) = HeaderName::try_from(name) else { continue };
        headers.remove(&name);
        if let Some(value) = value.as_ref().and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
}
