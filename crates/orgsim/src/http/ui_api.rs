//! The little of the User Interface API that tells what one may do with records (User Interface API Developer Guide, Object Info
//! and Records).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value as Json, json};

use super::{Call, records};
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::schema::{Field, FieldKind, MASTER_RECORD_TYPE, SObject};

/// Answers what is below `/ui-api`; nothing if it is not there.
pub(super) fn answer(call: &Call, names: &[&str], given: &[&str]) -> Option<Result<Response, ApiError>> {
    let body = match (names, given) {
        (["ui-api", "object-info"], _) => Ok(directory(call)),
        (["ui-api", "object-info", _], [_, _, sobject]) => call.sobject(sobject).map(object_info),
        (["ui-api", "records", _], [_, _, id]) => record(call, id),
        _ => return None,
    };
    Some(call.only_reads().and(body).map(|body| json_response(StatusCode::OK, &body)))
}

/// Lists the sObjects that the User Interface API knows: those people see pages of.
fn directory(call: &Call) -> Json {
    let path = format!("{}/ui-api/object-info", call.version_path());
    let layoutable = call.app.org.schema().sobjects().iter().filter(|it| it.abilities.layoutable);
    let objects: Map<String, Json> = layoutable
        .map(|it| {
            let prefix = it.key_prefix.map(|prefix| String::from_utf8_lossy(&prefix).into_owned());
            let entry = json!({
                "apiName": it.name,
                "keyPrefix": prefix,
                "label": it.label,
                "labelPlural": it.label_plural,
                "nameFields": name_fields(it),
                "objectInfoUrl": format!("{path}/{}", it.name),
            });
            (it.name.clone(), entry)
        })
        .collect();
    json!({ "objects": objects })
}

fn object_info(sobject: &SObject) -> Json {
    let can = &sobject.abilities;
    let fields: Map<String, Json> =
        sobject.fields.iter().map(|field| (field.name.clone(), describe_field(field))).collect();
    let record_type = json!({
        "available": true,
        "defaultRecordTypeMapping": true,
        "master": true,
        "name": "Master",
        "recordTypeId": MASTER_RECORD_TYPE,
    });
    json!({
        "apiName": sobject.name,
        "associateEntityType": null,
        "associateParentEntity": null,
        "childRelationships": children(sobject),
        "compactLayoutable": can.layoutable,
        "createable": can.createable,
        "custom": sobject.custom,
        "defaultRecordTypeId": MASTER_RECORD_TYPE,
        "deletable": can.deletable,
        "dependentFields": {},
        "eTag": tag(&format!("{fields:?}")),
        "feedEnabled": can.feed_enabled,
        "fields": fields,
        "keyPrefix": sobject.key_prefix.map(|prefix| String::from_utf8_lossy(&prefix).into_owned()),
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "layoutable": can.layoutable,
        "mruEnabled": can.mru_enabled,
        "nameFields": name_fields(sobject),
        "queryable": can.queryable,
        "recordTypeInfos": { MASTER_RECORD_TYPE: record_type },
        "searchLayoutable": can.searchable && can.layoutable,
        "searchable": can.searchable,
        "themeInfo": null,
        "updateable": can.updateable,
    })
}

fn children(sobject: &SObject) -> Vec<Json> {
    let named = sobject.children.iter().filter(|child| child.relationship_name.is_some());
    named
        .map(|child| {
            json!({
                "childObjectApiName": child.child_sobject,
                "fieldName": child.field,
                "junctionIdListNames": [],
                "junctionReferenceTo": [],
                "relationshipName": child.relationship_name,
            })
        })
        .collect()
}

/// Names of people have parts of their own.
fn name_fields(sobject: &SObject) -> Vec<&str> {
    let whole = sobject.name_field().map(|field| field.name.as_str());
    let is_part = |field: &&Field| field.compound.is_some() && field.compound.as_deref() == whole;
    let parts = sobject.fields.iter().filter(is_part).map(|field| field.name.as_str());
    parts.chain(whole).collect()
}

fn describe_field(field: &Field) -> Json {
    let targets = field.reference_to.iter();
    let targets: Vec<Json> = targets.map(|name| json!({ "apiName": name, "nameFields": ["Name"] })).collect();
    json!({
        "apiName": field.name,
        "calculated": field.calculated,
        "compound": field.is_compound(),
        "compoundComponentName": null,
        "compoundFieldName": field.compound,
        "controllerName": null,
        "controllingFields": [],
        "createable": field.createable,
        "custom": field.custom,
        "dataType": data_type(field.kind),
        "digits": field.digits,
        "externalId": field.external_id,
        "extraTypeInfo": field.extra_type_info,
        "filterable": field.filterable,
        "filteredLookupInfo": null,
        "highScaleNumber": false,
        "htmlFormatted": field.html,
        "inlineHelpText": field.help,
        "label": field.label,
        "length": field.length,
        "maskType": null,
        "nameField": field.name_field,
        "polymorphicForeignKey": field.is_polymorphic(),
        "precision": field.precision,
        "reference": field.kind == FieldKind::Reference,
        "referenceTargetField": null,
        "referenceToInfos": targets,
        "relationshipName": field.relationship_name,
        "required": !field.nillable && !field.defaulted_on_create && field.createable,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": field.search_prefilterable,
        "sortable": field.sortable,
        "unique": field.unique,
        "updateable": field.updateable,
    })
}

/// Returns the type by the name that this API has for it.
fn data_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id | FieldKind::Reference => "Reference",
        FieldKind::Textarea => "TextArea",
        FieldKind::Phone => "Phone",
        FieldKind::Url => "Url",
        FieldKind::Email => "Email",
        FieldKind::Picklist => "Picklist",
        FieldKind::Multipicklist => "MultiPicklist",
        FieldKind::Combobox => "ComboBox",
        FieldKind::EncryptedString => "EncryptedString",
        FieldKind::Boolean => "Boolean",
        FieldKind::Int => "Int",
        FieldKind::Double => "Double",
        FieldKind::Currency => "Currency",
        FieldKind::Percent => "Percent",
        FieldKind::Date => "Date",
        FieldKind::DateTime => "DateTime",
        FieldKind::Time => "Time",
        FieldKind::Base64 => "Base64",
        FieldKind::Address => "Address",
        FieldKind::Location => "Location",
        FieldKind::ComplexValue => "ComplexValue",
        FieldKind::String | FieldKind::AnyType => "String",
    }
}

/// Returns a record with the fields that `fields` or `optionalFields` name: `Account.Name,Account.Owner.Name`.
fn record(call: &Call, id: &str) -> Result<Json, ApiError> {
    let id = RecordId::parse(id).ok_or_else(|| {
        ApiError::bad_request("INVALID_PARAMETER_VALUE", format!("Invalid record id: {id}"))
    })?;
    let view = call.app.org.read();
    let sobject = view.schema().find_by_prefix(id.prefix()).ok_or_else(ApiError::not_found)?;
    let row = view.find(sobject, &id).filter(|row| !view.is_deleted(row)).ok_or_else(ApiError::not_found)?;
    let given = [call.param("fields"), call.param("optionalFields")];
    let names = given.into_iter().flatten().flat_map(|list| list.split(',')).map(str::trim);
    let own = names
        .filter_map(|name| name.split_once('.').filter(|(of, _)| of.eq_ignore_ascii_case(&sobject.name)));
    let mut fields: Vec<&str> = own.map(|(_, field)| field).filter(|field| !field.contains('.')).collect();
    if fields.is_empty() {
        let message = "The parameter fields is required: names such as Account.Name, separated by commas";
        return Err(ApiError::bad_request("MISSING_ARGUMENT", message));
    }
    fields.dedup();
    let system = ["LastModifiedById", "LastModifiedDate", "SystemModstamp"];
    let wanted = fields
        .iter()
        .chain(&system)
        .copied()
        .filter(|name| !system.contains(name) || sobject.field(name).is_some());
    let chosen = records::chosen_fields(call, sobject, wanted)?;
    let mut body = Vec::new();
    records::prepare_read(call, sobject, &chosen)?.write_json(&view, &row, &mut body);
    let values: Json = serde_json::from_slice(&body).unwrap_or_default();
    let fields: Map<String, Json> = fields
        .iter()
        .filter_map(|name| sobject.field(name))
        .map(|field| (field.name.clone(), json!({ "displayValue": null, "value": values[&field.name] })))
        .collect();
    Ok(json!({
        "apiName": sobject.name,
        "childRelationships": {},
        "eTag": tag(&values.to_string()),
        "fields": fields,
        "id": id.as_str(),
        "lastModifiedById": values["LastModifiedById"],
        "lastModifiedDate": values["LastModifiedDate"],
        "recordTypeId": MASTER_RECORD_TYPE,
        "recordTypeInfo": null,
        "systemModstamp": values["SystemModstamp"],
    }))
}

/// Returns a mark that changes when the text does.
fn tag(text: &str) -> String {
    crate::etag::of(text.as_bytes()).trim_matches('"').to_owned()
}
