//! RelationshipInfo and RelationshipDomain.

use serde_json::json;

use super::{complex, durable_id, field_durable_id, no_id, optional, text};
use crate::org::ComputedRow;
use crate::schema::{Field, SObject, Schema};
use crate::value::Value;

/// Describes a lookup.
pub(super) fn info(sobject: &SObject, field: &Field) -> ComputedRow {
    let mut row = vec![("DurableId", text(field_durable_id(sobject, field)))];
    row.extend(common(sobject, field));
    row
}

/// Describes all lookups as seen from their targets.
pub(super) fn domains(schema: &Schema) -> Vec<ComputedRow> {
    let targets = super::fields_of(schema)
        .flat_map(|(it, field)| field.reference_to.iter().map(move |to| (it, field, to)));
    let known = targets.filter_map(|(it, field, to)| Some((it, field, schema.find(to)?)));
    known
        .map(|(child, field, parent)| {
            let info = field_durable_id(child, field);
            let mut row = vec![
                ("DurableId", text(format!("{}.{info}", durable_id(parent)))),
                ("ParentSobjectId", text(durable_id(parent))),
                ("RelationshipInfoId", text(info)),
                ("RelationshipName", optional(field.child_relationship_name.as_deref())),
            ];
            row.extend(common(child, field));
            row
        })
        .collect()
}

fn common(child: &SObject, field: &Field) -> ComputedRow {
    vec![
        ("Id", no_id()),
        ("ChildSobjectId", text(durable_id(child))),
        ("FieldId", text(field_durable_id(child, field))),
        ("IsCascadeDelete", Value::Bool(field.cascade_delete)),
        ("IsRestrictedDelete", Value::Bool(field.restricted_delete)),
        ("IsDeprecatedAndHidden", Value::Bool(false)),
        ("JunctionIdListNames", complex(&json!({ "junctionIdListNames": [] }))),
    ]
}
