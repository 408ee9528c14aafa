//! Where a person is signed in, and signing out there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{SessionId, UserId};
use serde::Serialize;
use store::members::find_member;
use store::sessions::{self, SessionFacts};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::{Owner, Viewer};
use crate::request::UrlPath;

/// The routes of sessions.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions, delete_other_sessions))
        .routes(routes!(delete_one_session))
        .routes(routes!(delete_sessions_of_member))
}

/// A browser in which you are signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrowserSessionBody {
    /// Its id.
    pub id: String,
    /// Whether it is the browser that asks.
    pub current: bool,
    /// What the browser says of itself.
    #[schema(required)]
    pub browser: Option<String>,
    /// When you signed in.
    pub created_at: Instant,
    /// When it was last used, to within a few minutes.
    pub used_at: Instant,
    /// When it ends, used or not.
    pub expires_at: Instant,
}

/// Lists the browsers in which you are signed in.
#[utoipa::path(get, path = "/sessions", operation_id = "list_sessions", tag = "session",
    responses((status = 200, body = Page<BrowserSessionBody>)))]
async fn list_sessions(
    State(app): State<AppState>,
    viewer: Viewer,
) -> Result<Json<Page<BrowserSessionBody>>, ApiError> {
    let current = viewer.session().map(|session| session.id);
    let sessions = sessions::list_sessions(app.store(), viewer.reader(), app.now()).await?;
    Ok(Json(Page::whole(sessions.into_iter().map(|facts| session_body(facts, current)).collect())))
}

/// Signs you out everywhere but here.
#[utoipa::path(delete, path = "/sessions", operation_id = "delete_other_sessions", tag = "session",
    responses((status = 204)))]
async fn delete_other_sessions(State(app): State<AppState>, viewer: Viewer) -> Result<StatusCode, ApiError> {
    let current = viewer.session().ok_or_else(only_in_browser)?.id;
    let mut tx = app.store().begin().await?;
    sessions::delete_other_sessions(&mut tx, viewer.reader(), current).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs you out in one browser.
#[utoipa::path(delete, path = "/sessions/{id}", operation_id = "delete_one_session", tag = "session",
    params(("id" = String, Path, description = "The session")),
    responses((status = 204)))]
async fn delete_one_session(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<SessionId>,
) -> Result<StatusCode, ApiError> {
    viewer.session().ok_or_else(only_in_browser)?;
    let mut tx = app.store().begin().await?;
    if !sessions::delete_session_of(&mut tx, viewer.reader(), id).await? {
        return Err(ApiError::not_found("session"));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Signs a member out everywhere, for a lost computer.
#[utoipa::path(delete, path = "/members/{user_id}/sessions", operation_id = "delete_sessions_of_member", tag = "members",
    params(("user_id" = String, Path, description = "The member")),
    responses((status = 204)))]
async fn delete_sessions_of_member(
    State(app): State<AppState>,
    owner: Owner,
    UrlPath(user_id): UrlPath<UserId>,
) -> Result<StatusCode, ApiError> {
    let member = find_member(app.store(), owner.reader(), user_id).await?;
    let member = member.ok_or_else(|| ApiError::not_found("member"))?;
    let mut tx = app.store().begin().await?;
    sessions::delete_sessions_of_member(&mut tx, owner.reader(), member.id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A key must not be able to lock out who made it.
fn only_in_browser() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "session.browser",
        "Sessions are ended in a browser that is signed in, not with an API key.",
    )
}

fn session_body(facts: SessionFacts, current: Option<SessionId>) -> BrowserSessionBody {
    BrowserSessionBody {
        id: facts.id.to_string(),
        current: Some(facts.id) == current,
        browser: facts.browser,
        created_at: facts.created_at.into(),
        used_at: facts.used_at.into(),
        expires_at: facts.expires_at.into(),
    }
}
