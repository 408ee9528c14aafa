//! Sweeps: the copy's ids and stamps of last change compared with all that the org shows.

mod counts;
mod range;
mod stamp_sum;

use chrono::{Days, NaiveDate};
use salesforce::{RecordId, SObjectName, Timestamp};

use crate::text_enum::text_enums;
use crate::{Problem, SweepId, SyncRuleId, SyncRunId, TimeZone};

pub use counts::SweepCounts;
pub use range::{DayCounts, RangeComparison, compare_range};
pub use stamp_sum::StampSum;

/// sObjects with at least so many records are swept by the week, others by the night.
const WEEKLY_FROM_ROWS: u64 = 1_000_000;
/// A night begins so long after midnight: late enough for jobs of the night, early enough for the morning.
const NIGHT_AFTER_MIDNIGHT_MS: i64 = 2 * 3_600_000;
/// Losing at most so many records is no sign of changed rights, however few there are.
const FEW_ROWS: u64 = 5;
/// Losing more than one in so many without evidence is.
const ONE_IN: u64 = 5;

text_enums! {
    /// What a sweep does with what it finds.
    SweepMode {
        /// It reports, and changes no record.
        Report = "report",
        /// It reads again what the copy lacks, and marks what is gone.
        Heal = "heal",
        /// The same, and a person has said that a large loss of records is right.
        Accept = "accept",
    }

    /// Why a sweep was done.
    SweepCause {
        /// It was time.
        Schedule = "schedule",
        /// Everything had been read again into a table that held records.
        Reload = "reload",
        /// A person asked for it.
        Request = "request",
    }

    /// How a sweep ended.
    SweepOutcome {
        /// Copy and org were the same.
        Equal = "equal",
        /// They differed, and do so no more.
        Healed = "healed",
        /// They differ.
        Drifted = "drifted",
        /// So many records went without evidence that they stay as they are until a person has looked.
        Frozen = "frozen",
        /// It came to no end and had no effect.
        GivenUp = "given_up",
    }

    /// What a sweep found about one record.
    FindingKind {
        /// The org has it and the copy does not.
        Missing = "missing",
        /// The copy has an older version.
        Stale = "stale",
        /// The org has it and the copy says that it is gone.
        Revived = "revived",
        /// The copy could not store it as it came, which is known.
        Rejected = "rejected",
        /// The copy has it and the org does not show it.
        Lost = "lost",
    }
}

/// A record's id and the stamp of its last change, where the sObject has one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RowStamp {
    /// The record.
    pub id: RecordId,
    /// When it last changed.
    pub stamp: Option<Timestamp>,
}

/// The same of a stored record, which may be gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StoredStamp {
    /// The record.
    pub row: RowStamp,
    /// Whether the copy says that it is gone.
    pub is_gone: bool,
}

/// What a sweep found about a record: as the copy has it where the org does not show it, else as the org has it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The record.
    pub row: RowStamp,
    /// What was found.
    pub kind: FindingKind,
}

/// A sweep of one rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sweep {
    /// Its id.
    pub id: SweepId,
    /// The rule.
    pub sync_rule_id: SyncRuleId,
    /// The run it began in.
    pub sync_run_id: SyncRunId,
    /// The sObject.
    pub sobject: SObjectName,
    /// Why it was done.
    pub cause: SweepCause,
    /// What it does with what it finds.
    pub mode: SweepMode,
    /// When it began.
    pub started_at: Timestamp,
    /// Up to when changes count.
    pub complete_until: Timestamp,
    /// Whether the user could see all records of the sObject, whoever they belong to; `None` where that is not known.
    pub sees_all: Option<bool>,
    /// How it ended.
    pub end: Option<SweepEnd>,
}

/// How and when a sweep ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SweepEnd {
    /// When.
    pub finished_at: Timestamp,
    /// How.
    pub outcome: SweepOutcome,
    /// What it counted.
    pub counts: SweepCounts,
    /// What a person should know of it.
    pub problem: Option<Problem>,
}

/// Whether losing so many records of so many without evidence looks as if the user had lost sight of them.
pub fn looks_like_lost_sight(unexplained: u64, of: u64) -> bool {
    unexplained > FEW_ROWS && unexplained > of / ONE_IN
}

/// When a rule is swept next, after it was read whole or swept at `now`: in the next night of the workspace's zone, or in
/// a week's where the sObject has very many records.
pub fn next_sweep_at(zone: TimeZone, now: Timestamp, rows: u64) -> Timestamp {
    let nights = if rows >= WEEKLY_FROM_ROWS { 7 } else { 1 };
    let today = zone.date_at(now);
    let night_of =
        |date: NaiveDate| Timestamp::from_millis(zone.start_of(date).as_millis() + NIGHT_AFTER_MIDNIGHT_MS);
    let first = if night_of(today) > now { today } else { today + Days::new(1) };
    night_of(first + Days::new(nights - 1))
}

#[cfg(test)]
mod tests;
