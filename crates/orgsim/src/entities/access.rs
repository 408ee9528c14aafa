//! UserEntityAccess and UserFieldAccess: what users may do.

use super::{Asker, durable_id, field_durable_id, is_part, no_id, text};
use crate::id::RecordId;
use crate::org::ComputedRow;
use crate::schema::{Field, SObject, Schema};
use crate::value::Value;

/// Returns the durable id of a user's rights on an sObject.
pub(super) fn entity_id(sobject: &SObject, user_id: &RecordId) -> String {
    format!("{}.{}", durable_id(sobject), user_id.as_str())
}

/// Returns the durable id of a user's rights on a field.
pub(super) fn field_id(sobject: &SObject, field: &Field, user_id: &RecordId) -> String {
    format!("{}.{}", field_durable_id(sobject, field), user_id.as_str())
}

/// Lists what the users may do with every sObject.
pub(super) fn entity_rows(asker: &Asker<'_>, schema: &Schema) -> Vec<ComputedRow> {
    let pairs = asker.users.iter().flat_map(|user| schema.sobjects().iter().map(move |it| (user, it)));
    pairs.map(|(user, sobject)| entity_row(sobject, user)).collect()
}

fn entity_row(sobject: &SObject, user_id: &RecordId) -> ComputedRow {
    let can = &sobject.abilities;
    let flags = [
        ("IsReadable", can.queryable),
        ("IsCreatable", can.createable),
        ("IsEditable", can.updateable),
        ("IsUpdatable", can.updateable),
        ("IsFlsUpdatable", can.updateable),
        ("IsDeletable", can.deletable),
        ("IsUndeletable", can.undeletable),
        ("IsMergeable", can.mergeable),
        ("IsActivateable", false),
    ];
    let mut row = vec![
        ("Id", no_id()),
        ("DurableId", text(entity_id(sobject, user_id))),
        ("UserId", Value::Id(*user_id)),
        ("EntityDefinitionId", text(durable_id(sobject))),
    ];
    row.extend(flags.map(|(name, value)| (name, Value::Bool(value))));
    row
}

/// Lists what the users may do with every field.
pub(super) fn field_rows(asker: &Asker<'_>, schema: &Schema) -> Vec<ComputedRow> {
    let users = asker.users.iter();
    users
        .flat_map(|user| {
            super::each_field(schema, |it, field| (!is_part(it, field)).then(|| field_row(it, field, user)))
        })
        .collect()
}

fn field_row(sobject: &SObject, field: &Field, user_id: &RecordId) -> ComputedRow {
    vec![
        ("Id", no_id()),
        ("DurableId", text(field_id(sobject, field, user_id))),
        ("UserId", Value::Id(*user_id)),
        ("EntityDefinitionId", text(durable_id(sobject))),
        ("FieldDefinitionId", text(field_durable_id(sobject, field))),
        ("IsAccessible", Value::Bool(sobject.abilities.queryable)),
        ("IsCreatable", Value::Bool(field.createable)),
        ("IsUpdatable", Value::Bool(field.updateable)),
    ]
}
