//! The simulator's own time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

/// Milliseconds of a second.
pub(crate) const SECOND_MS: i64 = 1_000;

/// Milliseconds of a minute.
pub(crate) const MINUTE_MS: i64 = 60 * SECOND_MS;

/// Milliseconds of an hour.
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// System time moved by an offset that the control API sets, or a time that stands still. Clones show the same.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// What is added to system time; while the clock stands, what it shows.
    offset_ms: Arc<AtomicI64>,
    stands: Arc<AtomicBool>,
}

impl Clock {
    /// Returns the milliseconds since 1970 UTC.
    pub fn now_ms(&self) -> i64 {
        self.base_ms() + self.offset_ms.load(Ordering::Relaxed)
    }

    /// Makes it that time now; the clock runs on from there, unless it stands.
    pub fn set(&self, now_ms: i64) {
        self.offset_ms.store(now_ms - self.base_ms(), Ordering::Relaxed);
    }

    /// Stops the clock, which moves only when somebody moves it from now on.
    pub fn stop(&self) {
        let now_ms = self.now_ms();
        self.stands.store(true, Ordering::Relaxed);
        self.offset_ms.store(now_ms, Ordering::Relaxed);
    }

    /// Moves the clock, backwards by a negative number.
    pub fn advance(&self, by_ms: i64) {
        self.offset_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    fn base_ms(&self) -> i64 {
        if self.stands.load(Ordering::Relaxed) { 0 } else { system_ms() }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place of the simulator that reads system time")]
fn system_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

/// Writes an instant as REST answers do: always UTC, offset without a colon (REST API Developer Guide, Date and Time Formats).
pub(crate) fn format_rest(ms: i64) -> String {
    to_utc(ms).format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// Writes an instant as HTTP headers do.
pub(crate) fn format_http(ms: i64) -> String {
    to_utc(ms).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads an HTTP header's instant.
pub(crate) fn parse_http(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|instant| instant.timestamp_millis())
}

/// Reads an ISO 8601 instant as request parameters have it; a space stands for the `+` that a URL turned into one.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    let text = text.trim().replace(' ', "+");
    let formats = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"];
    formats
        .iter()
        .find_map(|format| DateTime::parse_from_str(&text, format).ok())
        .map(|instant| instant.timestamp_millis())
}

fn to_utc(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Clock, format_http, format_rest, parse_http, parse_iso};

    #[test]
    fn instants_are_read_and_written() {
        let ms = 1_795_298_645_123;

        assert_eq!(format_rest(ms), "2026-11-21T22:04:05.123+0000");
        assert_eq!(format_http(ms), "Sat, 21 Nov 2026 22:04:05 GMT");
        assert_eq!(parse_http("Sat, 21 Nov 2026 22:04:05 GMT"), Some(ms - 123));
        for text in
            ["2026-11-21T22:04:05.123Z", "2026-11-21T22:04:05.123+00:00", "2026-11-21T23:04:05.123 0100"]
        {
            assert_eq!(parse_iso(text), Some(ms), "{text}");
        }
        assert_eq!(parse_iso("2026-11-21"), None);
    }

    #[test]
    fn a_set_clock_runs_on() {
        let clock = Clock::default();

        clock.set(1_000_000);
        clock.advance(5_000);

        assert!((1_005_000..1_015_000).contains(&clock.now_ms()));
    }

    #[test]
    fn a_stopped_clock_moves_when_it_is_moved() {
        let clock = Clock::default();

        clock.stop();
        clock.set(1_000_000);
        clock.advance(5_000);

        assert_eq!(clock.now_ms(), 1_005_000);
    }
}
