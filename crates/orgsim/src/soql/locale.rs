//! How numbers, dates and times read to a user (SOQL and SOSL Reference, FORMAT()).

use chrono::{DateTime, NaiveTime, Weekday};
use rust_decimal::Decimal;

use crate::schema::FieldKind;
use crate::time_zone::TimeZone;
use crate::value::Value;

/// What the org's currency is written with: it has one currency only.
const CURRENCY: char = '$';

/// How a user reads numbers and dates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Locale {
    name: &'static str,
    decimal_point: char,
    thousands: char,
    /// Whether the currency stands before the amount.
    currency_first: bool,
    date: &'static str,
    time: &'static str,
    date_and_time: &'static str,
    week_start: Weekday,
}

const LOCALES: [Locale; 6] = [
    Locale {
        name: "en_US",
        decimal_point: '.',
        thousands: ',',
        currency_first: true,
        date: "%-m/%-d/%Y",
        time: "%-I:%M %p",
        date_and_time: "%-m/%-d/%Y, %-I:%M %p",
        week_start: Weekday::Sun,
    },
    Locale {
        name: "de_DE",
        decimal_point: ',',
        thousands: '.',
        currency_first: false,
        date: "%d.%m.%Y",
        time: "%H:%M",
        date_and_time: "%d.%m.%Y, %H:%M",
        week_start: Weekday::Mon,
    },
    Locale {
        name: "en_GB",
        decimal_point: '.',
        thousands: ',',
        currency_first: true,
        date: "%d/%m/%Y",
        time: "%H:%M",
        date_and_time: "%d/%m/%Y, %H:%M",
        week_start: Weekday::Mon,
    },
    Locale {
        name: "es_ES",
        decimal_point: ',',
        thousands: '.',
        currency_first: false,
        date: "%-d/%-m/%Y",
        time: "%-H:%M",
        date_and_time: "%-d/%-m/%Y, %-H:%M",
        week_start: Weekday::Mon,
    },
    Locale {
        name: "fr_FR",
        decimal_point: ',',
        thousands: '\u{202f}',
        currency_first: false,
        date: "%d/%m/%Y",
        time: "%H:%M",
        date_and_time: "%d/%m/%Y %H:%M",
        week_start: Weekday::Mon,
    },
    Locale {
        name: "ja_JP",
        decimal_point: '.',
        thousands: ',',
        currency_first: true,
        date: "%Y/%m/%d",
        time: "%-H:%M",
        date_and_time: "%Y/%m/%d %-H:%M",
        week_start: Weekday::Sun,
    },
];

impl Locale {
    /// Finds a locale by its key (`de_DE`); one that is not known here reads like `en_US`.
    pub fn find(name: &str) -> Self {
        LOCALES.into_iter().find(|locale| locale.name == name).unwrap_or(LOCALES[0])
    }

    /// Returns the day that weeks start with (SOQL and SOSL Reference, Date Formats and Date Literals).
    pub(super) fn week_start(self) -> Weekday {
        self.week_start
    }

    /// Writes a value for people; a number gets as many decimals as its field has.
    pub(super) fn format(
        self,
        value: &Value<'_>,
        kind: FieldKind,
        scale: u32,
        zone: TimeZone,
    ) -> Value<'static> {
        Value::owned_text(match value {
            Value::Int(number) => self.format_number((*number).into(), kind, scale),
            Value::Number(number) => self.format_number(*number, kind, scale),
            Value::Date(date) => date.format(self.date).to_string(),
            Value::DateTime(ms) => zone.local(*ms).format(self.date_and_time).to_string(),
            Value::Time(ms) => {
                let time = DateTime::from_timestamp_millis((*ms).into());
                time.map_or(NaiveTime::MIN, |time| time.time()).format(self.time).to_string()
            }
            value => return value.clone().into_owned(),
        })
    }

    fn format_number(self, number: Decimal, kind: FieldKind, scale: u32) -> String {
        let mut rounded = number.round_dp(scale);
        rounded.rescale(scale);
        let digits = rounded.abs().to_string();
        let (whole, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
        let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 4);
        if rounded.is_sign_negative() && !rounded.is_zero() {
            text.push('-');
        }
        if kind == FieldKind::Currency && self.currency_first {
            text.push(CURRENCY);
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                text.push(self.thousands);
            }
            text.push(digit);
        }
        if !decimals.is_empty() {
            text.push(self.decimal_point);
            text.push_str(decimals);
        }
        match kind {
            FieldKind::Currency if !self.currency_first => text.extend(['\u{a0}', CURRENCY]),
            FieldKind::Percent => text.push('%'),
            _ => {}
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::Locale;
    use crate::schema::FieldKind;
    use crate::time_zone::TimeZone;
    use crate::value::Value;

    #[test]
    fn values_read_as_in_the_users_country() {
        let zone = TimeZone::find("America/Los_Angeles");
        let date = Value::Date(NaiveDate::from_ymd_opt(2026, 1, 2).unwrap());
        let number = |text: &str| Value::Number(text.parse().unwrap());
        for (locale, value, kind, scale, text) in [
            ("en_US", number("-1234567.5"), FieldKind::Currency, 2, "-$1,234,567.50"),
            ("de_DE", number("1234.5"), FieldKind::Currency, 2, "1.234,50\u{a0}$"),
            ("fr_FR", Value::Int(1_234), FieldKind::Int, 0, "1\u{202f}234"),
            ("en_US", number("12.345"), FieldKind::Percent, 2, "12.34%"),
            ("en_US", number("999"), FieldKind::Double, 0, "999"),
            ("xx_XX", date.clone(), FieldKind::Date, 0, "1/2/2026"),
            ("de_DE", date, FieldKind::Date, 0, "02.01.2026"),
            ("en_US", Value::DateTime(1_795_298_645_000), FieldKind::DateTime, 0, "11/21/2026, 2:04 PM"),
            ("en_GB", Value::Time(36_000_000), FieldKind::Time, 0, "10:00"),
            ("en_US", Value::Text("x".into()), FieldKind::String, 0, "x"),
        ] {
            let formatted = Locale::find(locale).format(&value, kind, scale, zone);

            assert_eq!(formatted, Value::text(text), "{locale}");
        }
    }
}
