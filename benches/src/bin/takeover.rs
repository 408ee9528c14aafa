//! Kills a worker (SIGKILL) in the middle of a read and measures how long it takes until another one commits.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use benches::org::Org;
use benches::site::{Site, activate, wait_for_run};
use benches::stopwatch;
use benches::table::print_line;
use clap::Parser;
use reqwest::Method;
use serde_json::json;
use sqlx::PgConnection;

/// A commit elsewhere, at the default length of a lease.
const TARGET: Duration = Duration::from_secs(15);
/// How often the database is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Nothing takes so long.
const LONGEST: Duration = Duration::from_secs(120);

/// Measures takeovers.
#[derive(Parser)]
struct Arguments {
    /// The program, from a release build.
    #[arg(long)]
    towpath: PathBuf,
    /// The number of Accounts.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// How often to kill.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let org = Org::start(&arguments.towpath, &["--accounts", &arguments.rows.to_string()])?;
    let folder = tempfile::tempdir()?;
    let site = Site::create(&arguments.towpath, &org, folder.path()).await?;
    let (server, mut visitor, integration) = site.serve(&org).await?;
    activate(&mut visitor, &integration, 7 * 24 * 3_600).await?;
    wait_for_run(&mut visitor, &integration).await?;
    // Pages come slowly, so that a read is under way for as long as it takes; the next commit waits for one.
    org.add_fault(json!({ "kind": "delay", "match": "bulk_results", "times": 1_000_000, "delay_ms": 1_500 }))
        .await?;
    visitor.ask(Method::POST, &format!("{integration}/sync-rules/Account/reload"), Some(json!({}))).await?;
    server.stop()?;

    let mut database = site.database().await?;
    let mut times = Vec::new();
    let mut worker = site.work()?;
    let mut owner = wait(&mut database, async |database| find_owner(database).await).await?;
    while times.len() < arguments.rounds {
        let successor = site.work()?;
        // Between two slices either may go on.
        wait(&mut database, async |database| {
            Ok(find_owner(database).await?.filter(|holder| *holder == owner).map(drop))
        })
        .await?;
        worker.kill()?;
        let killed = stopwatch::now();
        let before = last_commit(&mut database).await?;
        let was_holder = find_owner(&mut database).await?.as_ref() == Some(&owner);
        wait(&mut database, async |database| {
            let after = last_commit(database).await?;
            Ok(after.filter(|after| Some(*after) != before))
        })
        .await?;
        if was_holder {
            times.push(killed.elapsed().as_secs_f64());
            print_line(&format!("round {}: {:.1} s", times.len(), killed.elapsed().as_secs_f64()));
        }
        owner = wait(&mut database, async |database| {
            Ok(find_owner(database).await?.filter(|holder| *holder != owner))
        })
        .await?;
        worker = successor;
    }
    drop(worker);
    drop(database);
    site.remove().await?;
    times.sort_by(f64::total_cmp);
    let worst = times.last().copied().unwrap_or_default();
    print_line(&format!(
        "kill -9 to the next commit elsewhere: median {:.1} s, worst {worst:.1} s (target under {} s)",
        times[times.len() / 2],
        TARGET.as_secs()
    ));
    Ok(())
}

/// Who reads the rule now.
async fn find_owner(database: &mut PgConnection) -> Result<Option<String>> {
    let owner = sqlx::query_scalar("select lease_owner from towpath.work where kind = 'sync'");
    Ok(owner.fetch_optional(database).await?.flatten())
}

/// When the rule's checkpoint was moved last.
async fn last_commit(database: &mut PgConnection) -> Result<Option<i64>> {
    let commit = sqlx::query_scalar("select max(updated_at) from towpath.checkpoints");
    Ok(commit.fetch_one(database).await?)
}

async fn wait<T>(
    database: &mut PgConnection,
    mut look: impl AsyncFnMut(&mut PgConnection) -> Result<Option<T>>,
) -> Result<T> {
    let started = stopwatch::now();
    loop {
        if let Some(seen) = look(database).await? {
            return Ok(seen);
        }
        ensure!(started.elapsed() < LONGEST, "nothing happened for {} s", LONGEST.as_secs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
