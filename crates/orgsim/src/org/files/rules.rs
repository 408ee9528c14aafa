//! What must hold for records of files beside the rules of all fields.

use super::{LINK, VERSION, find};
use crate::id::RecordId;
use crate::org::draft::Values;
use crate::org::{OrgView, Row, SaveError};
use crate::schema::SObject;
use crate::value::Value;

/// Checks the values of a new record.
pub(in crate::org) fn complete(
    view: &OrgView<'_>,
    sobject: &SObject,
    values: &mut Values,
) -> Result<(), Vec<SaveError>> {
    match sobject.name.as_str() {
        VERSION => refuse_without_content(sobject, values).map_err(|error| vec![error]),
        LINK => {
            // Who sees a file through a link is said by default values, be they left out or empty.
            for name in ["ShareType", "Visibility"] {
                let index = sobject.field(name).map(|field| field.index);
                values.retain(|(at, value)| Some(*at) != index || !value.is_null());
            }
            refuse_second_link(view, sobject, values).map_err(|error| vec![error])
        }
        _ => Ok(()),
    }
}

fn given<'v>(sobject: &SObject, values: &'v Values, name: &str) -> Option<&'v Value<'static>> {
    let index = sobject.field(name)?.index;
    values.iter().find(|(at, _)| *at == index).map(|(_, value)| value).filter(|value| !value.is_null())
}

/// A version has a file with a name, or the address of one elsewhere (Object Reference, ContentVersion).
fn refuse_without_content(sobject: &SObject, values: &Values) -> Result<(), SaveError> {
    let is_elsewhere = given(sobject, values, "ContentUrl").is_some()
        || given(sobject, values, "ContentLocation").is_some_and(|place| place.as_str() != Some("S"));
    if is_elsewhere {
        return Ok(());
    }
    let missing: Vec<&str> = ["PathOnClient", "VersionData"]
        .into_iter()
        .filter(|name| given(sobject, values, name).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Required fields are missing: [{}]", missing.join(", "));
    Err(SaveError::of_fields("REQUIRED_FIELD_MISSING", message, &missing))
}

fn refuse_second_link(view: &OrgView<'_>, sobject: &SObject, values: &Values) -> Result<(), SaveError> {
    let (Some(Value::Id(document)), Some(Value::Id(entity)), Some(lookup)) = (
        given(sobject, values, "ContentDocumentId"),
        given(sobject, values, "LinkedEntityId"),
        sobject.field("ContentDocumentId"),
    ) else {
        return Ok(());
    };
    let links = view.live_rows_by_key(sobject, lookup, &Value::Id(*document));
    if !links.iter().any(|link| linked_entity(view, sobject, link) == Some(*entity)) {
        return Ok(());
    }
    let message = format!("Document with ID: {document} is already linked with the entity with ID: {entity}");
    Err(SaveError::of_fields("DUPLICATE_VALUE", message, &["LinkedEntityId"]))
}

fn linked_entity(view: &OrgView<'_>, sobject: &SObject, link: &Row) -> Option<RecordId> {
    match view.value(sobject, link, sobject.field("LinkedEntityId")?) {
        Value::Id(id) => Some(id),
        _ => None,
    }
}

/// Refuses to take a document from its owner: that link goes with the document only.
pub(in crate::org) fn refuse_delete(
    view: &OrgView<'_>,
    sobject: &SObject,
    row: &Row,
) -> Result<(), SaveError> {
    if sobject.name != LINK {
        return Ok(());
    }
    let document = find(super::DOCUMENT);
    let owner =
        sobject.field("ContentDocumentId").zip(document.field("OwnerId")).and_then(|(lookup, owner)| {
            let Value::Id(id) = view.value(sobject, row, lookup) else { return None };
            match view.value(document, &view.find(document, &id)?, owner) {
                Value::Id(owner) => Some(owner),
                _ => None,
            }
        });
    if owner.is_some() && linked_entity(view, sobject, row) == owner {
        return Err(SaveError::of_record("FIELD_INTEGRITY_EXCEPTION", "field integrity exception"));
    }
    Ok(())
}
