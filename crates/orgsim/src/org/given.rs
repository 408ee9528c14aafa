//! Values as clients send them, in JSON or CSV, and how they become values of fields.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use chrono::{NaiveDate, NaiveTime, Timelike};
use rust_decimal::Decimal;

use crate::clock;
use crate::id::RecordId;
use crate::json::Node;
use crate::org::{SaveError, Sent};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// Reads the id of a record that a client wants changed, which must be one of that sObject.
pub(crate) fn read_own_id(sobject: &SObject, given: Option<&Given<'_>>) -> Result<RecordId, SaveError> {
    let text = match given {
        Some(Given::Text(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    };
    let missing = || SaveError::of_record("MISSING_ARGUMENT", "Id not specified in an update call");
    let text = text.ok_or_else(missing)?;
    let is_own = |id: &RecordId| sobject.key_prefix == Some(id.prefix());
    RecordId::parse(text).filter(is_own).ok_or_else(|| SaveError::wrong_id(sobject, text))
}

/// Reads the key that a record is upserted by: null where it is left out, `None` where it cannot be read.
pub(crate) fn read_key(key: &Field, sent: &[Sent<'_>]) -> Option<Value<'static>> {
    let given = sent.iter().find(|sent| sent.name.eq_ignore_ascii_case(&key.name));
    given.map_or(Some(Value::Null), |sent| read_given(key, &sent.value))
}

/// A value in a client's words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(&'a str),
    /// The bytes of a part of the request.
    Bytes(Bytes),
    /// The record that a lookup shall point to, by a key of its own (REST API Developer Guide, Insert or Update a Record Using an External ID).
    Parent(Parent<'a>),
    /// A list or an object that names no parent.
    Nested,
}

/// A record named by one of its keys.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parent<'a> {
    /// Its sObject, where the lookup leaves a choice.
    pub(crate) sobject: Option<&'a str>,
    pub(crate) field: &'a str,
    pub(crate) value: Box<Given<'a>>,
}

impl<'a> Given<'a> {
    /// Reads an object, which names a parent by one key; `read` reads the key's value.
    pub(crate) fn of_object(node: &'a Node, read: fn(&'a Node) -> Self) -> Self {
        let sobject = node.get("attributes").and_then(|attributes| attributes.get("type")?.as_str());
        let mut keys = node.members().iter().filter(|(name, _)| name != "attributes");
        match (keys.next(), keys.next()) {
            (Some((field, value)), None) => {
                Self::Parent(Parent { sobject, field, value: Box::new(read(value)) })
            }
            _ => Self::Nested,
        }
    }
}

/// Reads a value of a field. Answers `None` if the field's type cannot have it.
///
/// Texts lose the space around them, and empty ones are null (REST API Developer Guide, Create a Record).
pub(crate) fn read_given(field: &Field, given: &Given<'_>) -> Option<Value<'static>> {
    match given {
        Given::Null => (field.kind != FieldKind::Boolean).then_some(Value::Null),
        Given::Bool(value) => (field.kind == FieldKind::Boolean).then_some(Value::Bool(*value)),
        Given::Number(text) if field.kind.is_integer() || field.kind.is_decimal() => {
            read_text(field.kind, text)
        }
        Given::Text(text) => match text.trim() {
            "" => (field.kind != FieldKind::Boolean).then_some(Value::Null),
            text => read_text(field.kind, text),
        },
        Given::Bytes(bytes) => (field.kind == FieldKind::Base64).then(|| Value::Blob(bytes.clone())),
        Given::Number(_) | Given::Parent(_) | Given::Nested => None,
    }
}

fn read_text(kind: FieldKind, text: &str) -> Option<Value<'static>> {
    match kind {
        FieldKind::Boolean => read_bool(text).map(Value::Bool),
        FieldKind::Int | FieldKind::Long => {
            read_decimal(text)?.normalize().to_string().parse().ok().map(Value::Int)
        }
        FieldKind::Id | FieldKind::Reference => RecordId::parse(text).map(Value::Id),
        FieldKind::Date => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Value::Date),
        FieldKind::DateTime => clock::parse_iso(text).map(Value::DateTime),
        FieldKind::Time => read_time(text).map(Value::Time),
        FieldKind::Address | FieldKind::Location => None,
        FieldKind::Base64 => read_base64(text).map(Value::Blob),
        kind if kind.is_decimal() => read_decimal(text).map(Value::Number),
        _ => Some(Value::owned_text(text.to_owned())),
    }
}

/// Reads base64, which may be broken into lines.
fn read_base64(text: &str) -> Option<Bytes> {
    let joined: String = text.split_ascii_whitespace().collect();
    BASE64.decode(joined).ok().map(Bytes::from)
}

fn read_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Reads a number without going through a float: the digits given are the digits kept.
fn read_decimal(text: &str) -> Option<Decimal> {
    let text = text.strip_prefix('+').unwrap_or(text);
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

fn read_time(text: &str) -> Option<u32> {
    let time = NaiveTime::parse_from_str(text.trim_end_matches('Z'), "%H:%M:%S%.f").ok()?;
    Some(time.num_seconds_from_midnight() * 1_000 + time.nanosecond() / 1_000_000)
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::{Given, read_given};
    use crate::schema::Schema;
    use crate::value::Value;

    #[test]
    fn values_are_read_as_their_fields_have_them() {
        let account = Schema::standard().find("Account").unwrap();
        let read = |field: &str, given| read_given(account.field(field).unwrap(), &given);

        assert_eq!(read("Name", Given::Text("  Lockside ")), Some(Value::text("Lockside")));
        assert_eq!(read("Name", Given::Text(" ")), Some(Value::Null));
        assert_eq!(read("Name", Given::Number("5")), None);
        assert_eq!(read("NumberOfEmployees", Given::Text("10000")), Some(Value::Int(10_000)));
        assert_eq!(read("NumberOfEmployees", Given::Number("10.0")), Some(Value::Int(10)));
        assert_eq!(read("NumberOfEmployees", Given::Number("10.5")), None);
        let million_and_a_half = Some(Value::Number(Decimal::new(1_500_000, 0)));
        assert_eq!(read("AnnualRevenue", Given::Text("1.5E6")), million_and_a_half);
        assert_eq!(read("AnnualRevenue", Given::Number("15.0e+5")), million_and_a_half);
        assert_eq!(read("AnnualRevenue", Given::Number("1e300")), None);
        assert_eq!(read("Newsletter__c", Given::Text("TRUE")), Some(Value::Bool(true)));
        assert_eq!(read("Newsletter__c", Given::Text("yes")), None);
        assert_eq!(read("Newsletter__c", Given::Null), None);
        assert_eq!(read("SLA_Expiration__c", Given::Text("21.11.2026")), None);
        assert_eq!(read("BillingAddress", Given::Nested), None);
    }
}
