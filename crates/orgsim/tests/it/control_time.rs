//! What is written but not seen yet, versions, limits that are used up, and faults by chance.

use std::time::Duration;

use futures_util::future::join_all;
use orgsim::SimulatorConfig;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{NOW_MS, TestOrg, config};

async fn count(org: &TestOrg, name: &str) -> u64 {
    let answer = org.query(&format!("SELECT Id FROM Account WHERE Name = '{name}'")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["totalSize"].as_u64().unwrap()
}

async fn create(org: &TestOrg, name: &str) -> String {
    let answer = org.send(Method::POST, "sobjects/Account", Some(json!({ "Name": name }))).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn covered(org: &TestOrg) -> String {
    let path = "sobjects/Account/updated?start=2026-11-21T21:00:00Z&end=2026-11-22T21:00:00Z";
    org.get(path).await.json()["latestDateCovered"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_write_can_be_seen_later_than_it_says() {
    let org = TestOrg::start();
    org.control(Method::POST, "/visibility", json!({ "delay_ms": 300_000 })).await;

    let id = create(&org, "Late").await;

    assert_eq!(count(&org, "Late").await, 0);
    assert_eq!(org.get(&format!("sobjects/Account/{id}?fields=Name")).await.json()["Name"], "Late");
    org.simulator.clock().advance(240_000);
    assert_eq!(count(&org, "Late").await, 0);
    assert_eq!(covered(&org).await, "2026-11-21T22:04:00.000+0000");
    org.simulator.clock().advance(61_000);
    assert_eq!(count(&org, "Late").await, 1);
    assert_eq!(covered(&org).await, "2026-11-21T22:09:00.000+0000");
    let stamp = org.get(&format!("sobjects/Account/{id}?fields=SystemModstamp")).await.json();
    assert!(stamp["SystemModstamp"].as_str().unwrap().starts_with("2026-11-21T22:04:"), "{stamp}");
}

#[tokio::test]
async fn a_long_transaction_shows_at_its_end_with_stamps_of_its_start() {
    let org = TestOrg::start();
    let change = json!({ "sobject": "Account", "op": "create", "fields": { "Name": "Long" } });

    let opened = org.control(Method::POST, "/transactions", json!({ "changes": [change] })).await;
    org.simulator.clock().advance(3_600_000);

    assert_eq!(opened.status, StatusCode::CREATED);
    assert_eq!(
        (count(&org, "Long").await, covered(&org).await.as_str()),
        (0, "2026-11-21T22:04:00.000+0000")
    );
    let path = format!("/transactions/{}", opened.json()["id"]);
    let ended = org.control(Method::POST, &path, json!({ "op": "commit" })).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.text);
    assert_eq!(covered(&org).await, "2026-11-21T23:04:00.000+0000");
    let soql = "SELECT SystemModstamp FROM Account WHERE Name = 'Long'";
    let stamp = org.query(soql).await.json()["records"][0]["SystemModstamp"].clone();
    assert!(stamp.as_str().unwrap().starts_with("2026-11-21T22:04:"), "{stamp}");

    let change = json!({ "sobject": "Account", "op": "create", "fields": { "Name": "Timed" } });
    org.control(Method::POST, "/transactions", json!({ "changes": [change], "ends_in_ms": 60_000 })).await;
    assert_eq!(count(&org, "Timed").await, 0);
    org.simulator.clock().advance(60_000);
    assert_eq!(count(&org, "Timed").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_end_while_others_write_hold_nothing_up() {
    let org = TestOrg::start();
    for number in 0..20 {
        let change = json!({ "sobject": "Account", "op": "create", "fields": { "Name": "Timed" } });
        let body = json!({ "changes": [change], "ends_in_ms": 1_000 * (number + 1) });
        org.control(Method::POST, "/transactions", body).await;
    }
    let updated =
        "/services/data/v66.0/sobjects/Account/updated?start=2026-11-21T21:00:00Z&end=2026-11-21T22:00:00Z";
    let parts: Vec<_> = (0..25)
        .map(|number| json!({ "method": "GET", "url": updated, "referenceId": format!("ref{number}") }))
        .collect();
    let body = json!({ "allOrNone": true, "compositeRequest": parts });

    for _ in 0..20 {
        let calls = (0..4).map(|_| {
            org.simulator.clock().advance(250);
            org.send(Method::POST, "composite", Some(body.clone()))
        });
        let answers = tokio::time::timeout(Duration::from_secs(30), join_all(calls)).await.unwrap();
        for answer in answers {
            assert!(!answer.text.contains("\"errorCode\""), "{}", answer.text);
        }
    }

    assert_eq!(count(&org, "Timed").await, 20);
}

#[tokio::test]
async fn every_version_of_a_record_is_told() {
    let org = TestOrg::start_with(SimulatorConfig { history: true, ..config() });
    let id = create(&org, "First").await;
    org.simulator.clock().advance(60_000);
    org.send(Method::PATCH, &format!("sobjects/Account/{id}"), Some(json!({ "Name": "Second" }))).await;
    org.simulator.clock().advance(60_000);
    org.send(Method::DELETE, &format!("sobjects/Account/{id}"), None).await;

    let truth =
        org.control(Method::GET, &format!("/truth?sobject=Account&id={id}"), json!(null)).await.json();

    let versions = truth["versions"].as_array().unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|version| (version["values"]["Name"].as_str().unwrap(), version["state"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("First", "live"), ("Second", "live"), ("Second", "deleted")]);
    assert!(versions[0]["seen_from_ms"].as_i64().unwrap() >= NOW_MS);
    assert_eq!(versions[0]["seen_until_ms"], versions[1]["seen_from_ms"]);
    assert_eq!(versions[0]["author_id"], org.simulator.org().user_id().as_str());
    assert_eq!(versions[2]["seen_until_ms"], Value::Null);
}

#[tokio::test]
async fn the_truth_tells_what_a_user_might_see() {
    let org = TestOrg::start_with(SimulatorConfig { history: true, ..config() });
    let person = org.person("Standard User").await;
    org.rights(json!({ "org_wide_defaults": { "Account": "Private" } })).await;
    let id = create(&org, "Theirs").await;
    let owner = json!({ "OwnerId": person.id });
    org.send(Method::PATCH, &format!("sobjects/Account/{id}"), Some(owner)).await;
    let seen = async |user: &str| {
        let path = format!("/truth?sobject=Account&id={id}&user={user}");
        let truth = org.control(Method::GET, &path, json!(null)).await.json();
        let versions = truth["versions"].as_array().unwrap_or_else(|| panic!("{truth}")).clone();
        versions.iter().map(|version| version["is_visible"].as_bool().unwrap()).collect::<Vec<_>>()
    };

    assert_eq!(seen(&person.id).await, [false, true]);
    assert_eq!(seen(org.simulator.org().user_id().as_str()).await, [true, true]);
    let path = format!("/truth?sobject=Account&id={id}&user=005000000000000");
    assert_eq!(org.control(Method::GET, &path, json!(null)).await.error().0, 400);
}

#[tokio::test]
async fn an_org_without_history_says_so() {
    let org = TestOrg::start();
    let id = create(&org, "x").await;

    let truth = org.control(Method::GET, &format!("/truth?sobject=Account&id={id}"), json!(null)).await;

    assert_eq!(truth.error(), (400, "FUNCTIONALITY_NOT_ENABLED".to_owned()));
}

#[tokio::test]
async fn limits_can_be_said_to_be_used_up() {
    let org = TestOrg::start();
    let exhaust = async |limit: &str| {
        let answer = org.control(Method::POST, "/limits", json!({ "exhausted": [limit] })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    };

    exhaust("concurrent").await;
    let answer = org.get("limits").await;
    assert_eq!(answer.error(), (403, "REQUEST_LIMIT_EXCEEDED".to_owned()));
    assert_eq!(answer.message(), "ConcurrentRequests (Concurrent API Requests) Limit exceeded.");
    exhaust("api").await;
    assert_eq!(org.get("limits").await.message(), "TotalRequests Limit exceeded.");
    exhaust("storage").await;
    let full = org.send(Method::POST, "sobjects/Account", Some(json!({ "Name": "x" }))).await;
    assert_eq!(full.error(), (400, "STORAGE_LIMIT_EXCEEDED".to_owned()));
    assert_eq!(org.get("limits").await.json()["DataStorageMB"]["Remaining"], 0);
    exhaust("bulk_jobs").await;
    let job = json!({ "operation": "query", "query": "SELECT Id FROM Account" });
    let refused = org.send(Method::POST, "jobs/query", Some(job)).await;
    assert_eq!(refused.error(), (400, "LIMIT_EXCEEDED".to_owned()));
    assert_eq!(refused.message(), "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10001)");
    exhaust("bulk_batches").await;
    assert_eq!(org.get("limits").await.json()["DailyBulkApiBatches"]["Remaining"], 0);
    exhaust("email").await;
    assert_eq!(org.get("limits").await.json()["SingleEmail"]["Remaining"], 0);
    org.control(Method::POST, "/limits", json!({ "exhausted": [] })).await;
    create(&org, "x").await;
}

#[tokio::test]
async fn errors_are_played_by_their_code_and_by_chance() {
    let org = TestOrg::start();
    let unknown = org.control(Method::POST, "/faults", json!({ "kind": "error", "code": "NO_SUCH" })).await;
    org.arm(
        json!({ "kind": "error", "code": "QUERY_TIMEOUT", "match": "query", "probability": 0.5, "seed": 7 }),
    )
    .await;

    let mut failed = 0;
    for _ in 0..40 {
        let answer = org.query("SELECT Id FROM Account LIMIT 1").await;
        if answer.status != StatusCode::OK {
            assert_eq!(answer.error(), (400, "QUERY_TIMEOUT".to_owned()));
            assert_eq!(answer.message(), "Your query request was running for too long.");
            failed += 1;
        }
    }

    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!((8..32).contains(&failed), "{failed}");
}

#[tokio::test]
async fn a_padded_body_is_the_same_to_who_reads_json() {
    let org = TestOrg::start();
    org.arm(json!({ "kind": "pad", "match": "limits", "bytes": 200_000 })).await;
    org.arm(json!({ "kind": "delay", "match": "limits", "delay_ms": 30 })).await;

    let answer = org.get("limits").await;

    assert!(answer.text.len() > 200_000);
    assert!(answer.json()["DailyApiRequests"]["Max"].is_u64());
}

#[tokio::test]
async fn the_home_page_tells_what_is_there_and_what_happened() {
    let org = TestOrg::start();
    org.arm(json!({ "kind": "error", "code": "QUERY_TIMEOUT", "match": "query_more" })).await;
    org.query("SELECT Id FROM Account WHERE Name = '<b>'").await;

    let home = org.http.get(org.url("/")).send().await.unwrap().text().await.unwrap();

    assert!(home.contains("<td>error QUERY_TIMEOUT</td><td>query_more</td>"), "{home}");
    assert!(home.contains("<code>Project__c</code>") && home.contains("/services/data/v66.0/query?q="));
    assert!(!home.contains("<b>"));
}
