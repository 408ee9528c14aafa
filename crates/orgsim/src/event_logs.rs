//! Event log files: what happened in the org, written down by the day and by the hour (Object Reference, EventLogFile).
//!
//! Some events are invented from the seed, as people use the pages of a real org; others are the calls and logins there
//! were. Files are made when somebody first looks after they are due. They come hours after what they tell, some days.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use self::calls::Calls;
pub(crate) use self::calls::NotedCall;
use self::event_type::{EVENT_TYPES, EventType};
use self::events::{Event, Scene};
use crate::app::App;
use crate::clock::{DAY_MS, HOUR_MS};
use crate::data::Dice;
use crate::id::RecordId;
use crate::schema::SObject;
use crate::value::Value;

mod calls;
mod csv;
mod event_type;
mod events;
mod invent;

/// How long an org without the add-on has a file.
const FREE_MS: i64 = DAY_MS;

/// How long one with Event Monitoring has it, from the day it tells of.
const KEPT_MS: i64 = 30 * DAY_MS;

/// No file comes later after the start of what it tells of.
const LATEST_MS: i64 = 5 * DAY_MS;

/// The event logs of an org.
#[derive(Debug, Default)]
pub(crate) struct EventLogs {
    calls: Calls,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    has_add_on: bool,
    /// All files due until then have been made.
    made_until: Option<i64>,
    /// The files that are there, by when they go.
    files: BTreeMap<(i64, RecordId), ()>,
}

/// A file that is due.
struct File<'a> {
    kind: &'static EventType,
    log_date: i64,
    created_at: i64,
    /// 0 for a day; parts of an hour count from 1.
    sequence: i64,
    events: Vec<&'a Event>,
}

impl EventLogs {
    /// Writes down a call of the data API.
    pub(crate) fn note_call(&self, call: NotedCall) {
        self.calls.note(call);
    }

    /// Returns whether the org has Event Monitoring.
    pub(crate) fn has_add_on(&self) -> bool {
        self.lock().has_add_on
    }

    /// Buys or gives back Event Monitoring. The files are made anew when somebody looks.
    pub(crate) fn switch_add_on(&self, app: &App, has_add_on: bool) {
        let mut state = self.lock();
        if state.has_add_on != has_add_on {
            let files = std::mem::take(&mut state.files);
            remove(app, files.keys().map(|(_, id)| *id));
            (state.has_add_on, state.made_until) = (has_add_on, None);
        }
    }

    /// Returns whether the records of an sObject are these files.
    pub(crate) fn are_of(sobject: &SObject) -> bool {
        sobject.name == "EventLogFile"
    }

    /// Makes the files that are due by now, and takes away those whose time is over. In the middle of a transaction, which
    /// may come to nothing, they stay as they are.
    pub(crate) fn bring_up(&self, app: &App) {
        if app.org.is_in_transaction() {
            return;
        }
        let Some(sobject) = app.org.schema().find("EventLogFile") else { return };
        let now_ms = app.now_ms();
        let mut state = self.lock();
        let rest = state.files.split_off(&(now_ms + 1, app.org.organization_id()));
        let over = std::mem::replace(&mut state.files, rest);
        remove(app, over.keys().map(|(_, id)| *id));
        let has_add_on = state.has_add_on;
        let kept_ms = if has_add_on { KEPT_MS } else { FREE_MS };
        let after = state.made_until.unwrap_or(i64::MIN).max(now_ms - kept_ms - LATEST_MS);
        if after >= now_ms {
            return;
        }
        state.made_until = Some(now_ms);
        let scene = Scene::of(app);
        let first_day = (after - LATEST_MS).div_euclid(DAY_MS);
        for (kind, day) in (first_day..=now_ms.div_euclid(DAY_MS))
            .flat_map(|day| EVENT_TYPES.iter().map(move |kind| (kind, day)))
            .filter(|(kind, _)| kind.is_free || has_add_on)
        {
            let events = scene.events(kind, day * DAY_MS, &self.calls);
            let mut files = vec![daily(&scene, kind, day * DAY_MS, &events)];
            if has_add_on {
                files.extend(hourly(&scene, kind, &events));
            }
            files.retain(|file| {
                !file.events.is_empty() && file.created_at > after && file.created_at <= now_ms
            });
            files.sort_by_key(|file| (file.created_at, file.log_date, file.sequence));
            for file in files {
                let goes_at = if has_add_on { file.log_date + KEPT_MS } else { file.created_at + FREE_MS };
                if goes_at > now_ms {
                    let id = insert(app, sobject, &scene, &file);
                    state.files.insert((goes_at, id), ());
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove(app: &App, ids: impl Iterator<Item = RecordId>) {
    let Some(sobject) = app.org.schema().find("EventLogFile") else { return };
    // One that an administrator deleted is gone already.
    ids.for_each(|id| app.org.purge(sobject, &id).unwrap_or_default());
}

/// The file of a day comes in the night after it, or up to three days later.
fn daily<'a>(scene: &Scene, kind: &'static EventType, day_ms: i64, events: &'a [Event]) -> File<'a> {
    let mut dice = Dice::at([scene.seed, kind.salt(), day_ms.cast_unsigned()]);
    let late_days = match dice.below(40) {
        0 => 3,
        1..4 => 1,
        _ => 0,
    };
    let created_at = day_ms + (1 + late_days) * DAY_MS + HOUR_MS + dice.between(0, 6 * 3_600) * 1_000;
    File { kind, log_date: day_ms, created_at, sequence: 0, events: events.iter().collect() }
}

/// The file of an hour comes three to six hours later; what is missing in it comes in a further one.
fn hourly<'a>(scene: &Scene, kind: &'static EventType, events: &'a [Event]) -> Vec<File<'a>> {
    let mut hours: BTreeMap<i64, Vec<&Event>> = BTreeMap::new();
    for event in events {
        hours.entry(event.at_ms - event.at_ms.rem_euclid(HOUR_MS)).or_default().push(event);
    }
    let mut files = Vec::new();
    for (hour_ms, events) in hours {
        let mut dice = Dice::at([scene.seed, kind.salt() ^ 1, hour_ms.cast_unsigned()]);
        let created_at = hour_ms + HOUR_MS + dice.between(3 * 3_600, 6 * 3_600) * 1_000;
        let first = if dice.percent(20) { events.len().div_ceil(2) } else { events.len() };
        let (first, rest) = events.split_at(first);
        files.push(File { kind, log_date: hour_ms, created_at, sequence: 1, events: first.to_vec() });
        let later_at = created_at + dice.between(3_600, 4 * 3_600) * 1_000;
        files.push(File {
            kind,
            log_date: hour_ms,
            created_at: later_at,
            sequence: 2,
            events: rest.to_vec(),
        });
    }
    files
}

fn insert(app: &App, sobject: &SObject, scene: &Scene, file: &File<'_>) -> RecordId {
    let body = csv::write(scene, file.kind, &file.events);
    let texts = |values: Vec<&str>| Value::owned_text(values.join(","));
    let columns: Vec<&str> = file.kind.columns().collect();
    let types = columns.iter().map(|column| invent::type_of(column)).collect();
    let values = [
        ("EventType", Value::text(file.kind.name)),
        ("LogDate", Value::DateTime(file.log_date)),
        ("LogFileLength", Value::Number((body.len() as u64).into())),
        ("LogFileContentType", Value::text("text/csv")),
        ("ApiVersion", Value::Number(event_type::API_VERSION.into())),
        ("LogFileFieldNames", texts(columns)),
        ("LogFileFieldTypes", texts(types)),
        ("LogFile", Value::Blob(Bytes::from(body))),
        ("Sequence", Value::Int(file.sequence)),
        ("Interval", Value::text(if file.sequence == 0 { "Daily" } else { "Hourly" })),
    ];
    let values: Vec<_> =
        values.into_iter().filter_map(|(name, value)| Some((sobject.field(name)?.index, value))).collect();
    app.org.insert(sobject, &values, file.created_at)
}
