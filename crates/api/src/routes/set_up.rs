//! The end of setting up an integration, and who shall have access as long as that is not saved.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use engine::{Precondition, SetUp, draft_version};
use model::{ChosenSharing, Draft, GroupId, IntegrationId, Sharing};
use serde::{Deserialize, Serialize};
use store::Reader;
use store::drafts::find_draft;
use store::members::find_member;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::field_mappings::{NewFieldMappingBody, new_mappings};
use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{check_integration, look_up, unknown_integration};
use crate::permission::Admin;
use crate::precondition::{Seen, etag};
use crate::request::{JsonBody, UrlPath};
use crate::routes::integrations::IntegrationBody;

/// The routes of the end of setting up.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(finish_set_up)).routes(routes!(
        find_shares_draft,
        put_shares_draft,
        delete_shares_draft
    ))
}

/// What was chosen, all of which is saved or none of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUpEnd {
    /// The field mappings, in place of those there are; those stay where it is left out.
    #[serde(default)]
    pub mappings: Option<Vec<NewFieldMappingBody>>,
    /// The `ETag` of the field mappings that were seen, without its quotes.
    #[serde(default)]
    pub mappings_seen: Option<String>,
    /// The `ETag` of the draft of field mappings that was seen, without its quotes.
    #[serde(default)]
    pub draft_seen: Option<String>,
    /// Who has access from now on; who has it keeps it where it is left out.
    #[serde(default)]
    pub shares: Option<SharesChoice>,
}

/// Who shall have access, and what it was chosen on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharesChoice {
    /// The group that owns it; null for the whole workspace.
    #[schema(required, value_type = Option<String>)]
    pub group_id: Option<GroupId>,
    /// The other groups that have access, by their ids.
    #[schema(value_type = Vec<String>)]
    pub groups: Vec<GroupId>,
    /// The `ETag` of the shares that were seen, without its quotes.
    pub seen: String,
}

/// Who shall have access as somebody has chosen it. Nobody gains or loses access by it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharesDraft {
    /// What was chosen; null where there is no draft.
    #[schema(required)]
    pub choice: Option<SharesChoiceBody>,
    /// When it was changed last.
    #[schema(required)]
    pub updated_at: Option<Instant>,
    /// The name of who changed it last.
    #[schema(required)]
    pub updated_by: Option<String>,
}

/// Who shall have access, and what it was chosen on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharesChoiceBody {
    /// The group that shall own it; null for the whole workspace.
    #[schema(required)]
    pub group_id: Option<String>,
    /// The other groups that shall have access, by their ids.
    pub groups: Vec<String>,
    /// The version of the shares that it was chosen on.
    pub seen: String,
}

/// Saves what was chosen while setting up in one step, which starts the first sync. Where any of it is refused, nothing is
/// saved and nobody gains access.
#[utoipa::path(post, path = "/integrations/{id}/set-up", operation_id = "finish_set_up", tag = "integrations",
    params(("id" = String, Path, description = "The integration")),
    request_body = SetUpEnd, responses((status = 200, body = IntegrationBody)))]
async fn finish_set_up(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    JsonBody(end): JsonBody<SetUpEnd>,
) -> Result<Json<IntegrationBody>, ApiError> {
    let mappings = end.mappings.map(new_mappings).transpose()?;
    let set_up = SetUp {
        mappings: mappings.map(|mappings| (mappings, version(end.mappings_seen))),
        draft_seen: version(end.draft_seen),
        sharing: end.shares.map(|shares| {
            let sharing = Sharing { group_id: shares.group_id, receivers: shares.groups };
            (sharing, Precondition::Version(shares.seen))
        }),
    };
    app.engine().finish_set_up(admin.reader(), id, set_up).await?.ok_or_else(unknown_integration)?;
    look_up(&app, admin.reader(), id).await.map(Json)
}

fn version(seen: Option<String>) -> Precondition {
    seen.map_or(Precondition::Unsaid, Precondition::Version)
}

/// Returns who shall have access to an integration, as long as that is not saved.
#[utoipa::path(get, path = "/integrations/{id}/shares/draft", operation_id = "find_shares_draft", tag = "shares",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = SharesDraft)))]
async fn find_shares_draft(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<impl IntoResponse, ApiError> {
    check_integration(&app, admin.reader(), id).await?;
    let draft = find_draft(app.store(), admin.reader(), id).await?;
    draft_answer(&app, admin.reader(), draft).await
}

/// Keeps who shall have access without saving it, until the end of setting up saves it or the draft is deleted.
#[utoipa::path(put, path = "/integrations/{id}/shares/draft", operation_id = "put_shares_draft", tag = "shares",
    params(("id" = String, Path, description = "The integration")),
    request_body = SharesChoice, responses((status = 200, body = SharesDraft)))]
async fn put_shares_draft(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    Seen(seen): Seen,
    JsonBody(choice): JsonBody<SharesChoice>,
) -> Result<impl IntoResponse, ApiError> {
    let sharing = Sharing { group_id: choice.group_id, receivers: choice.groups };
    let chosen = ChosenSharing { sharing, seen: choice.seen };
    let draft = app.engine().put_draft(admin.reader(), id, chosen, &seen).await?;
    draft_answer(&app, admin.reader(), Some(draft.ok_or_else(unknown_integration)?)).await
}

/// Throws the draft away. Who has access keeps it.
#[utoipa::path(delete, path = "/integrations/{id}/shares/draft", operation_id = "delete_shares_draft", tag = "shares",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 204)))]
async fn delete_shares_draft(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    Seen(seen): Seen,
) -> Result<StatusCode, ApiError> {
    let deleted = app.engine().delete_draft::<ChosenSharing>(admin.reader(), id, &seen).await?;
    deleted.map(|()| StatusCode::NO_CONTENT).ok_or_else(unknown_integration)
}

async fn draft_answer(
    app: &AppState,
    reader: &Reader,
    draft: Option<Draft<ChosenSharing>>,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let version = draft_version(draft.as_ref());
    let Some(draft) = draft else {
        return Ok((etag(&version), Json(SharesDraft { choice: None, updated_at: None, updated_by: None })));
    };
    let member = find_member(app.store(), reader, draft.user_id).await?;
    let choice = SharesChoiceBody {
        group_id: draft.chosen.sharing.group_id.map(|group| group.to_string()),
        groups: draft.chosen.sharing.receivers.iter().map(ToString::to_string).collect(),
        seen: draft.chosen.seen,
    };
    let body = SharesDraft {
        choice: Some(choice),
        updated_at: Some(draft.updated_at.into()),
        updated_by: member.map(|member| member.name),
    };
    Ok((etag(&version), Json(body)))
}
