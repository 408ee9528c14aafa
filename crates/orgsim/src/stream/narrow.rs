//! What a subscriber may see of events: which channels, and which fields on them. Who owns the records does not matter.

use std::sync::Arc;

use super::avro::{Datum, Field};
use super::bitmap::{self, Mark};
use super::event_schema::{EventSchema, Slot};
use super::{Event, Topic, TopicKind};
use crate::rights::Rights;
use crate::schema::SObject;

/// The sets of fields in the header of a change.
const SETS: [&str; 3] = ["nulledFields", "diffFields", "changedFields"];

impl Topic {
    /// Returns whether a user may subscribe: to the changes of one sObject who may read all of its records, to channels of
    /// several who may read all data (Change Data Capture Developer Guide, Required Permissions for Receiving Change Events).
    pub(crate) fn is_open_to(&self, rights: &Rights) -> bool {
        match self.kind {
            TopicKind::Several => rights.has("ViewAllData") || rights.has("ModifyAllData"),
            TopicKind::Changes => self.only_member().is_some_and(|sobject| may_follow(sobject, rights)),
            TopicKind::Platform => true,
        }
    }
}

fn may_follow(sobject: &SObject, rights: &Rights) -> bool {
    let access = rights.access(sobject);
    let views_all = access.view_all || access.modify_all;
    access.read && (views_all || sobject.name == "User" && rights.has("ViewAllUsers"))
}

impl Event {
    /// Returns the event without the fields that field-level security hides from a user (Change Data Capture Developer Guide,
    /// Change Event Considerations).
    pub(crate) fn narrowed_to(self: &Arc<Self>, rights: &Rights) -> Arc<Self> {
        let schema = &self.schema;
        let hidden = match schema.sobject {
            Some(sobject) if schema.is_of_changes() => list_hidden(schema, sobject, rights),
            _ => Vec::new(),
        };
        let values = if hidden.is_empty() { None } else { schema.decode(&self.payload) };
        let Some(mut values) = values else { return Arc::clone(self) };
        for mark in &hidden {
            blank(&mut values, *mark);
        }
        if let (Some(header), Some(Datum::Record(members))) = (schema.fields().first(), values.first_mut()) {
            leave_out(header, members, &hidden);
        }
        let payload = schema.encode(&Datum::Record(values)).into();
        Arc::new(Self { id: self.id.clone(), schema: Arc::clone(schema), payload })
    }
}

/// Lists the fields of an event, and those inside its compound fields, that a user may not read.
fn list_hidden(schema: &EventSchema, sobject: &SObject, rights: &Rights) -> Vec<Mark> {
    let is_hidden = |place: usize| !rights.may_read_field(sobject, &sobject.fields[place]);
    let mut hidden = Vec::new();
    for (at, slot) in schema.slots.iter().enumerate() {
        match slot {
            Slot::Header => {}
            Slot::Field(place) => hidden.extend(is_hidden(*place).then_some((at, None))),
            Slot::Compound(parts) => {
                let parts = parts.iter().enumerate();
                let of_user = parts.filter(|(_, part)| part.is_some_and(is_hidden));
                hidden.extend(of_user.map(|(child, _)| (at, Some(child))));
            }
        }
    }
    hidden
}

fn blank(values: &mut [Datum], (at, child): Mark) {
    let Some(value) = values.get_mut(at) else { return };
    match (child, &mut *value) {
        (None, _) => *value = Datum::Null,
        (Some(child), Datum::Record(parts)) => {
            if let Some(part) = parts.get_mut(child) {
                *part = Datum::Null;
            }
            if parts.iter().all(|part| *part == Datum::Null) {
                *value = Datum::Null;
            }
        }
        (Some(_), _) => {}
    }
}

/// Takes fields out of the sets that the header has of them.
fn leave_out(header: &Field, members: &mut [Datum], hidden: &[Mark]) {
    let Some(record) = header.kind.as_record() else { return };
    for (field, member) in record.fields.iter().zip(members) {
        let Datum::Array(texts) = &*member else { continue };
        if SETS.contains(&field.name.as_str()) {
            let texts = texts.iter().filter_map(|text| match text {
                Datum::String(text) => Some(text.as_str()),
                _ => None,
            });
            let mut marks = bitmap::read(&texts.collect::<Vec<_>>());
            marks.retain(|mark| !hidden.contains(mark));
            *member = Datum::Array(bitmap::write(&marks).into_iter().map(Datum::String).collect());
        }
    }
}
