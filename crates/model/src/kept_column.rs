//! The columns of a record table as they are remembered, and what is known of their values.

use salesforce::FieldType;
use salesforce::Timestamp;
use salesforce::describe::FieldDescribe;
use serde::{Deserialize, Serialize};

use crate::text_enum::text_enums;
use crate::{Column, ColumnKind};

text_enums! {
    /// What is known of a column's values.
    ColumnState {
        /// Every record's value was read.
        Filled = "filled",
        /// The field came later than the records: those that have not changed since have no value yet.
        Filling = "filling",
        /// The field is not among those that the user can read. The values are those of the last read.
        Frozen = "frozen",
        /// The field is not selected any more. The values are those of the last read.
        Deselected = "deselected",
    }
}

impl ColumnState {
    /// Returns whether reads fill the column.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Filled | Self::Filling)
    }
}

/// A column of a record table as it is remembered.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeptColumn {
    /// Its name in SQL.
    pub name: String,
    /// How its values are stored.
    pub kind: ColumnKind,
    /// What fills it; `None` where that was not remembered yet, or it was set aside.
    #[serde(default)]
    pub path: Option<String>,
    /// How its values arrive.
    #[serde(default)]
    pub field_type: Option<FieldType>,
    /// The field's type as a person reads it, such as `currency(16,2)`.
    #[serde(default)]
    pub described: String,
    /// What is known of its values.
    #[serde(default = "filled")]
    pub state: ColumnState,
    /// Up to when its values are known: of a field that changes without a new stamp the last read of all records, of a
    /// frozen one the last read at all.
    #[serde(default)]
    pub as_of: Option<Timestamp>,
    /// Up to when changes of the records that its formula looks at are in it.
    #[serde(default)]
    pub parents_as_of: Option<Timestamp>,
    /// Whether a read of columns that is under way reads it.
    #[serde(default)]
    pub is_being_read: bool,
    /// The field's type now, where its values cannot stand beside the old ones and nobody has accepted it.
    #[serde(default)]
    pub refused: Option<String>,
}

fn filled() -> ColumnState {
    ColumnState::Filled
}

impl KeptColumn {
    /// Returns what is to be remembered of a new column.
    pub fn new(column: &Column, described: String, state: ColumnState) -> Self {
        Self {
            name: column.name.clone(),
            kind: column.kind,
            path: Some(column.path.clone()),
            field_type: Some(column.field_type),
            described,
            state,
            as_of: None,
            parents_as_of: None,
            is_being_read: false,
            refused: None,
        }
    }

    /// Returns the field's API name; `None` of the type of a polymorphic lookup, and where it is not known.
    pub fn field(&self) -> Option<&str> {
        self.path.as_deref().filter(|path| !path.contains('.'))
    }

    pub(crate) fn as_column(&self) -> Option<Column> {
        let (path, field_type) = (self.path.clone()?, self.field_type?);
        Some(Column { name: self.name.clone(), path, field_type, kind: self.kind })
    }
}

/// Returns a field's type as a person reads it: `string(80)`, `currency(16,2)`, `reference(Account)`.
pub fn describe_type(field: &FieldDescribe) -> String {
    let json = serde_json::to_value(field.field_type).unwrap_or_default();
    let name = json.as_str().unwrap_or("unknown").to_owned();
    match field.field_type {
        FieldType::Reference => {
            let targets: Vec<_> = field.reference_to.iter().take(3).map(ToString::to_string).collect();
            let more = if field.reference_to.len() > 3 { ", …" } else { "" };
            format!("{name}({}{more})", targets.join(", "))
        }
        field_type if field_type.is_decimal() => format!("{name}({},{})", field.precision, field.scale),
        FieldType::Int | FieldType::Long if field.digits > 0 => format!("{name}({})", field.digits),
        _ if field.length > 0 && field.field_type != FieldType::Id => format!("{name}({})", field.length),
        _ => name,
    }
}
