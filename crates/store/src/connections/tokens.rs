//! The custody of tokens.
//!
//! A refresh is claimed for one generation, the new tokens are stored for that generation, and only then used. So at
//! most one refresh of a grant is under way, and the newest refresh token is durable before anything depends on it.

use model::{Clock, ConnectionId, WorkspaceId};
use salesforce::Timestamp;
use secrecy::SecretString;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::seal::Place;
use crate::{Result, Store, Tx, decode};

/// Tokens as Salesforce gave them.
#[derive(Clone, Debug)]
pub struct NewTokens {
    /// The access token.
    pub access_token: SecretString,
    /// The refresh token; `None` keeps the one that is stored.
    pub refresh_token: Option<SecretString>,
    /// When Salesforce issued them.
    pub issued_at: Timestamp,
    /// Where the org's API is now; `None` keeps what is stored.
    pub instance_url: Option<String>,
    /// The scopes that they have, as Salesforce said; `None` keeps what is stored.
    pub scopes: Option<String>,
}

/// Tokens as they are stored.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access_token: SecretString,
    /// The refresh token, where the grant has one.
    pub refresh_token: Option<SecretString>,
    /// Where the org's API is.
    pub instance_url: String,
    /// Counts the tokens that were stored: each new one raises it.
    pub generation: u64,
    /// When Salesforce issued them.
    pub issued_at: Timestamp,
    /// Until when somebody has claimed to refresh them.
    pub refresh_until: Option<Timestamp>,
}

/// Tokens ready to be stored.
pub(super) struct SealedTokens {
    pub(super) access_token: Vec<u8>,
    pub(super) refresh_token: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct TokensRow {
    workspace_id: String,
    access_token: Vec<u8>,
    refresh_token: Option<Vec<u8>>,
    instance_url: String,
    generation: i64,
    issued_at: i64,
    refresh_until: Option<i64>,
}

pub(super) async fn seal_tokens(
    tx: &mut Tx,
    workspace_id: WorkspaceId,
    connection_id: ConnectionId,
    tokens: &NewTokens,
    clock: &Clock,
) -> Result<SealedTokens> {
    let sealer = tx.sealer();
    let key = sealer.data_key(tx, workspace_id, clock).await?;
    let row = connection_id.to_string();
    let seal = |column, secret| sealer.seal(&key, place(column, &row, workspace_id), secret);
    Ok(SealedTokens {
        access_token: seal("access_token", &tokens.access_token),
        refresh_token: tokens.refresh_token.as_ref().map(|secret| seal("refresh_token", secret)),
    })
}

pub(super) fn place<'a>(column: &'static str, row: &'a str, workspace_id: WorkspaceId) -> Place<'a> {
    Place { table: "connections", column, row, workspace_id }
}

/// Returns the tokens of a connection.
pub async fn find_tokens(store: &Store, connection_id: ConnectionId) -> Result<Option<Tokens>> {
    let select = statement(
        "find the tokens of a connection",
        "select workspace_id, access_token, refresh_token, instance_url, generation, issued_at, refresh_until
         from towpath.connections
         where connection_id = $1",
    );
    let Some(row) = store.fetch_optional::<TokensRow>(select, &[connection_id.as_param()]).await? else {
        return Ok(None);
    };
    let workspace_id = decode::parse("workspace id", &row.workspace_id)?;
    let id = connection_id.to_string();
    let sealer = store.sealer();
    let access_token =
        sealer.open(store, place("access_token", &id, workspace_id), &row.access_token).await?;
    let refresh_token = match &row.refresh_token {
        Some(sealed) => Some(sealer.open(store, place("refresh_token", &id, workspace_id), sealed).await?),
        None => None,
    };
    Ok(Some(Tokens {
        access_token,
        refresh_token,
        instance_url: row.instance_url,
        generation: decode::count("token generation", row.generation)?,
        issued_at: Timestamp::from_millis(row.issued_at),
        refresh_until: decode::instant(row.refresh_until),
    }))
}

/// Claims the refresh of one generation of tokens until an instant. Commits at once.
///
/// Returns whether the claim is ours: it is not where the tokens are newer already, or somebody else's claim still
/// holds. Whoever does not get it reads the tokens again a moment later.
pub async fn claim_refresh(
    store: &Store,
    connection_id: ConnectionId,
    generation: u64,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let update = statement(
        "claim the refresh of a token",
        "update towpath.connections
         set refresh_until = $3
         where connection_id = $1 and generation = $2 and (refresh_until is null or refresh_until <= $4)",
    );
    let params = [connection_id.as_param(), generation.as_param(), until.as_param(), now.as_param()];
    Ok(store.execute(update, &params).await? == 1)
}

/// Ends all claims, for a process that knows to be the only one: whoever made them is dead.
///
/// They stay visible as claims that nobody released, since the answer to such a refresh may be lost.
pub async fn end_claims(store: &Store, now: Timestamp) -> Result<()> {
    let update = statement(
        "end the claims of a dead process",
        "update towpath.connections
         set refresh_until = $1
         where refresh_until > $1",
    );
    store.execute(update, &[now.as_param()]).await.map(|_| ())
}

/// Gives up the claim on a generation whose refresh failed, so that others need not wait for its end.
pub async fn release_refresh(store: &Store, connection_id: ConnectionId, generation: u64) -> Result<()> {
    let update = statement(
        "release the claim on a token",
        "update towpath.connections
         set refresh_until = null
         where connection_id = $1 and generation = $2",
    );
    store.execute(update, &[connection_id.as_param(), generation.as_param()]).await.map(|_| ())
}

/// Ends the claim on a generation whose refresh failed without an answer: the org may have rotated the token. Whoever
/// claims it next sees that, by an end of the claim that has passed.
pub async fn doubt_refresh(
    store: &Store,
    connection_id: ConnectionId,
    generation: u64,
    now: Timestamp,
) -> Result<()> {
    let update = statement(
        "note that a refreshed token may be lost",
        "update towpath.connections
         set refresh_until = $3
         where connection_id = $1 and generation = $2",
    );
    let params = [connection_id.as_param(), generation.as_param(), now.as_param()];
    store.execute(update, &params).await.map(|_| ())
}

/// Stores the tokens that follow a generation, and ends the claim. Commits before it returns.
///
/// Where the org has another host now, a grant that is renewed at the org's own host is renewed at the new one from now on;
/// one that is renewed at a host of all orgs stays there.
///
/// Returns whether they were stored: they are not where that generation is no longer the newest. The state of the connection
/// stays: a new token does not show that the org lets it in.
pub async fn store_tokens(
    store: &Store,
    connection_id: ConnectionId,
    generation: u64,
    tokens: &NewTokens,
    clock: &Clock,
) -> Result<bool> {
    #[derive(FromRow)]
    struct WorkspaceIdRow {
        workspace_id: String,
    }
    let mut tx = store.begin().await?;
    let select = statement(
        "find the workspace of a connection",
        "select workspace_id\nfrom towpath.connections\nwhere connection_id = $1",
    );
    let Some(row) = tx.fetch_optional::<WorkspaceIdRow>(select, &[connection_id.as_param()]).await? else {
        return Ok(false);
    };
    let workspace_id = decode::parse("workspace id", &row.workspace_id)?;
    let sealed = seal_tokens(&mut tx, workspace_id, connection_id, tokens, clock).await?;
    let update = statement(
        "store the tokens of a connection",
        "update towpath.connections
         set access_token = $3, refresh_token = coalesce($4, refresh_token), issued_at = $5,
             login_host = case when login_host = instance_url then coalesce($6, login_host) else login_host end,
             instance_url = coalesce($6, instance_url), generation = generation + 1, refresh_until = null, updated_at = $7,
             scopes = coalesce($8, scopes)
         where connection_id = $1 and generation = $2",
    );
    let now = clock.now();
    let params = [
        connection_id.as_param(),
        generation.as_param(),
        sealed.access_token.as_param(),
        sealed.refresh_token.as_param(),
        tokens.issued_at.as_param(),
        tokens.instance_url.as_param(),
        now.as_param(),
        tokens.scopes.as_param(),
    ];
    let stored = tx.execute(update, &params).await? == 1;
    tx.commit().await?;
    Ok(stored)
}
