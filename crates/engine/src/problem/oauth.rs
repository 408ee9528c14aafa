//! Sentences for what Salesforce's authorize and token endpoints refuse.

use salesforce::OAuthError;

use super::Problem;

/// A renewed token was lost on its way to us.
pub(crate) const ROTATED_LOST: &str = "token.rotated_lost";
/// Our own grant made room for another that did not come.
pub(crate) const GIVEN_BACK: &str = "token.given_back";
const USER_INACTIVE: &str = "user.inactive";
const IDLE_EXPIRED: &str = "token.idle_expired";

/// The problem behind an error of the authorize or token endpoint (Salesforce Help, OAuth 2.0 Authorization Errors).
pub(crate) fn of_oauth(error: &OAuthError) -> Problem {
    let description = error.description.to_ascii_lowercase();
    if description.contains("rate exceeded") {
        return of_code("rate_limit_exceeded", error);
    }
    match error.code.as_str() {
        "invalid_grant" => of_grant_error(&description, error),
        code => of_code(code, error),
    }
}

/// Salesforce has one code for all that may be wrong with a grant; the text tells them apart.
fn of_grant_error(description: &str, error: &OAuthError) -> Problem {
    let says = |text: &str| description.contains(text);
    match () {
        () if says("inactive organization") || says("org lock") => of_code("inactive_org", error),
        () if says("inactive") => of_grant(USER_INACTIVE),
        () if says("ip restricted") && says("login hours") => login_restricted(),
        () if says("ip restricted") => ip_blocked(),
        () if says("login hours") => login_hours(),
        () if says("hasn't approved") => Problem::new(
            "app.not_approved",
            "This user has not approved the app and is not pre-authorized for it, which signing in with a certificate needs. Add a \
             permission set of the user to the app's policy; and look whether the user name is right.",
        ),
        () if says("audience") => Problem::new(
            "app.audience",
            "This org signs nobody in at this host. Choose the environment that the org is: Production, Sandbox, or Custom domain with \
             its My Domain host.",
        ),
        () if says("expired assertion") => Problem::new(
            "clock.assertion",
            "Salesforce found our signed request too old, so the clock of this server is wrong. Set it, then try again.",
        ),
        () if says("assertion") || says("signature") => Problem::new(
            "app.certificate",
            "The signature does not fit the app's certificate. Either the private key belongs to another certificate, or the consumer key \
             is another app's, or the app has no certificate.",
        ),
        () if says("admin approved") => of_code("invalid_app_access", error),
        () if says("rate exceeded") => of_code("rate_limit_exceeded", error),
        () if says("authentication failure") => of_sign_in(),
        () if says("not supported on this domain") => Problem::new(
            "org.my_domain_needed",
            "This org does not let people sign in at this host. Choose Custom domain and enter its My Domain host, such as \
             acme.my.salesforce.com.",
        ),
        () if says("no client credentials user") => Problem::new(
            "app.no_user",
            "The app has no user to act as. Set \"Run As\" under the app's client credentials flow in Salesforce Setup.",
        ),
        () if says("token validity expired") => of_grant(IDLE_EXPIRED),
        () if says("authorization code") || says("code verifier") => super::connect_expired(),
        () => of_grant(""),
    }
}

fn of_code(code: &str, error: &OAuthError) -> Problem {
    match code {
        "rate_limit_exceeded" => Problem::new(
            "limit.sign_in",
            "Too many sign-ins of this user in an hour. Run again in half an hour.",
        ),
        "invalid_client" => Problem::new(
            "app.secret",
            "Salesforce does not accept the app's secret. Compare it with the consumer secret in Setup; it may have been changed.",
        ),
        "invalid_client_id" => Problem::new(
            "app.unknown",
            "Salesforce does not know this app. Compare the consumer key with the one in Setup, and check the host that you sign in \
             at; a new app takes up to ten minutes.",
        ),
        "app_not_found" | "OAUTH_EC_APP_NOT_FOUND" => Problem::new(
            "app.not_installed",
            "This app is not installed in your org, or it is another org's and the environment is not the right one. A Salesforce admin must \
             install it, then try again.",
        ),
        "OAUTH_APPROVAL_ERROR_GENERIC" => Problem::new(
            "app.not_installed",
            "Salesforce did not let this user approve the app and does not say why. Mostly the app is not installed in your org; \
             else a scope is missing on it, or the user is one for the API only, who cannot sign in on a page.",
        ),
        "invalid_app_access" | "OAUTH_APP_ACCESS_DENIED" | "OAUTH_AUTHORIZATION_BLOCKED" => Problem::new(
            "app.not_allowed",
            "Only users whom an admin approved may use this app, and this user is none of them.",
        ),
        "OAUTH_APP_BLOCKED" => {
            Problem::new("app.blocked", "An admin blocked this app in Salesforce. Ask them to unblock it.")
        }
        "inactive_user" => of_grant(USER_INACTIVE),
        "inactive_org" => Problem::new(
            "org.inactive",
            "This org is locked, suspended or closed: nobody can sign in. Ask its Salesforce admin, or Salesforce.",
        ),
        "redirect_uri_mismatch" | "redirect_uri_missing" => Problem::new(
            "app.callback",
            "The app does not list this server's callback address. Add it to the app exactly as it is shown here.",
        ),
        "invalid_scope" => Problem::new(
            "app.scope",
            "The app may not ask for what a copy needs. Give it the scopes api, refresh_token and id.",
        ),
        "unsupported_grant_type" | "unsupported_response_type" => Problem::new(
            "app.flow",
            "This way of signing in is switched off for the app or the org. Enable the flow for it: authorization code, JWT bearer or client credentials.",
        ),
        code => of_other_code(code, error),
    }
}

/// What is not about the app, the user or the org.
fn of_other_code(code: &str, error: &OAuthError) -> Problem {
    let said = error.to_string();
    match code {
        "invalid_request" => Problem::new(
            "app.request",
            format!(
                "Salesforce found something missing in our request ({said}). The app may demand a setting that this server does not \
                 know: compare it with the guide."
            ),
        ),
        "immediate_unsuccessful" => Problem::new(
            "connect.unfinished",
            "Salesforce wanted a person to sign in or to approve, and nobody did. Start again and stay until you are sent back.",
        ),
        "unknown_error" | "server_error" => Problem::new(
            "org.unavailable",
            format!("Salesforce could not sign the user in for now ({}). Try again later.", error.code),
        ),
        _ => Problem::new("oauth.refused", format!("Salesforce refused the sign-in ({said}).")),
    }
}

/// The user as such is refused.
pub(crate) fn of_sign_in() -> Problem {
    Problem::new(
        "user.sign_in_refused",
        "Salesforce refused to sign this user in: the password expired or was reset, or the user is frozen or locked out. Look at \
         Login History in Setup.",
    )
}

/// Our address is not allowed.
pub(crate) fn ip_blocked() -> Problem {
    Problem::new(
        "app.ip_blocked",
        "Salesforce refused the address from which this server calls. Add it to the allowed ranges of the app and of the user's profile.",
    )
}

/// The hour is not allowed.
pub(crate) fn login_hours() -> Problem {
    Problem::new(
        "user.login_hours",
        "Salesforce lets this user in at other hours only. Widen the login hours of the user's profile; outside them nothing is copied.",
    )
}

/// A sign-in on Salesforce's page is refused for the address of the browser, or the hour (Salesforce Help, Restrict Login IP
/// Addresses in Profiles). Ours is looked at only when the code is exchanged.
pub(crate) fn login_refused() -> Problem {
    Problem::new(
        "user.login_restricted",
        "Salesforce refused this sign-in for the address of your browser, or the hour, and does not say which. Sign in from a network that \
         the user's profile allows, in its login hours. This server's own address was not looked at yet; the profile and the app have \
         to allow it too.",
    )
}

/// One of the two, which the token endpoint does not tell apart.
fn login_restricted() -> Problem {
    Problem::new(
        "user.login_restricted",
        "Salesforce refused the address from which this server calls, or the hour, and does not say which. Look at the user's profile for both: if it fails at certain hours only, it is the hours.",
    )
}

/// The problem of a grant that the org refuses, by the code that a connection keeps of it.
pub(crate) fn of_grant(code: &str) -> Problem {
    match code {
        ROTATED_LOST => Problem::new(
            ROTATED_LOST,
            "A renewed key was lost on the way, so Salesforce closed the connection for safety. Reconnect once.",
        ),
        GIVEN_BACK => Problem::new(
            GIVEN_BACK,
            "The user had five approvals of the app, so our access was given back to make room for a new sign-in, which then was not \
             finished. Connect again; your rules stay.",
        ),
        USER_INACTIVE => of_inactive("The Salesforce user"),
        IDLE_EXPIRED => Problem::new(
            IDLE_EXPIRED,
            "The connection lived, or lay unused, longer than the app's refresh token policy allows, and expired. Reconnect.",
        ),
        "org.inactive" => {
            of_code("inactive_org", &OAuthError { code: String::new(), description: String::new() })
        }
        _ => Problem::new(
            "token.revoked",
            "Salesforce no longer accepts our connection. An admin revoked the app or the user, the token was replaced, the app's \
             refresh token policy ended it, or a sixth approval of this user ended the oldest. Connect again; your rules stay.",
        ),
    }
}

fn of_inactive(who: &str) -> Problem {
    let text = format!("{who} was deactivated or frozen. Reactivate it or connect with another user.");
    Problem::new(USER_INACTIVE, text)
}

impl Problem {
    /// The same, where it is about the user of a connection that is known, with that user's name.
    pub(crate) fn naming_user(self, username: &str) -> Self {
        match self.code {
            USER_INACTIVE => of_inactive(&format!("The Salesforce user {username}")),
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_sign_in_is_told_apart() {
        for (code, description, expected) in [
            ("invalid_grant", "expired access/refresh token", "token.revoked"),
            ("invalid_grant", "token validity expired", "token.idle_expired"),
            ("invalid_grant", "inactive user", "user.inactive"),
            ("invalid_grant", "inactive organization", "org.inactive"),
            ("invalid_grant", "ip restricted or invalid login hours", "user.login_restricted"),
            ("invalid_grant", "invalid login hours", "user.login_hours"),
            ("invalid_grant", "IP Restricted", "app.ip_blocked"),
            ("invalid_grant", "user hasn't approved this consumer", "app.not_approved"),
            ("invalid_grant", "audience is invalid", "app.audience"),
            ("invalid_grant", "Audience validation failed", "app.audience"),
            ("invalid_grant", "expired assertion", "clock.assertion"),
            ("invalid_grant", "invalid assertion", "app.certificate"),
            ("invalid_grant", "authentication failure", "user.sign_in_refused"),
            ("invalid_request", "missing required code challenge", "app.request"),
            ("immediate_unsuccessful", "", "connect.unfinished"),
            ("invalid_grant", "login rate exceeded", "limit.sign_in"),
            ("invalid_grant", "request not supported on this domain", "org.my_domain_needed"),
            ("invalid_grant", "no client credentials user enabled", "app.no_user"),
            ("invalid_grant", "expired authorization code", "connect.expired"),
            ("invalid_grant", "invalid code verifier", "connect.expired"),
            ("invalid_client", "invalid client credentials", "app.secret"),
            ("invalid_client_id", "client identifier invalid", "app.unknown"),
            ("app_not_found", "External client app is not installed in this org", "app.not_installed"),
            (
                "OAUTH_EC_APP_NOT_FOUND",
                "External client app is not installed in this org",
                "app.not_installed",
            ),
            ("OAUTH_APPROVAL_ERROR_GENERIC", "An unexpected error has occurred", "app.not_installed"),
            ("invalid_app_access", "user is not admin approved to access this app", "app.not_allowed"),
            ("OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app", "app.not_allowed"),
            ("OAUTH_AUTHORIZATION_BLOCKED", "", "app.not_allowed"),
            ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "app.blocked"),
            ("inactive_user", "", "user.inactive"),
            ("inactive_org", "", "org.inactive"),
            ("redirect_uri_mismatch", "redirect_uri must match configuration", "app.callback"),
            ("invalid_scope", "the requested scope is not allowed", "app.scope"),
            ("unsupported_grant_type", "grant type not supported", "app.flow"),
            ("rate_limit_exceeded", "", "limit.sign_in"),
            ("unknown_error", "retry your request", "org.unavailable"),
            ("something_new", "", "oauth.refused"),
        ] {
            let error = OAuthError { code: code.to_owned(), description: description.to_owned() };
            assert_eq!(of_oauth(&error).code, expected, "{code}: {description}");
        }
    }
}
