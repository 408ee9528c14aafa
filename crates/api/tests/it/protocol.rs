//! What holds for every route: media types, sizes, origins, headers, unknown addresses.

use reqwest::Response;
use serde_json::json;

use crate::test_app::{Person, TestApp, body, client, refused};

async fn post_members(app: &TestApp, person: &Person, headers: &[(&str, &str)], text: String) -> Response {
    let mut request = client().post(format!("{}/api/v1/members", app.url)).body(text);
    request = request.header("cookie", person.cookie.as_deref().unwrap());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn only_our_own_pages_change_something() {
    let (app, owner) = TestApp::set_up().await;
    let csrf = owner.csrf.clone().unwrap();
    let invitation = json!({"email": "ben@acme.example", "name": "Ben", "role": "viewer"}).to_string();
    let json_type = ("content-type", "application/json");

    for headers in [
        vec![],
        vec![("x-csrf-token", "guessed")],
        vec![("x-csrf-token", &*csrf), ("origin", "null")],
        vec![("x-csrf-token", &*csrf), ("origin", "https://evil.example")],
        vec![("x-csrf-token", &*csrf), ("sec-fetch-site", "cross-site")],
        vec![("x-csrf-token", &*csrf), ("sec-fetch-site", "same-site")],
    ] {
        let headers = [&headers[..], &[json_type]].concat();
        refused(post_members(&app, &owner, &headers, invitation.clone()).await, 403, "csrf").await;
    }
    let headers =
        [("x-csrf-token", &*csrf), ("origin", &*app.url), ("sec-fetch-site", "same-origin"), json_type];
    assert_eq!(post_members(&app, &owner, &headers, invitation).await.status(), 201);
}

#[tokio::test]
async fn bodies_are_json_of_a_size_and_shape() {
    let (app, owner) = TestApp::set_up().await;
    let csrf = ("x-csrf-token", owner.csrf.as_deref().unwrap());
    let json_type = ("content-type", "application/json");
    let send = async |text: String, media_type| post_members(&app, &owner, &[csrf, media_type], text).await;

    refused(send("{}".to_owned(), ("content-type", "text/plain")).await, 415, "request.media_type").await;
    refused(send("{".to_owned(), json_type).await, 400, "request.malformed").await;
    refused(send("{\"extra\": 1}".to_owned(), json_type).await, 422, "request.invalid").await;
    let large = format!("\"{}\"", "x".repeat(1_100_000));
    refused(send(large, json_type).await, 413, "request.too_large").await;
    let deep =
        client().post(format!("{}/api/v1/session", app.url)).header("content-type", "application/json");
    refused(deep.body("[".repeat(10_000)).send().await.unwrap(), 400, "request.malformed").await;
}

#[tokio::test]
async fn addresses_that_are_none_get_a_problem_document() {
    let (app, owner) = TestApp::set_up().await;

    refused(app.get(&owner, "/nothing").await, 404, "route.unknown").await;
    refused(app.post(&owner, "/events", json!({})).await, 405, "request.method").await;
    refused(app.get(&owner, "/integrations/int_none").await, 404, "resource.unknown").await;
    refused(app.get(&owner, "/runs?after=forged").await, 400, "page.invalid").await;
    refused(app.get(&owner, "/runs?unknown=1").await, 400, "request.malformed").await;
}

#[tokio::test]
async fn another_name_than_ours_is_not_answered() {
    let (app, _) = TestApp::set_up().await;
    let with_host = async |path: &str| {
        client().get(format!("{}{path}", app.url)).header("host", "evil.example").send().await.unwrap()
    };

    refused(with_host("/api/v1/session").await, 421, "host.unknown").await;
    assert_eq!(with_host("/healthz").await.status(), 200);
}

#[tokio::test]
async fn nothing_is_kept_framed_or_guessed() {
    let (app, owner) = TestApp::set_up().await;

    for path in ["/api/v1/session", "/api/v1/nothing", "/", "/integrations", "/oauth/salesforce/callback"] {
        let response = client().get(format!("{}{path}", app.url)).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();

        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(!header("content-security-policy").contains("script-src"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("x-request-id").starts_with("req_"), "{path}");
    }
    let document = client().get(format!("{}/api/openapi.json", app.url)).send().await.unwrap();
    assert_eq!(body(document, 200).await["openapi"], "3.1.0");
    assert_eq!(body(app.get(&owner, "/entities").await, 200).await["items"][0]["name"], "company");
}
