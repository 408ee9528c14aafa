//! Apps in Salesforce that grants are given to: client ids and their sealed secrets.

use model::{Clock, WorkspaceId};
use secrecy::SecretString;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::seal::Place;
use crate::{Result, Store, Tx};

#[derive(FromRow)]
struct AppRow {
    client_secret: Option<Vec<u8>>,
}

/// Stores an app's client id and secret for a workspace, in place of those it had.
///
/// An app without a secret is a public client.
pub async fn put_app(
    tx: &mut Tx,
    workspace_id: WorkspaceId,
    client_id: &str,
    client_secret: Option<&SecretString>,
    clock: &Clock,
) -> Result<()> {
    let sealed = match client_secret {
        Some(secret) => {
            let sealer = tx.sealer();
            let key = sealer.data_key(tx, workspace_id, clock).await?;
            Some(sealer.seal(&key, place(workspace_id, client_id), secret))
        }
        None => None,
    };
    let upsert = statement(
        "store an app",
        "insert into towpath.apps (workspace_id, client_id, client_secret, created_at, updated_at)
         values ($1, $2, $3, $4, $4)
         on conflict (workspace_id, client_id) do update
         set client_secret = excluded.client_secret, updated_at = excluded.updated_at",
    );
    let now = clock.now();
    let params = [workspace_id.as_param(), client_id.as_param(), sealed.as_param(), now.as_param()];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Returns an app's client secret, if it has one.
pub async fn find_client_secret(
    store: &Store,
    workspace_id: WorkspaceId,
    client_id: &str,
) -> Result<Option<SecretString>> {
    let select = statement(
        "find an app",
        "select client_secret
         from towpath.apps
         where workspace_id = $1 and client_id = $2",
    );
    let row: Option<AppRow> =
        store.fetch_optional(select, &[workspace_id.as_param(), client_id.as_param()]).await?;
    match row.and_then(|row| row.client_secret) {
        Some(sealed) => store.sealer().open(store, place(workspace_id, client_id), &sealed).await.map(Some),
        None => Ok(None),
    }
}

fn place(workspace_id: WorkspaceId, client_id: &str) -> Place<'_> {
    Place { table: "apps", column: "client_secret", row: client_id, workspace_id }
}
