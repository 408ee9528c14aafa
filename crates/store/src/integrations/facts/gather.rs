//! Gathering the facts of integrations: as many statements for many of them as for one.

use std::collections::HashMap;

use model::{
    Connection, ConnectionId, Integration, IntegrationId, Org, OrgId, Problem, RuleProgress, SyncRule,
    SyncRuleId, SyncRun, SyncRunId, WorkspaceId,
};
use salesforce::Timestamp;
use sqlx::FromRow;

use super::{IntegrationFacts, RuleFacts, RunFacts};
use crate::db::{AsParam, Param, statement};
use crate::{Error, Reader, Result, Store, connections, decode, orgs, sync_rules, sync_runs};

/// Integrations of one workspace by their ids: from the first to the last of them.
pub(crate) struct IntegrationSpan {
    workspace_id: WorkspaceId,
    first: IntegrationId,
    last: IntegrationId,
}

/// Gathers what is known of integrations of the reader's workspace, which are in the order of their ids.
pub(super) async fn gather(
    store: &Store,
    reader: &Reader,
    integrations: Vec<Integration>,
    calls_since: Timestamp,
) -> Result<Vec<IntegrationFacts>> {
    let (Some(first), Some(last)) = (integrations.first(), integrations.last()) else {
        return Ok(Vec::new());
    };
    let span = IntegrationSpan { workspace_id: reader.workspace_id(), first: first.id, last: last.id };
    let mut known = Known::gather(store, reader, &span, calls_since).await?;
    let mut facts = Vec::with_capacity(integrations.len());
    for integration in integrations {
        let connection = known.connection(store, reader, integration.connection_id).await?;
        let org = known.orgs.get(&connection.org_id).cloned().ok_or_else(|| missing("org"))?;
        facts.push(known.facts_of(integration, connection, org));
    }
    Ok(facts)
}

fn missing(what: &'static str) -> Error {
    Error::Stored { what, source: "it is missing".into() }
}

/// What is known of a span, by what it belongs to.
struct Known {
    connections: HashMap<ConnectionId, Connection>,
    orgs: HashMap<OrgId, Org>,
    rules: Vec<SyncRule>,
    runs: Vec<SyncRun>,
    progress: Vec<RuleProgress>,
    /// The newest that each rule did in a run that it has ended in, and in one that it has not.
    last_progress: Vec<RuleProgress>,
    checkpoints: HashMap<String, CheckpointRow>,
    field_mappings: HashMap<String, i64>,
    due: HashMap<String, i64>,
    calls: HashMap<String, i64>,
}

#[derive(Clone, Copy, Debug, FromRow)]
struct CheckpointRow {
    complete_until: Option<i64>,
    held_since: Option<i64>,
}

impl Known {
    async fn gather(
        store: &Store,
        reader: &Reader,
        span: &IntegrationSpan,
        calls_since: Timestamp,
    ) -> Result<Self> {
        let workspace_id = reader.workspace_id();
        let connections = connections::list_connections_of(store, reader).await?;
        let orgs = orgs::list_orgs(store, workspace_id).await?;
        Ok(Self {
            connections: connections.into_iter().map(|connection| (connection.id, connection)).collect(),
            orgs: orgs.into_iter().map(|org| (org.id, org)).collect(),
            rules: sync_rules::list_sync_rules_between(store, span).await?,
            runs: sync_runs::list_newest_runs(store, span).await?,
            progress: sync_runs::list_newest_progress(store, span).await?,
            last_progress: sync_runs::list_last_progress(store, span).await?,
            checkpoints: span.checkpoints(store).await?,
            field_mappings: span.numbers(store, FIELD_MAPPINGS, None).await?,
            due: span.numbers(store, DUE, None).await?,
            calls: span.numbers(store, CALLS, Some(calls_since)).await?,
        })
    }

    /// The connection of an integration, which is not among those of the workspace where its grant was given back.
    async fn connection(&mut self, store: &Store, reader: &Reader, id: ConnectionId) -> Result<Connection> {
        if let Some(connection) = self.connections.get(&id) {
            return Ok(connection.clone());
        }
        let found = connections::find_connection_of(store, reader, id).await?;
        found.ok_or_else(|| missing("connection"))
    }

    fn facts_of(&self, integration: Integration, connection: Connection, org: Org) -> IntegrationFacts {
        let key = integration.id.to_string();
        let number = |numbers: &HashMap<String, i64>| numbers.get(&key).copied();
        let count = |numbers| u64::try_from(number(numbers).unwrap_or_default()).unwrap_or_default();
        let rules: Vec<_> = self.rules.iter().filter(|rule| rule.integration_id == integration.id).collect();
        let run = |is_open: bool| {
            let mut runs = self.runs.iter().filter(|run| run.integration_id == integration.id);
            runs.find(|run| run.end.is_none() == is_open).map(|run| self.run_facts(run, &rules))
        };
        IntegrationFacts {
            current_run: run(true),
            last_run: run(false),
            next_run_at: decode::instant(number(&self.due)),
            field_mappings: count(&self.field_mappings),
            calls_since: count(&self.calls),
            rules: rules.iter().map(|rule| self.rule_facts(rule)).collect(),
            integration,
            connection,
            org,
        }
    }

    fn run_facts(&self, run: &SyncRun, rules: &[&SyncRule]) -> RunFacts {
        let of_run = self.progress.iter().filter(|progress| progress.run_id == run.id);
        let named = of_run.filter_map(|progress| {
            let rule = rules.iter().find(|rule| rule.id == progress.sync_rule_id)?;
            Some((rule.sobject.clone(), progress.clone()))
        });
        RunFacts { rules: named.collect(), run: run.clone() }
    }

    fn rule_facts(&self, rule: &SyncRule) -> RuleFacts {
        let checkpoint = self.checkpoints.get(&rule.id.to_string());
        RuleFacts {
            complete_until: checkpoint.and_then(|checkpoint| decode::instant(checkpoint.complete_until)),
            held_since: checkpoint.and_then(|checkpoint| decode::instant(checkpoint.held_since)),
            trouble: self.trouble_of(rule.id),
            rule: rule.clone(),
        }
    }

    /// Why a rule is tried again in the newest run, or else how the newest in which it has ended ended for it.
    fn trouble_of(&self, id: SyncRuleId) -> Option<(SyncRunId, Problem)> {
        let mut own: Vec<_> =
            self.last_progress.iter().filter(|progress| progress.sync_rule_id == id).collect();
        own.sort_by_key(|progress| std::cmp::Reverse(progress.run_id));
        for progress in own {
            if let Some(end) = &progress.end {
                return end.problem.clone().map(|problem| (progress.run_id, problem));
            }
            if let Some(problem) = &progress.retried_for {
                return Some((progress.run_id, problem.clone()));
            }
        }
        None
    }
}

const FIELD_MAPPINGS: &str = "select integration_id as id, count(*) as number
     from towpath.field_mappings
     where integration_id in (
             select i.integration_id from towpath.integrations i
             where i.workspace_id = $1 and i.integration_id >= $2 and i.integration_id <= $3
         )
     group by integration_id";

const DUE: &str = "select subject as id, next_due_at as number
     from towpath.work
     where kind = 'schedule' and subject in (
             select i.integration_id from towpath.integrations i
             where i.workspace_id = $1 and i.integration_id >= $2 and i.integration_id <= $3
         )";

const CALLS: &str =
    "select runs.integration_id as id, cast(coalesce(sum(rules.calls), 0) as bigint) as number
     from towpath.sync_runs as runs
     join towpath.sync_run_rules as rules on rules.sync_run_id = runs.sync_run_id
     where runs.integration_id in (
             select i.integration_id from towpath.integrations i
             where i.workspace_id = $1 and i.integration_id >= $2 and i.integration_id <= $3
         ) and runs.started_at >= $4
     group by runs.integration_id";

impl IntegrationSpan {
    /// The workspace, the first and the last, as the first three parameters of a statement.
    pub(crate) fn params(&self) -> [Param<'_>; 3] {
        [self.workspace_id.as_param(), self.first.as_param(), self.last.as_param()]
    }

    async fn numbers(
        &self,
        store: &Store,
        sql: &str,
        since: Option<Timestamp>,
    ) -> Result<HashMap<String, i64>> {
        #[derive(FromRow)]
        struct NumberRow {
            id: String,
            number: i64,
        }
        let mut params = self.params().to_vec();
        params.extend(since.as_ref().map(AsParam::as_param));
        let rows: Vec<NumberRow> = store.fetch_all(statement("count for integrations", sql), &params).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.number)).collect())
    }

    async fn checkpoints(&self, store: &Store) -> Result<HashMap<String, CheckpointRow>> {
        #[derive(FromRow)]
        struct KeyedRow {
            sync_rule_id: String,
            complete_until: Option<i64>,
            held_since: Option<i64>,
        }
        let select = statement(
            "list checkpoints",
            "select c.sync_rule_id, c.complete_until, c.held_since
             from towpath.checkpoints c
             join towpath.sync_rules r on r.sync_rule_id = c.sync_rule_id
             where r.integration_id in (
             select i.integration_id from towpath.integrations i
             where i.workspace_id = $1 and i.integration_id >= $2 and i.integration_id <= $3
         )",
        );
        let rows: Vec<KeyedRow> = store.fetch_all(select, &self.params()).await?;
        let keyed = rows.into_iter().map(|row| {
            let KeyedRow { sync_rule_id, complete_until, held_since } = row;
            (sync_rule_id, CheckpointRow { complete_until, held_since })
        });
        Ok(keyed.collect())
    }
}
