//! What happened in some simulations: changes, slices, and how often each trouble came.

use std::collections::BTreeMap;
use std::fmt;

use crate::administrators::DEEDS;
use crate::members;
use crate::people::Changes;
use crate::trouble::{ALL, KILL_POINTS, Trouble};

/// Sums over seeds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) seeds: u64,
    pub(crate) changes: Changes,
    pub(crate) fewest_changes: Option<u64>,
    pub(crate) slices: u64,
    pub(crate) calls: u64,
    pub(crate) troubles: BTreeMap<Trouble, u64>,
    pub(crate) crashes: BTreeMap<String, u64>,
    /// What administrators and members did.
    pub(crate) deeds: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn count(&mut self, trouble: Trouble, times: u64) {
        *self.troubles.entry(trouble).or_default() += times;
    }

    pub(crate) fn count_deed(&mut self, deed: &'static str, times: u64) {
        if times > 0 {
            *self.deeds.entry(deed).or_default() += times;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.changes.add(&other.changes);
        let fewest = [self.fewest_changes, other.fewest_changes];
        self.fewest_changes = fewest.into_iter().flatten().min();
        self.slices += other.slices;
        self.calls += other.calls;
        other.troubles.iter().for_each(|(trouble, times)| self.count(*trouble, *times));
        for (deed, times) in &other.deeds {
            self.count_deed(deed, *times);
        }
        for (point, times) in &other.crashes {
            *self.crashes.entry(point.clone()).or_default() += times;
        }
    }

    /// Kinds of trouble, of changes and of deeds that never came, and points at which no process died.
    pub(crate) fn missing(&self) -> Vec<String> {
        let never = |trouble: &Trouble| self.troubles.get(trouble).copied().unwrap_or_default() == 0;
        let troubles = ALL.into_iter().filter(never).map(|trouble| format!("{trouble:?}"));
        let deeds = DEEDS.into_iter().chain(members::DEEDS);
        let deeds = deeds.filter(|deed| !self.deeds.contains_key(deed)).map(str::to_owned);
        // A point is counted with how often it was reached before.
        let is_at = |crash: &str, point: &str| crash.split(':').next() == Some(point);
        let never = |point: &&str| !self.crashes.keys().any(|crash| is_at(crash, point));
        let crashes = KILL_POINTS.into_iter().filter(never).map(|point| format!("crash at {point}"));
        let Changes { created, updated, deleted, undeleted, purged, merged, moved, late } = self.changes;
        let changes = [created, updated, deleted, undeleted, purged, merged, moved, late];
        let names = ["created", "updated", "deleted", "undeleted", "purged", "merged", "moved", "late"];
        let changes = names.into_iter().zip(changes).filter(|(_, count)| *count == 0);
        troubles.chain(deeds).chain(crashes).chain(changes.map(|(name, _)| name.to_owned())).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Changes { created, updated, deleted, undeleted, purged, merged, moved, late } = self.changes;
        writeln!(
            formatter,
            "{} seeds: {} changes (fewest {}), {} slices, {} calls",
            self.seeds,
            self.changes.total(),
            self.fewest_changes.unwrap_or_default(),
            self.slices,
            self.calls
        )?;
        writeln!(
            formatter,
            "created {created}, updated {updated}, deleted {deleted}, undeleted {undeleted}, purged {purged}, merged \
             {merged}, moved {moved}, late {late}"
        )?;
        let troubles = self.troubles.iter().map(|(trouble, times)| format!("{trouble:?} {times}"));
        writeln!(formatter, "{}", troubles.collect::<Vec<_>>().join(", "))?;
        let deeds = self.deeds.iter().map(|(deed, times)| format!("{deed} {times}"));
        writeln!(formatter, "{}", deeds.collect::<Vec<_>>().join(", "))?;
        let crashes = self.crashes.iter().map(|(point, times)| format!("{point} {times}"));
        write!(formatter, "{}", crashes.collect::<Vec<_>>().join(", "))
    }
}
