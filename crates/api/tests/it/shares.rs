//! Who has access to an integration: its group, and the groups that it is shared with.

use reqwest::Method;
use serde_json::{Value, json};

use crate::connect_flows::{connect, connect_as};
use crate::copies::copy;
use crate::groups::{make, path_of, put};
use crate::roles::{rank, rows};
use crate::test_app::{Person, TestApp, body, refused};
use crate::versions;

async fn switch_on(app: &TestApp, owner: &Person, group: &Value) {
    let on = json!({"salesforce_on": true});
    body(app.send(owner, Method::PATCH, &path_of(group), Some(on)).await, 200).await;
}

async fn connect_groups(app: &TestApp, owner: &Person, group: &Value, others: &[&Value]) {
    let ids: Vec<_> = others.iter().map(|other| &other["id"]).collect();
    let path = format!("{}/connected-groups", path_of(group));
    body(put(app, owner, &path, json!({"groups": ids})).await, 200).await;
}

/// Puts the member of this address, and nobody else, into a group.
async fn put_in(app: &TestApp, owner: &Person, group: &Value, email: &str) {
    let members = body(app.get(owner, "/members").await, 200).await;
    let member = members["items"].as_array().unwrap().iter().find(|one| one["email"] == email).unwrap();
    let path = format!("{}/members", path_of(group));
    body(put(app, owner, &path, json!({"members": [member["id"]]})).await, 200).await;
}

async fn share(app: &TestApp, owner: &Person, integration: &str, group: &Value, with: &[&Value]) -> Value {
    let ids: Vec<_> = with.iter().map(|one| &one["id"]).collect();
    let wanted = json!({"group_id": group["id"], "groups": ids});
    body(put(app, owner, &format!("{integration}/shares"), wanted).await, 200).await
}

/// What the timeline says, with what was before and after.
pub(crate) async fn told(app: &TestApp, person: &Person) -> Vec<String> {
    let told = body(app.get(person, "/timeline").await, 200).await;
    let word = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    let entries = told["items"].as_array().unwrap().iter();
    entries
        .map(|one| format!("{}: {}, {}", word(&one["kind"]), word(&one["before"]), word(&one["after"])))
        .collect()
}

/// Every operation on an integration, its runs and its records that needs no more than a role.
fn operations(least: &str) -> Vec<(Method, String)> {
    let of_integration =
        |path: &str| path.starts_with("/integrations/{id}") || path.starts_with("/runs/{id}");
    let rows =
        rows().into_iter().filter(|((_, path), role)| of_integration(path) && rank(role) <= rank(least));
    rows.map(|((method, path), _)| (method.to_uppercase().parse().unwrap(), path)).collect()
}

async fn answers(
    app: &TestApp,
    person: &Person,
    copy: &Copy,
    operations: &[(Method, String)],
) -> Vec<(String, u16, String)> {
    let mut answers = Vec::new();
    for (method, path) in operations {
        let address = path
            .replace("/integrations/{id}", &copy.integration)
            .replace("/runs/{id}", &copy.run)
            .replace("{sobject}", "Account")
            .replace("{sweep_id}", "swp_00000000000000000000000000")
            .replace("{group_id}", "grp_00000000000000000000000000")
            .replace("{record_id}", &copy.record);
        let sent = (*method != Method::GET).then(|| json!({}));
        let response = app.send(person, method.clone(), &address, sent).await;
        let status = response.status().as_u16();
        let code = body(response, status).await["code"].as_str().unwrap_or_default().to_owned();
        answers.push((format!("{method} {path}"), status, code));
    }
    answers
}

struct Copy {
    integration: String,
    run: String,
    record: String,
}

impl Copy {
    async fn of(app: &TestApp, owner: &Person) -> Self {
        let integration = copy(app, owner).await;
        let runs = body(app.get(owner, "/runs").await, 200).await;
        let records = body(app.get(owner, &format!("{integration}/records/Account")).await, 200).await;
        Self {
            integration,
            run: format!("/runs/{}", runs["items"][0]["id"].as_str().unwrap()),
            record: records["items"][0]["id"].as_str().unwrap().to_owned(),
        }
    }
}

#[tokio::test]
async fn who_is_in_no_group_with_access_finds_nothing() {
    let (app, owner) = TestApp::set_up().await;
    let outsider = app.join(&owner, "out@acme.example", "operator").await;
    let admin = app.join(&owner, "admin@acme.example", "admin").await;
    let copy = Copy::of(&app, &owner).await;
    let key = json!({"name": "Reads", "role": "viewer"});
    let key = body(app.post(&outsider, "/api-keys", key).await, 201).await;
    let key = Person::with_key(key["token"].as_str().unwrap());
    let sales = make(&app, &owner, "Sales").await;
    switch_on(&app, &owner, &sales).await;
    assert_eq!(body(app.get(&outsider, &copy.integration).await, 200).await["is_received"], false);
    let orgs = body(app.get(&outsider, "/personal-connections").await, 200).await;
    let own_access = json!({"org_id": orgs["items"][0]["org"]["id"]});
    assert!(own_access["org_id"].is_string(), "{orgs}");

    share(&app, &owner, &copy.integration, &sales, &[]).await;

    let found = answers(&app, &outsider, &copy, &operations("operator")).await;
    let wrong: Vec<_> = found.iter().filter(|(_, status, _)| *status != 404).collect();
    assert!(found.len() > 20 && wrong.is_empty(), "{wrong:?}");
    for person in [&outsider, &key] {
        for list in ["/integrations", "/runs", &format!("/explanations/{}", copy.record)] {
            let listed = body(app.get(person, list).await, 200).await;
            assert_eq!(listed["items"], json!([]), "{list}");
        }
        // What groups there are everybody knows.
        let told = told(&app, person).await;
        let of_others: Vec<_> = told.iter().filter(|entry| !entry.starts_with("group.")).collect();
        assert!(!told.is_empty() && of_others.is_empty(), "{told:?}");
        let groups = body(app.get(person, "/groups").await, 200).await;
        assert_eq!(groups["items"][0]["integrations"], json!([]));
        let id = copy.integration.rsplit('/').next().unwrap();
        for path in [format!("/events?integration={id}"), format!("/timeline?integration_id={id}")] {
            refused(app.get(person, &path).await, 404, "resource.unknown").await;
        }
    }
    assert_eq!(body(app.get(&outsider, "/personal-connections").await, 200).await["items"], json!([]));
    refused(app.post(&outsider, "/personal-connections", own_access).await, 404, "resource.unknown").await;
    // An admin manages all of the workspace's integrations.
    assert_eq!(body(app.get(&admin, &copy.integration).await, 200).await["group"]["name"], "Sales");
    put_in(&app, &owner, &sales, "out@acme.example").await;
    assert_eq!(app.get(&outsider, &copy.integration).await.status(), 200);
    assert_eq!(app.get(&key, &format!("{}/records", copy.integration)).await.status(), 200);
}

#[tokio::test]
async fn who_received_an_integration_reads_it_and_does_not_run_it() {
    let (app, owner) = TestApp::set_up().await;
    let receiver = app.join(&owner, "ben@acme.example", "operator").await;
    let copy = Copy::of(&app, &owner).await;
    let names = ["Sales", "Service", "Legal"];
    let [sales, service, legal] = [
        make(&app, &owner, names[0]).await,
        make(&app, &owner, names[1]).await,
        make(&app, &owner, names[2]).await,
    ];
    switch_on(&app, &owner, &sales).await;
    connect_groups(&app, &owner, &sales, &[&service, &legal]).await;
    put_in(&app, &owner, &service, "ben@acme.example").await;

    share(&app, &owner, &copy.integration, &sales, &[&service, &legal]).await;

    let seen = body(app.get(&receiver, &copy.integration).await, 200).await;
    // Of those who have access, they are told of themselves.
    let of_service = json!([{"id": service["id"], "name": "Service"}]);
    assert_eq!((&seen["is_received"], &seen["shared_with"]), (&json!(true), &of_service));
    let groups = body(app.get(&receiver, "/groups").await, 200).await;
    let received = |name: &str| -> Value {
        groups["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["received"]
            .clone()
    };
    assert_eq!((received("Service"), received("Legal")), (json!([seen["id"]]), json!([])));
    for (operation, status, code) in answers(&app, &receiver, &copy, &operations("operator")).await {
        let is_right = match &*operation {
            "POST /integrations/{id}/records/{sobject}/{record_id}/refresh" => status == 200,
            "GET /integrations/{id}/sweeps/{sweep_id}" => status == 404,
            "DELETE /integrations/{id}/shares/{group_id}" => status == 404,
            one if one.starts_with("POST ") => (status, &*code) == (403, "share.read_only"),
            _ => status == 200,
        };
        assert!(is_right, "{operation}: {status} {code}");
    }
    let shares = format!("{}/shares", copy.integration);
    let lend_on = json!({"group_id": service["id"], "groups": []});
    refused(put(&app, &receiver, &shares, lend_on).await, 403, "role.missing").await;

    share(&app, &owner, &copy.integration, &sales, &[&legal]).await;
    refused(app.get(&receiver, &copy.integration).await, 404, "resource.unknown").await;
}

#[tokio::test]
async fn who_received_an_integration_disconnects_it_for_their_group_alone() {
    let (app, owner) = TestApp::set_up().await;
    let receiver = app.join(&owner, "ben@acme.example", "operator").await;
    let viewer = app.join(&owner, "vito@acme.example", "viewer").await;
    let maker = app.join(&owner, "mia@acme.example", "operator").await;
    let integration = connect(&app, &owner).await;
    let [sales, service, legal] = [
        make(&app, &owner, "Sales").await,
        make(&app, &owner, "Service").await,
        make(&app, &owner, "Legal").await,
    ];
    switch_on(&app, &owner, &sales).await;
    connect_groups(&app, &owner, &sales, &[&service, &legal]).await;
    put_in(&app, &owner, &sales, "mia@acme.example").await;
    put_in(&app, &owner, &service, "ben@acme.example").await;
    put_in(&app, &owner, &legal, "vito@acme.example").await;
    share(&app, &owner, &integration, &sales, &[&service, &legal]).await;
    let share_with =
        |group: &Value| format!("{integration}/shares/{}", group["id"].as_str().unwrap().to_owned());
    let disconnect = async |person: &Person, group: &Value| {
        app.send(person, Method::DELETE, &share_with(group), None).await
    };

    // Neither another group's, nor by the group that owns it, nor by who only looks, nor what owns it.
    refused(disconnect(&receiver, &legal).await, 404, "resource.unknown").await;
    refused(disconnect(&maker, &service).await, 404, "resource.unknown").await;
    refused(disconnect(&viewer, &legal).await, 403, "role.missing").await;
    refused(disconnect(&owner, &sales).await, 404, "resource.unknown").await;
    assert_eq!(disconnect(&receiver, &service).await.status(), 204);

    refused(app.get(&receiver, &integration).await, 404, "resource.unknown").await;
    refused(disconnect(&receiver, &service).await, 404, "resource.unknown").await;
    assert_eq!(app.get(&viewer, &integration).await.status(), 200);
    let left = body(app.get(&maker, &format!("{integration}/shares")).await, 200).await;
    assert_eq!((&left["groups"][0]["name"], &left["groups"][1]), (&json!("Legal"), &Value::Null));
    assert!(told(&app, &maker).await.contains(&"share.disconnected: Service, null".to_owned()));
    // It can be shared again, and an admin may end any share.
    share(&app, &owner, &integration, &sales, &[&service, &legal]).await;
    assert_eq!(app.get(&receiver, &integration).await.status(), 200);
    assert_eq!(disconnect(&owner, &legal).await.status(), 204);
}

#[tokio::test]
async fn an_integration_is_shared_with_connected_groups_by_who_saw_the_last_version() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let shares = format!("{integration}/shares");
    let [sales, service] = [make(&app, &owner, "Sales").await, make(&app, &owner, "Service").await];
    let wanted = |group: &Value, others: &[&Value]| json!({"group_id": group, "groups": others});
    let (own, other) = (&sales["id"], &service["id"]);
    switch_on(&app, &owner, &sales).await;
    for (sent, status, code) in [
        (wanted(&Value::Null, &[other]), 409, "share.no_owner"),
        (wanted(own, &[other]), 409, "share.not_connected"),
        (wanted(other, &[]), 409, "group.switched_off"),
        (wanted(own, &[&json!("grp_00000000000000000000000000")]), 404, "resource.unknown"),
    ] {
        refused(put(&app, &owner, &shares, sent).await, status, code).await;
    }
    connect_groups(&app, &owner, &service, &[&sales]).await;
    let seen = versions::etag(&app.get(&owner, &shares).await);
    let seen = ("if-match", &*seen);

    // The owner is no receiver of its own, and nobody is one twice.
    let sent = wanted(own, &[other, own, other]);
    let first = versions::put(&app, &owner, Method::PUT, &shares, seen, &sent).await;
    let second = versions::put(&app, &owner, Method::PUT, &shares, seen, &wanted(own, &[])).await;

    refused(second, 412, "resource.changed").await;
    let saved = body(first, 200).await;
    assert_eq!((&saved["group"]["name"], saved["groups"].as_array().unwrap().len()), (&json!("Sales"), 1));
    assert_eq!(body(app.get(&owner, &shares).await, 200).await, saved);
    let told = told(&app, &owner).await;
    for one in ["owner_group.changed: null, Sales", "share.granted: null, Service"] {
        assert!(told.iter().any(|told| told == one), "{told:?}");
    }
}

#[tokio::test]
async fn groups_that_are_no_longer_connected_share_nothing() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let names = ["Sales", "Service", "Legal"];
    let [sales, service, legal] = [
        make(&app, &owner, names[0]).await,
        make(&app, &owner, names[1]).await,
        make(&app, &owner, names[2]).await,
    ];
    switch_on(&app, &owner, &sales).await;
    connect_groups(&app, &owner, &sales, &[&service, &legal]).await;
    share(&app, &owner, &integration, &sales, &[&service, &legal]).await;

    // From the other side, which drops only what it has to do with.
    connect_groups(&app, &owner, &service, &[]).await;
    let left = body(app.get(&owner, &integration).await, 200).await;
    assert_eq!(left["shared_with"], json!([{"id": legal["id"], "name": "Legal"}]));
    assert_eq!(app.send(&owner, Method::DELETE, &path_of(&legal), None).await.status(), 204);

    let left = body(app.get(&owner, &integration).await, 200).await;
    assert_eq!((&left["shared_with"], &left["group"]["name"]), (&json!([]), &json!("Sales")));
    let told = told(&app, &owner).await;
    for one in ["share.revoked: Service, null", "share.revoked: Legal, null"] {
        assert!(told.iter().any(|told| told == one), "{told:?}");
    }
}

#[tokio::test]
async fn a_new_integration_is_private_to_the_group_of_whoever_made_it() {
    let (app, owner) = TestApp::set_up().await;
    let outsider = app.join(&owner, "out@acme.example", "viewer").await;
    let sales = make(&app, &owner, "Sales").await;
    switch_on(&app, &owner, &sales).await;

    let integration = connect(&app, &owner).await;

    let made = body(app.get(&owner, &integration).await, 200).await;
    assert_eq!((&made["group"]["name"], &made["shared_with"]), (&json!("Sales"), &json!([])));
    refused(app.get(&outsider, &integration).await, 404, "resource.unknown").await;
}

#[tokio::test]
async fn an_integration_belongs_to_the_group_it_was_connected_for_in_one_step() {
    let (app, owner) = TestApp::set_up().await;
    let [sales, service] = [make(&app, &owner, "Sales").await, make(&app, &owner, "Service").await];
    switch_on(&app, &owner, &sales).await;
    let new =
        |group: &Value| json!({"name": "For a group", "environment": "simulated", "group_id": group["id"]});
    refused(app.post(&owner, "/connect-flows", new(&service)).await, 409, "group.switched_off").await;
    let unknown = json!({"id": "grp_00000000000000000000000000"});
    refused(app.post(&owner, "/connect-flows", new(&unknown)).await, 404, "resource.unknown").await;
    switch_on(&app, &owner, &service).await;

    let integration = connect_as(&app, &owner, &new(&service)).await;

    let made = body(app.get(&owner, &integration).await, 200).await;
    assert_eq!(made["group"]["name"], "Service");
    let connections = body(app.get(&owner, "/connections").await, 200).await;
    let connection = format!("/connections/{}", connections["items"][0]["id"].as_str().unwrap());
    let more = json!({"name": "One more", "group_id": service["id"]});
    let added = body(app.post(&owner, &format!("{connection}/integrations"), more).await, 201).await;
    assert_eq!(added["group"]["name"], "Service");
}

/// A group, a share with it, and mappings, none of which is saved.
async fn chosen(app: &TestApp, owner: &Person) -> (String, Value, Value) {
    let integration = connect(app, owner).await;
    let sales = make(app, owner, "Sales").await;
    switch_on(app, owner, &sales).await;
    let seen = versions::etag(&app.get(owner, &format!("{integration}/shares")).await);
    let choice = json!({"group_id": sales["id"], "groups": [], "seen": seen.trim_matches('"')});
    let mapping = json!({"entity": "company", "property": "name", "sobject": "Account", "field": "Name"});
    (integration, choice, json!([mapping]))
}

#[tokio::test]
async fn nobody_gains_access_where_the_end_of_setting_up_is_refused() {
    let (app, owner) = TestApp::set_up().await;
    let (integration, choice, mappings) = chosen(&app, &owner).await;
    let end = format!("{integration}/set-up");
    let path = format!("{integration}/field-mappings");
    let seen = versions::etag(&app.get(&owner, &path).await);
    let mappings_seen = seen.trim_matches('"');
    let wrong =
        json!([{"entity": "company", "property": "name", "sobject": "Account", "field": "Nothing__c"}]);
    let sent =
        |mappings: &Value| json!({"mappings": mappings, "mappings_seen": mappings_seen, "shares": &choice});

    refused(app.post(&owner, &end, sent(&wrong)).await, 422, "field.unknown").await;
    body(put(&app, &owner, &path, json!({"items": mappings})).await, 200).await;
    refused(app.post(&owner, &end, sent(&mappings)).await, 412, "resource.changed").await;

    let after = body(app.get(&owner, &integration).await, 200).await;
    assert_eq!((&after["group"], &after["mappings_count"]), (&Value::Null, &json!(1)));
    let saved = body(app.post(&owner, &end, json!({"shares": choice})).await, 200).await;
    assert_eq!((&saved["group"]["name"], &saved["mappings_count"]), (&json!("Sales"), &json!(1)));
    refused(app.post(&owner, &end, json!({"shares": choice})).await, 412, "resource.changed").await;
}

#[tokio::test]
async fn a_draft_that_a_colleague_changed_is_not_saved_unseen() {
    let (app, owner) = TestApp::set_up().await;
    let (integration, _, mappings) = chosen(&app, &owner).await;
    let draft = format!("{integration}/field-mappings/draft");
    let seen = versions::etag(&app.get(&owner, &draft).await);
    body(put(&app, &owner, &draft, json!({"items": []})).await, 200).await;

    let sent = json!({"mappings": mappings, "draft_seen": seen.trim_matches('"')});
    refused(app.post(&owner, &format!("{integration}/set-up"), sent).await, 412, "resource.changed").await;

    assert_eq!(body(app.get(&owner, &integration).await, 200).await["mappings_count"], 0);
}

#[tokio::test]
async fn who_shall_have_access_by_a_colleague_outlives_an_end_of_setting_up_that_says_nothing_of_it() {
    let (app, owner) = TestApp::set_up().await;
    let (integration, choice, mappings) = chosen(&app, &owner).await;
    let colleague = app.join(&owner, "ben@acme.example", "admin").await;
    let (draft, end) = (format!("{integration}/shares/draft"), format!("{integration}/set-up"));
    body(put(&app, &owner, &draft, choice.clone()).await, 200).await;

    body(app.post(&colleague, &end, json!({"mappings": mappings})).await, 200).await;

    assert_eq!(body(app.get(&colleague, &draft).await, 200).await["choice"], choice);
    body(app.post(&owner, &end, json!({})).await, 200).await;
    assert_eq!(body(app.get(&owner, &draft).await, 200).await["choice"], Value::Null);
}

#[tokio::test]
async fn who_shall_have_access_is_kept_on_the_server_until_it_is_saved() {
    let (app, owner) = TestApp::set_up().await;
    let (integration, choice, mappings) = chosen(&app, &owner).await;
    let colleague = app.join(&owner, "ben@acme.example", "admin").await;
    let draft = format!("{integration}/shares/draft");
    let seen = versions::etag(&app.get(&owner, &draft).await);
    let seen = ("if-match", &*seen);
    app.clock.advance(1);

    let kept = versions::put(&app, &owner, Method::PUT, &draft, seen, &choice).await;
    let second = versions::put(&app, &colleague, Method::PUT, &draft, seen, &choice).await;

    assert_eq!(kept.status(), 200);
    refused(second, 412, "resource.changed").await;
    let found = body(app.get(&colleague, &draft).await, 200).await;
    assert_eq!((&found["choice"], &found["updated_by"]), (&choice, &json!("Ada Lind")));
    assert_eq!(body(app.get(&owner, &integration).await, 200).await["group"], Value::Null);
    let end = json!({"mappings": mappings, "shares": choice});
    body(app.post(&owner, &format!("{integration}/set-up"), end).await, 200).await;
    assert_eq!(body(app.get(&owner, &draft).await, 200).await["choice"], Value::Null);
    app.clock.advance(1);
    let next = versions::etag(&put(&app, &owner, &draft, choice).await);
    let unseen = versions::put(&app, &colleague, Method::DELETE, &draft, seen, &json!({})).await;
    refused(unseen, 412, "resource.changed").await;
    let gone = versions::put(&app, &colleague, Method::DELETE, &draft, ("if-match", &next), &json!({})).await;
    assert_eq!(gone.status(), 204);
    assert_eq!(body(app.get(&owner, &draft).await, 200).await["choice"], Value::Null);
}
