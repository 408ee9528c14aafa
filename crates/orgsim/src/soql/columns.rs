//! What a query selects, told without its records.

use serde_json::{Value as Json, json};

use super::column::Column;
use super::group::Grouping;
use super::path::{FieldPath, Leaf, Step};
use super::query::Query;
use crate::schema::FieldKind;

/// A column seen from the record that is described: lookups left to follow, then what it is.
type Entry<'a> = (&'a [Step], Described<'a>);

#[derive(Clone, Copy)]
enum Described<'a> {
    Field(Leaf),
    /// A function, by its name and type.
    Computed(&'a str, FieldKind),
    Children(&'a str, &'a Query),
    /// A parent whose fields differ from record to record.
    Choice(&'a str),
}

impl Query {
    /// Returns the answer to a query sent with `columns=true`, which the sf command line asks for its tables.
    ///
    /// Salesforce documents it nowhere; the members are those that its own command line reads.
    pub fn columns_json(&self) -> Json {
        let columns = match &self.grouping {
            Some(grouping) => describe_grouping(grouping),
            None => self.describe(),
        };
        json!({
            "columnMetadata": columns,
            "entityName": self.sobject.name,
            "groupBy": self.grouping.as_ref().is_some_and(|grouping| !grouping.keys.is_empty()),
            "idSelected": self.columns.iter().any(|column| matches!(column, Column::Field(path) if path.is_own_id())),
            "keyPrefix": self.sobject.key_prefix.map(|prefix| String::from_utf8_lossy(&prefix).into_owned()),
        })
    }

    /// Returns how many custom long texts it selects, of the records themselves and of their parents.
    pub(crate) fn custom_long_text_count(&self) -> usize {
        let count = |paths: &[FieldPath]| paths.iter().filter(|path| path.leaf.is_custom_long_text()).count();
        let counts = self.columns.iter().map(|column| match column {
            Column::Field(path) => count(std::slice::from_ref(path)),
            Column::Computed(..) | Column::Children(..) => 0,
            Column::TypeOf(type_of) => type_of.cases.iter().map(|(_, paths)| count(paths)).max().unwrap_or(0),
        });
        counts.sum()
    }

    fn describe(&self) -> Vec<Json> {
        let entries: Vec<Entry<'_>> = self.columns.iter().map(|column| self.entry(column)).collect();
        describe_level(&entries)
    }

    fn entry<'q>(&'q self, column: &'q Column) -> Entry<'q> {
        match column {
            Column::Field(path) => (&path.steps, Described::Field(path.leaf)),
            Column::Computed(expression, None) => {
                let name = expression.path().leaf.name();
                (expression.steps(), Described::Computed(name, expression.kind()))
            }
            Column::Computed(expression, Some(name)) => (&[], Described::Computed(name, expression.kind())),
            Column::Children(name, place) => (&[], Described::Children(name, &self.children[*place].query)),
            Column::TypeOf(type_of) => match type_of.steps.split_last() {
                Some((last, parents)) => (parents, Described::Choice(last.name())),
                None => (&[], Described::Choice("")),
            },
        }
    }
}

fn describe_grouping(grouping: &Grouping) -> Vec<Json> {
    let describe = |output: &super::group::Output| {
        let mut column = describe_column(&output.name, Some(grouping.kind(&output.value)), false);
        column["aggregate"] = json!(true);
        column["displayName"] = json!(output.text);
        column
    };
    grouping.outputs.iter().map(describe).collect()
}

/// Describes the columns of one record, those of each parent as one column that joins them.
fn describe_level(entries: &[Entry<'_>]) -> Vec<Json> {
    let mut columns = Vec::new();
    let mut parents: Vec<Step> = Vec::new();
    for (steps, described) in entries {
        let Some(step) = steps.first() else {
            columns.push(describe_entry(*described));
            continue;
        };
        if parents.contains(step) {
            continue;
        }
        parents.push(*step);
        let below: Vec<Entry<'_>> = entries
            .iter()
            .filter(|(steps, _)| steps.first() == Some(step))
            .map(|(steps, described)| (&steps[1..], *described))
            .collect();
        let mut column = describe_column(step.name(), None, false);
        column["foreignKeyName"] = json!(step.lookup.name);
        column["joinColumns"] = Json::Array(describe_level(&below));
        columns.push(column);
    }
    columns
}

fn describe_entry(described: Described<'_>) -> Json {
    match described {
        Described::Field(leaf) => describe_field(leaf),
        Described::Computed(name, kind) => describe_column(name, Some(kind), name.ends_with("__c")),
        Described::Choice(name) => describe_column(name, None, false),
        Described::Children(name, query) => {
            let mut column = describe_column(name, None, false);
            column["aggregate"] = json!(true);
            column["joinColumns"] = Json::Array(query.describe());
            column
        }
    }
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
        FieldKind::Long => "Long",
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
