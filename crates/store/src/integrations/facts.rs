//! What is known of integrations, gathered for those who look at them.

use model::{Connection, Integration, IntegrationId, Org, Problem, RuleProgress, SyncRule, SyncRun};
use salesforce::{SObjectName, Timestamp};
use sqlx::FromRow;

use super::IntegrationRow;
use crate::db::{AsParam, statement};
use crate::{
    Error, Reader, Result, Store, checkpoints, connections, decode, field_mappings, orgs, sync_rules,
    sync_runs,
};

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
    /// Why it is tried again, or else what went wrong the last time it ended.
    pub problem: Option<Problem>,
}

/// What is known of a run.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// The run.
    pub run: SyncRun,
    /// How far its rules have come, and the sObject of each.
    pub rules: Vec<(SObjectName, RuleProgress)>,
}

#[derive(FromRow)]
struct NumberRow {
    number: i64,
}

/// Returns what is known of an integration of the reader's workspace. Calls are counted since `calls_since`.
pub async fn find_integration_facts(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    calls_since: Timestamp,
) -> Result<Option<IntegrationFacts>> {
    match super::find_integration_of(store, reader, integration_id).await? {
        Some(integration) => gather(store, reader, integration, calls_since).await.map(Some),
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
    let select = statement(
        "list integrations",
        "select integration_id, workspace_id, connection_id, slug, name, mode, created_at, paused_at, paused_by, deleted_at
         from towpath.integrations
         where workspace_id = $1 and deleted_at is null and ($2 is null or integration_id > $2)
         order by integration_id
         limit $3",
    );
    let workspace_id = reader.workspace_id();
    let params = [workspace_id.as_param(), after.as_param(), limit.as_param()];
    let rows: Vec<IntegrationRow> = store.fetch_all(select, &params).await?;
    let mut facts = Vec::with_capacity(rows.len());
    for row in rows {
        facts.push(gather(store, reader, Integration::try_from(row)?, calls_since).await?);
    }
    Ok(facts)
}

/// Returns what is known of a run of the reader's workspace.
pub async fn find_run_facts(
    store: &Store,
    reader: &Reader,
    sync_run_id: model::SyncRunId,
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
    after: Option<model::SyncRunId>,
    limit: u32,
) -> Result<Vec<RunFacts>> {
    let runs = sync_runs::list_runs_of(store, reader, integration_id, after, limit).await?;
    let mut facts = Vec::with_capacity(runs.len());
    for run in runs {
        let rules = sync_rules::list_sync_rules(store, run.integration_id).await?;
        facts.push(run_facts(store, run, &rules).await?);
    }
    Ok(facts)
}

async fn gather(
    store: &Store,
    reader: &Reader,
    integration: Integration,
    calls_since: Timestamp,
) -> Result<IntegrationFacts> {
    let gone = |what: &'static str| Error::Stored { what, source: "it is missing".into() };
    let connection = connections::find_connection_of(store, reader, integration.connection_id).await?;
    let connection = connection.ok_or_else(|| gone("connection"))?;
    let org = orgs::find_org(store, connection.org_id).await?.ok_or_else(|| gone("org"))?;
    let rules = sync_rules::list_sync_rules(store, integration.id).await?;
    let runs = sync_runs::list_runs_of(store, reader, Some(integration.id), None, 2).await?;
    let (mut current_run, mut last_run) = (None, None);
    for run in runs {
        let slot = if run.end.is_none() { &mut current_run } else { &mut last_run };
        if slot.is_none() {
            *slot = Some(run_facts(store, run, &rules).await?);
        }
    }
    let mut known_rules = Vec::with_capacity(rules.len());
    for rule in rules {
        let checkpoint = checkpoints::find_checkpoint(store, rule.id).await?;
        known_rules.push(RuleFacts {
            complete_until: checkpoint.and_then(|checkpoint| checkpoint.complete_until),
            problem: find_problem(&rule, [current_run.as_ref(), last_run.as_ref()]),
            rule,
        });
    }
    Ok(IntegrationFacts {
        field_mappings: field_mappings::count_field_mappings(store, integration.id).await?,
        next_run_at: find_due(store, integration.id).await?,
        calls_since: count_calls(store, integration.id, calls_since).await?,
        rules: known_rules,
        integration,
        connection,
        org,
        current_run,
        last_run,
    })
}

/// Why a rule is tried again in the newest of some runs, or else how the newest in which it has ended ended for it.
fn find_problem<const N: usize>(rule: &SyncRule, newest_first: [Option<&RunFacts>; N]) -> Option<Problem> {
    for run in newest_first.into_iter().flatten() {
        let known = run.rules.iter().find(|(_, progress)| progress.sync_rule_id == rule.id);
        let Some((_, progress)) = known else { continue };
        if let Some(end) = &progress.end {
            return end.problem.clone();
        }
        if progress.retried_for.is_some() {
            return progress.retried_for.clone();
        }
    }
    None
}

async fn run_facts(store: &Store, run: SyncRun, rules: &[SyncRule]) -> Result<RunFacts> {
    let progress = sync_runs::list_progress(store, run.id).await?;
    let named = progress.into_iter().filter_map(|progress| {
        let rule = rules.iter().find(|rule| rule.id == progress.sync_rule_id)?;
        Some((rule.sobject.clone(), progress))
    });
    Ok(RunFacts { rules: named.collect(), run })
}

async fn find_due(store: &Store, integration_id: IntegrationId) -> Result<Option<Timestamp>> {
    let select = statement(
        "find when a schedule is due",
        "select next_due_at as number
         from towpath.work
         where kind = 'schedule' and subject = $1",
    );
    let row: Option<NumberRow> = store.fetch_optional(select, &[integration_id.as_param()]).await?;
    Ok(row.map(|row| Timestamp::from_millis(row.number)))
}

async fn count_calls(store: &Store, integration_id: IntegrationId, since: Timestamp) -> Result<u64> {
    let select = statement(
        "count API calls",
        "select cast(coalesce(sum(rules.calls), 0) as bigint) as number
         from towpath.sync_runs as runs
         join towpath.sync_run_rules as rules on rules.sync_run_id = runs.sync_run_id
         where runs.integration_id = $1 and runs.started_at >= $2",
    );
    let row: Option<NumberRow> =
        store.fetch_optional(select, &[integration_id.as_param(), since.as_param()]).await?;
    row.map_or(Ok(0), |row| decode::count("number of calls", row.number))
}
