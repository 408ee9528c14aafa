//! Personal connections: a member's own access to an org, beside the one that it is synced by.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use engine::{GrantEnd, MOST_APPROVALS, NewPersonal};
use model::{Connection, ConnectionId, ConnectionKind, OrgId};
use serde::{Deserialize, Serialize};
use store::Reader;
use store::connections::list_connection_facts;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::Operator;
use crate::problem::ProblemBody;
use crate::request::{JsonBody, UrlPath};
use crate::routes::connect_flows::{StartedConnectFlow, needs_browser, started_response};
use crate::routes::connections::{ConnectionOrg, ConnectionStatusBody, problem_of};

/// The routes of personal connections.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_personal_connections, start_personal_connection))
        .routes(routes!(delete_personal_connection))
}

/// An org that the workspace has connected, and whether the member has access of their own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonalOrgBody {
    /// The org.
    pub org: ConnectionOrg,
    /// The member's own connection; null where there is none.
    #[schema(required)]
    pub connection: Option<PersonalConnectionBody>,
}

/// A member's own connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonalConnectionBody {
    /// Its id.
    pub id: String,
    /// The Salesforce user.
    pub username: String,
    /// Whether Salesforce accepts it.
    pub status: ConnectionStatusBody,
    /// Why it does not.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
    /// Since when it is there.
    pub created_at: Instant,
    /// How many of the approvals that Salesforce keeps for this user and app are known here to be taken.
    pub approvals_used: u64,
    /// How many there are: the sixth ends the first.
    pub approvals_most: u64,
}

/// Access of one's own to ask for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPersonalConnection {
    /// Our id of the org.
    pub org_id: String,
    /// That somebody signs in whose five approvals are not used up, where `limit.approvals` stopped this before.
    #[serde(default)]
    pub another_user: bool,
}

/// What became of a grant that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndedGrant {
    /// Whether Salesforce confirmed that it has ended. Where not, it is asked again until it does.
    pub confirmed: bool,
}

/// Lists the connected orgs of integrations that you may read, and your own access to each. An org that you have access of
/// your own to is listed while you have it.
#[utoipa::path(get, path = "/personal-connections", operation_id = "list_personal_connections", tag = "connections",
    responses((status = 200, body = Page<PersonalOrgBody>)))]
async fn list_personal_connections(
    State(app): State<AppState>,
    operator: Operator,
) -> Result<Json<Page<PersonalOrgBody>>, ApiError> {
    let reader = operator.reader();
    let facts = list_connection_facts(app.store(), reader).await?;
    let is_own = |connection: &Connection| connection.owner_id == Some(reader.user_id());
    let mut listed = BTreeSet::new();
    let mut bodies = Vec::new();
    let services = facts.iter().filter(|known| known.connection.kind == ConnectionKind::Service);
    let own = facts.iter().filter(|known| is_own(&known.connection));
    for service in services.chain(own) {
        if !listed.insert(service.org.id) {
            continue;
        }
        let mut known = facts.iter().map(|known| &known.connection);
        let own = known.find(|connection| is_own(connection) && connection.org_id == service.org.id);
        let connection = match own {
            Some(own) => Some(body_of(&app, reader, own).await?),
            None => None,
        };
        let org = ConnectionOrg {
            id: service.org.id.to_string(),
            organization_id: service.org.organization_id.to_string(),
            name: service.org.name.clone(),
            instance_url: service.connection.instance_url.clone(),
        };
        bodies.push(PersonalOrgBody { org, connection });
    }
    Ok(Json(Page::whole(bodies)))
}

/// Begins a walk through Salesforce's consent page for access of one's own. What there was is replaced.
#[utoipa::path(post, path = "/personal-connections", operation_id = "start_personal_connection", tag = "connections",
    request_body = NewPersonalConnection, responses((status = 201, body = StartedConnectFlow)))]
async fn start_personal_connection(
    State(app): State<AppState>,
    operator: Operator,
    headers: HeaderMap,
    JsonBody(new): JsonBody<NewPersonalConnection>,
) -> Result<Response, ApiError> {
    let session = operator.session().ok_or_else(needs_browser)?.id;
    let org_id: OrgId = new.org_id.parse().map_err(|_| ApiError::not_found("org"))?;
    let request = NewPersonal { org_id, session, is_another_user: new.another_user };
    let started = app.engine().start_personal(operator.reader(), request).await?;
    let started = started.ok_or_else(|| ApiError::not_found("org"))?;
    started_response(&app, operator.reader(), &headers, started).await
}

/// Ends one's own access, and gives it back to Salesforce.
#[utoipa::path(delete, path = "/personal-connections/{id}", operation_id = "delete_personal_connection", tag = "connections",
    params(("id" = String, Path, description = "The connection")),
    responses((status = 200, body = EndedGrant)))]
async fn delete_personal_connection(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath(id): UrlPath<ConnectionId>,
) -> Result<(StatusCode, Json<EndedGrant>), ApiError> {
    let ended = app.engine().end_personal(operator.reader(), id).await?;
    let ended = ended.ok_or_else(|| ApiError::not_found("connection"))?;
    Ok((StatusCode::OK, Json(EndedGrant { confirmed: ended == GrantEnd::Revoked })))
}

async fn body_of(
    app: &AppState,
    reader: &Reader,
    connection: &Connection,
) -> Result<PersonalConnectionBody, ApiError> {
    Ok(PersonalConnectionBody {
        approvals_used: app.engine().count_approvals_like(reader, connection).await?,
        approvals_most: MOST_APPROVALS,
        id: connection.id.to_string(),
        problem: problem_of(app, connection),
        username: connection.username.clone(),
        status: connection.status.into(),
        created_at: connection.created_at.into(),
    })
}
