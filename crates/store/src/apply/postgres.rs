//! Bulk load of PostgreSQL: COPY.

use salesforce::RecordId;
use sqlx::{AssertSqlSafe, FromRow, PgConnection};

use super::{Applied, ApplyMode};
use crate::record_tables::{RecordTable, Statements};
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

/// Records that wait in a temporary table for the end of a load.
#[derive(Debug)]
pub(super) struct Waiting {
    table: RecordTable,
    temporary: String,
    rows: usize,
}

impl Waiting {
    pub(super) async fn begin(
        connection: &mut PgConnection,
        table: &RecordTable,
        number: u32,
    ) -> Result<Self> {
        Self::begin_as(connection, table, number.to_string()).await
    }

    /// `name` tells the temporary table from others of the transaction.
    async fn begin_as(connection: &mut PgConnection, table: &RecordTable, name: String) -> Result<Self> {
        // A temporary table lives in the connection's own schema, where nothing else is of this name.
        let temporary = format!("pg_temp.towpath_load_{name}");
        run(connection, table.shape().statements.create_temporary(&temporary)).await?;
        Ok(Self { table: table.clone(), temporary, rows: 0 })
    }

    pub(super) async fn take(&mut self, connection: &mut PgConnection, batch: &RowBatch) -> Result<()> {
        self.take_rows(connection, batch.bytes(), batch.len()).await
    }

    async fn take_rows(&mut self, connection: &mut PgConnection, bytes: &[u8], count: usize) -> Result<()> {
        copy(connection, &self.table.shape().statements.copy_into(&self.temporary), bytes).await?;
        self.rows += count;
        Ok(())
    }

    /// Moves all of them into the record table.
    pub(super) async fn merge(self, connection: &mut PgConnection) -> Result<Applied> {
        let merged = merge(connection, &self.table.shape().statements, &self.temporary).await?;
        Ok(Applied::of(self.rows, merged.inserted as u64, merged.updated as u64))
    }
}

/// Whether the table has so many columns that a record may not fit a row of it.
pub(super) fn is_wide(table: &RecordTable) -> bool {
    table.shape().columns.len() * MOST_KEPT_IN_ROW >= ROOM_OF_ROW
}

/// Stores a batch none of whose records is there. Returns `None`, with nothing done, where one is.
pub(super) async fn load_straight(
    connection: &mut PgConnection,
    batch: &RowBatch,
) -> Result<Option<Applied>> {
    straight(connection, &batch.table().shape().statements, batch.bytes(), batch.len()).await
}

/// Stores rows of which some may be too wide. Those are found by storing halves.
pub(super) async fn apply_wide_rows(
    connection: &mut PgConnection,
    batch: &RowBatch,
    mode: ApplyMode,
    number: u32,
) -> Result<(Applied, Vec<RecordId>)> {
    let places = places_of_rows(batch.bytes());
    let (mut applied, mut too_wide, mut tries) = (Applied::default(), Vec::new(), 0);
    // The last comes first, so that records which stand twice are stored in their order.
    let mut waiting = vec![(0, places.len())];
    while let Some((first, end)) = waiting.pop() {
        let (count, middle) = (end - first, first.midpoint(end));
        let bytes = &batch.bytes()[places[first].start..places[end - 1].end];
        let name = format!("{number}_{tries}");
        tries += 1;
        let stored = guarded(connection, "towpath_wide", PROGRAM_LIMIT_EXCEEDED, async |connection| {
            store(connection, batch.table(), bytes, count, mode, name).await
        });
        match stored.await? {
            Some(stored) => applied += stored,
            None if count == 1 => too_wide.extend(id_of_row(bytes)),
            None => waiting.extend([(middle, end), (first, middle)]),
        }
    }
    Ok((applied, too_wide))
}

async fn store(
    connection: &mut PgConnection,
    table: &RecordTable,
    bytes: &[u8],
    count: usize,
    mode: ApplyMode,
    name: String,
) -> Result<Applied> {
    if mode == ApplyMode::FirstLoad
        && let Some(applied) = straight(connection, &table.shape().statements, bytes, count).await?
    {
        return Ok(applied);
    }
    let mut waiting = Waiting::begin_as(connection, table, name).await?;
    waiting.take_rows(connection, bytes, count).await?;
    waiting.merge(connection).await
}

async fn straight(
    connection: &mut PgConnection,
    statements: &Statements,
    bytes: &[u8],
    count: usize,
) -> Result<Option<Applied>> {
    let loaded = guarded(connection, "towpath_load", UNIQUE_VIOLATION, async |connection| {
        copy(connection, &statements.copy(), bytes).await
    });
    Ok(loaded.await?.map(|_| Applied::of(count, count as u64, 0)))
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
