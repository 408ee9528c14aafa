//! Signing in and out, setting a server up, and accepting an invitation.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::permission::Viewer;
use crate::request::JsonBody;
use crate::routes::members::MemberBody;

/// The routes of the session.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(find_session, create_session, delete_session))
        .routes(routes!(set_up))
        .routes(routes!(accept_invitation))
}

/// Who is signed in, and where.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionBody {
    /// Whether somebody is signed in, or the server waits for its first owner.
    pub state: SessionState,
    /// What a request that changes something sends as `X-CSRF-Token`. Null for keys, and where nobody is signed in.
    #[schema(required)]
    pub csrf_token: Option<String>,
    /// Who is signed in. For a key: who made it.
    #[schema(required)]
    pub member: Option<MemberBody>,
    /// The workspace.
    #[schema(required)]
    pub workspace: Option<WorkspaceBody>,
    /// The server.
    pub server: ServerBody,
}

/// Whether somebody is signed in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Nobody is.
    SignedOut,
    /// Somebody is.
    SignedIn,
    /// The server has no owner yet; its setup link makes one.
    NeedsSetup,
}

/// A workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorkspaceBody {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
}

/// What is known of the server without signing in.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerBody {
    /// Its version.
    pub version: String,
    /// The host of the simulated org that may be connected, on a server for trying things out.
    #[schema(required)]
    pub simulated_host: Option<String>,
}

/// How to sign in: with an email address and a password, or with the token of a sign-in link.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub enum NewSession {
    /// With a password.
    Password(PasswordSignIn),
    /// With a sign-in link.
    Link(LinkSignIn),
}

/// An email address and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordSignIn {
    /// The member's address.
    pub email: String,
    /// The member's password.
    #[schema(format = Password)]
    pub password: String,
}

/// The token of a sign-in link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSignIn {
    /// What stands behind the `#` of the link.
    pub link_token: String,
}

/// The first owner of a server, and their workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSetup {
    /// What stands behind the `#` of the setup link.
    pub token: String,
    /// What the workspace is called.
    pub workspace_name: String,
    /// What the owner is called.
    pub name: String,
    /// The address the owner signs in with.
    pub email: String,
    /// The owner's password, of 10 characters at least.
    #[schema(format = Password)]
    pub password: String,
    /// The workspace's IANA time zone.
    pub time_zone: String,
}

/// An invitation that is accepted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Welcome {
    /// What stands behind the `#` of the welcome link.
    pub token: String,
    /// The password the member chooses, of 10 characters at least.
    #[schema(format = Password)]
    pub password: String,
}

/// Tells who is signed in, if anybody is.
#[utoipa::path(get, path = "/session", operation_id = "find_session", tag = "session",
    responses((status = 200, body = SessionBody)))]
async fn find_session(State(app): State<AppState>) -> Result<Json<SessionBody>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Signs in.
#[utoipa::path(post, path = "/session", operation_id = "create_session", tag = "session",
    request_body = NewSession, responses((status = 200, body = SessionBody)))]
async fn create_session(State(app): State<AppState>, JsonBody(new): JsonBody<NewSession>) -> Result<Response, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Signs out.
#[utoipa::path(delete, path = "/session", operation_id = "delete_session", tag = "session",
    responses((status = 204)))]
async fn delete_session(State(app): State<AppState>, viewer: Viewer) -> Result<Response, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Makes the first owner and their workspace. There is no such page once the server has an owner.
#[utoipa::path(post, path = "/setup", operation_id = "set_up", tag = "session",
    request_body = NewSetup, responses((status = 201, body = SessionBody)))]
async fn set_up(State(app): State<AppState>, JsonBody(new): JsonBody<NewSetup>) -> Result<Response, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Accepts an invitation: the member chooses a password, and is signed in.
#[utoipa::path(post, path = "/welcome", operation_id = "accept_invitation", tag = "session",
    request_body = Welcome, responses((status = 200, body = SessionBody)))]
async fn accept_invitation(State(app): State<AppState>, JsonBody(welcome): JsonBody<Welcome>) -> Result<Response, ApiError> {
    Err(ApiError::not_found("thing"))
}
