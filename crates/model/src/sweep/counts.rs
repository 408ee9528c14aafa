//! What a sweep counts.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{FindingKind, RowStamp, StampSum, SweepMode, SweepOutcome};
use crate::GoneWhy;

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
