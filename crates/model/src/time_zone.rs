//! Time zones of workspaces.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeZone as _};
use chrono_tz::Tz;
use salesforce::Timestamp;

/// Clocks have skipped up to a day (Samoa, 2011); longer searches for the first moment of a day are in vain.
const LONGEST_GAP_MINUTES: i64 = 25 * 60;

/// An IANA time zone, such as `Europe/Berlin`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeZone(Tz);

/// A text is not the name of a time zone.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected an IANA time zone, such as Europe/Berlin or UTC")]
pub struct TimeZoneError;

impl TimeZone {
    /// Universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// Returns the civil date at an instant.
    pub fn date_at(self, instant: Timestamp) -> NaiveDate {
        let utc = DateTime::from_timestamp_millis(instant.as_millis())
            .expect("the range of instants is within chrono's");
        utc.with_timezone(&self.0).date_naive()
    }

    /// Returns the first instant of a civil date: midnight, or the moment after the clocks skip it.
    pub fn start_of(self, date: NaiveDate) -> Timestamp {
        let midnight = date.and_time(NaiveTime::MIN);
        let found = (0..=LONGEST_GAP_MINUTES).find_map(|minutes| {
            self.0.from_local_datetime(&(midnight + Duration::minutes(minutes))).earliest()
        });
        let millis =
            found.map_or_else(|| midnight.and_utc().timestamp_millis(), |start| start.timestamp_millis());
        Timestamp::from_millis(millis)
    }
}

impl FromStr for TimeZone {
    type Err = TimeZoneError;

    fn from_str(name: &str) -> Result<Self, TimeZoneError> {
        name.parse().map(Self).map_err(|_| TimeZoneError)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_when_the_clocks_of_the_zone_say() {
        let cases = [
            ("UTC", "2026-03-29", "2026-03-29T00:00:00.000Z"),
            ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z"),
            ("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00.000Z"),
            ("America/New_York", "2026-11-22", "2026-11-22T05:00:00.000Z"),
            // Midnight is skipped.
            ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00.000Z"),
            // Midnight comes twice; the day begins with the first.
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00.000Z"),
            // The whole day is skipped.
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z"),
        ];

        for (zone, date, expected) in cases {
            let start = zone.parse::<TimeZone>().unwrap().start_of(date.parse().unwrap());
            assert_eq!(start.to_string(), expected, "{zone} {date}");
        }
    }

    #[test]
    fn a_date_depends_on_the_zone() {
        let instant = "2026-11-22T03:14:00Z".parse().unwrap();

        assert_eq!(TimeZone::UTC.date_at(instant).to_string(), "2026-11-22");
        assert_eq!(
            "America/Los_Angeles".parse::<TimeZone>().unwrap().date_at(instant).to_string(),
            "2026-11-21"
        );
        assert_eq!("Mars/Olympus".parse::<TimeZone>(), Err(TimeZoneError));
    }
}
