//! Faults on the wire.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::TestOrg;

/// Reads an answer and returns what came of its body, and whether it ended well.
async fn read_body(org: &TestOrg, path: &str) -> (Vec<u8>, bool) {
    let Ok(mut response) = org.request(Method::GET, path).send().await else {
        return (Vec::new(), false);
    };
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return (bytes, true),
            Err(_) => return (bytes, false),
        }
    }
}

#[tokio::test]
async fn bodies_are_cut_where_told() {
    let org = TestOrg::with_records("Contact", 3_000);
    let path = format!("jobs/query/{}/results", org.create_job("SELECT Id FROM Contact").await);
    let (whole, _) = read_body(&org, &path).await;
    let cases: [(Value, usize, bool); 5] = [
        (json!({ "kind": "truncate", "match": "bulk_results", "bytes": 5_000 }), 5_000, false),
        (json!({ "kind": "truncate", "match": "bulk_results", "bytes": 5_000, "clean": true }), 5_000, true),
        (json!({ "kind": "cut_before_end", "match": "bulk_results" }), whole.len(), false),
        (json!({ "kind": "wrong_length", "match": "bulk_results", "bytes": 7 }), whole.len(), false),
        (json!({ "kind": "reset", "match": "bulk_results" }), 0, false),
    ];
    let served_before = org.simulator.counters().rows["Contact"];

    for (fault, expected_bytes, ends_well) in cases {
        org.arm(fault.clone()).await;
        let (bytes, is_whole) = read_body(&org, &path).await;
        assert_eq!((bytes.len(), is_whole), (expected_bytes, ends_well), "{fault}");
        assert_eq!(bytes, whole[..expected_bytes], "{fault}");
    }

    assert_eq!(org.simulator.counters().rows["Contact"], served_before);
    assert_eq!(read_body(&org, &path).await, (whole, true));
}

#[tokio::test]
async fn answers_are_replaced() {
    let org = TestOrg::start();

    org.arm(json!({ "kind": "status", "match": "limits", "status": 503, "headers": { "Retry-After": "7" } }))
        .await;
    let unavailable = org.get("limits").await;
    assert_eq!(
        (unavailable.error(), unavailable.header("retry-after")),
        ((503, "SERVER_UNAVAILABLE".to_owned()), "7")
    );

    org.arm(json!({ "kind": "html", "match": "limits" })).await;
    let page = org.get("limits").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html;charset=UTF-8"));

    org.arm(json!({ "kind": "empty", "match": "limits" })).await;
    let empty = org.get("limits").await;
    assert_eq!((empty.status, empty.text.as_str()), (StatusCode::OK, ""));

    org.arm(json!({ "kind": "redirect", "match": "limits", "location": "https://decoy.example/" })).await;
    let moved = org.get("limits").await;
    assert_eq!((moved.status, moved.header("location")), (StatusCode::FOUND, "https://decoy.example/"));

    assert_eq!(org.get("limits").await.status, StatusCode::OK);
}

#[tokio::test]
async fn headers_are_replaced_and_taken_away() {
    let org = TestOrg::with_records("Contact", 30);
    let path = format!("jobs/query/{}/results?maxRecords=10", org.create_job("SELECT Id FROM Contact").await);

    let headers = json!({ "Sforce-Locator": null, "Date": "Sat, 01 Jan 2000 00:00:00 GMT", "Sforce-NumberOfRecords": "11" });
    org.arm(json!({ "kind": "headers", "match": "bulk_results", "headers": headers })).await;
    let page = org.get(&path).await;

    assert_eq!((page.header("sforce-locator"), page.header("sforce-numberofrecords")), ("", "11"));
    assert_eq!(page.header("date"), "Sat, 01 Jan 2000 00:00:00 GMT");
}

#[tokio::test]
async fn sessions_and_locators_die_on_demand() {
    let org = TestOrg::with_records("Contact", 2_500);
    let next =
        org.query("SELECT Id FROM Contact").await.json()["nextRecordsUrl"].as_str().unwrap().to_owned();

    org.arm(json!({ "kind": "invalid_locator" })).await;
    assert_eq!(org.get(&next).await.error(), (400, "INVALID_QUERY_LOCATOR".to_owned()));
    assert_eq!(org.get(&next).await.status, StatusCode::OK);

    org.arm(json!({ "kind": "expire_session", "match": "query", "nth": 2 })).await;
    assert_eq!(org.query("SELECT Id FROM Contact").await.status, StatusCode::OK);
    assert_eq!(org.query("SELECT Id FROM Contact").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
    assert_eq!(org.refresh(&org.line.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn jobs_fail_and_dawdle_on_demand() {
    let org = TestOrg::start();

    org.arm(json!({ "kind": "bulk_fail", "body": "TooManyLockFailure" })).await;
    let failed = org.create_job("SELECT Id FROM Account").await;
    org.arm(json!({ "kind": "bulk_slow", "polls": 1 })).await;
    let slow = org.create_job("SELECT Id FROM Account").await;

    let failed = org.get(&format!("jobs/query/{failed}")).await.json();
    assert_eq!((&failed["state"], &failed["errorMessage"]), (&json!("Failed"), &json!("TooManyLockFailure")));
    let path = format!("jobs/query/{slow}");
    assert_eq!(org.get(&path).await.json()["state"], "InProgress");
    assert_eq!(org.get(&path).await.json()["state"], "JobComplete");
}

#[tokio::test]
async fn a_lost_token_answer_has_had_its_effect() {
    let mut config = crate::client::config();
    config.rotate_refresh_tokens = true;
    let org = TestOrg::start_with(config);

    org.arm(json!({ "kind": "reset", "match": "token", "after": true })).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &org.line.refresh_token),
        ("client_id", &org.line.client_id),
    ];
    let lost = org.http.post(org.url("/services/oauth2/token")).form(&form);
    let lost = lost.basic_auth(&org.line.client_id, Some(&org.line.client_secret)).send().await;
    let again = org.refresh(&org.line.refresh_token).await;

    assert!(lost.is_err());
    assert_eq!(again.json()["error"], "invalid_grant");
    assert_eq!(org.simulator.counters().refresh_reuses, 1);
}

#[tokio::test]
async fn a_token_answer_can_name_another_instance() {
    let org = TestOrg::start();

    org.arm(json!({ "kind": "instance_url", "location": "https://moved.example" })).await;
    let body = org.refresh(&org.line.refresh_token).await.json();

    assert_eq!(body["instance_url"], "https://moved.example");
    assert!(body["id"].as_str().unwrap().starts_with(&org.line.base_url));
}

#[tokio::test]
async fn a_stalled_body_goes_on_later() {
    let org = TestOrg::start();
    org.arm(json!({ "kind": "stall", "match": "limits", "bytes": 10, "delay_ms": 60_000 })).await;

    let mut response = org.request(Method::GET, "limits").send().await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    let second = tokio::time::timeout(Duration::from_millis(200), response.chunk()).await;

    assert_eq!((first.len(), second.is_err()), (10, true));
}

#[tokio::test]
async fn faults_are_listed_and_taken_away() {
    let org = TestOrg::start();
    org.arm(json!({ "kind": "empty", "match": "limits", "times": 5 })).await;
    org.get("limits").await;

    let listed = org.control(Method::GET, "/faults", json!({})).await.json();
    assert_eq!((&listed[0]["kind"], &listed[0]["played"]), (&json!("empty"), &json!(1)));
    assert_eq!(org.control(Method::DELETE, "/faults/1", json!({})).await.status, StatusCode::OK);
    assert_eq!(org.control(Method::DELETE, "/faults", json!({})).await.status, StatusCode::OK);
    assert_ne!(org.get("limits").await.text, "");
    let unknown = org.control(Method::POST, "/faults", json!({ "kind": "meteor" })).await;
    assert!(unknown.status.is_client_error());
}

#[tokio::test]
async fn errors_have_the_form_of_the_endpoint_that_has_them() {
    let org = TestOrg::start();
    org.arm(json!({ "kind": "error", "match": "token", "code": "rate_limit_exceeded" })).await;
    org.arm(json!({ "kind": "error", "match": "limits", "code": "UNSUPPORTED_API_VERSION" })).await;
    org.arm(json!({ "kind": "status", "match": "limits", "status": 404 })).await;

    let refused = org.refresh(&org.line.refresh_token).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.json(),
        json!({ "error": "rate_limit_exceeded", "error_description": "login rate exceeded" })
    );
    assert_eq!(org.get("limits").await.error(), (410, "UNSUPPORTED_API_VERSION".to_owned()));

    org.control(Method::DELETE, "/faults", json!({})).await;
    org.arm(json!({ "kind": "status", "match": "limits", "status": 404 })).await;
    assert_eq!(org.get("limits").await.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn the_daily_limit_goes_by_the_code_on_the_wire_too() {
    let org = TestOrg::start();
    for code in ["DAILY_LIMIT", "REQUEST_LIMIT_EXCEEDED"] {
        org.arm(json!({ "kind": "error", "match": "query", "code": code })).await;

        let answer = org.query("SELECT Id FROM Account LIMIT 1").await;

        assert_eq!(answer.error(), (403, "REQUEST_LIMIT_EXCEEDED".to_owned()));
        assert_eq!(answer.message(), "TotalRequests Limit exceeded.");
    }
}
