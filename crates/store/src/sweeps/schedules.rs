//! When rules are swept next.

use model::{SweepMode, SyncRuleId};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, Param, statement};
use crate::{Result, Store, Tx, decode};

/// When a rule is swept next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SweepSchedule {
    /// The first read that ends after this instant is followed by a sweep.
    pub due_at: Timestamp,
    /// What somebody has asked for; `None` where it is only time.
    pub requested: Option<SweepMode>,
}

/// Returns when a rule is swept next; `None` where it was never read whole.
pub async fn find_sweep_schedule(store: &Store, sync_rule_id: SyncRuleId) -> Result<Option<SweepSchedule>> {
    #[derive(FromRow)]
    struct ScheduleRow {
        due_at: i64,
        mode: Option<String>,
    }
    let select = statement(
        "find when a rule is swept",
        "select due_at, mode
         from towpath.sweep_schedules
         where sync_rule_id = $1",
    );
    let row: Option<ScheduleRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    row.map(|row| {
        Ok(SweepSchedule {
            due_at: Timestamp::from_millis(row.due_at),
            requested: decode::parse_optional("mode of a sweep", row.mode.as_deref())?,
        })
    })
    .transpose()
}

/// Stores when a rule is swept next. What somebody asked for is done.
pub async fn schedule_sweep(tx: &mut Tx, sync_rule_id: SyncRuleId, due_at: Timestamp) -> Result<()> {
    put(tx, sync_rule_id, due_at, None).await
}

/// Lets a rule be swept after its next read, where it has been swept before or will be.
pub async fn bring_sweep_forward(tx: &mut Tx, sync_rule_id: SyncRuleId, now: Timestamp) -> Result<()> {
    let update = statement(
        "bring a sweep forward",
        "update towpath.sweep_schedules
         set due_at = $2
         where sync_rule_id = $1 and due_at > $2",
    );
    tx.execute(update, &[sync_rule_id.as_param(), now.as_param()]).await.map(|_| ())
}

/// Stores that somebody wants a rule swept after its next read.
pub async fn request_sweep(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    mode: SweepMode,
    now: Timestamp,
) -> Result<()> {
    put(tx, sync_rule_id, now, Some(mode)).await
}

async fn put(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    due_at: Timestamp,
    mode: Option<SweepMode>,
) -> Result<()> {
    let upsert = statement(
        "store when a rule is swept",
        "insert into towpath.sweep_schedules (sync_rule_id, due_at, mode)
         values ($1, $2, $3)
         on conflict (sync_rule_id) do update
         set due_at = excluded.due_at, mode = excluded.mode",
    );
    let mode = Param::Text(mode.map(|mode| mode.as_str().into()));
    tx.execute(upsert, &[sync_rule_id.as_param(), due_at.as_param(), mode]).await.map(|_| ())
}
