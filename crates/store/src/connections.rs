//! Connections: grants, and the custody of their tokens.

mod approvals;
mod facts;
mod obstacles;
mod personal;
mod private_key;
mod tokens;

use model::{Clock, Connection, ConnectionId, ConnectionStatus, OrgId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, Param, Statement, statement};
use crate::{Reader, Result, Store, Tx, decode};

pub use approvals::{ApprovalOf, count_approvals, list_full_orgs};
pub use facts::{ConnectionFacts, list_connection_facts};
pub use obstacles::{find_next_obstacle, list_obstacles, note_obstacle, restore_connection, touch_obstacle};
pub use personal::{
    disown_connection, find_personal_connection, find_service_connection, list_personal_connections,
};
pub use private_key::{find_private_key, put_private_key};
pub use tokens::{
    NewTokens, Tokens, claim_refresh, doubt_refresh, end_claims, find_tokens, release_refresh, store_tokens,
};

#[derive(FromRow)]
struct ConnectionRow {
    connection_id: String,
    workspace_id: String,
    org_id: String,
    kind: String,
    owner_id: Option<String>,
    grant_kind: String,
    login_host: String,
    instance_url: String,
    salesforce_user_id: String,
    username: String,
    client_id: String,
    scopes: String,
    credential_fingerprint: String,
    status: String,
    status_code: Option<String>,
    generation: i64,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<ConnectionRow> for Connection {
    type Error = crate::Error;

    fn try_from(row: ConnectionRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("connection id", &row.connection_id)?,
            workspace_id: decode::parse("workspace id", &row.workspace_id)?,
            org_id: decode::parse("org id", &row.org_id)?,
            kind: decode::parse("kind of connection", &row.kind)?,
            owner_id: decode::parse_optional("user id", row.owner_id.as_deref())?,
            grant: decode::parse("kind of grant", &row.grant_kind)?,
            login_host: row.login_host,
            instance_url: row.instance_url,
            user_id: decode::parse("Salesforce user id", &row.salesforce_user_id)?,
            username: row.username,
            client_id: row.client_id,
            scopes: row.scopes,
            credential_fingerprint: row.credential_fingerprint,
            status: decode::parse("status of a connection", &row.status)?,
            status_code: row.status_code,
            generation: decode::count("token generation", row.generation)?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

/// Stores a new connection with its first tokens, which are generation 1 whatever the connection says.
pub async fn create_connection(
    tx: &mut Tx,
    connection: &Connection,
    new_tokens: &NewTokens,
    clock: &Clock,
) -> Result<()> {
    let sealed = tokens::seal_tokens(tx, connection.workspace_id, connection.id, new_tokens, clock).await?;
    let insert = statement(
        "create a connection",
        "insert into towpath.connections (connection_id, workspace_id, org_id, kind, grant_kind, login_host,
             instance_url, salesforce_user_id, username, client_id, scopes, credential_fingerprint, status, status_code,
             access_token, refresh_token, generation, issued_at, created_at, updated_at, owner_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
    );
    let params = [
        connection.id.as_param(),
        connection.workspace_id.as_param(),
        connection.org_id.as_param(),
        connection.kind.as_str().as_param(),
        connection.grant.as_str().as_param(),
        connection.login_host.as_param(),
        connection.instance_url.as_param(),
        connection.user_id.as_param(),
        connection.username.as_param(),
        connection.client_id.as_param(),
        connection.scopes.as_param(),
        connection.credential_fingerprint.as_param(),
        connection.status.as_str().as_param(),
        connection.status_code.as_param(),
        sealed.access_token.as_param(),
        sealed.refresh_token.as_param(),
        1_i64.as_param(),
        new_tokens.issued_at.as_param(),
        connection.created_at.as_param(),
        connection.updated_at.as_param(),
        connection.owner_id.as_param(),
    ];
    tx.execute(insert, &params).await.map(|_| ())
}

/// Puts another grant for the same org in place of a connection's own: app, user, tokens. Id, org and age stay; a private
/// key goes.
pub async fn replace_grant(
    tx: &mut Tx,
    connection_id: ConnectionId,
    grant: &Connection,
    new_tokens: &NewTokens,
    clock: &Clock,
) -> Result<()> {
    let sealed = tokens::seal_tokens(tx, grant.workspace_id, connection_id, new_tokens, clock).await?;
    let now = clock.now();
    let update = statement(
        "replace the grant of a connection",
        "update towpath.connections
         set grant_kind = $2, login_host = $3, instance_url = $4, salesforce_user_id = $5, username = $6, client_id = $7,
             scopes = $8, credential_fingerprint = $9, status = 'connected', status_code = null, access_token = $10,
             refresh_token = $11, private_key = null, generation = generation + 1, issued_at = $12, refresh_until = null,
             updated_at = $13
         where connection_id = $1",
    );
    let params = [
        connection_id.as_param(),
        grant.grant.as_str().as_param(),
        grant.login_host.as_param(),
        grant.instance_url.as_param(),
        grant.user_id.as_param(),
        grant.username.as_param(),
        grant.client_id.as_param(),
        grant.scopes.as_param(),
        grant.credential_fingerprint.as_param(),
        sealed.access_token.as_param(),
        sealed.refresh_token.as_param(),
        new_tokens.issued_at.as_param(),
        now.as_param(),
    ];
    tx.execute(update, &params).await.map(|_| ())
}

/// Stores another host at which the grant is renewed.
pub async fn set_login_host(
    tx: &mut Tx,
    connection_id: ConnectionId,
    login_host: &str,
    now: Timestamp,
) -> Result<()> {
    let update = statement(
        "store the log-in host of a connection",
        "update towpath.connections
         set login_host = $2, updated_at = $3
         where connection_id = $1",
    );
    let params = [connection_id.as_param(), login_host.as_param(), now.as_param()];
    tx.execute(update, &params).await.map(|_| ())
}

/// Returns a connection.
pub async fn find_connection(store: &Store, connection_id: ConnectionId) -> Result<Option<Connection>> {
    let select = statement(
        "find a connection",
        "select connection_id, workspace_id, org_id, kind, owner_id, grant_kind, login_host, instance_url,
             salesforce_user_id, username, client_id, scopes, credential_fingerprint, status, status_code, generation, created_at, updated_at
         from towpath.connections
         where connection_id = $1",
    );
    let row: Option<ConnectionRow> = store.fetch_optional(select, &[connection_id.as_param()]).await?;
    row.map(Connection::try_from).transpose()
}

/// Returns the connections to an org, the oldest first.
pub async fn list_connections(store: &Store, org_id: OrgId) -> Result<Vec<Connection>> {
    let select = statement(
        "list connections",
        "select connection_id, workspace_id, org_id, kind, owner_id, grant_kind, login_host, instance_url,
             salesforce_user_id, username, client_id, scopes, credential_fingerprint, status, status_code, generation, created_at, updated_at
         from towpath.connections
         where org_id = $1
         order by connection_id",
    );
    let rows: Vec<ConnectionRow> = store.fetch_all(select, &[org_id.as_param()]).await?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// Stores a new state of the grant, with the error code that led to it.
pub async fn set_connection_status(
    tx: &mut Tx,
    connection_id: ConnectionId,
    status: ConnectionStatus,
    code: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let update = statement(
        "store the status of a connection",
        "update towpath.connections
         set status = $2, status_code = $3, updated_at = $4
         where connection_id = $1",
    );
    let params = [connection_id.as_param(), status.as_str().as_param(), code.as_param(), now.as_param()];
    tx.execute(update, &params).await.map(|_| ())
}

/// Removes a connection whose grant has ended and that nothing leads to any more. Where kept records lead to it, only
/// its tokens go.
pub async fn retire_connection(tx: &mut Tx, connection: &Connection, clock: &Clock) -> Result<()> {
    let nothing = NewTokens {
        access_token: String::new().into(),
        refresh_token: None,
        issued_at: clock.now(),
        instance_url: None,
        scopes: None,
    };
    let sealed = tokens::seal_tokens(tx, connection.workspace_id, connection.id, &nothing, clock).await?;
    let update = statement(
        "forget the tokens of a connection",
        "update towpath.connections
         set access_token = $2, refresh_token = null, private_key = null, generation = generation + 1, refresh_until = null,
             status = 'revoked', status_code = null, updated_at = $3
         where connection_id = $1",
    );
    let now = clock.now();
    let params = [connection.id.as_param(), sealed.access_token.as_param(), now.as_param()];
    tx.execute(update, &params).await?;
    for sql in [
        "delete from towpath.sobject_describes
         where connection_id = $1
             and not exists (select 1 from towpath.integrations i where i.connection_id = $1)",
        "delete from towpath.connections
         where connection_id = $1
             and not exists (select 1 from towpath.integrations i where i.connection_id = $1)",
    ] {
        tx.execute(statement("remove a connection", sql), &[connection.id.as_param()]).await?;
    }
    Ok(())
}

/// Returns the connections of the reader's workspace, the oldest first, without those that were given back. Of those that
/// sync, who manages no integrations is told of the ones behind an integration that they may read; their own are theirs.
pub async fn list_connections_of(store: &Store, reader: &Reader) -> Result<Vec<Connection>> {
    let sql = format!(
        "select c.connection_id, c.workspace_id, c.org_id, c.kind, c.owner_id, c.grant_kind, c.login_host, c.instance_url,
             c.salesforce_user_id, c.username, c.client_id, c.scopes, c.credential_fingerprint, c.status, c.status_code,
             c.generation, c.created_at, c.updated_at
         from towpath.connections c
         where c.workspace_id = $1 and c.status <> 'revoked'
             and ($2 is null or c.owner_id = $2 or exists (
                 select 1 from towpath.integrations i
                 where i.connection_id = c.connection_id and i.deleted_at is null and {}
             ))
         order by c.connection_id",
        readable("i", 1, 2)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [workspace_id.as_param(), member.as_param()];
    let rows: Vec<ConnectionRow> = store.fetch_all(statement("list connections", &sql), &params).await?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// Returns live grants whose tokens were issued before an instant and can be renewed, the oldest first.
pub async fn list_idle_grants(store: &Store, before: Timestamp, limit: u32) -> Result<Vec<ConnectionId>> {
    let select = statement(
        "list idle grants",
        "select connection_id
         from towpath.connections
         where status = 'connected' and issued_at < $1
             and (refresh_token is not null or grant_kind in ('jwt_bearer', 'client_credentials'))
         order by issued_at, connection_id
         limit $2",
    );
    list_ids(store, select, &[before.as_param(), limit.as_param()]).await
}

/// The ids of connections that a statement selects.
async fn list_ids(store: &Store, select: Statement<'_>, params: &[Param<'_>]) -> Result<Vec<ConnectionId>> {
    #[derive(FromRow)]
    struct IdRow {
        connection_id: String,
    }
    let rows: Vec<IdRow> = store.fetch_all(select, params).await?;
    rows.iter().map(|row| decode::parse("connection id", &row.connection_id)).collect()
}

/// Returns a connection of the reader's workspace.
pub async fn find_connection_of(
    store: &Store,
    reader: &Reader,
    connection_id: ConnectionId,
) -> Result<Option<Connection>> {
    let connection = find_connection(store, connection_id).await?;
    Ok(connection.filter(|connection| connection.workspace_id == reader.workspace_id()))
}
