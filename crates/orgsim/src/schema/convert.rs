//! Values of a field whose type was changed.

use rust_decimal::prelude::ToPrimitive;

use super::field::{Field, FieldKind};
use crate::value::Value;

/// Returns a value as a field of another type holds it, as far as it can (Salesforce Help, Notes on Changing Custom Field
/// Types).
pub(crate) fn convert(value: Value<'_>, field: &Field) -> Value<'static> {
    match field.kind {
        kind if kind.is_text() => {
            let text = text_of(&value).unwrap_or_default();
            let length = if field.length == 0 { usize::MAX } else { field.length as usize };
            Value::owned_text(text.chars().take(length).collect())
        }
        FieldKind::Int => match value {
            Value::Int(value) => Value::Int(value),
            Value::Number(value) => value.trunc().to_i64().map_or(Value::Null, Value::Int),
            Value::Text(text) => text.trim().parse().map_or(Value::Null, Value::Int),
            _ => Value::Null,
        },
        kind if kind.is_decimal() => match value {
            Value::Int(value) => Value::Number(value.into()),
            Value::Number(value) => Value::Number(value.round_dp(u32::from(field.scale))),
            Value::Text(text) => text.trim().parse().map_or(Value::Null, Value::Number),
            _ => Value::Null,
        },
        FieldKind::Boolean => Value::Bool(value == Value::Bool(true)),
        FieldKind::Date => match value {
            Value::Date(date) => Value::Date(date),
            Value::DateTime(ms) => chrono::DateTime::from_timestamp_millis(ms)
                .map_or(Value::Null, |instant| Value::Date(instant.date_naive())),
            _ => Value::Null,
        },
        FieldKind::DateTime => match value {
            Value::DateTime(ms) => Value::DateTime(ms),
            Value::Date(date) => date
                .and_hms_opt(0, 0, 0)
                .map_or(Value::Null, |at| Value::DateTime(at.and_utc().timestamp_millis())),
            _ => Value::Null,
        },
        _ => value.into_owned(),
    }
}

fn text_of(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone().into_owned()),
        Value::Id(id) => Some(id.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.normalize().to_string()),
        Value::Date(date) => Some(date.to_string()),
        Value::DateTime(ms) => {
            chrono::DateTime::from_timestamp_millis(*ms).map(|instant| instant.to_rfc3339())
        }
        Value::Null | Value::Time(_) | Value::Blob(_) => None,
    }
}
