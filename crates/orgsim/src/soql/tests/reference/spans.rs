//! What date literals mean, by counting units rather than by their first and last day.

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate};

use super::Reference;
use crate::soql::ast::{Relative, Span, Unit};
use crate::value::Value;

impl Reference {
    /// Returns whether a date or instant lies before, in or after what a date literal means.
    pub(super) fn place_in(&self, value: &Value<'_>, relative: Relative) -> Ordering {
        let day = match value {
            Value::Date(day) => *day,
            Value::DateTime(ms) => self.zone.local(*ms).date(),
            value => panic!("{value:?} is no date"),
        };
        let units = self.unit_number(day, relative.unit) - self.unit_number(self.today, relative.unit);
        let is_day = relative.unit == Unit::Day;
        let (first, last) = match relative.span {
            Span::One(offset) => (i64::from(offset), i64::from(offset)),
            Span::Last(count) if is_day => (-i64::from(count), 0),
            Span::Last(count) => (-i64::from(count), -1),
            Span::Next(count) => (1, i64::from(count)),
            Span::Ago(count) => (-i64::from(count), -i64::from(count)),
            Span::Last90 => (-90, 0),
            Span::Next90 => (1, 90),
        };
        // Looking back over days ends with this moment.
        let is_to_come = matches!(value, Value::DateTime(ms) if *ms > self.now_ms);
        let ends_now = is_day && matches!(relative.span, Span::Last(_) | Span::Last90);
        if units < first {
            Ordering::Less
        } else if units > last || (ends_now && is_to_come) {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }

    fn unit_number(&self, day: NaiveDate, unit: Unit) -> i64 {
        let days = i64::from(day.num_days_from_ce());
        let months = i64::from(day.year()) * 12 + i64::from(day.month0());
        let fiscal = months - i64::from(self.fiscal_start - 1);
        match unit {
            Unit::Day => days,
            // The first day of the common era was a Monday.
            Unit::Week => (days - i64::from(self.weeks_start_on_monday)).div_euclid(7),
            Unit::Month => months,
            Unit::Quarter => months.div_euclid(3),
            Unit::Year => months.div_euclid(12),
            Unit::FiscalQuarter => fiscal.div_euclid(3),
            Unit::FiscalYear => fiscal.div_euclid(12),
        }
    }
}
