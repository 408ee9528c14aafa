//! What change events say.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{EARLIEST, LATEST, PubSub, values};
use crate::client::TestOrg;

const ACCOUNTS: &str = "/data/AccountChangeEvent";

fn header(event: &Value) -> &Value {
    &event["ChangeEventHeader"]
}

async fn create(org: &TestOrg, sobject: &str, record: Value) -> String {
    let answer = org.send(Method::POST, &format!("sobjects/{sobject}"), Some(record)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn set(org: &TestOrg, settings: Value) {
    let answer = org.control(Method::POST, "/streaming", settings).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn a_record_is_created_changed_deleted_and_restored() {
    let org = TestOrg::with_records("Account", 3);
    let mut events = PubSub::connect(&org).await.subscribe(ACCOUNTS, LATEST, b"", 100).await;
    assert!(events.is_silent().await);

    let record =
        json!({ "Name": "Acme", "BillingCity": "Berlin", "AnnualRevenue": 12.5, "NumberOfEmployees": 7 });
    let id = create(&org, "Account", record).await;
    let created = events.event().await;

    assert_eq!(header(&created)["changeType"], "CREATE");
    assert_eq!(header(&created)["entityName"], "Account");
    assert_eq!(header(&created)["recordIds"], json!([id]));
    assert_eq!(header(&created)["changeOrigin"], "com/salesforce/api/rest/66.0;client=");
    assert_eq!(header(&created)["sequenceNumber"], 1);
    assert_eq!(header(&created)["changedFields"], json!([]));
    assert_eq!(header(&created)["commitUser"], created["CreatedById"]);
    let told = values(&created);
    assert_eq!(told["Name"], "Acme");
    assert_eq!(told["BillingAddress"], json!({ "City": "Berlin" }));
    assert_eq!((&told["AnnualRevenue"], &told["NumberOfEmployees"]), (&json!(12.5), &json!(7)));
    assert_eq!(told["CreatedDate"], header(&created)["commitTimestamp"]);
    assert!(told.get("SystemModstamp").is_none() && told.get("Id").is_none());

    let change = json!({ "Name": "Acme 2", "BillingCity": null, "BillingStreet": "Main St", "Phone": "1" });
    org.send(Method::PATCH, &format!("sobjects/Account/{id}"), Some(change)).await;
    let changed = events.event().await;

    assert_eq!(header(&changed)["changeType"], "UPDATE");
    let names = ["Name", "Phone", "LastModifiedDate", "BillingAddress.Street", "BillingAddress.City"];
    assert_eq!(header(&changed)["changedFields"], json!(names));
    assert_eq!(header(&changed)["nulledFields"], json!(["BillingAddress.City"]));
    let modified = changed["LastModifiedDate"].clone();
    let expected = json!({
        "Name": "Acme 2", "Phone": "1", "BillingAddress": { "Street": "Main St" }, "LastModifiedDate": modified
    });
    assert_eq!(values(&changed), expected);
    assert_ne!(header(&changed)["transactionKey"], header(&created)["transactionKey"]);
    assert!(header(&changed)["commitNumber"].as_i64() > header(&created)["commitNumber"].as_i64());

    org.send(Method::DELETE, &format!("sobjects/Account/{id}"), None).await;
    let deleted = events.event().await;
    assert_eq!(header(&deleted)["changeType"], "DELETE");
    assert_eq!(values(&deleted), json!({}));

    org.control(Method::POST, "/records", json!({ "sobject": "Account", "op": "undelete", "ids": [id] }))
        .await;
    let restored = events.event().await;
    assert_eq!(header(&restored)["changeType"], "UNDELETE");
    assert_eq!(header(&restored)["changeOrigin"], "");
    assert_eq!(restored["Name"], "Acme 2");
}

#[tokio::test]
async fn people_have_a_name_in_parts_and_days_are_milliseconds() {
    let org = TestOrg::with_records("Contact", 3);
    let mut events = PubSub::connect(&org).await.subscribe("/data/ChangeEvents", LATEST, b"", 100).await;
    assert!(events.is_silent().await);

    let record =
        json!({ "FirstName": "Ann", "LastName": "Lee", "Birthdate": "2000-01-02", "DoNotCall": true });
    let id = create(&org, "Contact", record).await;
    let created = events.event().await;

    assert_eq!(values(&created)["Name"], json!({ "FirstName": "Ann", "LastName": "Lee" }));
    assert_eq!(created["Birthdate"], 946_771_200_000_i64);
    assert_eq!((&created["DoNotCall"], &created["HasOptedOutOfFax"]), (&json!(true), &json!(false)));

    org.send(Method::PATCH, &format!("sobjects/Contact/{id}"), Some(json!({ "FirstName": null }))).await;
    let changed = events.event().await;
    assert_eq!(header(&changed)["changedFields"], json!(["LastModifiedDate", "Name.FirstName"]));
    assert_eq!(header(&changed)["nulledFields"], json!(["Name.FirstName"]));
}

#[tokio::test]
async fn the_same_change_of_several_records_is_one_event() {
    let org = TestOrg::with_records("Account", 3);
    let mut events = PubSub::connect(&org).await.subscribe(ACCOUNTS, LATEST, b"", 100).await;
    assert!(events.is_silent().await);
    let rows = |names: [&str; 3]| -> Value {
        names.map(|name| json!({ "attributes": { "type": "Account" }, "Name": name })).into_iter().collect()
    };
    let body = json!({ "records": rows(["A", "B", "C"]) });
    let created = org.send(Method::POST, "composite/sobjects", Some(body)).await.json();
    let ids: Vec<&Value> = created.as_array().unwrap().iter().map(|row| &row["id"]).collect();
    let told = events.events(3).await;

    let sequence: Vec<&Value> = told.iter().map(|event| &header(event)["sequenceNumber"]).collect();
    assert_eq!(sequence, [1, 2, 3]);
    assert!(told.iter().all(|event| header(event)["transactionKey"] == header(&told[0])["transactionKey"]));
    assert_eq!(told.iter().map(|event| &event["Name"]).collect::<Vec<_>>(), ["A", "B", "C"]);

    let rows: Value = ids
        .iter()
        .map(|id| json!({ "attributes": { "type": "Account" }, "Id": id, "Industry": "Energy" }))
        .collect();
    org.send(Method::PATCH, "composite/sobjects", Some(json!({ "records": rows }))).await;
    let changed = events.event().await;
    assert_eq!(header(&changed)["recordIds"], json!(ids));
    assert_eq!(values(&changed)["Industry"], "Energy");
}

#[tokio::test]
async fn a_transaction_is_told_in_its_order_and_not_at_all_if_it_fails() {
    let org = TestOrg::with_records("Account", 3);
    let mut events = PubSub::connect(&org).await.subscribe("/data/ChangeEvents", LATEST, b"", 100).await;
    assert!(events.is_silent().await);
    let part = |name: &str, url: &str, body: Value| json!({ "method": "POST", "referenceId": name, "url": format!("/services/data/v66.0/sobjects/{url}"), "body": body });
    let good = [
        part("opp", "Contact", json!({ "LastName": "First" })),
        part("acc", "Account", json!({ "Name": "Second" })),
    ];
    let bad = [part("one", "Account", json!({ "Name": "Gone" })), part("two", "Account", json!({}))];

    for parts in [bad, good] {
        let body = json!({ "allOrNone": true, "compositeRequest": parts });
        org.send(Method::POST, "composite", Some(body)).await;
    }
    let told = events.events(2).await;

    let names: Vec<&Value> = told.iter().map(|event| &header(event)["entityName"]).collect();
    assert_eq!(names, ["Contact", "Account"]);
    assert_eq!(header(&told[1])["sequenceNumber"], 2);
    assert!(events.is_silent().await);
}

#[tokio::test]
async fn what_is_not_selected_is_neither_told_nor_kept() {
    let org = TestOrg::with_records("Account", 3);
    let client = PubSub::connect(&org).await;
    set(&org, json!({ "selected": ["Contact"] })).await;
    create(&org, "Account", json!({ "Name": "Silent" })).await;
    assert!(client.topic(ACCOUNTS).await.is_err());

    set(&org, json!({ "selected": ["Account"], "channels": { "Sales__chn": ["Account"] } })).await;
    create(&org, "Account", json!({ "Name": "Told" })).await;

    for topic in [ACCOUNTS, "/data/ChangeEvents", "/data/Sales__chn"] {
        let mut events = client.subscribe(topic, EARLIEST, b"", 10).await;
        assert_eq!(events.event().await["Name"], "Told", "{topic}");
    }
}

#[tokio::test]
async fn a_member_of_the_channel_is_added_over_the_tooling_api() {
    let org = TestOrg::with_records("Account", 3);
    set(&org, json!({ "selected": ["Contact", "Case", "Opportunity", "User"] })).await;
    let add = async |name: &str| {
        let metadata = json!({ "eventChannel": "ChangeEvents", "selectedEntity": name });
        let body = json!({ "FullName": format!("ChangeEvents_{name}"), "Metadata": metadata });
        org.send(Method::POST, "tooling/sobjects/PlatformEventChannelMember", Some(body)).await
    };

    let added = add("AccountChangeEvent").await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!(add("AccountChangeEvent").await.error().1, "DUPLICATE_VALUE");
    assert_eq!(add("Project__ChangeEvent").await.error().1, "LIMIT_EXCEEDED");
    assert_eq!(add("Nothing__ChangeEvent").await.error().1, "INVALID_INPUT");
    let client = PubSub::connect(&org).await;
    assert!(client.topic(ACCOUNTS).await.is_ok());

    let path =
        format!("tooling/sobjects/PlatformEventChannelMember/{}", added.json()["id"].as_str().unwrap());
    assert_eq!(org.get(&path).await.json()["FullName"], "ChangeEvents_AccountChangeEvent");
    assert_eq!(org.send(Method::DELETE, &path, None).await.status, 204);
    assert!(client.topic(ACCOUNTS).await.is_err());
}

#[tokio::test]
async fn the_id_of_a_schema_changes_with_its_fields() {
    let org = TestOrg::with_records("Account", 3);
    let client = PubSub::connect(&org).await;
    let mut events = client.subscribe(ACCOUNTS, LATEST, b"", 100).await;
    assert!(events.is_silent().await);
    let before = client.topic(ACCOUNTS).await.unwrap().schema_id;
    create(&org, "Account", json!({ "Name": "One", "Fax": "1" })).await;

    set(&org, json!({ "omitted_fields": ["Account.Fax"] })).await;
    let after = client.topic(ACCOUNTS).await.unwrap().schema_id;
    create(&org, "Account", json!({ "Name": "Two", "Fax": "2" })).await;

    assert_ne!(before, after);
    let told = events.events(2).await;
    assert_eq!(told[0]["Fax"], "1");
    assert_eq!((&told[1]["Name"], told[1].get("Fax")), (&json!("Two"), None));
}

#[tokio::test]
async fn a_transaction_that_changes_too_much_overflows() {
    let org = TestOrg::with_records("Account", 3);
    set(&org, json!({ "transaction_changes": 3 })).await;
    let mut events = PubSub::connect(&org).await.subscribe(ACCOUNTS, LATEST, b"", 100).await;
    assert!(events.is_silent().await);

    org.control(Method::POST, "/mutate", json!({ "sobject": "Account", "created": 5 })).await;
    let told = events.events(4).await;

    let kinds: Vec<&Value> = told.iter().map(|event| &header(event)["changeType"]).collect();
    assert_eq!(kinds, ["CREATE", "CREATE", "CREATE", "GAP_OVERFLOW"]);
    assert_eq!(header(&told[3])["recordIds"], json!([]));
    assert_eq!(header(&told[3])["transactionKey"], header(&told[0])["transactionKey"]);
}

#[tokio::test]
async fn what_cannot_be_told_is_a_gap() {
    let org = TestOrg::with_records("Account", 3);
    set(&org, json!({ "event_bytes": 2000 })).await;
    let mut events = PubSub::connect(&org).await.subscribe(ACCOUNTS, LATEST, b"", 100).await;
    assert!(events.is_silent().await);

    let id = create(&org, "Account", json!({ "Name": "Long", "Description": "x".repeat(3000) })).await;
    let told = events.event().await;
    assert_eq!(header(&told)["changeType"], "GAP_CREATE");
    assert_eq!(header(&told)["recordIds"], json!([id]));
    assert_eq!(values(&told), json!({}));

    let gap = json!({ "sobject": "Account", "change_type": "GAP_UPDATE", "ids": ["001*"] });
    org.control(Method::POST, "/streaming/gap", gap).await;
    let told = events.event().await;
    assert_eq!(header(&told)["changeType"], "GAP_UPDATE");
    assert_eq!(header(&told)["recordIds"], json!(["001*"]));
}

#[tokio::test]
async fn a_bulk_job_is_told_with_its_origin() {
    let org = TestOrg::with_records("Account", 3);
    let mut events = PubSub::connect(&org).await.subscribe(ACCOUNTS, LATEST, b"", 100).await;
    assert!(events.is_silent().await);

    let job = json!({ "object": "Account", "operation": "insert" });
    let job =
        org.send(Method::POST, "jobs/ingest", Some(job)).await.json()["id"].as_str().unwrap().to_owned();
    let upload =
        org.request(Method::PUT, &format!("jobs/ingest/{job}/batches")).header("Content-Type", "text/csv");
    upload.body("Name\nOne\nTwo\n").send().await.unwrap();
    org.send(Method::PATCH, &format!("jobs/ingest/{job}"), Some(json!({ "state": "UploadComplete" }))).await;
    let told = events.events(2).await;

    assert_eq!(header(&told[0])["changeOrigin"], "com/salesforce/api/bulkapi/66.0;client=");
    assert_eq!((&told[0]["Name"], &told[1]["Name"]), (&json!("One"), &json!("Two")));
}
