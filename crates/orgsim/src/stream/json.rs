//! Events as CometD delivers them: JSON with names of fields and instants as text.

use std::sync::Arc;

use chrono::DateTime;
use serde_json::{Map, Value as Json, json};

use super::avro::{Datum, Field, Type};
use super::bitmap::{self, Mark};
use super::event_schema::{ChangeType, EventSchema};
use super::{Event, Position};
use crate::schema::FieldKind;

impl Event {
    /// Writes the `data` of a CometD message (Streaming API Developer Guide; Change Data Capture Developer Guide, Change
    /// Event Message Structure).
    pub(crate) fn to_json(&self, position: Position) -> Json {
        let schema = &self.schema;
        let values = schema.decode(&self.payload).unwrap_or_default();
        let mut event = json!({ "replayId": position.as_number() });
        let payload = if schema.is_of_changes() {
            change_payload(schema, &values)
        } else {
            event["EventUuid"] = json!(self.id);
            platform_payload(schema, &values)
        };
        json!({ "schema": schema.id, "payload": payload, "event": event })
    }
}

fn platform_payload(schema: &Arc<EventSchema>, values: &[Datum]) -> Json {
    let members = schema.fields().iter().zip(values);
    Json::Object(members.map(|(field, value)| (field.name.clone(), to_json(field, value))).collect())
}

/// A change tells the fields that have a value and those that lost it.
fn change_payload(schema: &Arc<EventSchema>, values: &[Datum]) -> Json {
    let fields = schema.fields();
    let (Some(header), Some(Datum::Record(header_values))) = (fields.first(), values.first()) else {
        return Json::Null;
    };
    let changed = changed_marks(header, header_values);
    let mut payload = Map::new();
    payload.insert(header.name.clone(), header_json(fields, header, header_values));
    for (at, (field, value)) in fields.iter().zip(values).enumerate().skip(1) {
        let of_parts = |(place, child): &Mark| (*place == at).then_some(*child);
        let marks: Vec<Option<usize>> = changed.iter().filter_map(of_parts).collect();
        if *value == Datum::Null && marks.is_empty() {
            continue;
        }
        payload.insert(field.name.clone(), field_json(field, value, &marks));
    }
    Json::Object(payload)
}

fn changed_marks(header: &Field, values: &[Datum]) -> Vec<Mark> {
    let Some(record) = header.kind.as_record() else { return Vec::new() };
    let at = record.fields.iter().position(|field| field.name == "changedFields");
    at.and_then(|at| values.get(at)).map(|value| bitmap::read(&texts(value))).unwrap_or_default()
}

fn header_json(fields: &[Field], header: &Field, values: &[Datum]) -> Json {
    let Some(record) = header.kind.as_record() else { return Json::Null };
    let members = record.fields.iter().zip(values).map(|(field, value)| {
        let json = match (field.name.as_str(), value) {
            ("nulledFields" | "diffFields" | "changedFields", value) => {
                json!(bitmap::names(fields, &bitmap::read(&texts(value))))
            }
            (_, Datum::Enum(at)) => json!(ChangeType::NAMES.get(*at)),
            (_, Datum::Long(number)) => json!(number),
            (_, value) => to_json(field, value),
        };
        (field.name.clone(), json)
    });
    Json::Object(members.collect())
}

fn texts(value: &Datum) -> Vec<&str> {
    let Datum::Array(values) = value else { return Vec::new() };
    values
        .iter()
        .filter_map(|value| if let Datum::String(text) = value { Some(text.as_str()) } else { None })
        .collect()
}

/// Writes a field; of a compound one the parts that have a value and those that lost it.
fn field_json(field: &Field, value: &Datum, marks: &[Option<usize>]) -> Json {
    let Some(record) = field.kind.as_record().filter(|_| !matches!(value, Datum::String(_))) else {
        return to_json(field, value);
    };
    let parts = if let Datum::Record(parts) = value { parts.as_slice() } else { &[] };
    let members = record.fields.iter().enumerate().filter_map(|(at, part)| {
        let value = parts.get(at).unwrap_or(&Datum::Null);
        let is_told = *value != Datum::Null || marks.contains(&Some(at));
        is_told.then(|| (part.name.clone(), to_json(part, value)))
    });
    let members: Map<String, Json> = members.collect();
    if members.is_empty() { Json::Null } else { Json::Object(members) }
}

fn to_json(field: &Field, value: &Datum) -> Json {
    match value {
        Datum::Null => Json::Null,
        Datum::Boolean(value) => json!(value),
        Datum::Int(number) => json!(number),
        Datum::Long(number) => long_json(field, *number),
        Datum::Double(number) => json!(number),
        Datum::String(text) => json!(text),
        Datum::Enum(at) => json!(at),
        Datum::Array(values) => values.iter().map(|value| to_json(field, value)).collect(),
        Datum::Record(values) => {
            let fields = field.kind.as_record().map(|record| &record.fields);
            let members = fields.into_iter().flatten().zip(values);
            Json::Object(members.map(|(field, value)| (field.name.clone(), to_json(field, value))).collect())
        }
    }
}

/// Writes a day, an instant or a time of day: what the documentation of the field says it is.
fn long_json(field: &Field, number: i64) -> Json {
    let kind = field.doc.as_deref().and_then(|doc| doc.split(':').nth(1));
    let instant = DateTime::from_timestamp_millis(number).unwrap_or_default();
    match kind {
        Some("DateOnly") => json!(instant.format("%Y-%m-%d").to_string()),
        Some("TimeOnly") => json!(instant.format("%H:%M:%S%.3fZ").to_string()),
        Some("DateTime") => json!(instant.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
        _ => json!(number),
    }
}

/// Reads a value that a client gave for a field of a platform event. Answers `None` if it cannot be one.
pub(super) fn from_json(kind: &Type, field: FieldKind, json: &Json) -> Option<Datum> {
    let millis = |text: &str| match field {
        FieldKind::Date => crate::clock::parse_iso(&format!("{}T00:00:00Z", text.get(..10)?)),
        _ => crate::clock::parse_iso(text),
    };
    match kind {
        Type::Null => json.is_null().then_some(Datum::Null),
        Type::Boolean => match json {
            Json::Bool(value) => Some(Datum::Boolean(*value)),
            Json::String(text) => text.parse().ok().map(Datum::Boolean),
            _ => None,
        },
        Type::Int => json.as_i64().and_then(|number| i32::try_from(number).ok()).map(Datum::Int),
        Type::Long => json.as_str().and_then(millis).map(Datum::Long),
        Type::Double => match json {
            Json::String(text) => text.parse().ok().map(Datum::Double),
            json => json.as_f64().map(Datum::Double),
        },
        Type::String => match json {
            Json::String(text) => Some(Datum::String(text.clone())),
            Json::Number(number) => Some(Datum::String(number.to_string())),
            Json::Bool(value) => Some(Datum::String(value.to_string())),
            _ => None,
        },
        Type::Union(branches) => branches.iter().find_map(|branch| from_json(branch, field, json)),
        Type::Enum { .. } | Type::Array(_) | Type::Record(_) => None,
    }
}
