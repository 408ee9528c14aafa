//! Sentences for what keeps a connection out, of which the connection keeps the code alone.

use salesforce::{ApiError, OAuthError};

use super::{Problem, of_api, of_oauth};

/// Returns the problem behind the code that a connection keeps of what keeps it out.
///
/// The sentence is the one that the refusal itself had, by an answer of Salesforce's that means the same.
pub(crate) fn of_obstacle(code: &str) -> Problem {
    let refused = |code: &str, description: &str| {
        of_oauth(&OAuthError { code: code.to_owned(), description: description.to_owned() })
    };
    match code {
        "app.not_installed" => refused("app_not_found", ""),
        "app.blocked" => refused("OAUTH_APP_BLOCKED", ""),
        "app.not_allowed" => refused("invalid_app_access", ""),
        "app.not_approved" => refused("invalid_grant", "user hasn't approved this consumer"),
        "app.audience" => refused("invalid_grant", "audience is invalid"),
        "app.certificate" => refused("invalid_grant", "invalid assertion"),
        "clock.assertion" => refused("invalid_grant", "expired assertion"),
        "app.ip_blocked" => refused("invalid_grant", "ip restricted"),
        "user.login_hours" => refused("invalid_grant", "login hours"),
        "user.login_restricted" => refused("invalid_grant", "ip restricted or invalid login hours"),
        "app.no_user" => refused("invalid_grant", "no client credentials user enabled"),
        "org.my_domain_needed" => refused("invalid_grant", "request not supported on this domain"),
        "app.secret" => refused("invalid_client", ""),
        "app.unknown" => refused("invalid_client_id", ""),
        "app.callback" => refused("redirect_uri_mismatch", ""),
        "app.scope" => refused("invalid_scope", ""),
        "app.flow" => refused("unsupported_grant_type", ""),
        "app.request" => refused("invalid_request", ""),
        "user.sign_in_refused" => refused("invalid_grant", "authentication failure"),
        "org.inactive" => refused("inactive_org", ""),
        "user.no_api" => refused_call("API_DISABLED_FOR_ORG"),
        "org.api_disabled" => refused_call("API_CURRENTLY_DISABLED"),
        _ => Problem::new(
            "oauth.refused",
            "Salesforce keeps us out for a reason that it gave no name. Check the connection to read what it says.",
        ),
    }
}

fn refused_call(code: &str) -> Problem {
    let (message, fields) = (String::new(), Vec::new());
    of_api(&ApiError { status: 403, code: code.to_owned(), message, fields })
}

#[cfg(test)]
mod tests {
    use salesforce::Retry;

    use super::*;
    use crate::Error;

    fn obstacle(source: salesforce::Error) -> Option<&'static str> {
        let error = Error::call("renew the access token")(source);
        error.is_obstacle().then(|| error.problem().code)
    }

    #[test]
    fn what_keeps_a_connection_out_says_the_same_when_only_its_code_is_left() {
        let request = || "POST /services/oauth2/token".to_owned();
        let oauth = [
            ("app_not_found", ""),
            ("OAUTH_APP_BLOCKED", ""),
            ("invalid_app_access", "user is not admin approved to access this app"),
            ("invalid_client", "invalid client credentials"),
            ("invalid_client_id", "client identifier invalid"),
            ("unsupported_grant_type", ""),
            ("invalid_request", ""),
            ("invalid_scope", ""),
            ("invalid_grant", "ip restricted"),
            ("invalid_grant", "invalid login hours"),
            ("invalid_grant", "ip restricted or invalid login hours"),
            ("invalid_grant", "user hasn't approved this consumer"),
            ("invalid_grant", "audience is invalid"),
            ("invalid_grant", "invalid assertion"),
            ("invalid_grant", "expired assertion"),
            ("invalid_grant", "no client credentials user enabled"),
            ("invalid_grant", "request not supported on this domain"),
        ];
        for (code, description) in oauth {
            let source = OAuthError { code: code.to_owned(), description: description.to_owned() };
            let problem = of_oauth(&source);
            let found = obstacle(salesforce::Error::OAuth { request: request(), source });

            assert_eq!(found, Some(problem.code), "{code} {description}");
            assert_eq!(of_obstacle(problem.code), problem, "{code} {description}");
        }
        for code in ["API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "LOGIN_DURING_RESTRICTED_DOMAIN"]
            .into_iter()
            .chain(["LOGIN_DURING_RESTRICTED_TIME", "ORG_LOCKED", "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"])
        {
            let (message, fields) = (String::new(), Vec::new());
            let source = ApiError { status: 403, code: code.to_owned(), message, fields };
            let problem = of_api(&source);
            let found = obstacle(salesforce::Error::Api { request: request(), source, retry_after: None });

            assert_eq!(found, Some(problem.code), "{code}");
            assert_eq!(of_obstacle(problem.code), problem, "{code}");
        }
    }

    #[test]
    fn what_passes_by_itself_or_needs_a_new_grant_is_no_obstacle() {
        for (code, description) in [
            ("invalid_grant", "expired access/refresh token"),
            ("inactive_user", ""),
            ("rate_limit_exceeded", ""),
            ("unknown_error", "retry your request"),
        ] {
            let source = OAuthError { code: code.to_owned(), description: description.to_owned() };
            assert!(!matches!(source.retry(), Retry::WhenFixed(_)));

            assert_eq!(obstacle(salesforce::Error::OAuth { request: String::new(), source }), None, "{code}");
        }
    }
}
