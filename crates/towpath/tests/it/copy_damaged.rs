//! Answers that arrive damaged, late or not at all are noticed, asked for again, and leave no trace in the copy.

use benches::destination::DestinationKind;
use serde_json::{Value as Json, json};

use crate::scene::Scene;

/// More than Bulk API 2.0 is used for, in three pages.
const BULK: [&str; 3] = ["--page-rows", "1000", "Account"];

/// Few enough for REST.
const REST: [&str; 1] = ["Contact"];

async fn assert_recovers(arguments: &[&str], faults: &[Json]) {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &["--accounts", "2500"]).await;
        for fault in faults {
            scene.add_fault(fault.clone()).await;
        }

        scene.copy(arguments);

        scene.assert_equal(arguments[arguments.len() - 1]).await;
        let played = scene.org.faults().await.unwrap();
        assert!(played.iter().all(|fault| fault["played"] == fault["times"]), "not played: {played:#?}");
    }
}

#[tokio::test]
async fn a_bulk_page_that_is_cut_is_read_again() {
    assert_recovers(
        &BULK,
        &[json!({ "kind": "truncate", "match": "bulk_results", "nth": 2, "bytes": 20_000 })],
    )
    .await;
}

/// The end of the connection looks like the end of the page: only the trailer of its compression is missing.
#[tokio::test]
async fn a_bulk_page_whose_cut_looks_like_its_end_is_read_again() {
    let fault =
        json!({ "kind": "truncate", "match": "bulk_results", "nth": 2, "bytes": 20_000, "clean": true });
    assert_recovers(&BULK, &[fault]).await;
}

#[tokio::test]
async fn a_bulk_page_without_its_last_chunk_is_read_again() {
    assert_recovers(&BULK, &[json!({ "kind": "cut_before_end", "match": "bulk_results" })]).await;
}

#[tokio::test]
async fn a_bulk_page_shorter_than_its_length_is_read_again() {
    assert_recovers(&BULK, &[json!({ "kind": "wrong_length", "match": "bulk_results", "bytes": 10 })]).await;
}

#[tokio::test]
async fn a_query_page_that_is_cut_is_read_again() {
    let fault = json!({ "kind": "truncate", "match": "query", "nth": 2, "bytes": 5_000 });
    assert_recovers(&REST, &[fault]).await;
}

#[tokio::test]
async fn a_maintenance_page_with_status_200_is_no_data() {
    assert_recovers(&BULK, &[json!({ "kind": "html", "match": "bulk_results", "nth": 2 })]).await;
    assert_recovers(&REST, &[json!({ "kind": "html", "match": "query", "nth": 2 })]).await;
}

#[tokio::test]
async fn an_empty_answer_with_status_200_is_no_data() {
    assert_recovers(&BULK, &[json!({ "kind": "empty", "match": "bulk_results", "nth": 2 })]).await;
    assert_recovers(&REST, &[json!({ "kind": "empty", "match": "query", "nth": 2 })]).await;
}

#[tokio::test]
async fn a_session_that_ends_in_the_middle_is_renewed() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &["--accounts", "2500"]).await;
        scene.add_fault(json!({ "kind": "expire_session", "match": "bulk_results", "nth": 2 })).await;

        scene.copy(&BULK);

        scene.assert_equal("Account").await;
        assert_eq!(scene.org.counters().await.unwrap().refreshes, 2, "one at the start, one in the middle");
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_is_opened_again() {
    assert_recovers(&BULK, &[json!({ "kind": "reset", "match": "bulk_results" })]).await;
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_later() {
    let busy =
        json!({ "kind": "status", "status": 503, "match": "bulk_results", "times": 2, "body": "busy" });
    assert_recovers(&BULK, &[busy]).await;
}

#[tokio::test]
async fn a_job_that_fails_is_created_again() {
    assert_recovers(&BULK, &[json!({ "kind": "bulk_fail" })]).await;
}

#[tokio::test]
async fn a_job_that_takes_its_time_is_waited_for() {
    let scene = Scene::new(DestinationKind::Sqlite, &["--accounts", "2500", "--bulk-polls", "2"]).await;

    scene.copy(&BULK);

    scene.assert_equal("Account").await;
}

#[tokio::test]
async fn a_locator_that_is_refused_begins_the_read_anew() {
    assert_recovers(&BULK, &[json!({ "kind": "invalid_locator", "match": "bulk_results", "nth": 2 })]).await;
}
