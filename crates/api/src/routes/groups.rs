//! Groups: who works together, what is switched on for them, and their Connections.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use engine::group_version;
use model::{GroupId, IntegrationId, UserId};
use serde::{Deserialize, Serialize};
use store::groups;
use store::shares::{list_owner_groups, list_shares};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::{Admin, Viewer};
use crate::person;
use crate::precondition::{Seen, etag};
use crate::request::{JsonBody, UrlPath};

/// The routes of groups.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_groups, create_group))
        .routes(routes!(update_group, delete_group))
        .routes(routes!(put_group_members))
        .routes(routes!(put_connected_groups))
}

/// A group of members.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupBody {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Since when its integrations with Salesforce may be connected; null where an administrator has not switched that on.
    #[schema(required)]
    pub salesforce_on_at: Option<Instant>,
    /// Whether you are in it.
    pub is_mine: bool,
    /// Who is in it, by the ids of members.
    pub members: Vec<String>,
    /// The groups that it is connected with, by their ids. Either of two may connect them.
    pub connected: Vec<String>,
    /// The integrations that it owns, by their ids, as far as you may see them.
    pub integrations: Vec<String>,
    /// The integrations that other groups share with it, by their ids, as far as you may see them.
    pub received: Vec<String>,
    /// When it was made.
    pub created_at: Instant,
    /// The version, as in `ETag`: send it back as `If-Match`, so that nobody's change is undone unseen.
    pub version: String,
}

/// A group to make. You are its first member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGroup {
    /// Its name.
    pub name: String,
}

/// What changes about a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupChange {
    /// Its new name. Left out, it stays.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether its integrations with Salesforce may be connected. Left out, it stays.
    #[serde(default)]
    pub salesforce_on: Option<bool>,
}

/// Who is in a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupMembers {
    /// The ids of members, in place of those that are in it.
    #[schema(value_type = Vec<String>)]
    pub members: Vec<UserId>,
}

/// The groups that one is connected with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectedGroups {
    /// The ids of groups, in place of those it is connected with.
    #[schema(value_type = Vec<String>)]
    pub groups: Vec<GroupId>,
}

/// Lists the groups of the workspace.
#[utoipa::path(get, path = "/groups", operation_id = "list_groups", tag = "groups",
    responses((status = 200, body = Page<GroupBody>)))]
async fn list_groups(State(app): State<AppState>, viewer: Viewer) -> Result<Json<Page<GroupBody>>, ApiError> {
    Ok(Json(Page::whole(group_bodies(&app, viewer.reader()).await?)))
}

/// Makes a group.
#[utoipa::path(post, path = "/groups", operation_id = "create_group", tag = "groups",
    request_body = NewGroup, responses((status = 201, body = GroupBody)))]
async fn create_group(
    State(app): State<AppState>,
    admin: Admin,
    JsonBody(new): JsonBody<NewGroup>,
) -> Result<(StatusCode, Json<GroupBody>), ApiError> {
    let name = person::check_name(&new.name)?;
    let id = app.engine().create_group(admin.reader(), name).await?.ok_or_else(taken)?;
    Ok((StatusCode::CREATED, Json(group_body(&app, admin.reader(), id).await?)))
}

/// Renames a group, or switches Salesforce on or off for it.
#[utoipa::path(patch, path = "/groups/{id}", operation_id = "update_group", tag = "groups",
    params(("id" = String, Path, description = "The group")),
    request_body = GroupChange, responses((status = 200, body = GroupBody)))]
async fn update_group(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<GroupId>,
    Seen(seen): Seen,
    JsonBody(change): JsonBody<GroupChange>,
) -> Result<impl IntoResponse, ApiError> {
    let name = change.name.as_deref().map(person::check_name).transpose()?;
    let change = engine::GroupChange { name, salesforce_on: change.salesforce_on };
    if !app.engine().change_group(admin.reader(), id, change, &seen).await? {
        return Err(taken());
    }
    changed(&app, admin.reader(), id).await
}

/// Deletes a group, and ends what was shared with it. One that owns integrations is not deleted.
#[utoipa::path(delete, path = "/groups/{id}", operation_id = "delete_group", tag = "groups",
    params(("id" = String, Path, description = "The group")),
    responses((status = 204)))]
async fn delete_group(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<GroupId>,
    Seen(seen): Seen,
) -> Result<StatusCode, ApiError> {
    app.engine().delete_group(admin.reader(), id, &seen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says who is in a group.
#[utoipa::path(put, path = "/groups/{id}/members", operation_id = "put_group_members", tag = "groups",
    params(("id" = String, Path, description = "The group")),
    request_body = GroupMembers, responses((status = 200, body = GroupBody)))]
async fn put_group_members(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<GroupId>,
    Seen(seen): Seen,
    JsonBody(change): JsonBody<GroupMembers>,
) -> Result<impl IntoResponse, ApiError> {
    if !app.engine().put_group_members(admin.reader(), id, &change.members, &seen).await? {
        return Err(ApiError::not_found("member"));
    }
    changed(&app, admin.reader(), id).await
}

/// Says which groups a group is connected with. What it shared with others, or they with it, is shared no longer.
#[utoipa::path(put, path = "/groups/{id}/connected-groups", operation_id = "put_connected_groups", tag = "groups",
    params(("id" = String, Path, description = "The group")),
    request_body = ConnectedGroups, responses((status = 200, body = GroupBody)))]
async fn put_connected_groups(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<GroupId>,
    Seen(seen): Seen,
    JsonBody(change): JsonBody<ConnectedGroups>,
) -> Result<impl IntoResponse, ApiError> {
    app.engine().connect_groups(admin.reader(), id, &change.groups, &seen).await?;
    changed(&app, admin.reader(), id).await
}

/// A group that was just changed, with its version.
async fn changed(
    app: &AppState,
    reader: &store::Reader,
    id: GroupId,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let body = group_body(app, reader, id).await?;
    Ok((etag(&body.version), Json(body)))
}

fn unknown_group() -> ApiError {
    ApiError::not_found("group")
}

fn taken() -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "group.exists", "Another group of this workspace has this name.")
}

async fn group_body(app: &AppState, reader: &store::Reader, id: GroupId) -> Result<GroupBody, ApiError> {
    let id = id.to_string();
    let bodies = group_bodies(app, reader).await?;
    bodies.into_iter().find(|group| group.id == id).ok_or_else(unknown_group)
}

async fn group_bodies(app: &AppState, reader: &store::Reader) -> Result<Vec<GroupBody>, ApiError> {
    let store = app.store();
    let members = groups::list_group_members(store, reader).await?;
    let connected = groups::list_group_connections(store, reader).await?;
    let owners = list_owner_groups(store, reader).await?;
    let shares = list_shares(store, reader).await?;
    let bodies = groups::list_groups(store, reader).await?.into_iter().map(|group| {
        let in_it = members.iter().filter(|(id, _)| *id == group.id).map(|(_, user)| *user);
        let in_it: Vec<UserId> = in_it.collect();
        let others = connected.iter().filter_map(|(one, other)| match group.id {
            id if id == *one => Some(*other),
            id if id == *other => Some(*one),
            _ => None,
        });
        let others: Vec<GroupId> = others.collect();
        let of_group = |pairs: &[(IntegrationId, GroupId)]| -> Vec<String> {
            pairs.iter().filter(|(_, id)| *id == group.id).map(|(id, _)| id.to_string()).collect()
        };
        GroupBody {
            id: group.id.to_string(),
            name: group.name.clone(),
            salesforce_on_at: group.salesforce_on_at.map(Instant::from),
            is_mine: in_it.contains(&reader.user_id()),
            members: in_it.iter().map(ToString::to_string).collect(),
            connected: others.iter().map(ToString::to_string).collect(),
            integrations: of_group(&owners),
            received: of_group(&shares),
            created_at: group.created_at.into(),
            version: group_version(&group, &in_it, &others),
        }
    });
    Ok(bodies.collect())
}
