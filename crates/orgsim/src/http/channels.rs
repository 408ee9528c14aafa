//! Custom channels of events over the Tooling API (Tooling API, PlatformEventChannel).

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Call;
use super::channel_members::{check_access, id_of_name};
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::json::Node;
use crate::org::ComputedRow;
use crate::schema::Schema;
use crate::stream::{ChannelInfo, Settings};
use crate::value::Value;

/// What the names of custom channels end with.
const SUFFIX: &str = "__chn";

/// What a channel may carry: change events, or platform events.
const KINDS: [&str; 2] = ["data", "event"];

/// Answers `/tooling/sobjects/PlatformEventChannel`.
pub(super) fn answer(call: &Call, given: &[&str]) -> Result<Response, ApiError> {
    check_access(call, "PlatformEventChannel")?;
    match (given, &call.method) {
        ([], &Method::POST) => add(call),
        ([id], &Method::GET) => {
            let name = find(call, id)?;
            let ChannelInfo { label, kind } = info(&call.app.streams.settings(), &name);
            let metadata = json!({ "channelType": kind, "eventType": null, "label": label, "urls": null });
            let body = json!({ "Id": id_of(&name), "FullName": name, "Metadata": metadata });
            Ok(json_response(StatusCode::OK, &body))
        }
        ([id], &Method::DELETE) => remove(call, &find(call, id)?),
        ([], _) => Err(ApiError::method_not_allowed(call.method.as_str(), "POST")),
        ([_], _) => Err(ApiError::method_not_allowed(call.method.as_str(), "GET,DELETE")),
        _ => Err(ApiError::not_found()),
    }
}

/// Makes a channel. It is named as metadata are, or by the fields of its record.
fn add(call: &Call) -> Result<Response, ApiError> {
    let body = call.json()?;
    let metadata = body.get("Metadata");
    let text = |node: Option<&Node>, name: &str| {
        let text = node.and_then(|node| node.get(name)?.as_str()).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let missing = |names: &str| {
        ApiError::bad_request("REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{names}]"))
    };
    let (name, label, kind) = match metadata {
        Some(_) => (
            text(Some(&body), "FullName").ok_or_else(|| missing("FullName"))?,
            text(metadata, "label").ok_or_else(|| missing("label"))?,
            text(metadata, "channelType").ok_or_else(|| missing("channelType"))?,
        ),
        None => (
            text(Some(&body), "DeveloperName").ok_or_else(|| missing("DeveloperName"))? + SUFFIX,
            text(Some(&body), "MasterLabel").ok_or_else(|| missing("MasterLabel"))?,
            text(Some(&body), "ChannelType").ok_or_else(|| missing("ChannelType"))?,
        ),
    };
    check_name(&name)?;
    let kind = KINDS.into_iter().find(|known| kind.eq_ignore_ascii_case(known)).ok_or_else(|| {
        let message = format!("Channel Type: bad value for restricted picklist field: {kind}");
        ApiError::bad_request("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message)
    })?;
    call.app.streams.change_settings(|mut settings: Settings| {
        if settings.channels.keys().any(|known| known.eq_ignore_ascii_case(&name)) {
            let message = format!("duplicate value found: {name} duplicates value on record");
            return Err(ApiError::bad_request("DUPLICATE_VALUE", message));
        }
        settings.channels.insert(name.clone(), Vec::new());
        settings.channel_info.insert(name.clone(), ChannelInfo { label, kind: kind.to_owned() });
        settings.checked().map_err(|message| ApiError::bad_request("INVALID_INPUT", message))
    })?;
    let body = json!({ "id": id_of(&name), "success": true, "errors": [], "warnings": [], "infos": [] });
    Ok(json_response(StatusCode::CREATED, &body))
}

/// Refuses what no name of a channel is like.
fn check_name(name: &str) -> Result<(), ApiError> {
    let stem = name.strip_suffix(SUFFIX).unwrap_or_default();
    let is_good = stem.starts_with(|first: char| first.is_ascii_alphabetic())
        && stem.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
        && !stem.contains("__")
        && !stem.ends_with('_');
    if is_good {
        return Ok(());
    }
    let message = format!("{name}: the names of custom channels are like Some_Name{SUFFIX}");
    Err(ApiError::bad_request("INVALID_INPUT", message))
}

/// Takes a channel away, and what it carries with it.
fn remove(call: &Call, name: &str) -> Result<Response, ApiError> {
    call.app.streams.change_settings(|mut settings: Settings| {
        settings.channels.remove(name);
        settings.channel_info.remove(name);
        Ok::<_, ApiError>(settings)
    })?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn id_of(name: &str) -> RecordId {
    id_of_name(b"0YL", name)
}

fn find(call: &Call, id: &str) -> Result<String, ApiError> {
    let id = RecordId::parse(id).ok_or_else(ApiError::not_found)?;
    let settings = call.app.streams.settings();
    let name = settings.channels.keys().find(|name| id_of(name) == id);
    name.cloned().ok_or_else(ApiError::not_found)
}

/// Returns what is known of a channel. One that was made by the control API is called by its name.
fn info(settings: &Settings, name: &str) -> ChannelInfo {
    settings.channel_info.get(name).cloned().unwrap_or_else(|| {
        let members = settings.channels.get(name).map(Vec::as_slice).unwrap_or_default();
        let has_events = members.iter().any(|member| Schema::platform_events().find(member).is_some());
        let label = name.strip_suffix(SUFFIX).unwrap_or(name).replace('_', " ");
        ChannelInfo { label, kind: KINDS[usize::from(has_events)].to_owned() }
    })
}

/// Lists the channels as records.
pub(crate) fn list_rows(settings: &Settings) -> Vec<ComputedRow> {
    let text = |text: &str| Value::owned_text(text.to_owned());
    let rows = settings.channels.keys().map(|name| {
        let ChannelInfo { label, kind } = info(settings, name);
        vec![
            ("Id", Value::Id(id_of(name))),
            ("DeveloperName", text(name.strip_suffix(SUFFIX).unwrap_or(name))),
            ("Language", text("en_US")),
            ("MasterLabel", text(&label)),
            ("ManageableState", text("unmanaged")),
            ("ChannelType", text(&kind)),
        ]
    });
    rows.collect()
}
