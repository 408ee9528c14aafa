//! Values of formulas as numbers and texts, and how they compare.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::clock;
use crate::value::Value;

pub(super) fn is_text(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(_) | Value::Id(_))
}

pub(super) fn to_number(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Int(number) => Some((*number).into()),
        _ => None,
    }
}

pub(super) fn to_integer(value: &Value<'_>) -> Option<i64> {
    to_number(value)?.trunc().try_into().ok()
}

/// Writes a value as `TEXT` does (Salesforce Help, TEXT).
pub(super) fn to_text(value: &Value<'_>) -> String {
    match value {
        Value::Null | Value::Blob(_) => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Number(number) => number.normalize().to_string(),
        Value::Text(text) => text.to_string(),
        Value::Id(id) => id.to_string(),
        Value::Date(day) => day.to_string(),
        Value::DateTime(ms) => {
            let text = clock::format_rest(*ms);
            format!("{}Z", text[..19].replace('T', " "))
        }
        Value::Time(ms) => {
            let (seconds, ms) = (ms / 1_000, ms % 1_000);
            format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
        }
    }
}

/// Texts are compared with regard to case, unlike in queries; a blank is the same as an empty text.
pub(super) fn is_same(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (to_number(one), to_number(other)) {
        (Some(one), Some(other)) => one == other,
        _ if is_text(one) && is_text(other) => to_text(one) == to_text(other),
        _ => one == other,
    }
}

pub(super) fn compare(one: &Value<'_>, other: &Value<'_>) -> Option<Ordering> {
    match (one, other) {
        (Value::Date(one), Value::Date(other)) => Some(one.cmp(other)),
        (Value::DateTime(one), Value::DateTime(other)) => Some(one.cmp(other)),
        (Value::Time(one), Value::Time(other)) => Some(one.cmp(other)),
        _ if is_text(one) && is_text(other) => Some(to_text(one).cmp(&to_text(other))),
        _ => Some(to_number(one)?.cmp(&to_number(other)?)),
    }
}
