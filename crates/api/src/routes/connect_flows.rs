//! Connecting an org: one walk through Salesforce's consent page.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::NewConnect;
use model::{ConnectFlow, ConnectFlowId, ConnectFlowStatus, ConnectPurpose, Environment};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::Reader;
use store::integrations::find_integration_of;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::cookies::{CookieName, set_cookie};
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{look_up, unknown_integration};
use crate::permission::Admin;
use crate::person;
use crate::problem::ProblemBody;
use crate::request::{JsonBody, UrlPath};
use crate::routes::integrations::IntegrationBody;

/// The way to Salesforce and back ends with its state, after ten minutes.
const BOUND_FOR: Duration = Duration::from_secs(10 * 60);

/// The routes of connect flows.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(find_connect_options))
        .routes(routes!(create_connect_flow))
        .routes(routes!(find_connect_flow, delete_connect_flow))
        .routes(routes!(confirm_connect_flow))
}

/// What can be connected, and how.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectOptionsBody {
    /// The callback URL that the app in Salesforce has to list.
    pub callback_url: String,
    /// What will be asked for, and why.
    pub scopes: Vec<ScopeBody>,
    /// Where somebody can sign in.
    pub environments: Vec<ConnectEnvironmentBody>,
    /// The addresses from which this server calls Salesforce; empty where nobody has told it.
    pub egress_addresses: Vec<String>,
    /// Where the app's package is installed; null where there is none.
    #[schema(required)]
    pub install_links: Option<InstallLinks>,
}

/// Where an app's package is installed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstallLinks {
    /// In production and Developer Edition orgs.
    pub production: String,
    /// In sandboxes.
    pub sandbox: String,
}

/// A scope that is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScopeBody {
    /// Salesforce's name of it.
    pub name: String,
    /// What it is for.
    pub why: String,
}

/// A place to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectEnvironmentBody {
    /// Which.
    pub kind: EnvironmentKind,
    /// Its host; null where the person names it.
    #[schema(required)]
    pub host: Option<String>,
    /// Whether the app's client id is known already, so that it need not be given.
    pub app_known: bool,
}

/// A kind of place to sign in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EnvironmentKind {
    /// `login.salesforce.com`.
    Production,
    /// `test.salesforce.com`.
    Sandbox,
    /// An org's own domain.
    Custom,
    /// The simulated org of this server.
    Simulated,
}

/// A walk to begin: for a new integration, which needs a name, or for one that exists, which is connected again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConnectFlow {
    /// The name of the new integration.
    #[serde(default)]
    pub name: Option<String>,
    /// The integration to connect again.
    #[serde(default)]
    pub integration_id: Option<String>,
    /// Where to sign in.
    pub environment: EnvironmentKind,
    /// The org's own domain, for `custom`.
    #[serde(default)]
    pub host: Option<String>,
    /// The app's consumer key, where it is not known yet.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The app's consumer secret, where it is not known yet.
    #[serde(default)]
    #[schema(format = Password)]
    pub client_secret: Option<String>,
}

/// A walk that began.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StartedConnectFlow {
    /// The walk.
    pub flow: ConnectFlowBody,
    /// Salesforce's consent page, to open in this browser.
    pub authorize_url: String,
}

/// One walk through Salesforce's consent page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectFlowBody {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub kind: ConnectFlowKindBody,
    /// The name of the integration.
    pub name: String,
    /// The host of the sign-in page.
    pub environment_host: String,
    /// How far it has come.
    pub status: ConnectFlowStatusBody,
    /// Why it failed.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
    /// The org that was found.
    #[schema(required)]
    pub org: Option<ConnectFlowOrg>,
    /// The Salesforce user who consented.
    #[schema(required)]
    pub user: Option<ConnectFlowUser>,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// The integration, once there is one.
    #[schema(required)]
    pub integration_id: Option<String>,
    /// The integration that already uses this org, where that is why it failed.
    #[schema(required)]
    pub existing_integration: Option<IntegrationRef>,
    /// The connection of that integration, to which another can be added.
    #[schema(required)]
    pub existing_connection_id: Option<String>,
    /// When it ends by itself.
    pub expires_at: Instant,
}

/// What a walk is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectFlowKindBody {
    /// A new integration.
    New,
    /// New credentials for an integration.
    Reconnect,
}

/// How far a walk has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectFlowStatusBody {
    /// The person is at Salesforce.
    Waiting,
    /// Salesforce granted it; the person has to say that it is the right org.
    Authorized,
    /// The integration is connected.
    Finished,
    /// It went wrong, and nothing was kept.
    Failed,
    /// It was called off.
    Cancelled,
    /// It took too long.
    Expired,
}

/// The org that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectFlowOrg {
    /// Salesforce's id of it.
    pub organization_id: String,
    /// Its name.
    pub name: String,
    /// Its edition, in Salesforce's words.
    #[schema(required)]
    pub edition: Option<String>,
    /// Whether it is a sandbox.
    pub is_sandbox: bool,
    /// Where its API is.
    pub instance_url: String,
}

/// The Salesforce user who consented.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectFlowUser {
    /// The user name.
    pub username: String,
    /// The name people see.
    #[schema(required)]
    pub display_name: Option<String>,
}

/// An integration, by name.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(crate) struct IntegrationRef {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Tells what can be connected, and how.
#[utoipa::path(get, path = "/connect-options", operation_id = "find_connect_options", tag = "connect",
    responses((status = 200, body = ConnectOptionsBody)))]
async fn find_connect_options(
    State(app): State<AppState>,
    admin: Admin,
) -> Result<Json<ConnectOptionsBody>, ApiError> {
    let options = app.engine().connect_options(admin.reader());
    let scopes = options.scopes.into_iter();
    let environments = options.environments.into_iter();
    Ok(Json(ConnectOptionsBody {
        callback_url: options.callback_url,
        egress_addresses: app.config().egress_addresses.clone(),
        install_links: app.config().package_id.as_deref().map(install_links),
        scopes: scopes.map(|(name, why)| ScopeBody { name: name.to_owned(), why: why.to_owned() }).collect(),
        environments: environments
            .map(|option| ConnectEnvironmentBody {
                kind: option.environment.into(),
                host: option.host,
                app_known: option.is_app_known,
            })
            .collect(),
    }))
}

/// Begins a walk through Salesforce's consent page.
#[utoipa::path(post, path = "/connect-flows", operation_id = "create_connect_flow", tag = "connect",
    request_body = NewConnectFlow, responses((status = 201, body = StartedConnectFlow)))]
async fn create_connect_flow(
    State(app): State<AppState>,
    admin: Admin,
    JsonBody(new): JsonBody<NewConnectFlow>,
) -> Result<Response, ApiError> {
    let session = admin.session().ok_or_else(|| {
        ApiError::new(
            StatusCode::CONFLICT,
            "connect.browser",
            "An org is connected in a browser that is signed in, not with an API key.",
        )
    })?;
    let purpose = match (new.name, new.integration_id) {
        (Some(name), None) => ConnectPurpose::New { name: person::check_name(&name)? },
        (None, Some(id)) => {
            ConnectPurpose::Reconnect { integration_id: id.parse().map_err(|_| unknown_integration())? }
        }
        _ => return Err(ApiError::invalid("Give either a name or the integration to connect again.")),
    };
    let request = NewConnect {
        purpose,
        environment: new.environment.into(),
        host: new.host,
        app: new.client_id.map(|client_id| (client_id, new.client_secret.map(SecretString::from))),
        session: session.id,
    };
    let started = app.engine().start_connect(admin.reader(), request).await?;
    let started = started.ok_or_else(unknown_integration)?;
    let token = started.browser_token.expose_secret().to_owned();
    let cookie = set_cookie(CookieName::Connect, token, BOUND_FOR.as_secs(), app.config());
    let flow = flow_body(&app, admin.reader(), started.flow).await?;
    let body = StartedConnectFlow { flow, authorize_url: started.authorize_url };
    Ok((StatusCode::CREATED, [cookie], Json(body)).into_response())
}

/// Tells how far a walk has come.
#[utoipa::path(get, path = "/connect-flows/{id}", operation_id = "find_connect_flow", tag = "connect",
    params(("id" = String, Path, description = "The walk")),
    responses((status = 200, body = ConnectFlowBody)))]
async fn find_connect_flow(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<ConnectFlowId>,
) -> Result<Json<ConnectFlowBody>, ApiError> {
    let flow = app.engine().find_connect_flow(admin.reader(), id).await?.ok_or_else(unknown_flow)?;
    flow_body(&app, admin.reader(), flow).await.map(Json)
}

/// Confirms that it is the right org: the integration is made.
#[utoipa::path(post, path = "/connect-flows/{id}/confirm", operation_id = "confirm_connect_flow", tag = "connect",
    params(("id" = String, Path, description = "The walk")),
    responses((status = 201, body = IntegrationBody)))]
async fn confirm_connect_flow(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<ConnectFlowId>,
) -> Result<(StatusCode, Json<IntegrationBody>), ApiError> {
    let integration = app.engine().confirm_connect(admin.reader(), id).await?.ok_or_else(unknown_flow)?;
    let body = look_up(&app, admin.reader(), integration.id).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// Calls a walk off, and gives back what Salesforce granted.
#[utoipa::path(delete, path = "/connect-flows/{id}", operation_id = "delete_connect_flow", tag = "connect",
    params(("id" = String, Path, description = "The walk")),
    responses((status = 204)))]
async fn delete_connect_flow(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<ConnectFlowId>,
) -> Result<StatusCode, ApiError> {
    app.engine().cancel_connect(admin.reader(), id).await?.ok_or_else(unknown_flow)?;
    Ok(StatusCode::NO_CONTENT)
}

fn unknown_flow() -> ApiError {
    ApiError::not_found("connect flow")
}

async fn flow_body(app: &AppState, reader: &Reader, flow: ConnectFlow) -> Result<ConnectFlowBody, ApiError> {
    let existing = match flow.existing_integration_id {
        Some(id) => find_integration_of(app.store(), reader, id).await?,
        None => None,
    };
    let (kind, name) = match &flow.purpose {
        ConnectPurpose::New { name } => (ConnectFlowKindBody::New, name.clone()),
        ConnectPurpose::Reconnect { integration_id } => {
            let integration = find_integration_of(app.store(), reader, *integration_id).await?;
            let name = integration.map(|integration| integration.name).unwrap_or_default();
            (ConnectFlowKindBody::Reconnect, name)
        }
    };
    let scopes = flow.found.as_ref().map(|found| found.scopes.as_str()).unwrap_or_default();
    Ok(ConnectFlowBody {
        id: flow.id.to_string(),
        kind,
        name,
        environment_host: flow
            .login_host
            .split_once("://")
            .map_or(&*flow.login_host, |(_, host)| host)
            .to_owned(),
        status: flow.status.into(),
        problem: flow.problem.map(ProblemBody::from),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        user: flow.found.as_ref().map(|found| ConnectFlowUser {
            username: found.username.clone(),
            display_name: some_text(&found.display_name),
        }),
        org: flow.found.map(|found| ConnectFlowOrg {
            organization_id: found.organization_id.to_string(),
            edition: some_text(&found.edition),
            name: found.name,
            is_sandbox: found.is_sandbox,
            instance_url: found.instance_url,
        }),
        integration_id: flow.integration_id.map(|id| id.to_string()),
        existing_connection_id: existing.as_ref().map(|existing| existing.connection_id.to_string()),
        existing_integration: existing
            .map(|integration| IntegrationRef { id: integration.id.to_string(), name: integration.name }),
        expires_at: flow.expires_at.into(),
    })
}

/// Salesforce's own pages for installing a version of a package.
fn install_links(package_id: &str) -> InstallLinks {
    let link = |host| format!("https://{host}.salesforce.com/packaging/installPackage.apexp?p0={package_id}");
    InstallLinks { production: link("login"), sandbox: link("test") }
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl From<Environment> for EnvironmentKind {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Production => Self::Production,
            Environment::Sandbox => Self::Sandbox,
            Environment::Custom => Self::Custom,
            Environment::Simulated => Self::Simulated,
        }
    }
}

impl From<EnvironmentKind> for Environment {
    fn from(kind: EnvironmentKind) -> Self {
        match kind {
            EnvironmentKind::Production => Self::Production,
            EnvironmentKind::Sandbox => Self::Sandbox,
            EnvironmentKind::Custom => Self::Custom,
            EnvironmentKind::Simulated => Self::Simulated,
        }
    }
}

impl From<ConnectFlowStatus> for ConnectFlowStatusBody {
    fn from(status: ConnectFlowStatus) -> Self {
        match status {
            // For a person it is one wait, at Salesforce and for its answer.
            ConnectFlowStatus::Waiting | ConnectFlowStatus::Exchanging => Self::Waiting,
            ConnectFlowStatus::Authorized => Self::Authorized,
            ConnectFlowStatus::Finished => Self::Finished,
            ConnectFlowStatus::Failed => Self::Failed,
            ConnectFlowStatus::Cancelled => Self::Cancelled,
            ConnectFlowStatus::Expired => Self::Expired,
        }
    }
}
