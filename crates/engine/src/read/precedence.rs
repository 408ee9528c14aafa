//! What changed comes first: a sweep or a read of some columns may take longer than the time between two reads of changes,
//! and lets them pass. It goes on from its place afterwards, and has the time until the next of them for itself, so that it
//! comes to its end however long changes take.
//!
//! A read of everything does not let them pass: it brings each record as it is when its page is asked for, so that what
//! changed before comes with it, and what changes behind it is read as soon as it has ended, from its start on. Letting
//! changes in between would read those records twice and put off its end, which is what a person waits for who asked for it.

use model::{Checkpoint, Position};
use salesforce::Timestamp;
use store::{
    Tx,
    checkpoints::put_checkpoint,
    sync_rules::{find_due, set_due},
    sync_runs::add_progress,
    work::{Lease, fence},
};

use super::{fields, sweep};
use crate::{engine::Engine, error::Result, rule_context::RuleContext};

/// Lets a read that is under way wait where changes are to be read first: when they are due, or when a new run has been
/// opened, which begins with them. Says whether it waits.
pub(crate) async fn let_changes_pass(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    position: &Position,
    is_new_run: bool,
) -> Result<bool> {
    let can_wait = match position {
        // Where no stamp tells what changed, everything is read, and then a sweep begins anew.
        Position::Sweep(_) => {
            is_new_run || context.select.stamp().is_some() && !context.select.stamps_arrivals_only()
        }
        Position::Bulk(_) | Position::Keyset(_) => position.kind().is_some_and(|kind| kind.is_of_fields()),
        _ => false,
    };
    let now = engine.clock().now();
    if !can_wait || !(is_new_run || is_due(engine, context, now).await?) {
        return Ok(false);
    }
    let mut tx = engine.store().begin().await?;
    fence(&mut tx, lease, now).await?;
    match position {
        Position::Sweep(position) => sweep::keep(&mut tx, position).await?,
        _ => fields::keep(engine, &mut tx, context, position).await?,
    }
    let checkpoint = Checkpoint { position: Position::Idle, complete_until: None };
    put_checkpoint(&mut tx, lease, context.rule.id, &checkpoint, now).await?;
    add_progress(&mut tx, context.run_id, context.rule.id, &context.client.take_spent()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Leaves a read that follows one of changes the time until those are due again.
pub(super) async fn put_changes_off(engine: &Engine, tx: &mut Tx, context: &RuleContext) -> Result<()> {
    let now = engine.clock().now();
    if !is_due(engine, context, now).await? {
        return Ok(());
    }
    let cadence = std::time::Duration::from_millis(context.rule.cadence_ms);
    Ok(set_due(tx, context.rule.id, Some(now + cadence)).await?)
}

/// Whether it is time for changes. A rule that no schedule reads, as in a copy that a person called for, has no such time.
async fn is_due(engine: &Engine, context: &RuleContext, now: Timestamp) -> Result<bool> {
    let due_at = find_due(engine.store(), context.rule.id).await?;
    Ok(due_at.is_some_and(|due_at| due_at <= now))
}
