//! The two databases behind one face: the only module that names a driver.
//!
//! A statement is written once, with `$1` placeholders and control tables qualified as `towpath.work`; [`Dialect`]
//! knows the real differences.

mod dialect;
mod open;
mod param;
mod raw_row;
mod raw_sqlite;
mod timed;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::{Error, Result};

pub(crate) use dialect::{Dialect, Identifier};
pub(crate) use open::{connect_postgres, connect_sqlite, find_version, upgrade};
pub(crate) use param::{AsParam, Param};
pub(crate) use raw_row::{RawCell, RawRow};
pub(crate) use raw_sqlite::RawStatement;
pub(crate) use timed::TimedReader;

/// An open database.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    /// One connection writes, a few read.
    Sqlite {
        /// The only connection that writes.
        writer: SqlitePool,
        /// Connections that cannot write.
        readers: SqlitePool,
    },
    /// A pool for both.
    Postgres(PgPool),
}

impl Db {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Begins a transaction that writes. On SQLite it waits for the one writer.
    pub(crate) async fn begin(&self) -> Result<DbTx> {
        let failed = |source| Error::Statement { attempt: "begin a transaction", source };
        match self {
            // A deferred transaction that reads first would fail instead of waiting when it comes to write.
            Self::Sqlite { writer, .. } => begin_sqlite(writer).await.map(DbTx::Sqlite).map_err(failed),
            Self::Postgres(pool) => pool.begin().await.map(DbTx::Postgres).map_err(failed),
        }
    }

    /// Takes a connection to read with.
    pub(crate) async fn reader(&self) -> Result<Reader> {
        let failed = |source| Error::Statement { attempt: "take a connection", source };
        match self {
            Self::Sqlite { readers, .. } => readers.acquire().await.map(Reader::Sqlite).map_err(failed),
            Self::Postgres(pool) => pool.acquire().await.map(Reader::Postgres).map_err(failed),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            // The writer closes last, so that it can empty the write-ahead log.
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Begins a transaction on the one connection that writes, or on a new one in its place.
///
/// Where the disk is full SQLite itself undoes the transaction that met it (SQLite, Rollback), and the driver still
/// counts it as open: that connection is of no more use.
async fn begin_sqlite(writer: &SqlitePool) -> sqlx::Result<Transaction<'static, Sqlite>> {
    const BEGIN: &str = "begin immediate";
    match writer.begin_with(BEGIN).await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            writer.acquire().await?.close().await?;
            writer.begin_with(BEGIN).await
        }
        begun => begun,
    }
}

/// A transaction in one of the databases.
#[derive(Debug)]
pub(crate) enum DbTx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl DbTx {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(transaction) => Connection::Sqlite(transaction),
            Self::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    pub(crate) async fn roll_back(self) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            Self::Postgres(transaction) => transaction.rollback().await,
        }
        .map_err(|source| Error::Statement { attempt: "undo a transaction", source })
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
        .map_err(|source| Error::Statement { attempt: "commit a transaction", source })
    }
}

/// A connection taken from a pool to read with.
#[derive(Debug)]
pub(crate) enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Reader {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }
}

/// A row that reads from both databases: a struct with `#[derive(FromRow)]` and plain columns.
pub(crate) trait StoredRow:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> StoredRow for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A connection borrowed from a transaction or a pool.
pub(crate) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A statement: what it is for, in the words of an error, and its text for both databases.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'s> {
    /// Completes "cannot …".
    pub(crate) attempt: &'static str,
    pub(crate) sql: &'s str,
}

/// Names a statement.
pub(crate) fn statement<'s>(attempt: &'static str, sql: &'s str) -> Statement<'s> {
    Statement { attempt, sql }
}

impl Connection<'_> {
    /// Runs a statement and returns how many rows it changed.
    pub(crate) async fn execute(self, statement: Statement<'_>, params: &[Param<'_>]) -> Result<u64> {
        let done = match self {
            Self::Sqlite(connection) => sqlx::query_with(
                Dialect::Sqlite.sql(statement.sql),
                bind::<SqliteArguments>(params, statement.attempt)?,
            )
            .execute(connection)
            .await
            .map(|done| done.rows_affected()),
            Self::Postgres(connection) => sqlx::query_with(
                Dialect::Postgres.sql(statement.sql),
                bind::<PgArguments>(params, statement.attempt)?,
            )
            .execute(connection)
            .await
            .map(|done| done.rows_affected()),
        };
        done.map_err(|source| Error::Statement { attempt: statement.attempt, source })
    }

    /// Runs a statement and returns all its rows.
    pub(crate) async fn fetch_all<T: StoredRow>(
        self,
        statement: Statement<'_>,
        params: &[Param<'_>],
    ) -> Result<Vec<T>> {
        let rows = match self {
            Self::Sqlite(connection) => {
                sqlx::query_as_with(
                    Dialect::Sqlite.sql(statement.sql),
                    bind::<SqliteArguments>(params, statement.attempt)?,
                )
                .fetch_all(connection)
                .await
            }
            Self::Postgres(connection) => {
                sqlx::query_as_with(
                    Dialect::Postgres.sql(statement.sql),
                    bind::<PgArguments>(params, statement.attempt)?,
                )
                .fetch_all(connection)
                .await
            }
        };
        rows.map_err(|source| Error::Statement { attempt: statement.attempt, source })
    }

    /// Runs a statement and returns its one row, if there is one.
    pub(crate) async fn fetch_optional<T: StoredRow>(
        self,
        statement: Statement<'_>,
        params: &[Param<'_>],
    ) -> Result<Option<T>> {
        Ok(self.fetch_all(statement, params).await?.pop())
    }
}

fn bind<A: param::Bind>(params: &[Param<'_>], attempt: &'static str) -> Result<A> {
    A::bind(params).map_err(|source| Error::Statement { attempt, source: sqlx::Error::Encode(source) })
}
