//! Tasks and events (Object Reference, Task and Event).

use chrono::{NaiveDate, NaiveTime};

use super::{Change, Draft, SaveError, Stamp, integrity, missing};
use crate::clock::MINUTE_MS;
use crate::org::Org;
use crate::value::Value;

/// The longest event, in minutes (Object Reference, Event, DurationInMinutes).
const MAX_MINUTES: i64 = 14 * 24 * 60;

pub(super) fn complete_task(draft: &mut Draft<'_, '_>) -> Result<(), SaveError> {
    settle_subtype(draft, "TaskSubtype", "Task");
    if draft.given("Status").is_some() {
        let closes = |status: &Value<'_>| draft.view.statuses().closes_task(status.as_str());
        let was_closed =
            draft.row.is_some_and(|row| closes(&draft.view.named(draft.sobject, &row, "Status")));
        let is_closed = closes(&draft.value("Status"));
        if is_closed != was_closed {
            let completed = if is_closed { Value::DateTime(draft.by.now_ms) } else { Value::Null };
            draft.set("CompletedDateTime", completed);
        }
    }
    refuse_lead(draft)
}

/// An activity with a lead is about nothing.
fn refuse_lead(draft: &Draft<'_, '_>) -> Result<(), SaveError> {
    let is_with_lead = draft.id("WhoId").is_some_and(|who| who.prefix() == *b"00Q");
    if is_with_lead && draft.id("WhatId").is_some() {
        return Err(integrity("WhatId", "a related record cannot be given where the name is a lead"));
    }
    Ok(())
}

/// A new activity that is of no other kind is a plain one.
fn settle_subtype(draft: &mut Draft<'_, '_>, field: &str, usual: &'static str) {
    if draft.is_new() && draft.given(field).is_none_or(Value::is_null) {
        draft.set(field, Value::text(usual));
    }
}

pub(super) fn complete_event(draft: &mut Draft<'_, '_>) -> Result<(), SaveError> {
    settle_subtype(draft, "EventSubtype", "Event");
    refuse_lead(draft)?;
    const TIMES: [&str; 6] = [
        "IsAllDayEvent",
        "ActivityDate",
        "ActivityDateTime",
        "StartDateTime",
        "EndDateTime",
        "DurationInMinutes",
    ];
    if !draft.is_new() && TIMES.iter().all(|name| draft.given(name).is_none()) {
        return Ok(());
    }
    let start = find_start(draft).ok_or_else(|| missing(&["ActivityDateTime"]))?;
    let end = match (draft.given("EndDateTime"), draft.value("DurationInMinutes")) {
        (Some(Value::DateTime(end)), _) => *end,
        (_, Value::Int(minutes)) => start + minutes * MINUTE_MS,
        _ if is_all_day(draft) => start + 24 * 60 * MINUTE_MS,
        _ => return Err(missing(&["DurationInMinutes"])),
    };
    let minutes = (end - start) / MINUTE_MS;
    if !(0..=MAX_MINUTES).contains(&minutes) {
        let why = if minutes < 0 {
            "an event cannot end before it starts"
        } else {
            "an event lasts 14 days at most"
        };
        return Err(integrity("DurationInMinutes", why));
    }
    let gives_both = draft.gives("EndDateTime") && draft.gives("DurationInMinutes");
    if gives_both && draft.value("DurationInMinutes") != Value::Int(minutes) {
        return Err(integrity("DurationInMinutes", "duration and end do not match"));
    }
    let day = |ms: i64| {
        chrono::DateTime::from_timestamp_millis(ms).map_or(Value::Null, |at| Value::Date(at.date_naive()))
    };
    draft.set("ActivityDateTime", if is_all_day(draft) { Value::Null } else { Value::DateTime(start) });
    draft.set("ActivityDate", day(start));
    draft.set("StartDateTime", Value::DateTime(start));
    draft.set("EndDateTime", Value::DateTime(end));
    draft.set("EndDate", day(end));
    draft.set("DurationInMinutes", Value::Int(minutes));
    Ok(())
}

fn is_all_day(draft: &Draft<'_, '_>) -> bool {
    draft.value("IsAllDayEvent") == Value::Bool(true)
}

/// Finds when an event starts: of what is given first, then of what is there.
fn find_start(draft: &Draft<'_, '_>) -> Option<i64> {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let given = ["StartDateTime", "ActivityDateTime"].iter().find_map(|name| match draft.given(name) {
        Some(Value::DateTime(ms)) => Some(*ms),
        _ => None,
    });
    let start = given.or_else(|| match (draft.given("ActivityDate"), draft.value("StartDateTime")) {
        (Some(Value::Date(day)), _) if is_all_day(draft) => Some(midnight(*day)),
        (_, Value::DateTime(ms)) => Some(ms),
        _ => None,
    })?;
    // An event of a whole day starts at its midnight in UTC.
    Some(if is_all_day(draft) { start - start.rem_euclid(24 * 60 * MINUTE_MS) } else { start })
}

impl Org {
    /// Tells those whom an activity is with or about of its day, once it is done: `LastActivityDate` is the latest due date of
    /// their events and closed tasks (Object Reference, Account).
    pub(super) fn follow_activity(&self, change: Change<'_, '_>) {
        let Change { sobject, row, by, .. } = change;
        let view = self.read();
        let is_open_task = view.named(sobject, &row, "IsClosed") == Value::Bool(false);
        let Value::Date(day) = view.named(sobject, &row, "ActivityDate") else { return };
        if is_open_task && sobject.name == "Task" {
            return;
        }
        for lookup in ["WhoId", "WhatId", "AccountId"] {
            let Value::Id(id) = view.named(sobject, &row, lookup) else { continue };
            let Some((parent, parent_row)) = view.find_any(&id) else { continue };
            let last = view.named(parent, &parent_row, "LastActivityDate");
            if !matches!(last, Value::Date(last) if last >= day) {
                let values = [("LastActivityDate", Value::Date(day))];
                self.set_fields(parent, parent_row, &values, Stamp::Nothing, by);
            }
        }
    }
}
