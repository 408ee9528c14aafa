//! Lost records are asked for by their ids, the recycle bin included.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
};

use model::{
    Finding, GoneEvidence, GoneRecord, GoneWhy, KeysetPass, RowStamp, SweepMode, SweepPosition, SweepStep,
    TimeZone, looks_like_lost_sight,
};
use salesforce::{RecordId, Timestamp};
use store::{
    Tx,
    sweeps::{delete_findings, list_unexplained, put_verdicts, take_from_day},
};

use super::{Sweep, id_list};
use crate::{error::Result, page::for_each_row, query::Shows, read::split};

/// Records asked for at once: an id takes 27 bytes of a request line, whose end is at 16,384 (REST API Developer Guide, URI
/// length).
const IDS_AT_ONCE: u32 = 400;

/// A record that the org shows when it is asked by id.
#[derive(Clone, Copy, Debug)]
struct Shown {
    stamp: Option<Timestamp>,
    is_deleted: bool,
    merged_into: Option<RecordId>,
}

/// What is to be done about a lost record.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Answer {
    /// It is gone, and why.
    Gone(GoneRecord),
    /// The same, and it went after the read: the next one would have told of it.
    GoneLately(GoneRecord),
    /// It is there, or was a moment ago.
    There,
    /// The org does not know it.
    Unknown,
}

impl Sweep<'_> {
    /// Asks for the next lost records.
    pub(super) async fn explain_some(
        &self,
        position: &SweepPosition,
        after: Option<RecordId>,
    ) -> Result<SweepPosition> {
        let (store, rule_id) = (self.engine.store(), self.context.rule.id);
        let lost = list_unexplained(store, rule_id, after, IDS_AT_ONCE).await?;
        let Some(last) = lost.last() else {
            let step = SweepStep::Deciding { unasked_after: None };
            return Ok(SweepPosition { step, ..position.clone() });
        };
        let shown = self.ask(&lost).await?;
        let kept = self.inside_filter(&shown).await?;
        let mut next = position.clone();
        let (mut gone, mut lately, mut there, mut unknown) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for finding in &lost {
            let found = shown.get(&finding.row.id).copied();
            match self.answer(position, finding, found, kept.contains(&finding.row.id)) {
                Answer::Gone(record) => gone.push(record),
                Answer::GoneLately(record) => {
                    lately.push(finding.row);
                    gone.push(record);
                }
                Answer::There => there.push(finding.row),
                Answer::Unknown => unknown += 1,
            }
        }
        let mut tx = self.begin().await?;
        self.count_out(&mut tx, &mut next, &lately).await?;
        self.set_aside(&mut tx, &mut next, &there).await?;
        put_verdicts(&mut tx, rule_id, &gone).await?;
        next.counts.unexplained += unknown;
        // Asking on would cost calls and change nothing, unless most of them turn out to be deleted.
        let is_too_much = position.sees_all != Some(true)
            && position.mode != SweepMode::Accept
            && looks_like_lost_sight(next.counts.unexplained, next.counts.rows_in_copy);
        next.step = match is_too_much {
            true => SweepStep::Deciding { unasked_after: Some(last.row.id) },
            false => SweepStep::Explaining { after: Some(last.row.id) },
        };
        self.commit(tx, &next).await?;
        Ok(next)
    }

    /// Counts records out that are no difference, but may have gone.
    async fn count_out(&self, tx: &mut Tx, position: &mut SweepPosition, rows: &[RowStamp]) -> Result<()> {
        for row in rows {
            position.counts.set_aside(*row);
            if let Some(stamp) = row.stamp {
                take_from_day(tx, position.sweep_id, &TimeZone::UTC.date_at(stamp).to_string()).await?;
            }
        }
        Ok(())
    }

    /// Counts records out that are there.
    pub(super) async fn set_aside(
        &self,
        tx: &mut Tx,
        position: &mut SweepPosition,
        rows: &[RowStamp],
    ) -> Result<()> {
        self.count_out(tx, position, rows).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        Ok(delete_findings(tx, self.context.rule.id, &ids).await?)
    }

    fn answer(
        &self,
        position: &SweepPosition,
        finding: &Finding,
        shown: Option<Shown>,
        is_kept: bool,
    ) -> Answer {
        let Some(shown) = shown else { return Answer::Unknown };
        let is_pending = shown.stamp.is_some_and(|stamp| stamp > position.complete_until);
        let (why, evidence) = match (shown.is_deleted, shown.merged_into) {
            (true, Some(_)) => (GoneWhy::Merged, GoneEvidence::RecycleBin),
            (true, None) => (GoneWhy::Deleted, GoneEvidence::RecycleBin),
            (false, _) if is_kept || self.context.rule.filter.is_none() => return Answer::There,
            (false, _) => (GoneWhy::Filtered, GoneEvidence::OutsideFilter),
        };
        let merged_into = shown.merged_into.filter(|_| why == GoneWhy::Merged);
        let system_modstamp = shown.stamp.max(finding.row.stamp);
        let record = GoneRecord { id: finding.row.id, why, evidence, merged_into, system_modstamp };
        if is_pending { Answer::GoneLately(record) } else { Answer::Gone(record) }
    }

    /// Asks for lost records, whatever the filter.
    async fn ask(&self, lost: &[Finding]) -> Result<HashMap<RecordId, Shown>> {
        let context = self.context.for_pass(KeysetPass::ChangedIds);
        let window = format!("Id IN ({})", id_list(lost.iter().map(|finding| finding.row.id)));
        let query = context.select.query(Shows::DeletedToo, &context.rule.sobject, None, Some(&window), "");
        let page = self.fetch(query).await?;
        let mut shown = HashMap::new();
        let _ = for_each_row(&page, &context.select, 0, &mut |row| {
            let (is_deleted, merged_into) = (row.is_deleted, row.merged_into);
            shown.insert(row.id, Shown { stamp: row.stamp, is_deleted, merged_into });
            ControlFlow::Continue(())
        })?;
        page.remove();
        Ok(shown)
    }

    /// Those of some records that pass the filter: some have passed it only since the ids were listed.
    async fn inside_filter(&self, shown: &HashMap<RecordId, Shown>) -> Result<HashSet<RecordId>> {
        let mut live: Vec<RecordId> =
            shown.iter().filter(|(_, shown)| !shown.is_deleted).map(|(id, _)| *id).collect();
        live.sort_unstable();
        let context = self.context.for_pass(KeysetPass::Scope);
        let (select, rule) = (&context.select, &context.rule);
        let Some(filter) = rule.filter.as_ref() else { return Ok(HashSet::new()) };
        let most = split::ids_beside(Some(filter), select.text_len(), IDS_AT_ONCE as usize);
        let mut kept = HashSet::new();
        for some in live.chunks(most) {
            let window = format!("Id IN ({})", id_list(some.iter().copied()));
            let query = select.query(Shows::DeletedToo, &rule.sobject, Some(filter), Some(&window), "");
            let page = self.fetch(query).await?;
            let _ = for_each_row(&page, select, 0, &mut |row| {
                kept.insert(row.id);
                ControlFlow::Continue(())
            })?;
            page.remove();
        }
        Ok(kept)
    }
}
