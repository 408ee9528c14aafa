//! Managed subscriptions: the org remembers where their client is (Pub/Sub API, Managed Event Subscriptions).

use serde::{Deserialize, Serialize};

use super::log::{Position, Start};
use super::{StartError, Streams};
use crate::id::RecordId;

/// As many managed subscriptions an org may have (Pub/Sub API, Allocations).
const MAX_MANAGED: usize = 200;

/// What the ids of managed subscriptions begin with.
const PREFIX: &[u8; 3] = b"18x";

/// A managed subscription.
#[derive(Clone, Debug)]
pub(crate) struct Managed {
    pub(crate) id: RecordId,
    pub(crate) definition: ManagedBody,
    /// What its client said it has applied.
    pub(super) committed: Option<Position>,
}

/// What an administrator says of a managed subscription.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ManagedBody {
    pub(crate) developer_name: String,
    #[serde(default)]
    pub(crate) label: String,
    pub(crate) topic_name: String,
    #[serde(default)]
    pub(crate) default_replay: Preset,
    #[serde(default)]
    pub(crate) error_recovery_replay: Preset,
    #[serde(default)]
    pub(crate) state: State,
    #[serde(default)]
    pub(crate) version: Option<f64>,
}

/// Where a subscription starts that has no position.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Preset {
    #[default]
    Latest,
    Earliest,
}

/// Whether a subscription may be used.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum State {
    #[default]
    Run,
    Stop,
}

impl Streams {
    /// Defines a managed subscription and returns its id, or says why it cannot be.
    pub(crate) fn define_managed(&self, mut definition: ManagedBody) -> Result<RecordId, String> {
        let topic = self.find_topic(&definition.topic_name);
        let topic = topic.ok_or_else(|| format!("{}: no such topic", definition.topic_name))?;
        definition.topic_name = topic.name;
        let mut managed = self.lock_managed();
        let is_taken = |known: &Managed| {
            known.definition.developer_name.eq_ignore_ascii_case(&definition.developer_name)
        };
        if managed.iter().any(is_taken) {
            return Err(format!("duplicate value found: DeveloperName {}", definition.developer_name));
        }
        if managed.len() >= MAX_MANAGED {
            return Err(format!("an org has {MAX_MANAGED} managed subscriptions at most"));
        }
        let id = RecordId::new(PREFIX, managed.last().and_then(|last| last.id.sequence()).unwrap_or(62) + 1);
        managed.push(Managed { id, definition, committed: None });
        Ok(id)
    }

    /// Finds a managed subscription by its id or its name.
    pub(crate) fn find_managed(&self, id: &str, name: &str) -> Option<Managed> {
        let id = RecordId::parse(id);
        let is_it = |managed: &&Managed| match id {
            Some(id) => managed.id == id,
            None => !name.is_empty() && managed.definition.developer_name.eq_ignore_ascii_case(name),
        };
        self.lock_managed().iter().find(is_it).cloned()
    }

    pub(crate) fn list_managed(&self) -> Vec<Managed> {
        self.lock_managed().clone()
    }

    /// Removes a managed subscription. Answers whether there was one.
    pub(crate) fn remove_managed(&self, id: &RecordId) -> bool {
        let mut managed = self.lock_managed();
        let count = managed.len();
        managed.retain(|managed| managed.id != *id);
        managed.len() < count
    }

    /// Decides where a client of a managed subscription reads on.
    pub(crate) fn start_managed(&self, managed: &Managed) -> Result<Position, StartError> {
        let preset = |preset| match preset {
            Preset::Latest => Start::Latest,
            Preset::Earliest => Start::Earliest,
        };
        match managed.committed.map(|position| self.start(Start::After(position))) {
            Some(Ok(position)) => Ok(position),
            Some(Err(_)) => self.start(preset(managed.definition.error_recovery_replay)),
            None => self.start(preset(managed.definition.default_replay)),
        }
    }

    /// Remembers what a client has applied.
    pub(crate) fn commit_managed(&self, id: &RecordId, position: Position) -> Result<(), StartError> {
        self.start(Start::After(position))?;
        let mut managed = self.lock_managed();
        let known = managed.iter_mut().find(|managed| managed.id == *id).ok_or(StartError)?;
        known.committed = Some(position);
        Ok(())
    }
}
