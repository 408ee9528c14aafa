//! Describing one field.

use serde_json::{Value as Json, json};

use crate::schema::{Field, FieldKind, PicklistEntry};

/// How many bytes a character may take in the org's database.
const BYTES_PER_CHARACTER: u32 = 3;

pub(crate) fn describe_field(field: &Field) -> Json {
    let mut describe = attributes(field);
    let more = usage(field);
    if let (Json::Object(describe), Json::Object(more)) = (&mut describe, more) {
        describe.extend(more);
    }
    describe
}

/// What the field is.
fn attributes(field: &Field) -> Json {
    json!({
        "autoNumber": field.auto_number,
        "byteLength": byte_length(field),
        "calculated": field.calculated,
        "calculatedFormula": field.formula,
        "compoundFieldName": field.compound,
        "controllerName": null,
        "custom": field.custom,
        "defaultValue": default_value(field),
        "defaultValueFormula": null,
        "dependentPicklist": false,
        "deprecatedAndHidden": false,
        "digits": field.digits,
        "displayLocationInDecimal": false,
        "encrypted": false,
        "extraTypeInfo": field.extra_type_info,
        "filteredLookupInfo": null,
        "formulaTreatNullNumberAsZero": field.calculated && field.kind.is_decimal(),
        "highScaleNumber": false,
        "htmlFormatted": field.html,
        "inlineHelpText": field.help,
        "label": field.label,
        "length": field.length,
        "mask": null,
        "maskType": null,
        "name": field.name,
        "nameField": field.name_field,
        "picklistValues": field.picklist.iter().map(picklist_value).collect::<Vec<_>>(),
        "precision": field.precision,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "soapType": field.kind.soap_type(),
        "type": field.kind.as_str(),
    })
}

/// What one may do with the field.
fn usage(field: &Field) -> Json {
    json!({
        "aggregatable": field.aggregatable,
        "aiPredictionField": false,
        "cascadeDelete": field.cascade_delete,
        "caseSensitive": field.case_sensitive,
        "createable": field.createable,
        "defaultedOnCreate": field.defaulted_on_create,
        "externalId": field.external_id,
        "filterable": field.filterable,
        "groupable": field.groupable,
        "idLookup": field.id_lookup,
        "namePointing": field.is_polymorphic(),
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "polymorphicForeignKey": field.is_polymorphic(),
        "queryByDistance": field.is_compound(),
        "referenceTargetField": null,
        "referenceTo": field.reference_to,
        "relationshipName": field.relationship_name,
        "relationshipOrder": null,
        "restrictedDelete": field.restricted_delete,
        "searchPrefilterable": field.search_prefilterable,
        "sortable": field.sortable,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": false,
    })
}

fn byte_length(field: &Field) -> u32 {
    match field.kind {
        FieldKind::Id | FieldKind::Reference => field.length,
        // The one text field whose characters count once.
        _ if field.name == "Fiscal" => field.length,
        _ => field.length * BYTES_PER_CHARACTER,
    }
}

fn default_value(field: &Field) -> Json {
    match (&field.default_value, field.kind) {
        (Some(text), FieldKind::Boolean) => json!(text == "true"),
        (Some(text), _) => json!(text),
        (None, _) => Json::Null,
    }
}

fn picklist_value(entry: &PicklistEntry) -> Json {
    json!({
        "active": entry.active,
        "defaultValue": entry.default_value,
        "label": entry.label,
        "validFor": null,
        "value": entry.value,
    })
}
