//! Sweeps of sync rules: what they counted and how they ended.

mod findings;
mod schedules;

use model::{
    DayCounts, IntegrationId, Problem, Sweep, SweepCounts, SweepEnd, SweepId, SweepOutcome, SweepPosition,
    SyncRule, SyncRuleId,
};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::access::readable;
use crate::db::{AsParam, Param, statement};
use crate::{
    Reader, Result, Store, Tx, decode, integrations::find_integration_of, sync_rules::list_sync_rules,
};

pub use findings::{
    add_findings, clear_findings, count_unexplained, delete_findings, list_findings, list_unexplained,
    list_verdicts, put_verdicts,
};
pub use schedules::{SweepSchedule, bring_sweep_forward, find_sweep_schedule, request_sweep, schedule_sweep};

/// So many sweeps of a rule are kept.
const KEPT_SWEEPS: u32 = 60;

#[derive(FromRow)]
struct SweepRow {
    sweep_id: String,
    sync_rule_id: String,
    sync_run_id: String,
    sobject_name: String,
    cause: String,
    mode: String,
    started_at: i64,
    complete_until: i64,
    sees_all: Option<i64>,
    position: Option<String>,
    finished_at: Option<i64>,
    outcome: Option<String>,
    counts: Option<String>,
    problem_code: Option<String>,
    problem_text: Option<String>,
}

impl SweepRow {
    fn into_sweep(self) -> Result<(Sweep, Option<SweepPosition>)> {
        let position = self.position.as_deref().map(|json| decode::from_json("position of a sweep", json));
        let end = match (self.finished_at, &self.outcome, &self.counts) {
            (Some(finished_at), Some(outcome), Some(counts)) => Some(SweepEnd {
                finished_at: Timestamp::from_millis(finished_at),
                outcome: decode::parse("outcome of a sweep", outcome)?,
                counts: decode::from_json("counts of a sweep", counts)?,
                problem: self
                    .problem_code
                    .map(|code| Problem { code, text: self.problem_text.unwrap_or_default() }),
            }),
            _ => None,
        };
        let sweep = Sweep {
            id: decode::parse("sweep id", &self.sweep_id)?,
            sync_rule_id: decode::parse("sync rule id", &self.sync_rule_id)?,
            sync_run_id: decode::parse("sync run id", &self.sync_run_id)?,
            sobject: decode::parse("sObject", &self.sobject_name)?,
            cause: decode::parse("cause of a sweep", &self.cause)?,
            mode: decode::parse("mode of a sweep", &self.mode)?,
            started_at: Timestamp::from_millis(self.started_at),
            complete_until: Timestamp::from_millis(self.complete_until),
            sees_all: self.sees_all.map(|sees_all| sees_all != 0),
            end,
        };
        Ok((sweep, position.transpose()?))
    }
}

/// Stores a sweep that begins. One that the rule left open before has come to no end.
pub async fn create_sweep(tx: &mut Tx, sweep: &Sweep) -> Result<()> {
    let give_up = statement(
        "give up a sweep",
        "update towpath.sweeps
         set finished_at = $2, outcome = $3, counts = $4, position = null
         where sync_rule_id = $1 and finished_at is null",
    );
    let outcome = SweepOutcome::GivenUp.as_str();
    let nothing = decode::to_json(&SweepCounts::default());
    let params =
        [sweep.sync_rule_id.as_param(), sweep.started_at.as_param(), outcome.as_param(), nothing.as_param()];
    tx.execute(give_up, &params).await?;
    let insert = statement(
        "create a sweep",
        "insert into towpath.sweeps (sweep_id, sync_rule_id, sync_run_id, cause, mode, started_at, complete_until,
             sees_all)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    let params = [
        sweep.id.as_param(),
        sweep.sync_rule_id.as_param(),
        sweep.sync_run_id.as_param(),
        sweep.cause.as_str().as_param(),
        sweep.mode.as_str().as_param(),
        sweep.started_at.as_param(),
        sweep.complete_until.as_param(),
        Param::Int(sweep.sees_all.map(i64::from)),
    ];
    tx.execute(insert, &params).await.map(|_| ())
}

/// Keeps where a sweep stands that stops for a read of what changed meanwhile.
pub async fn pause_sweep(tx: &mut Tx, position: &SweepPosition) -> Result<()> {
    let update = statement(
        "keep where a sweep stands",
        "update towpath.sweeps
         set position = $2
         where sweep_id = $1",
    );
    let json = decode::to_json(position);
    tx.execute(update, &[position.sweep_id.as_param(), json.as_param()]).await.map(|_| ())
}

/// Stores how a sweep ended. The oldest sweeps of its rule are forgotten.
pub async fn finish_sweep(
    tx: &mut Tx,
    sweep_id: SweepId,
    sync_rule_id: SyncRuleId,
    end: &SweepEnd,
) -> Result<()> {
    let update = statement(
        "finish a sweep",
        "update towpath.sweeps
         set position = null, finished_at = $2, outcome = $3, counts = $4, problem_code = $5, problem_text = $6
         where sweep_id = $1",
    );
    let counts = decode::to_json(&end.counts);
    let code = end.problem.as_ref().map(|problem| problem.code.as_str());
    let text = end.problem.as_ref().map(|problem| problem.text.as_str());
    let params = [
        sweep_id.as_param(),
        end.finished_at.as_param(),
        end.outcome.as_str().as_param(),
        counts.as_param(),
        code.as_param(),
        text.as_param(),
    ];
    tx.execute(update, &params).await?;
    let old = "select sweep_id from towpath.sweeps where sync_rule_id = $1 and sweep_id < (
             select min(kept.sweep_id) from (
                 select sweep_id from towpath.sweeps where sync_rule_id = $1 order by sweep_id desc limit $2
             ) as kept
         )";
    for table in ["sweep_days", "sweeps"] {
        let sql = format!("delete from towpath.{table} where sweep_id in ({old})");
        let params = [sync_rule_id.as_param(), KEPT_SWEEPS.as_param()];
        tx.execute(statement("forget old sweeps", &sql), &params).await?;
    }
    Ok(())
}

/// Adds to what a sweep counts of the records of each day of last change (`2026-11-22`).
pub async fn add_sweep_days(tx: &mut Tx, sweep_id: SweepId, days: &[(String, DayCounts)]) -> Result<()> {
    let sql = format!(
        "insert into towpath.sweep_days as kept (sweep_id, day, rows_in_org, rows_in_copy)
         select $1, listed.value ->> 0, cast(listed.value ->> 1 as bigint), cast(listed.value ->> 2 as bigint)
         from {}
         where true
         on conflict (sweep_id, day) do update
         set rows_in_org = kept.rows_in_org + excluded.rows_in_org,
             rows_in_copy = kept.rows_in_copy + excluded.rows_in_copy",
        tx.dialect()?.listed("$2")
    );
    let listed: Vec<_> =
        days.iter().map(|(day, counts)| (day, counts.rows_in_org, counts.rows_in_copy)).collect();
    let params = [sweep_id.as_param(), Param::Text(Some(decode::to_json(&listed).into()))];
    tx.execute(statement("count the days of a sweep", &sql), &params).await.map(|_| ())
}

/// Forgets the days of a sweep, which begins anew.
pub async fn clear_sweep_days(tx: &mut Tx, sweep_id: SweepId) -> Result<()> {
    let delete = statement(
        "forget the days of a sweep",
        "delete from towpath.sweep_days
         where sweep_id = $1",
    );
    tx.execute(delete, &[sweep_id.as_param()]).await.map(|_| ())
}

/// Takes a record of a day out of what a sweep counted in the copy.
pub async fn take_from_day(tx: &mut Tx, sweep_id: SweepId, day: &str) -> Result<()> {
    let update = statement(
        "count the days of a sweep",
        "update towpath.sweep_days
         set rows_in_copy = rows_in_copy - 1
         where sweep_id = $1 and day = $2 and rows_in_copy > 0",
    );
    tx.execute(update, &[sweep_id.as_param(), day.as_param()]).await.map(|_| ())
}

const SWEEPS: &str = "select sweeps.sweep_id, sweeps.sync_rule_id, sweeps.sync_run_id, rules.sobject_name, sweeps.cause, sweeps.mode,
         sweeps.started_at, sweeps.complete_until, sweeps.sees_all, sweeps.position, sweeps.finished_at,
         sweeps.outcome, sweeps.counts, sweeps.problem_code, sweeps.problem_text
     from towpath.sweeps as sweeps
     join towpath.sync_rules as rules on rules.sync_rule_id = sweeps.sync_rule_id";

/// Returns the sweep of a rule that has not ended, and where it stands if it stopped for a read.
pub async fn find_open_sweep(
    store: &Store,
    sync_rule_id: SyncRuleId,
) -> Result<Option<(Sweep, Option<SweepPosition>)>> {
    let sql = format!(
        "{SWEEPS}
     where sweeps.sync_rule_id = $1 and sweeps.finished_at is null
     order by sweeps.sweep_id desc
     limit 1"
    );
    let row: Option<SweepRow> =
        store.fetch_optional(statement("find a sweep", &sql), &[sync_rule_id.as_param()]).await?;
    row.map(SweepRow::into_sweep).transpose()
}

/// Returns the last sweep of a rule that came to its end.
pub async fn find_last_sweep(store: &Store, sync_rule_id: SyncRuleId) -> Result<Option<Sweep>> {
    let sql = format!(
        "{SWEEPS}
     where sweeps.sync_rule_id = $1 and sweeps.finished_at is not null and sweeps.outcome <> 'given_up'
     order by sweeps.sweep_id desc
     limit 1"
    );
    let row: Option<SweepRow> =
        store.fetch_optional(statement("find a sweep", &sql), &[sync_rule_id.as_param()]).await?;
    row.map(|row| Ok(row.into_sweep()?.0)).transpose()
}

/// What is known of the sweeps of a rule.
#[derive(Clone, Debug)]
pub struct RuleSweeps {
    /// The rule.
    pub rule: SyncRule,
    /// When it is swept next.
    pub schedule: Option<SweepSchedule>,
    /// The sweep that has not ended.
    pub current: Option<Sweep>,
    /// The last one that came to its end.
    pub last: Option<Sweep>,
}

/// Returns the rules of an integration of the reader's workspace with their sweeps, by sObject.
pub async fn list_rule_sweeps(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
) -> Result<Vec<RuleSweeps>> {
    if find_integration_of(store, reader, integration_id).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut sweeps = Vec::new();
    for rule in list_sync_rules(store, integration_id).await? {
        let schedule = find_sweep_schedule(store, rule.id).await?;
        let current = find_open_sweep(store, rule.id).await?.map(|(sweep, _)| sweep);
        let last = find_last_sweep(store, rule.id).await?;
        sweeps.push(RuleSweeps { rule, schedule, current, last });
    }
    Ok(sweeps)
}

/// Returns a sweep of an integration of the reader's workspace.
pub async fn find_sweep_of(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    sweep_id: SweepId,
) -> Result<Option<Sweep>> {
    let sql = format!(
        "{SWEEPS}
     join towpath.integrations as integrations on integrations.integration_id = rules.integration_id
     where sweeps.sweep_id = $1 and rules.integration_id = $2 and {}",
        readable("integrations", 3, 4)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [sweep_id.as_param(), integration_id.as_param(), workspace_id.as_param(), member.as_param()];
    let row: Option<SweepRow> = store.fetch_optional(statement("find a sweep", &sql), &params).await?;
    row.map(|row| Ok(row.into_sweep()?.0)).transpose()
}

/// Returns the sweeps of an integration of the reader's workspace, the newest first, older than `after`.
pub async fn list_sweeps_of(
    store: &Store,
    reader: &Reader,
    integration_id: IntegrationId,
    after: Option<SweepId>,
    limit: u32,
) -> Result<Vec<Sweep>> {
    let sql = format!(
        "{SWEEPS}
     join towpath.integrations as integrations on integrations.integration_id = rules.integration_id
     where rules.integration_id = $1 and {} and ($4 is null or sweeps.sweep_id < $4)
     order by sweeps.sweep_id desc
     limit $5",
        readable("integrations", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [
        integration_id.as_param(),
        workspace_id.as_param(),
        member.as_param(),
        after.as_param(),
        limit.as_param(),
    ];
    let rows: Vec<SweepRow> = store.fetch_all(statement("list sweeps", &sql), &params).await?;
    rows.into_iter().map(|row| Ok(row.into_sweep()?.0)).collect()
}

/// Returns what a sweep of the reader's workspace counted of each day, the oldest first.
pub async fn list_sweep_days_of(
    store: &Store,
    reader: &Reader,
    sweep_id: SweepId,
) -> Result<Vec<(String, DayCounts)>> {
    #[derive(FromRow)]
    struct DayRow {
        day: String,
        rows_in_org: i64,
        rows_in_copy: i64,
    }
    let sql = format!(
        "select days.day, days.rows_in_org, days.rows_in_copy
         from towpath.sweep_days as days
         join towpath.sweeps as sweeps on sweeps.sweep_id = days.sweep_id
         join towpath.sync_rules as rules on rules.sync_rule_id = sweeps.sync_rule_id
         join towpath.integrations as integrations on integrations.integration_id = rules.integration_id
         where days.sweep_id = $1 and {}
         order by days.day",
        readable("integrations", 2, 3)
    );
    let (workspace_id, member) = (reader.workspace_id(), reader.confined_to());
    let params = [sweep_id.as_param(), workspace_id.as_param(), member.as_param()];
    let rows: Vec<DayRow> = store.fetch_all(statement("list the days of a sweep", &sql), &params).await?;
    let count = |number| decode::count("count of a sweep", number);
    rows.into_iter()
        .map(|row| {
            let counts =
                DayCounts { rows_in_org: count(row.rows_in_org)?, rows_in_copy: count(row.rows_in_copy)? };
            Ok((row.day, counts))
        })
        .collect()
}
