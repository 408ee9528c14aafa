//! Records in the binary form of COPY (PostgreSQL, COPY, Binary Format).
//!
//! Text needs no escapes there, and the server need not parse instants and numbers.

use std::ops::Range;

use chrono::NaiveDate;
use model::{ColumnKind, Source};
use rust_decimal::Decimal;
use salesforce::{FieldValue, RecordId, Timestamp};

use super::{Encoded, Misfit, push_as_text, push_text};

/// What a COPY begins with: signature, no flags, no extension.
pub(crate) const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What a COPY ends with.
pub(crate) const COPY_TRAILER: &[u8] = b"\xff\xff";

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts.
const EPOCH_MS: i64 = 946_684_800_000;
/// The same day, counted from year 1 as chrono does.
const EPOCH_DAY: i32 = 730_120;
const NULL_LENGTH: i32 = -1;
/// The sign word of a negative numeric.
const NEGATIVE: u16 = 0x4000;
/// Digits of base 10,000 that the largest decimal has, with one more on each side of the point.
const MAX_DIGITS: usize = 10;

pub(super) fn begin_row(bytes: &mut Vec<u8>, columns: usize, id: RecordId) {
    // The id before the fields, when and from where after them.
    let count = i16::try_from(columns + 3).expect("a table has at most 1,600 columns");
    bytes.extend_from_slice(&count.to_be_bytes());
    push_field(bytes, id.as_bytes());
}

pub(super) fn end_row(bytes: &mut Vec<u8>, synced_at: Timestamp, source: Source) {
    push_field(bytes, &micros(synced_at).to_be_bytes());
    push_field(bytes, source.as_str().as_bytes());
}

pub(super) fn push_value(bytes: &mut Vec<u8>, kind: ColumnKind, value: &FieldValue<'_>) -> Encoded {
    match (kind, value) {
        (_, FieldValue::Null) => bytes.extend_from_slice(&NULL_LENGTH.to_be_bytes()),
        (ColumnKind::Text, FieldValue::Text(text)) => {
            return Ok(push_measured(bytes, |bytes| push_text(bytes, text.as_bytes())));
        }
        (ColumnKind::Text, other) => return Ok(push_measured(bytes, |bytes| push_as_text(bytes, other))),
        (ColumnKind::Boolean, FieldValue::Bool(value)) => push_field(bytes, &[u8::from(*value)]),
        (ColumnKind::Integer, FieldValue::Int(value)) => push_field(bytes, &value.to_be_bytes()),
        (ColumnKind::Decimal, FieldValue::Int(value)) => push_numeric(bytes, &Decimal::from(*value)),
        (ColumnKind::Decimal, FieldValue::Decimal(value)) => push_numeric(bytes, value),
        (ColumnKind::Date, FieldValue::Date(value)) => push_field(bytes, &days(*value).to_be_bytes()),
        (ColumnKind::Instant, FieldValue::DateTime(value)) => {
            push_field(bytes, &micros(*value).to_be_bytes())
        }
        _ => return Err(Misfit),
    }
    Ok(false)
}

/// Where each row of a batch begins and ends.
pub(crate) fn places_of_rows(bytes: &[u8]) -> Vec<Range<usize>> {
    let number =
        |at: usize| bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(i32::from_be_bytes);
    let mut rows = Vec::new();
    let mut at = 0;
    while let Some(count) = bytes.get(at..at + 2) {
        let begin = at;
        at += 2;
        for _ in 0..u16::from_be_bytes([count[0], count[1]]) {
            let length = number(at).expect("each field has a length");
            at += 4 + usize::try_from(length).unwrap_or_default();
        }
        rows.push(begin..at);
    }
    rows
}

/// The id of a row.
pub(crate) fn id_of_row(row: &[u8]) -> Option<RecordId> {
    let length = u32::from_be_bytes(row.get(2..6)?.try_into().ok()?) as usize;
    std::str::from_utf8(row.get(6..6 + length)?).ok()?.parse().ok()
}

fn push_field(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend_from_slice(&(field.len() as i32).to_be_bytes());
    bytes.extend_from_slice(field);
}

/// Appends what `push` appends, with its length before it.
fn push_measured(bytes: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    let dropped = push(bytes);
    let length = (bytes.len() - start - 4) as i32;
    bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
    dropped
}

fn micros(instant: Timestamp) -> i64 {
    (instant.as_millis() - EPOCH_MS) * 1_000
}

fn days(date: NaiveDate) -> i32 {
    use chrono::Datelike;
    date.num_days_from_ce() - EPOCH_DAY
}

/// Appends a numeric: digits of base 10,000, aligned to the decimal point, the most significant first.
fn push_numeric(bytes: &mut Vec<u8>, decimal: &Decimal) {
    let scale = decimal.scale();
    let padding = (4 - scale % 4) % 4;
    let fraction_digits = (scale + padding) / 4;
    let mut rest = decimal.mantissa().unsigned_abs() * 10_u128.pow(padding);
    let mut digits = [0_u16; MAX_DIGITS];
    let mut first = MAX_DIGITS;
    // Division of 128 bits is slow, and most numbers soon fit in 64.
    while rest > u128::from(u64::MAX) {
        first -= 1;
        digits[first] = (rest % 10_000) as u16;
        rest /= 10_000;
    }
    let mut rest = rest as u64;
    while rest > 0 {
        first -= 1;
        digits[first] = (rest % 10_000) as u16;
        rest /= 10_000;
    }
    let weight = (MAX_DIGITS - first) as i16 - fraction_digits as i16 - 1;
    let digits = &digits[first..];
    let end = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    let digits = &digits[..end];

    bytes.extend_from_slice(&(8 + 2 * digits.len() as i32).to_be_bytes());
    bytes.extend_from_slice(&(digits.len() as i16).to_be_bytes());
    bytes.extend_from_slice(&(if digits.is_empty() { 0 } else { weight }).to_be_bytes());
    let is_negative = decimal.is_sign_negative() && !digits.is_empty();
    bytes.extend_from_slice(&(if is_negative { NEGATIVE } else { 0 }).to_be_bytes());
    bytes.extend_from_slice(&(scale as i16).to_be_bytes());
    for digit in digits {
        bytes.extend_from_slice(&digit.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_postgres_binary_form() {
        let cases: [(&str, &[u16]); 8] = [
            ("0", &[0, 0, 0, 0]),
            ("1", &[1, 0, 0, 0, 1]),
            ("-1.5", &[2, 0, 0x4000, 1, 1, 5_000]),
            ("10000", &[1, 1, 0, 0, 1]),
            ("12345.678", &[3, 1, 0, 3, 1, 2_345, 6_780]),
            ("0.00001", &[1, 0xfffe, 0, 5, 1_000]),
            (
                "79228162514264337593543950335",
                &[8, 7, 0, 0, 7, 9_228, 1_625, 1_426, 4_337, 5_935, 4_395, 335],
            ),
            (
                "7.9228162514264337593543950335",
                &[8, 0, 0, 28, 7, 9_228, 1_625, 1_426, 4_337, 5_935, 4_395, 335],
            ),
        ];

        for (text, words) in cases {
            let mut bytes = Vec::new();
            push_numeric(&mut bytes, &text.parse().unwrap());
            let expected: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            assert_eq!(bytes[4..], expected, "{text}");
            assert_eq!(bytes[..4], (expected.len() as i32).to_be_bytes(), "{text}");
        }
    }

    #[test]
    fn days_and_instants_count_from_2000() {
        assert_eq!(days(NaiveDate::from_ymd_opt(2000, 1, 2).unwrap()), 1);
        assert_eq!(micros("1999-12-31T23:59:59.999Z".parse().unwrap()), -1_000);
    }
}
