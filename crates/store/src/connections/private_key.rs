//! The custody of the keys with which apps sign in.

use model::{Clock, ConnectionId, WorkspaceId};
use secrecy::SecretString;
use sqlx::FromRow;

use super::tokens::place;
use crate::db::{AsParam, statement};
use crate::{Result, Store, Tx, decode};

#[derive(FromRow)]
struct KeyRow {
    workspace_id: String,
    private_key: Option<Vec<u8>>,
}

/// Stores the key that a connection signs in with, sealed.
pub async fn put_private_key(
    tx: &mut Tx,
    workspace_id: WorkspaceId,
    connection_id: ConnectionId,
    private_key: &SecretString,
    clock: &Clock,
) -> Result<()> {
    let sealer = tx.sealer();
    let key = sealer.data_key(tx, workspace_id, clock).await?;
    let row = connection_id.to_string();
    let sealed = sealer.seal(&key, place("private_key", &row, workspace_id), private_key);
    let update = statement(
        "store the key of a connection",
        "update towpath.connections
         set private_key = $2
         where connection_id = $1",
    );
    tx.execute(update, &[connection_id.as_param(), sealed.as_param()]).await.map(|_| ())
}

/// Returns the key that a connection signs in with, where it has one.
pub async fn find_private_key(store: &Store, connection_id: ConnectionId) -> Result<Option<SecretString>> {
    let select = statement(
        "find the key of a connection",
        "select workspace_id, private_key
         from towpath.connections
         where connection_id = $1",
    );
    let row: Option<KeyRow> = store.fetch_optional(select, &[connection_id.as_param()]).await?;
    let Some(KeyRow { workspace_id, private_key: Some(sealed) }) = row else { return Ok(None) };
    let workspace_id = decode::parse("workspace id", &workspace_id)?;
    let id = connection_id.to_string();
    store.sealer().open(store, place("private_key", &id, workspace_id), &sealed).await.map(Some)
}
