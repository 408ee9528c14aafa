//! What keeps a connection out of its org although the grant stays: an app that is blocked or not installed, an address or
//! an hour that is not allowed, a user without the API, a secret that was changed.
//!
//! It is noted on the connection and told once. Until it is mended the integrations stand still, and the org is asked once an
//! hour whether it is. What is mended there needs no new connection; a new secret, key or certificate is given by connecting
//! again.

use model::{Connection, ConnectionId, ConnectionStatus, GrantKind, Problem, TimelineKind};
use salesforce::Retry;
use store::{
    connections::{note_obstacle, restore_connection},
    integrations::list_integrations_on,
    sync_rules::set_all_due,
    work::Lease,
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    timeline::Happened,
    tokens,
};

impl Error {
    /// Whether the org keeps us out until somebody mends why, though the grant may well be alive.
    pub(crate) fn is_obstacle(&self) -> bool {
        let source = match self {
            Self::Call { source, .. } => &**source,
            Self::Download(source) => source,
            _ => return false,
        };
        match source {
            salesforce::Error::Api { source, .. } => source.is_about_access(),
            salesforce::Error::OAuth { .. } | salesforce::Error::SessionInvalid { .. } => {
                matches!(source.retry(), Retry::WhenFixed(_))
            }
            _ => false,
        }
    }

    /// Why a connection cannot be used, which is not connected.
    pub(crate) fn of_status(connection: Connection) -> Self {
        match (connection.status, connection.status_code) {
            (ConnectionStatus::NeedsAttention, Some(code)) => Self::KeptOut(code),
            (_, code) => Self::GrantEnded { code },
        }
    }
}

/// Returns why a connection cannot be used, where it cannot: its grant has ended, or something keeps it out of its org.
pub fn problem_of_connection(connection: &Connection) -> Option<Problem> {
    if connection.status == ConnectionStatus::Connected {
        return None;
    }
    let problem = Error::of_status(connection.clone()).problem().naming_user(&connection.username);
    let code = connection.status_code.clone().unwrap_or_else(|| problem.code.to_owned());
    Some(Problem { code, text: problem.text })
}

impl Engine {
    /// Notes what keeps a connection out, where that is what failed, and tells it unless it is known.
    pub(crate) async fn note_obstacle(&self, id: ConnectionId, error: &Error) -> Result<()> {
        if !error.is_obstacle() {
            return Ok(());
        }
        let code = error.problem().code;
        let integrations = list_integrations_on(self.store(), id).await?;
        let mut tx = self.store().begin().await?;
        if !note_obstacle(&mut tx, id, code, self.clock().now()).await? {
            return Ok(());
        }
        for integration in &integrations {
            let refused = Happened::in_org(TimelineKind::ConnectionRefused, Some(code));
            self.tell(&mut tx, integration, refused).await?;
        }
        tx.commit().await?;
        tracing::warn!(connection.id = %id, code, "the org keeps a connection out");
        Ok(())
    }

    /// The same for the connection of a rule whose slice failed.
    pub(crate) async fn note_obstacle_of(&self, lease: &Lease, error: &Error) -> Result<()> {
        if !error.is_obstacle() {
            return Ok(());
        }
        let rule = self.rule_of(lease).await?;
        self.note_obstacle(self.connection_id_of(&rule).await?, error).await
    }

    /// Notes that a connection works again, and tells it. What waited for it goes on at once.
    pub(crate) async fn restore(&self, id: ConnectionId) -> Result<()> {
        self.forget_client(id);
        let integrations = list_integrations_on(self.store(), id).await?;
        let mut tx = self.store().begin().await?;
        for integration in &integrations {
            self.wake_schedule(&mut tx, integration.id).await?;
        }
        if !restore_connection(&mut tx, id, self.clock().now()).await? {
            return Ok(());
        }
        for integration in &integrations {
            set_all_due(&mut tx, integration.id).await?;
            let restored = Happened::in_org(TimelineKind::ConnectionRestored, None);
            self.tell(&mut tx, integration, restored).await?;
        }
        tx.commit().await?;
        self.wake_workers();
        Ok(())
    }

    /// Asks an org whether it lets a connection in, by a new token and one call with it, and notes what it says.
    pub(crate) async fn look_at(&self, id: ConnectionId) -> Result<()> {
        let connection = self.connection(id).await?;
        if connection.grant != GrantKind::AccessToken {
            self.renew_apart(id).await?;
        }
        let client = self.questioner(id).await?;
        if let Err(error) = self.ask_user(&client, &connection).await {
            self.note_obstacle(id, &error).await?;
            return Err(error);
        }
        match connection.status {
            ConnectionStatus::NeedsAttention => self.restore(id).await,
            _ => Ok(()),
        }
    }

    /// Renews a token in a task of its own: whoever asked may leave, and a rotated token must be stored all the same.
    pub(crate) async fn renew_apart(&self, id: ConnectionId) -> Result<()> {
        let generation = self.tokens(id).await?.generation;
        let engine = self.clone();
        let renewing = tokio::spawn(async move { tokens::try_renewal(&engine, id, generation).await });
        renewing.await.expect("a renewal does not panic").map(drop)
    }
}
