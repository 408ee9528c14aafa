//! Checkpoints: the durable progress of sync rules.

use model::{Checkpoint, Position, SyncRuleId, WaitingRead};
use salesforce::Timestamp;
use sqlx::FromRow;

use crate::db::{AsParam, statement};
use crate::work::{Lease, fence};
use crate::{Result, Store, Tx, decode};

#[derive(FromRow)]
struct CheckpointRow {
    position: String,
    complete_until: Option<i64>,
}

/// Returns a rule's checkpoint; `None` where it has never been read.
pub async fn find_checkpoint(store: &Store, sync_rule_id: SyncRuleId) -> Result<Option<Checkpoint>> {
    let select = statement(
        "find a checkpoint",
        "select position, complete_until
         from towpath.checkpoints
         where sync_rule_id = $1",
    );
    let row: Option<CheckpointRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    row.map(|row| {
        Ok(Checkpoint {
            position: decode::from_json("position of a checkpoint", &row.position)?,
            complete_until: decode::instant(row.complete_until),
        })
    })
    .transpose()
}

/// Stores a rule's checkpoint, in the transaction that stores the records it covers.
///
/// `complete_until` never moves back: an earlier one, or none, leaves the stored one as it is. Fails with
/// [`LeaseLost`](crate::Error::LeaseLost) where the lease has passed on.
pub async fn put_checkpoint(
    tx: &mut Tx,
    lease: &Lease,
    sync_rule_id: SyncRuleId,
    checkpoint: &Checkpoint,
    now: Timestamp,
) -> Result<()> {
    fence(tx, lease, now).await?;
    let upsert = statement(
        "store a checkpoint",
        "insert into towpath.checkpoints as stored (sync_rule_id, position, complete_until, updated_at)
         values ($1, $2, $3, $4)
         on conflict (sync_rule_id) do update
         set position = excluded.position,
             complete_until = case
                 when stored.complete_until is null or excluded.complete_until > stored.complete_until
                     then excluded.complete_until
                 else stored.complete_until
             end,
             updated_at = excluded.updated_at",
    );
    let position = decode::to_json(&checkpoint.position);
    let params =
        [sync_rule_id.as_param(), position.as_param(), checkpoint.complete_until.as_param(), now.as_param()];
    tx.execute(upsert, &params).await.map(|_| ())
}

/// Lets a rule whose fields changed begin its next read at once, from where its copy is complete. A slice that is under
/// way loses its lease. A read of everything goes on as it began: what it lacks comes after it.
pub async fn restart_read(tx: &mut Tx, sync_rule_id: SyncRuleId) -> Result<()> {
    let take_lease = statement(
        "take the lease of a rule",
        "update towpath.work
         set lease_owner = null, lease_until = null, epoch = epoch + 1
         where subject = $1
             and exists (
                 select 1
                 from towpath.checkpoints
                 where sync_rule_id = $1 and complete_until is not null
             )",
    );
    tx.execute(take_lease, &[sync_rule_id.as_param()]).await?;
    let update = statement(
        "restart a read",
        "update towpath.checkpoints
         set position = $2
         where sync_rule_id = $1 and complete_until is not null",
    );
    let idle = decode::to_json(&Position::Idle);
    tx.execute(update, &[sync_rule_id.as_param(), idle.as_param()]).await.map(|_| ())
}

/// Stores up to when the org said, before a rule's read began, that all changes are visible; `None` where it did not say.
///
/// Kept with the rule's position until the read ends, whichever process ends it.
pub async fn put_covered(tx: &mut Tx, sync_rule_id: SyncRuleId, covered: Option<Timestamp>) -> Result<()> {
    let update = statement(
        "store up to when changes are visible",
        "update towpath.checkpoints
         set covered_until = $2
         where sync_rule_id = $1",
    );
    tx.execute(update, &[sync_rule_id.as_param(), covered.as_param()]).await.map(|_| ())
}

/// Returns what [`put_covered`] stored last.
pub async fn find_covered(store: &Store, sync_rule_id: SyncRuleId) -> Result<Option<Timestamp>> {
    let select = statement(
        "find up to when changes are visible",
        "select covered_until as at
         from towpath.checkpoints
         where sync_rule_id = $1",
    );
    let row: Option<InstantRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    Ok(row.and_then(|row| decode::instant(row.at)))
}

/// Stores since when a transaction in the org that is still open holds a rule's checkpoint back; `None` where none does.
pub async fn put_held(tx: &mut Tx, sync_rule_id: SyncRuleId, held_since: Option<Timestamp>) -> Result<()> {
    let update = statement(
        "store what holds a checkpoint back",
        "update towpath.checkpoints
         set held_since = $2
         where sync_rule_id = $1",
    );
    tx.execute(update, &[sync_rule_id.as_param(), held_since.as_param()]).await.map(|_| ())
}

/// A transaction in the org that held a rule's checkpoint back when its last read ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hold {
    /// Since when it was open.
    pub since: Timestamp,
    /// Up to when the copy was complete.
    pub complete_until: Timestamp,
}

impl Hold {
    /// Whether it was open for longer than a checkpoint is held back: what it changed may stay unread.
    pub fn is_cut(&self) -> bool {
        self.complete_until > self.since
    }
}

/// Returns what [`put_held`] stored last.
pub async fn find_hold_in(tx: &mut Tx, sync_rule_id: SyncRuleId) -> Result<Option<Hold>> {
    #[derive(FromRow)]
    struct HoldRow {
        held_since: Option<i64>,
        complete_until: Option<i64>,
    }
    let select = statement(
        "find what holds a checkpoint back",
        "select held_since, complete_until
         from towpath.checkpoints
         where sync_rule_id = $1",
    );
    let row: Option<HoldRow> = tx.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    Ok(row.and_then(|row| {
        let (since, complete_until) =
            decode::instant(row.held_since).zip(decode::instant(row.complete_until))?;
        Some(Hold { since, complete_until })
    }))
}

/// Keeps a read of some columns that waits while changes are read; `None` forgets it.
pub async fn put_waiting_read(
    tx: &mut Tx,
    sync_rule_id: SyncRuleId,
    waiting: Option<&WaitingRead>,
) -> Result<()> {
    let update = statement(
        "keep a read that waits",
        "update towpath.checkpoints
         set waiting_read = $2
         where sync_rule_id = $1",
    );
    let json = waiting.map(decode::to_json);
    tx.execute(update, &[sync_rule_id.as_param(), json.as_param()]).await.map(|_| ())
}

/// Returns what [`put_waiting_read`] keeps.
pub async fn find_waiting_read(store: &Store, sync_rule_id: SyncRuleId) -> Result<Option<WaitingRead>> {
    #[derive(FromRow)]
    struct WaitingRow {
        waiting_read: Option<String>,
    }
    let select = statement(
        "find a read that waits",
        "select waiting_read
         from towpath.checkpoints
         where sync_rule_id = $1",
    );
    let row: Option<WaitingRow> = store.fetch_optional(select, &[sync_rule_id.as_param()]).await?;
    let json = row.and_then(|row| row.waiting_read);
    json.map(|json| decode::from_json("read that waits", &json)).transpose()
}

#[derive(FromRow)]
struct InstantRow {
    at: Option<i64>,
}

/// Forgets a rule's checkpoint, so that the next slice reads everything: its filter or fields changed.
///
/// A slice that is under way loses its lease.
pub async fn forget_checkpoint(tx: &mut Tx, sync_rule_id: SyncRuleId) -> Result<()> {
    let take_lease = statement(
        "take the lease of a rule",
        "update towpath.work
         set lease_owner = null, lease_until = null, epoch = epoch + 1
         where subject = $1",
    );
    tx.execute(take_lease, &[sync_rule_id.as_param()]).await?;
    let delete = statement(
        "forget a checkpoint",
        "delete from towpath.checkpoints
         where sync_rule_id = $1",
    );
    tx.execute(delete, &[sync_rule_id.as_param()]).await.map(|_| ())
}
