//! Members of a workspace.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::UserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::{Owner, Viewer};
use crate::request::{JsonBody, UrlPath};

/// The routes of members.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_members, create_member))
        .routes(routes!(update_member, delete_member))
        .routes(routes!(create_sign_in_link))
}

/// A person in the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberBody {
    /// Their id.
    pub id: String,
    /// The address they sign in with.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: RoleBody,
    /// When they were invited.
    pub created_at: Instant,
    /// When they last signed in.
    #[schema(required)]
    pub signed_in_at: Option<Instant>,
}

/// A role.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleBody {
    /// Looks at everything.
    Viewer,
    /// Also runs, pauses and resumes.
    Operator,
    /// Also connects orgs and changes integrations.
    Admin,
    /// Also decides who is a member.
    Owner,
}

/// A person to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// The address they will sign in with.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: RoleBody,
}

/// A member who was just invited, and the link to hand them.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitedMember {
    /// The member.
    pub member: MemberBody,
    /// Where they choose a password. Shown once.
    pub link: String,
    /// When the link ends.
    pub expires_at: Instant,
}

/// What changes about a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// Their new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Their new role.
    #[serde(default)]
    pub role: Option<RoleBody>,
}

/// A link that signs somebody in once.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInLink {
    /// The link. Shown once.
    pub link: String,
    /// When it ends.
    pub expires_at: Instant,
}

/// Lists the members.
#[utoipa::path(get, path = "/members", operation_id = "list_members", tag = "members",
    responses((status = 200, body = Page<MemberBody>)))]
async fn list_members(State(app): State<AppState>, viewer: Viewer) -> Result<Json<Page<MemberBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Invites somebody.
#[utoipa::path(post, path = "/members", operation_id = "create_member", tag = "members",
    request_body = NewMember, responses((status = 201, body = InvitedMember)))]
async fn create_member(State(app): State<AppState>, owner: Owner, JsonBody(new): JsonBody<NewMember>)
    -> Result<(StatusCode, Json<InvitedMember>), ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Changes a member's name or role.
#[utoipa::path(patch, path = "/members/{user_id}", operation_id = "update_member", tag = "members",
    params(("user_id" = String, Path, description = "The member")),
    request_body = MemberChange, responses((status = 200, body = MemberBody)))]
async fn update_member(State(app): State<AppState>, owner: Owner, UrlPath(user_id): UrlPath<UserId>, JsonBody(change): JsonBody<MemberChange>)
    -> Result<Json<MemberBody>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Removes a member, and ends their sessions and keys. The last owner stays.
#[utoipa::path(delete, path = "/members/{user_id}", operation_id = "delete_member", tag = "members",
    params(("user_id" = String, Path, description = "The member")),
    responses((status = 204)))]
async fn delete_member(State(app): State<AppState>, owner: Owner, UrlPath(user_id): UrlPath<UserId>) -> Result<StatusCode, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Makes a link that signs a member in once, for somebody who forgot their password.
#[utoipa::path(post, path = "/members/{user_id}/sign-in-link", operation_id = "create_sign_in_link", tag = "members",
    params(("user_id" = String, Path, description = "The member")),
    responses((status = 201, body = SignInLink)))]
async fn create_sign_in_link(State(app): State<AppState>, owner: Owner, UrlPath(user_id): UrlPath<UserId>)
    -> Result<(StatusCode, Json<SignInLink>), ApiError> {
    Err(ApiError::not_found("thing"))
}
