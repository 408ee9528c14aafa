//! Databases of the PostgreSQL server that `./dev` starts.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use url::Url;

use crate::process;

/// Where `./dev test` and `./dev bench` say how to reach their server.
const VARIABLE: &str = "TOWPATH_TEST_POSTGRES";

/// So often it is looked, a minute long, whether connections have ended.
const MOST_LOOKS: u32 = 300;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Makes an empty database and returns its URL.
pub async fn create_database() -> Result<String> {
    let server = server_url()?;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("proof_{}_{number}", std::process::id());
    execute(&server, format!("create database {name}")).await?;
    let mut url = server;
    url.set_path(&name);
    Ok(url.into())
}

/// Removes a database made by [`create_database`].
pub async fn drop_database(url: &str) -> Result<()> {
    let name = Url::parse(url)?.path().trim_start_matches('/').to_owned();
    execute(&server_url()?, format!("drop database {name} with (force)")).await
}

/// Returns the processor time of all connections of the server that have ended.
///
/// The server's parent process inherits it from them (`cutime` and `cstime` of proc(5)).
pub async fn server_cpu() -> Result<Duration> {
    let mut connection = PgConnectOptions::from_str(server_url()?.as_str())?.connect().await?;
    await_end_of_others(&mut connection).await?;
    let folder: String = sqlx::query_scalar("show data_directory").fetch_one(&mut connection).await?;
    connection.close().await?;
    let file = std::fs::read_to_string(format!("{folder}/postmaster.pid"))?;
    let process = file.lines().next().context("the server's file names no process")?.trim().parse()?;
    process::cpu_of_children(process)
}

/// Waits until no connection but this one is there: one that was closed ends a moment later, after much work a long one.
async fn await_end_of_others(connection: &mut PgConnection) -> Result<()> {
    let others = "select count(*) from pg_stat_activity\
                  \nwhere backend_type = 'client backend' and pid <> pg_backend_pid()";
    for _ in 0..MOST_LOOKS {
        // The parent process takes its figures over a moment later, too.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let count: i64 = sqlx::query_scalar(others).fetch_one(&mut *connection).await?;
        if count == 0 {
            return Ok(());
        }
    }
    bail!("other connections to the database server do not end")
}

fn server_url() -> Result<Url> {
    let text = std::env::var(VARIABLE)
        .with_context(|| format!("{VARIABLE} is not set: run this with ./dev test or ./dev bench"))?;
    Url::parse(&text).with_context(|| format!("{VARIABLE} is not a URL"))
}

async fn execute(server: &Url, statement: String) -> Result<()> {
    let mut connection = PgConnectOptions::from_str(server.as_str())?.connect().await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await?;
    Ok(())
}
