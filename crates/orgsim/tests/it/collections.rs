//! Many records in one call.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::TestOrg;

fn account(name: &str) -> Value {
    json!({ "attributes": { "type": "Account" }, "Name": name })
}

fn rows(records: &[Value]) -> Value {
    json!({ "allOrNone": false, "records": records })
}

async fn count(org: &TestOrg, condition: &str) -> u64 {
    let answer = org.query(&format!("SELECT COUNT() FROM Account WHERE {condition}")).await.json();
    answer["totalSize"].as_u64().unwrap()
}

#[tokio::test]
async fn every_row_is_told_in_its_place() {
    let org = TestOrg::start();
    let long = json!({ "attributes": { "type": "account" }, "name": "x", "DunsNumber": "1234567890" });
    let records = [account("One"), account(""), account("Two"), long];

    let answer = org.post("composite/sobjects", rows(&records)).await;

    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    let (one, two) = (body[0]["id"].as_str().unwrap(), body[2]["id"].as_str().unwrap());
    let expected = format!(
        concat!(
            r#"[{{"id":"{}","success":true,"errors":[]}},"#,
            r#"{{"success":false,"errors":[{{"statusCode":"REQUIRED_FIELD_MISSING","message":"Required fields are missing: [Name]","fields":["Name"]}}]}},"#,
            r#"{{"id":"{}","success":true,"errors":[]}},"#,
            r#"{{"success":false,"errors":[{{"statusCode":"STRING_TOO_LONG","message":"D-U-N-S Number: data value too large: 1234567890 (max length=9)","fields":["DunsNumber"]}}]}}]"#
        ),
        one, two
    );
    assert_eq!(answer.text, expected);
    assert_eq!(org.record("Account", two).await["Name"], "Two");
}

#[tokio::test]
async fn all_or_none_saves_all_or_none() {
    let org = TestOrg::start();
    let body = json!({ "allOrNone": true, "records": [account("AON 1"), account(""), account("AON 2")] });

    let answer = org.post("composite/sobjects", body).await.json();

    let rolled_back = json!({ "success": false, "errors": [{
        "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
        "fields": [],
    }] });
    assert_eq!((&answer[0], &answer[2]), (&rolled_back, &rolled_back));
    assert_eq!(answer[1]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(count(&org, "Name LIKE 'AON%'").await, 0);
}

#[tokio::test]
async fn rows_are_updated_by_id() {
    let org = TestOrg::start();
    let id = org.create("Account", json!({ "Name": "One" })).await;
    let contact = org.create("Contact", json!({ "LastName": "Lock" })).await;
    let gone = org.create("Account", json!({ "Name": "x" })).await;
    org.delete(&format!("sobjects/Account/{gone}")).await;
    let row = |id: &str| json!({ "attributes": { "type": "Account" }, "id": id, "NumberOfEmployees": "7" });

    let records =
        [row(&id), row(&contact), row("nonsense"), row("001000000000000AAA"), row(&gone), account("x")];
    let answer = org.patch("composite/sobjects", rows(&records)).await.json();

    assert_eq!(answer[0], json!({ "id": id, "success": true, "errors": [] }));
    let errors: Vec<_> = (1..6).map(|at| answer[at]["errors"][0].clone()).collect();
    let malformed = |id: &str| json!({ "statusCode": "MALFORMED_ID", "message": format!("Account ID: id value of incorrect type: {id}"), "fields": ["Id"] });
    assert_eq!(errors[0], malformed(&contact));
    assert_eq!(errors[1], malformed("nonsense"));
    assert_eq!(errors[2]["statusCode"], "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(
        errors[3],
        json!({ "statusCode": "ENTITY_IS_DELETED", "message": "entity is deleted", "fields": [] })
    );
    assert_eq!(errors[4]["message"], "Id not specified in an update call");
    assert_eq!(org.record("Account", &id).await["NumberOfEmployees"], 7);
}

#[tokio::test]
async fn rows_are_upserted_by_key() {
    let org = TestOrg::start();
    let row = |key: Value, name: &str| json!({ "attributes": { "type": "Account" }, "External_Id__c": key, "Name": name });

    let first = rows(&[row(json!("K-1"), "One"), row(json!("K-2"), "Two")]);
    let first = org.patch("composite/sobjects/account/external_id__c", first).await.json();
    let again = rows(&[
        row(json!("k-1"), "Uno"),
        row(json!("K-3"), "a"),
        row(json!("k-3"), "b"),
        row(Value::Null, "c"),
    ]);
    let again = org.patch("composite/sobjects/Account/External_Id__c", again).await.json();

    assert_eq!((&first[0]["created"], &first[1]["created"]), (&json!(true), &json!(true)));
    assert_eq!(again[0], json!({ "id": first[0]["id"], "success": true, "errors": [], "created": false }));
    for at in [1, 2] {
        assert_eq!(again[at]["errors"][0]["statusCode"], "DUPLICATE_VALUE");
    }
    assert_eq!(again[1]["errors"][0]["message"], "Duplicate external id specified: K-3");
    assert_eq!(again[3]["errors"][0]["statusCode"], "MISSING_ARGUMENT");
    assert_eq!(count(&org, "External_Id__c LIKE 'K-%'").await, 2);
    let unknown = org.patch("composite/sobjects/Account/Phone", rows(&[])).await;
    assert_eq!(unknown.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn an_upsert_by_id_creates_rows_without_one() {
    let org = TestOrg::start();
    let id = org.create("Account", json!({ "Name": "One" })).await;
    let row = |id: Value| json!({ "attributes": { "type": "Account" }, "Id": id, "Name": "Row" });

    let records = [row(json!(id)), row(Value::Null), row(json!("001000000000000AAA")), row(json!("x"))];
    let answer = org.patch("composite/sobjects/Account/Id", rows(&records)).await.json();

    assert_eq!((&answer[0]["id"], &answer[0]["created"]), (&json!(id), &json!(false)));
    assert_eq!((&answer[1]["success"], &answer[1]["created"]), (&json!(true), &json!(true)));
    assert_eq!(answer[2]["errors"][0]["statusCode"], "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(answer[3]["errors"][0]["statusCode"], "MALFORMED_ID");
    assert_eq!(count(&org, "Name = 'Row'").await, 2);
}

#[tokio::test]
async fn an_upsert_by_email_finds_one_or_says_that_there_are_several() {
    let org = TestOrg::start();
    let row =
        |email: &str| json!({ "attributes": { "type": "Contact" }, "LastName": "Lock", "Email": email });
    let seeds = [row("one@lockside.example"), row("two@lockside.example"), row("two@lockside.example")];
    org.post("composite/sobjects", rows(&seeds)).await;

    let records = [row("ONE@lockside.example"), row("Two@lockside.example"), row("new@lockside.example")];
    let answer = org.patch("composite/sobjects/Contact/Email", rows(&records)).await.json();

    assert_eq!((&answer[0]["created"], &answer[2]["created"]), (&json!(false), &json!(true)));
    let error = &answer[1]["errors"][0];
    assert_eq!(error["statusCode"], "DUPLICATE_EXTERNAL_ID");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("Email: more than one record found for external id field: [003")
    );
}

#[tokio::test]
async fn rows_are_deleted_by_id() {
    let org = TestOrg::start();
    let (one, two) = (
        org.create("Account", json!({ "Name": "1" })).await,
        org.create("Contact", json!({ "LastName": "2" })).await,
    );

    let refused = org.delete(&format!("composite/sobjects?ids={one},nonsense&allOrNone=true")).await.json();
    let done = org.delete(&format!("composite/sobjects?ids={one},{two},{one}")).await.json();

    assert_eq!(refused[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(
        refused[1]["errors"],
        json!([{ "statusCode": "MALFORMED_ID", "message": "malformed id nonsense", "fields": ["Id"] }])
    );
    assert_eq!(done[0], json!({ "id": one, "success": true, "errors": [] }));
    assert_eq!(done[1]["id"], json!(two));
    assert_eq!(done[2]["errors"][0]["statusCode"], "ENTITY_IS_DELETED");
}

#[tokio::test]
async fn rows_are_read_in_the_order_of_their_ids() {
    let org = TestOrg::start();
    let one = org.create("Account", json!({ "Name": "1" })).await;
    let two = org.create("Account", json!({ "Name": "2" })).await;
    let path = "composite/sobjects/Account";

    let read = org.get(&format!("{path}?ids={two},001000000000000AAA,{one}&fields=name")).await;
    let posted = org.post(path, json!({ "ids": [two, "001000000000000AAA", one], "fields": ["Name"] })).await;
    let bad = org.get(&format!("{path}?ids={two}&fields=Nome")).await;

    let body = read.json();
    assert_eq!((&body[0]["Name"], &body[1], &body[2]["Name"]), (&json!("2"), &Value::Null, &json!("1")));
    assert_eq!(body[0]["attributes"]["type"], "Account");
    assert_eq!(posted.text, read.text);
    assert_eq!(bad.error(), (400, "INVALID_FIELD".to_owned()));
}

#[tokio::test]
async fn calls_that_are_too_large_or_no_records_are_refused() {
    let org = TestOrg::start();
    let many: Vec<Value> = (0..201).map(|at| account(&format!("Many {at}"))).collect();
    let contact = json!({ "attributes": { "type": "Contact" }, "LastName": "x" });
    let mixed: Vec<Value> =
        (0..11).map(|at| if at % 2 == 0 { account("Many") } else { contact.clone() }).collect();

    let too_many = org.post("composite/sobjects", rows(&many)).await;
    assert_eq!(too_many.error(), (400, "EXCEEDED_ID_LIMIT".to_owned()));
    assert_eq!(
        too_many.message(),
        "record limit reached. cannot submit more than 200 records into this call"
    );
    let chunks = org.post("composite/sobjects", rows(&mixed)).await;
    assert_eq!(chunks.error(), (400, "LIMIT_EXCEEDED".to_owned()));
    let untyped = org.post("composite/sobjects", rows(&[json!({ "Name": "Many" })])).await;
    assert_eq!(untyped.error(), (400, "MISSING_ARGUMENT".to_owned()));
    let bad_date = json!({ "attributes": { "type": "Account" }, "Name": "Many", "SLA_Expiration__c": "x" });
    let unreadable = org.post("composite/sobjects", rows(&[account("Many"), bad_date])).await;
    assert_eq!(unreadable.error(), (400, "JSON_PARSER_ERROR".to_owned()));
    assert_eq!(count(&org, "Name LIKE 'Many%'").await, 0);
    let all = org.post("composite/sobjects", rows(&many[..200])).await.json();
    assert!(all.as_array().unwrap().iter().all(|row| row["success"] == true));
    let put = org.send(Method::PUT, "composite/sobjects", None).await;
    assert_eq!(put.error(), (405, "METHOD_NOT_ALLOWED".to_owned()));
}

#[tokio::test]
async fn null_ids_are_answered_in_their_place() {
    let org = TestOrg::start();
    let id = org.create("Account", json!({ "Name": "Weir" })).await;

    let found =
        org.post("composite/sobjects/Account", json!({ "ids": [null, id], "fields": ["Name"] })).await;
    let wrong = org.post("composite/sobjects/Account", json!({ "ids": [1, id], "fields": ["Name"] })).await;

    assert_eq!(
        (&found.json()[0], &found.json()[1]["Name"]),
        (&json!(null), &json!("Weir")),
        "{}",
        found.text
    );
    assert_eq!(wrong.error(), (400, "JSON_PARSER_ERROR".to_owned()));
}
