//! What Salesforce itself does about the records of its standard sObjects when they are written.

use crate::id::RecordId;
use crate::org::draft::Values;
use crate::org::write::{Author, set, touch};
use crate::org::{Org, OrgView, Row, SaveError};
use crate::schema::SObject;
use crate::value::Value;

mod activities;
mod campaign_members;
mod deals;
mod line_items;
mod prices;
mod statuses;

/// A record as it is about to be written.
#[derive(Debug)]
pub(super) struct Draft<'a, 'org> {
    pub(super) view: &'a OrgView<'org>,
    pub(super) sobject: &'a SObject,
    /// The record that is changed; none where one is added.
    pub(super) row: Option<Row>,
    pub(super) values: &'a mut Values,
    pub(super) by: Author,
}

/// A record that has been written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a, 'org> {
    pub(super) sobject: &'a SObject,
    pub(super) row: Row,
    /// The org before the change; none where the record is new.
    pub(super) before: Option<&'a OrgView<'org>>,
    pub(super) values: &'a Values,
    pub(super) by: Author,
}

/// What a write by the org itself moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stamp {
    /// Nothing: the field is of the kind that is computed.
    Nothing,
    /// `SystemModstamp` alone.
    System,
    /// All that a write by a user moves.
    Modified,
}

/// Checks and completes what is about to be written.
pub(super) fn complete(mut draft: Draft<'_, '_>) -> Result<(), SaveError> {
    match draft.sobject.name.as_str() {
        "Opportunity" => deals::complete(&mut draft),
        "OpportunityLineItem" => line_items::complete(&mut draft),
        "PricebookEntry" => prices::complete_entry(&mut draft),
        "Lead" => statuses::refuse_converted(&draft),
        "Contract" => statuses::complete_contract(&mut draft),
        "Task" => activities::complete_task(&mut draft),
        "Event" => activities::complete_event(&mut draft),
        "CampaignMember" => campaign_members::complete(&draft),
        _ => Ok(()),
    }
}

impl Org {
    /// Does what follows from a write in other records.
    pub(super) fn follow(&self, change: Change<'_, '_>) {
        match change.sobject.name.as_str() {
            "Opportunity" => self.follow_deal(change),
            "OpportunityContactRole" => self.follow_contact_role(change),
            "OpportunityLineItem" => self.refresh_deal(change.sobject, change.row, change.by),
            "Case" => self.follow_case(change),
            "Event" | "Task" => self.follow_activity(change),
            _ => {}
        }
        self.write_history(change);
    }

    /// Brings records up to date that tell of one that was deleted or brought back.
    pub(super) fn refresh_parents(&self, rows: &[Row], by: Author) {
        for row in rows {
            let sobject = &self.schema().sobjects()[row.sobject_index()];
            match sobject.name.as_str() {
                "OpportunityLineItem" => self.refresh_deal(sobject, *row, by),
                "OpportunityContactRole" => self.refresh_primary_contact(sobject, *row),
                _ => {}
            }
        }
    }

    /// Writes fields of a record as the org itself.
    pub(super) fn set_fields(
        &self,
        sobject: &SObject,
        row: Row,
        values: &[(&str, Value<'static>)],
        stamp: Stamp,
        by: Author,
    ) {
        self.change(|overlay| {
            let patch = overlay.table_mut(sobject).patch_mut(row.number);
            for (name, value) in values {
                set(patch, sobject, name, value.clone());
            }
            match stamp {
                Stamp::Nothing => {}
                Stamp::System => set(patch, sobject, "SystemModstamp", Value::DateTime(by.now_ms)),
                Stamp::Modified => touch(patch, sobject, by.user_id, by.now_ms),
            }
        });
    }

    /// Adds a record as the org itself. Fields that the sObject lacks are left out.
    pub(super) fn add(&self, sobject: &SObject, values: Vec<(&str, Value<'static>)>, by: Author) -> RecordId {
        let known = values.into_iter().filter_map(|(name, value)| Some((sobject.field(name)?.index, value)));
        self.insert_as(sobject, &known.collect::<Vec<_>>(), by)
    }
}

impl OrgView<'_> {
    /// Returns the value of a field by its name; none of what the sObject lacks.
    pub(super) fn named(&self, sobject: &SObject, row: &Row, name: &str) -> Value<'static> {
        sobject.field(name).map_or(Value::Null, |field| self.value(sobject, row, field).into_owned())
    }

    /// Finds a record and its sObject by its id.
    pub(super) fn find_any(&self, id: &RecordId) -> Option<(&'static SObject, Row)> {
        let sobject = self.schema().find_by_prefix(id.prefix())?;
        Some((sobject, self.find(sobject, id)?))
    }

    /// Lists the live records of an sObject that point to a record.
    pub(super) fn list_children(&self, sobject: &str, lookup: &str, parent: &RecordId) -> Vec<Row> {
        let sobject = self.schema().find(sobject);
        let found = sobject.and_then(|sobject| Some((sobject, sobject.field(lookup)?)));
        found.map_or_else(Vec::new, |(sobject, lookup)| {
            self.live_rows_by_key(sobject, lookup, &Value::Id(*parent))
        })
    }
}

impl Draft<'_, '_> {
    fn is_new(&self) -> bool {
        self.row.is_none()
    }

    /// Returns what is written to a field, if anything is.
    fn given(&self, name: &str) -> Option<&Value<'static>> {
        let index = self.sobject.field(name)?.index;
        self.values.iter().find(|(at, _)| *at == index).map(|(_, value)| value)
    }

    /// Returns whether something is written to a field, and it is not null.
    fn gives(&self, name: &str) -> bool {
        self.given(name).is_some_and(|value| !value.is_null())
    }

    /// Returns the value a field will have. A new record has only what is given.
    fn value(&self, name: &str) -> Value<'static> {
        match (self.given(name), self.row) {
            (Some(value), _) => value.clone(),
            (None, Some(row)) => self.view.named(self.sobject, &row, name),
            (None, None) => Value::Null,
        }
    }

    fn id(&self, name: &str) -> Option<RecordId> {
        match self.value(name) {
            Value::Id(id) => Some(id),
            _ => None,
        }
    }

    /// Writes a field, whatever was given.
    fn set(&mut self, name: &str, value: Value<'static>) {
        let Some(field) = self.sobject.field(name) else { return };
        self.values.retain(|(index, _)| *index != field.index);
        self.values.push((field.index, value));
    }

    /// Takes back what is given for a field.
    fn ignore(&mut self, name: &str) {
        if let Some(field) = self.sobject.field(name) {
            self.values.retain(|(index, _)| *index != field.index);
        }
    }

    /// Returns a field of the record that a lookup will point to.
    fn parent_value(&self, lookup: &str, name: &str) -> Value<'static> {
        let parent = self.id(lookup).and_then(|id| self.view.find_any(&id));
        parent.map_or(Value::Null, |(sobject, row)| self.view.named(sobject, &row, name))
    }
}

/// Makes the error of a field whose value does not go with the rest (SOAP API Developer Guide, Status Codes).
fn integrity(field: &str, why: &str) -> SaveError {
    let named = if field.is_empty() { "unknown" } else { field };
    let message = format!("field integrity exception: {named} ({why})");
    let fields: &[&str] = if field.is_empty() { &[] } else { &[field] };
    SaveError::of_fields("FIELD_INTEGRITY_EXCEPTION", message, fields)
}

fn missing(fields: &[&str]) -> SaveError {
    let message = format!("Required fields are missing: [{}]", fields.join(", "));
    SaveError::of_fields("REQUIRED_FIELD_MISSING", message, fields)
}
