//! Connections: the grants of Salesforce users. Tokens are never shown.

use axum::Json;
use axum::extract::State;
use model::{ConnectionId, ConnectionStatus, Problem};
use serde::Serialize;
use store::connections::{ConnectionFacts, list_connection_facts};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::Admin;
use crate::problem::ProblemBody;
use crate::request::UrlPath;
use crate::routes::connect_flows::IntegrationRef;

/// The routes of connections.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_connections)).routes(routes!(find_connection))
}

/// One Salesforce user's grant for one org.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionBody {
    /// Its id.
    pub id: String,
    /// The org.
    pub org: ConnectionOrg,
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
    /// When the tokens were issued.
    pub issued_at: Instant,
    /// How often they were renewed.
    pub generation: u64,
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
    /// Somebody has to connect again.
    NeedsReconnect,
}

/// Lists the connections.
#[utoipa::path(get, path = "/connections", operation_id = "list_connections", tag = "connections",
    responses((status = 200, body = Page<ConnectionBody>)))]
async fn list_connections(
    State(app): State<AppState>,
    admin: Admin,
) -> Result<Json<Page<ConnectionBody>>, ApiError> {
    let facts = list_connection_facts(app.store(), admin.reader()).await?;
    Ok(Json(Page::whole(facts.into_iter().map(ConnectionBody::from).collect())))
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
    let facts = list_connection_facts(app.store(), admin.reader()).await?;
    let known = facts.into_iter().find(|known| known.connection.id == id);
    Ok(Json(known.ok_or_else(|| ApiError::not_found("connection"))?.into()))
}

impl From<ConnectionFacts> for ConnectionBody {
    fn from(facts: ConnectionFacts) -> Self {
        let ConnectionFacts { connection, org, issued_at, integrations } = facts;
        let status = match connection.status {
            ConnectionStatus::Connected => ConnectionStatusBody::Connected,
            _ => ConnectionStatusBody::NeedsReconnect,
        };
        let is_refused = status == ConnectionStatusBody::NeedsReconnect;
        let code = connection.status_code.unwrap_or_else(|| "token.revoked".to_owned());
        let integrations = integrations.into_iter();
        Self {
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
            problem: is_refused.then(|| {
                let text = "Salesforce no longer accepts this connection. Connect the org again.".to_owned();
                ProblemBody::from(Problem { code, text })
            }),
            issued_at: issued_at.into(),
            generation: connection.generation,
            integrations: integrations
                .map(|integration| IntegrationRef { id: integration.id.to_string(), name: integration.name })
                .collect(),
        }
    }
}
