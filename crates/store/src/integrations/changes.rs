//! What people change about an integration, and what its schedule asks.

use model::{ConnectionStatus, Integration, IntegrationId, UserId};
use salesforce::Timestamp;
use sqlx::FromRow;

use super::IntegrationRow;
use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

/// Returns an integration that the reader may read and that is not deleted.
pub async fn find_integration_of(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Option<Integration>> {
    let sql = format!(
        "select i.integration_id, i.workspace_id, i.connection_id, i.slug, i.name, i.mode, i.created_at, i.paused_at,
             i.paused_by, i.deleted_at
         from towpath.integrations i
         where i.integration_id = $1 and i.deleted_at is null and {}",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [integration_id.as_param(), workspace_id.as_param(), member.as_param()];
    let row: Option<IntegrationRow> =
        store.fetch_optional(statement("find an integration", &sql), &params).await?;
    row.map(Integration::try_from).transpose()
}

/// Locks an integration until the transaction ends, so that only one run of it is opened, and returns it.
pub async fn lock_integration(tx: &mut Tx, integration_id: IntegrationId) -> Result<Option<Integration>> {
    let lock = statement(
        "lock an integration",
        "update towpath.integrations
         set name = name
         where integration_id = $1
         returning integration_id, workspace_id, connection_id, slug, name, mode, created_at, paused_at, paused_by,
             deleted_at",
    );
    let row: Option<IntegrationRow> = tx.fetch_optional(lock, &[integration_id.as_param()]).await?;
    row.map(Integration::try_from).transpose()
}

/// Gives an integration another name. Its slug stays.
pub async fn rename_integration(tx: &mut Tx, integration_id: IntegrationId, name: &str) -> Result<()> {
    let update = statement(
        "rename an integration",
        "update towpath.integrations
         set name = $2
         where integration_id = $1",
    );
    tx.execute(update, &[integration_id.as_param(), name.as_param()]).await.map(|_| ())
}

/// Stores that an integration is paused, by whom, or that it is not.
pub async fn set_paused(
    tx: &mut Tx,
    integration_id: IntegrationId,
    paused: Option<(Timestamp, UserId)>,
) -> Result<()> {
    let update = statement(
        "pause or resume an integration",
        "update towpath.integrations
         set paused_at = $2, paused_by = $3
         where integration_id = $1",
    );
    let (paused_at, paused_by) = paused.unzip();
    let params = [integration_id.as_param(), paused_at.as_param(), paused_by.as_param()];
    tx.execute(update, &params).await.map(|_| ())
}

/// Whether an integration can run, as the transaction sees it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Readiness {
    /// Sync rules that are saved.
    pub rules: u64,
    /// Field mappings that are saved.
    pub field_mappings: u64,
    /// Whether somebody paused it.
    pub is_paused: bool,
    /// Whether it is deleted.
    pub is_deleted: bool,
    /// The state of its grant.
    pub connection_status: ConnectionStatus,
}

#[derive(FromRow)]
struct ReadinessRow {
    rules: i64,
    field_mappings: i64,
    paused_at: Option<i64>,
    deleted_at: Option<i64>,
    status: String,
}

/// Returns whether an integration can run; `None` where there is no such integration.
pub async fn find_readiness(tx: &mut Tx, integration_id: IntegrationId) -> Result<Option<Readiness>> {
    let select = statement(
        "see whether an integration can run",
        "select
             (select count(*) from towpath.sync_rules r where r.integration_id = i.integration_id) as rules,
             (select count(*) from towpath.field_mappings m where m.integration_id = i.integration_id)
                 as field_mappings,
             i.paused_at, i.deleted_at, c.status
         from towpath.integrations i
         join towpath.connections c on c.connection_id = i.connection_id
         where i.integration_id = $1",
    );
    let row: Option<ReadinessRow> = tx.fetch_optional(select, &[integration_id.as_param()]).await?;
    row.map(|row| {
        Ok(Readiness {
            rules: decode::count("count of rules", row.rules)?,
            field_mappings: decode::count("count of mappings", row.field_mappings)?,
            is_paused: row.paused_at.is_some(),
            is_deleted: row.deleted_at.is_some(),
            connection_status: decode::parse("status of a connection", &row.status)?,
        })
    })
    .transpose()
}
