//! The demo: everything a person does first, done.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use benches::process::Finished;
use serde_json::{Value as Json, json};

use crate::running::{Member, Running, run_with_key};

/// What the demo's org holds of what it copies.
const RECORDS: [(&str, u64); 4] = [("Account", 200), ("Contact", 600), ("Opportunity", 300), ("Case", 150)];
/// How a process ends that is killed at a named point.
const SIGABRT: i32 = 6;

/// A key of the member whom the sign-in link is for.
async fn key(demo: &Json) -> String {
    let (_, token) = demo["sign_in_link"].as_str().unwrap().split_once('#').unwrap();
    let member = Member::sign_in(url(demo), json!({ "link_token": token })).await.unwrap();
    member.make_key("operator").await
}

fn url(demo: &Json) -> &str {
    demo["url"].as_str().unwrap()
}

fn json_of(finished: Finished) -> Json {
    serde_json::from_str(&finished.succeeded().unwrap().stdout).unwrap()
}

/// Waits until the last run has ended, and returns all runs.
fn wait_for_runs(home: &Path, demo: &Json, key: &str) -> Json {
    let run = |arguments: &[&str]| json_of(run_with_key(home, url(demo), key, arguments));
    let last = run(&["runs", "list", "--json"])[0]["id"].as_str().unwrap().to_owned();
    run(&["runs", "watch", &last, "--json"]);
    run(&["runs", "list", "--json"])
}

#[tokio::test]
async fn a_connected_demo_ends_with_records_that_can_be_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo) = Running::demo(home.path(), &["--connected"]);
    let key = key(&demo).await;
    let run = |arguments: &[&str]| run_with_key(home.path(), url(&demo), &key, arguments);
    wait_for_runs(home.path(), &demo, &key);

    let integrations = json_of(run(&["integrations", "list", "--json"]));
    let slug = integrations[0]["slug"].as_str().unwrap();
    assert_eq!(integrations[0]["status"], "active");
    for (sobject, records) in RECORDS {
        let all = json_of(run(&["query", slug, sobject, "--all", "--json"]));
        assert_eq!(all.as_array().unwrap().len() as u64, records, "{sobject}");
    }
    let csv = run(&[
        "query", slug, "Account", "--fields", "Name", "--sort", "Name", "--limit", "3", "--output", "csv",
    ]);
    let csv = csv.succeeded().unwrap();
    assert_eq!(csv.stdout.lines().next(), Some("Id,Name"));
    assert_eq!(csv::Reader::from_reader(csv.stdout.as_bytes()).records().count(), 3);
    assert!(csv.stderr.contains("3 of 200 records"), "{}", csv.stderr);
    let table = run(&["query", slug, "Account", "--search", "zzzzqqq"]).succeeded().unwrap();
    assert_eq!((table.stdout.as_str(), table.stderr.trim()), ("", "0 of 0 records"));
    assert_eq!(run(&["query", slug, "Nothing__c"]).status.code(), Some(3));
    assert_eq!(run(&["query", slug, "Account", "--filter", "Nothing:eq:1"]).status.code(), Some(2));

    let run_again = run(&["runs", "start", slug, "--wait", "--json"]);
    assert_eq!(json_of(run_again)["outcome"], "succeeded");
    assert_eq!(run(&["integrations", "delete", slug, "--data", "keep", "--yes"]).status.code(), Some(4));
    assert_eq!(json_of(run(&["integrations", "pause", slug, "--json"]))["status"], "paused");
    assert_eq!(json_of(run(&["integrations", "resume", slug, "--json"]))["status"], "active");
}

#[tokio::test]
async fn a_demo_goes_on_with_its_folder() {
    let home = tempfile::tempdir().unwrap();
    let (first, before) = Running::demo(home.path(), &["--connected"]);
    assert!(first.stop().success());

    let (_second, demo) = Running::demo(home.path(), &["--connected"]);

    assert_eq!(demo["org"]["base_url"], before["org"]["base_url"]);
    assert!(before["password"].is_string() && demo["password"].is_null());
    let key = key(&demo).await;
    let run = |arguments: &[&str]| run_with_key(home.path(), url(&demo), &key, arguments);
    let integrations = json_of(run(&["integrations", "list", "--json"]));
    assert_eq!(integrations.as_array().unwrap().len(), 1);
    let slug = integrations[0]["slug"].as_str().unwrap();
    assert_eq!(json_of(run(&["runs", "start", slug, "--wait", "--json"]))["outcome"], "succeeded");
}

#[tokio::test]
async fn a_killed_server_goes_on_with_its_run() {
    let home = tempfile::tempdir().unwrap();
    let killed = Running::start_demo(home.path(), &["--connected", "--dev-kill-at", "page.after_commit:2"]);
    assert_eq!(killed.wait().signal(), Some(SIGABRT));

    let (_running, demo) = Running::demo(home.path(), &["--connected"]);

    let key = key(&demo).await;
    let runs = wait_for_runs(home.path(), &demo, &key);
    assert_eq!((runs.as_array().unwrap().len(), &runs[0]["outcome"]), (1, &"succeeded".into()));
    let expected: u64 = RECORDS.iter().map(|(_, records)| records).sum();
    assert_eq!(runs[0]["counts"]["inserted"], expected);
}
