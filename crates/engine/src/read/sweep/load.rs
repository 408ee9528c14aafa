//! Ids and stamps of very many records, gathered by a Bulk job: some calls where pages of a query take hundreds.
//!
//! What the job gathered may be minutes older than the copy that it is compared with. A record that the copy has in a newer
//! version counts as equal, and one that only the copy has is asked for by its id before anything is said of it.

use model::{KeysetPass, SweepJob, SweepPosition, SweepStep};
use salesforce::bulk2::JobId;
use store::{
    RecordTable, count_live_rows,
    read_ids::{IdPurpose, forget_ids, keep_ids},
    work::Next,
};

use super::{Sweep, list::stamps_of};
use crate::{
    backoff::pause_before_poll,
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    read::query_job::{self, DEADLINE_BESIDE_REST, PagePlace},
    rule_context::RuleContext,
    spool::SpooledPage,
};

/// Ids kept in one transaction, so that other writers wait little for it.
const IDS_AT_ONCE: usize = 5_000;
/// Nobody waits for a sweep: its job is asked less often from the start, each look being a call.
const LOOKS_LEFT_OUT: u32 = 1;

/// How a sweep begins: by a job where the copy holds many records, else by pages of a query.
pub(super) async fn first_step(engine: &Engine, table: &RecordTable) -> Result<SweepStep> {
    let rows = count_live_rows(engine.store(), table).await?;
    Ok(match rows > engine.config().bulk_sweep_from_rows {
        true => SweepStep::Starting,
        false => SweepStep::Listing { after: None },
    })
}

impl Sweep<'_> {
    /// Has the job made, unless the org takes none: pages of a query need none.
    pub(super) async fn start_job(&self, position: &SweepPosition) -> Result<SweepPosition> {
        let context = self.context.for_pass(KeysetPass::Scope);
        let rule = &context.rule;
        let query = context.select.query(context.all_live(), &rule.sobject, rule.filter.as_ref(), None, "");
        let made = match query_job::try_create(self.engine, &context, &query).await {
            Err(error) if error.is_refused_query() => None,
            made => made?,
        };
        let to_job = |job_id: JobId| {
            SweepStep::Preparing(SweepJob {
                job_id: job_id.to_string(),
                created_at: self.engine.clock().now(),
                polls: 0,
                rows_total: None,
                locator: None,
                page: 0,
                rows_before_page: 0,
            })
        };
        let step = made.map_or(SweepStep::Listing { after: None }, to_job);
        let next = SweepPosition { step, ..position.clone() };
        self.commit(self.begin().await?, &next).await?;
        Ok(next)
    }

    /// Looks whether the job is complete. Returns where the sweep stands, and when to look again where it is not.
    pub(super) async fn await_job(
        &self,
        position: &SweepPosition,
        job: &SweepJob,
    ) -> Result<(SweepPosition, Option<Next>)> {
        let looked = async {
            let job_id = query_job::parse_id(&job.job_id)?;
            let (engine, context) = (self.engine, self.context);
            let deadline = engine.config().bulk_deadline.min(DEADLINE_BESIDE_REST);
            query_job::look_at(engine, context, &job_id, job.created_at, deadline).await
        };
        let complete = match looked.await {
            Err(error) if self.is_job_over(&error) => {
                return Ok((self.give_job_up(position, &error).await?, None));
            }
            looked => looked?,
        };
        let job = SweepJob {
            polls: job.polls + 1,
            rows_total: complete.as_ref().and_then(|job| job.number_records_processed),
            ..job.clone()
        };
        let wait =
            Next::Wait(self.engine.clock().now() + pause_before_poll(0, job.polls - 1 + LOOKS_LEFT_OUT));
        let step = if complete.is_some() { SweepStep::Loading(job) } else { SweepStep::Preparing(job) };
        let next = SweepPosition { step, ..position.clone() };
        let mut tx = self.begin().await?;
        if complete.is_some() {
            forget_ids(&mut tx, self.context.rule.id, IdPurpose::Sweep).await?;
        }
        self.commit(tx, &next).await?;
        Ok((next, complete.is_none().then_some(wait)))
    }

    /// Keeps the next page of the job's results.
    pub(super) async fn load_page(&self, position: &SweepPosition, job: &SweepJob) -> Result<SweepPosition> {
        match self.load(position, job).await {
            Err(error) if self.is_job_over(&error) => self.give_job_up(position, &error).await,
            loaded => loaded,
        }
    }

    async fn load(&self, position: &SweepPosition, job: &SweepJob) -> Result<SweepPosition> {
        let context = self.context.for_pass(KeysetPass::Scope);
        let job_id = query_job::parse_id(&job.job_id)?;
        let place = PagePlace {
            locator: job.locator.as_deref(),
            number: job.page,
            rows_before: job.rows_before_page,
            rows_total: job.rows_total,
            most_rows: None,
        };
        let page = query_job::obtain_page(self.engine, &context, &job_id, place).await?;
        let kept = self.keep_results(position, job, &context, &page, place).await;
        if kept.as_ref().err().is_none_or(Error::is_of_result_page) {
            page.remove();
        }
        kept
    }

    async fn keep_results(
        &self,
        position: &SweepPosition,
        job: &SweepJob,
        context: &RuleContext,
        page: &SpooledPage,
        place: PagePlace<'_>,
    ) -> Result<SweepPosition> {
        let rows_so_far = job.rows_before_page + page.facts.rows;
        let step = match query_job::locator_after(place, &page.facts)? {
            Some(locator) => SweepStep::Loading(SweepJob {
                locator: Some(locator),
                page: job.page + 1,
                rows_before_page: rows_so_far,
                ..job.clone()
            }),
            None => match job.rows_total.filter(|expected| *expected != rows_so_far) {
                Some(expected) => {
                    let error = Error::RowsMissing { expected, found: rows_so_far };
                    return self.give_job_up(position, &error).await;
                }
                None => SweepStep::Comparing { after: None },
            },
        };
        let next = SweepPosition { step, ..position.clone() };
        // Ids that are kept already are no matter, so that a page which was kept in part is kept again.
        for rows in stamps_of(page, &context.select)?.chunks(IDS_AT_ONCE) {
            let mut tx = self.begin().await?;
            keep_ids(&mut tx, self.context.rule.id, IdPurpose::Sweep, rows).await?;
            self.commit(tx, position).await?;
        }
        self.commit(self.begin().await?, &next).await?;
        reach(self.engine.kill_at(), "sweep.chunk_stored");
        Ok(next)
    }

    /// Whether pages of a query have to list the ids instead.
    fn is_job_over(&self, error: &Error) -> bool {
        query_job::is_over(error, self.lease) || error.is_refused_query()
    }

    /// A job gave no whole result: pages of a query list the ids, from the first one on.
    async fn give_job_up(&self, position: &SweepPosition, error: &Error) -> Result<SweepPosition> {
        let sobject = &self.context.rule.sobject;
        tracing::info!(%sobject, error = %error, "a sweep's Bulk job is given up, and a query lists the ids");
        let rule_id = self.context.rule.id;
        let next = SweepPosition { step: SweepStep::Listing { after: None }, ..position.clone() };
        let mut tx = self.begin().await?;
        forget_ids(&mut tx, rule_id, IdPurpose::Sweep).await?;
        self.commit(tx, &next).await?;
        self.engine.spool().clear(rule_id);
        Ok(next)
    }
}
