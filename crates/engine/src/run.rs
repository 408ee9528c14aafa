//! Runs: one pass over an integration's rules.

use std::time::Duration;

use model::{
    Cadence, Checkpoint, FieldSelection, Filter, IntegrationId, Outcome, Position, RuleProgress, RunEnd,
    RunPhase, SyncRule, SyncRuleId, SyncRun, SyncRunId, WorkId,
};
use salesforce::{SObjectName, Timestamp};
use store::{
    Tx,
    checkpoints::{find_checkpoint, forget_checkpoint, put_checkpoint, restart_read},
    sync_rules::{list_sync_rules, put_sync_rule, set_due},
    sync_runs::{
        create_run, find_open_run, find_open_run_of_rule, finish_rule, finish_run, forget_progress,
        list_open_runs_in, list_progress, lock_progress, put_phase, reopen_rule,
    },
    work::{Lease, Next, Work, fence, finish_work, put_work},
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    field_rules::FieldPolicyChange,
    problem::Problem,
};

/// The kind of work that reads a sync rule; its subject is the rule's id.
pub(crate) const SYNC_WORK: &str = "sync";

/// A rule that somebody wants.
#[derive(Clone, Debug)]
pub struct RuleRequest {
    /// The sObject to copy.
    pub sobject: SObjectName,
    /// Which records; all where there is none.
    pub filter: Option<Filter>,
    /// Which fields.
    pub fields: FieldSelection,
    /// How often to look for changes; as before, or by default, where nobody says.
    pub cadence: Option<Cadence>,
    /// What changes about how its fields are treated.
    pub policy: FieldPolicyChange,
}

impl Engine {
    /// Stores rules of an integration, each in place of the one that its sObject had, and returns them in order.
    ///
    /// A rule whose filter or fields differ from before is read anew from the start, even where a run that was left open
    /// had ended it.
    pub async fn put_rules(
        &self,
        integration_id: IntegrationId,
        requests: &[RuleRequest],
    ) -> Result<Vec<SyncRule>> {
        let known = list_sync_rules(self.store(), integration_id).await?;
        let open = find_open_run(self.store(), integration_id).await?;
        let mut tx = self.store().begin().await?;
        let mut ids = Vec::with_capacity(requests.len());
        for request in requests {
            let before = known.iter().find(|known| known.sobject == request.sobject);
            let id = save_rule(self, &mut tx, integration_id, request, before).await?;
            if let (Some(run), true) = (&open, before.is_some_and(|before| is_other_read(before, request))) {
                forget_progress(&mut tx, run.id, id).await?;
            }
            ids.push(id);
        }
        tx.commit().await?;
        let stored = list_sync_rules(self.store(), integration_id).await?;
        Ok(ids.iter().filter_map(|id| stored.iter().find(|rule| rule.id == *id).cloned()).collect())
    }

    /// Begins a run over some rules, or goes on with the run that an earlier process left open: with the rules that have
    /// not succeeded in it.
    pub async fn start_run(&self, integration_id: IntegrationId, rules: &[SyncRule]) -> Result<SyncRunId> {
        let now = self.clock().now();
        let open = find_open_run(self.store(), integration_id).await?;
        let progress = match &open {
            Some(run) => list_progress(self.store(), run.id).await?,
            None => Vec::new(),
        };
        let mut tx = self.store().begin().await?;
        let run_id = match open {
            Some(run) => run.id,
            None => {
                let id = SyncRunId::new(self.clock(), self.random());
                create_run(&mut tx, &SyncRun { id, integration_id, started_at: now, end: None }).await?;
                id
            }
        };
        for rule in rules.iter().filter(|rule| !has_succeeded(&progress, rule.id)) {
            match progress.iter().any(|known| known.sync_rule_id == rule.id) {
                true => reopen_rule(&mut tx, run_id, rule.id).await?,
                false => put_phase(&mut tx, run_id, rule.id, RunPhase::Waiting, None, now).await?,
            }
            let id = WorkId::new(self.clock(), self.random());
            let work = Work {
                id,
                kind: SYNC_WORK.to_owned(),
                subject: rule.id.to_string(),
                due_at: now,
                created_at: now,
            };
            put_work(&mut tx, &work).await?;
        }
        tx.commit().await?;
        Ok(run_id)
    }

    /// Ends a run, with the outcome that its rules had. One that has ended stays as it is.
    pub async fn finish_run(&self, run_id: SyncRunId) -> Result<()> {
        let progress = list_progress(self.store(), run_id).await?;
        let end = end_of_run(&progress, self.clock().now());
        let mut tx = self.store().begin().await?;
        finish_run(&mut tx, run_id, &end).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a rule's part in the run that is open, where it cannot succeed.
    pub(crate) async fn fail_rule(&self, lease: &Lease, problem: &Problem) -> Result<()> {
        self.end_part(lease, Outcome::Failed, problem, None).await
    }

    /// Stops a rule's part in the run that is open, because no more calls may be made. It goes on from its checkpoint in
    /// the next run, which is due at `until`.
    pub(crate) async fn stop_rule(&self, lease: &Lease, problem: &Problem, until: Timestamp) -> Result<()> {
        self.end_part(lease, Outcome::Stopped, problem, Some(until)).await
    }

    async fn end_part(
        &self,
        lease: &Lease,
        outcome: Outcome,
        problem: &Problem,
        due_at: Option<Timestamp>,
    ) -> Result<()> {
        let rule = self.rule_of(lease).await?;
        let run_id = self.open_run_of(rule.id).await?;
        let now = self.clock().now();
        let end = RunEnd { finished_at: now, outcome, problem: Some(problem.clone().into()) };
        let mut tx = self.store().begin().await?;
        fence(&mut tx, lease, now).await?;
        if due_at.is_some() {
            set_due(&mut tx, rule.id, due_at).await?;
        }
        end_rule(&mut tx, lease, run_id, rule.id, &end).await?;
        Ok(tx.commit().await?)
    }

    /// Ends the runs of an integration that are open where they stand.
    pub(crate) async fn stop_runs(&self, tx: &mut Tx, id: IntegrationId, now: Timestamp) -> Result<()> {
        for run in list_open_runs_in(tx, id).await? {
            stop_run(tx, run.id, now).await?;
        }
        Ok(())
    }

    /// Forgets where a rule's read stands, so that the next slice begins it anew from a fresh describe.
    ///
    /// Says whether there was anything to forget: a read that fails at its beginning has just been described.
    pub(crate) async fn forget_position(&self, lease: &Lease) -> Result<bool> {
        let rule = self.rule_of(lease).await?;
        let checkpoint = find_checkpoint(self.store(), rule.id).await?.unwrap_or_default();
        if checkpoint.position == Position::Idle {
            return Ok(false);
        }
        let mut tx = self.store().begin().await?;
        put_checkpoint(&mut tx, lease, rule.id, &Checkpoint::default(), self.clock().now()).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The run in which a rule is being read.
    pub(crate) async fn open_run_of(&self, rule_id: SyncRuleId) -> Result<SyncRunId> {
        let run = find_open_run_of_rule(self.store(), rule_id).await?;
        run.map(|run| run.id).ok_or(Error::NoRun(rule_id))
    }
}

/// Ends a run where it stands: those of its rules that are under way end as stopped.
pub(crate) async fn stop_run(tx: &mut Tx, run_id: SyncRunId, now: Timestamp) -> Result<()> {
    let end = RunEnd { finished_at: now, outcome: Outcome::Stopped, problem: None };
    for rule in lock_progress(tx, run_id).await?.iter().filter(|rule| rule.end.is_none()) {
        finish_rule(tx, run_id, rule.sync_rule_id, &end).await?;
    }
    Ok(finish_run(tx, run_id, &end).await?)
}

/// Stores a rule in place of `before`. Where it reads other records than that did, it is read anew from the start; where it
/// reads other fields, only those are.
pub(crate) async fn save_rule(
    engine: &Engine,
    tx: &mut Tx,
    integration_id: IntegrationId,
    request: &RuleRequest,
    before: Option<&SyncRule>,
) -> Result<SyncRuleId> {
    let now = engine.clock().now();
    let rule = SyncRule {
        id: SyncRuleId::new(engine.clock(), engine.random()),
        integration_id,
        sobject: request.sobject.clone(),
        filter: request.filter.clone(),
        fields: request.fields.clone(),
        cadence_ms: cadence_ms_of(request, before),
        created_at: now,
        updated_at: now,
    };
    match before {
        Some(before) if before.filter != request.filter => forget_checkpoint(tx, before.id).await?,
        // The columns of new fields are filled for themselves.
        Some(before) if before.fields != request.fields => restart_read(tx, before.id).await?,
        _ => {}
    }
    let is_other = before.is_none_or(|before| is_other_read(before, request));
    let id = put_sync_rule(tx, &rule).await?;
    // Another cadence counts from now.
    let is_due = is_other || before.is_some_and(|before| before.cadence_ms != rule.cadence_ms);
    if is_due {
        set_due(tx, id, None).await?;
    }
    Ok(id)
}

/// How often a rule is read from now on.
pub(crate) fn cadence_of(request: &RuleRequest, before: Option<&SyncRule>) -> Duration {
    Duration::from_millis(cadence_ms_of(request, before))
}

fn cadence_ms_of(request: &RuleRequest, before: Option<&SyncRule>) -> u64 {
    match (request.cadence, before) {
        (Some(cadence), _) => cadence.as_millis(),
        (None, Some(before)) => before.cadence_ms,
        (None, None) => Cadence::DEFAULT.as_millis(),
    }
}

/// Whether a rule would read something else than it did before.
pub(crate) fn is_other_read(before: &SyncRule, request: &RuleRequest) -> bool {
    before.filter != request.filter || before.fields != request.fields
}

/// Ends a rule's part in a run, and the run with the last of them; its work is over in the same transaction, so that the
/// next run can want it anew.
pub(crate) async fn end_rule(
    tx: &mut Tx,
    lease: &Lease,
    run_id: SyncRunId,
    rule_id: SyncRuleId,
    end: &RunEnd,
) -> Result<()> {
    finish_rule(tx, run_id, rule_id, end).await?;
    end_run_if_over(tx, run_id, end.finished_at).await?;
    Ok(finish_work(tx, lease, Next::Done, end.finished_at).await?)
}

/// Ends a run whose rules have all ended.
pub(crate) async fn end_run_if_over(tx: &mut Tx, run_id: SyncRunId, now: Timestamp) -> Result<()> {
    let progress = lock_progress(tx, run_id).await?;
    if progress.iter().all(|rule| rule.end.is_some()) {
        finish_run(tx, run_id, &end_of_run(&progress, now)).await?;
    }
    Ok(())
}

/// How a run ends whose rules have come so far.
fn end_of_run(progress: &[RuleProgress], finished_at: Timestamp) -> RunEnd {
    let all_ended = |outcome| progress.iter().all(|rule| outcome_of(rule) == Some(outcome));
    let any_stopped = progress.iter().any(|rule| outcome_of(rule) == Some(Outcome::Stopped));
    let any_failed = progress.iter().any(|rule| outcome_of(rule) == Some(Outcome::Failed));
    let outcome = if all_ended(Outcome::Succeeded) {
        Outcome::Succeeded
    } else if all_ended(Outcome::Failed) {
        Outcome::Failed
    } else if any_stopped && !any_failed {
        Outcome::Stopped
    } else {
        Outcome::PartlyDone
    };
    let problem = progress.iter().find_map(|rule| rule.end.as_ref()?.problem.clone());
    RunEnd { finished_at, outcome, problem }
}

fn has_succeeded(progress: &[RuleProgress], rule: SyncRuleId) -> bool {
    progress.iter().any(|known| known.sync_rule_id == rule && outcome_of(known) == Some(Outcome::Succeeded))
}

fn outcome_of(rule: &RuleProgress) -> Option<Outcome> {
    rule.end.as_ref().map(|end| end.outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Clock, Random, RunCounts};

    #[test]
    fn only_a_rule_that_succeeded_is_left_out_of_a_run_that_goes_on() {
        let (clock, random) = (Clock::System, Random::from_number(1));
        let rule = SyncRuleId::new(&clock, &random);
        let ended = |outcome| RunEnd { finished_at: Timestamp::from_millis(0), outcome, problem: None };
        for (end, expected) in
            [(None, false), (Some(ended(Outcome::Failed)), false), (Some(ended(Outcome::Succeeded)), true)]
        {
            let progress = RuleProgress {
                run_id: SyncRunId::new(&clock, &random),
                sync_rule_id: rule,
                phase: RunPhase::Finished,
                rows_total: None,
                counts: RunCounts::default(),
                started_at: None,
                retried_for: None,
                end,
            };
            assert_eq!(has_succeeded(&[progress], rule), expected);
        }
    }
}
