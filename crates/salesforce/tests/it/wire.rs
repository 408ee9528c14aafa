//! Answers that are cut, late, too large, or no data at all.

use std::time::Duration;

use salesforce::{Client, Error, PageRequest, Result, Retry};

use crate::canned::{Canned, JSON, Reply, json, whole};

const PAGE: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n";

fn query() -> PageRequest {
    PageRequest::Query { soql: "SELECT Id FROM Account WHERE Name = 'a+b'".into(), include_deleted: false }
}

async fn read_page(client: &Client) -> Result<usize> {
    let mut page = client.open_page(&query()).await?;
    let mut length = 0;
    while let Some(bytes) = page.chunk().await? {
        length += bytes.len();
    }
    Ok(length)
}

#[tokio::test]
async fn a_cut_page_is_an_error() {
    let cuts = [
        format!("{PAGE}Content-Length: 100\r\n\r\n{{\"done\":true"),
        format!("{PAGE}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"a\":"),
        format!("{PAGE}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"a\":\r\n"),
    ];
    for cut in cuts {
        let org = Canned::always(cut.clone()).await;

        let error = read_page(&org.client()).await.unwrap_err();

        assert!(matches!(error, Error::Truncated { received_bytes: 1.., .. }), "{cut}: {error:?}");
        assert_eq!(error.retry(), Retry::Now);
    }
}

#[tokio::test]
async fn a_page_that_stalls_is_an_error() {
    let org =
        Canned::start(|_| Reply::Stall(format!("{PAGE}Content-Length: 9\r\n\r\n{{\"a").into_bytes())).await;

    let error = read_page(&org.client()).await.unwrap_err();

    assert!(matches!(error, Error::Stalled { received_bytes: 3, .. }), "{error:?}");
    assert_eq!(error.retry(), Retry::Now);
}

#[tokio::test]
async fn a_maintenance_page_is_no_data() {
    let page = whole("200 OK", &["Content-Type: text/html"], "<html>We are down for maintenance</html>");
    let org = Canned::always(page).await;

    let errors = [read_page(&org.client()).await.unwrap_err(), org.client().limits().await.unwrap_err()];

    for error in errors {
        assert!(
            matches!(&error, Error::NotData { content_type, .. } if content_type == "text/html"),
            "{error:?}"
        );
        assert_eq!(error.retry(), Retry::Later(None));
    }
}

#[tokio::test]
async fn half_an_answer_is_not_no_records() {
    for body in ["", "{}", r#"{"totalSize":0,"done":true"#, r#"{"totalSize":0,"done":true,"records":[]}x"#] {
        let org = Canned::always(json("200 OK", body)).await;

        let error = org.client().query("SELECT Id FROM Account").await.unwrap_err();

        assert!(matches!(error, Error::Unreadable { .. }), "{body}: {error:?}");
        assert_eq!(error.retry(), Retry::Later(None));
    }
}

#[tokio::test]
async fn a_redirect_carries_no_token_away() {
    let decoy = Canned::always(json("200 OK", "{}")).await;
    let location = format!("Location: {}/services/data/v66.0/limits", decoy.origin());
    let org = Canned::always(whole("302 Found", &[&location], "")).await;

    let error = org.client().limits().await.unwrap_err();

    assert!(matches!(error, Error::Redirected { .. }), "{error:?}");
    assert!(decoy.requests().is_empty());
}

#[tokio::test]
async fn a_page_elsewhere_is_not_asked_for() {
    let decoy = Canned::always(json("200 OK", "{}")).await;
    let url = format!("{}/services/data/v66.0/query/01g-2000", decoy.origin());
    let page = format!(r#"{{"totalSize":3,"done":false,"nextRecordsUrl":"{url}","records":[]}}"#);
    let org = Canned::always(json("200 OK", page)).await;
    let client = org.client();
    let page = client.query("SELECT Id FROM Account").await.unwrap();

    let error = client.query_more(&page).await.unwrap_err();

    assert!(matches!(error, Error::ForeignUrl(_)), "{error:?}");
    assert!(decoy.requests().is_empty());
    assert_eq!(org.requests().len(), 1);
}

#[tokio::test]
async fn an_edge_error_is_waited_out() {
    let busy = whole("503 Service Unavailable", &["Content-Type: text/html", "Retry-After: 3600"], "<html>");
    let org = Canned::always(busy).await;

    let error = org.client().limits().await.unwrap_err();

    assert!(matches!(error, Error::Status { status: 503, .. }), "{error:?}");
    assert_eq!(error.retry(), Retry::Later(Some(Duration::from_secs(900))));
}

#[tokio::test]
async fn a_request_says_what_it_is_and_what_it_takes() {
    let limits =
        whole("200 OK", &[JSON, "Sforce-Limit-Info: api-usage=18/5000"], r#"{"A":{"Max":2,"Remaining":1}}"#);
    let org = Canned::always(limits).await;
    let client = org.client();

    client.limits().await.unwrap();
    let _ = client.open_page(&query()).await;

    let requests = org.requests();
    let head = requests[0].to_lowercase();
    assert!(requests[0].starts_with("GET /services/data/v66.0/limits HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nauthorization: bearer token-1\r\n"), "{head}");
    assert!(head.contains("\r\naccept-encoding: gzip\r\n"), "{head}");
    assert!(head.contains("\r\naccept: application/json\r\n"), "{head}");
    assert!(head.contains("\r\nuser-agent: salesforce-rs/"), "{head}");
    assert!(requests[1].contains("?q=SELECT+Id+FROM+Account+WHERE+Name+%3D+%27a%2Bb%27 "), "{}", requests[1]);
    assert_eq!(client.usage().map(|usage| (usage.used, usage.max)), Some((18, 5000)));
    assert_eq!(client.calls(), 2);
    assert!(client.received_bytes() > 0);
}

#[tokio::test]
async fn a_query_that_is_too_long_is_not_sent() {
    let org = Canned::always(json("200 OK", "{}")).await;
    let soql = format!("SELECT {} FROM Account", "Name,".repeat(4000));

    let error = org.client().query(&soql).await.unwrap_err();

    assert_eq!(error.retry(), Retry::Shrink);
    assert!(org.requests().is_empty());
}

#[tokio::test]
async fn a_host_that_is_not_there_is_waited_for() {
    let org = Canned::always("").await;
    let client = org.client();
    drop(org);
    tokio::task::yield_now().await;

    let error = client.limits().await.unwrap_err();

    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(error.retry(), Retry::Later(None));
}

#[tokio::test]
async fn an_error_names_no_record_value() {
    let refused = json(
        "400 Bad Request",
        r#"[{"message":"unexpected token: 'secret'","errorCode":"MALFORMED_QUERY"}]"#,
    );
    let org = Canned::always(refused).await;

    let error = org.client().query("SELECT Id FROM Account WHERE Name = 'secret'").await.unwrap_err();

    assert_eq!(error.to_string(), "GET /services/data/v66.0/query was refused");
    assert_eq!(error.retry(), Retry::Bug);
}
