//! What a read begins with: the schema, the record table, the way to read.

use model::{
    FieldSelection, Filter, KeysetPass, KeysetPosition, LayoutError, Position, RecordLayout, RunPhase,
    SyncRule,
};
use salesforce::{Client, SObjectName, Timestamp, describe::SObjectDescribe};
use store::work::{Lease, Next};

use crate::{
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    read::bulk,
    rule_context::RuleContext,
    select::query_text,
};

/// Describes the sObject, brings its record table up to date, and stores where the read starts.
///
/// What changed since `complete_until` is read; everything, where there is no such instant or the shape is new.
pub(crate) async fn begin_read(
    engine: &Engine,
    lease: &Lease,
    rule: SyncRule,
    complete_until: Option<Timestamp>,
) -> Result<Next> {
    let connection_id = engine.connection_id_of(&rule).await?;
    let client = engine.client(connection_id).await?;
    let describe = describe(&client, &rule.sobject).await?;
    let started_at = engine.org_now(&client);
    let layout = lay_out(&describe, &rule.fields)?;
    let (destination, is_new_shape) = engine.prepare_destination(lease, &rule, &describe, &layout).await?;
    let context = engine.context(rule, client, describe, layout, destination).await?;

    let can_read_changes =
        !is_new_shape && context.destination.keeps_records() && context.select.stamp().is_some();
    let (position, rows_total) = match complete_until.filter(|_| can_read_changes) {
        Some(from) => (read_window(Some(from), started_at), None),
        None => plan_full_read(engine, &context, started_at).await?,
    };
    let phase = if matches!(position, Position::Bulk(_)) { RunPhase::Preparing } else { RunPhase::Reading };
    engine.enter_phase(lease, &context, position, phase, rows_total).await?;
    reach(engine.kill_at(), "bulk.job_stored");
    reach(engine.kill_at(), "plan.stored");
    Ok(Next::Now)
}

/// Bulk API 2.0 for many records, REST for few: a job costs several calls and some waiting whatever its size.
async fn plan_full_read(
    engine: &Engine,
    context: &RuleContext,
    started_at: Timestamp,
) -> Result<(Position, Option<u64>)> {
    let rows_total = count_rows(context).await?;
    let position = if rows_total > engine.config().bulk_from_rows {
        read_by_bulk(engine, context, started_at).await?
    } else {
        read_window(None, started_at)
    };
    Ok((position, Some(rows_total)))
}

/// A job where Bulk API 2.0 can read the sObject, else REST pages.
///
/// Which sObjects it cannot read is learnt by asking: the list in Salesforce's guides is not complete.
async fn read_by_bulk(engine: &Engine, context: &RuleContext, started_at: Timestamp) -> Result<Position> {
    match bulk::create_job(engine, context, started_at).await {
        Err(error) if error.is_bulk_refusal() => Ok(read_window(None, started_at)),
        outcome => outcome,
    }
}

fn read_window(from: Option<Timestamp>, until: Timestamp) -> Position {
    Position::Keyset(KeysetPosition {
        from,
        until,
        after: None,
        is_backfill: from.is_none(),
        pass: KeysetPass::Records,
    })
}

async fn describe(client: &Client, sobject: &SObjectName) -> Result<SObjectDescribe> {
    let describe = match client.describe(sobject).await {
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

/// How many records are in scope.
async fn count_rows(context: &RuleContext) -> Result<u64> {
    let sobject = &context.rule.sobject;
    let filter = context.rule.filter.as_ref().map(Filter::to_soql);
    let soql = query_text("COUNT()", sobject.as_str(), filter.as_deref(), None, "");
    context.client.count(&soql).await.map_err(Error::call(format!("count {sobject}")))
}
