//! Publishing platform events.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::avro::Datum;
use super::event_schema::EventSchema;
use super::json::from_json;
use super::topic::{Topic, TopicKind};
use super::{Event, Position, Streams};
use crate::id::RecordId;
use crate::random;
use crate::schema::{FieldKind, SObject};

/// Why an event was not published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Unpublished {
    NoSuchField(String),
    WrongValue(String),
    Required(String),
    TooLong(String, u32),
}

impl Streams {
    /// Publishes an event that is encoded already, and returns where it stands. Answers why it cannot be published.
    pub(crate) fn publish_encoded(
        &self,
        topic: &Topic,
        id: &str,
        schema_id: &str,
        payload: &[u8],
    ) -> Result<(Position, String), String> {
        let event = topic.only_member().filter(|_| topic.kind == TopicKind::Platform);
        let Some(event) = event else { return Err(format!("{} takes no events", topic.name)) };
        let schema = self.find_schema(schema_id);
        let schema = schema.filter(|schema| schema.sobject.is_some_and(|known| std::ptr::eq(known, event)));
        let Some(schema) = schema else {
            return Err(format!("The schema ID {schema_id} is not one of {}", topic.name));
        };
        if payload.len() > self.settings().event_bytes {
            return Err(format!("The event is larger than {} bytes", self.settings().event_bytes));
        }
        let Some(values) = schema.decode(payload) else {
            return Err("The event's payload does not match its schema".to_owned());
        };
        if let Some(wrong) = find_wrong(&schema, event, &values) {
            return Err(wrong.to_string());
        }
        let id = if id.is_empty() { random::uuid() } else { id.to_owned() };
        let position = self.publish(Event { id: id.clone(), schema, payload: payload.into() });
        Ok((position, id))
    }

    /// Reads an event from the members of a REST record.
    pub(crate) fn read_members(
        &self,
        event: &'static SObject,
        members: &Map<String, Json>,
        user_id: &RecordId,
    ) -> Result<Event, Unpublished> {
        let schema = self.platform_schema(event);
        let members = members.iter().filter(|(name, _)| *name != "attributes");
        let mut given: Vec<(&str, &Json)> = Vec::new();
        for (name, json) in members {
            let known = schema.fields().iter().find(|field| field.name.eq_ignore_ascii_case(name));
            let writable =
                known.filter(|field| event.field(&field.name).is_some_and(|field| field.createable));
            let field = writable.ok_or_else(|| Unpublished::NoSuchField(name.clone()))?;
            given.push((&field.name, json));
        }
        let now_ms = self.now_ms();
        let mut values = Vec::with_capacity(schema.slots.len());
        for field in schema.fields() {
            let definition = event.field(&field.name);
            let json = given.iter().find(|(name, _)| *name == field.name).map(|(_, json)| *json);
            values.push(match (field.name.as_str(), json.filter(|json| !json.is_null() && **json != "")) {
                ("CreatedDate", _) => Datum::Long(now_ms),
                ("CreatedById", _) => Datum::String(user_id.to_string()),
                (_, Some(json)) => {
                    let kind = definition.map_or(FieldKind::String, |field| field.kind);
                    from_json(&field.kind, kind, json)
                        .ok_or_else(|| Unpublished::WrongValue(field.name.clone()))?
                }
                (_, None) => match definition.filter(|field| !field.nillable).map(|field| field.kind) {
                    Some(FieldKind::Boolean) => Datum::Boolean(
                        definition.and_then(|field| field.default_value.as_deref()) == Some("true"),
                    ),
                    Some(_) => return Err(Unpublished::Required(field.name.clone())),
                    None => Datum::Null,
                },
            });
        }
        if let Some(wrong) = find_wrong(&schema, event, &values) {
            return Err(wrong);
        }
        let payload = schema.encode(&Datum::Record(values)).into_boxed_slice();
        Ok(Event { id: random::uuid(), schema, payload })
    }

    /// Publishes an event.
    pub(crate) fn publish(&self, event: Event) -> Position {
        let positions = self.append(vec![event]);
        positions.first().copied().unwrap_or_else(|| self.latest())
    }
}

/// Finds a value that the definition of the event does not allow.
fn find_wrong(schema: &Arc<EventSchema>, event: &SObject, values: &[Datum]) -> Option<Unpublished> {
    schema.fields().iter().zip(values).find_map(|(field, value)| {
        let definition = event.field(&field.name)?;
        match value {
            Datum::Null if !definition.nillable => Some(Unpublished::Required(field.name.clone())),
            Datum::String(text)
                if definition.length > 0 && text.chars().count() > definition.length as usize =>
            {
                Some(Unpublished::TooLong(field.name.clone(), definition.length))
            }
            _ => None,
        }
    })
}

impl std::fmt::Display for Unpublished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchField(name) => write!(f, "No such column '{name}'"),
            Self::WrongValue(name) => write!(f, "{name}: value not of required type"),
            Self::Required(name) => write!(f, "Required fields are missing: [{name}]"),
            Self::TooLong(name, most) => write!(f, "{name}: data value too large (max length={most})"),
        }
    }
}
