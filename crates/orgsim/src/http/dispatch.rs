//! Which resource answers a call.

use axum::http::Method;
use axum::response::Response;

use super::{
    Call, batch, channel_members, channels, collections, composite, connect, deploy_requests, passwords,
    platform_events, presentation, query, recent, records, related, replication, resources, sobjects,
    tooling, tree, ui_api,
};
use crate::bulk;
use crate::errors::ApiError;
use crate::id::RecordId;
use crate::schema::Api;
use crate::search;

/// Resources of real orgs that clients are known to ask for, and that this one has not.
const NOT_SIMULATED: [&str; 9] =
    ["actions", "analytics", "chatter", "connect", "graphql", "metadata", "process", "ui-api", "wave"];

/// Answers a call that was let in.
pub(super) fn dispatch(call: &Call) -> Result<Response, ApiError> {
    let names: Vec<String> = call.segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let given: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    if call.api == Api::Tooling && !tooling::has(&names) {
        return tooling::refuse(&names);
    }
    if call.api == Api::Data
        && let Some(answer) = extra(call, &names, &given)
    {
        return answer;
    }
    if call.api == Api::Tooling
        && let Some(answer) = event_channels(call, &names, &given)
    {
        return answer;
    }
    match (names.as_slice(), given.as_slice()) {
        ([], _) if call.api == Api::Tooling => tooling::list(call),
        (["describe"], _) if call.api == Api::Tooling => sobjects::describe_global(call),
        ([], _) => resources::list(call),
        (["composite" | "jobs", ..], _) if call.version < first_version(&names) => Err(ApiError::not_found()),
        (["query"], _) => query::first_page(call, query::Deleted::Excluded),
        (["queryall"], _) => query::first_page(call, query::Deleted::Included),
        (["query" | "queryall", ..], [_, locator]) => query::next_page(call, locator),
        (["recent"], _) => recent::list(call),
        (["search" | "parameterizedsearch", ..], _) => search::answer(call, &names),
        (["limits"], _) => resources::limits(call),
        (["limits", "recordcount"], _) => resources::record_counts(call),
        (["jobs", "query", rest @ ..], [_, _, given @ ..]) => bulk::answer(call, rest, given),
        (["sobjects", _, rest @ ..], [_, name, ..]) if platform_events::find(name).is_some() => {
            platform_events::answer(call, name, rest)
        }
        (["sobjects"], _) => sobjects::describe_global(call),
        (["sobjects", ..], [_, sobject]) => sobjects::info(call, sobject),
        (["sobjects", _, "describe"], [_, sobject, _]) => sobjects::describe(call, sobject),
        (["sobjects", _, "updated"], [_, sobject, _]) => replication::updated(call, sobject),
        (["sobjects", _, "deleted"], [_, sobject, _]) => replication::deleted(call, sobject),
        (["sobjects", ..], [_, sobject, id]) => records::by_id(call, sobject, id),
        (["sobjects", ..], [_, sobject, field, value]) => match record_id(call, sobject, field) {
            Some(id) if passwords::are_asked_for(&call.segments) => passwords::answer(call, &id),
            Some(id) => related::follow(call, sobject, &id, &[value]),
            None => records::by_key(call, sobject, field, value),
        },
        (["sobjects", _, _, _, ..], [_, sobject, id, names @ ..]) => match record_id(call, sobject, id) {
            Some(id) => related::follow(call, sobject, &id, names),
            None => Err(ApiError::not_found()),
        },
        (["composite"], _) => composite::answer(call),
        (["composite", "batch"], _) => batch::answer(call),
        (["composite", "graph"], _) => composite::answer_graphs(call),
        (["composite", "tree", _], [_, _, sobject]) => tree::answer(call, sobject),
        (["composite", "sobjects", ..], [_, _, given @ ..]) => collections::answer(call, given),
        (["jobs", "ingest", rest @ ..], [_, _, given @ ..]) => bulk::ingest::answer(call, rest, given),
        (["metadata", "deployrequest", ..], [_, _, given @ ..]) => deploy_requests::answer(call, given),
        ([name, ..], _) if NOT_SIMULATED.contains(name) => Err(ApiError::not_simulated(&format!("/{name}"))),
        _ => Err(ApiError::not_found()),
    }
}

/// Answers the channels of events and their members, but for what is told of all sObjects alike.
fn event_channels(call: &Call, names: &[&str], given: &[&str]) -> Option<Result<Response, ApiError>> {
    let ["sobjects", _, rest @ ..] = names else { return None };
    if *rest == ["describe"] || (call.method == Method::GET && rest.is_empty()) {
        return None;
    }
    match names[1] {
        "platformeventchannel" => Some(channels::answer(call, &given[2..])),
        "platformeventchannelmember" => Some(channel_members::answer(call, &given[2..])),
        _ => None,
    }
}

/// Answers the resources around the data: what user interfaces ask for, and who the caller is.
fn extra(call: &Call, names: &[&str], given: &[&str]) -> Option<Result<Response, ApiError>> {
    match names {
        ["sobjects", _, _, ..] => presentation::of_sobject(call, names, given),
        ["chatter" | "connect", ..] => connect::answer(call, names, given),
        ["ui-api", ..] => ui_api::answer(call, names, given),
        _ => presentation::of_org(call, names),
    }
}

/// Returns the version, times ten, that brought a resource (REST API Developer Guide, Composite; Bulk API 2.0 Developer Guide).
fn first_version(names: &[&str]) -> u16 {
    match names {
        ["composite"] => 380,
        ["composite", "batch" | "tree", ..] => 340,
        ["composite", "sobjects", _, _] => 460,
        ["composite", "sobjects", ..] => 420,
        ["composite", "graph", ..] => 500,
        ["jobs", "ingest", ..] => 410,
        ["jobs", "query", ..] => 470,
        _ => 0,
    }
}

/// Reads a segment as the id of a record of an sObject.
fn record_id(call: &Call, sobject: &str, segment: &str) -> Option<RecordId> {
    let sobject = call.app.org.schema().find(sobject)?;
    RecordId::parse(segment).filter(|id| Some(id.prefix()) == sobject.key_prefix)
}
