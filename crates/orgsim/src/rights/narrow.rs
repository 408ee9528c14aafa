//! Describes as a user gets them: without what the user may not see.

use serde_json::Value as Json;

use super::Rights;
use crate::schema::{SObject, Schema};

/// Takes the sObjects out of a global describe that are not there for the user.
pub(crate) fn narrow_global(describe: &mut Json, schema: &Schema, rights: &Rights) {
    let Some(sobjects) = describe.get_mut("sobjects").and_then(Json::as_array_mut) else { return };
    let of = |json: &Json| json["name"].as_str().and_then(|name| schema.find(name));
    sobjects.retain(|json| of(json).is_none_or(|sobject| rights.may_read(sobject)));
    for json in sobjects {
        if let Some(sobject) = of(json) {
            narrow_abilities(json, sobject, rights);
        }
    }
}

/// Takes the fields and children out of a describe that are not there for the user, and says what may be written.
pub(crate) fn narrow_describe(describe: &mut Json, schema: &Schema, sobject: &SObject, rights: &Rights) {
    narrow_abilities(describe, sobject, rights);
    if let Some(fields) = describe.get_mut("fields").and_then(Json::as_array_mut) {
        let of = |json: &Json| json["name"].as_str().and_then(|name| sobject.field(name));
        fields.retain(|json| of(json).is_none_or(|field| rights.may_read_field(sobject, field)));
        for json in fields {
            if of(json).is_some_and(|field| !rights.may_edit_field(sobject, field)) {
                (json["createable"], json["updateable"]) = (Json::Bool(false), Json::Bool(false));
            }
        }
    }
    if let Some(children) = describe.get_mut("childRelationships").and_then(Json::as_array_mut) {
        children.retain(|json| {
            let child = json["childSObject"].as_str().and_then(|name| schema.find(name));
            child.is_some_and(|child| {
                let field = json["field"].as_str().and_then(|name| child.field(name));
                rights.may_read(child) && field.is_none_or(|field| rights.may_read_field(child, field))
            })
        });
    }
}

/// Says of an sObject what the user may do with its records.
pub(crate) fn narrow_abilities(json: &mut Json, sobject: &SObject, rights: &Rights) {
    let access = rights.access(sobject);
    let granted = [
        ("createable", access.create),
        ("updateable", access.edit),
        ("deletable", access.delete),
        ("undeletable", access.delete),
        ("mergeable", access.delete && access.edit),
    ];
    for (name, _) in granted.into_iter().filter(|(_, is_granted)| !is_granted) {
        json[name] = Json::Bool(false);
    }
}
