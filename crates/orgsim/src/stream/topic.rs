//! The channels that events come on, by the names that clients know them by.

use super::Streams;
use super::event_schema::change_event_name;
use super::log::Event;
use super::settings::{ALL_CHANGES, find_captured};
use crate::schema::{SObject, Schema};

/// A channel that exists.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    /// The name in the case it is defined in.
    pub(crate) name: String,
    /// What it carries: sObjects whose changes are told, and platform events.
    members: Vec<&'static SObject>,
    pub(crate) kind: TopicKind,
}

/// What kind of channel it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TopicKind {
    /// All selected sObjects, or those of a custom channel.
    Several,
    /// The changes of one sObject.
    Changes,
    /// One platform event, which can be published.
    Platform,
}

impl Topic {
    pub(super) fn carries(&self, event: &Event) -> bool {
        event
            .schema
            .sobject
            .is_some_and(|sobject| self.members.iter().any(|member| member.name == sobject.name))
    }

    /// Returns the one sObject or platform event of a channel that has one.
    pub(crate) fn only_member(&self) -> Option<&'static SObject> {
        self.members.first().copied().filter(|_| self.kind != TopicKind::Several)
    }
}

impl Streams {
    /// Finds a channel: none whose sObject is not selected.
    pub(crate) fn find_topic(&self, name: &str) -> Option<Topic> {
        let settings = self.settings();
        let (kind, rest) = name.strip_prefix('/')?.split_once('/')?;
        let captured = |names: &[String]| names.iter().filter_map(|name| find_captured(name)).collect();
        match kind.to_ascii_lowercase().as_str() {
            "data" if rest.eq_ignore_ascii_case(ALL_CHANGES) => Some(Topic {
                name: format!("/data/{ALL_CHANGES}"),
                members: captured(&settings.selected),
                kind: TopicKind::Several,
            }),
            "data" | "event" if rest.to_ascii_lowercase().ends_with("__chn") => {
                let (channel, members) =
                    settings.channels.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest))?;
                let events = Schema::platform_events();
                let member = |name: &String| find_captured(name).or_else(|| events.find(name));
                let members = members.iter().filter_map(member).collect();
                Some(Topic { name: format!("/{kind}/{channel}"), members, kind: TopicKind::Several })
            }
            "data" => {
                let sobject =
                    find_captured(rest).filter(|sobject| !sobject.name.eq_ignore_ascii_case(rest))?;
                settings.captured().find(|captured| std::ptr::eq(*captured, sobject)).map(|sobject| Topic {
                    name: format!("/data/{}", change_event_name(&sobject.name)),
                    members: vec![sobject],
                    kind: TopicKind::Changes,
                })
            }
            "event" => Schema::platform_events().find(rest).map(|event| Topic {
                name: format!("/event/{}", event.name),
                members: vec![event],
                kind: TopicKind::Platform,
            }),
            _ => None,
        }
    }
}
