//! A number that two sides compute on their own to see whether they hold the same records.

use std::io::Write;
use std::thread;

use ring::digest::{SHA256, digest};

use crate::org::{OrgView, Row};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// Separates the parts of what is hashed for a cell.
const SEPARATOR: u8 = 0x1F;

/// How many threads share the work.
const THREADS: u32 = 2;

/// The number of records hashed, and the sum of the hashes of their cells modulo 2^128.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RowsHash {
    /// The number of records.
    pub rows: u64,
    /// The sum, which does not depend on the order of the records.
    pub sum: u128,
}

impl RowsHash {
    fn plus(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, sum: self.sum.wrapping_add(other.sum) }
    }

    /// Returns the sum as 32 hex digits.
    pub fn to_hex(&self) -> String {
        format!("{:032x}", self.sum)
    }
}

/// Lists the fields that [`hash_rows`] compares when none are named: all but compound and base64 ones.
pub fn comparable_fields(sobject: &SObject) -> Vec<&Field> {
    sobject.fields.iter().filter(|field| !field.is_compound() && field.kind != FieldKind::Base64).collect()
}

/// Hashes every live record that a condition keeps.
///
/// A cell's hash is the first half of the SHA-256 of record id, field name in lower case and canonical value, each set
/// off by the unit separator.
pub fn hash_rows(
    view: &OrgView<'_>,
    sobject: &SObject,
    fields: &[&Field],
    keep: &(dyn Fn(&Row) -> bool + Sync),
) -> RowsHash {
    let columns: Vec<_> =
        fields.iter().map(|field| (*field, format!("{}\u{1F}", field.name.to_ascii_lowercase()))).collect();
    let hasher = Hasher { view, sobject, columns: &columns, keep };
    let hashes = thread::scope(|scope| {
        let parts = view.row_parts(sobject, THREADS).into_iter();
        let threads: Vec<_> = parts.map(|rows| scope.spawn(move || hasher.hash_all(rows))).collect();
        threads.into_iter().map(|thread| thread.join().expect("hashing does not panic")).collect::<Vec<_>>()
    });
    hashes.into_iter().fold(RowsHash::default(), RowsHash::plus)
}

#[derive(Clone, Copy)]
struct Hasher<'a> {
    view: &'a OrgView<'a>,
    sobject: &'a SObject,
    columns: &'a [(&'a Field, String)],
    keep: &'a (dyn Fn(&Row) -> bool + Sync),
}

impl Hasher<'_> {
    fn hash_all(&self, rows: impl Iterator<Item = Row>) -> RowsHash {
        let mut hash = RowsHash::default();
        let mut buffer = Vec::new();
        for row in rows.filter(|row| !self.view.is_deleted(row) && (self.keep)(row)) {
            hash = hash.plus(RowsHash { rows: 1, sum: self.hash_row(&row, &mut buffer) });
        }
        hash
    }

    fn hash_row(&self, row: &Row, buffer: &mut Vec<u8>) -> u128 {
        buffer.clear();
        buffer.extend_from_slice(self.view.id(row).as_str().as_bytes());
        buffer.push(SEPARATOR);
        let id_length = buffer.len();
        let mut sum = 0_u128;
        for (field, name) in self.columns {
            buffer.truncate(id_length);
            buffer.extend_from_slice(name.as_bytes());
            write_value(buffer, &self.view.value(self.sobject, row, field));
            sum = sum.wrapping_add(first_half(digest(&SHA256, buffer).as_ref()));
        }
        sum
    }
}

/// Writes what a value is and its one spelling.
fn write_value(buffer: &mut Vec<u8>, value: &Value<'_>) {
    let written = match value {
        Value::Null => {
            buffer.push(b'n');
            Ok(())
        }
        Value::Bool(value) => write!(buffer, "b{value}"),
        Value::Int(value) => write!(buffer, "d{value}"),
        Value::Number(value) if value.is_zero() => write!(buffer, "d0"),
        Value::Number(value) => write!(buffer, "d{}", value.normalize()),
        Value::DateTime(ms) => write!(buffer, "i{ms}"),
        Value::Blob(bytes) => {
            buffer.push(b'x');
            buffer.write_all(bytes)
        }
        Value::Text(text) => {
            buffer.push(b't');
            buffer.write_all(text.as_bytes())
        }
        Value::Id(id) => write!(buffer, "t{id}"),
        Value::Date(date) => write!(buffer, "t{date}"),
        Value::Time(ms) => {
            let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
            write!(buffer, "t{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
        }
    };
    written.expect("writing to memory cannot fail");
}

fn first_half(digest: &[u8]) -> u128 {
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests;
