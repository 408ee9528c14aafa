//! The workspace. A server has one, which its first owner makes.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use engine::{WorkspaceChange, workspace_version};
use model::Workspace;
use serde::{Deserialize, Serialize};
use store::workspaces::find_workspace;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::permission::{Admin, Viewer};
use crate::person;
use crate::precondition::{Seen, etag};
use crate::request::JsonBody;

/// The routes of the workspace.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(find_own_workspace, update_workspace))
}

/// A workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceBody {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// The version, as in `ETag`: send it back as `If-Match`, so that nobody's change is undone unseen.
    pub version: String,
}

/// What changes about the workspace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkspaceUpdate {
    /// Its new name. Left out, it stays.
    #[serde(default)]
    pub name: Option<String>,
    /// Its new IANA time zone, such as `Europe/Berlin`. Left out, it stays.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// Returns the workspace.
#[utoipa::path(get, path = "/workspace", operation_id = "find_workspace", tag = "session",
    responses((status = 200, body = WorkspaceBody)))]
async fn find_own_workspace(
    State(app): State<AppState>,
    viewer: Viewer,
) -> Result<impl IntoResponse, ApiError> {
    let workspace = find_workspace(app.store(), viewer.reader().workspace_id()).await?;
    Ok(answer(workspace.ok_or_else(unknown)?))
}

/// Gives the workspace another name or time zone. Its days begin at midnight in that zone from then on.
#[utoipa::path(patch, path = "/workspace", operation_id = "update_workspace", tag = "session",
    request_body = WorkspaceUpdate, responses((status = 200, body = WorkspaceBody)))]
async fn update_workspace(
    State(app): State<AppState>,
    admin: Admin,
    Seen(seen): Seen,
    JsonBody(update): JsonBody<WorkspaceUpdate>,
) -> Result<impl IntoResponse, ApiError> {
    let name = update.name.as_deref().map(person::check_name).transpose()?;
    let time_zone = update.time_zone.as_deref().map(person::check_time_zone).transpose()?;
    let change = WorkspaceChange { name, time_zone };
    let workspace = app.engine().change_workspace(admin.reader(), change, &seen).await?;
    Ok(answer(workspace.ok_or_else(unknown)?))
}

fn answer(workspace: Workspace) -> impl IntoResponse {
    let body = WorkspaceBody::from(workspace);
    (etag(&body.version), Json(body))
}

fn unknown() -> ApiError {
    ApiError::not_found("workspace")
}

impl From<Workspace> for WorkspaceBody {
    fn from(workspace: Workspace) -> Self {
        Self {
            version: workspace_version(&workspace),
            id: workspace.id.to_string(),
            name: workspace.name,
            time_zone: workspace.time_zone,
        }
    }
}
