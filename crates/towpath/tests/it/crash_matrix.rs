//! The crash matrix: a copy is killed at the points of a sweep and of connecting, and in `./dev crash` (`TOWPATH_CRASH=whole`,
//! and what is ignored else) at every point of reading when it gets there for the third time. `killed` has the first time of the others.

use std::os::unix::process::ExitStatusExt;

use benches::destination::DestinationKind::{self, Postgres, Sqlite};
use benches::org::Mutation;
use serde_json::json;

use crate::running::Running;
use crate::scene::Scene;

/// How a process ends that is killed at a named point.
const SIGABRT: i32 = 6;

/// Three sObjects, each larger than what REST is used for, get thrice to what happens once for each.
const SOBJECTS: [&str; 3] = ["Account", "Contact", "Opportunity"];
const ORG: [&str; 6] = ["--accounts", "2100", "--contacts", "2100", "--opportunities", "2100"];
const FIELDS: [&str; 6] = [
    "--fields",
    "Account:Name,Site",
    "--fields",
    "Contact:LastName,Email",
    "--fields",
    "Opportunity:Name,Amount",
];
/// The same records, by filters that make a copy read everything anew.
const FILTERED: [&str; 3] =
    ["Account where Name != null", "Contact where LastName != null", "Opportunity where Name != null"];

/// What a first load gets to at least three times.
const LOADING: [&str; 12] = [
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
    "bulk.closed",
];
/// The same records, each by another filter.
const LOADED_ANEW: [&str; 3] =
    ["Account where Name != null", "Account where Id != null", "Account where Name != 'Nobody'"];
const RENEWING: [&str; 3] = ["token.claimed", "token.received", "token.stored"];
const GONE: [&str; 2] = ["gone.before_commit", "gone.after_commit"];
const SWEEPING: [&str; 3] = ["sweep.started", "sweep.chunk_stored", "sweep.completed"];

fn is_whole() -> bool {
    std::env::var("TOWPATH_CRASH").is_ok_and(|wish| wish == "whole")
}

fn arguments(rules: &[&'static str]) -> Vec<&'static str> {
    [&["--page-rows", "500"], &FIELDS[..], rules].concat()
}

/// Kills a copy at a point, which must be reached.
fn kill_at(scene: &Scene, point: &str, arguments: &[&'static str]) {
    let all = [&["--dev-kill-at", point], arguments].concat();
    let finished = scene.try_copy(&all);
    assert_eq!(finished.status.signal(), Some(SIGABRT), "{point}: {}\n{}", finished.status, finished.stderr);
}

/// Every cell of what the copy holds equals the org.
async fn assert_equal(scene: &Scene) {
    for chosen in FIELDS.iter().filter(|text| text.contains(':')) {
        let (sobject, names) = chosen.split_once(':').unwrap();
        let columns = scene.columns(sobject).await.into_iter();
        let chosen: Vec<_> = columns
            .filter(|column| {
                names.split(',').chain(["Id"]).any(|name| name.eq_ignore_ascii_case(&column.field))
            })
            .collect();
        scene.assert_equal_in(sobject, &chosen, "").await;
    }
}

async fn assert_survives_a_sweep(kind: DestinationKind) {
    let scene = Scene::new(kind, &ORG).await;
    scene.copy(&arguments(&SOBJECTS));
    let hits: &[u32] = if is_whole() { &[1, 3] } else { &[1] };
    let mut wanted = [FILTERED, SOBJECTS].into_iter().cycle();
    for (point, hit) in SWEEPING.iter().flat_map(|point| hits.iter().map(move |hit| (point, hit))) {
        let rules = wanted.next().unwrap();

        kill_at(&scene, &format!("{point}:{hit}"), &arguments(&rules));
        scene.copy(&arguments(&rules));

        assert_equal(&scene).await;
    }
}

async fn assert_survives_third_times(kind: DestinationKind) {
    let mut scene = Scene::new(kind, &ORG).await;
    for point in LOADING {
        scene = scene.with_new_destination(kind).await;

        kill_at(&scene, &format!("{point}:3"), &arguments(&SOBJECTS));
        scene.copy(&arguments(&SOBJECTS));

        assert_equal(&scene).await;
    }
    for (seed, point) in (1..).zip(GONE) {
        for sobject in SOBJECTS {
            scene.change_later(sobject, Mutation { created: 5, updated: 5, deleted: 5, seed }).await;
        }
        kill_at(&scene, &format!("{point}:3"), &arguments(&SOBJECTS));
        scene.copy(&arguments(&SOBJECTS));

        assert_equal(&scene).await;
    }
    // A load of one sObject makes one call after the other: none is repeated in a session that another has ended.
    for (point, rule) in RENEWING.into_iter().zip(LOADED_ANEW) {
        for call in ["describe", "bulk_create", "bulk_status"] {
            scene.add_fault(json!({ "kind": "expire_session", "match": call })).await;
        }
        let arguments = [&FIELDS[..2], &[rule][..]].concat();
        kill_at(&scene, &format!("{point}:3"), &arguments);
        scene.copy(&arguments);

        assert_equal(&scene).await;
    }
}

#[tokio::test]
async fn a_sqlite_copy_killed_in_a_sweep_goes_on() {
    assert_survives_a_sweep(Sqlite).await;
}

#[tokio::test]
async fn a_postgres_copy_killed_in_a_sweep_goes_on() {
    assert_survives_a_sweep(Postgres).await;
}

#[tokio::test]
#[ignore = "long: `./dev crash` runs it"]
async fn a_sqlite_copy_killed_at_the_third_time_goes_on() {
    assert_survives_third_times(Sqlite).await;
}

#[tokio::test]
#[ignore = "long: `./dev crash` runs it"]
async fn a_postgres_copy_killed_at_the_third_time_goes_on() {
    assert_survives_third_times(Postgres).await;
}

#[test]
fn a_server_killed_while_it_connects_an_org_connects_it_the_next_time() {
    let home = tempfile::tempdir().unwrap();
    for point in ["connect.state_saved", "connect.code_received", "connection.bound"] {
        let killed = Running::start_demo(home.path(), &["--connected", "--dev-kill-at", point]).wait();

        assert_eq!(killed.signal(), Some(SIGABRT), "{point}: {killed}");
    }

    let (running, said) = Running::demo(home.path(), &["--connected"]);

    assert!(said["url"].is_string(), "{said}");
    assert!(running.stop().success());
}
