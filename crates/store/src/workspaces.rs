//! Workspaces.

use model::{Workspace, WorkspaceId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct WorkspaceRow {
    workspace_id: String,
    name: String,
    time_zone: String,
    created_at: i64,
}

impl TryFrom<WorkspaceRow> for Workspace {
    type Error = crate::Error;

    fn try_from(row: WorkspaceRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("workspace id", &row.workspace_id)?,
            name: row.name,
            time_zone: row.time_zone,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

/// Stores a new workspace.
pub async fn create_workspace(tx: &mut Tx, workspace: &Workspace) -> Result<()> {
    let insert = statement(
        "create a workspace",
        "insert into towpath.workspaces (workspace_id, name, time_zone, created_at)
         values ($1, $2, $3, $4)",
    );
    let params = [
        workspace.id.as_param(),
        workspace.name.as_param(),
        workspace.time_zone.as_param(),
        workspace.created_at.as_param(),
    ];
    tx.execute(insert, &params).await.map(|_| ())
}

/// Returns a workspace.
pub async fn find_workspace(store: &Store, workspace_id: WorkspaceId) -> Result<Option<Workspace>> {
    let select = statement(
        "find a workspace",
        "select workspace_id, name, time_zone, created_at
         from towpath.workspaces
         where workspace_id = $1",
    );
    let row: Option<WorkspaceRow> = store.fetch_optional(select, &[workspace_id.as_param()]).await?;
    row.map(Workspace::try_from).transpose()
}

/// Returns the reader's workspace, and locks it until the transaction ends.
pub async fn lock_workspace(tx: &mut Tx, reader: &Reader) -> Result<Option<Workspace>> {
    let lock = statement(
        "lock a workspace",
        "update towpath.workspaces
         set name = name
         where workspace_id = $1
         returning workspace_id, name, time_zone, created_at",
    );
    let workspace_id = reader.workspace_id();
    let row: Option<WorkspaceRow> = tx.fetch_optional(lock, &[workspace_id.as_param()]).await?;
    row.map(Workspace::try_from).transpose()
}

/// Stores the name and the time zone of the reader's workspace.
pub async fn update_workspace(tx: &mut Tx, reader: &Reader, name: &str, time_zone: &str) -> Result<()> {
    let update = statement(
        "change a workspace",
        "update towpath.workspaces
         set name = $2, time_zone = $3
         where workspace_id = $1",
    );
    let workspace_id = reader.workspace_id();
    let params = [workspace_id.as_param(), name.as_param(), time_zone.as_param()];
    tx.execute(update, &params).await.map(|_| ())
}

/// Returns all workspaces, the oldest first.
pub async fn list_workspaces(store: &Store) -> Result<Vec<Workspace>> {
    let select = statement(
        "list workspaces",
        "select workspace_id, name, time_zone, created_at
         from towpath.workspaces
         order by workspace_id",
    );
    let rows: Vec<WorkspaceRow> = store.fetch_all(select, &[]).await?;
    rows.into_iter().map(Workspace::try_from).collect()
}
