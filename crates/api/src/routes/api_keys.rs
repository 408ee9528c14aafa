//! API keys: how programs sign in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::ApiKeyId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::Viewer;
use crate::request::{JsonBody, UrlPath};
use crate::routes::members::RoleBody;

/// The routes of API keys.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_api_keys, create_api_key))
        .routes(routes!(delete_api_key))
}

/// A key for programs.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyBody {
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
pub struct NewApiKey {
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
pub struct CreatedApiKey {
    /// The key.
    pub api_key: ApiKeyBody,
    /// What programs send as `Authorization: Bearer`. Shown once.
    pub token: String,
}

/// Lists your own keys; for owners, all of the workspace.
#[utoipa::path(get, path = "/api-keys", operation_id = "list_api_keys", tag = "api-keys",
    responses((status = 200, body = Page<ApiKeyBody>)))]
async fn list_api_keys(State(app): State<AppState>, viewer: Viewer) -> Result<Json<Page<ApiKeyBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Makes a key. Its token is shown once.
#[utoipa::path(post, path = "/api-keys", operation_id = "create_api_key", tag = "api-keys",
    request_body = NewApiKey, responses((status = 201, body = CreatedApiKey)))]
async fn create_api_key(State(app): State<AppState>, viewer: Viewer, JsonBody(new): JsonBody<NewApiKey>)
    -> Result<(StatusCode, Json<CreatedApiKey>), ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Ends a key: your own, or as an owner anybody's.
#[utoipa::path(delete, path = "/api-keys/{id}", operation_id = "delete_api_key", tag = "api-keys",
    params(("id" = String, Path, description = "The key")),
    responses((status = 204)))]
async fn delete_api_key(State(app): State<AppState>, viewer: Viewer, UrlPath(id): UrlPath<ApiKeyId>) -> Result<StatusCode, ApiError> {
    Err(ApiError::not_found("thing"))
}
