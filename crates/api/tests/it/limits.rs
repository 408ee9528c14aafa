//! Budgets, cadences, reloads, cancelled runs, and records that somebody opens.

use orgsim::{FaultKind, FaultSpec};
use reqwest::Method;
use serde_json::json;

use crate::connect_flows::connect;
use crate::copies::{copy, finish_run, put_rule};
use crate::test_app::{TestApp, body, refused};

#[tokio::test]
async fn what_may_be_spent_is_set_and_shown() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    let limits = format!("{integration}/limits");
    let put = async |change| app.send(&owner, Method::PUT, &limits, Some(change)).await;

    let before = body(app.get(&owner, &limits).await, 200).await;
    let set = body(put(json!({"allotment": 1, "stop_percent": 50})).await, 200).await;
    let calls = body(app.get(&owner, &format!("{integration}/calls")).await, 200).await;

    assert_eq!((&before["allotment"], &before["stop_percent"]), (&json!(null), &json!(80)));
    assert_eq!((&before["is_limit_known"], &before["stopped_for"]), (&json!(true), &json!(null)));
    assert_eq!(before["reserve"].as_u64(), before["daily_limit"].as_u64().map(|limit| limit / 5));
    assert_eq!((&set["allotment"], &set["stopped_for"]), (&json!(1), &json!("allotment")));
    assert!(set["stopped_until"].is_string());
    let listed: u64 =
        calls["items"].as_array().unwrap().iter().map(|item| item["calls"].as_u64().unwrap()).sum();
    assert_eq!(Some(listed), set["ours"].as_u64());
    refused(put(json!({"allotment": null, "stop_percent": 0})).await, 422, "request.bounds").await;
    refused(put(json!({"stop_percent": 101})).await, 422, "request.bounds").await;
}

#[tokio::test]
async fn a_cadence_stays_until_another_is_given() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let put = async |rule| put_rule(&app, &owner, &integration, "Account", rule).await;

    let hourly = body(put(json!({"cadence_seconds": 3_600})).await, 201).await;
    let kept = body(put(json!({})).await, 200).await;
    let draft = json!({"sobject": "Account", "cadence_seconds": 300});
    let preview =
        body(app.post(&owner, &format!("{integration}/sync-rules/preview"), draft).await, 200).await;

    assert_eq!((&hourly["cadence_seconds"], &hourly["notice"]), (&json!(3_600), &json!(null)));
    assert_eq!(kept["cadence_seconds"], 3_600);
    // With a sweep at night.
    assert_eq!(preview["calls_per_day"], 3 * 288 + 3);
    refused(put(json!({"cadence_seconds": 59})).await, 422, "rule.cadence").await;
    refused(put(json!({"cadence_seconds": 604_801})).await, 422, "rule.cadence").await;
}

#[tokio::test]
async fn one_sobject_is_reloaded_and_a_run_is_cancelled() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    app.clock.advance(1_000);

    let path = format!("{integration}/sync-rules/account/reload");
    let asked = body(app.post(&owner, &path, json!({})).await, 202).await;
    let run = finish_run(&app, &owner, &integration).await;
    app.clock.advance(1_000);
    let second = body(app.post(&owner, &path, json!({})).await, 202).await;
    let cancel = format!("/runs/{}/cancel", second["id"].as_str().unwrap());
    let cancelled = body(app.post(&owner, &cancel, json!({})).await, 200).await;

    assert_eq!((&run["id"], &run["outcome"]), (&asked["id"], &json!("succeeded")));
    assert_eq!((&run["counts"]["rows_read"], &run["counts"]["unchanged"]), (&json!(20), &json!(20)));
    assert_eq!((&cancelled["outcome"], &cancelled["problem"]), (&json!("stopped"), &json!(null)));
    let unknown = format!("{integration}/sync-rules/Contact/reload");
    refused(app.post(&owner, &unknown, json!({})).await, 404, "resource.unknown").await;
}

#[tokio::test]
async fn an_opened_record_is_as_new_as_it_can_be_had() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    let listed = body(app.get(&owner, &format!("{integration}/records/Account?limit=1")).await, 200).await;
    let record = format!("{integration}/records/Account/{}", listed["items"][0]["id"].as_str().unwrap());
    app.clock.advance(60_000);

    let live = body(app.post(&owner, &format!("{record}/refresh"), json!({})).await, 200).await;
    app.clock.advance(60_000);
    app.org.faults().add(FaultSpec { status: Some(503), ..FaultSpec::new(FaultKind::Status, "composite") });
    let stored = body(app.post(&owner, &format!("{record}/refresh"), json!({})).await, 200).await;

    assert_eq!((live["refreshed_at"].is_string(), &live["problem"]), (true, &json!(null)));
    assert_eq!(
        (&stored["refreshed_at"], &stored["problem"]["code"]),
        (&json!(null), &json!("org.unavailable"))
    );
    assert_eq!(stored["record"]["id"], live["record"]["id"]);
    let foreign = format!("{integration}/records/Account/003000000000001AAA/refresh");
    refused(app.post(&owner, &foreign, json!({})).await, 422, "record.id").await;
}
