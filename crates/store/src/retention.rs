//! What is forgotten of the past, so that the control tables do not grow for ever.

use model::IntegrationId;
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, Param, statement};
use crate::{Result, Store, Tx};

/// Up to when each kind of history is forgotten.
#[derive(Clone, Copy, Debug)]
pub struct Horizons {
    /// Runs that ended before it, and finished sweeps.
    pub runs: Timestamp,
    /// Runs that ended well and found no change.
    pub quiet_runs: Timestamp,
    /// The ledger of calls.
    pub calls: Timestamp,
    /// The timeline.
    pub timeline: Timestamp,
}

#[derive(FromRow)]
struct IdRow {
    id: String,
}

/// Forgets what is older of an integration, of its org's calls and of its workspace's timeline: at most so many rows of
/// each kind. Says whether more may be left.
///
/// What a rule did last stays however old it is, and so does a run that row errors tell of.
pub async fn forget_history(
    store: &Store,
    integration_id: IntegrationId,
    horizons: &Horizons,
    most_rows: u32,
) -> Result<bool> {
    let (id, limit) = (&integration_id, most_rows);
    let mut is_full = false;
    let runs = [id.as_param(), horizons.runs.as_param(), horizons.quiet_runs.as_param(), limit.as_param()];
    is_full |= forget(store, OLD_RUNS, &runs, &FORGET_RUNS, limit).await?;
    let sweeps = [id.as_param(), horizons.runs.as_param(), limit.as_param()];
    is_full |= forget(store, OLD_SWEEPS, &sweeps, &FORGET_SWEEPS, limit).await?;
    let timeline = [id.as_param(), horizons.timeline.as_param(), limit.as_param()];
    is_full |= forget(store, OLD_TIMELINE, &timeline, &FORGET_TIMELINE, limit).await?;
    let mut tx = store.begin().await?;
    let calls = [id.as_param(), horizons.calls.as_param()];
    tx.execute(statement("forget calls", FORGET_CALLS), &calls).await?;
    tx.commit().await?;
    Ok(is_full)
}

/// Deletes what a statement finds, in a transaction of its own. Says whether it was as much as it may find.
async fn forget(
    store: &Store,
    find: &'static str,
    params: &[Param<'_>],
    deletes: &[&'static str],
    most_rows: u32,
) -> Result<bool> {
    let mut tx = store.begin().await?;
    let found: Vec<IdRow> = tx.fetch_all(statement("find old history", find), params).await?;
    for some in found.chunks(AT_ONCE) {
        delete(&mut tx, deletes, some).await?;
    }
    tx.commit().await?;
    Ok(found.len() >= most_rows as usize)
}

/// Ids named in one statement.
const AT_ONCE: usize = 500;

async fn delete(tx: &mut Tx, deletes: &[&'static str], ids: &[IdRow]) -> Result<()> {
    let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
    let params: Vec<Param<'_>> = ids.iter().map(|row| row.id.as_param()).collect();
    for delete in deletes {
        let sql = format!("{delete} in ({})", places.join(", "));
        tx.execute(statement("forget history", &sql), &params).await?;
    }
    Ok(())
}

/// The newest run that each rule has ended in says how the rule is.
const OLD_RUNS: &str = "select r.sync_run_id as id
     from towpath.sync_runs r
     where r.integration_id = $1
         and r.finished_at is not null
         and (
             r.finished_at < $2
             or r.finished_at < $3 and r.outcome = 'succeeded' and not exists (
                 select 1
                 from towpath.sync_run_rules p
                 where p.sync_run_id = r.sync_run_id and p.inserted + p.updated + p.gone + p.rejected > 0
             )
         )
         and r.sync_run_id not in (
             select max(p.sync_run_id)
             from towpath.sync_run_rules p
             join towpath.sync_rules s on s.sync_rule_id = p.sync_rule_id
             where s.integration_id = $1 and p.finished_at is not null
             group by p.sync_rule_id
         )
         and r.sync_run_id not in (
             select e.sync_run_id
             from towpath.row_errors e
             join towpath.sync_rules s on s.sync_rule_id = e.sync_rule_id
             where s.integration_id = $1
         )
     order by r.sync_run_id
     limit $4";

const FORGET_RUNS: [&str; 2] = [
    "delete from towpath.sync_run_rules where sync_run_id",
    "delete from towpath.sync_runs where finished_at is not null and sync_run_id",
];

/// The newest sweep of a rule that has ended says what was seen last.
const OLD_SWEEPS: &str = "select w.sweep_id as id
     from towpath.sweeps w
     join towpath.sync_rules s on s.sync_rule_id = w.sync_rule_id
     where s.integration_id = $1
         and w.finished_at < $2
         and w.sweep_id not in (
             select max(n.sweep_id)
             from towpath.sweeps n
             join towpath.sync_rules o on o.sync_rule_id = n.sync_rule_id
             where o.integration_id = $1 and n.finished_at is not null
             group by n.sync_rule_id
         )
     order by w.sweep_id
     limit $3";

const FORGET_SWEEPS: [&str; 2] =
    ["delete from towpath.sweep_days where sweep_id", "delete from towpath.sweeps where sweep_id"];

const OLD_TIMELINE: &str = "select t.timeline_id as id
     from towpath.timeline t
     where t.workspace_id = (select workspace_id from towpath.integrations where integration_id = $1)
         and t.happened_at < $2
     order by t.timeline_id
     limit $3";

const FORGET_TIMELINE: [&str; 1] = ["delete from towpath.timeline where timeline_id"];

/// They are summed up by the hour, so few that they go at once.
const FORGET_CALLS: &str = "delete from towpath.api_calls
     where org_id = (
             select c.org_id
             from towpath.integrations i
             join towpath.connections c on c.connection_id = i.connection_id
             where i.integration_id = $1
         )
         and hour_at < $2";
