//! Why a record was not saved.

use crate::org::duplicates::DuplicateResult;
use crate::schema::SObject;

/// One reason, as an org words it (SOAP API Developer Guide, Error Object).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SaveError {
    /// The status code, such as `REQUIRED_FIELD_MISSING`.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// The fields it is about. A body that cannot be read at all has no such list.
    pub(crate) fields: Option<Vec<String>>,
    /// What a duplicate rule found.
    pub(crate) duplicates: Option<Box<DuplicateResult>>,
}

impl SaveError {
    /// Makes an error about a record as a whole.
    pub(crate) fn of_record(code: &'static str, message: impl Into<String>) -> Self {
        Self { fields: Some(Vec::new()), ..Self::of_request(code, message) }
    }

    /// Makes an error about fields.
    pub(crate) fn of_fields(code: &'static str, message: impl Into<String>, fields: &[&str]) -> Self {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        Self { fields: Some(fields), ..Self::of_request(code, message) }
    }

    /// Makes an error about what a client sent, found before there was a record to save.
    pub(crate) fn of_request(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fields: None, duplicates: None }
    }

    pub(crate) fn is_deleted() -> Self {
        Self::of_record("ENTITY_IS_DELETED", "entity is deleted")
    }

    pub(crate) fn no_such_record() -> Self {
        Self::of_record("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    }

    /// Makes the error of an id that is none of that sObject's.
    pub(crate) fn wrong_id(sobject: &SObject, text: &str) -> Self {
        let message = format!("{}: id value of incorrect type: {text}", sobject.id_label());
        Self::of_fields("MALFORMED_ID", message, &["Id"])
    }

    pub(crate) fn no_such_column(name: &str, sobject: &str) -> Self {
        let message = format!("No such column '{name}' on sobject of type {sobject}");
        Self::of_request("INVALID_FIELD", message)
    }
}
