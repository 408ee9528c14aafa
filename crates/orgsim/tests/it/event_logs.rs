//! Event log files.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::bulk1::JSON;
use crate::client::{NOW_MS, TestOrg};
use crate::soap;

const DAY_MS: i64 = 86_400_000;

/// Starts an org whose sessions outlive the days that tests let pass.
async fn start() -> TestOrg {
    let org = TestOrg::start();
    org.control(Method::POST, "/tokens", json!({ "session_timeout_ms": 30 * DAY_MS })).await;
    org
}

async fn files(org: &TestOrg, condition: &str) -> Vec<Value> {
    let soql = format!(
        "SELECT Id, EventType, LogDate, Interval, Sequence, LogFileLength, CreatedDate, LogFile, LogFileFieldNames, LogFileFieldTypes \
         FROM EventLogFile {condition} ORDER BY CreatedDate, Id"
    );
    let mut page = org.query(&soql).await;
    let mut found = Vec::new();
    loop {
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let body = page.json();
        found.extend(body["records"].as_array().unwrap().iter().cloned());
        let Some(next) = body["nextRecordsUrl"].as_str() else { return found };
        page = org.get(next).await;
    }
}

fn names<'a>(files: &'a [Value], field: &str) -> BTreeSet<&'a str> {
    files.iter().map(|file| file[field].as_str().unwrap()).collect()
}

async fn body(org: &TestOrg, file: &Value) -> String {
    org.get(file["LogFile"].as_str().unwrap()).await.text
}

#[tokio::test]
async fn an_org_without_the_add_on_has_yesterday_of_a_few_types() {
    let org = start().await;

    let files = files(&org, "").await;

    let types = names(&files, "EventType");
    assert!(
        types.contains("Login")
            && types.iter().all(|name| ["ApiTotalUsage", "Login", "Logout"].contains(name)),
        "{types:?}"
    );
    assert_eq!(names(&files, "Interval"), BTreeSet::from(["Daily"]));
    assert!(
        files
            .iter()
            .all(|file| file["Sequence"] == 0 && file["CreatedDate"].as_str() > file["LogDate"].as_str())
    );
    org.simulator.clock().advance(DAY_MS);
    let later = names_of_ids(&org).await;
    assert!(files.iter().all(|file| !later.contains(file["Id"].as_str().unwrap())));
    assert!(!later.is_empty());
}

async fn names_of_ids(org: &TestOrg) -> BTreeSet<String> {
    files(org, "").await.iter().map(|file| file["Id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn files_are_csv_with_the_columns_that_they_name() {
    let org = TestOrg::start();
    let file = files(&org, "WHERE EventType = 'Login'").await.remove(0);

    let answer = org.get(file["LogFile"].as_str().unwrap()).await;

    assert_eq!(answer.header("content-type"), "text/csv;charset=UTF-8");
    assert_eq!(file["LogFileLength"].as_f64().unwrap() as usize, answer.text.len());
    let head = answer.text.lines().next().unwrap();
    assert_eq!(head.replace('"', ""), file["LogFileFieldNames"].as_str().unwrap());
    assert!(head.starts_with(r#""EVENT_TYPE","TIMESTAMP","REQUEST_ID","ORGANIZATION_ID","USER_ID","RUN_TIME","CPU_TIME","URI","SESSION_KEY","LOGIN_KEY","USER_TYPE","#));
    assert!(head.ends_with(
        r#""TIMESTAMP_DERIVED","USER_ID_DERIVED","CLIENT_IP","URI_ID_DERIVED","LOGIN_STATUS","SOURCE_IP""#
    ));
    let types = file["LogFileFieldTypes"].as_str().unwrap().split(',').count();
    assert_eq!(types, head.split(',').count());
    let day = file["LogDate"].as_str().unwrap()[..10].replace('-', "");
    for line in answer.text.lines().skip(1) {
        assert!(line.starts_with(&format!("\"Login\",\"{day}")), "{line}");
    }
}

#[tokio::test]
async fn event_monitoring_adds_types_hours_and_a_month() {
    let org = TestOrg::start();
    let switched = org.control(Method::POST, "/features", json!({ "event_monitoring": true })).await;
    assert_eq!(switched.json()["event_monitoring"], true);

    let daily = files(&org, "WHERE Interval = 'Daily'").await;
    let hourly = files(&org, "WHERE Interval = 'Hourly' AND EventType = 'Login'").await;

    assert!(
        names(&daily, "EventType").is_superset(&["LightningPageView", "Report", "RestApi", "URI"].into())
    );
    assert!((25..=30).contains(&names(&daily, "LogDate").len()), "{}", names(&daily, "LogDate").len());
    let sequences: BTreeSet<_> = hourly.iter().map(|file| file["Sequence"].as_i64().unwrap()).collect();
    assert_eq!(sequences, BTreeSet::from([1, 2]));
    // A day's file says what its hours say.
    let day = daily.iter().find(|file| file["EventType"] == "Login").unwrap();
    let date = &day["LogDate"].as_str().unwrap()[..10];
    let mut of_day: Vec<String> = body(&org, day).await.lines().skip(1).map(str::to_owned).collect();
    let mut of_hours = Vec::new();
    for file in hourly.iter().filter(|file| file["LogDate"].as_str().unwrap().starts_with(date)) {
        of_hours.extend(body(&org, file).await.lines().skip(1).map(str::to_owned));
    }
    of_day.sort();
    of_hours.sort();
    assert_eq!(of_day, of_hours);
}

#[tokio::test]
async fn files_are_the_same_under_the_same_seed() {
    let (one, other) = (TestOrg::start(), TestOrg::start());
    for org in [&one, &other] {
        org.control(Method::POST, "/features", json!({ "event_monitoring": true })).await;
        org.simulator.clock().set(NOW_MS);
    }

    let (some, same) =
        (files(&one, "WHERE EventType = 'Report'").await, files(&other, "WHERE EventType = 'Report'").await);

    assert_eq!(some, same);
    assert_eq!(body(&one, &some[0]).await, body(&other, &same[0]).await);
}

#[tokio::test]
async fn calls_are_told_by_the_file_of_their_day() {
    let org = start().await;
    let request_id = "4kXbB2S9wNq0oTz71LmPaE";
    let named = org.request(Method::GET, "sobjects/Account/describe").header("X-SFDC-REQUEST-ID", request_id);
    named.send().await.unwrap();

    // It may be three days late.
    for _ in 0..5 {
        org.simulator.clock().advance(DAY_MS);
        let start = "2026-11-21T00:00:00Z";
        let files = files(&org, &format!("WHERE EventType = 'ApiTotalUsage' AND LogDate = {start}")).await;
        let Some(file) = files.first() else { continue };
        let text = body(&org, file).await;
        let wanted = "/services/data/v66.0/sobjects/Account/describe";
        let line = text.lines().find(|line| line.contains(wanted)).unwrap();
        assert!(line.contains("\"REST\",\"66.0\"") && line.contains(&org.line.username), "{line}");
        assert!(line.contains(request_id), "{line}");
        return;
    }
    panic!("no file told of the call");
}

#[tokio::test]
async fn files_are_there_for_whoever_asks_first_by_any_api() {
    let soql = "SELECT Id FROM EventLogFile";

    let org = start().await;
    let job = org.create_job(soql).await;
    let job = org.get(&format!("jobs/query/{job}")).await.json();
    assert_ne!(job["numberRecordsProcessed"], json!(0), "{job}");

    let org = start().await;
    let counts = org.get("limits/recordCount?sObjects=EventLogFile").await.json();
    assert_ne!(counts["sObjects"][0]["count"], json!(0), "{counts}");

    let org = start().await;
    let body = json!({ "operation": "query", "object": "EventLogFile", "contentType": "CSV" });
    let job = org.post1("job", JSON, &body.to_string()).await.json();
    let path = format!("job/{}/batch", job["id"].as_str().unwrap());
    org.post1(&path, "text/csv", soql).await;
    let batches = org.request(Method::GET, &format!("/services/async/66.0/{path}")).send().await.unwrap();
    let batches = batches.text().await.unwrap();
    let processed = batches.split_once("<numberRecordsProcessed>").unwrap().1;
    assert!(!processed.starts_with("0<"), "{batches}");

    let org = start().await;
    let query = format!("<query><queryString>{soql}</queryString></query>");
    let found = soap::call(&org, "u/64.0", &soap::session_header(&org.token), &query).await;
    assert!(found.text.contains("<size>") && !found.text.contains("<size>0</size>"), "{}", found.text);
}

#[tokio::test]
async fn files_outlive_a_transaction_that_fails() {
    let org = start().await;
    let part = |method: &str, url: &str, id: &str, body: Value| json!({ "method": method, "url": format!("/services/data/v66.0/{url}"), "referenceId": id, "body": body });
    let parts = [
        part("GET", "query?q=SELECT+Id+FROM+EventLogFile", "files", Value::Null),
        part("POST", "sobjects/Account", "account", json!({})),
    ];
    let body = json!({ "allOrNone": true, "compositeRequest": parts });

    let failed = org.send(Method::POST, "composite", Some(body)).await.json();

    assert_eq!(failed["compositeResponse"][1]["httpStatusCode"], 400, "{failed}");
    assert!(!files(&org, "").await.is_empty());
}
