//! How long to wait before what failed is tried again.

use std::time::Duration;

use model::Random;
use salesforce::Retry;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

/// The pause before try number `attempt + 1`: doubling from one second to five minutes, less up to half of it at
/// random, so that many waiting workers do not come back at the same moment.
pub(crate) fn pause_after(attempt: u64, random: &Random) -> Duration {
    let full = FIRST.saturating_mul(1 << attempt.min(16) as u32).min(LONGEST);
    let half_ms = u64::try_from(full.as_millis() / 2).expect("at most five minutes");
    full - Duration::from_millis(random.below(half_ms + 1))
}

/// Tries of one call before its slice is ended.
const TRIES: u64 = 3;

/// Makes a call, and makes it again a moment later where it failed in passing.
///
/// Meant for slices of several calls. They begin with the first one again when they are tried again, and might never
/// get through while an org answers most calls only.
pub(crate) async fn call_again<T, F: Future<Output = salesforce::Result<T>>>(
    random: &Random,
    mut call: impl FnMut() -> F,
) -> salesforce::Result<T> {
    for tries in 1..TRIES {
        match call().await {
            Err(error) if matches!(error.retry(), Retry::Now | Retry::Later(None)) => {
                tokio::time::sleep(pause_after(tries, random) / 8).await;
            }
            outcome => return outcome,
        }
    }
    call().await
}

const FIRST_LOOK: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// A job of so many records is first looked at a second later than one of a few.
const ROWS_A_SECOND: u64 = 1_000_000;

/// The pause before a Bulk job of so many records is asked for its state again. Each look is a call of the org's limit, so
/// that the pauses double, and a long job costs few; a job that has ended waits no longer for it than it took, and no longer
/// than two minutes.
pub(crate) fn pause_before_poll(rows: u64, polls: u32) -> Duration {
    let first = FIRST_LOOK + Duration::from_secs(rows) / ROWS_A_SECOND as u32;
    first.saturating_mul(1 << polls.min(16)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_their_bounds() {
        let random = Random::from_number(7);

        let pauses: Vec<_> = (0..20).map(|attempt| pause_after(attempt, &random)).collect();

        assert!(pauses[0] <= FIRST && pauses[0] >= FIRST / 2);
        assert!(pauses.iter().all(|pause| *pause <= LONGEST));
        assert!(pauses[19] >= LONGEST / 2);
    }

    #[test]
    fn polls_become_rarer() {
        let looks_until = |rows, end: u64| {
            let mut at = Duration::ZERO;
            (0..)
                .take_while(|polls| {
                    at += pause_before_poll(rows, *polls);
                    at < Duration::from_secs(end)
                })
                .count()
                + 1
        };

        assert_eq!(pause_before_poll(0, 0), Duration::from_secs(1));
        assert_eq!(pause_before_poll(1_000_000, 0), Duration::from_secs(2));
        assert_eq!(pause_before_poll(0, 1_000), LONGEST_PAUSE);
        assert_eq!(
            (looks_until(5_000, 5), looks_until(1_000_000, 60), looks_until(1_000_000, 600)),
            (3, 5, 10)
        );
    }
}
