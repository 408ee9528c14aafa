//! Calls sent together: composite, batch, tree and graph.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::TestOrg;

const DATA: &str = "/services/data/v66.0";

fn part(method: &str, path: &str, reference_id: &str, body: Value) -> Value {
    json!({ "method": method, "url": format!("{DATA}/{path}"), "referenceId": reference_id, "body": body })
}

async fn count(org: &TestOrg, soql: &str) -> u64 {
    org.query(&format!("SELECT COUNT() FROM {soql}")).await.json()["totalSize"].as_u64().unwrap()
}

#[tokio::test]
async fn later_calls_use_what_earlier_ones_answered() {
    let org = TestOrg::start();
    let parts = json!([
        part("POST", "sobjects/Account", "acc", json!({ "Name": "Composite" })),
        part("POST", "sobjects/Contact", "con", json!({ "LastName": "Lock", "AccountId": "@{acc.id}" })),
        part("GET", "sobjects/Contact/@{con.id}?fields=AccountId", "read", Value::Null),
        part("GET", "query?q=SELECT+Id,Name+FROM+Account+WHERE+Id='@{acc.id}'", "found", Value::Null),
        part(
            "PATCH",
            "sobjects/Account/@{found.records[0].Id}",
            "patch",
            json!({ "Site": "@{found.records[0].Name}" })
        ),
    ]);

    let answer = org.post("composite", json!({ "compositeRequest": parts })).await;

    assert_eq!(answer.status, StatusCode::OK);
    let parts = &answer.json()["compositeResponse"];
    let id = parts[0]["body"]["id"].as_str().unwrap();
    let expected = json!({
        "body": { "id": id, "success": true, "errors": [] },
        "httpHeaders": { "Location": format!("{DATA}/sobjects/Account/{id}") },
        "httpStatusCode": 201,
        "referenceId": "acc",
    });
    assert_eq!(parts[0], expected);
    assert_eq!(parts[2]["body"]["AccountId"], json!(id));
    assert_eq!(
        parts[4],
        json!({ "body": null, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": "patch" })
    );
    assert_eq!(org.record("Account", id).await["Site"], "Composite");
    assert_eq!(answer.header("sforce-limit-info"), "api-usage=1/15000");
    assert!(answer.text.starts_with(r#"{"compositeResponse":[{"body":{"id":"#), "{}", answer.text);
}

#[tokio::test]
async fn a_call_without_what_it_refers_to_is_halted() {
    let org = TestOrg::start();
    let parts = json!([
        part("POST", "sobjects/Account", "bad", json!({})),
        part("POST", "sobjects/Contact", "con", json!({ "LastName": "x", "AccountId": "@{bad.id}" })),
        part("POST", "sobjects/Account", "good", json!({ "Name": "Composite" })),
    ]);

    let answer = org.post("composite", json!({ "allOrNone": false, "compositeRequest": parts })).await.json();

    let parts = &answer["compositeResponse"];
    assert_eq!(
        (&parts[0]["httpStatusCode"], &parts[0]["body"][0]["errorCode"]),
        (&json!(400), &json!("REQUIRED_FIELD_MISSING"))
    );
    let halted = json!([{ "message": "Invalid reference specified. No value for bad.id found in bad", "errorCode": "PROCESSING_HALTED" }]);
    assert_eq!((&parts[1]["httpStatusCode"], &parts[1]["body"]), (&json!(400), &halted));
    assert_eq!(parts[2]["httpStatusCode"], 201);
}

#[tokio::test]
async fn all_or_none_undoes_everything() {
    let org = TestOrg::start();
    let collection = json!({ "records": [{ "attributes": { "type": "Account" } }] });
    for (last, own_status, own_body) in [
        (part("POST", "sobjects/Account", "last", json!({})), 400, "REQUIRED_FIELD_MISSING"),
        (part("POST", "composite/sobjects", "last", collection), 200, "REQUIRED_FIELD_MISSING"),
    ] {
        let parts = json!([
            part("POST", "sobjects/Account", "one", json!({ "Name": "Undone" })),
            part("GET", "query?q=SELECT+COUNT()+FROM+Account+WHERE+Name='Undone'", "seen", Value::Null),
            last,
            part("POST", "sobjects/Account", "never", json!({ "Name": "Undone" })),
        ]);

        let answer =
            org.post("composite", json!({ "allOrNone": true, "compositeRequest": parts })).await.json();

        let parts = &answer["compositeResponse"];
        let halted = json!([{
            "message": "The transaction was rolled back since another operation in the same transaction failed.",
            "errorCode": "PROCESSING_HALTED",
        }]);
        for at in [0, 1, 3] {
            assert_eq!((&parts[at]["httpStatusCode"], &parts[at]["body"]), (&json!(400), &halted));
        }
        assert_eq!(parts[2]["httpStatusCode"], own_status);
        assert!(parts[2]["body"].to_string().contains(own_body), "{}", parts[2]);
        assert_eq!(count(&org, "Account WHERE Name = 'Undone'").await, 0);
    }
}

#[tokio::test]
async fn composite_bodies_are_looked_at_first() {
    let org = TestOrg::start();
    let one = |id: &str| part("GET", "limits", id, Value::Null);
    let many: Vec<Value> = (0..26).map(|at| one(&format!("r{at}"))).collect();
    let queries: Vec<Value> =
        (0..6).map(|at| part("GET", "query?q=x", &format!("r{at}"), Value::Null)).collect();
    let cases = [
        (json!(many), "LIMIT_EXCEEDED"),
        (json!(queries), "LIMIT_EXCEEDED"),
        (json!([one("a"), one("a")]), "JSON_PARSER_ERROR"),
        (json!([one("a-b")]), "JSON_PARSER_ERROR"),
        (json!([{ "method": "GET", "url": "x" }]), "JSON_PARSER_ERROR"),
        (json!("x"), "JSON_PARSER_ERROR"),
    ];

    for (parts, code) in cases {
        let answer = org.post("composite", json!({ "compositeRequest": parts })).await;
        assert_eq!(answer.error(), (400, code.to_owned()), "{parts}");
    }
    let nested =
        json!([part("POST", "composite/batch", "a", json!({})), part("GET", "../v1.0/x", "b", Value::Null)]);
    let nested = org.post("composite", json!({ "compositeRequest": nested })).await.json();
    assert_eq!(nested["compositeResponse"][0]["httpStatusCode"], 400);
    assert_eq!(nested["compositeResponse"][1]["httpStatusCode"], 404);
}

#[tokio::test]
async fn a_batch_runs_calls_of_their_own() {
    let org = TestOrg::start();
    let id = org.create("Account", json!({ "Name": "Batch" })).await;
    let parts = json!([
        { "method": "PATCH", "url": format!("v66.0/sobjects/Account/{id}"), "richInput": { "Name": "Batched" } },
        { "method": "GET", "url": format!("v50.0/sobjects/Account/{id}?fields=Name") },
        { "method": "GET", "url": "v66.0/sobjects/Nothing" },
        { "method": "GET", "url": "/services/data/v66.0/limits" },
    ]);

    let all = org.post("composite/batch", json!({ "batchRequests": parts })).await;
    let halted =
        org.post("composite/batch", json!({ "haltOnError": true, "batchRequests": parts })).await.json();

    let body = all.json();
    assert!(
        all.text.starts_with(r#"{"hasErrors":true,"results":[{"statusCode":204,"result":null},"#),
        "{}",
        all.text
    );
    assert_eq!(body["results"][1]["result"]["Name"], "Batched");
    assert!(
        body["results"][1]["result"]["attributes"]["url"]
            .as_str()
            .unwrap()
            .starts_with("/services/data/v50.0/")
    );
    assert_eq!(
        (&body["results"][2]["statusCode"], &body["results"][3]["statusCode"]),
        (&json!(404), &json!(200))
    );
    let error =
        json!([{ "message": "Batch processing halted per request", "errorCode": "BATCH_PROCESSING_HALTED" }]);
    assert_eq!(halted["results"][3], json!({ "statusCode": 412, "result": error }));
    let many: Vec<Value> = (0..26).map(|_| json!({ "method": "GET", "url": "v66.0/limits" })).collect();
    let many = org.post("composite/batch", json!({ "batchRequests": many })).await;
    assert_eq!(many.error(), (400, "LIMIT_EXCEEDED".to_owned()));
}

fn tree(email: &str) -> Value {
    let contact = |reference: &str, email: &str| json!({ "attributes": { "type": "Contact", "referenceId": reference }, "LastName": "Lock", "Email": email });
    json!({ "records": [
        {
            "attributes": { "type": "Account", "referenceId": "ref1" },
            "Name": "Tree",
            "Contacts": { "records": [contact("ref2", "a@lockside.example"), contact("ref3", email)] },
        },
        { "attributes": { "type": "Account", "referenceId": "ref4" }, "Name": "Tree" },
    ] })
}

#[tokio::test]
async fn a_tree_is_created_with_its_children() {
    let org = TestOrg::start();

    let answer = org.post("composite/tree/Account", tree("b@lockside.example")).await;

    assert_eq!(answer.status, StatusCode::CREATED);
    let body = answer.json();
    let references: Vec<_> =
        body["results"].as_array().unwrap().iter().map(|result| result["referenceId"].clone()).collect();
    assert_eq!(json!(references), json!(["ref1", "ref4", "ref2", "ref3"]));
    assert!(
        answer.text.starts_with(r#"{"hasErrors":false,"results":[{"referenceId":"ref1","id":"001"#),
        "{}",
        answer.text
    );
    let contact = org.record("Contact", body["results"][2]["id"].as_str().unwrap()).await;
    assert_eq!(contact["AccountId"], body["results"][0]["id"]);
}

#[tokio::test]
async fn a_tree_with_an_error_is_not_created() {
    let org = TestOrg::start();

    let answer = org.post("composite/tree/Account/", tree("nobody")).await;

    let expected = json!({ "hasErrors": true, "results": [{
        "referenceId": "ref3",
        "errors": [{ "statusCode": "INVALID_EMAIL_ADDRESS", "message": "Email: invalid email address: nobody", "fields": ["Email"] }],
    }] });
    assert_eq!((answer.status, answer.json()), (StatusCode::BAD_REQUEST, expected));
    assert_eq!(count(&org, "Account WHERE Name = 'Tree'").await, 0);
    let mut twice = tree("b@lockside.example");
    twice["records"][1]["attributes"]["referenceId"] = json!("ref1");
    assert_eq!(org.post("composite/tree/Account", twice).await.error(), (400, "INVALID_INPUT".to_owned()));
}

#[tokio::test]
async fn graphs_succeed_or_fail_each_for_itself() {
    let org = TestOrg::start();
    let graph = |id: &str, last_name: Value| {
        json!({ "graphId": id, "compositeRequest": [
            part("POST", "sobjects/Account", "acc", json!({ "Name": "Graph" })),
            part("POST", "sobjects/Contact", "con", json!({ "LastName": last_name, "AccountId": "@{acc.id}" })),
        ] })
    };

    let body = json!({ "graphs": [graph("1", json!("Lock")), graph("2", Value::Null)] });
    let answer = org.post("composite/graph", body).await.json();

    let (good, bad) = (&answer["graphs"][0], &answer["graphs"][1]);
    assert_eq!((&good["graphId"], &good["isSuccessful"]), (&json!("1"), &json!(true)));
    assert_eq!(good["graphResponse"]["compositeResponse"][1]["httpStatusCode"], 201);
    assert_eq!((&bad["graphId"], &bad["isSuccessful"]), (&json!("2"), &json!(false)));
    let parts = &bad["graphResponse"]["compositeResponse"];
    assert_eq!(parts[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(parts[1]["body"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(count(&org, "Account WHERE Name = 'Graph'").await, 1);
}

#[tokio::test]
async fn resources_are_there_from_the_version_that_brought_them() {
    let org = TestOrg::start();

    let listed = org.get("composite").await.json();
    assert_eq!(listed["tree"], "/services/data/v66.0/composite/tree");
    for path in [
        "v49.0/composite/graph",
        "v41.0/composite/sobjects",
        "v45.0/composite/sobjects/Account/Id",
        "v40.0/jobs/ingest",
    ] {
        let answer = org.post(&format!("/services/data/{path}"), json!({})).await;
        assert_eq!(answer.error(), (404, "NOT_FOUND".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_graph_has_fifteen_levels() {
    let org = TestOrg::start();
    let graph = |levels: usize| {
        let part = |level: usize| {
            let parent = (level > 0).then(|| format!("@{{ref{}.id}}", level - 1));
            let body = json!({ "Name": format!("Level {level}"), "ParentId": parent });
            let url = "/services/data/v66.0/sobjects/Account/";
            json!({ "method": "POST", "url": url, "referenceId": format!("ref{level}"), "body": body })
        };
        let parts: Vec<Value> = (0..levels).map(part).collect();
        json!({ "graphs": [{ "graphId": "one", "compositeRequest": parts }] })
    };

    let deep = org.post("composite/graph", graph(15)).await;
    let too_deep = org.post("composite/graph", graph(16)).await;

    assert_eq!(deep.json()["graphs"][0]["isSuccessful"], true, "{}", deep.text);
    assert_eq!(too_deep.error(), (400, "LIMIT_EXCEEDED".to_owned()));
}
