//! What can be wrong with the text of a query.

use crate::{ColumnKind, Operator};

/// A query cannot be asked. Says what is wrong and what is allowed, and quotes no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum QueryError {
    /// A condition is not of the form it has to be.
    #[error("a filter is written field:operator:value, such as amount:gte:1000 or name:is_null")]
    Filter,
    /// A column is named that the table does not have.
    #[error("there is no field {field} in the copy of {sobject}; its fields are {known}")]
    UnknownField {
        /// The name, cut where it is long.
        field: String,
        /// The sObject.
        sobject: String,
        /// The names there are.
        known: String,
    },
    /// An operator does not exist.
    #[error("there is no operator {operator}; {field} takes {}", words(*kind))]
    UnknownOperator {
        /// The word, cut where it is long.
        operator: String,
        /// The field.
        field: String,
        /// The field's kind.
        kind: ColumnKind,
    },
    /// An operator does not fit the field.
    #[error("{operator} does not fit {field}, which holds {}; it takes {}", noun(*kind), words(*kind))]
    Misfit {
        /// The operator.
        operator: Operator,
        /// The field.
        field: String,
        /// The field's kind.
        kind: ColumnKind,
    },
    /// A value is not one of the field's.
    #[error("the value for {field} has to be {expected}")]
    Value {
        /// The field.
        field: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// The search is too long, or holds a character that no text has.
    #[error("a search is a text of at most {} characters", crate::Query::MAX_SEARCH)]
    Search,
    /// The order is not of the form it has to be.
    #[error(
        "a sort is a list of at most {} different fields, such as -amount,name",
        crate::Query::MAX_SORT_TERMS
    )]
    Sort,
    /// The list of fields is empty or names one twice.
    #[error("fields are a list such as name,amount that names none twice")]
    Fields,
    /// What to do with records that are gone is not said by a known word.
    #[error("gone has to be without, with or only")]
    Gone,
    /// The length of a page is out of range.
    #[error("a page has 1 to {} records", crate::Query::MAX_LIMIT)]
    Limit,
    /// There are too many conditions, or one is too long.
    #[error(
        "a query takes at most {} filters of at most {} characters, and {} values in each",
        crate::Query::MAX_CONDITIONS,
        crate::Query::MAX_CONDITION,
        crate::Query::MAX_VALUES
    )]
    TooMany,
    /// The position belongs to a query that is sorted otherwise.
    #[error("this page belongs to a query that is sorted by other fields; begin with its first page")]
    Position,
}

/// What a column of a kind holds, in the words of a message.
fn noun(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Boolean => "true or false",
        ColumnKind::Integer => "whole numbers",
        ColumnKind::Decimal => "numbers",
        ColumnKind::Date => "dates",
        ColumnKind::Instant => "date-times",
    }
}

fn words(kind: ColumnKind) -> String {
    let words: Vec<&str> = Operator::allowed_for(kind).iter().map(|operator| operator.as_str()).collect();
    words.join(", ")
}
