//! Values of records as they stand in the copy.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use salesforce::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ColumnKind;

/// One value of one column, exact.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CellValue {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal, without trailing zeros.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// A civil date.
    Date(NaiveDate),
    /// An instant.
    Instant(Timestamp),
}

impl CellValue {
    /// Returns whether a column of this kind may hold the value. Each may hold null.
    pub fn fits(&self, kind: ColumnKind) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(_) => kind == ColumnKind::Boolean,
            Self::Int(_) => kind == ColumnKind::Integer,
            Self::Decimal(_) => kind == ColumnKind::Decimal,
            Self::Text(_) => kind == ColumnKind::Text,
            Self::Date(_) => kind == ColumnKind::Date,
            Self::Instant(_) => kind == ColumnKind::Instant,
        }
    }
}
