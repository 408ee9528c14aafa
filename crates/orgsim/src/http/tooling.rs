//! The Tooling API: resources of the same shape over what the org is made of (Tooling API, REST Resources).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::Call;
use crate::errors::{ApiError, json_response};

/// Resources of real orgs that need Apex or metadata, which this one has not.
const NOT_SIMULATED: [&str; 7] = [
    "apexmanifest",
    "completions",
    "executeanonymous",
    "metadataaliasrepository",
    "runtestsasynchronous",
    "runtestssynchronous",
    "search",
];

/// Answers `GET /tooling/`: the resources.
pub(super) fn list(call: &Call) -> Result<Response, ApiError> {
    call.only_reads()?;
    let path = call.resource_path();
    let resources = json!({
        "sobjects": format!("{path}/sobjects"),
        "query": format!("{path}/query"),
        "queryAll": format!("{path}/queryAll"),
    });
    Ok(json_response(StatusCode::OK, &resources))
}

/// Returns whether a resource is one that the data API answers alike.
pub(super) fn has(names: &[&str]) -> bool {
    matches!(
        names,
        [] | ["query" | "queryall" | "sobjects" | "describe", ..]
            | ["composite"]
            | ["composite", "batch"]
            | ["composite", "sobjects", ..]
    )
}

/// Refuses every other resource.
pub(super) fn refuse(names: &[&str]) -> Result<Response, ApiError> {
    match names.first() {
        Some(name) if NOT_SIMULATED.contains(name) => {
            Err(ApiError::not_simulated(&format!("/tooling/{name}")))
        }
        _ => Err(ApiError::not_found()),
    }
}
