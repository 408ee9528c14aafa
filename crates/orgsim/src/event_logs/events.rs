//! Which events there were on a day.

use super::calls::{Calls, NotedCall};
use super::event_type::EventType;
use super::{DAY_MS, HOUR_MS};
use crate::app::App;
use crate::data::Dice;
use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::SObject;
use crate::value::Value;

/// As many users appear in invented events.
const USERS: usize = 40;

/// One event: a line of a file.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) at_ms: i64,
    pub(super) user: usize,
    /// What the other columns are computed from.
    pub(super) number: u64,
    /// What is known of it, by column.
    pub(super) known: Vec<(&'static str, String)>,
}

/// Somebody in the org.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) id: RecordId,
    pub(super) username: String,
}

/// A login that the org's history has.
struct Login {
    at_ms: i64,
    user_id: RecordId,
    known: Vec<(&'static str, String)>,
}

/// What events are made from.
pub(super) struct Scene {
    pub(super) seed: u64,
    pub(super) organization_id: RecordId,
    pub(super) people: Vec<Person>,
    logins: Vec<Login>,
}

impl Scene {
    pub(super) fn of(app: &App) -> Self {
        let view = app.org.read();
        let users = view.schema().find("User");
        let people = users.map(|users| list_people(&view, users)).unwrap_or_default();
        Self {
            seed: app.config.seed,
            organization_id: app.org.organization_id(),
            people,
            logins: list_logins(&view),
        }
    }

    /// Lists the events of a type on a day, in their order.
    pub(super) fn events(&self, kind: &EventType, day_ms: i64, calls: &Calls) -> Vec<Event> {
        let mut events = self.invent(kind, day_ms);
        match kind.name {
            "ApiTotalUsage" | "RestApi" => events.extend(self.told_by_calls(kind, day_ms, calls)),
            "Login" => events.extend(self.told_by_logins(day_ms)),
            _ => {}
        }
        events.sort_by_key(|event| (event.at_ms, event.number));
        events
    }

    /// Invents events, most of them in office hours, few at the weekend.
    fn invent(&self, kind: &EventType, day_ms: i64) -> Vec<Event> {
        let day = day_ms.div_euclid(DAY_MS);
        let mut dice = Dice::at([self.seed, kind.salt() ^ 2, day.cast_unsigned()]);
        // The first day of the epoch was a Thursday.
        let is_weekend = matches!(day.rem_euclid(7), 2 | 3);
        let most = if is_weekend { kind.events_a_day / 4 } else { kind.events_a_day * 2 };
        // Every org has something to show of what all have.
        let count = u64::from(kind.is_free) + dice.below(most + 1);
        let event = |_| {
            let (first, last) = if dice.percent(80) { (7, 18) } else { (0, 23) };
            let at_ms = day_ms + dice.between(first * HOUR_MS, last * HOUR_MS + HOUR_MS - 1);
            Event {
                at_ms,
                user: dice.index(self.people.len().max(1)),
                number: dice.next(),
                known: Vec::new(),
            }
        };
        if self.people.is_empty() { Vec::new() } else { (0..count).map(event).collect() }
    }

    fn told_by_calls(&self, kind: &EventType, day_ms: i64, calls: &Calls) -> Vec<Event> {
        let calls = calls.between(day_ms, day_ms + DAY_MS).into_iter().zip(0_u64..);
        calls
            .filter_map(|(call, number)| {
                let user = self.find(&call.user_id)?;
                let number =
                    Dice::at([self.seed, kind.salt(), call.at_ms.cast_unsigned() ^ number << 48]).next();
                Some(Event { at_ms: call.at_ms, user, number, known: describe_call(&call) })
            })
            .collect()
    }

    fn told_by_logins(&self, day_ms: i64) -> Vec<Event> {
        let logins = self.logins.iter().filter(|login| (day_ms..day_ms + DAY_MS).contains(&login.at_ms));
        logins
            .filter_map(|login| {
                let Login { at_ms, user_id, known } = login;
                let number = Dice::at([self.seed, 3, at_ms.cast_unsigned()]).next();
                Some(Event { at_ms: *at_ms, user: self.find(user_id)?, number, known: known.clone() })
            })
            .collect()
    }

    fn find(&self, id: &RecordId) -> Option<usize> {
        self.people.iter().position(|person| person.id == *id)
    }
}

fn list_people(view: &OrgView<'_>, users: &SObject) -> Vec<Person> {
    let text = |row: &Row| {
        let username = users.field("Username").map(|field| view.value(users, row, field));
        username.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let rows = view.rows(users).take(USERS);
    rows.map(|row| Person { id: view.id(&row), username: text(&row) }).collect()
}

fn describe_call(call: &NotedCall) -> Vec<(&'static str, String)> {
    let status = call.status.to_string();
    let mut known = vec![
        ("API_FAMILY", call.family().to_owned()),
        ("API_VERSION", call.version.clone()),
        ("API_RESOURCE", call.path.clone()),
        ("URI", call.path.clone()),
        ("HTTP_METHOD", call.method.clone()),
        ("METHOD", call.method.clone()),
        ("STATUS_CODE", status),
        ("CLIENT_NAME", call.agent.clone()),
        ("USER_AGENT", call.agent.clone()),
        ("ENTITY_NAME", call.entity().to_owned()),
        ("COUNTS_AGAINST_API_LIMIT", "1".to_owned()),
        ("EXCEPTION_MESSAGE", String::new()),
        ("QUERY", String::new()),
    ];
    known.extend(call.request_id.clone().map(|id| ("REQUEST_ID", id)));
    known
}

/// What a login's record tells, by column.
const OF_LOGIN: [(&str, &str); 6] = [
    ("LOGIN_TYPE", "LoginType"),
    ("BROWSER_TYPE", "Browser"),
    ("API_VERSION", "ApiVersion"),
    ("TLS_PROTOCOL", "TlsProtocol"),
    ("CIPHER_SUITE", "CipherSuite"),
    ("SOURCE_IP", "SourceIp"),
];

/// Lists the logins that the org's own history has.
fn list_logins(view: &OrgView<'_>) -> Vec<Login> {
    let Some(history) = view.schema().find("LoginHistory") else { return Vec::new() };
    let value = |row: &Row, name: &str| {
        history.field(name).map_or(Value::Null, |field| view.value(history, row, field).into_owned())
    };
    let read = |row: Row| {
        let (Value::DateTime(at_ms), Value::Id(user_id)) = (value(&row, "LoginTime"), value(&row, "UserId"))
        else {
            return None;
        };
        let text = |name| value(&row, name).as_str().unwrap_or_default().to_owned();
        let mut known: Vec<_> = OF_LOGIN.iter().map(|(column, name)| (*column, text(*name))).collect();
        let is_good = text("Status") == "Success";
        let status = if is_good { "LOGIN_NO_ERROR" } else { "LOGIN_ERROR_INVALID_PASSWORD" };
        known.push(("LOGIN_STATUS", status.to_owned()));
        known.push(("REQUEST_STATUS", if is_good { "Success" } else { "Failure" }.to_owned()));
        known.push(("CLIENT_IP", text("SourceIp")));
        Some(Login { at_ms, user_id, known })
    };
    view.rows(history).filter_map(read).collect()
}
