//! The calls of the SOAP API that sign in and out.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Answer, TestOrg, config};

/// Sends a call; `path` is such as `u/64.0`.
async fn call(org: &TestOrg, path: &str, header: &str, body: &str) -> Answer {
    let envelope = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><env:Envelope \
         xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\"><env:Header>{header}</env:Header>\
         <env:Body>{body}</env:Body></env:Envelope>"
    );
    let request = org.http.post(org.url(&format!("/services/Soap/{path}"))).body(envelope);
    let request = request.header("Content-Type", "text/xml").header("SOAPAction", "login");
    Answer::read(request.send().await.unwrap()).await
}

async fn login(org: &TestOrg, path: &str, username: &str, password: &str) -> Answer {
    let body = format!(
        "<n1:login xmlns:n1=\"urn:partner.soap.sforce.com\"><n1:username>{username}</n1:username>\
         <n1:password>{password}</n1:password></n1:login>"
    );
    call(org, path, "", &body).await
}

fn session_header(session_id: &str) -> String {
    format!("<SessionHeader xmlns=\"urn:partner.soap.sforce.com\"><sessionId>{session_id}</sessionId></SessionHeader>")
}

/// Returns the text of the first element of that name, which has no prefix.
fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let open = format!("<{name}>");
    let (_, rest) = answer.text.split_once(&open).unwrap_or_else(|| panic!("{name}: {}", answer.text));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

fn password(org: &TestOrg) -> String {
    format!("{}{}", org.line.password, org.line.security_token)
}

#[tokio::test]
async fn a_login_leads_to_the_org() {
    let org = TestOrg::start();

    for (path, letter) in [("u/64.0", "u"), ("c/59.0", "c"), ("u/64.0/", "u"), ("u/31.0", "u")] {
        let answer = login(&org, path, &org.line.username, &password(&org)).await;

        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/xml;charset=UTF-8"));
        let version = &path[2..6];
        let place = |letter: &str| org.url(&format!("/services/Soap/{letter}/{version}/{}", &org.line.org_id[..15]));
        assert_eq!((text(&answer, "serverUrl"), text(&answer, "metadataServerUrl")), (&*place(letter), &*place("m")));
        assert_eq!(text(&answer, "userName"), org.line.username);
        assert_eq!((text(&answer, "organizationId"), text(&answer, "sessionSecondsValid")), (&*org.line.org_id, "7200"));
        assert_eq!((text(&answer, "passwordExpired"), text(&answer, "sandbox")), ("false", "false"));
        let session = text(&answer, "sessionId").to_owned();
        let user = TestOrg { token: session, ..org_like(&org) };
        assert_eq!(user.get("limits").await.status, StatusCode::OK);
    }
}

/// Makes a second client of the same org.
fn org_like(org: &TestOrg) -> ClientOf<'_> {
    ClientOf { org }
}
