//! The calls of the SOAP API that sign in and out.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Answer, TestOrg};

/// Sends a call; `path` is such as `u/64.0`.
pub(crate) async fn call(org: &TestOrg, path: &str, header: &str, body: &str) -> Answer {
    let envelope = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\" ?><env:Envelope \
         xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\"><env:Header>{header}</env:Header>\
         <env:Body>{body}</env:Body></env:Envelope>"
    );
    let request = org.http.post(org.url(&format!("/services/Soap/{path}"))).body(envelope);
    let request = request.header("Content-Type", "text/xml").header("SOAPAction", "login");
    Answer::read(request.send().await.unwrap()).await
}

pub(crate) async fn login(org: &TestOrg, path: &str, username: &str, password: &str) -> Answer {
    let body = format!(
        "<n1:login xmlns:n1=\"urn:partner.soap.sforce.com\"><n1:username>{username}</n1:username>\
         <n1:password>{password}</n1:password></n1:login>"
    );
    call(org, path, "", &body).await
}

pub(crate) fn session_header(session_id: &str) -> String {
    format!(
        "<SessionHeader xmlns=\"urn:partner.soap.sforce.com\"><sessionId>{session_id}</sessionId></SessionHeader>"
    )
}

/// Returns the text of the first element of that name, which has no prefix.
fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let open = format!("<{name}>");
    let (_, rest) = answer.text.split_once(&open).unwrap_or_else(|| panic!("{name}: {}", answer.text));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

pub(crate) fn password(org: &TestOrg) -> String {
    format!("{}{}", org.line.password, org.line.security_token)
}

#[tokio::test]
async fn a_login_leads_to_the_org() {
    let org = TestOrg::start();

    for (path, letter) in [("u/64.0", "u"), ("c/59.0", "c"), ("u/64.0/", "u"), ("u/31.0", "u")] {
        let answer = login(&org, path, &org.line.username, &password(&org)).await;

        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::OK, "text/xml;charset=UTF-8")
        );
        let version = &path[2..6];
        let place =
            |letter: &str| org.url(&format!("/services/Soap/{letter}/{version}/{}", &org.line.org_id[..15]));
        assert_eq!(
            (text(&answer, "serverUrl"), text(&answer, "metadataServerUrl")),
            (&*place(letter), &*place("m"))
        );
        assert_eq!(text(&answer, "userName"), org.line.username);
        assert_eq!(
            (text(&answer, "organizationId"), text(&answer, "sessionSecondsValid")),
            (&*org.line.org_id, "7200")
        );
        assert_eq!((text(&answer, "passwordExpired"), text(&answer, "sandbox")), ("false", "false"));
        assert_eq!(org.get_as(text(&answer, "sessionId"), "limits").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_refused_login_has_the_fault_that_clients_take_apart() {
    let org = TestOrg::start();
    let (username, right) = (org.line.username.clone(), password(&org));

    let wrong = login(&org, "u/64.0", &username, "wrong").await;
    let expected = "<soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: \
                    Invalid username, password, security token; or user locked out.</faultstring>\
                    <detail><sf:LoginFault xsi:type=\"sf:LoginFault\"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>\
                    <sf:exceptionMessage>Invalid username, password, security token; or user locked out.\
                    </sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault></soapenv:Body>";
    assert_eq!(wrong.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(wrong.text.contains(expected), "{}", wrong.text);
    assert!(wrong.text.contains("xmlns:sf=\"urn:fault.partner.soap.sforce.com\""));

    let cases = [
        ("u/64.0", username.as_str(), org.line.password.as_str(), "LOGIN_MUST_USE_SECURITY_TOKEN"),
        ("u/64.0", "nobody@orgsim.example", right.as_str(), "INVALID_LOGIN"),
        ("u/64.0", "", "", "INVALID_LOGIN"),
        ("u/65.0", &username, &right, "UNSUPPORTED_API_VERSION"),
        ("u/30.0", &username, &right, "UNSUPPORTED_API_VERSION"),
        ("u/99.0", &username, &right, "UNSUPPORTED_API_VERSION"),
        ("c", &username, &right, "UNSUPPORTED_API_VERSION"),
        ("m/64.0", &username, &right, "INVALID_SESSION_ID"),
    ];
    for (path, username, password, code) in cases {
        let answer = login(&org, path, username, password).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(text(&answer, "faultcode"), format!("sf:{code}"), "{path}");
    }
    org.switch(json!({ "trusted_network": true })).await;
    assert_eq!(login(&org, "u/64.0", &username, &org.line.password).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_login_is_told() {
    let org = TestOrg::start();
    let (username, password) = (org.line.username.clone(), password(&org));
    let cases = [
        (json!({ "ip_restricted": true }), "LOGIN_DURING_RESTRICTED_DOMAIN"),
        (json!({ "ip_restricted": false, "outside_login_hours": true }), "LOGIN_DURING_RESTRICTED_TIME"),
        (json!({ "outside_login_hours": false, "frozen_users": [username.clone()] }), "INVALID_LOGIN"),
        (json!({ "frozen_users": [], "org_inactive": true }), "ORG_LOCKED"),
        (json!({ "org_inactive": false, "logins_per_hour": 0 }), "LOGIN_RATE_EXCEEDED"),
    ];
    for (switches, code) in cases {
        org.switch(switches).await;
        let answer = login(&org, "u/64.0", &username, &password).await;
        assert_eq!(text(&answer, "faultcode"), format!("sf:{code}"));
    }

    org.switch(json!({ "logins_per_hour": 100, "expired_passwords": [username.clone()] })).await;
    let expired = login(&org, "u/64.0", &username, &password).await;
    assert_eq!(text(&expired, "passwordExpired"), "true");
    let refused = org.get_as(text(&expired, "sessionId"), "limits").await;
    assert_eq!(refused.error(), (403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD".to_owned()));
}

#[tokio::test]
async fn a_session_tells_of_its_user_and_ends() {
    let org = TestOrg::start();
    let session = session_header(&org.token);

    let info = call(&org, "u/64.0", &session, "<getUserInfo xmlns=\"urn:partner.soap.sforce.com\"/>").await;
    assert_eq!(text(&info, "userName"), org.line.username);
    assert_eq!((text(&info, "type"), text(&info, "current")), ("API REQUESTS", "1"));
    let time = call(&org, "c/64.0", &session, "<getServerTimestamp/>").await;
    assert!(text(&time, "timestamp").starts_with("2026-11-21T22:04:"));
    let other = call(&org, "u/64.0", &session, "<convertLead/>").await;
    assert_eq!(text(&other, "faultcode"), "sf:FUNCTIONALITY_NOT_ENABLED");
    let logout = call(&org, "u/64.0", &session, "<logout xmlns=\"urn:partner.soap.sforce.com\"/>").await;
    assert!(logout.text.contains("<logoutResponse/>"), "{}", logout.text);

    assert_eq!(org.get("limits").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
    for body in ["<getUserInfo/>", "<create/>"] {
        let dead = call(&org, "u/64.0", &session, body).await;
        assert_eq!(dead.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(text(&dead, "faultcode"), "sf:INVALID_SESSION_ID");
        assert!(dead.text.contains("<sf:UnexpectedErrorFault xsi:type="), "{}", dead.text);
    }
}

#[tokio::test]
async fn a_compressed_call_is_read() {
    let org = TestOrg::start();
    let body = format!(
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><login><username>{}</username>\
         <password>{}</password></login></e:Body></e:Envelope>",
        org.line.username,
        password(&org)
    );
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(body.as_bytes()).unwrap();

    let request = org.http.post(org.url("/services/Soap/u/64.0")).header("Content-Encoding", "gzip");
    let answer = Answer::read(request.body(gzip.finish().unwrap()).send().await.unwrap()).await;

    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn what_is_no_call_is_refused() {
    let org = TestOrg::start();

    for body in ["", "no envelope", "<a/>", "<!DOCTYPE a><a/>"] {
        let request = org.http.post(org.url("/services/Soap/u/64.0")).body(body);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(text(&answer, "faultcode"), "soapenv:Client", "{body}");
    }
    let get = org.send(Method::GET, "/services/Soap/u/64.0", None).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
}
