//! Writing numbers, dates and times the way the API spells them.

use std::io::Write;

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use rust_decimal::Decimal;

/// From here on a double is written with an exponent.
const FIRST_LARGE_EXPONENT: i32 = 7;

/// Up to here a double is written with an exponent.
const LAST_SMALL_EXPONENT: i32 = -4;

/// Appends a `double`, `currency` or `percent`: always with a decimal point, and with an exponent where it is very
/// large or small (`1500.0`, `1.39E8`), as the org's own language prints them. The digits are those of the decimal.
pub(super) fn write_double(number: Decimal, out: &mut Vec<u8>) {
    let (mut mantissa, mut scale) = (number.mantissa().unsigned_abs(), number.scale() as i32);
    // Most numbers are small, and dividing those takes a fraction of the time.
    if let Ok(mut small) = u64::try_from(mantissa) {
        while scale > 0 && small.is_multiple_of(10) {
            (small, scale) = (small / 10, scale - 1);
        }
        mantissa = small.into();
    } else {
        let number = number.normalize();
        (mantissa, scale) = (number.mantissa().unsigned_abs(), number.scale() as i32);
    }
    if mantissa == 0 {
        out.extend_from_slice(b"0.0");
        return;
    }
    let mut buffer = [0_u8; 40];
    let digits = write_digits(mantissa, &mut buffer);
    let exponent = digits.len() as i32 - 1 - scale;
    if number.is_sign_negative() {
        out.push(b'-');
    }
    if (LAST_SMALL_EXPONENT + 1..FIRST_LARGE_EXPONENT).contains(&exponent) {
        write_plain(digits, exponent, out);
    } else {
        write_plain(trim_zeros(digits), 0, out);
        out.push(b'E');
        write_integer(exponent.into(), out);
    }
}

/// Appends digits with the point behind so many after the first one.
fn write_plain(digits: &[u8], exponent: i32, out: &mut Vec<u8>) {
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend((exponent + 1..0).map(|_| b'0'));
        out.extend_from_slice(digits);
        return;
    }
    let whole = exponent as usize + 1;
    out.extend((0..whole).map(|at| digits.get(at).copied().unwrap_or(b'0')));
    out.push(b'.');
    match digits.get(whole..) {
        Some(decimals) if !decimals.is_empty() => out.extend_from_slice(decimals),
        _ => out.push(b'0'),
    }
}

fn trim_zeros(digits: &[u8]) -> &[u8] {
    let end = digits.iter().rposition(|digit| *digit != b'0').map_or(1, |last| last + 1);
    &digits[..end]
}

/// Writes a number's digits to the end of a buffer and returns them.
fn write_digits(number: u128, buffer: &mut [u8; 40]) -> &[u8] {
    /// Ten to the nineteenth: as many digits fit into 64 bits whatever they are.
    const LOW: u128 = 10_000_000_000_000_000_000;
    let mut start = buffer.len();
    let (mut high, mut low) = (number, u64::try_from(number).ok());
    while low.is_none() {
        // Digits below the high ones are written even if they are zeros.
        let first = write_small_digits((high % LOW) as u64, &mut buffer[..start]);
        start -= 19;
        buffer[start..first].fill(b'0');
        high /= LOW;
        low = u64::try_from(high).ok();
    }
    let start = write_small_digits(low.unwrap_or_default(), &mut buffer[..start]);
    &buffer[start..]
}

/// Writes a number's digits to the end of a buffer and returns where they begin.
fn write_small_digits(mut number: u64, buffer: &mut [u8]) -> usize {
    let mut start = buffer.len();
    loop {
        start -= 1;
        buffer[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return start;
        }
    }
}

/// Appends an integer.
pub(super) fn write_integer(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(write_digits(number.unsigned_abs().into(), &mut [0; 40]));
}

/// Appends a date, `2026-11-21`.
pub(super) fn write_date(date: NaiveDate, out: &mut Vec<u8>) {
    write_padded(date.year() as u32, 4, out);
    out.push(b'-');
    write_padded(date.month(), 2, out);
    out.push(b'-');
    write_padded(date.day(), 2, out);
}

/// Appends an instant up to its milliseconds, `2026-11-21T22:04:05.000`; the zone is the caller's to add.
pub(super) fn write_instant(ms: i64, out: &mut Vec<u8>) {
    let Some(instant) = DateTime::from_timestamp_millis(ms) else { return };
    write_date(instant.date_naive(), out);
    out.push(b'T');
    write_time(instant.num_seconds_from_midnight() * 1_000 + instant.timestamp_subsec_millis(), out);
}

/// Appends a time of day, `22:04:05.000`; the zone is the caller's to add.
pub(super) fn write_time(ms: u32, out: &mut Vec<u8>) {
    write_padded(ms / 3_600_000, 2, out);
    out.push(b':');
    write_padded(ms / 60_000 % 60, 2, out);
    out.push(b':');
    write_padded(ms / 1_000 % 60, 2, out);
    out.push(b'.');
    write_padded(ms % 1_000, 3, out);
}

fn write_padded(number: u32, width: usize, out: &mut Vec<u8>) {
    let mut place = 10_u32.pow(width as u32 - 1);
    while place > 0 {
        out.push(b'0' + (number / place % 10) as u8);
        place /= 10;
    }
}

/// Appends the path segment of an API version, `v66.0`.
pub(super) fn write_version(version: u16, out: &mut Vec<u8>) {
    write!(out, "v{}.{}", version / 10, version % 10).expect("a Vec takes every byte");
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::{write_double, write_instant, write_integer, write_time};

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn doubles_are_spelled_as_the_org_spells_them() {
        for (number, spelled) in [
            ("0", "0.0"),
            ("-0.00", "0.0"),
            ("1500", "1500.0"),
            ("1500.50", "1500.5"),
            ("-12.34", "-12.34"),
            ("9999999", "9999999.0"),
            ("10000000", "1.0E7"),
            ("139000000", "1.39E8"),
            ("12345678.91", "1.234567891E7"),
            ("0.001", "0.001"),
            ("0.00012", "1.2E-4"),
            ("100", "100.0"),
            ("123456789012345678", "1.23456789012345678E17"),
            ("-1234567890123456789.50", "-1.2345678901234567895E18"),
            ("79228162514264337593543950335", "7.9228162514264337593543950335E28"),
            ("20000000000000000000000000001", "2.0000000000000000000000000001E28"),
            ("20000000000000000000000000000", "2.0E28"),
        ] {
            let number: Decimal = number.parse().unwrap();

            assert_eq!(written(|out| write_double(number, out)), spelled, "{number}");
        }
    }

    #[test]
    fn times_and_integers_are_padded_as_they_must() {
        assert_eq!(written(|out| write_instant(1_795_298_645_007, out)), "2026-11-21T22:04:05.007");
        assert_eq!(written(|out| write_instant(-1, out)), "1969-12-31T23:59:59.999");
        assert_eq!(written(|out| write_time(36_000_007, out)), "10:00:00.007");
        assert_eq!(written(|out| write_integer(i64::MIN, out)), "-9223372036854775808");
    }
}
