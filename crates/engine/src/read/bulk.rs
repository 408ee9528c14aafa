//! A read by a Bulk API 2.0 query job: of everything, or of the rest of changes that are many.
//!
//! The job freezes the ids it will return, its result pages stay as they are for seven days, and a page can be asked
//! for again (Bulk API 2.0 and Bulk API Developer Guide, Get Results for a Query Job). So the place in a read is the
//! job, the locator of a page, and how many rows of that page are committed.

use std::time::Duration;

use model::{BulkPosition, FinishedJob, KeysetPosition, Position, ReadKind, RunPhase, Source};
use salesforce::{
    PageRequest, Retry, Timestamp,
    bulk2::{JobId, JobInfo, JobState, Locator},
};
use store::{
    bulk_refusals::{find_bulk_refusal, put_bulk_refusal},
    work::{Lease, Next},
};

use crate::{
    apply::{PagePoint, apply_page},
    backoff::{call_again, pause_before_poll},
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    plan::read_window,
    problem::full_text,
    read::keyset,
    rule_context::RuleContext,
    slice::SliceClock,
    spool::{PageFacts, PageFormat, SpooledPage},
};

/// How long a job of changes may stay unfinished before REST brings them.
const DEADLINE_OF_CHANGES: Duration = Duration::from_secs(3_600);

/// What a job is to bring.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) kind: ReadKind,
    /// When the read began, by the org's clock.
    pub(crate) started_at: Timestamp,
    /// Jobs of this read that were given up.
    pub(crate) jobs_before: u32,
    /// Where a read of changes stands of which the job is to bring the rest. Without it, everything.
    pub(crate) changes: Option<KeysetPosition>,
}

/// Creates a job and returns where the read stands with it. `None` where the org has refused Bulk for the sObject.
pub(crate) async fn try_job(
    engine: &Engine,
    context: &RuleContext,
    wanted: Wanted,
) -> Result<Option<Position>> {
    let org_id = engine.connection(engine.connection_id_of(&context.rule).await?).await?.org_id;
    let (sobject, version) = (&context.rule.sobject, context.client.version());
    if find_bulk_refusal(engine.store(), org_id, sobject, version).await?.is_some() {
        return Ok(None);
    }
    match create_job(engine, context, wanted).await {
        Ok(position) => Ok(Some(position)),
        // Which sObjects Bulk cannot read is learnt by asking: the list in Salesforce's guides is not complete.
        Err(error) if error.is_bulk_refusal() => {
            let code = error.api_error().map(|error| error.code.clone()).unwrap_or_default();
            let mut tx = engine.store().begin().await?;
            put_bulk_refusal(&mut tx, org_id, sobject, version, &code, engine.clock().now()).await?;
            tx.commit().await?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn create_job(engine: &Engine, context: &RuleContext, wanted: Wanted) -> Result<Position> {
    let Wanted { kind, started_at, jobs_before, changes } = wanted;
    let window = changes.as_ref().and_then(|changes| keyset::window(changes, &context.select));
    let (sobject, filter) = (&context.rule.sobject, context.rule.filter.as_ref());
    let soql = context.select.soql(sobject, filter, window.as_deref(), "");
    // Records that were deleted are among those that changed.
    let include_deleted = changes.is_some();
    let create = || context.client.create_query_job(&soql, include_deleted);
    let created = call_again(engine.random(), create).await;
    let job = created.map_err(Error::call(format!("start a Bulk job for {sobject}")))?;
    reach(engine.kill_at(), "bulk.created");
    Ok(Position::Bulk(BulkPosition {
        job_id: job.id.to_string(),
        kind,
        changes,
        started_at,
        created_at: Some(engine.clock().now()),
        jobs_before,
        polls: 0,
        rows_total: None,
        locator: None,
        page: 0,
        rows_committed: 0,
        rows_before_page: 0,
    }))
}

/// Goes on with a job: asks for its state, or reads pages until the slice's time is over.
///
/// A job that gives no whole result is given up. The next slice begins the read anew.
pub(crate) async fn read_slice(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    position: BulkPosition,
    slice: &SliceClock,
) -> Result<Next> {
    let source = if position.kind.is_of_fields() { Source::Refresh } else { Source::Bulk };
    let notes_filter = keyset::notes_filter(context, position.kind);
    let context = &RuleContext { source, notes_filter, ..context.clone() }
        .leaving_late_changes(position.kind, position.started_at);
    let given_up =
        given_up(position.kind, position.changes.clone(), position.started_at, position.jobs_before + 1);
    match read_pages(engine, lease, context, position, slice).await {
        Err(error) if is_job_over(&error, lease) => {
            engine.store_position(lease, context, given_up).await?;
            Err(as_end_of_job(context, error))
        }
        outcome => outcome,
    }
}

/// Where a read stands whose job was given up. One of some columns follows a read that is complete, and goes on by REST, as
/// do changes from where they stood.
pub(crate) fn given_up(
    kind: ReadKind,
    changes: Option<KeysetPosition>,
    started_at: Timestamp,
    jobs: u32,
) -> Position {
    match changes {
        Some(changes) => Position::Keyset(changes),
        None if kind.is_of_fields() => read_window(kind, None, started_at),
        None => Position::GivenUp { jobs },
    }
}

/// A page that was wrong may have been so in passing, and is asked for a second time.
fn is_job_over(error: &Error, lease: &Lease) -> bool {
    matches!(error, Error::BulkEnded { .. })
        || error.is_not_found()
        || error.is_of_result_page() && lease.attempt > 0
}

/// Results are kept for seven days (Bulk API 2.0 and Bulk API Developer Guide, Limits); after that, or when somebody
/// removed the job, the org does not know it any more. Another job can be made.
fn as_end_of_job(context: &RuleContext, error: Error) -> Error {
    if !error.is_not_found() && error.retry() != Retry::Now {
        return error;
    }
    Error::BulkEnded {
        sobject: context.rule.sobject.clone(),
        state: "Gone".to_owned(),
        message: full_text(&error),
    }
}

async fn read_pages(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    mut position: BulkPosition,
    slice: &SliceClock,
) -> Result<Next> {
    let job_id = parse_job_id(&position.job_id)?;
    let is_started = position.page > 0 || position.rows_committed > 0;
    if !is_started && !is_complete(engine, lease, context, &job_id, &mut position).await? {
        let now = engine.clock().now();
        return Ok(Next::Wait(now + pause_before_poll(position.polls)));
    }
    let mut page = obtain_page(engine, context, &job_id, &position).await?;
    loop {
        let next = position_after(&position, &page.facts).inspect_err(|_| page.remove())?;
        let (applied, ahead) = tokio::join!(
            apply_page(engine, lease, context, &page, position.rows_committed, |point| {
                position_at(&position, &page, point)
            }),
            obtain_next(engine, context, &job_id, next.as_ref()),
        );
        if applied.as_ref().err().is_none_or(Error::is_of_result_page) {
            page.remove();
        }
        applied?;
        let Some((next, ahead)) = next.zip(ahead) else { return Ok(Next::Now) };
        (position, page) = (next, ahead?);
        if slice.is_over(engine.clock()) {
            return Ok(Next::Now);
        }
    }
}

/// Whether the job's results can be read. Counts the polls, so that they become rarer.
async fn is_complete(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    job_id: &JobId,
    position: &mut BulkPosition,
) -> Result<bool> {
    let job = find_job(context, job_id).await?;
    reach(engine.kill_at(), "bulk.polled");
    let config = engine.config();
    // Changes come by REST too, and are waited for.
    let deadline = match position.changes {
        Some(_) => config.bulk_deadline.min(DEADLINE_OF_CHANGES),
        None => config.bulk_deadline,
    };
    let created_at = position.created_at.unwrap_or(position.started_at);
    let is_late = engine.clock().now().since(created_at) > deadline;
    let (phase, rows_total) = match job.state {
        JobState::JobComplete => (RunPhase::Reading, job.number_records_processed),
        JobState::Failed | JobState::Aborted => return Err(ended(context, &job)),
        _ if is_late => {
            abort(context, job_id).await;
            return Err(ended(context, &job));
        }
        _ => (RunPhase::Preparing, None),
    };
    position.polls += 1;
    position.rows_total = rows_total;
    // Of changes, others came before the job.
    let rows_total = rows_total.filter(|_| position.changes.is_none());
    engine.enter_phase(lease, context, Position::Bulk(position.clone()), phase, rows_total).await?;
    Ok(phase == RunPhase::Reading)
}

/// Ends a job that is not waited for any more, so that the org does no work for nobody. One that cannot be reached is
/// removed by the org after seven days.
async fn abort(context: &RuleContext, job_id: &JobId) {
    if let Err(error) = context.client.abort_job(job_id).await {
        tracing::info!(job.id = %job_id, error = %error, "a Bulk job that is given up was not aborted");
    }
}

pub(crate) async fn find_job(context: &RuleContext, job_id: &JobId) -> Result<JobInfo> {
    context
        .client
        .job(job_id)
        .await
        .map_err(Error::call(format!("ask for the Bulk job of {}", context.rule.sobject)))
}

/// A stored job id, which was one when it was stored.
pub(crate) fn parse_job_id(text: &str) -> Result<JobId> {
    text.parse().map_err(|source: salesforce::ParseError| Error::Download(source.into()))
}

fn ended(context: &RuleContext, job: &JobInfo) -> Error {
    Error::BulkEnded {
        sobject: context.rule.sobject.clone(),
        state: format!("{:?}", job.state),
        message: job.error_message.clone().unwrap_or_else(|| "no reason given".to_owned()),
    }
}

async fn obtain_next(
    engine: &Engine,
    context: &RuleContext,
    job_id: &JobId,
    next: Option<&BulkPosition>,
) -> Option<Result<SpooledPage>> {
    Some(obtain_page(engine, context, job_id, next?).await)
}

/// The page at `position`: from the spool where an earlier process left it whole, else from Salesforce.
async fn obtain_page(
    engine: &Engine,
    context: &RuleContext,
    job_id: &JobId,
    position: &BulkPosition,
) -> Result<SpooledPage> {
    let key = format!("{job_id}-{}", position.page);
    if let Some(page) = engine.spool().find(context.rule.id, &key) {
        return Ok(page);
    }
    reach(engine.kill_at(), "page.requested");
    let request = PageRequest::BulkResult {
        job: *job_id,
        locator: position.locator.clone().map(Locator::new),
        max_records: engine.config().page_size.rows(),
    };
    let body = context.client.open_page(&request).await?;
    engine.spool().receive(context.rule.id, &key, PageFormat::Csv, body, engine.kill_at()).await
}

/// Where the next page starts; `None` after the last.
fn position_after(position: &BulkPosition, page: &PageFacts) -> Result<Option<BulkPosition>> {
    let Some(next) = page.next_locator.clone() else { return Ok(None) };
    let rows = position.rows_before_page + page.rows;
    let is_beyond_end = position.rows_total.is_some_and(|total| rows > total);
    if position.locator.as_ref() == Some(&next) || is_beyond_end {
        return Err(Error::LocatorRepeated);
    }
    Ok(Some(BulkPosition {
        locator: Some(next),
        page: position.page + 1,
        // The page may be shorter than when it was first asked for: pages have another size now.
        rows_committed: position.rows_committed.saturating_sub(page.rows),
        rows_before_page: rows,
        ..position.clone()
    }))
}

/// Where the read stands when the rows up to `point` are committed.
fn position_at(position: &BulkPosition, page: &SpooledPage, point: PagePoint) -> Position {
    if !point.is_end {
        return Position::Bulk(BulkPosition { rows_committed: point.rows, ..position.clone() });
    }
    match position_after(position, &page.facts) {
        Ok(Some(next)) => Position::Bulk(next),
        _ => Position::Finishing {
            started_at: position.started_at,
            kind: position.kind,
            job: Some(FinishedJob {
                job_id: position.job_id.clone(),
                rows: position.rows_before_page + page.facts.rows,
                rows_total: position.rows_total,
                jobs_before: position.jobs_before,
                changes: position.changes.clone(),
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_shorter_than_what_was_committed_of_it_is_skipped_into_the_next() {
        let position = BulkPosition {
            job_id: "750000000000001AAA".to_owned(),
            kind: ReadKind::FirstLoad,
            changes: None,
            started_at: Timestamp::from_millis(0),
            created_at: None,
            jobs_before: 0,
            polls: 1,
            rows_total: Some(10_000),
            locator: None,
            page: 0,
            rows_committed: 5_000,
            rows_before_page: 0,
        };
        let page = |rows| PageFacts {
            format: PageFormat::Csv,
            stored_bytes: 0,
            crc32: 0,
            rows,
            next_locator: Some("MTAw".to_owned()),
            has_more: false,
            server_date: None,
        };
        let skipped = |rows| position_after(&position, &page(rows)).unwrap().unwrap().rows_committed;

        assert_eq!(skipped(8_000), 0);
        assert_eq!(skipped(1_000), 4_000);
    }
}
