//! Connections of members themselves, beside the one that an org is synced by.

use model::{Connection, ConnectionId, ConnectionKind, ConnectionStatus, OrgId, UserId};

use super::{ConnectionRow, list_connections_of};
use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, Tx};

/// Returns the connections that are a member's own, the oldest first.
pub async fn list_personal_connections(store: &Store, user_id: UserId) -> Result<Vec<Connection>> {
    let select = statement(
        "list the connections of a member",
        "select connection_id, workspace_id, org_id, kind, owner_id, grant_kind, login_host, instance_url,
             salesforce_user_id, username, client_id, scopes, credential_fingerprint, status, status_code, generation,
             created_at, updated_at
         from towpath.connections
         where owner_id = $1
         order by connection_id",
    );
    let rows: Vec<ConnectionRow> = store.fetch_all(select, &[user_id.as_param()]).await?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// Returns a member's own connection to an org. There is one at most.
pub async fn find_personal_connection(
    store: &Store,
    user_id: UserId,
    org_id: OrgId,
) -> Result<Option<Connection>> {
    let all = list_personal_connections(store, user_id).await?;
    Ok(all.into_iter().find(|connection| connection.org_id == org_id))
}

/// Returns the connection by which the reader's workspace syncs an org.
pub async fn find_service_connection(
    store: &Store,
    reader: &Reader,
    org_id: OrgId,
) -> Result<Option<Connection>> {
    let is_meant = |one: &Connection| {
        one.org_id == org_id && one.kind == ConnectionKind::Service && one.status != ConnectionStatus::Revoked
    };
    Ok(list_connections_of(store, reader).await?.into_iter().find(is_meant))
}

/// Takes a personal connection from its member, so that only its end is left to come.
pub async fn disown_connection(tx: &mut Tx, connection_id: ConnectionId) -> Result<()> {
    let update = statement(
        "disown a connection",
        "update towpath.connections
         set owner_id = null
         where connection_id = $1",
    );
    tx.execute(update, &[connection_id.as_param()]).await.map(|_| ())
}
