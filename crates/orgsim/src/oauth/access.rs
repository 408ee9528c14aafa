//! Whether the org lets a user in, and lets a user use the app: the words in which each endpoint says no.

use super::OauthError;
use crate::app::{App, USE_ANY_API_CLIENT};
use crate::sign_in::{AppStatus, Obstacle};
use crate::users::User;

/// Words an obstacle as the token endpoint does.
pub(super) fn token_error(obstacle: Obstacle) -> OauthError {
    match obstacle {
        Obstacle::InactiveOrg => OauthError::new("invalid_grant", "inactive organization"),
        Obstacle::InactiveUser => OauthError::new("invalid_grant", "inactive user"),
        Obstacle::IpRestricted | Obstacle::LoginHours => {
            OauthError::new("invalid_grant", "ip restricted or invalid login hours")
        }
        Obstacle::RateExceeded => OauthError::new("rate_limit_exceeded", "login rate exceeded"),
    }
}

/// Words an obstacle as the authorize endpoint tells it to the client.
pub(super) fn authorize_error(obstacle: Obstacle) -> OauthError {
    match obstacle {
        Obstacle::InactiveOrg => OauthError::new("inactive_org", "organization is inactive"),
        Obstacle::InactiveUser => OauthError::new("inactive_user", "user is inactive"),
        Obstacle::IpRestricted | Obstacle::LoginHours => {
            OauthError::new("access_denied", "ip restricted or invalid login hours")
        }
        Obstacle::RateExceeded => OauthError::new("rate_limit_exceeded", "login rate exceeded"),
    }
}

/// How the app stands to a user: some may use one that is not installed, or even one that is blocked (Help, Connected
/// App Usage Restrictions; Manage API Access).
fn status_for(app: &App, user: &User, has_approved: bool) -> AppStatus {
    let status = app.sign_in.policy().app;
    let has = |permission: &str| app.org.rights(user.id, app.now_ms()).has(permission);
    let is_let_in = match status {
        AppStatus::Blocked => has(USE_ANY_API_CLIENT),
        AppStatus::Uninstalled => {
            has_approved || has(USE_ANY_API_CLIENT) || has("ApproveUninstalledConnectedApps")
        }
        AppStatus::Installed | AppStatus::NotInOrg | AppStatus::Deleted => false,
    };
    if is_let_in { AppStatus::Installed } else { status }
}

/// Tells why a user may not approve the app, as the authorize endpoint does (Help, Connected App and User Policies). An
/// earlier approval counts, but not for devices.
pub(super) fn refuse_approval(app: &App, user: &User, has_approved: bool) -> Option<OauthError> {
    let policy = app.sign_in.policy();
    let error = match status_for(app, user, has_approved) {
        AppStatus::Blocked => OauthError::new("OAUTH_APP_BLOCKED", "this app is blocked by admin"),
        AppStatus::NotInOrg => {
            OauthError::new("OAUTH_EC_APP_NOT_FOUND", "External client app is not installed in this org")
        }
        AppStatus::Deleted => OauthError::new("invalid_client_id", "client identifier invalid"),
        AppStatus::Uninstalled => OauthError::new(
            "OAUTH_APPROVAL_ERROR_GENERIC",
            "An unexpected error has occurred during authentication. Please try again.",
        ),
        AppStatus::Installed if policy.admin_approved_only && !policy.is_pre_authorized(user) => {
            OauthError::new("OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app")
        }
        // Users for integrations never see a page (Help, Give Integration Users API Only Access).
        AppStatus::Installed if app.org.rights(user.id, app.now_ms()).has("ApiUserOnly") => OauthError::new(
            "OAUTH_APPROVAL_ERROR_GENERIC",
            "An unexpected error has occurred during authentication. Please try again.",
        ),
        AppStatus::Installed => return None,
    };
    Some(error)
}

/// Tells why a user may not get a token for the app without a browser.
pub(super) fn refuse_token(app: &App, user: &User, client_id: &str) -> Option<OauthError> {
    let policy = app.sign_in.policy();
    match status_for(app, user, app.sessions.has_approval(&user.id, client_id)) {
        AppStatus::Blocked => Some(OauthError::new("OAUTH_APP_BLOCKED", "this app is blocked by admin")),
        AppStatus::NotInOrg | AppStatus::Uninstalled => {
            Some(OauthError::new("app_not_found", "External client app is not installed in this org"))
        }
        AppStatus::Deleted => Some(OauthError::new("invalid_client_id", "client identifier invalid")),
        AppStatus::Installed if policy.admin_approved_only && !policy.is_pre_authorized(user) => {
            Some(OauthError::new("invalid_app_access", "user is not admin approved to access this app"))
        }
        AppStatus::Installed => None,
    }
}

/// Returns whether a user may get tokens by JWT: pre-authorized, or with an approval that is still good.
pub(super) fn has_consented(app: &App, user: &User, client_id: &str) -> bool {
    let policy = app.sign_in.policy();
    policy.is_pre_authorized(user)
        || user.id == app.org.user_id()
        || app.sessions.has_approval(&user.id, client_id)
}
