//! What may be spent of an org's calls, and what was.

use std::collections::VecDeque;

use crate::org_side::OrgSide;

const HOUR_MS: i64 = 3_600_000;

/// Shorter than a day by more than clocks jump.
const WINDOW_MS: i64 = 16 * HOUR_MS;

/// The share of its limit at which work in the background stops, in percent.
pub(crate) const STOP_PERCENT: u64 = 80;

/// What an org's integration may spend, and has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budget {
    /// How many calls it may make in 24 hours.
    pub(crate) allotment: Option<u64>,
    /// What other apps have used of the org's limit: that limit, what was used, our calls by then, and when that was.
    others: Option<(u64, u64, u64, i64)>,
    /// Calls of slices: when, and how many.
    made: VecDeque<(i64, u64)>,
}

/// What a slice spent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// Calls that the org counted.
    pub(crate) made: u64,
    /// Calls that were booked.
    pub(crate) booked: i64,
    /// Those of the last hours, this slice's among them.
    pub(crate) lately: u64,
    pub(crate) allotment: Option<u64>,
    /// Calls that were left before the reserve, where others use the org up.
    pub(crate) left: Option<u64>,
}

impl Budget {
    /// Notes what other apps have used of a limit.
    pub(crate) fn note_others(&mut self, max: u64, used: u64, made: u64, now_ms: i64) {
        self.others = Some((max, used, made, now_ms));
    }

    /// Notes that nobody uses the org up any more.
    pub(crate) fn forget_others(&mut self) {
        self.others = None;
    }

    /// Notes a slice's calls. `made_before` and `made` are all calls that the org has counted.
    pub(crate) fn spend(&mut self, now_ms: i64, made_before: u64, made: u64, booked: i64) -> Spent {
        self.made.push_back((now_ms, made - made_before));
        while self.made.front().is_some_and(|(at, _)| now_ms - at > WINDOW_MS) {
            self.made.pop_front();
        }
        let others = self.others.filter(|(.., at)| now_ms - at < WINDOW_MS);
        let left = others.map(|(max, used, made_then, _)| {
            (max * STOP_PERCENT / 100).saturating_sub(used + made_before - made_then)
        });
        Spent {
            made: made - made_before,
            booked,
            lately: self.made.iter().map(|(_, calls)| calls).sum(),
            allotment: self.allotment,
            left,
        }
    }
}

/// Calls that an org has counted.
pub(crate) fn made(side: &OrgSide) -> u64 {
    side.org.simulator.counters().api_calls
}
