//! Permissions: the extractor of a handler says who may call it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use model::{MemberSession, Role};
use salesforce::Timestamp;
use store::{Reader, TokenHash, api_keys, sessions};
use subtle::ConstantTimeEq;

use crate::app_state::AppState;
use crate::cookies::find_session_cookie;
use crate::error::ApiError;
use crate::token;

/// That a session or a key was used is noted at most this often.
const TOUCH_AFTER_MS: i64 = 5 * 60 * 1_000;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    reader: Reader,
    /// The session; a key has none.
    session: Option<MemberSession>,
}

impl SignedIn {
    /// Somebody whose browser was just signed in.
    pub(crate) fn in_browser(session: MemberSession, reader: Reader) -> Self {
        Self { reader, session: Some(session) }
    }

    /// Who reads.
    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The session of a browser.
    pub(crate) fn session(&self) -> Option<&MemberSession> {
        self.session.as_ref()
    }
}

/// Finds out who is signed in, by a key or by the session cookie. `None` where neither is sent.
///
/// # Errors
/// A key or a session was sent that is not good.
pub(crate) async fn find_signed_in(parts: &Parts, app: &AppState) -> Result<Option<SignedIn>, ApiError> {
    if let Some(header) = parts.headers.get(header::AUTHORIZATION) {
        let key = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
        let key = key.filter(|key| token::is_key(key)).ok_or_else(refuse_key)?;
        return find_by_key(key, app).await.map(Some);
    }
    let Some(token) = find_session_cookie(&parts.headers, app.config()) else {
        return Ok(None);
    };
    find_by_session(&token, app).await
}

async fn find_by_key(key: &str, app: &AppState) -> Result<SignedIn, ApiError> {
    let (now, hash) = (app.now(), TokenHash::of(key));
    let (used_at, reader) = api_keys::find_api_key(app.store(), &hash, now).await?.ok_or_else(refuse_key)?;
    if used_at.is_none_or(|used_at| is_old(used_at, now)) {
        api_keys::touch_api_key(app.store(), &hash, now).await?;
    }
    Ok(SignedIn { reader, session: None })
}

async fn find_by_session(token: &str, app: &AppState) -> Result<Option<SignedIn>, ApiError> {
    let (now, hash) = (app.now(), TokenHash::of(token));
    let Some((session, reader)) = sessions::find_session(app.store(), &hash, now).await? else {
        return Ok(None);
    };
    if is_old(session.used_at, now) {
        sessions::touch_session(app.store(), &hash, now).await?;
    }
    Ok(Some(SignedIn { reader, session: Some(session) }))
}

fn is_old(used_at: Timestamp, now: Timestamp) -> bool {
    now.as_millis() - used_at.as_millis() >= TOUCH_AFTER_MS
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let signed_in = find_signed_in(parts, app).await?.ok_or_else(|| {
            ApiError::new(StatusCode::UNAUTHORIZED, "session.missing", "You are not signed in.")
                .hint("Sign in, or send an API key as a bearer token.")
        })?;
        if let Some(session) = signed_in.session()
            && !is_safe(&parts.method)
        {
            check_csrf_token(parts, session)?;
        }
        Ok(signed_in)
    }
}

/// Whether a method changes nothing.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Only our own pages can read the token that they send here.
fn check_csrf_token(parts: &Parts, session: &MemberSession) -> Result<(), ApiError> {
    let sent = parts.headers.get("x-csrf-token").map(|value| value.as_bytes()).unwrap_or_default();
    if bool::from(sent.ct_eq(session.csrf_token.as_bytes())) { Ok(()) } else { Err(refuse_forgery()) }
}

/// The request does not come from one of our own pages.
pub(crate) fn refuse_forgery() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "csrf", "The request does not come from a page of this server.")
        .hint("Reload the page and try again.")
}

fn refuse_key() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "key.invalid",
        "The API key is unknown, was ended or has run out.",
    )
}

fn require(reader: &Reader, role: Role) -> Result<(), ApiError> {
    if reader.role() >= role {
        return Ok(());
    }
    let (has, needs) = (reader.role(), role);
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "role.missing",
        format!("This needs the role {needs}, and you have the role {has}."),
    )
    .hint("Ask an owner of the workspace."))
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name(SignedIn);

        impl $name {
            /// Who reads.
            pub(crate) fn reader(&self) -> &Reader {
                self.0.reader()
            }
        }

        impl FromRequestParts<AppState> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
                let signed_in = SignedIn::from_request_parts(parts, app).await?;
                require(signed_in.reader(), Role::$name)?;
                Ok(Self(signed_in))
            }
        }
    )+};
}

permissions! {
    /// Anybody who is signed in.
    Viewer;
    /// Somebody who may run, pause and resume.
    Operator;
    /// Somebody who may connect orgs and change integrations.
    Admin;
    /// Somebody who decides who is a member.
    Owner;
}

impl Viewer {
    /// The session of a browser; a key has none.
    pub(crate) fn session(&self) -> Option<&MemberSession> {
        self.0.session()
    }
}

impl Operator {
    /// The session of a browser; a key has none.
    pub(crate) fn session(&self) -> Option<&MemberSession> {
        self.0.session()
    }
}

impl Admin {
    /// The session of a browser; a key has none.
    pub(crate) fn session(&self) -> Option<&MemberSession> {
        self.0.session()
    }
}
