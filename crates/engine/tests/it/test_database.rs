//! Fresh databases on both servers, and SQL of the tests' own.

use std::path::Path;
use std::sync::Arc;

use model::Random;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Executor, Row, TypeInfo, ValueRef};
use store::StoreUrl;
use tokio::sync::Mutex;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// Runs test functions that take a [`Database`] on both.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use $crate::test_database::Database;

            #[tokio::test]
            async fn on_sqlite() {
                super::$name(Database::Sqlite).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                super::$name(Database::Postgres).await;
            }
        }
    )+};
}

/// An empty database.
#[derive(Clone, Debug)]
pub(crate) struct TestDatabase {
    kind: Database,
    url: String,
    /// Opened at the first look into the database, and kept.
    own: Arc<Mutex<Option<Own>>>,
}

#[derive(Debug)]
enum Own {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl TestDatabase {
    pub(crate) async fn create(kind: Database, folder: &Path) -> Self {
        let url = match kind {
            Database::Sqlite => format!("sqlite:{}", folder.join("towpath.db").display()),
            Database::Postgres => create_postgres().await,
        };
        Self { kind, url, own: Arc::default() }
    }

    pub(crate) fn store_url(&self) -> StoreUrl {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => StoreUrl::sqlite(Path::new(path)),
            None => StoreUrl::parse(&self.url).unwrap(),
        }
    }

    /// Where the database is, for another process.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Changes a database of PostgreSQL by some statements.
    pub(crate) async fn change(&self, sql: &str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    }

    /// Runs a statement of PostgreSQL that locks something, until what it returns is dropped.
    pub(crate) async fn lock(&self, sql: &str) -> PgConnection {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        connection.execute("begin").await.unwrap();
        connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
        connection
    }

    /// Returns the name of a control table.
    pub(crate) fn control(&self, table: &str) -> String {
        match self.kind {
            Database::Sqlite => format!("towpath_{table}"),
            Database::Postgres => format!("towpath.{table}"),
        }
    }

    /// Returns the name of a record table.
    pub(crate) fn records(&self, slug: &str, sobject: &str) -> String {
        let table = sobject.to_ascii_lowercase();
        match self.kind {
            Database::Sqlite => format!("\"{slug}__{table}\""),
            Database::Postgres => format!("\"{slug}\".\"{table}\""),
        }
    }

    /// Returns the names of a record table's columns.
    pub(crate) async fn columns(&self, slug: &str, sobject: &str) -> Vec<String> {
        let table = sobject.to_ascii_lowercase();
        let sql = match self.kind {
            Database::Sqlite => format!("select name from pragma_table_info('{slug}__{table}')"),
            Database::Postgres => format!(
                "select column_name::text from information_schema.columns
                 where table_schema = '{slug}' and table_name = '{table}'"
            ),
        };
        self.rows(&sql).await.into_iter().map(|row| row[0].clone().unwrap()).collect()
    }

    /// Returns the expression that gives an instant as milliseconds since 1970, or as the text it is stored as.
    pub(crate) fn instant(&self, column: &str) -> String {
        match self.kind {
            Database::Sqlite => column.to_owned(),
            Database::Postgres => {
                format!("to_char({column} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
            }
        }
    }

    /// Returns rows of values as text, each as exactly as the database holds it.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let mut own = self.own.lock().await;
        if own.is_none() {
            *own = Some(self.open().await);
        }
        match own.as_mut().unwrap() {
            Own::Sqlite(connection) => {
                let rows = connection.fetch_all(AssertSqlSafe(sql.to_owned())).await.unwrap();
                rows.iter().map(|row| (0..row.len()).map(|at| sqlite_text(row, at)).collect()).collect()
            }
            Own::Postgres(connection) => {
                // The simple protocol answers in text.
                let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(connection).await.unwrap();
                let texts = |row: &PgRow| (0..row.len()).map(|at| row.get_unchecked(at)).collect();
                rows.iter().map(texts).collect()
            }
        }
    }

    async fn open(&self) -> Own {
        match self.kind {
            Database::Sqlite => Own::Sqlite(SqliteConnection::connect(&self.url).await.unwrap()),
            Database::Postgres => Own::Postgres(PgConnection::connect(&self.url).await.unwrap()),
        }
    }
}

fn sqlite_text(row: &SqliteRow, at: usize) -> Option<String> {
    let raw = row.try_get_raw(at).unwrap();
    if raw.is_null() {
        return None;
    }
    Some(match raw.type_info().name() {
        "INTEGER" => row.get_unchecked::<i64, _>(at).to_string(),
        "REAL" => row.get_unchecked::<f64, _>(at).to_string(),
        "TEXT" => row.get_unchecked::<String, _>(at),
        other => panic!("a value of type {other}"),
    })
}

/// Makes an empty database on the private cluster and returns its URL.
async fn create_postgres() -> String {
    let admin = std::env::var("TOWPATH_TEST_POSTGRES").expect(
        "TOWPATH_TEST_POSTGRES is not set: run the tests with ./dev test, which starts a PostgreSQL for them",
    );
    let name = format!("towpath_test_{:032x}", u128::from_le_bytes(Random::from_os().unwrap().bytes()));
    let mut connection = PgConnection::connect(&admin).await.unwrap();
    connection.execute(AssertSqlSafe(format!("create database {name} template template0"))).await.unwrap();
    connection.close().await.unwrap();
    let (base, query) = admin.split_once('?').unwrap_or((&admin, ""));
    let server = base.rsplit_once('/').map_or(base, |(server, _)| server);
    format!("{server}/{name}?{query}")
}
