//! The value of one field of one record.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::id::RecordId;

/// A field's value in the org's own terms, before any wire format.
///
/// Compound fields (address, location) have no value of their own: renderers put them together from their parts.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing, which Salesforce also keeps for an empty string.
    Null,
    /// A checkbox.
    Bool(bool),
    /// `int` and `long`.
    Int(i64),
    /// `double`, `currency` and `percent`.
    Number(Decimal),
    /// Every kind of text, picklists among them.
    Text(Cow<'a, str>),
    /// `id` and `reference`.
    Id(RecordId),
    /// A civil date without a zone.
    Date(NaiveDate),
    /// An instant, in milliseconds since 1970 UTC.
    DateTime(i64),
    /// A time of day, in milliseconds since midnight.
    Time(u32),
    /// The content of a `base64` field. Copies share it.
    Blob(Bytes),
}

impl<'a> Value<'a> {
    /// Makes a text value that borrows; an empty text is null, as in Salesforce.
    pub fn text(text: &'a str) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(Cow::Borrowed(text)) }
    }

    /// Makes a text value that owns its text; an empty text is null, as in Salesforce.
    pub fn owned_text(text: String) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(Cow::Owned(text)) }
    }

    /// Returns whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns the text of a text or id value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Id(id) => Some(id.as_str()),
            _ => None,
        }
    }

    /// Returns the same value, its text borrowed from this one.
    pub fn as_borrowed(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Number(value) => Value::Number(*value),
            Self::Id(value) => Value::Id(*value),
            Self::Date(value) => Value::Date(*value),
            Self::DateTime(value) => Value::DateTime(*value),
            Self::Time(value) => Value::Time(*value),
            Self::Blob(value) => Value::Blob(value.clone()),
        }
    }

    /// Returns the same value with nothing borrowed.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Number(value) => Value::Number(value),
            Self::Text(value) => Value::Text(Cow::Owned(value.into_owned())),
            Self::Id(value) => Value::Id(value),
            Self::Date(value) => Value::Date(value),
            Self::DateTime(value) => Value::DateTime(value),
            Self::Time(value) => Value::Time(value),
            Self::Blob(value) => Value::Blob(value),
        }
    }
}
