//! Date functions: parts of a date, such as its year (SOQL and SOSL Reference, Date Functions).

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

use crate::schema::FieldKind;
use crate::value::Value;

/// What a date function takes from a date.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum DatePart {
    CalendarMonth,
    CalendarQuarter,
    CalendarYear,
    DayInMonth,
    DayInWeek,
    DayInYear,
    DayOnly,
    FiscalMonth,
    FiscalQuarter,
    FiscalYear,
    HourInDay,
    WeekInMonth,
    WeekInYear,
}

impl DatePart {
    const NAMES: [(&'static str, Self); 13] = [
        ("CALENDAR_MONTH", Self::CalendarMonth),
        ("CALENDAR_QUARTER", Self::CalendarQuarter),
        ("CALENDAR_YEAR", Self::CalendarYear),
        ("DAY_IN_MONTH", Self::DayInMonth),
        ("DAY_IN_WEEK", Self::DayInWeek),
        ("DAY_IN_YEAR", Self::DayInYear),
        ("DAY_ONLY", Self::DayOnly),
        ("FISCAL_MONTH", Self::FiscalMonth),
        ("FISCAL_QUARTER", Self::FiscalQuarter),
        ("FISCAL_YEAR", Self::FiscalYear),
        ("HOUR_IN_DAY", Self::HourInDay),
        ("WEEK_IN_MONTH", Self::WeekInMonth),
        ("WEEK_IN_YEAR", Self::WeekInYear),
    ];

    /// Finds a date function by its name in any case.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, part)| *part)
    }

    /// Returns whether it takes a time only, not a date alone.
    pub(super) fn needs_time(self) -> bool {
        matches!(self, Self::DayOnly | Self::HourInDay)
    }

    /// Returns the type of what it returns.
    pub(super) fn kind(self) -> FieldKind {
        if self == Self::DayOnly { FieldKind::Date } else { FieldKind::Int }
    }

    /// Returns the part of a moment, in a fiscal year that starts with a month, counted from 1.
    ///
    /// The fiscal year is named after the calendar year it ends in.
    pub(super) fn of(self, moment: NaiveDateTime, fiscal_start: u32) -> Value<'static> {
        let day = moment.date();
        let fiscal_month = (day.month() + 12 - fiscal_start) % 12 + 1;
        Value::Int(i64::from(match self {
            Self::DayOnly => return Value::Date(day),
            Self::CalendarMonth => day.month(),
            Self::CalendarQuarter => quarter(day.month()),
            Self::CalendarYear => return Value::Int(day.year().into()),
            Self::DayInMonth => day.day(),
            // Sunday is the first day.
            Self::DayInWeek => day.weekday().number_from_sunday(),
            Self::DayInYear => day.ordinal(),
            Self::FiscalMonth => fiscal_month,
            Self::FiscalQuarter => quarter(fiscal_month),
            Self::FiscalYear => return Value::Int(fiscal_year(day, fiscal_start).into()),
            Self::HourInDay => moment.hour(),
            // The first week is the first seven days.
            Self::WeekInMonth => day.day0() / 7 + 1,
            Self::WeekInYear => day.ordinal0() / 7 + 1,
        }))
    }
}

fn quarter(month: u32) -> u32 {
    (month - 1) / 3 + 1
}

fn fiscal_year(day: NaiveDate, fiscal_start: u32) -> i32 {
    day.year() + i32::from(fiscal_start > 1 && day.month() >= fiscal_start)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::DatePart;
    use crate::value::Value;

    #[test]
    fn every_part_is_taken() {
        // A Saturday.
        let moment = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap().and_hms_opt(22, 4, 5).unwrap();
        for (name, fiscal_start, part) in [
            ("calendar_month", 1, 11),
            ("CALENDAR_QUARTER", 1, 4),
            ("CALENDAR_YEAR", 1, 2026),
            ("DAY_IN_MONTH", 1, 21),
            ("DAY_IN_WEEK", 1, 7),
            ("DAY_IN_YEAR", 1, 325),
            ("FISCAL_MONTH", 2, 10),
            ("FISCAL_QUARTER", 2, 4),
            ("FISCAL_YEAR", 1, 2026),
            ("FISCAL_YEAR", 2, 2027),
            ("HOUR_IN_DAY", 1, 22),
            ("WEEK_IN_MONTH", 1, 3),
            ("WEEK_IN_YEAR", 1, 47),
        ] {
            assert_eq!(DatePart::find(name).unwrap().of(moment, fiscal_start), Value::Int(part), "{name}");
        }
        assert_eq!(DatePart::DayOnly.of(moment, 1), Value::Date(moment.date()));
        assert_eq!(DatePart::find("CALENDAR_DAY"), None);
    }
}
