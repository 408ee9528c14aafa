//! Which rule pays for the question that all rules of an integration share: up to when the org's changes are visible.

use std::time::Duration;

use model::SyncRule;
use salesforce::{SObjectName, describe::SObjectDescribe};
use store::{checkpoints::find_checkpoint, sobject_describes::find_sobject_describe};

use super::{DAY_MS, in_ms};
use crate::{engine::Engine, error::Result};

/// How often an integration's rules are read, in the order in which they pay: the most frequent first.
///
/// A rule pays for what it asks beyond those before it, so that the rules' shares add up to what all of them ask.
type Readings<'a> = Vec<(Duration, &'a SObjectName)>;

/// A rule's share of the questions up to when changes are visible.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Covers {
    pub(super) first_run: u64,
    pub(super) day: u64,
}

impl Engine {
    /// What a rule pays beside the other rules of its integration. They are taken to be read at the same instants where
    /// their cadences meet, as the rules are that are saved together.
    pub(super) async fn covers_of(
        &self,
        describe: &SObjectDescribe,
        cadence: Duration,
        others: &[&SyncRule],
        reused_for: Duration,
    ) -> Result<Covers> {
        let mut asks = describe.summary.replicateable;
        let own = (cadence, describe.name());
        let (mut before, mut is_first_load_shared) = (Readings::new(), false);
        for other in others {
            let reading = (Duration::from_millis(other.cadence_ms), &other.sobject);
            asks = asks || self.is_replicateable(other).await?;
            if reading > own {
                continue;
            }
            before.push(reading);
            let checkpoint = find_checkpoint(self.store(), other.id).await?.unwrap_or_default();
            is_first_load_shared |= checkpoint.complete_until.is_none();
        }
        if !asks {
            return Ok(Covers::default());
        }
        let earlier: Vec<_> = before.iter().map(|(cadence, _)| *cadence).collect();
        let together: Vec<_> = earlier.iter().copied().chain([cadence]).collect();
        let day =
            count_questions(&together, reused_for).saturating_sub(count_questions(&earlier, reused_for));
        Ok(Covers { first_run: u64::from(!is_first_load_shared), day })
    }

    async fn is_replicateable(&self, rule: &SyncRule) -> Result<bool> {
        let connection_id = self.connection_id_of(rule).await?;
        let known = find_sobject_describe(self.store(), connection_id, &rule.sobject).await?;
        Ok(known.is_some_and(|(describe, _)| describe.summary.replicateable))
    }
}

/// How often a day the org is asked by rules of such cadences, where an answer serves all reads for a while.
fn count_questions(cadences: &[Duration], reused_for: Duration) -> u64 {
    let polls = |cadence: &Duration| {
        let step = in_ms(*cadence);
        (0..DAY_MS.div_ceil(step)).map(move |poll| poll * step)
    };
    let mut instants: Vec<u64> = cadences.iter().flat_map(polls).collect();
    instants.sort_unstable();
    let (mut questions, mut served_until) = (0, 0);
    for instant in instants {
        if questions == 0 || instant >= served_until {
            questions += 1;
            // What is asked at one instant serves all that is read then.
            served_until = instant + in_ms(reused_for);
        }
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_serves_all_rules_that_are_read_about_then() {
        let minutes = |minutes: &[u64]| -> Vec<_> {
            minutes.iter().map(|minutes| Duration::from_secs(60 * minutes)).collect()
        };
        for (cadences, questions) in [
            (minutes(&[]), 0),
            (minutes(&[15]), 96),
            (minutes(&[15, 15, 15]), 96),
            (minutes(&[15, 60, 1_440]), 96),
            // Each third hour they meet.
            (minutes(&[60, 90]), 24 + 8),
            // Every fifth of the polls of each minute asks; those of all seven minutes fall between.
            (minutes(&[1]), 288),
            (minutes(&[1, 7]), 288),
            (minutes(&[5]), 288),
            (minutes(&[10_080]), 1),
        ] {
            let found = count_questions(&cadences, Duration::from_secs(300));
            assert_eq!(found, questions, "{cadences:?}");
        }
    }
}
