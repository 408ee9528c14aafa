//! Signing in and out, setting a server up, and accepting an invitation.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::{Member, Role, UserId, Workspace, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::one_time_links::LinkKind;
use store::{TokenHash, members, sessions, workspaces};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::cookies::{find_session_cookie, remove_session_cookie};
use crate::error::ApiError;
use crate::one_time_link::use_link;
use crate::permission::{SignedIn, Viewer, find_signed_in};
use crate::person;
use crate::request::JsonBody;
use crate::routes::members::MemberBody;
use crate::routes::workspace::WorkspaceBody;
use crate::sign_in::{self, NewCookie};

/// The routes of the session.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(find_session, create_session, delete_session))
        .routes(routes!(set_up))
        .routes(routes!(accept_invitation))
}

/// Who is signed in, and where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionBody {
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
pub(crate) enum SessionState {
    /// Nobody is.
    SignedOut,
    /// Somebody is.
    SignedIn,
    /// The server has no owner yet; its setup link makes one.
    NeedsSetup,
}

/// What is known of the server without signing in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerBody {
    /// Its version.
    pub version: String,
    /// The host of the simulated org that may be connected, on a server for trying things out.
    #[schema(required)]
    pub simulated_host: Option<String>,
    /// Whether the server runs on a copy of another's database: it shows what is there, and calls no org until whoever runs it
    /// adopts the database.
    pub is_quarantined: bool,
}

/// How to sign in: with an email address and a password, or with the token of a sign-in link.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum NewSession {
    /// With a password.
    Password(PasswordSignIn),
    /// With a sign-in link.
    Link(LinkSignIn),
}

/// An email address and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordSignIn {
    /// The member's address.
    pub email: String,
    /// The member's password.
    #[schema(format = Password)]
    pub password: String,
}

/// The token of a sign-in link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkSignIn {
    /// What stands behind the `#` of the link.
    pub link_token: String,
}

/// The first owner of a server, and their workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSetup {
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
pub(crate) struct Welcome {
    /// What stands behind the `#` of the welcome link.
    pub token: String,
    /// The password the member chooses, of 10 characters at least.
    #[schema(format = Password)]
    pub password: String,
}

/// Tells who is signed in, if anybody is.
#[utoipa::path(get, path = "/session", operation_id = "find_session", tag = "session",
    responses((status = 200, body = SessionBody)))]
async fn find_session(
    State(app): State<AppState>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
) -> Result<Json<SessionBody>, ApiError> {
    match signed_in {
        Some(signed_in) => session_body(&app, &signed_in).await.map(Json),
        None => nobodys_session(&app).await.map(Json),
    }
}

/// Signs in.
#[utoipa::path(post, path = "/session", operation_id = "create_session", tag = "session",
    request_body = NewSession, responses((status = 200, body = SessionBody)))]
async fn create_session(
    State(app): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    JsonBody(new): JsonBody<NewSession>,
) -> Result<Response, ApiError> {
    app.sign_in_limiter().count_address(address.ip())?;
    let cookie = match new {
        NewSession::Password(PasswordSignIn { email, password }) => {
            sign_in::sign_in_with_password(&app, &headers, &email, password.into()).await?
        }
        NewSession::Link(LinkSignIn { link_token }) => {
            sign_in::sign_in_with_link(&app, &headers, &link_token).await?
        }
    };
    answer(&app, StatusCode::OK, cookie).await
}

/// Signs out.
#[utoipa::path(delete, path = "/session", operation_id = "delete_session", tag = "session",
    responses((status = 204)))]
async fn delete_session(
    State(app): State<AppState>,
    _viewer: Viewer,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(token) = find_session_cookie(&headers, app.config()) {
        let mut tx = app.store().begin().await?;
        sessions::delete_session(&mut tx, &TokenHash::of(&token)).await?;
        tx.commit().await?;
    }
    let cookie = remove_session_cookie(app.config());
    Ok((StatusCode::NO_CONTENT, [cookie]).into_response())
}

/// Makes the first owner and their workspace. There is no such page once the server has an owner.
#[utoipa::path(post, path = "/setup", operation_id = "set_up", tag = "session",
    request_body = NewSetup, responses((status = 201, body = SessionBody)))]
async fn set_up(
    State(app): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    JsonBody(new): JsonBody<NewSetup>,
) -> Result<Response, ApiError> {
    app.sign_in_limiter().count_address(address.ip())?;
    if members::has_members(app.store()).await? {
        return Err(already_set_up());
    }
    let workspace = Workspace {
        id: WorkspaceId::new(app.clock(), app.random()),
        name: person::check_name(&new.workspace_name)?,
        time_zone: person::check_time_zone(&new.time_zone)?,
        created_at: app.now(),
    };
    let owner = Member {
        id: UserId::new(app.clock(), app.random()),
        workspace_id: workspace.id,
        email: person::check_email(&new.email)?,
        name: person::check_name(&new.name)?,
        role: Role::Owner,
        signed_in_at: None,
        created_at: app.now(),
    };
    let hash = app.passwords().hash(new.password.into()).await?;
    let mut tx = app.store().begin().await?;
    use_link(&app, &mut tx, LinkKind::Setup, &new.token).await?;
    if members::has_members_in(&mut tx).await? {
        return Err(already_set_up());
    }
    workspaces::create_workspace(&mut tx, &workspace).await?;
    members::create_member(&mut tx, &owner).await?;
    members::put_password(&mut tx, owner.id, &hash, app.now()).await?;
    let cookie = sign_in::create_session(&app, &mut tx, &headers, owner.id).await?;
    tx.commit().await?;
    answer(&app, StatusCode::CREATED, cookie).await
}

fn already_set_up() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "setup.done", "This server has an owner already.").hint("Sign in.")
}

/// Accepts an invitation: the member chooses a password, and is signed in.
#[utoipa::path(post, path = "/welcome", operation_id = "accept_invitation", tag = "session",
    request_body = Welcome, responses((status = 200, body = SessionBody)))]
async fn accept_invitation(
    State(app): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    JsonBody(welcome): JsonBody<Welcome>,
) -> Result<Response, ApiError> {
    app.sign_in_limiter().count_address(address.ip())?;
    let password = welcome.password.into();
    let cookie = sign_in::accept_invitation(&app, &headers, &welcome.token, password).await?;
    answer(&app, StatusCode::OK, cookie).await
}

/// Answers a browser that was just signed in.
async fn answer(app: &AppState, status: StatusCode, cookie: NewCookie) -> Result<Response, ApiError> {
    let found = sessions::find_session(app.store(), &cookie.token_hash, app.now()).await?;
    let (session, reader) = found.ok_or_else(ApiError::internal)?;
    let body = session_body(app, &SignedIn::in_browser(session, reader)).await?;
    Ok((status, [cookie.header], Json(body)).into_response())
}

async fn session_body(app: &AppState, signed_in: &SignedIn) -> Result<SessionBody, ApiError> {
    let reader = signed_in.reader();
    let member = members::find_member(app.store(), reader, reader.user_id()).await?;
    let workspace = workspaces::find_workspace(app.store(), reader.workspace_id()).await?;
    Ok(SessionBody {
        state: SessionState::SignedIn,
        csrf_token: signed_in.session().map(|session| session.csrf_token.clone()),
        // What may be done here: a key may do less than the member who made it.
        member: member.map(|member| MemberBody { role: reader.role().into(), ..member.into() }),
        workspace: workspace.map(WorkspaceBody::from),
        server: server_body(app),
    })
}

async fn nobodys_session(app: &AppState) -> Result<SessionBody, ApiError> {
    let has_members = members::has_members(app.store()).await?;
    Ok(SessionBody {
        state: if has_members { SessionState::SignedOut } else { SessionState::NeedsSetup },
        csrf_token: None,
        member: None,
        workspace: None,
        server: server_body(app),
    })
}

fn server_body(app: &AppState) -> ServerBody {
    ServerBody {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        simulated_host: app.config().simulated_host.clone(),
        is_quarantined: app.config().is_quarantined,
    }
}

/// Who is signed in, where that may be nobody. A key that is not good is still refused.
#[derive(Debug)]
struct MaybeSignedIn(Option<SignedIn>);

impl FromRequestParts<AppState> for MaybeSignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        find_signed_in(parts, app).await.map(Self)
    }
}
