//! Brings the record table of a rule in line with what the org says of its sObject, and tells what changed.

use model::{
    FieldPolicy, FieldSelection, Integration, RecordLayout, SyncRule, TimelineEntry, TimelineId,
    TimelineKind, UserId,
    drift::{Drift, FieldChange, KeptTable, Wanted, find_drift},
};
use salesforce::{Timestamp, describe::SObjectDescribe};
use store::{
    RecordTable, Tx,
    field_policies::{find_field_policy_in, put_field_policy, put_selection},
    find_kept_table_in, put_kept_table, shape_record_table,
    sobject_describes::put_sobject_describe,
    timeline::add_timeline_entries,
    work::{Lease, fence},
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    plan::as_unknown_field,
};

/// A record table that is in line with the org.
pub(crate) struct Shaped {
    pub(crate) table: RecordTable,
    pub(crate) layout: RecordLayout,
    /// Whether there was a table before.
    pub(crate) was_there: bool,
}

/// Whether a read of all columns begins, or one goes on that has lost a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shaping {
    ForNewRead,
    WhileReading,
}

impl Engine {
    /// Stores the describe, alters the record table and notes what changed, all in one transaction.
    ///
    /// # Errors
    /// A field has a type whose values cannot stand beside the old ones, and nobody has accepted it.
    pub(crate) async fn shape_table(
        &self,
        lease: &Lease,
        rule: &SyncRule,
        integration: &Integration,
        describe: &SObjectDescribe,
        shaping: Shaping,
    ) -> Result<Shaped> {
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        fence(&mut tx, lease, now).await?;
        put_sobject_describe(&mut tx, integration.connection_id, describe, now).await?;
        let before = find_kept_table_in(&mut tx, integration, &rule.sobject).await?;
        let policy = find_field_policy_in(&mut tx, rule.id).await?;
        let wanted = Wanted { selection: &rule.fields, policy: &policy };
        let mut drift = find_drift(before.as_ref(), describe, wanted, now).map_err(as_unknown_field)?;
        if shaping == Shaping::ForNewRead {
            drift.kept.columns.iter_mut().for_each(|column| column.is_being_read = column.state.is_live());
        }
        let mut entries = self.entries_of(integration, rule, None, &drift.changes);
        if before.as_ref().is_some_and(|before| before.missing_since.is_some()) {
            entries.push(self.entry(integration, rule, TimelineKind::SObjectReturned));
        }
        add_timeline_entries(&mut tx, &entries).await?;
        keep_choices(&mut tx, rule, policy, &drift, now).await?;
        let layout = RecordLayout::from_kept(describe.name().clone(), &drift.kept.columns)
            .ok_or_else(|| Error::RuleGone(rule.id.to_string()))?;
        let table = shape_record_table(&mut tx, integration, &layout, &drift.kept, now).await?;
        tx.commit().await?;
        self.catalog().renew(integration.connection_id, describe, now);
        reach(self.kill_at(), "describe.stored");
        reach(self.kill_at(), "table.altered");
        match drift.refused.into_iter().next() {
            Some(refused) => Err(refusal(rule, refused)),
            None => Ok(Shaped { table, layout, was_there: before.is_some() }),
        }
    }

    /// Notes that the org does not tell of an sObject any more. What was copied stays as it is.
    pub(crate) async fn note_sobject_missing(&self, lease: &Lease, rule: &SyncRule) -> Result<()> {
        let integration = self.integration_of(rule).await?;
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        fence(&mut tx, lease, now).await?;
        let kept = find_kept_table_in(&mut tx, &integration, &rule.sobject).await?;
        let Some(kept) = kept.filter(|kept| kept.missing_since.is_none()) else { return Ok(()) };
        let entry = self.entry(&integration, rule, TimelineKind::SObjectMissing);
        add_timeline_entries(&mut tx, &[entry]).await?;
        let kept = KeptTable { missing_since: Some(now), ..kept };
        put_kept_table(&mut tx, &integration, &rule.sobject, &kept, now).await?;
        Ok(tx.commit().await?)
    }

    /// Entries of the timeline for changes of fields.
    pub(crate) fn entries_of(
        &self,
        integration: &Integration,
        rule: &SyncRule,
        user_id: Option<UserId>,
        changes: &[FieldChange],
    ) -> Vec<TimelineEntry> {
        let entry = |change: &FieldChange| TimelineEntry {
            field: Some(change.field.clone()).filter(|field| !field.is_empty()),
            before: change.before.clone(),
            after: change.after.clone(),
            user_id,
            ..self.entry(integration, rule, change.kind)
        };
        changes.iter().map(entry).collect()
    }

    pub(crate) fn entry(
        &self,
        integration: &Integration,
        rule: &SyncRule,
        kind: TimelineKind,
    ) -> TimelineEntry {
        TimelineEntry {
            id: TimelineId::new(self.clock(), self.random()),
            workspace_id: integration.workspace_id,
            integration_id: Some(integration.id),
            sync_rule_id: Some(rule.id),
            sobject: Some(rule.sobject.clone()),
            field: None,
            kind,
            user_id: None,
            before: None,
            after: None,
            happened_at: self.clock().now(),
        }
    }
}

/// Stores what became of new fields by the rule's policy.
async fn keep_choices(
    tx: &mut Tx,
    rule: &SyncRule,
    policy: FieldPolicy,
    drift: &Drift,
    now: Timestamp,
) -> Result<()> {
    if !drift.held.is_empty() {
        let held = policy.held.iter().chain(&drift.held).cloned().collect();
        put_field_policy(tx, rule.id, &FieldPolicy { held, ..policy }, now).await?;
    }
    if let (FieldSelection::Only(names), false) = (&rule.fields, drift.selected.is_empty()) {
        let names = names.iter().chain(&drift.selected).cloned().collect();
        put_selection(tx, rule.id, &FieldSelection::Only(names), now).await?;
    }
    Ok(())
}

fn refusal(rule: &SyncRule, refused: FieldChange) -> Error {
    Error::FieldRetyped {
        sobject: rule.sobject.clone(),
        field: refused.field,
        before: refused.before.unwrap_or_default(),
        after: refused.after.unwrap_or_default(),
    }
}
