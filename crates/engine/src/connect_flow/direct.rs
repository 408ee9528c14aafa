//! Connecting without a consent page: the app itself signs in, with a key or a secret.

use std::time::Duration;

use model::{ConnectFlow, ConnectFlowStatus, ConnectPurpose, Environment, GrantKind, IntegrationId};
use salesforce::{
    host::LoginHost,
    oauth::{self, App, SigningKey, TokenResponse},
};
use secrecy::SecretString;
use store::{
    Reader,
    connect_flows::{FlowGrant, find_any_connect_flow, take_state},
    connections::{find_connection, find_private_key},
    integrations::find_integration_of,
};

use super::start::{ChosenApp, configured_app};
use crate::{
    engine::Engine,
    error::{Error, Result},
    handle::{DirectGrant, NewDirectConnect},
};

/// The token endpoint answers within seconds.
const LONGEST_CALL: Duration = Duration::from_secs(20);

/// What an integration signs in with already.
#[derive(Default)]
struct Earlier {
    app: Option<ChosenApp>,
    private_key: Option<SecretString>,
    username: Option<String>,
}

impl Engine {
    /// Lets the app sign in, and says what came of it: a new integration waits for the person to confirm the org, a
    /// reconnect of the same org is finished. `Ok(None)` where there is no such integration to reconnect.
    ///
    /// What is not given is taken from the integration that is connected again.
    ///
    /// # Errors
    /// The host is none of Salesforce's, or something to sign in with is missing. What Salesforce refuses stands in the
    /// flow, which has failed then.
    pub async fn connect_directly(
        &self,
        reader: &Reader,
        request: NewDirectConnect,
    ) -> Result<Option<ConnectFlow>> {
        let config = self.config().connect.as_ref().ok_or(Error::ConnectUnset)?;
        let login_host = self.chosen_host(config, request.environment, request.host.as_deref())?;
        let earlier = match &request.purpose {
            ConnectPurpose::Reconnect { integration_id } => {
                match self.earlier(reader, *integration_id).await? {
                    Some(earlier) => earlier,
                    None => return Ok(None),
                }
            }
            ConnectPurpose::New { .. } | ConnectPurpose::Personal { .. } => Earlier::default(),
        };
        let entered = request.app.map(|(client_id, client_secret)| ChosenApp { client_id, client_secret });
        let app = entered.or(earlier.app).or_else(|| configured_app(config, request.environment));
        let app = app.ok_or(Error::AppMissing)?;
        let flow = self.new_flow(reader, request.purpose, request.environment, &login_host, &app.client_id);
        self.check_group_of(reader, &flow.purpose).await?;
        let held = FlowGrant { login_host: flow.login_host.clone(), ..FlowGrant::default() };
        let (flow, held) = match request.grant {
            DirectGrant::ClientCredentials => {
                check_my_domain(request.environment)?;
                let client_secret = Some(app.client_secret.ok_or(Error::SecretMissing)?);
                let grant = GrantKind::ClientCredentials;
                (ConnectFlow { grant, ..flow }, FlowGrant { client_secret, ..held })
            }
            DirectGrant::JwtBearer { username, private_key } => {
                let key = private_key.or(earlier.private_key).ok_or(Error::KeyMissing)?;
                SigningKey::parse(&key)?;
                let username = Some(username.or(earlier.username).ok_or(Error::UsernameMissing)?);
                let grant = GrantKind::JwtBearer;
                (ConnectFlow { grant, username, ..flow }, FlowGrant { private_key: Some(key), ..held })
            }
        };
        self.store_flow(flow.clone(), &login_host, &held).await?;
        self.walk_directly(flow, &login_host, held).await.map(Some)
    }

    async fn walk_directly(
        &self,
        flow: ConnectFlow,
        login_host: &LoginHost,
        held: FlowGrant,
    ) -> Result<ConnectFlow> {
        if !take_state(self.store(), flow.id, self.clock().now()).await? {
            return Err(Error::FlowOver);
        }
        let flow = ConnectFlow { status: ConnectFlowStatus::Exchanging, ..flow };
        let walked = match self.sign_in_directly(&flow, login_host, &held).await {
            Ok(response) => self.keep_grant(&flow, response, held).await,
            Err(error) => Err(error),
        };
        if let Err(error) = walked {
            self.fail_flow(&flow, &error, None).await?;
        }
        find_any_connect_flow(self.store(), flow.id).await?.ok_or(Error::FlowOver)
    }

    async fn sign_in_directly(
        &self,
        flow: &ConnectFlow,
        login_host: &LoginHost,
        held: &FlowGrant,
    ) -> Result<TokenResponse> {
        let asked = async {
            match (&held.private_key, &flow.username) {
                (Some(key), Some(username)) => {
                    self.sign_in_with_key(&flow.client_id, login_host, username, key).await
                }
                _ => {
                    let app =
                        App { client_id: flow.client_id.clone(), client_secret: held.client_secret.clone() };
                    oauth::client_credentials(self.http(), &app, login_host)
                        .await
                        .map_err(Error::call(format!("sign in at {}", login_host.host())))
                }
            }
        };
        tokio::time::timeout(LONGEST_CALL, asked).await.map_err(|_| Error::TokenCallStalled)?
    }

    /// Signs a user in with the key whose certificate the app has.
    pub(crate) async fn sign_in_with_key(
        &self,
        client_id: &str,
        login_host: &LoginHost,
        username: &str,
        private_key: &SecretString,
    ) -> Result<TokenResponse> {
        let key = SigningKey::parse(private_key)?;
        oauth::jwt_bearer(self.http(), client_id, login_host, username, &key, self.clock().now())
            .await
            .map_err(Error::call(format!("sign in at {}", login_host.host())))
    }

    async fn earlier(&self, reader: &Reader, id: IntegrationId) -> Result<Option<Earlier>> {
        let Some(app) = self.app_of(reader, id).await? else { return Ok(None) };
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let connection = find_connection(self.store(), integration.connection_id).await?;
        let signs_with_key = connection.filter(|connection| connection.grant == GrantKind::JwtBearer);
        Ok(Some(Earlier {
            app: Some(app),
            private_key: find_private_key(self.store(), integration.connection_id).await?,
            username: signs_with_key.map(|connection| connection.username),
        }))
    }
}

/// Only a My Domain lets an app sign in as itself (Salesforce Help, OAuth 2.0 Client Credentials Flow).
fn check_my_domain(environment: Environment) -> Result<()> {
    match environment {
        Environment::Production | Environment::Sandbox => Err(Error::MyDomainNeeded),
        Environment::Custom | Environment::Simulated => Ok(()),
    }
}
