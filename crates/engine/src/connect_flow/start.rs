//! The way to the consent page.

use model::{
    ConnectFlow, ConnectFlowId, ConnectFlowStatus, ConnectPurpose, Environment, GrantKind, IntegrationId,
    OrgId,
};
use ring::digest::{SHA256, digest};
use salesforce::{
    host::{HostError, LoginHost},
    oauth::{AuthorizeRequest, Pkce, authorize_url},
};
use secrecy::{ExposeSecret, SecretString};
use store::{
    Reader,
    apps::find_client_secret,
    connect_flows::{FlowGrant, FlowHashes, create_connect_flow, put_flow_grant},
    connections::{find_connection, find_service_connection},
    integrations::find_integration_of,
};

use super::{STATE_LIVES, hash};
use crate::{
    config::ConnectConfig,
    engine::Engine,
    error::{Error, Result},
    handle::{ConnectOptions, EnvironmentOption, NewConnect, StartedConnect},
    kill_point::reach,
};

/// What a copy needs, and nothing else.
pub(super) const SCOPES: [(&str, &str); 3] = [
    ("api", "Read records and their fields as you may see them"),
    ("refresh_token", "Go on reading when you are not signed in, until you take this back"),
    ("id", "See who you are and which org this is"),
];

/// An app to ask with.
pub(super) struct ChosenApp {
    pub(super) client_id: String,
    pub(super) client_secret: Option<SecretString>,
}

impl Engine {
    /// What a member may choose from. Nothing where this server cannot connect orgs.
    pub fn connect_options(&self, _reader: &Reader) -> ConnectOptions {
        let Some(config) = &self.config().connect else {
            return ConnectOptions {
                callback_url: String::new(),
                scopes: Vec::new(),
                environments: Vec::new(),
            };
        };
        let option = |environment, host: Option<&str>| EnvironmentOption {
            environment,
            host: host.map(str::to_owned),
            is_app_known: config.apps.iter().any(|app| app.environment == environment),
        };
        let mut environments = vec![
            option(Environment::Production, Some(LoginHost::production().host())),
            option(Environment::Sandbox, Some(LoginHost::sandbox().host())),
            option(Environment::Custom, None),
        ];
        environments
            .extend(config.simulated_host.as_deref().map(|host| option(Environment::Simulated, Some(host))));
        ConnectOptions { callback_url: config.redirect_uri.clone(), scopes: SCOPES.to_vec(), environments }
    }

    /// Begins a walk through the consent page. `Ok(None)` where there is no such integration to reconnect, or no such org.
    ///
    /// # Errors
    /// The host is none of Salesforce's, or no app is known.
    pub async fn start_connect(
        &self,
        reader: &Reader,
        request: NewConnect,
    ) -> Result<Option<StartedConnect>> {
        self.check_not_quarantined()?;
        let config = self.config().connect.as_ref().ok_or(Error::ConnectUnset)?;
        let login_host = self.chosen_host(config, request.environment, request.host.as_deref())?;
        let earlier_app = match &request.purpose {
            ConnectPurpose::New { .. } => None,
            ConnectPurpose::Reconnect { integration_id } => {
                match self.app_of(reader, *integration_id).await? {
                    Some(app) => Some(app),
                    None => return Ok(None),
                }
            }
            ConnectPurpose::Personal { org_id } => match self.app_in(reader, *org_id).await? {
                Some(app) => Some(app),
                None => return Ok(None),
            },
        };
        let entered = request.app.map(|(client_id, client_secret)| ChosenApp { client_id, client_secret });
        let configured = configured_app(config, request.environment);
        let app = entered.or(earlier_app).or(configured).ok_or(Error::AppMissing)?;
        let flow = self.new_flow(reader, request.purpose, request.environment, &login_host, &app.client_id);
        let flow = ConnectFlow { session_id: Some(request.session), ..flow };
        self.check_group_of(reader, &flow.purpose).await?;
        self.check_approvals(&flow, request.is_another_user).await?;
        let held = FlowGrant {
            client_secret: app.client_secret,
            login_host: flow.login_host.clone(),
            ..FlowGrant::default()
        };
        self.store_flow(flow, &login_host, &held).await.map(Some)
    }

    /// Makes sure that what a flow is to make may belong to the group that was named.
    pub(super) async fn check_group_of(&self, reader: &Reader, purpose: &ConnectPurpose) -> Result<()> {
        let ConnectPurpose::New { group_id: Some(group_id), .. } = purpose else { return Ok(()) };
        let mut tx = self.store().begin().await?;
        self.check_owner(&mut tx, reader, *group_id).await?;
        Ok(tx.roll_back().await?)
    }

    /// A flow that begins now, by way of the consent page unless the caller says otherwise.
    pub(super) fn new_flow(
        &self,
        reader: &Reader,
        purpose: ConnectPurpose,
        environment: Environment,
        login_host: &LoginHost,
        client_id: &str,
    ) -> ConnectFlow {
        let now = self.clock().now();
        let config = self.config().connect.as_ref();
        ConnectFlow {
            id: ConnectFlowId::new(self.clock(), self.random()),
            workspace_id: reader.workspace_id(),
            user_id: reader.user_id(),
            session_id: None,
            purpose,
            grant: GrantKind::AuthorizationCode,
            username: None,
            environment,
            login_host: login_host.origin().to_owned(),
            redirect_uri: config.map(|config| config.redirect_uri.clone()).unwrap_or_default(),
            client_id: client_id.to_owned(),
            status: ConnectFlowStatus::Waiting,
            problem: None,
            integration_id: None,
            existing_integration_id: None,
            found: None,
            created_at: now,
            expires_at: now + STATE_LIVES,
        }
    }

    /// Stores a flow that begins, with what it has in its hands.
    pub(super) async fn store_flow(
        &self,
        flow: ConnectFlow,
        login_host: &LoginHost,
        held: &FlowGrant,
    ) -> Result<StartedConnect> {
        let (state, browser_token) = (self.new_token(), self.new_token());
        let pkce = Pkce::generate(&self.random().bytes());
        let scopes = SCOPES.map(|(name, _)| name);
        let authorize_url = authorize_url(&AuthorizeRequest {
            login_host,
            client_id: &flow.client_id,
            redirect_uri: &flow.redirect_uri,
            scopes: &scopes,
            state: &state,
            pkce: &pkce,
            // Whoever connects has to see which user and which org it is.
            prompt: "login consent",
            login_hint: "",
        });
        let hashes = FlowHashes { state: hash(&state), browser: hash(&browser_token) };
        let mut tx = self.store().begin().await?;
        create_connect_flow(&mut tx, &flow, &hashes, pkce.verifier(), self.clock()).await?;
        put_flow_grant(&mut tx, flow.workspace_id, flow.id, Some(held), self.clock()).await?;
        self.want_tidied(&mut tx, &flow).await?;
        tx.commit().await?;
        reach(self.kill_at(), "connect.state_saved");
        Ok(StartedConnect { flow, authorize_url, browser_token: browser_token.into() })
    }

    pub(super) fn chosen_host(
        &self,
        config: &ConnectConfig,
        environment: Environment,
        host: Option<&str>,
    ) -> Result<LoginHost> {
        let rule = self.http().host_rule();
        match environment {
            Environment::Production => Ok(LoginHost::production()),
            Environment::Sandbox => Ok(LoginHost::sandbox()),
            Environment::Custom => {
                let host = LoginHost::parse(host.unwrap_or_default(), rule)?;
                match host.is_dev() {
                    true => Err(refused(
                        "only login.salesforce.com, test.salesforce.com and My Domains are allowed",
                    )),
                    false => Ok(host),
                }
            }
            Environment::Simulated => match &config.simulated_host {
                Some(host) => Ok(LoginHost::parse(host, rule)?),
                None => Err(refused("this server has no simulated org")),
            },
        }
    }

    /// The app of an integration's connection; `None` where there is no such integration.
    pub(super) async fn app_of(&self, reader: &Reader, id: IntegrationId) -> Result<Option<ChosenApp>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let Some(connection) = find_connection(self.store(), integration.connection_id).await? else {
            return Ok(None);
        };
        self.app_with_secret(reader, connection.client_id).await.map(Some)
    }

    /// The app by which the workspace has connected an org; `None` where no integration has it.
    async fn app_in(&self, reader: &Reader, id: OrgId) -> Result<Option<ChosenApp>> {
        match find_service_connection(self.store(), reader, id).await? {
            Some(connection) => self.app_with_secret(reader, connection.client_id).await.map(Some),
            None => Ok(None),
        }
    }

    async fn app_with_secret(&self, reader: &Reader, client_id: String) -> Result<ChosenApp> {
        let client_secret = match self.configured_secret(&client_id) {
            Some(secret) => Some(secret),
            None => find_client_secret(self.store(), reader.workspace_id(), &client_id).await?,
        };
        Ok(ChosenApp { client_id, client_secret })
    }

    /// 256 random bits in hexadecimal digits.
    fn new_token(&self) -> String {
        let bytes: [u8; 32] = self.random().bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The app of this server's configuration for an environment.
pub(super) fn configured_app(config: &ConnectConfig, environment: Environment) -> Option<ChosenApp> {
    let app = config.apps.iter().find(|app| app.environment == environment)?;
    Some(ChosenApp { client_id: app.client_id.clone(), client_secret: app.client_secret.clone() })
}

fn refused(reason: &'static str) -> Error {
    Error::Host(HostError { reason, correction: None })
}

/// A hash that tells one grant from another without holding it.
pub(super) fn fingerprint_of(token: &SecretString) -> String {
    digest(&SHA256, token.expose_secret().as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
