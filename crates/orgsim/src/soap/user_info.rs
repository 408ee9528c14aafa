//! What `login` and `getUserInfo` tell of a user (SOAP API Developer Guide, GetUserInfoResult).

use crate::app::App;
use crate::users::{self, User};
use crate::xml::escape;

/// Writes the members in the order of the WSDL.
pub(super) fn write(app: &App, user: &User, seconds_valid: i64) -> String {
    let text = |value: &str| Some(value.to_owned());
    let members: [(&str, Option<String>); 24] = [
        ("accessibilityMode", text("false")),
        ("chatterExternal", text("false")),
        ("currencySymbol", text("$")),
        ("orgAttachmentFileSizeLimit", text("5242880")),
        ("orgDefaultCurrencyIsoCode", text("USD")),
        ("orgDefaultCurrencyLocale", text("en_US")),
        ("orgDisallowHtmlAttachments", text("false")),
        ("orgHasPersonAccounts", text("false")),
        ("organizationId", Some(app.org.organization_id().to_string())),
        ("organizationMultiCurrency", text("false")),
        ("organizationName", Some(users::organization_name(&app.org))),
        ("profileId", user.profile_id.map(|id| id.to_string())),
        ("roleId", user.role_id.map(|id| id.to_string())),
        ("sessionSecondsValid", Some(seconds_valid.to_string())),
        ("userDefaultCurrencyIsoCode", None),
        ("userEmail", text(&user.email)),
        ("userFullName", text(&user.name)),
        ("userId", Some(user.id.to_string())),
        ("userLanguage", text(&user.language)),
        ("userLocale", text(&user.locale)),
        ("userName", text(&user.username)),
        ("userTimeZone", text(&user.time_zone)),
        ("userType", text(&user.user_type)),
        ("userUiSkin", text("Theme3")),
    ];
    let written = members.iter().map(|(name, value)| match value {
        Some(value) => format!("<{name}>{}</{name}>", escape(value)),
        None => format!("<{name} xsi:nil=\"true\"/>"),
    });
    written.collect()
}
