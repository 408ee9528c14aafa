//! Offsets of time zones, as far as the users of the org have them.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, Weekday};

/// When a zone's clocks are an hour ahead.
#[derive(Clone, Copy, Debug)]
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

/// Returns the offset of a zone at an instant.
pub(crate) fn offset_at(zone: &str, now_ms: i64) -> FixedOffset {
    let (_, standard, summer) = find(zone);
    let now = DateTime::from_timestamp_millis(now_ms).unwrap_or_default().naive_utc();
    let minutes = if is_summer(summer, standard, now) { standard + 60 } else { standard };
    to_offset(minutes)
}

/// Returns the offset of a zone in winter.
pub(crate) fn standard_offset(zone: &str) -> FixedOffset {
    to_offset(find(zone).1)
}

fn find(zone: &str) -> (&'static str, i32, Summer) {
    ZONES.iter().find(|(name, ..)| *name == zone).copied().unwrap_or(("GMT", 0, Summer::Never))
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

    use super::offset_at;

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
            assert_eq!(offset_at(zone, ms).local_minus_utc() / 60, minutes, "{zone} {at}");
        }
    }
}
