//! Storing batches of records.

mod postgres;
mod sqlite;

use std::ops::AddAssign;

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
    if batch.is_empty() {
        return Ok(Applied::default());
    }
    let load = tx.next_load();
    let applied = match tx.take()? {
        DbTx::Postgres(mut transaction) => {
            let applied = postgres::apply_rows(&mut transaction, batch, mode, load).await;
            tx.put_back(DbTx::Postgres(transaction));
            let (applied, too_wide) = applied?;
            batch.leave_out(too_wide);
            applied
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
