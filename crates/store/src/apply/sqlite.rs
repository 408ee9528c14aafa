//! Bulk load of SQLite: statements of many rows.

use std::sync::Arc;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, FromRow, SqliteConnection};

use super::Applied;
use crate::row_batch::{Cell, Cells, RowBatch};
use crate::{Error, Result};

pub(super) async fn apply_rows(connection: &mut SqliteConnection, batch: &RowBatch) -> Result<Applied> {
    let shape = batch.table().shape();
    let at_once = shape.statements.sqlite_rows();
    let full: Arc<str> = shape.statements.upsert(at_once).into();
    let before = last_row(connection, &shape.name).await?;
    let mut cells = Cells(batch.bytes());
    let mut left = batch.len();
    let mut changed = 0;
    while left > 0 {
        let rows = left.min(at_once);
        let sql = if rows == at_once { Arc::clone(&full) } else { shape.statements.upsert(rows).into() };
        let mut args = SqliteArguments::default();
        args.add(batch.synced_at().to_string()).map_err(encode)?;
        args.add(batch.source().as_str()).map_err(encode)?;
        for _ in 0..rows * (shape.columns.len() + 1) {
            match cells.next_cell() {
                Cell::Null => args.add(None::<i64>),
                Cell::Integer(v) => args.add(v),
                Cell::Real(v) => args.add(v),
                Cell::Text(v) => args.add(v),
            }
            .map_err(encode)?;
        }
        let done =
            sqlx::query_with(AssertSqlSafe(sql), args).execute(&mut *connection).await.map_err(failed)?;
        changed += done.rows_affected();
        left -= rows;
    }
    let inserted = last_row(connection, &shape.name).await? - before;
    Ok(Applied::of(batch.len(), inserted, changed - inserted))
}

/// Returns the highest row number of a table. Each record inserted raises it by one, an update does not, and record
/// tables never lose rows.
async fn last_row(connection: &mut SqliteConnection, table: &str) -> Result<u64> {
    #[derive(FromRow)]
    struct LastRow {
        last: i64,
    }
    let sql = format!("select coalesce(max(rowid), 0) as last\nfrom {table}");
    let row: LastRow = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(connection).await.map_err(failed)?;
    Ok(row.last as u64)
}

fn encode(source: sqlx::error::BoxDynError) -> Error {
    failed(sqlx::Error::Encode(source))
}

fn failed(source: sqlx::Error) -> Error {
    Error::Statement { attempt: "store records", source }
}
