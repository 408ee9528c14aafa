use reqwest::Method;
use serde_json::json;

use crate::test_app::{OWNER, PASSWORD, Person, TestApp, body, refused, token_of};

#[tokio::test]
async fn an_invitation_is_accepted_once() {
    let (app, owner) = TestApp::set_up().await;
    let invitation = json!({"email": "ben@acme.example", "name": "Ben Ode", "role": "operator"});
    let invited = body(app.post(&owner, "/members", invitation.clone()).await, 201).await;
    let token = token_of(invited["link"].as_str().unwrap()).to_owned();
    let welcome = |password: &str| json!({"token": token, "password": password});

    refused(app.post(&Person::default(), "/welcome", welcome("short")).await, 422, "password.length").await;
    let ben = Person::of(app.post(&Person::default(), "/welcome", welcome(PASSWORD)).await).await;

    assert_eq!(body(app.get(&ben, "/session").await, 200).await["member"]["role"], "operator");
    refused(app.post(&Person::default(), "/welcome", welcome(PASSWORD)).await, 410, "link.ended").await;
    refused(app.post(&owner, "/members", invitation).await, 409, "member.exists").await;
}

#[tokio::test]
async fn an_invitation_that_ran_out_is_renewed_and_the_one_before_ends() {
    let (app, owner) = TestApp::set_up().await;
    let invitation = |role: &str| json!({"email": "ben@acme.example", "name": "Ben Ode", "role": role});
    let first = body(app.post(&owner, "/members", invitation("operator")).await, 201).await;
    app.clock.advance(6 * 24 * 3_600_000);

    let second = body(app.post(&owner, "/members", invitation("viewer")).await, 201).await;

    assert_eq!(first["member"]["id"], second["member"]["id"]);
    let welcome = |invited: &serde_json::Value| {
        let token = token_of(invited["link"].as_str().unwrap()).to_owned();
        json!({"token": token, "password": PASSWORD})
    };
    // Its week is not over, and it is worth nothing any more.
    let with_first = app.post(&Person::default(), "/welcome", welcome(&first)).await;
    refused(with_first, 404, "link.unknown").await;
    let ben = Person::of(app.post(&Person::default(), "/welcome", welcome(&second)).await).await;
    assert_eq!(body(app.get(&ben, "/session").await, 200).await["member"]["role"], "viewer");
    refused(app.post(&owner, "/members", invitation("owner")).await, 409, "member.exists").await;
}

#[tokio::test]
async fn a_changed_role_counts_at_once_and_a_removed_member_is_out() {
    let (app, owner) = TestApp::set_up().await;
    let ben = app.join(&owner, "ben@acme.example", "owner").await;
    let id = body(app.get(&ben, "/session").await, 200).await["member"]["id"].as_str().unwrap().to_owned();
    let path = format!("/members/{id}");

    body(app.send(&owner, Method::PATCH, &path, Some(json!({"role": "viewer"}))).await, 200).await;
    refused(app.post(&ben, "/members", json!({})).await, 403, "role.missing").await;
    assert_eq!(app.send(&owner, Method::DELETE, &path, None).await.status(), 204);

    refused(app.get(&ben, "/members").await, 401, "session.missing").await;
    refused(app.send(&owner, Method::DELETE, &path, None).await, 404, "resource.unknown").await;
}

#[tokio::test]
async fn the_last_owner_stays() {
    let (app, owner) = TestApp::set_up().await;
    let members = body(app.get(&owner, "/members").await, 200).await;
    assert_eq!(members["items"][0]["email"], OWNER);
    let path = format!("/members/{}", members["items"][0]["id"].as_str().unwrap());

    let demoted = app.send(&owner, Method::PATCH, &path, Some(json!({"role": "admin"}))).await;
    refused(demoted, 409, "member.last_owner").await;
    refused(app.send(&owner, Method::DELETE, &path, None).await, 409, "member.last_owner").await;
}
