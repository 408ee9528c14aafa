//! Reads of some columns: of fields that came later than the records, and of formulas and roll-ups, whose values change
//! without a new stamp (Salesforce Help, Formula Fields).
//!
//! Such a read follows a read of what changed. It asks for the id, the stamp and those columns of every record, by Bulk or
//! by REST, and updates only them, only where the stored record has the same stamp: one that changed since is read whole by
//! the next read of changes. Which columns are read is remembered with the record table, so that a read goes on with them
//! after a restart. It lets reads of changes pass, and goes on from its place after them.

use std::time::Duration;

use model::{
    Checkpoint, ColumnState, FieldPolicy, FieldSelection, Integration, KeptColumn, KeysetPass,
    KeysetPosition, Position, ReadKind, RecordLayout, RunPhase, TimelineKind, WaitingRead,
    drift::{FieldChange, KeptTable},
    volatile::{is_volatile, parents_of},
};
use salesforce::{Timestamp, describe::SObjectDescribe};
use store::{
    Tx,
    checkpoints::{find_checkpoint, find_waiting_read, put_checkpoint, put_waiting_read},
    field_policies::find_field_policy,
    find_kept_table, find_kept_table_in, put_kept_table,
    sync_runs::{add_progress, put_phase},
    timeline::add_timeline_entries,
    work::{Lease, Next, fence},
};

use super::{
    cover::{Completion, note_hold},
    precedence::put_changes_off,
};
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
    // Whoever waited to read some columns would bring what is older.
    put_waiting_read(&mut tx, context.rule.id, None).await?;
    let Some(kept) = find_kept_table_in(&mut tx, &integration, &context.rule.sobject).await? else {
        return Ok(tx.commit().await?);
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
    } else if let Some(going_on) = find_going_on(engine, context, &kept).await? {
        Some(going_on)
    } else {
        let due = find_due(&kept.columns, &context.describe, &policy, started_at, engine.config().overlap);
        plan_fields(engine, context, &kept, due, started_at).await?
    };
    let Some((position, phase, kept)) = position else { return Ok(false) };
    let now = engine.clock().now();
    let (rule, mut tx) = (&context.rule, engine.store().begin().await?);
    let checkpoint = Checkpoint { position, complete_until: Some(completion.complete_until) };
    note_hold(&mut tx, rule.id, completion, now).await?;
    put_checkpoint(&mut tx, lease, rule.id, &checkpoint, now).await?;
    if let Some((kept, rows_total)) = kept {
        put_waiting_read(&mut tx, rule.id, None).await?;
        put_changes_off(engine, &mut tx, context).await?;
        put_kept_table(&mut tx, &integration, &rule.sobject, &kept, now).await?;
        put_phase(&mut tx, context.run_id, rule.id, phase, rows_total, now).await?;
    }
    add_progress(&mut tx, context.run_id, rule.id, &context.client.take_spent()).await?;
    tx.commit().await?;
    reach(engine.kill_at(), "plan.stored");
    Ok(true)
}

type Planned = (Position, RunPhase, Option<(KeptTable, Option<u64>)>);

/// Keeps where a read of columns stands, which goes on after a read of what changed since it began.
pub(super) async fn keep(
    engine: &Engine,
    tx: &mut Tx,
    context: &RuleContext,
    position: &Position,
) -> Result<()> {
    let integration = engine.integration_of(&context.rule).await?;
    let kept = find_kept_table_in(tx, &integration, &context.rule.sobject).await?.unwrap_or_default();
    let columns = kept.columns.into_iter().filter(|column| column.is_being_read).collect();
    let waiting = WaitingRead { position: position.clone(), columns };
    Ok(put_waiting_read(tx, context.rule.id, Some(&waiting)).await?)
}

/// The read of columns that let changes pass, where its columns are still what they were: what it has read of one that was
/// hidden or retyped since is worth nothing.
async fn find_going_on(engine: &Engine, context: &RuleContext, kept: &KeptTable) -> Result<Option<Planned>> {
    let Some(waiting) = find_waiting_read(engine.store(), context.rule.id).await? else { return Ok(None) };
    let is_same = |column: &KeptColumn| {
        let now = kept.columns.iter().find(|now| now.name == column.name);
        now.is_some_and(|now| {
            (&now.path, now.kind, now.field_type, &now.described, now.state)
                == (&column.path, column.kind, column.field_type, &column.described, column.state)
        })
    };
    if waiting.columns.is_empty() || !waiting.columns.iter().all(is_same) {
        return Ok(None);
    }
    let mut kept = kept.clone();
    let is_read = |name: &str| waiting.columns.iter().any(|column| column.name == name);
    kept.columns.iter_mut().for_each(|column| column.is_being_read = is_read(&column.name));
    let rows_total = match &waiting.position {
        Position::Bulk(position) => position.rows_total,
        _ => None,
    };
    let phase = match &waiting.position {
        Position::Bulk(_) if rows_total.is_none() => RunPhase::Preparing,
        _ => RunPhase::Reading,
    };
    Ok(Some((waiting.position, phase, Some((kept, rows_total)))))
}

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
                is_weighed: false,
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
        // What was read whole just now saw what they look at as it is.
        Some(since) if since < at => {
            Due::OfParents(looking.iter().map(|column| column.name.clone()).collect(), since - overlap)
        }
        _ => Due::Nothing,
    }
}
