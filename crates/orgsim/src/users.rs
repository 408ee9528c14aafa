//! The users of the org, as sign-in and identity need them.

use crate::app::App;
use crate::id::RecordId;
use crate::org::{INTEGRATION_LICENSE, Org, OrgView, Row};
use crate::random;
use crate::schema::SObject;
use crate::value::Value;

/// A user with what the identity answers tell.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: RecordId,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) nickname: String,
    pub(crate) email: String,
    pub(crate) time_zone: String,
    pub(crate) language: String,
    pub(crate) locale: String,
    pub(crate) street: String,
    pub(crate) city: String,
    pub(crate) state: String,
    pub(crate) country: String,
    pub(crate) postal_code: String,
    pub(crate) phone: String,
    pub(crate) mobile_phone: String,
    pub(crate) profile_id: Option<RecordId>,
    pub(crate) role_id: Option<RecordId>,
    /// As records have it: `Standard`, `CsnOnly` and so on.
    pub(crate) user_type: String,
    /// Whether the user is one that programs sign in as, by licence or type.
    pub(crate) is_integration: bool,
    pub(crate) is_active: bool,
    pub(crate) is_frozen: bool,
    pub(crate) modified_at: i64,
}

impl User {
    /// Makes a user without any data, for an org without User records.
    pub(crate) fn nobody(id: RecordId) -> Self {
        Self {
            id,
            username: "admin@orgsim.example".to_owned(),
            name: "Admin".to_owned(),
            first_name: String::new(),
            last_name: "Admin".to_owned(),
            nickname: "admin".to_owned(),
            email: "admin@orgsim.example".to_owned(),
            time_zone: "GMT".to_owned(),
            language: "en_US".to_owned(),
            locale: "en_US".to_owned(),
            street: String::new(),
            city: String::new(),
            state: String::new(),
            country: String::new(),
            postal_code: String::new(),
            phone: String::new(),
            mobile_phone: String::new(),
            profile_id: None,
            role_id: None,
            user_type: "Standard".to_owned(),
            is_integration: false,
            is_active: true,
            is_frozen: false,
            modified_at: 0,
        }
    }
}

/// Finds a user by id.
pub(crate) fn find_user(org: &Org, id: &RecordId) -> Option<User> {
    let view = org.read();
    let sobject = view.schema().find("User")?;
    let row = view.find(sobject, id)?;
    Some(read_user(&view, sobject, &row))
}

/// Finds a user by username, in any case.
pub(crate) fn find_user_named(org: &Org, username: &str) -> Option<User> {
    let view = org.read();
    let sobject = view.schema().find("User")?;
    let field = sobject.field("Username")?;
    let row = view.rows(sobject).find(|row| {
        let value = view.value(sobject, row, field);
        value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(username.trim()))
    })?;
    Some(read_user(&view, sobject, &row))
}

/// Finds the user whom a username signs in, active or not.
pub(crate) fn find_login(app: &App, username: &str) -> Option<User> {
    let main = app.main_user();
    if main.username.eq_ignore_ascii_case(username.trim()) {
        return Some(main);
    }
    find_user_named(&app.org, username)
}

/// What a password was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Password {
    /// Right, with the security token behind it.
    WithToken,
    /// Right, which is enough for a browser or within a trusted network.
    WithoutToken,
    Wrong,
}

/// Looks at the password that a user gives.
pub(crate) fn check_password(app: &App, user: &User, given: &str) -> Password {
    let (password, security_token) = (password_of(app, user.id), &app.secrets.security_token);
    if random::same_secret(given, &password) {
        Password::WithoutToken
    } else if random::same_secret(given, &format!("{password}{security_token}")) {
        Password::WithToken
    } else {
        Password::Wrong
    }
}

/// Returns a user's password: that of the start line, which all users share, until it is changed.
pub(crate) fn password_of(app: &App, user: RecordId) -> String {
    app.sign_in.password_of(user).unwrap_or_else(|| app.secrets.password.clone())
}

/// Returns the name of the org.
pub(crate) fn organization_name(org: &Org) -> String {
    let view = org.read();
    let name = view.schema().find("Organization").and_then(|sobject| {
        let row = view.find(sobject, &org.organization_id())?;
        Some(view.value(sobject, &row, sobject.field("Name")?).as_str()?.to_owned())
    });
    name.unwrap_or_default()
}

/// Returns whether a user is frozen (Object Reference, UserLogin).
fn is_frozen(view: &OrgView<'_>, user: RecordId) -> bool {
    let Some(logins) = view.schema().find("UserLogin") else { return false };
    let found = view.rows_linked("UserLogin", "UserId", user);
    found.iter().any(|row| view.bool_in(logins, row, "IsFrozen"))
}

/// Returns whether a user has the licence for programs, or is one of those that the platform's own programs are.
fn is_integration(view: &OrgView<'_>, profile: Option<RecordId>, user_type: &str) -> bool {
    let license = || {
        let (profiles, row) = view.find_by_name("Profile", &profile?)?;
        let license = view.id_in(profiles, &row, "UserLicenseId")?;
        let (licenses, row) = view.find_by_name("UserLicense", &license)?;
        view.text_in(licenses, &row, "Name")
    };
    user_type == "CloudIntegrationUser" || license().as_deref() == Some(INTEGRATION_LICENSE)
}

fn read_user(view: &OrgView<'_>, sobject: &SObject, row: &Row) -> User {
    let value = |name: &str| sobject.field(name).map_or(Value::Null, |field| view.value(sobject, row, field));
    let text = |name: &str| value(name).as_str().unwrap_or_default().to_owned();
    let id = |name: &str| match value(name) {
        Value::Id(id) => Some(id),
        _ => None,
    };
    let user_type = Some(text("UserType")).filter(|kind| !kind.is_empty());
    let user_type = user_type.unwrap_or_else(|| "Standard".to_owned());
    User {
        id: view.id(row),
        is_integration: is_integration(view, id("ProfileId"), &user_type),
        user_type,
        username: text("Username"),
        name: text("Name"),
        first_name: text("FirstName"),
        last_name: text("LastName"),
        nickname: text("CommunityNickname"),
        email: text("Email"),
        time_zone: text("TimeZoneSidKey"),
        language: text("LanguageLocaleKey"),
        locale: text("LocaleSidKey"),
        street: text("Street"),
        city: text("City"),
        state: text("State"),
        country: text("Country"),
        postal_code: text("PostalCode"),
        phone: text("Phone"),
        mobile_phone: text("MobilePhone"),
        profile_id: id("ProfileId"),
        role_id: id("UserRoleId"),
        is_active: value("IsActive") != Value::Bool(false),
        is_frozen: is_frozen(view, view.id(row)),
        modified_at: match value("SystemModstamp") {
            Value::DateTime(ms) => ms,
            _ => 0,
        },
    }
}
