//! Deleting integrations: with their records, or keeping those.

use model::{ConnectionId, Integration, IntegrationId, SyncRunId, sql_name};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, Identifier, statement};
use crate::{Result, Store, Tx, decode};

#[derive(FromRow)]
struct NameRow {
    name: String,
}

#[derive(FromRow)]
struct CountRow {
    number: i64,
}

/// What an integration's copy holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CopySize {
    /// Records, those that are gone in Salesforce included.
    pub rows: u64,
    /// Record tables.
    pub sobjects: u64,
}

/// Counts what an integration's copy holds.
pub async fn count_copy(store: &Store, integration: &Integration) -> Result<CopySize> {
    let select = statement("list record tables", RECORD_TABLES);
    let sobjects: Vec<NameRow> = store.fetch_all(select, &[integration.id.as_param()]).await?;
    let mut size = CopySize { rows: 0, sobjects: sobjects.len() as u64 };
    for sobject in sobjects {
        let table = store.dialect().record_table(&integration.slug, &sql_name(&sobject.name));
        let sql = format!("select count(*) as number from {table}");
        let row: Option<CountRow> = store.fetch_optional(statement("count records", &sql), &[]).await?;
        size.rows += row.map_or(Ok(0), |row| decode::count("count of records", row.number))?;
    }
    Ok(size)
}

const RECORD_TABLES: &str = "select sobject as name
     from towpath.record_tables
     where integration_id = $1
     order by sobject";

/// Deletes the schedule of an integration: whoever holds a lease on it has lost it.
pub async fn delete_schedule_of(tx: &mut Tx, integration_id: IntegrationId) -> Result<()> {
    let delete = statement(
        "stop the schedule of an integration",
        "delete from towpath.work
         where kind = 'schedule' and subject = $1",
    );
    tx.execute(delete, &[integration_id.as_param()]).await.map(|_| ())
}

/// Deletes the work on an integration's rules, but not its schedule.
///
/// Whoever takes several locks takes them in this order: the schedule's work, the integration, the work of its rules, the
/// rules, their runs.
pub async fn delete_sync_work_of(tx: &mut Tx, integration_id: IntegrationId) -> Result<()> {
    let delete = statement(
        "stop the work of an integration",
        "delete from towpath.work
         where kind = 'sync'
             and subject in (select sync_rule_id from towpath.sync_rules where integration_id = $1)",
    );
    tx.execute(delete, &[integration_id.as_param()]).await.map(|_| ())
}

/// Deletes the work on the rules of a run that is under way.
pub async fn delete_sync_work_in(tx: &mut Tx, sync_run_id: SyncRunId) -> Result<()> {
    let delete = statement(
        "stop the work of a sync run",
        "delete from towpath.work
         where kind = 'sync' and subject in (
             select p.sync_rule_id
             from towpath.sync_run_rules p
             join towpath.sync_runs r on r.sync_run_id = p.sync_run_id
             where p.sync_run_id = $1 and p.finished_at is null and r.finished_at is null
         )",
    );
    tx.execute(delete, &[sync_run_id.as_param()]).await.map(|_| ())
}

/// Marks an integration deleted. Its records and its slug stay.
pub async fn retire_integration(tx: &mut Tx, integration_id: IntegrationId, now: Timestamp) -> Result<()> {
    let update = statement(
        "delete an integration",
        "update towpath.integrations
         set deleted_at = $2
         where integration_id = $1 and deleted_at is null",
    );
    tx.execute(update, &[integration_id.as_param(), now.as_param()]).await.map(|_| ())
}

/// Removes an integration and everything that was kept for it. Returns how many records that were.
pub async fn remove_integration(tx: &mut Tx, integration: &Integration) -> Result<u64> {
    let rows = drop_record_tables(tx, integration).await?;
    let id = [integration.id.as_param()];
    for sql in REMOVALS {
        tx.execute(statement("remove an integration", sql), &id).await?;
    }
    Ok(rows)
}

/// In the order in which nothing refers to what goes.
const REMOVALS: [&str; 20] = [
    "delete from towpath.gone_evidence where integration_id = $1",
    "delete from towpath.row_errors
     where sync_rule_id in (select sync_rule_id from towpath.sync_rules where integration_id = $1)",
    "delete from towpath.checkpoints
     where sync_rule_id in (select sync_rule_id from towpath.sync_rules where integration_id = $1)",
    "delete from towpath.csv_files
     where sync_rule_id in (select sync_rule_id from towpath.sync_rules where integration_id = $1)",
    "delete from towpath.read_ids
     where sync_rule_id in (select sync_rule_id from towpath.sync_rules where integration_id = $1)",
    "delete from towpath.sweep_findings
     where sync_rule_id in (select sync_rule_id from towpath.sync_rules where integration_id = $1)",
    "delete from towpath.sweep_schedules
     where sync_rule_id in (select sync_rule_id from towpath.sync_rules where integration_id = $1)",
    "delete from towpath.sweep_days
     where sweep_id in (
         select sweep_id
         from towpath.sweeps
         where sync_rule_id in (select sync_rule_id from towpath.sync_rules where integration_id = $1)
     )",
    "delete from towpath.sweeps
     where sync_rule_id in (select sync_rule_id from towpath.sync_rules where integration_id = $1)",
    "delete from towpath.sync_run_rules
     where sync_run_id in (select sync_run_id from towpath.sync_runs where integration_id = $1)",
    "delete from towpath.sync_runs where integration_id = $1",
    "delete from towpath.sync_rules where integration_id = $1",
    "delete from towpath.field_mappings where integration_id = $1",
    "delete from towpath.drafts where integration_id = $1",
    "delete from towpath.record_tables where integration_id = $1",
    "delete from towpath.shares where integration_id = $1",
    // A flow that is still to give a grant back goes on without the integration.
    "update towpath.connect_flows set name = 'removed', integration_id = null
     where integration_id = $1 and name = ''",
    "update towpath.connect_flows set integration_id = null where integration_id = $1",
    "update towpath.connect_flows set existing_integration_id = null where existing_integration_id = $1",
    "delete from towpath.integrations where integration_id = $1",
];

async fn drop_record_tables(tx: &mut Tx, integration: &Integration) -> Result<u64> {
    let dialect = tx.dialect()?;
    let select = statement("list record tables", RECORD_TABLES);
    let sobjects: Vec<NameRow> = tx.fetch_all(select, &[integration.id.as_param()]).await?;
    let mut rows = 0;
    for sobject in sobjects {
        let table = dialect.record_table(&integration.slug, &sql_name(&sobject.name));
        let sql = format!("select count(*) as number from {table}");
        let row: Option<CountRow> = tx.fetch_optional(statement("count records", &sql), &[]).await?;
        rows += row.map_or(Ok(0), |row| decode::count("count of records", row.number))?;
        tx.execute(statement("remove records", &format!("drop table {table}")), &[]).await?;
    }
    if dialect.create_schema(&integration.slug).is_some() {
        // Whoever put something of their own there keeps it: then this fails, and nothing is deleted.
        let sql = format!("drop schema if exists {}", Identifier::new(integration.slug.as_str()));
        tx.execute(statement("remove the schema of an integration", &sql), &[]).await?;
    }
    Ok(rows)
}

/// Returns how many integrations that are not deleted use a connection.
pub async fn count_users_of(tx: &mut Tx, connection_id: ConnectionId) -> Result<u64> {
    let select = statement(
        "count the integrations of a connection",
        "select count(*) as number
         from towpath.integrations
         where connection_id = $1 and deleted_at is null",
    );
    let row: Option<CountRow> = tx.fetch_optional(select, &[connection_id.as_param()]).await?;
    row.map_or(Ok(0), |row| decode::count("count of integrations", row.number))
}
