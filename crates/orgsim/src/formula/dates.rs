//! Functions of formulas that take days and instants.

use chrono::{Datelike, Months, NaiveDate};

use super::convert::to_integer;
use super::evaluate::Computed;
use super::functions::Function;
use crate::clock::{self, DAY_MS};
use crate::time_zone::TimeZone;
use crate::value::Value;

pub(super) fn apply_to_dates(function: Function, values: &[Value<'static>], zone: TimeZone) -> Computed {
    if values.iter().any(Value::is_null) {
        return Some(Value::Null);
    }
    let day = |value: &Value<'_>| match value {
        Value::Date(day) => Some(*day),
        Value::DateTime(ms) => Some(zone.local(*ms).date()),
        Value::Text(text) => text.parse::<NaiveDate>().ok(),
        _ => None,
    };
    let number = |number: u32| Some(Value::Number(number.into()));
    match function {
        Function::Year => Some(Value::Number(day(&values[0])?.year().into())),
        Function::Month => number(day(&values[0])?.month()),
        Function::Day => number(day(&values[0])?.day()),
        Function::Weekday => number(day(&values[0])?.weekday().num_days_from_sunday() + 1),
        Function::DateValue => Some(Value::Date(day(&values[0])?)),
        Function::DateTimeValue => match &values[0] {
            Value::DateTime(ms) => Some(Value::DateTime(*ms)),
            Value::Date(day) => Some(Value::DateTime(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())),
            Value::Text(text) => {
                let text = format!("{}Z", text.trim_end_matches('Z').replace(' ', "T"));
                clock::parse_iso(&text).map(Value::DateTime)
            }
            _ => None,
        },
        Function::AddMonths => {
            let (start, months) = (day(&values[0])?, to_integer(&values[1])?);
            let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
            let moved =
                if months < 0 { start.checked_sub_months(count) } else { start.checked_add_months(count) }?;
            // The last day of a month stays the last one (Salesforce Help, ADDMONTHS).
            let is_last = start.succ_opt().is_some_and(|next| next.day() == 1);
            let moved = if is_last { last_of_month(moved)? } else { moved };
            match &values[0] {
                Value::DateTime(ms) => Some(Value::DateTime(ms + (moved - start).num_days() * DAY_MS)),
                _ => Some(Value::Date(moved)),
            }
        }
        Function::Date => {
            let [year, month, day] = [0, 1, 2].map(|at| to_integer(&values[at]));
            let (month, day) = (u32::try_from(month?).ok()?, u32::try_from(day?).ok()?);
            NaiveDate::from_ymd_opt(i32::try_from(year?).ok()?, month, day).map(Value::Date)
        }
        _ => None,
    }
}

fn last_of_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.checked_add_months(Months::new(1))?.pred_opt()
}
