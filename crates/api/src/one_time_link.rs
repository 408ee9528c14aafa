//! One-time links: what the server hands to somebody who cannot sign in yet.

use model::UserId;
use salesforce::Timestamp;
use std::time::Duration;
use store::one_time_links::{LinkKind, LinkUse};
use store::{TokenHash, Tx, members, one_time_links};

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::token;

use axum::http::StatusCode;

/// A link to set a server up waits for its first visitor for a day; each start makes a new one.
const SETUP_LASTS: Duration = Duration::from_secs(24 * 3_600);
/// A sign-in link is used at once or not at all.
const SIGN_IN_LASTS: Duration = Duration::from_secs(10 * 60);
/// An invitation may lie over a weekend.
const WELCOME_LASTS: Duration = Duration::from_secs(7 * 24 * 3_600);

/// A link that somebody can use once. Its token stands in the fragment, which browsers do not send and nobody logs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OneTimeLink {
    /// The link.
    pub url: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Makes the link at which the first owner is made, and ends those made before. `None` once the server has an owner.
pub async fn create_setup_link(app: &AppState) -> store::Result<Option<OneTimeLink>> {
    if members::has_members(app.store()).await? {
        return Ok(None);
    }
    let mut tx = app.store().begin().await?;
    one_time_links::delete_links(&mut tx, LinkKind::Setup).await?;
    let link = create_link(app, &mut tx, LinkKind::Setup, None).await?;
    tx.commit().await?;
    Ok(Some(link))
}

/// Makes a link that signs in the owner who has been here longest, for the operator of the machine. `None` where the
/// server has no owner yet.
pub async fn create_sign_in_link(app: &AppState) -> store::Result<Option<OneTimeLink>> {
    let Some(owner) = members::find_first_owner(app.store()).await? else { return Ok(None) };
    let mut tx = app.store().begin().await?;
    let link = create_link(app, &mut tx, LinkKind::SignIn, Some(owner)).await?;
    tx.commit().await?;
    Ok(Some(link))
}

/// Makes a link.
pub(crate) async fn create_link(
    app: &AppState,
    tx: &mut Tx,
    kind: LinkKind,
    user_id: Option<UserId>,
) -> store::Result<OneTimeLink> {
    let (page, lasts) = match kind {
        LinkKind::Setup => ("setup", SETUP_LASTS),
        LinkKind::SignIn => ("sign-in", SIGN_IN_LASTS),
        LinkKind::Welcome => ("welcome", WELCOME_LASTS),
    };
    let (now, token) = (app.now(), token::new_token(app.random()));
    let expires_at = now + lasts;
    one_time_links::create_link(tx, &TokenHash::of(&token), kind, user_id, expires_at, now).await?;
    Ok(OneTimeLink { url: format!("{}/{page}#{token}", app.config().origin()), expires_at })
}

/// Uses a link up, and returns whom it is for.
///
/// # Errors
/// There is no such link, or it was used or has run out.
pub(crate) async fn use_link(
    app: &AppState,
    tx: &mut Tx,
    kind: LinkKind,
    token: &str,
) -> Result<Option<UserId>, ApiError> {
    match one_time_links::use_link(tx, &TokenHash::of(token), kind, app.now()).await? {
        LinkUse::Good(user_id) => Ok(user_id),
        LinkUse::Ended => Err(ApiError::new(
            StatusCode::GONE,
            "link.ended",
            "This link was used before, or its time is over. Ask for a new one.",
        )),
        LinkUse::Unknown => {
            Err(ApiError::new(StatusCode::NOT_FOUND, "link.unknown", "There is no such link."))
        }
    }
}
