//! Two people who change the same at once.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::connect_flows::connect;
use crate::roles::{address_of, rows};
use crate::test_app::{Person, TestApp, body, client, refused};

pub(crate) async fn put(
    app: &TestApp,
    person: &Person,
    method: Method,
    path: &str,
    condition: (&str, &str),
    sent: &Value,
) -> Response {
    let request =
        client().request(method, format!("{}/api/v1{path}", app.url)).header(condition.0, condition.1);
    let request = request.header("cookie", person.cookie.as_ref().unwrap());
    request.header("x-csrf-token", person.csrf.as_ref().unwrap()).json(sent).send().await.unwrap()
}

pub(crate) fn etag(response: &Response) -> String {
    response.headers()["etag"].to_str().unwrap().to_owned()
}

fn filter(soql: &str) -> Value {
    json!({"filter": {"kind": "soql", "soql": soql}})
}

#[tokio::test]
async fn the_second_of_two_changes_of_a_rule_is_refused() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let path = format!("{integration}/sync-rules/Account");
    let new = ("if-none-match", "*");
    let made = put(&app, &owner, Method::PUT, &path, new, &filter("Name = 'A'")).await;
    let seen = etag(&made);
    assert_eq!(body(made, 201).await["version"], seen.trim_matches('"'));
    refused(put(&app, &owner, Method::PUT, &path, new, &filter("Name = 'X'")).await, 412, "resource.changed")
        .await;
    app.clock.advance(1);

    let first = put(&app, &owner, Method::PUT, &path, ("if-match", &seen), &filter("Name = 'B'")).await;
    let second = put(&app, &owner, Method::PUT, &path, ("if-match", &seen), &filter("Name = 'C'")).await;

    let next = etag(&first);
    assert_ne!(next, seen);
    refused(second, 412, "resource.changed").await;
    let rules = body(app.get(&owner, &format!("{integration}/sync-rules")).await, 200).await;
    assert_eq!(
        (&rules["items"][0]["soql"], &rules["items"][0]["version"]),
        (&"Name = 'B'".into(), &next.trim_matches('"').into())
    );
    let third = put(&app, &owner, Method::PUT, &path, ("if-match", &next), &filter("Name = 'C'")).await;
    assert_eq!(third.status(), 200);
}

#[tokio::test]
async fn mappings_and_names_are_not_undone_either() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let path = format!("{integration}/field-mappings");
    let seen = etag(&app.get(&owner, &path).await);
    let mapping = |field: &str| json!({"items": [{"entity": "company", "property": "name", "sobject": "Account", "field": field}]});

    let first = put(&app, &owner, Method::PUT, &path, ("if-match", &seen), &mapping("Name")).await;
    let second = put(&app, &owner, Method::PUT, &path, ("if-match", &seen), &mapping("Site")).await;

    assert_eq!((first.status().as_u16(), etag(&first) == seen), (200, false));
    refused(second, 412, "resource.changed").await;

    let seen = etag(&app.get(&owner, &integration).await);
    let named = |name: &str| json!({"name": name});
    assert_eq!(
        put(&app, &owner, Method::PATCH, &integration, ("if-match", &seen), &named("One")).await.status(),
        200
    );
    refused(
        put(&app, &owner, Method::PATCH, &integration, ("if-match", &seen), &named("Two")).await,
        412,
        "resource.changed",
    )
    .await;
    refused(
        put(&app, &owner, Method::PATCH, &integration, ("if-match", "Two"), &named("Two")).await,
        400,
        "request.malformed",
    )
    .await;
    let told = body(app.get(&owner, "/timeline").await, 200).await;
    let kinds: Vec<_> =
        told["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"integration.renamed") && kinds.contains(&"mappings.changed"), "{kinds:?}");
}

#[tokio::test]
async fn of_two_changes_of_a_members_role_the_second_is_refused() {
    let (app, owner) = TestApp::set_up().await;
    let other = app.join(&owner, "cleo@acme.example", "owner").await;
    let ben = app.join(&owner, "ben@acme.example", "viewer").await;
    let id = body(app.get(&ben, "/session").await, 200).await["member"]["id"].as_str().unwrap().to_owned();
    let path = format!("/members/{id}");
    let find = async || {
        let members = body(app.get(&owner, "/members").await, 200).await;
        members["items"].as_array().unwrap().iter().find(|one| one["id"] == id.as_str()).unwrap().clone()
    };
    let seen = format!("\"{}\"", find().await["version"].as_str().unwrap());
    let role = |role: &str| json!({"role": role});

    let first = put(&app, &owner, Method::PATCH, &path, ("if-match", &seen), &role("operator")).await;
    let second = put(&app, &other, Method::PATCH, &path, ("if-match", &seen), &role("admin")).await;

    let next = etag(&first);
    assert_ne!(next, seen);
    assert_eq!(body(first, 200).await["version"], next.trim_matches('"'));
    refused(second, 412, "resource.changed").await;
    assert_eq!(find().await["role"], "operator");
    let gone = put(&app, &other, Method::DELETE, &path, ("if-match", &seen), &json!({})).await;
    refused(gone, 412, "resource.changed").await;
    let third = put(&app, &other, Method::PATCH, &path, ("if-match", &next), &role("admin")).await;
    let last = etag(&third);
    assert_eq!(body(third, 200).await["role"], "admin");
    let gone = put(&app, &other, Method::DELETE, &path, ("if-match", &last), &json!({})).await;
    assert_eq!(gone.status(), 204);
}

#[tokio::test]
async fn the_workspace_gets_another_name_and_time_zone_and_the_second_of_two_is_refused() {
    let (app, owner) = TestApp::set_up().await;
    let admin = app.join(&owner, "cleo@acme.example", "admin").await;
    let operator = app.join(&owner, "ben@acme.example", "operator").await;
    let read = app.get(&owner, "/workspace").await;
    let seen = etag(&read);
    let before = body(read, 200).await;
    let patch = async |who: &Person, seen: &str, sent: Value| {
        put(&app, who, Method::PATCH, "/workspace", ("if-match", seen), &sent).await
    };

    let first = patch(&admin, &seen, json!({"name": " North ", "time_zone": "Asia/Tokyo"})).await;
    let second = patch(&owner, &seen, json!({"name": "South"})).await;

    let next = etag(&first);
    let id = before["id"].as_str().unwrap();
    let expected =
        json!({"id": id, "name": "North", "time_zone": "Asia/Tokyo", "version": next.trim_matches('"')});
    assert_eq!(body(first, 200).await, expected);
    refused(second, 412, "resource.changed").await;
    refused(patch(&operator, &next, json!({"name": "South"})).await, 403, "role.missing").await;
    for wrong in [json!({"time_zone": "Europe/Atlantis"}), json!({"name": " "})] {
        refused(patch(&owner, &next, wrong).await, 422, "request.invalid").await;
    }
    // What is sent as it was is not told again.
    let same = json!({"name": "North", "time_zone": "Asia/Tokyo"});
    assert_eq!(patch(&owner, &next, same).await.status(), 200);
    assert_eq!(body(app.get(&operator, "/session").await, 200).await["workspace"], expected);
    let told = body(app.get(&operator, "/timeline").await, 200).await;
    let told: Vec<_> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| ["kind", "before", "after"].map(|key| one[key].as_str().unwrap_or_default().to_owned()))
        .collect();
    assert_eq!(
        told.into_iter().filter(|[kind, ..]| kind.starts_with("workspace.")).collect::<Vec<_>>(),
        [
            ["workspace.moved", "Europe/Berlin", "Asia/Tokyo"],
            ["workspace.renamed", before["name"].as_str().unwrap(), "North"],
        ]
    );
}

#[tokio::test]
async fn a_group_that_somebody_else_changed_is_not_deleted() {
    let (app, owner) = TestApp::set_up().await;
    let made = body(app.post(&owner, "/groups", json!({"name": "North"})).await, 201).await;
    let path = format!("/groups/{}", made["id"].as_str().unwrap());
    let seen = format!("\"{}\"", made["version"].as_str().unwrap());
    let renamed =
        put(&app, &owner, Method::PATCH, &path, ("if-match", &seen), &json!({"name": "South"})).await;
    let next = etag(&renamed);

    let refused_to = put(&app, &owner, Method::DELETE, &path, ("if-match", &seen), &json!({})).await;
    refused(refused_to, 412, "resource.changed").await;
    let gone = put(&app, &owner, Method::DELETE, &path, ("if-match", &next), &json!({})).await;

    assert_eq!(gone.status(), 204);
}

#[tokio::test]
async fn limits_and_the_end_of_a_rule_go_by_what_was_seen() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let limits = format!("{integration}/limits");
    let seen = etag(&app.get(&owner, &limits).await);
    let allowed = |calls: u64| json!({"allotment": calls, "stop_percent": 80});

    let first = put(&app, &owner, Method::PUT, &limits, ("if-match", &seen), &allowed(4_000)).await;
    let second = put(&app, &owner, Method::PUT, &limits, ("if-match", &seen), &allowed(5_000)).await;

    assert_eq!((first.status().as_u16(), etag(&first) == seen), (200, false));
    refused(second, 412, "resource.changed").await;
    assert_eq!(body(app.get(&owner, &limits).await, 200).await["allotment"], 4_000);

    let rule = format!("{integration}/sync-rules/Account");
    let seen = etag(&app.send(&owner, Method::PUT, &rule, Some(filter("Name = 'A'"))).await);
    app.clock.advance(1);
    let next = etag(&app.send(&owner, Method::PUT, &rule, Some(filter("Name = 'B'"))).await);
    let gone = put(&app, &owner, Method::DELETE, &rule, ("if-match", &seen), &json!({})).await;
    refused(gone, 412, "resource.changed").await;
    let gone = put(&app, &owner, Method::DELETE, &rule, ("if-match", &next), &json!({})).await;
    assert_eq!(gone.status(), 204);
}

/// What takes no version, as the module of preconditions says why.
const UNCONDITIONAL: &str = "
    post /session
    delete /session
    post /setup
    post /welcome
    post /members
    post /members/{user_id}/sign-in-link
    delete /members/{user_id}/sessions
    delete /sessions
    delete /sessions/{id}
    post /connections/{id}/integrations
    post /integrations/{id}/connection-check
    post /api-keys
    delete /api-keys/{id}
    post /connect-flows
    delete /connect-flows/{id}
    post /connect-flows/{id}/confirm
    post /personal-connections
    delete /personal-connections/{id}
    post /integrations/{id}/pause
    post /integrations/{id}/resume
    post /integrations/{id}/sync-rules/preview
    post /groups
    delete /integrations/{id}/shares/{group_id}
    post /integrations/{id}/set-up
    post /integrations/{id}/row-error-kinds/{sobject}/{code}/retry
    post /integrations/{id}/field-mappings/preview
    post /integrations/{id}/sync-rules/{sobject}/reload
    post /runs/{id}/cancel
    post /integrations/{id}/runs
    post /integrations/{id}/records/{sobject}/{record_id}/refresh
    post /integrations/{id}/sweeps
";

#[tokio::test]
async fn every_operation_that_changes_a_setting_takes_the_version_that_was_seen() {
    let (app, owner) = TestApp::set_up().await;
    let mut taken = Vec::new();
    let mut expected: Vec<_> =
        UNCONDITIONAL.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();

    for (method, path) in rows().into_keys().filter(|(method, _)| method != "get") {
        let operation = format!("{method} {path}");
        // It would end the session of the others.
        if operation == "delete /session" {
            taken.push(operation);
            continue;
        }
        let verb = method.to_uppercase().parse().unwrap();
        // No version is written so.
        let answer = put(&app, &owner, verb, &address_of(&path), ("if-match", "unquoted"), &json!({})).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        if status != 400 || !text.contains("If-Match takes one version") {
            taken.push(operation);
        }
    }

    taken.sort();
    expected.sort();
    assert_eq!(taken, expected);
}

#[tokio::test]
async fn fields_and_the_end_of_an_integration_go_by_what_was_seen() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let path = format!("{integration}/sync-rules/Account");
    let made =
        put(&app, &owner, Method::PUT, &path, ("if-none-match", "*"), &json!({"fields": ["Name"]})).await;
    let seen = etag(&made);
    app.clock.advance(1);
    let changed =
        put(&app, &owner, Method::PUT, &path, ("if-match", &seen), &json!({"fields": ["Name", "Site"]}))
            .await;
    let next = etag(&changed);
    let (accept, fax) = (format!("{path}/accepted-fields"), json!({"fields": ["Fax"]}));

    refused(
        put(&app, &owner, Method::POST, &accept, ("if-match", &seen), &fax).await,
        412,
        "resource.changed",
    )
    .await;
    assert_eq!(put(&app, &owner, Method::POST, &accept, ("if-match", &next), &fax).await.status(), 204);
    let rules = body(app.get(&owner, &format!("{integration}/sync-rules")).await, 200).await;
    assert_eq!(rules["items"][0]["fields"], json!(["Name", "Site", "Fax"]));

    let seen = etag(&app.get(&owner, &integration).await);
    let renamed =
        put(&app, &owner, Method::PATCH, &integration, ("if-match", &seen), &json!({"name": "Other"})).await;
    let next = etag(&renamed);
    let path = format!("{integration}?data=keep");
    let end =
        async |seen: &str| put(&app, &owner, Method::DELETE, &path, ("if-match", seen), &json!({})).await;
    refused(end(&seen).await, 412, "resource.changed").await;
    assert_eq!(end(&next).await.status(), 200);
}
