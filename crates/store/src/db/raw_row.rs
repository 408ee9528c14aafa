//! Rows whose columns are data.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, TypeInfo, ValueRef};

/// One value as the database gives it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RawCell {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(String),
}

/// A row, in the order of the statement's columns.
///
/// They are of the types in which [`Dialect::cell`](super::Dialect::cell) reads columns.
#[derive(Debug)]
pub(crate) struct RawRow(pub(crate) Vec<RawCell>);

macro_rules! raw_row_from {
    ($($row:ident),+) => {$(
        impl FromRow<'_, $row> for RawRow {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                (0..row.len()).map(|index| {
                    let value = row.try_get_raw(index)?;
                    if value.is_null() {
                        return Ok(RawCell::Null);
                    }
                    let name = value.type_info().name().to_owned();
                    match name.as_str() {
                        "INTEGER" | "INT8" => row.try_get_unchecked(index).map(RawCell::Int),
                        "REAL" => row.try_get_unchecked(index).map(RawCell::Real),
                        "BOOL" => row.try_get_unchecked(index).map(RawCell::Bool),
                        _ => row.try_get_unchecked(index).map(RawCell::Text),
                    }
                }).collect::<sqlx::Result<_>>().map(Self)
            }
        }
    )+};
}

raw_row_from!(SqliteRow, PgRow);
