//! Sync rules, field mappings, sObjects and runs.

use orgsim::{FaultKind, FaultSpec};
use reqwest::Method;
use serde_json::{Value, json};

use crate::connect_flows::connect;
use crate::copies::{activate, copy, finish_run, put_rule, work};
use crate::test_app::{TestApp, body, refused};

#[tokio::test]
async fn a_filter_comes_back_as_it_was_given() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let tree = json!({"kind": "all", "of": [
        {"kind": "compare", "field": "Name", "operator": "ne", "value": {"type": "text", "value": "O'Neil \\ 50%"}},
        {"kind": "any", "of": [
            {"kind": "compare", "field": "AnnualRevenue", "operator": "gt", "value": {"type": "number", "value": 1000}},
            {"kind": "not", "of": {"kind": "like", "field": "Name", "pattern": "A%"}},
        ]},
        {"kind": "compare", "field": "CreatedDate", "operator": "gte", "value": {"type": "relative_date", "value": "LAST_N_DAYS:30"}},
    ]});

    let made =
        put_rule(&app, &owner, &integration, "account", json!({"filter": tree, "fields": ["Name"]})).await;
    let made = body(made, 201).await;
    let soql = made["soql"].as_str().unwrap().to_owned();
    let as_soql = json!({"filter": {"kind": "soql", "soql": soql}, "fields": ["Name"]});
    let again = body(put_rule(&app, &owner, &integration, "Account", as_soql).await, 200).await;
    let listed = body(app.get(&owner, &format!("{integration}/sync-rules")).await, 200).await;

    assert_eq!(made["filter"], tree);
    assert_eq!((&again["filter"], &again["id"], &again["soql"]), (&tree, &made["id"], &made["soql"]));
    assert_eq!(listed["items"], json!([again]));
}

#[tokio::test]
async fn what_the_org_does_not_have_is_no_rule() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let compare = |field: &str| json!({"filter": {"kind": "compare", "field": field, "operator": "eq", "value": {"type": "null"}}});

    for (sobject, rule, code) in [
        ("Nothing__c", json!({}), "sobject.unknown"),
        ("Account", json!({"fields": ["Nothing__c"]}), "field.unknown"),
        ("Account", compare("Nothing__c"), "field.unknown"),
        ("Account", compare("Name FROM User--"), "field.unknown"),
        ("Account", json!({"filter": {"kind": "soql", "soql": "Name = "}}), "filter.syntax"),
        ("Account", json!({"filter": {"kind": "soql", "soql": "Name = 'x"}}), "filter.syntax"),
        ("Account", json!({"wherever": 1}), "request.invalid"),
    ] {
        refused(put_rule(&app, &owner, &integration, sobject, rule).await, 422, code).await;
    }
    assert_eq!(
        body(app.get(&owner, &format!("{integration}/sync-rules")).await, 200).await["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_deleted_rule_leaves_its_records() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    let path = format!("{integration}/sync-rules/Account");

    assert_eq!(app.send(&owner, Method::DELETE, &path, None).await.status(), 204);

    refused(app.send(&owner, Method::DELETE, &path, None).await, 404, "resource.unknown").await;
    let records = body(app.get(&owner, &format!("{integration}/records")).await, 200).await;
    assert_eq!(records["items"][0]["rows"], 20);
    let left = body(app.get(&owner, &integration).await, 200).await;
    assert_eq!((&left["status"], &left["missing"]), (&json!("incomplete"), &json!(["rule"])));
}

#[tokio::test]
async fn a_rule_that_is_tried_again_needs_attention() {
    let (app, owner) = TestApp::set_up().await;
    let integration = activate(&app, &owner).await;
    let busy = FaultSpec { times: 1_000, status: Some(503), ..FaultSpec::new(FaultKind::Status, "describe") };
    app.org.faults().add(busy);

    work(&app).await;
    let seen = body(app.get(&owner, &integration).await, 200).await;
    app.org.faults().clear();
    let run = finish_run(&app, &owner, &integration).await;
    let well = body(app.get(&owner, &integration).await, 200).await;

    assert_eq!(seen["status"], "needs_attention", "{seen}");
    assert_eq!(seen["problems"][0]["code"], "org.unavailable");
    let rule = &seen["current_run"]["rules"][0];
    assert_eq!((&rule["problem"]["code"], &rule["outcome"]), (&json!("org.unavailable"), &json!(null)));
    assert_eq!((&run["outcome"], &run["rules"][0]["problem"]), (&json!("succeeded"), &json!(null)));
    assert_eq!((&well["status"], &well["problems"]), (&json!("active"), &json!([])));
}

#[tokio::test]
async fn mappings_are_replaced_as_a_whole_or_not_at_all() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    let path = format!("{integration}/field-mappings");
    let mapping = |property: &str, field: &str| json!({"entity": "company", "property": property, "sobject": "Account", "field": field});
    let put = async |items: serde_json::Value| {
        app.send(&owner, Method::PUT, &path, Some(json!({"items": items}))).await
    };

    refused(put(json!([mapping("nothing", "Name")])).await, 422, "mapping.property").await;
    refused(put(json!([mapping("name", "Nothing__c")])).await, 422, "field.unknown").await;
    let twice = json!([mapping("name", "Name"), mapping("name", "Site")]);
    refused(put(twice).await, 422, "mapping.repeated").await;
    let kept = body(app.get(&owner, &path).await, 200).await;
    assert_eq!(kept["items"][0]["field_label"], "Account Name", "{kept}");
    assert_eq!(body(put(json!([])).await, 200).await["items"], json!([]));
    let suggested = body(app.get(&owner, &format!("{path}/suggestions")).await, 200).await;
    let is_name = |item: &serde_json::Value| item["property"] == "name" && item["field"] == "Name";
    assert!(suggested["items"].as_array().unwrap().iter().any(is_name), "{suggested}");
}

#[tokio::test]
async fn sobjects_come_in_pages_and_with_their_fields() {
    let (app, owner) = TestApp::set_up().await;
    let integration = activate(&app, &owner).await;
    let path = format!("{integration}/sobjects");

    let first = body(app.get(&owner, &format!("{path}?limit=1")).await, 200).await;
    let next = format!("{path}?limit=1&after={}", first["next"].as_str().unwrap());
    let second = body(app.get(&owner, &next).await, 200).await;
    let found = body(app.get(&owner, &format!("{path}?search=ACCOUNT&limit=500")).await, 200).await;
    let account = body(app.get(&owner, &format!("{path}/account")).await, 200).await;

    assert!(first["items"][0]["name"].as_str() < second["items"][0]["name"].as_str());
    refused(app.get(&owner, &format!("{path}?after=forged")).await, 400, "page.invalid").await;
    let account_of =
        found["items"].as_array().unwrap().iter().find(|item| item["name"] == "Account").unwrap();
    assert_eq!((&account_of["selected"], &account_of["key_prefix"]), (&json!(true), &json!("001")));
    let fields = account["fields"].as_array().unwrap();
    assert!(fields.iter().any(|field| field["name"] == "Name" && field["filterable"] == true));
    assert!(fields.iter().any(|field| field["type"] == "address" && !field["skipped"].is_null()));
}

#[tokio::test]
async fn a_run_is_listed_with_what_it_did() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;

    app.clock.advance(1_000);
    let asked = body(app.post(&owner, &format!("{integration}/runs"), json!({})).await, 202).await;
    let again = body(app.post(&owner, &format!("{integration}/runs"), json!({})).await, 202).await;
    finish_run(&app, &owner, &integration).await;
    let runs = body(app.get(&owner, "/runs?limit=1").await, 200).await;
    let next = format!("{integration}/runs?after={}", runs["next"].as_str().unwrap());

    assert_eq!((&again["id"], &asked["outcome"]), (&asked["id"], &json!(null)));
    assert_eq!((&runs["items"][0]["id"], &runs["items"][0]["outcome"]), (&asked["id"], &json!("succeeded")));
    // A place in the list of the workspace is none in the list of an integration.
    refused(app.get(&owner, &next).await, 400, "page.invalid").await;
    let older = format!("/runs?after={}", runs["next"].as_str().unwrap());
    let older = body(app.get(&owner, &older).await, 200).await;
    assert_eq!((&older["items"][0]["counts"]["inserted"], &older["next"]), (&json!(20), &json!(null)));
    let id = asked["id"].as_str().unwrap();
    let errors = body(app.get(&owner, &format!("/runs/{id}/row-errors")).await, 200).await;
    assert_eq!(errors, json!({"items": [], "next": null}));
    let paused = body(app.post(&owner, &format!("{integration}/pause"), json!({})).await, 200).await;
    assert_eq!((&paused["status"], &paused["activity"]), (&json!("paused"), &json!(null)));
    refused(app.post(&owner, &format!("{integration}/runs"), json!({})).await, 409, "integration.paused")
        .await;
}

#[tokio::test]
async fn a_draft_shows_records_and_what_it_would_change() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let preview = format!("{integration}/sync-rules/preview");
    let draft = |soql: &str| json!({"sobject": "Account", "filter": {"kind": "soql", "soql": soql}});
    let all = body(app.post(&owner, &preview, json!({"sobject": "Account"})).await, 200).await;
    assert_eq!((&all["count"], &all["change"]), (&20.into(), &Value::Null));
    let sample = &all["sample"];
    assert_eq!(sample["columns"][0]["name"], "Name");
    assert_eq!(sample["rows"].as_array().unwrap().len(), 20);
    let name = sample["rows"][0][0].as_str().unwrap().to_owned();

    let rule = format!("{integration}/sync-rules/Account");
    body(app.send(&owner, Method::PUT, &rule, Some(json!({}))).await, 201).await;
    let narrower = body(app.post(&owner, &preview, draft(&format!("Name = '{name}'"))).await, 200).await;

    let count = narrower["count"].as_u64().unwrap();
    assert_eq!(narrower["change"], json!({"added": 0, "dropped": 20 - count}));
    assert_eq!(narrower["sample"]["rows"].as_array().unwrap().len() as u64, count);
}
