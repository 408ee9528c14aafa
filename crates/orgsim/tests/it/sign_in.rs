//! The switches of sign-in, and the device flow.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::browser::{Browser, authorize_url, callback, hidden};
use crate::client::{Answer, TestOrg};

/// Signs in at the login page that an answer led to; returns what that answers.
async fn sign_in(browser: &Browser<'_>, org: &TestOrg, led_here: &Answer) -> Answer {
    let page = browser.get(led_here.header("location")).await;
    let start = hidden(&page.text, "startURL");
    let form =
        [("username", org.line.username.as_str()), ("password", &org.line.password), ("startURL", &start)];
    browser.post("/login", &form).await
}

/// Gives the administrator a permission, or takes it away.
async fn permit(org: &TestOrg, permission: &str, is_granted: bool) {
    let body = json!({ "user": org.line.username, "permissions": { permission: is_granted } });
    let answer = org.control(reqwest::Method::POST, "/rights", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn an_org_that_was_renamed_names_its_new_host_and_sends_callers_there() {
    let org = TestOrg::start();
    let new_url = org.line.base_url.replace("127.0.0.1", "localhost");

    org.switch(json!({ "my_domain": new_url.strip_prefix("http://").unwrap() })).await;
    let limits = org.get("limits").await;
    let token = org.refresh(&org.line.refresh_token).await;

    assert_eq!(limits.status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(limits.header("location"), format!("{new_url}/services/data/v66.0/limits"));
    assert_eq!(token.status, StatusCode::OK);
    assert_eq!(token.json()["instance_url"], new_url);
    org.switch(json!({ "my_domain": null })).await;
    assert_eq!(org.get("limits").await.status, StatusCode::OK);
}

#[tokio::test]
async fn some_may_use_an_app_that_is_not_installed_and_one_that_is_blocked() {
    let org = TestOrg::start();

    // Administrators may approve what is not installed. A device is let in by that right, too.
    org.switch(json!({ "app": "uninstalled" })).await;
    let mut browser = Browser::new(&org);
    assert!(browser.allow(&[]).await.contains_key("code"));
    // Without the right, what was approved before counts, but not for devices.
    permit(&org, "ApproveUninstalledConnectedApps", false).await;
    let again = browser.get(&authorize_url(&org, &[])).await;
    assert!(callback(&browser.get(again.header("location")).await).contains_key("code"));
    let codes = start_device(&org).await;
    assert!(enter(&org, &codes, "allow").await.text.starts_with("error=OAUTH_APPROVAL_ERROR_GENERIC&"));

    org.switch(json!({ "app": "blocked" })).await;
    assert_eq!(org.get("limits").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
    permit(&org, "UseAnyApiClient", true).await;
    assert_eq!(org.get("limits").await.status, StatusCode::OK);
    assert_eq!(org.refresh(&org.line.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_app_that_may_not_be_used_is_refused_before_anybody_is_asked() {
    let org = TestOrg::start();
    let cases = [
        (json!({ "app": "blocked" }), "OAUTH_APP_BLOCKED", "this app is blocked by admin"),
        (
            json!({ "app": "uninstalled" }),
            "OAUTH_APPROVAL_ERROR_GENERIC",
            "An unexpected error has occurred during authentication. Please try again.",
        ),
        (
            json!({ "app": "not_in_org" }),
            "OAUTH_EC_APP_NOT_FOUND",
            "External client app is not installed in this org",
        ),
        (
            json!({ "app": "installed", "admin_approved_only": true }),
            "OAUTH_APP_ACCESS_DENIED",
            "user is not admin approved to access this app",
        ),
    ];
    permit(&org, "ApproveUninstalledConnectedApps", false).await;
    // The administrator has approved the app at the start, which would count.
    let token = [("token", &org.line.refresh_token)];
    org.http.post(org.url("/services/oauth2/revoke")).form(&token).send().await.unwrap();
    for (switches, error, description) in cases {
        org.switch(switches).await;
        let mut browser = Browser::new(&org);
        let first = browser.get(&authorize_url(&org, &[])).await;
        let consent = browser.sign_in(&first).await;
        let given = callback(&browser.get(&consent).await);
        assert_eq!((given["error"].as_str(), given["error_description"].as_str()), (error, description));
        assert_eq!(given["state"], "s p&=é");
    }

    org.switch(json!({ "pre_authorized": [org.line.username] })).await;
    let mut browser = Browser::new(&org);
    let first = browser.get(&authorize_url(&org, &[])).await;
    let consent = browser.sign_in(&first).await;
    assert!(callback(&browser.get(&consent).await).contains_key("code"));
    org.switch(json!({ "app": "deleted" })).await;
    let shown = browser.get(&authorize_url(&org, &[])).await;
    assert_eq!(shown.text, "error=invalid_client_id&error_description=client%20identifier%20invalid");
}

#[tokio::test]
async fn a_refresh_is_refused_in_the_orgs_words_and_uses_nothing_up() {
    let org = TestOrg::start();
    let username = org.line.username.clone();
    org.control(reqwest::Method::POST, "/tokens", json!({ "rotate_refresh_tokens": true })).await;
    let cases = [
        (json!({ "ip_restricted": true }), "invalid_grant", "ip restricted or invalid login hours"),
        (
            json!({ "ip_restricted": false, "outside_login_hours": true }),
            "invalid_grant",
            "ip restricted or invalid login hours",
        ),
        (
            json!({ "outside_login_hours": false, "org_inactive": true }),
            "invalid_grant",
            "inactive organization",
        ),
        (json!({ "org_inactive": false, "frozen_users": [username] }), "invalid_grant", "inactive user"),
        (json!({ "frozen_users": [], "logins_per_hour": 0 }), "rate_limit_exceeded", "login rate exceeded"),
        (json!({ "logins_per_hour": 9, "app": "blocked" }), "invalid_grant", "expired access/refresh token"),
        (json!({ "app": "deleted" }), "invalid_client_id", "client identifier invalid"),
    ];
    for (switches, error, description) in cases {
        org.switch(switches).await;
        let answer = org.refresh(&org.line.refresh_token).await;
        let expected = json!({ "error": error, "error_description": description });
        assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, expected));
    }

    org.switch(json!({ "app": "uninstalled" })).await;
    assert_eq!(org.refresh(&org.line.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn sessions_end_with_their_user_and_pause_with_their_app() {
    let org = TestOrg::start();
    let dead = (401, "INVALID_SESSION_ID".to_owned());

    org.switch(json!({ "app": "blocked" })).await;
    assert_eq!(org.get("limits").await.error(), dead);
    org.switch(json!({ "app": "installed", "org_inactive": true })).await;
    assert_eq!(org.get("limits").await.error(), (403, "ORG_LOCKED".to_owned()));
    org.switch(json!({ "org_inactive": false })).await;
    assert_eq!(org.get("limits").await.status, StatusCode::OK);
    org.switch(json!({ "frozen_users": [org.line.username] })).await;
    assert_eq!(org.get("limits").await.error(), dead);
    org.switch(json!({ "frozen_users": [] })).await;
    assert_eq!(org.get("limits").await.error(), dead);
}

#[tokio::test]
async fn the_login_page_tells_of_restrictions_and_the_client_of_the_org() {
    let org = TestOrg::start();
    let browser = Browser::new(&org);
    for switches in
        [json!({ "ip_restricted": true }), json!({ "ip_restricted": false, "outside_login_hours": true })]
    {
        org.switch(switches).await;
        let first = browser.get(&authorize_url(&org, &[])).await;
        let answer = sign_in(&browser, &org, &first).await;
        assert!(answer.text.contains("may be restricted"), "{}", answer.text);
        assert_eq!(answer.header("set-cookie"), "");
    }
    for (switches, error) in [
        (json!({ "outside_login_hours": false, "org_inactive": true }), "inactive_org"),
        (json!({ "org_inactive": false, "logins_per_hour": 0 }), "rate_limit_exceeded"),
    ] {
        org.switch(switches).await;
        let first = browser.get(&authorize_url(&org, &[])).await;
        assert_eq!(callback(&sign_in(&browser, &org, &first).await)["error"], error);
    }

    org.switch(json!({ "logins_per_hour": 100 })).await;
    let mut browser = Browser::new(&org);
    browser.allow(&[]).await;
    org.switch(json!({ "frozen_users": [org.line.username] })).await;
    let first = browser.get(&authorize_url(&org, &[])).await;
    assert_eq!(callback(&browser.get(first.header("location")).await)["error"], "inactive_user");
}

#[tokio::test]
async fn a_login_host_lets_nobody_in_where_the_org_wants_its_own() {
    let org = TestOrg::start();
    org.switch(json!({ "my_domain_only": true })).await;
    let form = [("username", org.line.username.as_str()), ("password", &org.line.password)];
    let sign_in = async |host: &str| {
        let request = org.http.post(org.url("/login")).header("Host", host).form(&form);
        Answer::read(request.send().await.unwrap()).await.header("set-cookie").to_owned()
    };

    assert_eq!(sign_in("login.localhost").await, "");
    assert!(sign_in("acme.localhost").await.starts_with("sid="));
}

#[tokio::test]
async fn switches_are_read_back_and_wrong_ones_refused() {
    let org = TestOrg::start();

    let wrong = org.control(reqwest::Method::POST, "/sign-in", json!({ "app": "gone" })).await;
    assert_eq!(wrong.error(), (400, "INVALID_INPUT".to_owned()));
    let unknown = org.control(reqwest::Method::POST, "/sign-in", json!({ "frozen": [] })).await;
    assert_eq!(unknown.error(), (400, "INVALID_INPUT".to_owned()));
    org.switch(json!({ "ip_restricted": true })).await;
    let now = org.control(reqwest::Method::GET, "/sign-in", Value::Null).await.json();
    assert_eq!((&now["ip_restricted"], &now["app"]), (&json!(true), &json!("installed")));
}

/// Asks for the codes of a device.
async fn start_device(org: &TestOrg) -> Value {
    let form = [
        ("response_type", "device_code"),
        ("client_id", org.line.client_id.as_str()),
        ("scope", "api refresh_token"),
    ];
    let request = org.http.post(org.url("/services/oauth2/token")).form(&form);
    Answer::read(request.send().await.unwrap()).await.json()
}

async fn poll(org: &TestOrg, codes: &Value) -> Value {
    let code = codes["device_code"].as_str().unwrap();
    let form = [("grant_type", "device"), ("client_id", &org.line.client_id), ("code", code)];
    let request = org.http.post(org.url("/services/oauth2/token")).form(&form);
    Answer::read(request.send().await.unwrap()).await.json()
}

/// Enters the code as a person does, and decides.
async fn enter(org: &TestOrg, codes: &Value, decision: &str) -> Answer {
    let path =
        codes["verification_uri"].as_str().unwrap().strip_prefix(&org.line.base_url).unwrap().to_owned();
    let code = codes["user_code"].as_str().unwrap();
    let mut browser = Browser::new(org);
    let login = browser.get(&format!("{path}?user_code={}", code.to_lowercase())).await;
    let page = browser.sign_in(&login).await;
    let page = browser.get(&page).await;
    let form_token = hidden(&page.text, "form_token");
    let form = [("user_code", code), ("form_token", form_token.as_str()), ("decision", decision)];
    browser.post(&path, &form).await
}

#[tokio::test]
async fn a_device_waits_for_its_person() {
    let org = TestOrg::start();
    let codes = start_device(&org).await;
    assert_eq!((codes["interval"].as_i64(), codes["user_code"].as_str().unwrap().len()), (Some(5), 8));
    assert_eq!(codes["verification_uri"], org.url("/setup/connect"));

    assert_eq!(poll(&org, &codes).await["error"], "authorization_pending");
    assert_eq!(poll(&org, &codes).await["error"], "slow_down");
    org.simulator.clock().advance(5_000);
    assert_eq!(poll(&org, &codes).await["error"], "authorization_pending");
    assert_eq!(enter(&org, &codes, "allow").await.status, StatusCode::OK);
    let issued = poll(&org, &codes).await;
    assert!(issued["refresh_token"].is_string() && issued["access_token"].is_string(), "{issued}");
    assert_eq!(poll(&org, &codes).await["error"], "invalid_grant");
}

#[tokio::test]
async fn a_device_can_be_denied_forgotten_or_uninstalled() {
    let org = TestOrg::start();

    let denied = start_device(&org).await;
    enter(&org, &denied, "deny").await;
    assert_eq!(poll(&org, &denied).await["error"], "access_denied");
    let late = start_device(&org).await;
    org.simulator.clock().advance(10 * 60_000);
    assert_eq!(poll(&org, &late).await["error"], "invalid_grant");
    let uninstalled = start_device(&org).await;
    permit(&org, "ApproveUninstalledConnectedApps", false).await;
    org.switch(json!({ "app": "uninstalled" })).await;
    let shown = enter(&org, &uninstalled, "allow").await;
    assert!(shown.text.starts_with("error=OAUTH_APPROVAL_ERROR_GENERIC&"), "{}", shown.text);
    assert_eq!(poll(&org, &uninstalled).await["error"], "access_denied");
}
