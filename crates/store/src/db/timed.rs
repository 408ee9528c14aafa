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
                // It locks nothing that others want, and waits for whoever takes the rows.
                let begin = "set transaction isolation level repeatable read, read only;
                     set local idle_in_transaction_session_timeout = 0";
                run(&mut transaction, begin).await?;
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

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgPoolOptions;
    use tempfile::TempDir;

    use super::*;
    use crate::db::{RawCell, RawRow, connect_sqlite, statement};
    use crate::{StoreOptions, StoreUrl};
    use model::Random;

    const SOON: Duration = Duration::from_millis(50);
    const ENDLESS: &str = "with recursive numbers(n) as (select 1 union all select n + 1 from numbers) select count(*) from numbers";

    async fn sqlite() -> (Db, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("towpath.db");
        let options = StoreOptions { readers: 1, ..StoreOptions::new(Random::from_number(1)) };
        (connect_sqlite(&StoreUrl::sqlite(&path), &path, &options).await.unwrap(), folder)
    }

    async fn read_one(reader: &mut TimedReader, limit: Duration) -> Vec<RawCell> {
        let one = statement("read one", "select cast(1 as bigint) as one");
        reader.fetch_all::<RawRow>(one, &[], limit).await.unwrap().remove(0).0
    }

    #[tokio::test]
    async fn a_slow_read_of_sqlite_is_stopped_and_harms_no_other() {
        let (db, _folder) = sqlite().await;
        let mut reader = db.timed_reader().await.unwrap();

        let slow = reader.fetch_all::<RawRow>(statement("count", ENDLESS), &[], SOON).await;

        assert!(matches!(slow, Err(Error::TooSlow)));
        assert_eq!(read_one(&mut reader, Duration::from_secs(5)).await, [RawCell::Int(1)]);
    }

    #[tokio::test]
    async fn a_read_of_sqlite_ends_with_its_caller() {
        let (db, _folder) = sqlite().await;
        let mut reader = db.timed_reader().await.unwrap();
        let caller = tokio::spawn(async move {
            let endless = Duration::from_secs(3_600);
            reader.fetch_all::<RawRow>(statement("count", ENDLESS), &[], endless).await.map(|_| ())
        });
        tokio::task::yield_now().await;

        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());

        // The pool has one connection: it has come back, and nothing stops what is read next.
        let mut plain = db.reader().await.unwrap();
        let numbers = statement(
            "count",
            "with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 100000)
             select count(*) from numbers",
        );
        let rows: Vec<RawRow> = plain.connection().fetch_all(numbers, &[]).await.unwrap();
        assert_eq!(rows[0].0, [RawCell::Int(100_000)]);
    }

    #[tokio::test]
    async fn a_slow_read_of_postgres_is_stopped() {
        let url = std::env::var("TOWPATH_TEST_POSTGRES").expect(
            "TOWPATH_TEST_POSTGRES is not set: run the tests with ./dev test, which starts a PostgreSQL for them",
        );
        let db = Db::Postgres(PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap());
        let mut reader = db.timed_reader().await.unwrap();
        assert_eq!(read_one(&mut reader, Duration::from_secs(5)).await, [RawCell::Int(1)]);

        let slow = reader.fetch_all::<RawRow>(statement("count", ENDLESS), &[], SOON).await;

        assert!(matches!(slow, Err(Error::TooSlow)));
        drop(reader);
        let mut next = db.timed_reader().await.unwrap();
        assert_eq!(read_one(&mut next, Duration::from_secs(5)).await, [RawCell::Int(1)]);
    }
}
