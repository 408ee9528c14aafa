//! Spans of days relative to today.

use chrono::{Datelike, Duration, Months, NaiveDate};

/// The longest span that counts back or ahead, in units: ten years of days.
const MAX_COUNT: u32 = 3_660;
/// What is allowed, in the words of an error.
pub(super) const ALLOWED: &str = "today, yesterday, tomorrow, this_week, last_week, next_week, the same with month, \
                                  quarter or year, or last_30_days, next_2_weeks and the like with days, weeks, months, \
                                  quarters or years";

/// Whole days, from one up to but not including another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Days {
    pub(super) from: NaiveDate,
    pub(super) until: NaiveDate,
}

#[derive(Clone, Copy)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    fn parse(word: &str) -> Option<Self> {
        Some(match word.strip_suffix('s').unwrap_or(word) {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    /// Returns the first day of the unit in which a day is. Weeks begin on Monday.
    fn start(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => {
                day.checked_sub_signed(Duration::days(i64::from(day.weekday().num_days_from_monday())))
            }
            Self::Month => day.with_day(1),
            Self::Quarter => day.with_day(1)?.with_month0(day.month0() / 3 * 3),
            Self::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
        }
    }

    /// Returns the day so many units later; a negative number goes back.
    fn add(self, day: NaiveDate, count: i64) -> Option<NaiveDate> {
        let months = |each: u32| {
            let months = Months::new(u32::try_from(count.unsigned_abs()).ok()?.checked_mul(each)?);
            if count < 0 { day.checked_sub_months(months) } else { day.checked_add_months(months) }
        };
        match self {
            Self::Day => day.checked_add_signed(Duration::days(count)),
            Self::Week => day.checked_add_signed(Duration::days(count * 7)),
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Year => months(12),
        }
    }
}

/// Reads a span such as `this_month` or `last_30_days`; `None` where it is none.
///
/// `last_30_days` are the 30 days that end with today, `next_30_days` the 30 that begin with tomorrow. Of weeks and longer
/// units, `last_2_months` are the two whole ones before this one.
pub(super) fn parse_period(text: &str, today: NaiveDate) -> Option<Days> {
    let days = |unit: Unit, first: i64, count: i64| {
        let from = unit.add(unit.start(today)?, first)?;
        Some(Days { from, until: unit.add(from, count)? })
    };
    match text {
        "today" => return days(Unit::Day, 0, 1),
        "yesterday" => return days(Unit::Day, -1, 1),
        "tomorrow" => return days(Unit::Day, 1, 1),
        _ => {}
    }
    let (which, rest) = text.split_once('_')?;
    let (count, unit) = match rest.split_once('_') {
        Some((count, unit)) => {
            (count.parse::<u32>().ok().filter(|count| (1..=MAX_COUNT).contains(count))?, unit)
        }
        None if rest.ends_with('s') => return None,
        None => (1, rest),
    };
    let (unit, count) = (Unit::parse(unit)?, i64::from(count));
    match (which, unit) {
        ("this", _) if count == 1 => days(unit, 0, 1),
        ("last", Unit::Day) => days(unit, 1 - count, count),
        ("last", _) => days(unit, -count, count),
        ("next", _) => days(unit, 1, count),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_whole_days() {
        // A Sunday.
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let cases = [
            ("today", "2026-11-22", "2026-11-23"),
            ("yesterday", "2026-11-21", "2026-11-22"),
            ("tomorrow", "2026-11-23", "2026-11-24"),
            ("this_week", "2026-11-16", "2026-11-23"),
            ("last_week", "2026-11-09", "2026-11-16"),
            ("next_week", "2026-11-23", "2026-11-30"),
            ("this_month", "2026-11-01", "2026-12-01"),
            ("last_quarter", "2026-07-01", "2026-10-01"),
            ("this_quarter", "2026-10-01", "2027-01-01"),
            ("next_year", "2027-01-01", "2028-01-01"),
            ("last_30_days", "2026-10-24", "2026-11-23"),
            ("last_1_days", "2026-11-22", "2026-11-23"),
            ("next_7_days", "2026-11-23", "2026-11-30"),
            ("last_2_months", "2026-09-01", "2026-11-01"),
            ("next_2_weeks", "2026-11-23", "2026-12-07"),
            ("last_3_years", "2023-01-01", "2026-01-01"),
        ];

        for (text, from, until) in cases {
            let days = parse_period(text, today).unwrap();
            assert_eq!(
                (days.from.to_string(), days.until.to_string()),
                (from.into(), until.into()),
                "{text}"
            );
        }
    }

    #[test]
    fn other_words_are_none() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let cases = [
            "",
            "_",
            "last",
            "last_",
            "last_days",
            "last_0_days",
            "last_-1_days",
            "last_9999_days",
            "this_2_weeks",
            "some_day",
            "last_30_moons",
            "TODAY",
            "last_30_days ",
        ];

        for text in cases {
            assert_eq!(parse_period(text, today), None, "{text}");
        }
    }
}
