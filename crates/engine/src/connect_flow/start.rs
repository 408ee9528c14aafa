//! The way to the consent page.

use model::{ConnectFlow, ConnectFlowId, ConnectFlowStatus, ConnectPurpose, Environment, IntegrationId};
use ring::digest::{SHA256, digest};
use salesforce::{
    host::{HostError, LoginHost},
    oauth::{AuthorizeRequest, Pkce, authorize_url},
};
use secrecy::SecretString;
use store::{
    Reader,
    apps::find_client_secret,
    connect_flows::{FlowGrant, FlowHashes, create_connect_flow, put_flow_grant},
    connections::find_connection,
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
struct ChosenApp {
    client_id: String,
    client_secret: Option<SecretString>,
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

    /// Begins a walk through the consent page. `Ok(None)` where there is no such integration to reconnect.
    ///
    /// # Errors
    /// The host is none of Salesforce's, or no app is known.
    pub async fn start_connect(
        &self,
        reader: &Reader,
        request: NewConnect,
    ) -> Result<Option<StartedConnect>> {
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
        };
        let entered = request.app.map(|(client_id, client_secret)| ChosenApp { client_id, client_secret });
        let configured = config.apps.iter().find(|app| app.environment == request.environment);
        let configured = configured.map(|app| ChosenApp {
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.clone(),
        });
        let app = entered.or(earlier_app).or(configured).ok_or(Error::AppMissing)?;
        let now = self.clock().now();
        let flow = ConnectFlow {
            id: ConnectFlowId::new(self.clock(), self.random()),
            workspace_id: reader.workspace_id(),
            user_id: reader.user_id(),
            session_id: request.session,
            purpose: request.purpose,
            environment: request.environment,
            login_host: login_host.origin().to_owned(),
            redirect_uri: config.redirect_uri.clone(),
            client_id: app.client_id.clone(),
            status: ConnectFlowStatus::Waiting,
            problem: None,
            integration_id: None,
            existing_integration_id: None,
            found: None,
            created_at: now,
            expires_at: now + STATE_LIVES,
        };
        self.store_flow(flow, &login_host, app.client_secret).await.map(Some)
    }

    async fn store_flow(
        &self,
        flow: ConnectFlow,
        login_host: &LoginHost,
        client_secret: Option<SecretString>,
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
        let held = FlowGrant { client_secret, login_host: flow.login_host.clone(), ..FlowGrant::default() };
        let mut tx = self.store().begin().await?;
        create_connect_flow(&mut tx, &flow, &hashes, pkce.verifier(), self.clock()).await?;
        put_flow_grant(&mut tx, flow.workspace_id, flow.id, Some(&held), self.clock()).await?;
        self.want_tidied(&mut tx, &flow).await?;
        tx.commit().await?;
        reach(self.kill_at(), "connect.state_saved");
        Ok(StartedConnect { flow, authorize_url, browser_token: browser_token.into() })
    }

    fn chosen_host(
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
    async fn app_of(&self, reader: &Reader, id: IntegrationId) -> Result<Option<ChosenApp>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let Some(connection) = find_connection(self.store(), integration.connection_id).await? else {
            return Ok(None);
        };
        let client_secret = match self.configured_secret(&connection.client_id) {
            Some(secret) => Some(secret),
            None => find_client_secret(self.store(), reader.workspace_id(), &connection.client_id).await?,
        };
        Ok(Some(ChosenApp { client_id: connection.client_id, client_secret }))
    }

    /// 256 random bits in hexadecimal digits.
    fn new_token(&self) -> String {
        let bytes: [u8; 32] = self.random().bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn refused(reason: &'static str) -> Error {
    Error::Host(HostError { reason, correction: None })
}

/// A hash that tells one grant from another without holding it.
pub(super) fn fingerprint(token: &str) -> String {
    digest(&SHA256, token.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
