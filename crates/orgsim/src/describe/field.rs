//! Describing one field.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::schema::{Field, FieldKind, PicklistEntry, SObject};

/// How many bytes a character may take in the org's database.
const BYTES_PER_CHARACTER: u32 = 3;

pub(crate) fn describe_field(sobject: &SObject, field: &Field) -> Json {
    let mut describe = attributes(sobject, field);
    let more = usage(sobject, field);
    if let (Json::Object(describe), Json::Object(more)) = (&mut describe, more) {
        describe.extend(more);
    }
    describe
}

/// What the field is.
fn attributes(sobject: &SObject, field: &Field) -> Json {
    let controlling = field.controller.as_ref().and_then(|name| sobject.field(name));
    let picklist: Vec<_> = field.picklist.iter().map(|entry| picklist_value(entry, controlling)).collect();
    let is_encrypted = field.kind == FieldKind::EncryptedString;
    json!({
        "autoNumber": field.auto_number,
        "byteLength": byte_length(field),
        "calculated": field.calculated,
        "calculatedFormula": field.formula,
        "compoundFieldName": field.compound,
        "controllerName": field.controller,
        "custom": field.custom,
        "defaultValue": default_value(field),
        "defaultValueFormula": null,
        "dependentPicklist": field.controller.is_some(),
        "deprecatedAndHidden": false,
        "digits": field.digits,
        "displayLocationInDecimal": false,
        "encrypted": is_encrypted,
        "extraTypeInfo": field.extra_type_info,
        "filteredLookupInfo": null,
        "formulaTreatNullNumberAsZero": field.calculated && field.kind.is_decimal(),
        "highScaleNumber": false,
        "htmlFormatted": field.html,
        "inlineHelpText": field.help,
        "label": field.label,
        "length": field.length,
        "mask": is_encrypted.then_some("asterisk"),
        "maskType": is_encrypted.then_some("all"),
        "name": field.name,
        "nameField": field.name_field,
        "picklistValues": picklist,
        "precision": field.precision,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "soapType": field.kind.soap_type(),
        "type": field.kind.as_str(),
    })
}

/// What one may do with the field. That a standard lookup cascades is said of the relationship only.
fn usage(sobject: &SObject, field: &Field) -> Json {
    let mut masters = sobject.fields.iter().filter(|field| field.is_master_detail());
    let order = masters.position(|master| master.index == field.index);
    json!({
        "aggregatable": field.aggregatable,
        "aiPredictionField": false,
        "cascadeDelete": field.is_master_detail(),
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
        "relationshipOrder": order,
        "restrictedDelete": field.restricted_delete && field.custom,
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

fn picklist_value(entry: &PicklistEntry, controlling: Option<&Field>) -> Json {
    json!({
        "active": entry.active,
        "defaultValue": entry.default_value,
        "label": entry.label,
        "validFor": controlling.map(|controlling| valid_for(entry, controlling)),
        "value": entry.value,
    })
}

/// Marks the values of the controlling field that a value goes with, the first in the highest bit of the first byte (SOAP
/// API Developer Guide, Picklist Dependencies). Groups of three bytes need no padding.
fn valid_for(entry: &PicklistEntry, controlling: &Field) -> String {
    let values: Vec<&str> = match controlling.kind {
        FieldKind::Boolean => vec!["false", "true"],
        _ => controlling.picklist.iter().map(|entry| entry.value.as_str()).collect(),
    };
    let mut bits = vec![0_u8; values.len().div_ceil(24) * 3];
    for (at, value) in values.iter().enumerate() {
        if entry.valid_with.iter().any(|with| with == value) {
            bits[at / 8] |= 0x80 >> (at % 8);
        }
    }
    STANDARD.encode(bits)
}
