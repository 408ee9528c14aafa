//! Errors by their code: the status and the text that a real org has for them.

/// What a user without the permission API Enabled is told (REST API Developer Guide, Status Codes and Error Responses).
pub(crate) const API_DISABLED: &str = "The REST API is not enabled for this Organization";

/// Code, status and message (REST API Developer Guide, Status Codes and Error Responses).
const KNOWN: [(&str, u16, &str); 29] = [
    ("API_CURRENTLY_DISABLED", 403, "API is currently disabled for this organization"),
    ("API_DISABLED_FOR_ORG", 403, API_DISABLED),
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        400,
        "AccountTrigger: execution of AfterUpdate caused by: System.LimitException: Apex CPU time limit exceeded",
    ),
    ("CONCURRENT_LIMIT", 403, "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    ("DAILY_LIMIT", 403, "TotalRequests Limit exceeded."),
    (
        "DUPLICATE_VALUE",
        400,
        "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
    ),
    ("ENTITY_IS_DELETED", 404, "entity is deleted"),
    ("ENTITY_IS_LOCKED", 400, "the entity is locked for editing"),
    (
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        503,
        "Updates can't be made during maintenance. Try again when maintenance is complete.",
    ),
    ("INSUFFICIENT_ACCESS_OR_READONLY", 403, "insufficient access rights on object id"),
    ("INVALID_CROSS_REFERENCE_KEY", 400, "invalid cross reference id"),
    ("INVALID_FIELD", 400, "No such column on entity"),
    ("INVALID_QUERY_LOCATOR", 400, "invalid query locator"),
    ("INVALID_SESSION_ID", 401, "Session expired or invalid"),
    ("INVALID_TYPE", 400, "sObject type is not supported."),
    ("MALFORMED_QUERY", 400, "unexpected token"),
    ("NOT_FOUND", 404, "The requested resource does not exist"),
    ("OPERATION_TOO_LARGE", 400, "exceeded 100000 distinct ids"),
    ("QUERY_TIMEOUT", 400, "Your query request was running for too long."),
    ("ORG_LOCKED", 403, "the organization is locked"),
    ("REQUEST_LIMIT_EXCEEDED", 403, "TotalRequests Limit exceeded."),
    ("REQUEST_RUNNING_TOO_LONG", 503, "Your request was running for too long, and has been stopped."),
    ("SERVER_UNAVAILABLE", 503, "The server is temporarily unavailable"),
    ("STORAGE_LIMIT_EXCEEDED", 400, "storage limit exceeded"),
    ("TXN_SECURITY_METERING_ERROR", 403, "enabled transaction security policies took too long"),
    ("TXN_SECURITY_NO_ACCESS", 403, "The operation you requested was blocked by a security policy"),
    ("UNABLE_TO_LOCK_ROW", 400, "unable to obtain exclusive access to this record or 1 records"),
    (
        "UNKNOWN_EXCEPTION",
        500,
        "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567-89 (-123)",
    ),
    ("UNSUPPORTED_API_VERSION", 410, "The requested API version has been retired"),
];

/// What the token endpoint says: error and description (Help, OAuth 2.0 Refresh Token Flow).
const OF_TOKENS: [(&str, &str); 9] = [
    ("inactive_org", "organization is inactive"),
    ("inactive_user", "user is inactive"),
    ("invalid_app_access", "user is not admin approved to access this app"),
    ("invalid_client", "invalid client credentials"),
    ("invalid_client_id", "client identifier invalid"),
    ("invalid_grant", "expired access/refresh token"),
    ("rate_limit_exceeded", "login rate exceeded"),
    ("server_error", "retry your request"),
    ("unknown_error", "retry your request"),
];

/// The statuses of gRPC that calls of the Pub/Sub API are refused with.
const OF_STREAMS: [&str; 4] = ["INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED", "UNAVAILABLE"];

/// Returns whether any call can be answered with that error.
pub(crate) fn is_known(code: &str) -> bool {
    find(code).is_some() || find_of_tokens(code).is_some() || OF_STREAMS.contains(&code)
}

/// Returns error and description as the token endpoint has them.
pub(crate) fn find_of_tokens(code: &str) -> Option<(&'static str, &'static str)> {
    OF_TOKENS.iter().find(|(known, _)| *known == code).copied()
}

/// Returns the error that a status mostly comes with.
pub(crate) fn find_by_status(status: u16) -> (&'static str, u16, &'static str) {
    let code = match status {
        401 => "INVALID_SESSION_ID",
        403 => "DAILY_LIMIT",
        404 => "NOT_FOUND",
        410 => "UNSUPPORTED_API_VERSION",
        500 => "UNKNOWN_EXCEPTION",
        _ => "SERVER_UNAVAILABLE",
    };
    find(code).unwrap_or(("SERVER_UNAVAILABLE", 503, "The server is temporarily unavailable"))
}

/// Returns the code that goes on the wire, the status and the message of an error. Two codes stand for the kinds of
/// `REQUEST_LIMIT_EXCEEDED`, which is the daily one by its own name.
pub(crate) fn find(code: &str) -> Option<(&'static str, u16, &'static str)> {
    let (known, status, message) = KNOWN.iter().find(|(known, ..)| *known == code)?;
    let code = if known.ends_with("_LIMIT") { "REQUEST_LIMIT_EXCEEDED" } else { known };
    Some((code, *status, message))
}
