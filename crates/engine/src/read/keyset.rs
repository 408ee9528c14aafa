//! A read by REST queries, one page after the other.
//!
//! Each page is a query of its own that starts after the last committed record, so nothing depends on a query locator
//! staying alive, on a page's size, or on an offset. What changed is read in the order of (SystemModstamp, Id): records
//! that share one SystemModstamp are told apart by their id. Everything is read in the order of the ids, which do not
//! change, so that a record that changes meanwhile is neither missed nor met twice.

use model::{KeysetPass, KeysetPoint, KeysetPosition, Position, ReadKind};
use salesforce::{Retry, Timestamp};
use store::{
    read_ids::{IdPurpose, forget_ids},
    work::{Lease, Next},
};

use super::{
    filtered,
    split::{self, FetchedPage},
};
use crate::{
    apply::{PagePoint, apply_page},
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    plan,
    problem::full_text,
    query::Shows,
    rule_context::RuleContext,
    select::Select,
    slice::SliceClock,
    spool::{PageFormat, SpooledPage},
};

/// Goes on with a read until it ends or the slice's time is over.
pub(crate) async fn read_slice(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    mut position: KeysetPosition,
    slice: &SliceClock,
) -> Result<Next> {
    if position.pass == KeysetPass::Scope {
        // A program before this one was in the middle of its kind of sweep, which had no end to wait for.
        let again = Position::Finishing { started_at: position.until, kind: ReadKind::Reload, job: None };
        engine.store_position(lease, context, again).await?;
        return Ok(Next::Now);
    }
    let mut context = begin_pass(engine, context, &position).await?;
    let mut rows = engine.config().query_rows;
    loop {
        if is_to_be_weighed(&position) {
            if let Some(next) = plan::leave_to_bulk(engine, lease, &context, &position).await? {
                return Ok(next);
            }
            position.is_weighed = true;
        }
        let FetchedPage { page, is_last } = match fetch_page(engine, &context, &position, rows).await {
            // What the org does not get done in its time it may for half as many records.
            Err(error) if error.is_too_much() => {
                if rows <= 1 {
                    return Err(Error::TooMuchForOne(context.rule.sobject.clone()));
                }
                rows /= 2;
                tracing::info!(sobject = %context.rule.sobject, rows, error = full_text(&error), "fewer records are asked for at once");
                continue;
            }
            // What the org will not be asked so, such as a parent without a stamp, is left to the scheduled reading.
            Err(error) if position.kind == ReadKind::ParentFields && error.is_refused_query() => {
                tracing::info!(sobject = %context.rule.sobject, error = full_text(&error), "the org does not tell which formulas look at changed records");
                let (started_at, kind) = (position.until, position.kind);
                let finishing = Position::Finishing { started_at, kind, job: None };
                engine.store_position(lease, &context, finishing).await?;
                return Ok(Next::Now);
            }
            // A field that was there when the read began is not any more: the read goes on without it.
            Err(error) if error.retry() == Retry::Shrink => {
                let reshaped = plan::reshape(engine, lease, &context, position.kind).await?.ok_or(error)?;
                let notes_filter = context.notes_filter;
                let reshaped = reshaped.leaving_late_changes(position.kind, position.until);
                context = RuleContext { notes_filter, ..reshaped.for_pass(position.pass) };
                continue;
            }
            fetched => fetched?,
        };
        if position.pass == KeysetPass::ChangedIds {
            filtered::keep_those_inside(engine, lease, &context, &page).await?;
        }
        let after = |point| position_after(&context, &position, point, is_last);
        let reached = apply_page(engine, lease, &context, &page, 0, after).await?;
        page.remove();
        match reached {
            Position::Keyset(next) if !slice.is_over(engine.clock()) => {
                if next.pass != position.pass {
                    context = begin_pass(engine, &context, &next).await?;
                }
                position = next;
            }
            _ => return Ok(Next::Now),
        }
    }
}

/// Whether the records of a read are noted as passing the filter.
pub(super) fn notes_filter(context: &RuleContext, kind: ReadKind) -> bool {
    kind == ReadKind::Changes && context.rule.filter.is_some()
}

/// Whether changes are left behind their first page of which it is not decided which API brings them.
fn is_to_be_weighed(position: &KeysetPosition) -> bool {
    let is_of_changes = position.kind == ReadKind::Changes && position.pass == KeysetPass::Records;
    is_of_changes && position.after.is_some() && !position.is_weighed
}

/// The context of a pass. Where changes of a filtered rule are read, the records that pass the filter are noted, to tell
/// them from those that left it.
async fn begin_pass(
    engine: &Engine,
    context: &RuleContext,
    position: &KeysetPosition,
) -> Result<RuleContext> {
    let notes_filter = position.pass == KeysetPass::Records && notes_filter(context, position.kind);
    if notes_filter && position.after.is_none() {
        let mut tx = engine.store().begin().await?;
        forget_ids(&mut tx, context.rule.id, IdPurpose::InFilter).await?;
        tx.commit().await?;
    }
    let context = RuleContext { notes_filter, ..context.for_pass(position.pass) };
    Ok(context.leaving_late_changes(position.kind, position.until))
}

async fn fetch_page(
    engine: &Engine,
    context: &RuleContext,
    position: &KeysetPosition,
    limit: u64,
) -> Result<FetchedPage> {
    let parts = split::parts_of(context);
    if parts.len() > 1 {
        return split::fetch_page(engine, context, position, &parts, limit).await;
    }
    let window = window(position, &context.select);
    let page = fetch(engine, context, position, &context.select, window.as_deref(), limit).await?;
    let is_last = page.facts.rows < limit && !page.facts.has_more;
    Ok(FetchedPage { page, is_last })
}

/// Asks for the first `limit` records of a window.
pub(super) async fn fetch(
    engine: &Engine,
    context: &RuleContext,
    position: &KeysetPosition,
    select: &Select,
    window: Option<&str>,
    limit: u64,
) -> Result<SpooledPage> {
    reach(engine.kill_at(), "page.requested");
    let filter = context.rule.filter.as_ref().filter(|_| position.pass != KeysetPass::ChangedIds);
    let order = span_of(position, select).map(|(stamp, _)| format!("{stamp}, ")).unwrap_or_default();
    let tail = format!("ORDER BY {order}Id LIMIT {limit}");
    // Records that were deleted are among those that changed.
    let shows = if position.kind == ReadKind::Changes { Shows::DeletedToo } else { context.all_live() };
    let query = select.query(shows, &context.rule.sobject, filter, window, &tail);
    let body = context.client.open_page(&query.into_page_request()).await?;
    engine.spool().receive(context.rule.id, "query", PageFormat::Json, body, engine.kill_at()).await
}

/// Whether a read goes in the order of the ids alone.
pub(super) fn is_by_id(position: &KeysetPosition, select: &Select) -> bool {
    span_of(position, select).is_none()
}

/// The field and the instant from which on a read takes changes; `None` where it takes everything.
fn span_of<'s>(position: &KeysetPosition, select: &'s Select) -> Option<(&'s str, Timestamp)> {
    select.stamp().zip(position.from).filter(|_| position.kind != ReadKind::ParentFields)
}

/// The condition that selects what is left of the window.
pub(crate) fn window(position: &KeysetPosition, select: &Select) -> Option<String> {
    let Some((stamp, from)) = span_of(position, select) else {
        let after = position.after.map(|last| format!("Id > '{}'", last.record_id()));
        let conditions: Vec<_> = changed_parents(position, select).into_iter().chain(after).collect();
        return (!conditions.is_empty()).then(|| conditions.join(" AND "));
    };
    let until = position.until.to_soql();
    Some(match position.after {
        Some(KeysetPoint::Stamp(last)) => {
            let (at, id) = (last.system_modstamp.to_soql(), last.record_id);
            format!("(({stamp} = {at} AND Id > '{id}') OR ({stamp} > {at} AND {stamp} <= {until}))")
        }
        _ => format!("({stamp} >= {} AND {stamp} <= {until})", from.to_soql()),
    })
}

/// The condition that selects records which look at others that changed.
fn changed_parents(position: &KeysetPosition, select: &Select) -> Option<String> {
    let from = position.from.filter(|_| position.kind == ReadKind::ParentFields)?.to_soql();
    let conditions: Vec<_> =
        select.parents().iter().map(|parent| format!("{parent}.SystemModstamp >= {from}")).collect();
    (!conditions.is_empty()).then(|| format!("({})", conditions.join(" OR ")))
}

/// Where the read stands when the rows up to `point` are committed.
fn position_after(
    context: &RuleContext,
    position: &KeysetPosition,
    point: PagePoint,
    is_last: bool,
) -> Position {
    let last = point.last;
    let next = KeysetPosition { after: last.or(position.after), ..position.clone() };
    if !(point.is_end && is_last) {
        return Position::Keyset(next);
    }
    // A window reaches up to the moment at which its read began.
    let finishing = Position::Finishing { started_at: position.until, kind: position.kind, job: None };
    pass_of_ids(context, &next).map_or(finishing, Position::Keyset)
}

/// Where the ids begin that follow the records of a window. Records that left the filter are not among those that it keeps:
/// everything that changed is asked for, ids only.
pub(super) fn pass_of_ids(context: &RuleContext, position: &KeysetPosition) -> Option<KeysetPosition> {
    let follows = position.pass == KeysetPass::Records && notes_filter(context, position.kind);
    follows.then(|| KeysetPosition { after: None, pass: KeysetPass::ChangedIds, ..position.clone() })
}

#[cfg(test)]
mod tests {
    use model::{FieldSelection, RecordLayout, Watermark};
    use salesforce::describe::SObjectDescribe;
    use serde_json::json;

    use super::*;

    fn select() -> Select {
        let describe: SObjectDescribe = serde_json::from_value(json!({
            "name": "Account", "label": "Account", "queryable": true,
            "fields": [{"name": "Id", "type": "id"}, {"name": "SystemModstamp", "type": "datetime", "filterable": true, "sortable": true}]
        }))
        .unwrap();
        let layout = RecordLayout::from_describe(&describe, &FieldSelection::All).unwrap();
        Select::new(&describe, &layout, KeysetPass::Records)
    }

    fn position(from: Option<i64>, after: Option<i64>) -> KeysetPosition {
        let point = |stamp| {
            let system_modstamp = Timestamp::from_millis(stamp);
            KeysetPoint::Stamp(Watermark {
                system_modstamp,
                record_id: "001000000000001AAA".parse().unwrap(),
            })
        };
        KeysetPosition {
            from: from.map(Timestamp::from_millis),
            until: Timestamp::from_millis(9_000),
            after: after.map(point),
            kind: ReadKind::Changes,
            pass: KeysetPass::Records,
            is_weighed: false,
        }
    }

    #[test]
    fn everything_is_read_by_id_whenever_it_changed() {
        assert_eq!(window(&position(None, None), &select()), None);
        assert_eq!(
            window(&position(None, Some(5_000)), &select()).as_deref(),
            Some("Id > '001000000000001AAA'")
        );
    }

    #[test]
    fn changes_are_read_by_time_and_then_by_id() {
        assert_eq!(
            window(&position(Some(1_000), None), &select()).as_deref(),
            Some(
                "(SystemModstamp >= 1970-01-01T00:00:01.000Z AND SystemModstamp <= 1970-01-01T00:00:09.000Z)"
            )
        );
        assert_eq!(
            window(&position(Some(1_000), Some(5_000)), &select()).as_deref(),
            Some(
                "((SystemModstamp = 1970-01-01T00:00:05.000Z AND Id > '001000000000001AAA') OR \
                 (SystemModstamp > 1970-01-01T00:00:05.000Z AND SystemModstamp <= 1970-01-01T00:00:09.000Z))"
            )
        );
    }
}
