//! Storing batches of records.

mod postgres;
mod sqlite;

use std::ops::AddAssign;

use salesforce::RecordId;
use sqlx::PgConnection;

use crate::db::DbTx;
use crate::row_batch::RowBatch;
use crate::{Result, Tx};

/// What the caller knows about the records of a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ApplyMode {
    /// The table holds none of them yet. Faster, and right even where it does.
    FirstLoad,
    /// The table may hold some of them.
    Upsert,
}

/// What became of the records of a batch. The three add up to it, but for those that no row has room for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Applied {
    /// Records that were new.
    pub inserted: u64,
    /// Records that differed from what was stored, or came back after they were gone.
    pub updated: u64,
    /// Records that were stored already, in this or a newer version.
    pub unchanged: u64,
}

impl AddAssign for Applied {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
    }
}

impl Applied {
    fn of(rows: usize, inserted: u64, updated: u64) -> Self {
        Self { inserted, updated, unchanged: rows as u64 - inserted - updated }
    }
}

/// Stores a batch of records, and empties it.
///
/// A stored record never goes back to an older stamp, one that does not differ is not touched, and one that was gone
/// and is here again lives. Where it fails the transaction is of no more use.
///
/// Records that no row of PostgreSQL has room for are left out, and can be taken from the batch.
///
/// On SQLite a transaction should hold at most 5,000 rows or take 200 ms, because it holds the only writer.
pub async fn apply_rows(tx: &mut Tx, batch: &mut RowBatch, mode: ApplyMode) -> Result<Applied> {
    let mut load = RowLoad::new(mode);
    let mut applied = load.take(tx, batch).await?;
    let rest = load.finish(tx).await?;
    applied += rest.applied;
    batch.leave_out(rest.too_wide);
    Ok(applied)
}

/// Batches of one record table that a transaction stores together, as [`apply_rows`] stores one. Each table has a load of its
/// own.
///
/// Whatever was taken is stored once the load is finished. Until then other statements of the transaction may or may not
/// see it.
#[derive(Debug)]
pub struct RowLoad {
    mode: ApplyMode,
    too_wide: Vec<RecordId>,
    /// PostgreSQL: a temporary table, and what waits in it.
    waiting: Option<postgres::Waiting>,
}

/// What became of the records of a load that were not stored at once.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What became of them.
    pub applied: Applied,
    /// Those of all records that were left out, because no row of the database has room for them.
    pub too_wide: Vec<RecordId>,
}

impl RowLoad {
    /// A load that has taken nothing yet.
    pub fn new(mode: ApplyMode) -> Self {
        Self { mode, too_wide: Vec::new(), waiting: None }
    }

    /// Takes a batch, and empties it. Returns what became of the records that are stored already; the others wait for the
    /// end of the load.
    pub async fn take(&mut self, tx: &mut Tx, batch: &mut RowBatch) -> Result<Applied> {
        if batch.is_empty() {
            return Ok(Applied::default());
        }
        let number = tx.next_load();
        let applied = match tx.take()? {
            DbTx::Postgres(mut transaction) => {
                let applied = self.take_postgres(&mut transaction, batch, number).await;
                tx.put_back(DbTx::Postgres(transaction));
                applied?
            }
            DbTx::Sqlite(transaction) => {
                let (transaction, loaded, applied) = sqlite::apply_rows(transaction, batch.take()).await?;
                *batch = loaded;
                tx.put_back(DbTx::Sqlite(transaction));
                applied?
            }
        };
        batch.clear();
        Ok(applied)
    }

    async fn take_postgres(
        &mut self,
        connection: &mut PgConnection,
        batch: &RowBatch,
        number: u32,
    ) -> Result<Applied> {
        if postgres::is_wide(batch.table()) {
            let (applied, too_wide) = postgres::apply_wide_rows(connection, batch, self.mode, number).await?;
            self.too_wide.extend(too_wide);
            return Ok(applied);
        }
        // Once something waits the rest does too, so that of a record that stands twice the last counts.
        if self.waiting.is_none()
            && self.mode == ApplyMode::FirstLoad
            && let Some(applied) = postgres::load_straight(connection, batch).await?
        {
            return Ok(applied);
        }
        let waiting = match self.waiting.take() {
            Some(waiting) => waiting,
            None => postgres::Waiting::begin(connection, batch.table(), number).await?,
        };
        self.waiting.insert(waiting).take(connection, batch).await?;
        Ok(Applied::default())
    }

    /// Stores what waits.
    pub async fn finish(self, tx: &mut Tx) -> Result<Loaded> {
        let Some(waiting) = self.waiting else {
            return Ok(Loaded { applied: Applied::default(), too_wide: self.too_wide });
        };
        let DbTx::Postgres(mut transaction) = tx.take()? else {
            unreachable!("records wait in PostgreSQL alone");
        };
        let applied = waiting.merge(&mut transaction).await;
        tx.put_back(DbTx::Postgres(transaction));
        Ok(Loaded { applied: applied?, too_wide: self.too_wide })
    }
}
