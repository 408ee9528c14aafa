//! Versions, resources, describes, records, limits, replication.

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, IF_MODIFIED_SINCE};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Answer, NOW_MS, TestOrg, config};

#[tokio::test]
async fn versions_are_listed_oldest_first_without_sign_in() {
    let org = TestOrg::start();

    for path in ["/services/data", "/services/data/"] {
        let answer = Answer::read(org.http.get(org.url(path)).send().await.unwrap()).await;

        let body = answer.json();
        assert_eq!(body.as_array().unwrap().len(), 38);
        assert_eq!(
            body[0],
            json!({ "label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0" })
        );
        assert_eq!(
            body[37],
            json!({ "label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0" })
        );
        assert_eq!(answer.header("content-type"), "application/json;charset=UTF-8");
    }
}

#[tokio::test]
async fn versions_that_are_not_are_told_apart() {
    let org = TestOrg::start();

    assert_eq!(
        org.get("/services/data/v30.0/limits").await.error(),
        (410, "UNSUPPORTED_API_VERSION".to_owned())
    );
    assert_eq!(org.get("/services/data/v69.0/limits").await.error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(org.get("/services/data/v31.0/limits/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn calls_need_a_session() {
    let org = TestOrg::start();
    let cases = [
        (None, "INVALID_SESSION_ID", "Session expired or invalid"),
        (Some("Bearer nonsense"), "INVALID_SESSION_ID", "Session expired or invalid"),
        (Some("Basic abc"), "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
        (Some("Bearer"), "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
    ];

    for (header, code, message) in cases {
        let mut request = org.http.get(org.url("/services/data/v66.0/limits"));
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.error(), (401, code.to_owned()), "{header:?}");
        assert_eq!(answer.message(), message);
    }
    let old_word = org.http.get(org.url("/services/data/v66.0/limits"));
    let old_word = old_word.header(AUTHORIZATION, format!("OAuth {}", org.token)).send().await.unwrap();
    assert_eq!(old_word.status(), StatusCode::OK);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told() {
    let org = TestOrg::start();

    let unknown = org.get("nothing/here").await;
    assert_eq!(unknown.error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(unknown.message(), "The requested resource does not exist");
    assert_eq!(org.get("sobjects/Nothing__c").await.error(), (404, "NOT_FOUND".to_owned()));
    let put = org.send(Method::PUT, "limits", None).await;
    assert_eq!(put.error(), (405, "METHOD_NOT_ALLOWED".to_owned()));
    assert!(put.message().starts_with("HTTP Method 'PUT' not allowed. Allowed are "));
    for path in ["wave/folders", "analytics/reports"] {
        assert_eq!(org.get(path).await.error(), (403, "FUNCTIONALITY_NOT_ENABLED".to_owned()), "{path}");
    }
    let long = org.get(&format!("query?q={}", "x".repeat(16_500))).await;
    assert_eq!(long.status, StatusCode::URI_TOO_LONG);
    let heavy =
        org.request(Method::GET, "limits").header("x-filler", "x".repeat(16_500)).send().await.unwrap();
    assert_eq!(heavy.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn every_answer_tells_usage_and_date() {
    let org = TestOrg::start();

    let first = org.get("limits").await;
    let second = org.get("nothing").await;

    assert_eq!(first.header("sforce-limit-info"), "api-usage=1/15000");
    assert_eq!(first.json()["DailyApiRequests"], json!({ "Max": 15000, "Remaining": 14999 }));
    assert_eq!(second.header("sforce-limit-info"), "api-usage=2/15000");
    assert_eq!(org.get("/services/data/v30.0/x").await.header("sforce-limit-info"), "api-usage=2/15000");
    assert!(first.header("date").starts_with("Sat, 21 Nov 2026 22:0"), "{}", first.header("date"));
}

#[tokio::test]
async fn what_clients_add_to_addresses_is_understood() {
    let org = TestOrg::start();

    for path in ["//services/data/v66.0//limits/", "limits.json", "Limits", "sobjects/account/DESCRIBE.json"]
    {
        assert_eq!(org.get(path).await.status, StatusCode::OK, "{path}");
    }
    let token = Answer::read(org.http.post(org.url("/services/oauth2/token/")).send().await.unwrap()).await;
    assert_eq!(token.json()["error"], "unsupported_grant_type");
    let posted =
        org.request(Method::POST, "query?_HttpMethod=GET").form(&[("q", "SELECT COUNT() FROM Account")]);
    let posted = Answer::read(posted.send().await.unwrap()).await;
    assert_eq!(posted.json()["totalSize"], 200, "{}", posted.text);
}

#[tokio::test]
async fn errors_have_the_order_of_salesforce() {
    let org = TestOrg::start();

    assert_eq!(
        org.get("nothing").await.text,
        r#"[{"message":"The requested resource does not exist","errorCode":"NOT_FOUND"}]"#
    );
}

#[tokio::test]
async fn other_apis_are_refused() {
    let org = TestOrg::start();

    assert_eq!(org.get("/services/apexrest/x").await.error(), (403, "FUNCTIONALITY_NOT_ENABLED".to_owned()));
}

#[tokio::test]
async fn the_daily_limit_can_be_enforced() {
    let mut config = config();
    config.daily_api_requests = 2;
    config.enforce_daily_limit = true;
    let org = TestOrg::start_with(config);

    assert_eq!(org.get("limits").await.status, StatusCode::OK);
    assert_eq!(org.get("limits").await.status, StatusCode::OK);
    let refused = org.get("limits").await;

    assert_eq!(refused.error(), (403, "REQUEST_LIMIT_EXCEEDED".to_owned()));
    assert_eq!(refused.message(), "TotalRequests Limit exceeded.");
    assert_eq!(refused.header("sforce-limit-info"), "api-usage=2/2");
    org.simulator.clock().advance(25 * 3_600_000);
    assert_eq!(org.refresh(&org.line.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn answers_are_compressed_for_who_asks() {
    let org = TestOrg::start();

    let response =
        org.request(Method::GET, "sobjects").header(ACCEPT_ENCODING, "gzip, deflate").send().await.unwrap();

    assert_eq!(response.headers()["content-encoding"], "gzip");
    let compressed = response.bytes().await.unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&compressed[..]), &mut text).unwrap();
    assert!(text.starts_with('{') && text.contains(r#""maxBatchSize":200"#));
}

#[tokio::test]
async fn a_describe_is_not_sent_again_unchanged() {
    let org = TestOrg::start();

    let first = org.get("sobjects/ACCOUNT/describe/").await;
    let seen = first.header("last-modified").to_owned();
    let again = org.request(Method::GET, "sobjects/Account/describe").header(IF_MODIFIED_SINCE, seen);
    let again = again.send().await.unwrap();
    let older = "Sat, 01 Nov 2025 00:00:00 GMT";
    let changed = org.request(Method::GET, "sobjects/Account/describe").header(IF_MODIFIED_SINCE, older);

    assert_eq!(first.json()["name"], "Account");
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(changed.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn the_small_resources_answer() {
    let org = TestOrg::start();

    assert_eq!(org.get("").await.json()["query"], "/services/data/v66.0/query");
    let info = org.get("sobjects/account/").await.json();
    assert_eq!((&info["objectDescribe"]["name"], &info["recentItems"]), (&json!("Account"), &json!([])));
    let counts = org.get("limits/recordCount?sObjects=account,Contact").await.json();
    let expected = json!([{ "count": 200, "name": "Account" }, { "count": 600, "name": "Contact" }]);
    assert_eq!(counts["sObjects"], expected);
    assert_eq!(org.get("actions").await.json()["standard"], "/services/data/v66.0/actions/standard");
    assert_eq!(org.get("actions/standard").await.json(), json!({ "actions": [] }));
    let head = org.request(Method::HEAD, "limits").send().await.unwrap();
    assert_eq!(
        (head.status(), head.headers()["content-type"].to_str().unwrap()),
        (StatusCode::OK, "application/json;charset=UTF-8")
    );
}

#[tokio::test]
async fn a_record_is_read_by_id_and_fields() {
    let org = TestOrg::start();
    let id = org.query("SELECT Id FROM Account LIMIT 1").await.json()["records"][0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();

    let whole = org.get(&format!("sobjects/account/{}", &id[..15])).await.json();
    assert_eq!((&whole["Id"], &whole["attributes"]["type"]), (&json!(id), &json!("Account")));
    assert!(whole["BillingAddress"].is_object() || whole["BillingAddress"].is_null());
    let chosen = org.get(&format!("sobjects/Account/{id}?fields=name")).await.json();
    assert_eq!(chosen.as_object().unwrap().keys().collect::<Vec<_>>(), ["Id", "Name", "attributes"]);
    let by_key = org.get(&format!("sobjects/Account/Id/{id}")).await.json();
    assert_eq!(by_key["Id"], json!(id));

    let unknown = org.get(&format!("sobjects/Account/{id}?fields=Nome")).await;
    assert_eq!(unknown.error(), (400, "INVALID_FIELD".to_owned()));
    assert_eq!(unknown.message(), "No such column 'Nome' on sobject of type Account");
    assert_eq!(org.get("sobjects/Account/nonsense").await.error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(org.get("sobjects/Account/001000000000000AAA").await.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn a_deleted_record_says_so() {
    let org = TestOrg::start();
    let id = org.query("SELECT Id FROM Account LIMIT 1").await.json()["records"][0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();

    org.control(Method::POST, "/records", json!({ "sobject": "Account", "op": "delete", "ids": [id] })).await;

    assert_eq!(
        org.get(&format!("sobjects/Account/{id}")).await.error(),
        (404, "ENTITY_IS_DELETED".to_owned())
    );
}

#[tokio::test]
async fn replication_tells_what_changed_and_what_went() {
    let org = TestOrg::start();
    let ids = org.query("SELECT Id FROM Account ORDER BY Id LIMIT 3").await.json();
    let ids: Vec<_> = (0..3).map(|index| ids["records"][index]["Id"].clone()).collect();
    let change =
        |op, id| json!({ "sobject": "Account", "op": op, "ids": [id], "fields": { "Name": "Changed" } });

    org.control(Method::POST, "/records", change("update", &ids[0])).await;
    org.control(Method::POST, "/records", change("delete", &ids[1])).await;
    org.simulator.clock().advance(120_000);

    let window = "start=2026-11-21T22:00:00Z&end=2026-11-21T22:06:30%2B00:00";
    let updated = org.get(&format!("sobjects/Account/updated/?{window}")).await.json();
    assert_eq!(updated, json!({ "ids": [ids[0]], "latestDateCovered": "2026-11-21T22:06:00.000+0000" }));
    let deleted = org.get(&format!("sobjects/Account/deleted?{window}")).await.json();
    assert_eq!(deleted["deletedRecords"][0]["id"], ids[1]);
    assert_eq!(deleted["earliestDateAvailable"], "2026-11-06T22:06:00.000+0000");

    org.control(Method::POST, "/replication", json!({ "covered_until_ms": NOW_MS })).await;
    let held = org.get(&format!("sobjects/Account/updated/?{window}")).await.json();
    assert_eq!(held["latestDateCovered"], "2026-11-21T22:04:00.000+0000");
}

#[tokio::test]
async fn replication_refuses_bad_windows() {
    let org = TestOrg::start();
    let cases = [
        ("start=2026-11-21T22:00:10Z&end=2026-11-21T22:00:50Z", "INVALID_REPLICATION_DATE"),
        ("start=2026-10-01T22:00:00Z&end=2026-11-21T22:00:00Z", "INVALID_REPLICATION_DATE"),
        ("start=yesterday&end=2026-11-21T22:00:00Z", "INVALID_REPLICATION_DATE"),
        ("start=2026-11-21T22:00:00Z", "MISSING_ARGUMENT"),
    ];

    for (window, code) in cases {
        let answer = org.get(&format!("sobjects/Account/updated/?{window}")).await;
        assert_eq!(answer.error(), (400, code.to_owned()), "{window}");
    }
    let long_ago =
        org.get("sobjects/Account/deleted/?start=2026-11-01T00:00:00Z&end=2026-11-21T00:00:00Z").await;
    assert_eq!(long_ago.error(), (400, "INVALID_REPLICATION_DATE".to_owned()));
}
