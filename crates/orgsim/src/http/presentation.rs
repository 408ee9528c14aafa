//! What user interfaces ask for: layouts, list views, tabs, themes (REST API Developer Guide, the resources by these names).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::Call;
use crate::describe::{RecordTypeInfo, list_record_type_infos};
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::rights::Rights;
use crate::schema::{Field, SObject};

mod layouts;
mod list_views;
mod tabs;

/// Fields that a short form of a record shows at most.
const SHORT_FIELDS: usize = 5;

/// Answers a resource of an sObject; nothing if it is not one of these.
pub(super) fn of_sobject(call: &Call, names: &[&str], given: &[&str]) -> Option<Result<Response, ApiError>> {
    let ([_, _, rest @ ..], [_, sobject, given @ ..]) = (names, given) else { return None };
    let is_known = matches!(rest, ["describe", _, ..] | ["listviews" | "quickactions", ..]);
    is_known.then(|| {
        call.only_reads()?;
        let sobject = call.sobject(sobject)?;
        if !sobject.abilities.layoutable {
            return Err(ApiError::not_found());
        }
        match (rest, given) {
            (["describe", "layouts"], _) => Ok(answer(&layouts::list(call, sobject))),
            (["describe", "layouts", _], [.., id]) => layouts::of_record_type(call, sobject, id),
            (["describe", "compactlayouts"], _) => Ok(answer(&layouts::list_compact(call, sobject))),
            (["describe", "compactlayouts", _], [.., id]) => layouts::compact_of(call, sobject, id),
            // The org has no approval processes and no actions, and says so.
            (["describe", "approvallayouts"], _) => Ok(answer(&json!({ "approvalLayouts": [] }))),
            (["quickactions"], _) => Ok(answer(&json!([]))),
            (["listviews", rest @ ..], [_, given @ ..]) => list_views::answer(call, sobject, rest, given),
            _ => Err(ApiError::not_found()),
        }
    })
}

/// Returns the statement behind a list view of an sObject that the caller may read.
pub(super) fn soql_of_list_view(call: &Call, id: &RecordId) -> Option<String> {
    let rights = call.rights();
    let mut sobjects = call.app.org.schema().offered();
    sobjects.find_map(|sobject| {
        let is_listed = sobject.abilities.layoutable && rights.may_read(sobject);
        is_listed.then(|| list_views::soql_of(call, sobject, id))?
    })
}

/// Answers a resource of the org; nothing if it is not one of these.
pub(super) fn of_org(call: &Call, names: &[&str]) -> Option<Result<Response, ApiError>> {
    let body: fn(&Call) -> Result<Json, ApiError> = match names {
        ["tabs"] => |call| Ok(tabs::list(call)),
        ["theme"] => |call| Ok(tabs::theme(call)),
        ["appmenu"] => |call| Ok(tabs::app_menu(call)),
        ["appmenu", "appswitcher" | "salesforce1"] => |_| Ok(json!({ "appMenuItems": [] })),
        ["compactlayouts"] => layouts::primary_compact,
        ["quickactions"] => |_| Ok(json!([])),
        ["process"] => |call| Ok(list_below(call, "process", &["approvals", "rules"])),
        ["actions"] => |call| Ok(list_below(call, "actions", &["custom", "standard"])),
        // The org has no flows, no Apex and no templates that an action could run.
        ["actions", "standard"] => |_| Ok(json!({ "actions": [] })),
        ["actions", "custom"] => |_| Ok(json!({})),
        ["process", "rules"] => |_| Ok(json!({ "rules": {} })),
        ["process", "approvals"] => |_| Ok(json!({ "approvals": {} })),
        _ => return None,
    };
    Some(call.only_reads().and_then(|()| body(call)).map(|body| answer(&body)))
}

/// Names the resources below one, with their addresses.
fn list_below(call: &Call, name: &str, below: &[&str]) -> Json {
    let path = format!("{}/{name}", call.version_path());
    below.iter().map(|below| ((*below).to_owned(), json!(format!("{path}/{below}")))).collect()
}

fn answer(body: &Json) -> Response {
    json_response(StatusCode::OK, body)
}

/// Returns the fields that a user sees of a record, in declared order.
fn shown_fields<'a>(sobject: &'a SObject, rights: &Rights) -> impl Iterator<Item = &'a Field> {
    let is_shown = move |field: &&Field| {
        // The name of an account is called a part of itself.
        let is_part = field
            .compound
            .as_deref()
            .is_some_and(|whole| whole != field.name && sobject.field(whole).is_some());
        let is_internal =
            matches!(field.name.as_str(), "Id" | "IsDeleted" | "SystemModstamp" | "MasterRecordId");
        !is_part && !is_internal && rights.may_read_field(sobject, field)
    };
    sobject.fields.iter().filter(is_shown)
}

/// Returns the name field and a few others that can be sorted.
fn short_fields<'a>(sobject: &'a SObject, rights: &Rights) -> Vec<&'a Field> {
    let others = shown_fields(sobject, rights).filter(|field| field.sortable && !field.name_field);
    sobject.name_field().into_iter().chain(others).take(SHORT_FIELDS).collect()
}

/// Makes the id of what an sObject has one of by itself. It hangs on the name alone.
fn made_id(prefix: &[u8; 3], sobject: &SObject, number: u64) -> RecordId {
    /// Sequences of ids made from names are below this.
    const SEQUENCES: u64 = 62_u64.pow(6);
    RecordId::new(prefix, sobject.salt.wrapping_add(number) % SEQUENCES)
}

/// Lists the record types of an sObject.
fn record_types(call: &Call, sobject: &SObject) -> Vec<RecordTypeInfo> {
    list_record_type_infos(&call.app.org.read(), sobject)
}

/// Returns whether a text is the id of a record type of an sObject.
fn is_record_type(call: &Call, sobject: &SObject, id: &str) -> bool {
    id.len() >= 15 && record_types(call, sobject).iter().any(|known| known.id.starts_with(id))
}
