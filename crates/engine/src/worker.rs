//! A worker: claims the work that is longest due, runs a slice of it, and notes what comes next.

use std::time::Duration;

use model::{Problem, Random};
use salesforce::{Retry, Timestamp};
use store::{
    sync_runs::put_retry,
    work::{Lease, Next, claim_work, fence, find_next_due, finish_work, renew},
};

use crate::{
    backoff::pause_after,
    connect_flow::FLOW_WORK,
    engine::Engine,
    error::{Error, Result},
    probes::PROBE_WORK,
    problem::full_text,
    revocation::REVOKE_WORK,
    run::SYNC_WORK,
    schedule::SCHEDULE_WORK,
};

/// A lease lasts this long. Whoever does not renew it in time is taken for dead.
const LEASE: Duration = Duration::from_secs(10);
/// A lease is renewed this often while a slice is under way.
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// A worker without work looks again at the latest after this long.
pub(crate) const LONGEST_NAP: Duration = Duration::from_millis(500);

/// When a worker gives work up rather than try again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Failures in a row.
    pub most_attempts: u64,
    /// The longest wait that is waited for.
    pub longest_wait: Duration,
}

impl Patience {
    /// That of a server, which nobody waits for: it tries for hours before a rule has failed in its run.
    pub fn of_server() -> Self {
        Self { most_attempts: 40, longest_wait: Duration::from_secs(2 * 3_600) }
    }

    /// How long to wait after an error that `attempts` others came before; `None` gives up.
    fn wait(self, error: &Error, attempts: u64, random: &Random) -> Option<Duration> {
        let asked = match error.retry() {
            Retry::Now => Duration::ZERO,
            // A fresh describe may help once; the same request again does not.
            Retry::Shrink if attempts == 0 => Duration::ZERO,
            Retry::Later(wait) => wait.unwrap_or_default(),
            Retry::Shrink | Retry::Reauth | Retry::WhenFixed(_) | Retry::Row | Retry::Bug => return None,
        };
        let is_patient = attempts + 1 < self.most_attempts && asked <= self.longest_wait;
        is_patient.then(|| pause_after(attempts, random).min(self.longest_wait).max(asked))
    }
}

/// What a worker did, or what it waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// It ran a slice.
    Worked,
    /// No work can be claimed before this instant.
    Waits(Timestamp),
    /// There is no work, now or later.
    Done,
}

/// Works until there is neither work that is due nor work that will be.
///
/// A rule that fails for good is ended in its run, with the problem; the others go on. A database that restarts is waited
/// for.
///
/// # Errors
/// The store cannot be used.
pub async fn run_worker(engine: &Engine, patience: Patience) -> Result<()> {
    let mut failures = 0;
    loop {
        match run_next(engine, patience).await {
            Ok(Step::Worked) => failures = 0,
            Ok(Step::Waits(due_at)) => tokio::time::sleep(nap(engine.clock().now(), due_at)).await,
            Ok(Step::Done) => return Ok(()),
            Err(error) => {
                let wait = patience.wait(&error, failures, engine.random());
                let Some(wait) = wait.filter(|_| error.is_of_store()) else { return Err(error) };
                tracing::warn!(error = full_text(&error), "the store failed and is tried again");
                failures += 1;
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Runs a slice of the work that is longest due, if any is.
///
/// # Errors
/// The store cannot be used.
pub async fn run_next(engine: &Engine, patience: Patience) -> Result<Step> {
    if let Some(lease) = claim_next(engine).await? {
        run_claimed(engine, &lease, patience).await?;
        return Ok(Step::Worked);
    }
    Ok(find_next_due(engine.store()).await?.map_or(Step::Done, Step::Waits))
}

/// Claims the work that is longest due, if any is.
pub(crate) async fn claim_next(engine: &Engine) -> Result<Option<Lease>> {
    let now = engine.clock().now();
    Ok(claim_work(engine.store(), engine.owner(), LEASE.as_millis() as u64, now).await?)
}

fn nap(now: Timestamp, due_at: Timestamp) -> Duration {
    let ms = u64::try_from(due_at.as_millis() - now.as_millis()).unwrap_or(0);
    Duration::from_millis(ms).clamp(Duration::from_millis(1), LONGEST_NAP)
}

/// Runs a slice of work that was claimed, and notes what comes next.
///
/// # Errors
/// The store cannot be used.
pub async fn run_claimed(engine: &Engine, lease: &Lease, patience: Patience) -> Result<()> {
    let outcome = tokio::select! {
        outcome = run_kind(engine, lease) => outcome,
        lost = keep_lease(engine, lease) => Err(lost),
    };
    let (next, problem) = match outcome {
        Ok(Some(next)) => (next, None),
        Ok(None) => return Ok(()),
        Err(error) if error.is_lease_lost() => {
            tracing::info!(work.id = %lease.work_id, "another worker has taken over");
            return Ok(());
        }
        Err(error) => after_failure(engine, lease, patience, error).await?,
    };
    match end_slice(engine, lease, next, problem.as_ref()).await {
        Err(store::Error::LeaseLost) => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// Runs a slice by the kind of its work. `None` where the slice has ended its work itself, with what it did.
async fn run_kind(engine: &Engine, lease: &Lease) -> Result<Option<Next>> {
    match lease.kind.as_str() {
        SYNC_WORK => Ok(Some(engine.run_slice(lease).await?).filter(|next| *next != Next::Done)),
        SCHEDULE_WORK => engine.run_schedule(lease).await.map(|()| None),
        FLOW_WORK => engine.tidy_flow(lease).await.map(Some),
        REVOKE_WORK => engine.run_revoke(lease).await.map(|()| None),
        PROBE_WORK => engine.probe_grants().await.map(Some),
        _ => Err(Error::SubjectGone(lease.kind.clone())),
    }
}

/// Ends a slice, with what comes next and, of a rule that is tried again, why.
async fn end_slice(
    engine: &Engine,
    lease: &Lease,
    next: Next,
    problem: Option<&Problem>,
) -> store::Result<()> {
    let now = engine.clock().now();
    let mut tx = engine.store().begin().await?;
    if (problem.is_some() || lease.attempt > 0)
        && lease.kind == SYNC_WORK
        && let Ok(sync_rule_id) = lease.subject.parse()
    {
        fence(&mut tx, lease, now).await?;
        put_retry(&mut tx, sync_rule_id, problem).await?;
    }
    finish_work(&mut tx, lease, next, now).await?;
    tx.commit().await
}

/// Renews the lease until it is lost.
async fn keep_lease(engine: &Engine, lease: &Lease) -> Error {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        match renew(engine.store(), lease, engine.clock().now()).await {
            Err(store::Error::LeaseLost) => return store::Error::LeaseLost.into(),
            // The next commit of the slice says what is wrong with the store.
            Err(error) => tracing::debug!(error = full_text(&error), "could not renew a lease"),
            Ok(()) => {}
        }
    }
}

/// Decides between another try, with what a person is told meanwhile, and giving the rule up for this run.
async fn after_failure(
    engine: &Engine,
    lease: &Lease,
    patience: Patience,
    error: Error,
) -> Result<(Next, Option<Problem>)> {
    if matches!(error, Error::SubjectGone(_) | Error::RuleGone(_) | Error::NoRun(_)) {
        tracing::warn!(work.id = %lease.work_id, error = full_text(&error), "work on what is gone is dropped");
        return Ok((Next::Done, None));
    }
    let refusal = engine.note_limits(lease, &error).await?;
    if lease.kind != SYNC_WORK {
        if let Some(refusal) = refusal {
            return Ok((Next::Wait(refusal.until), None));
        }
        let wait = pause_after(lease.attempt, engine.random());
        tracing::warn!(work.id = %lease.work_id, error = full_text(&error), "work failed and is tried again");
        return Ok((Next::Retry(engine.clock().now() + wait), None));
    }
    if let Some(refusal) = refusal {
        let problem = Error::BudgetSpent(refusal).problem();
        tracing::info!(work.id = %lease.work_id, code = problem.code, until = %refusal.until, "a rule stops until calls may be made again");
        return engine.stop_rule(lease, &problem, refusal.until).await.map(|()| (Next::Done, None));
    }
    if error.is_version_refused() && lease.attempt == 0 {
        tracing::info!(work.id = %lease.work_id, error = full_text(&error), "the org is asked which versions it has");
        engine.forget_client_of(lease).await?;
        return Ok((Next::Retry(engine.clock().now()), Some(error.problem().into())));
    }
    engine.note_obstacle_of(lease, &error).await?;
    // What a fresh describe cannot make smaller stays as it is.
    let is_hopeless = error.retry() == Retry::Shrink && !engine.forget_position(lease).await?;
    let wait = patience.wait(&error, lease.attempt, engine.random());
    if let Some(wait) = wait.filter(|_| !is_hopeless) {
        tracing::warn!(work.id = %lease.work_id, work.attempt = lease.attempt, error = full_text(&error), "a slice failed and is tried again");
        return Ok((Next::Retry(engine.clock().now() + wait), Some(error.problem().into())));
    }
    let problem = error.problem();
    tracing::info!(work.id = %lease.work_id, code = problem.code, error = full_text(&error), "a rule failed");
    match engine.fail_rule(lease, &problem).await {
        Ok(()) => Ok((Next::Done, None)),
        // What stopped the slice stops the noting of it too: a full disk, a database that is gone.
        Err(noting) if !noting.is_lease_lost() => Err(error),
        Err(lost) => Err(lost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends_with_its_tries_or_a_wait_that_is_too_long() {
        let patience = Patience { most_attempts: 8, longest_wait: Duration::from_secs(60) };
        let random = Random::from_number(7);
        let wait = |error: &Error, attempts| patience.wait(error, attempts, &random);
        let cut = || Error::PageCut { source: std::io::ErrorKind::UnexpectedEof.into() };

        // The pause itself never outgrows the patience.
        assert!(
            (0..7).all(|attempts| wait(&cut(), attempts).is_some_and(|wait| wait <= patience.longest_wait))
        );
        assert_eq!(wait(&cut(), 7), None);
        assert_eq!(wait(&Error::PageTooLarge, 0), None);
    }
}
