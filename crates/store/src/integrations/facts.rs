//! What is known of integrations, gathered for those who look at them.

mod gather;

use model::{
    Connection, Integration, IntegrationId, Org, Problem, RuleProgress, SyncRule, SyncRun, SyncRunId,
};
use salesforce::{SObjectName, Timestamp};

use super::IntegrationRow;
use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::{Reader, Result, Store, sync_rules, sync_runs};
use gather::gather;

pub(crate) use gather::IntegrationSpan;

/// What is known of an integration.
#[derive(Clone, Debug)]
pub struct IntegrationFacts {
    /// The integration.
    pub integration: Integration,
    /// The connection it reads through.
    pub connection: Connection,
    /// The org.
    pub org: Org,
    /// Its rules.
    pub rules: Vec<RuleFacts>,
    /// How many field mappings it has.
    pub field_mappings: u64,
    /// The run under way.
    pub current_run: Option<RunFacts>,
    /// The run that ended last.
    pub last_run: Option<RunFacts>,
    /// When its schedule is due.
    pub next_run_at: Option<Timestamp>,
    /// API calls of the runs that began since an instant.
    pub calls_since: u64,
}

/// What is known of a rule.
#[derive(Clone, Debug)]
pub struct RuleFacts {
    /// The rule.
    pub rule: SyncRule,
    /// Up to when the copy has everything.
    pub complete_until: Option<Timestamp>,
    /// Since when a transaction that is still open in the org holds that back.
    pub held_since: Option<Timestamp>,
    /// Why it is tried again, or else what went wrong the last time it ended, and the run in which.
    pub trouble: Option<(SyncRunId, Problem)>,
}

/// What is known of a run.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// The run.
    pub run: SyncRun,
    /// How far its rules have come, and the sObject of each.
    pub rules: Vec<(SObjectName, RuleProgress)>,
}

/// Returns what is known of an integration of the reader's workspace. Calls are counted since `calls_since`.
pub async fn find_integration_facts(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    calls_since: Timestamp,
) -> Result<Option<IntegrationFacts>> {
    match super::find_integration_of(store, reader, integration_id).await? {
        Some(integration) => Ok(gather(store, reader, vec![integration], calls_since).await?.pop()),
        None => Ok(None),
    }
}

/// Returns what is known of the integrations of the reader's workspace, the oldest first, those made after `after`.
pub async fn list_integration_facts(
    store: &Store,
    reader: &Reader,
    after: Option<IntegrationId>,
    limit: u32,
    calls_since: Timestamp,
) -> Result<Vec<IntegrationFacts>> {
    let sql = format!(
        "select i.integration_id, i.workspace_id, i.connection_id, i.slug, i.name, i.mode, i.created_at, i.paused_at,
             i.paused_by, i.deleted_at
         from towpath.integrations i
         where {} and i.deleted_at is null and ($3 is null or i.integration_id > $3)
         order by i.integration_id
         limit $4",
        readable("i", 1, 2)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [workspace_id.as_param(), member.as_param(), after.as_param(), limit.as_param()];
    let rows: Vec<IntegrationRow> = store.fetch_all(statement("list integrations", &sql), &params).await?;
    let integrations = rows.into_iter().map(Integration::try_from).collect::<Result<_>>()?;
    gather(store, reader, integrations, calls_since).await
}

/// Returns what is known of a run of the reader's workspace.
pub async fn find_run_facts(
    store: &Store,
    reader: &Reader,
    sync_run_id: SyncRunId,
) -> Result<Option<RunFacts>> {
    let Some(run) = sync_runs::find_run_of(store, reader, sync_run_id).await? else { return Ok(None) };
    let rules = sync_rules::list_sync_rules(store, run.integration_id).await?;
    run_facts(store, run, &rules).await.map(Some)
}

/// Returns what is known of runs of the reader's workspace, of one integration or all, the newest first, older than
/// `after`.
pub async fn list_run_facts(
    store: &Store,
    reader: &Reader,
    integration_id: Option<IntegrationId>,
    after: Option<SyncRunId>,
    limit: u32,
) -> Result<Vec<RunFacts>> {
    let runs = sync_runs::list_runs_of(store, reader, integration_id, after, limit).await?;
    let Some(span) = runs.last().zip(runs.first()).map(|(oldest, newest)| (oldest.id, newest.id)) else {
        return Ok(Vec::new());
    };
    let mut progress = sync_runs::list_progress_between(store, reader, integration_id, span).await?;
    let facts = runs.into_iter().map(|run| {
        // Both are in the order of the runs, one the newest first.
        let first = progress.partition_point(|(_, progress)| progress.run_id < run.id);
        let mut rules = progress.split_off(first);
        rules.retain(|(_, progress)| progress.run_id == run.id);
        RunFacts { run, rules }
    });
    Ok(facts.collect())
}

async fn run_facts(store: &Store, run: SyncRun, rules: &[SyncRule]) -> Result<RunFacts> {
    let progress = sync_runs::list_progress(store, run.id).await?;
    let named = progress.into_iter().filter_map(|progress| {
        let rule = rules.iter().find(|rule| rule.id == progress.sync_rule_id)?;
        Some((rule.sobject.clone(), progress))
    });
    Ok(RunFacts { rules: named.collect(), run })
}
