use reqwest::Method;
use serde_json::json;

use crate::test_app::{OWNER, PASSWORD, Person, TestApp, body, cookie_of, refused, token_of};

#[tokio::test]
async fn the_first_owner_is_made_once() {
    let app = TestApp::fresh().await;
    let fresh = body(app.get(&Person::default(), "/session").await, 200).await;
    let setup = app.setup_body().await;

    let owner = app.make_owner().await;

    assert_eq!(fresh["state"], "needs_setup");
    let session = body(app.get(&owner, "/session").await, 200).await;
    assert_eq!((&session["state"], &session["member"]["role"]), (&json!("signed_in"), &json!("owner")));
    refused(app.post(&Person::default(), "/setup", setup).await, 404, "setup.done").await;
    assert!(api::create_setup_link(&app.state).await.unwrap().is_none());
}

#[tokio::test]
async fn a_guessed_setup_link_makes_nobody() {
    let app = TestApp::fresh().await;
    let mut setup = app.setup_body().await;
    setup["token"] = json!("guessed");

    refused(app.post(&Person::default(), "/setup", setup).await, 404, "link.unknown").await;

    let session = body(app.get(&Person::default(), "/session").await, 200).await;
    assert_eq!(session["state"], "needs_setup");
}

#[tokio::test]
async fn each_sign_in_is_another_session_and_ends_the_one_before() {
    let (app, owner) = TestApp::set_up().await;
    let credentials = json!({"email": "Ada@ACME.example ", "password": PASSWORD});

    let response = app.post(&Person { csrf: None, ..owner.clone() }, "/session", credentials).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    let again = Person::of(response).await;

    assert_ne!(again.cookie, owner.cookie);
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    body(app.get(&again, "/members").await, 200).await;
    refused(app.get(&owner, "/members").await, 401, "session.missing").await;
}

#[tokio::test]
async fn who_signs_out_or_stays_away_is_signed_out() {
    let (app, owner) = TestApp::set_up().await;
    let idle = app.join(&owner, "ben@acme.example", "viewer").await;

    assert_eq!(app.send(&owner, Method::DELETE, "/session", None).await.status(), 204);
    refused(app.get(&owner, "/members").await, 401, "session.missing").await;
    app.clock.advance(7 * 24 * 3_600_000 + 1);
    refused(app.get(&idle, "/members").await, 401, "session.missing").await;
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_often_it_is_used() {
    let (app, owner) = TestApp::set_up().await;

    for _ in 0..5 {
        app.clock.advance(6 * 24 * 3_600_000 - 1);
        body(app.get(&owner, "/members").await, 200).await;
    }

    app.clock.advance(24 * 3_600_000);
    refused(app.get(&owner, "/members").await, 401, "session.missing").await;
}

#[tokio::test]
async fn unknown_and_known_addresses_are_refused_alike() {
    let (app, _) = TestApp::set_up().await;

    for (email, password) in [(OWNER, "wrong password"), ("nobody@acme.example", PASSWORD)] {
        let response =
            app.post(&Person::default(), "/session", json!({"email": email, "password": password})).await;
        assert!(response.headers().get("set-cookie").is_none());
        refused(response, 401, "sign_in.refused").await;
    }
}

#[tokio::test]
async fn many_wrong_passwords_have_to_wait() {
    let limits = api::SignInLimits { per_account: 2.try_into().unwrap(), ..api::SignInLimits::default() };
    let app = TestApp::with_limits(limits).await;
    app.make_owner().await;
    let guess = json!({"email": OWNER, "password": "wrong password"});

    // The limit fills up again while a slow machine compares passwords.
    let mut response = app.post(&Person::default(), "/session", guess.clone()).await;
    for _ in 0..30 {
        if response.status() == 429 {
            break;
        }
        refused(response, 401, "sign_in.refused").await;
        response = app.post(&Person::default(), "/session", guess.clone()).await;
    }

    assert!(response.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    refused(response, 429, "sign_in.too_many").await;
    // A link of the machine's operator still lets the owner in.
    let link = api::create_sign_in_link(&app.state).await.unwrap().unwrap();
    let link = json!({"link_token": token_of(&link.url)});
    assert_eq!(app.post(&Person::default(), "/session", link).await.status(), 200);
}

#[tokio::test]
async fn one_password_over_many_accounts_has_to_wait_too() {
    let limits = api::SignInLimits { per_address: 3.try_into().unwrap(), ..api::SignInLimits::default() };
    let app = TestApp::with_limits(limits).await;

    for number in 0..3 {
        let guess = json!({"email": format!("{number}@acme.example"), "password": PASSWORD});
        refused(app.post(&Person::default(), "/session", guess).await, 401, "sign_in.refused").await;
    }

    let guess = json!({"email": "last@acme.example", "password": PASSWORD});
    refused(app.post(&Person::default(), "/session", guess).await, 429, "sign_in.too_many").await;
}

#[tokio::test]
async fn a_sign_in_link_works_once_and_for_ten_minutes() {
    let (app, _) = TestApp::set_up().await;
    let new_link = async || api::create_sign_in_link(&app.state).await.unwrap().unwrap().url;
    let use_link = async |url: &str| {
        app.post(&Person::default(), "/session", json!({"link_token": token_of(url)})).await
    };

    let (used, late) = (new_link().await, new_link().await);

    assert!(cookie_of(&use_link(&used).await).len() > 43);
    refused(use_link(&used).await, 410, "link.ended").await;
    app.clock.advance(10 * 60_000);
    refused(use_link(&late).await, 410, "link.ended").await;
    refused(use_link("#guessed").await, 404, "link.unknown").await;
}

#[tokio::test]
async fn a_workspace_has_a_time_zone_that_there_is() {
    let app = TestApp::fresh().await;
    let mut setup = app.setup_body().await;
    setup["time_zone"] = json!("Europe/Atlantis");

    refused(app.post(&Person::default(), "/setup", setup).await, 422, "request.invalid").await;
}
