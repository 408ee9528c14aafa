//! What the records of a rule were, moment by moment, in the org and in the store.
//!
//! Moments are counted, not measured: clocks jump in a simulation.

use std::collections::BTreeMap;

use crate::stored::StoredRule;
use crate::truth::Presence;

/// What a record was for some time.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) from: u64,
    /// The first moment at which it was something else.
    pub(crate) until: Option<u64>,
    pub(crate) presence: Presence,
}

impl Version {
    /// Whether it was so at a moment.
    pub(crate) fn holds_at(&self, moment: u64) -> bool {
        self.from <= moment && self.until.is_none_or(|until| moment < until)
    }

    /// Whether it was so at any moment between two, both included.
    pub(crate) fn overlaps(&self, first: u64, last: u64) -> bool {
        self.from <= last && self.until.is_none_or(|until| first < until)
    }
}

/// The history of one rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleHistory {
    pub(crate) versions: BTreeMap<String, Vec<Version>>,
    /// Every version of a record that was stored and not gone.
    pub(crate) stored: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    /// The moment before the read that is under way began.
    pub(crate) read_began: u64,
    /// The second of the org's clock at which it did.
    pub(crate) read_second: i64,
    /// The moment before the last read began that came to its end.
    pub(crate) period_began: Option<u64>,
    /// The second of the org's clock at which that was.
    pub(crate) period_second: i64,
}

impl RuleHistory {
    pub(crate) fn known_ids(&self) -> impl Iterator<Item = String> {
        self.versions.keys().cloned()
    }

    /// Notes what the org is at a moment.
    pub(crate) fn note_org(&mut self, moment: u64, presences: BTreeMap<String, Presence>) {
        for (id, presence) in presences {
            let versions = self.versions.entry(id).or_default();
            if let Some(last) = versions.last_mut() {
                if last.presence == presence {
                    continue;
                }
                if let (Presence::InScope(known), Presence::InScope(now)) = (&mut last.presence, &presence)
                    && known.cells == now.cells
                {
                    known.moving.clone_from(&now.moving);
                    continue;
                }
                last.until = Some(moment);
            }
            versions.push(Version { from: moment, until: None, presence });
        }
    }

    /// Notes what the store holds.
    pub(crate) fn note_store(&mut self, stored: &StoredRule) {
        for row in stored.rows.iter().filter(|row| row.gone.is_none()) {
            let versions = self.stored.entry(row.id.clone()).or_default();
            if versions.last() != Some(&row.cells) {
                versions.push(row.cells.clone());
            }
        }
    }

    /// Whether the read that is under way began in a later second than the last one. One that somebody asks for in the same second
    /// may bring no more: orgs tell the time by the second.
    pub(crate) fn is_later(&self) -> bool {
        self.read_second > self.period_second
    }

    /// Notes that the read that was under way came to its end.
    pub(crate) fn end_period(&mut self) {
        if self.is_later() {
            (self.period_began, self.period_second) = (Some(self.read_began), self.read_second);
        }
    }

    /// Whether a version was ever stored.
    pub(crate) fn was_stored(&self, id: &str, cells: &BTreeMap<String, String>) -> bool {
        let versions = self.stored.get(id).map(Vec::as_slice).unwrap_or_default();
        versions.iter().rev().any(|stored| holds(stored, cells))
    }

    /// Whether a record was at any moment from `first` on what a claim says.
    pub(crate) fn was(&self, id: &str, first: u64, last: u64, claim: impl Fn(&Presence) -> bool) -> bool {
        let versions = self.versions.get(id).map(Vec::as_slice).unwrap_or_default();
        versions.iter().any(|version| version.overlaps(first, last) && claim(&version.presence))
    }
}

/// Whether stored cells hold all of some others.
pub(crate) fn holds(stored: &BTreeMap<String, String>, cells: &BTreeMap<String, String>) -> bool {
    cells.iter().all(|(name, cell)| stored.get(name) == Some(cell))
}
