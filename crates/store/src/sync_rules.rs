//! Sync rules.

use model::{Filter, IntegrationId, SyncRule, SyncRuleId};
use salesforce::{SObjectName, Timestamp};
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::integrations::IntegrationSpan;
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct SyncRuleRow {
    sync_rule_id: String,
    integration_id: String,
    sobject_name: String,
    filter: Option<String>,
    fields: String,
    cadence_ms: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<SyncRuleRow> for SyncRule {
    type Error = crate::Error;

    fn try_from(row: SyncRuleRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("sync rule id", &row.sync_rule_id)?,
            integration_id: decode::parse("integration id", &row.integration_id)?,
            sobject: decode::parse("sObject", &row.sobject_name)?,
            filter: decode::parse_optional("filter", row.filter.as_deref())?,
            fields: decode::from_json("selection of fields", &row.fields)?,
            cadence_ms: decode::count("cadence", row.cadence_ms)?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

/// Returns the form of an sObject's name that keys are made of.
pub(crate) fn sobject_key(sobject: &SObjectName) -> String {
    sobject.as_str().to_ascii_lowercase()
}

/// Stores a rule, in place of the one that the integration has for this sObject. That one keeps its id.
///
/// Returns the id under which it is stored. What a changed filter or selection means for the rule's checkpoint is for
/// the caller to decide.
pub async fn put_sync_rule(tx: &mut Tx, sync_rule: &SyncRule) -> Result<SyncRuleId> {
    #[derive(FromRow)]
    struct IdRow {
        sync_rule_id: String,
    }
    let upsert = statement(
        "store a sync rule",
        "insert into towpath.sync_rules (sync_rule_id, integration_id, sobject, sobject_name, filter, fields,
             cadence_ms, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (integration_id, sobject) do update
         set sobject_name = excluded.sobject_name, filter = excluded.filter, fields = excluded.fields,
             cadence_ms = excluded.cadence_ms, updated_at = excluded.updated_at
         returning sync_rule_id",
    );
    let sobject = sobject_key(&sync_rule.sobject);
    let name = sync_rule.sobject.as_str();
    let filter = sync_rule.filter.as_ref().map(Filter::to_soql);
    let fields = decode::to_json(&sync_rule.fields);
    let params = [
        sync_rule.id.as_param(),
        sync_rule.integration_id.as_param(),
        sobject.as_param(),
        name.as_param(),
        filter.as_param(),
        fields.as_param(),
        sync_rule.cadence_ms.as_param(),
        sync_rule.created_at.as_param(),
        sync_rule.updated_at.as_param(),
    ];
    let row: Option<IdRow> = tx.fetch_optional(upsert, &params).await?;
    row.map_or(Ok(sync_rule.id), |row| decode::parse("sync rule id", &row.sync_rule_id))
}

/// Returns a rule.
pub async fn find_sync_rule(store: &Store, sync_rule_id: SyncRuleId) -> Result<Option<SyncRule>> {
    let select = statement(
        "find a sync rule",
        "select sync_rule_id, integration_id, sobject_name, filter, fields, cadence_ms, created_at, updated_at
         from towpath.sync_rules
         where sync_rule_id = $1",
    );
    let row: Option<SyncRuleRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    row.map(SyncRule::try_from).transpose()
}

const RULES: &str =
    "select sync_rule_id, integration_id, sobject_name, filter, fields, cadence_ms, created_at, updated_at
     from towpath.sync_rules
     where integration_id = $1
     order by sobject";

/// Returns an integration's rules, by sObject.
pub async fn list_sync_rules(store: &Store, integration_id: IntegrationId) -> Result<Vec<SyncRule>> {
    let select = statement("list sync rules", RULES);
    let rows: Vec<SyncRuleRow> = store.fetch_all(select, &[integration_id.as_param()]).await?;
    rows.into_iter().map(SyncRule::try_from).collect()
}

/// Returns the rules of integrations from the first to the last of two ids, by integration and sObject.
pub(crate) async fn list_sync_rules_between(store: &Store, span: &IntegrationSpan) -> Result<Vec<SyncRule>> {
    let select = statement(
        "list sync rules",
        "select sync_rule_id, integration_id, sobject_name, filter, fields, cadence_ms, created_at, updated_at
         from towpath.sync_rules
         where integration_id in (
             select i.integration_id from towpath.integrations i
             where i.workspace_id = $1 and i.integration_id >= $2 and i.integration_id <= $3
         )
         order by integration_id, sobject",
    );
    let rows: Vec<SyncRuleRow> = store.fetch_all(select, &span.params()).await?;
    rows.into_iter().map(SyncRule::try_from).collect()
}

/// The same as the transaction sees it.
pub async fn list_sync_rules_in(tx: &mut Tx, integration_id: IntegrationId) -> Result<Vec<SyncRule>> {
    let select = statement("list sync rules", RULES);
    let rows: Vec<SyncRuleRow> = tx.fetch_all(select, &[integration_id.as_param()]).await?;
    rows.into_iter().map(SyncRule::try_from).collect()
}

/// A rule, and when it is to be read next.
#[derive(Clone, Debug)]
pub struct DueRule {
    /// The rule.
    pub rule: SyncRule,
    /// When; at once where there is no instant.
    pub due_at: Option<Timestamp>,
    /// Whether it is being read in a run.
    pub is_under_way: bool,
}

/// Returns an integration's rules with when each is due, by sObject, as the transaction sees them.
pub async fn list_due_rules_in(tx: &mut Tx, integration_id: IntegrationId) -> Result<Vec<DueRule>> {
    #[derive(FromRow)]
    struct DueRow {
        sync_rule_id: String,
        due_at: Option<i64>,
        runs: i64,
    }
    let select = statement(
        "see which sync rules are due",
        "select s.sync_rule_id, s.due_at, (
                 select count(*)
                 from towpath.sync_run_rules p
                 join towpath.sync_runs r on r.sync_run_id = p.sync_run_id
                 where p.sync_rule_id = s.sync_rule_id and p.finished_at is null and r.finished_at is null
             ) as runs
         from towpath.sync_rules s
         where s.integration_id = $1
         order by s.sobject",
    );
    let dues: Vec<DueRow> = tx.fetch_all(select, &[integration_id.as_param()]).await?;
    let rules = list_sync_rules_in(tx, integration_id).await?;
    let due_of = |rule: &SyncRule| {
        let id = rule.id.to_string();
        dues.iter().find(|due| due.sync_rule_id == id)
    };
    let known = rules.into_iter().map(|rule| {
        let due = due_of(&rule);
        let (due_at, runs) = due.map_or((None, 0), |due| (due.due_at, due.runs));
        DueRule { due_at: decode::instant(due_at), is_under_way: runs > 0, rule }
    });
    Ok(known.collect())
}

/// Returns when a rule is to be read next; `None` where nobody has said.
pub async fn find_due(store: &Store, sync_rule_id: SyncRuleId) -> Result<Option<Timestamp>> {
    #[derive(FromRow)]
    struct DueRow {
        due_at: Option<i64>,
    }
    let select = statement(
        "see when a sync rule is due",
        "select due_at
         from towpath.sync_rules
         where sync_rule_id = $1",
    );
    let row: Option<DueRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    Ok(row.and_then(|row| decode::instant(row.due_at)))
}

/// Stores when a rule is to be read next; at once where there is no instant.
pub async fn set_due(tx: &mut Tx, sync_rule_id: SyncRuleId, due_at: Option<Timestamp>) -> Result<()> {
    let update = statement(
        "store when a sync rule is due",
        "update towpath.sync_rules
         set due_at = $2
         where sync_rule_id = $1",
    );
    tx.execute(update, &[sync_rule_id.as_param(), due_at.as_param()]).await.map(|_| ())
}

/// Makes all rules of an integration due at once.
pub async fn set_all_due(tx: &mut Tx, integration_id: IntegrationId) -> Result<()> {
    let update = statement(
        "make sync rules due",
        "update towpath.sync_rules
         set due_at = null
         where integration_id = $1",
    );
    tx.execute(update, &[integration_id.as_param()]).await.map(|_| ())
}

/// Returns a rule of the reader's workspace.
pub async fn find_sync_rule_of(
    store: &Store,
    reader: &Reader,
    sync_rule_id: SyncRuleId,
) -> Result<Option<SyncRule>> {
    let sql = format!(
        "select r.sync_rule_id, r.integration_id, r.sobject_name, r.filter, r.fields, r.cadence_ms, r.created_at,
             r.updated_at
         from towpath.sync_rules r
         join towpath.integrations i on i.integration_id = r.integration_id
         where r.sync_rule_id = $1 and {} and i.deleted_at is null",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [sync_rule_id.as_param(), workspace_id.as_param(), member.as_param()];
    let row: Option<SyncRuleRow> = store.fetch_optional(statement("find a sync rule", &sql), &params).await?;
    row.map(SyncRule::try_from).transpose()
}

/// Deletes a rule, its work and what is kept of its reads. Its record table stays.
pub async fn delete_sync_rule(tx: &mut Tx, sync_rule_id: SyncRuleId) -> Result<()> {
    for sql in [
        "delete from towpath.work where kind = 'sync' and subject = $1",
        "delete from towpath.row_errors where sync_rule_id = $1",
        "delete from towpath.read_ids where sync_rule_id = $1",
        "delete from towpath.sweep_findings where sync_rule_id = $1",
        "delete from towpath.sweep_schedules where sync_rule_id = $1",
        "delete from towpath.sweep_days
         where sweep_id in (select sweep_id from towpath.sweeps where sync_rule_id = $1)",
        "delete from towpath.sweeps where sync_rule_id = $1",
        "delete from towpath.checkpoints where sync_rule_id = $1",
        "delete from towpath.csv_files where sync_rule_id = $1",
        "delete from towpath.sync_run_rules where sync_rule_id = $1",
        "delete from towpath.sync_rules where sync_rule_id = $1",
    ] {
        tx.execute(statement("delete a sync rule", sql), &[sync_rule_id.as_param()]).await?;
    }
    Ok(())
}
