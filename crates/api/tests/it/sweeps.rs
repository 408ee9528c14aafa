//! Comparing a copy with its org, and asking what became of a record.

use orgsim::id::RecordId;
use serde_json::{Value, json};

use crate::copies::{copy, finish_run};
use crate::test_app::{Person, TestApp, body, refused};

/// The ids of the org's accounts that are there.
fn ids(app: &TestApp) -> Vec<String> {
    let org = app.org.org();
    let (view, accounts) = (org.read(), org.schema().find("Account").unwrap());
    let live = view.rows(accounts).filter(|row| !view.is_deleted(row));
    live.map(|row| view.id(&row).to_string()).collect()
}

fn purge(app: &TestApp, id: &str) {
    let org = app.org.org();
    org.purge(org.schema().find("Account").unwrap(), &RecordId::parse(id).unwrap()).unwrap();
}

fn merge(app: &TestApp, loser: &str, winner: &str) {
    let org = app.org.org();
    let accounts = org.schema().find("Account").unwrap();
    let master = accounts.field("MasterRecordId").unwrap().index;
    let now_ms = app.org.clock().now_ms();
    let (loser, winner) = (RecordId::parse(loser).unwrap(), RecordId::parse(winner).unwrap());
    org.update(accounts, &loser, &[(master, orgsim::value::Value::Id(winner))], now_ms).unwrap();
    org.delete(accounts, &loser, now_ms).unwrap();
}

async fn sweep(app: &TestApp, person: &Person, integration: &str, wanted: Value) -> Value {
    // Sweeps are told apart by their time.
    app.clock.advance(1_000);
    let path = format!("{integration}/sweeps");
    let run = body(app.post(person, &path, wanted).await, 202).await;
    assert_eq!(run["outcome"], json!(null));
    finish_run(app, person, integration).await;
    let page = body(app.get(person, &path).await, 200).await;
    page["items"][0].clone()
}

async fn why(app: &TestApp, person: &Person, id: &str) -> Value {
    let page = body(app.get(person, &format!("/explanations/{id}")).await, 200).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    page["items"][0].clone()
}

#[tokio::test]
async fn a_sweep_reports_and_heals_what_differs() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    let gone = ids(&app)[3].clone();
    purge(&app, &gone);

    let report = sweep(&app, &owner, &integration, json!({"mode": "report"})).await;
    assert_eq!((&report["outcome"], &report["mode"]), (&json!("drifted"), &json!("report")), "{report}");
    let counts = &report["counts"];
    assert_eq!((&counts["rows_in_org"], &counts["rows_in_copy"]), (&json!(19), &json!(20)));
    assert_eq!((&counts["lost"], &counts["purged"]), (&json!(1), &json!(1)));
    assert_ne!(counts["org_checksum"], counts["copy_checksum"]);
    let drift = body(app.get(&owner, &format!("{integration}/drift")).await, 200).await;
    assert_eq!(drift["items"][0]["last_sweep"], report);
    assert_eq!(drift["items"][0]["days"].as_array().unwrap().len(), 1, "{drift}");
    let path = format!("{integration}/sweeps/{}", report["id"].as_str().unwrap());
    let details = body(app.get(&owner, &path).await, 200).await;
    let days = details["days"].as_array().unwrap().iter();
    assert_eq!(days.map(|day| day["rows_in_copy"].as_u64().unwrap()).sum::<u64>(), 20);

    let healed = sweep(&app, &owner, &integration, json!({"sobject": "account"})).await;
    assert_eq!((&healed["outcome"], &healed["cause"]), (&json!("healed"), &json!("request")));
    let again = sweep(&app, &owner, &integration, json!({"mode": "report"})).await;
    assert_eq!((&again["outcome"], &again["counts"]["lost"]), (&json!("equal"), &json!(0)));
    assert_eq!(again["counts"]["org_checksum"], again["counts"]["copy_checksum"]);
}

#[tokio::test]
async fn a_sweep_of_what_is_not_copied_is_refused() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    let path = format!("{integration}/sweeps");

    refused(app.post(&owner, &path, json!({"sobject": "Contact"})).await, 404, "resource.unknown").await;
    refused(app.post(&owner, &path, json!({"mode": "believe"})).await, 422, "request.invalid").await;
    let unknown = format!("{path}/swp_00000000000000000000000000");
    refused(app.get(&owner, &unknown).await, 404, "resource.unknown").await;
    refused(app.get(&owner, "/explanations/nonsense").await, 422, "record.id").await;
}

#[tokio::test]
async fn a_record_is_explained_and_a_merged_one_points_to_the_winner() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    let ids = ids(&app);

    let synced = why(&app, &owner, &ids[0]).await;
    assert_eq!((&synced["state"], &synced["sobject"]), (&json!("synced"), &json!("Account")), "{synced}");
    let never = why(&app, &owner, "001000000000ZZZ").await;
    assert_eq!(never["state"], "never_seen", "{never}");
    let other = why(&app, &owner, "003000000000ZZZ").await;
    assert_eq!((&other["state"], &other["sobject"]), (&json!("no_rule"), &json!(null)));

    merge(&app, &ids[1], &ids[2]);
    merge(&app, &ids[2], &ids[3]);
    purge(&app, &ids[4]);
    app.org.clock().advance(60_000);
    sweep(&app, &owner, &integration, json!({})).await;

    let merged = why(&app, &owner, &ids[1]).await;
    assert_eq!(
        (&merged["gone_why"], &merged["evidence"]),
        (&json!("merged"), &json!("recycle_bin")),
        "{merged}"
    );
    assert_eq!(merged["merged_into"], json!(ids[3]));
    let record = body(app.get(&owner, &format!("{integration}/records/Account/{}", ids[1])).await, 200).await;
    assert_eq!((&record["gone_why"], &record["merged_into"]), (&json!("merged"), &json!(ids[3])));
    let winner = body(app.get(&owner, &format!("{integration}/records/Account/{}", ids[3])).await, 200).await;
    assert_eq!((&winner["gone_why"], &winner["merged_into"]), (&json!(null), &json!(null)));
    let purged = why(&app, &owner, &ids[4]).await;
    assert_eq!(
        (&purged["gone_why"], &purged["evidence"]),
        (&json!("purged"), &json!("sees_all")),
        "{purged}"
    );
}
