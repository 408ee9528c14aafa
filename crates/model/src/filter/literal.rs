//! Values in a filter.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use salesforce::Timestamp;

use super::RelativeDate;

/// A value that a field is compared with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Literal {
    /// `NULL`: the field is empty.
    Null,
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A number.
    Number(Decimal),
    /// A text without its quotes and escapes.
    Text(String),
    /// A civil date.
    Date(NaiveDate),
    /// An instant.
    DateTime(Timestamp),
    /// A span of days relative to today in the Salesforce user's time zone, such as `LAST_N_DAYS:30`.
    Relative(RelativeDate),
}

impl Literal {
    /// Whether "less than" means something for this value.
    pub(super) fn is_ordered(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(_))
    }
}

/// The pattern of `LIKE`: `%` stands for any run of characters, `_` for one.
///
/// A backslash stands only before `%`, `_` or another backslash and takes their meaning away.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LikePattern(String);

impl LikePattern {
    /// Makes a pattern; `None` where a backslash stands before something else.
    pub fn new(text: String) -> Option<Self> {
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character == '\\' && !matches!(characters.next(), Some('%' | '_' | '\\')) {
                return None;
            }
        }
        Some(Self(text))
    }

    /// Returns the pattern, backslashes included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
