//! What a read begins with: the schema, the record table, the way to read.

use model::{
    FieldSelection, Filter, KeysetPass, KeysetPosition, LayoutError, Position, ReadKind, RecordLayout,
    SyncRule,
};
use salesforce::{Client, SObjectName, Timestamp, describe::SObjectDescribe};
use store::work::{Lease, Next};

use crate::{
    backoff::call_again,
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    read::{bulk, cover::covered_until, sweep},
    rule_context::RuleContext,
    select::query_text,
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
    let describe = describe(engine, &client, &rule.sobject).await?;
    let started_at = engine.org_now(&client)?;
    let covered = covered_until(engine, &rule, &client, &describe).await?;
    let layout = lay_out(&describe, &rule.fields)?;
    let prepared = engine.prepare_destination(lease, &rule, &describe, &layout).await?;
    let context = engine.context(rule, client, describe, layout, prepared.destination).await?;
    // Pages may be left of a read that was given up.
    engine.spool().clear(context.rule.id);

    // A stamp that does not move with a change leaves changes out, so now and then everything is read and compared.
    let is_stamped = context.select.stamp().is_some()
        && !(context.select.stamps_arrivals_only() && sweep::is_due(engine, &context).await?);
    let from = complete_until.filter(|_| prepared.is_filled && is_stamped);
    let (position, rows_total) = match from {
        Some(_) => (read_window(ReadKind::Changes, from, started_at), None),
        None => plan_full_read(engine, &context, prepared.full_read, started_at, jobs_given_up).await?,
    };
    let is_bulk = matches!(position, Position::Bulk(_));
    engine.begin_position(lease, &context, position, rows_total, covered).await?;
    if is_bulk {
        reach(engine.kill_at(), "bulk.job_stored");
    }
    reach(engine.kill_at(), "plan.stored");
    Ok(Next::Wait(engine.clock().now()))
}

/// Bulk API 2.0 for many records, REST for few: a job costs several calls and some waiting whatever its size. REST too
/// where jobs give no whole result: its pages are committed one by one, so that such a read gets to its end.
async fn plan_full_read(
    engine: &Engine,
    context: &RuleContext,
    kind: ReadKind,
    started_at: Timestamp,
    jobs_given_up: u32,
) -> Result<(Position, Option<u64>)> {
    // What cannot be counted in time is not few; the number is only for people.
    let rows_total = count_rows(engine, context).await?;
    let is_small = rows_total.is_some_and(|rows| rows <= engine.config().bulk_from_rows);
    if is_small || jobs_given_up >= MOST_JOBS {
        return Ok((read_window(kind, None, started_at), rows_total));
    }
    // Which sObjects Bulk cannot read is learnt by asking: the list in Salesforce's guides is not complete.
    let position = match bulk::create_job(engine, context, kind, started_at, jobs_given_up).await {
        Err(error) if error.is_bulk_refusal() => read_window(kind, None, started_at),
        outcome => outcome?,
    };
    Ok((position, rows_total))
}

fn read_window(kind: ReadKind, from: Option<Timestamp>, until: Timestamp) -> Position {
    Position::Keyset(KeysetPosition { from, until, after: None, kind, pass: KeysetPass::Records })
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
    RecordLayout::from_describe(describe, fields).map_err(|error| match error {
        LayoutError::UnknownField { sobject, field } => Error::FieldUnknown { sobject, field },
    })
}

/// How many records are in scope; `None` where the org cannot say in the time that it gives itself.
async fn count_rows(engine: &Engine, context: &RuleContext) -> Result<Option<u64>> {
    let sobject = &context.rule.sobject;
    let filter = context.rule.filter.as_ref().map(Filter::to_soql);
    let soql = query_text("COUNT()", sobject.as_str(), filter.as_deref(), None, "");
    let counted = call_again(engine.random(), || context.client.count(&soql)).await;
    match counted {
        Ok(rows) => Ok(Some(rows)),
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
