//! API keys: how programs sign in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ApiKey, ApiKeyId, Member, Role};
use serde::{Deserialize, Serialize};
use store::{TokenHash, api_keys, members};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::Viewer;
use crate::person;
use crate::request::{JsonBody, UrlPath};
use crate::routes::members::RoleBody;
use crate::token::{KEY_PREFIX, new_token};

/// So much of a token is kept and shown: the prefix and 4 of 43 characters.
const SHOWN_OF_TOKEN: usize = 8;

/// The routes of API keys.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_api_keys, create_api_key)).routes(routes!(delete_api_key))
}

/// A key for programs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKeyBody {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do at most; never more than who made it may.
    pub role: RoleBody,
    /// How its token begins.
    pub token_start: String,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends.
    #[schema(required)]
    pub expires_at: Option<Instant>,
    /// When it was last used, to within a few minutes.
    #[schema(required)]
    pub used_at: Option<Instant>,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiKey {
    /// What people call it.
    pub name: String,
    /// What it may do; at most what you may.
    pub role: RoleBody,
    /// When it ends; never, if missing.
    #[serde(default)]
    pub expires_at: Option<Instant>,
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedApiKey {
    /// The key.
    pub api_key: ApiKeyBody,
    /// What programs send as `Authorization: Bearer`. Shown once.
    pub token: String,
}

/// Lists your own keys; for owners, all of the workspace.
#[utoipa::path(get, path = "/api-keys", operation_id = "list_api_keys", tag = "api-keys",
    responses((status = 200, body = Page<ApiKeyBody>)))]
async fn list_api_keys(
    State(app): State<AppState>,
    viewer: Viewer,
) -> Result<Json<Page<ApiKeyBody>>, ApiError> {
    let keys = api_keys::list_api_keys(app.store(), viewer.reader()).await?;
    let members = members::list_members(app.store(), viewer.reader()).await?;
    Ok(Json(Page::whole(keys.into_iter().map(|key| key_body(key, &members)).collect())))
}

/// Makes a key. Its token is shown once. A key makes no keys: this needs a browser that is signed in.
#[utoipa::path(post, path = "/api-keys", operation_id = "create_api_key", tag = "api-keys",
    request_body = NewApiKey, responses((status = 201, body = CreatedApiKey)))]
async fn create_api_key(
    State(app): State<AppState>,
    viewer: Viewer,
    JsonBody(new): JsonBody<NewApiKey>,
) -> Result<(StatusCode, Json<CreatedApiKey>), ApiError> {
    // A key that leaks could outlive its own end by those it makes.
    viewer.session().ok_or_else(only_in_browser)?;
    let reader = viewer.reader();
    let role = Role::from(new.role);
    if role > reader.role() {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "key.role",
            format!("A key cannot do more than you may, and you have the role {}.", reader.role()),
        ));
    }
    if new.expires_at.is_some_and(|Instant(expires_at)| expires_at <= app.now()) {
        return Err(ApiError::invalid("The key would have ended already."));
    }
    let token = format!("{KEY_PREFIX}{}", new_token(app.random()));
    let key = ApiKey {
        id: ApiKeyId::new(app.clock(), app.random()),
        workspace_id: reader.workspace_id(),
        user_id: reader.user_id(),
        name: person::check_name(&new.name)?,
        role,
        token_start: token[..SHOWN_OF_TOKEN].to_owned(),
        created_at: app.now(),
        expires_at: new.expires_at.map(|Instant(expires_at)| expires_at),
        used_at: None,
    };
    let mut tx = app.store().begin().await?;
    api_keys::create_api_key(&mut tx, reader, &key, &TokenHash::of(&token)).await?;
    tx.commit().await?;
    let members = members::list_members(app.store(), reader).await?;
    Ok((StatusCode::CREATED, Json(CreatedApiKey { api_key: key_body(key, &members), token })))
}

/// Ends a key: your own, or as an owner anybody's.
#[utoipa::path(delete, path = "/api-keys/{id}", operation_id = "delete_api_key", tag = "api-keys",
    params(("id" = String, Path, description = "The key")),
    responses((status = 204)))]
async fn delete_api_key(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<ApiKeyId>,
) -> Result<StatusCode, ApiError> {
    let mut tx = app.store().begin().await?;
    let was_there = api_keys::delete_api_key(&mut tx, viewer.reader(), id).await?;
    tx.commit().await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found("key")) }
}

fn only_in_browser() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "key.browser",
        "Keys are made in a browser that is signed in, not with an API key.",
    )
}

fn key_body(key: ApiKey, members: &[Member]) -> ApiKeyBody {
    let created_by = members.iter().find(|member| member.id == key.user_id);
    ApiKeyBody {
        id: key.id.to_string(),
        name: key.name,
        role: key.role.into(),
        token_start: key.token_start,
        created_by: created_by.map(|member| member.name.clone()).unwrap_or_default(),
        created_at: key.created_at.into(),
        expires_at: key.expires_at.map(Instant::from),
        used_at: key.used_at.map(Instant::from),
    }
}
