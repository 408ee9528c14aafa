//! Reads of some columns: of fields that came later than the records, and of formulas and roll-ups, whose values change
//! without a new stamp (Salesforce Help, Formula Fields).
//!
//! Such a read follows a read of what changed. It asks for the id, the stamp and those columns of every record, by Bulk or
//! by REST, and updates only them, only where the stored record has the same stamp: one that changed since is read whole by
//! the next read of changes. Which columns are read is remembered with the record table, so that a read goes on with them
//! after a restart.

use std::time::Duration;

use model::{
    Checkpoint, ColumnState, FieldPolicy, FieldSelection, Integration, KeptColumn, KeysetPass,
    KeysetPosition, Position, ReadKind, RecordLayout, RunPhase, TimelineKind,
    drift::{FieldChange, KeptTable},
    volatile::{is_volatile, parents_of},
};
use salesforce::{Timestamp, describe::SObjectDescribe};
use store::{
    Tx,
    checkpoints::{find_checkpoint, put_checkpoint, put_held},
    field_policies::find_field_policy,
    find_kept_table, find_kept_table_in, put_kept_table,
    sync_runs::{add_progress, put_phase},
    timeline::add_timeline_entries,
    work::{Lease, Next, fence},
};

use super::cover::Completion;
use crate::{
    destination::Destination, engine::Engine, error::Result, kill_point::reach, plan::plan_full_read,
    rule_context::RuleContext,
};

/// What is to be read of the columns of a table.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Due {
    /// These columns of all records.
    Everything(Vec<String>),
    /// These columns of records that look at others which changed since.
    OfParents(Vec<String>, Timestamp),
    Nothing,
}

/// Notes that all records were read with all columns that the read began with.
pub(super) async fn note_full_read(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    started_at: Timestamp,
) -> Result<()> {
    let Destination::Table { .. } = context.destination else { return Ok(()) };
    let integration = engine.integration_of(&context.rule).await?;
    let now = engine.clock().now();
    let mut tx = engine.store().begin().await?;
    fence(&mut tx, lease, now).await?;
    let Some(kept) = find_kept_table_in(&mut tx, &integration, &context.rule.sobject).await? else {
        return Ok(());
    };
    note_read(engine, &mut tx, context, &integration, kept, ReadKind::Fields, started_at).await?;
    Ok(tx.commit().await?)
}

/// Begins to read columns where that is due after a read of changes, which is complete as told. Says
/// whether there is more to do before the rule has ended.
pub(super) async fn begin_if_due(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    started_at: Timestamp,
    completion: Completion,
) -> Result<bool> {
    let Destination::Table { .. } = context.destination else { return Ok(false) };
    let integration = engine.integration_of(&context.rule).await?;
    let Some(kept) = find_kept_table(engine.store(), &integration, &context.rule.sobject).await? else {
        return Ok(false);
    };
    let policy = find_field_policy(engine.store(), context.rule.id).await?;
    let position = if lacks_selected(&kept, context, &policy) {
        // Fields were chosen while everything was read: the next read takes them on.
        Some((Position::Idle, RunPhase::Planning, None))
    } else {
        let due = find_due(&kept.columns, &context.describe, &policy, started_at, engine.config().overlap);
        plan_fields(engine, context, &kept, due, started_at).await?
    };
    let Some((position, phase, kept)) = position else { return Ok(false) };
    let now = engine.clock().now();
    let (rule, mut tx) = (&context.rule, engine.store().begin().await?);
    let checkpoint = Checkpoint { position, complete_until: Some(completion.complete_until) };
    put_checkpoint(&mut tx, lease, rule.id, &checkpoint, now).await?;
    put_held(&mut tx, rule.id, completion.held_since).await?;
    if let Some((kept, rows_total)) = kept {
        put_kept_table(&mut tx, &integration, &rule.sobject, &kept, now).await?;
        put_phase(&mut tx, context.run_id, rule.id, phase, rows_total, now).await?;
    }
    add_progress(&mut tx, context.run_id, rule.id, &context.client.take_spent()).await?;
    tx.commit().await?;
    reach(engine.kill_at(), "plan.stored");
    Ok(true)
}

type Planned = (Position, RunPhase, Option<(KeptTable, Option<u64>)>);

/// Chooses how the columns that are due are read, and marks them.
async fn plan_fields(
    engine: &Engine,
    context: &RuleContext,
    kept: &KeptTable,
    due: Due,
    started_at: Timestamp,
) -> Result<Option<Planned>> {
    let (names, since) = match due {
        Due::Nothing => return Ok(None),
        Due::Everything(names) => (names, None),
        Due::OfParents(names, since) => (names, Some(since)),
    };
    let mut kept = kept.clone();
    kept.columns.iter_mut().for_each(|column| column.is_being_read = names.contains(&column.name));
    let (position, rows_total) = match since {
        Some(since) => (
            Position::Keyset(KeysetPosition {
                from: Some(since),
                until: started_at,
                after: None,
                kind: ReadKind::ParentFields,
                pass: KeysetPass::Records,
            }),
            None,
        ),
        None => {
            let layout = context.layout.narrowed(|column| names.contains(&column.name));
            let narrowed = context.narrowed_to(layout);
            plan_full_read(engine, &narrowed, ReadKind::Fields, started_at, 0).await?
        }
    };
    let phase = if matches!(position, Position::Bulk(_)) { RunPhase::Preparing } else { RunPhase::Reading };
    Ok(Some((position, phase, Some((kept, rows_total)))))
}

/// Ends a read of columns, and with it the rule's part in the run. After a long one, what changed meanwhile is read first.
pub(super) async fn finish_fields(
    engine: &Engine,
    lease: &Lease,
    context: &RuleContext,
    started_at: Timestamp,
    kind: ReadKind,
) -> Result<Next> {
    let integration = engine.integration_of(&context.rule).await?;
    let now = engine.clock().now();
    let stored = find_checkpoint(engine.store(), context.rule.id).await?.unwrap_or_default();
    // A rule that was never complete reads everything in any case.
    let complete_until = stored.complete_until.unwrap_or(Timestamp::from_millis(0));
    let stale_after = engine.config().overlap + Duration::from_millis(context.rule.cadence_ms);
    let is_stale =
        kind == ReadKind::Fields && complete_until + stale_after < engine.org_now(&context.client)?;
    let mut tx = engine.store().begin().await?;
    fence(&mut tx, lease, now).await?;
    if let Some(kept) = find_kept_table_in(&mut tx, &integration, &context.rule.sobject).await? {
        note_read(engine, &mut tx, context, &integration, kept, kind, started_at).await?;
    }
    // The columns that were read and the end of their read go together: half of it would read them again.
    let checkpoint = Checkpoint { position: Position::Idle, complete_until: Some(complete_until) };
    put_checkpoint(&mut tx, lease, context.rule.id, &checkpoint, now).await?;
    if is_stale {
        tx.commit().await?;
        return Ok(Next::Now);
    }
    engine.end_rule_in(&mut tx, lease, context, now).await?;
    engine.spool().clear(context.rule.id);
    tx.commit().await?;
    Ok(Next::Done)
}

/// Remembers up to when the columns that were read are known.
async fn note_read(
    engine: &Engine,
    tx: &mut Tx,
    context: &RuleContext,
    integration: &Integration,
    mut kept: KeptTable,
    kind: ReadKind,
    started_at: Timestamp,
) -> Result<()> {
    let mut filled = Vec::new();
    for column in kept.columns.iter_mut().filter(|column| column.is_being_read && column.state.is_live()) {
        column.parents_as_of = Some(started_at);
        if kind == ReadKind::ParentFields {
            continue;
        }
        column.as_of = Some(started_at);
        if column.state == ColumnState::Filling {
            column.state = ColumnState::Filled;
            filled.extend(column.field().map(|field| FieldChange {
                kind: TimelineKind::FieldFilled,
                field: field.to_owned(),
                before: None,
                after: Some(column.described.clone()),
            }));
        }
    }
    add_timeline_entries(tx, &engine.entries_of(integration, &context.rule, None, &filled)).await?;
    let now = engine.clock().now();
    Ok(put_kept_table(tx, integration, &context.rule.sobject, &kept, now).await?)
}

/// Whether the rule wants fields that the table has no column for, though the org tells of them.
fn lacks_selected(kept: &KeptTable, context: &RuleContext, policy: &FieldPolicy) -> bool {
    let wanted = RecordLayout::of_readable(&context.describe, &context.rule.fields);
    let is_held = |path: &str| {
        context.rule.fields == FieldSelection::All && policy.held.iter().any(|held| *held == *path)
    };
    let has = |name: &str| kept.columns.iter().any(|kept| kept.name == name && kept.state.is_live());
    wanted
        .columns
        .iter()
        .any(|column| !column.path.contains('.') && !is_held(&column.path) && !has(&column.name))
}

/// What of the columns is due to be read at an instant of the org.
fn find_due(
    columns: &[KeptColumn],
    describe: &SObjectDescribe,
    policy: &FieldPolicy,
    at: Timestamp,
    overlap: Duration,
) -> Due {
    let field_of = |column: &KeptColumn| {
        column.field().and_then(|field| field.parse().ok()).and_then(|name| describe.find_field(&name))
    };
    let live: Vec<_> = columns.iter().filter(|column| column.state.is_live()).collect();
    let is_moving =
        |column: &&&KeptColumn| field_of(column).is_some_and(|field| is_volatile(field, describe, policy));
    let moving: Vec<_> = live.iter().filter(is_moving).copied().collect();
    let every = Duration::from_millis(policy.refresh_ms);
    let is_late = |column: &&KeptColumn| column.as_of.is_none_or(|as_of| as_of + every <= at);
    let filling = live.iter().filter(|column| column.state == ColumnState::Filling).copied();
    // Once one of them is read for all records, the others cost nothing more.
    let late = if moving.iter().any(is_late) { moving.clone() } else { Vec::new() };
    let mut names: Vec<String> = filling.chain(late).map(|column| column.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        return Due::Everything(names);
    }
    let looks_through =
        |column: &&KeptColumn| field_of(column).is_some_and(|field| !parents_of(field, describe).is_empty());
    let looking: Vec<_> = moving.into_iter().filter(looks_through).collect();
    let since = looking.iter().filter_map(|column| column.parents_as_of.or(column.as_of)).min();
    match since {
        Some(since) => {
            Due::OfParents(looking.iter().map(|column| column.name.clone()).collect(), since - overlap)
        }
        None => Due::Nothing,
    }
}
