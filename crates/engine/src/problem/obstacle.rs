//! Sentences for what keeps a connection out, of which the connection keeps the code alone.

use salesforce::{ApiError, OAuthError};

use self::Answer::{Call, Session, Token};
use super::{Problem, no_api_session, of_api, of_oauth};

/// An answer of Salesforce's that a code stands for.
#[derive(Clone, Copy)]
enum Answer {
    /// The token endpoint's error, and the words in its description that tell it from others.
    Token(&'static str, &'static str),
    /// The error code of a call.
    Call(&'static str),
    /// A call that is refused though the session lives.
    Session,
}

/// What an admin of the org, or Salesforce, mends there: the grant stays good, and the connection goes on by itself.
const MENDED_IN_ORG: [(&str, Answer); 12] = [
    ("app.not_installed", Token("app_not_found", "")),
    ("app.blocked", Token("OAUTH_APP_BLOCKED", "")),
    ("app.not_allowed", Token("invalid_app_access", "")),
    ("app.not_approved", Token("invalid_grant", "user hasn't approved this consumer")),
    ("app.ip_blocked", Token("invalid_grant", "ip restricted")),
    ("app.no_api", Session),
    ("app.no_user", Token("invalid_grant", "no client credentials user enabled")),
    ("user.login_hours", Token("invalid_grant", "login hours")),
    ("user.login_restricted", Token("invalid_grant", "ip restricted or invalid login hours")),
    ("user.no_api", Call("API_DISABLED_FOR_ORG")),
    ("org.inactive", Token("inactive_org", "")),
    ("org.api_disabled", Call("API_CURRENTLY_DISABLED")),
];

/// What is mended by connecting again: with another secret, key, host or app.
const MENDED_HERE: [(&str, Answer); 11] = [
    ("app.audience", Token("invalid_grant", "audience is invalid")),
    ("app.certificate", Token("invalid_grant", "invalid assertion")),
    ("clock.assertion", Token("invalid_grant", "expired assertion")),
    ("org.my_domain_needed", Token("invalid_grant", "request not supported on this domain")),
    ("app.secret", Token("invalid_client", "")),
    ("app.unknown", Token("invalid_client_id", "")),
    ("app.callback", Token("redirect_uri_mismatch", "")),
    ("app.scope", Token("invalid_scope", "")),
    ("app.flow", Token("unsupported_grant_type", "")),
    ("app.request", Token("invalid_request", "")),
    ("user.sign_in_refused", Token("invalid_grant", "authentication failure")),
];

/// Whether the grant behind an error code stays good, and the connection goes on once somebody has mended it in the org.
pub fn is_mended_in_org(code: &str) -> bool {
    MENDED_IN_ORG.iter().any(|(known, _)| *known == code)
}

/// Returns the problem behind the code that a connection keeps of what keeps it out.
///
/// The sentence is the one that the refusal itself had, by an answer of Salesforce's that means the same.
pub(crate) fn of_obstacle(code: &str) -> Problem {
    let known = MENDED_IN_ORG.iter().chain(&MENDED_HERE).find(|(known, _)| *known == code);
    match known.map(|(_, answer)| *answer) {
        Some(Token(code, description)) => {
            of_oauth(&OAuthError { code: code.to_owned(), description: description.to_owned() })
        }
        Some(Call(code)) => {
            let (message, fields) = (String::new(), Vec::new());
            of_api(&ApiError { status: 403, code: code.to_owned(), message, fields })
        }
        Some(Session) => no_api_session(),
        None => Problem::new(
            "oauth.refused",
            "Salesforce keeps us out for a reason that it gave no name. Check the connection to read what it says.",
        ),
    }
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
    fn every_code_has_the_sentence_of_its_own_answer() {
        for (code, _) in MENDED_IN_ORG.iter().chain(&MENDED_HERE) {
            assert_eq!(of_obstacle(code).code, *code);
        }
        assert!(is_mended_in_org("app.blocked") && !is_mended_in_org("app.secret"));
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
