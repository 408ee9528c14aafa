//! What follows the last page: the count is checked and the checkpoint moves.

use model::{FinishedJob, Position, ReadKind};
use salesforce::Timestamp;
use store::work::{Lease, Next};

use super::{bulk, cover::completion_of, fields, keyset, query_job, sweep};
use crate::{
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    rule_context::RuleContext,
};

/// Ends a read that began at `started_at`, from `job` where it was a Bulk job.
pub(crate) async fn finish_read(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    started_at: Timestamp,
    kind: ReadKind,
    job: Option<FinishedJob>,
) -> Result<Next> {
    if let Some(job) = &job {
        // The job stays: Salesforce removes it after seven days, and to remove it now would cost a call.
        check_count(engine, lease, context, job, kind, started_at).await?;
        reach(engine.kill_at(), "bulk.closed");
        let ids = job.changes.as_ref().and_then(|changes| keyset::pass_of_ids(context, changes));
        if let Some(ids) = ids {
            engine.store_position(lease, context, Position::Keyset(ids)).await?;
            return Ok(Next::Now);
        }
    }
    if kind.is_of_fields() {
        return fields::finish_fields(engine, lease, context, started_at, kind).await;
    }
    if kind.is_full() {
        fields::note_full_read(engine, lease, context, started_at).await?;
    }
    let completion = completion_of(engine, context, started_at).await?;
    context.destination.finish()?;
    // Afterwards the next run may begin at once, with pages of its own.
    engine.spool().clear(context.rule.id);
    if sweep::begin_if_due(engine, lease, context, kind, started_at, completion.complete_until).await? {
        return Ok(Next::Now);
    }
    if fields::begin_if_due(engine, lease, context, started_at, completion).await? {
        return Ok(Next::Now);
    }
    engine.complete_rule(lease, context, completion).await?;
    Ok(Next::Done)
}

/// Compares the rows that came with the job's own count. Where they differ the rule is read again from the start.
async fn check_count(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    job: &FinishedJob,
    kind: ReadKind,
    started_at: Timestamp,
) -> Result<()> {
    let expected = match job.rows_total {
        Some(rows_total) => Some(rows_total),
        None => match query_job::find(context, &query_job::parse_id(&job.job_id)?).await {
            Ok(info) => info.number_records_processed,
            // Somebody has removed it since its last page was read.
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        },
    };
    if let Some(expected) = expected.filter(|expected| *expected != job.rows) {
        let position = bulk::given_up(kind, job.changes.clone(), started_at, job.jobs_before + 1);
        engine.store_position(lease, context, position).await?;
        return Err(Error::RowsMissing { expected, found: job.rows });
    }
    Ok(())
}
