//! Members of a workspace.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use engine::member_version;
use model::{Member, Role, UserId};
use serde::{Deserialize, Serialize};
use store::members;
use store::one_time_links::{LinkKind, delete_links_of};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::one_time_link::create_link;
use crate::page::Page;
use crate::permission::{Owner, Viewer};
use crate::person;
use crate::precondition::{Seen, etag};
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
pub(crate) struct MemberBody {
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
    /// The version, as in `ETag`: send it back as `If-Match`, so that nobody's change is undone unseen.
    pub version: String,
}

/// A role.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoleBody {
    /// Looks at everything that their groups have access to.
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
pub(crate) struct NewMember {
    /// The address they will sign in with.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: RoleBody,
}

/// A member who was just invited, and the link to hand them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitedMember {
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
pub(crate) struct MemberChange {
    /// Their new name.
    #[serde(default)]
    pub name: Option<String>,
    /// Their new role.
    #[serde(default)]
    pub role: Option<RoleBody>,
}

/// A link that signs somebody in once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInLink {
    /// The link. Shown once.
    pub link: String,
    /// When it ends.
    pub expires_at: Instant,
}

/// Lists the members.
#[utoipa::path(get, path = "/members", operation_id = "list_members", tag = "members",
    responses((status = 200, body = Page<MemberBody>)))]
async fn list_members(
    State(app): State<AppState>,
    viewer: Viewer,
) -> Result<Json<Page<MemberBody>>, ApiError> {
    let members = members::list_members(app.store(), viewer.reader()).await?;
    Ok(Json(Page::whole(members.into_iter().map(MemberBody::from).collect())))
}

/// Invites somebody, or invites somebody again who has not come yet: the link they had ends then.
///
/// Of a new invitation the name and the role hold.
#[utoipa::path(post, path = "/members", operation_id = "create_member", tag = "members",
    request_body = NewMember, responses((status = 201, body = InvitedMember)))]
async fn create_member(
    State(app): State<AppState>,
    owner: Owner,
    JsonBody(new): JsonBody<NewMember>,
) -> Result<(StatusCode, Json<InvitedMember>), ApiError> {
    let member = Member {
        id: UserId::new(app.clock(), app.random()),
        workspace_id: owner.reader().workspace_id(),
        email: person::check_email(&new.email)?,
        name: person::check_name(&new.name)?,
        role: new.role.into(),
        signed_in_at: None,
        created_at: app.now(),
    };
    let mut tx = app.store().begin().await?;
    let member = if members::create_member(&mut tx, &member).await? {
        member
    } else {
        let renewed = members::renew_invited_member(&mut tx, owner.reader(), &member, app.now()).await?;
        let renewed = renewed.ok_or_else(|| {
            let text = "Somebody with this email address is a member already.";
            ApiError::new(StatusCode::CONFLICT, "member.exists", text)
        })?;
        delete_links_of(&mut tx, renewed.id).await?;
        renewed
    };
    let link = create_link(&app, &mut tx, LinkKind::Welcome, Some(member.id)).await?;
    tx.commit().await?;
    let expires_at = link.expires_at.into();
    Ok((StatusCode::CREATED, Json(InvitedMember { member: member.into(), link: link.url, expires_at })))
}

/// Changes a member's name or role.
#[utoipa::path(patch, path = "/members/{user_id}", operation_id = "update_member", tag = "members",
    params(("user_id" = String, Path, description = "The member")),
    request_body = MemberChange, responses((status = 200, body = MemberBody)))]
async fn update_member(
    State(app): State<AppState>,
    owner: Owner,
    UrlPath(user_id): UrlPath<UserId>,
    Seen(seen): Seen,
    JsonBody(change): JsonBody<MemberChange>,
) -> Result<impl IntoResponse, ApiError> {
    let reader = owner.reader();
    let begun = app.engine().begin_member_change(reader, user_id, &seen).await?;
    let (mut tx, mut member) = begun.ok_or_else(unknown_member)?;
    if let Some(name) = &change.name {
        member.name = person::check_name(name)?;
    }
    if let Some(role) = change.role {
        member.role = role.into();
    }
    if !members::update_member(&mut tx, reader, &member, app.now()).await? {
        return Err(last_owner());
    }
    tx.commit().await?;
    let body = MemberBody::from(member);
    Ok((etag(&body.version), Json(body)))
}

/// Removes a member, ends their sessions and keys, and gives their own access to Salesforce back. The last owner stays.
#[utoipa::path(delete, path = "/members/{user_id}", operation_id = "delete_member", tag = "members",
    params(("user_id" = String, Path, description = "The member")),
    responses((status = 204)))]
async fn delete_member(
    State(app): State<AppState>,
    owner: Owner,
    UrlPath(user_id): UrlPath<UserId>,
    Seen(seen): Seen,
) -> Result<StatusCode, ApiError> {
    let begun = app.engine().begin_member_change(owner.reader(), user_id, &seen).await?;
    let (mut tx, _) = begun.ok_or_else(unknown_member)?;
    app.engine().end_personal_of(owner.reader(), &mut tx, user_id).await?;
    if !members::delete_member(&mut tx, owner.reader(), user_id).await? {
        return Err(last_owner());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a link that signs a member in once, for somebody who forgot their password.
#[utoipa::path(post, path = "/members/{user_id}/sign-in-link", operation_id = "create_sign_in_link", tag = "members",
    params(("user_id" = String, Path, description = "The member")),
    responses((status = 201, body = SignInLink)))]
async fn create_sign_in_link(
    State(app): State<AppState>,
    owner: Owner,
    UrlPath(user_id): UrlPath<UserId>,
) -> Result<(StatusCode, Json<SignInLink>), ApiError> {
    members::find_member(app.store(), owner.reader(), user_id).await?.ok_or_else(unknown_member)?;
    let mut tx = app.store().begin().await?;
    let link = create_link(&app, &mut tx, LinkKind::SignIn, Some(user_id)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(SignInLink { link: link.url, expires_at: link.expires_at.into() })))
}

fn unknown_member() -> ApiError {
    ApiError::not_found("member")
}

fn last_owner() -> ApiError {
    let text = "A workspace keeps one owner at least. Make somebody else an owner first.";
    ApiError::new(StatusCode::CONFLICT, "member.last_owner", text)
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        Self {
            version: member_version(&member),
            id: member.id.to_string(),
            email: member.email,
            name: member.name,
            role: member.role.into(),
            created_at: member.created_at.into(),
            signed_in_at: member.signed_in_at.map(Instant::from),
        }
    }
}

impl From<Role> for RoleBody {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Operator => Self::Operator,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
        }
    }
}

impl From<RoleBody> for Role {
    fn from(role: RoleBody) -> Self {
        match role {
            RoleBody::Viewer => Self::Viewer,
            RoleBody::Operator => Self::Operator,
            RoleBody::Admin => Self::Admin,
            RoleBody::Owner => Self::Owner,
        }
    }
}
