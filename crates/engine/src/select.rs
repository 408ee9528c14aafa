//! What a read asks for: the columns of the layout, and what the engine itself must know of each record.

use std::collections::BTreeSet;

use model::{Filter, KeysetPass, RecordLayout};
use salesforce::{
    FieldName, FieldType, SObjectName,
    describe::{FieldDescribe, SObjectDescribe},
};

use crate::query::{Query, Shows};

/// Stamps that do not move with a change.
const ARRIVALS: [&str; 2] = ["CreatedDate", "LoginTime"];
/// A comma and a space, as they stand in an address: `%2C+`.
const SEPARATOR: usize = 4;
/// Custom long texts from which on an answer has few records, and how many (SOAP API Developer Guide, Change the Batch Size in
/// Queries; REST keeps to it).
const MANY_LONG_TEXTS: usize = 2;
const ROWS_OF_LONG_TEXTS: u64 = 200;
/// A text area of so many characters is none that Salesforce calls long.
const SHORT_TEXT: u32 = 255;

/// What a selected value tells the engine besides being stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    Plain,
    Id,
    /// The time of the record's last change.
    Stamp,
    IsDeleted,
    MergedInto,
}

/// One item of the select list.
#[derive(Clone, Debug)]
pub(crate) struct SelectItem {
    /// As written in SOQL: `Name`, `Owner.Type`.
    pub(crate) path: String,
    pub(crate) field_type: FieldType,
    pub(crate) role: Role,
    /// Whether the value is a column of the record table. Stored items stand in the layout's order.
    pub(crate) is_stored: bool,
    /// Whether it is a long text that the org's own people added.
    is_long: bool,
}

/// The select list of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Select {
    items: Vec<SelectItem>,
    stamp: Option<String>,
    parents: BTreeSet<String>,
}

impl Select {
    /// The select list for one pass of a read.
    pub(crate) fn new(describe: &SObjectDescribe, layout: &RecordLayout, pass: KeysetPass) -> Self {
        let stamp = layout.stamp.map(|at| layout.columns[at].path.clone());
        let name = stamp.as_ref().and_then(|path| path.parse().ok());
        let field = name.and_then(|name: FieldName| describe.find_field(&name));
        let is_window = field.is_some_and(|field| field.filterable && field.sortable);
        let window_stamp = stamp.clone().filter(|_| is_window);
        let fields = describe.fields.iter().filter(|field| is_custom_long_text(field));
        let long_texts: BTreeSet<_> = fields.map(|field| field.name.as_str()).collect();
        let mut items = vec![item("Id", FieldType::Id, Role::Id, false)];
        for column in &layout.columns {
            let role = match column.path.as_str() {
                path if Some(path) == stamp.as_deref() => Role::Stamp,
                "IsDeleted" => Role::IsDeleted,
                "MasterRecordId" => Role::MergedInto,
                _ => Role::Plain,
            };
            if pass == KeysetPass::Records || role == Role::Stamp {
                let is_long = long_texts.contains(column.path.as_str());
                let item = item(&column.path, column.field_type, role, pass == KeysetPass::Records);
                items.push(SelectItem { is_long, ..item });
            }
        }
        if pass == KeysetPass::Scope {
            return Self { items, stamp: window_stamp, parents: BTreeSet::new() };
        }
        for (name, role) in [("IsDeleted", Role::IsDeleted), ("MasterRecordId", Role::MergedInto)] {
            let is_missing = !items.iter().any(|item| item.role == role);
            let field = name.parse().ok().and_then(|name: FieldName| describe.find_field(&name));
            if let Some(field) = field.filter(|_| is_missing) {
                items.push(item(name, field.field_type, role, false));
            }
        }
        Self { items, stamp: window_stamp, parents: BTreeSet::new() }
    }

    /// The same for records that look at others through these relationships.
    pub(crate) fn looking_through(self, parents: BTreeSet<String>) -> Self {
        Self { parents, ..self }
    }

    /// The relationships through which the records look at others.
    pub(crate) fn parents(&self) -> &BTreeSet<String> {
        &self.parents
    }

    /// Parts of the select list that stand in queries of `room` bytes each beside what every query has. Each part has the
    /// id, and the stamp where there is one; the first has what else the engine must know of each record.
    pub(crate) fn parts(&self, room: usize) -> Vec<Self> {
        let is_common = |item: &&SelectItem| matches!(item.role, Role::Id | Role::Stamp);
        let common: Vec<_> = self.items.iter().filter(is_common).cloned().collect();
        let (known, plain): (Vec<_>, Vec<_>) = self
            .items
            .iter()
            .filter(|item| !is_common(item))
            .cloned()
            .partition(|item| item.role != Role::Plain);
        let part = |items| Self { items, stamp: self.stamp.clone(), parents: self.parents.clone() };
        let mut parts = vec![];
        let mut items: Vec<_> = common.iter().chain(&known).cloned().collect();
        let mut taken = 0;
        for item in plain {
            let length = item.path.len() + SEPARATOR;
            if taken > 0 && taken + length > room {
                parts.push(part(std::mem::replace(&mut items, common.clone())));
                taken = 0;
            }
            items.push(item);
            taken += length;
        }
        parts.push(part(items));
        parts
    }

    pub(crate) fn items(&self) -> &[SelectItem] {
        &self.items
    }

    /// How many records an answer holds at most where a query asks for so many.
    pub(crate) fn rows_an_answer(&self, rows: u64) -> u64 {
        match self.items.iter().filter(|item| item.is_long).count() >= MANY_LONG_TEXTS {
            true => rows.min(ROWS_OF_LONG_TEXTS),
            false => rows,
        }
    }

    /// The names of all fields together, as long as a query writes them.
    pub(crate) fn text_len(&self) -> usize {
        self.items.iter().map(|item| item.path.len() + 2).sum()
    }

    /// The field that stamps a record's last change, where the sObject has one that queries can ask for.
    pub(crate) fn stamp(&self) -> Option<&str> {
        self.stamp.as_deref()
    }

    /// Whether that field says when a record came, and not when it changed. Most sObjects that have no better one never
    /// change their records (Object Reference: LoginHistory, SetupAuditTrail, the histories), but not all.
    pub(crate) fn stamps_arrivals_only(&self) -> bool {
        self.stamp().is_some_and(|stamp| ARRIVALS.contains(&stamp))
    }

    /// The query for the records that a filter and one more condition keep.
    pub(crate) fn query(
        &self,
        shows: Shows,
        sobject: &SObjectName,
        filter: Option<&Filter>,
        window: Option<&str>,
        tail: &str,
    ) -> Query {
        let fields: Vec<_> = self.items.iter().map(|item| item.path.as_str()).collect();
        let filter = filter.map(Filter::to_soql);
        shows.query(&fields.join(", "), sobject, filter.as_deref(), window, tail)
    }
}

fn item(path: &str, field_type: FieldType, role: Role, is_stored: bool) -> SelectItem {
    SelectItem { path: path.to_owned(), field_type, role, is_stored, is_long: false }
}

fn is_custom_long_text(field: &FieldDescribe) -> bool {
    field.custom && field.field_type == FieldType::Textarea && field.length > SHORT_TEXT
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_have_all_fields_once_and_what_every_query_needs() {
        let fields = (1..=9).map(|number| format!(r#"{{"name": "Field{number}__c", "type": "string"}}"#));
        let fields = fields.chain(["IsDeleted", "Id", "SystemModstamp"].map(|name| {
            let kind = match name {
                "SystemModstamp" => "datetime",
                "Id" => "id",
                _ => "boolean",
            };
            format!(r#"{{"name": "{name}", "type": "{kind}"}}"#)
        }));
        let text = format!(r#"{{"name": "Deal__c", "fields": [{}]}}"#, fields.collect::<Vec<_>>().join(","));
        let describe: SObjectDescribe = serde_json::from_str(&text).expect("a describe");
        let layout = RecordLayout::of_readable(&describe, &model::FieldSelection::All);
        let select = Select::new(&describe, &layout, KeysetPass::Records);
        let paths = |select: &Select| select.items().iter().map(|item| item.path.clone()).collect::<Vec<_>>();

        // Three names and what stands between them.
        let parts = select.parts(3 * ("Field1__c".len() + SEPARATOR));

        assert_eq!(parts.len(), 3);
        assert!(parts.iter().all(|part| paths(part).iter().any(|path| path == "SystemModstamp")));
        let mut all: Vec<_> = parts.iter().flat_map(paths).collect();
        all.sort_unstable();
        all.dedup();
        let mut whole = paths(&select);
        whole.sort_unstable();
        whole.dedup();
        assert_eq!(all, whole);
        assert_eq!(select.parts(usize::MAX).len(), 1);
    }

    #[test]
    fn an_answer_with_two_custom_long_texts_has_200_records() {
        let long = |name, custom, length| json!({"name": name, "type": "textarea", "custom": custom, "length": length});
        let describe: SObjectDescribe = serde_json::from_value(json!({
            "name": "Deal__c",
            "fields": [
                {"name": "Id", "type": "id"},
                long("Description", false, 32_000),
                long("Summary__c", true, 255),
                long("Notes__c", true, 131_072),
                long("Review__c", true, 256)
            ]
        }))
        .expect("a describe");
        let rows_with = |fields: &[&str], rows| {
            let fields = fields.iter().map(|field| field.parse().expect("a name")).collect();
            let layout = RecordLayout::of_readable(&describe, &model::FieldSelection::Only(fields));
            Select::new(&describe, &layout, KeysetPass::Records).rows_an_answer(rows)
        };

        assert_eq!(rows_with(&["Description", "Summary__c", "Notes__c"], 2_000), 2_000);
        assert_eq!(rows_with(&["Notes__c", "Review__c"], 2_000), 200);
        assert_eq!(rows_with(&["Notes__c", "Review__c"], 25), 25);
    }
}
