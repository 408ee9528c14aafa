//! UserEntityAccess and UserFieldAccess: what users may do.

use super::{Asker, durable_id, field_durable_id, is_part, no_id, text};
use crate::id::RecordId;
use crate::org::ComputedRow;
use crate::rights::Rights;
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
    let rows = asker.users.iter().flat_map(|user| {
        let rights = asker.rights(*user);
        schema.offered().map(move |sobject| entity_row(sobject, user, &rights))
    });
    rows.collect()
}

fn entity_row(sobject: &SObject, user_id: &RecordId, rights: &Rights) -> ComputedRow {
    let (can, may) = (&sobject.abilities, rights.access(sobject));
    let flags = [
        ("IsReadable", can.queryable && may.read),
        ("IsCreatable", can.createable && may.create),
        ("IsEditable", can.updateable && may.edit),
        ("IsUpdatable", can.updateable && may.edit),
        ("IsFlsUpdatable", can.updateable && may.edit),
        ("IsDeletable", can.deletable && may.delete),
        ("IsUndeletable", can.undeletable && may.delete),
        ("IsMergeable", can.mergeable && may.edit && may.delete),
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
            let rights = asker.rights(*user);
            super::each_field(schema, |it, field| {
                (!is_part(it, field)).then(|| field_row(it, field, user, &rights))
            })
        })
        .collect()
}

fn field_row(sobject: &SObject, field: &Field, user_id: &RecordId, rights: &Rights) -> ComputedRow {
    let may = rights.access(sobject);
    let may_read = may.read && rights.may_read_field(sobject, field);
    let may_edit = rights.may_edit_field(sobject, field);
    vec![
        ("Id", no_id()),
        ("DurableId", text(field_id(sobject, field, user_id))),
        ("UserId", Value::Id(*user_id)),
        ("EntityDefinitionId", text(durable_id(sobject))),
        ("FieldDefinitionId", text(field_durable_id(sobject, field))),
        ("IsAccessible", Value::Bool(sobject.abilities.queryable && may_read)),
        ("IsCreatable", Value::Bool(field.createable && may.create && may_edit)),
        ("IsUpdatable", Value::Bool(field.updateable && may.edit && may_edit)),
    ]
}
