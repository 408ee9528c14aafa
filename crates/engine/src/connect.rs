//! From credentials to a connection whose tokens are in the store's custody.

use model::{
    Connection, ConnectionId, ConnectionKind, ConnectionStatus, Environment, GrantKind, Integration,
    IntegrationId, Mode, Org, OrgId, Slug, Workspace, WorkspaceId,
};
use salesforce::{
    AccessToken, ApiVersion, Client, RecordId, Session, Timestamp,
    host::InstanceUrl,
    oauth::{self, TokenResponse},
};
use secrecy::{ExposeSecret, SecretString};
use store::{
    Tx,
    apps::put_app,
    connections::{
        NewTokens, create_connection, put_private_key, replace_grant, set_connection_status, set_login_host,
    },
    integrations::{create_integration, find_integration_by_slug},
    orgs::{create_org, find_org, find_org_by_organization_id},
    workspaces::{create_workspace, list_workspaces},
};

use crate::{
    credentials::{Credentials, Grant},
    engine::Engine,
    error::{Error, Result},
    kill_point::reach,
    problem,
};

/// The version of the API that Towpath is written for. An org that does not have it yet is called with its newest.
pub(crate) const PINNED_VERSION: ApiVersion = ApiVersion::new(66);

/// What a grant gave.
pub(crate) struct Issued {
    pub(crate) access_token: SecretString,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) instance_url: InstanceUrl,
    pub(crate) organization_id: RecordId,
    pub(crate) user_id: RecordId,
    pub(crate) scopes: String,
    pub(crate) issued_at: Timestamp,
}

impl Engine {
    /// The integration of this name, made where there is none, with a grant that goes with these credentials.
    ///
    /// Credentials that were given before are not asked for again: the store holds what became of them, such as a
    /// newer refresh token. New ones must belong to the same org.
    ///
    /// # Errors
    /// [`Error::OrgMismatch`] where the credentials belong to another org than the integration.
    pub async fn open_integration(&self, slug: &Slug, credentials: &Credentials) -> Result<IntegrationId> {
        let Some(integration) = find_integration_by_slug(self.store(), slug).await? else {
            let issued = issue(self, credentials).await?;
            return self.create_integration(slug, credentials, issued).await;
        };
        let connection = self.connection(integration.connection_id).await?;
        if connection.credential_fingerprint == credentials.fingerprint() {
            self.store_app(connection.workspace_id, credentials).await?;
            self.store_login_host(&connection, credentials).await?;
            self.store_key(&connection, credentials).await?;
            self.try_grant_again(&connection).await?;
        } else {
            let issued = issue(self, credentials).await?;
            self.replace_credentials(&connection, credentials, issued).await?;
        }
        Ok(integration.id)
    }

    /// Keeps the key that the app signs in with, which may be new although the grant is not.
    async fn store_key(&self, connection: &Connection, credentials: &Credentials) -> Result<()> {
        let mut tx = self.store().begin().await?;
        self.put_key(&mut tx, connection, credentials).await?;
        Ok(tx.commit().await?)
    }

    async fn put_key(&self, tx: &mut Tx, connection: &Connection, credentials: &Credentials) -> Result<()> {
        let Grant::JwtBearer { private_key, .. } = &credentials.grant else { return Ok(()) };
        put_private_key(tx, connection.workspace_id, connection.id, private_key, self.clock()).await?;
        Ok(())
    }

    /// Signs in at another host from now on, with the same grant.
    async fn store_login_host(&self, connection: &Connection, credentials: &Credentials) -> Result<()> {
        let login_host = credentials.login_host.origin();
        if connection.login_host == login_host {
            return Ok(());
        }
        let mut tx = self.store().begin().await?;
        set_login_host(&mut tx, connection.id, login_host, self.clock().now()).await?;
        Ok(tx.commit().await?)
    }

    /// Lets a grant that the org refused be tried once more, because a person asks for it: a user may have been
    /// reactivated. A token that was rotated away never works again.
    async fn try_grant_again(&self, connection: &Connection) -> Result<()> {
        let is_hopeless = connection.status_code.as_deref() == Some(problem::ROTATED_LOST);
        if connection.status == ConnectionStatus::Connected || is_hopeless {
            return Ok(());
        }
        let (now, connected) = (self.clock().now(), ConnectionStatus::Connected);
        let mut tx = self.store().begin().await?;
        set_connection_status(&mut tx, connection.id, connected, None, now).await?;
        Ok(tx.commit().await?)
    }

    async fn create_integration(
        &self,
        slug: &Slug,
        credentials: &Credentials,
        issued: Issued,
    ) -> Result<IntegrationId> {
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        let workspace_id = self.ensure_workspace(&mut tx, now).await?;
        let org = self.ensure_org(&mut tx, workspace_id, &issued, now).await?;
        let connection = self.new_connection(workspace_id, &org, credentials, &issued, now);
        let integration = Integration {
            id: IntegrationId::new(self.clock(), self.random()),
            workspace_id,
            connection_id: connection.id,
            slug: slug.clone(),
            name: slug.to_string(),
            mode: Mode::ReadOnly,
            created_at: now,
            paused_at: None,
            paused_by: None,
            deleted_at: None,
        };
        if let Some(client_id) = &credentials.client_id {
            put_app(&mut tx, workspace_id, client_id, credentials.client_secret.as_ref(), self.clock())
                .await?;
        }
        create_connection(&mut tx, &connection, &issued.into_tokens(), self.clock()).await?;
        self.put_key(&mut tx, &connection, credentials).await?;
        create_integration(&mut tx, &integration).await?;
        tx.commit().await?;
        reach(self.kill_at(), "connection.bound");
        Ok(integration.id)
    }

    /// Changes only the credentials: the rules, the checkpoints and the copy stay.
    async fn replace_credentials(
        &self,
        connection: &Connection,
        credentials: &Credentials,
        issued: Issued,
    ) -> Result<()> {
        let org =
            find_org(self.store(), connection.org_id).await?.ok_or(Error::ConnectionGone(connection.id))?;
        if org.organization_id != issued.organization_id {
            self.give_back_rotated(credentials, &issued).await;
            let (stored, found) = (org.organization_id.to_string(), issued.organization_id.to_string());
            return Err(Error::OrgMismatch { stored, found });
        }
        let now = self.clock().now();
        let changed = self.new_connection(connection.workspace_id, &org, credentials, &issued, now);
        self.store_app(connection.workspace_id, credentials).await?;
        let mut tx = self.store().begin().await?;
        replace_grant(&mut tx, connection.id, &changed, &issued.into_tokens(), self.clock()).await?;
        self.put_key(&mut tx, connection, credentials).await?;
        tx.commit().await?;
        reach(self.kill_at(), "connection.bound");
        Ok(())
    }

    /// A refresh token that took the place of the one given is known to nobody else: where it cannot be used it is given
    /// back rather than left open in the org.
    async fn give_back_rotated(&self, credentials: &Credentials, issued: &Issued) {
        let (Grant::RefreshToken(given), Some(token)) = (&credentials.grant, &issued.refresh_token) else {
            return;
        };
        if given.expose_secret() == token.expose_secret() {
            return;
        }
        if let Err(error) = oauth::revoke(self.http(), &credentials.login_host, token).await {
            tracing::warn!(
                error = problem::full_text(&error),
                "a grant of another org could not be given back"
            );
        }
    }

    /// Keeps the app's secret, which may be new although the grant is not.
    async fn store_app(&self, workspace_id: WorkspaceId, credentials: &Credentials) -> Result<()> {
        let Some(client_id) = &credentials.client_id else { return Ok(()) };
        let mut tx = self.store().begin().await?;
        put_app(&mut tx, workspace_id, client_id, credentials.client_secret.as_ref(), self.clock()).await?;
        Ok(tx.commit().await?)
    }

    async fn ensure_workspace(&self, tx: &mut Tx, now: Timestamp) -> Result<WorkspaceId> {
        if let Some(workspace) = list_workspaces(self.store()).await?.first() {
            return Ok(workspace.id);
        }
        let id = WorkspaceId::new(self.clock(), self.random());
        let workspace =
            Workspace { id, name: "Towpath".to_owned(), time_zone: "UTC".to_owned(), created_at: now };
        create_workspace(tx, &workspace).await?;
        Ok(id)
    }

    async fn ensure_org(
        &self,
        tx: &mut Tx,
        workspace_id: WorkspaceId,
        issued: &Issued,
        now: Timestamp,
    ) -> Result<Org> {
        let known = find_org_by_organization_id(self.store(), workspace_id, issued.organization_id).await?;
        if let Some(org) = known {
            return Ok(org);
        }
        let org = Org {
            id: OrgId::new(self.clock(), self.random()),
            workspace_id,
            organization_id: issued.organization_id,
            name: issued.instance_url.host().to_owned(),
            environment: environment_of(&issued.instance_url),
            created_at: now,
        };
        create_org(tx, &org).await?;
        Ok(org)
    }

    fn new_connection(
        &self,
        workspace_id: WorkspaceId,
        org: &Org,
        credentials: &Credentials,
        issued: &Issued,
        now: Timestamp,
    ) -> Connection {
        Connection {
            id: ConnectionId::new(self.clock(), self.random()),
            workspace_id,
            org_id: org.id,
            kind: ConnectionKind::Service,
            owner_id: None,
            grant: credentials.grant.kind(),
            login_host: credentials.login_host.origin().to_owned(),
            instance_url: issued.instance_url.origin().to_owned(),
            user_id: issued.user_id,
            username: credentials.grant.username().to_owned(),
            client_id: credentials.client_id.clone().unwrap_or_default(),
            scopes: issued.scopes.clone(),
            credential_fingerprint: credentials.fingerprint(),
            status: ConnectionStatus::Connected,
            status_code: None,
            generation: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

/// What kind of org a host leads to, as far as its name tells.
fn environment_of(instance_url: &InstanceUrl) -> Environment {
    match instance_url.host() {
        _ if instance_url.is_dev() => Environment::Simulated,
        host if host.contains(".sandbox.") => Environment::Sandbox,
        _ => Environment::Production,
    }
}

impl Issued {
    fn into_tokens(self) -> NewTokens {
        NewTokens {
            access_token: self.access_token,
            refresh_token: self.refresh_token,
            issued_at: self.issued_at,
            instance_url: Some(self.instance_url.origin().to_owned()),
            scopes: None,
        }
    }
}

/// Turns credentials into tokens, by one call.
pub(crate) async fn issue(engine: &Engine, credentials: &Credentials) -> Result<Issued> {
    let http = engine.http();
    let (app, login_host) = (credentials.app(), &credentials.login_host);
    match &credentials.grant {
        Grant::RefreshToken(token) => {
            let response = oauth::refresh(http, &app, login_host, token)
                .await
                .map_err(Error::call(format!("sign in at {}", login_host.host())))?;
            Ok(Issued::from_response(response, Some(token.clone())))
        }
        Grant::ClientCredentials => {
            let response = oauth::client_credentials(http, &app, login_host)
                .await
                .map_err(Error::call(format!("sign in at {}", login_host.host())))?;
            Ok(Issued::from_response(response, None))
        }
        Grant::JwtBearer { username, private_key } => {
            let response = engine.sign_in_with_key(&app.client_id, login_host, username, private_key).await?;
            Ok(Issued::from_response(response, None))
        }
        Grant::AccessToken { token, instance_url } => {
            let access_token =
                AccessToken { secret: token.clone(), instance_url: instance_url.clone(), generation: 1 };
            let client = Client::new(http.clone(), Session::fixed(access_token), PINNED_VERSION);
            let (organization_id, user_id) = client
                .session_owner()
                .await
                .map_err(Error::call(format!("ask {} whose session this is", instance_url.host())))?;
            Ok(Issued {
                access_token: token.clone(),
                refresh_token: None,
                instance_url: instance_url.clone(),
                organization_id,
                user_id,
                scopes: String::new(),
                issued_at: engine.clock().now(),
            })
        }
    }
}

impl Issued {
    /// `given` is the refresh token that stays where the answer holds no newer one.
    fn from_response(response: TokenResponse, given: Option<SecretString>) -> Self {
        Self {
            access_token: response.access_token,
            refresh_token: response.refresh_token.or(given),
            instance_url: response.instance_url,
            organization_id: response.organization_id,
            user_id: response.user_id,
            scopes: response.scopes.iter().collect::<Vec<_>>().join(" "),
            issued_at: response.issued_at,
        }
    }
}

impl Grant {
    /// The Salesforce user who is named by the credentials themselves.
    fn username(&self) -> &str {
        match self {
            Self::JwtBearer { username, .. } => username,
            _ => "",
        }
    }

    pub(crate) fn kind(&self) -> GrantKind {
        match self {
            Self::RefreshToken(_) => GrantKind::AuthorizationCode,
            Self::ClientCredentials => GrantKind::ClientCredentials,
            Self::JwtBearer { .. } => GrantKind::JwtBearer,
            Self::AccessToken { .. } => GrantKind::AccessToken,
        }
    }
}
