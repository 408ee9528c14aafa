use reqwest::Method;
use serde_json::{Value, json};

use crate::test_app::{Person, TestApp, body, client, refused};

async fn new_key(app: &TestApp, person: &Person, role: &str) -> Value {
    body(app.post(person, "/api-keys", json!({"name": "Nightly report", "role": role})).await, 201).await
}

#[tokio::test]
async fn a_key_is_shown_once_and_does_what_its_role_says() {
    let (app, owner) = TestApp::set_up().await;

    let created = new_key(&app, &owner, "viewer").await;

    let token = created["token"].as_str().unwrap();
    assert!(token.starts_with("twp_") && token.len() == 47, "{token}");
    let listed = body(app.get(&owner, "/api-keys").await, 200).await;
    assert_eq!(listed["items"][0]["token_start"], token[..8]);
    assert!(!listed.to_string().contains(token));
    let program = Person::with_key(token);
    body(app.get(&program, "/integrations").await, 200).await;
    refused(app.post(&program, "/members", json!({})).await, 403, "role.missing").await;
}

#[tokio::test]
async fn a_key_never_does_more_than_who_made_it_may() {
    let (app, owner) = TestApp::set_up().await;
    let ben = app.join(&owner, "ben@acme.example", "admin").await;
    let created = new_key(&app, &ben, "admin").await;
    let program = Person::with_key(created["token"].as_str().unwrap());
    let too_much = json!({"name": "Too much", "role": "owner"});
    refused(app.post(&ben, "/api-keys", too_much).await, 403, "key.role").await;
    body(app.get(&program, "/connections").await, 200).await;

    let id = body(app.get(&ben, "/session").await, 200).await["member"]["id"].as_str().unwrap().to_owned();
    let demoted = json!({"role": "viewer"});
    body(app.send(&owner, Method::PATCH, &format!("/members/{id}"), Some(demoted)).await, 200).await;

    refused(app.get(&program, "/connections").await, 403, "role.missing").await;
}

#[tokio::test]
async fn ended_and_expired_keys_are_refused() {
    let (app, owner) = TestApp::set_up().await;
    let created = new_key(&app, &owner, "viewer").await;
    let brief = json!({"name": "Brief", "role": "viewer", "expires_at": "2026-11-22T22:04:06.000Z"});
    let response = app.post(&owner, "/api-keys", brief).await;
    let brief = if response.status() == 201 { Some(body(response, 201).await) } else { None };

    let path = format!("/api-keys/{}", created["api_key"]["id"].as_str().unwrap());
    assert_eq!(app.send(&owner, Method::DELETE, &path, None).await.status(), 204);
    app.clock.advance(30 * 24 * 3_600_000);

    for key in [Some(created), brief].into_iter().flatten() {
        let program = Person::with_key(key["token"].as_str().unwrap());
        refused(app.get(&program, "/members").await, 401, "key.invalid").await;
    }
    refused(app.get(&Person::with_key("twp_guessed"), "/session").await, 401, "key.invalid").await;
}

#[tokio::test]
async fn a_key_in_an_address_is_refused() {
    let (app, owner) = TestApp::set_up().await;
    let created = new_key(&app, &owner, "viewer").await;

    let url = format!("{}/api/v1/members?access_token={}", app.url, created["token"].as_str().unwrap());

    refused(client().get(url).send().await.unwrap(), 400, "key.exposed").await;
}

#[tokio::test]
async fn a_key_makes_no_keys() {
    let (app, owner) = TestApp::set_up().await;
    let created = new_key(&app, &owner, "owner").await;
    let program = Person::with_key(created["token"].as_str().unwrap());

    let made = app.post(&program, "/api-keys", json!({"name": "Outlives it", "role": "viewer"})).await;

    refused(made, 409, "key.browser").await;
    assert_eq!(body(app.get(&owner, "/api-keys").await, 200).await["items"].as_array().unwrap().len(), 1);
}
