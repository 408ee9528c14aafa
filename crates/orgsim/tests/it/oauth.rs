//! Sign-in as a person and a client go through it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};
use ring::{digest, hmac};
use serde_json::json;
use url::Url;

use crate::client::{Answer, TestOrg, config};

const CALLBACK: &str = "http://127.0.0.1:9/callback";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-1";

/// A person's browser.
struct Browser<'a> {
    org: &'a TestOrg,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn new(org: &'a TestOrg) -> Self {
        Self { org, cookie: String::new() }
    }

    async fn get(&self, address: &str) -> Answer {
        let request = self.org.http.get(self.absolute(address)).header(COOKIE, &self.cookie);
        Answer::read(request.send().await.unwrap()).await
    }

    async fn post(&self, address: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.org.http.post(self.absolute(address)).header(COOKIE, &self.cookie).form(form);
        Answer::read(request.send().await.unwrap()).await
    }

    fn absolute(&self, address: &str) -> String {
        Url::parse(&self.org.line.base_url).unwrap().join(address).unwrap().to_string()
    }

    /// Signs in on the login page that an answer led to; returns where that leads.
    async fn sign_in(&mut self, led_here: &Answer) -> String {
        let page = self.get(led_here.header(LOCATION.as_str())).await;
        let start = hidden(&page.text, "startURL");
        let line = &self.org.line;
        let form = [("username", line.username.as_str()), ("password", &line.password), ("startURL", &start)];
        let answer = self.post("/login", &form).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.text);
        self.cookie = answer.header(SET_COOKIE.as_str()).split(';').next().unwrap().to_owned();
        answer.header("location").to_owned()
    }

    /// Decides on the consent page; returns what the callback is called with.
    async fn decide(&self, address: &str, decision: &str) -> BTreeMap<String, String> {
        let page = self.get(address).await;
        let (source, form_token) = (hidden(&page.text, "source"), hidden(&page.text, "form_token"));
        let form = [("source", source.as_str()), ("form_token", &form_token), ("decision", decision)];
        callback(&self.post("/setup/secur/RemoteAccessAuthorizationPage.apexp", &form).await)
    }

    /// Goes all the way from the authorize address to the callback.
    async fn allow(&mut self, extra: &[(&str, &str)]) -> BTreeMap<String, String> {
        let first = self.get(&authorize_url(self.org, extra)).await;
        let consent = self.sign_in(&first).await;
        self.decide(&consent, "allow").await
    }
}

/// Returns the value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {page}"));
    rest.split_once('"').unwrap().0.replace("&amp;", "&")
}

fn callback(answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.text);
    let url = Url::parse(answer.header("location")).unwrap();
    assert!(url.as_str().starts_with(CALLBACK), "{url}");
    url.query_pairs().into_owned().collect()
}

fn authorize_url(org: &TestOrg, extra: &[(&str, &str)]) -> String {
    let mut pairs = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", org.line.client_id.as_str()),
        ("redirect_uri", CALLBACK),
        ("scope", "api refresh_token id"),
        ("state", "s p&=é"),
    ]);
    pairs.extend(extra.iter().copied());
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/services/oauth2/authorize?{query}")
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()))
}

fn redeem(code: &str) -> Vec<(&'static str, &str)> {
    vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)]
}

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
    let login = browser.get(&authorize_url(&org, &[("prompt", "login")])).await;
    assert!(login.header("location").starts_with("/login?"));
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
        (
            ("redirect_uri", "https://elsewhere.example/callback"),
            "error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration",
        ),
    ];
    let sent_back = [
        (("response_type", "magic"), "unsupported_response_type"),
        (("scope", "api everything"), "invalid_scope"),
        (("immediate", "true"), "immediate_unsuccessful"),
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
        (vec![("grant_type", "password")], "unsupported_grant_type", "grant type not supported"),
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
async fn the_password_flow_is_blocked_unless_allowed() {
    let mut config = config();
    config.allow_password_flow = true;
    let org = TestOrg::start_with(config);
    let password = format!("{}{}", org.line.password, org.line.security_token);
    let form = |password| {
        [("grant_type", "password"), ("username", org.line.username.as_str()), ("password", password)]
    };

    assert!(org.token(&form(password.as_str())).await.json()["access_token"].is_string());
    assert_eq!(org.token(&form("wrong")).await.json()["error_description"], "authentication failure");
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
async fn identity_tells_who_a_token_speaks_for() {
    let org = TestOrg::start();
    let id = org.refresh(&org.line.refresh_token).await.json()["id"].as_str().unwrap().to_owned();
    let path = id.strip_prefix(&org.line.base_url).unwrap();

    let identity = org.get(path).await.json();
    assert_eq!(
        (&identity["username"], &identity["organization_id"]),
        (&json!(org.line.username), &json!(org.line.org_id))
    );
    let userinfo = org.get("/services/oauth2/userinfo").await.json();
    assert_eq!((&userinfo["sub"], &userinfo["user_id"]), (&json!(id), &identity["user_id"]));
    let by_parameter = org.http.get(format!("{id}?oauth_token={}", org.token)).send().await.unwrap();
    assert_eq!(by_parameter.status(), StatusCode::OK);
    for (address, text) in [
        (id.clone(), "Missing_OAuth_Token"),
        (format!("{id}?oauth_token=x"), "Bad_OAuth_Token"),
        (
            org.url(&format!("/id/00D000000000000EAA/005000000000000AAA?oauth_token={}", org.token)),
            "Wrong_Org",
        ),
    ] {
        let answer = Answer::read(org.http.get(address).send().await.unwrap()).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::FORBIDDEN, text));
    }
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
        (
            revoke(&org.line.refresh_token).await.status,
            revoke(&org.line.refresh_token).await.json()["error"].as_str()
        ),
        (StatusCode::OK, Some("invalid_token"))
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
