//! What a rule knows of its fields when the org changes them, and what the timeline tells of it.

use serde_json::{Value, json};

use crate::copies::{copy, finish_run, put_rule};
use crate::test_app::{Person, TestApp, body, client, refused};

const QUARTER_MS: i64 = 15 * 60_000;

/// Copies the projects too, of which there are three.
async fn copy_projects(app: &TestApp, person: &Person, rule: Value) -> String {
    let integration = copy(app, person).await;
    let org = app.org.org();
    let projects = org.schema().find("Project__c").unwrap();
    for _ in 0..3 {
        org.insert(projects, &[], app.org.clock().now_ms());
    }
    app.clock.advance(QUARTER_MS);
    app.org.clock().advance(QUARTER_MS);
    body(put_rule(app, person, &integration, "Project__c", rule).await, 201).await;
    finish_run(app, person, &integration).await;
    integration
}

/// Changes a field of projects in the org, and reads again a quarter of an hour later.
async fn change_field(app: &TestApp, person: &Person, integration: &str, change: Value) -> Value {
    tell_org(app, change).await;
    app.clock.advance(QUARTER_MS);
    app.org.clock().advance(QUARTER_MS);
    finish_run(app, person, integration).await
}

/// Changes a field of projects in the org.
async fn tell_org(app: &TestApp, mut change: Value) {
    change["sobject"] = json!("Project__c");
    let request = client().post(format!("{}/__orgsim/fields", app.org.base_url())).json(&change);
    let answer = request.header("x-orgsim-token", &app.org.start_line().control_token).send().await.unwrap();
    body(answer, 200).await;
}

/// What is known of a field: its column, state, and refused type.
async fn known(app: &TestApp, person: &Person, integration: &str, field: &str) -> Value {
    let path = format!("{integration}/sync-rules/Project__c/fields");
    let page = body(app.get(person, &path).await, 200).await;
    let items = page["items"].as_array().unwrap().iter();
    let found: Vec<_> = items.filter(|item| item["field"] == field).collect();
    assert_eq!(found.len(), 1, "{page}");
    json!([found[0]["column"], found[0]["state"], found[0]["refused_type"]])
}

/// What happened to fields of projects, the newest first, and who did it.
async fn told(app: &TestApp, person: &Person) -> Value {
    let page = body(app.get(person, "/timeline").await, 200).await;
    let items = page["items"].as_array().unwrap().iter().filter(|item| item["sobject"] == "Project__c");
    items.map(|item| json!([item["kind"], item["field"], item["user_name"]])).collect()
}

#[tokio::test]
async fn a_new_field_waits_for_a_person_and_is_filled_once_it_is_taken_on() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy_projects(&app, &owner, json!({"new_fields": "ask"})).await;
    let add = json!({"op": "add", "field": "Hall__c", "like": "Web_Page__c"});
    change_field(&app, &owner, &integration, add).await;

    assert_eq!(known(&app, &owner, &integration, "Hall__c").await, json!([null, "held", null]));
    assert_eq!(
        known(&app, &owner, &integration, "Web_Page__c").await,
        json!(["web_page__c", "filled", null])
    );

    let accepted = format!("{integration}/sync-rules/Project__c/accepted-fields");
    let unknown = app.post(&owner, &accepted, json!({"fields": ["Nothing__c"]})).await;
    refused(unknown, 422, "field.unknown").await;
    app.clock.advance(1_000);
    body(app.post(&owner, &accepted, json!({"fields": ["Hall__c"]})).await, 204).await;
    let run = finish_run(&app, &owner, &integration).await;

    assert_eq!(run["outcome"], "succeeded");
    assert_eq!(known(&app, &owner, &integration, "Hall__c").await, json!(["hall__c", "filled", null]));
    let told = told(&app, &owner).await;
    for kind in ["field.suggested", "field.filled"] {
        assert!(told.as_array().unwrap().contains(&json!([kind, "Hall__c", null])), "{told}");
    }
}

#[tokio::test]
async fn a_field_that_a_run_found_is_known_at_once_to_whoever_has_just_looked_at_the_fields() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy_projects(&app, &owner, json!({"new_fields": "ask"})).await;
    let path = format!("{integration}/sobjects/Project__c");
    let told = async || {
        let described = body(app.get(&owner, &path).await, 200).await;
        described["fields"].as_array().unwrap().iter().any(|field| field["name"] == "Hall__c")
    };
    assert!(!told().await);
    let add = json!({"op": "add", "field": "Hall__c", "like": "Web_Page__c"});
    tell_org(&app, add).await;
    app.clock.advance(1_000);
    body(app.post(&owner, &format!("{integration}/runs"), json!({})).await, 202).await;
    finish_run(&app, &owner, &integration).await;

    assert!(told().await);
    // One that no run of this process has found is asked for.
    tell_org(&app, json!({"op": "add", "field": "Quay__c", "like": "Web_Page__c"})).await;
    let accepted = format!("{integration}/sync-rules/Project__c/accepted-fields");
    body(app.post(&owner, &accepted, json!({"fields": ["Hall__c", "Quay__c"]})).await, 204).await;
}

#[tokio::test]
async fn a_field_of_another_type_is_refused_until_somebody_takes_it_on() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy_projects(&app, &owner, json!({"fields": ["Name", "Web_Page__c"]})).await;
    let retype = json!({"op": "change", "field": "Web_Page__c", "type": "double", "precision": 18, "scale": 2, "convert": true});
    let run = change_field(&app, &owner, &integration, retype).await;

    assert_eq!((&run["outcome"], &run["problem"]["code"]), (&json!("partly_done"), &json!("field.retyped")));
    let of_web_page = known(&app, &owner, &integration, "Web_Page__c").await;
    assert_eq!(of_web_page, json!(["web_page__c", "refused", "double(18,2)"]));
    let so_far = told(&app, &owner).await;
    assert!(so_far.as_array().unwrap().contains(&json!(["field.refused", "Web_Page__c", null])), "{so_far}");

    app.clock.advance(1_000);
    let accepted = format!("{integration}/sync-rules/Project__c/accepted-fields");
    body(app.post(&owner, &accepted, json!({"fields": ["Web_Page__c"]})).await, 204).await;
    let run = finish_run(&app, &owner, &integration).await;

    assert_eq!(run["outcome"], "succeeded");
    let of_web_page = known(&app, &owner, &integration, "Web_Page__c").await;
    assert_eq!(of_web_page, json!(["web_page__c", "filled", null]));
    let told = told(&app, &owner).await;
    assert!(
        told.as_array().unwrap().contains(&json!(["field.accepted", "Web_Page__c", "Ada Lind"])),
        "{told}"
    );
    // The old column stays beside it, and is no field of the org any more.
    let path = format!("{integration}/sync-rules/Project__c/fields");
    let page = body(app.get(&owner, &path).await, 200).await;
    let set_aside: Vec<_> =
        page["items"].as_array().unwrap().iter().filter(|item| item["field"].is_null()).collect();
    assert_eq!(set_aside.len(), 1, "{page}");
    assert_eq!(set_aside[0]["column"], "web_page__c__was_text");
}

#[tokio::test]
async fn the_timeline_comes_in_pages_and_by_integration() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy_projects(&app, &owner, json!({"fields": ["Name", "Web_Page__c"]})).await;
    change_field(&app, &owner, &integration, json!({"op": "remove", "field": "Web_Page__c"})).await;
    change_field(&app, &owner, &integration, json!({"op": "restore", "field": "Web_Page__c"})).await;
    let id = integration.rsplit('/').next().unwrap();

    let all = body(app.get(&owner, "/timeline").await, 200).await;
    let of_integration = body(app.get(&owner, &format!("/timeline?integration_id={id}")).await, 200).await;
    let mut paged = Vec::new();
    let mut path = "/timeline?limit=1".to_owned();
    loop {
        let page = body(app.get(&owner, &path).await, 200).await;
        paged.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/timeline?limit=1&after={next}");
    }

    assert_eq!(of_integration["items"], all["items"]);
    assert_eq!(json!(paged), all["items"]);
    let kinds: Vec<_> = paged.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"field.missing") && kinds.contains(&"field.returned"), "{kinds:?}");
    assert!(paged.iter().all(|entry| entry["integration_id"] == *id && entry["happened_at"].is_string()));
    let other = "/timeline?integration_id=int_00000000000000000000000000";
    refused(app.get(&owner, other).await, 404, "resource.unknown").await;
    refused(app.get(&owner, "/timeline?after=forged").await, 400, "page.invalid").await;
    let elsewhere = format!("{integration}/sync-rules/Contact/fields");
    refused(app.get(&owner, &elsewhere).await, 404, "resource.unknown").await;
}
