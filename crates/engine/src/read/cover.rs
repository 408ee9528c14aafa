//! Up to when an org's changes are all visible.
//!
//! A transaction that is still open may yet commit records with a SystemModstamp of long ago. `latestDateCovered` of the
//! "get updated" resource tells how far back such transactions reach (REST API Developer Guide, sObject Get Updated).
//! What it covers is visible to every read that begins after the question, so it is asked first, once for all rules of an
//! org that begin about then.

use std::{sync::Arc, time::Duration};

use model::{OrgId, SyncRule, SyncRuleId};
use salesforce::{Retry, SObjectName, Timestamp, describe::SObjectDescribe};
use store::{
    Tx,
    budgets::{find_cover, find_org_of, put_cover},
    checkpoints::{Hold, find_covered, find_hold_in, put_held},
    sobject_describes::find_sobject_describe,
    sweeps::bring_sweep_forward,
    sync_rules::list_sync_rules,
};

use crate::{
    backoff::call_again,
    engine::Engine,
    error::{Error, Result},
    org_client::OrgClient,
    rule_context::RuleContext,
};

/// The span that is asked about. The resource wants at least a minute and ignores seconds.
const LOOK_BACK: Duration = Duration::from_secs(120);

/// Up to when the copy is complete once a read has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Completion {
    pub(crate) complete_until: Timestamp,
    /// Since when a transaction in the org holds it back.
    pub(crate) held_since: Option<Timestamp>,
}

impl Completion {
    /// The start of the read less the overlap, or earlier where the org did not cover as much before the read began. It is
    /// not believed for longer than `longest_hold`.
    pub(crate) fn of_read(
        started_at: Timestamp,
        overlap: Duration,
        longest_hold: Duration,
        covered: Option<Timestamp>,
    ) -> Self {
        let by_overlap = started_at - overlap;
        let held_since = covered.filter(|covered| *covered < by_overlap);
        let held = held_since.map(|covered| covered.max(started_at - longest_hold));
        Self { complete_until: held.unwrap_or(by_overlap), held_since }
    }
}

/// Up to when a rule's copy is complete once the read that began at `started_at` is over.
pub(crate) async fn completion_of(
    engine: &Engine,
    context: &RuleContext,
    started_at: Timestamp,
) -> Result<Completion> {
    let covered = find_covered(engine.store(), context.rule.id).await?;
    let config = engine.config();
    Ok(Completion::of_read(started_at, config.overlap, config.longest_hold, covered))
}

/// Notes what holds a rule's checkpoint back, before the checkpoint moves.
///
/// Where a transaction is over that was not waited for to its end, the rule is swept after its next read: what it changed
/// may have stamps from before the checkpoint, so that only a comparison of all ids finds it.
pub(crate) async fn note_hold(
    tx: &mut Tx,
    rule_id: SyncRuleId,
    completion: Completion,
    now: Timestamp,
) -> Result<()> {
    let is_over = |hold: Hold| completion.held_since.is_none_or(|since| since > hold.since);
    if find_hold_in(tx, rule_id).await?.is_some_and(|hold| hold.is_cut() && is_over(hold)) {
        bring_sweep_forward(tx, rule_id, now).await?;
    }
    Ok(put_held(tx, rule_id, completion.held_since).await?)
}

/// Asks an org up to when its changes are visible, unless another rule just did. `None` where no sObject among the
/// integration's rules is replicateable or the org refuses to say: then the overlap stands alone. No answer is not a
/// refusal.
pub(crate) async fn covered_until(
    engine: &Engine,
    rule: &SyncRule,
    client: &OrgClient,
    describe: &SObjectDescribe,
) -> Result<Option<Timestamp>> {
    let connection_id = engine.connection_id_of(rule).await?;
    let Some(org_id) = find_org_of(engine.store(), connection_id).await? else { return Ok(None) };
    let lock = engine.cover_lock(org_id);
    let _asking = lock.lock().await;
    let now = engine.org_now(client)?;
    if let Some(covered) = just_covered(engine, org_id, now).await? {
        return Ok(Some(covered));
    }
    let Some(sobject) = replicateable(engine, rule, describe).await? else { return Ok(None) };
    let updated = call_again(engine.random(), || client.updated(&sobject, now - LOOK_BACK, now)).await;
    match updated {
        Ok(updated) => {
            let covered = updated.latest_date_covered;
            put_cover(engine.store(), org_id, covered, now).await?;
            Ok(Some(covered))
        }
        Err(error) if matches!(error.retry(), Retry::Now | Retry::Later(_) | Retry::Reauth) => {
            Err(Error::call(format!("ask up to when changes of {sobject} are visible"))(error))
        }
        Err(error) => {
            tracing::debug!(error = %error, "the org does not say up to when its changes are visible");
            Ok(None)
        }
    }
}

/// For how long an answer serves other reads too. It costs nothing while it is shorter than the overlap, by which a read
/// reaches back anyway.
pub(crate) fn cover_reused_for(engine: &Engine) -> Duration {
    engine.config().overlap / 2
}

/// What the org said lately enough, by its own clock.
async fn just_covered(engine: &Engine, org_id: OrgId, now: Timestamp) -> Result<Option<Timestamp>> {
    let known = find_cover(engine.store(), org_id).await?;
    let is_fresh = |asked_at: Timestamp| asked_at <= now && now.since(asked_at) < cover_reused_for(engine);
    Ok(known.filter(|(_, asked_at)| is_fresh(*asked_at)).map(|(covered, _)| covered))
}

/// The rule's own sObject where changes of it are tracked, else that of another rule.
async fn replicateable(
    engine: &Engine,
    rule: &SyncRule,
    describe: &SObjectDescribe,
) -> Result<Option<SObjectName>> {
    if describe.summary.replicateable {
        return Ok(Some(rule.sobject.clone()));
    }
    let connection_id = engine.connection_id_of(rule).await?;
    for other in list_sync_rules(engine.store(), rule.integration_id).await? {
        let known = find_sobject_describe(engine.store(), connection_id, &other.sobject).await?;
        if known.is_some_and(|(describe, _)| describe.summary.replicateable) {
            return Ok(Some(other.sobject));
        }
    }
    Ok(None)
}

impl Engine {
    /// Whoever holds it asks an org up to when its changes are visible; the others of this process wait for the answer.
    fn cover_lock(&self, org_id: OrgId) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.cover_locks().lock().expect("nothing panics while it holds the locks");
        Arc::clone(locks.entry(org_id).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_transaction_holds_the_checkpoint_back_but_not_for_ever() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        for (covered, complete_until, held_since) in [
            (None, at(990), None),
            (Some(at(1_000)), at(990), None),
            (Some(at(990)), at(990), None),
            (Some(at(900)), at(900), Some(at(900))),
            (Some(at(10)), at(640), Some(at(10))),
        ] {
            let found = Completion::of_read(at(1_000), minutes(10), minutes(360), covered);
            assert_eq!(found, Completion { complete_until, held_since }, "{covered:?}");
        }
    }
}
