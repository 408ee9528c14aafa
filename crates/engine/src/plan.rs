//! What a read begins with: the schema, the record table, the way to read.

use model::{
    FieldSelection, Filter, KeysetPass, KeysetPosition, LayoutError, Position, ReadKind, RecordLayout,
    RunPhase, SyncRule,
};
use salesforce::{Client, Retry, SObjectName, Timestamp, describe::SObjectDescribe};
use store::work::{Lease, Next};

use crate::{
    backoff::call_again,
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    query::Shows,
    read::{
        bulk::{self, Wanted},
        cover::covered_until,
        keyset,
        split::QueryPages,
        start::{Clocks, started_at},
        sweep,
    },
    rule_context::RuleContext,
    shape::Shaping,
};

/// Bulk jobs that a read tries.
const MOST_JOBS: u32 = 3;

/// Describes the sObject, brings its record table up to date, and stores where the read starts.
///
/// What changed since `complete_until` is read; everything, where there is no such instant or the shape is new.
/// `jobs_given_up` counts the Bulk jobs by which this read was tried in vain.
pub(crate) async fn begin_read(
    engine: &Engine,
    lease: &Lease,
    rule: SyncRule,
    complete_until: Option<Timestamp>,
    jobs_given_up: u32,
) -> Result<Next> {
    let connection_id = engine.connection_id_of(&rule).await?;
    let client = engine.client_of(connection_id, rule.integration_id).await?;
    let describe = describe_for(engine, lease, &client, &rule).await?;
    let clocks = Clocks::read(engine, &client)?;
    let covered = covered_until(engine, &rule, &client, &describe).await?;
    let prepared = engine.prepare_destination(lease, &rule, &describe).await?;
    let context = engine.context(rule, client, describe, prepared.layout, prepared.destination).await?;
    // Pages may be left of a read that was given up.
    engine.spool().clear(context.rule.id);
    let started_at = started_at(engine, &context, clocks, covered).await?;

    // A stamp that does not move with a change leaves changes out, so now and then everything is read and compared.
    let is_stamped = context.select.stamp().is_some()
        && !(context.select.stamps_arrivals_only() && sweep::is_due(engine, &context).await?);
    let from = complete_until.filter(|_| prepared.is_filled && is_stamped);
    let (position, rows_total) = match from {
        Some(_) => (read_window(ReadKind::Changes, from, started_at), None),
        None => plan_full_read(engine, &context, prepared.full_read, started_at, jobs_given_up).await?,
    };
    let until_job = match &position {
        Position::Bulk(job) => Some(bulk::pause_before_look(job)),
        _ => None,
    };
    engine.begin_position(lease, &context, position, rows_total, covered).await?;
    if until_job.is_some() {
        reach(engine.kill_at(), "bulk.job_stored");
    }
    reach(engine.kill_at(), "plan.stored");
    Ok(Next::Wait(engine.clock().now() + until_job.unwrap_or_default()))
}

/// Describes anew the sObject of a read that lost a field on its way. `None` where that changes nothing about the read,
/// which goes on from where it stands else.
pub(crate) async fn reshape(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    kind: ReadKind,
) -> Result<Option<RuleContext>> {
    if engine.csv_folder().is_some() {
        return Ok(None);
    }
    let describe = describe_for(engine, lease, &context.client, &context.rule).await?;
    let integration = engine.integration_of(&context.rule).await?;
    engine.shape_table(lease, &context.rule, &integration, &describe, Shaping::WhileReading).await?;
    let reshaped = engine.resume_context(context.rule.clone(), Some(kind)).await?;
    let is_other = reshaped.layout.columns != context.layout.columns;
    Ok(is_other.then_some(reshaped))
}

/// Bulk API 2.0 for many records, REST for few: a job costs several calls and some waiting whatever its size. Many are fewer
/// where the fields are so many, or so long, that REST brings little at once. REST too where the org has refused Bulk for the
/// sObject, and where jobs give no whole result: its pages are committed one by one, so that such a read gets to its end.
pub(crate) async fn plan_full_read(
    engine: &Engine,
    context: &RuleContext,
    kind: ReadKind,
    started_at: Timestamp,
    jobs_given_up: u32,
) -> Result<(Position, Option<u64>)> {
    // What cannot be counted in time is not few; the number is only for people.
    let rows_total = count_rows(engine, context, None).await?;
    let (filter, config) = (context.rule.filter.as_ref(), engine.config());
    let pages = QueryPages::of(&context.select, filter, config.query_rows);
    let is_small = rows_total.is_some_and(|rows| pages.weigh(rows) <= config.bulk_from_rows);
    let is_by_rest = is_small || jobs_given_up >= MOST_JOBS;
    let wanted = Wanted { kind, started_at, jobs_before: jobs_given_up, rows: rows_total, changes: None };
    let by_bulk = if is_by_rest { None } else { bulk::try_job(engine, context, wanted).await? };
    Ok((by_bulk.unwrap_or_else(|| read_window(kind, None, started_at)), rows_total))
}

/// Changes of which many are left go on by Bulk API 2.0. Says when to look at the job, where they do.
///
/// Counting them is a call, so it is done once, behind the first page of them. Where they cannot be counted, or no job can be
/// made, and where a job gives no whole result, REST brings them from here on.
pub(crate) async fn leave_to_bulk(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    position: &KeysetPosition,
) -> Result<Option<Next>> {
    let window = keyset::window(position, &context.select);
    let rows = match count_rows(engine, context, window.as_deref()).await {
        Err(error) if !matches!(error.retry(), Retry::Now | Retry::Later(_) | Retry::Reauth) => Some(0),
        counted => counted?,
    };
    let (filter, config) = (context.rule.filter.as_ref(), engine.config());
    let pages = QueryPages::of(&context.select, filter, config.query_rows);
    if rows.is_some_and(|rows| pages.weigh(rows) <= config.bulk_changes_from_rows) {
        return Ok(None);
    }
    let changes = Some(KeysetPosition { is_weighed: true, ..position.clone() });
    let wanted = Wanted { kind: position.kind, started_at: position.until, jobs_before: 0, rows, changes };
    let Some(by_bulk) = bulk::try_job(engine, context, wanted).await? else { return Ok(None) };
    let Position::Bulk(job) = &by_bulk else { return Ok(None) };
    let look_at = engine.clock().now() + bulk::pause_before_look(job);
    engine.enter_phase(lease, context, by_bulk, RunPhase::Preparing, None).await?;
    reach(engine.kill_at(), "bulk.job_stored");
    Ok(Some(Next::Wait(look_at)))
}

pub(crate) fn read_window(kind: ReadKind, from: Option<Timestamp>, until: Timestamp) -> Position {
    Position::Keyset(KeysetPosition {
        from,
        until,
        after: None,
        kind,
        pass: KeysetPass::Records,
        is_weighed: false,
    })
}

/// Describes a rule's sObject. One that is not there is noted.
async fn describe_for(
    engine: &Engine,
    lease: &Lease,
    client: &Client,
    rule: &SyncRule,
) -> Result<SObjectDescribe> {
    let described = describe(engine, client, &rule.sobject).await;
    if let Err(Error::SObjectUnknown(_) | Error::NotQueryable(_)) = &described {
        engine.note_sobject_missing(lease, rule).await?;
    }
    described
}

async fn describe(engine: &Engine, client: &Client, sobject: &SObjectName) -> Result<SObjectDescribe> {
    let describe = match call_again(engine.random(), || client.describe(sobject)).await {
        Ok(describe) => describe,
        Err(salesforce::Error::Api { source, .. }) if source.status == 404 => {
            return Err(Error::SObjectUnknown(sobject.clone()));
        }
        Err(source) => return Err(Error::call(format!("describe {sobject}"))(source)),
    };
    match describe.summary.queryable {
        true => Ok(describe),
        false => Err(Error::NotQueryable(sobject.clone())),
    }
}

/// The columns of a rule's fields.
pub(crate) fn lay_out(describe: &SObjectDescribe, fields: &FieldSelection) -> Result<RecordLayout> {
    RecordLayout::from_describe(describe, fields).map_err(as_unknown_field)
}

pub(crate) fn as_unknown_field(error: LayoutError) -> Error {
    let LayoutError::UnknownField { sobject, field } = error;
    Error::FieldUnknown { sobject, field }
}

/// How many records are in scope, or in a window of changes; `None` where the org cannot say in the time that it gives
/// itself.
async fn count_rows(engine: &Engine, context: &RuleContext, window: Option<&str>) -> Result<Option<u64>> {
    let sobject = &context.rule.sobject;
    let filter = context.rule.filter.as_ref().map(Filter::to_soql);
    let shows = if window.is_some() { Shows::DeletedToo } else { context.all_live() };
    let query = shows.query("COUNT()", sobject, filter.as_deref(), window, "");
    let counted = call_again(engine.random(), || query.ask(&context.client));
    match counted.await {
        Ok(page) => Ok(Some(page.total_size)),
        Err(error) if is_too_slow(&error) => {
            tracing::info!(sobject = %sobject, error = %error, "the records could not be counted and are read uncounted");
            Ok(None)
        }
        Err(error) => Err(Error::call(format!("count {sobject}"))(error)),
    }
}

/// A query that a count is too much for (SOQL and SOSL Reference, Query Timeout), or whose answer did not come.
fn is_too_slow(error: &salesforce::Error) -> bool {
    let code = error.as_api_error().map(|error| error.code.as_str());
    matches!(code, Some("QUERY_TIMEOUT" | "REQUEST_RUNNING_TOO_LONG" | "TIMEOUT"))
        || matches!(error, salesforce::Error::Stalled { .. })
}
