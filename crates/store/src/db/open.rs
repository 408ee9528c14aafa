//! Opening the databases.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, Executor, PgPool, SqlitePool};

use crate::kill_point::{KillPoint, reach};
use crate::{Error, Result, StoreOptions, StoreUrl, Upgrade};

use super::Db;

/// How long a writer of another process is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection is waited for before the caller hears of it.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Idle connections hold memory on both sides.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// What every connection to PostgreSQL begins with. "Already exists, skipping" is what we want, and nothing to log.
/// A transaction waits for its process no longer than a worker's lease lasts: one that is frozen has lost its work by then,
/// and would keep whoever took it over from the rows that it wrote.
const POSTGRES_SETTINGS: &str =
    "set client_min_messages = warning; set idle_in_transaction_session_timeout = '10s'";
/// Statements kept prepared on a connection: the control tables' few, and one or two for each record table.
const STATEMENTS_KEPT: usize = 64;
/// Rows and commands in flight between a caller and SQLite's thread; the defaults are made for long result sets.
const SQLITE_ROWS_IN_FLIGHT: usize = 16;

pub(crate) async fn connect_sqlite(
    url: &StoreUrl,
    path: &std::path::Path,
    options: &StoreOptions,
) -> Result<Db> {
    let failed = |source| Error::Open { database: url.to_string(), source };
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS_KEPT)
        .row_buffer_size(SQLITE_ROWS_IN_FLIGHT)
        // A negative number counts KiB instead of pages.
        .pragma("cache_size", format!("-{}", options.sqlite_cache_kib))
        .disable_statement_logging();
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(connect.clone())
        .await
        .map_err(failed)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(options.readers)
        .min_connections(0)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE_TIMEOUT)
        // A timed read leaves its handler behind, which would stop the statements of whoever comes next. It stays until
        // a statement that nobody waits for any more has ended: the ping stands behind that one in the queue.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.ping().await?;
                connection.lock_handle().await?.remove_progress_handler();
                Ok(true)
            })
        })
        .connect_lazy_with(connect.pragma("query_only", "on"));
    Ok(Db::Sqlite { writer, readers })
}

pub(crate) async fn connect_postgres(url: &StoreUrl, text: &str, options: &StoreOptions) -> Result<Db> {
    let failed = |source| Error::Open { database: url.to_string(), source };
    let connect = PgConnectOptions::from_str(text)
        .map_err(failed)?
        .application_name("towpath")
        .statement_cache_capacity(STATEMENTS_KEPT)
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(options.postgres_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(POSTGRES_SETTINGS).await.map(|_| ()) })
        })
        .connect_with(connect)
        .await
        .map_err(failed)?;
    Ok(Db::Postgres(pool))
}

/// Looks at the version of the control tables, of which nothing is changed.
pub(crate) async fn find_version(db: &Db) -> Result<Upgrade> {
    let failed = |source| Error::Statement { attempt: "look at the version of the control tables", source };
    let (from, migrator) = match db {
        Db::Sqlite { writer, .. } => (find_version_on_sqlite(writer).await, sqlite_migrations()),
        Db::Postgres(pool) => (find_version_on_postgres(pool).await, postgres_migrations()),
    };
    let to = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    Ok(Upgrade { from: from.map_err(failed)?, to })
}

/// A new database has no table of migrations; whatever else is wrong is no sign of a new one.
async fn find_version_on_sqlite(writer: &SqlitePool) -> sqlx::Result<Option<i64>> {
    let exists = "select exists (select 1 from sqlite_schema where name = 'towpath_migrations')";
    if !sqlx::query_scalar::<_, bool>(exists).fetch_one(writer).await? {
        return Ok(None);
    }
    sqlx::query_scalar("select max(version) from towpath_migrations").fetch_one(writer).await
}

async fn find_version_on_postgres(pool: &PgPool) -> sqlx::Result<Option<i64>> {
    let exists = "select to_regclass('towpath.migrations') is not null";
    if !sqlx::query_scalar::<_, bool>(exists).fetch_one(pool).await? {
        return Ok(None);
    }
    sqlx::query_scalar("select max(version) from towpath.migrations").fetch_one(pool).await
}

/// Creates or upgrades the control tables, and refuses a database that a newer program upgraded.
pub(crate) async fn upgrade(db: &Db, upgrade: Upgrade, kill_at: Option<&KillPoint>) -> Result<()> {
    match db {
        Db::Sqlite { writer, .. } => run_migrations(sqlite_migrations(), writer, upgrade, kill_at).await,
        Db::Postgres(pool) => run_migrations(postgres_migrations(), pool, upgrade, kill_at).await,
    }
}

/// Each step is a transaction of its own: a process that dies between two leaves the next one to go on.
async fn run_migrations<'c, A>(
    migrator: Migrator,
    connection: A,
    Upgrade { from, to: known }: Upgrade,
    kill_at: Option<&KillPoint>,
) -> Result<()>
where
    A: sqlx::Acquire<'c> + Copy,
    <A::Connection as std::ops::Deref>::Target: sqlx::migrate::Migrate,
{
    let failed = |error| match error {
        MigrateError::VersionMissing(found) => Error::NewerSchema { found, known },
        source => Error::Migrate(source),
    };
    let steps = migrator.iter().map(|migration| migration.version);
    for step in steps.filter(|step| from.is_none_or(|from| *step > from)) {
        migrator.run_to(step, connection).await.map_err(failed)?;
        reach(kill_at, "migration.step");
    }
    // The steps that were done before are compared with those of this program.
    migrator.run(connection).await.map_err(failed)
}

fn sqlite_migrations() -> Migrator {
    let mut migrator = sqlx::migrate!("migrations/sqlite");
    migrator.dangerous_set_table_name("towpath_migrations");
    migrator
}

fn postgres_migrations() -> Migrator {
    let mut migrator = sqlx::migrate!("migrations/postgres");
    migrator.create_schema("towpath");
    migrator.dangerous_set_table_name("towpath.migrations");
    migrator
}
