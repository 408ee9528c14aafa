//! Errors by their code: the status and the text that a real org has for them.

/// What a user without the permission API Enabled is told (REST API Developer Guide, Status Codes and Error Responses).
pub(crate) const API_DISABLED: &str = "The REST API is not enabled for this Organization";

/// What is said of an owner who may not read the records of that kind.
pub(crate) const NEEDS_READ: &str = "The new owner must have read permission";

/// Code, status and message (REST API Developer Guide, Status Codes and Error Responses; SOAP API Developer Guide,
/// ExceptionCode and StatusCode).
const KNOWN: [(&str, u16, &str); 102] = [
    (
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        400,
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
    ),
    ("APEX_ERROR", 500, "System.LimitException: Apex CPU time limit exceeded"),
    ("API_CURRENTLY_DISABLED", 403, "API is currently disabled for this organization"),
    ("API_DISABLED_FOR_ORG", 403, API_DISABLED),
    (
        "CANNOT_EXECUTE_FLOW_TRIGGER",
        400,
        "We can't save this record because a flow failed. Give your Salesforce admin these details.",
    ),
    (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        400,
        "AccountTrigger: execution of AfterUpdate caused by: System.LimitException: Apex CPU time limit exceeded",
    ),
    ("CANNOT_UPDATE_CONVERTED_LEAD", 400, "cannot reference converted lead"),
    ("CIRCULAR_DEPENDENCY", 400, "attempt to create a circular dependency between records"),
    ("CLIENT_NOT_ACCESSIBLE_FOR_USER", 403, "Not permitted to use this client"),
    ("CONCURRENT_LIMIT", 403, "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    ("CUSTOM_APEX_ERROR", 500, "a custom error of Apex"),
    ("DAILY_LIMIT", 403, "TotalRequests Limit exceeded."),
    (
        "DELETE_FAILED",
        400,
        "Your attempt to delete the record could not be completed because it is associated with other records.",
    ),
    ("DELETE_REQUIRED_ON_CASCADE", 400, "delete access is required on the records that go along"),
    ("DEPENDENCY_EXISTS", 400, "it is in use by other records"),
    ("DUPLICATES_DETECTED", 400, "Use one of these records?"),
    ("DUPLICATE_COMM_NICKNAME", 400, "Duplicate Nickname. Another user has already selected this nickname."),
    ("DUPLICATE_EXTERNAL_ID", 400, "more than one record found for external id field"),
    (
        "DUPLICATE_USERNAME",
        400,
        "Duplicate Username. The username already exists in this or another Salesforce organization.",
    ),
    (
        "DUPLICATE_VALUE",
        400,
        "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
    ),
    (
        "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
        412,
        "Entity was modified since the date that the request names",
    ),
    ("ENTITY_IS_ARCHIVED", 400, "entity is archived"),
    ("ENTITY_IS_DELETED", 404, "entity is deleted"),
    ("ENTITY_IS_LOCKED", 400, "the entity is locked for editing"),
    (
        "EXCEEDED_ID_LIMIT",
        400,
        "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
    ),
    ("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", 400, "maximum semi join sub-selects of 2 exceeded"),
    ("EXCEEDED_QUOTA", 400, "the quota of the feature is used up"),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", 400, "A validation rule of the administrator refuses the record."),
    ("FIELD_FILTER_VALIDATION_EXCEPTION", 400, "Value does not exist or does not match filter criteria."),
    ("FIELD_INTEGRITY_EXCEPTION", 400, "field integrity exception: unknown"),
    ("FLOW_EXCEPTION", 400, "An unhandled fault has occurred in a flow"),
    (
        "FUNCTIONALITY_NOT_ENABLED",
        403,
        "[FUNCTIONALITY_NOT_ENABLED] the feature is not enabled for this organization or user",
    ),
    ("ID_REQUIRED", 400, "Id not specified in an update call"),
    ("ILLEGAL_QUERY_PARAMETER_VALUE", 400, "a parameter of the query has a value that it cannot have"),
    (
        "INACTIVE_OWNER_OR_USER",
        400,
        "operation performed with inactive user [005000000000000] as owner of the record",
    ),
    (
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        503,
        "Updates can't be made during maintenance. Try again when maintenance is complete.",
    ),
    ("INSUFFICIENT_ACCESS", 403, "You do not have the right to use this resource"),
    (
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        400,
        "insufficient access rights on cross-reference id",
    ),
    ("INSUFFICIENT_ACCESS_OR_READONLY", 403, "insufficient access rights on object id"),
    ("INVALID_AUTH_HEADER", 401, "INVALID_HEADER_TYPE"),
    ("INVALID_BATCH_SIZE", 400, "the batch size lies between 200 and 2,000"),
    ("INVALID_CROSS_REFERENCE_KEY", 400, "invalid cross reference id"),
    (
        "INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD",
        400,
        "the record referred to is of another type than the field takes",
    ),
    ("INVALID_CURRENCY_ISO", 400, "invalid currency ISO code"),
    ("INVALID_EMAIL_ADDRESS", 400, "Email: invalid email address: unknown"),
    ("INVALID_FIELD", 400, "No such column on entity"),
    (
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        400,
        "Unable to create/update fields. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
    ),
    ("INVALID_ID_FIELD", 400, "invalid ID field: unknown"),
    ("INVALID_INET_ADDRESS", 400, "invalid internet address"),
    ("INVALID_LOGIN", 403, "Invalid username, password, security token; or user locked out."),
    (
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        403,
        "The users password has expired, you must call SetPassword before attempting any other API operations",
    ),
    ("INVALID_OPERATOR", 400, "invalid operator"),
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", 400, "bad value for restricted picklist field: unknown"),
    ("INVALID_QUERY_FILTER_OPERATOR", 400, "invalid operator"),
    ("INVALID_QUERY_LOCATOR", 400, "invalid query locator"),
    ("INVALID_QUERY_SCOPE", 400, "invalid query scope"),
    ("INVALID_QUERY_VALUE", 400, "invalid value in a query"),
    ("INVALID_REPLICATION_DATE", 400, "endDate must be at least one minute greater than startDate"),
    ("INVALID_SESSION_ID", 401, "Session expired or invalid"),
    (
        "INVALID_STATUS",
        400,
        "Choose a valid contract status and save your changes. Ask your admin for details.",
    ),
    ("INVALID_TYPE", 400, "sObject type is not supported."),
    ("INVALID_TYPE_FOR_OPERATION", 400, "entity type does not support query"),
    ("JSON_PARSER_ERROR", 400, "Unexpected character ('}' (code 125)) at [line:1, column:2]"),
    ("LICENSE_LIMIT_EXCEEDED", 400, "License Limit Exceeded"),
    ("LIMIT_EXCEEDED", 400, "the limit of the feature is exceeded"),
    ("LOGIN_DURING_RESTRICTED_DOMAIN", 403, "You cannot log in from this IP address"),
    ("LOGIN_DURING_RESTRICTED_TIME", 403, "You cannot log in at this time"),
    ("MALFORMED_ID", 400, "malformed id"),
    ("MALFORMED_QUERY", 400, "unexpected token"),
    ("MALFORMED_SEARCH", 400, "No search term found. The search term must be enclosed in braces."),
    ("METHOD_NOT_ALLOWED", 405, "HTTP Method not allowed"),
    ("MISSING_ARGUMENT", 400, "Id not specified in an update call"),
    (
        "MIXED_DML_OPERATION",
        400,
        "DML operation on setup object is not permitted after you have updated a non-setup object (or vice versa)",
    ),
    ("NOT_ACCEPTABLE", 406, "the form asked for is not available"),
    ("NOT_FOUND", 404, "The requested resource does not exist"),
    ("NUMBER_OUTSIDE_VALID_RANGE", 400, "value outside of valid range on numeric field"),
    ("OPERATION_TOO_LARGE", 400, "exceeded 100000 distinct ids"),
    ("ORG_IN_MAINTENANCE", 503, "The organization is in maintenance"),
    ("ORG_LOCKED", 403, "the organization is locked"),
    ("PASSWORD_LOCKOUT", 403, "the user is locked out"),
    ("POST_BODY_PARSE_ERROR", 400, "Post body parse error: unexpected end of input"),
    (
        "PROCESSING_HALTED",
        400,
        "The transaction was rolled back since another operation in the same transaction failed.",
    ),
    ("QUERY_TIMEOUT", 400, "Your query request was running for too long."),
    (
        "QUERY_TOO_COMPLICATED",
        400,
        "Query is either selecting too many fields or the filter conditions are too complicated.",
    ),
    ("REQUEST_LIMIT_EXCEEDED", 403, "TotalRequests Limit exceeded."),
    ("REQUEST_RUNNING_TOO_LONG", 503, "Your request was running for too long, and has been stopped."),
    ("REQUIRED_FIELD_MISSING", 400, "Required fields are missing: [Name]"),
    ("SERVER_UNAVAILABLE", 503, "The server is temporarily unavailable"),
    ("STANDARD_PRICE_NOT_DEFINED", 400, "Before creating a custom price, create a standard price."),
    ("STORAGE_LIMIT_EXCEEDED", 400, "storage limit exceeded"),
    ("STRING_TOO_LONG", 400, "Name: data value too large: unknown (max length=255)"),
    ("TOO_MANY_JOBS", 400, "too many jobs"),
    ("TRANSFER_REQUIRES_READ", 400, NEEDS_READ),
    ("TRIAL_EXPIRED", 403, "the trial has expired"),
    (
        "TXN_SECURITY_END_A_SESSION",
        403,
        "The operation you requested is allowed only once you have ended a session",
    ),
    ("TXN_SECURITY_METERING_ERROR", 403, "enabled transaction security policies took too long"),
    ("TXN_SECURITY_NO_ACCESS", 403, "The operation you requested was blocked by a security policy"),
    (
        "UNABLE_TO_LOCK_ROW",
        400,
        "unable to obtain exclusive access to this record or 1 records: 001000000000001AAA",
    ),
    (
        "UNKNOWN_EXCEPTION",
        500,
        "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567-89 (-123)",
    ),
    ("UNSUPPORTED_API_VERSION", 410, "The requested API version has been retired"),
    ("UNSUPPORTED_MEDIA_TYPE", 415, "Content-Type header specified in HTTP request is not supported"),
    ("XML_PARSER_ERROR", 400, "Unexpected end of the document"),
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
    let code = match *known {
        "CONCURRENT_LIMIT" | "DAILY_LIMIT" => "REQUEST_LIMIT_EXCEEDED",
        known => known,
    };
    Some((code, *status, message))
}
