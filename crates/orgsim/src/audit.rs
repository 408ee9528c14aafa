//! The records of sign-ins (Object Reference, LoginHistory).

use crate::app::App;
use crate::clock::DAY_MS;
use crate::id::RecordId;
use crate::org::Org;
use crate::sign_in::Obstacle;
use crate::users::User;
use crate::value::Value;

/// How long the logs are kept: sign-ins six months, changes of the set-up 180 days (Help, Monitor Login History; Monitor
/// Setup Changes).
const KEPT: [(&str, &str, i64); 2] =
    [("LoginHistory", "LoginTime", 183 * DAY_MS), ("SetupAuditTrail", "CreatedDate", 180 * DAY_MS)];

/// One try to sign in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Login<'a> {
    pub(crate) user_id: RecordId,
    pub(crate) login_type: &'static str,
    pub(crate) login_sub_type: Option<&'static str>,
    /// `Success`, or why not.
    pub(crate) status: &'a str,
    pub(crate) application: &'a str,
    /// The API and its version, where the sign-in names them.
    pub(crate) api: Option<(&'static str, u16)>,
    /// Where the client signs in.
    pub(crate) base_url: &'a str,
}

/// The status of a sign-in that went well.
pub(crate) const SUCCESS: &str = "Success";
pub(crate) const INVALID_PASSWORD: &str = "Invalid Password";

/// Words an obstacle as the login history does.
pub(crate) fn status_of(obstacle: Obstacle, user: &User) -> &'static str {
    match obstacle {
        Obstacle::InactiveOrg => "Organization Inactive",
        Obstacle::InactiveUser if user.is_frozen => "User Frozen",
        Obstacle::InactiveUser => "Inactive User",
        Obstacle::IpRestricted => "Restricted IP",
        Obstacle::LoginHours => "Restricted Time",
        Obstacle::RateExceeded => "Login Rate Exceeded",
    }
}

/// Writes a sign-in down, and when its user last came.
pub(crate) fn note_login(app: &App, login: &Login<'_>) {
    let now_ms = app.now_ms() - app.now_ms().rem_euclid(1_000);
    let text = |text: &str| if text.is_empty() { Value::Null } else { Value::owned_text(text.to_owned()) };
    let host = login.base_url.split("://").last().unwrap_or_default();
    let (api_type, api_version) = match login.api {
        Some((name, version)) => (name.to_owned(), format!("{}.{}", version / 10, version % 10)),
        None => ("N/A".to_owned(), "N/A".to_owned()),
    };
    let values = [
        ("UserId", Value::Id(login.user_id)),
        ("LoginTime", Value::DateTime(now_ms)),
        ("LoginType", Value::text(login.login_type)),
        ("LoginSubType", login.login_sub_type.map_or(Value::Null, Value::text)),
        ("SourceIp", Value::text("127.0.0.1")),
        ("LoginUrl", text(host)),
        ("TlsProtocol", if app.config.tls { Value::text("TLS 1.3") } else { Value::Null }),
        ("Browser", Value::text("Unknown")),
        ("Platform", Value::text("Unknown")),
        ("Status", text(login.status)),
        ("Application", text(login.application)),
        ("ClientVersion", Value::text("N/A")),
        ("ApiType", Value::owned_text(api_type)),
        ("ApiVersion", Value::owned_text(api_version)),
        ("OptionsIsPost", Value::Bool(true)),
    ];
    app.org.add_own("LoginHistory", &values, now_ms);
    if login.status == SUCCESS {
        app.org.set_quietly("User", &login.user_id, &[("LastLoginDate", Value::DateTime(now_ms))]);
    }
    forget_old(&app.org, app.now_ms());
}

/// Removes what the logs no longer keep. The oldest entries come first.
pub(crate) fn forget_old(org: &Org, now_ms: i64) {
    for (name, field, span_ms) in KEPT {
        let Some(sobject) = org.schema().find(name) else { continue };
        let Some(field) = sobject.field(field) else { continue };
        let old: Vec<RecordId> = {
            let view = org.read();
            let is_old = |row: &crate::org::Row| matches!(view.value(sobject, row, field), Value::DateTime(at) if at < now_ms - span_ms);
            view.rows(sobject).take_while(is_old).map(|row| view.id(&row)).collect()
        };
        old.iter().for_each(|id| org.purge_own(sobject, id));
    }
}
