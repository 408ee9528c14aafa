//! Integrations.

mod changes;
mod facts;
mod removal;

use model::{ConnectionId, Integration, IntegrationId, OrgId, Slug, WorkspaceId};
use salesforce::{RecordId, Timestamp};
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Result, Store, Tx, decode};

pub use changes::{
    Readiness, find_integration_of, find_readiness, lock_integration, rename_integration, set_paused,
};
pub(crate) use facts::IntegrationSpan;
pub use facts::{
    IntegrationFacts, RuleFacts, RunFacts, find_integration_facts, find_run_facts, list_integration_facts,
    list_run_facts,
};
pub use removal::{
    CopySize, count_copy, count_users_of, delete_schedule_of, delete_sync_work_in, delete_sync_work_of,
    remove_integration, retire_integration,
};

#[derive(FromRow)]
struct IntegrationRow {
    integration_id: String,
    workspace_id: String,
    connection_id: String,
    slug: String,
    name: String,
    mode: String,
    created_at: i64,
    paused_at: Option<i64>,
    paused_by: Option<String>,
    deleted_at: Option<i64>,
}

impl TryFrom<IntegrationRow> for Integration {
    type Error = crate::Error;

    fn try_from(row: IntegrationRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("integration id", &row.integration_id)?,
            workspace_id: decode::parse("workspace id", &row.workspace_id)?,
            connection_id: decode::parse("connection id", &row.connection_id)?,
            slug: decode::parse("slug", &row.slug)?,
            name: row.name,
            mode: decode::parse("mode", &row.mode)?,
            created_at: Timestamp::from_millis(row.created_at),
            paused_at: decode::instant(row.paused_at),
            paused_by: decode::parse_optional("user id", row.paused_by.as_deref())?,
            deleted_at: decode::instant(row.deleted_at),
        })
    }
}

/// Stores a new integration. Its slug is unique on the server and stays.
pub async fn create_integration(tx: &mut Tx, integration: &Integration) -> Result<()> {
    let insert = statement(
        "create an integration",
        "insert into towpath.integrations (integration_id, workspace_id, connection_id, slug, name, mode, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    );
    let params = [
        integration.id.as_param(),
        integration.workspace_id.as_param(),
        integration.connection_id.as_param(),
        integration.slug.as_param(),
        integration.name.as_param(),
        integration.mode.as_str().as_param(),
        integration.created_at.as_param(),
    ];
    tx.execute(insert, &params).await.map(|_| ())
}

/// Returns an integration.
pub async fn find_integration(store: &Store, integration_id: IntegrationId) -> Result<Option<Integration>> {
    let select = statement(
        "find an integration",
        "select integration_id, workspace_id, connection_id, slug, name, mode, created_at, paused_at, paused_by, deleted_at
         from towpath.integrations
         where integration_id = $1",
    );
    let row: Option<IntegrationRow> = store.fetch_optional(select, &[integration_id.as_param()]).await?;
    row.map(Integration::try_from).transpose()
}

/// Returns the integration of this slug.
pub async fn find_integration_by_slug(store: &Store, slug: &Slug) -> Result<Option<Integration>> {
    let select = statement(
        "find an integration",
        "select integration_id, workspace_id, connection_id, slug, name, mode, created_at, paused_at, paused_by, deleted_at
         from towpath.integrations
         where slug = $1",
    );
    let row: Option<IntegrationRow> = store.fetch_optional(select, &[slug.as_param()]).await?;
    row.map(Integration::try_from).transpose()
}

/// Returns a workspace's integrations, the oldest first, without the deleted ones.
pub async fn list_integrations(store: &Store, workspace_id: WorkspaceId) -> Result<Vec<Integration>> {
    let select = statement(
        "list integrations",
        "select integration_id, workspace_id, connection_id, slug, name, mode, created_at, paused_at, paused_by, deleted_at
         from towpath.integrations
         where workspace_id = $1 and deleted_at is null
         order by integration_id",
    );
    let rows: Vec<IntegrationRow> = store.fetch_all(select, &[workspace_id.as_param()]).await?;
    rows.into_iter().map(Integration::try_from).collect()
}

/// Returns the integration, if any, by which a workspace reads an org already.
pub async fn find_integration_on_org(
    tx: &mut Tx,
    workspace_id: WorkspaceId,
    organization_id: RecordId,
) -> Result<Option<Integration>> {
    let select = statement(
        "find the integration on an org",
        "select i.integration_id, i.workspace_id, i.connection_id, i.slug, i.name, i.mode, i.created_at, i.paused_at,
             i.paused_by, i.deleted_at
         from towpath.integrations i
         join towpath.connections c on c.connection_id = i.connection_id
         join towpath.orgs o on o.org_id = c.org_id
         where o.workspace_id = $1 and o.organization_id = $2 and i.deleted_at is null
         order by i.integration_id
         limit 1",
    );
    let params = [workspace_id.as_param(), organization_id.as_param()];
    let row: Option<IntegrationRow> = tx.fetch_optional(select, &params).await?;
    row.map(Integration::try_from).transpose()
}

/// Returns how many integrations an org has, without the deleted ones. It is right for as long as the org is locked.
pub async fn count_integrations_on_org(tx: &mut Tx, org_id: OrgId) -> Result<u64> {
    #[derive(FromRow)]
    struct CountRow {
        integrations: i64,
    }
    let select = statement(
        "count the integrations of an org",
        "select count(*) as integrations
         from towpath.integrations i
         join towpath.connections c on c.connection_id = i.connection_id
         where c.org_id = $1 and i.deleted_at is null",
    );
    let row: Option<CountRow> = tx.fetch_optional(select, &[org_id.as_param()]).await?;
    decode::count("number of integrations", row.map_or(0, |row| row.integrations))
}

/// Returns the integrations that use a connection, the oldest first, without the deleted ones.
pub async fn list_integrations_on(store: &Store, connection_id: ConnectionId) -> Result<Vec<Integration>> {
    let select = statement(
        "list the integrations of a connection",
        "select integration_id, workspace_id, connection_id, slug, name, mode, created_at, paused_at, paused_by, deleted_at
         from towpath.integrations
         where connection_id = $1 and deleted_at is null
         order by integration_id",
    );
    let rows: Vec<IntegrationRow> = store.fetch_all(select, &[connection_id.as_param()]).await?;
    rows.into_iter().map(Integration::try_from).collect()
}

/// Returns the integration that used a connection last, deleted or not; `None` where it went with its records.
pub async fn find_last_integration_on(
    store: &Store,
    connection_id: ConnectionId,
) -> Result<Option<Integration>> {
    let select = statement(
        "find the last integration of a connection",
        "select integration_id, workspace_id, connection_id, slug, name, mode, created_at, paused_at, paused_by, deleted_at
         from towpath.integrations
         where connection_id = $1
         order by coalesce(deleted_at, 0) desc, integration_id desc
         limit 1",
    );
    let row: Option<IntegrationRow> = store.fetch_optional(select, &[connection_id.as_param()]).await?;
    row.map(Integration::try_from).transpose()
}
