//! Selecting sObjects for Change Data Capture over the Tooling API (Tooling API, PlatformEventChannelMember).

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Call;
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::org::ComputedRow;
use crate::schema::{SObject, Schema};
use crate::stream::{ALL_CHANGES, Settings, change_event_name, find_captured};
use crate::value::Value;

/// As many sObjects may be selected without an add-on, over all channels (Change Data Capture Developer Guide, Allocations).
const MAX_SELECTED: usize = 5;

/// A channel and what it carries.
struct Member {
    channel: String,
    sobject: String,
}

impl Member {
    fn full_name(&self) -> String {
        format!("{}_{}", self.channel, change_event_name(&self.sobject))
    }

    fn id(&self) -> RecordId {
        id_of_name(b"0v8", &self.full_name())
    }
}

/// Channels and their members have ids that follow from their names, for they are kept as names only.
pub(super) fn id_of_name(prefix: &[u8; 3], name: &str) -> RecordId {
    const MANY: u64 = 62 * 62 * 62 * 62 * 62;
    let hash = name.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(31) ^ u64::from(byte));
    RecordId::new(prefix, hash % MANY)
}

/// Answers `/tooling/sobjects/PlatformEventChannelMember`.
pub(super) fn answer(call: &Call, given: &[&str]) -> Result<Response, ApiError> {
    check_access(call, "PlatformEventChannelMember")?;
    match (given, &call.method) {
        ([], &Method::POST) => add(call),
        ([id], &Method::GET) => {
            let member = find(call, id)?;
            let metadata = json!({
                "enrichedFields": [],
                "eventChannel": member.channel,
                "filterExpression": null,
                "selectedEntity": change_event_name(&member.sobject),
                "urls": null,
            });
            let body = json!({ "Id": member.id(), "FullName": member.full_name(), "Metadata": metadata });
            Ok(json_response(StatusCode::OK, &body))
        }
        ([id], &Method::DELETE) => remove(call, &find(call, id)?),
        ([], _) => Err(ApiError::method_not_allowed(call.method.as_str(), "POST")),
        ([_], _) => Err(ApiError::method_not_allowed(call.method.as_str(), "GET,DELETE")),
        _ => Err(ApiError::not_found()),
    }
}

/// Refuses changes by those who may not customize the org.
pub(super) fn check_access(call: &Call, sobject: &str) -> Result<(), ApiError> {
    let access = call.rights().access(call.sobject(sobject)?);
    if call.method == Method::GET || access.create {
        return Ok(());
    }
    let code = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY";
    Err(ApiError::new(StatusCode::FORBIDDEN, code, "insufficient access rights on cross-reference id"))
}

fn add(call: &Call) -> Result<Response, ApiError> {
    let body = call.json()?;
    let metadata = body.get("Metadata");
    let text = |name: &str| metadata.and_then(|metadata| metadata.get(name)).and_then(|value| value.as_str());
    let missing = |name: &str| {
        ApiError::bad_request("REQUIRED_FIELD_MISSING", format!("Required field is missing: {name}"))
    };
    let channel = text("eventChannel").ok_or_else(|| missing("eventChannel"))?.to_owned();
    let entity = text("selectedEntity").ok_or_else(|| missing("selectedEntity"))?;
    let sobject = find_member(entity).ok_or_else(|| {
        let message = format!("The selected entity, {entity}, isn't supported or doesn't exist.");
        ApiError::bad_request("INVALID_INPUT", message)
    })?;
    let member = Member { channel: channel_named(call, channel), sobject: sobject.name.clone() };
    call.app.streams.change_settings(|settings| select(settings, &member))?;
    let body = json!({ "id": member.id(), "success": true, "errors": [], "warnings": [], "infos": [] });
    Ok(json_response(StatusCode::CREATED, &body))
}

/// Returns the name of a channel in the case it was made with.
fn channel_named(call: &Call, given: String) -> String {
    let settings = call.app.streams.settings();
    let mut known = settings.channels.keys().map(String::as_str).chain([ALL_CHANGES]);
    known.find(|known| known.eq_ignore_ascii_case(&given)).map_or_else(|| given.clone(), str::to_owned)
}

/// Adds a member, where there is room for it.
fn select(mut settings: Settings, member: &Member) -> Result<Settings, ApiError> {
    let known = list(&settings);
    if known.iter().any(|known| known.channel == member.channel && known.sobject == member.sobject) {
        let message = format!("duplicate value found: {} duplicates value on record", member.full_name());
        return Err(ApiError::bad_request("DUPLICATE_VALUE", message));
    }
    let mut selected: Vec<&str> = known.iter().map(|member| member.sobject.as_str()).collect();
    selected.push(&member.sobject);
    selected.retain(|name| find_captured(name).is_some());
    selected.sort_unstable();
    selected.dedup();
    if selected.len() > MAX_SELECTED {
        let message = format!("You can select up to {MAX_SELECTED} entities for change notifications.");
        return Err(ApiError::bad_request("LIMIT_EXCEEDED", message));
    }
    match member.channel.as_str() {
        ALL_CHANGES => settings.selected.push(member.sobject.clone()),
        channel => match settings.channels.get_mut(channel) {
            Some(members) => members.push(member.sobject.clone()),
            None => {
                let message = format!("The event channel, {channel}, doesn't exist.");
                return Err(ApiError::bad_request("INVALID_INPUT", message));
            }
        },
    }
    settings.checked().map_err(|message| ApiError::bad_request("INVALID_INPUT", message))
}

fn remove(call: &Call, member: &Member) -> Result<Response, ApiError> {
    call.app.streams.change_settings(|mut settings| {
        let members = match member.channel.as_str() {
            ALL_CHANGES => Some(&mut settings.selected),
            channel => settings.channels.get_mut(channel),
        };
        members.into_iter().for_each(|members| members.retain(|name| *name != member.sobject));
        Ok::<_, ApiError>(settings)
    })?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn find(call: &Call, id: &str) -> Result<Member, ApiError> {
    let id = RecordId::parse(id).ok_or_else(ApiError::not_found)?;
    let members = list(&call.app.streams.settings());
    members.into_iter().find(|member| member.id() == id).ok_or_else(ApiError::not_found)
}

/// Lists the members as records.
pub(crate) fn list_rows(settings: &Settings) -> Vec<ComputedRow> {
    let text = |text: String| Value::owned_text(text);
    list(settings)
        .into_iter()
        .map(|member| {
            vec![
                ("Id", Value::Id(member.id())),
                ("DeveloperName", text(member.full_name())),
                ("Language", text("en_US".to_owned())),
                ("MasterLabel", text(member.full_name())),
                ("ManageableState", text("unmanaged".to_owned())),
                ("EventChannel", text(member.channel.clone())),
                ("SelectedEntity", text(change_event_name(&member.sobject))),
            ]
        })
        .collect()
}

fn list(settings: &Settings) -> Vec<Member> {
    let of_channel = |channel: &str, names: &[String]| -> Vec<Member> {
        names.iter().map(|name| Member { channel: channel.to_owned(), sobject: name.clone() }).collect()
    };
    let custom = settings.channels.iter().flat_map(|(channel, names)| of_channel(channel, names));
    of_channel(ALL_CHANGES, &settings.selected).into_iter().chain(custom).collect()
}

/// Finds what a channel can carry: an sObject by the name of its change event, or a platform event.
fn find_member(entity: &str) -> Option<&'static SObject> {
    let changed = find_captured(entity).filter(|sobject| !sobject.name.eq_ignore_ascii_case(entity));
    changed.or_else(|| Schema::platform_events().find(entity))
}
