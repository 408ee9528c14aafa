//! Comparing one range of ids.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use salesforce::Timestamp;

use super::{Finding, FindingKind, RowStamp, StampSum, StoredStamp, SweepCounts};
use crate::TimeZone;

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
    let (org_sum, copy_sum) = (StampSum::of(org.iter().copied()), StampSum::of(live()));
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
        // A stored version that is newer than what a page shows came later than the page, or went later.
        let is_newer = stored.is_some_and(|stored| stored.row.stamp > row.stamp);
        if is_newer && live.is_none() {
            return;
        }
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
