//! Salesforce's five approvals: stopping before the sixth silently ends the oldest.

use model::{
    ConnectFlow, ConnectPurpose, Connection, ConnectionStatus, FoundOrg, GrantKind, IntegrationId, OrgId,
    TimelineKind,
};
use store::{
    Reader, Tx,
    connections::{
        ApprovalOf, count_approvals, find_connection, find_personal_connection, find_tokens, list_full_orgs,
        set_connection_status,
    },
    integrations::{count_integrations_on_org, find_integration, list_integrations_on},
    orgs::{find_org, lock_org},
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    problem::GIVEN_BACK,
    timeline::Happened,
};

/// Salesforce keeps so many approvals of one user for one app (Salesforce Help, Manage OAuth Access Policies).
pub const MOST_APPROVALS: u64 = 5;

impl Engine {
    /// Stops a walk to the consent page that may cost somebody an approval, unless the member has said to sign in as
    /// another user. Who signs in is not known before Salesforce has made the approval.
    pub(super) async fn check_approvals(&self, flow: &ConnectFlow, is_another_user: bool) -> Result<()> {
        if is_another_user {
            return Ok(());
        }
        let replaced = self.replaced_by(flow).await?;
        let is_full = match replaced {
            // Its approval of this app is given back first.
            Some(old) if takes_approval(&old) && old.client_id == flow.client_id => false,
            // Its user is the one who most likely signs in again, and has nothing to give back.
            Some(old) => self.approvals_of(&old, &flow.client_id).await? >= MOST_APPROVALS,
            None => self.is_somebody_full(flow).await?,
        };
        match is_full {
            true => Err(Error::ApprovalsFull { made: false }),
            false => Ok(()),
        }
    }

    /// Whether a user of an org that a flow may be for has as many approvals of its app as Salesforce keeps.
    async fn is_somebody_full(&self, flow: &ConnectFlow) -> Result<bool> {
        let full = list_full_orgs(self.store(), flow.workspace_id, &flow.client_id, MOST_APPROVALS).await?;
        Ok(match &flow.purpose {
            ConnectPurpose::Personal { org_id } => {
                let org = find_org(self.store(), *org_id).await?;
                org.is_some_and(|org| full.contains(&org.organization_id))
            }
            ConnectPurpose::New { .. } | ConnectPurpose::Reconnect { .. } => !full.is_empty(),
        })
    }

    /// Frees the approval of a grant that is about to be replaced, where Salesforce keeps no more: it would end the oldest
    /// one, which may be somebody else's. A flow that comes to nothing afterwards says so.
    pub(super) async fn free_approval(&self, flow: &ConnectFlow) -> Result<()> {
        let Some(old) = self.replaced_by(flow).await? else { return Ok(()) };
        let is_of_app = takes_approval(&old) && old.client_id == flow.client_id;
        if !is_of_app || self.approvals_of(&old, &old.client_id).await? < MOST_APPROVALS {
            return Ok(());
        }
        let tokens = find_tokens(self.store(), old.id).await?.ok_or(Error::ConnectionGone(old.id))?;
        self.revoke_token(&old.login_host, &tokens.refresh_token.unwrap_or(tokens.access_token)).await?;
        let mut tx = self.store().begin().await?;
        let (status, code) = (ConnectionStatus::NeedsReconnect, Some(GIVEN_BACK));
        set_connection_status(&mut tx, old.id, status, code, self.clock().now()).await?;
        Ok(tx.commit().await?)
    }

    /// The connection whose grant a flow gave back to make room, where nothing has taken its place.
    pub(super) async fn find_freed(&self, flow: &ConnectFlow) -> Result<Option<Connection>> {
        let old = self.replaced_by(flow).await?;
        Ok(old.filter(|old| old.status_code.as_deref() == Some(GIVEN_BACK)))
    }

    /// Tells the integrations of a connection whose grant was given back in vain.
    pub(super) async fn tell_of_freed(&self, tx: &mut Tx, freed: &Connection) -> Result<()> {
        for integration in list_integrations_on(self.store(), freed.id).await? {
            let refused = Happened::in_org(TimelineKind::ConnectionRefused, Some(GIVEN_BACK));
            self.tell(tx, &integration, refused).await?;
        }
        Ok(())
    }

    /// Refuses a grant whose user had no approval left: Salesforce has ended the oldest, and this one is given back so that
    /// a later reconnect finds room.
    pub(super) async fn refuse_sixth(&self, flow: &ConnectFlow, found: &FoundOrg) -> Result<()> {
        if flow.grant != GrantKind::AuthorizationCode {
            return Ok(());
        }
        let of = ApprovalOf {
            organization_id: found.organization_id,
            user_id: found.user_id,
            client_id: &flow.client_id,
        };
        match count_approvals(self.store(), of).await? < MOST_APPROVALS {
            true => Ok(()),
            false => Err(Error::ApprovalsFull { made: true }),
        }
    }

    /// How many approvals of a connection's user and app this server knows to be taken; none of a connection that is not the
    /// reader's to see.
    pub async fn count_approvals_like(&self, reader: &Reader, connection: &Connection) -> Result<u64> {
        match connection.workspace_id == reader.workspace_id() {
            true => self.approvals_of(connection, &connection.client_id).await,
            false => Ok(0),
        }
    }

    /// How many approvals of an app a connection's user has.
    async fn approvals_of(&self, connection: &Connection, client_id: &str) -> Result<u64> {
        let org = find_org(self.store(), connection.org_id).await?;
        let org = org.ok_or(Error::ConnectionGone(connection.id))?;
        let of = ApprovalOf { organization_id: org.organization_id, user_id: connection.user_id, client_id };
        Ok(count_approvals(self.store(), of).await?)
    }

    /// The connection whose grant a flow replaces.
    async fn replaced_by(&self, flow: &ConnectFlow) -> Result<Option<Connection>> {
        match &flow.purpose {
            ConnectPurpose::New { .. } => Ok(None),
            ConnectPurpose::Reconnect { integration_id } => self.connection_of(*integration_id).await,
            ConnectPurpose::Personal { org_id } => {
                Ok(find_personal_connection(self.store(), flow.user_id, *org_id).await?)
            }
        }
    }

    async fn connection_of(&self, id: IntegrationId) -> Result<Option<Connection>> {
        let Some(integration) = find_integration(self.store(), id).await? else { return Ok(None) };
        Ok(find_connection(self.store(), integration.connection_id).await?)
    }

    /// Stops one more integration of an org that has as many as this server allows. Locks the org until the transaction ends,
    /// so that of two at once the second counts the first.
    pub(super) async fn check_integrations(&self, tx: &mut Tx, org_id: OrgId) -> Result<()> {
        let Some(most) = self.config().connect.as_ref().and_then(|config| config.most_integrations) else {
            return Ok(());
        };
        lock_org(tx, org_id).await?;
        match count_integrations_on_org(tx, org_id).await? < u64::from(most.get()) {
            true => Ok(()),
            false => Err(Error::IntegrationsFull { most: most.get() as usize }),
        }
    }
}

/// Whether a grant is one that Salesforce counts.
fn takes_approval(connection: &Connection) -> bool {
    connection.grant == GrantKind::AuthorizationCode
        && matches!(connection.status, ConnectionStatus::Connected | ConnectionStatus::NeedsAttention)
}
