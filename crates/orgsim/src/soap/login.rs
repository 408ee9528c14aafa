//! The call `login` (SOAP API Developer Guide, login()).

use super::fault::Fault;
use super::{Call, Kind, user_info};
use crate::audit::{self, Login};
use crate::id::RecordId;
use crate::sessions::Subject;
use crate::sign_in::Obstacle;
use crate::users::{self, Password, User};
use crate::xml::escape;

/// The newest version, times ten, that has this call.
const LAST_VERSION: u16 = 640;

/// Signs in by username and password, and answers what the body of the answer holds.
pub(super) fn login(call: &Call) -> Result<String, Fault> {
    let app = &call.app;
    if call.version > LAST_VERSION {
        let message = "login() is not available in SOAP API version 65.0 and later";
        return Err(Fault::new("UNSUPPORTED_API_VERSION", message));
    }
    let policy = app.sign_in.policy();
    let scope =
        call.header.child("LoginScopeHeader").map_or("", |header| header.child_text("organizationId"));
    let is_other_org = !scope.is_empty() && RecordId::parse(scope) != Some(app.org.organization_id());
    if is_other_org || (policy.my_domain_only && call.is_at_login_host) {
        return Err(Fault::invalid_login());
    }
    let given = call.operation.child_text("password");
    let user =
        users::find_login(app, call.operation.child_text("username")).ok_or_else(Fault::invalid_login)?;
    let refused = match users::check_password(app, &user, given) {
        Password::Wrong => Err((audit::INVALID_PASSWORD, Fault::invalid_login())),
        Password::WithoutToken if !policy.trusted_network => {
            Err(("Failed: API security token required", must_use_token()))
        }
        Password::WithoutToken | Password::WithToken => Ok(()),
    };
    let admitted = refused.and_then(|()| {
        let checked = app.sign_in.check(&user, app.now_ms());
        checked.map_err(|obstacle| (audit::status_of(obstacle, &user), refuse(obstacle)))
    });
    let admitted = admitted.and_then(|()| match app.org.rights(user.id, app.now_ms()).has("ApiEnabled") {
        true => Ok(()),
        false => Err(("API is disabled for this User", api_disabled())),
    });
    note(call, &user, admitted.as_ref().err().map_or(audit::SUCCESS, |(status, _)| status));
    admitted.map_err(|(_, fault)| fault)?;
    let subject = Subject {
        user_id: user.id,
        client_id: String::new(),
        scopes: vec!["full".to_owned(), "web".to_owned()],
    };
    let issued = app.sessions.open(subject, app.now_ms());
    let seconds = app.sessions.policy().session_timeout_ms / 1000;
    let org = app.org.organization_id();
    let soap = |letter: &str| {
        let version = call.version / 10;
        format!("{}/services/Soap/{letter}/{version}.0/{}", escape(&call.base_url), &org.as_str()[..15])
    };
    let letter = if call.kind == Kind::Enterprise { "c" } else { "u" };
    Ok(format!(
        "<loginResponse><result><metadataServerUrl>{}</metadataServerUrl>\
         <passwordExpired>{}</passwordExpired><sandbox>false</sandbox><serverUrl>{}</serverUrl>\
         <sessionId>{}</sessionId><userId>{}</userId><userInfo>{}</userInfo></result></loginResponse>",
        soap("m"),
        policy.has_expired_password(&user),
        soap(letter),
        issued.access_token,
        user.id,
        user_info::write(app, &user, seconds),
    ))
}

/// Writes the sign-in down in the login history.
fn note(call: &Call, user: &User, status: &str) {
    let is_enterprise = call.kind == Kind::Enterprise;
    let login = Login {
        user_id: user.id,
        login_type: "Other Apex API",
        login_sub_type: None,
        status,
        application: "N/A",
        api: Some((if is_enterprise { "SOAP Enterprise" } else { "SOAP Partner" }, call.version)),
        base_url: &call.base_url,
    };
    audit::note_login(&call.app, &login);
}

fn api_disabled() -> Fault {
    Fault::login("API_CURRENTLY_DISABLED", "API is disabled for this User")
}

fn must_use_token() -> Fault {
    Fault::login(
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "Invalid username, password, security token; or user locked out. Are you at a new location? When accessing \
         Salesforce--either via a desktop client or the API--from outside of your company's trusted networks, you must \
         add a security token to your password to log in. To get your new security token, log in to Salesforce. From \
         your personal settings, enter Reset My Security Token in the Quick Find box, then select Reset My Security Token.",
    )
}

fn refuse(obstacle: Obstacle) -> Fault {
    match obstacle {
        Obstacle::InactiveOrg => Fault::login("ORG_LOCKED", "the organization is locked"),
        Obstacle::InactiveUser => Fault::invalid_login(),
        Obstacle::IpRestricted => {
            Fault::login("LOGIN_DURING_RESTRICTED_DOMAIN", "cannot log in from current domain")
        }
        Obstacle::LoginHours => {
            Fault::login("LOGIN_DURING_RESTRICTED_TIME", "cannot log in during this time period")
        }
        Obstacle::RateExceeded => Fault::login("LOGIN_RATE_EXCEEDED", "login rate exceeded"),
    }
}
