//! A sweep: which stored records are not in scope any more.
//!
//! After everything was read again into a table that held records before (the rule's filter changed, or the table got
//! new columns), some of those may be out of scope. All ids in scope are listed in their order, and each page of them
//! is compared with the stored ids of the same range.

use std::{collections::HashSet, ops::ControlFlow};

use model::{
    Checkpoint, GoneRecord, GoneWhy, KeysetPass, KeysetPoint, KeysetPosition, Position, ReadKind, RunCounts,
};
use salesforce::{RecordId, Timestamp};
use store::{RecordTable, checkpoints::put_checkpoint, list_live_ids, sync_runs::add_progress, work::Lease};

use crate::{
    destination::Destination,
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    page::for_each_row,
    rule_context::RuleContext,
    spool::SpooledPage,
};

/// Stored ids looked at in one statement.
const STORED_IDS: u32 = 2_000;

/// Where a sweep begins, after a read that began at `started_at`.
pub(super) fn first_position(started_at: Timestamp) -> Position {
    let pass = KeysetPass::Scope;
    Position::Keyset(KeysetPosition {
        from: None,
        until: started_at,
        after: None,
        kind: ReadKind::Reload,
        pass,
    })
}

/// Compares a page of ids with what is stored between them. Returns where the sweep stands then.
pub(super) async fn compare_page(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    page: &SpooledPage,
    position: &KeysetPosition,
    is_last: bool,
) -> Result<Position> {
    let finishing = Position::Finishing { started_at: position.until, kind: ReadKind::Changes, job: None };
    let Destination::Table { table, .. } = &context.destination else { return Ok(finishing) };
    let after = match position.after {
        Some(KeysetPoint::Id(id)) => Some(id),
        _ => None,
    };
    let ids = ids_of(context, page)?;
    if !is_in_byte_order(after, &ids) {
        return Err(Error::IdsOutOfOrder(context.rule.sobject.clone()));
    }
    let through = if is_last { None } else { ids.last().copied() };
    let why = if context.rule.filter.is_some() { GoneWhy::Filtered } else { GoneWhy::Absent };
    let in_scope: HashSet<_> = ids.iter().copied().collect();
    let mut stored_after = after;
    // However many are missing, a transaction marks a few: what it marked is not looked at again.
    loop {
        let stored = stored_between(engine, table, stored_after, through).await?;
        let Some(last) = stored.last() else { break };
        stored_after = Some(*last);
        let missing = stored.iter().filter(|id| !in_scope.contains(id));
        let gone: Vec<_> =
            missing.map(|id| GoneRecord { id: *id, why, merged_into: None, system_modstamp: None }).collect();
        if !gone.is_empty() {
            commit(engine, lease, context, &gone, Position::Keyset(position.clone())).await?;
        }
    }
    let next = match through {
        Some(id) => Position::Keyset(KeysetPosition { after: Some(KeysetPoint::Id(id)), ..position.clone() }),
        None => finishing,
    };
    commit(engine, lease, context, &[], next.clone()).await?;
    reach(engine.kill_at(), if is_last { "sweep.completed" } else { "sweep.chunk_stored" });
    Ok(next)
}

fn ids_of(context: &RuleContext, page: &SpooledPage) -> Result<Vec<RecordId>> {
    let mut ids = Vec::new();
    let _ = for_each_row(page, &context.select, 0, &mut |row| {
        ids.push(row.id);
        ControlFlow::Continue(())
    })?;
    Ok(ids)
}

/// A range of ids means the same to Salesforce and to the store only where both order them by their bytes.
fn is_in_byte_order(after: Option<RecordId>, ids: &[RecordId]) -> bool {
    ids.is_sorted() && ids.first().is_none_or(|first| after.is_none_or(|after| after < *first))
}

/// The next stored ids after `after` and up to `through`; none where there are no more.
async fn stored_between(
    engine: &Engine,
    table: &RecordTable,
    after: Option<RecordId>,
    through: Option<RecordId>,
) -> Result<Vec<RecordId>> {
    let mut ids = list_live_ids(engine.store(), table, after, STORED_IDS).await?;
    ids.retain(|id| through.is_none_or(|through| *id <= through));
    Ok(ids)
}

async fn commit(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    gone: &[GoneRecord],
    position: Position,
) -> Result<()> {
    let now = engine.clock().now();
    let mut tx = engine.store().begin().await?;
    let marked = context.destination.mark_gone(&mut tx, gone, now).await?;
    put_checkpoint(&mut tx, lease, context.rule.id, &Checkpoint { position, complete_until: None }, now)
        .await?;
    let mut counts = context.client.take_spent();
    counts += RunCounts { gone: marked, ..RunCounts::default() };
    add_progress(&mut tx, context.run_id, context.rule.id, &counts).await?;
    if !gone.is_empty() {
        reach(engine.kill_at(), "gone.before_commit");
    }
    tx.commit().await?;
    if !gone.is_empty() {
        reach(engine.kill_at(), "gone.after_commit");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> RecordId {
        text.parse().expect("an id")
    }

    #[test]
    fn a_range_needs_ids_in_the_order_of_their_bytes() {
        let (first, second) = (id("001000000000001AAA"), id("001000000000002AAA"));

        assert!(is_in_byte_order(None, &[first, second]));
        assert!(is_in_byte_order(Some(first), &[second]));
        assert!(is_in_byte_order(Some(second), &[]));
        assert!(!is_in_byte_order(None, &[second, first]));
        assert!(!is_in_byte_order(Some(second), &[first]));
    }
}
