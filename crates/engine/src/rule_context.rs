//! What a slice needs to know of its rule, and how it notes what was done.

use std::{collections::HashSet, sync::Arc, time::Duration};

use model::{
    Checkpoint, ConnectionId, GoneRecord, KeysetPass, Outcome, Position, ReadKind, RecordLayout,
    RuleProgress, RunEnd, RunPhase, Source, SyncRule, SyncRuleId, SyncRunId, volatile::parents_of,
};
use salesforce::{Timestamp, describe::SObjectDescribe};
use store::{
    Tx,
    checkpoints::{put_checkpoint, put_covered},
    integrations::find_integration,
    put_gone_evidence,
    sobject_describes::find_sobject_describe,
    sweeps::find_last_sweep,
    sync_rules::find_sync_rule,
    sync_runs::{add_progress, list_progress, lock_progress, put_phase},
    work::{Lease, fence},
};

use crate::{
    destination::Destination,
    engine::Engine,
    error::{Error, Result},
    org_client::OrgClient,
    query::Shows,
    read::cover::{Completion, note_hold},
    run::end_rule,
    select::Select,
};

/// The step in which orgs stamp records at the coarsest.
const STAMP_STEP: Duration = Duration::from_secs(1);

/// A sync rule under way: what to ask for, through which client, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct RuleContext {
    pub(crate) rule: SyncRule,
    pub(crate) run_id: SyncRunId,
    pub(crate) client: OrgClient,
    pub(crate) describe: Arc<SObjectDescribe>,
    pub(crate) layout: Arc<RecordLayout>,
    pub(crate) destination: Destination,
    pub(crate) pass: KeysetPass,
    /// Whether the records that are read are noted as passing the filter.
    pub(crate) notes_filter: bool,
    /// What is written beside the records.
    pub(crate) source: Source,
    /// Whether changes of the records that formulas look at say which records are read.
    pub(crate) is_of_parents: bool,
    /// Records with this stamp or a newer one are left to reads of changes.
    pub(crate) only_before: Option<Timestamp>,
    pub(crate) select: Arc<Select>,
}

impl RuleContext {
    /// The same rule with the select list of `pass`.
    pub(crate) fn for_pass(&self, pass: KeysetPass) -> Self {
        let select = Arc::new(Select::new(&self.describe, &self.layout, pass));
        Self { pass, select: self.looked_through(select), notes_filter: false, ..self.clone() }
    }

    /// Which records a query shows that is to show all that are not deleted.
    pub(crate) fn all_live(&self) -> Shows {
        Shows::all_live(&self.describe)
    }

    /// Marks records as gone and keeps the evidence. Returns how many changed.
    pub(crate) async fn mark_gone(&self, tx: &mut Tx, gone: &[GoneRecord], at: Timestamp) -> Result<u64> {
        let marked = self.destination.mark_gone(tx, gone, at).await?;
        let ids: HashSet<_> = marked.iter().copied().collect();
        let changed: Vec<_> = gone.iter().filter(|record| ids.contains(&record.id)).collect();
        let rule = &self.rule;
        put_gone_evidence(tx, rule.integration_id, &rule.sobject, Some(self.run_id), &changed, at).await?;
        Ok(marked.len() as u64)
    }

    /// The same rule with fewer columns to ask for.
    pub(crate) fn narrowed_to(&self, layout: RecordLayout) -> Self {
        let layout = Arc::new(layout);
        let select = Arc::new(Select::new(&self.describe, &layout, self.pass));
        Self { layout, select, ..self.clone() }
    }

    /// The same rule for a read of the columns that its layout is narrowed to.
    pub(crate) fn for_fields(self, kind: ReadKind) -> Self {
        let context = Self { source: Source::Refresh, is_of_parents: kind == ReadKind::ParentFields, ..self };
        let select = context.looked_through(Arc::clone(&context.select));
        Self { select, ..context }
    }

    /// The same rule for a read of some columns that began at an instant. Many orgs stamp whole seconds, so a record of that
    /// second may change again under the same stamp while the read is under way, and what was read first would come last.
    /// The next read of changes brings such records whole, as it reaches back by more than that.
    pub(crate) fn leaving_late_changes(self, kind: ReadKind, started_at: Timestamp) -> Self {
        let only_before = kind.is_of_fields().then(|| started_at - STAMP_STEP);
        Self { only_before, ..self }
    }

    /// The select list with the relationships that the formulas of the layout look through, where it is they who say which
    /// records are read.
    fn looked_through(&self, select: Arc<Select>) -> Arc<Select> {
        if !self.is_of_parents {
            return select;
        }
        let fields = self.layout.columns.iter().filter_map(|column| column.path.parse().ok());
        let described = fields.filter_map(|name| self.describe.find_field(&name));
        let parents = described.flat_map(|field| parents_of(field, &self.describe)).collect();
        Arc::new(Select::clone(&select).looking_through(parents))
    }
}

impl Engine {
    pub(crate) async fn rule_of(&self, lease: &Lease) -> Result<SyncRule> {
        let id: SyncRuleId = lease.subject.parse().map_err(|_| Error::RuleGone(lease.subject.clone()))?;
        find_sync_rule(self.store(), id).await?.ok_or_else(|| Error::RuleGone(lease.subject.clone()))
    }

    pub(crate) async fn connection_id_of(&self, rule: &SyncRule) -> Result<ConnectionId> {
        let integration = find_integration(self.store(), rule.integration_id).await?;
        integration
            .map(|integration| integration.connection_id)
            .ok_or_else(|| Error::RuleGone(rule.id.to_string()))
    }

    /// The context of a rule that has just been described.
    pub(crate) async fn context(
        &self,
        rule: SyncRule,
        client: OrgClient,
        describe: SObjectDescribe,
        layout: RecordLayout,
        destination: Destination,
    ) -> Result<RuleContext> {
        let pass = KeysetPass::Records;
        let select = Arc::new(Select::new(&describe, &layout, pass));
        let run_id = self.open_run_of(rule.id).await?;
        let (describe, layout) = (Arc::new(describe), Arc::new(layout));
        Ok(RuleContext {
            rule,
            run_id,
            client,
            describe,
            layout,
            destination,
            pass,
            notes_filter: false,
            source: Source::Poll,
            is_of_parents: false,
            only_before: None,
            select,
        })
    }

    /// The context of a read that is under way, from the describe that it began with.
    pub(crate) async fn resume_context(&self, rule: SyncRule, kind: Option<ReadKind>) -> Result<RuleContext> {
        let connection_id = self.connection_id_of(&rule).await?;
        let stored = find_sobject_describe(self.store(), connection_id, &rule.sobject).await?;
        let (describe, _) = stored.ok_or_else(|| Error::RuleGone(rule.id.to_string()))?;
        let (layout, destination) = self.find_destination(&rule, &describe, kind).await?;
        let client = self.client_of(connection_id, rule.integration_id).await?;
        let context = self.context(rule, client, describe, layout, destination).await?;
        Ok(match kind {
            Some(kind) if kind.is_of_fields() => context.for_fields(kind),
            _ => context,
        })
    }

    /// Notes in a run that has just been opened that it goes on with a read that an earlier one left. Says whether it has.
    pub(crate) async fn note_resumed(&self, lease: &Lease, context: &RuleContext) -> Result<bool> {
        let progress = list_progress(self.store(), context.run_id).await?;
        let is_waiting =
            |rule: &RuleProgress| rule.sync_rule_id == context.rule.id && rule.phase == RunPhase::Waiting;
        if !progress.iter().any(is_waiting) {
            return Ok(false);
        }
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        fence(&mut tx, lease, now).await?;
        put_phase(&mut tx, context.run_id, context.rule.id, RunPhase::Reading, None, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Stores where a read stands, and what was spent since the last time.
    pub(crate) async fn store_position(
        &self,
        lease: &Lease,
        context: &RuleContext,
        position: Position,
    ) -> Result<()> {
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        let checkpoint = Checkpoint { position, complete_until: None };
        put_checkpoint(&mut tx, lease, context.rule.id, &checkpoint, now).await?;
        add_progress(&mut tx, context.run_id, context.rule.id, &context.client.take_spent()).await?;
        Ok(tx.commit().await?)
    }

    /// Stores where a read stands and what the rule is doing.
    pub(crate) async fn enter_phase(
        &self,
        lease: &Lease,
        context: &RuleContext,
        position: Position,
        phase: RunPhase,
        rows_total: Option<u64>,
    ) -> Result<()> {
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        let checkpoint = Checkpoint { position, complete_until: None };
        put_checkpoint(&mut tx, lease, context.rule.id, &checkpoint, now).await?;
        put_phase(&mut tx, context.run_id, context.rule.id, phase, rows_total, now).await?;
        add_progress(&mut tx, context.run_id, context.rule.id, &context.client.take_spent()).await?;
        Ok(tx.commit().await?)
    }

    /// Stores where a read begins, and up to when the org's changes were visible before.
    pub(crate) async fn begin_position(
        &self,
        lease: &Lease,
        context: &RuleContext,
        position: Position,
        rows_total: Option<u64>,
        covered: Option<Timestamp>,
    ) -> Result<()> {
        let phase =
            if matches!(position, Position::Bulk(_)) { RunPhase::Preparing } else { RunPhase::Reading };
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        let checkpoint = Checkpoint { position, complete_until: None };
        put_checkpoint(&mut tx, lease, context.rule.id, &checkpoint, now).await?;
        put_covered(&mut tx, context.rule.id, covered).await?;
        put_phase(&mut tx, context.run_id, context.rule.id, phase, rows_total, now).await?;
        add_progress(&mut tx, context.run_id, context.rule.id, &context.client.take_spent()).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a rule's read: the checkpoint moves, its work and its part of the run are over, well unless records were
    /// rejected or the user has lost sight of some.
    pub(crate) async fn complete_rule(
        &self,
        lease: &Lease,
        context: &RuleContext,
        completion: Completion,
    ) -> Result<()> {
        let now = self.clock().now();
        let complete_until = Some(completion.complete_until);
        let checkpoint = Checkpoint { position: Position::Idle, complete_until };
        let mut tx = self.store().begin().await?;
        note_hold(&mut tx, context.rule.id, completion, now).await?;
        put_checkpoint(&mut tx, lease, context.rule.id, &checkpoint, now).await?;
        self.end_rule_in(&mut tx, lease, context, now).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a rule's part in a run and its work, in the transaction that moves its checkpoint.
    pub(crate) async fn end_rule_in(
        &self,
        tx: &mut Tx,
        lease: &Lease,
        context: &RuleContext,
        now: Timestamp,
    ) -> Result<()> {
        add_progress(tx, context.run_id, context.rule.id, &context.client.take_spent()).await?;
        let progress = lock_progress(tx, context.run_id).await?;
        let has_rejected =
            progress.iter().any(|rule| rule.sync_rule_id == context.rule.id && rule.counts.rejected > 0);
        // Records that the user lost sight of are told of until a sweep finds otherwise.
        let last_sweep = find_last_sweep(self.store(), context.rule.id).await?;
        let problem = last_sweep.and_then(|sweep| sweep.end).and_then(|end| end.problem);
        let is_partly = has_rejected || problem.is_some();
        let outcome = if is_partly { Outcome::PartlyDone } else { Outcome::Succeeded };
        let end = RunEnd { finished_at: now, outcome, problem };
        end_rule(tx, lease, context.run_id, context.rule.id, &end).await
    }
}
