//! Answers of the OAuth endpoints.

use ring::hmac;
use salesforce::oauth::{self, App, Pkce};
use salesforce::{Error, Retry};
use secrecy::ExposeSecret;

use crate::canned::{Canned, Reply, json, whole};

fn app() -> App {
    App { client_id: "3MVG9.key".into(), client_secret: Some("s+ecret".into()) }
}

fn token_answer(origin: &str) -> Vec<u8> {
    let id = format!("{origin}/id/00Dxx0000000001EAA/005xx000001SxyzAAC");
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"s+ecret");
    let signature = hmac::sign(&key, format!("{id}1790000000000").as_bytes());
    let signature = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signature);
    let body = format!(
        r#"{{"access_token":"00Dxx!at","refresh_token":"5Aep.rt","signature":"{signature}","scope":"api id refresh_token",
            "instance_url":"{origin}","id":"{id}","token_type":"Bearer","issued_at":"1790000000000"}}"#
    );
    json("200 OK", body)
}

/// An org that says it lives at the address it was asked at, or elsewhere.
async fn org(elsewhere: Option<&'static str>) -> Canned {
    Canned::start(move |request| {
        let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        Reply::Bytes(token_answer(&elsewhere.map_or_else(|| format!("http://{host}"), String::from)))
    })
    .await
}

#[tokio::test]
async fn a_code_is_exchanged_by_form() {
    let org = org(None).await;
    let pkce = Pkce::generate(&[1; 64]);
    let redirect_uri = "https://towpath.example/callback";

    let token =
        oauth::exchange_code(&org.http(), &app(), &org.login_host(), &"aPrx==".into(), redirect_uri, &pkce)
            .await
            .unwrap();

    assert_eq!(token.access_token.expose_secret(), "00Dxx!at");
    assert_eq!(token.refresh_token.unwrap().expose_secret(), "5Aep.rt");
    assert_eq!(token.instance_url.origin(), org.origin());
    assert!(token.scopes.missing(&["api", "refresh_token", "id"]).is_empty());
    let request = &org.requests()[0];
    assert!(request.starts_with("POST /services/oauth2/token HTTP/1.1\r\n"), "{request}");
    let body = request.split("\r\n\r\n").nth(1).unwrap();
    let verifier = pkce.verifier().expose_secret();
    assert_eq!(
        body,
        format!(
            "grant_type=authorization_code&code=aPrx%3D%3D&redirect_uri=https%3A%2F%2Ftowpath.example%2Fcallback\
             &code_verifier={verifier}&client_id=3MVG9.key&client_secret=s%2Becret"
        )
    );
}

#[tokio::test]
async fn a_token_for_a_foreign_host_is_refused() {
    for elsewhere in
        ["https://evil.example", "http://10.0.0.5:80", "https://acme.my.salesforce.com.evil.example"]
    {
        let org = org(Some(elsewhere)).await;

        let error =
            oauth::refresh(&org.http(), &app(), &org.login_host(), &"5Aep.rt".into()).await.unwrap_err();

        assert!(matches!(error, Error::Host(_)), "{elsewhere}: {error:?}");
    }
}

#[tokio::test]
async fn a_dead_refresh_token_asks_for_a_person() {
    let body = r#"{"error":"invalid_grant","error_description":"expired access/refresh token"}"#;
    let org = Canned::always(json("400 Bad Request", body)).await;

    let error = oauth::refresh(&org.http(), &app(), &org.login_host(), &"5Aep.rt".into()).await.unwrap_err();

    assert_eq!(error.retry(), Retry::Reauth);
    assert_eq!(org.requests().len(), 1);
}

#[tokio::test]
async fn a_token_endpoint_in_maintenance_is_waited_for() {
    let org = Canned::always(whole("503 Service Unavailable", &["Content-Type: text/html"], "<html>")).await;

    let error = oauth::client_credentials(&org.http(), &app(), &org.login_host()).await.unwrap_err();

    assert_eq!(error.retry(), Retry::Later(None));
}

#[tokio::test]
async fn a_dead_token_counts_as_revoked() {
    let dead =
        whole("400 Bad Request", &["Content-Type: text/plain"], "error=invalid_token&error_description=x");
    let org = Canned::always(dead).await;

    oauth::revoke(&org.http(), &org.login_host(), &"5Aep.rt".into()).await.unwrap();

    assert!(org.requests()[0].ends_with("token=5Aep.rt"));
}

#[tokio::test]
async fn an_app_that_is_blocked_is_told_apart() {
    let body = r#"{"error":"OAUTH_APP_BLOCKED","error_description":"this app is blocked by admin"}"#;
    let org = Canned::always(json("400 Bad Request", body)).await;

    let error = oauth::refresh(&org.http(), &app(), &org.login_host(), &"5Aep.rt".into()).await.unwrap_err();

    assert_eq!(error.retry(), Retry::WhenFixed("have an admin of the org unblock the app"));
}
