//! Where time comes from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use salesforce::Timestamp;

/// The source of the current instant, passed to everything that needs one.
///
/// Cheap to clone; clones of one clock agree.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The clock of this machine.
    System,
    /// This machine's clock corrected by an offset in milliseconds to that of the database server, which several
    /// processes share.
    Database(Arc<AtomicI64>),
    /// Stands still until a test moves it.
    Test(TestClock),
}

impl Clock {
    /// Makes a [`Clock::Database`] that still agrees with the system's clock.
    pub fn database() -> Self {
        Self::Database(Arc::new(AtomicI64::new(0)))
    }

    /// Returns the current instant.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Database(offset_ms) => {
                Timestamp::from_millis(system_now().as_millis() + offset_ms.load(Ordering::Relaxed))
            }
            Self::Test(test_clock) => test_clock.now(),
        }
    }

    /// Corrects a [`Clock::Database`] after its server was asked for the time. Others stay as they are.
    pub fn correct(&self, server_now: Timestamp) {
        if let Self::Database(offset_ms) = self {
            offset_ms.store(server_now.as_millis() - system_now().as_millis(), Ordering::Relaxed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
fn system_now() -> Timestamp {
    Timestamp::from_millis(chrono::Utc::now().timestamp_millis())
}

/// A clock that a test holds in its hand.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Makes a clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_millis())))
    }

    /// Returns what the clock shows.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    /// Moves the clock forward, or back where `by_ms` is negative.
    pub fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_test_clock_agree() {
        let test_clock = TestClock::at(Timestamp::from_millis(1_000));
        let clock = Clock::Test(test_clock.clone());

        test_clock.advance(500);

        assert_eq!(clock.now(), Timestamp::from_millis(1_500));
    }
}
