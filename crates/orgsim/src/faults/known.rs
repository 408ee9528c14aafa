//! Errors by their code: the status and the text that a real org has for them.

/// What a user without the permission API Enabled is told (REST API Developer Guide, Status Codes and Error Responses).
pub(crate) const API_DISABLED: &str = "The REST API is not enabled for this Organization";

/// Code, status and message (REST API Developer Guide, Status Codes and Error Responses).
const KNOWN: [(&str, u16, &str); 17] = [
    ("API_CURRENTLY_DISABLED", 403, "API is currently disabled for this organization"),
    ("API_DISABLED_FOR_ORG", 403, API_DISABLED),
    ("CONCURRENT_LIMIT", 403, "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    ("DAILY_LIMIT", 403, "TotalRequests Limit exceeded."),
    ("ENTITY_IS_LOCKED", 400, "the entity is locked for editing"),
    (
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        503,
        "Updates can't be made during maintenance. Try again when maintenance is complete.",
    ),
    ("INSUFFICIENT_ACCESS_OR_READONLY", 403, "insufficient access rights on object id"),
    ("INVALID_QUERY_LOCATOR", 400, "invalid query locator"),
    ("INVALID_SESSION_ID", 401, "Session expired or invalid"),
    ("OPERATION_TOO_LARGE", 400, "exceeded 100000 distinct ids"),
    ("QUERY_TIMEOUT", 400, "Your query request was running for too long."),
    ("REQUEST_RUNNING_TOO_LONG", 503, "Your request was running for too long, and has been stopped."),
    ("SERVER_UNAVAILABLE", 503, "The server is temporarily unavailable"),
    ("STORAGE_LIMIT_EXCEEDED", 400, "storage limit exceeded"),
    ("TXN_SECURITY_METERING_ERROR", 403, "enabled transaction security policies took too long"),
    ("UNABLE_TO_LOCK_ROW", 400, "unable to obtain exclusive access to this record or 1 records"),
    (
        "UNKNOWN_EXCEPTION",
        500,
        "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567-89 (-123)",
    ),
];

/// Returns the code that goes on the wire, the status and the message of an error. Two codes stand for the kinds of
/// `REQUEST_LIMIT_EXCEEDED`.
pub(crate) fn find(code: &str) -> Option<(&'static str, u16, &'static str)> {
    let (known, status, message) = KNOWN.iter().find(|(known, ..)| *known == code)?;
    let code = if known.ends_with("_LIMIT") { "REQUEST_LIMIT_EXCEEDED" } else { known };
    Some((code, *status, message))
}
