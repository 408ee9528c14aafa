//! The schemas that events are written with, by sObject and by id.

use std::collections::HashMap;
use std::sync::Arc;

use super::event_schema::EventSchema;
use super::topic::{Topic, TopicKind};
use super::{Settings, Streams};
use crate::schema::SObject;

/// As many schemas are remembered. There is a new one whenever fields change.
const MAX_KNOWN: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Schemas {
    /// Those that new events are written with, by the name of the event.
    current: HashMap<String, Arc<EventSchema>>,
    /// All that events were written with.
    known: HashMap<String, Arc<EventSchema>>,
}

impl Schemas {
    pub(super) fn forget_current(&mut self) {
        self.current.clear();
    }

    fn get_or_make(&mut self, name: &str, make: impl FnOnce() -> EventSchema) -> Arc<EventSchema> {
        if let Some(schema) = self.current.get(name) {
            return Arc::clone(schema);
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        let made = Arc::new(make());
        let schema = self.known.entry(made.id.clone()).or_insert(made);
        self.current.insert(name.to_owned(), Arc::clone(schema));
        Arc::clone(schema)
    }
}

impl Streams {
    /// Returns the schema that new events of an sObject's changes are written with.
    pub(super) fn change_schema(&self, sobject: &'static SObject, settings: &Settings) -> Arc<EventSchema> {
        let sobject = self.as_it_is(sobject);
        self.lock_schemas().get_or_make(&sobject.name, || {
            EventSchema::of_changes(sobject, &|field| settings.omits(sobject, &field.name))
        })
    }

    pub(super) fn platform_schema(&self, event: &'static SObject) -> Arc<EventSchema> {
        self.lock_schemas().get_or_make(&event.name, || EventSchema::of_platform_event(event))
    }

    /// Returns the schema of a topic's events; for topics of several kinds, that of what they have in common.
    pub(crate) fn topic_schema(&self, topic: &Topic) -> Arc<EventSchema> {
        match (topic.kind, topic.only_member()) {
            (TopicKind::Changes, Some(sobject)) => self.change_schema(sobject, &self.settings()),
            (_, Some(event)) => self.platform_schema(event),
            (_, None) => {
                let name = topic.name.rsplit('/').next().unwrap_or_default();
                self.lock_schemas().get_or_make(&topic.name, || EventSchema::of_channel(name))
            }
        }
    }

    /// Finds a schema that events were written with.
    pub(crate) fn find_schema(&self, id: &str) -> Option<Arc<EventSchema>> {
        self.lock_schemas().known.get(id).cloned()
    }
}
