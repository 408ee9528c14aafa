//! Measures how long a record takes from its commit in the org until it can be read in the copy, at a cadence of a minute.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use benches::org::{API_VERSION, Org};
use benches::site::{Site, activate, wait_for_run};
use benches::stopwatch;
use benches::table::print_line;
use clap::Parser;
use serde_json::{Value as Json, json};
use sqlx::PgConnection;

/// How often the copy is looked at, which is how exact a time is.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Nothing takes so long.
const LONGEST: Duration = Duration::from_secs(300);

/// Measures freshness.
#[derive(Parser)]
struct Arguments {
    /// The program, from a release build.
    #[arg(long)]
    towpath: PathBuf,
    /// The number of Accounts that are there already.
    #[arg(long, default_value_t = 100_000)]
    rows: u64,
    /// How many records are created, evenly over the time.
    #[arg(long, default_value_t = 150)]
    records: u32,
    /// The pause between two of them, in milliseconds. It does not divide a minute, so that all parts of one are met.
    #[arg(long, default_value_t = 1_930)]
    pause_ms: u64,
    /// How often the rule is read, in seconds.
    #[arg(long, default_value_t = 60)]
    cadence_s: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let org = Org::start(&arguments.towpath, &["--accounts", &arguments.rows.to_string()])?;
    let folder = tempfile::tempdir()?;
    let site = Site::create(&arguments.towpath, &org, folder.path()).await?;
    let (server, mut visitor, integration) = site.serve(&org).await?;
    activate(&mut visitor, &integration, arguments.cadence_s).await?;
    wait_for_run(&mut visitor, &integration).await?;
    let found = visitor.ask(reqwest::Method::GET, &integration, None).await?;
    let slug = found["slug"].as_str().context("the integration has no slug")?.to_owned();

    let mut database = site.database().await?;
    let times = measure(&arguments, &org, &mut database, &slug).await?;

    drop(server);
    drop(database);
    site.remove().await?;
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    print_line(&format!(
        "{} records, read every {} s: p50 {:.1} s, p95 {:.1} s, worst {:.1} s",
        times.len(),
        arguments.cadence_s,
        at(0.5),
        at(0.95),
        at(1.0)
    ));
    Ok(())
}

/// Creates records one after the other and looks for all that are still to come. Returns the times in their order.
async fn measure(
    arguments: &Arguments,
    org: &Org,
    database: &mut PgConnection,
    slug: &str,
) -> Result<Vec<f64>> {
    let mut waiting: BTreeMap<String, Instant> = BTreeMap::new();
    let mut times = Vec::new();
    let mut created = 0;
    let mut next = stopwatch::now();
    let started = stopwatch::now();
    let longest = LONGEST + Duration::from_millis(arguments.pause_ms) * arguments.records;
    while created < arguments.records || !waiting.is_empty() {
        if created < arguments.records && next <= stopwatch::now() {
            let id = create(org, created).await?;
            waiting.insert(id, stopwatch::now());
            created += 1;
            next += Duration::from_millis(arguments.pause_ms);
        }
        let ids: Vec<String> = waiting.keys().cloned().collect();
        let sql = format!("select \"id\" from \"{slug}\".\"account\" where \"id\" = any($1)");
        let seen: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(&mut *database).await?;
        for id in seen {
            times.extend(waiting.remove(&id).map(|since| since.elapsed().as_secs_f64()));
        }
        ensure!(started.elapsed() < longest, "{} records never came", waiting.len());
        tokio::time::sleep(LOOK_EVERY).await;
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// Creates an Account by the REST API and returns its id.
async fn create(org: &Org, number: u32) -> Result<String> {
    let line = &org.start_line;
    let url = format!("{}/services/data/{API_VERSION}/sobjects/Account", line.base_url);
    let body = json!({ "Name": format!("Fresh {number}") });
    let response = org.http().post(url).bearer_auth(&line.access_token).json(&body).send().await?;
    let answer: Json = response.error_for_status()?.json().await?;
    Ok(answer["id"].as_str().context("the org gave no id")?.to_owned())
}
