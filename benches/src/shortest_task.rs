//! What the programs of the shortest path are told: the same rows into a table of the same shape.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result};
use serde::Serialize;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row, SqliteConnection};

use crate::column::{Column, Kind};
use crate::copy::DEFAULT_NAME;
use crate::destination::Destination;
use crate::org::Org;
use crate::source::Source;

/// A table as a copy has made it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Shape {
    /// Statements that make another one like it.
    create: Vec<String>,
    table: String,
    /// Columns that are no fields, with a value that stands in them.
    constants: Vec<(String, String)>,
}

/// What to copy and where to.
#[derive(Debug, Serialize)]
struct Task<'a> {
    jobs_url: String,
    access_token: &'a str,
    query: &'a str,
    page_rows: u64,
    destination: String,
    columns: Vec<(String, &'static str)>,
    /// Whether the table is there, and its rows are to be replaced.
    upsert: bool,
    #[serde(flatten)]
    shape: &'a Shape,
}

/// What the shortest path finds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Before {
    /// No table.
    Nothing,
    /// The rows of an earlier load.
    Rows,
}

/// Writes the file that a program of the shortest path reads.
pub fn write_task(
    file: &Path,
    org: &Org,
    source: &Source,
    columns: &[Column],
    destination: &Destination,
    shape: &Shape,
    before: Before,
) -> Result<()> {
    let task = Task {
        jobs_url: Source::jobs_url(org),
        access_token: &org.start_line.access_token,
        query: &source.query,
        page_rows: source.page_rows,
        destination: match destination {
            Destination::Csv(path) | Destination::Sqlite(path) => path.display().to_string(),
            Destination::Postgres(url) => url.clone(),
        },
        columns: columns.iter().map(|column| (column.name(), kind_word(column.kind))).collect(),
        upsert: before == Before::Rows,
        shape,
    };
    Ok(std::fs::write(file, serde_json::to_vec(&task)?)?)
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Number => "number",
        Kind::Instant | Kind::Text => "text",
    }
}

/// Reads the shape of the table of Accounts that a copy has made.
pub async fn read_shape(destination: &Destination, columns: &[Column]) -> Result<Shape> {
    match destination {
        Destination::Csv(_) => Ok(Shape::default()),
        Destination::Postgres(url) => {
            read_postgres(&mut PgConnectOptions::from_str(url)?.connect().await?, columns).await
        }
        Destination::Sqlite(file) => {
            read_sqlite(&mut SqliteConnectOptions::new().filename(file).connect().await?, columns).await
        }
    }
}

async fn read_sqlite(connection: &mut SqliteConnection, columns: &[Column]) -> Result<Shape> {
    let name = format!("{DEFAULT_NAME}__account");
    let statements =
        "select sql from sqlite_schema where tbl_name = $1 and sql is not null order by type desc";
    let create: Vec<String> = sqlx::query_scalar(statements).bind(&name).fetch_all(&mut *connection).await?;
    let all: Vec<String> = sqlx::query_scalar("select name from pragma_table_info($1)")
        .bind(&name)
        .fetch_all(&mut *connection)
        .await?;
    let table = format!("\"{name}\"");
    let extra = extra_columns(all, columns);
    let row = sqlx::query(AssertSqlSafe(sample(&extra, &table))).fetch_one(connection).await?;
    let mut constants = Vec::new();
    for (index, column) in extra.into_iter().enumerate() {
        constants.extend(row.try_get::<Option<String>, _>(index)?.map(|value| (column, value)));
    }
    Ok(Shape { create, table, constants })
}

async fn read_postgres(connection: &mut PgConnection, columns: &[Column]) -> Result<Shape> {
    let table = format!("\"{DEFAULT_NAME}\".\"account\"");
    let definitions = "select format('%I %s%s%s', attname, format_type(atttypid, atttypmod),
            case when attcollation = 0 then '' else
                (select format(' collate %I', collname) from pg_collation where oid = attcollation and collname <> 'default') end,
            case when attnotnull then ' not null' else '' end)
        from pg_attribute
        where attrelid = $1::regclass and attnum > 0 and not attisdropped
        order by attnum";
    let definitions: Vec<String> =
        sqlx::query_scalar(definitions).bind(&table).fetch_all(&mut *connection).await?;
    let indexes =
        "select indexdef from pg_indexes where schemaname = $1 and tablename = 'account' order by indexname";
    let indexes: Vec<String> =
        sqlx::query_scalar(indexes).bind(DEFAULT_NAME).fetch_all(&mut *connection).await?;
    let mut create = vec![
        format!("create schema \"{DEFAULT_NAME}\""),
        format!("create table {table} ({})", definitions.join(", ")),
    ];
    create.extend(indexes);

    let all =
        "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped";
    let all: Vec<String> = sqlx::query_scalar(all).bind(&table).fetch_all(&mut *connection).await?;
    let extra = extra_columns(all, columns);
    let row = sqlx::query(AssertSqlSafe(sample(&extra, &table))).fetch_one(connection).await?;
    let mut constants = Vec::new();
    for (index, column) in extra.into_iter().enumerate() {
        constants.extend(row.try_get::<Option<String>, _>(index)?.map(|value| (column, value)));
    }
    Ok(Shape { create, table, constants })
}

fn extra_columns(all: Vec<String>, columns: &[Column]) -> Vec<String> {
    all.into_iter().filter(|name| !columns.iter().any(|column| column.name() == *name)).collect()
}

fn sample(names: &[String], table: &str) -> String {
    let listed: Vec<String> = names.iter().map(|name| format!("cast(\"{name}\" as text)")).collect();
    format!("select {} from {table} limit 1", listed.join(", "))
}

/// Returns the program of the shortest path to such a destination, beside the program that is measured.
pub fn program(towpath: &Path, destination: &Destination) -> Result<std::path::PathBuf> {
    let name = match destination {
        Destination::Csv(_) => "shortest-csv",
        Destination::Postgres(_) => "shortest-postgres",
        Destination::Sqlite(_) => "shortest-sqlite",
    };
    Ok(towpath.parent().context("the program has no folder")?.join(name))
}
