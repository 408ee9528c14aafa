//! SOQL: reading, checking, executing and answering queries.
//!
//! A statement goes through three hands: `parser` knows the grammar, `bind` the schema and Salesforce's rules, and a
//! [`Query`] runs on a view of the org. What the grammar has but a query cannot do here is refused by `bind`.

use std::sync::Arc;

use crate::id::RecordId;
use crate::rights::Rights;
use crate::schema::{Api, SObject, Schema};
use crate::time_zone::TimeZone;

pub use self::csv::{CsvFormat, LineEnding};
pub use self::error::SoqlError;
pub use self::locale::Locale;
pub use self::parser::parse;
pub use self::query::{ChildPages, Query, ViewMark};
pub use self::search::{MAX_FOUND, Search, prepare_search, prepare_search_for};
pub use self::terms::Terms;
pub(crate) use self::text::fold;

mod accumulator;
pub mod ast;
mod bind;
mod children;
mod column;
mod columns;
mod csv;
mod date_part;
mod dates;
mod distance;
mod error;
mod expression;
mod filter;
mod group;
mod join;
mod json;
mod lexer;
mod locale;
mod number;
mod order;
mod parser;
mod path;
mod plan;
mod print;
mod query;
mod search;
mod terms;
mod text;
mod xml;

/// Returns whether Bulk jobs query an sObject.
pub(crate) fn is_bulk_queryable(sobject: &SObject) -> bool {
    sobject.abilities.queryable && bind::is_bulk_supported(sobject)
}

/// Who queries, and when.
#[derive(Clone, Debug)]
pub struct Context {
    /// The running user.
    pub user_id: RecordId,
    /// What the running user may do.
    pub rights: Arc<Rights>,
    /// The time date literals go by.
    pub now_ms: i64,
    /// The running user's time zone, which says when a day starts.
    pub time_zone: TimeZone,
    /// How the running user reads numbers and dates, for `FORMAT`.
    pub locale: Locale,
    /// The month the org's fiscal year starts with, counted from 1.
    pub fiscal_start: u32,
    /// Which of the APIs is asked.
    pub api: Api,
    /// The API version of the caller times ten: 660 for 66.0.
    pub api_version: u16,
    /// Whether deleted records are queried too, as `queryAll` does.
    pub include_deleted: bool,
    /// Whether a bulk job asks, which may do less.
    pub bulk: bool,
}

/// Reads a statement and checks it against the schema and Salesforce's rules.
pub fn prepare(schema: &'static Schema, text: &str, context: &Context) -> Result<Query, SoqlError> {
    bind::bind(schema, text, &parse(text)?, context)
}

#[cfg(test)]
mod tests;
