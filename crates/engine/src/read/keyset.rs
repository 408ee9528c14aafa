//! A read by REST queries, one page after the other.
//!
//! Each page is a query of its own that starts after the last committed record, so nothing depends on a query locator
//! staying alive, on a page's size, or on an offset. What changed is read in the order of (SystemModstamp, Id): records
//! that share one SystemModstamp are told apart by their id. Everything is read in the order of the ids, which do not
//! change, so that a record that changes meanwhile is neither missed nor met twice.

use model::{KeysetPass, KeysetPoint, KeysetPosition, Position, ReadKind};
use salesforce::{PageRequest, Timestamp};
use store::work::{Lease, Next};

use super::sweep;
use crate::{
    apply::{PagePoint, apply_page},
    engine::Engine,
    error::Result,
    kill_point::reach,
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
    let mut context = context.for_pass(position.pass);
    loop {
        let page = fetch_page(engine, &context, &position).await?;
        let is_last = page.facts.rows < engine.config().query_rows && !page.facts.has_more;
        let reached = match position.pass {
            KeysetPass::Scope => {
                sweep::compare_page(engine, lease, &context, &page, &position, is_last).await?
            }
            KeysetPass::Records | KeysetPass::ChangedIds => {
                let after = |point| position_after(&context, &position, point, is_last);
                apply_page(engine, lease, &context, &page, 0, after).await?
            }
        };
        page.remove();
        match reached {
            Position::Keyset(next) if !slice.is_over(engine.clock()) => {
                context = context.for_pass(next.pass);
                position = next;
            }
            _ => return Ok(Next::Now),
        }
    }
}

async fn fetch_page(
    engine: &Engine,
    context: &RuleContext,
    position: &KeysetPosition,
) -> Result<SpooledPage> {
    reach(engine.kill_at(), "page.requested");
    let filter = context.rule.filter.as_ref().filter(|_| position.pass != KeysetPass::ChangedIds);
    let window = window(position, &context.select);
    let order = span_of(position, &context.select).map(|(stamp, _)| format!("{stamp}, ")).unwrap_or_default();
    let tail = format!("ORDER BY {order}Id LIMIT {}", engine.config().query_rows);
    let soql = context.select.soql(&context.rule.sobject, filter, window.as_deref(), &tail);
    let request = PageRequest::Query { soql, include_deleted: position.kind == ReadKind::Changes };
    let body = context.client.open_page(&request).await?;
    engine.spool().receive(context.rule.id, "query", PageFormat::Json, body, engine.kill_at()).await
}

/// The field and the instant from which on a read takes changes; `None` where it takes everything.
fn span_of<'s>(position: &KeysetPosition, select: &'s Select) -> Option<(&'s str, Timestamp)> {
    select.stamp().zip(position.from)
}

/// The condition that selects what is left of the window.
fn window(position: &KeysetPosition, select: &Select) -> Option<String> {
    let Some((stamp, from)) = span_of(position, select) else {
        return position.after.map(|last| format!("Id > '{}'", last.record_id()));
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
    // Records that left the filter are not among those that it keeps: ask for everything that changed, ids only.
    if position.pass == KeysetPass::Records
        && context.rule.filter.is_some()
        && position.kind == ReadKind::Changes
    {
        return Position::Keyset(KeysetPosition { after: None, pass: KeysetPass::ChangedIds, ..next });
    }
    // A window reaches up to the moment at which its read began.
    Position::Finishing { started_at: position.until, kind: position.kind, job: None }
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
            "fields": [{"name": "Id", "type": "id"}, {"name": "SystemModstamp", "type": "datetime"}]
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
