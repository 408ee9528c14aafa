//! When a sweep begins.

use std::time::Duration;

use model::{
    Checkpoint, Position, ReadKind, RunPhase, Sweep, SweepCause, SweepCounts, SweepId, SweepMode,
    SweepPosition, TimeZone, next_sweep_at,
};
use salesforce::Timestamp;
use store::{
    RecordTable,
    checkpoints::put_checkpoint,
    count_live_rows,
    read_ids::{IdPurpose, forget_ids},
    sweeps::{
        clear_findings, create_sweep, find_open_sweep, find_sweep_schedule, pause_sweep, schedule_sweep,
    },
    sync_runs::{add_progress, put_phase},
    work::{Lease, fence},
    workspaces::find_workspace,
};

use crate::{
    destination::Destination, engine::Engine, error::Result, kill_point::reach,
    read::precedence::put_changes_off, rule_context::RuleContext,
};

/// A sweep that has waited for so many runs to end that it is older than this begins anew.
const LONGEST_SWEEP: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What kind of sweep follows a read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Due {
    cause: SweepCause,
    mode: SweepMode,
}

/// Whether a sweep has to follow the next read.
pub(crate) async fn is_due(engine: &Engine, context: &RuleContext) -> Result<bool> {
    let schedule = find_sweep_schedule(engine.store(), context.rule.id).await?;
    Ok(schedule.is_some_and(|schedule| schedule.due_at <= engine.clock().now()))
}

/// Begins a sweep where one has to follow this read: everything was read again, it is time, somebody asked for it, or one
/// is to go on. Says whether it has.
pub(crate) async fn begin_if_due(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    kind: ReadKind,
    started_at: Timestamp,
    complete_until: Timestamp,
) -> Result<bool> {
    let Destination::Table { table, .. } = &context.destination else { return Ok(false) };
    if let Some(position) = paused_sweep(engine, context, kind).await? {
        let position = SweepPosition { started_at, complete_until, ..position };
        enter(engine, lease, context, &position, None).await?;
        return Ok(true);
    }
    let Some(due) = find_due(engine, lease, context, table, kind).await? else { return Ok(false) };
    let now = engine.clock().now();
    let position = SweepPosition {
        sweep_id: SweepId::new(engine.clock(), engine.random()),
        mode: due.mode,
        cause: due.cause,
        started_at,
        begun_at: now,
        complete_until,
        sees_all: super::sight::sees_all_of(engine, context).await?,
        step: super::load::first_step(engine, table).await?,
        counts: SweepCounts::default(),
    };
    let sweep = Sweep {
        id: position.sweep_id,
        sync_rule_id: context.rule.id,
        sync_run_id: context.run_id,
        sobject: context.rule.sobject.clone(),
        cause: due.cause,
        mode: due.mode,
        started_at: now,
        complete_until,
        sees_all: position.sees_all,
        end: None,
    };
    enter(engine, lease, context, &position, Some(&sweep)).await?;
    reach(engine.kill_at(), "sweep.started");
    Ok(true)
}

/// What kind of sweep has to follow a read now. A rule that has just been read whole for the first time gets its first date.
async fn find_due(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    table: &RecordTable,
    kind: ReadKind,
) -> Result<Option<Due>> {
    let now = engine.clock().now();
    let schedule = find_sweep_schedule(engine.store(), context.rule.id).await?;
    let requested = schedule.and_then(|schedule| schedule.requested);
    if kind == ReadKind::Reload {
        let mode = requested.filter(|mode| *mode == SweepMode::Accept).unwrap_or(SweepMode::Heal);
        return Ok(Some(Due { cause: SweepCause::Reload, mode }));
    }
    let Some(schedule) = schedule else {
        let rows = count_live_rows(engine.store(), table).await?;
        let due_at = next_due(engine, context, rows).await?;
        let mut tx = engine.store().begin().await?;
        fence(&mut tx, lease, now).await?;
        schedule_sweep(&mut tx, context.rule.id, due_at).await?;
        tx.commit().await?;
        return Ok(None);
    };
    let cause = if requested.is_some() { SweepCause::Request } else { SweepCause::Schedule };
    let due = Due { cause, mode: requested.unwrap_or(SweepMode::Heal) };
    Ok(Some(due).filter(|_| schedule.due_at <= now))
}

/// When a rule with so many records is swept next, by the workspace's nights.
pub(super) async fn next_due(engine: &Engine, context: &RuleContext, rows: u64) -> Result<Timestamp> {
    let connection = engine.connection(engine.connection_id_of(&context.rule).await?).await?;
    let workspace = find_workspace(engine.store(), connection.workspace_id).await?;
    let zone = workspace.and_then(|workspace| workspace.time_zone.parse().ok()).unwrap_or(TimeZone::UTC);
    Ok(next_sweep_at(zone, engine.clock().now(), rows))
}

/// The sweep that stopped for this read, unless the read changed what it has to compare.
async fn paused_sweep(
    engine: &Engine,
    context: &RuleContext,
    kind: ReadKind,
) -> Result<Option<SweepPosition>> {
    let open = find_open_sweep(engine.store(), context.rule.id).await?;
    let Some((sweep, Some(position))) = open else { return Ok(None) };
    let is_old = engine.clock().now().since(sweep.started_at) > LONGEST_SWEEP;
    Ok(Some(position).filter(|_| kind == ReadKind::Changes && !is_old))
}

/// Puts a rule into a sweep. The read that came before it is complete, whatever becomes of the sweep; a sweep that comes
/// to no end stays due.
async fn enter(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    position: &SweepPosition,
    new: Option<&Sweep>,
) -> Result<()> {
    let (rule_id, now) = (context.rule.id, engine.clock().now());
    let checkpoint = Checkpoint {
        position: Position::Sweep(Box::new(position.clone())),
        complete_until: Some(position.complete_until),
    };
    let mut tx = engine.store().begin().await?;
    put_checkpoint(&mut tx, lease, rule_id, &checkpoint, now).await?;
    match new {
        Some(sweep) => {
            create_sweep(&mut tx, sweep).await?;
            clear_findings(&mut tx, rule_id).await?;
            forget_ids(&mut tx, rule_id, IdPurpose::Sweep).await?;
            if sweep.cause == SweepCause::Reload {
                schedule_sweep(&mut tx, rule_id, now).await?;
            }
        }
        None => pause_sweep(&mut tx, position).await?,
    }
    put_changes_off(engine, &mut tx, context).await?;
    put_phase(&mut tx, context.run_id, rule_id, RunPhase::Sweeping, None, now).await?;
    add_progress(&mut tx, context.run_id, rule_id, &context.client.take_spent()).await?;
    Ok(tx.commit().await?)
}
