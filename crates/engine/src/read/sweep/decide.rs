//! Lost records that the org does not show even when it is asked by id: deleted for good, or out of sight.

use std::{collections::HashSet, time::Duration};

use model::{
    Finding, GoneEvidence, GoneRecord, GoneWhy, SweepMode, SweepOutcome, SweepPosition, SweepStep,
    looks_like_lost_sight,
};
use salesforce::{RecordId, Timestamp};
use serde::Deserialize;
use store::sweeps::{
    count_unexplained, delete_findings, find_last_sweep, list_unexplained, list_verdicts, put_verdicts,
};

use super::{
    Sweep, id_list,
    sight::{sees_all_of, told},
};
use crate::{backoff::call_again, error::Result, kill_point::reach};

/// "Get deleted" knows the last 15 days (REST API Developer Guide, sObject Get Deleted); an hour less, for clocks that
/// differ.
const DELETED_KNOWN: Duration = Duration::from_secs(15 * 24 * 3_600 - 3_600);
/// Asked for in spans, so that an answer holds no more than memory bears: 600,000 ids are its bound.
const DELETED_SPAN: Duration = Duration::from_secs(3 * 24 * 3_600);
/// It takes a minute at least.
const SHORTEST_SPAN: Duration = Duration::from_secs(120);
/// Lost records looked at in one statement.
const AT_ONCE: u32 = 500;
/// `UserRecordAccess` takes 200 records at a time (Object Reference, UserRecordAccess), and so many calls are spent on it.
const ACCESS_AT_ONCE: usize = 200;
const MOST_ASKED: u64 = 2_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RecordAccess {
    record_id: RecordId,
    has_read_access: bool,
}

impl Sweep<'_> {
    /// Decides about the lost records that are not explained yet. Where some were not asked for, and what is left does not
    /// look like lost sight, they are asked for first: nothing is said of a record that the org was not asked about.
    pub(super) async fn decide(
        &self,
        position: &SweepPosition,
        unasked_after: Option<RecordId>,
    ) -> Result<SweepPosition> {
        let (store, rule_id) = (self.engine.store(), self.context.rule.id);
        let mut next = SweepPosition { step: SweepStep::Marking, ..position.clone() };
        if count_unexplained(store, rule_id).await? > 0 {
            let sees_all = self.sees_all_still(position).await?;
            let is_covered = if sees_all { false } else { self.look_among_deleted(position).await? };
            let left = count_unexplained(store, rule_id).await?;
            if sees_all {
                self.give_verdicts(position, GoneWhy::Purged, GoneEvidence::SeesAll).await?;
            } else if position.mode != SweepMode::Accept && self.has_lost_sight(position, left).await? {
                next.counts.frozen = left;
            } else if let Some(after) = unasked_after.filter(|_| left > 0) {
                // So few are left that asking for them cannot stop half-way again.
                next.step = SweepStep::Explaining { after: Some(after) };
                next.counts.unexplained = 0;
            } else {
                if is_covered && left <= MOST_ASKED {
                    self.ask_for_access(&mut next).await?;
                }
                self.give_verdicts(position, GoneWhy::Absent, GoneEvidence::NotFound).await?;
            }
        }
        let tx = self.begin().await?;
        self.commit(tx, &next).await?;
        Ok(next)
    }

    /// Marks the next records that are known to be gone, or only counts them where the sweep reports.
    pub(super) async fn mark_some(&self, position: &SweepPosition) -> Result<SweepPosition> {
        let (store, rule_id) = (self.engine.store(), self.context.rule.id);
        let gone = list_verdicts(store, rule_id, AT_ONCE).await?;
        if gone.is_empty() {
            return Ok(SweepPosition { step: SweepStep::Healing { after: None }, ..position.clone() });
        }
        let mut next = position.clone();
        gone.iter().for_each(|record| next.counts.count_gone(record.why));
        let ids: Vec<_> = gone.iter().map(|record| record.id).collect();
        let mut tx = self.begin().await?;
        if position.mode != SweepMode::Report {
            self.mark_gone(&mut tx, &gone, &ids).await?;
        }
        delete_findings(&mut tx, rule_id, &ids).await?;
        reach(self.engine.kill_at(), "gone.before_commit");
        self.commit(tx, &next).await?;
        reach(self.engine.kill_at(), "gone.after_commit");
        Ok(next)
    }

    async fn mark_gone(&self, tx: &mut store::Tx, gone: &[GoneRecord], ids: &[RecordId]) -> Result<()> {
        let (context, now) = (self.context, self.engine.clock().now());
        let marked = context.mark_gone(tx, gone, now).await?;
        store::row_errors::delete_row_errors_of(tx, context.rule.id, ids).await?;
        let counts = model::RunCounts { gone: marked, ..model::RunCounts::default() };
        Ok(store::sync_runs::add_progress(tx, context.run_id, context.rule.id, &counts).await?)
    }

    /// Whether the user who saw all when the sweep began sees all now: it may have begun days ago, and a record that was out
    /// of sight when it was asked for may be there.
    async fn sees_all_still(&self, position: &SweepPosition) -> Result<bool> {
        let saw_all = position.sees_all == Some(true);
        Ok(saw_all && sees_all_of(self.engine, self.context).await? == Some(true))
    }

    /// Whether so many records without evidence look as if the user, who does not see all, could not see them any more: too
    /// many of them, or the user saw all at the last sweep or when this one began, or lost sight before and nobody has said
    /// yet that they are gone.
    async fn has_lost_sight(&self, position: &SweepPosition, left: u64) -> Result<bool> {
        let last = find_last_sweep(self.engine.store(), self.context.rule.id).await?;
        let saw_all = |sees_all: Option<bool>| sees_all == Some(true);
        let has_lost_right = saw_all(position.sees_all)
            || last.is_some_and(|sweep| {
                let was_frozen = sweep.end.is_some_and(|end| end.outcome == SweepOutcome::Frozen);
                saw_all(sweep.sees_all) || was_frozen
            });
        Ok(left > 0 && (has_lost_right || looks_like_lost_sight(left, position.counts.rows_in_copy)))
    }

    /// Looks for lost records among those that the org names as deleted. Says whether it knows all that were deleted since
    /// the last sweep.
    async fn look_among_deleted(&self, position: &SweepPosition) -> Result<bool> {
        if !self.context.describe.summary.replicateable {
            return Ok(false);
        }
        let last = find_last_sweep(self.engine.store(), self.context.rule.id).await?;
        let until = self.engine.org_now(&self.context.client)?.max(position.started_at);
        let earliest = until - DELETED_KNOWN;
        let seen_at = last.map(|sweep| sweep.complete_until);
        let mut from = seen_at.unwrap_or(earliest).max(earliest).min(until - SHORTEST_SPAN);
        let mut is_covered = seen_at.is_some_and(|seen_at| seen_at >= earliest);
        while from < until {
            let end = (from + DELETED_SPAN).min(until).max(from + SHORTEST_SPAN);
            let (client, sobject) = (&self.context.client, &self.context.rule.sobject);
            let answer = call_again(self.engine.random(), || client.deleted(sobject, from, end)).await;
            let Some(answer) = told(answer, "ask for deleted records")? else { return Ok(false) };
            is_covered &= seen_at.is_some_and(|seen_at| answer.earliest_date_available <= seen_at);
            let named: HashSet<_> = answer.deleted_records.iter().map(|record| record.id).collect();
            self.note_deleted(&named).await?;
            from = end;
        }
        Ok(is_covered)
    }

    async fn note_deleted(&self, named: &HashSet<RecordId>) -> Result<()> {
        let mut after = None;
        while let Some(lost) = self.next_unexplained(after, AT_ONCE).await? {
            after = lost.last().map(|finding| finding.row.id);
            let deleted = lost.iter().filter(|finding| named.contains(&finding.row.id));
            let gone: Vec<_> =
                deleted.map(|found| verdict(found, GoneWhy::Purged, GoneEvidence::DeletedList)).collect();
            self.put(&gone).await?;
        }
        Ok(())
    }

    /// Asks whether the user may read the records that are left. Not deleted and not to be read is out of sight.
    async fn ask_for_access(&self, position: &mut SweepPosition) -> Result<()> {
        let connection =
            self.engine.connection(self.engine.connection_id_of(&self.context.rule).await?).await?;
        let mut after = None;
        while let Some(lost) = self.next_unexplained(after, ACCESS_AT_ONCE as u32).await? {
            after = lost.last().map(|finding| finding.row.id);
            let soql = format!(
                "SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = '{}' AND RecordId IN ({})",
                connection.user_id,
                id_list(lost.iter().map(|finding| finding.row.id))
            );
            let client = &self.context.client;
            let answer = call_again(self.engine.random(), || client.query(&soql)).await;
            let answer = answer.and_then(|page| page.into_records::<RecordAccess>());
            let Some(answer) = told(answer, "ask for the user's access to records")? else { return Ok(()) };
            let has_access = |finding: &Finding| {
                let known = answer.iter().find(|access| access.record_id == finding.row.id);
                known.map(|access| access.has_read_access)
            };
            let hidden = lost.iter().filter(|finding| has_access(finding) == Some(false));
            let gone: Vec<_> =
                hidden.map(|found| verdict(found, GoneWhy::Hidden, GoneEvidence::NoAccess)).collect();
            self.put(&gone).await?;
            // It became visible again while the sweep went on.
            let there: Vec<_> = lost.iter().filter(|finding| has_access(finding) == Some(true)).collect();
            let rows: Vec<_> = there.into_iter().map(|finding| finding.row).collect();
            let mut tx = self.begin().await?;
            self.set_aside(&mut tx, position, &rows).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Gives all that are left the same verdict.
    async fn give_verdicts(
        &self,
        position: &SweepPosition,
        why: GoneWhy,
        evidence: GoneEvidence,
    ) -> Result<()> {
        debug_assert!(
            matches!(position.step, SweepStep::Deciding { unasked_after: None })
                || position.sees_all == Some(true),
            "verdicts come once everything is listed"
        );
        while let Some(lost) = self.next_unexplained(None, AT_ONCE).await? {
            let gone: Vec<_> = lost.iter().map(|found| verdict(found, why, evidence)).collect();
            self.put(&gone).await?;
        }
        Ok(())
    }

    async fn next_unexplained(&self, after: Option<RecordId>, limit: u32) -> Result<Option<Vec<Finding>>> {
        let lost = list_unexplained(self.engine.store(), self.context.rule.id, after, limit).await?;
        Ok(Some(lost).filter(|lost| !lost.is_empty()))
    }

    async fn put(&self, gone: &[GoneRecord]) -> Result<()> {
        let mut tx = self.begin().await?;
        put_verdicts(&mut tx, self.context.rule.id, gone).await?;
        Ok(tx.commit().await?)
    }
}

/// A verdict on the stored version: one that is newer by then stays.
fn verdict(finding: &Finding, why: GoneWhy, evidence: GoneEvidence) -> GoneRecord {
    let system_modstamp: Option<Timestamp> = finding.row.stamp;
    GoneRecord { id: finding.row.id, why, evidence, merged_into: None, system_modstamp }
}
