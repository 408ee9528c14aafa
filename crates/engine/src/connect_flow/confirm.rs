//! From a grant to an integration that uses it.

use model::{
    ConnectFlow, ConnectFlowId, ConnectFlowStatus, ConnectPurpose, Connection, ConnectionId, ConnectionKind,
    ConnectionStatus, Environment, FoundOrg, GrantKind, GroupId, Integration, IntegrationId, Mode, Org,
    OrgId, Sharing, Slug, SweepMode, TimelineKind, UserId,
};
use secrecy::SecretString;
use store::{
    Reader, Tx,
    apps::put_app,
    connect_flows::{
        FlowEnd, FlowGrant, find_connect_flow, find_flow_grant, finish_connect_flow, put_flow_grant,
    },
    connections::{
        NewTokens, create_connection, find_connection, find_connection_of, find_tokens, put_private_key,
        replace_grant,
    },
    integrations::{
        create_integration, find_integration, find_integration_by_slug, find_integration_on_org,
        list_integrations_on, lock_integration,
    },
    orgs::{find_org, put_org},
    shares::{find_own_group, put_sharing},
    sweeps::request_sweep,
    sync_rules::{list_sync_rules, set_all_due},
};

use super::{check::CheckedGrant, start::fingerprint_of};
use crate::{
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    problem,
    timeline::Happened,
};

impl Engine {
    /// Makes the integration of a flow whose org the person recognised, or lets another user take a connection over. Asked
    /// twice it answers the same.
    ///
    /// # Errors
    /// The flow is over, or the org has been connected meanwhile.
    pub async fn confirm_connect(&self, reader: &Reader, id: ConnectFlowId) -> Result<Option<Integration>> {
        let Some(flow) = find_connect_flow(self.store(), reader, id).await? else { return Ok(None) };
        if let Some(integration_id) = flow.integration_id {
            return Ok(find_integration(self.store(), integration_id).await?);
        }
        let is_waiting = flow.status == ConnectFlowStatus::Authorized && flow.expires_at > self.clock().now();
        if let (ConnectPurpose::Reconnect { integration_id }, true) = (&flow.purpose, is_waiting) {
            return self.confirm_other_user(reader, &flow, *integration_id).await;
        }
        let (Some(found), ConnectPurpose::New { name, group_id }, true) =
            (&flow.found, &flow.purpose, is_waiting)
        else {
            return Err(Error::FlowOver);
        };
        if self.refuse_duplicate(&flow, found).await? {
            let duplicate = self.duplicate_of(found, &flow).await?;
            return self.answer_again(reader, id, duplicate).await;
        }
        let Some(grant) = find_flow_grant(self.store(), id).await? else {
            // Whoever confirmed it at the same moment has it.
            return self.answer_again(reader, id, Error::FlowOver).await;
        };
        let mut tx = self.store().begin().await?;
        // The groups come before the org, and what was allowed at the start may not be any more.
        if let Some(group_id) = group_id {
            self.check_owner(&mut tx, reader, *group_id).await?;
        }
        let new = (name.as_str(), *group_id);
        let integration = match self.create_from_flow(&mut tx, &flow, found, new, &grant).await {
            Err(error @ Error::OrgDuplicate { .. }) => {
                tx.roll_back().await?;
                self.refuse_duplicate(&flow, found).await?;
                return self.answer_again(reader, id, error).await;
            }
            created => created?,
        };
        let from = ConnectFlowStatus::Authorized;
        if !finish_connect_flow(&mut tx, id, from, Some(integration.id), None).await? {
            return Err(Error::FlowOver);
        }
        tx.commit().await?;
        reach(self.kill_at(), "connection.bound");
        Ok(Some(integration))
    }

    /// What a flow made that was confirmed a second time at the same moment, or else why it makes nothing.
    async fn answer_again(
        &self,
        reader: &Reader,
        id: ConnectFlowId,
        otherwise: Error,
    ) -> Result<Option<Integration>> {
        let flow = find_connect_flow(self.store(), reader, id).await?;
        match flow.and_then(|flow| flow.integration_id) {
            Some(integration_id) => Ok(find_integration(self.store(), integration_id).await?),
            None => Err(otherwise),
        }
    }

    async fn create_from_flow(
        &self,
        tx: &mut Tx,
        flow: &ConnectFlow,
        found: &FoundOrg,
        new: (&str, Option<GroupId>),
        grant: &FlowGrant,
    ) -> Result<Integration> {
        let org = Org {
            id: OrgId::new(self.clock(), self.random()),
            workspace_id: flow.workspace_id,
            organization_id: found.organization_id,
            name: found.name.clone(),
            environment: self.environment_of(flow, found),
            created_at: self.clock().now(),
        };
        // It locks the org: of two flows that connect it at once the second sees the first.
        let org_id = put_org(tx, &org).await?;
        let existing = find_integration_on_org(tx, flow.workspace_id, found.organization_id).await?;
        if let Some(existing) = existing {
            return Err(Error::OrgDuplicate { existing: existing.name });
        }
        let access_token = grant.access_token.clone().ok_or(Error::FlowOver)?;
        let fingerprint = fingerprint_of(grant.refresh_token.as_ref().unwrap_or(&access_token));
        let connection = self.connection_from_flow(flow, found, org_id, fingerprint);
        let tokens = NewTokens {
            access_token,
            refresh_token: grant.refresh_token.clone(),
            issued_at: found.issued_at,
            instance_url: Some(found.instance_url.clone()),
            scopes: None,
        };
        self.put_app_of(tx, flow, grant.client_secret.as_ref()).await?;
        create_connection(tx, &connection, &tokens, self.clock()).await?;
        if let Some(key) = &grant.private_key {
            put_private_key(tx, flow.workspace_id, connection.id, key, self.clock()).await?;
        }
        self.create_on(tx, &connection, new, flow.user_id).await
    }

    /// Keeps the secret of a flow's app. Whoever signs in with a key needs none, and changes none that there is.
    pub(super) async fn put_app_of(
        &self,
        tx: &mut Tx,
        flow: &ConnectFlow,
        client_secret: Option<&SecretString>,
    ) -> Result<()> {
        if flow.grant == GrantKind::JwtBearer && client_secret.is_none() {
            return Ok(());
        }
        Ok(put_app(tx, flow.workspace_id, &flow.client_id, client_secret, self.clock()).await?)
    }

    /// Makes one more integration on a connection that there is: other rules and mappings, the same grant. It belongs to the
    /// group that is named, else to the own group of whoever makes it.
    pub async fn add_integration(
        &self,
        reader: &Reader,
        connection_id: ConnectionId,
        new: (&str, Option<GroupId>),
    ) -> Result<Option<Integration>> {
        let Some(connection) = find_connection_of(self.store(), reader, connection_id).await? else {
            return Ok(None);
        };
        let mut tx = self.store().begin().await?;
        if let Some(group_id) = new.1 {
            self.check_owner(&mut tx, reader, group_id).await?;
        }
        self.check_integrations(&mut tx, connection.org_id).await?;
        // The deletion of the last integration gives the grant back: it waits for this lock, or was before.
        let mut is_used = false;
        for one in list_integrations_on(self.store(), connection_id).await? {
            let locked = lock_integration(&mut tx, one.id).await?;
            is_used |= locked.is_some_and(|locked| locked.deleted_at.is_none());
        }
        if !is_used {
            return Ok(None);
        }
        let integration = self.create_on(&mut tx, &connection, new, reader.user_id()).await?;
        tx.commit().await?;
        Ok(Some(integration))
    }

    async fn create_on(
        &self,
        tx: &mut Tx,
        connection: &Connection,
        (name, group_id): (&str, Option<GroupId>),
        user_id: UserId,
    ) -> Result<Integration> {
        let integration = Integration {
            id: IntegrationId::new(self.clock(), self.random()),
            workspace_id: connection.workspace_id,
            connection_id: connection.id,
            slug: self.free_slug(name).await?,
            name: name.to_owned(),
            mode: Mode::ReadOnly,
            created_at: self.clock().now(),
            paused_at: None,
            paused_by: None,
            deleted_at: None,
        };
        create_integration(tx, &integration).await?;
        // Whoever makes it shares it with others later, if at all.
        let group_id = match group_id {
            Some(group_id) => Some(group_id),
            None => find_own_group(tx, user_id).await?,
        };
        let sharing = Sharing { group_id, receivers: Vec::new() };
        put_sharing(tx, integration.id, &sharing, integration.created_at).await?;
        self.tell(tx, &integration, Happened::by(user_id, TimelineKind::IntegrationAdded)).await?;
        Ok(integration)
    }

    /// A slug made of a name, with a number where others have it already.
    async fn free_slug(&self, name: &str) -> Result<Slug> {
        let fallback = || Slug::parse("org").expect("a plain word is a slug");
        let wanted = Slug::propose(name).unwrap_or_else(fallback);
        let mut slug = wanted.clone();
        let mut number = 2;
        while find_integration_by_slug(self.store(), &slug).await?.is_some() {
            let stem: String = wanted.as_str().chars().take(24).collect();
            let text = format!("{}_{number}", stem.trim_end_matches('_'));
            slug = Slug::parse(&text).unwrap_or_else(|_| fallback());
            number += 1;
        }
        Ok(slug)
    }

    /// Fails a flow whose org another integration has already. Returns whether it did.
    pub(super) async fn refuse_duplicate(&self, flow: &ConnectFlow, found: &FoundOrg) -> Result<bool> {
        let mut tx = self.store().begin().await?;
        let existing = find_integration_on_org(&mut tx, flow.workspace_id, found.organization_id).await?;
        tx.roll_back().await?;
        let Some(existing) = existing else { return Ok(false) };
        let problem = problem::org_duplicate(&existing.name).into();
        let end = FlowEnd {
            status: ConnectFlowStatus::Failed,
            problem: Some(&problem),
            existing_integration_id: Some(existing.id),
            found: Some(found),
        };
        self.fail_exchanged(flow, end).await?;
        Ok(true)
    }

    async fn duplicate_of(&self, found: &FoundOrg, flow: &ConnectFlow) -> Result<Error> {
        let mut tx = self.store().begin().await?;
        let existing = find_integration_on_org(&mut tx, flow.workspace_id, found.organization_id).await?;
        tx.roll_back().await?;
        Ok(existing.map_or(Error::FlowOver, |existing| Error::OrgDuplicate { existing: existing.name }))
    }

    /// Puts a new grant in place of an integration's, where it is for the same org, and gives the old one back. The
    /// rules, the checkpoints and the copy stay.
    pub(super) async fn replace_grant_of(
        &self,
        flow: &ConnectFlow,
        integration_id: IntegrationId,
        checked: &CheckedGrant,
    ) -> Result<()> {
        let integration = find_integration(self.store(), integration_id).await?;
        let integration = integration.filter(|each| each.deleted_at.is_none()).ok_or(Error::FlowOver)?;
        let old = find_connection(self.store(), integration.connection_id).await?.ok_or(Error::FlowOver)?;
        let org = find_org(self.store(), old.org_id).await?.ok_or(Error::FlowOver)?;
        let found = &checked.found;
        check_org(&org, &old, found)?;
        self.refuse_sixth(flow, found).await?;
        let old_tokens = find_tokens(self.store(), old.id).await?.ok_or(Error::FlowOver)?;
        let changed = self.connection_from_flow(flow, found, org.id, checked.fingerprint.clone());
        let tokens = NewTokens {
            access_token: checked.access_token.clone(),
            refresh_token: checked.refresh_token.clone(),
            issued_at: found.issued_at,
            instance_url: Some(found.instance_url.clone()),
            scopes: None,
        };
        let given_back = FlowGrant {
            access_token: Some(old_tokens.access_token),
            refresh_token: old_tokens.refresh_token,
            login_host: old.login_host,
            ..FlowGrant::default()
        };
        let subject = flow.id.to_string();
        // All that read by this connection stopped with it, and go on with it.
        let integrations = list_integrations_on(self.store(), old.id).await?;
        let mut tx = self.store().begin().await?;
        for each in &integrations {
            self.wake_schedule(&mut tx, each.id).await?;
            set_all_due(&mut tx, each.id).await?;
        }
        let org = Org { name: found.name.clone(), environment: self.environment_of(flow, found), ..org };
        put_org(&mut tx, &org).await?;
        self.put_app_of(&mut tx, flow, checked.client_secret.as_ref()).await?;
        replace_grant(&mut tx, old.id, &changed, &tokens, self.clock()).await?;
        if let Some(key) = &checked.private_key {
            put_private_key(&mut tx, flow.workspace_id, old.id, key, self.clock()).await?;
        }
        if !finish_connect_flow(&mut tx, flow.id, flow.status, Some(integration_id), Some(found)).await? {
            return Err(Error::FlowOver);
        }
        put_flow_grant(&mut tx, flow.workspace_id, flow.id, Some(&given_back), self.clock()).await?;
        self.want_revoked(&mut tx, &subject).await?;
        let mut restored = Happened::by(flow.user_id, TimelineKind::ConnectionRestored);
        if old.user_id != found.user_id {
            self.compare_all(&mut tx, old.id).await?;
            (restored.before, restored.after) = (Some(old.username), Some(found.username.clone()));
        }
        for each in &integrations {
            self.tell(&mut tx, each, restored.clone()).await?;
        }
        tx.commit().await?;
        reach(self.kill_at(), "connection.bound");
        self.forget_client(old.id);
        self.wake_workers();
        self.revoke_now(&subject).await;
        Ok(())
    }

    /// Lets all rules that read through a connection be compared with what its user sees: another one sees other records.
    async fn compare_all(&self, tx: &mut Tx, connection_id: ConnectionId) -> Result<()> {
        for integration in list_integrations_on(self.store(), connection_id).await? {
            for rule in list_sync_rules(self.store(), integration.id).await? {
                request_sweep(tx, rule.id, SweepMode::Heal, self.clock().now()).await?;
            }
        }
        Ok(())
    }

    pub(super) fn connection_from_flow(
        &self,
        flow: &ConnectFlow,
        found: &FoundOrg,
        org_id: OrgId,
        credential_fingerprint: String,
    ) -> Connection {
        let now = self.clock().now();
        Connection {
            id: ConnectionId::new(self.clock(), self.random()),
            workspace_id: flow.workspace_id,
            org_id,
            kind: ConnectionKind::Service,
            owner_id: None,
            grant: flow.grant,
            login_host: flow.login_host.clone(),
            instance_url: found.instance_url.clone(),
            user_id: found.user_id,
            username: found.username.clone(),
            client_id: flow.client_id.clone(),
            scopes: found.scopes.clone(),
            credential_fingerprint,
            status: ConnectionStatus::Connected,
            status_code: None,
            generation: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// What kind of org it turned out to be, whatever host the person signed in at.
    fn environment_of(&self, flow: &ConnectFlow, found: &FoundOrg) -> Environment {
        match (flow.environment, found.is_sandbox) {
            (Environment::Simulated, _) => Environment::Simulated,
            (_, true) => Environment::Sandbox,
            (_, false) => Environment::Production,
        }
    }
}

/// Whether a grant is for the org that is connected.
///
/// A sandbox that was refreshed is another org at the same address (Salesforce Help, Refresh Your Sandbox).
pub(super) fn check_org(org: &Org, connection: &Connection, found: &FoundOrg) -> Result<()> {
    if org.organization_id == found.organization_id {
        return Ok(());
    }
    let (stored, name) = (org.name.clone(), found.name.clone());
    match found.is_sandbox && connection.instance_url == found.instance_url {
        true => Err(Error::SandboxRefreshed { stored }),
        false => Err(Error::OrgMismatch { stored, found: name }),
    }
}
