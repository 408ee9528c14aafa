//! A sweep: the copy's ids and stamps compared with all that the org shows, after a read.
//!
//! First all ids are listed, by a query or, where they are very many, by a Bulk job, in ranges whose checksums are
//! compared; what differs is written down. Only when the last range is in does the sweep act: it asks for each lost
//! record by its id, decides about those that the org does not know, marks what is gone with the evidence, and reads
//! again what the copy lacked. A sweep that comes to no end has no effect. It is restartable at each step, and stops for
//! a read of what changed where it takes longer than a run.

mod decide;
mod due;
mod explain;
mod heal;
mod list;
mod load;
mod sight;

use std::time::Duration;

use model::{Checkpoint, Position, SweepEnd, SweepMode, SweepOutcome, SweepPosition, SweepStep};
use salesforce::RecordId;
use store::{
    RecordTable, Tx,
    checkpoints::put_checkpoint,
    read_ids::{IdPurpose, forget_ids},
    row_errors::delete_row_errors_before,
    sweeps::{clear_findings, find_sweep_schedule, finish_sweep, pause_sweep, schedule_sweep},
    sync_runs::add_progress,
    work::{Lease, Next, fence},
};

pub(crate) use due::{begin_if_due, is_due};
pub(crate) use sight::sees_all;

use super::{cover::completion_of, fields};
use crate::{
    apply::TOO_WIDE,
    destination::Destination,
    engine::Engine,
    error::Result,
    kill_point::reach,
    problem::Problem,
    query::Query,
    rule_context::RuleContext,
    slice::SliceClock,
    spool::{PageFormat, SpooledPage},
};

/// The codes of records that could not be stored.
const REJECTED: [&str; 2] = ["value.unreadable", TOO_WIDE];

/// A record that could not be stored and was not met for so long, although a sweep looked for it, is not there any more.
const FORGET_REJECTED: Duration = Duration::from_secs(12 * 3_600);

/// A sweep under way.
struct Sweep<'a> {
    engine: &'a Engine,
    lease: &'a Lease,
    context: &'a RuleContext,
    table: &'a RecordTable,
}

/// Goes on with a sweep until it ends or the slice's time is over.
pub(crate) async fn sweep_slice(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    mut position: SweepPosition,
    slice: &SliceClock,
) -> Result<Next> {
    let Destination::Table { table, .. } = &context.destination else {
        // A file is written anew by each read.
        let completion = completion_of(engine, context, position.started_at).await?;
        engine.complete_rule(lease, context, completion).await?;
        return Ok(Next::Done);
    };
    let sweep = Sweep { engine, lease, context, table };
    loop {
        let next = match &position.step {
            SweepStep::Starting => Some(sweep.start_job(&position).await?),
            SweepStep::Preparing(job) => {
                let (next, wait) = sweep.await_job(&position, job).await?;
                if let Some(wait) = wait {
                    return Ok(wait);
                }
                Some(next)
            }
            SweepStep::Loading(job) => Some(sweep.load_page(&position, job).await?),
            SweepStep::Listing { after } => Some(sweep.list_range(&position, *after).await?),
            SweepStep::Keeping { after } => Some(sweep.keep_page(&position, *after).await?),
            SweepStep::Comparing { after } => Some(sweep.compare_kept(&position, *after).await?),
            SweepStep::Explaining { after } => Some(sweep.explain_some(&position, *after).await?),
            SweepStep::Deciding { unasked_after } => Some(sweep.decide(&position, *unasked_after).await?),
            SweepStep::Marking => Some(sweep.mark_some(&position).await?),
            SweepStep::Healing { after } => sweep.heal_some(&position, *after).await?,
        };
        let Some(next) = next else {
            return sweep.finish(&position).await;
        };
        position = next;
        if slice.is_over(engine.clock()) {
            return Ok(Next::Now);
        }
    }
}

/// Keeps where a sweep stands, which goes on after a read of what changed since it began.
pub(super) async fn keep(tx: &mut Tx, position: &SweepPosition) -> Result<()> {
    Ok(pause_sweep(tx, position).await?)
}

impl Sweep<'_> {
    /// Begins a transaction that only the holder of the lease can end well.
    async fn begin(&self) -> Result<Tx> {
        let mut tx = self.engine.store().begin().await?;
        fence(&mut tx, self.lease, self.engine.clock().now()).await?;
        Ok(tx)
    }

    /// Commits what was done up to a position.
    async fn commit(&self, mut tx: Tx, position: &SweepPosition) -> Result<()> {
        let (rule_id, now) = (self.context.rule.id, self.engine.clock().now());
        let checkpoint =
            Checkpoint { position: Position::Sweep(Box::new(position.clone())), complete_until: None };
        put_checkpoint(&mut tx, self.lease, rule_id, &checkpoint, now).await?;
        add_progress(&mut tx, self.context.run_id, rule_id, &self.context.client.take_spent()).await?;
        Ok(tx.commit().await?)
    }

    /// Asks for a page of a query.
    async fn fetch(&self, query: Query) -> Result<SpooledPage> {
        reach(self.engine.kill_at(), "page.requested");
        let body = self.context.client.open_page(&query.into_page_request()).await?;
        let (spool, kill_at) = (self.engine.spool(), self.engine.kill_at());
        spool.receive(self.context.rule.id, "sweep", PageFormat::Json, body, kill_at).await
    }

    /// Ends the sweep, and the rule's part in the run where no columns are to be read besides.
    async fn finish(&self, position: &SweepPosition) -> Result<Next> {
        let (engine, rule_id) = (self.engine, self.context.rule.id);
        let (now, counts) = (engine.clock().now(), position.counts);
        let outcome = counts.outcome(position.mode);
        let problem = (outcome == SweepOutcome::Frozen).then(|| self.lost_sight(position));
        let end = SweepEnd { finished_at: now, outcome, counts, problem: problem.map(model::Problem::from) };
        let due_at = due::next_due(engine, self.context, counts.rows_in_org).await?;
        let schedule = find_sweep_schedule(engine.store(), rule_id).await?;
        // Somebody asked while this one went on.
        let is_wanted_again = schedule
            .is_some_and(|schedule| schedule.requested.is_some() && schedule.due_at > position.begun_at);
        let mut tx = self.begin().await?;
        clear_findings(&mut tx, rule_id).await?;
        forget_ids(&mut tx, rule_id, IdPurpose::Sweep).await?;
        if position.mode != SweepMode::Report {
            // The sweep has read all of them again but those that changed just now, which each read meets again.
            let long_ago = position.begun_at - FORGET_REJECTED;
            for code in REJECTED {
                delete_row_errors_before(&mut tx, rule_id, code, long_ago).await?;
            }
        }
        finish_sweep(&mut tx, position.sweep_id, rule_id, &end).await?;
        if !is_wanted_again {
            schedule_sweep(&mut tx, rule_id, due_at).await?;
        }
        self.commit(tx, position).await?;
        reach(engine.kill_at(), "sweep.completed");
        engine.spool().clear(rule_id);
        let completion = completion_of(engine, self.context, position.started_at).await?;
        if fields::begin_if_due(engine, self.lease, self.context, position.started_at, completion).await? {
            return Ok(Next::Now);
        }
        engine.complete_rule(self.lease, self.context, completion).await?;
        Ok(Next::Done)
    }

    fn lost_sight(&self, position: &SweepPosition) -> Problem {
        let (frozen, rows) = (position.counts.frozen, position.counts.rows_in_copy);
        let sobject = &self.context.rule.sobject;
        Problem::new(
            "records.hidden",
            format!(
                "{frozen} of {rows} records of {sobject} are no longer visible to the connection's user, and nothing says \
                 that they were deleted. They stay as they are. Give the user its rights back, or confirm that they are gone."
            ),
        )
    }
}

/// Prints ids for the right side of `IN`.
pub(crate) fn id_list(ids: impl Iterator<Item = RecordId>) -> String {
    let quoted: Vec<String> = ids.map(|id| format!("'{id}'")).collect();
    quoted.join(",")
}
