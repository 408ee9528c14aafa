//! Connections that are a member's own.

use model::{
    ConnectFlow, ConnectFlowStatus, ConnectPurpose, Connection, ConnectionId, ConnectionKind,
    ConnectionStatus, Environment, OrgId, UserId,
};
use salesforce::host::LoginHost;
use store::{
    Reader, Tx,
    connect_flows::{FlowGrant, finish_connect_flow, put_flow_grant},
    connections::{
        NewTokens, create_connection, disown_connection, find_connection_of, find_personal_connection,
        find_service_connection, find_tokens, list_personal_connections, replace_grant,
    },
    orgs::find_org,
};

use super::{check::CheckedGrant, confirm::check_org};
use crate::{
    engine::Engine,
    error::{Error, Result},
    handle::{GrantEnd, NewConnect, NewPersonal, StartedConnect},
    kill_point::reach,
    revocation::parse_origin,
};

impl Engine {
    /// Begins a walk through the consent page of an org that the workspace has connected, by the same app and at the same
    /// host. `Ok(None)` where it has connected no such org.
    pub async fn start_personal(
        &self,
        reader: &Reader,
        request: NewPersonal,
    ) -> Result<Option<StartedConnect>> {
        let NewPersonal { org_id, session, is_another_user } = request;
        let Some(service) = find_service_connection(self.store(), reader, org_id).await? else {
            return Ok(None);
        };
        let (environment, host) = environment_at(&parse_origin(self, &service.login_host)?);
        let purpose = ConnectPurpose::Personal { org_id };
        let request = NewConnect { purpose, environment, host, app: None, session, is_another_user };
        self.start_connect(reader, request).await
    }

    /// Keeps a member's own grant for an org, in place of the one that there was, which is given back.
    pub(super) async fn keep_personal(
        &self,
        flow: &ConnectFlow,
        org_id: OrgId,
        checked: &CheckedGrant,
    ) -> Result<()> {
        let org = find_org(self.store(), org_id).await?.ok_or(Error::FlowOver)?;
        let found = &checked.found;
        let made = self.connection_from_flow(flow, found, org_id, checked.fingerprint.clone());
        let made = Connection { kind: ConnectionKind::Personal, owner_id: Some(flow.user_id), ..made };
        check_org(&org, &made, found)?;
        self.refuse_sixth(flow, found).await?;
        let tokens = NewTokens {
            access_token: checked.access_token.clone(),
            refresh_token: checked.refresh_token.clone(),
            issued_at: found.issued_at,
            instance_url: Some(found.instance_url.clone()),
            scopes: None,
        };
        let earlier = find_personal_connection(self.store(), flow.user_id, org_id).await?;
        let given_back = match &earlier {
            Some(earlier) => Some(self.grant_to_give_back(earlier).await?),
            None => None,
        };
        let subject = flow.id.to_string();
        let mut tx = self.store().begin().await?;
        match &earlier {
            Some(earlier) => replace_grant(&mut tx, earlier.id, &made, &tokens, self.clock()).await?,
            None => create_connection(&mut tx, &made, &tokens, self.clock()).await?,
        }
        let from = ConnectFlowStatus::Exchanging;
        if !finish_connect_flow(&mut tx, flow.id, from, None, Some(found)).await? {
            return Err(Error::FlowOver);
        }
        if let Some(grant) = &given_back {
            put_flow_grant(&mut tx, flow.workspace_id, flow.id, Some(grant), self.clock()).await?;
            self.want_revoked(&mut tx, &subject).await?;
        }
        tx.commit().await?;
        reach(self.kill_at(), "connection.bound");
        if let Some(earlier) = earlier {
            self.forget_client(earlier.id);
            self.revoke_now(&subject).await;
        }
        Ok(())
    }

    async fn grant_to_give_back(&self, connection: &Connection) -> Result<FlowGrant> {
        let tokens = find_tokens(self.store(), connection.id).await?;
        let tokens = tokens.ok_or(Error::ConnectionGone(connection.id))?;
        Ok(FlowGrant {
            access_token: Some(tokens.access_token),
            refresh_token: tokens.refresh_token,
            login_host: connection.login_host.clone(),
            ..FlowGrant::default()
        })
    }

    /// Ends the reader's own connection, and gives its grant back. `None` where the reader has no such connection.
    pub async fn end_personal(&self, reader: &Reader, id: ConnectionId) -> Result<Option<GrantEnd>> {
        let connection = find_connection_of(self.store(), reader, id).await?;
        let is_own = |connection: &Connection| {
            connection.owner_id == Some(reader.user_id()) && connection.status != ConnectionStatus::Revoked
        };
        if !connection.is_some_and(|connection| is_own(&connection)) {
            return Ok(None);
        }
        let mut tx = self.store().begin().await?;
        disown_connection(&mut tx, id).await?;
        self.want_revoked(&mut tx, &id.to_string()).await?;
        tx.commit().await?;
        Ok(Some(match self.revoke_now(&id.to_string()).await {
            true => GrantEnd::Revoked,
            false => GrantEnd::Pending,
        }))
    }

    /// Wants the connections of a member given back, in the transaction that removes the member.
    pub async fn end_personal_of(&self, reader: &Reader, tx: &mut Tx, user_id: UserId) -> Result<()> {
        let is_here = |connection: &Connection| connection.workspace_id == reader.workspace_id();
        let all = list_personal_connections(self.store(), user_id).await?;
        for connection in all.into_iter().filter(is_here) {
            disown_connection(tx, connection.id).await?;
            self.want_revoked(tx, &connection.id.to_string()).await?;
        }
        Ok(())
    }
}

/// What somebody would have chosen to sign in at a host.
fn environment_at(host: &LoginHost) -> (Environment, Option<String>) {
    match host {
        host if host.is_dev() => (Environment::Simulated, None),
        host if *host == LoginHost::production() => (Environment::Production, None),
        host if *host == LoginHost::sandbox() => (Environment::Sandbox, None),
        host => (Environment::Custom, Some(host.host().to_owned())),
    }
}
