//! What may be spent of an org's API calls.
//!
//! Salesforce counts the API requests of the last 24 hours, those of all users and apps of an org together (Salesforce
//! Developer Limits and Allocations Quick Reference, API Request Limits and Allocations). What is left over for others,
//! the reserve, is never spent by work in the background.

use std::time::Duration;

use salesforce::Timestamp;

use crate::text_enum::text_enums;

/// What an org may make in 24 hours where it has never told: the smallest limit that any edition with the API has.
pub const ASSUMED_DAILY_LIMIT: u64 = 15_000;
/// The share of an org's limit at which work in the background stops, where nobody says otherwise.
pub const DEFAULT_STOP_PERCENT: u64 = 80;

/// While nothing may be spent, one call asks whether that has changed. The pauses between such calls grow.
const PROBE_PAUSES_MINUTES: [u64; 4] = [10, 20, 40, 60];

text_enums! {
    /// Why no call may be made.
    BudgetStop {
        /// The integration's own allotment is spent.
        Allotment = "allotment",
        /// The rest of the org's limit is reserved for others.
        Reserve = "reserve",
        /// The org refuses calls, because its limit is used up.
        Daily = "daily",
    }

    /// Who waits for a call.
    CallPurpose {
        /// Nobody: it is work in the background.
        Background = "background",
        /// A person, who may spend the reserve.
        Person = "person",
    }
}

/// What is known of an org's and an integration's calls before one more is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BudgetFacts {
    /// The integration's calls of the last 24 hours.
    pub spent: u64,
    /// How many it may make in 24 hours; as many as the org leaves where nobody says.
    pub allotment: Option<u64>,
    /// The calls of everybody in the org in the last 24 hours, as the org told last, and ours since.
    pub used: u64,
    /// How many the org may make.
    pub daily_limit: u64,
    /// The share of them at which work in the background stops.
    pub stop_percent: u64,
    /// Whether the org has refused a call for its limit and accepted none since.
    pub is_refused: bool,
    /// No call is made before.
    pub blocked_until: Option<Timestamp>,
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BudgetDecision {
    /// It may.
    Go,
    /// It may, as the one that asks whether there is room again.
    Probe,
    /// It may not.
    Stop(BudgetStop),
}

impl BudgetFacts {
    /// The number of calls in 24 hours at which work in the background stops.
    pub fn stop_at(&self) -> u64 {
        stop_at(self.daily_limit, self.stop_percent)
    }

    /// Decides whether one more call may be made at `now`.
    pub fn decide(&self, purpose: CallPurpose, now: Timestamp) -> BudgetDecision {
        let is_background = purpose == CallPurpose::Background;
        if is_background && self.allotment.is_some_and(|allotment| self.spent >= allotment) {
            return BudgetDecision::Stop(BudgetStop::Allotment);
        }
        let stop = match () {
            () if self.is_refused => BudgetStop::Daily,
            () if is_background && self.used >= self.stop_at() => BudgetStop::Reserve,
            () if self.used >= self.daily_limit => BudgetStop::Daily,
            () => return BudgetDecision::Go,
        };
        // Nobody tells when calls of others leave the window of 24 hours: that is learnt by asking.
        match self.blocked_until {
            Some(until) if until <= now && is_background => BudgetDecision::Probe,
            _ => BudgetDecision::Stop(stop),
        }
    }
}

/// The number of calls in 24 hours at which work in the background stops.
pub fn stop_at(daily_limit: u64, stop_percent: u64) -> u64 {
    daily_limit.saturating_mul(stop_percent.min(100)) / 100
}

/// How long to wait before the call that asks whether there is room again, after so many that found none.
pub fn probe_pause(probes: u64) -> Duration {
    let step = usize::try_from(probes).unwrap_or(usize::MAX).min(PROBE_PAUSES_MINUTES.len() - 1);
    Duration::from_secs(60 * PROBE_PAUSES_MINUTES[step])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> BudgetFacts {
        BudgetFacts {
            spent: 10,
            allotment: Some(100),
            used: 50,
            daily_limit: 1_000,
            stop_percent: 80,
            is_refused: false,
            blocked_until: None,
        }
    }

    #[test]
    fn work_in_the_background_leaves_the_reserve_alone() {
        let (now, before, after) = (at(10), Some(at(9)), Some(at(11)));
        let stop = BudgetDecision::Stop;
        use BudgetStop::{Allotment, Daily, Reserve};
        use CallPurpose::{Background, Person};
        for (facts, purpose, expected) in [
            (facts(), Background, BudgetDecision::Go),
            (BudgetFacts { spent: 100, ..facts() }, Background, stop(Allotment)),
            (BudgetFacts { spent: 100, ..facts() }, Person, BudgetDecision::Go),
            (BudgetFacts { spent: 100, allotment: None, ..facts() }, Background, BudgetDecision::Go),
            (BudgetFacts { used: 799, ..facts() }, Background, BudgetDecision::Go),
            (BudgetFacts { used: 800, ..facts() }, Background, stop(Reserve)),
            (BudgetFacts { used: 800, ..facts() }, Person, BudgetDecision::Go),
            (BudgetFacts { used: 1_000, ..facts() }, Person, stop(Daily)),
            (BudgetFacts { used: 800, blocked_until: after, ..facts() }, Background, stop(Reserve)),
            (BudgetFacts { used: 800, blocked_until: before, ..facts() }, Background, BudgetDecision::Probe),
            (BudgetFacts { is_refused: true, blocked_until: after, ..facts() }, Background, stop(Daily)),
            (BudgetFacts { is_refused: true, blocked_until: before, ..facts() }, Person, stop(Daily)),
            // What blocked before does so no more once the org tells of room.
            (BudgetFacts { blocked_until: after, ..facts() }, Background, BudgetDecision::Go),
        ] {
            assert_eq!(facts.decide(purpose, now), expected, "{facts:?} {purpose:?}");
        }
    }

    #[test]
    fn probes_become_rarer() {
        assert_eq!([0, 1, 2, 3, 99].map(|probes| probe_pause(probes).as_secs() / 60), [10, 20, 40, 60, 60]);
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }
}
