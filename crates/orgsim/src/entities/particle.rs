//! EntityParticle and PicklistValueInfo.

use super::field::{field_developer_name, reference_to, value_type};
use super::{durable_id, field_durable_id, int, is_part, no_id, optional, text};
use crate::org::ComputedRow;
use crate::schema::{Field, FieldKind, SObject, Schema};
use crate::value::Value;

/// How many bytes a character may take in the org's database.
const BYTES_PER_CHARACTER: u32 = 3;

/// Describes a field as programs know it.
pub(super) fn row(sobject: &SObject, field: &Field) -> ComputedRow {
    // A part of a compound field belongs to the definition of the whole.
    let whole = field.compound.as_deref().and_then(|whole| sobject.field(whole)).unwrap_or(field);
    let is_key = matches!(field.kind, FieldKind::Id | FieldKind::Reference);
    let mut row = vec![
        ("Id", no_id()),
        ("DurableId", text(field_durable_id(sobject, field))),
        ("QualifiedApiName", text(&field.name)),
        ("EntityDefinitionId", text(durable_id(sobject))),
        ("FieldDefinitionId", text(field_durable_id(sobject, whole))),
        ("DeveloperName", text(field_developer_name(field))),
        ("MasterLabel", text(&field.label)),
        ("Label", text(&field.label)),
        ("Name", text(&field.name)),
        ("Length", int(field.length)),
        ("ByteLength", int(if is_key { field.length } else { field.length * BYTES_PER_CHARACTER })),
        ("DataType", text(field.kind.as_str())),
        ("ValueTypeId", text(value_type(field))),
        ("ExtraTypeInfo", optional(field.extra_type_info.as_deref())),
        ("Digits", int(field.digits)),
        ("Precision", int(field.precision)),
        ("Scale", int(field.scale)),
        ("InlineHelpText", optional(field.help.as_deref())),
        ("RelationshipName", optional(field.relationship_name.as_deref())),
        ("ReferenceTo", reference_to(field)),
    ];
    row.extend(uses(sobject, field).map(|(name, value)| (name, Value::Bool(value))));
    row.extend(traits(field).map(|(name, value)| (name, Value::Bool(value))));
    row
}

/// What one may do with the field.
fn uses(sobject: &SObject, field: &Field) -> [(&'static str, bool); 13] {
    let is_short = field.filterable && !field.is_compound();
    [
        ("IsCreatable", field.createable),
        ("IsUpdatable", field.updateable),
        ("IsDefaultedOnCreate", field.defaulted_on_create),
        ("IsWriteRequiresMasterRead", false),
        ("IsPermissionable", field.permissionable),
        ("IsWorkflowFilterable", is_short),
        ("IsCompactLayoutable", is_short && !field.is_long_text()),
        ("IsApiFilterable", field.filterable),
        ("IsApiSortable", field.sortable),
        ("IsApiGroupable", field.groupable),
        ("IsListVisible", field.kind != FieldKind::Id && !field.is_compound()),
        ("IsLayoutable", sobject.abilities.layoutable && field.kind != FieldKind::Id),
        ("IsComponent", is_part(sobject, field)),
    ]
}

/// What the field is.
fn traits(field: &Field) -> [(&'static str, bool); 16] {
    [
        ("IsAutonumber", field.auto_number),
        ("IsCaseSensitive", field.case_sensitive),
        ("IsUnique", field.unique),
        ("IsCalculated", field.calculated),
        ("IsHighScaleNumber", false),
        ("IsHtmlFormatted", field.html),
        ("IsNameField", field.name_field),
        ("IsNillable", field.nillable),
        ("IsEncrypted", field.kind == FieldKind::EncryptedString),
        ("IsFieldHistoryTracked", false),
        ("IsDependentPicklist", false),
        ("IsDeprecatedAndHidden", false),
        ("IsDisplayLocationInDecimal", false),
        ("IsIdLookup", field.id_lookup),
        ("IsNamePointing", field.is_polymorphic()),
        ("IsCompound", field.is_compound()),
    ]
}

/// Lists the values of all picklists.
pub(super) fn picklist_rows(schema: &Schema) -> Vec<ComputedRow> {
    super::fields_of(schema).flat_map(|(sobject, field)| values(sobject, field)).collect()
}

fn values(sobject: &SObject, field: &Field) -> impl Iterator<Item = ComputedRow> {
    let particle = field_durable_id(sobject, field);
    field.picklist.iter().map(move |entry| {
        vec![
            ("Id", no_id()),
            ("DurableId", text(format!("{particle}.{}", entry.value))),
            ("Value", text(&entry.value)),
            ("Label", text(&entry.label)),
            ("IsDefaultValue", Value::Bool(entry.default_value)),
            ("IsActive", Value::Bool(entry.active)),
            ("EntityParticleId", text(&particle)),
        ]
    })
}
