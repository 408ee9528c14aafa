//! Recently used records and query plans.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn records_that_were_written_are_recent() {
    let org = TestOrg::start();
    assert_eq!(org.get("recent").await.json(), json!([]));
    let first = org.create("Account", json!({ "Name": "Lockside" })).await;
    org.create("Contact", json!({ "LastName": "Weir" })).await;
    org.create("Account", json!({ "Name": "Towrope" })).await;

    org.send(Method::PATCH, &format!("sobjects/Account/{first}"), Some(json!({ "Industry": "Energy" })))
        .await;

    let recent = org.get("recent").await.json();
    assert_eq!(names(&recent), ["Lockside", "Towrope", "Weir"]);
    assert_eq!(
        recent[0],
        json!({
            "attributes": { "type": "Account", "url": format!("/services/data/v66.0/sobjects/Account/{first}") },
            "Id": first,
            "Name": "Lockside",
        })
    );
    assert_eq!(names(&org.get("recent/?limit=1").await.json()), ["Lockside"]);
    let info = org.get("sobjects/Account").await.json();
    assert_eq!(names(&info["recentItems"]), ["Lockside", "Towrope"]);
    org.send(Method::DELETE, &format!("sobjects/Account/{first}"), None).await;
    assert_eq!(names(&org.get("recent").await.json()), ["Towrope", "Weir"]);
}

#[tokio::test]
async fn a_header_leaves_the_list_as_it_is() {
    let org = TestOrg::start();
    let body = json!({ "Name": "Quiet" });

    let create =
        org.request(Method::POST, "sobjects/Account").header("Sforce-Mru", "updateMru=false").json(&body);

    assert_eq!(create.send().await.unwrap().status(), StatusCode::CREATED);
    assert_eq!(org.get("recent").await.json(), json!([]));
}

#[tokio::test]
async fn what_is_queried_to_be_viewed_is_recent() {
    let org = TestOrg::start();

    let viewed = org.query("SELECT Id FROM Account ORDER BY Id LIMIT 2 FOR VIEW").await.json();

    let seen = org.query("SELECT Id, Name, Type FROM RecentlyViewed").await.json();
    assert_eq!(seen["totalSize"], 2);
    assert_eq!(seen["records"][0]["Type"], "Account");
    assert_eq!(seen["records"][0]["Id"], viewed["records"][0]["Id"]);
    let recent = org.get("recent").await.json();
    assert_eq!(recent[0]["Id"], viewed["records"][0]["Id"]);
}

async fn explain(org: &TestOrg, soql: &str) -> Answer {
    let request = org.request(Method::GET, "query/").query(&[("explain", soql)]);
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn queries_are_explained() {
    let org = TestOrg::start();
    let id = org.query("SELECT Id FROM Account LIMIT 1").await.json()["records"][0]["Id"].clone();
    let soql =
        format!("SELECT Name FROM Account WHERE Id = '{}' AND Industry = 'Energy'", id.as_str().unwrap());

    let body = explain(&org, &soql).await.json();

    assert_eq!(body["sourceQuery"], soql);
    let plans = body["plans"].as_array().unwrap();
    assert_eq!(plans.len(), 2);
    assert_eq!(
        (&plans[0]["leadingOperationType"], &plans[0]["fields"], &plans[0]["cardinality"]),
        (&json!("Index"), &json!(["Id"]), &json!(1))
    );
    assert_eq!(plans[1]["leadingOperationType"], "TableScan");
    assert_eq!((&plans[1]["sobjectType"], &plans[1]["sobjectCardinality"]), (&json!("Account"), &json!(200)));
    assert_eq!(
        plans[0]["notes"],
        json!([
            { "description": "Not considering filter for optimization because unindexed", "fields": ["Industry"], "tableEnumOrId": "Account" },
            { "description": "Not considering filter for optimization because unindexed", "fields": ["IsDeleted"], "tableEnumOrId": "Account" },
        ])
    );
    assert!(plans[0]["relativeCost"].as_f64().unwrap() < 1.0);
}

#[tokio::test]
async fn list_views_are_explained_by_their_ids() {
    let org = TestOrg::start();
    let views = org.get("sobjects/Account/listviews").await.json();

    for view in views["listviews"].as_array().unwrap() {
        let described = org.get(view["describeUrl"].as_str().unwrap()).await.json();
        let body = explain(&org, view["id"].as_str().unwrap()).await.json();
        assert_eq!(body["sourceQuery"], described["query"]);
        assert_eq!(body["plans"][0]["sobjectType"], "Account");
    }
}

#[tokio::test]
async fn what_cannot_be_explained_is_refused() {
    let org = TestOrg::start();

    assert_eq!(explain(&org, "SELECT x FROM Account").await.error(), (400, "INVALID_FIELD".to_owned()));
    let list_view = explain(&org, "00BD0000005WcBeMAK").await;
    assert_eq!(list_view.error(), (400, "INVALID_CROSS_REFERENCE_KEY".to_owned()));
    let empty = org.get("query").await;
    assert_eq!(empty.error(), (400, "MALFORMED_QUERY".to_owned()));
}

#[tokio::test]
async fn when_a_record_was_viewed_is_told_to_who_viewed_it() {
    let org = TestOrg::start();
    let person = org.person("Standard User").await;
    let id = org.create("Account", json!({ "Name": "Lockside" })).await;
    let soql = format!("SELECT LastViewedDate, LastReferencedDate FROM Account WHERE Id = '{id}'");
    let stamps = || async {
        let soql = format!("SELECT SystemModstamp FROM Account WHERE Id = '{id}'");
        org.query(&soql).await.json()["records"][0]["SystemModstamp"].clone()
    };
    let before = stamps().await;

    org.query(&format!("{soql} FOR VIEW")).await;
    org.query_as(&person, &format!("{soql} FOR REFERENCE")).await;

    let own = org.query(&soql).await.json()["records"][0].clone();
    assert!(own["LastViewedDate"].is_string() && own["LastReferencedDate"].is_string(), "{own}");
    let others = org.query_as(&person, &soql).await.json()["records"][0].clone();
    assert!(others["LastViewedDate"].is_null() && others["LastReferencedDate"].is_string(), "{others}");
    let path = format!("sobjects/Account/{id}?fields=LastViewedDate");
    assert!(org.get(&path).await.json()["LastViewedDate"].is_string());
    assert!(org.get_as(&person.token, &path).await.json()["LastViewedDate"].is_null());
    let soql = "SELECT Id FROM Account WHERE LastViewedDate != null";
    assert_eq!(org.query(soql).await.json()["totalSize"], 1);
    assert_eq!(org.query_as(&person, soql).await.json()["totalSize"], 0);
    assert_eq!(stamps().await, before);
}
