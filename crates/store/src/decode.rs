//! Stored text and numbers back to values.

use std::error::Error as StdError;
use std::str::FromStr;

use salesforce::Timestamp;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Reads a value that is stored as its text.
pub(crate) fn parse<T>(what: &'static str, text: &str) -> Result<T>
where
    T: FromStr,
    T::Err: StdError + Send + Sync + 'static,
{
    text.parse().map_err(|source| Error::Stored { what, source: Box::new(source) })
}

/// Reads a value that is stored as its text, or not at all.
pub(crate) fn parse_optional<T>(what: &'static str, text: Option<&str>) -> Result<Option<T>>
where
    T: FromStr,
    T::Err: StdError + Send + Sync + 'static,
{
    text.map(|text| parse(what, text)).transpose()
}

/// Reads a value that is stored as JSON.
pub(crate) fn from_json<T: DeserializeOwned>(what: &'static str, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|source| Error::Stored { what, source: Box::new(source) })
}

/// A stored value is of another type than it has to be.
pub(crate) fn misread(what: &'static str) -> Error {
    Error::Stored { what, source: "it is of another type".into() }
}

/// Reads a counter.
pub(crate) fn count(what: &'static str, number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|source| Error::Stored { what, source: Box::new(source) })
}

/// Reads an instant that may be missing.
pub(crate) fn instant(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

/// Writes a value as JSON.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values of ours have a JSON form")
}
