//! Errors of the OAuth endpoints.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::Retry;

/// How long to wait after too many logins; the token endpoint counts each refresh as one.
const LOGIN_RATE_WAIT: Duration = Duration::from_secs(15 * 60);

/// An error of the authorize or token endpoint (Salesforce Help, OAuth 2.0 Authorization Errors).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct OAuthError {
    /// The code, such as `invalid_grant`.
    #[serde(rename = "error")]
    pub code: String,
    /// What Salesforce says; in practice part of the contract.
    #[serde(default, rename = "error_description")]
    pub description: String,
}

impl OAuthError {
    /// Reads an error body: JSON, or the same pair in form encoding. `None` where it is something else.
    pub fn parse(body: &[u8]) -> Option<Self> {
        if let Ok(error) = serde_json::from_slice(body) {
            return Some(error);
        }
        let mut error = Self { code: String::new(), description: String::new() };
        for (key, value) in url::form_urlencoded::parse(body) {
            match &*key {
                "error" => error.code = value.into_owned(),
                "error_description" => error.description = value.into_owned(),
                _ => (),
            }
        }
        (!error.code.is_empty()).then_some(error)
    }

    /// Whether trying again helps: connect again, change a setting, or wait.
    pub fn retry(&self) -> Retry {
        let description = self.description.to_ascii_lowercase();
        match self.code.as_str() {
            "invalid_grant" => retry_grant(&description),
            "inactive_user" | "inactive_org" => Retry::Reauth,
            "access_denied" | "access-denied" => {
                Retry::WhenFixed("approve the app on Salesforce's consent page")
            }
            "invalid_client_id" => Retry::WhenFixed("check the app's client id and the login host"),
            "invalid_client" => Retry::WhenFixed("check the app's client secret"),
            "redirect_uri_mismatch" | "redirect_uri_missing" => {
                Retry::WhenFixed("register this server's callback URL in the app")
            }
            "invalid_scope" => Retry::WhenFixed("give the app the scopes api, refresh_token and id"),
            "app_not_found" | "OAUTH_EC_APP_NOT_FOUND" => {
                Retry::WhenFixed("install the app in the org, and check the login host")
            }
            "invalid_app_access" | "OAUTH_APP_ACCESS_DENIED" | "OAUTH_AUTHORIZATION_BLOCKED" => {
                Retry::WhenFixed("have an admin of the org pre-authorize the user for the app")
            }
            "OAUTH_APP_BLOCKED" => Retry::WhenFixed("have an admin of the org unblock the app"),
            "OAUTH_APPROVAL_ERROR_GENERIC" => {
                Retry::WhenFixed("have an admin of the org install the app: uninstalled apps are refused")
            }
            "unsupported_grant_type" | "unsupported_response_type" | "invalid_request" => {
                Retry::WhenFixed("enable the OAuth flow in the app's settings")
            }
            "rate_limit_exceeded" => Retry::Later(Some(LOGIN_RATE_WAIT)),
            "unknown_error" | "server_error" | "immediate_unsuccessful" => Retry::Later(None),
            _ if description.contains("rate exceeded") => Retry::Later(Some(LOGIN_RATE_WAIT)),
            _ => Retry::WhenFixed("read the error of the consent page or the token endpoint"),
        }
    }
}

fn retry_grant(description: &str) -> Retry {
    let human = [
        ("ip restricted", "allow our address and hours in the user's profile and the app's ranges"),
        ("login hours", "allow our address and hours in the user's profile and the app's ranges"),
        ("hasn't approved", "have an admin of the org pre-authorize the user for the app"),
        ("audience", "check the login host: production or sandbox"),
        ("assertion", "check the app's certificate and this machine's clock"),
        ("no client credentials user", "name a run-as user in the app's client credentials flow"),
        ("not supported on this domain", "use the org's My Domain as login host"),
    ];
    if description.contains("rate exceeded") {
        return Retry::Later(Some(LOGIN_RATE_WAIT));
    }
    human
        .iter()
        .find(|(text, _)| description.contains(text))
        .map_or(Retry::Reauth, |(_, remedy)| Retry::WhenFixed(remedy))
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.description.as_str() {
            "" => f.write_str(&self.code),
            description => write!(f, "{}: {description}", self.code),
        }
    }
}

impl std::error::Error for OAuthError {}

#[cfg(test)]
mod tests {
    use super::OAuthError;
    use crate::Retry;

    #[test]
    fn both_forms_of_a_body_are_read() {
        let json = br#"{"error":"invalid_grant","error_description":"inactive user"}"#;
        let form = b"error=invalid_client_id&error_description=client%20identifier%20invalid";

        assert_eq!(OAuthError::parse(json).unwrap().to_string(), "invalid_grant: inactive user");
        assert_eq!(
            OAuthError::parse(form).unwrap().to_string(),
            "invalid_client_id: client identifier invalid"
        );
        assert_eq!(OAuthError::parse(b"<html>busy</html>"), None);
    }

    #[test]
    fn each_text_falls_in_its_class() {
        let reauth = [
            "expired access/refresh token",
            "token validity expired",
            "inactive user",
            "expired authorization code",
            "",
        ];
        for description in reauth {
            let error = OAuthError { code: "invalid_grant".into(), description: description.into() };
            assert_eq!(error.retry(), Retry::Reauth, "{description}");
        }
        let human = [
            ("invalid_grant", "ip restricted or invalid login hours"),
            ("invalid_grant", "IP Restricted"),
            ("invalid_grant", "user hasn't approved this consumer"),
            ("invalid_grant", "request not supported on this domain"),
            ("invalid_client", "invalid client credentials"),
            ("invalid_client_id", "client identifier invalid"),
            ("OAUTH_APP_BLOCKED", "this app is blocked by admin"),
            ("something_new", ""),
        ];
        for (code, description) in human {
            let error = OAuthError { code: code.into(), description: description.into() };
            assert!(matches!(error.retry(), Retry::WhenFixed(_)), "{code} {description}");
        }
        let later = [("unknown_error", "retry your request"), ("invalid_grant", "login rate exceeded")];
        for (code, description) in later {
            let error = OAuthError { code: code.into(), description: description.into() };
            assert!(matches!(error.retry(), Retry::Later(_)), "{code} {description}");
        }
    }
}
