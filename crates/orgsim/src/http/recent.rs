//! The records a user used last (REST API Developer Guide, Recently Viewed Items).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::{Call, records};
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::recent::MAX_ROWS;
use crate::schema::SObject;

/// As many records stand beside an sObject's own information (REST API Developer Guide, sObject Basic Information).
const ITEMS_OF_SOBJECT: usize = 5;

/// Answers `GET /recent?limit=`.
pub(super) fn list(call: &Call) -> Result<Response, ApiError> {
    call.only_reads()?;
    let limit = match call.param("limit") {
        None => MAX_ROWS,
        Some(text) => text.trim().parse().ok().filter(|limit| *limit > 0).ok_or_else(|| {
            let message = "The limit parameter must be a number greater than 0";
            ApiError::bad_request("INVALID_QUERY_VALUE", message)
        })?,
    };
    Ok(json_response(StatusCode::OK, &list_items(call, None, limit)?))
}

/// Returns the `recentItems` of an sObject.
pub(super) fn items_of(call: &Call, sobject: &SObject) -> Result<Vec<Json>, ApiError> {
    list_items(call, Some(sobject), ITEMS_OF_SOBJECT)
}

/// Notes that the caller has used a record, unless the call says that the list shall stay as it is.
///
/// `Sforce-Mru: updateMru=false` says so (REST API Developer Guide, Most Recently Used Header).
pub(super) fn note(call: &Call, sobject: &SObject, id: &RecordId) {
    let stays =
        call.option("Sforce-Mru", "updateMru").is_some_and(|value| value.eq_ignore_ascii_case("false"));
    if stays || !sobject.abilities.mru_enabled {
        return;
    }
    if let Some(row) = call.app.org.read().find(sobject, id) {
        call.app.recent.note(call.session.user_id, &[row], call.app.now_ms());
    }
}

fn list_items(call: &Call, only: Option<&SObject>, limit: usize) -> Result<Vec<Json>, ApiError> {
    let view = call.read();
    let mut items = Vec::new();
    for (row, _) in call.app.recent.list(&call.session.user_id) {
        let sobject = &view.schema().sobjects()[row.sobject_index()];
        let is_wanted = only.is_none_or(|only| only.index == sobject.index);
        if items.len() >= limit || !is_wanted || !view.exists(&row) || view.is_deleted(&row) {
            continue;
        }
        let name = sobject.name_field().map_or("Id", |field| field.name.as_str());
        let mut fields = vec!["Id"];
        fields.extend(Some(name).filter(|name| *name != "Id"));
        let mut body = Vec::new();
        records::prepare_read(call, sobject, &fields)?.write_json(&view, &row, &mut body);
        items.push(serde_json::from_slice(&body).unwrap_or_else(|_| json!({})));
    }
    Ok(items)
}
