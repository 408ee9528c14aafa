//! Connections: the grants of Salesforce users. Tokens are never shown.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::{MOST_APPROVALS, problem_of_connection};
use model::{Connection, ConnectionId, ConnectionKind, ConnectionStatus, GroupId};
use serde::{Deserialize, Serialize};
use store::connections::{ConnectionFacts, list_connection_facts};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::connect_flow_view::{IntegrationRef, SignInKind};
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::look_up;
use crate::page::Page;
use crate::permission::Admin;
use crate::person;
use crate::problem::ProblemBody;
use crate::request::{JsonBody, UrlPath};
use crate::routes::integrations::IntegrationBody;

/// The routes of connections.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_connections))
        .routes(routes!(find_connection))
        .routes(routes!(add_integration))
}

/// One Salesforce user's grant for one org.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionBody {
    /// Its id.
    pub id: String,
    /// The org.
    pub org: ConnectionOrg,
    /// How Towpath signs in.
    pub sign_in: SignInKind,
    /// The Salesforce user.
    pub username: String,
    /// Where the user signed in.
    pub login_host: String,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// Whether Salesforce accepts it.
    pub status: ConnectionStatusBody,
    /// Why it does not.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
    /// When the org was connected.
    pub created_at: Instant,
    /// When the tokens were issued.
    pub issued_at: Instant,
    /// How often they were renewed.
    pub generation: u64,
    /// How many of the approvals that Salesforce keeps for this user and app are known here to be taken. Only consent takes
    /// one.
    pub approvals_used: u64,
    /// How many there are: the sixth ends the first.
    pub approvals_most: u64,
    /// The integrations that use it.
    pub integrations: Vec<IntegrationRef>,
}

/// The org of a connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionOrg {
    /// Our id of it.
    pub id: String,
    /// Salesforce's id of it.
    pub organization_id: String,
    /// Its name.
    pub name: String,
    /// Where its API is.
    pub instance_url: String,
}

/// Whether Salesforce accepts a grant.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectionStatusBody {
    /// As far as is known, it does.
    Connected,
    /// It does, but keeps us out for what somebody mends there; nobody has to connect again.
    NeedsAttention,
    /// Somebody has to connect again.
    NeedsReconnect,
}

/// One more integration on a connection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIntegration {
    /// Its name.
    pub name: String,
    /// The group that it belongs to; your own group where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub group_id: Option<GroupId>,
}

/// Lists the connections.
#[utoipa::path(get, path = "/connections", operation_id = "list_connections", tag = "connections",
    responses((status = 200, body = Page<ConnectionBody>)))]
async fn list_connections(
    State(app): State<AppState>,
    admin: Admin,
) -> Result<Json<Page<ConnectionBody>>, ApiError> {
    let mut bodies = Vec::new();
    for known in list_service_facts(&app, &admin).await? {
        let used = app.engine().count_approvals_like(admin.reader(), &known.connection).await?;
        bodies.push(body_of(&app, known, used));
    }
    Ok(Json(Page::whole(bodies)))
}

/// Returns a connection.
#[utoipa::path(get, path = "/connections/{id}", operation_id = "find_connection", tag = "connections",
    params(("id" = String, Path, description = "The connection")),
    responses((status = 200, body = ConnectionBody)))]
async fn find_connection(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<ConnectionId>,
) -> Result<Json<ConnectionBody>, ApiError> {
    let facts = list_service_facts(&app, &admin).await?.into_iter();
    let known = facts.into_iter().find(|known| known.connection.id == id).ok_or_else(unknown_connection)?;
    let used = app.engine().count_approvals_like(admin.reader(), &known.connection).await?;
    Ok(Json(body_of(&app, known, used)))
}

/// Adds an integration to a connection: other rules and mappings, the same access. Takes no approval in Salesforce.
#[utoipa::path(post, path = "/connections/{id}/integrations", operation_id = "add_integration", tag = "connections",
    params(("id" = String, Path, description = "The connection")),
    request_body = NewIntegration, responses((status = 201, body = IntegrationBody)))]
async fn add_integration(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<ConnectionId>,
    JsonBody(new): JsonBody<NewIntegration>,
) -> Result<(StatusCode, Json<IntegrationBody>), ApiError> {
    let name = person::check_name(&new.name)?;
    let added = app.engine().add_integration(admin.reader(), id, (&name, new.group_id)).await?;
    let body = look_up(&app, admin.reader(), added.ok_or_else(unknown_connection)?.id).await?;
    Ok((StatusCode::CREATED, Json(body)))
}

fn unknown_connection() -> ApiError {
    ApiError::not_found("connection")
}

/// The connections that orgs are synced by. Those of members are theirs alone.
async fn list_service_facts(app: &AppState, admin: &Admin) -> Result<Vec<ConnectionFacts>, ApiError> {
    let mut facts = list_connection_facts(app.store(), admin.reader()).await?;
    facts.retain(|known| known.connection.kind == ConnectionKind::Service);
    Ok(facts)
}

/// Why Salesforce does not accept a connection.
pub(super) fn problem_of(app: &AppState, connection: &Connection) -> Option<ProblemBody> {
    let problem = problem_of_connection(connection)?;
    Some(ProblemBody::from(problem).naming(&app.config().egress_addresses))
}

fn body_of(app: &AppState, facts: ConnectionFacts, approvals_used: u64) -> ConnectionBody {
    let ConnectionFacts { connection, org, issued_at, integrations } = facts;
    let integrations = integrations.into_iter();
    let (problem, status) = (problem_of(app, &connection), connection.status.into());
    ConnectionBody {
        approvals_used,
        sign_in: connection.grant.into(),
        approvals_most: MOST_APPROVALS,
        id: connection.id.to_string(),
        org: ConnectionOrg {
            id: org.id.to_string(),
            organization_id: org.organization_id.to_string(),
            name: org.name,
            instance_url: connection.instance_url,
        },
        username: connection.username,
        login_host: connection.login_host,
        scopes: connection.scopes.split_whitespace().map(str::to_owned).collect(),
        status,
        problem,
        created_at: connection.created_at.into(),
        issued_at: issued_at.into(),
        generation: connection.generation,
        integrations: integrations
            .map(|integration| IntegrationRef { id: integration.id.to_string(), name: integration.name })
            .collect(),
    }
}

impl From<ConnectionStatus> for ConnectionStatusBody {
    fn from(status: ConnectionStatus) -> Self {
        match status {
            ConnectionStatus::Connected => Self::Connected,
            ConnectionStatus::NeedsAttention => Self::NeedsAttention,
            ConnectionStatus::NeedsReconnect | ConnectionStatus::Revoked => Self::NeedsReconnect,
        }
    }
}
