//! What people did to integrations and groups, as the timeline tells it.

use reqwest::Method;
use serde_json::json;

use crate::connect_flows::connect;
use crate::copies::{copy, put_rule};
use crate::groups::{make, path_of, put};
use crate::shares::told;
use crate::test_app::{TestApp, body};

#[tokio::test]
async fn changes_of_a_group_are_told_with_the_names_of_its_members() {
    let (app, owner) = TestApp::set_up().await;
    let ben = app.join(&owner, "ben@acme.example", "viewer").await;
    let session = body(app.get(&ben, "/session").await, 200).await;
    let (id, name) = (&session["member"]["id"], session["member"]["name"].as_str().unwrap());
    let first = told(&app, &owner).await.len();
    let send = async |method, path: &str, change| {
        // Entries of one instant have no order.
        app.clock.advance(1);
        body(app.send(&owner, method, path, Some(change)).await, 200).await
    };

    app.clock.advance(1);
    let group = make(&app, &owner, "Sales").await;
    let path = path_of(&group);
    let own = &group["members"][0];
    let members = format!("{path}/members");
    for change in [
        json!({"salesforce_on": true}),
        json!({"name": "Trade"}),
        json!({"name": "Trade", "salesforce_on": true}),
    ] {
        send(Method::PATCH, &path, change).await;
    }
    for wanted in [json!([own, id]), json!([own]), json!([own])] {
        send(Method::PUT, &members, json!({ "members": wanted })).await;
    }
    send(Method::PATCH, &path, json!({"salesforce_on": false})).await;
    app.clock.advance(1);
    assert_eq!(app.send(&owner, Method::DELETE, &path, None).await.status(), 204);

    let mut entries = told(&app, &owner).await;
    entries.truncate(entries.len() - first);
    entries.reverse();
    let expected = [
        "group.added: null, Sales".to_owned(),
        "group.switched_on: null, Sales".to_owned(),
        "group.renamed: Sales, Trade".to_owned(),
        format!("group.members_added: null, Trade: {name}"),
        format!("group.members_removed: Trade: {name}, null"),
        "group.switched_off: null, Trade".to_owned(),
        "group.deleted: Trade, null".to_owned(),
    ];
    assert_eq!(entries, expected);
}

#[tokio::test]
async fn limits_and_the_end_of_an_integration_are_told() {
    for (data, fate) in [("keep", "its records stay"), ("remove", "its 0 records were removed")] {
        let (app, owner) = TestApp::set_up().await;
        let integration = connect(&app, &owner).await;
        let name = body(app.get(&owner, &integration).await, 200).await["name"].as_str().unwrap().to_owned();
        let limits = async |change| {
            let path = format!("{integration}/limits");
            body(app.send(&owner, Method::PUT, &path, Some(change)).await, 200).await
        };

        limits(json!({"allotment": 4_000, "stop_percent": 80})).await;
        limits(json!({"allotment": 4_000, "stop_percent": 80})).await;
        let path = format!("{integration}?data={data}");
        let deleted = body(app.send(&owner, Method::DELETE, &path, None).await, 200).await;

        assert_eq!(deleted["grant"], "revoked");
        let entries = told(&app, &owner).await;
        for expected in [
            "connection.revoked: null, null".to_owned(),
            format!("integration.deleted: {name}, {fate}"),
            "limits.changed: no allotment, stops at 80 % of the org's limit, 4000 calls a day, stops at 80 % of the org's limit"
                .to_owned(),
        ] {
            assert_eq!(entries.iter().filter(|entry| **entry == expected).count(), 1, "{expected} in {entries:?}");
        }
    }
}

#[tokio::test]
async fn changed_rules_and_mappings_are_told_by_name() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    let rule = async |fields| {
        assert!(
            put_rule(&app, &owner, &integration, "Account", json!({"fields": fields}))
                .await
                .status()
                .is_success()
        );
    };
    let mapping = async |field: &str| {
        let mapping = json!({"entity": "company", "property": "name", "sobject": "Account", "field": field});
        let path = format!("{integration}/field-mappings");
        body(put(&app, &owner, &path, json!({"items": [mapping]})).await, 200).await
    };

    rule(json!(["Name", "Site"])).await;
    rule(json!(["Name", "Fax"])).await;
    mapping("Name").await;
    mapping("Site").await;

    let entries = told(&app, &owner).await;
    for expected in [
        "mappings.changed: 1 (company.name from Account.Name), 1 (company.name from Account.Site)",
        "rule.changed: all records; 2 fields, with Site; every 15 minutes, all records; 2 fields, with Fax; every 15 minutes",
        "rule.changed: all records; all fields; every 15 minutes, all records; 2 fields: Name, Site; every 15 minutes",
    ] {
        assert!(entries.iter().any(|entry| entry == expected), "{expected} in {entries:?}");
    }
}
