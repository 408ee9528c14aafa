//! Sweeps that somebody asks for.

use model::{IntegrationId, SweepMode, SyncRuleId, SyncRun, WorkId};
use store::{
    Reader,
    integrations::lock_integration,
    sweeps::request_sweep,
    sync_runs::{find_open_run_in, lock_progress, reopen_rule},
    work::{Work, put_work},
};

use crate::{engine::Engine, error::Result, run::SYNC_WORK};

impl Engine {
    /// Wants rules of an integration compared with the org, each after a read of what changed: in the run that is under
    /// way, or in one that begins now. Returns that run.
    ///
    /// # Errors
    /// The integration is paused, incomplete, or has to be connected again.
    pub async fn request_sweep(
        &self,
        reader: &Reader,
        id: IntegrationId,
        rules: &[SyncRuleId],
        mode: SweepMode,
    ) -> Result<Option<SyncRun>> {
        if self.request_run(reader, id).await?.is_none() {
            return Ok(None);
        }
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        if lock_integration(&mut tx, id).await?.is_none() {
            return Ok(None);
        }
        for rule in rules {
            request_sweep(&mut tx, *rule, mode, now).await?;
        }
        // A rule may have been read already in the run, or the run may have ended a moment ago.
        let run = match find_open_run_in(&mut tx, id).await? {
            Some(run) => run,
            None => self.open_run_in(&mut tx, id, now).await?,
        };
        let progress = lock_progress(&mut tx, run.id).await?;
        for rule in progress.iter().filter(|rule| rule.end.is_some() && rules.contains(&rule.sync_rule_id)) {
            reopen_rule(&mut tx, run.id, rule.sync_rule_id).await?;
            let work = Work {
                id: WorkId::new(self.clock(), self.random()),
                kind: SYNC_WORK.to_owned(),
                subject: rule.sync_rule_id.to_string(),
                due_at: now,
                created_at: now,
            };
            put_work(&mut tx, &work).await?;
        }
        tx.commit().await?;
        self.wake_workers();
        Ok(Some(run))
    }
}
