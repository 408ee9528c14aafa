//! What people decide about the fields of a rule: new ones, those of another type, and those that change unseen.

use model::{
    ColumnState, FieldPolicy, FieldSelection, Integration, KeptColumn, NewFields, SyncRule, SyncRuleId,
    TimelineKind, UserId,
    drift::{FieldChange, KeptTable},
};
use salesforce::{FieldName, SObjectName, Timestamp, describe::SObjectDescribe};
use store::{
    Reader, Tx,
    checkpoints::restart_read,
    field_policies::{find_field_policy_in, put_field_policy, put_selection},
    find_kept_table_in,
    integrations::lock_integration,
    put_kept_table, set_aside_column,
    sync_rules::{find_sync_rule_of, list_sync_rules_in, set_due},
    sync_runs::find_open_run_of_rule_in,
    timeline::add_timeline_entries,
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    timeline::Happened,
    version::{Precondition, rule_version},
};

/// The shortest time between two reads of formula fields for all records: the refresh costs as much as a full read of
/// those columns.
const SHORTEST_REFRESH_MS: u64 = 3_600 * 1_000;

/// What a person changes about how a rule treats its fields. What is `None` stays.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FieldPolicyChange {
    /// What becomes of new fields.
    pub new_fields: Option<NewFields>,
    /// Fields that change without a new `SystemModstamp` though the org does not say so.
    pub volatile_fields: Option<Vec<FieldName>>,
    /// How often such fields and formulas are read again for all records; an hour at least.
    pub refresh_ms: Option<u64>,
}

impl FieldPolicyChange {
    /// The policy that follows one.
    pub(crate) fn after(&self, before: &FieldPolicy) -> FieldPolicy {
        FieldPolicy {
            new_fields: self.new_fields.or(before.new_fields),
            volatile: self.volatile_fields.as_ref().unwrap_or(&before.volatile).clone(),
            refresh_ms: self.refresh_ms.map_or(before.refresh_ms, |ms| ms.max(SHORTEST_REFRESH_MS)),
            held: before.held.clone(),
        }
    }
}

impl Engine {
    /// Changes how a rule treats its fields, and tells it.
    pub(crate) async fn change_field_policy(
        &self,
        tx: &mut Tx,
        integration: &Integration,
        (id, sobject): (SyncRuleId, &SObjectName),
        user_id: UserId,
        change: &FieldPolicyChange,
    ) -> Result<()> {
        let before = find_field_policy_in(tx, id).await?;
        let after = change.after(&before);
        if before == after {
            return Ok(());
        }
        put_field_policy(tx, id, &after, self.clock().now()).await?;
        let happened = Happened {
            sobject: Some(sobject),
            before: Some(policy_text(&before)),
            after: Some(policy_text(&after)),
            ..Happened::by(user_id, TimelineKind::FieldPolicyChanged)
        };
        self.tell(tx, integration, happened).await
    }

    /// Takes fields on: new ones that waited for a person, and those whose new type was refused. The old column of such a
    /// one is set aside with its values. The columns are filled in the next run, which begins at once.
    ///
    /// # Errors
    /// The org does not have a field; [`Error::Changed`] where somebody else has changed the rule since the person saw it.
    pub async fn accept_fields(
        &self,
        reader: &Reader,
        id: SyncRuleId,
        fields: &[FieldName],
        seen: &Precondition,
    ) -> Result<Option<()>> {
        let Some(rule) = find_sync_rule_of(self.store(), reader, id).await? else { return Ok(None) };
        let integration = self.integration_of(&rule).await?;
        self.check_fields(&integration, &rule, fields).await?;
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        self.wake_schedule(&mut tx, integration.id).await?;
        lock_integration(&mut tx, integration.id).await?;
        // It may have been changed or deleted while the org was asked.
        let known = list_sync_rules_in(&mut tx, integration.id).await?;
        let Some(rule) = known.into_iter().find(|known| known.id == id) else { return Ok(None) };
        seen.check(&rule_version(&rule))?;
        self.accept_types(&mut tx, &integration, &rule, reader.user_id(), fields, now).await?;
        select_fields(&mut tx, &rule, fields, now).await?;
        restart_read(&mut tx, id).await?;
        match find_open_run_of_rule_in(&mut tx, id).await? {
            Some(run) => {
                self.restart_rule(&mut tx, run.id, id, now).await?;
            }
            None => set_due(&mut tx, id, None).await?,
        }
        tx.commit().await?;
        self.wake_workers();
        Ok(Some(()))
    }

    /// Makes sure that the org tells of all these fields of a rule's sObject. One that is newer than what is kept of it is
    /// asked for: a run may have found it just now.
    async fn check_fields(
        &self,
        integration: &Integration,
        rule: &SyncRule,
        fields: &[FieldName],
    ) -> Result<()> {
        let asked = async || {
            let described = self.describe_kept(integration.connection_id, &rule.sobject);
            check_told(&*self.in_time(described).await?, fields)
        };
        match asked().await {
            Err(Error::FieldUnknown { .. }) => {
                self.catalog().forget_describe(integration.connection_id, &rule.sobject);
                asked().await
            }
            told => told,
        }
    }

    /// Sets the columns aside whose field has a type that they cannot hold.
    async fn accept_types(
        &self,
        tx: &mut Tx,
        integration: &Integration,
        rule: &SyncRule,
        user_id: UserId,
        fields: &[FieldName],
        now: Timestamp,
    ) -> Result<()> {
        let Some(mut kept) = find_kept_table_in(tx, integration, &rule.sobject).await? else { return Ok(()) };
        let mut changes = Vec::new();
        for at in 0..kept.columns.len() {
            let column = &kept.columns[at];
            let is_accepted = |name: &str| fields.iter().any(|field| *field == *name);
            let (Some(refused), Some(field)) = (column.refused.clone(), column.field().map(str::to_owned))
            else {
                continue;
            };
            if !is_accepted(&field) {
                continue;
            }
            let aside = aside_name(&kept, column);
            set_aside_column(tx, integration, &rule.sobject, column, &aside).await?;
            changes.push(FieldChange {
                kind: TimelineKind::FieldAccepted,
                field,
                before: Some(column.described.clone()),
                after: Some(refused),
            });
            let column = &mut kept.columns[at];
            (column.name, column.path, column.refused) = (aside, None, None);
            (column.state, column.as_of, column.is_being_read) = (ColumnState::Frozen, Some(now), false);
        }
        let entries = self.entries_of(integration, rule, Some(user_id), &changes);
        add_timeline_entries(tx, &entries).await?;
        Ok(put_kept_table(tx, integration, &rule.sobject, &kept, now).await?)
    }
}

/// Makes sure that a describe has all these fields.
pub(crate) fn check_told(describe: &SObjectDescribe, fields: &[FieldName]) -> Result<()> {
    match fields.iter().find(|field| describe.find_field(field).is_none()) {
        None => Ok(()),
        Some(field) => {
            Err(Error::FieldUnknown { sobject: describe.summary.name.clone(), field: field.clone() })
        }
    }
}

/// Lets a rule copy fields that it left out.
async fn select_fields(tx: &mut Tx, rule: &SyncRule, fields: &[FieldName], now: Timestamp) -> Result<()> {
    match &rule.fields {
        FieldSelection::All => {
            let mut policy = find_field_policy_in(tx, rule.id).await?;
            let before = policy.held.len();
            policy.held.retain(|held| !fields.contains(held));
            if policy.held.len() != before {
                put_field_policy(tx, rule.id, &policy, now).await?;
            }
        }
        FieldSelection::Only(names) => {
            let new = fields.iter().filter(|field| !names.contains(field));
            let all: Vec<_> = names.iter().chain(new).cloned().collect();
            if all.len() != names.len() {
                put_selection(tx, rule.id, &FieldSelection::Only(all), now).await?;
            }
        }
    }
    Ok(())
}

/// A name that no field's column has: API names have no two underscores but before their ending, and a column is set
/// aside once for each type it had.
fn aside_name(kept: &KeptTable, column: &KeptColumn) -> String {
    let kind = serde_json::to_value(column.kind).unwrap_or_default();
    let kind = kind.as_str().unwrap_or("before");
    let name = |number: usize| {
        let ending = if number == 1 { format!("__was_{kind}") } else { format!("__was_{kind}_{number}") };
        // As long as PostgreSQL keeps names.
        let stem: String = column.name.chars().take(63 - ending.len()).collect();
        format!("{stem}{ending}")
    };
    let is_free = |name: &String| !kept.columns.iter().any(|column| column.name == *name);
    (1..).map(name).find(is_free).expect("a table has few columns")
}

fn policy_text(policy: &FieldPolicy) -> String {
    let names: Vec<_> = policy.volatile.iter().map(ToString::to_string).collect();
    let new_fields = policy.new_fields.map_or("usual", NewFields::as_str);
    format!(
        "new fields: {new_fields}; read again every {} h: formulas{}{}",
        policy.refresh_ms / 3_600_000,
        if names.is_empty() { "" } else { ", " },
        names.join(", ")
    )
}
