//! The one place that looks at the clock: measuring time is what benches are for.

use std::time::Instant;

/// Returns the present.
#[expect(clippy::disallowed_methods, reason = "durations are measured, nothing is decided by them")]
pub fn now() -> Instant {
    Instant::now()
}
