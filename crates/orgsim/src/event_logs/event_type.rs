//! The types of events and the columns of their files.

/// The API version that files say they are of.
pub(super) const API_VERSION: u32 = 68;

/// The columns that begin every file.
const FIRST: [&str; 10] = [
    "EVENT_TYPE",
    "TIMESTAMP",
    "REQUEST_ID",
    "ORGANIZATION_ID",
    "USER_ID",
    "RUN_TIME",
    "CPU_TIME",
    "URI",
    "SESSION_KEY",
    "LOGIN_KEY",
];

/// The columns that follow those of the type.
const DERIVED: [&str; 4] = ["TIMESTAMP_DERIVED", "USER_ID_DERIVED", "CLIENT_IP", "URI_ID_DERIVED"];

/// The columns of what happens on a page of Lightning Experience.
const PAGE: [&str; 30] = [
    "USER_TYPE",
    "APP_NAME",
    "PAGE_APP_NAME",
    "PAGE_CONTEXT",
    "PAGE_ENTITY_TYPE",
    "PAGE_ENTITY_ID",
    "PAGE_URL",
    "PAGE_START_TIME",
    "PREVPAGE_APP_NAME",
    "PREVPAGE_CONTEXT",
    "PREVPAGE_ENTITY_ID",
    "PREVPAGE_ENTITY_TYPE",
    "PREVPAGE_URL",
    "EFFECTIVE_PAGE_TIME",
    "EFFECTIVE_PAGE_TIME_DEVIATION",
    "EFFECTIVE_PAGE_TIME_DEVIATION_REASON",
    "EFFECTIVE_PAGE_TIME_DEVIATION_ERROR_TYPE",
    "DURATION",
    "BROWSER_NAME",
    "BROWSER_VERSION",
    "OS_NAME",
    "OS_VERSION",
    "DEVICE_PLATFORM",
    "DEVICE_MODEL",
    "DEVICE_SESSION_ID",
    "UI_EVENT_ID",
    "UI_EVENT_SEQUENCE_NUM",
    "CONNECTION_TYPE",
    "CLIENT_GEO",
    "SDK_APP_TYPE",
];

/// A type of events.
#[derive(Debug)]
pub(super) struct EventType {
    pub(super) name: &'static str,
    /// Whether every org has its files, be it for a day only.
    pub(super) is_free: bool,
    /// About as many events are invented for a day.
    pub(super) events_a_day: u64,
    columns: &'static [&'static str],
    /// Further ones, of a type that has those of another and more.
    more: &'static [&'static str],
    /// The columns at the end of the file.
    last: &'static [&'static str],
}

impl EventType {
    /// Lists the columns of its files.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'static str> + use<> {
        FIRST.iter().chain(self.columns).chain(self.more).chain(&DERIVED).chain(self.last).copied()
    }

    /// Returns what chance starts from for its events.
    pub(super) fn salt(&self) -> u64 {
        self.name.bytes().fold(7, |salt: u64, byte| salt.wrapping_mul(31).wrapping_add(byte.into()))
    }
}

const fn free(name: &'static str, events_a_day: u64, columns: &'static [&'static str]) -> EventType {
    EventType { name, is_free: true, events_a_day, columns, more: &[], last: &[] }
}

const fn paid(name: &'static str, events_a_day: u64, columns: &'static [&'static str]) -> EventType {
    EventType { name, is_free: false, events_a_day, columns, more: &[], last: &[] }
}

/// The types this org writes down.
pub(super) static EVENT_TYPES: [EventType; 20] = [
    EventType {
        last: &["LOGIN_STATUS", "SOURCE_IP"],
        ..free(
            "Login",
            14,
            &[
                "USER_TYPE",
                "REQUEST_STATUS",
                "DB_TOTAL_TIME",
                "LOGIN_TYPE",
                "BROWSER_TYPE",
                "API_TYPE",
                "API_VERSION",
                "USER_NAME",
                "TLS_PROTOCOL",
                "CIPHER_SUITE",
                "AUTHENTICATION_METHOD_REFERENCE",
                "LOGIN_SUB_TYPE",
            ],
        )
    },
    free(
        "Logout",
        8,
        &[
            "USER_TYPE",
            "SESSION_TYPE",
            "SESSION_LEVEL",
            "BROWSER_TYPE",
            "PLATFORM_TYPE",
            "RESOLUTION_TYPE",
            "APP_TYPE",
            "CLIENT_VERSION",
            "API_TYPE",
            "API_VERSION",
            "USER_INITIATED_LOGOUT",
        ],
    ),
    free(
        "ApiTotalUsage",
        20,
        &[
            "API_FAMILY",
            "API_VERSION",
            "API_RESOURCE",
            "HTTP_METHOD",
            "STATUS_CODE",
            "CLIENT_NAME",
            "CONNECTED_APP_ID",
            "CONNECTED_APP_NAME",
            "ENTITY_NAME",
            "COUNTS_AGAINST_API_LIMIT",
            "USER_NAME",
            "API_CLIENT_CATEGORY",
        ],
    ),
    paid(
        "LoginAs",
        1,
        &["DELEGATED_USER_ID", "DELEGATED_USER_NAME", "DELEGATED_ORGANIZATION_ID", "LOGIN_TYPE"],
    ),
    paid(
        "API",
        8,
        &[
            "USER_NAME",
            "METHOD_NAME",
            "ENTITY_NAME",
            "ROWS_PROCESSED",
            "CLIENT_NAME",
            "API_TYPE",
            "API_VERSION",
            "QUERY",
            "REQUEST_SIZE",
            "RESPONSE_SIZE",
            "DB_BLOCKS",
            "DB_TOTAL_TIME",
            "EXCEPTION_MESSAGE",
            "CONNECTED_APP_ID",
        ],
    ),
    paid(
        "RestApi",
        20,
        &[
            "METHOD",
            "MEDIA_TYPE",
            "STATUS_CODE",
            "USER_AGENT",
            "ROWS_PROCESSED",
            "NUMBER_FIELDS",
            "DB_BLOCKS",
            "DB_CPU_TIME",
            "DB_TOTAL_TIME",
            "REQUEST_SIZE",
            "RESPONSE_SIZE",
            "ENTITY_NAME",
            "QUERY",
            "EXCEPTION_MESSAGE",
            "CONNECTED_APP_ID",
            "CLIENT_NAME",
        ],
    ),
    paid(
        "BulkApi",
        3,
        &[
            "JOB_ID",
            "BATCH_ID",
            "OPERATION_TYPE",
            "ENTITY_TYPE",
            "ROWS_PROCESSED",
            "NUMBER_FAILURES",
            "SUCCESS",
            "MESSAGE",
        ],
    ),
    paid(
        "BulkApi2",
        4,
        &[
            "JOB_ID",
            "OPERATION_TYPE",
            "ENTITY_TYPE",
            "JOB_STATUS",
            "RECORDS_PROCESSED",
            "RECORDS_FAILED",
            "RESULT_SIZE_MB",
            "ERROR_MESSAGE",
        ],
    ),
    paid(
        "URI",
        18,
        &[
            "REFERRER_URI",
            "METHOD",
            "BROWSER_TYPE",
            "DB_BLOCKS",
            "DB_CPU_TIME",
            "DB_TOTAL_TIME",
            "REQUEST_STATUS",
            "USER_TYPE",
        ],
    ),
    paid("ReportExport", 2, &[]),
    paid(
        "Report",
        6,
        &[
            "ENTITY_NAME",
            "DISPLAY_TYPE",
            "RENDERING_TYPE",
            "REPORT_ID",
            "ROW_COUNT",
            "NUMBER_EXCEPTION_FILTERS",
            "NUMBER_COLUMNS",
            "UI_NUMBER_COLUMNS",
            "AVERAGE_ROW_SIZE",
            "SORT",
            "DB_BLOCKS",
            "DB_CPU_TIME",
            "NUMBER_BUCKETS",
            "ORIGIN",
        ],
    ),
    paid("LightningPageView", 24, &PAGE),
    EventType {
        more: &[
            "COMPONENT_NAME",
            "TARGET_UI_ELEMENT",
            "PARENT_UI_ELEMENT",
            "GRANDPARENT_UI_ELEMENT",
            "RECORD_ID",
            "RELATED_LIST",
        ],
        ..paid("LightningInteraction", 12, &PAGE)
    },
    paid(
        "ApexExecution",
        8,
        &["QUIDDITY", "ENTRY_POINT", "EXEC_TIME", "DB_TOTAL_TIME", "CALLOUT_TIME", "NUMBER_SOQL_QUERIES"],
    ),
    paid(
        "ApexCallout",
        4,
        &["TYPE", "METHOD", "URL", "SUCCESS", "STATUS_CODE", "TIME", "REQUEST_SIZE", "RESPONSE_SIZE"],
    ),
    paid("ApexTrigger", 6, &["TRIGGER_ID", "TRIGGER_NAME", "ENTITY_NAME", "TRIGGER_TYPE", "EXEC_TIME"]),
    paid("ApexUnexpectedException", 1, &["EXCEPTION_TYPE", "EXCEPTION_MESSAGE", "STACK_TRACE"]),
    paid(
        "FlowExecution",
        5,
        &[
            "FLOW_VERSION_ID",
            "PROCESS_TYPE",
            "FLOW_LOAD_TIME",
            "TOTAL_EXECUTION_TIME",
            "NUMBER_OF_INTERVIEWS",
            "NUMBER_OF_ERRORS",
        ],
    ),
    paid("PermissionUpdate", 1, &["FEATURE_ID", "UPDATE_TYPE", "PERMISSION_TYPE", "CONTEXT", "DESCRIPTION"]),
    paid(
        "InsufficientAccess",
        2,
        &["RECORD_ID", "ENTITY_TYPE", "ACCESS_ERROR", "REQUESTED_ACCESS_LEVEL", "ERROR_DESCRIPTION"],
    ),
];
