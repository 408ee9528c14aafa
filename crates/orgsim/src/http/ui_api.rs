//! The little of the User Interface API that tells what one may do with records (User Interface API Developer Guide, Object Info
//! and Records).

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value as Json, json};

use super::{Call, records};
use crate::describe::{RecordTypeInfo, list_record_type_infos};
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::org::Row;
use crate::rights::Rights;
use crate::schema::{Field, FieldKind, MASTER_RECORD_TYPE, SObject};

mod picklist_values;

/// Answers what is below `/ui-api`; nothing if it is not there.
pub(super) fn answer(call: &Call, names: &[&str], given: &[&str]) -> Option<Result<Response, ApiError>> {
    let body = match (names, given) {
        (["ui-api", "object-info"], _) => Ok(directory(call)),
        (["ui-api", "object-info", _], [_, _, sobject]) => {
            call.sobject(sobject).map(|sobject| object_info(call, sobject))
        }
        (["ui-api", "object-info", _, "picklist-values", _], [_, _, sobject, _, id]) => {
            picklist_values::all(call, sobject, id)
        }
        (["ui-api", "object-info", _, "picklist-values", _, _], [_, _, sobject, _, id, field]) => {
            picklist_values::of_field(call, sobject, id, field)
        }
        (["ui-api", "records", _], [_, _, id]) => record(call, id),
        _ => return None,
    };
    Some(call.only_reads().and(body).map(|body| json_response(StatusCode::OK, &body)))
}

/// Lists the sObjects that the User Interface API knows: those people see pages of.
fn directory(call: &Call) -> Json {
    let path = format!("{}/ui-api/object-info", call.version_path());
    let rights = call.rights();
    let layoutable = call.app.org.schema().sobjects().iter().filter(|it| it.abilities.layoutable);
    let layoutable = layoutable.filter(|it| rights.may_read(it));
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

fn object_info(call: &Call, sobject: &SObject) -> Json {
    let (can, rights) = (&sobject.abilities, call.rights());
    let shown = sobject.fields.iter().filter(|field| rights.may_read_field(sobject, field));
    let fields: Map<String, Json> = shown
        .map(|field| {
            let may_edit = rights.may_edit_field(sobject, field);
            (field.name.clone(), describe_field(field, may_edit))
        })
        .collect();
    let types = list_record_type_infos(&call.app.org.read(), sobject);
    let default = types.iter().find(|known| known.is_default);
    let infos: Map<String, Json> = types.iter().map(|known| (known.id.clone(), known.to_json())).collect();
    let mut info = json!({
        "apiName": sobject.name,
        "associateEntityType": null,
        "associateParentEntity": null,
        "childRelationships": children(call, sobject, &rights),
        "compactLayoutable": can.layoutable,
        "createable": can.createable,
        "custom": sobject.custom,
        "defaultRecordTypeId": default.map(|known| &known.id),
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
        "recordTypeInfos": infos,
        "searchLayoutable": can.searchable && can.layoutable,
        "searchable": can.searchable,
        "themeInfo": null,
        "updateable": can.updateable,
    });
    let access = rights.access(sobject);
    let granted = [("createable", access.create), ("updateable", access.edit), ("deletable", access.delete)];
    for (name, _) in granted.into_iter().filter(|(_, is_granted)| !is_granted) {
        info[name] = Json::Bool(false);
    }
    info
}

fn children(call: &Call, sobject: &SObject, rights: &Rights) -> Vec<Json> {
    let schema = call.app.org.schema();
    let named = sobject.children.iter().filter(|child| child.relationship_name.is_some());
    let named = named.filter(|child| rights.may_read_child(schema, child));
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

fn describe_field(field: &Field, may_edit: bool) -> Json {
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
        "createable": field.createable && may_edit,
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
        "updateable": field.updateable && may_edit,
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
        FieldKind::Long => "Long",
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
    let view = call.read();
    let sobject = view.schema().find_by_prefix(id.prefix()).ok_or_else(ApiError::not_found)?;
    let rights = call.rights();
    let is_there = |row: &Row| !view.is_deleted(row) && call.sees(&view, sobject, row);
    let row = view.find(sobject, &id).filter(|_| rights.may_read(sobject)).filter(is_there);
    let row = row.ok_or_else(ApiError::not_found)?;
    let named = |param: &str| {
        let names = call.param(param).unwrap_or_default().split(',').map(str::trim);
        let own = names.filter_map(|name| name.split_once('.'));
        let own = own.filter(|(of, field)| of.eq_ignore_ascii_case(&sobject.name) && !field.contains('.'));
        own.map(|(_, field)| field).collect::<Vec<&str>>()
    };
    // Optional fields that the user may not read are left out; others are refused.
    let is_known =
        |name: &&str| sobject.field(name).is_some_and(|field| rights.may_read_field(sobject, field));
    let mut fields = named("fields");
    fields.extend(named("optionalFields").into_iter().filter(is_known));
    if fields.is_empty() && call.param("optionalFields").is_none() {
        let message = "The parameter fields is required: names such as Account.Name, separated by commas";
        return Err(ApiError::bad_request("MISSING_ARGUMENT", message));
    }
    fields.dedup();
    let system = ["LastModifiedById", "LastModifiedDate", "SystemModstamp", "RecordTypeId"];
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
    let types = list_record_type_infos(&view, sobject);
    let known = types.iter().find(|known| values["RecordTypeId"] == known.id.as_str());
    Ok(json!({
        "apiName": sobject.name,
        "childRelationships": {},
        "eTag": tag(&values.to_string()),
        "fields": fields,
        "id": id.as_str(),
        "lastModifiedById": values["LastModifiedById"],
        "lastModifiedDate": values["LastModifiedDate"],
        "recordTypeId": known.map_or(MASTER_RECORD_TYPE, |known| &known.id),
        "recordTypeInfo": known.filter(|known| !known.is_master).map(RecordTypeInfo::to_json),
        "systemModstamp": values["SystemModstamp"],
    }))
}

/// Returns a mark that changes when the text does.
fn tag(text: &str) -> String {
    crate::etag::of(text.as_bytes()).trim_matches('"').to_owned()
}
