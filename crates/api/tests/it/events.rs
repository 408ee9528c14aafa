use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::json;

use crate::connect_flows::connect;
use crate::test_app::{Person, TestApp, body, client};

/// Reads until the stream has said something.
async fn hear(stream: &mut Response, heard: &mut String, expected: &str) {
    let reading = async {
        while !heard.contains(expected) {
            let chunk = stream.chunk().await.unwrap().unwrap();
            heard.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(20), reading).await;
    assert!(outcome.is_ok(), "no {expected} in {heard}");
}

async fn listen(app: &TestApp, person: &Person) -> Response {
    let request = client().get(format!("{}/api/v1/events", app.url));
    request.header("cookie", person.cookie.as_deref().unwrap()).send().await.unwrap()
}

#[tokio::test]
async fn a_viewer_hears_of_a_change_and_no_more_after_the_sign_out() {
    let (app, owner) = TestApp::set_up().await;
    let viewer = app.join(&owner, "ben@acme.example", "viewer").await;
    let integration = connect(&app, &owner).await;
    let mut stream = listen(&app, &viewer).await;
    let mut heard = String::new();

    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    hear(&mut stream, &mut heard, "\"name\":\"Sales org\"").await;
    let change = json!({"name": "Field org"});
    body(app.send(&owner, Method::PATCH, &integration, Some(change)).await, 200).await;
    hear(&mut stream, &mut heard, "\"name\":\"Field org\"").await;

    assert_eq!(heard.matches("event: integration").count(), 2, "{heard}");
    assert_eq!(app.send(&viewer, Method::DELETE, "/session", None).await.status(), 204);
    let ended = async { while stream.chunk().await.unwrap().is_some() {} };
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
}
