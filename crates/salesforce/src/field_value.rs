//! Values of fields, as Bulk API 2.0 and REST give them.

mod number;

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use crate::{FieldType, Timestamp};

/// One value of one field. Text borrows from the page it was read from.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue<'a> {
    /// No value. Salesforce stores empty text as null, so empty text is null too.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number with decimals, exact up to 28 decimal places and without trailing zeros.
    Decimal(Decimal),
    /// A civil date.
    Date(NaiveDate),
    /// An instant.
    DateTime(Timestamp),
    /// Text, and everything that is kept as text: ids, picklists, times of day, values of changing type.
    Text(Cow<'a, str>),
}

/// A value that does not fit its field's type. The value itself is left out of the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ValueError {
    /// Bytes that are not UTF-8, or an escape that stands for no character.
    #[error("not valid text")]
    Text,
    /// Text that is no value of the type.
    #[error("not a value of type {0:?}")]
    Malformed(FieldType),
    /// A number too large to hold exactly.
    #[error("a number out of range for type {0:?}")]
    OutOfRange(FieldType),
    /// A JSON object or array where the type has plain values.
    #[error("a structured value for type {0:?}")]
    Structured(FieldType),
}

impl<'a> FieldValue<'a> {
    /// Reads a value of a CSV result, after its quotes are removed (Bulk API 2.0 Developer Guide, Query Results).
    pub fn from_csv(bytes: &'a [u8], field_type: FieldType) -> Result<Self, ValueError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::from_csv_text(text, field_type),
            // What is no text is no value of another type either.
            Err(_) => plain(bytes, field_type).and(Err(ValueError::Text)),
        }
    }

    /// Reads a value of a CSV result that is known to be UTF-8.
    pub fn from_csv_text(text: &'a str, field_type: FieldType) -> Result<Self, ValueError> {
        if text.is_empty() {
            return Ok(Self::Null);
        }
        Ok(plain(text.as_bytes(), field_type)?.unwrap_or(Self::Text(text.into())))
    }

    /// Reads a value of a JSON record. It takes the raw text, because parsed JSON numbers are binary fractions.
    pub fn from_json(raw: &'a RawValue, field_type: FieldType) -> Result<Self, ValueError> {
        let json = raw.get();
        match json.as_bytes().first() {
            None | Some(b'n') => Ok(Self::Null),
            Some(b'"') => {
                let text = unquote(json)?;
                if text.is_empty() {
                    return Ok(Self::Null);
                }
                Ok(plain(text.as_bytes(), field_type)?.unwrap_or(Self::Text(text)))
            }
            Some(b'{' | b'[') => match field_type {
                FieldType::AnyType | FieldType::ComplexValue | FieldType::Json | FieldType::Other => {
                    Ok(Self::Text(json.into()))
                }
                _ => Err(ValueError::Structured(field_type)),
            },
            Some(_) => Ok(plain(json.as_bytes(), field_type)?.unwrap_or(Self::Text(json.into()))),
        }
    }

    /// The same value, holding its own text.
    pub fn into_owned(self) -> FieldValue<'static> {
        match self {
            Self::Null => FieldValue::Null,
            Self::Bool(value) => FieldValue::Bool(value),
            Self::Int(value) => FieldValue::Int(value),
            Self::Decimal(value) => FieldValue::Decimal(value),
            Self::Date(value) => FieldValue::Date(value),
            Self::DateTime(value) => FieldValue::DateTime(value),
            Self::Text(text) => FieldValue::Text(Cow::Owned(text.into_owned())),
        }
    }
}

/// The value where the type is not kept as text, `None` where it is.
fn plain(bytes: &[u8], field_type: FieldType) -> Result<Option<FieldValue<'static>>, ValueError> {
    let malformed = ValueError::Malformed(field_type);
    let value = match field_type {
        FieldType::Boolean => match bytes {
            b"true" | b"1" => FieldValue::Bool(true),
            b"false" | b"0" => FieldValue::Bool(false),
            _ if bytes.eq_ignore_ascii_case(b"true") => FieldValue::Bool(true),
            _ if bytes.eq_ignore_ascii_case(b"false") => FieldValue::Bool(false),
            _ => return Err(malformed),
        },
        FieldType::Int | FieldType::Long => FieldValue::Int(number::parse_int(bytes, field_type)?),
        FieldType::Double | FieldType::Currency | FieldType::Percent => {
            FieldValue::Decimal(number::parse_decimal(bytes, field_type)?)
        }
        FieldType::Date => FieldValue::Date(parse_date(bytes).ok_or(malformed)?),
        FieldType::DateTime => FieldValue::DateTime(Timestamp::parse(bytes).map_err(|_| malformed)?),
        _ => return Ok(None),
    };
    Ok(Some(value))
}

fn parse_date(bytes: &[u8]) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = bytes else {
        return None;
    };
    let number = |digits: &[&u8]| {
        digits.iter().try_fold(0, |number, byte| match byte {
            b'0'..=b'9' => Some(number * 10 + u32::from(*byte - b'0')),
            _ => None,
        })
    };
    NaiveDate::from_ymd_opt(number(&[y1, y2, y3, y4])? as i32, number(&[m1, m2])?, number(&[d1, d2])?)
}

fn unquote(json: &str) -> Result<Cow<'_, str>, ValueError> {
    let inner = &json[1..json.len() - 1];
    if inner.contains('\\') {
        serde_json::from_str::<String>(json).map(Cow::Owned).map_err(|_| ValueError::Text)
    } else {
        Ok(Cow::Borrowed(inner))
    }
}

#[cfg(test)]
mod tests;
