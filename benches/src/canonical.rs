//! The hash of every cell of a table, independent of the order of its rows.

use std::fmt;

use anyhow::{Context, Result};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use crate::canonical_decimal;

/// Separates record id, field and value.
const SEPARATOR: u8 = 0x1F;

/// What one cell holds.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// A checkbox.
    Boolean(bool),
    /// A number, in any decimal notation.
    Number(&'a str),
    /// Milliseconds since 1970 in UTC.
    Instant(i64),
    /// Everything else.
    Text(&'a str),
}

/// The number of rows and the sum of the hashes of their cells.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
pub struct RowsHash {
    /// The number of rows.
    pub rows: u64,
    /// The sum modulo 2^128 in 32 hex digits.
    pub hash: String,
}

impl fmt::Display for RowsHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows, {}", self.rows, self.hash)
    }
}

/// Adds up cells.
#[derive(Debug, Default)]
pub struct Hasher {
    rows: u64,
    sum: u128,
    buffer: Vec<u8>,
    id_length: usize,
}

impl Hasher {
    /// Begins the next row.
    pub fn begin_row(&mut self, record_id: &str) {
        self.rows += 1;
        self.buffer.clear();
        self.buffer.extend_from_slice(record_id.as_bytes());
        self.buffer.push(SEPARATOR);
        self.id_length = self.buffer.len();
    }

    /// Adds a cell of the current row. `field` is the API name in lower case.
    pub fn add_cell(&mut self, field: &str, cell: Cell<'_>) -> Result<()> {
        self.buffer.truncate(self.id_length);
        self.buffer.extend_from_slice(field.as_bytes());
        self.buffer.push(SEPARATOR);
        push_cell(&mut self.buffer, cell)
            .with_context(|| format!("{field} does not hold a number: {cell:?}"))?;
        let digest = digest(&SHA256, &self.buffer);
        let half = digest.as_ref().iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte));
        self.sum = self.sum.wrapping_add(half);
        Ok(())
    }

    /// Returns what was added up.
    pub fn finish(self) -> RowsHash {
        RowsHash { rows: self.rows, hash: format!("{:032x}", self.sum) }
    }
}

fn push_cell(buffer: &mut Vec<u8>, cell: Cell<'_>) -> Option<()> {
    match cell {
        Cell::Null => buffer.push(b'n'),
        Cell::Boolean(value) => {
            buffer.push(b'b');
            buffer.extend_from_slice(if value { b"true" } else { b"false" });
        }
        Cell::Number(text) => {
            buffer.push(b'd');
            canonical_decimal::push_canonical(text, buffer)?;
        }
        Cell::Instant(epoch_ms) => {
            buffer.push(b'i');
            buffer.extend_from_slice(epoch_ms.to_string().as_bytes());
        }
        Cell::Text(text) => {
            buffer.push(b't');
            buffer.extend_from_slice(text.as_bytes());
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{Cell, Hasher};

    #[test]
    fn the_order_of_rows_and_cells_does_not_matter() {
        let rows = [("a", "x", Cell::Text("1")), ("b", "y", Cell::Number("1.50")), ("c", "z", Cell::Null)];
        let hash = |order: [usize; 3]| {
            let mut hasher = Hasher::default();
            for index in order {
                let (id, field, cell) = rows[index];
                hasher.begin_row(id);
                hasher.add_cell(field, cell).unwrap();
            }
            hasher.finish()
        };

        assert_eq!(hash([0, 1, 2]), hash([2, 0, 1]));
    }

    #[test]
    fn the_kind_of_a_value_counts() {
        let hash = |cell| {
            let mut hasher = Hasher::default();
            hasher.begin_row("a");
            hasher.add_cell("x", cell).unwrap();
            hasher.finish().hash
        };

        assert_ne!(hash(Cell::Text("1")), hash(Cell::Number("1")));
        assert_ne!(hash(Cell::Text("")), hash(Cell::Null));
        assert_eq!(hash(Cell::Number("1.0")), hash(Cell::Number("1")));
        // The first half of the SHA-256 of `a 0x1F x 0x1F b true`, computed with another program.
        assert_eq!(hash(Cell::Boolean(true)), "85f760d1877a2e258fd929435c4c02b0");
    }
}
