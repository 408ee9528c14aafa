//! Sign-in as a person and a client go through it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use ring::hmac;
use serde_json::json;

use crate::browser::{Browser, VERIFIER, authorize_url, callback, challenge, redeem};
use crate::client::{Answer, TestOrg, config};

#[tokio::test]
async fn a_person_connects_an_app() {
    let org = TestOrg::start();
    let mut browser = Browser::new(&org);

    let given = browser.allow(&[("code_challenge", &challenge()), ("code_challenge_method", "S256")]).await;
    let mut form = redeem(&given["code"]);
    form.push(("code_verifier", VERIFIER));
    let answer = org.token(&form).await;

    assert_eq!(given["state"], "s p&=é");
    assert!(given["code"].starts_with("aPrx") && given["code"].ends_with("=="));
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.header("cache-control").contains("no-store"));
    let body = answer.json();
    assert_eq!((&body["scope"], &body["token_type"]), (&json!("api refresh_token id"), &json!("Bearer")));
    assert_eq!(body["instance_url"], org.line.base_url);
    assert!(body["refresh_token"].as_str().unwrap().starts_with("5Aep861"));
    assert!(body["access_token"].as_str().unwrap().starts_with(&format!("{}!", &org.line.org_id[..15])));
    assert!(body["id"].as_str().unwrap().starts_with(&org.url(&format!("/id/{}/005", org.line.org_id))));
    let key = hmac::Key::new(hmac::HMAC_SHA256, org.line.client_secret.as_bytes());
    let signed = format!("{}{}", body["id"].as_str().unwrap(), body["issued_at"].as_str().unwrap());
    assert_eq!(body["signature"], STANDARD.encode(hmac::sign(&key, signed.as_bytes())));
    assert_eq!(org.token(&form).await.json()["error_description"], "expired authorization code");
}

#[tokio::test]
async fn the_consent_page_is_skipped_only_for_what_was_approved() {
    let org = TestOrg::start();
    let mut browser = Browser::new(&org);
    browser.allow(&[]).await;

    let again = browser.get(&authorize_url(&org, &[])).await;
    let again = browser.get(again.header("location")).await;
    assert!(callback(&again).contains_key("code"));
    for extra in [("prompt", "consent"), ("scope", "api refresh_token id web")] {
        let asked = browser.get(&authorize_url(&org, &[extra])).await;
        assert!(browser.get(asked.header("location")).await.text.contains("Allow access?"), "{extra:?}");
    }
    for prompt in ["login", "select_account"] {
        let login = browser.get(&authorize_url(&org, &[("prompt", prompt)])).await;
        assert!(login.header("location").starts_with("/login?"), "{prompt}");
    }
    for silent in [("immediate", "true"), ("prompt", "none")] {
        let granted = browser.get(&authorize_url(&org, &[silent])).await;
        assert!(callback(&granted).contains_key("code"), "{silent:?}");
    }
    let url = authorize_url(&org, &[("display", "popup")]);
    let (path, query) = url.split_once('?').unwrap();
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let posted = browser.post(path, &pairs).await;
    assert!(callback(&browser.get(posted.header("location")).await).contains_key("code"));
}

#[tokio::test]
async fn a_person_can_deny() {
    let org = TestOrg::start();
    let mut browser = Browser::new(&org);

    let first = browser.get(&authorize_url(&org, &[])).await;
    let consent = browser.sign_in(&first).await;
    let given = browser.decide(&consent, "deny").await;

    assert_eq!((given["error"].as_str(), given["state"].as_str()), ("access_denied", "s p&=é"));
    assert_eq!(given["error_description"], "end-user denied authorization");
}

#[tokio::test]
async fn forms_of_other_sites_and_wrong_passwords_get_nowhere() {
    let org = TestOrg::start();
    let mut browser = Browser::new(&org);
    let first = browser.get(&authorize_url(&org, &[("login_hint", "<b>\"")])).await;
    let login = browser.get(first.header("location")).await;
    assert!(login.text.contains("&lt;b&gt;&quot;") && !login.text.contains("<b>\""));

    let form = [("username", org.line.username.as_str()), ("password", "wrong"), ("startURL", "/")];
    let wrong = browser.post("/login", &form).await;
    assert!(wrong.text.contains("check your username and password") && wrong.header("set-cookie").is_empty());

    let consent = browser.sign_in(&first).await;
    let source = consent.split_once("source=").unwrap().1.to_owned();
    let form = [("source", source.as_str()), ("form_token", "guess"), ("decision", "allow")];
    let forged = browser.post("/setup/secur/RemoteAccessAuthorizationPage.apexp", &form).await;
    assert_eq!(forged.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn errors_about_the_client_are_shown_and_others_sent_back() {
    let org = TestOrg::start();
    let browser = Browser::new(&org);
    let shown = [
        (("client_id", "nobody"), "error=invalid_client_id&error_description=client%20identifier%20invalid"),
        (("redirect_uri", ""), "error=redirect_uri_missing&error_description=redirect_uri%20missing"),
        (
            ("redirect_uri", "https://elsewhere.example/callback"),
            "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration",
        ),
    ];
    let sent_back = [
        (("response_type", "magic"), "unsupported_response_type"),
        (("scope", "api everything"), "invalid_scope"),
        (("immediate", "true"), "immediate_unsuccessful"),
        (("prompt", "none"), "immediate_unsuccessful"),
        (("code_challenge", "short"), "invalid_request"),
    ];

    for (extra, text) in shown {
        let answer = browser.get(&authorize_url(&org, &[extra])).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::BAD_REQUEST, text));
    }
    for (extra, error) in sent_back {
        let given = callback(&browser.get(&authorize_url(&org, &[extra])).await);
        assert_eq!((given["error"].as_str(), given["state"].as_str()), (error, "s p&=é"));
    }
    let plain = [("code_challenge", challenge()), ("code_challenge_method", "plain".to_owned())];
    let plain: Vec<_> = plain.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(callback(&browser.get(&authorize_url(&org, &plain)).await)["error"], "invalid_request");
}

#[tokio::test]
async fn a_challenge_makes_the_verifier_compulsory() {
    let org = TestOrg::start();

    for (extra, verifier) in [(true, None), (true, Some("wrong")), (false, Some(VERIFIER))] {
        let challenge = challenge();
        let extra = if extra { vec![("code_challenge", challenge.as_str())] } else { vec![] };
        let mut browser = Browser::new(&org);
        let pairs: Vec<_> = extra.into_iter().chain([("prompt", "consent")]).collect();
        let given = browser.allow(&pairs).await;
        let mut form = redeem(&given["code"]);
        form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let body = org.token(&form).await.json();
        assert_eq!(body, json!({ "error": "invalid_grant", "error_description": "invalid code verifier" }));
    }
}

#[tokio::test]
async fn the_token_endpoint_refuses_in_the_orgs_words() {
    let org = TestOrg::start();
    let late = Browser::new(&org).allow(&[]).await;
    org.simulator.clock().advance(15 * 60_000);
    let refresh = org.line.refresh_token.as_str();
    type Case<'a> = (Vec<(&'a str, &'a str)>, &'a str, &'a str);
    let cases: [Case<'_>; 7] = [
        (redeem(&late["code"]), "invalid_grant", "expired authorization code"),
        (redeem("aPrxNothing=="), "invalid_grant", "invalid authorization code"),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", "5Aep861x")],
            "invalid_grant",
            "expired access/refresh token",
        ),
        (vec![("grant_type", "magic")], "unsupported_grant_type", "grant type not supported"),
        (vec![("grant_type", "password")], "invalid_grant", "authentication failure"),
        (vec![], "unsupported_grant_type", "grant type not supported"),
        (
            vec![("grant_type", "client_credentials"), ("scope", "everything")],
            "invalid_scope",
            "the requested scope is not allowed",
        ),
    ];
    for (form, error, description) in cases {
        let answer = org.token(&form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json(), json!({ "error": error, "error_description": description }), "{form:?}");
    }

    let send = async |id: &str, secret: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("client_id", id),
            ("client_secret", secret),
        ];
        let request = org.http.post(org.url("/services/oauth2/token")).form(&form);
        Answer::read(request.send().await.unwrap()).await.json()["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(send("nobody", "x").await, "invalid_client_id");
    assert_eq!(send(&org.line.client_id, "wrong").await, "invalid_client");
    let get = Answer::read(org.http.get(org.url("/services/oauth2/token")).send().await.unwrap()).await;
    assert_eq!(get.json()["error_description"], "must use HTTP POST");
    let form = [("grant_type", "magic"), ("format", "urlencoded")];
    let encoded = org.token(&form).await;
    assert_eq!(encoded.text, "error=unsupported_grant_type&error_description=grant+type+not+supported");
}

#[tokio::test]
async fn a_token_answer_has_the_order_of_salesforce() {
    let org = TestOrg::start();

    let text = org.refresh(&org.line.refresh_token).await.text;

    let names = ["access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"];
    let places: Vec<_> = names.iter().map(|name| text.find(&format!("\"{name}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
}

#[tokio::test]
async fn an_oversized_form_is_refused() {
    let org = TestOrg::start();

    let answer = org.token(&[("grant_type", "refresh_token"), ("refresh_token", &"x".repeat(40_000))]).await;

    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn refreshing_keeps_or_rotates_the_token() {
    let org = TestOrg::start();
    let first = org.refresh(&org.line.refresh_token).await.json();
    assert_eq!(first.get("refresh_token"), None);

    org.control(
        Method::POST,
        "/tokens",
        json!({ "rotate_refresh_tokens": true, "revoke_family_on_reuse": true }),
    )
    .await;
    let second = org.refresh(&org.line.refresh_token).await.json();
    let rotated = second["refresh_token"].as_str().unwrap();
    let third = org.refresh(rotated).await.json();
    assert!(third["access_token"].is_string());
    assert_eq!(org.refresh(rotated).await.json()["error_description"], "expired access/refresh token");
    let newest = third["refresh_token"].as_str().unwrap();
    assert_eq!(org.refresh(newest).await.json()["error"], "invalid_grant");
    let org = TestOrg { token: third["access_token"].as_str().unwrap().to_owned(), ..org };
    assert_eq!(org.get("limits").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
}

#[tokio::test]
async fn a_client_can_sign_in_for_itself() {
    let org = TestOrg::start();

    let request =
        org.http.post(org.url("/services/oauth2/token")).form(&[("grant_type", "client_credentials")]);
    let request = request.basic_auth(&org.line.client_id, Some(&org.line.client_secret));
    let body = Answer::read(request.send().await.unwrap()).await.json();

    assert_eq!(body.get("refresh_token"), None);
    let org = TestOrg { token: body["access_token"].as_str().unwrap().to_owned(), ..org };
    assert_eq!(org.get("limits").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_password_flow_is_the_administrators_unless_allowed() {
    let org = TestOrg::start();
    let other = org.query("SELECT Username FROM User ORDER BY Id LIMIT 1 OFFSET 1").await.json();
    let other = other["records"][0]["Username"].as_str().unwrap();
    let right = format!("{}{}", org.line.password, org.line.security_token);
    let sign_in = async |username: &str, password: &str| {
        let form = [("grant_type", "password"), ("username", username), ("password", password)];
        org.token(&form).await.json()
    };

    assert!(sign_in(&org.line.username, &right).await["access_token"].is_string());
    for password in ["wrong", &org.line.password] {
        let body = sign_in(&org.line.username, password).await;
        assert_eq!(body["error_description"], "authentication failure");
    }
    assert_eq!(sign_in(other, &right).await["error"], "unsupported_grant_type");
    org.switch(json!({ "password_flow": "everyone", "trusted_network": true })).await;
    assert!(sign_in(other, &org.line.password).await["access_token"].is_string());
    org.switch(json!({ "password_flow": "nobody" })).await;
    assert_eq!(sign_in(&org.line.username, &right).await["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn the_sixth_approval_ends_the_first() {
    let org = TestOrg::start();
    let tokens: Vec<_> = (0..5).map(|_| org.simulator.approve().1).collect();

    assert_eq!(org.refresh(&org.line.refresh_token).await.json()["error"], "invalid_grant");
    assert!(org.refresh(&tokens[0]).await.json()["access_token"].is_string());
}

#[tokio::test]
async fn sessions_time_out_unless_used() {
    let org = TestOrg::start();
    let hour = 3_600_000;

    for _ in 0..3 {
        org.simulator.clock().advance(hour + hour / 2);
        assert_eq!(org.get("limits").await.status, StatusCode::OK);
    }
    org.simulator.clock().advance(2 * hour);
    assert_eq!(org.get("limits").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
}

#[tokio::test]
async fn an_inactive_user_gets_no_token_and_has_no_session() {
    let org = TestOrg::start();
    let user = org.query("SELECT Id FROM User ORDER BY Id LIMIT 1").await.json()["records"][0]["Id"].clone();

    let change = json!({ "sobject": "User", "op": "update", "ids": [user], "fields": { "IsActive": false } });
    assert_eq!(org.control(Method::POST, "/records", change).await.status, StatusCode::OK);

    let body = org.refresh(&org.line.refresh_token).await.json();
    assert_eq!(body, json!({ "error": "invalid_grant", "error_description": "inactive user" }));
    assert_eq!(org.get("limits").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
}

#[tokio::test]
async fn tokens_can_be_looked_at_and_taken_back() {
    let org = TestOrg::start();
    let introspect = async |token: &str| {
        let form = [
            ("token", token),
            ("client_id", &org.line.client_id),
            ("client_secret", &org.line.client_secret),
        ];
        let request = org.http.post(org.url("/services/oauth2/introspect")).form(&form);
        Answer::read(request.send().await.unwrap()).await.json()
    };
    let revoke = async |token: &str| {
        let request = org.http.post(org.url("/services/oauth2/revoke")).form(&[("token", token)]);
        Answer::read(request.send().await.unwrap()).await
    };

    let before = introspect(&org.line.access_token).await;
    assert_eq!((&before["active"], &before["scope"]), (&json!(true), &json!("refresh_token api id")));
    assert_eq!(
        (revoke(&org.line.refresh_token).await.status, revoke(&org.line.refresh_token).await.text.as_str()),
        (StatusCode::OK, "error=invalid_token&error_description=invalid+token")
    );
    assert_eq!(introspect(&org.line.access_token).await, json!({ "active": false }));
    assert_eq!(org.get("limits").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
}

#[tokio::test]
async fn addresses_follow_the_host_header_or_the_base_url() {
    let org = TestOrg::start();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &org.line.client_id),
        ("client_secret", &org.line.client_secret),
    ];
    let request =
        org.http.post(org.url("/services/oauth2/token")).header("Host", "localhost:1234").form(&form);
    let body = Answer::read(request.send().await.unwrap()).await.json();
    assert_eq!(body["instance_url"], "http://localhost:1234");

    let mut config = config();
    config.base_url = Some("https://lockside.my.salesforce.com/".to_owned());
    let org = TestOrg::start_with(config);
    assert_eq!(org.line.base_url, "https://lockside.my.salesforce.com");
}

#[tokio::test]
async fn refresh_tokens_end_as_their_policy_says() {
    let day = 24 * 3_600_000;
    for (policy, description) in [
        ("specific_inactivity:2:DAYS", "expired access/refresh token"),
        ("specific_lifetime:2:DAYS", "token validity expired"),
        ("zero", "expired access/refresh token"),
    ] {
        let org = TestOrg::start();
        org.control(Method::POST, "/tokens", json!({ "refresh_token_policy": policy })).await;
        org.simulator.clock().advance(day);
        assert_eq!(
            org.refresh(&org.line.refresh_token).await.status.is_success(),
            policy != "zero",
            "{policy}"
        );
        org.simulator.clock().advance(2 * day - 60_000);
        let body = org.refresh(&org.line.refresh_token).await.json();
        if policy.starts_with("specific_inactivity") {
            assert!(body["access_token"].is_string());
            org.simulator.clock().advance(2 * day);
        }
        let body = org.refresh(&org.line.refresh_token).await.json();
        assert_eq!(body["error_description"], description);
    }
    let org = TestOrg::start();
    let wrong = org.control(Method::POST, "/tokens", json!({ "refresh_token_policy": "never" })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_time_of_sessions_can_be_set() {
    let org = TestOrg::start();
    org.control(Method::POST, "/tokens", json!({ "session_timeout_ms": 900_000 })).await;
    let token =
        org.refresh(&org.line.refresh_token).await.json()["access_token"].as_str().unwrap().to_owned();

    org.simulator.clock().advance(890_000);
    assert_eq!(org.get_as(&token, "limits").await.status, StatusCode::OK);
    org.simulator.clock().advance(900_000);
    assert_eq!(org.get_as(&token, "limits").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
}

#[tokio::test]
async fn who_takes_the_last_approval_back_is_asked_again() {
    let org = TestOrg::start();
    let mut browser = Browser::new(&org);
    let given = browser.allow(&[]).await;
    let second =
        org.token(&redeem(&given["code"])).await.json()["refresh_token"].as_str().unwrap().to_owned();
    let is_asked = async || {
        let first = browser.get(&authorize_url(&org, &[])).await;
        browser.get(first.header("location")).await.status == StatusCode::OK
    };
    let revoke = async |token: &str| {
        let request = org.http.post(org.url("/services/oauth2/revoke")).form(&[("token", token)]);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    };

    revoke(&org.line.refresh_token).await;
    assert!(!is_asked().await);
    revoke(&second).await;
    assert!(is_asked().await);
}
