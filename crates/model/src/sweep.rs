//! Sweeps: the copy's ids and stamps of last change compared with all that the org shows.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use chrono::{Days, NaiveDate};
use salesforce::{RecordId, SObjectName, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::text_enum::text_enums;
use crate::{GoneWhy, Problem, SweepId, SyncRuleId, SyncRunId, TimeZone};

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

/// A checksum over ids and stamps that does not depend on their order: equal sets have equal sums, and the sums of
/// ranges add up to the sum of the whole.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct StampSum(u128);

impl StampSum {
    /// Adds a record.
    pub fn add(&mut self, row: RowStamp) {
        let stamp = row.stamp.map_or(i64::MIN, Timestamp::as_millis);
        let digest =
            Sha256::new().chain_update(row.id.as_bytes()).chain_update(stamp.to_be_bytes()).finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        self.0 = self.0.wrapping_add(u128::from_be_bytes(half));
    }
}

impl StampSum {
    /// Takes a record out again.
    fn remove(&mut self, row: RowStamp) {
        let mut one = Self::default();
        one.add(row);
        self.0 = self.0.wrapping_sub(one.0);
    }
}

impl AddAssign for StampSum {
    fn add_assign(&mut self, more: Self) {
        self.0 = self.0.wrapping_add(more.0);
    }
}

impl fmt::Display for StampSum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl Serialize for StampSum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StampSum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(de::Error::custom)
    }
}

/// What a sweep counted. What changed after the read it follows is pending: the next read brings it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SweepCounts {
    /// Records in the org that count, those pending left out.
    pub rows_in_org: u64,
    /// Records in the copy that count.
    pub rows_in_copy: u64,
    /// Checksum of those in the org.
    pub org_sum: StampSum,
    /// Checksum of those in the copy.
    pub copy_sum: StampSum,
    /// Ranges of ids that were compared.
    pub ranges: u64,
    /// Ranges whose checksums were equal, so that no record of them was compared.
    pub ranges_equal: u64,
    /// Records that changed after the read.
    pub pending: u64,
    /// Records that the copy lacked.
    pub missing: u64,
    /// Records of which the copy had an older version.
    pub stale: u64,
    /// Records that the copy wrongly said were gone.
    pub revived: u64,
    /// Records that the copy cannot store.
    pub rejected: u64,
    /// Records that the copy has and the org does not show.
    pub lost: u64,
    /// Lost records that the org does not know by their ids either.
    pub unexplained: u64,
    /// Records that were read again and are right now.
    pub healed: u64,
    /// Lost records found in the recycle bin.
    pub deleted: u64,
    /// Lost records found there with the record they were merged into.
    pub merged: u64,
    /// Lost records that were deleted for good.
    pub purged: u64,
    /// Lost records that do not pass the rule's filter any more.
    pub filtered: u64,
    /// Lost records that the user may not see any more.
    pub hidden: u64,
    /// Lost records of which nothing more is known.
    pub absent: u64,
    /// Lost records that are there after all: archived, or back again.
    pub kept: u64,
    /// Lost records without evidence that stay as they are, because there are too many of them.
    pub frozen: u64,
}

impl SweepCounts {
    /// Records of which copy and org said different things.
    pub fn differences(&self) -> u64 {
        self.missing + self.stale + self.revived + (self.lost - self.kept.min(self.lost))
    }

    /// Counts a lost record that does not count: it changed after the read, or is there after all.
    pub fn set_aside(&mut self, row: RowStamp) {
        self.kept += 1;
        self.rows_in_copy = self.rows_in_copy.saturating_sub(1);
        self.copy_sum.remove(row);
    }

    /// Counts a difference as one that the copy cannot help.
    pub fn tell_rejected(&mut self, kind: FindingKind) {
        self.forgive(kind);
        self.rejected += 1;
    }

    /// Counts a difference that is none any more: the org has changed the record since.
    pub fn pass_over(&mut self, kind: FindingKind) {
        self.forgive(kind);
        self.pending += 1;
    }

    fn forgive(&mut self, kind: FindingKind) {
        let count = match kind {
            FindingKind::Missing => &mut self.missing,
            FindingKind::Stale => &mut self.stale,
            FindingKind::Revived => &mut self.revived,
            FindingKind::Rejected => &mut self.rejected,
            FindingKind::Lost => &mut self.lost,
        };
        *count = count.saturating_sub(1);
    }

    /// Counts what became of a lost record.
    pub fn count_gone(&mut self, why: GoneWhy) {
        *match why {
            GoneWhy::Deleted => &mut self.deleted,
            GoneWhy::Merged => &mut self.merged,
            GoneWhy::Purged => &mut self.purged,
            GoneWhy::Filtered => &mut self.filtered,
            GoneWhy::Hidden => &mut self.hidden,
            GoneWhy::Absent => &mut self.absent,
        } += 1;
    }

    /// How a sweep with these counts ends.
    pub fn outcome(&self, mode: SweepMode) -> SweepOutcome {
        let unread = self.missing + self.stale + self.revived;
        if self.frozen > 0 {
            SweepOutcome::Frozen
        } else if self.differences() == 0 {
            SweepOutcome::Equal
        } else if mode == SweepMode::Report || self.healed < unread {
            SweepOutcome::Drifted
        } else {
            SweepOutcome::Healed
        }
    }
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

/// How many records of one day of last change there are on both sides.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DayCounts {
    /// In the org.
    pub rows_in_org: u64,
    /// In the copy.
    pub rows_in_copy: u64,
}

/// What comparing one range of ids gave.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RangeComparison {
    /// The counts of this range.
    pub counts: SweepCounts,
    /// Records to look at, in the order of their ids.
    pub findings: Vec<Finding>,
    /// Records by day of last change, in universal time.
    pub days: BTreeMap<NaiveDate, DayCounts>,
}

/// Compares what the org shows of a range of ids with what is stored of it, both in the order of the ids' bytes.
///
/// Equal sums cost one comparison. A record that changed in the org after `complete_until` is left out on both sides.
pub fn compare_range(org: &[RowStamp], stored: &[StoredStamp], complete_until: Timestamp) -> RangeComparison {
    let mut comparison = RangeComparison::default();
    comparison.counts.ranges = 1;
    let live = || stored.iter().filter(|stored| !stored.is_gone).map(|stored| stored.row);
    let (org_sum, copy_sum) = (sum_of(org.iter().copied()), sum_of(live()));
    if org_sum == copy_sum && org.len() == live().count() {
        comparison.counts.ranges_equal = 1;
        for row in org {
            comparison.count_both(*row);
        }
        return comparison;
    }
    let mut stored = stored.iter().peekable();
    for row in org {
        while let Some(before) = stored.next_if(|stored| stored.row.id < row.id) {
            comparison.find_lost(before);
        }
        let same = stored.next_if(|stored| stored.row.id == row.id);
        comparison.compare_row(*row, same, complete_until);
    }
    for after in stored {
        comparison.find_lost(after);
    }
    comparison
}

impl RangeComparison {
    fn compare_row(&mut self, row: RowStamp, stored: Option<&StoredStamp>, complete_until: Timestamp) {
        if row.stamp.is_some_and(|stamp| stamp > complete_until) {
            self.counts.pending += 1;
            return;
        }
        let live = stored.filter(|stored| !stored.is_gone);
        // A stored version that is newer than what a page shows came later than the page.
        let is_newer = live.is_some_and(|stored| stored.row.stamp > row.stamp);
        if is_newer || live.is_some_and(|stored| stored.row.stamp == row.stamp) {
            return self.count_both(row);
        }
        self.count_in_org(row);
        if let Some(stored) = live {
            self.count_in_copy(stored.row);
        }
        let (kind, count) = match (stored, live) {
            (None, _) => (FindingKind::Missing, &mut self.counts.missing),
            (Some(_), None) => (FindingKind::Revived, &mut self.counts.revived),
            (Some(_), Some(_)) => (FindingKind::Stale, &mut self.counts.stale),
        };
        *count += 1;
        self.findings.push(Finding { row, kind });
    }

    fn find_lost(&mut self, stored: &StoredStamp) {
        if stored.is_gone {
            return;
        }
        self.count_in_copy(stored.row);
        self.counts.lost += 1;
        self.findings.push(Finding { row: stored.row, kind: FindingKind::Lost });
    }

    fn count_both(&mut self, row: RowStamp) {
        self.count_in_org(row);
        self.count_in_copy(row);
    }

    fn count_in_org(&mut self, row: RowStamp) {
        self.counts.rows_in_org += 1;
        self.counts.org_sum.add(row);
        if let Some(stamp) = row.stamp {
            self.days.entry(TimeZone::UTC.date_at(stamp)).or_default().rows_in_org += 1;
        }
    }

    fn count_in_copy(&mut self, row: RowStamp) {
        self.counts.rows_in_copy += 1;
        self.counts.copy_sum.add(row);
        if let Some(stamp) = row.stamp {
            self.days.entry(TimeZone::UTC.date_at(stamp)).or_default().rows_in_copy += 1;
        }
    }
}

impl AddAssign<&SweepCounts> for SweepCounts {
    fn add_assign(&mut self, more: &Self) {
        self.rows_in_org += more.rows_in_org;
        self.rows_in_copy += more.rows_in_copy;
        self.org_sum += more.org_sum;
        self.copy_sum += more.copy_sum;
        self.ranges += more.ranges;
        self.ranges_equal += more.ranges_equal;
        self.pending += more.pending;
        self.missing += more.missing;
        self.stale += more.stale;
        self.revived += more.revived;
        self.rejected += more.rejected;
        self.lost += more.lost;
        self.unexplained += more.unexplained;
        self.healed += more.healed;
        self.deleted += more.deleted;
        self.merged += more.merged;
        self.purged += more.purged;
        self.filtered += more.filtered;
        self.hidden += more.hidden;
        self.absent += more.absent;
        self.kept += more.kept;
        self.frozen += more.frozen;
    }
}

fn sum_of(rows: impl Iterator<Item = RowStamp>) -> StampSum {
    let mut sum = StampSum::default();
    rows.for_each(|row| sum.add(row));
    sum
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
