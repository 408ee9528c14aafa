//! Date literals: their words, and the days they mean.

use std::ops::Range;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

use super::ast::{Relative, Span, Unit};
use crate::time_zone::TimeZone;

/// Far enough from every date a record can have that arithmetic beyond it need not be right, only defined.
const END_OF_TIME: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("the date exists");

const START_OF_TIME: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("the date exists");

/// When weeks and fiscal years start.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Calendar {
    /// The month the fiscal year starts with, counted from 1.
    pub(super) fiscal_start: u32,
    /// The day a week starts with, which hangs on the user's locale.
    pub(super) week_start: Weekday,
}

impl Unit {
    const ALL: [Self; 7] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::FiscalQuarter,
        Self::FiscalYear,
    ];

    /// Returns the word for one such unit.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Week => "WEEK",
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Year => "YEAR",
            Self::FiscalQuarter => "FISCAL_QUARTER",
            Self::FiscalYear => "FISCAL_YEAR",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == word)
    }
}

impl Relative {
    /// Reads a date literal without a count, in upper case.
    pub(super) fn parse(word: &str) -> Option<Self> {
        let day = |span| Some(Self { span, unit: Unit::Day });
        match word {
            "YESTERDAY" => return day(Span::One(-1)),
            "TODAY" => return day(Span::One(0)),
            "TOMORROW" => return day(Span::One(1)),
            "LAST_90_DAYS" => return day(Span::Last90),
            "NEXT_90_DAYS" => return day(Span::Next90),
            _ => {}
        }
        let (which, unit) = word.split_once('_')?;
        let offset = match which {
            "LAST" => -1,
            "THIS" => 0,
            "NEXT" => 1,
            _ => return None,
        };
        let unit = Unit::parse(unit).filter(|unit| *unit != Unit::Day)?;
        Some(Self { span: Span::One(offset), unit })
    }

    /// Reads the word before the colon of a date literal with a count, in upper case.
    pub(super) fn parse_counted(word: &str, count: u32) -> Option<Self> {
        let (span, units) = if let Some(units) = word.strip_prefix("LAST_N_") {
            (Span::Last(count), units)
        } else if let Some(units) = word.strip_prefix("NEXT_N_") {
            (Span::Next(count), units)
        } else {
            (Span::Ago(count), word.strip_prefix("N_")?.strip_suffix("_AGO")?)
        };
        Some(Self { span, unit: Unit::parse(units.strip_suffix('S')?)? })
    }

    /// Returns the days this means on a given day, the second one excluded (SOQL and SOSL Reference, Date Formats and
    /// Date Literals). Today is in `LAST_N_DAYS` but in no other span that looks back.
    pub(super) fn days(self, today: NaiveDate, calendar: Calendar) -> Range<NaiveDate> {
        let start = |offset: i64| self.unit.start(today, offset, calendar);
        let is_day = self.unit == Unit::Day;
        match self.span {
            Span::One(offset) => start(offset.into())..start(i64::from(offset) + 1),
            Span::Ago(count) => start(-i64::from(count))..start(1 - i64::from(count)),
            Span::Last90 => start(-90)..start(1),
            Span::Last(count) if is_day => start(-i64::from(count))..start(1),
            Span::Last(count) => start(-i64::from(count))..start(0),
            Span::Next90 => start(1)..start(91),
            Span::Next(count) => start(1)..start(i64::from(count) + 1),
        }
    }

    /// Returns the instants this means at a given instant in the user's time zone, in milliseconds, the second one
    /// excluded. `LAST_N_DAYS` ends with now.
    pub(super) fn instants(self, now_ms: i64, zone: TimeZone, calendar: Calendar) -> Range<i64> {
        let days = self.days(zone.local(now_ms).date(), calendar);
        let end = match self.span {
            Span::Last(_) if self.unit == Unit::Day => now_ms + 1,
            Span::Last90 => now_ms + 1,
            _ => zone.midnight_ms(days.end),
        };
        zone.midnight_ms(days.start)..end
    }
}

impl Unit {
    /// Returns the first day of the unit that lies so many after the one a day is in.
    fn start(self, day: NaiveDate, offset: i64, calendar: Calendar) -> NaiveDate {
        let Calendar { fiscal_start, week_start } = calendar;
        match self {
            Self::Day => add_days(day, offset),
            Self::Week => add_days(day, 7 * offset - i64::from(day.weekday().days_since(week_start))),
            Self::Month => period_start(day, 1, 1, offset),
            Self::Quarter => period_start(day, 3, 1, offset),
            Self::Year => period_start(day, 12, 1, offset),
            Self::FiscalQuarter => period_start(day, 3, fiscal_start, offset),
            Self::FiscalYear => period_start(day, 12, fiscal_start, offset),
        }
    }
}

/// Returns the first day of a period of so many months, in years that start with a given month.
fn period_start(day: NaiveDate, months: u32, first_month: u32, offset: i64) -> NaiveDate {
    let months_into_year = (day.month() + 12 - first_month) % 12;
    let months_into_period = i64::from(months_into_year % months);
    add_months(day.with_day(1).unwrap_or(day), i64::from(months) * offset - months_into_period)
}

fn add_days(day: NaiveDate, days: i64) -> NaiveDate {
    let count = Days::new(days.unsigned_abs());
    let (moved, end) = if days < 0 {
        (day.checked_sub_days(count), START_OF_TIME)
    } else {
        (day.checked_add_days(count), END_OF_TIME)
    };
    moved.unwrap_or(end).clamp(START_OF_TIME, END_OF_TIME)
}

fn add_months(day: NaiveDate, months: i64) -> NaiveDate {
    let count = Months::new(u32::try_from(months.unsigned_abs()).unwrap_or(u32::MAX));
    let (moved, end) = if months < 0 {
        (day.checked_sub_months(count), START_OF_TIME)
    } else {
        (day.checked_add_months(count), END_OF_TIME)
    };
    moved.unwrap_or(end).clamp(START_OF_TIME, END_OF_TIME)
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, Weekday};

    use super::{Calendar, Relative};
    use crate::time_zone::TimeZone;

    /// That of the United States.
    const CALENDAR: Calendar = Calendar { fiscal_start: 1, week_start: Weekday::Sun };

    fn parse(literal: &str) -> Relative {
        match literal.split_once(':') {
            Some((word, count)) => Relative::parse_counted(word, count.parse().unwrap()).unwrap(),
            None => Relative::parse(literal).unwrap(),
        }
    }

    #[test]
    fn every_literal_means_its_days() {
        // A Saturday in the fourth quarter.
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        for (literal, start, end) in [
            ("YESTERDAY", "2026-11-20", "2026-11-21"),
            ("TODAY", "2026-11-21", "2026-11-22"),
            ("TOMORROW", "2026-11-22", "2026-11-23"),
            ("LAST_WEEK", "2026-11-08", "2026-11-15"),
            ("THIS_WEEK", "2026-11-15", "2026-11-22"),
            ("NEXT_WEEK", "2026-11-22", "2026-11-29"),
            ("LAST_MONTH", "2026-10-01", "2026-11-01"),
            ("THIS_MONTH", "2026-11-01", "2026-12-01"),
            ("NEXT_MONTH", "2026-12-01", "2027-01-01"),
            ("LAST_90_DAYS", "2026-08-23", "2026-11-22"),
            ("NEXT_90_DAYS", "2026-11-22", "2027-02-20"),
            ("THIS_QUARTER", "2026-10-01", "2027-01-01"),
            ("LAST_QUARTER", "2026-07-01", "2026-10-01"),
            ("NEXT_QUARTER", "2027-01-01", "2027-04-01"),
            ("THIS_YEAR", "2026-01-01", "2027-01-01"),
            ("LAST_YEAR", "2025-01-01", "2026-01-01"),
            ("NEXT_YEAR", "2027-01-01", "2028-01-01"),
            ("THIS_FISCAL_QUARTER", "2026-10-01", "2027-01-01"),
            ("LAST_FISCAL_YEAR", "2025-01-01", "2026-01-01"),
            ("LAST_N_DAYS:3", "2026-11-18", "2026-11-22"),
            ("LAST_N_DAYS:0", "2026-11-21", "2026-11-22"),
            ("NEXT_N_DAYS:3", "2026-11-22", "2026-11-25"),
            ("N_DAYS_AGO:3", "2026-11-18", "2026-11-19"),
            ("LAST_N_WEEKS:2", "2026-11-01", "2026-11-15"),
            ("NEXT_N_WEEKS:2", "2026-11-22", "2026-12-06"),
            ("N_WEEKS_AGO:2", "2026-11-01", "2026-11-08"),
            ("LAST_N_MONTHS:2", "2026-09-01", "2026-11-01"),
            ("NEXT_N_MONTHS:2", "2026-12-01", "2027-02-01"),
            ("N_MONTHS_AGO:12", "2025-11-01", "2025-12-01"),
            ("LAST_N_QUARTERS:2", "2026-04-01", "2026-10-01"),
            ("NEXT_N_QUARTERS:1", "2027-01-01", "2027-04-01"),
            ("N_QUARTERS_AGO:4", "2025-10-01", "2026-01-01"),
            ("LAST_N_YEARS:2", "2024-01-01", "2026-01-01"),
            ("NEXT_N_YEARS:2", "2027-01-01", "2029-01-01"),
            ("N_YEARS_AGO:1", "2025-01-01", "2026-01-01"),
            ("LAST_N_FISCAL_QUARTERS:1", "2026-07-01", "2026-10-01"),
            ("N_FISCAL_QUARTERS_AGO:1", "2026-07-01", "2026-10-01"),
            ("NEXT_N_FISCAL_YEARS:1", "2027-01-01", "2028-01-01"),
            ("N_FISCAL_YEARS_AGO:2", "2024-01-01", "2025-01-01"),
        ] {
            let days = parse(literal).days(today, CALENDAR);

            assert_eq!(
                (days.start.to_string(), days.end.to_string()),
                (start.into(), end.into()),
                "{literal}"
            );
        }
    }

    #[test]
    fn fiscal_years_start_when_the_org_says() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        for (literal, fiscal_start, start, end) in [
            ("THIS_FISCAL_QUARTER", 2, "2026-11-01", "2027-02-01"),
            ("LAST_FISCAL_QUARTER", 2, "2026-08-01", "2026-11-01"),
            ("THIS_FISCAL_YEAR", 2, "2026-02-01", "2027-02-01"),
            ("THIS_FISCAL_YEAR", 12, "2025-12-01", "2026-12-01"),
            ("N_FISCAL_YEARS_AGO:2", 7, "2024-07-01", "2025-07-01"),
            ("THIS_YEAR", 7, "2026-01-01", "2027-01-01"),
        ] {
            let days = parse(literal).days(today, Calendar { fiscal_start, ..CALENDAR });

            assert_eq!(
                (days.start.to_string(), days.end.to_string()),
                (start.into(), end.into()),
                "{literal} {fiscal_start}"
            );
        }
    }

    #[test]
    fn weeks_start_when_the_locale_says() {
        // A Sunday: the last day of a week, or the first one.
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        for (week_start, start) in [(Weekday::Sun, "2026-11-22"), (Weekday::Mon, "2026-11-16")] {
            let days = parse("THIS_WEEK").days(today, Calendar { week_start, ..CALENDAR });

            assert_eq!(days.start.to_string(), start);
        }
    }

    #[test]
    fn what_is_no_literal_is_none() {
        for word in ["LAST_DAY", "THIS_DAY", "LAST_N_DAYS", "SOMEDAY", "NEXT_90_WEEKS"] {
            assert_eq!(Relative::parse(word), None, "{word}");
        }
        for word in ["LAST_N_DAY", "N_DAYS", "N_YEAR_AGO", "TODAY"] {
            assert_eq!(Relative::parse_counted(word, 1), None, "{word}");
        }
    }

    #[test]
    fn days_start_at_midnight_of_the_user() {
        // 2026-11-21T02:00:00Z is still Friday in Los Angeles.
        let (now_ms, zone) = (1_795_226_400_000, TimeZone::find("America/Los_Angeles"));

        assert_eq!(parse("TODAY").instants(now_ms, zone, CALENDAR), 1_795_161_600_000..1_795_248_000_000);
        assert_eq!(parse("LAST_N_DAYS:1").instants(now_ms, zone, CALENDAR), 1_795_075_200_000..now_ms + 1);
    }

    #[test]
    fn far_away_is_clamped() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();

        assert_eq!(parse("LAST_N_YEARS:4000000000").days(today, CALENDAR).start.to_string(), "0001-01-01");
        assert_eq!(parse("NEXT_N_DAYS:4000000000").days(today, CALENDAR).end.to_string(), "9999-12-31");
    }
}
