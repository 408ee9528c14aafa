//! Field values in the JSON of the control API.

use chrono::{NaiveDate, NaiveTime, Timelike};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::clock;
use crate::id::RecordId;
use crate::schema::{Field, FieldKind};
use crate::value::Value;

/// Reads a value of a field. Answers `None` if the field cannot have it.
pub(super) fn read_value(field: &Field, json: &Json) -> Option<Value<'static>> {
    if json.is_null() {
        return Some(Value::Null);
    }
    match field.kind {
        FieldKind::Boolean => json.as_bool().map(Value::Bool),
        FieldKind::Int => json.as_i64().map(Value::Int),
        FieldKind::Double | FieldKind::Currency | FieldKind::Percent => read_decimal(json).map(Value::Number),
        FieldKind::Id | FieldKind::Reference => RecordId::parse(json.as_str()?).map(Value::Id),
        FieldKind::Date => NaiveDate::parse_from_str(json.as_str()?, "%Y-%m-%d").ok().map(Value::Date),
        FieldKind::DateTime => clock::parse_iso(json.as_str()?).map(Value::DateTime),
        FieldKind::Time => read_time(json.as_str()?).map(Value::Time),
        FieldKind::Address | FieldKind::Location => None,
        _ => json.as_str().map(|text| Value::owned_text(text.to_owned())),
    }
}

/// Reads a number without going through a float: the digits given are the digits kept.
fn read_decimal(json: &Json) -> Option<Decimal> {
    let text = match json {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        _ => return None,
    };
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn read_time(text: &str) -> Option<u32> {
    let time = NaiveTime::parse_from_str(text.trim_end_matches('Z'), "%H:%M:%S%.f").ok()?;
    Some(time.num_seconds_from_midnight() * 1_000 + time.nanosecond() / 1_000_000)
}
