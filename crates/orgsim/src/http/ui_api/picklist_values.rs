//! The values of picklists that records of a record type may have (User Interface API Developer Guide, Picklist Values).

use serde_json::{Map, Value as Json, json};

use super::{Call, tag};
use crate::describe::list_record_type_infos;
use crate::errors::ApiError;
use crate::id::RecordId;
use crate::org::Picklists;
use crate::schema::{Field, FieldKind, PicklistEntry, SObject};

/// Answers with the picklists of an sObject that the user may read.
pub(super) fn all(call: &Call, sobject: &str, record_type: &str) -> Result<Json, ApiError> {
    let sobject = call.sobject(sobject)?;
    let (id, offered) = find_type(call, sobject, record_type)?;
    let rights = call.rights();
    let is_shown = |field: &&Field| is_picklist(field) && rights.may_read_field(sobject, field);
    let fields = sobject.fields.iter().filter(is_shown);
    let values: Map<String, Json> =
        fields.map(|field| (field.name.clone(), describe(call, sobject, &id, field, &offered))).collect();
    Ok(json!({ "eTag": tag(&format!("{values:?}")), "picklistFieldValues": values }))
}

/// Answers with one picklist.
pub(super) fn of_field(call: &Call, sobject: &str, record_type: &str, field: &str) -> Result<Json, ApiError> {
    let sobject = call.sobject(sobject)?;
    let (id, offered) = find_type(call, sobject, record_type)?;
    let rights = call.rights();
    let is_shown = |field: &&Field| is_picklist(field) && rights.may_read_field(sobject, field);
    let field = sobject.field(field).filter(is_shown).ok_or_else(ApiError::not_found)?;
    Ok(describe(call, sobject, &id, field, &offered))
}

fn is_picklist(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Picklist | FieldKind::Multipicklist)
}

fn find_type(
    call: &Call,
    sobject: &SObject,
    record_type: &str,
) -> Result<(String, std::sync::Arc<Picklists>), ApiError> {
    let types = list_record_type_infos(&call.app.org.read(), sobject);
    let is_asked_for = |id: &String| record_type.len() >= 15 && id.starts_with(record_type);
    let known = types.into_iter().map(|known| known.id).find(is_asked_for).ok_or_else(ApiError::not_found)?;
    let offered = call.app.org.picklists_of(RecordId::parse(&known));
    Ok((known, offered))
}

fn describe(call: &Call, sobject: &SObject, record_type: &str, field: &Field, offered: &Picklists) -> Json {
    let controlling = field.controller.as_deref().and_then(|name| sobject.field(name));
    let controlling: Vec<String> = match controlling {
        Some(field) if field.kind == FieldKind::Boolean => vec!["false".to_owned(), "true".to_owned()],
        Some(field) => offered.entries(field).map(|entry| entry.value.clone()).collect(),
        None => Vec::new(),
    };
    let controllers: Map<String, Json> =
        controlling.iter().enumerate().map(|(at, value)| (value.clone(), json!(at))).collect();
    let entries: Vec<&PicklistEntry> = offered.entries(field).filter(|entry| entry.active).collect();
    let value = |entry: &&PicklistEntry| {
        let valid = |(at, with): (usize, &String)| entry.valid_with.contains(with).then_some(at);
        let valid_for: Vec<usize> = controlling.iter().enumerate().filter_map(valid).collect();
        json!({ "attributes": null, "label": entry.label, "validFor": valid_for, "value": entry.value })
    };
    let values: Vec<Json> = entries.iter().map(value).collect();
    let default = entries.iter().find(|entry| entry.default_value).map(value);
    let path = format!("{}/ui-api/object-info/{}", call.version_path(), sobject.name);
    json!({
        "controllerValues": controllers,
        "defaultValue": default,
        "eTag": tag(&format!("{values:?}")),
        "url": format!("{path}/picklist-values/{record_type}/{}", field.name),
        "values": values,
    })
}
