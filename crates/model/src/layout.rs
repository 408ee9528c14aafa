//! The columns that an sObject's records have in the copy.

use std::collections::HashSet;

use salesforce::describe::{FieldDescribe, SObjectDescribe};
use salesforce::{FieldName, FieldType, SObjectName};
use serde::{Deserialize, Serialize};

use crate::{FieldSelection, KeptColumn};

/// PostgreSQL cuts longer names.
const MAX_COLUMN_NAME: usize = 63;
/// Fields that stamp a record's last change, the best first. Not every sObject has `SystemModstamp` (Object Reference,
/// System Fields).
const STAMPS: [&str; 4] = ["SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime"];

/// The columns of an sObject's record table, beside the id and the system's own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordLayout {
    /// The sObject.
    pub sobject: SObjectName,
    /// The columns, in the order in which values are given.
    pub columns: Vec<Column>,
    /// Which column stamps a record's last change; `None` where the sObject has no such field.
    pub stamp: Option<usize>,
    /// Fields that have no column, and why.
    pub skipped: Vec<SkippedField>,
}

/// One column of a record table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// Its name in SQL: the API name in lower case.
    pub name: String,
    /// What to select in SOQL to fill it: a field, or the type of a polymorphic lookup (`Who.Type`).
    pub path: String,
    /// How the value arrives.
    pub field_type: FieldType,
    /// How it is stored.
    pub kind: ColumnKind,
}

/// How values are stored.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// A whole number of 64 bits.
    Integer,
    /// An exact decimal.
    Decimal,
    /// A civil date.
    Date,
    /// An instant.
    Instant,
}

impl ColumnKind {
    /// Returns how a field's values are stored.
    pub fn of(field_type: FieldType) -> Self {
        match field_type {
            FieldType::Boolean => Self::Boolean,
            FieldType::Int | FieldType::Long => Self::Integer,
            FieldType::Date => Self::Date,
            FieldType::DateTime => Self::Instant,
            _ if field_type.is_decimal() => Self::Decimal,
            _ => Self::Text,
        }
    }
}

/// A field that has no column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SkippedField {
    /// The field.
    pub name: FieldName,
    /// Why.
    pub reason: SkipReason,
}

/// Why a field has no column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SkipReason {
    /// It only joins other fields, which have columns.
    Compound,
    /// It holds binary content.
    Binary,
}

/// A layout cannot be made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LayoutError {
    /// A selected field is not in the describe: it does not exist, or the user may not read it.
    #[error("{sobject} has no field {field} that this user can read")]
    UnknownField {
        /// The sObject.
        sobject: SObjectName,
        /// The field.
        field: FieldName,
    },
}

impl RecordLayout {
    /// Chooses the columns for the selected fields.
    ///
    /// The stamp of the last change always has a column, because a stored record never goes back to an older one.
    pub fn from_describe(
        describe: &SObjectDescribe,
        selection: &FieldSelection,
    ) -> Result<Self, LayoutError> {
        if let FieldSelection::Only(names) = selection {
            refuse_unknown(describe, names)?;
        }
        Ok(Self::of_readable(describe, selection))
    }

    /// Chooses the columns for those of the selected fields that the user can read.
    pub fn of_readable(describe: &SObjectDescribe, selection: &FieldSelection) -> Self {
        let stamp_name =
            STAMPS.into_iter().find(|stamp| describe.fields.iter().any(|field| field.name == *stamp));
        let mut layout =
            Self { sobject: describe.name().clone(), columns: Vec::new(), stamp: None, skipped: Vec::new() };
        let compounds = compound_names(describe);
        for field in &describe.fields {
            let is_stamp = stamp_name.is_some_and(|stamp| field.name == *stamp);
            let is_selected = match selection {
                FieldSelection::All => true,
                FieldSelection::Only(names) => is_stamp || names.contains(&field.name),
            };
            if is_selected && field.field_type != FieldType::Id {
                layout.add_field(field, compounds.contains(&field.name), is_stamp);
            }
        }
        layout
    }

    /// Returns the columns that reads fill, as they were when the table was last shaped; `None` where that is not known.
    pub fn from_kept(sobject: SObjectName, columns: &[KeptColumn]) -> Option<Self> {
        let live = columns.iter().filter(|column| column.state.is_live());
        let columns: Vec<Column> = live.map(KeptColumn::as_column).collect::<Option<_>>()?;
        let stamp = STAMPS
            .into_iter()
            .find_map(|stamp| columns.iter().position(|column| column.path.eq_ignore_ascii_case(stamp)));
        Some(Self { sobject, columns, stamp, skipped: Vec::new() })
    }

    /// Returns the layout of the stamp and of those columns that `is_wanted`.
    pub fn narrowed(&self, is_wanted: impl Fn(&Column) -> bool) -> Self {
        let is_kept = |(at, column): &(usize, &Column)| Some(*at) == self.stamp || is_wanted(column);
        let kept: Vec<_> = self.columns.iter().enumerate().filter(is_kept).collect();
        let stamp = kept.iter().position(|(at, _)| Some(*at) == self.stamp);
        let columns = kept.into_iter().map(|(_, column)| column.clone()).collect();
        Self { sobject: self.sobject.clone(), columns, stamp, skipped: Vec::new() }
    }

    fn add_field(&mut self, field: &FieldDescribe, is_compound: bool, is_stamp: bool) {
        let reason = match field.field_type {
            FieldType::Base64 => Some(SkipReason::Binary),
            field_type if field_type.is_compound() || is_compound => Some(SkipReason::Compound),
            _ => None,
        };
        if let Some(reason) = reason {
            self.skipped.push(SkippedField { name: field.name.clone(), reason });
            return;
        }
        if is_stamp {
            self.stamp = Some(self.columns.len());
        }
        self.columns.push(Column {
            name: sql_name(field.name.as_str()),
            path: field.name.as_str().to_owned(),
            field_type: field.field_type,
            kind: ColumnKind::of(field.field_type),
        });
        if let (true, Some(relationship)) = (field.is_polymorphic(), &field.relationship_name) {
            self.columns.push(Column {
                name: sql_name(&format!("{}_type", field.name.as_str())),
                path: format!("{relationship}.Type"),
                field_type: FieldType::String,
                kind: ColumnKind::Text,
            });
        }
    }
}

fn refuse_unknown(describe: &SObjectDescribe, names: &[FieldName]) -> Result<(), LayoutError> {
    match names.iter().find(|name| describe.find_field(name).is_none()) {
        Some(field) => {
            Err(LayoutError::UnknownField { sobject: describe.name().clone(), field: field.clone() })
        }
        None => Ok(()),
    }
}

/// Returns the fields that others call their compound, such as `Name` of a contact. A name compound may call itself so.
fn compound_names(describe: &SObjectDescribe) -> HashSet<&FieldName> {
    let components =
        describe.fields.iter().filter(|field| field.compound_field_name.as_ref() != Some(&field.name));
    components.filter_map(|field| field.compound_field_name.as_ref()).collect()
}

/// Returns the name of a table or column for an API name: lower case, and at most as long as PostgreSQL keeps names.
///
/// A longer name keeps its beginning and ends in a hash of the whole.
pub fn sql_name(api_name: &str) -> String {
    let name = api_name.to_ascii_lowercase();
    if name.len() <= MAX_COLUMN_NAME {
        return name;
    }
    // FNV-1a: the names of one sObject are few, and the hash only has to tell them apart for good.
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{}_{hash:08x}", &name[..MAX_COLUMN_NAME - 9])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn describe() -> SObjectDescribe {
        serde_json::from_value(json!({
            "name": "Contact",
            "fields": [
                {"name": "Id", "type": "id"},
                {"name": "Name", "type": "string", "compoundFieldName": "Name"},
                {"name": "FirstName", "type": "string", "compoundFieldName": "Name"},
                {"name": "MailingAddress", "type": "address"},
                {"name": "MailingCity", "type": "string", "compoundFieldName": "MailingAddress"},
                {"name": "MailingLatitude", "type": "double", "compoundFieldName": "MailingAddress"},
                {"name": "OwnerId", "type": "reference", "referenceTo": ["Group", "User"],
                    "relationshipName": "Owner"},
                {"name": "Photo__c", "type": "base64"},
                {"name": "Seats__c", "type": "int"},
                {"name": "IsActive__c", "type": "boolean"},
                {"name": "Birthdate", "type": "date"},
                {"name": "CreatedDate", "type": "datetime"},
                {"name": "SystemModstamp", "type": "datetime"}
            ]
        }))
        .unwrap()
    }

    #[test]
    fn every_field_has_a_column_or_a_reason() {
        let layout = RecordLayout::from_describe(&describe(), &FieldSelection::All).unwrap();

        let columns: Vec<_> = layout
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.path.as_str(), column.kind))
            .collect();
        assert_eq!(
            columns,
            [
                ("firstname", "FirstName", ColumnKind::Text),
                ("mailingcity", "MailingCity", ColumnKind::Text),
                ("mailinglatitude", "MailingLatitude", ColumnKind::Decimal),
                ("ownerid", "OwnerId", ColumnKind::Text),
                ("ownerid_type", "Owner.Type", ColumnKind::Text),
                ("seats__c", "Seats__c", ColumnKind::Integer),
                ("isactive__c", "IsActive__c", ColumnKind::Boolean),
                ("birthdate", "Birthdate", ColumnKind::Date),
                ("createddate", "CreatedDate", ColumnKind::Instant),
                ("systemmodstamp", "SystemModstamp", ColumnKind::Instant),
            ]
        );
        let skipped: Vec<_> =
            layout.skipped.iter().map(|field| (field.name.as_str(), field.reason)).collect();
        assert_eq!(
            skipped,
            [
                ("Name", SkipReason::Compound),
                ("MailingAddress", SkipReason::Compound),
                ("Photo__c", SkipReason::Binary)
            ]
        );
        assert_eq!(layout.stamp, Some(9));
    }

    #[test]
    fn a_selection_brings_the_stamp_with_it() {
        let selection = FieldSelection::Only(vec!["firstname".parse().unwrap()]);

        let layout = RecordLayout::from_describe(&describe(), &selection).unwrap();

        let names: Vec<_> = layout.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["firstname", "systemmodstamp"]);
        assert_eq!(layout.stamp, Some(1));
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let selection = FieldSelection::Only(vec!["Region__c".parse().unwrap()]);

        let error = RecordLayout::from_describe(&describe(), &selection).unwrap_err();

        assert_eq!(error.to_string(), "Contact has no field Region__c that this user can read");
    }

    #[test]
    fn long_names_stay_apart() {
        let stem = "a".repeat(70);

        let (first, second) = (sql_name(&format!("{stem}b")), sql_name(&format!("{stem}c")));

        assert_eq!(first.len(), 63);
        assert_ne!(first, second);
        assert_eq!(sql_name("Invoice__c"), "invoice__c");
    }
}
