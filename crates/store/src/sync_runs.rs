//! Sync runs and their progress, which any process can read while they run.

mod progress;

use model::{IntegrationId, Problem, RunEnd, SyncRuleId, SyncRun, SyncRunId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::integrations::IntegrationSpan;
use crate::{Reader, Result, Store, Tx, decode};

pub use progress::{
    add_progress, finish_rule, forget_progress, list_progress, lock_progress, put_phase, put_retry,
    reopen_rule,
};
pub(crate) use progress::{list_last_progress, list_newest_progress, list_progress_between};

#[derive(FromRow)]
struct SyncRunRow {
    sync_run_id: String,
    integration_id: String,
    started_at: i64,
    finished_at: Option<i64>,
    outcome: Option<String>,
    problem_code: Option<String>,
    problem_text: Option<String>,
}

impl TryFrom<SyncRunRow> for SyncRun {
    type Error = crate::Error;

    fn try_from(row: SyncRunRow) -> Result<Self> {
        Ok(Self {
            id: decode::parse("sync run id", &row.sync_run_id)?,
            integration_id: decode::parse("integration id", &row.integration_id)?,
            started_at: Timestamp::from_millis(row.started_at),
            end: run_end(row.finished_at, row.outcome.as_deref(), row.problem_code, row.problem_text)?,
        })
    }
}

/// Puts together how something ended from its columns.
fn run_end(
    finished_at: Option<i64>,
    outcome: Option<&str>,
    code: Option<String>,
    text: Option<String>,
) -> Result<Option<RunEnd>> {
    let (Some(finished_at), Some(outcome)) = (finished_at, outcome) else {
        return Ok(None);
    };
    Ok(Some(RunEnd {
        finished_at: Timestamp::from_millis(finished_at),
        outcome: decode::parse("outcome", outcome)?,
        problem: code.map(|code| Problem { code, text: text.unwrap_or_default() }),
    }))
}

/// Stores a run that begins.
pub async fn create_run(tx: &mut Tx, run: &SyncRun) -> Result<()> {
    let insert = statement(
        "create a sync run",
        "insert into towpath.sync_runs (sync_run_id, integration_id, started_at)
         values ($1, $2, $3)",
    );
    let params = [run.id.as_param(), run.integration_id.as_param(), run.started_at.as_param()];
    tx.execute(insert, &params).await.map(|_| ())
}

/// Stores how a run ended. A run ends once; a second end is ignored.
pub async fn finish_run(tx: &mut Tx, sync_run_id: SyncRunId, end: &RunEnd) -> Result<()> {
    let update = statement(
        "finish a sync run",
        "update towpath.sync_runs
         set finished_at = $2, outcome = $3, problem_code = $4, problem_text = $5
         where sync_run_id = $1 and finished_at is null",
    );
    let code = end.problem.as_ref().map(|problem| problem.code.as_str());
    let text = end.problem.as_ref().map(|problem| problem.text.as_str());
    let params = [
        sync_run_id.as_param(),
        end.finished_at.as_param(),
        end.outcome.as_str().as_param(),
        code.as_param(),
        text.as_param(),
    ];
    tx.execute(update, &params).await.map(|_| ())
}

/// Returns a run.
pub async fn find_run(store: &Store, sync_run_id: SyncRunId) -> Result<Option<SyncRun>> {
    let select = statement(
        "find a sync run",
        "select sync_run_id, integration_id, started_at, finished_at, outcome, problem_code, problem_text
         from towpath.sync_runs
         where sync_run_id = $1",
    );
    let row: Option<SyncRunRow> = store.fetch_optional(select, &[sync_run_id.as_param()]).await?;
    row.map(SyncRun::try_from).transpose()
}

/// Returns a run as the transaction sees it.
pub async fn find_run_in(tx: &mut Tx, sync_run_id: SyncRunId) -> Result<Option<SyncRun>> {
    let select = statement(
        "find a sync run",
        "select sync_run_id, integration_id, started_at, finished_at, outcome, problem_code, problem_text
         from towpath.sync_runs
         where sync_run_id = $1",
    );
    let row: Option<SyncRunRow> = tx.fetch_optional(select, &[sync_run_id.as_param()]).await?;
    row.map(SyncRun::try_from).transpose()
}

const OPEN_RUN: &str =
    "select sync_run_id, integration_id, started_at, finished_at, outcome, problem_code, problem_text
     from towpath.sync_runs
     where integration_id = $1 and finished_at is null
     order by sync_run_id desc
     limit 1";

/// Returns the run of an integration that is under way, the newest where a crash left several.
pub async fn find_open_run(store: &Store, integration_id: IntegrationId) -> Result<Option<SyncRun>> {
    let select = statement("find the open sync run", OPEN_RUN);
    let row: Option<SyncRunRow> = store.fetch_optional(select, &[integration_id.as_param()]).await?;
    row.map(SyncRun::try_from).transpose()
}

/// The same as the transaction sees it.
pub async fn find_open_run_in(tx: &mut Tx, integration_id: IntegrationId) -> Result<Option<SyncRun>> {
    let select = statement("find the open sync run", OPEN_RUN);
    let row: Option<SyncRunRow> = tx.fetch_optional(select, &[integration_id.as_param()]).await?;
    row.map(SyncRun::try_from).transpose()
}

/// Returns all runs of an integration that are under way, as the transaction sees them.
pub async fn list_open_runs_in(tx: &mut Tx, integration_id: IntegrationId) -> Result<Vec<SyncRun>> {
    let select = statement(
        "list the open sync runs",
        "select sync_run_id, integration_id, started_at, finished_at, outcome, problem_code, problem_text
         from towpath.sync_runs
         where integration_id = $1 and finished_at is null
         order by sync_run_id",
    );
    let rows: Vec<SyncRunRow> = tx.fetch_all(select, &[integration_id.as_param()]).await?;
    rows.into_iter().map(SyncRun::try_from).collect()
}

const OPEN_RUN_OF_RULE: &str =
    "select r.sync_run_id, r.integration_id, r.started_at, r.finished_at, r.outcome, r.problem_code, r.problem_text
     from towpath.sync_runs r
     join towpath.sync_run_rules p on p.sync_run_id = r.sync_run_id
     where p.sync_rule_id = $1 and p.finished_at is null and r.finished_at is null
     order by r.sync_run_id desc
     limit 1";

/// Returns the run in which a rule is being read.
pub async fn find_open_run_of_rule(store: &Store, sync_rule_id: SyncRuleId) -> Result<Option<SyncRun>> {
    let select = statement("find the open sync run of a rule", OPEN_RUN_OF_RULE);
    let row: Option<SyncRunRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    row.map(SyncRun::try_from).transpose()
}

/// The same as the transaction sees it.
pub async fn find_open_run_of_rule_in(tx: &mut Tx, sync_rule_id: SyncRuleId) -> Result<Option<SyncRun>> {
    let select = statement("find the open sync run of a rule", OPEN_RUN_OF_RULE);
    let row: Option<SyncRunRow> = tx.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    row.map(SyncRun::try_from).transpose()
}

/// Returns a run of the reader's workspace.
pub async fn find_run_of(store: &Store, reader: &Reader, sync_run_id: SyncRunId) -> Result<Option<SyncRun>> {
    let sql = format!(
        "select r.sync_run_id, r.integration_id, r.started_at, r.finished_at, r.outcome, r.problem_code, r.problem_text
         from towpath.sync_runs r
         join towpath.integrations i on i.integration_id = r.integration_id
         where r.sync_run_id = $1 and {}",
        readable("i", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [sync_run_id.as_param(), workspace_id.as_param(), member.as_param()];
    let row: Option<SyncRunRow> = store.fetch_optional(statement("find a sync run", &sql), &params).await?;
    row.map(SyncRun::try_from).transpose()
}

/// Returns the runs of the reader's workspace, of one integration or all, the newest first, older than `after`.
pub async fn list_runs_of(
    store: &Store,
    reader: &Reader,
    integration_id: Option<IntegrationId>,
    after: Option<SyncRunId>,
    limit: u32,
) -> Result<Vec<SyncRun>> {
    let sql = format!(
        "select r.sync_run_id, r.integration_id, r.started_at, r.finished_at, r.outcome, r.problem_code, r.problem_text
         from towpath.sync_runs r
         join towpath.integrations i on i.integration_id = r.integration_id
         where {} and i.deleted_at is null and ($3 is null or r.integration_id = $3)
             and ($4 is null or r.sync_run_id < $4)
         order by r.sync_run_id desc
         limit $5",
        readable("i", 1, 2)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [
        workspace_id.as_param(),
        member.as_param(),
        integration_id.as_param(),
        after.as_param(),
        limit.as_param(),
    ];
    let rows: Vec<SyncRunRow> = store.fetch_all(statement("list sync runs", &sql), &params).await?;
    rows.into_iter().map(SyncRun::try_from).collect()
}

/// The newest run of each integration that is under way, and the newest that has ended.
const NEWEST_RUNS: &str = "select max(n.sync_run_id) as sync_run_id
         from towpath.sync_runs n
         where n.integration_id in (
             select i.integration_id from towpath.integrations i
             where i.workspace_id = $1 and i.integration_id >= $2 and i.integration_id <= $3
         )
         group by n.integration_id, case when n.finished_at is null then 1 else 0 end";

/// Returns, of integrations from the first to the last of two ids, the newest run that is under way and the newest that
/// has ended.
pub(crate) async fn list_newest_runs(store: &Store, span: &IntegrationSpan) -> Result<Vec<SyncRun>> {
    let sql = format!(
        "select sync_run_id, integration_id, started_at, finished_at, outcome, problem_code, problem_text
         from towpath.sync_runs
         where sync_run_id in ({NEWEST_RUNS})
         order by sync_run_id desc"
    );
    let select = statement("list the newest sync runs", &sql);
    let rows: Vec<SyncRunRow> = store.fetch_all(select, &span.params()).await?;
    rows.into_iter().map(SyncRun::try_from).collect()
}

/// Returns an integration's last runs, the newest first.
pub async fn list_runs(store: &Store, integration_id: IntegrationId, limit: u32) -> Result<Vec<SyncRun>> {
    let select = statement(
        "list sync runs",
        "select sync_run_id, integration_id, started_at, finished_at, outcome, problem_code, problem_text
         from towpath.sync_runs
         where integration_id = $1
         order by sync_run_id desc
         limit $2",
    );
    let params = [integration_id.as_param(), limit.as_param()];
    let rows: Vec<SyncRunRow> = store.fetch_all(select, &params).await?;
    rows.into_iter().map(SyncRun::try_from).collect()
}
