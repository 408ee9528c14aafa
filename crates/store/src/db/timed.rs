//! Reads that end in time, whatever people ask for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Sqlite, Transaction};

use crate::{Error, Result};

use super::{Db, Dialect, Param, Statement, StoredRow, bind};

/// Steps of SQLite's machine between two looks at whether to stop: well under a millisecond.
const STEPS: i32 = 1_000;
/// The statement was cancelled (PostgreSQL, Appendix A).
const QUERY_CANCELED: &str = "57014";

/// A connection whose statements end in time. One that takes longer is stopped, and is [`Error::TooSlow`].
#[derive(Debug)]
pub(crate) enum TimedReader {
    Sqlite {
        /// Declared before the connection, so that a statement is stopped when its caller goes away.
        stop: StopOnDrop,
        connection: PoolConnection<Sqlite>,
    },
    /// The time limit belongs to the transaction.
    Postgres(Transaction<'static, Postgres>),
}

/// Stops the statement of a connection of SQLite, which cannot be cancelled from outside.
#[derive(Debug)]
pub(crate) struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Db {
    /// Takes a connection to read with in limited time.
    pub(crate) async fn timed_reader(&self) -> Result<TimedReader> {
        let failed = |source| Error::Statement { attempt: "take a connection", source };
        match self {
            Self::Sqlite { readers, .. } => {
                let mut connection = readers.acquire().await.map_err(failed)?;
                let stop = Arc::new(AtomicBool::new(false));
                let is_stopped = Arc::clone(&stop);
                // It is taken off when the connection goes back to its pool.
                connection
                    .lock_handle()
                    .await
                    .map_err(failed)?
                    .set_progress_handler(STEPS, move || !is_stopped.load(Ordering::Relaxed));
                Ok(TimedReader::Sqlite { stop: StopOnDrop(stop), connection })
            }
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await.map_err(failed)?;
                run(&mut transaction, "set transaction isolation level repeatable read, read only").await?;
                Ok(TimedReader::Postgres(transaction))
            }
        }
    }
}

impl TimedReader {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement and returns all its rows. On PostgreSQL nothing else can be read after one that was too slow.
    pub(crate) async fn fetch_all<T: StoredRow>(
        &mut self,
        statement: Statement<'_>,
        params: &[Param<'_>],
        limit: Duration,
    ) -> Result<Vec<T>> {
        let failed = |source| Error::Statement { attempt: statement.attempt, source };
        // These statements are as many as the questions that people ask: they are not worth keeping prepared.
        match self {
            Self::Sqlite { stop, connection } => {
                let arguments = bind::<SqliteArguments>(params, statement.attempt)?;
                let query =
                    sqlx::query_as_with(Dialect::Sqlite.sql(statement.sql), arguments).persistent(false);
                let mut rows = Box::pin(query.fetch_all(&mut **connection));
                if let Ok(rows) = tokio::time::timeout(limit, &mut rows).await {
                    return rows.map_err(failed);
                }
                stop.0.store(true, Ordering::Relaxed);
                // Whatever it answers now came too late; but the connection is free only then.
                drop(rows.await);
                stop.0.store(false, Ordering::Relaxed);
                Err(Error::TooSlow)
            }
            Self::Postgres(transaction) => {
                run(transaction, &format!("set local statement_timeout = {}", limit.as_millis())).await?;
                let arguments = bind::<PgArguments>(params, statement.attempt)?;
                let query =
                    sqlx::query_as_with(Dialect::Postgres.sql(statement.sql), arguments).persistent(false);
                query.fetch_all(&mut **transaction).await.map_err(|source| match &source {
                    sqlx::Error::Database(error) if error.code().as_deref() == Some(QUERY_CANCELED) => {
                        Error::TooSlow
                    }
                    _ => failed(source),
                })
            }
        }
    }
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(|source| Error::Statement { attempt: "limit the time of a statement", source })
}
