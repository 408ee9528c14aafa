//! The first half of a sweep: all ids that the org shows are compared with the copy, and the differences written down.

use std::{collections::HashSet, ops::ControlFlow};

use model::{
    DayCounts, FindingKind, KeysetPass, RangeComparison, RowStamp, StoredStamp, SweepCounts, SweepPosition,
    SweepStep, compare_range,
};
use salesforce::RecordId;
use store::{
    list_stamps,
    read_ids::{IdPurpose, forget_ids, forget_ids_between, keep_ids, list_kept_ids},
    row_errors::failed_among,
    sweeps::{add_findings, add_sweep_days, clear_findings, clear_sweep_days},
};

use super::{REJECTED, Sweep};
use crate::{
    error::{Error, Result},
    kill_point::reach,
    page::for_each_row,
    select::Select,
    spool::SpooledPage,
};

/// Stored ids looked at in one statement, and so the longest range: more than a page holds, so that a page and its equal are
/// one range.
const STORED_ROWS: u32 = 2_500;
/// Kept ids compared at once.
const KEPT_ROWS: u32 = 2_000;

/// A page of ids.
struct IdPage {
    rows: Vec<RowStamp>,
    is_last: bool,
}

impl Sweep<'_> {
    /// Compares a page of ids with what is stored between them.
    pub(super) async fn list_range(
        &self,
        position: &SweepPosition,
        after: Option<RecordId>,
    ) -> Result<SweepPosition> {
        let page = self.fetch_ids(after).await?;
        if is_in_byte_order(after, &page.rows) {
            let to_step = |after| SweepStep::Listing { after };
            return self.compare_rows(position, after, &page.rows, page.is_last, to_step).await;
        }
        // A range of ids means the same to the org and to the store only where both order them by their bytes. Here they
        // do not: all ids are kept first, so that the store can order them.
        let step = SweepStep::Keeping { after: None };
        let begun_anew = SweepPosition { step, counts: SweepCounts::default(), ..position.clone() };
        let mut tx = self.begin().await?;
        clear_findings(&mut tx, self.context.rule.id).await?;
        clear_sweep_days(&mut tx, position.sweep_id).await?;
        self.commit(tx, &begun_anew).await?;
        Ok(begun_anew)
    }

    /// Keeps a page of ids.
    pub(super) async fn keep_page(
        &self,
        position: &SweepPosition,
        after: Option<RecordId>,
    ) -> Result<SweepPosition> {
        let page = self.fetch_ids(after).await?;
        let last = page.rows.last().map(|row| row.id);
        if last.is_some() && last == after {
            return Err(Error::LocatorRepeated);
        }
        let step = match page.is_last {
            true => SweepStep::Comparing { after: None },
            false => SweepStep::Keeping { after: last },
        };
        let next = SweepPosition { step, ..position.clone() };
        let mut tx = self.begin().await?;
        if after.is_none() {
            forget_ids(&mut tx, self.context.rule.id, IdPurpose::Sweep).await?;
        }
        keep_ids(&mut tx, self.context.rule.id, IdPurpose::Sweep, &page.rows).await?;
        self.commit(tx, &next).await?;
        reach(self.engine.kill_at(), "sweep.chunk_stored");
        Ok(next)
    }

    /// Compares ids that were kept with what is stored between them.
    pub(super) async fn compare_kept(
        &self,
        position: &SweepPosition,
        after: Option<RecordId>,
    ) -> Result<SweepPosition> {
        let (store, rule_id) = (self.engine.store(), self.context.rule.id);
        let rows = list_kept_ids(store, rule_id, IdPurpose::Sweep, after, KEPT_ROWS).await?;
        let is_last = rows.len() < KEPT_ROWS as usize;
        self.compare_rows(position, after, &rows, is_last, |after| SweepStep::Comparing { after }).await
    }

    /// Compares ids in the order of their bytes, all that the org shows after one of them, with what is stored there.
    /// However much more is stored, a range holds a page of it.
    async fn compare_rows(
        &self,
        position: &SweepPosition,
        mut after: Option<RecordId>,
        rows: &[RowStamp],
        is_last: bool,
        to_step: impl Fn(Option<RecordId>) -> SweepStep,
    ) -> Result<SweepPosition> {
        let through = if is_last { None } else { rows.last().map(|row| row.id) };
        let is_kept = matches!(position.step, SweepStep::Comparing { .. });
        let mut position = position.clone();
        let mut rest = rows;
        loop {
            let store = self.engine.store();
            let stored = list_stamps(store, self.table, after, through, STORED_ROWS).await?;
            let is_end = stored.len() < STORED_ROWS as usize;
            let end = if is_end { through } else { stored.last().map(|stored| stored.row.id) };
            let split = end.map_or(rest.len(), |end| rest.partition_point(|row| row.id <= end));
            let (range, later) = rest.split_at(split);
            position.step = match is_end && is_last {
                true => SweepStep::Explaining { after: None },
                false => to_step(end),
            };
            // Ids that are done with go as they are compared: to forget a million at once would keep others waiting.
            let forgotten = range.last().filter(|_| is_kept).map(|row| (after, row.id));
            self.note_range(&mut position, range, &stored, forgotten).await?;
            if is_end {
                return Ok(position);
            }
            (after, rest) = (end, later);
        }
    }

    /// Compares a range, and commits what was found. Kept ids after the first that is `forgotten` up to the second go with it.
    async fn note_range(
        &self,
        position: &mut SweepPosition,
        org: &[RowStamp],
        stored: &[StoredStamp],
        forgotten: Option<(Option<RecordId>, RecordId)>,
    ) -> Result<()> {
        let mut comparison = compare_range(org, stored, position.complete_until);
        let mut tx = self.begin().await?;
        let unread = comparison.findings.iter().filter(|finding| finding.kind != FindingKind::Lost);
        let unread: Vec<_> = unread.map(|finding| finding.row.id).collect();
        let mut rejected = Vec::new();
        for code in REJECTED {
            rejected.extend(failed_among(&mut tx, self.context.rule.id, code, &unread).await?);
        }
        tell_rejected(&mut comparison, &rejected.into_iter().collect());
        position.counts += &comparison.counts;
        add_findings(&mut tx, self.context.rule.id, &comparison.findings).await?;
        let days: Vec<(String, DayCounts)> =
            comparison.days.iter().map(|(day, counts)| (day.to_string(), *counts)).collect();
        add_sweep_days(&mut tx, position.sweep_id, &days).await?;
        if let Some((after, last)) = forgotten {
            forget_ids_between(&mut tx, self.context.rule.id, IdPurpose::Sweep, after, last).await?;
        }
        self.commit(tx, position).await?;
        reach(self.engine.kill_at(), "sweep.chunk_stored");
        Ok(())
    }

    async fn fetch_ids(&self, after: Option<RecordId>) -> Result<IdPage> {
        let context = self.context.for_pass(KeysetPass::Scope);
        let rule = &context.rule;
        let window = after.map(|id| format!("Id > '{id}'"));
        let limit = self.engine.config().query_rows;
        let tail = format!("ORDER BY Id LIMIT {limit}");
        let (select, filter) = (&context.select, rule.filter.as_ref());
        let query = select.query(context.all_live(), &rule.sobject, filter, window.as_deref(), &tail);
        let page = self.fetch(query).await?;
        let rows = stamps_of(&page, &context.select)?;
        let is_last = page.facts.rows < limit && !page.facts.has_more;
        page.remove();
        Ok(IdPage { rows, is_last })
    }
}

/// Reads the ids and stamps of a page.
pub(super) fn stamps_of(page: &SpooledPage, select: &Select) -> Result<Vec<RowStamp>> {
    let mut rows = Vec::new();
    let _ = for_each_row(page, select, 0, &mut |row| {
        rows.push(RowStamp { id: row.id, stamp: row.stamp });
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

fn is_in_byte_order(after: Option<RecordId>, rows: &[RowStamp]) -> bool {
    rows.is_sorted_by(|one, other| one.id < other.id)
        && rows.first().is_none_or(|first| after.is_none_or(|after| after < first.id))
}

/// Tells records that could not be stored as they came from those that the copy should have.
fn tell_rejected(comparison: &mut RangeComparison, rejected: &HashSet<RecordId>) {
    for finding in comparison.findings.iter_mut().filter(|finding| rejected.contains(&finding.row.id)) {
        comparison.counts.tell_rejected(finding.kind);
        finding.kind = FindingKind::Rejected;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> RowStamp {
        RowStamp { id: text.parse().expect("an id"), stamp: None }
    }

    #[test]
    fn a_range_needs_ids_in_the_order_of_their_bytes() {
        let (first, second) = (row("001000000000001AAA"), row("001000000000002AAA"));

        assert!(is_in_byte_order(None, &[first, second]));
        assert!(is_in_byte_order(Some(first.id), &[second]));
        assert!(is_in_byte_order(Some(second.id), &[]));
        assert!(!is_in_byte_order(None, &[second, first]));
        assert!(!is_in_byte_order(None, &[first, first]));
        assert!(!is_in_byte_order(Some(second.id), &[first]));
    }
}
