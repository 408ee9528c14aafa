//! Connections that an org keeps out although their grants stay, and when they were looked at last.

use model::ConnectionId;
use salesforce::Timestamp;
use sqlx::FromRow;

use super::list_ids;
use crate::db::{AsParam, statement};
use crate::{Result, Store, Tx};

/// Stores what keeps a connection out of its org, as an error code.
///
/// Returns whether that is news: it is not where it is known already, or where somebody has to connect it again anyway.
pub async fn note_obstacle(
    tx: &mut Tx,
    connection_id: ConnectionId,
    code: &str,
    now: Timestamp,
) -> Result<bool> {
    let update = statement(
        "note what keeps a connection out",
        "update towpath.connections
         set status = 'needs_attention', status_code = $2, updated_at = $3
         where connection_id = $1
             and (status = 'connected' or status = 'needs_attention' and status_code <> $2)",
    );
    let params = [connection_id.as_param(), code.as_param(), now.as_param()];
    Ok(tx.execute(update, &params).await? == 1)
}

/// Stores that a connection is let in again. Returns whether that is news; one that was given back stays so.
pub async fn restore_connection(tx: &mut Tx, connection_id: ConnectionId, now: Timestamp) -> Result<bool> {
    let update = statement(
        "note that a connection is let in again",
        "update towpath.connections
         set status = 'connected', status_code = null, updated_at = $2
         where connection_id = $1 and status in ('needs_attention', 'needs_reconnect')",
    );
    Ok(tx.execute(update, &[connection_id.as_param(), now.as_param()]).await? == 1)
}

/// Stores that it is looked now whether a connection is still kept out.
pub async fn touch_obstacle(store: &Store, connection_id: ConnectionId, now: Timestamp) -> Result<()> {
    let update = statement(
        "note that a connection is looked at",
        "update towpath.connections
         set updated_at = $2
         where connection_id = $1 and status = 'needs_attention'",
    );
    store.execute(update, &[connection_id.as_param(), now.as_param()]).await.map(|_| ())
}

/// Returns connections that are kept out and were not looked at since an instant, the oldest look first.
pub async fn list_obstacles(store: &Store, before: Timestamp, limit: u32) -> Result<Vec<ConnectionId>> {
    let select = statement(
        "list connections that are kept out",
        "select connection_id
         from towpath.connections
         where status = 'needs_attention' and updated_at <= $1
         order by updated_at, connection_id
         limit $2",
    );
    list_ids(store, select, &[before.as_param(), limit.as_param()]).await
}

/// Returns when the connection that is kept out and waits longest was looked at last.
pub async fn find_next_obstacle(store: &Store) -> Result<Option<Timestamp>> {
    #[derive(FromRow)]
    struct LookRow {
        updated_at: i64,
    }
    let select = statement(
        "find the connection that was looked at first",
        "select updated_at
         from towpath.connections
         where status = 'needs_attention'
         order by updated_at
         limit 1",
    );
    let row: Option<LookRow> = store.fetch_optional(select, &[]).await?;
    Ok(row.map(|row| Timestamp::from_millis(row.updated_at)))
}
