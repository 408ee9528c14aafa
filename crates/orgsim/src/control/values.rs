//! Field values in the JSON of the control API.

use serde_json::Value as Json;

use crate::org::{Given, read_given};
use crate::schema::{Field, FieldKind};
use crate::value::Value;

/// Reads a value of a field. Answers `None` if the field cannot have it.
pub(super) fn read_value(field: &Field, json: &Json) -> Option<Value<'static>> {
    match json {
        // Past the rules of the org, a checkbox can be made empty, too.
        Json::Null => Some(Value::Null),
        Json::Bool(value) => read_given(field, &Given::Bool(*value)),
        Json::Number(number) => read_given(field, &Given::Number(&number.to_string())),
        Json::String(text) if field.kind.is_text() => Some(Value::owned_text(text.clone())),
        Json::String(text) if field.kind != FieldKind::Boolean => read_given(field, &Given::Text(text)),
        _ => None,
    }
}
