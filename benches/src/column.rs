//! The columns that are compared, with what they hold, as the org describes them.

use std::collections::HashSet;

use serde::Deserialize;

/// What a column holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A checkbox.
    Boolean,
    /// A whole or decimal number.
    Number,
    /// A point in time.
    Instant,
    /// Everything else: ids, picklists, civil dates, times.
    Text,
}

/// One column of a copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// The API name of the field.
    pub field: String,
    /// What it holds.
    pub kind: Kind,
}

impl Column {
    /// Returns the name of the column in a database.
    pub fn name(&self) -> String {
        self.field.to_ascii_lowercase()
    }
}

/// The members of a describe that matter here.
#[derive(Debug, Deserialize)]
pub(crate) struct Describe {
    fields: Vec<FieldDescribe>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FieldDescribe {
    name: String,
    #[serde(rename = "type")]
    field_type: String,
    compound_field_name: Option<String>,
}

/// Lists the fields that a copy has a column for: all but base64 and those that others make up.
///
/// A person's `Name` is made up of `FirstName`, `LastName` and more; an address and a location of their components.
/// Account's `Name` names itself as its compound and stands alone.
pub(crate) fn columns_of(describe: Describe) -> Vec<Column> {
    let compounds: HashSet<String> = describe
        .fields
        .iter()
        .filter_map(|field| field.compound_field_name.clone().filter(|compound| *compound != field.name))
        .collect();
    describe
        .fields
        .into_iter()
        .filter(|field| !compounds.contains(&field.name))
        .filter(|field| !["address", "location", "base64"].contains(&field.field_type.as_str()))
        .map(|field| Column { kind: kind_of(&field.field_type), field: field.name })
        .collect()
}

fn kind_of(field_type: &str) -> Kind {
    match field_type {
        "boolean" => Kind::Boolean,
        "int" | "long" | "double" | "currency" | "percent" => Kind::Number,
        "datetime" => Kind::Instant,
        _ => Kind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, columns_of};

    #[test]
    fn compounds_and_base64_have_no_column() {
        let describe = serde_json::from_str(
            r#"{"fields":[
                {"name":"Id","type":"id","compoundFieldName":null},
                {"name":"Name","type":"string","compoundFieldName":"Name"},
                {"name":"BillingCity","type":"string","compoundFieldName":"BillingAddress"},
                {"name":"BillingAddress","type":"address","compoundFieldName":null},
                {"name":"Body","type":"base64","compoundFieldName":null},
                {"name":"Amount","type":"currency","compoundFieldName":null},
                {"name":"CreatedDate","type":"datetime","compoundFieldName":null},
                {"name":"CloseDate","type":"date","compoundFieldName":null}]}"#,
        )
        .unwrap();

        let columns = columns_of(describe);

        let shown: Vec<_> = columns.iter().map(|column| (column.field.as_str(), column.kind)).collect();
        assert_eq!(
            shown,
            [
                ("Id", Kind::Text),
                ("Name", Kind::Text),
                ("BillingCity", Kind::Text),
                ("Amount", Kind::Number),
                ("CreatedDate", Kind::Instant),
                ("CloseDate", Kind::Text)
            ]
        );
    }

    #[test]
    fn a_persons_name_is_made_up_of_others() {
        let describe = serde_json::from_str(
            r#"{"fields":[
                {"name":"LastName","type":"string","compoundFieldName":"Name"},
                {"name":"Name","type":"string","compoundFieldName":"Name"}]}"#,
        )
        .unwrap();

        let columns = columns_of(describe);

        assert_eq!(columns.iter().map(|column| column.field.as_str()).collect::<Vec<_>>(), ["LastName"]);
    }
}
