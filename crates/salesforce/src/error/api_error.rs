//! Errors an org answers with.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::Retry;

/// The longest wait we take from a `Retry-After` header.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);

/// How long to wait after the daily quota is used up: no reset time is told, the window slides.
const QUOTA_PROBE: Duration = Duration::from_secs(10 * 60);

/// How long to wait for a record that an approval process holds.
const APPROVAL_PROBE: Duration = Duration::from_secs(60 * 60);

/// One error of an org (REST API Developer Guide, Status Codes and Error Responses).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The code, such as `INVALID_FIELD`.
    pub code: String,
    /// What Salesforce says. It may hold values of records: for the people of that org only.
    pub message: String,
    /// The fields it is about; often none.
    pub fields: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    // Collections call the same thing `statusCode`.
    #[serde(alias = "statusCode")]
    error_code: String,
    message: Option<String>,
    fields: Option<Vec<String>>,
}

impl ApiError {
    /// Reads an error body: an array of errors, of which the first is kept. `None` where it is something else.
    pub fn parse(status: u16, body: &[u8]) -> Option<Self> {
        let entries: Vec<Entry> = serde_json::from_slice(body).ok()?;
        let entry = entries.into_iter().next()?;
        let (message, fields) = (entry.message.unwrap_or_default(), entry.fields.unwrap_or_default());
        Some(Self { status, code: entry.error_code, message, fields })
    }

    /// Whether a new access token may help.
    ///
    /// Salesforce answers 401 for a session that ended, but also for one that may never use this API; renewing
    /// the token for the latter would loop.
    pub fn is_session_expired(&self) -> bool {
        self.status == 401
            && self.code != "INVALID_AUTH_HEADER"
            && !self.message.contains("not valid for use with")
            && !self.message.contains("not attached to Agent")
    }

    /// Whether a Bulk API 2.0 query is refused for what it reads, so that the same query may work by REST.
    ///
    /// Which sObjects these are is written down nowhere and differs by version; only the answer tells.
    pub fn is_unsupported_by_bulk(&self) -> bool {
        const TEXTS: [&str; 4] = [
            "not supported by the Bulk API",
            "not supported in Bulk Query",
            "does not support query",
            "Implementation restriction",
        ];
        self.code == "INVALIDENTITY" || TEXTS.iter().any(|text| self.message.contains(text))
    }

    /// Whether the org refuses calls because those of the last 24 hours have reached its limit.
    pub fn is_daily_limit(&self) -> bool {
        self.code == "REQUEST_LIMIT_EXCEEDED" && self.message.contains("TotalRequests")
    }

    /// Whether the org refuses calls because too many long ones run at once.
    pub fn is_concurrent_limit(&self) -> bool {
        self.code == "REQUEST_LIMIT_EXCEEDED" && !self.message.contains("TotalRequests")
    }

    /// Whether the org refuses the user as such, whatever is asked: an address, an hour, a right to the API, a password.
    pub fn is_about_access(&self) -> bool {
        const CODES: [&str; 7] = [
            "API_DISABLED_FOR_ORG",
            "API_CURRENTLY_DISABLED",
            "LOGIN_DURING_RESTRICTED_DOMAIN",
            "LOGIN_DURING_RESTRICTED_TIME",
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            "ORG_LOCKED",
            "TRIAL_EXPIRED",
        ];
        CODES.contains(&self.code.as_str())
    }

    pub(super) fn retry_session(&self) -> Retry {
        if self.is_session_expired()
            || self.code == "INVALID_SESSION_ID" && !self.message.contains("not valid for use")
        {
            Retry::Reauth
        } else {
            Retry::WhenFixed("allow the app to use the API: scope api, API access control")
        }
    }

    pub(super) fn retry(&self, retry_after: Option<Duration>) -> Retry {
        match self.code.as_str() {
            "INVALID_SESSION_ID" => self.retry_session(),
            "INVALID_QUERY_LOCATOR" => Retry::Now,
            _ if self.is_daily_limit() => Retry::Later(Some(QUOTA_PROBE)),
            "LIMIT_EXCEEDED" | "EXCEEDED_QUOTA" | "EXCEEDEDQUOTA" | "TOO_MANY_JOBS" => {
                Retry::Later(Some(QUOTA_PROBE))
            }
            "REQUEST_LIMIT_EXCEEDED"
            | "SERVER_UNAVAILABLE"
            | "UNKNOWN_EXCEPTION"
            | "UNABLE_TO_LOCK_ROW"
            | "TXN_SECURITY_METERING_ERROR"
            | "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
            | "ORG_IN_MAINTENANCE" => Retry::Later(retry_after.map(|wait| wait.min(MAX_RETRY_AFTER))),
            "ENTITY_IS_LOCKED" => Retry::Later(Some(APPROVAL_PROBE)),
            "QUERY_TIMEOUT"
            | "REQUEST_RUNNING_TOO_LONG"
            | "OPERATION_TOO_LARGE"
            | "QUERY_TOO_COMPLICATED"
            | "EXCEEDED_ID_LIMIT"
            | "TIMEOUT"
            | "INVALID_FIELD"
            | "INVALID_TYPE"
            | "INVALIDENTITY" => Retry::Shrink,
            "MALFORMED_QUERY"
            | "INVALID_AUTH_HEADER"
            | "JSON_PARSER_ERROR"
            | "MALFORMED_SEARCH"
            | "METHOD_NOT_ALLOWED"
            | "INVALID_REPLICATION_DATE" => Retry::Bug,
            code => retry_by_meaning(code).unwrap_or_else(|| retry_by_status(self.status, retry_after)),
        }
    }
}

/// Codes that wait for a person, and codes that are about one record.
fn retry_by_meaning(code: &str) -> Option<Retry> {
    Some(match code {
        "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" => {
            Retry::WhenFixed("give the user the permission API Enabled, in an edition that has the API")
        }
        "INSUFFICIENT_ACCESS"
        | "INSUFFICIENT_ACCESS_OR_READONLY"
        | "FUNCTIONALITY_NOT_ENABLED"
        | "FEATURENOTENABLED" => Retry::WhenFixed("give the user access to what it asked for"),
        "TXN_SECURITY_NO_ACCESS" | "TXN_SECURITY_END_A_SESSION" => {
            Retry::WhenFixed("let the transaction security policy pass the user")
        }
        "LOGIN_DURING_RESTRICTED_TIME" | "LOGIN_DURING_RESTRICTED_DOMAIN" => {
            Retry::WhenFixed("allow our address and hours in the user's profile")
        }
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD" => Retry::WhenFixed("change the user's password"),
        "ORG_LOCKED" | "TRIAL_EXPIRED" => Retry::WhenFixed("have Salesforce unlock the org"),
        "UNSUPPORTED_API_VERSION" | "INVALIDVERSION" => Retry::WhenFixed("pin a version that the org offers"),
        "STORAGE_LIMIT_EXCEEDED" | "LICENSE_LIMIT_EXCEEDED" => Retry::WhenFixed("make room in the org"),
        "NOT_FOUND"
        | "ENTITY_IS_DELETED"
        | "ENTITY_IS_ARCHIVED"
        | "MALFORMED_ID"
        | "DUPLICATE_VALUE"
        | "DUPLICATES_DETECTED"
        | "DUPLICATE_EXTERNAL_ID"
        | "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        | "FIELD_FILTER_VALIDATION_EXCEPTION"
        | "FIELD_INTEGRITY_EXCEPTION"
        | "REQUIRED_FIELD_MISSING"
        | "STRING_TOO_LONG"
        | "NUMBER_OUTSIDE_VALID_RANGE"
        | "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        | "INVALID_EMAIL_ADDRESS"
        | "INVALID_CROSS_REFERENCE_KEY"
        | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        | "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
        | "DELETE_FAILED"
        | "DEPENDENCY_EXISTS" => Retry::Row,
        _ => return None,
    })
}

/// What a status means where no code tells more.
pub(super) fn retry_by_status(status: u16, retry_after: Option<Duration>) -> Retry {
    match status {
        401 => Retry::Reauth,
        403 => Retry::WhenFixed("give the user access to what it asked for"),
        300 | 404 | 409 | 412 => Retry::Row,
        410 => Retry::WhenFixed("pin a version that the org offers"),
        413 | 414 | 431 => Retry::Shrink,
        // 420: the edge has no route to the org yet, because it is being set up or moved.
        408 | 420 | 429 | 500..=599 => Retry::Later(retry_after.map(|wait| wait.min(MAX_RETRY_AFTER))),
        _ => Retry::Bug,
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::ApiError;
    use crate::Retry;

    fn api_error(status: u16, code: &str, message: &str) -> ApiError {
        ApiError { status, code: code.into(), message: message.into(), fields: vec![] }
    }

    #[test]
    fn an_error_body_is_read() {
        let body =
            br#"[{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING",
            "fields":["LastName"]}]"#;

        let error = ApiError::parse(400, body).unwrap();

        assert_eq!(error.code, "REQUIRED_FIELD_MISSING");
        assert_eq!(error.fields, ["LastName"]);
        let bare =
            ApiError::parse(500, br#"[{"errorCode":"UNKNOWN_EXCEPTION","message":null,"fields":null}]"#);
        assert_eq!(bare, Some(api_error(500, "UNKNOWN_EXCEPTION", "")));
        for body in ["", "[]", "<html>", "{}", r#"{"error":"invalid_grant"}"#] {
            assert_eq!(ApiError::parse(400, body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn each_code_has_its_answer() {
        let hour = Some(Duration::from_secs(3600));
        let cases = [
            (401, "INVALID_SESSION_ID", "Session expired or invalid", Retry::Reauth),
            (
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit exceeded.",
                Retry::Later(Some(super::QUOTA_PROBE)),
            ),
            (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests", Retry::Later(Some(super::MAX_RETRY_AFTER))),
            (400, "INVALID_FIELD", "", Retry::Shrink),
            (400, "INVALID_QUERY_LOCATOR", "", Retry::Now),
            (400, "MALFORMED_QUERY", "", Retry::Bug),
            (400, "DUPLICATE_VALUE", "", Retry::Row),
            (503, "SOMETHING_NEW", "", Retry::Later(Some(super::MAX_RETRY_AFTER))),
            (404, "NOT_FOUND", "", Retry::Row),
            (414, "SOMETHING_NEW", "", Retry::Shrink),
            (400, "SOMETHING_NEW", "", Retry::Bug),
        ];
        for (status, code, message, retry) in cases {
            assert_eq!(api_error(status, code, message).retry(hour), retry, "{status} {code}");
        }
    }

    #[test]
    fn what_bulk_cannot_read_is_told_apart() {
        let unsupported = [
            ("INVALIDENTITY", "CaseStatus is not supported by the Bulk API"),
            ("INVALID_FIELD", "Selecting compound data not supported in Bulk Query"),
            ("API_ERROR", "Implementation restriction: ContentDocumentLink requires a filter"),
            ("API_ERROR", "entity type Foo does not support query"),
        ];
        for (code, message) in unsupported {
            assert!(api_error(400, code, message).is_unsupported_by_bulk(), "{message}");
        }
        assert!(
            !api_error(400, "INVALID_FIELD", "No such column 'X' on entity 'Y'").is_unsupported_by_bulk()
        );
    }

    #[test]
    fn a_session_that_may_never_use_the_api_is_not_renewed() {
        assert!(api_error(401, "INVALID_SESSION_ID", "Session expired or invalid").is_session_expired());
        let text = "This session is not valid for use with the REST API";
        let error = api_error(401, "INVALID_SESSION_ID", text);
        assert!(!error.is_session_expired());
        assert!(matches!(error.retry(None), Retry::WhenFixed(_)));
        assert!(!api_error(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE").is_session_expired());
    }
}
