//! How far each rule of a run has come.

use model::{IntegrationId, Problem, RuleProgress, RunCounts, RunEnd, RunPhase, SyncRuleId, SyncRunId};
use salesforce::{SObjectName, Timestamp};
use sqlx::FromRow;

use super::{NEWEST_RUNS, run_end};
use crate::access::readable;
use crate::db::{AsParam, statement};
use crate::integrations::IntegrationSpan;
use crate::{Reader, Result, Store, Tx, decode};

#[derive(FromRow)]
struct ProgressRow {
    sync_rule_id: String,
    phase: String,
    rows_total: Option<i64>,
    rows_read: i64,
    inserted: i64,
    updated: i64,
    unchanged: i64,
    gone: i64,
    rejected: i64,
    calls: i64,
    bytes: i64,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    outcome: Option<String>,
    problem_code: Option<String>,
    problem_text: Option<String>,
}

impl ProgressRow {
    fn into_progress(self, run_id: SyncRunId) -> Result<RuleProgress> {
        let count = |number| decode::count("count of a sync run", number);
        let (code, text) = (self.problem_code.clone(), self.problem_text.clone());
        let end = run_end(self.finished_at, self.outcome.as_deref(), code, text)?;
        let problem =
            self.problem_code.map(|code| Problem { code, text: self.problem_text.unwrap_or_default() });
        Ok(RuleProgress {
            run_id,
            sync_rule_id: decode::parse("sync rule id", &self.sync_rule_id)?,
            phase: decode::parse("phase", &self.phase)?,
            rows_total: self.rows_total.map(count).transpose()?,
            counts: RunCounts {
                rows_read: count(self.rows_read)?,
                inserted: count(self.inserted)?,
                updated: count(self.updated)?,
                unchanged: count(self.unchanged)?,
                gone: count(self.gone)?,
                rejected: count(self.rejected)?,
                calls: count(self.calls)?,
                bytes: count(self.bytes)?,
            },
            started_at: decode::instant(self.started_at),
            retried_for: problem.filter(|_| end.is_none()),
            end,
        })
    }
}

/// Stores what a rule is doing in a run, and how many records there are, once known.
///
/// The first phase other than [`RunPhase::Waiting`] begins the rule.
pub async fn put_phase(
    tx: &mut Tx,
    sync_run_id: SyncRunId,
    sync_rule_id: SyncRuleId,
    phase: RunPhase,
    rows_total: Option<u64>,
    now: Timestamp,
) -> Result<()> {
    let upsert = statement(
        "store the phase of a sync run",
        "insert into towpath.sync_run_rules as stored (sync_run_id, sync_rule_id, phase, rows_total, started_at)
         values ($1, $2, $3, $4, $5)
         on conflict (sync_run_id, sync_rule_id) do update
         set phase = excluded.phase, rows_total = coalesce(excluded.rows_total, stored.rows_total),
             started_at = coalesce(stored.started_at, excluded.started_at)",
    );
    let started_at = (phase != RunPhase::Waiting).then_some(now);
    let params = [
        sync_run_id.as_param(),
        sync_rule_id.as_param(),
        phase.as_str().as_param(),
        rows_total.as_param(),
        started_at.as_param(),
    ];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Adds to what a rule did in a run, in the transaction that does it.
pub async fn add_progress(
    tx: &mut Tx,
    sync_run_id: SyncRunId,
    sync_rule_id: SyncRuleId,
    more: &RunCounts,
) -> Result<()> {
    let update = statement(
        "store the progress of a sync run",
        "update towpath.sync_run_rules
         set rows_read = rows_read + $3, inserted = inserted + $4, updated = updated + $5,
             unchanged = unchanged + $6, gone = gone + $7, rejected = rejected + $8, calls = calls + $9,
             bytes = bytes + $10
         where sync_run_id = $1 and sync_rule_id = $2",
    );
    let params = [
        sync_run_id.as_param(),
        sync_rule_id.as_param(),
        more.rows_read.as_param(),
        more.inserted.as_param(),
        more.updated.as_param(),
        more.unchanged.as_param(),
        more.gone.as_param(),
        more.rejected.as_param(),
        more.calls.as_param(),
        more.bytes.as_param(),
    ];
    tx.execute(update, &params).await.map(|_| ())
}

/// Stores why a rule of the open run is tried again; `None` once it went well.
pub async fn put_retry(tx: &mut Tx, sync_rule_id: SyncRuleId, problem: Option<&Problem>) -> Result<()> {
    let update = statement(
        "store why a rule is tried again",
        "update towpath.sync_run_rules
         set problem_code = $2, problem_text = $3
         where sync_rule_id = $1 and finished_at is null and sync_run_id in (
             select runs.sync_run_id
             from towpath.sync_runs as runs
             join towpath.sync_rules as rules on rules.integration_id = runs.integration_id
             where rules.sync_rule_id = $1 and runs.finished_at is null
         )",
    );
    let code = problem.map(|problem| problem.code.as_str());
    let text = problem.map(|problem| problem.text.as_str());
    tx.execute(update, &[sync_rule_id.as_param(), code.as_param(), text.as_param()]).await.map(|_| ())
}

/// Stores how a rule ended in a run.
pub async fn finish_rule(
    tx: &mut Tx,
    sync_run_id: SyncRunId,
    sync_rule_id: SyncRuleId,
    end: &RunEnd,
) -> Result<()> {
    let update = statement(
        "finish a rule of a sync run",
        "update towpath.sync_run_rules
         set phase = 'finished', finished_at = $3, outcome = $4, problem_code = $5, problem_text = $6
         where sync_run_id = $1 and sync_rule_id = $2",
    );
    let code = end.problem.as_ref().map(|problem| problem.code.as_str());
    let text = end.problem.as_ref().map(|problem| problem.text.as_str());
    let params = [
        sync_run_id.as_param(),
        sync_rule_id.as_param(),
        end.finished_at.as_param(),
        end.outcome.as_str().as_param(),
        code.as_param(),
        text.as_param(),
    ];
    tx.execute(update, &params).await.map(|_| ())
}

/// Begins a rule of a run anew that had ended in it. What it did before still counts.
pub async fn reopen_rule(tx: &mut Tx, sync_run_id: SyncRunId, sync_rule_id: SyncRuleId) -> Result<()> {
    let update = statement(
        "begin a rule of a sync run anew",
        "update towpath.sync_run_rules
         set phase = 'waiting', finished_at = null, outcome = null, problem_code = null, problem_text = null
         where sync_run_id = $1 and sync_rule_id = $2 and finished_at is not null",
    );
    tx.execute(update, &[sync_run_id.as_param(), sync_rule_id.as_param()]).await.map(|_| ())
}

/// Forgets what a rule did in a run, because it is read anew.
pub async fn forget_progress(tx: &mut Tx, sync_run_id: SyncRunId, sync_rule_id: SyncRuleId) -> Result<()> {
    let delete = statement(
        "forget the progress of a rule",
        "delete from towpath.sync_run_rules
         where sync_run_id = $1 and sync_rule_id = $2",
    );
    tx.execute(delete, &[sync_run_id.as_param(), sync_rule_id.as_param()]).await.map(|_| ())
}

/// A row of progress with the run that it belongs to.
#[derive(FromRow)]
struct RunProgressRow {
    sync_run_id: String,
    #[sqlx(flatten)]
    progress: ProgressRow,
}

impl TryFrom<RunProgressRow> for RuleProgress {
    type Error = crate::Error;

    fn try_from(row: RunProgressRow) -> Result<Self> {
        row.progress.into_progress(decode::parse("sync run id", &row.sync_run_id)?)
    }
}

const RUN_PROGRESS: &str =
    "select p.sync_run_id, p.sync_rule_id, p.phase, p.rows_total, p.rows_read, p.inserted, p.updated, p.unchanged,
         p.gone, p.rejected, p.calls, p.bytes, p.started_at, p.finished_at, p.outcome, p.problem_code, p.problem_text
     from towpath.sync_run_rules p";

/// Returns the progress in the newest runs, under way and ended, of integrations from the first to the last of two ids.
pub(crate) async fn list_newest_progress(store: &Store, span: &IntegrationSpan) -> Result<Vec<RuleProgress>> {
    let sql = format!(
        "{RUN_PROGRESS}
     where p.sync_run_id in ({NEWEST_RUNS})
     order by p.sync_run_id, p.sync_rule_id"
    );
    let select = statement("read the progress of sync runs", &sql);
    let rows: Vec<RunProgressRow> = store.fetch_all(select, &span.params()).await?;
    rows.into_iter().map(RuleProgress::try_from).collect()
}

/// Returns what each rule of integrations from the first to the last of two ids did last, in a run that it has ended in
/// and in one that it has not.
pub(crate) async fn list_last_progress(store: &Store, span: &IntegrationSpan) -> Result<Vec<RuleProgress>> {
    let sql = format!(
        "{RUN_PROGRESS}
     join (
         select l.sync_rule_id, max(l.sync_run_id) as sync_run_id
         from towpath.sync_run_rules l
         join towpath.sync_rules r on r.sync_rule_id = l.sync_rule_id
         where r.integration_id in (
             select i.integration_id from towpath.integrations i
             where i.workspace_id = $1 and i.integration_id >= $2 and i.integration_id <= $3
         )
         group by l.sync_rule_id, case when l.finished_at is null then 1 else 0 end
     ) as newest on newest.sync_rule_id = p.sync_rule_id and newest.sync_run_id = p.sync_run_id
     order by p.sync_rule_id, p.sync_run_id"
    );
    let select = statement("read what rules did last", &sql);
    let rows: Vec<RunProgressRow> = store.fetch_all(select, &span.params()).await?;
    rows.into_iter().map(RuleProgress::try_from).collect()
}

/// Returns the progress in runs of the reader's workspace, of one integration or all, from the oldest to the newest of a
/// page, with the sObject of each rule.
pub(crate) async fn list_progress_between(
    store: &Store,
    reader: &Reader,
    integration_id: Option<IntegrationId>,
    (oldest, newest): (SyncRunId, SyncRunId),
) -> Result<Vec<(SObjectName, RuleProgress)>> {
    #[derive(FromRow)]
    struct NamedRow {
        sobject_name: String,
        #[sqlx(flatten)]
        progress: RunProgressRow,
    }
    let sql = format!(
        "select s.sobject_name, p.sync_run_id, p.sync_rule_id, p.phase, p.rows_total, p.rows_read, p.inserted, p.updated,
             p.unchanged, p.gone, p.rejected, p.calls, p.bytes, p.started_at, p.finished_at, p.outcome, p.problem_code,
             p.problem_text
         from towpath.sync_run_rules p
         join towpath.sync_rules s on s.sync_rule_id = p.sync_rule_id
         join towpath.integrations i on i.integration_id = s.integration_id
         where {} and ($3 is null or i.integration_id = $3)
             and p.sync_run_id >= $4 and p.sync_run_id <= $5
         order by p.sync_run_id, p.sync_rule_id",
        readable("i", 1, 2)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [
        workspace_id.as_param(),
        member.as_param(),
        integration_id.as_param(),
        oldest.as_param(),
        newest.as_param(),
    ];
    let select = statement("read the progress of sync runs", &sql);
    let rows: Vec<NamedRow> = store.fetch_all(select, &params).await?;
    rows.into_iter()
        .map(|row| Ok((decode::parse("sObject name", &row.sobject_name)?, row.progress.try_into()?)))
        .collect()
}

const PROGRESS: &str =
    "select sync_rule_id, phase, rows_total, rows_read, inserted, updated, unchanged, gone, rejected, calls, bytes,
         started_at, finished_at, outcome, problem_code, problem_text
     from towpath.sync_run_rules
     where sync_run_id = $1
     order by sync_rule_id";

/// Returns how far the rules of a run have come, in the order of their ids.
pub async fn list_progress(store: &Store, sync_run_id: SyncRunId) -> Result<Vec<RuleProgress>> {
    let select = statement("read the progress of a sync run", PROGRESS);
    let rows: Vec<ProgressRow> = store.fetch_all(select, &[sync_run_id.as_param()]).await?;
    rows.into_iter().map(|row| row.into_progress(sync_run_id)).collect()
}

/// The same as the transaction sees it. Locks the run first, so that of two rules that end at once the second sees the
/// end of the first.
pub async fn lock_progress(tx: &mut Tx, sync_run_id: SyncRunId) -> Result<Vec<RuleProgress>> {
    let lock = statement(
        "lock a sync run",
        "update towpath.sync_runs
         set started_at = started_at
         where sync_run_id = $1",
    );
    tx.execute(lock, &[sync_run_id.as_param()]).await?;
    let select = statement("read the progress of a sync run", PROGRESS);
    let rows: Vec<ProgressRow> = tx.fetch_all(select, &[sync_run_id.as_param()]).await?;
    rows.into_iter().map(|row| row.into_progress(sync_run_id)).collect()
}
