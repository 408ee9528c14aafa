//! How long the history of an integration is kept. Each schedule forgets what is older, a little at a time.

use std::time::Duration;

use model::IntegrationId;
use store::retention::{Horizons, forget_history};

use crate::{engine::Engine, error::Result, problem::full_text};

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Runs, the sweeps of that time, and the ledger of calls.
const RUNS_KEPT: Duration = DAY.saturating_mul(90);
/// Runs that ended well and found nothing: with a cadence of a minute there are 1,440 a day.
const QUIET_RUNS_KEPT: Duration = DAY.saturating_mul(14);
/// What people did, and what happened in the org.
const TIMELINE_KEPT: Duration = DAY.saturating_mul(730);
/// Rows of a kind that are forgotten at once.
const MOST_ROWS: u32 = 1_000;
/// How often a process looks for what is too old.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);

impl Engine {
    /// Forgets what is too old of an integration, where it is time to look. Nothing depends on it: where it fails it is
    /// done the next time.
    pub(crate) async fn forget_old_history(&self, id: IntegrationId) {
        if !self.is_time_to_forget(id) {
            return;
        }
        match self.forget_history_of(id).await {
            // More is left than is forgotten at once: the next slice goes on.
            Ok(true) => drop(self.lock_forgotten().remove(&id)),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(integration.id = %id, error = full_text(&error), "old history could not be forgotten");
            }
        }
    }

    async fn forget_history_of(&self, id: IntegrationId) -> Result<bool> {
        let now = self.clock().now();
        let horizons = Horizons {
            runs: now - RUNS_KEPT,
            quiet_runs: now - QUIET_RUNS_KEPT,
            calls: now - RUNS_KEPT,
            timeline: now - TIMELINE_KEPT,
        };
        Ok(forget_history(self.store(), id, &horizons, MOST_ROWS).await?)
    }

    fn is_time_to_forget(&self, id: IntegrationId) -> bool {
        let now = self.clock().now();
        let mut looked = self.lock_forgotten();
        let is_time = looked.get(&id).is_none_or(|looked_at| *looked_at + LOOK_EVERY <= now);
        if is_time {
            looked.insert(id, now);
        }
        is_time
    }
}
