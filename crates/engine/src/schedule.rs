//! When an integration's rules are read: one piece of work for each integration, which opens its runs.

use std::time::Duration;

use model::{
    ConnectionStatus, Integration, IntegrationId, RunPhase, SyncRuleId, SyncRun, SyncRunId, UserId, WorkId,
};
use salesforce::Timestamp;
use store::{
    Reader, Tx,
    connections::find_connection,
    integrations::{
        Readiness, delete_sync_work_of, find_integration_of, find_readiness, lock_integration,
        rename_integration, set_paused,
    },
    sync_rules::list_sync_rules_in,
    sync_runs::{create_run, find_open_run_in, put_phase},
    work::{Lease, Next, Work, fence, finish_work, put_work},
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    run::SYNC_WORK,
};

/// The kind of work that opens an integration's runs; its subject is the integration's id.
pub(crate) const SCHEDULE_WORK: &str = "schedule";

/// While a run takes longer than the cadence, its end is looked for this often.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What an integration's schedule has to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Turn {
    /// Open a run, and another after this time.
    Run(Duration),
    /// Nothing, until somebody wakes it.
    Rest,
}

impl Engine {
    /// Starts a run now. Returns the run that is already under way, if there is one.
    ///
    /// # Errors
    /// The integration is paused, incomplete, or has to be connected again.
    pub async fn request_run(&self, reader: &Reader, id: IntegrationId) -> Result<Option<SyncRun>> {
        let Some(integration) = find_integration_of(self.store(), reader, id).await? else { return Ok(None) };
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        let Some(_) = lock_integration(&mut tx, id).await? else { return Ok(None) };
        // It may have been deleted since it was found.
        let readiness = find_readiness(&mut tx, id).await?.filter(|readiness| !readiness.is_deleted);
        let Some(readiness) = readiness else { return Ok(None) };
        if readiness.connection_status != ConnectionStatus::Connected {
            let connection = find_connection(self.store(), integration.connection_id).await?;
            return Err(Error::GrantEnded { code: connection.and_then(|connection| connection.status_code) });
        }
        if readiness.is_paused {
            return Err(Error::Paused);
        }
        if readiness.rules == 0 || readiness.field_mappings == 0 {
            return Err(Error::Incomplete);
        }
        let run = self.open_run_in(&mut tx, id, now).await?;
        tx.commit().await?;
        self.wake_workers();
        Ok(Some(run))
    }

    /// Pauses an integration. The run that is under way ends as stopped; its checkpoints stay.
    pub async fn pause(&self, reader: &Reader, id: IntegrationId) -> Result<Option<Integration>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        let Some(integration) = lock_integration(&mut tx, id).await? else { return Ok(None) };
        if integration.paused_at.is_none() {
            set_paused(&mut tx, id, Some((now, reader.user_id()))).await?;
            delete_sync_work_of(&mut tx, id).await?;
            self.stop_run(&mut tx, id, now).await?;
            tx.commit().await?;
        }
        find_integration_of(self.store(), reader, id).await.map_err(Error::from)
    }

    /// Resumes an integration. Its next run begins at once and goes on from the checkpoints.
    pub async fn resume(&self, reader: &Reader, id: IntegrationId) -> Result<Option<Integration>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let nobody: Option<(Timestamp, UserId)> = None;
        let mut tx = self.store().begin().await?;
        self.wake_schedule(&mut tx, id).await?;
        set_paused(&mut tx, id, nobody).await?;
        tx.commit().await?;
        self.wake_workers();
        find_integration_of(self.store(), reader, id).await.map_err(Error::from)
    }

    /// Gives an integration another name. Its slug stays.
    pub async fn rename(
        &self,
        reader: &Reader,
        id: IntegrationId,
        name: &str,
    ) -> Result<Option<Integration>> {
        if find_integration_of(self.store(), reader, id).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.store().begin().await?;
        rename_integration(&mut tx, id, name).await?;
        tx.commit().await?;
        find_integration_of(self.store(), reader, id).await.map_err(Error::from)
    }

    /// Makes an integration's schedule due now, in the transaction that changes what it depends on.
    ///
    /// Comes first in its transaction: the schedule's own slice takes its work row first too.
    pub(crate) async fn wake_schedule(&self, tx: &mut Tx, id: IntegrationId) -> Result<()> {
        let now = self.clock().now();
        let work = Work {
            id: WorkId::new(self.clock(), self.random()),
            kind: SCHEDULE_WORK.to_owned(),
            subject: id.to_string(),
            due_at: now,
            created_at: now,
        };
        Ok(put_work(tx, &work).await?)
    }

    /// Opens a run where the integration can run, and says when to look again; all in one transaction with the end of
    /// the slice, so that nothing that is saved meanwhile is overlooked.
    pub(crate) async fn run_schedule(&self, lease: &Lease) -> Result<()> {
        let id: IntegrationId =
            lease.subject.parse().map_err(|_| Error::SubjectGone(lease.subject.clone()))?;
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        fence(&mut tx, lease, now).await?;
        let locked = lock_integration(&mut tx, id).await?;
        let readiness = find_readiness(&mut tx, id).await?.filter(|_| locked.is_some());
        let next = match readiness.map(turn) {
            None | Some(Turn::Rest) => Next::Done,
            Some(Turn::Run(_)) if find_open_run_in(&mut tx, id).await?.is_some() => {
                Next::At(now + LOOK_AGAIN)
            }
            Some(Turn::Run(cadence)) => {
                self.open_run_in(&mut tx, id, now).await?;
                Next::At(now + cadence)
            }
        };
        finish_work(&mut tx, lease, next, now).await?;
        Ok(tx.commit().await?)
    }

    /// Opens a run over all rules of an integration that the transaction has locked, or returns the one that is open.
    pub(crate) async fn open_run_in(
        &self,
        tx: &mut Tx,
        id: IntegrationId,
        now: Timestamp,
    ) -> Result<SyncRun> {
        if let Some(run) = find_open_run_in(tx, id).await? {
            return Ok(run);
        }
        let run_id = SyncRunId::new(self.clock(), self.random());
        let run = SyncRun { id: run_id, integration_id: id, started_at: now, end: None };
        create_run(tx, &run).await?;
        for rule in list_sync_rules_in(tx, id).await? {
            self.add_rule_to_run(tx, run.id, rule.id, now).await?;
        }
        Ok(run)
    }

    /// Wants a rule read in a run.
    pub(crate) async fn add_rule_to_run(
        &self,
        tx: &mut Tx,
        run_id: SyncRunId,
        rule_id: SyncRuleId,
        now: Timestamp,
    ) -> Result<()> {
        put_phase(tx, run_id, rule_id, RunPhase::Waiting, None, now).await?;
        let work = Work {
            id: WorkId::new(self.clock(), self.random()),
            kind: SYNC_WORK.to_owned(),
            subject: rule_id.to_string(),
            due_at: now,
            created_at: now,
        };
        Ok(put_work(tx, &work).await?)
    }
}

fn turn(readiness: Readiness) -> Turn {
    let is_ready = readiness.rules > 0
        && readiness.field_mappings > 0
        && !readiness.is_paused
        && !readiness.is_deleted
        && readiness.connection_status == ConnectionStatus::Connected;
    match readiness.cadence_ms {
        Some(cadence_ms) if is_ready => Turn::Run(Duration::from_millis(cadence_ms)),
        _ => Turn::Rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_active_integration_runs() {
        let ready = Readiness {
            rules: 1,
            field_mappings: 1,
            is_paused: false,
            is_deleted: false,
            connection_status: ConnectionStatus::Connected,
            cadence_ms: Some(900_000),
        };
        let run = Turn::Run(Duration::from_secs(900));
        for (readiness, expected) in [
            (ready, run),
            (Readiness { rules: 0, cadence_ms: None, ..ready }, Turn::Rest),
            (Readiness { field_mappings: 0, ..ready }, Turn::Rest),
            (Readiness { is_paused: true, ..ready }, Turn::Rest),
            (Readiness { is_deleted: true, ..ready }, Turn::Rest),
            (Readiness { connection_status: ConnectionStatus::NeedsReconnect, ..ready }, Turn::Rest),
        ] {
            assert_eq!(turn(readiness), expected, "{readiness:?}");
        }
    }
}
