//! Integrations.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use engine::{DataChoice, GrantEnd};
use model::IntegrationId;
use serde::{Deserialize, Serialize};
use store::integrations::list_integration_facts;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{check_own, integration_body, last_midnight, look_up, unknown_integration};
use crate::page::{Page, PageQuery, cut, list_of};
use crate::permission::{Admin, Operator, Viewer};
use crate::person;
use crate::precondition::{Seen, etag};
use crate::problem::ProblemBody;
use crate::request::{JsonBody, UrlPath, UrlQuery};
use crate::routes::runs::RunBody;

/// The routes of integrations.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_integrations))
        .routes(routes!(find_integration, update_integration, delete_integration))
        .routes(routes!(find_integration_deletion))
        .routes(routes!(pause_integration))
        .routes(routes!(resume_integration))
}

/// An integration and how it is doing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct IntegrationBody {
    /// Its id.
    pub id: String,
    /// Its name in SQL. It never changes.
    pub slug: String,
    /// The group that it belongs to; null where it belongs to the whole workspace.
    #[schema(required)]
    pub group: Option<GroupRef>,
    /// The other groups that have access. Whoever only received it is told of their own groups.
    pub shared_with: Vec<GroupRef>,
    /// Whether another group shared it with yours: you read it, and do not run or change it.
    pub is_received: bool,
    /// What people call it.
    pub name: String,
    /// The version of its name, as in `ETag`: send it back as `If-Match`, so that nobody's change is undone unseen.
    pub version: String,
    /// What it may write in the org.
    pub mode: IntegrationMode,
    /// How it is.
    pub status: IntegrationStatusBody,
    /// What it is doing; null where it does nothing.
    #[schema(required)]
    pub activity: Option<ActivityBody>,
    /// What is wrong.
    pub problems: Vec<ProblemBody>,
    /// The org.
    pub org: IntegrationOrg,
    /// The Salesforce user it reads as.
    pub username: String,
    /// When it was made.
    pub created_at: Instant,
    /// Up to when the copy has everything, over all its rules; null before that is known.
    #[schema(required)]
    pub complete_until: Option<Instant>,
    /// When it looks for changes next.
    #[schema(required)]
    pub next_run_at: Option<Instant>,
    /// Records in the copy.
    pub rows: u64,
    /// API calls that its runs made since midnight, UTC.
    pub calls_today: u64,
    /// How many sync rules it has.
    pub rules_count: u64,
    /// How many field mappings it has.
    pub mappings_count: u64,
    /// What it lacks before it can become active.
    pub missing: Vec<MissingPart>,
    /// The run under way.
    #[schema(required)]
    pub current_run: Option<RunBody>,
    /// The run that ended last.
    #[schema(required)]
    pub last_run: Option<RunBody>,
}

/// What an integration may write in the org.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntegrationMode {
    /// Nothing.
    ReadOnly,
    /// Links back to here.
    PushLink,
    /// Records.
    ReadWrite,
}

/// How an integration is. Of several, the first in this order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntegrationStatusBody {
    /// Salesforce no longer accepts the connection.
    NeedsReconnect,
    /// Somebody paused it.
    Paused,
    /// A rule or a mapping is missing.
    Incomplete,
    /// Something went wrong.
    NeedsAttention,
    /// It keeps the copy up to date.
    Active,
}

/// A group, by name.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(crate) struct GroupRef {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What an integration is doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum ActivityBody {
    /// A run is under way.
    Syncing {
        /// Since when.
        since: Instant,
    },
    /// The last run went well.
    UpToDate {
        /// When it ended.
        at: Instant,
    },
    /// A run is due and waits for its turn.
    Waiting,
}

/// The org of an integration.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub(crate) struct IntegrationOrg {
    /// Salesforce's id of it.
    pub organization_id: String,
    /// Its name.
    pub name: String,
    /// What kind of org it is.
    pub environment: OrgEnvironment,
    /// Where its API is.
    pub instance_url: String,
}

/// What kind of org it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrgEnvironment {
    /// The one people work in.
    Production,
    /// A sandbox.
    Sandbox,
    /// The simulated org of this server.
    Simulated,
}

/// What an integration lacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingPart {
    /// A sync rule.
    Rule,
    /// A field mapping.
    Mapping,
}

/// What changes about an integration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntegrationChange {
    /// Its new name.
    pub name: String,
}

/// What would go with an integration.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletionBody {
    /// Records in the copy.
    pub rows: u64,
    /// How many sObjects they are of.
    pub sobjects: u64,
    /// Whether the grant would be revoked in Salesforce, because nothing else uses it.
    pub revokes_grant: bool,
}

/// Whether to keep the copy.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletionQuery {
    /// What becomes of the records.
    #[param(inline)]
    pub data: DataChoiceBody,
}

/// What becomes of the records of a deleted integration.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DataChoiceBody {
    /// They stay as they are, for people who read them with SQL.
    Keep,
    /// They are removed.
    Remove,
}

/// What became of a deleted integration.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedIntegration {
    /// How many records were removed.
    pub rows_removed: u64,
    /// What became of the grant.
    pub grant: RevokedGrant,
}

/// What became of the grant.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevokedGrant {
    /// Salesforce confirmed that it is gone.
    Revoked,
    /// Salesforce has not answered yet; it is tried again.
    Pending,
    /// Another integration uses it.
    StillUsed,
}

/// Lists the integrations.
#[utoipa::path(get, path = "/integrations", operation_id = "list_integrations", tag = "integrations",
    params(PageQuery), responses((status = 200, body = Page<IntegrationBody>)))]
async fn list_integrations(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlQuery(page): UrlQuery<PageQuery>,
) -> Result<Json<Page<IntegrationBody>>, ApiError> {
    let reader = viewer.reader();
    let list = list_of("integrations", reader);
    let after = page.after.as_deref().map(|after| app.page_key().open(&list, after)).transpose()?;
    let midnight = last_midnight(&app);
    let facts = list_integration_facts(app.store(), reader, after, page.limit() + 1, midnight).await?;
    let (facts, next) = cut(facts, page.limit(), |last| app.page_key().seal(&list, &last.integration.id));
    let mut items = Vec::with_capacity(facts.len());
    for facts in facts {
        items.push(integration_body(&app, reader, facts).await?);
    }
    Ok(Json(Page { items, next }))
}

/// Returns an integration.
#[utoipa::path(get, path = "/integrations/{id}", operation_id = "find_integration", tag = "integrations",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = IntegrationBody)))]
async fn find_integration(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<impl IntoResponse, ApiError> {
    let body = look_up(&app, viewer.reader(), id).await?;
    Ok((etag(&body.version), Json(body)))
}

/// Renames an integration. Its slug stays.
#[utoipa::path(patch, path = "/integrations/{id}", operation_id = "update_integration", tag = "integrations",
    params(("id" = String, Path, description = "The integration")),
    request_body = IntegrationChange, responses((status = 200, body = IntegrationBody)))]
async fn update_integration(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    Seen(seen): Seen,
    JsonBody(change): JsonBody<IntegrationChange>,
) -> Result<impl IntoResponse, ApiError> {
    let name = person::check_name(&change.name)?;
    let renamed = app.engine().rename(admin.reader(), id, &name, &seen).await?;
    renamed.ok_or_else(unknown_integration)?;
    let body = look_up(&app, admin.reader(), id).await?;
    Ok((etag(&body.version), Json(body)))
}

/// Tells what would go with an integration.
#[utoipa::path(get, path = "/integrations/{id}/deletion", operation_id = "find_integration_deletion", tag = "integrations",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = DeletionBody)))]
async fn find_integration_deletion(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<DeletionBody>, ApiError> {
    let deletion = app.engine().deletion_of(admin.reader(), id).await?.ok_or_else(unknown_integration)?;
    Ok(Json(DeletionBody {
        rows: deletion.rows,
        sobjects: deletion.sobjects,
        revokes_grant: deletion.revokes_grant,
    }))
}

/// Deletes an integration, and revokes its grant where nothing else uses it. With `If-Match`, only under the name that was
/// seen.
#[utoipa::path(delete, path = "/integrations/{id}", operation_id = "delete_integration", tag = "integrations",
    params(("id" = String, Path, description = "The integration"), DeletionQuery),
    responses((status = 200, body = DeletedIntegration)))]
async fn delete_integration(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    Seen(seen): Seen,
    UrlQuery(query): UrlQuery<DeletionQuery>,
) -> Result<Json<DeletedIntegration>, ApiError> {
    let data = match query.data {
        DataChoiceBody::Keep => DataChoice::Keep,
        DataChoiceBody::Remove => DataChoice::Remove,
    };
    let deleted = app.engine().delete_integration(admin.reader(), id, data, &seen).await?;
    let deleted = deleted.ok_or_else(unknown_integration)?;
    let grant = match deleted.grant {
        GrantEnd::Revoked => RevokedGrant::Revoked,
        GrantEnd::Pending => RevokedGrant::Pending,
        GrantEnd::StillUsed => RevokedGrant::StillUsed,
    };
    Ok(Json(DeletedIntegration { rows_removed: deleted.rows_removed, grant }))
}

/// Pauses an integration. A run under way is stopped, and goes on from there later.
#[utoipa::path(post, path = "/integrations/{id}/pause", operation_id = "pause_integration", tag = "integrations",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = IntegrationBody)))]
async fn pause_integration(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<IntegrationBody>, ApiError> {
    check_own(&app, operator.reader(), id).await?;
    app.engine().pause(operator.reader(), id).await?.ok_or_else(unknown_integration)?;
    look_up(&app, operator.reader(), id).await.map(Json)
}

/// Resumes an integration.
#[utoipa::path(post, path = "/integrations/{id}/resume", operation_id = "resume_integration", tag = "integrations",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = IntegrationBody)))]
async fn resume_integration(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<IntegrationBody>, ApiError> {
    check_own(&app, operator.reader(), id).await?;
    app.engine().resume(operator.reader(), id).await?.ok_or_else(unknown_integration)?;
    look_up(&app, operator.reader(), id).await.map(Json)
}
