//! Bulk load of PostgreSQL: COPY.

use salesforce::RecordId;
use sqlx::{AssertSqlSafe, FromRow, PgConnection};

use super::{Applied, ApplyMode};
use crate::record_tables::Statements;
use crate::row_batch::{COPY_HEADER, COPY_TRAILER, RowBatch, id_of_row, places_of_rows};
use crate::{Error, Result};

/// The driver copies each piece into its own buffer, which stays as large as the largest.
const PIECE: usize = 64 * 1024;
const STORE: &str = "store records";
/// A row with this key is there already (PostgreSQL, Appendix A).
const UNIQUE_VIOLATION: &str = "23505";
/// A load would change one row twice.
const CARDINALITY_VIOLATION: &str = "21000";
/// Among others: a row does not fit a page of 8 KiB.
const PROGRAM_LIMIT_EXCEEDED: &str = "54000";
/// The bytes of a value that cannot move out of its row: it needs more room than a pointer to it (PostgreSQL, TOAST).
const MOST_KEPT_IN_ROW: usize = 24;
/// The bytes of a row beside its header and the columns that are no fields. Tables with fewer columns hold every record.
const ROOM_OF_ROW: usize = 7_500;

#[derive(FromRow)]
struct Merged {
    inserted: i64,
    updated: i64,
}

/// Rows that are stored together, as they are encoded.
struct Rows<'a> {
    bytes: &'a [u8],
    count: usize,
    /// What tells their temporary table from others of the transaction.
    load: String,
}

pub(super) async fn apply_rows(
    connection: &mut PgConnection,
    batch: &RowBatch,
    mode: ApplyMode,
    load: u32,
) -> Result<(Applied, Vec<RecordId>)> {
    let statements = &batch.table().shape().statements;
    if batch.table().shape().columns.len() * MOST_KEPT_IN_ROW >= ROOM_OF_ROW {
        return apply_wide_rows(connection, batch, mode, load).await;
    }
    let rows = Rows { bytes: batch.bytes(), count: batch.len(), load: load.to_string() };
    Ok((store(connection, statements, &rows, mode).await?, Vec::new()))
}

/// Stores rows of which some may be too wide. Those are found by storing halves.
async fn apply_wide_rows(
    connection: &mut PgConnection,
    batch: &RowBatch,
    mode: ApplyMode,
    load: u32,
) -> Result<(Applied, Vec<RecordId>)> {
    let statements = &batch.table().shape().statements;
    let places = places_of_rows(batch.bytes());
    let (mut applied, mut too_wide, mut tries) = (Applied::default(), Vec::new(), 0);
    // The last comes first, so that records which stand twice are stored in their order.
    let mut waiting = vec![0..places.len()];
    while let Some(some) = waiting.pop() {
        let bytes = &batch.bytes()[places[some.start].start..places[some.end - 1].end];
        let rows = Rows { bytes, count: some.len(), load: format!("{load}_{tries}") };
        tries += 1;
        let stored = guarded(connection, "towpath_wide", PROGRAM_LIMIT_EXCEEDED, async |connection| {
            store(connection, statements, &rows, mode).await
        });
        match stored.await? {
            Some(stored) => applied += stored,
            None if some.len() == 1 => too_wide.extend(id_of_row(bytes)),
            None => {
                let middle = some.start + some.len() / 2;
                waiting.push(middle..some.end);
                waiting.push(some.start..middle);
            }
        }
    }
    Ok((applied, too_wide))
}

async fn store(
    connection: &mut PgConnection,
    statements: &Statements,
    rows: &Rows<'_>,
    mode: ApplyMode,
) -> Result<Applied> {
    if mode == ApplyMode::FirstLoad {
        let straight = guarded(connection, "towpath_load", UNIQUE_VIOLATION, async |connection| {
            copy(connection, &statements.copy(), rows.bytes).await
        });
        if straight.await?.is_some() {
            return Ok(Applied::of(rows.count, rows.count as u64, 0));
        }
    }
    // A temporary table lives in the connection's own schema, where nothing else is of this name.
    let temporary = format!("pg_temp.towpath_load_{}", rows.load);
    run(connection, statements.create_temporary(&temporary)).await?;
    copy(connection, &statements.copy_into(&temporary), rows.bytes).await?;
    let merged = merge(connection, statements, &temporary).await?;
    Ok(Applied::of(rows.count, merged.inserted as u64, merged.updated as u64))
}

async fn merge(connection: &mut PgConnection, statements: &Statements, temporary: &str) -> Result<Merged> {
    let merged = guarded(connection, "towpath_load", CARDINALITY_VIOLATION, async |connection| {
        fetch_merged(connection, statements.merge(temporary)).await
    });
    match merged.await? {
        Some(merged) => Ok(merged),
        None => fetch_merged(connection, statements.merge_distinct(temporary)).await,
    }
}

/// Runs something in a savepoint. Returns `None`, with nothing done, where it fails with this SQLSTATE.
async fn guarded<T>(
    connection: &mut PgConnection,
    savepoint: &str,
    expected: &str,
    run_it: impl AsyncFnOnce(&mut PgConnection) -> Result<T>,
) -> Result<Option<T>> {
    run(connection, format!("savepoint {savepoint}")).await?;
    match run_it(connection).await {
        Ok(done) => {
            run(connection, format!("release savepoint {savepoint}")).await?;
            Ok(Some(done))
        }
        Err(Error::Statement { source: sqlx::Error::Database(error), .. })
            if error.code().as_deref() == Some(expected) =>
        {
            run(connection, format!("rollback to savepoint {savepoint}")).await?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn copy(connection: &mut PgConnection, sql: &str, bytes: &[u8]) -> Result<u64> {
    let mut copy = connection.copy_in_raw(sql).await.map_err(failed)?;
    let pieces = std::iter::once(COPY_HEADER).chain(bytes.chunks(PIECE)).chain([COPY_TRAILER]);
    for piece in pieces {
        if let Err(source) = copy.send(piece).await {
            return Err(failed(source));
        }
    }
    copy.finish().await.map_err(failed)
}

async fn run(connection: &mut PgConnection, sql: impl Into<String>) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(connection).await.map(|_| ()).map_err(failed)
}

async fn fetch_merged(connection: &mut PgConnection, sql: String) -> Result<Merged> {
    // The name of the temporary table differs from load to load, and with it the plan.
    sqlx::query_as(AssertSqlSafe(sql)).persistent(false).fetch_one(connection).await.map_err(failed)
}

fn failed(source: sqlx::Error) -> Error {
    Error::Statement { attempt: STORE, source }
}
