//! Record types: the default one of new records, and which a record may have (Object Reference, RecordType).

use crate::id::RecordId;
use crate::org::draft::Values;
use crate::org::people::Change;
use crate::org::{OrgView, Row, SaveError};
use crate::schema::{MASTER_RECORD_TYPE, SObject};
use crate::value::Value;

/// The field that says of which type a record is.
const FIELD: &str = "RecordTypeId";

/// A record type as describes tell it.
#[derive(Clone, Debug)]
pub(crate) struct RecordType {
    pub(crate) id: RecordId,
    pub(crate) name: String,
    pub(crate) developer_name: String,
    pub(crate) is_active: bool,
}

/// Lists the record types of an sObject. The first active one is that of records which name none.
pub(crate) fn list_record_types(view: &OrgView<'_>, sobject: &SObject) -> Vec<RecordType> {
    let Some(types) = view.schema().find("RecordType") else { return Vec::new() };
    if sobject.field(FIELD).is_none() {
        return Vec::new();
    }
    let is_of = |row: &Row| view.text_in(types, row, "SobjectType").as_deref() == Some(sobject.name.as_str());
    let read = |row: Row| RecordType {
        id: view.id(&row),
        name: view.text_in(types, &row, "Name").unwrap_or_default(),
        developer_name: view.text_in(types, &row, "DeveloperName").unwrap_or_default(),
        is_active: view.bool_in(types, &row, "IsActive"),
    };
    view.rows(types).filter(|row| !view.is_deleted(row) && is_of(row)).map(read).collect()
}

/// Returns the record type of a record once those values are written: the one they name, that of the record, or the default.
pub(in crate::org) fn record_type_of(
    view: &OrgView<'_>,
    sobject: &SObject,
    row: Option<Row>,
    values: &Values,
) -> Option<RecordId> {
    let field = sobject.field(FIELD)?;
    let given = values.iter().find(|(index, _)| *index == field.index).map(|(_, value)| value);
    match (given, row) {
        (Some(Value::Id(id)), _) => Some(*id),
        (None, Some(row)) => view.id_in(sobject, &row, FIELD),
        (Some(_), Some(_)) => None,
        (_, None) => {
            list_record_types(view, sobject).iter().find(|known| known.is_active).map(|known| known.id)
        }
    }
}

/// Gives a new record that names no record type the default one.
pub(in crate::org) fn choose_default(view: &OrgView<'_>, sobject: &SObject, values: &mut Values) {
    let Some(field) = sobject.field(FIELD) else { return };
    if values.iter().any(|(index, value)| *index == field.index && !value.is_null()) {
        return;
    }
    let default = list_record_types(view, sobject).into_iter().find(|known| known.is_active);
    if let Some(default) = default {
        values.retain(|(index, _)| *index != field.index);
        values.push((field.index, Value::Id(default.id)));
    }
}

/// Refuses a record type of another sObject, and one that is no longer used.
pub(super) fn check(view: &OrgView<'_>, change: Change<'_>) -> Result<(), SaveError> {
    if !change.names(FIELD) {
        return Ok(());
    }
    let Some(id) = change.id_of(view, FIELD).filter(|id| id.as_str() != MASTER_RECORD_TYPE) else {
        return Ok(());
    };
    let known = list_record_types(view, change.sobject);
    if known.is_empty() || known.iter().any(|known| known.id == id && known.is_active) {
        return Ok(());
    }
    let message = format!("Record Type ID: this ID value isn't valid for the user: {id}");
    Err(SaveError::of_fields("INVALID_CROSS_REFERENCE_KEY", message, &[FIELD]))
}
