//! What stands in the columns of event log files.

use chrono::DateTime;

use super::event_type::EventType;
use super::events::{Event, Scene};
use crate::data::Dice;
use crate::id::RecordId;

/// One line of a file.
pub(super) struct Line<'a> {
    pub(super) scene: &'a Scene,
    pub(super) kind: &'a EventType,
    pub(super) event: &'a Event,
}

const BROWSERS: [&str; 3] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
];

const PAGES: [&str; 5] = [
    "/lightning/o/Account/list",
    "/lightning/o/Opportunity/list",
    "/lightning/page/home",
    "/lightning/o/Case/list",
    "/lightning/setup/SetupOneHome/home",
];

/// Words that a column takes one of.
const WORDS: &[(&str, &[&str])] = &[
    ("API_FAMILY", &["REST", "SOAP", "BULK"]),
    ("API_CLIENT_CATEGORY", &["", "ConnectedApp"]),
    ("API_RESOURCE", &["/v66.0/query", "/v66.0/sobjects/Account", "/v66.0/composite"]),
    ("APP_NAME", &["LightningSales", "LightningService"]),
    ("APP_TYPE", &["1000", "1007"]),
    ("CLIENT_NAME", &["", "Simulated client", "Nightly import"]),
    ("CONTEXT", &["USER_CONTEXT"]),
    ("CONNECTED_APP_NAME", &["Simulated client", ""]),
    ("CONNECTION_TYPE", &["4g", "wifi"]),
    ("DISPLAY_TYPE", &["D", "S"]),
    ("ENTITY_NAME", &["Account", "Contact", "Opportunity", "Case"]),
    ("ENTITY_TYPE", &["Account", "Contact"]),
    ("ENTRY_POINT", &["Lockside.Tariffs.run", "Lockside.Gates.open"]),
    ("EXCEPTION_TYPE", &["System.NullPointerException", "System.QueryException"]),
    ("HTTP_METHOD", &["GET", "GET", "POST", "PATCH"]),
    ("JOB_STATUS", &["JobComplete", "Failed"]),
    ("LOGIN_STATUS", &["LOGIN_NO_ERROR", "LOGIN_NO_ERROR", "LOGIN_NO_ERROR", "LOGIN_ERROR_INVALID_PASSWORD"]),
    ("LOGIN_TYPE", &["A", "i", "Remote Access 2.0"]),
    ("METHOD_NAME", &["query()", "queryMore()", "update()", "login()"]),
    ("METHOD", &["GET", "POST"]),
    ("OPERATION_TYPE", &["query", "insert", "upsert"]),
    ("ORIGIN", &["ReportRunFromLightning", "ReportExported"]),
    ("OS_NAME", &["WINDOWS", "MAC OSX", "LINUX"]),
    ("PERMISSION_TYPE", &["ObjectPermissions", "FieldPermissions"]),
    ("PROCESS_TYPE", &["AutoLaunchedFlow", "Flow"]),
    ("QUIDDITY", &["X", "R", "T"]),
    ("REQUESTED_ACCESS_LEVEL", &["READ", "EDIT"]),
    ("STATUS_CODE", &["200", "200", "204", "400"]),
    ("TRIGGER_TYPE", &["BeforeInsert", "AfterUpdate"]),
    ("TRIGGER_NAME", &["LocksideAccountTrigger"]),
    ("TYPE", &["REST"]),
    ("UPDATE_TYPE", &["GRANT", "REVOKE"]),
    ("URL", &["\"https://tariffs.example/api\""]),
];

/// Columns that say the same in every line.
const CONSTANTS: &[(&str, &str)] = &[
    ("API_TYPE", "f"),
    ("API_VERSION", "68.0"),
    ("AUTHENTICATION_METHOD_REFERENCE", ""),
    ("BROWSER_NAME", "CHROME"),
    ("BROWSER_VERSION", "142"),
    ("CIPHER_SUITE", "ECDHE-RSA-AES256-GCM-SHA384"),
    ("COUNTS_AGAINST_API_LIMIT", "1"),
    ("DEVICE_PLATFORM", "SFX:BROWSER:DESKTOP"),
    ("LOGIN_SUB_TYPE", ""),
    ("MEDIA_TYPE", "application/json"),
    ("PLATFORM_TYPE", "1015"),
    ("REQUEST_STATUS", "Success"),
    ("RESOLUTION_TYPE", "9999"),
    ("SESSION_LEVEL", "1"),
    ("SESSION_TYPE", "I"),
    ("SUCCESS", "1"),
    ("TLS_PROTOCOL", "TLSv1.3"),
    ("USER_INITIATED_LOGOUT", "1"),
    ("USER_TYPE", "Standard"),
];

/// Returns the value of a column.
pub(super) fn cell(line: &Line<'_>, column: &str) -> String {
    let Line { scene, kind, event } = line;
    if let Some((_, value)) = event.known.iter().find(|(known, _)| *known == column) {
        return value.clone();
    }
    let person = scene.people.get(event.user);
    let user_id = person.map(|person| person.id.to_string()).unwrap_or_default();
    let mut dice = Dice::at([scene.seed, event.number, salt(column)]);
    match column {
        "EVENT_TYPE" => kind.name.to_owned(),
        "TIMESTAMP" => format_time(event.at_ms, "%Y%m%d%H%M%S%.3f"),
        "TIMESTAMP_DERIVED" => format_time(event.at_ms, "%Y-%m-%dT%H:%M:%S%.3fZ"),
        "PAGE_START_TIME" => event.at_ms.to_string(),
        "ORGANIZATION_ID" | "DELEGATED_ORGANIZATION_ID" => short(&scene.organization_id),
        "USER_ID" => user_id.chars().take(15).collect(),
        "USER_ID_DERIVED" => user_id,
        "USER_NAME" => person.map(|person| person.username.clone()).unwrap_or_default(),
        // Another person acts for this one.
        "DELEGATED_USER_ID" => scene.people.first().map(|person| short(&person.id)).unwrap_or_default(),
        "DELEGATED_USER_NAME" => {
            scene.people.first().map(|person| person.username.clone()).unwrap_or_default()
        }
        "REQUEST_ID" => letters(&mut dice, 22),
        "SESSION_KEY" | "LOGIN_KEY" => letters_of(scene, event, column),
        "CLIENT_IP" | "SOURCE_IP" => address(scene, event),
        "BROWSER_TYPE" | "USER_AGENT" => dice.word(&BROWSERS).to_owned(),
        "URI" | "REFERRER_URI" | "PAGE_URL" | "PREVPAGE_URL" => page(kind, &mut dice).to_owned(),
        column => known_word(column, &mut dice).unwrap_or_else(|| measured(column, &mut dice)),
    }
}

fn known_word(column: &str, dice: &mut Dice) -> Option<String> {
    if let Some((_, words)) = WORDS.iter().find(|(name, _)| *name == column) {
        return Some(words[dice.index(words.len())].to_owned());
    }
    CONSTANTS.iter().find(|(name, _)| *name == column).map(|(_, value)| (*value).to_owned())
}

/// Returns a number for columns that measure or count; nothing for the others.
fn measured(column: &str, dice: &mut Dice) -> String {
    let most = match column {
        // The database counts nanoseconds.
        "DB_TOTAL_TIME" => 90_000_000,
        "DURATION" | "EFFECTIVE_PAGE_TIME" => 9_000,
        _ if column.ends_with("_TIME") || column == "TIME" => 900,
        _ if column.ends_with("_SIZE") => 40_000,
        "ROWS_PROCESSED" | "RECORDS_PROCESSED" | "ROW_COUNT" | "DB_BLOCKS" => 2_000,
        "RECORDS_FAILED" | "UI_EVENT_SEQUENCE_NUM" => 20,
        _ if column.starts_with("NUMBER_") || column == "UI_NUMBER_COLUMNS" => 12,
        _ => return String::new(),
    };
    dice.below(most).to_string()
}

/// Returns the type that `LogFileFieldTypes` has for a column.
pub(super) fn type_of(column: &str) -> &'static str {
    match column {
        "TIMESTAMP_DERIVED" => "DateTime",
        "CLIENT_IP" => "IP",
        "USER_ID" | "ORGANIZATION_ID" | "USER_ID_DERIVED" | "URI_ID_DERIVED" => "Id",
        "COUNTS_AGAINST_API_LIMIT" | "SUCCESS" => "Boolean",
        _ if !measured(column, &mut Dice::at([0, 0, 0])).is_empty() => "Number",
        _ => "String",
    }
}

fn page(kind: &EventType, dice: &mut Dice) -> &'static str {
    match kind.name {
        "Login" => "/index.jsp",
        "Logout" => "/secur/logout.jsp",
        "RestApi" | "ApiTotalUsage" => "/services/data/v66.0/query",
        "API" => "/services/Soap/u/66.0",
        "BulkApi" | "BulkApi2" => "/services/data/v66.0/jobs/query",
        _ => dice.word(&PAGES),
    }
}

/// A person's sessions of one day have one key.
fn letters_of(scene: &Scene, event: &Event, column: &str) -> String {
    let day = event.at_ms.div_euclid(super::DAY_MS).cast_unsigned();
    letters(&mut Dice::at([scene.seed ^ salt(column), event.user as u64, day]), 16)
}

/// People call from addresses that are kept for documentation; some events are Salesforce's own.
fn address(scene: &Scene, event: &Event) -> String {
    if event.number.is_multiple_of(50) {
        return "Salesforce.com IP".to_owned();
    }
    let mut dice = Dice::at([scene.seed, event.user as u64, 5]);
    format!("203.0.113.{}", 1 + dice.below(250))
}

fn letters(dice: &mut Dice, count: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..count).map(|_| char::from(*dice.pick(LETTERS))).collect()
}

fn short(id: &RecordId) -> String {
    id.as_str().chars().take(15).collect()
}

fn format_time(ms: i64, format: &str) -> String {
    DateTime::from_timestamp_millis(ms).map(|time| time.format(format).to_string()).unwrap_or_default()
}

fn salt(column: &str) -> u64 {
    column.bytes().fold(5, |salt: u64, byte| salt.wrapping_mul(131).wrapping_add(byte.into()))
}
