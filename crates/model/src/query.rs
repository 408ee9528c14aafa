//! Which records to show, and how: every read of records by a person, a key or a program is a [`Query`].
//!
//! A query is parsed from text against the layout of the record table it is for, so that what reaches the store names
//! only columns that exist and values that fit them.

mod cell_value;
mod condition;
mod error;
mod parse;
mod period;

#[cfg(test)]
mod tests;

use salesforce::RecordId;
use serde::{Deserialize, Serialize};

use crate::ColumnKind;
use crate::text_enum::text_enums;

pub use cell_value::CellValue;
pub use condition::{Condition, Operator, Test};
pub use error::QueryError;
pub use parse::QueryText;

/// What is asked of one sObject's records. Made by [`Query::parse`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Query {
    /// Text that one of the record's texts has to contain, or the record's whole id. Case does not count.
    pub search: Option<String>,
    /// Conditions, all of which have to hold.
    pub conditions: Vec<Condition>,
    /// The order. The id breaks ties.
    pub sort: Vec<SortTerm>,
    /// The columns to answer with; `None` for all.
    pub fields: Option<Vec<QueryColumn>>,
    /// What is done with records that are gone.
    pub gone: GoneRows,
    /// How many records to answer with.
    pub limit: u32,
    /// The position after which to go on.
    pub after: Option<Seek>,
}

/// A column that a query names: the id, or one of the layout.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QueryColumn {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
}

impl QueryColumn {
    /// The id's name in SQL.
    pub const ID: &'static str = "id";

    /// Its name in SQL.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its values are stored.
    pub fn kind(&self) -> ColumnKind {
        self.kind
    }

    /// Whether it is the record's id.
    pub fn is_id(&self) -> bool {
        self.name == Self::ID
    }
}

/// One column to sort by. Records without a value come last, whichever the direction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SortTerm {
    /// The column.
    pub column: QueryColumn,
    /// Whether small or great values come first.
    pub direction: Direction,
}

/// A direction of sorting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// Small values first.
    Ascending,
    /// Great values first.
    Descending,
}

text_enums! {
    /// What a query does with records that are gone.
    GoneRows {
        /// Leaves them out.
        Without = "without",
        /// Takes them in.
        With = "with",
        /// Takes nothing else.
        Only = "only",
    }
}

/// The last record of a page: the next page begins after it.
///
/// It holds for queries that sort by columns of the same kinds; one that does not fit is refused.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Seek {
    /// The record's values of the columns that are sorted by.
    pub keys: Vec<CellValue>,
    /// Its id.
    pub id: RecordId,
}

impl Query {
    /// Records of a page, at most.
    pub const MAX_LIMIT: u32 = 500;
    /// Records of a page where nothing is said.
    pub const DEFAULT_LIMIT: u32 = 50;
    /// Characters of a search. Nobody types more, and each costs time in every text of every record.
    pub const MAX_SEARCH: usize = 200;
    /// Conditions of a query.
    pub const MAX_CONDITIONS: usize = 20;
    /// Values of an `in`.
    pub const MAX_VALUES: usize = 200;
    /// Characters of one condition.
    pub const MAX_CONDITION: usize = 10_000;
    /// Columns to sort by.
    pub const MAX_SORT_TERMS: usize = 4;

    /// Returns the query for all live records, by id.
    pub fn all() -> Self {
        Self {
            search: None,
            conditions: Vec::new(),
            sort: Vec::new(),
            fields: None,
            gone: GoneRows::Without,
            limit: Self::DEFAULT_LIMIT,
            after: None,
        }
    }
}
