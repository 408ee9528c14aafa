//! Whether the org lets a user in, and lets a user use the app: the words in which each endpoint says no.

use super::OauthError;
use crate::app::{App, USE_ANY_API_CLIENT};
use crate::client_apps::Permitted;
use crate::id::RecordId;
use crate::rights::sets_of;
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
///
/// Unconfirmed: login IP ranges and hours are checked before the approval page (Help, Restrict Login IP Addresses in
/// Profiles), by the address of the browser. Whether the client is told is written down nowhere: Salesforce may show it to
/// the person alone and send nobody back. A client must not wait for this answer, and loses nothing where it never comes.
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
fn status_for(app: &App, user: &User, client_id: &str, has_approved: bool) -> AppStatus {
    let status = app.status_of(client_id);
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
pub(super) fn refuse_approval(
    app: &App,
    user: &User,
    client_id: &str,
    has_approved: bool,
) -> Option<OauthError> {
    let admission = Admission::of(app, user, client_id);
    let error = match status_for(app, user, client_id, has_approved) {
        AppStatus::Blocked => OauthError::new("OAUTH_APP_BLOCKED", "this app is blocked by admin"),
        AppStatus::NotInOrg => {
            OauthError::new("OAUTH_EC_APP_NOT_FOUND", "External client app is not installed in this org")
        }
        AppStatus::Deleted => OauthError::new("invalid_client_id", "client identifier invalid"),
        AppStatus::Uninstalled => OauthError::new(
            "OAUTH_APPROVAL_ERROR_GENERIC",
            "An unexpected error has occurred during authentication. Please try again.",
        ),
        AppStatus::Installed if admission.is_refused() => {
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
    let admission = Admission::of(app, user, client_id);
    match status_for(app, user, client_id, app.sessions.has_approval(&user.id, client_id)) {
        AppStatus::Blocked => Some(OauthError::new("OAUTH_APP_BLOCKED", "this app is blocked by admin")),
        AppStatus::NotInOrg | AppStatus::Uninstalled => {
            Some(OauthError::new("app_not_found", "External client app is not installed in this org"))
        }
        AppStatus::Deleted => Some(OauthError::new("invalid_client_id", "client identifier invalid")),
        AppStatus::Installed if admission.is_refused() => {
            Some(OauthError::new("invalid_app_access", "user is not admin approved to access this app"))
        }
        AppStatus::Installed => None,
    }
}

/// Returns whether a user may get tokens by JWT: pre-authorized, or with an approval that is still good.
pub(super) fn has_consented(app: &App, user: &User, client_id: &str) -> bool {
    let is_deployed = app.deployed.find(client_id).is_some();
    Admission::of(app, user, client_id).is_pre_authorized
        || (user.id == app.org.user_id() && !is_deployed)
        || app.sessions.has_approval(&user.id, client_id)
}

/// What an administrator decided about a user and an app.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admission {
    /// Whether nobody may use the app but who is pre-authorized.
    is_closed: bool,
    is_pre_authorized: bool,
}

impl Admission {
    pub(super) fn of(app: &App, user: &User, client_id: &str) -> Self {
        let client = app.deployed.find(client_id);
        let Some(deployed) = client.as_ref().and_then(|client| client.deployed.as_ref()) else {
            let policy = app.sign_in.policy();
            let is_pre_authorized = policy.is_pre_authorized(user);
            return Self { is_closed: policy.admin_approved_only, is_pre_authorized };
        };
        let permitted = deployed.permitted.as_ref();
        Self {
            is_closed: permitted.is_some(),
            is_pre_authorized: permitted.is_some_and(|permitted| has_one_of(app, user, permitted)),
        }
    }

    /// Returns whether the user may not use the app, whatever the user approves.
    fn is_refused(self) -> bool {
        self.is_closed && !self.is_pre_authorized
    }

    pub(super) fn needs_no_consent(self) -> bool {
        self.is_closed && self.is_pre_authorized
    }
}

/// Returns whether a user has one of the permission sets or the profiles that may use an app. They are told by name or id.
fn has_one_of(app: &App, user: &User, permitted: &Permitted) -> bool {
    let view = app.org.read();
    let is_named = |names: &[String], sobject: &str, id: RecordId| {
        let name = view.find_by_name(sobject, &id).and_then(|(of, row)| view.text_in(of, &row, "Name"));
        names.iter().any(|given| Some(given) == name.as_ref() || RecordId::parse(given) == Some(id))
    };
    user.profile_id.is_some_and(|id| is_named(&permitted.profiles, "Profile", id))
        || sets_of(&view, user.id, app.now_ms())
            .into_iter()
            .any(|id| is_named(&permitted.permission_sets, "PermissionSet", id))
}
