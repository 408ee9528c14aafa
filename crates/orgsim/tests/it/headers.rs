//! What headers change about calls and answers.

use reqwest::header::{ACCEPT, ALLOW, ETAG, IF_MATCH, IF_NONE_MATCH, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Answer, TestOrg};

async fn get_with(org: &TestOrg, path: &str, name: &str, value: &str) -> Answer {
    Answer::read(org.request(Method::GET, path).header(name, value).send().await.unwrap()).await
}

#[tokio::test]
async fn answers_are_xml_for_who_asks_for_it() {
    let org = TestOrg::start();
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

    let query =
        get_with(&org, "query?q=SELECT+Id,Name+FROM+Account+LIMIT+1", ACCEPT.as_str(), "application/xml")
            .await;
    let limits = org.get("limits.xml").await;
    let error = get_with(&org, "sobjects/Nothing", ACCEPT.as_str(), "text/xml").await;
    let both = get_with(&org, "limits", ACCEPT.as_str(), "application/json, application/xml").await;

    assert_eq!(
        (query.status, query.header("content-type")),
        (StatusCode::OK, "application/xml;charset=UTF-8")
    );
    assert!(query.text.starts_with(&format!("{start}<QueryResult")), "{}", query.text);
    assert!(query.text.contains("<records type=\"Account\" url=\"/services/data/v66.0/sobjects/Account/001"));
    assert!(
        limits.text.contains("<LimitsSnapshot") && limits.text.contains("<DailyApiRequests><Max>15000</Max>")
    );
    assert_eq!(error.status, StatusCode::NOT_FOUND);
    assert!(error.text.contains("<Error><message>The requested resource does not exist</message><errorCode>NOT_FOUND</errorCode></Error></Errors>"), "{}", error.text);
    assert_eq!(both.header("content-type"), "application/json;charset=UTF-8");
    let versions = get_with(&org, "/services/data", ACCEPT.as_str(), "application/xml").await;
    assert!(
        versions.text.contains("<Version><label>Summer &apos;14</label><url>/services/data/v31.0</url><version>31.0</version></Version>"),
        "{}",
        versions.text
    );
    let unknown = get_with(&org, "/services/data/v69.0/limits", ACCEPT.as_str(), "application/xml").await;
    assert!(unknown.text.contains("<Errors"), "{}", unknown.text);
}

#[tokio::test]
async fn answers_are_printed_to_be_read() {
    let org = TestOrg::start();

    let pretty = get_with(&org, "query?q=SELECT+Name+FROM+Account+LIMIT+1", "X-PrettyPrint", "1").await;

    assert!(
        pretty.text.starts_with("{\n  \"totalSize\": 1,\n  \"done\": true,\n  \"records\": [\n"),
        "{}",
        pretty.text
    );
    let plain = get_with(&org, "query?q=SELECT+Name+FROM+Account+LIMIT+1", "X-PrettyPrint", "0").await;
    assert_eq!(plain.json(), pretty.json());
    assert!(!plain.text.contains('\n'));
}

#[tokio::test]
async fn a_known_record_is_not_sent_again() {
    let org = TestOrg::start();
    let id = org.create("Account", json!({ "Name": "Lockside" })).await;
    let path = format!("sobjects/Account/{id}");
    let first = org.get(&path).await;
    let etag = first.header(ETAG.as_str()).to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");

    assert_eq!(get_with(&org, &path, IF_NONE_MATCH.as_str(), &etag).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(get_with(&org, &path, IF_NONE_MATCH.as_str(), "\"other\"").await.status, StatusCode::OK);
    let patch = |etag: &str| {
        let body = json!({ "Industry": "Energy" });
        org.request(Method::PATCH, &path).header(IF_MATCH, etag.to_owned()).json(&body).send()
    };
    assert_eq!(patch(&etag).await.unwrap().status(), StatusCode::NO_CONTENT);
    let stale = Answer::read(patch(&etag).await.unwrap()).await;
    assert_eq!(stale.error(), (412, "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE".to_owned()));
    assert_ne!(org.get(&path).await.header(ETAG.as_str()), etag);
}

#[tokio::test]
async fn a_known_describe_is_not_sent_again() {
    let org = TestOrg::start();

    for path in ["sobjects", "sobjects/Account/describe"] {
        let etag = org.get(path).await.header(ETAG.as_str()).to_owned();
        let again = get_with(&org, path, IF_NONE_MATCH.as_str(), &etag).await;
        assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
    }
}

#[tokio::test]
async fn heads_have_no_body() {
    let org = TestOrg::start();

    for path in ["limits", "sobjects/Account/describe", "query?q=SELECT+Id+FROM+Account"] {
        let answer = org.send(Method::HEAD, path, None).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""), "{path}");
        assert!(answer.header("sforce-limit-info").starts_with("api-usage="));
    }
}

#[tokio::test]
async fn wrong_methods_are_told_the_right_ones() {
    let org = TestOrg::start();
    let cases = [
        (Method::PUT, "limits", "HEAD,GET"),
        (Method::DELETE, "query?q=SELECT+Id+FROM+Account", "HEAD,GET"),
        (Method::PUT, "sobjects/Account", "HEAD,POST,GET"),
        (Method::PUT, "sobjects/Account/001000000000000AAA", "HEAD,GET,PATCH,DELETE"),
        (Method::POST, "sobjects/Account/describe", "HEAD,GET"),
        (Method::POST, "recent", "HEAD,GET"),
        (Method::POST, "tabs", "HEAD,GET"),
    ];
    for (method, path, allowed) in cases {
        let answer = org.send(method.clone(), path, None).await;
        assert_eq!(answer.error(), (405, "METHOD_NOT_ALLOWED".to_owned()), "{method} {path}");
        assert_eq!(answer.message(), format!("HTTP Method '{method}' not allowed. Allowed are {allowed}"));
        assert_eq!(answer.header(ALLOW.as_str()), allowed);
    }
}

#[tokio::test]
async fn pages_of_this_machine_may_call() {
    let org = TestOrg::start();
    let preflight = |origin: &str| {
        let request = org.http.request(Method::OPTIONS, org.url("/services/data/v66.0/query"));
        let request =
            request.header(ORIGIN, origin.to_owned()).header("Access-Control-Request-Method", "GET");
        request.header("Access-Control-Request-Headers", "authorization,x-sfdc-foo").send()
    };

    let allowed = Answer::read(preflight("http://localhost:3000").await.unwrap()).await;
    let refused = preflight("https://elsewhere.example").await.unwrap();
    let call = get_with(&org, "limits", ORIGIN.as_str(), "http://127.0.0.1:8080").await;
    let other = get_with(&org, "limits", ORIGIN.as_str(), "https://elsewhere.example").await;

    assert_eq!(allowed.status, StatusCode::OK);
    assert_eq!(allowed.header("access-control-allow-origin"), "http://localhost:3000");
    assert_eq!(allowed.header("access-control-allow-headers"), "authorization,x-sfdc-foo");
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(call.header("access-control-allow-origin"), "http://127.0.0.1:8080");
    assert_eq!((other.status, other.header("access-control-allow-origin")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_client_is_known_by_the_name_it_gives() {
    let org = TestOrg::start();

    get_with(&org, "limits", "Sforce-Call-Options", "client=TowClient/1.0, defaultNamespace=ns").await;

    let log = org.simulator.log(1);
    assert_eq!(log[0].client.as_deref(), Some("TowClient/1.0"));
}

#[tokio::test]
async fn bodies_and_sessions_come_by_their_headers() {
    let org = TestOrg::start();

    let form =
        org.request(Method::POST, "sobjects/Account").body("Name=x").header("Content-Type", "text/plain");
    let form = Answer::read(form.send().await.unwrap()).await;
    assert_eq!(form.error(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    let query = org.request(Method::GET, "limits").query(&[("sid", &org.token)]);
    assert_eq!(query.send().await.unwrap().status(), StatusCode::OK);
    let by_parameter = org.http.get(org.url("/services/data/v66.0/limits")).query(&[("sid", &org.token)]);
    assert_eq!(by_parameter.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_quota_of_an_app_is_told_where_there_is_one() {
    let org = TestOrg::start();
    let told = async || org.get("limits").await.header("sforce-limit-info").to_owned();
    let set = async |max: serde_json::Value| {
        org.control(Method::POST, "/limits", json!({ "used": 10, "per_app_max": max })).await
    };

    assert_eq!(told().await, "api-usage=1/15000");
    set(json!(250)).await;
    told().await;
    assert_eq!(told().await, "api-usage=12/15000; per-app-api-usage=2/250(appName=Simulated client)");
    set(json!(null)).await;
    assert_eq!(told().await, "api-usage=11/15000");
}
