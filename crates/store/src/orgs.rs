//! Orgs that workspaces know.

use model::{Org, OrgId, WorkspaceId};
use salesforce::{RecordId, Timestamp};
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct OrgRow {
    org_id: String,
    workspace_id: String,
    organization_id: String,
    name: String,
    environment: String,
    created_at: i64,
}

impl TryFrom<OrgRow> for Org {
    type Error = crate::Error;

    fn try_from(row: OrgRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("org id", &row.org_id)?,
            workspace_id: decode::parse("workspace id", &row.workspace_id)?,
            organization_id: decode::parse("organization id", &row.organization_id)?,
            name: row.name,
            environment: decode::parse("environment", &row.environment)?,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

/// Stores a new org. A workspace knows each org once.
pub async fn create_org(tx: &mut Tx, org: &Org) -> Result<()> {
    let insert = statement(
        "create an org",
        "insert into towpath.orgs (org_id, workspace_id, organization_id, name, environment, created_at)
         values ($1, $2, $3, $4, $5, $6)",
    );
    let params = [
        org.id.as_param(),
        org.workspace_id.as_param(),
        org.organization_id.as_param(),
        org.name.as_param(),
        org.environment.as_str().as_param(),
        org.created_at.as_param(),
    ];
    tx.execute(insert, &params).await.map(|_| ())
}

/// Returns an org.
pub async fn find_org(store: &Store, org_id: OrgId) -> Result<Option<Org>> {
    let select = statement(
        "find an org",
        "select org_id, workspace_id, organization_id, name, environment, created_at
         from towpath.orgs
         where org_id = $1",
    );
    let row: Option<OrgRow> = store.fetch_optional(select, &[org_id.as_param()]).await?;
    row.map(Org::try_from).transpose()
}

/// Returns an org of the reader's workspace.
pub async fn find_org_of(store: &Store, reader: &Reader, org_id: OrgId) -> Result<Option<Org>> {
    let org = find_org(store, org_id).await?;
    Ok(org.filter(|org| org.workspace_id == reader.workspace_id()))
}

/// Returns the orgs that a workspace knows, the oldest first.
pub async fn list_orgs(store: &Store, workspace_id: WorkspaceId) -> Result<Vec<Org>> {
    let select = statement(
        "list orgs",
        "select org_id, workspace_id, organization_id, name, environment, created_at
         from towpath.orgs
         where workspace_id = $1
         order by org_id",
    );
    let rows: Vec<OrgRow> = store.fetch_all(select, &[workspace_id.as_param()]).await?;
    rows.into_iter().map(Org::try_from).collect()
}

/// Returns the org that a workspace knows by Salesforce's own id.
pub async fn find_org_by_organization_id(
    store: &Store,
    workspace_id: WorkspaceId,
    organization_id: RecordId,
) -> Result<Option<Org>> {
    let select = statement(
        "find an org",
        "select org_id, workspace_id, organization_id, name, environment, created_at
         from towpath.orgs
         where workspace_id = $1 and organization_id = $2",
    );
    let row: Option<OrgRow> =
        store.fetch_optional(select, &[workspace_id.as_param(), organization_id.as_param()]).await?;
    row.map(Org::try_from).transpose()
}

/// Locks an org until the transaction ends.
pub async fn lock_org(tx: &mut Tx, org_id: OrgId) -> Result<()> {
    let lock = statement("lock an org", "update towpath.orgs\nset name = name\nwhere org_id = $1");
    tx.execute(lock, &[org_id.as_param()]).await.map(|_| ())
}

/// Stores an org, or what is new about one that the workspace knows, and locks it until the transaction ends.
///
/// Returns the id under which it is stored.
pub async fn put_org(tx: &mut Tx, org: &Org) -> Result<OrgId> {
    #[derive(FromRow)]
    struct IdRow {
        org_id: String,
    }
    let upsert = statement(
        "store an org",
        "insert into towpath.orgs (org_id, workspace_id, organization_id, name, environment, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (workspace_id, organization_id) do update
         set name = excluded.name, environment = excluded.environment
         returning org_id",
    );
    let params = [
        org.id.as_param(),
        org.workspace_id.as_param(),
        org.organization_id.as_param(),
        org.name.as_param(),
        org.environment.as_str().as_param(),
        org.created_at.as_param(),
    ];
    let row: Option<IdRow> = tx.fetch_optional(upsert, &params).await?;
    row.map_or(Ok(org.id), |row| decode::parse("org id", &row.org_id))
}
