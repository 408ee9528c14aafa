//! Fields of tasks and events that follow from others.

use super::Source;
use crate::data::ActivityDerivation;
use crate::value::Value;

/// Computes a field of a task or an event.
pub(super) fn derive<'a>(derivation: ActivityDerivation, record: Source<'a, '_>) -> Value<'a> {
    match derivation {
        ActivityDerivation::TaskIsClosed => Value::Bool(is_closed(record)),
        ActivityDerivation::TaskIsHighPriority => {
            let priority = record.value("Priority");
            Value::Bool(record.view.statuses().is_high_priority(priority.as_str()))
        }
        ActivityDerivation::Account => account(record),
        ActivityDerivation::IsArchived => Value::Bool(is_archived(record)),
    }
}

fn is_closed(record: Source<'_, '_>) -> bool {
    let status = record.value("Status");
    record.view.statuses().closes_task(status.as_str())
}

/// An activity belongs to the account it is about, or to that of what it is about, or to that of the contact it is with
/// (Object Reference, Task).
fn account<'a>(record: Source<'a, '_>) -> Value<'a> {
    let of_what = match record.value("WhatId") {
        Value::Id(what) if &what.prefix() == b"001" => Value::Id(what),
        Value::Id(_) => record.parent_value("WhatId", "AccountId"),
        _ => Value::Null,
    };
    if of_what.is_null() { record.parent_value("WhoId", "AccountId") } else { of_what }
}

/// Closed tasks and past events are archived a year after their day (Salesforce Help, Archived Activities).
fn is_archived(record: Source<'_, '_>) -> bool {
    let is_task = record.sobject.name == "Task";
    if is_task && !is_closed(record) {
        return false;
    }
    let last = record.view.archived_until();
    let is_past = |name: &str| match record.value(name) {
        Value::Date(day) => Some(day < last),
        Value::DateTime(ms) => {
            Some(chrono::DateTime::from_timestamp_millis(ms).is_some_and(|time| time.date_naive() < last))
        }
        _ => None,
    };
    let day = if is_task { "ActivityDate" } else { "EndDateTime" };
    is_past(day).or_else(|| is_past("CreatedDate")).unwrap_or(false)
}
