//! A read by a Bulk API 2.0 query job: of everything, or of the rest of changes that are many.
//!
//! The job freezes the ids it will return, its result pages stay as they are for seven days, and a page can be asked
//! for again (Bulk API 2.0 and Bulk API Developer Guide, Get Results for a Query Job). So the place in a read is the
//! job, the locator of a page, and how many rows of that page are committed.

use std::time::Duration;

use model::{BulkPosition, FinishedJob, KeysetPosition, Position, ReadKind, RunPhase, Source};
use salesforce::{Timestamp, bulk2::JobId};
use store::work::{Lease, Next};

use super::query_job::{self, DEADLINE_BESIDE_REST, PagePlace};
use crate::{
    apply::{PagePoint, apply_page},
    backoff::pause_before_poll,
    engine::Engine,
    error::{Error, Result},
    plan::read_window,
    query::Shows,
    read::keyset,
    rule_context::RuleContext,
    slice::SliceClock,
    spool::{PageFacts, SpooledPage},
};

/// What a job is to bring.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) kind: ReadKind,
    /// When the read began, by the org's clock.
    pub(crate) started_at: Timestamp,
    /// Jobs of this read that were given up.
    pub(crate) jobs_before: u32,
    /// About how many records that are; nothing where they could not be counted.
    pub(crate) rows: Option<u64>,
    /// Where a read of changes stands of which the job is to bring the rest. Without it, everything.
    pub(crate) changes: Option<KeysetPosition>,
}

/// Creates a job and returns where the read stands with it. `None` where the org has refused Bulk for the sObject.
pub(crate) async fn try_job(
    engine: &Engine,
    context: &RuleContext,
    wanted: Wanted,
) -> Result<Option<Position>> {
    let Wanted { kind, started_at, jobs_before, rows, changes } = wanted;
    let window = changes.as_ref().and_then(|changes| keyset::window(changes, &context.select));
    let (sobject, filter) = (&context.rule.sobject, context.rule.filter.as_ref());
    // Records that were deleted are among those that changed.
    let shows = if changes.is_some() { Shows::DeletedToo } else { context.all_live() };
    let query = context.select.query(shows, sobject, filter, window.as_deref(), "");
    let Some(job_id) = query_job::try_create(engine, context, &query).await? else { return Ok(None) };
    Ok(Some(Position::Bulk(BulkPosition {
        job_id: job_id.to_string(),
        kind,
        changes,
        started_at,
        created_at: Some(engine.clock().now()),
        jobs_before,
        rows_expected: rows,
        polls: 0,
        rows_total: None,
        locator: None,
        page_rows: None,
        page: 0,
        rows_committed: 0,
        rows_before_page: 0,
    })))
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
        Err(error) if query_job::is_over(&error, lease) => {
            engine.store_position(lease, context, given_up).await?;
            Err(query_job::as_end_of_job(context, error))
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

/// How long a job is left alone before it is looked at, for the first time or again.
pub(crate) fn pause_before_look(position: &BulkPosition) -> Duration {
    pause_before_poll(position.rows_expected.unwrap_or_default(), position.polls)
}

async fn read_pages(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    mut position: BulkPosition,
    slice: &SliceClock,
) -> Result<Next> {
    let job_id = query_job::parse_id(&position.job_id)?;
    let is_started = position.page > 0 || position.rows_committed > 0;
    if !is_started && !is_complete(engine, lease, context, &job_id, &mut position).await? {
        let now = engine.clock().now();
        return Ok(Next::Wait(now + pause_before_look(&position)));
    }
    let mut page = obtain_fitting(engine, lease, context, &job_id, &mut position).await?;
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
        position = next;
        page = match ahead {
            Err(Error::PageTooLarge) => {
                obtain_fitting(engine, lease, context, &job_id, &mut position).await?
            }
            ahead => ahead?,
        };
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
    let config = engine.config();
    // Changes come by REST too, and are waited for.
    let deadline = match position.changes {
        Some(_) => config.bulk_deadline.min(DEADLINE_BESIDE_REST),
        None => config.bulk_deadline,
    };
    let created_at = position.created_at.unwrap_or(position.started_at);
    let complete = query_job::look_at(engine, context, job_id, created_at, deadline).await?;
    let phase = if complete.is_some() { RunPhase::Reading } else { RunPhase::Preparing };
    position.polls += 1;
    position.rows_total = complete.and_then(|job| job.number_records_processed);
    // Of changes, others came before the job.
    let rows_total = position.rows_total.filter(|_| position.changes.is_none());
    engine.enter_phase(lease, context, Position::Bulk(position.clone()), phase, rows_total).await?;
    Ok(phase == RunPhase::Reading)
}

async fn obtain_next(
    engine: &Engine,
    context: &RuleContext,
    job_id: &JobId,
    next: Option<&BulkPosition>,
) -> Option<Result<SpooledPage>> {
    Some(obtain_page(engine, context, job_id, next?).await)
}

/// Asks for a page, and for half as many records of it as long as it is too large. The pages after it have as few.
async fn obtain_fitting(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    job_id: &JobId,
    position: &mut BulkPosition,
) -> Result<SpooledPage> {
    loop {
        match obtain_page(engine, context, job_id, position).await {
            Err(Error::PageTooLarge) => {}
            obtained => return obtained,
        }
        let rows = position.page_rows.unwrap_or(engine.config().page_size.rows()) / 2;
        if rows == 0 {
            return Err(Error::TooMuchForOne(context.rule.sobject.clone()));
        }
        tracing::info!(sobject = %context.rule.sobject, rows, "a page was too large, and fewer records are asked for at once");
        position.page_rows = Some(rows);
        engine.store_position(lease, context, Position::Bulk(position.clone())).await?;
    }
}

async fn obtain_page(
    engine: &Engine,
    context: &RuleContext,
    job_id: &JobId,
    position: &BulkPosition,
) -> Result<SpooledPage> {
    query_job::obtain_page(engine, context, job_id, place_of(position)).await
}

fn place_of(position: &BulkPosition) -> PagePlace<'_> {
    PagePlace {
        locator: position.locator.as_deref(),
        number: position.page,
        rows_before: position.rows_before_page,
        rows_total: position.rows_total,
        most_rows: position.page_rows,
    }
}

/// Where the next page starts; `None` after the last.
fn position_after(position: &BulkPosition, page: &PageFacts) -> Result<Option<BulkPosition>> {
    let Some(next) = query_job::locator_after(place_of(position), page)? else { return Ok(None) };
    Ok(Some(BulkPosition {
        locator: Some(next),
        page: position.page + 1,
        // The page may be shorter than when it was first asked for: pages have another size now.
        rows_committed: position.rows_committed.saturating_sub(page.rows),
        rows_before_page: position.rows_before_page + page.rows,
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
    use crate::spool::PageFormat;

    #[test]
    fn a_page_that_is_shorter_than_what_was_committed_of_it_is_skipped_into_the_next() {
        let position = BulkPosition {
            job_id: "750000000000001AAA".to_owned(),
            kind: ReadKind::FirstLoad,
            changes: None,
            started_at: Timestamp::from_millis(0),
            created_at: None,
            jobs_before: 0,
            rows_expected: None,
            polls: 1,
            rows_total: Some(10_000),
            locator: None,
            page_rows: None,
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
