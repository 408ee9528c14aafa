//! Tasks and events: when, about what, with whom.

use super::target::{Target, id};
use super::time::{day_of, instant_between, to_second};
use super::{Facet, Record};
use crate::clock::DAY_MS;
use crate::value::Value;

/// Milliseconds of half an hour, in which calendars count.
const HALF_HOUR_MS: i64 = 1_800_000;

const TASKS: [&str; 7] = [
    "Call",
    "Email",
    "Send Quote",
    "Follow up on sample",
    "Rückruf: Angebot",
    "Préparer la visite",
    "Ask about \"Phase 2\"",
];

const EVENTS: [&str; 6] =
    ["Meeting", "Call", "Site visit", "Werksbesichtigung", "Démonstration", "打ち合わせ"];

const PLACES: [&str; 4] = ["Room 2", "Headquarters", "Halle 7", "https://meet.lockside.example/4711"];

/// What is filled of a task or an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ActivityFill {
    Who(u8),
    What(u8),
    TaskSubject,
    TaskDue,
    TaskStatus,
    TaskPriority,
    TaskSubtype,
    TaskCompleted,
    CallType,
    CallDuration,
    CallResult,
    EventSubject,
    EventPlace(u8),
    EventIsAllDay,
    EventStart,
    EventDay,
    EventDuration,
    EventEnd,
    EventEndDay,
}

impl ActivityFill {
    pub(super) fn parse(word: &str, percent: u8) -> Option<Self> {
        Some(match word {
            "who" => Self::Who(percent),
            "what" => Self::What(percent),
            "task_subject" => Self::TaskSubject,
            "task_due" => Self::TaskDue,
            "task_status" => Self::TaskStatus,
            "task_priority" => Self::TaskPriority,
            "task_subtype" => Self::TaskSubtype,
            "task_completed" => Self::TaskCompleted,
            "call_type" => Self::CallType,
            "call_duration" => Self::CallDuration,
            "call_result" => Self::CallResult,
            "event_subject" => Self::EventSubject,
            "event_location" => Self::EventPlace(percent),
            "event_is_all_day" => Self::EventIsAllDay,
            "event_start" => Self::EventStart,
            "event_day" => Self::EventDay,
            "event_duration" => Self::EventDuration,
            "event_end" => Self::EventEnd,
            "event_end_day" => Self::EventEndDay,
            _ => return None,
        })
    }

    pub(super) fn value(self, record: Record<'_>, salt: u64) -> Value<'static> {
        match self {
            Self::Who(percent) => id(record.who(percent)),
            Self::What(percent) => id(record.what(percent)),
            Self::EventSubject
            | Self::EventPlace(_)
            | Self::EventIsAllDay
            | Self::EventStart
            | Self::EventDay
            | Self::EventDuration
            | Self::EventEnd
            | Self::EventEndDay => self.of_event(record, salt),
            _ => self.of_task(record, salt),
        }
    }

    fn of_task(self, record: Record<'_>, salt: u64) -> Value<'static> {
        let mut dice = record.dice(salt);
        let due = record.due_ms();
        let is_completed =
            record.dice(Facet::Status as u64).percent(if due < record.base.now_ms() { 88 } else { 15 });
        let is_call = record.dice(Facet::Active as u64).percent(25);
        match self {
            Self::TaskSubject if is_call => Value::text("Call"),
            Self::TaskSubject => Value::text(dice.word(&TASKS)),
            Self::TaskDue if dice.percent(85) => day_of(due),
            Self::TaskStatus if is_completed => Value::text("Completed"),
            Self::TaskStatus => Value::text(dice.word(&[
                "Not Started",
                "Not Started",
                "In Progress",
                "Waiting on someone else",
                "Deferred",
            ])),
            Self::TaskPriority => Value::text(dice.word(&["Normal", "Normal", "Normal", "High", "Low"])),
            Self::TaskSubtype => Value::text(if is_call { "Call" } else { "Task" }),
            Self::TaskCompleted if is_completed => Value::DateTime(instant_between(record, &mut dice)),
            Self::CallType if is_call => Value::text(dice.word(&["Inbound", "Outbound"])),
            Self::CallDuration if is_call => Value::Int(dice.between(15, 2_400)),
            Self::CallResult if is_call => Value::text(dice.word(&["Reached", "No answer", "Mailbox"])),
            _ => Value::Null,
        }
    }

    fn of_event(self, record: Record<'_>, salt: u64) -> Value<'static> {
        let mut dice = record.dice(salt);
        let event = record.event();
        match self {
            Self::EventSubject => Value::text(dice.word(&EVENTS)),
            Self::EventPlace(percent) if dice.percent(percent) => Value::text(dice.word(&PLACES)),
            Self::EventIsAllDay => Value::Bool(event.is_all_day),
            Self::EventStart => Value::DateTime(event.start_ms),
            Self::EventDay => day_of(event.start_ms),
            Self::EventDuration => Value::Int(event.minutes),
            Self::EventEnd => Value::DateTime(event.end_ms()),
            Self::EventEndDay => day_of(event.end_ms()),
            _ => Value::Null,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Event {
    start_ms: i64,
    minutes: i64,
    is_all_day: bool,
}

impl Event {
    /// An event of whole days ends at the midnight its last day begins with (Object Reference, Event).
    fn end_ms(self) -> i64 {
        if self.is_all_day { self.start_ms } else { self.start_ms + self.minutes * 60_000 }
    }
}

impl<'a> Record<'a> {
    fn due_ms(self) -> i64 {
        self.created_at() + self.dice(Facet::Close as u64).between(-3, 45) * DAY_MS
    }

    fn event(self) -> Event {
        let mut dice = self.dice(Facet::Close as u64);
        let day = (self.created_at() + dice.between(0, 60) * DAY_MS).div_euclid(DAY_MS) * DAY_MS;
        let is_all_day = dice.percent(8);
        let at = dice.between(14, 36) * HALF_HOUR_MS;
        let minutes = [30, 60, 60, 90][dice.index(4)];
        if is_all_day {
            return Event { start_ms: day, minutes: 1_440, is_all_day };
        }
        Event { start_ms: to_second(day + at), minutes, is_all_day }
    }

    /// Returns the person an activity is with: a contact, or a lead.
    fn who(self, percent: u8) -> Option<Record<'a>> {
        let mut dice = self.dice(Facet::Person as u64);
        let has_one = dice.percent(percent);
        let is_lead = dice.percent(20);
        let target = if is_lead { Target::Lead } else { Target::Contact };
        self.any_of(target, &mut dice).filter(|_| has_one)
    }

    /// Returns what an activity is about. One with a lead is about nothing else (Object Reference, Task).
    fn what(self, percent: u8) -> Option<Record<'a>> {
        let mut dice = self.dice(Facet::Account as u64);
        let is_with_lead = self.who(100).is_some_and(|who| who.sobject == self.of(Target::Lead, 0).sobject);
        if is_with_lead || !dice.percent(percent) {
            return None;
        }
        let target = match dice.below(100) {
            0..42 => Target::Account,
            42..75 => Target::Opportunity,
            75..92 => Target::Case,
            92..97 => Target::Project,
            _ => Target::Campaign,
        };
        self.any_of(target, &mut dice)
    }
}
