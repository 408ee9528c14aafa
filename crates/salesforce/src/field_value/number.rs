//! Numbers, exactly.

use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::ValueError;
use crate::FieldType;

/// So many digits always fit an `i64`.
const FAST_DIGITS: usize = 18;

/// Exponents beyond this are out of range for any decimal, and would only make the expanded text long.
const MAX_EXPONENT: i32 = 64;

pub(super) fn parse_int(bytes: &[u8], field_type: FieldType) -> Result<i64, ValueError> {
    let (negative, digits) = split_sign(bytes);
    if digits.len() <= FAST_DIGITS && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        let number = digits.iter().fold(0, |number, byte| number * 10 + i64::from(byte - b'0'));
        return Ok(if negative { -number } else { number });
    }
    let decimal = parse_decimal(bytes, field_type)?;
    if !decimal.fract().is_zero() {
        return Err(ValueError::Malformed(field_type));
    }
    decimal.to_i64().ok_or(ValueError::OutOfRange(field_type))
}

pub(super) fn parse_decimal(bytes: &[u8], field_type: FieldType) -> Result<Decimal, ValueError> {
    match parse_short(bytes) {
        Some(decimal) => Ok(decimal),
        None => parse_long(bytes, field_type),
    }
}

/// Plain notation with few digits: what nearly every value is.
fn parse_short(bytes: &[u8]) -> Option<Decimal> {
    let (negative, digits) = split_sign(bytes);
    let (mut mantissa, mut scale, mut digit_count, mut after_point) = (0i64, 0u32, 0, false);
    for byte in digits {
        match byte {
            b'0'..=b'9' if digit_count < FAST_DIGITS => {
                mantissa = mantissa * 10 + i64::from(byte - b'0');
                digit_count += 1;
                scale += u32::from(after_point);
            }
            b'.' if !after_point && digit_count > 0 => after_point = true,
            _ => return None,
        }
    }
    if digit_count == 0 || after_point && scale == 0 {
        return None;
    }
    // REST writes `1500.0` where Bulk writes `1500`; without trailing zeros both are the same.
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    Some(Decimal::new(if negative { -mantissa } else { mantissa }, scale))
}

/// Many digits or an exponent, such as `1.5E7`.
fn parse_long(bytes: &[u8], field_type: FieldType) -> Result<Decimal, ValueError> {
    let malformed = ValueError::Malformed(field_type);
    let text = std::str::from_utf8(bytes).map_err(|_| malformed)?;
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| malformed)?),
        None => (text, 0),
    };
    let (negative, digits) = split_sign(mantissa.as_bytes());
    let (whole, part) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &digits[..0]),
    };
    let has_point = whole.len() < digits.len();
    let all_digits = whole.iter().chain(part).all(u8::is_ascii_digit);
    if whole.is_empty() || has_point && part.is_empty() || !all_digits {
        return Err(malformed);
    }
    let is_zero = whole.iter().chain(part).all(|byte| *byte == b'0');
    if is_zero || exponent < -MAX_EXPONENT {
        return Ok(Decimal::ZERO);
    }
    if exponent > MAX_EXPONENT {
        return Err(ValueError::OutOfRange(field_type));
    }
    let plain = shift_point(negative, whole, part, exponent);
    Decimal::from_str(&plain)
        .map(|decimal| decimal.normalize())
        .map_err(|_| ValueError::OutOfRange(field_type))
}

/// The number in plain notation: `whole.part` with its point moved right by `exponent`.
fn shift_point(negative: bool, whole: &[u8], part: &[u8], exponent: i32) -> String {
    let mut plain = String::with_capacity(whole.len() + part.len() + exponent.unsigned_abs() as usize + 3);
    let point = whole.len() as i32 + exponent;
    let digits = whole.iter().chain(part).map(|byte| char::from(*byte));
    if negative {
        plain.push('-');
    }
    if point <= 0 {
        plain.push_str("0.");
        plain.extend((point..0).map(|_| '0'));
        plain.extend(digits);
        return plain;
    }
    let count = (whole.len() + part.len()) as i32;
    for (index, digit) in digits.enumerate() {
        if index as i32 == point {
            plain.push('.');
        }
        plain.push(digit);
    }
    plain.extend((count..point).map(|_| '0'));
    plain
}

fn split_sign(bytes: &[u8]) -> (bool, &[u8]) {
    match bytes {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    }
}
