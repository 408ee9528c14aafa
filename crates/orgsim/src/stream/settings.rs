//! The switches of streaming, as the control API shows and changes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event_schema::changed_sobject_name;
use crate::schema::{SObject, Schema};

/// The sObjects that are selected at first, where the org has them. More than five need an add-on (Change Data Capture
/// Developer Guide, Allocations).
const SELECTED: [&str; 5] = ["Account", "Contact", "Opportunity", "Case", "Lead"];

/// sObjects beside custom ones that have change events (Change Data Capture Developer Guide, Change Event Object Support).
const CHANGE_EVENTS: [&str; 38] = [
    "Account",
    "AccountContactRelation",
    "AccountContactRole",
    "Asset",
    "Campaign",
    "CampaignMember",
    "CampaignMemberStatus",
    "Case",
    "CaseComment",
    "Contact",
    "Contract",
    "ContractContactRole",
    "ContractLineItem",
    "EmailMessage",
    "Entitlement",
    "Event",
    "EventRelation",
    "Individual",
    "Lead",
    "ListEmail",
    "Opportunity",
    "OpportunityContactRole",
    "OpportunityLineItem",
    "Order",
    "OrderItem",
    "Partner",
    "Pricebook2",
    "PricebookEntry",
    "Product2",
    "Quote",
    "QuoteLineItem",
    "RecordType",
    "ServiceContract",
    "Solution",
    "Task",
    "User",
    "WorkOrder",
    "WorkOrderLineItem",
];

/// Names of the channel that carries all selected sObjects.
pub(crate) const ALL_CHANGES: &str = "ChangeEvents";

/// What an administrator says of a custom channel.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelInfo {
    pub(crate) label: String,
    /// `data` for change events, `event` for platform events.
    pub(crate) kind: String,
}

/// How streaming works.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The sObjects whose changes are captured, for `/data/ChangeEvents` and for channels of their own.
    pub(crate) selected: Vec<String>,
    /// Custom channels (`Sales__chn`) and the sObjects or platform events they carry.
    pub(crate) channels: BTreeMap<String, Vec<String>>,
    /// What their makers said of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) channel_info: BTreeMap<String, ChannelInfo>,
    /// Fields (`Account.Fax`) that events leave out, as if an administrator had deleted them: the schema changes.
    pub(crate) omitted_fields: Vec<String>,
    /// How long events are kept.
    pub(crate) retention_ms: i64,
    /// How many are kept at most, whatever their age; the oldest go first.
    pub(crate) retained_events: usize,
    /// How many bytes of them.
    pub(crate) retained_bytes: usize,
    /// How many changes of one transaction come as events of their own.
    pub(crate) transaction_changes: usize,
    /// The largest event; larger ones come as gap events.
    pub(crate) event_bytes: usize,
    /// How long a subscription over Pub/Sub is silent at most.
    pub(crate) keep_alive_ms: u64,
    /// How long a publish stream may be silent.
    pub(crate) publish_idle_ms: u64,
    /// How long CometD holds a connect that has no events.
    pub(crate) connect_ms: u64,
    /// How long CometD remembers a client that does not connect.
    pub(crate) reconnect_ms: u64,
    /// Events that clients are sent in 24 hours.
    pub(crate) deliveries: u64,
    /// Whether more are refused.
    pub(crate) enforce_deliveries: bool,
    /// Streams over Pub/Sub at a time.
    pub(crate) pubsub_clients: usize,
    /// CometD clients at a time.
    pub(crate) cometd_clients: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let selected = SELECTED.iter().filter(|name| find_captured(name).is_some());
        Self {
            selected: selected.map(|name| (*name).to_owned()).collect(),
            channels: BTreeMap::new(),
            channel_info: BTreeMap::new(),
            omitted_fields: Vec::new(),
            retention_ms: 72 * 3_600_000,
            retained_events: 150_000,
            retained_bytes: 64 * 1024 * 1024,
            transaction_changes: 100_000,
            event_bytes: 1024 * 1024,
            keep_alive_ms: 270_000,
            publish_idle_ms: 70_000,
            connect_ms: 110_000,
            reconnect_ms: 40_000,
            deliveries: 10_000,
            enforce_deliveries: false,
            pubsub_clients: 1_000,
            cometd_clients: 20,
        }
    }
}

impl Settings {
    /// Returns the settings with their names as the schema has them, or says which of them is wrong.
    pub(crate) fn checked(mut self) -> Result<Self, String> {
        for name in &mut self.selected {
            name.clone_from(&find_captured(name).ok_or_else(|| no_change_events(name))?.name);
        }
        for (channel, members) in &mut self.channels {
            if !channel.ends_with("__chn") {
                return Err(format!("{channel}: the name of a channel ends with __chn"));
            }
            for name in members {
                let member = find_captured(name).or_else(|| Schema::platform_events().find(name));
                name.clone_from(&member.ok_or_else(|| no_change_events(name))?.name);
            }
        }
        let unknown = self.omitted_fields.iter().find(|field| !is_field(field));
        match unknown {
            Some(field) => Err(format!("{field}: no such field")),
            None => Ok(self),
        }
    }

    /// Returns whether the changes of any sObject are wanted.
    pub(super) fn captures(&self) -> bool {
        !self.selected.is_empty() || !self.channels.is_empty()
    }

    /// Lists the sObjects whose changes are wanted.
    pub(super) fn captured(&self) -> impl Iterator<Item = &'static SObject> + '_ {
        let is_wanted = |sobject: &&SObject| {
            let lists = self.channels.values().chain([&self.selected]);
            lists.flatten().any(|name| *name == sobject.name)
        };
        Schema::standard().sobjects().iter().filter(is_wanted)
    }

    pub(super) fn omits(&self, sobject: &SObject, field: &str) -> bool {
        self.omitted_fields.iter().any(|omitted| {
            omitted.split_once('.').is_some_and(|(name, omitted)| {
                name.eq_ignore_ascii_case(&sobject.name) && omitted.eq_ignore_ascii_case(field)
            })
        })
    }
}

/// Finds an sObject that has change events, by its name or by that of its events.
pub(crate) fn find_captured(name: &str) -> Option<&'static SObject> {
    let schema = Schema::standard();
    let sobject = schema.find(name).or_else(|| schema.find(&changed_sobject_name(name)?))?;
    (sobject.name.ends_with("__c") || CHANGE_EVENTS.contains(&sobject.name.as_str())).then_some(sobject)
}

fn no_change_events(name: &str) -> String {
    format!("{name}: no such sObject, or one without change events")
}

fn is_field(text: &str) -> bool {
    text.split_once('.').is_some_and(|(sobject, field)| {
        find_captured(sobject).is_some_and(|sobject| sobject.field(field).is_some())
    })
}
