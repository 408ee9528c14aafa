//! Connecting an org: one walk through Salesforce's consent page.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::ConnectFlowId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::permission::Admin;
use crate::problem::ProblemBody;
use crate::request::{JsonBody, UrlPath};
use crate::routes::integrations::IntegrationBody;

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
pub struct ConnectOptionsBody {
    /// The callback URL that the app in Salesforce has to list.
    pub callback_url: String,
    /// What will be asked for, and why.
    pub scopes: Vec<ScopeBody>,
    /// Where somebody can sign in.
    pub environments: Vec<ConnectEnvironmentBody>,
}

/// A scope that is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScopeBody {
    /// Salesforce's name of it.
    pub name: String,
    /// What it is for.
    pub why: String,
}

/// A place to sign in.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectEnvironmentBody {
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
pub enum EnvironmentKind {
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
pub struct NewConnectFlow {
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
pub struct StartedConnectFlow {
    /// The walk.
    pub flow: ConnectFlowBody,
    /// Salesforce's consent page, to open in this browser.
    pub authorize_url: String,
}

/// One walk through Salesforce's consent page.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectFlowBody {
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
    /// When it ends by itself.
    pub expires_at: Instant,
}

/// What a walk is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectFlowKindBody {
    /// A new integration.
    New,
    /// New credentials for an integration.
    Reconnect,
}

/// How far a walk has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectFlowStatusBody {
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
pub struct ConnectFlowOrg {
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
pub struct ConnectFlowUser {
    /// The user name.
    pub username: String,
    /// The name people see.
    #[schema(required)]
    pub display_name: Option<String>,
}

/// An integration, by name.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct IntegrationRef {
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
    Err(ApiError::not_found("thing"))
}

/// Begins a walk through Salesforce's consent page.
#[utoipa::path(post, path = "/connect-flows", operation_id = "create_connect_flow", tag = "connect",
    request_body = NewConnectFlow, responses((status = 201, body = StartedConnectFlow)))]
async fn create_connect_flow(
    State(app): State<AppState>,
    admin: Admin,
    JsonBody(new): JsonBody<NewConnectFlow>,
) -> Result<Response, ApiError> {
    Err(ApiError::not_found("thing"))
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
    Err(ApiError::not_found("thing"))
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
    Err(ApiError::not_found("thing"))
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
    Err(ApiError::not_found("thing"))
}
