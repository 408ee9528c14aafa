//! Describes of sObjects.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;

use super::{Call, recent, records};
use crate::clock;
use crate::describe::{add_record_types, describe_global_json, describe_json, sobject_info_json};
use crate::errors::{ApiError, json_response};
use crate::etag;
use crate::rights::{narrow_abilities, narrow_describe, narrow_global};
use crate::schema::{Api, Schema};

/// Answers `GET /sobjects/`.
pub(super) fn describe_global(call: &Call) -> Result<Response, ApiError> {
    call.only_reads()?;
    let changed_at = changed_at(call);
    if let Some(unchanged) = unchanged(call, changed_at) {
        return Ok(unchanged);
    }
    let mut body = describe_global_json(call.app.org.schema(), call.describe_context());
    narrow_global(&mut body, call.app.org.schema(), &call.rights());
    if call.api == Api::Data {
        add_platform_events(call, &mut body);
    }
    Ok(tagged(call, &body, changed_at))
}

/// Adds the platform events, which stand among the sObjects by name (Platform Events Developer Guide, Standard and Custom
/// Platform Event Objects).
fn add_platform_events(call: &Call, body: &mut Json) {
    let mut events = describe_global_json(Schema::platform_events(), call.describe_context());
    let (Some(sobjects), Some(events)) = (body["sobjects"].as_array_mut(), events["sobjects"].as_array_mut())
    else {
        return;
    };
    sobjects.append(events);
    sobjects.sort_by(|one, other| one["name"].as_str().cmp(&other["name"].as_str()));
}

/// Answers `GET /sobjects/{sObject}/`; creating records comes here too.
pub(super) fn info(call: &Call, sobject: &str) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    if call.method == Method::POST {
        return records::create(call, sobject);
    }
    if call.method != Method::GET && call.method != Method::HEAD {
        return Err(ApiError::method_not_allowed(call.method.as_str(), "HEAD,POST,GET"));
    }
    let mut body = sobject_info_json(sobject, recent::items_of(call, sobject)?, call.describe_context());
    narrow_abilities(&mut body["objectDescribe"], sobject, &call.rights());
    Ok(json_response(StatusCode::OK, &body))
}

/// Answers `GET /sobjects/{sObject}/describe`.
pub(super) fn describe(call: &Call, sobject: &str) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    call.only_reads()?;
    let changed_at = changed_at(call);
    if let Some(unchanged) = unchanged(call, changed_at) {
        return Ok(unchanged);
    }
    let mut body = describe_json(sobject, call.describe_context());
    add_record_types(&mut body, &call.app.org.read(), sobject, call.describe_context());
    narrow_describe(&mut body, call.app.org.schema(), sobject, &call.rights());
    Ok(tagged(call, &body, changed_at))
}

/// Answers 304 if metadata is as old as the client says it knows it (REST API Developer Guide, Conditional Requests).
fn unchanged(call: &Call, changed_at: i64) -> Option<Response> {
    let since = clock::parse_http(call.header("if-modified-since")?)?;
    (changed_at <= since).then(|| dated(changed_at, StatusCode::NOT_MODIFIED.into_response()))
}

/// Answers a describe with its mark, or 304 if the client knows it by that.
fn tagged(call: &Call, body: &Json, changed_at: i64) -> Response {
    let etag = etag::of(body.to_string().as_bytes());
    let mut response = match call.header("if-none-match") {
        Some(known) if etag::is_named(known, &etag) => StatusCode::NOT_MODIFIED.into_response(),
        _ => json_response(StatusCode::OK, body),
    };
    if let Ok(etag) = HeaderValue::try_from(etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    dated(changed_at, response)
}

/// Returns when what describes tell the caller last changed. Ask before anything is read: what changes meanwhile counts as
/// changed later.
fn changed_at(call: &Call) -> i64 {
    call.app.describe_age.changed_at(&call.app.org, call.session.user_id, call.app.now_ms())
}

/// Says how old a describe is.
fn dated(changed_at: i64, mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::try_from(clock::format_http(changed_at)) {
        response.headers_mut().insert(header::LAST_MODIFIED, value);
    }
    response
}
