//! Giving grants back, until Salesforce confirms it.
//!
//! What is to be given back stands sealed in its connection or its connect flow, beside a piece of work of the kind
//! `revoke`. It is tried at once; where Salesforce does not answer, the work tries again.

use std::time::Duration;

use model::{ConnectFlowId, Connection, ConnectionId, ConnectionKind, Integration, TimelineKind, WorkId};
use salesforce::{host::LoginHost, oauth};
use secrecy::{ExposeSecret, SecretString};
use store::{
    Tx,
    connect_flows::{find_any_connect_flow, find_flow_grant, put_flow_grant},
    connections::{find_connection, find_tokens, retire_connection},
    integrations::find_last_integration_on,
    work::{Lease, Next, Work, finish_work, put_work},
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    problem::full_text,
    timeline::Happened,
};

/// The kind of work that gives a grant back; its subject is the id of a connection or of a connect flow.
pub(crate) const REVOKE_WORK: &str = "revoke";

/// A person waits for the first try; the others may take their time.
const LONGEST_CALL: Duration = Duration::from_secs(5);

impl Engine {
    /// Wants the grant of a connection or a flow given back, in the transaction that ends its use.
    ///
    /// The first try is the caller's, by [`Engine::revoke_now`]; the work is due a moment later.
    pub(crate) async fn want_revoked(&self, tx: &mut Tx, subject: &str) -> Result<()> {
        let now = self.clock().now();
        let work = Work {
            id: WorkId::new(self.clock(), self.random()),
            kind: REVOKE_WORK.to_owned(),
            subject: subject.to_owned(),
            due_at: now + LONGEST_CALL * 2,
            created_at: now,
        };
        Ok(put_work(tx, &work).await?)
    }

    /// Tries to give a grant back. Returns whether Salesforce confirmed it; where not, the work tries again.
    pub(crate) async fn revoke_now(&self, subject: &str) -> bool {
        let (now, length_ms) = (self.clock().now(), 2 * LONGEST_CALL.as_millis() as u64);
        let claimed =
            store::work::claim_work_of(self.store(), REVOKE_WORK, subject, self.owner(), length_ms, now)
                .await;
        let Ok(Some(lease)) = claimed else { return false };
        match self.run_revoke(&lease).await {
            Ok(()) => true,
            Err(error) => {
                tracing::info!(work.id = %lease.work_id, error = full_text(&error), "a grant could not be given back yet");
                false
            }
        }
    }

    /// Gives a grant back and forgets it, together with the work.
    pub(crate) async fn run_revoke(&self, lease: &Lease) -> Result<()> {
        if let Ok(id) = lease.subject.parse::<ConnectionId>() {
            return self.revoke_connection(lease, id).await;
        }
        match lease.subject.parse::<ConnectFlowId>() {
            Ok(id) => self.revoke_flow(lease, id).await,
            Err(_) => Err(Error::SubjectGone(lease.subject.clone())),
        }
    }

    async fn revoke_connection(&self, lease: &Lease, id: ConnectionId) -> Result<()> {
        let connection = find_connection(self.store(), id).await?;
        if let Some(connection) = &connection {
            let tokens = find_tokens(self.store(), id).await?.ok_or(Error::ConnectionGone(id))?;
            let token = tokens.refresh_token.unwrap_or(tokens.access_token);
            self.revoke_token(&connection.login_host, &token).await?;
        }
        let integration = find_last_integration_on(self.store(), id).await?;
        let mut tx = self.store().begin().await?;
        finish_work(&mut tx, lease, Next::Done, self.clock().now()).await?;
        if let Some(connection) = &connection {
            self.tell_of_revocation(&mut tx, connection, integration.as_ref()).await?;
            retire_connection(&mut tx, connection, self.clock()).await?;
        }
        tx.commit().await?;
        self.forget_client(id);
        Ok(())
    }

    /// What a member connected for themselves is no business of the others. Where the last integration is removed, nothing
    /// is named that only some may read.
    async fn tell_of_revocation(
        &self,
        tx: &mut Tx,
        connection: &Connection,
        integration: Option<&Integration>,
    ) -> Result<()> {
        let revoked = Happened::in_org(TimelineKind::ConnectionRevoked, None);
        match (connection.kind, integration) {
            (ConnectionKind::Personal, _) => Ok(()),
            (ConnectionKind::Service, Some(integration)) => self.tell(tx, integration, revoked).await,
            (ConnectionKind::Service, None) => {
                self.tell_workspace(tx, connection.workspace_id, revoked).await
            }
        }
    }

    async fn revoke_flow(&self, lease: &Lease, id: ConnectFlowId) -> Result<()> {
        let flow = find_any_connect_flow(self.store(), id).await?;
        if let Some(grant) = find_flow_grant(self.store(), id).await?
            && let Some(token) = grant.refresh_token.or(grant.access_token)
        {
            self.revoke_token(&grant.login_host, &token).await?;
        }
        let mut tx = self.store().begin().await?;
        finish_work(&mut tx, lease, Next::Done, self.clock().now()).await?;
        if let Some(flow) = flow {
            put_flow_grant(&mut tx, flow.workspace_id, id, None, self.clock()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Gives a token back at the host that issued it.
    pub(crate) async fn revoke_token(&self, login_host: &str, token: &SecretString) -> Result<()> {
        if token.expose_secret().is_empty() {
            return Ok(());
        }
        let host = parse_origin(self, login_host)?;
        let revoked = tokio::time::timeout(LONGEST_CALL, oauth::revoke(self.http(), &host, token)).await;
        revoked.map_err(|_| Error::Slow)?.map_err(Error::call("give the grant back"))
    }
}

/// A stored log-in host.
pub(crate) fn parse_origin(engine: &Engine, origin: &str) -> Result<LoginHost> {
    let host = origin.strip_prefix("https://").unwrap_or(origin);
    LoginHost::parse(host, engine.http().host_rule()).map_err(|source| Error::Download(source.into()))
}

/// The log-in host of a stored connection.
pub(crate) fn stored_login_host(engine: &Engine, connection: &Connection) -> Result<LoginHost> {
    parse_origin(engine, &connection.login_host)
}
