//! A query job of Bulk API 2.0: made where the org has not refused Bulk, looked at until it is complete, and read page by
//! page.

use std::time::Duration;

use salesforce::{
    PageRequest, Retry, Timestamp,
    bulk2::{JobId, JobInfo, JobState, Locator},
};
use store::{
    bulk_refusals::{find_bulk_refusal, put_bulk_refusal},
    work::Lease,
};

use crate::{
    backoff::call_again,
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    problem::full_text,
    query::Query,
    rule_context::RuleContext,
    spool::{PageFacts, PageFormat, SpooledPage},
};

/// How long a job may stay unfinished whose records REST can bring, too.
pub(super) const DEADLINE_BESIDE_REST: Duration = Duration::from_secs(3_600);

/// A page of a job's results.
#[derive(Clone, Copy, Debug)]
pub(super) struct PagePlace<'a> {
    /// `None` is the first.
    pub(super) locator: Option<&'a str>,
    /// Its number, from 0.
    pub(super) number: u32,
    /// Rows of the pages before it.
    pub(super) rows_before: u64,
    /// The records that the job found, where it said so.
    pub(super) rows_total: Option<u64>,
    /// The most records that it is to hold; `None` for as many as pages have.
    pub(super) most_rows: Option<u32>,
}

/// Makes a job. `None` where the org has refused Bulk for the sObject.
pub(super) async fn try_create(
    engine: &Engine,
    context: &RuleContext,
    query: &Query,
) -> Result<Option<JobId>> {
    let org_id = engine.connection(engine.connection_id_of(&context.rule).await?).await?.org_id;
    let (sobject, version) = (&context.rule.sobject, context.client.version());
    if find_bulk_refusal(engine.store(), org_id, sobject, version).await?.is_some() {
        return Ok(None);
    }
    let create = || context.client.create_query_job(&query.soql, query.include_deleted);
    let created = call_again(engine.random(), create).await;
    match created.map_err(Error::call(format!("start a Bulk job for {sobject}"))) {
        Ok(job) => {
            reach(engine.kill_at(), "bulk.created");
            Ok(Some(job.id))
        }
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

/// Looks at a job. `None` while the org prepares its results.
///
/// # Errors
/// [`Error::BulkEnded`] where it failed or was aborted, or is unfinished after `deadline`; then it is aborted here.
pub(super) async fn look_at(
    engine: &Engine,
    context: &RuleContext,
    job_id: &JobId,
    created_at: Timestamp,
    deadline: Duration,
) -> Result<Option<JobInfo>> {
    let job = find(context, job_id).await?;
    reach(engine.kill_at(), "bulk.polled");
    let is_late = engine.clock().now().since(created_at) > deadline;
    match job.state {
        JobState::JobComplete => Ok(Some(job)),
        JobState::Failed | JobState::Aborted => Err(ended(context, &job)),
        _ if is_late => {
            abort(context, job_id).await;
            Err(ended(context, &job))
        }
        _ => Ok(None),
    }
}

/// Ends a job that is not waited for any more, so that the org does no work for nobody. One that cannot be reached is
/// removed by the org after seven days.
async fn abort(context: &RuleContext, job_id: &JobId) {
    if let Err(error) = context.client.abort_job(job_id).await {
        tracing::info!(job.id = %job_id, error = %error, "a Bulk job that is given up was not aborted");
    }
}

pub(super) async fn find(context: &RuleContext, job_id: &JobId) -> Result<JobInfo> {
    context
        .client
        .job(job_id)
        .await
        .map_err(Error::call(format!("ask for the Bulk job of {}", context.rule.sobject)))
}

/// A stored job id, which was one when it was stored.
pub(super) fn parse_id(text: &str) -> Result<JobId> {
    text.parse().map_err(|source: salesforce::ParseError| Error::Download(source.into()))
}

fn ended(context: &RuleContext, job: &JobInfo) -> Error {
    Error::BulkEnded {
        sobject: context.rule.sobject.clone(),
        state: format!("{:?}", job.state),
        message: job.error_message.clone().unwrap_or_else(|| "no reason given".to_owned()),
    }
}

/// Whether a job gives no whole result. A page that was wrong may have been so in passing, and is asked for a second time.
pub(super) fn is_over(error: &Error, lease: &Lease) -> bool {
    matches!(error, Error::BulkEnded { .. })
        || error.is_not_found()
        // Another version of the API made it.
        || error.api_error().is_some_and(|error| error.status == 409)
        || error.is_of_result_page() && lease.attempt > 0
}

/// Results are kept for seven days (Bulk API 2.0 and Bulk API Developer Guide, Limits); after that, or when somebody
/// removed the job, the org does not know it any more. Another job can be made.
pub(super) fn as_end_of_job(context: &RuleContext, error: Error) -> Error {
    if !error.is_not_found() && error.retry() != Retry::Now {
        return error;
    }
    Error::BulkEnded {
        sobject: context.rule.sobject.clone(),
        state: "Gone".to_owned(),
        message: full_text(&error),
    }
}

/// A page of results: from the spool where an earlier process left it whole, else from Salesforce.
pub(super) async fn obtain_page(
    engine: &Engine,
    context: &RuleContext,
    job_id: &JobId,
    place: PagePlace<'_>,
) -> Result<SpooledPage> {
    let key = format!("{job_id}-{}", place.number);
    if let Some(page) = engine.spool().find(context.rule.id, &key) {
        return Ok(page);
    }
    reach(engine.kill_at(), "page.requested");
    let request = PageRequest::BulkResult {
        job: *job_id,
        locator: place.locator.map(|locator| Locator::new(locator.to_owned())),
        max_records: place.most_rows.unwrap_or(engine.config().page_size.rows()),
    };
    let body = context.client.open_page(&request).await?;
    engine.spool().receive(context.rule.id, &key, PageFormat::Csv, body, engine.kill_at()).await
}

/// The locator of the page that follows one; `None` after the last.
///
/// # Errors
/// [`Error::LocatorRepeated`] where pages would go round, or hold more than the job found.
pub(super) fn locator_after(place: PagePlace<'_>, page: &PageFacts) -> Result<Option<String>> {
    let Some(next) = page.next_locator.clone() else { return Ok(None) };
    let is_beyond_end = place.rows_total.is_some_and(|total| place.rows_before + page.rows > total);
    if place.locator == Some(&next) || is_beyond_end {
        return Err(Error::LocatorRepeated);
    }
    Ok(Some(next))
}
