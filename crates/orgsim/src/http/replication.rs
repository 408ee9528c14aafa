//! The replication calls: which records changed, which were deleted.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::Call;
use crate::clock::{DAY_MS, MINUTE_MS, format_rest, parse_iso};
use crate::errors::{ApiError, json_response};
use crate::org::{OrgView, Row};
use crate::rights::{Deed, Visibility};
use crate::schema::SObject;
use crate::value::Value;

/// How far back changes can be asked for (REST API Developer Guide, Get Updated).
const UPDATED_DAYS: i64 = 30;

/// How far back deletes can be asked for (REST API Developer Guide, Get Deleted).
const DELETED_DAYS: i64 = 15;

/// The most ids of one answer.
const MAX_IDS: usize = 600_000;

/// A span of whole minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    start: i64,
    end: i64,
}

/// Answers `GET /sobjects/{sObject}/updated/`.
pub(super) fn updated(call: &Call, sobject: &str) -> Result<Response, ApiError> {
    let sobject = replicateable(call, sobject)?;
    let window = read_window(call, UPDATED_DAYS)?;
    let view = call.app.org.read_visible();
    let visibility = Visibility::new(call.rights());
    let is_seen = |row: &Row| visibility.allows(&view, sobject, row, Deed::Read);
    let changed = rows_in(&view, sobject, window, |row| !view.is_deleted(row) && is_seen(row));
    let ids: Vec<String> = changed.iter().map(|(row, _)| view.id(row).to_string()).collect();
    refuse_too_many(ids.len())?;
    let body = json!({ "ids": ids, "latestDateCovered": format_rest(latest_covered(call, window)) });
    Ok(json_response(StatusCode::OK, &body))
}

/// Answers `GET /sobjects/{sObject}/deleted/`.
pub(super) fn deleted(call: &Call, sobject: &str) -> Result<Response, ApiError> {
    let sobject = replicateable(call, sobject)?;
    let window = read_window(call, DELETED_DAYS)?;
    let view = call.app.org.read_visible();
    let visibility = Visibility::new(call.rights());
    let is_seen = |row: &Row| visibility.allows(&view, sobject, row, Deed::Read);
    let gone = rows_in(&view, sobject, window, |row| view.is_deleted(row) && is_seen(row));
    let records: Vec<Json> = gone
        .iter()
        .map(|(row, at)| json!({ "deletedDate": format_rest(*at), "id": view.id(row).as_str() }))
        .collect();
    refuse_too_many(records.len())?;
    let earliest = view.deletes_known_since_ms(sobject);
    let body = json!({
        "deletedRecords": records,
        "earliestDateAvailable": format_rest(earliest - earliest.rem_euclid(MINUTE_MS)),
        "latestDateCovered": format_rest(latest_covered(call, window)),
    });
    Ok(json_response(StatusCode::OK, &body))
}

fn replicateable(call: &Call, sobject: &str) -> Result<&'static SObject, ApiError> {
    let sobject = call.sobject(sobject)?;
    call.only_reads()?;
    if sobject.abilities.replicateable {
        return Ok(sobject);
    }
    let message = format!("object type {} is not replicable", sobject.name);
    Err(ApiError::bad_request("INVALID_TYPE_FOR_OPERATION", message))
}

/// Reads the span. Seconds are ignored; the end may lie in the future, which covers no more than now.
fn read_window(call: &Call, days: i64) -> Result<Window, ApiError> {
    let read = |name: &str| -> Result<i64, ApiError> {
        let missing =
            || ApiError::bad_request("MISSING_ARGUMENT", format!("Missing required argument: {name}"));
        let text = call.param(name).ok_or_else(missing)?;
        let unreadable =
            || ApiError::bad_request("INVALID_REPLICATION_DATE", format!("Invalid date: {text}"));
        let ms = parse_iso(text).ok_or_else(unreadable)?;
        Ok(ms - ms.rem_euclid(MINUTE_MS))
    };
    let window = Window { start: read("start")?, end: read("end")? };
    if window.end - window.start < MINUTE_MS {
        let message = "endDate must be at least one minute greater than startDate";
        return Err(ApiError::bad_request("INVALID_REPLICATION_DATE", message));
    }
    if window.start < call.app.now_ms() - days * DAY_MS - MINUTE_MS {
        let message = format!("startDate cannot be more than {days} days ago");
        return Err(ApiError::bad_request("INVALID_REPLICATION_DATE", message));
    }
    Ok(window)
}

/// Lists by ascending id the records that pass a test and whose last change lies in the span, with its time.
fn rows_in(
    view: &OrgView<'_>,
    sobject: &'static SObject,
    window: Window,
    passes: impl Fn(&Row) -> bool,
) -> Vec<(Row, i64)> {
    let field = sobject.field("SystemModstamp").or_else(|| sobject.field("LastModifiedDate"));
    let Some(field) = field else { return Vec::new() };
    let changed_at = |row: Row| match view.value(sobject, &row, field) {
        Value::DateTime(at) if (window.start..window.end).contains(&at) => Some((row, at)),
        _ => None,
    };
    let Some(rows) = view.rows_by_time(sobject, field, window.start..=window.end - 1) else {
        return view.rows(sobject).filter(passes).filter_map(changed_at).collect();
    };
    let mut found: Vec<(Row, i64)> = rows.filter(passes).filter_map(changed_at).collect();
    found.sort_unstable();
    found
}

fn refuse_too_many(count: usize) -> Result<(), ApiError> {
    if count <= MAX_IDS {
        return Ok(());
    }
    let message = format!("the number of ids exceeds the limit of {MAX_IDS}: ask for a shorter time");
    Err(ApiError::bad_request("EXCEEDED_ID_LIMIT", message))
}

/// Returns up to when the answer is complete: the end, now, or where an open transaction holds it.
fn latest_covered(call: &Call, window: Window) -> i64 {
    let now_ms = call.app.now_ms();
    let covered = window.end.min(now_ms).min(call.app.covered_until().unwrap_or(i64::MAX));
    covered - covered.rem_euclid(MINUTE_MS)
}
