//! The grants that need no person, and the device flow.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

use crate::client::{Answer, NOW_MS, TestOrg, config};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn org_with_key() -> TestOrg {
    let mut config = config();
    config.jwt_key = true;
    TestOrg::start_with(config)
}

/// Signs claims with the key that stands on the start line.
fn sign(org: &TestOrg, algorithm: &str, claims: &Value) -> String {
    let pem = fs::read_to_string(org.line.jwt_key_file.as_ref().unwrap()).unwrap();
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = KeyPair::from_pkcs8(&STANDARD.decode(text).unwrap()).unwrap();
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(&json!({ "alg": algorithm })), encode(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn claims(org: &TestOrg) -> Value {
    let line = &org.line;
    let exp = NOW_MS / 1000 + 170;
    json!({ "iss": line.client_id, "sub": line.username, "aud": "https://login.salesforce.com", "exp": exp })
}

/// Sends a form without anything of the client's.
async fn post(org: &TestOrg, form: &[(&str, &str)]) -> Answer {
    Answer::read(org.http.post(org.url("/services/oauth2/token")).form(form).send().await.unwrap()).await
}

async fn bear(org: &TestOrg, assertion: &str) -> Answer {
    post(org, &[("grant_type", JWT_BEARER), ("assertion", assertion)]).await
}

fn refusal(error: &str, description: &str) -> Value {
    json!({ "error": error, "error_description": description })
}

#[tokio::test]
async fn an_assertion_signs_its_subject_in() {
    let org = org_with_key();
    let mut claims = claims(&org);

    for (audience, expiry) in [
        (json!("https://login.salesforce.com"), json!(NOW_MS / 1000 + 170)),
        (json!(org.line.base_url), json!((NOW_MS / 1000 + 180).to_string())),
        (json!([org.url("/services/oauth2/token")]), json!(NOW_MS / 1000 + 60)),
        (json!(org.line.base_url.replace("127.0.0.1", "localhost")), json!(NOW_MS / 1000 + 60)),
    ] {
        (claims["aud"], claims["exp"]) = (audience, expiry);
        let answer = bear(&org, &sign(&org, "RS256", &claims)).await;

        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let body = answer.json();
        let names: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["access_token", "id", "instance_url", "scope", "token_type"]);
        let token = body["access_token"].as_str().unwrap();
        assert_eq!(org.get_as(token, "limits").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_assertion_is_refused_in_the_orgs_words() {
    let org = org_with_key();
    let other_user = org
        .query("SELECT Username FROM User ORDER BY Id LIMIT 1 OFFSET 1")
        .await
        .json()["records"][0]["Username"]
        .clone();
    let now_s = NOW_MS / 1000;
    let cases = [
        ("iss", json!("nobody"), "invalid_client_id", "client identifier invalid"),
        ("sub", json!("nobody@orgsim.example"), "invalid_grant", "user hasn't approved this consumer"),
        ("sub", other_user.clone(), "invalid_grant", "user hasn't approved this consumer"),
        ("aud", json!("https://test.salesforce.com"), "invalid_grant", "audience is invalid"),
        ("exp", json!(now_s - 60), "invalid_grant", "expired assertion"),
        ("exp", json!(now_s + 600), "invalid_grant", "invalid assertion"),
        ("exp", Value::Null, "invalid_grant", "invalid assertion"),
    ];
    for (name, value, error, description) in cases {
        let mut claims = claims(&org);
        claims[name] = value;
        let answer = bear(&org, &sign(&org, "RS256", &claims)).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::BAD_REQUEST, refusal(error, description)),
            "{name}"
        );
    }
    let good = sign(&org, "RS256", &claims(&org));
    let (signed, _) = good.rsplit_once('.').unwrap();
    let unsigned = format!("{signed}.");
    for assertion in ["nonsense", unsigned.as_str(), &sign(&org, "HS256", &claims(&org))] {
        let body = bear(&org, assertion).await.json();
        assert_eq!(body, refusal("invalid_grant", "invalid assertion"), "{assertion}");
    }

    org.switch(json!({ "pre_authorized": [other_user] })).await;
    let mut claims = claims(&org);
    claims["sub"] = other_user;
    assert_eq!(bear(&org, &sign(&org, "RS256", &claims)).await.status, StatusCode::OK);
    org.switch(json!({ "app": "not_in_org" })).await;
    let body = bear(&org, &sign(&org, "RS256", &claims)).await.json();
    assert_eq!(body, refusal("app_not_found", "External client app is not installed in this org"));
    org.switch(json!({ "app": "installed", "admin_approved_only": true, "pre_authorized": [] })).await;
    let body = bear(&org, &sign(&org, "RS256", &claims)).await.json();
    assert_eq!(body, refusal("invalid_app_access", "user is not admin approved to access this app"));
}

#[tokio::test]
async fn a_client_proves_itself_by_secret_header_or_assertion() {
    let org = org_with_key();
    let line = &org.line;
    let grant = ("grant_type", "client_credentials");
    let mut own = claims(&org);
    own["sub"] = json!(line.client_id);
    let assertion = sign(&org, "RS256", &own);
    let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

    let by_form =
        post(&org, &[grant, ("client_id", &line.client_id), ("client_secret", &line.client_secret)]).await;
    let by_assertion = post(&org, &[grant, kind, ("client_assertion", &assertion)]).await;
    let request = org.http.post(org.url("/services/oauth2/token")).form(&[grant]);
    let by_header = request.basic_auth(&line.client_id, Some(&line.client_secret)).send().await.unwrap();
    for answer in [by_form, by_assertion, Answer::read(by_header).await] {
        let body = answer.json();
        assert_eq!((answer.status, &body["scope"]), (StatusCode::OK, &json!("web api id openid")), "{body}");
        assert_eq!((body.get("refresh_token"), body["signature"].is_string()), (None, true));
    }

    let wrong = refusal("invalid_client", "invalid client credentials");
    let forged = post(&org, &[grant, kind, ("client_assertion", &sign(&org, "none", &own))]).await;
    let bare = post(&org, &[grant, ("client_id", &line.client_id)]).await;
    assert_eq!((forged.json(), bare.json()), (wrong.clone(), wrong));
    org.switch(json!({ "client_credentials_user": false })).await;
    let body = org.token(&[grant]).await.json();
    assert_eq!(body, refusal("invalid_grant", "no client credentials user enabled"));
}

#[tokio::test]
async fn answers_come_as_json_xml_or_form() {
    let org = TestOrg::start();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", org.line.refresh_token.as_str())];

    let xml = org.token(&[refresh[0], refresh[1], ("format", "xml")]).await;
    assert_eq!(xml.header("content-type"), "application/xml;charset=UTF-8");
    assert!(
        xml.text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><OAuth><access_token>00D"),
        "{}",
        xml.text
    );
    let form = org.token(&[refresh[0], refresh[1], ("format", "urlencoded")]).await;
    assert!(form.text.starts_with("access_token=00D"), "{}", form.text);
    let json = org.token(&[refresh[0], refresh[1], ("format", "json")]).await;
    assert!(json.json()["access_token"].is_string());
    let refused = org.token(&[("grant_type", "magic"), ("format", "xml")]).await;
    assert!(refused.text.ends_with(
        "<OAuth><error>unsupported_grant_type</error><error_description>grant type not supported</error_description></OAuth>"
    ));
    let exchange = [("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")];
    assert_eq!(org.token(&exchange).await.json()["error"], "unsupported_grant_type");
    let parts = "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nmagic\r\n--b--\r\n";
    let request = org.http.post(org.url("/services/oauth2/token")).body(parts);
    let request = request.header("Content-Type", "multipart/form-data; boundary=b");
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(answer.json()["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn a_login_host_refuses_what_the_org_wants_at_its_own() {
    let org = TestOrg::start();
    let at_login = async |form: &[(&str, &str)]| {
        let client = [("client_id", org.line.client_id.as_str()), ("client_secret", &org.line.client_secret)];
        let form: Vec<_> = client.iter().chain(form).collect();
        let request = org.http.post(org.url("/services/oauth2/token")).header("Host", "login.localhost");
        Answer::read(request.form(&form).send().await.unwrap()).await.json()
    };
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", org.line.refresh_token.as_str())];
    let wrong_domain = refusal("invalid_grant", "request not supported on this domain");

    assert_eq!(at_login(&[("grant_type", "client_credentials")]).await, wrong_domain);
    assert_eq!(at_login(&refresh).await["instance_url"], org.line.base_url);
    org.switch(json!({ "my_domain_only": true })).await;
    assert_eq!(at_login(&refresh).await, wrong_domain);
    assert_eq!(org.refresh(&org.line.refresh_token).await.status, StatusCode::OK);
}
