//! When an integration's rules are read: one piece of work for each integration, which opens its runs.

use std::time::Duration;

use model::{ConnectionStatus, IntegrationId, RunPhase, SyncRule, SyncRuleId, SyncRun, SyncRunId, WorkId};
use salesforce::Timestamp;
use store::{
    Tx,
    budgets::find_refusal,
    integrations::{Readiness, find_readiness, lock_integration},
    sync_rules::{DueRule, list_due_rules_in, set_due},
    sync_runs::{create_run, forget_progress, put_phase},
    work::{Lease, Next, Work, fence, finish_work, put_work},
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    run::SYNC_WORK,
};

/// The kind of work that opens an integration's runs; its subject is the integration's id.
pub(crate) const SCHEDULE_WORK: &str = "schedule";

/// While a rule's read takes longer than its cadence, its end is looked for this often.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

impl Engine {
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

    /// Opens a run over the rules that are due where the integration can run, and says when to look again; all in one
    /// transaction with the end of the slice, so that nothing that is saved meanwhile is overlooked.
    pub(crate) async fn run_schedule(&self, lease: &Lease) -> Result<()> {
        let id: IntegrationId =
            lease.subject.parse().map_err(|_| Error::SubjectGone(lease.subject.clone()))?;
        let now = self.clock().now();
        let mut tx = self.store().begin().await?;
        fence(&mut tx, lease, now).await?;
        let locked = lock_integration(&mut tx, id).await?;
        let readiness = find_readiness(&mut tx, id).await?;
        let next = match locked.is_some() && readiness.is_some_and(can_run) {
            false => Next::Done,
            true => Next::At(self.open_due(&mut tx, id, now).await?),
        };
        finish_work(&mut tx, lease, next, now).await?;
        tx.commit().await?;
        self.forget_old_history(id).await;
        Ok(())
    }

    /// Opens a run over the rules of an integration that are due. Returns when to look again.
    async fn open_due(&self, tx: &mut Tx, id: IntegrationId, now: Timestamp) -> Result<Timestamp> {
        let rules = list_due_rules_in(tx, id).await?;
        let is_due =
            |rule: &&DueRule| rule.due_at.is_none_or(|due_at| due_at <= now + taken_along(&rule.rule));
        if rules.iter().any(|rule| !rule.is_under_way && rule.due_at.is_none_or(|due_at| due_at <= now)) {
            if let Some(refusal) = find_refusal(tx, id, now).await? {
                // A run now would only stop at once.
                return Ok(refusal.until);
            }
            let due = rules.iter().filter(is_due).filter(|rule| !rule.is_under_way);
            let due: Vec<_> = due.map(|due| &due.rule).collect();
            self.open_run_over(tx, id, &due, now).await?;
        }
        let rules = list_due_rules_in(tx, id).await?;
        Ok(rules.iter().map(|rule| look_at(rule, now)).min().unwrap_or(now + LOOK_AGAIN))
    }

    /// Opens a run over some rules of an integration that the transaction has locked, none of which is under way.
    pub(crate) async fn open_run_over(
        &self,
        tx: &mut Tx,
        id: IntegrationId,
        rules: &[&SyncRule],
        now: Timestamp,
    ) -> Result<SyncRun> {
        let run_id = SyncRunId::new(self.clock(), self.random());
        let run = SyncRun { id: run_id, integration_id: id, started_at: now, end: None };
        create_run(tx, &run).await?;
        for rule in rules {
            self.add_rule_to_run(tx, run.id, rule.id, now).await?;
            set_due(tx, rule.id, Some(now + Duration::from_millis(rule.cadence_ms))).await?;
        }
        Ok(run)
    }

    /// Wants a rule read in a run from the beginning: what it may have counted there is forgotten.
    pub(crate) async fn restart_rule(
        &self,
        tx: &mut Tx,
        run_id: SyncRunId,
        rule_id: SyncRuleId,
        now: Timestamp,
    ) -> Result<()> {
        forget_progress(tx, run_id, rule_id).await?;
        self.add_rule_to_run(tx, run_id, rule_id, now).await
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

/// Whether an integration is set up, connected and not paused.
fn can_run(readiness: Readiness) -> bool {
    readiness.rules > 0
        && readiness.field_mappings > 0
        && !readiness.is_paused
        && !readiness.is_deleted
        && readiness.connection_status == ConnectionStatus::Connected
}

/// A rule that is due so soon is read with those that are due now, so that rules of one cadence stay together.
fn taken_along(rule: &SyncRule) -> Duration {
    (Duration::from_millis(rule.cadence_ms) / 10).min(LOOK_AGAIN)
}

/// When a rule has to be looked at again.
fn look_at(rule: &DueRule, now: Timestamp) -> Timestamp {
    let due_at = rule.due_at.unwrap_or(now);
    if rule.is_under_way { due_at.max(now + LOOK_AGAIN) } else { due_at }
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
        };
        for (readiness, expected) in [
            (ready, true),
            (Readiness { rules: 0, ..ready }, false),
            (Readiness { field_mappings: 0, ..ready }, false),
            (Readiness { is_paused: true, ..ready }, false),
            (Readiness { is_deleted: true, ..ready }, false),
            (Readiness { connection_status: ConnectionStatus::NeedsReconnect, ..ready }, false),
        ] {
            assert_eq!(can_run(readiness), expected, "{readiness:?}");
        }
    }
}
