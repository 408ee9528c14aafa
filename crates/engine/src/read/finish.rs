//! What follows the last page: the count is checked, the checkpoint moves, the job is tidied away.

use std::time::Duration;

use model::{FinishedJob, ReadKind, RunPhase};
use salesforce::{Retry, Timestamp, bulk2::JobId};
use store::work::{Lease, Next};

use super::{bulk, fields, sweep};
use crate::{
    backoff::call_again,
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    rule_context::RuleContext,
};

/// The span that is asked about. The resource wants at least a minute and ignores seconds.
const LOOK_BACK: Duration = Duration::from_secs(120);

/// Ends a read that began at `started_at`, from `job` where it was a Bulk job.
pub(crate) async fn finish_read(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    started_at: Timestamp,
    kind: ReadKind,
    job: Option<FinishedJob>,
) -> Result<Next> {
    let job_id = match &job {
        Some(job) => Some(check_count(engine, lease, context, job, kind, started_at).await?),
        None => None,
    };
    if let Some(job_id) = job_id {
        // Salesforce removes results after seven days anyway, so a refusal here changes nothing.
        if let Err(error) = context.client.delete_job(&job_id).await {
            tracing::debug!(error = %error, "could not remove a finished Bulk job");
        }
        reach(engine.kill_at(), "bulk.closed");
    }
    if kind.is_of_fields() {
        return fields::finish_fields(engine, lease, context, started_at, kind).await;
    }
    if kind.is_full() {
        fields::note_full_read(engine, lease, context, started_at).await?;
    }
    if kind == ReadKind::Reload {
        let position = sweep::first_position(started_at);
        engine.enter_phase(lease, context, position, RunPhase::Sweeping, None).await?;
        reach(engine.kill_at(), "sweep.started");
        return Ok(Next::Now);
    }
    let complete_until = complete_until(engine, context, started_at).await?;
    if fields::begin_if_due(engine, lease, context, started_at, complete_until).await? {
        return Ok(Next::Now);
    }
    context.destination.finish()?;
    // Afterwards the next run may begin at once, with pages of its own.
    engine.spool().clear(context.rule.id);
    engine.complete_rule(lease, context, complete_until).await?;
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
) -> Result<JobId> {
    let job_id = bulk::parse_job_id(&job.job_id)?;
    let expected = match bulk::find_job(context, &job_id).await {
        Ok(info) => info.number_records_processed,
        // A process died between removing the job and noting that the read is complete: it was counted then.
        Err(error) if error.is_not_found() => return Ok(job_id),
        Err(error) => return Err(error),
    };
    if let Some(expected) = expected.filter(|expected| *expected != job.rows) {
        let position = bulk::given_up(kind, started_at, job.jobs_before + 1);
        engine.store_position(lease, context, position).await?;
        return Err(Error::RowsMissing { expected, found: job.rows });
    }
    Ok(job_id)
}

/// Up to when the copy is complete: the start of the read less the overlap, or earlier where a transaction that is
/// still open in the org may yet commit records with an older SystemModstamp.
///
/// `latestDateCovered` of the "get updated" resource tells that (REST API Developer Guide, sObject Get Updated). It is
/// not believed for longer than the configured hold.
async fn complete_until(engine: &Engine, context: &RuleContext, started_at: Timestamp) -> Result<Timestamp> {
    let by_overlap = started_at - engine.config().overlap;
    let Some(covered) = latest_date_covered(engine, context, started_at).await? else {
        return Ok(by_overlap);
    };
    Ok(by_overlap.min(covered.max(started_at - engine.config().longest_hold)))
}

/// `None` where the sObject is not replicateable or the org refuses to say: then the overlap stands alone. No answer is
/// not a refusal.
async fn latest_date_covered(
    engine: &Engine,
    context: &RuleContext,
    started_at: Timestamp,
) -> Result<Option<Timestamp>> {
    if !context.describe.summary.replicateable {
        return Ok(None);
    }
    let (sobject, from) = (&context.rule.sobject, started_at - LOOK_BACK);
    let updated = call_again(engine.random(), || context.client.updated(sobject, from, started_at)).await;
    match updated {
        Ok(updated) => Ok(Some(updated.latest_date_covered)),
        Err(error) if matches!(error.retry(), Retry::Now | Retry::Later(_) | Retry::Reauth) => {
            Err(Error::call(format!("ask up to when changes of {sobject} are visible"))(error))
        }
        Err(error) => {
            tracing::debug!(error = %error, "the org does not say up to when its changes are visible");
            Ok(None)
        }
    }
}
