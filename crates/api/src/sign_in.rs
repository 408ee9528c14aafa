//! Signing a browser in and out.

use std::time::Duration;

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use model::{MemberSession, SessionId, UserId};
use secrecy::SecretString;
use store::one_time_links::LinkKind;
use store::{TokenHash, Tx, members, one_time_links, sessions};

use crate::app_state::AppState;
use crate::cookies::{find_session_cookie, set_session_cookie};
use crate::error::ApiError;
use crate::one_time_link::use_link;
use crate::token;

/// However often it is used, a session ends after this.
const LONGEST_SESSION: Duration = Duration::from_secs(30 * 24 * 3_600);

/// What a browser says of itself is long, and its end says little.
const LONGEST_BROWSER: usize = 300;

/// The `Set-Cookie` header of a browser that was just signed in, and the session's token.
pub(crate) struct NewCookie {
    pub(crate) header: (HeaderName, HeaderValue),
    pub(crate) token_hash: TokenHash,
}

/// Signs in by email address and password. The answer is the same, and takes as long, for an address that nobody has.
pub(crate) async fn sign_in_with_password(
    app: &AppState,
    headers: &HeaderMap,
    email: &str,
    password: SecretString,
) -> Result<NewCookie, ApiError> {
    let email = email.trim().to_lowercase();
    app.sign_in_limiter().count_account(&email)?;
    let known = members::find_password(app.store(), &email).await?;
    let hash = known.as_ref().and_then(|known| known.password_hash.clone());
    let matches = app.passwords().matches(password, hash).await?;
    let (Some(known), true) = (known, matches) else {
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "sign_in.refused",
            "The email address or the password is wrong.",
        ));
    };
    let mut tx = app.store().begin().await?;
    let cookie = create_session(app, &mut tx, headers, known.user_id).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Signs in by a sign-in link.
pub(crate) async fn sign_in_with_link(
    app: &AppState,
    headers: &HeaderMap,
    link_token: &str,
) -> Result<NewCookie, ApiError> {
    let mut tx = app.store().begin().await?;
    let user_id = use_link(app, &mut tx, LinkKind::SignIn, link_token).await?;
    let user_id = user_id.ok_or_else(ApiError::internal)?;
    let cookie = create_session(app, &mut tx, headers, user_id).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Accepts an invitation: stores the password, and signs in.
pub(crate) async fn accept_invitation(
    app: &AppState,
    headers: &HeaderMap,
    link_token: &str,
    password: SecretString,
) -> Result<NewCookie, ApiError> {
    // Before the link is used up: a password that is too short must not cost it.
    let hash = app.passwords().hash(password).await?;
    let mut tx = app.store().begin().await?;
    let user_id = use_link(app, &mut tx, LinkKind::Welcome, link_token).await?;
    let user_id = user_id.ok_or_else(ApiError::internal)?;
    members::put_password(&mut tx, user_id, &hash, app.now()).await?;
    one_time_links::delete_links_of(&mut tx, user_id).await?;
    let cookie = create_session(app, &mut tx, headers, user_id).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Stores a new session. The one that the browser came with, whoever gave it to it, has ended.
pub(crate) async fn create_session(
    app: &AppState,
    tx: &mut Tx,
    headers: &HeaderMap,
    user_id: UserId,
) -> Result<NewCookie, ApiError> {
    let now = app.now();
    sessions::delete_ended_sessions(tx, now).await?;
    if let Some(before) = find_session_cookie(headers, app.config()) {
        sessions::delete_session(tx, &TokenHash::of(&before)).await?;
    }
    let token = token::new_token(app.random());
    let session = MemberSession {
        id: SessionId::new(app.clock(), app.random()),
        user_id,
        csrf_token: token::new_token(app.random()),
        created_at: now,
        used_at: now,
        expires_at: now + LONGEST_SESSION,
    };
    let token_hash = TokenHash::of(&token);
    sessions::create_session(tx, &session, &token_hash).await?;
    if let Some(browser) = browser_of(headers) {
        sessions::put_browser(tx, session.id, &browser).await?;
    }
    let header = set_session_cookie(token, LONGEST_SESSION.as_secs(), app.config());
    Ok(NewCookie { header, token_hash })
}

fn browser_of(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().filter(|letter| !letter.is_control()).take(LONGEST_BROWSER).collect())
}
