//! What people ask of runs: one now, a whole one of one sObject, or an end to one.

use model::{ConnectionStatus, IntegrationId, SyncRuleId, SyncRun, SyncRunId};
use store::{
    Reader, Tx,
    checkpoints::forget_checkpoint,
    connections::find_connection,
    integrations::{delete_sync_work_in, find_integration_of, find_readiness, lock_integration},
    sync_rules::{find_sync_rule_of, list_due_rules_in},
    sync_runs::{find_open_run_in, find_open_run_of_rule_in, find_run_in, find_run_of},
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    run::stop_run,
};

impl Engine {
    /// Starts a run now, over the rules that are not being read. Returns the run that is under way where all are.
    ///
    /// # Errors
    /// The integration is paused, incomplete, or has to be connected again.
    pub async fn request_run(&self, reader: &Reader, id: IntegrationId) -> Result<Option<SyncRun>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        if !self.lock_ready(&mut tx, id).await? {
            return Ok(None);
        }
        let rules = list_due_rules_in(&mut tx, id).await?;
        let idle: Vec<_> = rules.iter().filter(|rule| !rule.is_under_way).map(|rule| &rule.rule).collect();
        let open = find_open_run_in(&mut tx, id).await?;
        let run = match open.filter(|_| idle.is_empty()) {
            Some(run) => run,
            None => self.open_run_over(&mut tx, id, &idle, now).await?,
        };
        tx.commit().await?;
        self.wake_workers();
        Ok(Some(run))
    }

    /// Reads an sObject anew from the first record to the last. Its records stay where they are meanwhile; those that are
    /// not in scope any more are marked gone at the end, once all ids have been compared.
    ///
    /// # Errors
    /// As [`Engine::request_run`].
    pub async fn reload_rule(&self, reader: &Reader, id: SyncRuleId) -> Result<Option<SyncRun>> {
        let Some(rule) = find_sync_rule_of(self.store(), reader, id).await? else { return Ok(None) };
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        if !self.lock_ready(&mut tx, rule.integration_id).await? {
            return Ok(None);
        }
        forget_checkpoint(&mut tx, id).await?;
        let run = match find_open_run_of_rule_in(&mut tx, id).await? {
            Some(run) => {
                self.restart_rule(&mut tx, run.id, id, now).await?;
                run
            }
            None => self.open_run_over(&mut tx, rule.integration_id, &[&rule], now).await?,
        };
        tx.commit().await?;
        self.wake_workers();
        Ok(Some(run))
    }

    /// Stops a run where it stands. What it has stored stays, and the next run goes on from there. One that has ended
    /// stays as it is.
    pub async fn cancel_run(&self, reader: &Reader, id: SyncRunId) -> Result<Option<SyncRun>> {
        let Some(run) = find_run_of(self.store(), reader, id).await? else { return Ok(None) };
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        let Some(_) = lock_integration(&mut tx, run.integration_id).await? else { return Ok(None) };
        // Work comes first, as in every slice: whoever commits before keeps what was committed, and nobody after.
        delete_sync_work_in(&mut tx, id).await?;
        if find_run_in(&mut tx, id).await?.is_some_and(|run| run.end.is_none()) {
            stop_run(&mut tx, id, now).await?;
        }
        tx.commit().await?;
        Ok(find_run_of(self.store(), reader, id).await?)
    }

    /// Locks an integration and says why it cannot run, where it cannot. `false` where it was deleted meanwhile.
    async fn lock_ready(&self, tx: &mut Tx, id: IntegrationId) -> Result<bool> {
        self.check_not_quarantined()?;
        let Some(integration) = lock_integration(tx, id).await? else { return Ok(false) };
        let readiness = find_readiness(tx, id).await?.filter(|readiness| !readiness.is_deleted);
        let Some(readiness) = readiness else { return Ok(false) };
        if readiness.connection_status != ConnectionStatus::Connected {
            let connection = find_connection(self.store(), integration.connection_id).await?;
            return Err(connection.map_or(Error::GrantEnded { code: None }, Error::of_status));
        }
        if readiness.is_paused {
            return Err(Error::Paused);
        }
        if readiness.rules == 0 || readiness.field_mappings == 0 {
            return Err(Error::Incomplete);
        }
        Ok(true)
    }
}
