//! Records on their way into a record table.

mod postgres;
mod sqlite;

use model::{ColumnKind, Source};
use salesforce::{FieldValue, RecordId, Timestamp, ValueError};

use crate::db::Dialect;
use crate::record_tables::{RecordTable, TableColumn};

pub(crate) use postgres::{COPY_HEADER, COPY_TRAILER, id_of_row, places_of_rows};
pub(crate) use sqlite::{Cell, Cells, DecimalCell};

/// Records in the form in which their database takes them, in one buffer.
///
/// [`RowBatch::push`] encodes values straight from where they were read. A batch is used again after
/// [`apply_rows`](crate::apply_rows), which empties it and leaves its memory.
#[derive(Debug)]
pub struct RowBatch {
    table: RecordTable,
    source: Source,
    synced_at: Timestamp,
    synced_at_text: [u8; 24],
    rows: usize,
    bytes: Vec<u8>,
    /// Records that a load left out, because no row of the database has room for them.
    too_wide: Vec<RecordId>,
}

/// A record was taken into a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Pushed {
    /// As it came.
    Whole,
    /// Without the characters U+0000 in some texts: a row error `text.nul` for each.
    NulDropped {
        /// The columns, counted as in the layout.
        columns: Vec<usize>,
    },
}

/// A record was not taken into a batch, because a value does not fit its column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RejectedRow {
    /// The column, counted as in the layout.
    pub column: usize,
    /// Why.
    pub reason: ValueError,
}

/// What became of a value: whether characters were dropped from it.
type Encoded = Result<bool, Misfit>;

/// A value is not of its column's kind.
struct Misfit;

impl RowBatch {
    pub(crate) fn new(table: &RecordTable, source: Source, synced_at: Timestamp) -> Self {
        Self {
            table: table.clone(),
            source,
            synced_at,
            synced_at_text: synced_at.to_text(),
            rows: 0,
            bytes: Vec::new(),
            too_wide: Vec::new(),
        }
    }

    /// Takes a record: its id, and its values in the order of the layout's columns.
    ///
    /// A record one of whose values is an error or does not fit is left out whole.
    pub fn push<'v>(
        &mut self,
        id: RecordId,
        values: impl IntoIterator<Item = Result<FieldValue<'v>, ValueError>>,
    ) -> Result<Pushed, RejectedRow> {
        let before = self.bytes.len();
        let pushed = match self.table.shape().dialect {
            Dialect::Sqlite => {
                sqlite::begin_row(&mut self.bytes, id);
                self.push_values(values, sqlite::push_value)
            }
            Dialect::Postgres => {
                postgres::begin_row(&mut self.bytes, self.table.shape().columns.len(), id);
                let pushed = self.push_values(values, postgres::push_value);
                postgres::end_row(&mut self.bytes, self.synced_at, self.source);
                pushed
            }
        };
        match pushed {
            Ok(_) => self.rows += 1,
            Err(_) => self.bytes.truncate(before),
        }
        pushed
    }

    fn push_values<'v>(
        &mut self,
        values: impl IntoIterator<Item = Result<FieldValue<'v>, ValueError>>,
        push_value: impl Fn(&mut Vec<u8>, ColumnKind, &FieldValue<'_>) -> Encoded,
    ) -> Result<Pushed, RejectedRow> {
        let columns = &self.table.shape().columns;
        let mut values = values.into_iter();
        let mut dropped = Vec::new();
        for (index, column) in columns.iter().enumerate() {
            // A value that is missing at the end is empty.
            let value = values.next().unwrap_or(Ok(FieldValue::Null));
            let value = value.map_err(|reason| RejectedRow { column: index, reason })?;
            match push_value(&mut self.bytes, column.kind, &value) {
                Ok(false) => {}
                Ok(true) => dropped.push(index),
                Err(Misfit) => return Err(misfit(index, column)),
            }
        }
        debug_assert!(values.next().is_none(), "a record has more values than its layout has columns");
        Ok(if dropped.is_empty() { Pushed::Whole } else { Pushed::NulDropped { columns: dropped } })
    }

    /// Returns how many records are in the batch.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Returns whether there is no record in the batch.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Returns how many bytes the records take.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets the records, and keeps the memory.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.bytes.clear();
    }

    /// Returns the records of the last load that were left out, because no row of the database has room for them.
    pub fn take_too_wide(&mut self) -> Vec<RecordId> {
        std::mem::take(&mut self.too_wide)
    }

    pub(crate) fn leave_out(&mut self, too_wide: Vec<RecordId>) {
        self.too_wide = too_wide;
    }

    pub(crate) fn table(&self) -> &RecordTable {
        &self.table
    }

    pub(crate) fn source(&self) -> Source {
        self.source
    }

    pub(crate) fn synced_at_text(&self) -> &[u8] {
        &self.synced_at_text
    }

    /// Moves the records out, and leaves a batch without memory behind.
    pub(crate) fn take(&mut self) -> Self {
        let empty = Self::new(&self.table, self.source, self.synced_at);
        std::mem::replace(self, empty)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn misfit(index: usize, column: &TableColumn) -> RejectedRow {
    RejectedRow { column: index, reason: ValueError::Malformed(column.field_type) }
}

/// Appends a text without the characters U+0000, which neither database keeps. Returns whether there were any.
fn push_text(bytes: &mut Vec<u8>, text: &[u8]) -> bool {
    match memchr::memchr(0, text) {
        None => {
            bytes.extend_from_slice(text);
            false
        }
        Some(_) => {
            bytes.extend(text.iter().filter(|byte| **byte != 0));
            true
        }
    }
}

/// Appends the text form of a value for a column that was widened to text.
fn push_as_text(bytes: &mut Vec<u8>, value: &FieldValue<'_>) -> bool {
    use std::io::Write;
    let written = match value {
        FieldValue::Null => Ok(()),
        FieldValue::Bool(value) => write!(bytes, "{value}"),
        FieldValue::Int(value) => write!(bytes, "{value}"),
        FieldValue::Decimal(value) => write!(bytes, "{}", value.normalize()),
        FieldValue::Date(value) => write!(bytes, "{value}"),
        FieldValue::DateTime(value) => write!(bytes, "{value}"),
        FieldValue::Text(text) => return push_text(bytes, text.as_bytes()),
    };
    written.expect("a vector takes all that is written");
    false
}
