//! Records in the form in which they are bound to statements of SQLite: a tag and a value for each cell.

use model::ColumnKind;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use salesforce::{FieldValue, RecordId};

use super::{Encoded, Misfit, push_as_text, push_text};

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;

/// Up to so many digits a binary fraction gives the decimal back, whatever they are (IEEE 754, double precision).
const EXACT_DIGITS: i128 = 1_000_000_000_000_000;
/// Powers of ten up to this are exact as binary fractions, so one division rounds once.
const EXACT_SCALE: u32 = 22;

/// One cell, as it is bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'b> {
    Null,
    Integer(i64),
    Real(f64),
    /// UTF-8.
    Text(&'b [u8]),
}

/// The cells of a batch, row after row.
pub(crate) struct Cells<'b>(&'b [u8]);

pub(super) fn begin_row(bytes: &mut Vec<u8>, id: RecordId) {
    push_measured(bytes, |bytes| push_text(bytes, id.as_bytes()));
}

pub(super) fn push_value(bytes: &mut Vec<u8>, kind: ColumnKind, value: &FieldValue<'_>) -> Encoded {
    match (kind, value) {
        (_, FieldValue::Null) => bytes.push(NULL),
        (ColumnKind::Text, FieldValue::Text(text)) => {
            return Ok(push_measured(bytes, |bytes| push_text(bytes, text.as_bytes())));
        }
        (ColumnKind::Text, other) => return Ok(push_measured(bytes, |bytes| push_as_text(bytes, other))),
        (ColumnKind::Boolean, FieldValue::Bool(value)) => push_integer(bytes, i64::from(*value)),
        (ColumnKind::Integer | ColumnKind::Decimal, FieldValue::Int(value)) => push_integer(bytes, *value),
        (ColumnKind::Decimal, FieldValue::Decimal(value)) => push_decimal(bytes, value),
        (ColumnKind::Date, FieldValue::Date(_)) => {
            push_measured(bytes, |bytes| push_as_text(bytes, value));
        }
        (ColumnKind::Instant, FieldValue::DateTime(value)) => {
            push_measured(bytes, |bytes| push_text(bytes, &value.to_text()));
        }
        _ => return Err(Misfit),
    }
    Ok(false)
}

fn push_integer(bytes: &mut Vec<u8>, value: i64) {
    bytes.push(INTEGER);
    bytes.extend_from_slice(&value.to_le_bytes());
}

fn push_real(bytes: &mut Vec<u8>, value: f64) {
    bytes.push(REAL);
    bytes.extend_from_slice(&value.to_le_bytes());
}

/// Appends a text that `push` appends, with tag and length before it.
fn push_measured(bytes: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
    bytes.push(TEXT);
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    let dropped = push(bytes);
    let length = (bytes.len() - start - 4) as u32;
    bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
    dropped
}

/// A decimal as SQLite keeps it: an integer or a binary fraction where that has the same digits, else exact text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DecimalCell {
    Integer(i64),
    Real(f64),
    Text(String),
}

impl DecimalCell {
    pub(crate) fn of(decimal: &Decimal) -> Self {
        let decimal = decimal.normalize();
        if decimal.scale() == 0
            && let Some(integer) = decimal.to_i64()
        {
            return Self::Integer(integer);
        }
        let mantissa = decimal.mantissa();
        if mantissa.abs() < EXACT_DIGITS && decimal.scale() <= EXACT_SCALE {
            return Self::Real(mantissa as f64 / 10_f64.powi(decimal.scale() as i32));
        }
        let text = decimal.to_string();
        match text.parse::<f64>() {
            // Rust prints the shortest digits that give the same binary fraction, without an exponent.
            Ok(real) if real.to_string() == text => Self::Real(real),
            _ => Self::Text(text),
        }
    }
}

fn push_decimal(bytes: &mut Vec<u8>, decimal: &Decimal) {
    match DecimalCell::of(decimal) {
        DecimalCell::Integer(integer) => push_integer(bytes, integer),
        DecimalCell::Real(real) => push_real(bytes, real),
        DecimalCell::Text(text) => {
            push_measured(bytes, |bytes| push_text(bytes, text.as_bytes()));
        }
    }
}

impl<'b> Cells<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Returns the next cell. The batch has written as many as are asked for.
    pub(crate) fn next_cell(&mut self) -> Cell<'b> {
        let (tag, rest) = self.0.split_first().expect("a batch holds all cells of its rows");
        self.0 = rest;
        match *tag {
            INTEGER => Cell::Integer(i64::from_le_bytes(self.take_eight())),
            REAL => Cell::Real(f64::from_le_bytes(self.take_eight())),
            TEXT => {
                let (length, rest) = self.0.split_first_chunk().expect("a text has a length");
                let (text, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
                self.0 = rest;
                Cell::Text(text)
            }
            _ => Cell::Null,
        }
    }

    fn take_eight(&mut self) -> [u8; 8] {
        let (eight, rest) = self.0.split_first_chunk().expect("a number has eight bytes");
        self.0 = rest;
        *eight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell_of(text: &str) -> String {
        let mut bytes = Vec::new();
        push_decimal(&mut bytes, &text.parse().unwrap());
        match Cells(&bytes).next_cell() {
            Cell::Text(text) => format!("Text({})", str::from_utf8(text).unwrap()),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn decimals_are_numbers_only_where_no_digit_is_lost() {
        let cases = [
            ("0", "Integer(0)"),
            ("-42.00", "Integer(-42)"),
            ("9223372036854775807", "Integer(9223372036854775807)"),
            ("0.1", "Real(0.1)"),
            ("-1234567890.12", "Real(-1234567890.12)"),
            ("0.1000000000000000055", "Text(0.1000000000000000055)"),
            ("123456789012345678.12", "Text(123456789012345678.12)"),
            ("9007199254740993.5", "Text(9007199254740993.5)"),
            ("9223372036854775808", "Text(9223372036854775808)"),
            ("10000000000000000000", "Real(1e19)"),
            ("0.0000000000000000000000000001", "Real(1e-28)"),
        ];

        for (text, expected) in cases {
            assert_eq!(cell_of(text), expected, "{text}");
        }
    }
}
