//! Groups, and what is switched on for them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::connect_flows::connect;
use crate::test_app::{Person, TestApp, body, refused};
use crate::versions;

pub(crate) async fn make(app: &TestApp, person: &Person, name: &str) -> Value {
    body(app.post(person, "/groups", json!({"name": name})).await, 201).await
}

pub(crate) async fn put(app: &TestApp, person: &Person, path: &str, sent: Value) -> reqwest::Response {
    app.send(person, Method::PUT, path, Some(sent)).await
}

pub(crate) fn path_of(group: &Value) -> String {
    format!("/groups/{}", group["id"].as_str().unwrap())
}

#[tokio::test]
async fn an_integration_belongs_to_a_group_once_salesforce_is_switched_on_for_it() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let sales = make(&app, &owner, "Sales").await;
    assert_eq!((&sales["is_mine"], &sales["salesforce_on_at"]), (&true.into(), &Value::Null));
    let wanted = json!({"group_id": sales["id"], "groups": []});
    let owning = format!("{integration}/shares");
    refused(put(&app, &owner, &owning, wanted.clone()).await, 409, "group.switched_off").await;

    let on = app.send(&owner, Method::PATCH, &path_of(&sales), Some(json!({"salesforce_on": true}))).await;
    assert!(body(on, 200).await["salesforce_on_at"].is_string());
    body(put(&app, &owner, &owning, wanted).await, 200).await;

    let given = body(app.get(&owner, &integration).await, 200).await;
    assert_eq!(given["group"], json!({"id": sales["id"], "name": "Sales"}));
    let listed = body(app.get(&owner, "/groups").await, 200).await;
    assert_eq!(listed["items"][0]["integrations"], json!([given["id"]]));

    // What a group keeps to itself does not become everybody's by the way.
    refused(app.send(&owner, Method::DELETE, &path_of(&sales), None).await, 409, "group.owner").await;
    body(put(&app, &owner, &owning, json!({"group_id": null, "groups": []})).await, 200).await;
    let gone = app.send(&owner, Method::DELETE, &path_of(&sales), None).await;
    assert_eq!(gone.status(), 204);
}

#[tokio::test]
async fn groups_are_connected_from_either_side_and_named_once() {
    let (app, owner) = TestApp::set_up().await;
    let [sales, service] = [make(&app, &owner, "Sales").await, make(&app, &owner, "Service").await];
    refused(app.post(&owner, "/groups", json!({"name": "SALES"})).await, 409, "group.exists").await;
    let rename = app.send(&owner, Method::PATCH, &path_of(&service), Some(json!({"name": "sales"}))).await;
    refused(rename, 409, "group.exists").await;

    let connected = format!("{}/connected-groups", path_of(&service));
    let after =
        body(put(&app, &owner, &connected, json!({"groups": [sales["id"], service["id"]]})).await, 200).await;

    assert_eq!(after["connected"], json!([sales["id"]]));
    let listed = body(app.get(&owner, "/groups").await, 200).await;
    assert_eq!(listed["items"][0]["connected"], json!([service["id"]]));
    let unknown = json!({"groups": ["grp_00000000000000000000000000"]});
    refused(put(&app, &owner, &connected, unknown).await, 404, "resource.unknown").await;
}

#[tokio::test]
async fn a_member_who_leaves_the_workspace_leaves_its_groups() {
    let (app, owner) = TestApp::set_up().await;
    app.join(&owner, "ben@acme.example", "viewer").await;
    let members = body(app.get(&owner, "/members").await, 200).await;
    let members = members["items"].as_array().unwrap();
    let ids: Vec<_> = members.iter().map(|one| one["id"].clone()).collect();
    // Members who joined in the same millisecond come in either order.
    let (bens, others): (Vec<_>, Vec<_>) = members.iter().partition(|one| one["email"] == "ben@acme.example");
    let sales = make(&app, &owner, "Sales").await;
    let in_it = format!("{}/members", path_of(&sales));
    let both = body(put(&app, &owner, &in_it, json!({"members": ids})).await, 200).await;
    assert_eq!(both["members"].as_array().unwrap().len(), 2);

    let ben = format!("/members/{}", bens[0]["id"].as_str().unwrap());
    assert_eq!(app.send(&owner, Method::DELETE, &ben, None).await.status(), 204);

    let listed = body(app.get(&owner, "/groups").await, 200).await;
    assert_eq!(listed["items"][0]["members"], json!([others[0]["id"]]));
}

#[tokio::test]
async fn the_second_of_two_changes_of_a_group_is_refused() {
    let (app, owner) = TestApp::set_up().await;
    let [sales, service] = [make(&app, &owner, "Sales").await, make(&app, &owner, "Service").await];
    let path = path_of(&sales);
    let mut seen = format!("\"{}\"", sales["version"].as_str().unwrap());
    let changes = [
        (Method::PUT, format!("{path}/members"), json!({"members": []})),
        (Method::PUT, format!("{path}/connected-groups"), json!({"groups": [service["id"]]})),
        (Method::PATCH, path, json!({"name": "Sales and more"})),
    ];

    for (method, path, change) in changes {
        let condition = ("if-match", &*seen);
        let first = versions::put(&app, &owner, method.clone(), &path, condition, &change).await;
        let second = versions::put(&app, &owner, method, &path, condition, &change).await;

        let next = versions::etag(&first);
        assert_eq!(body(first, 200).await["version"], next.trim_matches('"'));
        refused(second, 412, "resource.changed").await;
        seen = next;
    }
}
