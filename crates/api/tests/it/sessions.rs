//! Where people are signed in, and signing out there.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_app::{OWNER, PASSWORD, Person, TestApp, body, refused};

/// Signs the owner in, in another browser.
async fn another_browser(app: &TestApp) -> Person {
    let sign_in = json!({"email": OWNER, "password": PASSWORD});
    Person::of(app.post(&Person::default(), "/session", sign_in).await).await
}

async fn sessions(app: &TestApp, person: &Person) -> Vec<Value> {
    body(app.get(person, "/sessions").await, 200).await["items"].as_array().unwrap().clone()
}

async fn delete(app: &TestApp, person: &Person, path: &str) -> reqwest::Response {
    app.send(person, Method::DELETE, path, None).await
}

#[tokio::test]
async fn who_looks_sees_each_browser_and_which_one_it_is() {
    let (app, owner) = TestApp::set_up().await;
    app.clock.advance(60_000);
    let other = another_browser(&app).await;

    let listed = sessions(&app, &other).await;

    assert_eq!(listed.iter().map(|one| &one["current"]).collect::<Vec<_>>(), [true, false]);
    assert_eq!(sessions(&app, &owner).await[1]["current"], true);
    assert!(listed.iter().all(|one| one["id"].as_str().unwrap().starts_with("ses_")));
    let text = serde_json::to_string(&listed).unwrap();
    assert!(!text.contains(other.csrf.as_deref().unwrap()), "{text}");
}

#[tokio::test]
async fn one_browser_is_signed_out_or_all_others_are() {
    let (app, owner) = TestApp::set_up().await;
    let [second, third] = [another_browser(&app).await, another_browser(&app).await];
    let second_id = sessions(&app, &second).await.into_iter().find(|one| one["current"] == true).unwrap();

    let path = format!("/sessions/{}", second_id["id"].as_str().unwrap());
    assert_eq!(delete(&app, &owner, &path).await.status(), 204);
    refused(app.get(&second, "/sessions").await, 401, "session.missing").await;
    refused(delete(&app, &owner, &path).await, 404, "resource.unknown").await;

    assert_eq!(delete(&app, &owner, "/sessions").await.status(), 204);
    refused(app.get(&third, "/sessions").await, 401, "session.missing").await;
    assert_eq!(sessions(&app, &owner).await.len(), 1);
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else_but_an_owner() {
    let (app, owner) = TestApp::set_up().await;
    let admin = app.join(&owner, "ben@acme.example", "admin").await;
    let ids = sessions(&app, &owner).await;
    let members = body(app.get(&owner, "/members").await, 200).await;
    let ben = members["items"].as_array().unwrap().iter().find(|one| one["role"] == "admin").unwrap().clone();

    let owners = format!("/sessions/{}", ids[0]["id"].as_str().unwrap());
    refused(delete(&app, &admin, &owners).await, 404, "resource.unknown").await;
    let of_ben = format!("/members/{}/sessions", ben["id"].as_str().unwrap());
    refused(delete(&app, &admin, &of_ben).await, 403, "role.missing").await;
    assert_eq!(delete(&app, &owner, &of_ben).await.status(), 204);

    refused(app.get(&admin, "/sessions").await, 401, "session.missing").await;
    assert_eq!(sessions(&app, &owner).await.len(), 1);
}

#[tokio::test]
async fn a_key_ends_no_session() {
    let (app, owner) = TestApp::set_up().await;
    let key =
        body(app.post(&owner, "/api-keys", json!({"name": "Reads", "role": "viewer"})).await, 201).await;
    let key = Person::with_key(key["token"].as_str().unwrap());

    refused(delete(&app, &key, "/sessions").await, 409, "session.browser").await;

    assert_eq!(sessions(&app, &owner).await.len(), 1);
}
