//! Salesforce's five approvals: stopping before the sixth silently ends the oldest.

use model::{
    ConnectFlow, ConnectPurpose, Connection, ConnectionStatus, FoundOrg, GrantKind, IntegrationId, OrgId,
};
use store::{
    Reader,
    connections::{
        ApprovalOf, count_approvals, find_connection, find_personal_connection, find_tokens,
        list_connections, list_full_orgs, set_connection_status,
    },
    integrations::{find_integration, list_integrations_on},
    orgs::find_org,
};

use crate::{
    engine::Engine,
    error::{Error, Result},
};

/// Salesforce keeps so many approvals of one user for one app (Salesforce Help, Manage OAuth Access Policies).
pub const MOST_APPROVALS: u64 = 5;

impl Engine {
    /// Stops a walk to the consent page that may cost somebody an approval, unless the member has said to sign in as
    /// another user. Who signs in is not known before Salesforce has made the approval.
    pub(super) async fn check_approvals(&self, flow: &ConnectFlow, is_another_user: bool) -> Result<()> {
        // Whoever has a grant that is replaced gives its approval back first.
        if is_another_user || self.replaced_by(flow).await?.is_some() {
            return Ok(());
        }
        let full = list_full_orgs(self.store(), flow.workspace_id, &flow.client_id, MOST_APPROVALS).await?;
        let is_full = match &flow.purpose {
            ConnectPurpose::Personal { org_id } => {
                let org = find_org(self.store(), *org_id).await?;
                org.is_some_and(|org| full.contains(&org.organization_id))
            }
            ConnectPurpose::New { .. } | ConnectPurpose::Reconnect { .. } => !full.is_empty(),
        };
        match is_full {
            true => Err(Error::ApprovalsFull { made: false }),
            false => Ok(()),
        }
    }

    /// Frees the approval of a grant that is about to be replaced, where Salesforce keeps no more: it would end the oldest
    /// one, which may be somebody else's.
    pub(super) async fn free_approval(&self, flow: &ConnectFlow) -> Result<()> {
        let Some(old) = self.replaced_by(flow).await? else { return Ok(()) };
        let is_live = matches!(old.status, ConnectionStatus::Connected | ConnectionStatus::NeedsAttention)
            && old.grant == GrantKind::AuthorizationCode;
        if !is_live || self.approvals_like(&old).await? < MOST_APPROVALS {
            return Ok(());
        }
        let tokens = find_tokens(self.store(), old.id).await?.ok_or(Error::ConnectionGone(old.id))?;
        self.revoke_token(&old.login_host, &tokens.refresh_token.unwrap_or(tokens.access_token)).await?;
        let mut tx = self.store().begin().await?;
        let (status, code) = (ConnectionStatus::NeedsReconnect, Some("token.revoked"));
        set_connection_status(&mut tx, old.id, status, code, self.clock().now()).await?;
        Ok(tx.commit().await?)
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
            true => self.approvals_like(connection).await,
            false => Ok(0),
        }
    }

    async fn approvals_like(&self, connection: &Connection) -> Result<u64> {
        let org = find_org(self.store(), connection.org_id).await?;
        let org = org.ok_or(Error::ConnectionGone(connection.id))?;
        let of = ApprovalOf {
            organization_id: org.organization_id,
            user_id: connection.user_id,
            client_id: &connection.client_id,
        };
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

    /// Stops one more integration of an org that has as many as this server allows.
    pub(super) async fn check_integrations(&self, org_id: OrgId) -> Result<()> {
        let Some(most) = self.config().connect.as_ref().and_then(|config| config.most_integrations) else {
            return Ok(());
        };
        let mut active = 0;
        for connection in list_connections(self.store(), org_id).await? {
            active += list_integrations_on(self.store(), connection.id).await?.len();
        }
        let most = most.get() as usize;
        match active < most {
            true => Ok(()),
            false => Err(Error::IntegrationsFull { most }),
        }
    }
}
