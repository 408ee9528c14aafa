//! The small resources: the map of resources, limits and record counts.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value as Json, json};

use super::Call;
use crate::errors::{ApiError, json_response};
use crate::event_logs::EventLogs;
use crate::schema::{Api, SObject};

/// What a version lists, beside the caller's identity.
const RESOURCES: [&str; 20] = [
    "actions",
    "appMenu",
    "chatter",
    "compactLayouts",
    "composite",
    "connect",
    "jobs",
    "limits",
    "parameterizedSearch",
    "process",
    "query",
    "queryAll",
    "quickActions",
    "recent",
    "search",
    "sobjects",
    "tabs",
    "theme",
    "tooling",
    "ui-api",
];

/// Answers `GET /vNN.0/`: the resources the org has (REST API Developer Guide, Resources by Version).
pub(super) fn list(call: &Call) -> Result<Response, ApiError> {
    call.only_reads()?;
    let path = call.version_path();
    let identity = call.app.identity_url(&call.base_url, &call.session.user_id);
    let mut resources: Map<String, Json> =
        RESOURCES.iter().map(|name| ((*name).to_owned(), json!(format!("{path}/{name}")))).collect();
    resources.insert("identity".to_owned(), json!(identity));
    Ok(json_response(StatusCode::OK, &resources))
}

/// Answers `GET /vNN.0/limits/` to who has View Setup and Configuration (REST API Developer Guide, Limits).
pub(super) fn limits(call: &Call) -> Result<Response, ApiError> {
    call.only_reads()?;
    if !call.rights().has("ViewSetup") {
        let message = "You do not have the level of access necessary to perform the operation you requested.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", message));
    }
    Ok(json_response(StatusCode::OK, &call.app.limits()))
}

/// Computed records have no number.
fn is_counted(sobject: &SObject) -> bool {
    sobject.abilities.queryable && !sobject.is_virtual && Api::Data.knows(sobject)
}

/// Answers `GET /vNN.0/limits/recordCount` (REST API Developer Guide, Record Count). Unknown names are left out.
pub(super) fn record_counts(call: &Call) -> Result<Response, ApiError> {
    call.only_reads()?;
    let schema = call.app.org.schema();
    let wanted = call.param("sObjects").unwrap_or_default();
    let names: Vec<&str> = wanted.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let is_wanted =
        |name: &str| names.is_empty() || names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    let rights = call.rights();
    let queryable = schema
        .offered()
        .filter(|sobject| is_counted(sobject) && is_wanted(&sobject.name) && rights.may_read(sobject));
    let queryable: Vec<&SObject> = queryable.collect();
    if queryable.iter().any(|sobject| EventLogs::are_of(sobject)) {
        call.app.event_logs.bring_up(&call.app);
    }
    let view = call.app.org.read();
    let count = |sobject: &SObject| json!({ "count": view.live_count(sobject), "name": sobject.name });
    let counts: Vec<Json> = queryable.into_iter().map(count).collect();
    Ok(json_response(StatusCode::OK, &json!({ "sObjects": counts })))
}
