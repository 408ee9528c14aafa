//! Shares: whose an integration is, and which groups have access.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use engine::sharing_version;
use model::{GroupId, IntegrationId, Sharing};
use serde::{Deserialize, Serialize};
use store::Reader;
use store::shares::{find_sharing, list_reading_groups};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{check_integration, unknown_integration};
use crate::permission::{Admin, Operator, Viewer};
use crate::precondition::{Seen, etag};
use crate::request::{JsonBody, UrlPath};
use crate::routes::integrations::GroupRef;

/// The routes of shares.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(find_shares, put_shares)).routes(routes!(delete_share))
}

/// Whose an integration is, and which groups have access.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharesBody {
    /// The group that owns it; null where it belongs to the whole workspace, and everybody there has access.
    #[schema(required)]
    pub group: Option<GroupRef>,
    /// The other groups that have access. Whoever only received it is told of their own groups.
    pub groups: Vec<ShareBody>,
    /// The version, as in `ETag`: send it back as `If-Match`, so that nobody's change is undone unseen.
    pub version: String,
}

/// A group with access.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareBody {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Since when.
    pub shared_at: Instant,
}

/// Who has access to an integration from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharesChange {
    /// The group that owns it; null for the whole workspace.
    #[schema(required, value_type = Option<String>)]
    pub group_id: Option<GroupId>,
    /// The other groups that have access, by their ids, in place of those that had. Each is connected with the owner.
    #[schema(value_type = Vec<String>)]
    pub groups: Vec<GroupId>,
}

/// Tells whose an integration is, and which groups have access.
#[utoipa::path(get, path = "/integrations/{id}/shares", operation_id = "find_shares", tag = "shares",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = SharesBody)))]
async fn find_shares(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<impl IntoResponse, ApiError> {
    shares_of(&app, viewer.reader(), id).await
}

/// Gives an integration to a group for which Salesforce is switched on, or to the whole workspace, and shares it with
/// groups that are connected with the owner. They have access at once; those that are left out have none any more.
#[utoipa::path(put, path = "/integrations/{id}/shares", operation_id = "put_shares", tag = "shares",
    params(("id" = String, Path, description = "The integration")),
    request_body = SharesChange, responses((status = 200, body = SharesBody)))]
async fn put_shares(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    Seen(seen): Seen,
    JsonBody(wanted): JsonBody<SharesChange>,
) -> Result<impl IntoResponse, ApiError> {
    let sharing = Sharing { group_id: wanted.group_id, receivers: wanted.groups };
    app.engine().share(admin.reader(), id, sharing, &seen).await?.ok_or_else(unknown_integration)?;
    shares_of(&app, admin.reader(), id).await
}

/// Disconnects an integration for a group that it is shared with. Its members may do so, and whoever manages integrations;
/// the group has no access any more at once, and the timeline of the integration tells its owner.
#[utoipa::path(delete, path = "/integrations/{id}/shares/{group_id}", operation_id = "delete_share", tag = "shares",
    params(("id" = String, Path, description = "The integration"), ("group_id" = String, Path, description = "The group that received it")),
    responses((status = 204)))]
async fn delete_share(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath((id, group)): UrlPath<(IntegrationId, GroupId)>,
) -> Result<StatusCode, ApiError> {
    check_integration(&app, operator.reader(), id).await?;
    let ended = app.engine().disconnect_share(operator.reader(), id, group).await?;
    ended.map(|()| StatusCode::NO_CONTENT).ok_or_else(|| ApiError::not_found("share"))
}

async fn shares_of(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let sharing = find_sharing(app.store(), reader, id).await?.ok_or_else(unknown_integration)?;
    let version = sharing_version(&sharing);
    let mut body = SharesBody { group: None, groups: Vec::new(), version: version.clone() };
    for known in list_reading_groups(app.store(), reader, id).await? {
        match known.shared_at {
            None => body.group = Some(known.group.into()),
            Some(shared_at) => body.groups.push(ShareBody {
                id: known.group.id.to_string(),
                name: known.group.name,
                shared_at: shared_at.into(),
            }),
        }
    }
    Ok((etag(&version), Json(body)))
}
