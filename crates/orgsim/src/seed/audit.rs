//! The first entries of the logs.

use super::Planter;
use crate::clock::{DAY_MS, HOUR_MS};
use crate::simulator::CLIENT_NAME;
use crate::value::Value;

/// How many users have signed in before the start, and how often each.
const USERS: usize = 10;
const LOGINS: i64 = 3;

/// Changes of the set-up in the last month: action, section and text. Older ones would be forgotten by now.
const CHANGES: [(&str, &str, &str); 3] = [
    ("PermSetCreate", "Manage Users", "Created permission set Reporting: with no license"),
    ("PermSetGroupCreate", "Manage Users", "Created permission set group Auditors"),
    ("PermSetAssign", "Manage Users", "Permission set Reporting: assigned to a user"),
];
const CHANGED_BEFORE_MS: i64 = 30 * DAY_MS;

pub(super) fn plant(planter: &Planter<'_>) {
    plant_apps(planter);
    plant_logins(planter);
    let then = Planter { at_ms: planter.now_ms - CHANGED_BEFORE_MS, ..*planter };
    for (action, section, text) in CHANGES {
        let values = [
            ("Action", Value::text(action)),
            ("Section", Value::text(section)),
            ("Display", Value::text(text)),
        ];
        then.plant("SetupAuditTrail", &values);
    }
}

fn plant_apps(planter: &Planter<'_>) {
    for name in [CLIENT_NAME, "Salesforce CLI"] {
        let values = [("Name", Value::text(name)), ("OptionsIsInternal", Value::Bool(name != CLIENT_NAME))];
        planter.plant("ConnectedApplication", &values);
    }
}

/// Plants sign-ins of the days before the start, oldest first.
fn plant_logins(planter: &Planter<'_>) {
    let users = planter.first_ids("User", USERS);
    let count = users.len() as i64 * LOGINS;
    let start_ms = planter.now_ms - planter.now_ms.rem_euclid(1_000);
    for (at, user) in (0..count).zip(users.iter().cycle()) {
        let from_browser = at % 2 == 0;
        let (login_type, application) =
            if from_browser { ("Application", "Browser") } else { ("Remote Access 2.0", CLIENT_NAME) };
        planter.plant(
            "LoginHistory",
            &[
                ("UserId", Value::Id(*user)),
                ("LoginTime", Value::DateTime(start_ms - (count - at) * 7 * HOUR_MS)),
                ("LoginType", Value::text(login_type)),
                ("SourceIp", Value::text("192.0.2.10")),
                ("LoginUrl", Value::text("login.salesforce.com")),
                ("Browser", Value::text(if from_browser { "Chrome 140" } else { "Unknown" })),
                ("Platform", Value::text(if from_browser { "Windows 11" } else { "Unknown" })),
                ("Status", Value::text("Success")),
                ("Application", Value::text(application)),
                ("ClientVersion", Value::text("N/A")),
                ("ApiType", Value::text("N/A")),
                ("ApiVersion", Value::text("N/A")),
                ("CountryIso", Value::text("US")),
                ("OptionsIsPost", Value::Bool(true)),
            ],
        );
    }
}
