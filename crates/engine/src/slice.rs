//! One slice of work: short, restartable, and the same whoever drives it.

use std::time::Duration;

use model::{Clock, Position};
use salesforce::Timestamp;
use store::{
    checkpoints::find_checkpoint,
    work::{Lease, Next},
};

use crate::{
    engine::Engine,
    error::Result,
    kill_point::reach,
    plan,
    read::{bulk, finish, keyset, precedence, sweep},
};

/// A slice that has more to do returns after about this long.
const SLICE: Duration = Duration::from_secs(30);

/// When a slice must come to its end.
pub(crate) struct SliceClock {
    ends_at: Timestamp,
}

impl SliceClock {
    fn starting(clock: &Clock) -> Self {
        Self { ends_at: clock.now() + SLICE }
    }

    pub(crate) fn is_over(&self, clock: &Clock) -> bool {
        clock.now() >= self.ends_at
    }
}

impl Engine {
    /// Does a bounded part of a sync rule's work, from its checkpoint on.
    ///
    /// # Errors
    /// [`crate::Error::retry`] says what to do with the work. Nothing that was committed is lost.
    pub async fn run_slice(&self, lease: &Lease) -> Result<Next> {
        reach(self.kill_at(), "work.claimed");
        let slice = SliceClock::starting(self.clock());
        let rule = self.rule_of(lease).await?;
        let checkpoint = find_checkpoint(self.store(), rule.id).await?.unwrap_or_default();
        let jobs_given_up = match checkpoint.position {
            Position::Idle => Some(0),
            Position::GivenUp { jobs } => Some(jobs),
            _ => None,
        };
        if let Some(jobs_given_up) = jobs_given_up {
            return plan::begin_read(self, lease, rule, checkpoint.complete_until, jobs_given_up).await;
        }
        let context = self.resume_context(rule, checkpoint.position.kind()).await?;
        let is_new_run = self.note_resumed(lease, &context).await?;
        if precedence::let_changes_pass(self, lease, &context, &checkpoint.position, is_new_run).await? {
            return Ok(Next::Now);
        }
        match checkpoint.position {
            Position::Idle | Position::GivenUp { .. } => unreachable!("such a rule begins above"),
            Position::Bulk(position) => bulk::read_slice(self, lease, &context, position, &slice).await,
            Position::Keyset(position) => keyset::read_slice(self, lease, &context, position, &slice).await,
            Position::Finishing { started_at, kind, job } => {
                finish::finish_read(self, lease, &context, started_at, kind, job).await
            }
            Position::Sweep(position) => sweep::sweep_slice(self, lease, &context, *position, &slice).await,
        }
    }
}
