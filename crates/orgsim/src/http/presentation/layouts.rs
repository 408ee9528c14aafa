//! Layouts: which fields a page of a record has, in full and in short.

use axum::response::Response;
use serde_json::{Map, Value as Json, json};

use super::{answer, is_record_type, made_id, record_types, short_fields, shown_fields};
use crate::describe::{RecordTypeInfo, field_json};
use crate::errors::ApiError;
use crate::http::Call;
use crate::id::RecordId;
use crate::rights::Rights;
use crate::schema::{ChildRelationship, Field, SObject};

/// Returns the body of `/sobjects/{sObject}/describe/layouts`.
pub(super) fn list(call: &Call, sobject: &SObject) -> Json {
    let path = format!("{}/sobjects/{}/describe/layouts", call.version_path(), sobject.name);
    let types = record_types(call, sobject);
    let rights = call.rights();
    let mapping = |known: &RecordTypeInfo| {
        json!({
            "active": known.is_active,
            "available": known.is_active,
            "defaultRecordTypeMapping": known.is_default,
            "developerName": known.developer_name,
            "layoutId": made_id(b"00h", sobject, 0).as_str(),
            "master": known.is_master,
            "name": known.name,
            "picklistsForRecordType": picklists(call, sobject, known, &rights),
            "recordTypeId": known.id,
            "urls": { "layout": format!("{path}/{}", known.id) },
        })
    };
    json!({
        "layouts": [layout(call, sobject)],
        "recordTypeMappings": types.iter().map(mapping).collect::<Vec<_>>(),
        // Who creates a record is asked for its type where there are several.
        "recordTypeSelectorRequired": [types.iter().filter(|known| known.is_active && !known.is_master).count() > 1],
    })
}

/// Lists the values of all picklists that a record type offers.
fn picklists(call: &Call, sobject: &SObject, record_type: &RecordTypeInfo, rights: &Rights) -> Vec<Json> {
    let offered = call.app.org.picklists_of(RecordId::parse(&record_type.id));
    let is_picklist = |field: &&Field| !field.picklist.is_empty();
    let listed = shown_fields(sobject, rights).filter(is_picklist);
    listed
        .map(|field| {
            let mut values = field_json(sobject, field)["picklistValues"].take();
            if let Some(values) = values.as_array_mut() {
                values.retain(|entry| offered.offer(field, entry["value"].as_str().unwrap_or_default()));
            }
            json!({ "picklistName": field.name, "picklistValues": values })
        })
        .collect()
}

/// Answers `/sobjects/{sObject}/describe/layouts/{record type}`.
pub(super) fn of_record_type(call: &Call, sobject: &SObject, id: &str) -> Result<Response, ApiError> {
    match is_record_type(call, sobject, id) {
        true => Ok(answer(&layout(call, sobject))),
        false => Err(ApiError::not_found()),
    }
}

fn layout(call: &Call, sobject: &SObject) -> Json {
    let rights = call.rights();
    let sections = json!([section(sobject, &rights)]);
    json!({
        "buttonLayoutSection": { "detailButtons": [] },
        "detailLayoutSections": sections,
        "editLayoutSections": sections,
        "feedView": null,
        "highlightsPanelLayoutSection": null,
        "id": made_id(b"00h", sobject, 0).as_str(),
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": { "quickActionListItems": [] },
        "relatedContent": null,
        "relatedLists": related_lists(call, sobject, &rights),
        "saveOptions": [],
    })
}

fn section(sobject: &SObject, rights: &Rights) -> Json {
    const COLUMNS: usize = 2;
    let fields: Vec<&Field> = shown_fields(sobject, rights).collect();
    let rows: Vec<Json> = fields
        .chunks(COLUMNS)
        .enumerate()
        .map(|(row, fields)| {
            let items = fields
                .iter()
                .enumerate()
                .map(|(at, field)| item(sobject, field, rights, row * COLUMNS + at + 1));
            json!({ "layoutItems": items.collect::<Vec<_>>(), "numItems": fields.len() })
        })
        .collect();
    json!({
        "collapsed": false,
        "columns": COLUMNS,
        "heading": format!("{} Information", sobject.label),
        "layoutSectionId": made_id(b"01B", sobject, 0).as_str(),
        "parentLayoutId": made_id(b"00h", sobject, 0).as_str(),
        "rows": rows.len(),
        "layoutRows": rows,
        "tabOrder": "LeftToRight",
        "useCollapsibleSection": false,
        "useHeading": true,
    })
}

/// A field's place on a page.
fn item(sobject: &SObject, field: &Field, rights: &Rights, tab_order: usize) -> Json {
    let may_edit = rights.may_edit_field(sobject, field);
    let mut component = component(sobject, field, rights, tab_order);
    if field.is_compound() {
        let parts = sobject.fields.iter().filter(|part| part.compound.as_ref() == Some(&field.name));
        component["components"] =
            parts.map(|part| self::component(sobject, part, rights, tab_order)).collect();
        component["fieldType"] = json!(field.kind.as_str());
    }
    json!({
        "editableForNew": field.createable && may_edit,
        "editableForUpdate": field.updateable && may_edit,
        "label": field.label,
        "layoutComponents": [component],
        "placeholder": false,
        "required": !field.nillable && !field.defaulted_on_create && field.createable,
    })
}

fn component(sobject: &SObject, field: &Field, rights: &Rights, tab_order: usize) -> Json {
    let mut details = field_json(sobject, field);
    if !rights.may_edit_field(sobject, field) {
        (details["createable"], details["updateable"]) = (Json::Bool(false), Json::Bool(false));
    }
    json!({
        "details": details,
        "displayLines": 1,
        "tabOrder": tab_order,
        "type": "Field",
        "value": field.name,
    })
}

fn related_lists(call: &Call, sobject: &SObject, rights: &Rights) -> Vec<Json> {
    let schema = call.app.org.schema();
    let is_there = |child: &&ChildRelationship| rights.may_read_child(schema, child);
    let named = sobject.children.iter().filter(is_there);
    named
        .filter_map(|child| Some((child, child.relationship_name.as_deref()?)))
        .map(|(child, name)| {
            json!({
                "accessLevelRequiredForCreate": null,
                "buttons": null,
                "columns": [],
                "custom": false,
                "field": format!("{}.{}", child.child_sobject, child.field),
                "label": name,
                "limitRows": 5,
                "name": name,
                "sobject": child.child_sobject,
                "sort": [],
            })
        })
        .collect()
}

/// Returns the body of `/sobjects/{sObject}/describe/compactLayouts`.
pub(super) fn list_compact(call: &Call, sobject: &SObject) -> Json {
    let path = format!("{}/sobjects/{}/describe/compactLayouts", call.version_path(), sobject.name);
    let mapping = |known: &RecordTypeInfo| {
        json!({
            "available": known.is_active,
            "compactLayoutId": null,
            "compactLayoutName": "SYSTEM",
            "recordTypeId": known.id,
            "recordTypeName": known.name,
            "urls": { "compactLayout": format!("{path}/{}", known.id) },
        })
    };
    json!({
        "compactLayouts": [compact(sobject, &call.rights())],
        "defaultCompactLayoutId": null,
        "recordTypeCompactLayoutMappings": record_types(call, sobject).iter().map(mapping).collect::<Vec<_>>(),
        "urls": { "primary": format!("{path}/primary") },
    })
}

/// Answers `/sobjects/{sObject}/describe/compactLayouts/primary`, or by the id of a record type.
pub(super) fn compact_of(call: &Call, sobject: &SObject, id: &str) -> Result<Response, ApiError> {
    match id.eq_ignore_ascii_case("primary") || is_record_type(call, sobject, id) {
        true => Ok(answer(&compact(sobject, &call.rights()))),
        false => Err(ApiError::not_found()),
    }
}

/// Returns the body of `/compactLayouts?q=Account,Contact`.
pub(super) fn primary_compact(call: &Call) -> Result<Json, ApiError> {
    let names = call.param("q").unwrap_or_default();
    let mut layouts = Map::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let sobject = call.sobject(name)?;
        layouts.insert(sobject.name.clone(), compact(sobject, &call.rights()));
    }
    if layouts.is_empty() {
        let message = "The parameter q is required: sObjects, separated by commas";
        return Err(ApiError::bad_request("MISSING_ARGUMENT", message));
    }
    Ok(Json::Object(layouts))
}

fn compact(sobject: &SObject, rights: &Rights) -> Json {
    let items = short_fields(sobject, rights).into_iter().enumerate();
    json!({
        "actions": [],
        "fieldItems": items.map(|(at, field)| item(sobject, field, rights, at + 1)).collect::<Vec<_>>(),
        "id": null,
        "imageItems": [],
        "label": "System Default",
        "name": "SYSTEM",
        "objectType": sobject.name,
    })
}
