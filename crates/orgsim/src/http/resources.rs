//! The small resources: the map of resources, limits and record counts.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::Call;
use crate::errors::{ApiError, json_response};

/// Answers `GET /vNN.0/`: the resources the org has (REST API Developer Guide, Resources by Version).
pub(super) fn list(call: &Call) -> Result<Response, ApiError> {
    call.only_reads()?;
    let path = call.version_path();
    let identity = call.app.identity_url(&call.base_url, &call.session.user_id);
    let resources = json!({
        "sobjects": format!("{path}/sobjects"),
        "query": format!("{path}/query"),
        "queryAll": format!("{path}/queryAll"),
        "limits": format!("{path}/limits"),
        "jobs": format!("{path}/jobs"),
        "composite": format!("{path}/composite"),
        "identity": identity,
    });
    Ok(json_response(StatusCode::OK, &resources))
}

/// Answers `GET /vNN.0/limits/` (REST API Developer Guide, Limits).
pub(super) fn limits(call: &Call) -> Result<Response, ApiError> {
    call.only_reads()?;
    Ok(json_response(StatusCode::OK, &call.app.limits()))
}

/// Answers `GET /vNN.0/limits/recordCount` (REST API Developer Guide, Record Count). Unknown names are left out.
pub(super) fn record_counts(call: &Call) -> Result<Response, ApiError> {
    call.only_reads()?;
    let view = call.app.org.read();
    let schema = call.app.org.schema();
    let wanted = call.param("sObjects").unwrap_or_default();
    let names: Vec<&str> = wanted.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let is_wanted =
        |name: &str| names.is_empty() || names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    let queryable =
        schema.offered().filter(|sobject| sobject.abilities.queryable && is_wanted(&sobject.name));
    let counts: Vec<Json> = queryable
        .map(|sobject| {
            let count = view.rows(sobject).filter(|row| !view.is_deleted(row)).count();
            json!({ "count": count, "name": sobject.name })
        })
        .collect();
    Ok(json_response(StatusCode::OK, &json!({ "sObjects": counts })))
}
