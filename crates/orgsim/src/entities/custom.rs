//! CustomObject and CustomField.

use super::{
    Asker, custom_field_id, custom_object_id, developer_name, durable_id, int, optional, text,
    validation_rule_id,
};
use crate::org::ComputedRow;
use crate::schema::{Field, SObject, Schema};
use crate::value::Value;

/// Lists the sObjects that an administrator made.
pub(super) fn objects(asker: &Asker<'_>, schema: &Schema) -> Vec<ComputedRow> {
    let made = schema.offered().filter(|sobject| sobject.custom);
    made.map(|sobject| {
        let mut row = vec![
            ("Id", Value::Id(custom_object_id(sobject))),
            ("DeveloperName", text(developer_name(&sobject.name))),
            ("SharingModel", text("ReadWrite")),
            ("Language", text("en_US")),
        ];
        row.extend(common(asker));
        row
    })
    .collect()
}

/// Lists the fields that an administrator made.
pub(super) fn fields(asker: &Asker<'_>, schema: &Schema) -> Vec<ComputedRow> {
    super::each_field(schema, |sobject, field| field.custom.then(|| field_row(asker, sobject, field)))
}

fn field_row(asker: &Asker<'_>, sobject: &SObject, field: &Field) -> ComputedRow {
    let length = if field.length == 0 { Value::Null } else { int(field.length) };
    let number = |digits: u8| if field.kind.is_decimal() { int(digits) } else { Value::Null };
    let mut row = vec![
        ("Id", Value::Id(custom_field_id(sobject, field))),
        ("TableEnumOrId", text(durable_id(sobject))),
        ("EntityDefinitionId", text(durable_id(sobject))),
        ("DeveloperName", text(developer_name(&field.name))),
        ("InlineHelpText", optional(field.help.as_deref())),
        ("Length", length),
        ("Precision", number(field.precision)),
        ("Scale", number(field.scale)),
        ("RelationshipLabel", optional(field.child_relationship_name.as_deref())),
    ];
    row.extend(common(asker));
    row
}

/// Lists the validation rules, which all are active (Tooling API, ValidationRule).
pub(super) fn validation_rules(asker: &Asker<'_>, schema: &Schema) -> Vec<ComputedRow> {
    let rules = asker.app.org.validation_rules();
    let known = rules.iter().filter_map(|rule| Some((rule, schema.find(&rule.sobject)?)));
    known
        .map(|(rule, sobject)| {
            let mut row = vec![
                ("Id", Value::Id(validation_rule_id(sobject, &rule.name))),
                ("ValidationName", text(&rule.name)),
                ("Active", Value::Bool(true)),
                ("ErrorDisplayField", optional(rule.field.as_deref())),
                ("ErrorMessage", text(&rule.message)),
                ("EntityDefinitionId", text(durable_id(sobject))),
            ];
            row.extend(common(asker));
            row
        })
        .collect()
}

/// They are as old as the program that holds them.
fn common(asker: &Asker<'_>) -> ComputedRow {
    let (at, by) = (Value::DateTime(asker.app.started_at), Value::Id(asker.app.org.user_id()));
    vec![
        ("ManageableState", text("unmanaged")),
        ("CreatedDate", at.clone()),
        ("CreatedById", by.clone()),
        ("LastModifiedDate", at),
        ("LastModifiedById", by),
    ]
}
