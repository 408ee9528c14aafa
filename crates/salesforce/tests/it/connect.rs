//! Getting, renewing and giving back tokens of a simulated org.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use orgsim::{Simulator, SimulatorConfig, TlsCertificate};
use salesforce::host::{HostRule, LoginHost};
use salesforce::oauth::{self, AuthorizeRequest, Pkce, SigningKey, TokenResponse};
use salesforce::{CertificateFlaw, Error, Http, HttpConfig, Retry, Timestamp};
use secrecy::SecretString;

use crate::org::TestOrg;

const REDIRECT_URI: &str = "http://localhost:1/callback";

/// What a person's browser does: signs in, allows the app, and comes back with these parameters.
async fn consent(org: &TestOrg, authorize_url: &str) -> HashMap<String, String> {
    let line = org.simulator.start_line();
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let location = |response: &reqwest::Response| response.headers()["location"].to_str().unwrap().to_owned();
    let page = |path: &str| format!("{}{path}", line.base_url);
    let form = |pairs: &[(&str, &str)]| {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    let post = |path: &str, body: String, cookie: &str| {
        let request = browser.post(page(path)).header("content-type", "application/x-www-form-urlencoded");
        request.header("cookie", cookie.to_owned()).body(body).send()
    };

    let login = location(&browser.get(authorize_url).send().await.unwrap());
    let start_url = url::Url::parse(&page(&login)).unwrap();
    let start_url = start_url.query_pairs().find(|(key, _)| key == "startURL").unwrap().1.into_owned();
    let body = form(&[("username", &line.username), ("password", &line.password), ("startURL", &start_url)]);
    let signed_in = post("/login", body, "").await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let consent_page = browser.get(page(&location(&signed_in))).header("cookie", &cookie);
    let html = consent_page.send().await.unwrap().text().await.unwrap();
    let hidden = |name: &str| {
        html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap()
    };
    let body =
        form(&[("source", hidden("source")), ("form_token", hidden("form_token")), ("decision", "allow")]);
    let allowed = post("/setup/secur/RemoteAccessAuthorizationPage.apexp", body, &cookie).await.unwrap();
    url::Url::parse(&location(&allowed)).unwrap().query_pairs().into_owned().collect()
}

async fn exchange(org: &TestOrg, code: &SecretString, pkce: &Pkce) -> Result<TokenResponse, Error> {
    oauth::exchange_code(&org.http, &org.app, &org.login_host(), code, REDIRECT_URI, pkce).await
}

#[tokio::test]
async fn a_person_connects_an_org() {
    let org = TestOrg::start_with(SimulatorConfig { require_pkce: true, ..SimulatorConfig::default() });
    let pkce = Pkce::generate(&[42; 64]);
    let url = oauth::authorize_url(&AuthorizeRequest {
        login_host: &org.login_host(),
        client_id: &org.app.client_id,
        redirect_uri: REDIRECT_URI,
        scopes: &["api", "refresh_token", "id"],
        state: "s+t&a=te",
        pkce: &pkce,
        prompt: "",
        login_hint: "",
    });

    let callback = consent(&org, &url).await;
    let code = callback["code"].clone().into();
    let token = exchange(&org, &code, &pkce).await.unwrap();
    let identity = oauth::identity(&org.http, &token).await.unwrap();
    let again = exchange(&org, &code, &pkce).await.unwrap_err();

    assert_eq!(callback["state"], "s+t&a=te");
    assert_eq!(token.organization_id.as_str(), org.simulator.start_line().org_id);
    assert!(token.scopes.missing(&["api", "refresh_token", "id"]).is_empty());
    assert!(token.refresh_token.is_some());
    assert_eq!(identity.user_id, token.user_id);
    assert_eq!(identity.organization_id, token.organization_id);
    assert_eq!(identity.username, org.simulator.start_line().username);
    assert_eq!(again.retry(), Retry::Reauth);
}

#[tokio::test]
async fn a_code_without_its_verifier_is_worth_nothing() {
    let org = TestOrg::start();
    let pkce = Pkce::generate(&[42; 64]);
    let url = oauth::authorize_url(&AuthorizeRequest {
        login_host: &org.login_host(),
        client_id: &org.app.client_id,
        redirect_uri: REDIRECT_URI,
        scopes: &["api"],
        state: "x",
        pkce: &pkce,
        prompt: "",
        login_hint: "",
    });

    let callback = consent(&org, &url).await;
    let error =
        exchange(&org, &callback["code"].clone().into(), &Pkce::generate(&[43; 64])).await.unwrap_err();

    assert!(matches!(error, Error::OAuth { .. }), "{error:?}");
}

#[tokio::test]
async fn a_token_that_ends_under_way_is_renewed_once() {
    let rotating = SimulatorConfig { rotate_refresh_tokens: true, ..SimulatorConfig::default() };
    let org = TestOrg::start_with(rotating);
    let (client, renewals) = org.renewing_client();

    for expected in 1..=2 {
        org.simulator.expire_sessions();
        let answers = join_all((0..32).map(|_| client.count("SELECT COUNT() FROM Account"))).await;

        assert!(answers.into_iter().all(|count| count.unwrap() == 250));
        assert_eq!(renewals.load(Ordering::SeqCst), expected);
    }
    assert_eq!(org.simulator.counters().refreshes, 2);
    assert_eq!(org.simulator.counters().refresh_reuses, 0);
}

#[tokio::test]
async fn the_app_alone_can_connect() {
    let org = TestOrg::start();

    let token = oauth::client_credentials(&org.http, &org.app, &org.login_host()).await.unwrap();

    assert!(token.refresh_token.is_none());
    assert_eq!(token.organization_id.as_str(), org.simulator.start_line().org_id);
}

#[tokio::test]
async fn a_session_knows_its_owner() {
    let org = TestOrg::start();
    let token = oauth::refresh(&org.http, &org.app, &org.login_host(), &org.refresh_token()).await.unwrap();

    let owner = org.client().session_owner().await.unwrap();

    assert_eq!(owner, (token.organization_id, token.user_id));
}

#[tokio::test]
async fn a_revoked_grant_asks_for_a_person() {
    let org = TestOrg::start();
    let (client, _) = org.renewing_client();

    oauth::revoke(&org.http, &org.login_host(), &org.refresh_token()).await.unwrap();
    oauth::revoke(&org.http, &org.login_host(), &org.refresh_token()).await.unwrap();
    let error = client.limits().await.unwrap_err();

    assert!(matches!(error, Error::Refresh(_)), "{error:?}");
    assert_eq!(error.retry(), Retry::Reauth);
}

#[tokio::test]
async fn a_wrong_secret_is_told_apart() {
    let mut org = TestOrg::start();
    org.app.client_secret = Some("wrong".into());

    let error =
        oauth::refresh(&org.http, &org.app, &org.login_host(), &org.refresh_token()).await.unwrap_err();

    assert_eq!(error.retry(), Retry::WhenFixed("check the app's client secret"));
}

#[tokio::test]
async fn a_key_whose_certificate_the_app_has_signs_its_user_in() {
    let org = TestOrg::start_with(SimulatorConfig { jwt_key: true, ..SimulatorConfig::default() });
    let line = org.simulator.start_line();
    let pem = std::fs::read_to_string(line.jwt_key_file.as_ref().unwrap()).unwrap();
    let key = SigningKey::parse(&format!("Bag Attributes\n{pem}").into()).unwrap();
    let now = Timestamp::from_millis(org.simulator.clock().now_ms());
    let ask = async |username: &str, now| {
        oauth::jwt_bearer(&org.http, &org.app.client_id, &org.login_host(), username, &key, now).await
    };

    let token = ask(&line.username, now).await.unwrap();
    let stranger = ask("nobody@acme.example", now).await.unwrap_err();
    let late = ask(&line.username, Timestamp::from_millis(now.as_millis() - 600_000)).await.unwrap_err();

    assert!(token.refresh_token.is_none());
    assert_eq!(token.organization_id.as_str(), line.org_id);
    for (error, text) in [(stranger, "hasn't approved"), (late, "expired assertion")] {
        let Error::OAuth { source, .. } = &error else { panic!("{error:?}") };
        assert!(source.description.contains(text), "{source}");
        assert!(matches!(error.retry(), Retry::WhenFixed(_)));
    }
}

/// A client that may call a host of this machine, and trusts an authority besides the system's.
fn client_of(host: &str, ca_file: Option<&str>) -> (Http, LoginHost) {
    let host_rule = HostRule { dev_allow_hosts: vec![host.parse().unwrap()], ..HostRule::default() };
    let login_host = LoginHost::parse(host, &host_rule).unwrap();
    let config = HttpConfig { host_rule, ca_file: ca_file.map(Into::into), ..HttpConfig::default() };
    (Http::new(config).unwrap(), login_host)
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused_and_nothing_is_sent() {
    let start = || TestOrg::start_with(SimulatorConfig { tls: true, ..SimulatorConfig::default() });
    let (org, other) = (start(), start());
    let ca_file = |org: &TestOrg| org.simulator.start_line().ca_file.clone().unwrap();
    let calls = |simulator: &Simulator| simulator.log(usize::MAX).len();

    // No authority that is known, and that of another org.
    for trusted in [None, Some(ca_file(&other))] {
        let (http, login_host) = client_of(org.simulator.base_url(), trusted.as_deref());
        let refused = oauth::refresh(&http, &org.app, &login_host, &org.refresh_token()).await.unwrap_err();

        assert!(matches!(refused, Error::Untrusted { .. }), "{refused:?}");
        assert!(matches!(refused.retry(), Retry::WhenFixed(_)));
        assert_eq!(calls(&org.simulator), 0);
    }
    let (http, login_host) = client_of(org.simulator.base_url(), Some(&ca_file(&org)));
    oauth::refresh(&http, &org.app, &login_host, &org.refresh_token()).await.unwrap();
    assert_eq!(calls(&org.simulator), 1);
}

#[tokio::test]
async fn a_certificate_that_is_out_of_date_or_of_another_host_is_refused_and_nothing_is_sent() {
    for (tls_certificate, expected) in [
        (TlsCertificate::Expired, CertificateFlaw::Expired),
        (TlsCertificate::NotYetValid, CertificateFlaw::NotYetValid),
        (TlsCertificate::OtherHost, CertificateFlaw::OtherHost),
    ] {
        let config = SimulatorConfig { tls: true, tls_certificate, ..SimulatorConfig::default() };
        let org = TestOrg::start_with(config);
        let ca_file = org.simulator.start_line().ca_file.clone();
        let (http, login_host) = client_of(org.simulator.base_url(), ca_file.as_deref());

        let refused = oauth::refresh(&http, &org.app, &login_host, &org.refresh_token()).await.unwrap_err();

        let Error::Untrusted { flaw, .. } = &refused else { panic!("{refused:?}") };
        assert_eq!(*flaw, expected);
        assert!(refused.to_string().ends_with(&format!("the host's certificate {flaw}")), "{refused}");
        assert!(matches!(refused.retry(), Retry::WhenFixed(_)));
        assert!(!refused.may_have_taken_effect());
        assert_eq!(org.simulator.log(usize::MAX).len(), 0);
    }
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_is_not_asked_in_clear() {
    let org = TestOrg::start();
    let host = org.simulator.base_url().replace("http://", "https://");
    let (http, login_host) = client_of(&host, None);

    let refused = oauth::refresh(&http, &org.app, &login_host, &org.refresh_token()).await;

    assert!(refused.is_err());
    assert_eq!(org.simulator.log(usize::MAX).len(), 0);
}
