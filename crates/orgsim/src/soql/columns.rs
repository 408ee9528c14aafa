//! What a query selects, told without its records.

use serde_json::{Value as Json, json};

use super::path::{FieldPath, Leaf, Step};
use super::query::Query;
use crate::schema::FieldKind;

impl Query {
    /// Returns the answer to a query sent with `columns=true`, which the sf command line asks for its tables.
    ///
    /// Salesforce documents it nowhere; the members are those that its own command line reads.
    pub fn columns_json(&self) -> Json {
        let paths: Vec<(&[Step], Leaf)> =
            self.columns.iter().map(|path| (path.steps.as_slice(), path.leaf)).collect();
        json!({
            "columnMetadata": describe_level(&paths),
            "entityName": self.sobject.name,
            "groupBy": false,
            "idSelected": self.columns.iter().any(FieldPath::is_own_id),
            "keyPrefix": self.sobject.key_prefix.map(|prefix| String::from_utf8_lossy(&prefix).into_owned()),
        })
    }
}

/// Describes the columns of one record, those of each parent as one column that joins them.
fn describe_level(paths: &[(&[Step], Leaf)]) -> Vec<Json> {
    let mut columns = Vec::new();
    let mut parents: Vec<Step> = Vec::new();
    for (steps, leaf) in paths {
        let Some(step) = steps.first() else {
            columns.push(describe_field(*leaf));
            continue;
        };
        if parents.contains(step) {
            continue;
        }
        parents.push(*step);
        let below: Vec<(&[Step], Leaf)> = paths
            .iter()
            .filter(|(steps, _)| steps.first() == Some(step))
            .map(|(steps, leaf)| (&steps[1..], *leaf))
            .collect();
        let mut column = describe_column(step.name(), None, false);
        column["foreignKeyName"] = json!(step.lookup.name);
        column["joinColumns"] = Json::Array(describe_level(&below));
        columns.push(column);
    }
    columns
}

fn describe_field(leaf: Leaf) -> Json {
    let mut column = describe_column(leaf.name(), Some(leaf.kind()), leaf.name().ends_with("__c"));
    if let Leaf::Field(_, field) = leaf {
        column["insertable"] = json!(field.createable);
        column["updatable"] = json!(field.updateable);
    }
    column
}

fn describe_column(name: &str, kind: Option<FieldKind>, is_custom: bool) -> Json {
    let apex_type = kind.map(apex_type);
    json!({
        "aggregate": false,
        "apexType": apex_type,
        "booleanType": apex_type == Some("Boolean"),
        "columnName": name,
        "custom": is_custom,
        "displayName": name,
        "foreignKeyName": null,
        "insertable": false,
        "joinColumns": [],
        "numberType": matches!(apex_type, Some("Integer" | "Double")),
        "textType": apex_type == Some("String"),
        "updatable": false,
    })
}

fn apex_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id | FieldKind::Reference => "Id",
        FieldKind::Boolean => "Boolean",
        FieldKind::Int => "Integer",
        FieldKind::Double | FieldKind::Currency | FieldKind::Percent => "Double",
        FieldKind::Date => "Date",
        FieldKind::DateTime => "Datetime",
        FieldKind::Time => "Time",
        FieldKind::Base64 => "Blob",
        FieldKind::Address => "Address",
        FieldKind::Location => "Location",
        _ => "String",
    }
}
