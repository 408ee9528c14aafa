//! The control API.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Answer, NOW_MS, TestOrg};

#[tokio::test]
async fn only_who_has_the_token_and_is_no_web_page_gets_in() {
    let org = TestOrg::start();
    let url = format!("{}/counters", org.line.control_url);

    for (token, origin, status) in [
        (None, None, StatusCode::FORBIDDEN),
        (Some("nonsense"), None, StatusCode::FORBIDDEN),
        (Some(org.line.control_token.as_str()), Some("http://localhost"), StatusCode::FORBIDDEN),
        (Some(org.line.control_token.as_str()), None, StatusCode::OK),
    ] {
        let mut request = org.http.get(&url);
        if let Some(token) = token {
            request = request.header("X-Orgsim-Token", token);
        }
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        assert_eq!(request.send().await.unwrap().status(), status, "{token:?} {origin:?}");
    }
}

#[tokio::test]
async fn the_home_page_is_for_this_machine() {
    let org = TestOrg::start();

    let home = Answer::read(org.http.get(org.url("/")).send().await.unwrap()).await;
    let renamed = org.http.get(org.url("/")).header("Host", "rebound.example").send().await.unwrap();

    assert!(home.text.contains(&org.line.password) && home.text.contains(&org.line.client_id));
    assert_eq!(renamed.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn records_are_created_changed_deleted_and_brought_back() {
    let org = TestOrg::start();
    let change = |op: &str, ids: serde_json::Value, fields| json!({ "sobject": "Account", "op": op, "ids": ids, "fields": fields });

    let fields = json!({ "Name": "Lockside Mills", "NumberOfEmployees": 40, "AnnualRevenue": 1250000.50 });
    let created = org.control(Method::POST, "/records", change("create", json!([]), fields)).await.json();
    let id = created["ids"][0].clone();
    let text = id.as_str().unwrap();
    org.simulator.clock().advance(60_000);
    org.control(
        Method::POST,
        "/records",
        change("update", json!([id]), json!({ "Name": null, "Phone": "1" })),
    )
    .await;
    let record = org.get(&format!("sobjects/Account/{text}?fields=Name,Phone,AnnualRevenue")).await.json();
    assert_eq!(
        (&record["Name"], &record["Phone"], &record["AnnualRevenue"]),
        (&json!(null), &json!("1"), &json!(1250000.5))
    );

    org.control(Method::POST, "/records", change("delete", json!([id]), json!({}))).await;
    org.control(Method::POST, "/records", change("undelete", json!([id]), json!({}))).await;
    assert_eq!(org.get(&format!("sobjects/Account/{text}")).await.status, StatusCode::OK);
    org.control(Method::POST, "/records", change("purge", json!([id]), json!({}))).await;
    assert_eq!(org.get(&format!("sobjects/Account/{text}")).await.error(), (404, "NOT_FOUND".to_owned()));

    let wrong =
        org.control(Method::POST, "/records", change("create", json!([]), json!({ "Nome": "x" }))).await;
    assert_eq!(wrong.error(), (400, "INVALID_FIELD".to_owned()));
}

#[tokio::test]
async fn records_are_changed_by_the_rules_where_that_is_asked() {
    let org = TestOrg::start();
    let change = |sobject: &str, op: &str, ids: serde_json::Value, fields| json!({ "sobject": sobject, "op": op, "ids": ids, "fields": fields, "by_rules": true });
    let send = async |body| org.control(Method::POST, "/records", body).await;

    let account = send(change("Account", "create", json!([]), json!({ "Name": "Lockside" }))).await.json();
    let fields = json!({ "LastName": "Lock", "AccountId": account["ids"][0] });
    let contact = send(change("Contact", "create", json!([]), fields)).await.json();
    let contact = contact["ids"][0].as_str().unwrap().to_owned();
    let nameless = send(change("Account", "update", account["ids"].clone(), json!({ "Name": null }))).await;
    send(change("Account", "delete", account["ids"].clone(), json!({}))).await;
    let gone = org.get(&format!("sobjects/Contact/{contact}")).await;
    send(change("Account", "undelete", account["ids"].clone(), json!({}))).await;
    let back = org.get(&format!("sobjects/Contact/{contact}")).await;

    assert_eq!(nameless.error(), (400, "REQUIRED_FIELD_MISSING".to_owned()));
    assert_eq!(gone.error(), (404, "ENTITY_IS_DELETED".to_owned()));
    assert_eq!(back.status, StatusCode::OK);
}

#[tokio::test]
async fn the_hash_follows_the_records() {
    let org = TestOrg::start();
    let hash = async |query: &str| {
        org.control(Method::GET, &format!("/hash?sobject=Account{query}"), json!({})).await.json()
    };

    let before = hash("").await;
    let names = hash("&fields=Name").await;
    let some = hash("&where=Name%20!=%20null%20AND%20Industry%20=%20null").await;
    org.control(
        Method::POST,
        "/mutate",
        json!({ "sobject": "Account", "created": 3, "updated": 2, "deleted": 1, "seed": 7 }),
    )
    .await;
    let after = hash("").await;

    assert_eq!((&before["rows"], &after["rows"]), (&json!(200), &json!(202)));
    assert_ne!(before["hash"], after["hash"]);
    assert_ne!(before["hash"], names["hash"]);
    assert_eq!(before["hash"].as_str().unwrap().len(), 32);
    assert!(some["rows"].as_u64().unwrap() < 200);
}

#[tokio::test]
async fn counters_and_log_tell_what_was_asked() {
    let org = TestOrg::start();

    org.get("limits").await;
    org.get("query?q=SELECT+Id+FROM+Account").await;
    let counters = org.control(Method::GET, "/counters", json!({})).await.json();
    let log = org.control(Method::GET, "/log?limit=2", json!({})).await.json();
    org.control(Method::POST, "/counters/reset", json!({})).await;

    assert_eq!((&counters["requests"]["limits"], &counters["rows"]["Account"]), (&json!(1), &json!(200)));
    assert_eq!(counters["api_calls"], 2);
    assert_eq!((&log[0]["kind"], &log[0]["path"]), (&json!("control"), &json!("/__orgsim/counters")));
    assert_eq!(org.simulator.counters().api_calls, 0);
}

#[tokio::test]
async fn the_clock_is_the_tests() {
    let org = TestOrg::start();

    let set = org.control(Method::POST, "/clock", json!({ "now_ms": NOW_MS + 3_600_000 })).await.json();
    let moved = org.control(Method::POST, "/clock", json!({ "advance_ms": 60_000 })).await.json();
    let neither = org.control(Method::POST, "/clock", json!({})).await;

    let (set, moved) = (set["now_ms"].as_i64().unwrap(), moved["now_ms"].as_i64().unwrap());
    assert!((NOW_MS + 3_600_000..NOW_MS + 3_610_000).contains(&set));
    assert!((set + 60_000..set + 70_000).contains(&moved));
    assert_eq!(neither.status, StatusCode::BAD_REQUEST);
}
