//! FieldDefinition.

use serde_json::json;

use super::{
    Asker, access, complex, developer_name, durable_id, field_durable_id, int, no_id, optional, publisher_of,
    text,
};
use crate::index::is_indexed_there;
use crate::org::ComputedRow;
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// Describes a field as people know it.
pub(super) fn row(asker: &Asker<'_>, sobject: &SObject, field: &Field) -> ComputedRow {
    let access_id = access::field_id(sobject, field, &asker.user_id);
    let mut row = vec![
        ("Id", no_id()),
        ("DurableId", text(field_durable_id(sobject, field))),
        ("QualifiedApiName", text(&field.name)),
        ("EntityDefinitionId", text(durable_id(sobject))),
        ("DeveloperName", text(field_developer_name(field))),
        ("MasterLabel", text(&field.label)),
        ("Label", text(field_label(field))),
        ("Length", int(field.length)),
        ("DataType", text(data_type(sobject, field))),
        ("ServiceDataTypeId", Value::Null),
        ("ValueTypeId", text(value_type(field))),
        ("ExtraTypeInfo", optional(field.extra_type_info.as_deref())),
        ("Precision", int(field.precision)),
        ("Scale", int(field.scale)),
        ("PublisherId", publisher_of(field.custom)),
        ("RunningUserFieldAccessId", text(access_id)),
        ("RelationshipName", optional(field.relationship_name.as_deref())),
        ("ReferenceTo", reference_to(field)),
    ];
    row.extend(flags(field).map(|(name, value)| (name, Value::Bool(value))));
    row
}

fn flags(field: &Field) -> [(&'static str, bool); 19] {
    let is_key = matches!(field.kind, FieldKind::Id | FieldKind::Reference);
    let is_short = field.filterable && !field.is_compound();
    [
        ("IsCalculated", field.calculated),
        ("IsHighScaleNumber", false),
        ("IsHtmlFormatted", field.html),
        ("IsNameField", field.name_field),
        ("IsNillable", field.nillable),
        ("IsWorkflowFilterable", is_short),
        ("IsCompactLayoutable", is_short && !field.is_long_text()),
        ("IsFieldHistoryTracked", false),
        ("IsIndexed", is_indexed_there(field)),
        ("IsFlsEnabled", field.permissionable),
        ("IsApiFilterable", field.filterable),
        ("IsApiSortable", field.sortable),
        ("IsApiGroupable", field.groupable),
        ("IsListFilterable", is_short && !is_key),
        ("IsListSortable", field.sortable && !is_key),
        ("IsListVisible", field.kind != FieldKind::Id && !field.is_compound()),
        ("IsCompound", field.is_compound()),
        ("IsSearchPrefilterable", field.search_prefilterable),
        ("IsPolymorphicForeignKey", field.is_polymorphic()),
    ]
}

/// Returns the name without what its kind adds: `Owner` of `OwnerId`.
pub(super) fn field_developer_name(field: &Field) -> String {
    match field.kind {
        FieldKind::Reference if !field.custom => {
            field.name.strip_suffix("Id").unwrap_or(&field.name).to_owned()
        }
        _ => developer_name(&field.name),
    }
}

/// Setup calls lookups by what they point to: `Owner` and not `Owner ID`.
fn field_label(field: &Field) -> &str {
    match field.kind {
        FieldKind::Reference => field.label.strip_suffix(" ID").unwrap_or(&field.label),
        _ => &field.label,
    }
}

/// Returns the targets of a lookup; null inside for other fields (Tooling API, ReferenceTo).
pub(super) fn reference_to(field: &Field) -> Value<'static> {
    let targets = (!field.reference_to.is_empty()).then_some(&field.reference_to);
    complex(&json!({ "referenceTo": targets }))
}

/// Returns the type by the names that programs have for it (Tooling API, ValueTypeId).
pub(super) fn value_type(field: &Field) -> &'static str {
    match field.kind {
        FieldKind::Reference | FieldKind::Id => "id",
        FieldKind::Boolean => "boolean",
        FieldKind::Int => "int",
        FieldKind::Long => "long",
        kind if kind.is_decimal() => "double",
        FieldKind::Date => "date",
        FieldKind::DateTime => "datetime",
        FieldKind::Time => "time",
        FieldKind::Base64 => "base64",
        FieldKind::Address => "address",
        FieldKind::Location => "location",
        _ => "string",
    }
}

/// Returns the type in the words of the setup pages (Help, Custom Field Types).
pub(super) fn data_type(sobject: &SObject, field: &Field) -> String {
    let plain = plain_type(sobject, field);
    match (field.calculated, field.auto_number) {
        (true, _) => format!("Formula ({})", plain.split('(').next().unwrap_or_default().trim()),
        (_, true) => "Auto Number".to_owned(),
        _ => plain,
    }
}

fn plain_type(sobject: &SObject, field: &Field) -> String {
    let digits = || format!("({}, {})", field.precision.saturating_sub(field.scale), field.scale);
    let length = field.length;
    match field.kind {
        FieldKind::Id => "ID".to_owned(),
        FieldKind::Reference => lookup_type(sobject, field),
        FieldKind::String if field.name_field && field.name == "Name" => match sobject.custom {
            true => format!("Text({length})"),
            false => "Name".to_owned(),
        },
        FieldKind::String | FieldKind::AnyType | FieldKind::Combobox => format!("Text({length})"),
        FieldKind::Textarea if field.html => format!("Rich Text Area({length})"),
        FieldKind::Textarea if field.is_long_text() => format!("Long Text Area({length})"),
        FieldKind::Textarea => format!("Text Area({length})"),
        FieldKind::Phone => if field.name.contains("Fax") { "Fax" } else { "Phone" }.to_owned(),
        FieldKind::Url => format!("URL({length})"),
        FieldKind::Email => "Email".to_owned(),
        FieldKind::Picklist => "Picklist".to_owned(),
        FieldKind::Multipicklist => "Picklist (Multi-Select)".to_owned(),
        FieldKind::EncryptedString => format!("Text (Encrypted)({length})"),
        FieldKind::Boolean => "Checkbox".to_owned(),
        FieldKind::Int | FieldKind::Long => format!("Number({}, 0)", field.digits),
        FieldKind::Double => format!("Number{}", digits()),
        FieldKind::Currency => format!("Currency{}", digits()),
        FieldKind::Percent => format!("Percent{}", digits()),
        FieldKind::Date => "Date".to_owned(),
        FieldKind::DateTime => "Date/Time".to_owned(),
        FieldKind::Time => "Time".to_owned(),
        FieldKind::Base64 => "Base64".to_owned(),
        FieldKind::Address => "Address".to_owned(),
        FieldKind::Location => "Geolocation".to_owned(),
        FieldKind::ComplexValue => "Complex Value".to_owned(),
    }
}

fn lookup_type(sobject: &SObject, field: &Field) -> String {
    let targets = field.reference_to.join(",");
    if field.cascade_delete && field.custom {
        return format!("Master-Detail({targets})");
    }
    if field.reference_to.len() == 1 && field.reference_to[0] == sobject.name && !field.custom {
        return "Hierarchy".to_owned();
    }
    format!("Lookup({targets})")
}
