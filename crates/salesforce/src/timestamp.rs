//! Instants.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ParseError;

/// An instant in UTC, in milliseconds, between the years 0 and 9999.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

const ERROR: ParseError = ParseError { expected: "date-time" };

impl Timestamp {
    /// The earliest instant, 0000-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// The latest instant, 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant so many milliseconds after 1970-01-01T00:00:00Z; saturates at [`Self::MIN`] and [`Self::MAX`].
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds after 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads `2026-11-21T22:04:05`, an optional fraction, and `Z` or an offset with or without a colon.
    ///
    /// REST answers end in `+0000`, Bulk API 2.0 results in `Z`. Digits below the millisecond are cut off.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let [year @ .., b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] =
            text.get(..19).ok_or(ERROR)?
        else {
            return Err(ERROR);
        };
        let date = NaiveDate::from_ymd_opt(number(year)? as i32, number(&[*m1, *m2])?, number(&[*d1, *d2])?)
            .ok_or(ERROR)?;
        let (millis, zone) = fraction(&text[19..])?;
        let time = date
            .and_hms_milli_opt(number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?, millis)
            .ok_or(ERROR)?;
        Ok(Self::from_millis(time.and_utc().timestamp_millis() - offset_millis(zone)?))
    }

    /// Reads the `Date` header of an answer, `Sat, 21 Nov 2026 22:04:05 GMT`; `None` where it is something else.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let date = DateTime::parse_from_rfc2822(text.trim()).ok()?;
        Some(Self::from_millis(date.timestamp_millis()))
    }

    /// The 24 characters `2026-11-21T22:04:05.000Z`.
    pub fn to_text(self) -> [u8; 24] {
        let time = DateTime::from_timestamp_millis(self.0).expect("the range of instants is within chrono's");
        let mut text = *b"0000-00-00T00:00:00.000Z";
        write_digits(&mut text[0..4], time.year().unsigned_abs());
        write_digits(&mut text[5..7], time.month());
        write_digits(&mut text[8..10], time.day());
        write_digits(&mut text[11..13], time.hour());
        write_digits(&mut text[14..16], time.minute());
        write_digits(&mut text[17..19], time.second());
        write_digits(&mut text[20..23], time.timestamp_subsec_millis());
        text
    }

    /// How long after `earlier` this is; zero where it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The literal for a SOQL condition (SOQL and SOSL Reference, Date Formats and Date Literals).
    pub fn to_soql(self) -> String {
        self.to_string()
    }
}

/// A duration in milliseconds; one too long for any two instants is cut to the longest.
fn to_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(to_millis(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(to_millis(duration)))
    }
}

fn number(digits: &[u8]) -> Result<u32, ParseError> {
    digits.iter().try_fold(0, |number, byte| match byte {
        b'0'..=b'9' => Ok(number * 10 + u32::from(byte - b'0')),
        _ => Err(ERROR),
    })
}

/// Splits `.250+0000` into 250 and `+0000`.
fn fraction(rest: &[u8]) -> Result<(u32, &[u8]), ParseError> {
    let Some(digits) = rest.strip_prefix(b".") else {
        return Ok((0, rest));
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&length) {
        return Err(ERROR);
    }
    let (digits, zone) = digits.split_at(length);
    let scale = [0, 100, 10, 1][length.min(3)];
    Ok((number(&digits[..length.min(3)])? * scale, zone))
}

fn offset_millis(zone: &[u8]) -> Result<i64, ParseError> {
    let (sign, hours, minutes) = match zone {
        b"Z" | b"+0000" => return Ok(0),
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => {
            (sign, number(&[*h1, *h2])?, number(&[*m1, *m2])?)
        }
        _ => return Err(ERROR),
    };
    if hours > 18 || minutes > 59 {
        return Err(ERROR);
    }
    let millis = i64::from(hours * 60 + minutes) * 60_000;
    match sign {
        b'+' => Ok(millis),
        b'-' => Ok(-millis),
        _ => Err(ERROR),
    }
}

fn write_digits(target: &mut [u8], mut number: u32) {
    for digit in target.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl FromStr for Timestamp {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.to_text()).expect("digits and punctuation"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use std::time::Duration;

    use super::Timestamp;

    #[test]
    fn every_form_an_org_sends_is_read() {
        let cases = [
            ("2026-11-21T22:04:05.000+0000", "2026-11-21T22:04:05.000Z"),
            ("2026-11-21T22:04:05.000Z", "2026-11-21T22:04:05.000Z"),
            ("2026-11-21T22:04:05Z", "2026-11-21T22:04:05.000Z"),
            ("2026-11-21T22:04:05+00:00", "2026-11-21T22:04:05.000Z"),
            ("2026-11-21T22:04:05.25+02:00", "2026-11-21T20:04:05.250Z"),
            ("2026-11-21T22:04:05.123456-0130", "2026-11-21T23:34:05.123Z"),
            ("1700-01-01T00:00:00.007Z", "1700-01-01T00:00:00.007Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
        ];
        for (text, soql) in cases {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_soql(), soql, "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        let cases = [
            "",
            "2026-11-21",
            "2026-11-21T22:04:05",
            "2026-02-30T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T22:04:05.Z",
            "2026-11-21T22:04:05+19:00",
            "2026-11-21 22:04:05Z",
            "2026-1x-21T22:04:05Z",
            "2026-11-21T22:04:05.1234567890Z",
            "2026-11-21T22:04:05Zé",
        ];
        for text in cases {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_range_saturates() {
        assert_eq!(Timestamp::from_millis(i64::MAX).to_soql(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(i64::MIN).to_soql(), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn durations_move_an_instant() {
        let at = Timestamp::from_millis(1_000);

        assert_eq!(at + Duration::from_millis(5), Timestamp::from_millis(1_005));
        assert_eq!(at - Duration::from_secs(2), Timestamp::from_millis(-1_000));
        assert_eq!(at.since(Timestamp::from_millis(400)), Duration::from_millis(600));
        assert_eq!(Timestamp::from_millis(400).since(at), Duration::ZERO);
        assert_eq!(Timestamp::MAX + Duration::MAX, Timestamp::MAX);
    }

    proptest! {
        #[test]
        fn text_reads_back(millis in any::<i64>()) {
            let timestamp = Timestamp::from_millis(millis / 10_000);
            prop_assert_eq!(timestamp.to_string().parse::<Timestamp>().unwrap(), timestamp);
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            let _ = Timestamp::parse(&bytes);
        }
    }

    #[test]
    fn the_date_header_is_read() {
        let date = Timestamp::parse_http_date("Sat, 21 Nov 2026 22:04:05 GMT").unwrap();

        assert_eq!(date.to_soql(), "2026-11-21T22:04:05.000Z");
        assert_eq!(Timestamp::parse_http_date("yesterday"), None);
    }
}
