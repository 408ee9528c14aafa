//! Sweeps that somebody asks for.

use model::{IntegrationId, SweepMode, SyncRuleId, SyncRun};
use store::{
    Reader, integrations::lock_integration, sweeps::request_sweep, sync_rules::list_due_rules_in,
    sync_runs::find_open_run_of_rule_in,
};

use crate::{engine::Engine, error::Result};

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
        let mut run = None;
        let mut idle = Vec::new();
        for due in list_due_rules_in(&mut tx, id).await? {
            if !rules.contains(&due.rule.id) {
                continue;
            }
            request_sweep(&mut tx, due.rule.id, mode, now).await?;
            match find_open_run_of_rule_in(&mut tx, due.rule.id).await? {
                Some(open) => run = Some(open),
                None => idle.push(due.rule),
            }
        }
        // A rule may have been read to its end a moment ago.
        if !idle.is_empty() {
            let idle: Vec<_> = idle.iter().collect();
            run = Some(self.open_run_over(&mut tx, id, &idle, now).await?);
        }
        tx.commit().await?;
        self.wake_workers();
        Ok(run)
    }
}
