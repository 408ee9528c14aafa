//! Bulk load of PostgreSQL: COPY.

use sqlx::{AssertSqlSafe, FromRow, PgConnection};

use super::{Applied, ApplyMode};
use crate::record_tables::Statements;
use crate::row_batch::{COPY_HEADER, COPY_TRAILER, RowBatch};
use crate::{Error, Result};

/// The driver copies each piece into its own buffer, which stays as large as the largest.
const PIECE: usize = 64 * 1024;
const STORE: &str = "store records";
/// A row with this key is there already (PostgreSQL, Appendix A).
const UNIQUE_VIOLATION: &str = "23505";
/// A load would change one row twice.
const CARDINALITY_VIOLATION: &str = "21000";

#[derive(FromRow)]
struct Merged {
    inserted: i64,
    updated: i64,
}

pub(super) async fn apply_rows(
    connection: &mut PgConnection,
    batch: &RowBatch,
    mode: ApplyMode,
    load: u32,
) -> Result<Applied> {
    let statements = &batch.table().shape().statements;
    let rows = batch.len();
    if mode == ApplyMode::FirstLoad {
        let straight = guarded(connection, UNIQUE_VIOLATION, async |connection| {
            copy(connection, &statements.copy(), batch.bytes()).await
        });
        if straight.await?.is_some() {
            return Ok(Applied::of(rows, rows as u64, 0));
        }
    }
    // A temporary table lives in the connection's own schema, where nothing else is of this name.
    let temporary = format!("pg_temp.towpath_load_{load}");
    run(connection, statements.create_temporary(&temporary)).await?;
    copy(connection, &statements.copy_into(&temporary), batch.bytes()).await?;
    let merged = merge(connection, statements, &temporary).await?;
    Ok(Applied::of(rows, merged.inserted as u64, merged.updated as u64))
}

async fn merge(connection: &mut PgConnection, statements: &Statements, temporary: &str) -> Result<Merged> {
    let merged = guarded(connection, CARDINALITY_VIOLATION, async |connection| {
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
    expected: &str,
    run_it: impl AsyncFnOnce(&mut PgConnection) -> Result<T>,
) -> Result<Option<T>> {
    run(connection, "savepoint towpath_load").await?;
    match run_it(connection).await {
        Ok(done) => {
            run(connection, "release savepoint towpath_load").await?;
            Ok(Some(done))
        }
        Err(Error::Statement { source: sqlx::Error::Database(error), .. })
            if error.code().as_deref() == Some(expected) =>
        {
            run(connection, "rollback to savepoint towpath_load").await?;
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
