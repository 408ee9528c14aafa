//! Renewing an access token so that no refresh token is ever lost or used twice by us.
//!
//! The store holds the grant's generation. A renewal is claimed by one conditional update and committed, then asked
//! for, then stored where the generation is still the one that was claimed, and only then used. Whoever does not get
//! the claim waits for the result of the one who did.

use std::{sync::Arc, time::Duration};

use model::{Connection, ConnectionId, ConnectionStatus, GrantKind, TimelineKind};
use salesforce::{
    AccessToken, RefreshError, Refresher, Retry,
    host::InstanceUrl,
    oauth::{self, App, TokenResponse},
};
use store::{
    apps::find_client_secret,
    connections::{
        NewTokens, Tokens, claim_refresh, doubt_refresh, find_private_key, release_refresh,
        set_connection_status, store_tokens,
    },
    integrations::list_integrations_on,
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    problem::full_text,
    revocation::stored_login_host,
    timeline::Happened,
};

/// The token endpoint answers within seconds; a call that takes longer is given up.
pub(crate) const LONGEST_CALL: Duration = Duration::from_secs(20);
/// A claim is over after this long; by then its owner has given up or died.
const CLAIM: Duration = Duration::from_secs(30);
/// A renewed token that cannot be stored is kept for a quarter of an hour, which a database takes to come back at most.
const MOST_KEEPINGS: u32 = 3_600;
/// The pause before it is stored again.
const KEEP_AGAIN: Duration = Duration::from_millis(250);
/// How often a waiter looks whether the claim's owner is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The closure that the client calls when its token is refused.
pub(crate) fn refresher(engine: &Engine, connection_id: ConnectionId) -> Refresher {
    let engine = engine.clone();
    Arc::new(move |generation| {
        let engine = engine.clone();
        Box::pin(async move {
            let renewed = renew(&engine, connection_id, generation).await;
            renewed.map_err(|error| RefreshError { retry: error.retry(), source: Box::new(error) })
        })
    })
}

/// The stored access token, as it is.
pub(crate) fn access_token(engine: &Engine, tokens: &Tokens) -> Result<AccessToken> {
    Ok(AccessToken {
        secret: tokens.access_token.clone(),
        instance_url: InstanceUrl::parse(&tokens.instance_url, engine.http().host_rule())
            .map_err(salesforce::Error::from)?,
        generation: tokens.generation,
    })
}

/// Returns a token newer than `generation`, renewing it unless somebody else just did.
pub(crate) async fn renew(
    engine: &Engine,
    connection_id: ConnectionId,
    generation: u64,
) -> Result<AccessToken> {
    renew_where(engine, connection_id, generation, |status| status == ConnectionStatus::Connected).await
}

/// The same, though the org may have refused the grant before: whether it still does.
pub(crate) async fn try_renewal(
    engine: &Engine,
    connection_id: ConnectionId,
    generation: u64,
) -> Result<AccessToken> {
    renew_where(engine, connection_id, generation, |_| true).await
}

async fn renew_where(
    engine: &Engine,
    connection_id: ConnectionId,
    generation: u64,
    may_ask: fn(ConnectionStatus) -> bool,
) -> Result<AccessToken> {
    // Not even claimed: the row of a copied database stays as it is.
    engine.check_not_quarantined()?;
    loop {
        let tokens = engine.tokens(connection_id).await?;
        if tokens.generation > generation {
            return access_token(engine, &tokens);
        }
        let connection = engine.connection(connection_id).await?;
        // Of an access token that is all there is, nothing is asked: it has ended, whatever else keeps us out.
        let has_ended = connection.status == ConnectionStatus::NeedsAttention
            && connection.grant == GrantKind::AccessToken;
        if !has_ended && !may_ask(connection.status) {
            return Err(Error::of_status(connection));
        }
        let under_way = engine.begin_renewal().await;
        let now = engine.clock().now();
        if claim_refresh(engine.store(), connection_id, generation, now + CLAIM, now).await? {
            reach(engine.kill_at(), "token.claimed");
            return renew_claimed(engine, &connection, &tokens).await;
        }
        drop(under_way);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn renew_claimed(engine: &Engine, connection: &Connection, tokens: &Tokens) -> Result<AccessToken> {
    let asked = tokio::time::timeout(LONGEST_CALL, ask(engine, connection, tokens)).await;
    let new_tokens = match asked.unwrap_or(Err(Error::TokenCallStalled)) {
        Ok(new_tokens) => new_tokens,
        Err(error) => return Err(end_claim(engine, connection, tokens, error).await?),
    };
    reach(engine.kill_at(), "token.received");
    keep_tokens(engine, connection.id, tokens.generation, &new_tokens).await?;
    if new_tokens.instance_url.as_ref().is_some_and(|instance_url| *instance_url != tokens.instance_url) {
        tracing::info!(connection.id = %connection.id, "the org has another host now, which calls and links go to");
    }
    reach(engine.kill_at(), "token.stored");
    access_token(engine, &engine.tokens(connection.id).await?)
}

/// Stores what the token endpoint gave. Where it rotates, the stored token is worth nothing any more and only this process
/// knows the new one: while the store fails in passing it is tried again, for as long as a database takes to restart.
async fn keep_tokens(
    engine: &Engine,
    connection_id: ConnectionId,
    generation: u64,
    new_tokens: &NewTokens,
) -> Result<()> {
    let mut tries = 1;
    loop {
        let stored =
            store_tokens(engine.store(), connection_id, generation, new_tokens, engine.clock()).await;
        match stored {
            Err(error) if matches!(error.retry(), Retry::Now | Retry::Later(_)) && tries < MOST_KEEPINGS => {
                tries += 1;
                tracing::warn!(connection.id = %connection_id, error = full_text(&error), "a renewed token could not be stored and is kept");
                tokio::time::sleep(KEEP_AGAIN).await;
            }
            outcome => return Ok(outcome.map(drop)?),
        }
    }
}

/// Ends a claim that gave no token. Where the org refused the grant nobody asks again until a person has connected it;
/// where it keeps us out for another reason, until that is looked at.
///
/// Returns what the calls that need the token are told.
async fn end_claim(engine: &Engine, connection: &Connection, tokens: &Tokens, error: Error) -> Result<Error> {
    let now = engine.clock().now();
    // A claim whose owner died, or had no answer: a rotated token may be lost, and the stored one with it.
    // What the app signs in with itself is not used up by a renewal.
    let was_in_doubt = tokens.refresh_until.is_some() && connection.grant == GrantKind::AuthorizationCode;
    if !is_end(&error) {
        if was_in_doubt || may_have_been_granted(&error) {
            doubt_refresh(engine.store(), connection.id, tokens.generation, now).await?;
        } else {
            release_refresh(engine.store(), connection.id, tokens.generation).await?;
        }
        engine.note_obstacle(connection.id, &error).await?;
        return Ok(error);
    }
    let error = if was_in_doubt { Error::TokenLost } else { error };
    let code = error.problem().code;
    // Whoever asks again of a dead grant is told nothing new.
    let is_news = connection.status != ConnectionStatus::NeedsReconnect
        || connection.status_code.as_deref() != Some(code);
    let integrations = list_integrations_on(engine.store(), connection.id).await?;
    let mut tx = engine.store().begin().await?;
    set_connection_status(&mut tx, connection.id, ConnectionStatus::NeedsReconnect, Some(code), now).await?;
    for integration in integrations.iter().filter(|_| is_news) {
        let refused = Happened::in_org(TimelineKind::ConnectionRefused, Some(code));
        engine.tell(&mut tx, integration, refused).await?;
    }
    tx.commit().await?;
    release_refresh(engine.store(), connection.id, tokens.generation).await?;
    Ok(error)
}

/// Whether a grant has ended: the org says so, or there is nothing to ask it with.
fn is_end(error: &Error) -> bool {
    matches!(error, Error::Call { .. } | Error::NothingToRefresh) && error.retry() == Retry::Reauth
}

fn may_have_been_granted(error: &Error) -> bool {
    match error {
        Error::TokenCallStalled => true,
        Error::Call { source, .. } => source.may_have_taken_effect(),
        _ => false,
    }
}

async fn ask(engine: &Engine, connection: &Connection, tokens: &Tokens) -> Result<NewTokens> {
    let client_secret = match engine.configured_secret(&connection.client_id) {
        Some(secret) => Some(secret),
        None => find_client_secret(engine.store(), connection.workspace_id, &connection.client_id).await?,
    };
    let app = App { client_id: connection.client_id.clone(), client_secret };
    let login_host = stored_login_host(engine, connection)?;
    if connection.grant == GrantKind::JwtBearer {
        let key = find_private_key(engine.store(), connection.id).await?.ok_or(Error::NothingToRefresh)?;
        let signed = engine.sign_in_with_key(&app.client_id, &login_host, &connection.username, &key).await?;
        return Ok(tokens_of(signed));
    }
    let response = match (connection.grant, &tokens.refresh_token) {
        (GrantKind::ClientCredentials, _) => {
            oauth::client_credentials(engine.http(), &app, &login_host).await
        }
        (GrantKind::AuthorizationCode, Some(token)) => {
            oauth::refresh(engine.http(), &app, &login_host, token).await
        }
        _ => return Err(Error::NothingToRefresh),
    };
    let response = response.map_err(Error::call("renew the access token"))?;
    Ok(tokens_of(response))
}

fn tokens_of(response: TokenResponse) -> NewTokens {
    // An admin may take scopes from the app after it was connected; not every answer names them.
    let scopes = Some(response.scopes.to_string()).filter(|scopes| !scopes.is_empty());
    NewTokens {
        scopes,
        access_token: response.access_token,
        refresh_token: response.refresh_token,
        issued_at: response.issued_at,
        instance_url: Some(response.instance_url.origin().to_owned()),
    }
}
