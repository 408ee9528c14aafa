//! Offsets of time zones, as far as the users of the org have them.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

/// When a zone's clocks are an hour ahead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Summer {
    Never,
    /// From the second Sunday of March to the first Sunday of November, at 2:00 by the clock on the wall.
    American,
    /// From the last Sunday of March to the last Sunday of October, at 1:00 UTC.
    European,
}

/// Zones with their standard offset in minutes. A zone that is not here counts as UTC.
const ZONES: &[(&str, i32, Summer)] = &[
    ("America/Los_Angeles", -480, Summer::American),
    ("America/New_York", -300, Summer::American),
    ("Asia/Kolkata", 330, Summer::Never),
    ("Asia/Tokyo", 540, Summer::Never),
    ("Europe/Berlin", 60, Summer::European),
    ("Europe/London", 0, Summer::European),
];

/// A time zone: how far its clocks are ahead of UTC, in winter and in summer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeZone {
    standard_minutes: i32,
    summer: Summer,
}

impl TimeZone {
    /// Coordinated universal time.
    pub const UTC: Self = Self { standard_minutes: 0, summer: Summer::Never };

    /// Finds a zone by its name (`Europe/Berlin`); one that is not known here counts as UTC.
    pub fn find(name: &str) -> Self {
        ZONES.iter().find(|(known, ..)| *known == name).map_or(Self::UTC, |(_, standard_minutes, summer)| {
            Self { standard_minutes: *standard_minutes, summer: *summer }
        })
    }

    /// Returns the offset at an instant.
    pub fn offset_at(self, ms: i64) -> FixedOffset {
        let at = DateTime::from_timestamp_millis(ms).unwrap_or_default().naive_utc();
        let is_summer = is_summer(self.summer, self.standard_minutes, at);
        to_offset(if is_summer { self.standard_minutes + 60 } else { self.standard_minutes })
    }

    /// Returns the offset in winter.
    pub fn standard_offset(self) -> FixedOffset {
        to_offset(self.standard_minutes)
    }

    /// Returns what the clocks show at an instant.
    pub fn local(self, ms: i64) -> NaiveDateTime {
        let at = DateTime::from_timestamp_millis(ms).unwrap_or_default();
        at.with_timezone(&self.offset_at(ms)).naive_local()
    }

    /// Returns the instant a day starts at. Clocks change later at night than that in all zones here.
    pub fn midnight_ms(self, day: NaiveDate) -> i64 {
        let utc_ms = day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        let offset_ms = |offset: FixedOffset| i64::from(offset.local_minus_utc()) * 1_000;
        utc_ms - offset_ms(self.offset_at(utc_ms - offset_ms(self.standard_offset())))
    }
}

fn to_offset(minutes: i32) -> FixedOffset {
    FixedOffset::east_opt(minutes * 60).expect("every offset is less than a day")
}

fn is_summer(summer: Summer, standard: i32, now: NaiveDateTime) -> bool {
    let local = now + chrono::TimeDelta::minutes(i64::from(standard));
    let year = local.year();
    match summer {
        Summer::Never => false,
        Summer::American => {
            // The end is 2:00 summer time, which is 1:00 by this zone's standard time.
            at(nth_sunday(year, 3, 2), 2) <= local && local < at(nth_sunday(year, 11, 1), 1)
        }
        Summer::European => at(last_sunday(year, 3), 1) <= now && now < at(last_sunday(year, 10), 1),
    }
}

fn nth_sunday(year: i32, month: u32, nth: u8) -> NaiveDate {
    NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Sun, nth).unwrap_or_default()
}

/// Returns the last Sunday of a month of 31 days.
fn last_sunday(year: i32, month: u32) -> NaiveDate {
    let last = NaiveDate::from_ymd_opt(year, month, 31).unwrap_or_default();
    last - Days::new(u64::from(last.weekday().num_days_from_sunday()))
}

fn at(day: NaiveDate, hour: u32) -> NaiveDateTime {
    day.and_hms_opt(hour, 0, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::TimeZone;

    #[test]
    fn clocks_change_when_they_do() {
        let cases = [
            ("America/Los_Angeles", "2026-11-01T08:59:59Z", -7 * 60),
            ("America/Los_Angeles", "2026-11-01T09:00:00Z", -8 * 60),
            ("America/New_York", "2026-03-08T06:59:59Z", -5 * 60),
            ("America/New_York", "2026-03-08T07:00:00Z", -4 * 60),
            ("Europe/Berlin", "2026-10-25T00:59:59Z", 120),
            ("Europe/Berlin", "2026-10-25T01:00:00Z", 60),
            ("Asia/Kolkata", "2026-07-01T00:00:00Z", 330),
            ("Mars/Olympus", "2026-07-01T00:00:00Z", 0),
        ];
        for (zone, at, minutes) in cases {
            let ms = DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis();
            assert_eq!(TimeZone::find(zone).offset_at(ms).local_minus_utc() / 60, minutes, "{zone} {at}");
        }
    }
    #[test]
    fn days_start_at_midnight_on_the_wall() {
        for (zone, day, midnight) in [
            ("America/Los_Angeles", "2026-11-01", "2026-11-01T07:00:00Z"),
            ("America/Los_Angeles", "2026-11-02", "2026-11-02T08:00:00Z"),
            ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z"),
            ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"),
            ("Europe/London", "2026-03-29", "2026-03-29T00:00:00Z"),
            ("Asia/Kolkata", "2026-03-29", "2026-03-28T18:30:00Z"),
        ] {
            let ms = DateTime::parse_from_rfc3339(midnight).unwrap().timestamp_millis();
            assert_eq!(TimeZone::find(zone).midnight_ms(day.parse().unwrap()), ms, "{zone} {day}");
        }
    }
}
