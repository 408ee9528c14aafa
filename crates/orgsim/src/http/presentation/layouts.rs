//! Layouts: which fields a page of a record has, in full and in short.

use axum::response::Response;
use serde_json::{Map, Value as Json, json};

use super::{answer, is_master, made_id, short_fields, shown_fields};
use crate::describe::field_json;
use crate::errors::ApiError;
use crate::http::Call;
use crate::schema::{Field, MASTER_RECORD_TYPE, SObject};

/// Returns the body of `/sobjects/{sObject}/describe/layouts`.
pub(super) fn list(call: &Call, sobject: &SObject) -> Json {
    let path = format!("{}/sobjects/{}/describe/layouts", call.version_path(), sobject.name);
    json!({
        "layouts": [layout(sobject)],
        "recordTypeMappings": [{
            "active": true,
            "available": true,
            "defaultRecordTypeMapping": true,
            "developerName": "Master",
            "layoutId": made_id(b"00h", sobject, 0).as_str(),
            "master": true,
            "name": "Master",
            "picklistsForRecordType": [],
            "recordTypeId": MASTER_RECORD_TYPE,
            "urls": { "layout": format!("{path}/{MASTER_RECORD_TYPE}") },
        }],
        "recordTypeSelectorRequired": [false],
    })
}

/// Answers `/sobjects/{sObject}/describe/layouts/{record type}`.
pub(super) fn of_record_type(_: &Call, sobject: &SObject, id: &str) -> Result<Response, ApiError> {
    match is_master(id) {
        true => Ok(answer(&layout(sobject))),
        false => Err(ApiError::not_found()),
    }
}

fn layout(sobject: &SObject) -> Json {
    let sections = json!([section(sobject)]);
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
        "relatedLists": related_lists(sobject),
        "saveOptions": [],
    })
}

fn section(sobject: &SObject) -> Json {
    const COLUMNS: usize = 2;
    let fields: Vec<&Field> = shown_fields(sobject).collect();
    let rows: Vec<Json> = fields
        .chunks(COLUMNS)
        .enumerate()
        .map(|(row, fields)| {
            let items =
                fields.iter().enumerate().map(|(at, field)| item(sobject, field, row * COLUMNS + at + 1));
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
fn item(sobject: &SObject, field: &Field, tab_order: usize) -> Json {
    let mut component = json!({
        "details": field_json(sobject, field),
        "displayLines": 1,
        "tabOrder": tab_order,
        "type": "Field",
        "value": field.name,
    });
    if field.is_compound() {
        let parts = sobject.fields.iter().filter(|part| part.compound.as_ref() == Some(&field.name));
        component["components"] = parts.map(|part| part_component(sobject, part, tab_order)).collect();
        component["fieldType"] = json!(field.kind.as_str());
    }
    json!({
        "editableForNew": field.createable,
        "editableForUpdate": field.updateable,
        "label": field.label,
        "layoutComponents": [component],
        "placeholder": false,
        "required": !field.nillable && !field.defaulted_on_create && field.createable,
    })
}

fn part_component(sobject: &SObject, field: &Field, tab_order: usize) -> Json {
    json!({
        "details": field_json(sobject, field),
        "displayLines": 1,
        "tabOrder": tab_order,
        "type": "Field",
        "value": field.name,
    })
}

fn related_lists(sobject: &SObject) -> Vec<Json> {
    let named =
        sobject.children.iter().filter_map(|child| Some((child, child.relationship_name.as_deref()?)));
    named
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
    json!({
        "compactLayouts": [compact(sobject)],
        "defaultCompactLayoutId": null,
        "recordTypeCompactLayoutMappings": [{
            "available": true,
            "compactLayoutId": null,
            "compactLayoutName": "SYSTEM",
            "recordTypeId": MASTER_RECORD_TYPE,
            "recordTypeName": "Master",
            "urls": { "compactLayout": format!("{path}/{MASTER_RECORD_TYPE}") },
        }],
        "urls": { "primary": format!("{path}/primary") },
    })
}

/// Answers `/sobjects/{sObject}/describe/compactLayouts/primary`, or by the id of a record type.
pub(super) fn compact_of(_: &Call, sobject: &SObject, id: &str) -> Result<Response, ApiError> {
    match id.eq_ignore_ascii_case("primary") || is_master(id) {
        true => Ok(answer(&compact(sobject))),
        false => Err(ApiError::not_found()),
    }
}

/// Returns the body of `/compactLayouts?q=Account,Contact`.
pub(super) fn primary_compact(call: &Call) -> Result<Json, ApiError> {
    let names = call.param("q").unwrap_or_default();
    let mut layouts = Map::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let sobject = call.sobject(name)?;
        layouts.insert(sobject.name.clone(), compact(sobject));
    }
    if layouts.is_empty() {
        let message = "The parameter q is required: sObjects, separated by commas";
        return Err(ApiError::bad_request("MISSING_ARGUMENT", message));
    }
    Ok(Json::Object(layouts))
}

fn compact(sobject: &SObject) -> Json {
    let items = short_fields(sobject).into_iter().enumerate();
    json!({
        "actions": [],
        "fieldItems": items.map(|(at, field)| item(sobject, field, at + 1)).collect::<Vec<_>>(),
        "id": null,
        "imageItems": [],
        "label": "System Default",
        "name": "SYSTEM",
        "objectType": sobject.name,
    })
}
