//! Bulk load of SQLite: one prepared statement, whose values are bound from the batch.

use std::panic;

use sqlx::{Sqlite, SqliteConnection, Transaction};
use tokio::runtime::Handle;
use tokio::task;

use super::Applied;
use crate::db::RawStatement;
use crate::row_batch::{Cell, Cells, RowBatch};
use crate::{Error, Result};

/// Stores a batch on a thread where it may block, since SQLite has no other way.
///
/// Gives the transaction and the batch back, with the outcome. Where the caller goes away meanwhile, both are dropped
/// on that thread, and the transaction is undone.
pub(super) async fn apply_rows(
    mut transaction: Transaction<'static, Sqlite>,
    batch: RowBatch,
) -> Result<(Transaction<'static, Sqlite>, RowBatch, Result<Applied>)> {
    let runtime = Handle::current();
    let load = task::spawn_blocking(move || {
        let applied = load(&runtime, &mut transaction, &batch);
        (transaction, batch, applied)
    });
    load.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => panic::resume_unwind(panic),
        // The runtime is shutting down.
        Err(_) => Error::TransactionEnded,
    })
}

fn load(runtime: &Handle, connection: &mut SqliteConnection, batch: &RowBatch) -> Result<Applied> {
    let locked = runtime.block_on(connection.lock_handle());
    let mut handle = locked.map_err(|source| Error::Statement { attempt: "store records", source })?;
    let shape = batch.table().shape();
    let last_row = format!("select coalesce(max(rowid), 0)\nfrom {}", shape.name);

    // Each record inserted raises the highest row number by one, an update does not, and record tables never lose rows.
    let before = RawStatement::prepare(&mut handle, &last_row)?.fetch_integer()?;
    let changed = {
        let mut upsert = RawStatement::prepare(&mut handle, shape.statements.upsert())?;
        run_upserts(&mut upsert, batch, shape.columns.len())?
    };
    let after = RawStatement::prepare(&mut handle, &last_row)?.fetch_integer()?;
    let inserted = after.abs_diff(before);
    Ok(Applied::of(batch.len(), inserted, changed - inserted))
}

/// Runs the statement once for each record. Returns how many rows it changed.
fn run_upserts<'t>(upsert: &mut RawStatement<'_, 't>, batch: &'t RowBatch, columns: usize) -> Result<u64> {
    // When and from where are the same for all, and stay bound.
    upsert.bind_text(1, batch.synced_at_text())?;
    upsert.bind_text(2, batch.source().as_str().as_bytes())?;
    let mut cells = Cells::new(batch.bytes());
    let mut changed = 0;
    for _ in 0..batch.len() {
        // The id, then the fields.
        for index in 3..=columns as i32 + 3 {
            match cells.next_cell() {
                Cell::Null => upsert.bind_null(index)?,
                Cell::Integer(value) => upsert.bind_integer(index, value)?,
                Cell::Real(value) => upsert.bind_real(index, value)?,
                Cell::Text(text) => upsert.bind_text(index, text)?,
            }
        }
        changed += upsert.run()?;
    }
    Ok(changed)
}
