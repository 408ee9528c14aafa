//! Conditions on one column.

use crate::filter::Comparison;
use crate::text_enum::text_enums;
use crate::{CellValue, ColumnKind, QueryColumn};

text_enums! {
    /// What a condition asks, as it is written.
    Operator {
        /// Equal.
        Eq = "eq",
        /// Not equal, or without a value.
        Ne = "ne",
        /// Less.
        Lt = "lt",
        /// Less or equal.
        Lte = "lte",
        /// Greater.
        Gt = "gt",
        /// Greater or equal.
        Gte = "gte",
        /// Contains a text.
        Contains = "contains",
        /// Starts with a text.
        Starts = "starts",
        /// Has no value.
        IsNull = "is_null",
        /// Has a value.
        NotNull = "not_null",
        /// One of several values.
        In = "in",
        /// In a span of days.
        Within = "within",
    }
}

impl Operator {
    /// Returns the operators that fit columns of a kind.
    pub fn allowed_for(kind: ColumnKind) -> &'static [Self] {
        use Operator::{Contains, Eq, Gt, Gte, In, IsNull, Lt, Lte, Ne, NotNull, Starts, Within};
        match kind {
            ColumnKind::Text => &[Eq, Ne, Lt, Lte, Gt, Gte, Contains, Starts, In, IsNull, NotNull],
            ColumnKind::Boolean => &[Eq, Ne, IsNull, NotNull],
            ColumnKind::Integer | ColumnKind::Decimal => &[Eq, Ne, Lt, Lte, Gt, Gte, In, IsNull, NotNull],
            ColumnKind::Date | ColumnKind::Instant => &[Eq, Ne, Lt, Lte, Gt, Gte, Within, IsNull, NotNull],
        }
    }
}

/// A column and what is asked of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Condition {
    /// The column.
    pub column: QueryColumn,
    /// What is asked.
    pub test: Test,
}

/// What is asked of a column. Values are of the column's kind, and never null.
///
/// Texts compare by their lower-case form, as in SOQL; an id compares as it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Test {
    /// It compares so with a value. [`Comparison::NotEqual`] also holds without a value, as in SOQL.
    Compare(Comparison, CellValue),
    /// It is one of some values. At least one.
    OneOf(Vec<CellValue>),
    /// It is from the first value up to, but not including, the second.
    Within(CellValue, CellValue),
    /// It is before the first value, from the second on, or without a value.
    Outside(CellValue, CellValue),
    /// The text contains another.
    Contains(String),
    /// The text starts with another.
    Starts(String),
    /// It has no value.
    IsNull,
    /// It has a value.
    NotNull,
}
