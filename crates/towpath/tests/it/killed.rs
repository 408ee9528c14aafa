//! A process that dies at any point of reading loses nothing: the next one goes on.

use std::os::unix::process::ExitStatusExt;

use benches::destination::DestinationKind::{self, Csv, Postgres, Sqlite};
use benches::org::Mutation;
use serde_json::json;

use crate::scene::Scene;

/// More than Bulk API 2.0 is used for.
const ACCOUNTS: u64 = 3_000;
const PAGE_ROWS: u64 = 500;
const COPY: [&str; 3] = ["--page-rows", "500", "Account"];

/// How a process ends that is killed at a named point.
const SIGABRT: i32 = 6;

/// Every point that the first call of a copy passes, those of pages in the middle of the table too.
const POINTS: [&str; 20] = [
    "migration.step",
    "migration.step:3",
    "connection.bound",
    "describe.stored",
    "table.altered",
    "bulk.created",
    "bulk.job_stored",
    "plan.stored",
    "work.claimed",
    "bulk.polled",
    "page.requested",
    "page.spooled",
    "page.before_commit",
    "page.after_commit",
    "page.requested:3",
    "page.spooled:3",
    "page.before_commit:3",
    "page.after_commit:3",
    "page.after_commit:6",
    "bulk.closed",
];

/// Points that a call passes which finds deleted records. CSV files are written anew and know no such records.
const GONE_POINTS: [&str; 2] = ["gone.before_commit", "gone.after_commit"];

/// Kills a copy at a point, which must be reached.
fn kill_at(scene: &Scene, point: &str) {
    let mut arguments = vec!["--dev-kill-at", point];
    arguments.extend(COPY);
    let finished = scene.try_copy(&arguments);
    assert_eq!(finished.status.signal(), Some(SIGABRT), "{point}: {}\n{}", finished.status, finished.stderr);
}

async fn assert_survives_every_point(kind: DestinationKind) {
    let mut scene = Scene::new(kind, &["--accounts", &ACCOUNTS.to_string()]).await;
    // A CSV file is no table.
    for point in POINTS.into_iter().filter(|point| !(kind == Csv && *point == "table.altered")) {
        scene = scene.with_new_destination(kind).await;
        scene.org.reset_counters().await.unwrap();

        kill_at(&scene, point);
        scene.copy(&COPY);

        scene.assert_equal("Account").await;
        let served = scene.rows_served("Account").await;
        assert!(served <= ACCOUNTS + PAGE_ROWS, "{point}: {served} rows served");
    }
}

/// Kills a call whose session has ended while it is renewed. The app gives out no new refresh tokens, so that the one it
/// gave stays good whatever is lost.
async fn assert_survives_while_renewing(kind: DestinationKind, point: &str) {
    let scene = Scene::new(kind, &[]).await;
    scene.copy(&COPY);
    scene.org.command("sessions/expire", json!({})).await.unwrap();

    kill_at(&scene, point);
    scene.copy(&COPY);

    scene.assert_equal("Account").await;
}

async fn assert_survives_where_records_are_gone(kind: DestinationKind) {
    let scene = Scene::new(kind, &["--accounts", &ACCOUNTS.to_string()]).await;
    scene.copy(&COPY);
    for (seed, point) in (1..).zip(GONE_POINTS) {
        scene.change_later("Account", Mutation { created: 10, updated: 10, deleted: 10, seed }).await;

        kill_at(&scene, point);
        scene.copy(&COPY);

        scene.assert_equal("Account").await;
    }
}

#[tokio::test]
async fn a_killed_copy_to_sqlite_goes_on() {
    assert_survives_every_point(Sqlite).await;
}

#[tokio::test]
async fn a_killed_copy_to_postgres_goes_on() {
    assert_survives_every_point(Postgres).await;
}

#[tokio::test]
async fn a_killed_copy_to_csv_goes_on() {
    assert_survives_every_point(Csv).await;
}

#[tokio::test]
async fn a_sqlite_copy_killed_before_it_asks_a_new_token_goes_on() {
    assert_survives_while_renewing(Sqlite, "token.claimed").await;
}

#[tokio::test]
async fn a_sqlite_copy_killed_before_it_keeps_a_new_token_goes_on() {
    assert_survives_while_renewing(Sqlite, "token.received").await;
}

#[tokio::test]
async fn a_sqlite_copy_killed_before_it_uses_a_new_token_goes_on() {
    assert_survives_while_renewing(Sqlite, "token.stored").await;
}

#[tokio::test]
async fn a_postgres_copy_killed_before_it_asks_a_new_token_goes_on() {
    assert_survives_while_renewing(Postgres, "token.claimed").await;
}

#[tokio::test]
async fn a_postgres_copy_killed_before_it_keeps_a_new_token_goes_on() {
    assert_survives_while_renewing(Postgres, "token.received").await;
}

#[tokio::test]
async fn a_postgres_copy_killed_before_it_uses_a_new_token_goes_on() {
    assert_survives_while_renewing(Postgres, "token.stored").await;
}

#[tokio::test]
async fn a_csv_copy_killed_before_it_asks_a_new_token_goes_on() {
    assert_survives_while_renewing(Csv, "token.claimed").await;
}

#[tokio::test]
async fn a_csv_copy_killed_before_it_keeps_a_new_token_goes_on() {
    assert_survives_while_renewing(Csv, "token.received").await;
}

#[tokio::test]
async fn a_csv_copy_killed_before_it_uses_a_new_token_goes_on() {
    assert_survives_while_renewing(Csv, "token.stored").await;
}

#[tokio::test]
async fn a_sqlite_copy_killed_among_deleted_records_goes_on() {
    assert_survives_where_records_are_gone(Sqlite).await;
}

#[tokio::test]
async fn a_postgres_copy_killed_among_deleted_records_goes_on() {
    assert_survives_where_records_are_gone(Postgres).await;
}

/// The second kill meets what the first one left.
#[tokio::test]
async fn a_copy_killed_again_and_again_goes_on() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &["--accounts", &ACCOUNTS.to_string()]).await;
        let points =
            ["page.spooled:2", "page.before_commit", "work.claimed", "page.after_commit", "page.requested"];

        for point in points {
            kill_at(&scene, point);
        }
        scene.copy(&COPY);

        scene.assert_equal("Account").await;
        assert!(scene.rows_served("Account").await <= ACCOUNTS + PAGE_ROWS * points.len() as u64);
    }
}
