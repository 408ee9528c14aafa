//! The click in Salesforce that mends a problem.

/// What somebody does in Salesforce against a problem.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Remedy {
    /// Where in Salesforce, as an admin reads it there: `Setup > Users`.
    pub place: &'static str,
    /// The page of Setup, as a path below the org's own address; empty where it differs from org to org.
    pub path: &'static str,
    /// What to do there.
    pub step: &'static str,
}

const fn remedy(place: &'static str, path: &'static str, step: &'static str) -> Option<Remedy> {
    Some(Remedy { place, path, step })
}

const USAGE: &str = "Setup > Connected Apps OAuth Usage";
const USAGE_PATH: &str = "/lightning/setup/ConnectedAppsUsage/home";
const APPS: &str = "Setup > External Client App Manager";
const APPS_PATH: &str = "/lightning/setup/ManageExternalClientApplication/home";
const USERS_PATH: &str = "/lightning/setup/ManageUsers/home";
const PROFILES: &str = "Setup > Profiles";
const PROFILES_PATH: &str = "/lightning/setup/EnhancedProfiles/home";
const PERMISSIONS_PATH: &str = "/lightning/setup/PermSets/home";

/// Returns what mends a problem in Salesforce; nothing where it is mended here, or by waiting.
pub fn find_remedy(code: &str) -> Option<Remedy> {
    match code {
        "token.revoked" => remedy(
            USAGE,
            USAGE_PATH,
            "Find the app: if it is blocked press Unblock, if it is not installed press Install. Then reconnect here. Where the user has \
             five approvals already, revoke one that nobody uses first.",
        ),
        "limit.approvals" => remedy(
            USAGE,
            USAGE_PATH,
            "Open the app's User Count, and revoke the approvals that nobody uses: the column Last Used tells.",
        ),
        "app.not_installed" => remedy(
            USAGE,
            USAGE_PATH,
            "Find the app and press Install. An external client app of another org comes as a package: open its install link.",
        ),
        "app.blocked" => remedy(USAGE, USAGE_PATH, "Find the app and press Unblock."),
        "org.my_domain_needed" | "host.redirected" | "app.audience" => remedy(
            "Setup > My Domain",
            "/lightning/setup/OrgDomain/home",
            "Copy Current My Domain URL, and enter its host here under Custom domain.",
        ),
        "org.api_disabled" => remedy(
            "Setup > Company Information",
            "/lightning/setup/CompanyProfileInfo/home",
            "Look at Organization Edition: editions without API access need it bought.",
        ),
        "limit.daily" | "limit.reserve" => remedy(
            "Setup > Company Information",
            "/lightning/setup/CompanyProfileInfo/home",
            "Look at API Requests, Last 24 Hours, and at which apps make them under Setup > API Usage.",
        ),
        _ => find_remedy_of_user(code).or_else(|| remedy(APPS, APPS_PATH, find_step_in_app(code)?)),
    }
}

/// Returns what mends what keeps a user out.
fn find_remedy_of_user(code: &str) -> Option<Remedy> {
    match code {
        "user.inactive" => remedy(
            "Setup > Users",
            USERS_PATH,
            "Open the user, tick Active or press Unfreeze, and check again here.",
        ),
        "user.no_api" => remedy(
            "Setup > Permission Sets",
            PERMISSIONS_PATH,
            "Open a permission set of the user, then System Permissions, and tick API Enabled.",
        ),
        "user.no_access" | "sobject.unknown" | "field.unknown" => remedy(
            "Setup > Permission Sets",
            PERMISSIONS_PATH,
            "Open a permission set of the user, then Object Settings, and give Read on the object and its fields.",
        ),
        "user.login_hours" => remedy(
            PROFILES,
            PROFILES_PATH,
            "Open the profile of the user, then Login Hours, and allow the hours in which the copy shall be kept up to date.",
        ),
        "user.login_restricted" => remedy(
            PROFILES,
            PROFILES_PATH,
            "Open the profile of the user, and look at Login Hours and at Login IP Ranges, which must hold this server's addresses and \
             those of the browser in which somebody signs in; then at the IP ranges in the app's OAuth settings.",
        ),
        "user.sign_in_refused" => remedy(
            "Setup > Login History",
            "/lightning/setup/OrgLoginHistory/home",
            "Find the last attempt of the user: its Status says why. Mend that, then reconnect here.",
        ),
        _ => None,
    }
}

/// Returns what mends a problem in the settings of the app.
fn find_step_in_app(code: &str) -> Option<&'static str> {
    let step = match code {
        "token.idle_expired" => {
            "Open the app, then Policies, and under Refresh Token Policy let it expire after 30 unused days or never. Then reconnect here."
        }
        "app.not_allowed" => {
            "Open the app, then Policies, and either let all users self-authorize or add a permission set of this user."
        }
        "app.not_approved" => {
            "Open the app, then Policies, OAuth Policies: choose Admin approved users are pre-authorized, and add a permission set that the \
             user has."
        }
        "app.certificate" => {
            "Open the app, then Settings, OAuth Settings, Flow Enablement: enable JWT Bearer Flow and upload the certificate that belongs to \
             the private key."
        }
        "app.request" => {
            "Open the app, then Settings, OAuth Settings, Security, and compare what is required there with the guide of the connect page."
        }
        "app.ip_blocked" => {
            "Open the app, then Settings, OAuth Settings, and add this server's addresses to its IP ranges, or relax IP restrictions under \
             Policies. The profile of the user may have Login IP Ranges too."
        }
        "app.secret" | "app.unknown" => {
            "Open the app, then Settings, OAuth Settings, Consumer Key and Secret, and copy both again."
        }
        "app.callback" => {
            "Open the app, then Settings, OAuth Settings, and add the callback address that the connect page shows."
        }
        "app.scope" | "scope.missing" | "scope.too_wide" => {
            "Open the app, then Settings, OAuth Settings, and select exactly: Manage user data via APIs (api), Perform requests at any \
             time (refresh_token, offline_access), Access the identity URL service (id)."
        }
        "app.flow" => {
            "Open the app, then Settings, OAuth Settings, Flow Enablement, and enable the flow that is used: authorization code, JWT bearer or \
             client credentials."
        }
        "app.no_api" => {
            "Open the app, then Settings, OAuth Settings, and select Manage user data via APIs (api). Where that is selected, look at Setup > \
             API Access Control: it has to admit the app."
        }
        "app.no_user" => {
            "Open the app, then Policies, OAuth Flows, enable Client Credentials and name the Run As user."
        }
        _ => return None,
    };
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::find_remedy;

    #[test]
    fn a_remedy_names_a_place_in_setup_and_what_to_do_there() {
        for code in ["token.revoked", "user.inactive", "app.blocked", "app.callback", "org.my_domain_needed"]
        {
            let found = find_remedy(code).unwrap();

            assert!(found.place.starts_with("Setup > "), "{code}");
            assert!(found.path.starts_with("/lightning/setup/") && found.step.ends_with('.'), "{code}");
        }
        assert_eq!(find_remedy("connect.declined"), None);
    }
}
