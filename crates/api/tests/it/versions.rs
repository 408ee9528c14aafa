//! Two people who change the same at once.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::connect_flows::connect;
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
