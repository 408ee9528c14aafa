//! Change events of single records: what they say of the values.

use chrono::{NaiveDate, NaiveTime};
use rust_decimal::prelude::ToPrimitive;

use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::{Field, SObject};
use crate::stream::avro::{Datum, Type};
use crate::stream::bitmap::{self, Mark};
use crate::stream::event_schema::{ChangeType, EventSchema, Slot};
use crate::value::Value;

/// What all events of a transaction have in common.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) key: String,
    pub(super) origin: String,
    pub(super) user_id: RecordId,
    pub(super) commit_number: i64,
    pub(super) at_ms: i64,
}

/// A change, before it is given its place in the transaction.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) kind: ChangeType,
    pub(super) record_ids: Vec<String>,
    nulled: Vec<Mark>,
    changed: Vec<Mark>,
    /// The fields behind the header.
    values: Vec<Datum>,
}

impl Change {
    /// Makes a change that tells no values.
    pub(super) fn without_values(kind: ChangeType, record_ids: Vec<String>, schema: &EventSchema) -> Self {
        let values = vec![Datum::Null; schema.slots.len() - 1];
        Self { kind, record_ids, nulled: Vec::new(), changed: Vec::new(), values }
    }

    /// Tells all values of a record, as new and restored ones are told.
    pub(super) fn with_all_values(
        kind: ChangeType,
        view: &OrgView<'_>,
        row: &Row,
        schema: &EventSchema,
        sobject: &'static SObject,
    ) -> Self {
        let read = |field: &Field, kind: &Type| to_datum(&view.value(sobject, row, field), kind);
        let values = schema.fields().iter().zip(&schema.slots).skip(1).map(|(field, slot)| match slot {
            Slot::Header => Datum::Null,
            Slot::Field(at) => read(&sobject.fields[*at], &field.kind),
            Slot::Compound(parts) => {
                let kinds = field.kind.as_record().map(|record| &record.fields);
                let values = parts
                    .iter()
                    .zip(kinds.into_iter().flatten())
                    .map(|(part, kind)| part.map_or(Datum::Null, |at| read(&sobject.fields[at], &kind.kind)));
                or_null(values.collect())
            }
        });
        let record_ids = vec![view.id(row).to_string()];
        Self { kind, record_ids, nulled: Vec::new(), changed: Vec::new(), values: values.collect() }
    }

    /// Tells what is different about a record. Answers `None` if nothing that events carry is.
    pub(super) fn of_update(
        before: &OrgView<'_>,
        after: &OrgView<'_>,
        row: &Row,
        schema: &EventSchema,
        sobject: &'static SObject,
    ) -> Option<Self> {
        let mut update = Self::without_values(ChangeType::Update, vec![after.id(row).to_string()], schema);
        let is_touched = is_touched(after, sobject, row);
        let mut compare = |mark: Mark, at: usize, kind: &Type| {
            let field = &sobject.fields[at];
            let (old, new) = (before.value(sobject, row, field), after.value(sobject, row, field));
            // Two changes within a second leave the same instant.
            if old == new && !(is_touched && field.name == "LastModifiedDate") {
                return Datum::Null;
            }
            update.changed.push(mark);
            if new.is_null() {
                update.nulled.push(mark);
            }
            to_datum(&new, kind)
        };
        let mut values = Vec::with_capacity(schema.slots.len());
        for (at, (field, slot)) in schema.fields().iter().zip(&schema.slots).enumerate().skip(1) {
            values.push(match slot {
                Slot::Header => Datum::Null,
                Slot::Field(place) => compare((at, None), *place, &field.kind),
                Slot::Compound(parts) => {
                    let kinds = field.kind.as_record().map(|record| &record.fields);
                    let parts = parts.iter().zip(kinds.into_iter().flatten()).enumerate();
                    let read =
                        |(child, (part, kind)): (usize, (&Option<usize>, &crate::stream::avro::Field))| {
                            part.map_or(Datum::Null, |place| compare((at, Some(child)), place, &kind.kind))
                        };
                    or_null(parts.map(read).collect())
                }
            });
        }
        update.values = values;
        (!update.changed.is_empty()).then_some(update)
    }

    /// Returns how many changes it counts as (Change Data Capture Developer Guide, Overflow Events).
    pub(super) fn weight(&self) -> usize {
        if self.kind == ChangeType::Update { self.changed.len() } else { 1 }
    }

    /// Returns whether another record went through the same, so that one event tells of both.
    pub(super) fn is_same_for(&self, other: &Self) -> bool {
        matches!(self.kind, ChangeType::Update | ChangeType::Delete)
            && self.kind == other.kind
            && self.changed == other.changed
            && self.values == other.values
    }

    /// Puts the header before the values.
    pub(super) fn to_payload(
        &self,
        entity: &str,
        sequence: usize,
        by: &Transaction,
        schema: &EventSchema,
    ) -> Vec<u8> {
        let text = |text: &str| Datum::String(text.to_owned());
        let texts = |texts: Vec<String>| Datum::Array(texts.into_iter().map(Datum::String).collect());
        let header = Datum::Record(vec![
            text(entity),
            texts(self.record_ids.clone()),
            Datum::Enum(self.kind as usize),
            text(&by.origin),
            text(&by.key),
            Datum::Int(i32::try_from(sequence).unwrap_or(i32::MAX)),
            Datum::Long(by.at_ms),
            Datum::Long(by.commit_number),
            text(by.user_id.as_str()),
            texts(bitmap::write(&self.nulled)),
            texts(Vec::new()),
            texts(bitmap::write(&self.changed)),
        ]);
        let mut payload = Vec::new();
        for (field, value) in schema.fields().iter().zip([&header].into_iter().chain(&self.values)) {
            field.kind.encode(value, &mut payload);
        }
        payload
    }
}

/// Returns whether somebody changed the record, as opposed to what follows from changes of others.
fn is_touched(after: &OrgView<'_>, sobject: &SObject, row: &Row) -> bool {
    let read = |name| sobject.field(name).map(|field| after.value(sobject, row, field));
    read("LastModifiedDate").is_some_and(|modified| Some(modified) == read("SystemModstamp"))
}

fn or_null(values: Vec<Datum>) -> Datum {
    if values.iter().all(|value| *value == Datum::Null) { Datum::Null } else { Datum::Record(values) }
}

/// Returns a value as an event carries it.
pub(super) fn to_datum(value: &Value<'_>, kind: &Type) -> Datum {
    let wants_double = accepts(kind, &Type::Double);
    match value {
        // Events carry no bytes of files.
        Value::Null | Value::Blob(_) => Datum::Null,
        Value::Bool(value) => Datum::Boolean(*value),
        Value::Int(number) if wants_double => Datum::Double(*number as f64),
        Value::Int(number) if accepts(kind, &Type::Long) => Datum::Long(*number),
        Value::Int(number) => i32::try_from(*number).map_or(Datum::Null, Datum::Int),
        Value::Number(number) if wants_double => number.to_f64().map_or(Datum::Null, Datum::Double),
        Value::Number(number) => number.to_i32().map_or(Datum::Null, Datum::Int),
        Value::Text(text) => Datum::String(text.clone().into_owned()),
        Value::Id(id) => Datum::String(id.to_string()),
        Value::Date(day) => {
            Datum::Long(NaiveDate::and_time(day, NaiveTime::MIN).and_utc().timestamp_millis())
        }
        Value::DateTime(ms) => Datum::Long(*ms),
        Value::Time(ms) => Datum::Long(i64::from(*ms)),
    }
}

fn accepts(kind: &Type, wanted: &Type) -> bool {
    match kind {
        Type::Union(branches) => branches.iter().any(|branch| accepts(branch, wanted)),
        kind => std::mem::discriminant(kind) == std::mem::discriminant(wanted),
    }
}
