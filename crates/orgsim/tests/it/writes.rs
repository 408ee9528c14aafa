//! Creating, changing and deleting single records.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};

impl TestOrg {
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Creates a record and returns its id.
    pub(crate) async fn create(&self, sobject: &str, body: Value) -> String {
        let answer = self.post(&format!("sobjects/{sobject}"), body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn record(&self, sobject: &str, id: &str) -> Value {
        self.get(&format!("sobjects/{sobject}/{id}")).await.json()
    }
}

#[tokio::test]
async fn a_record_is_created_changed_and_deleted() {
    let org = TestOrg::start();

    let created = org.post("sobjects/account/", json!({ "name": " Lockside Mills ", "Phone": "" })).await;
    let id = created.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(created.status, StatusCode::CREATED);
    assert_eq!(created.text, format!(r#"{{"id":"{id}","success":true,"errors":[]}}"#));
    assert_eq!(created.header("location"), format!("/services/data/v66.0/sobjects/Account/{id}"));
    org.simulator.clock().advance(60_000);
    let changes = json!({ "NumberOfEmployees": "40", "Newsletter__c": "true", "AnnualRevenue": 1.5e6 });
    let updated = org.patch(&format!("sobjects/Account/{}", &id[..15]), changes).await;

    assert_eq!((updated.status, updated.text.as_str()), (StatusCode::NO_CONTENT, ""));
    let record = org.record("Account", &id).await;
    assert_eq!((&record["Name"], &record["Phone"]), (&json!("Lockside Mills"), &Value::Null));
    assert_eq!((&record["NumberOfEmployees"], &record["Newsletter__c"]), (&json!(40), &json!(true)));
    assert_eq!((&record["AnnualRevenue"], &record["OwnerId"]), (&json!(1.5e6), &record["CreatedById"]));
    assert_ne!(record["CreatedDate"], record["LastModifiedDate"]);
    assert_eq!(record["LastModifiedDate"], record["SystemModstamp"]);
    assert!(record["SystemModstamp"].as_str().unwrap().ends_with(".000+0000"));
    let posted =
        org.post(&format!("sobjects/Account/{id}?_HttpMethod=PATCH"), json!({ "Phone": null })).await;
    assert_eq!(posted.status, StatusCode::NO_CONTENT);
    assert_eq!(org.delete(&format!("sobjects/Account/{id}/")).await.status, StatusCode::NO_CONTENT);
    let path = format!("sobjects/Account/{id}");
    assert_eq!(org.get(&path).await.error(), (404, "ENTITY_IS_DELETED".to_owned()));
    assert_eq!(org.delete(&path).await.error(), (404, "ENTITY_IS_DELETED".to_owned()));
    assert_eq!(org.patch(&path, json!({})).await.error(), (404, "ENTITY_IS_DELETED".to_owned()));
}

#[tokio::test]
async fn records_that_are_not_there_are_told() {
    let org = TestOrg::start();
    let nobody = "sobjects/Account/001000000000000AAA";

    assert_eq!(org.patch(nobody, json!({})).await.error(), (404, "NOT_FOUND".to_owned()));
    let deleted = org.delete(nobody).await;
    assert_eq!(
        deleted.text,
        r#"[{"message":"invalid cross reference id","errorCode":"INVALID_CROSS_REFERENCE_KEY","fields":[]}]"#
    );
    assert_eq!(deleted.status, StatusCode::NOT_FOUND);
    let put = org.send(Method::PUT, nobody, None).await;
    assert_eq!(put.message(), "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,PATCH,DELETE");
    assert_eq!(org.delete("sobjects/Account/foo").await.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn bodies_are_read_as_clients_send_them() {
    let org = TestOrg::start();
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zipped, br#"{"Name":"Zipped"}"#).unwrap();
    let zipped = org
        .request(Method::POST, "sobjects/Account")
        .header(CONTENT_ENCODING, "gzip")
        .header(CONTENT_TYPE, "application/json")
        .body(zipped.finish().unwrap());
    let zipped = Answer::read(zipped.send().await.unwrap()).await;
    let address = org.line.base_url.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    let request = format!(
        "POST /services/data/v66.0/sobjects/Account HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json; charset=UTF-8\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
         8\r\n{{\"Name\":\r\na\r\n\"Chunked\"}}\r\n0\r\n\r\n",
        org.token
    );
    std::io::Write::write_all(&mut socket, request.as_bytes()).unwrap();
    let mut chunked = String::new();
    std::io::Read::read_to_string(&mut socket, &mut chunked).unwrap();

    assert_eq!(zipped.status, StatusCode::CREATED, "{}", zipped.text);
    assert!(chunked.starts_with("HTTP/1.1 201"), "{chunked}");
    for name in ["Zipped", "Chunked"] {
        let found = org.query(&format!("SELECT COUNT() FROM Account WHERE Name = '{name}'")).await;
        assert_eq!(found.json()["totalSize"], 1, "{name}");
    }
    let unzipped = org
        .request(Method::POST, "sobjects/Account")
        .header(CONTENT_ENCODING, "gzip")
        .json(&json!({ "Name": "x" }));
    let unzipped = Answer::read(unzipped.send().await.unwrap()).await;
    assert_eq!(unzipped.error(), (400, "POST_BODY_PARSE_ERROR".to_owned()));
    let form = org.request(Method::POST, "sobjects/Account").form(&[("Name", "x")]);
    let form = Answer::read(form.send().await.unwrap()).await;
    assert_eq!(form.error(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
}

/// Records that no org would save.
const UNSAVEABLE: [(&str, &str); 21] = [
    ("Contact", r#"{}"#),
    ("Contact", r#"{"LastName":null}"#),
    ("Account", r#"{"foo":1}"#),
    ("Account", r#"{"Name":5}"#),
    ("Account", r#"{"SLA_Expiration__c":"soon"}"#),
    ("Account", r#"{"Newsletter__c":null}"#),
    ("Account", r#"[]"#),
    ("Account", r#"{x}"#),
    ("Account", r#"{"Name":"x","IsDeleted":true,"CreatedDate":"2026-01-01T00:00:00Z"}"#),
    ("Account", r#"{"Name":"x","BillingAddress":{"city":"Bath","street":"1"}}"#),
    ("Account", r#"{"Id":"001000000000000AAA","Name":"x"}"#),
    ("Account", r#"{"Name":"x","DunsNumber":"1234567890"}"#),
    ("Account", r#"{"Name":"x","CleanStatus":"Dirty"}"#),
    ("Contact", r#"{"LastName":"x","Email":"nobody"}"#),
    ("Contact", r#"{"LastName":"x","AccountId":"nobody"}"#),
    ("Contact", r#"{"LastName":"x","AccountId":"003000000000000AAA"}"#),
    ("Contact", r#"{"LastName":"x","AccountId":"001000000000000AAA"}"#),
    ("Contact", r#"{"LastName":"x","Account":"ACC"}"#),
    ("Contact", r#"{"LastName":"x","Account":{"External_Id__c":"No-One"}}"#),
    ("Opportunity", r#"{"Name":"x","CloseDate":"2026-12-31","StageName":"New","Amount":12345678901234567}"#),
    ("Organization", r#"{"Name":"x"}"#),
];

#[tokio::test]
async fn what_cannot_be_saved_is_told_in_the_words_of_an_org() {
    let org = TestOrg::start();
    let mut answers = String::new();

    for (sobject, body) in UNSAVEABLE {
        let request = org.request(Method::POST, &format!("sobjects/{sobject}"));
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        let answer = Answer::read(request.send().await.unwrap()).await;
        let status = answer.status.as_u16();
        answers.push_str(&format!("{sobject} {body}\n    {status} {}\n", answer.text));
    }

    insta::assert_snapshot!(answers);
    assert_eq!(org.query("SELECT COUNT() FROM Account").await.json()["totalSize"], 200);
}

#[tokio::test]
async fn unique_values_stay_unique() {
    let org = TestOrg::start();
    let first = org.create("Account", json!({ "Name": "One", "External_Id__c": "N-1" })).await;
    let second = org.create("Account", json!({ "Name": "Two", "External_Id__c": "N-2" })).await;

    let twice = org.post("sobjects/Account", json!({ "Name": "Three", "External_Id__c": "n-1" })).await;
    let moved = org.patch(&format!("sobjects/Account/{second}"), json!({ "External_Id__c": "N-1" })).await;
    let same = org.patch(&format!("sobjects/Account/{first}"), json!({ "External_Id__c": "N-1" })).await;
    org.delete(&format!("sobjects/Account/{first}")).await;
    let freed = org.patch(&format!("sobjects/Account/{second}"), json!({ "External_Id__c": "N-1" })).await;

    let short = &first[..15];
    let message =
        format!("duplicate value found: External_Id__c duplicates value on record with id: {short}");
    for answer in [twice, moved] {
        let expected = json!([{ "message": message, "errorCode": "DUPLICATE_VALUE", "fields": [] }]);
        assert_eq!((answer.status.as_u16(), answer.json()), (400, expected));
    }
    assert_eq!((same.status, freed.status), (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT));
    let computed =
        org.query("SELECT External_Id__c FROM Account WHERE External_Id__c LIKE 'ACC%' LIMIT 1").await;
    let taken = &computed.json()["records"][0]["External_Id__c"];
    let computed = org.post("sobjects/Account", json!({ "Name": "x", "External_Id__c": taken })).await;
    assert_eq!(computed.error().1, "DUPLICATE_VALUE");
}

#[tokio::test]
async fn a_plus_in_a_key_is_a_plus_first_and_read_as_a_space_then() {
    let org = TestOrg::start();
    let upsert = async |value: &str| {
        org.patch(&format!("sobjects/Account/External_Id__c/{value}"), json!({ "Name": value })).await.status
    };
    let name = async |value: &str| org.get(&format!("sobjects/Account/External_Id__c/{value}")).await.json();

    assert_eq!(upsert("A%20B").await, StatusCode::CREATED);
    assert_eq!(name("A+B").await["External_Id__c"], "A B");
    assert_eq!(upsert("A+B").await, StatusCode::CREATED);
    assert_eq!(name("A+B").await["External_Id__c"], "A+B");
    assert_eq!(name("A%20B").await["External_Id__c"], "A B");
}

#[tokio::test]
async fn an_upsert_answers_as_the_version_has_it() {
    let org = TestOrg::start();
    let upsert = async |version: &str, value: &str, body: Value| {
        org.patch(&format!("/services/data/{version}/sobjects/Account/external_id__c/{value}"), body).await
    };

    let created = upsert("v66.0", "U%2F1", json!({ "Name": "One" })).await;
    let id = created.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(created.status, StatusCode::CREATED);
    assert_eq!(created.text, format!(r#"{{"id":"{id}","success":true,"errors":[],"created":true}}"#));
    let updated = upsert("v46.0", "u%2f1", json!({ "Name": "Uno" })).await;
    assert_eq!(updated.status, StatusCode::OK);
    assert_eq!(updated.text, format!(r#"{{"id":"{id}","success":true,"errors":[],"created":false}}"#));
    let old = upsert("v45.0", "U%2F1", json!({ "Name": "Eins" })).await;
    assert_eq!((old.status, old.text.as_str()), (StatusCode::NO_CONTENT, ""));
    let old = upsert("v45.0", "U-2", json!({ "Name": "Two" })).await;
    let second = old.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(old.text, format!(r#"{{"id":"{second}","success":true,"errors":[]}}"#));
    let by_key = org.get("sobjects/Account/External_Id__c/U%2F1?fields=Name,External_Id__c").await.json();
    assert_eq!((&by_key["Name"], &by_key["External_Id__c"]), (&json!("Eins"), &json!("U/1")));

    let in_body = upsert("v66.0", "U-3", json!({ "Name": "x", "External_Id__c": "U-3" })).await;
    assert_eq!(in_body.error(), (400, "INVALID_FIELD".to_owned()));
    assert_eq!(in_body.message(), "The External_Id__c field should not be specified in the sobject data.");
    let only = org.patch("sobjects/Account/External_Id__c/U-9?updateOnly=true", json!({ "Name": "x" })).await;
    assert_eq!(only.error(), (404, "NOT_FOUND".to_owned()));
    let no_key = org.patch("sobjects/Account/Phone/1", json!({ "Name": "x" })).await;
    assert_eq!(no_key.error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(no_key.message(), "Provided external ID field does not exist or is not accessible: Phone");
    assert_eq!(org.delete("sobjects/Account/External_Id__c/U-2").await.status, StatusCode::NO_CONTENT);
    assert_eq!(org.record("Account", &second).await[0]["errorCode"], "ENTITY_IS_DELETED");
}

#[tokio::test]
async fn an_upsert_by_id_changes_only_what_is_there() {
    let org = TestOrg::start();
    let id = org.create("Account", json!({ "Name": "One" })).await;

    let updated = org.patch(&format!("sobjects/Account/Id/{id}"), json!({ "Name": "Uno" })).await;
    let missing = org.patch("sobjects/Account/Id/001000000000000AAA", json!({ "Name": "x" })).await;
    let created = org.post("sobjects/Account/Id", json!({ "Name": "Two" })).await;
    let in_body = org.patch(&format!("sobjects/Account/{id}"), json!({ "Id": id })).await;

    assert_eq!((updated.status, &updated.json()["created"]), (StatusCode::OK, &json!(false)));
    assert_eq!(missing.error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!((created.status, &created.json()["created"]), (StatusCode::CREATED, &json!(true)));
    assert_eq!(in_body.message(), "The Id field should not be specified in the sobject data.");
}

#[tokio::test]
async fn a_key_that_several_records_have_writes_nothing() {
    let org = TestOrg::start();
    let contact = json!({ "LastName": "Lock", "Email": "both@lockside.example" });
    let (one, other) = (org.create("Contact", contact.clone()).await, org.create("Contact", contact).await);

    let path = "sobjects/Contact/Email/Both%40lockside.example";
    let answers =
        [org.patch(path, json!({ "LastName": "x" })).await, org.get(path).await, org.delete(path).await];

    let urls = json!([one.clone(), other].map(|id| format!("/services/data/v66.0/sobjects/Contact/{id}")));
    for answer in answers {
        assert_eq!((answer.status, answer.json()), (StatusCode::MULTIPLE_CHOICES, urls.clone()));
    }
    assert_eq!(org.record("Contact", &one).await["LastName"], "Lock");
}

#[tokio::test]
async fn lookups_may_name_their_parent_by_its_key() {
    let org = TestOrg::start();
    let account = org.create("Account", json!({ "Name": "One", "External_Id__c": "P-1" })).await;

    let body = json!({ "LastName": "Lock", "Account": { "External_Id__c": "p-1" } });
    let contact = org.create("Contact", body).await;
    let typed = json!({ "Subject": "x", "Owner": { "attributes": { "type": "User" }, "Username": org.line.username } });
    let case = org.create("Case", typed).await;

    assert_eq!(org.record("Contact", &contact).await["AccountId"], json!(account));
    assert!(org.record("Case", &case).await["OwnerId"].as_str().unwrap().starts_with("005"));
}

#[tokio::test]
async fn writes_and_reads_may_be_conditional() {
    let org = TestOrg::start();
    let id = org.create("Account", json!({ "Name": "One" })).await;
    let path = format!("sobjects/Account/{id}");
    let seen = org.get(&path).await.header("last-modified").to_owned();

    let unchanged = org.request(Method::GET, &path).header(IF_MODIFIED_SINCE, &seen).send().await.unwrap();
    org.simulator.clock().advance(5_000);
    let first = org.request(Method::PATCH, &path).header(IF_UNMODIFIED_SINCE, &seen);
    let first = first.json(&json!({ "Name": "Uno" })).send().await.unwrap();
    let late = org.request(Method::PATCH, &path).header(IF_UNMODIFIED_SINCE, &seen);
    let late = Answer::read(late.json(&json!({ "Name": "Eins" })).send().await.unwrap()).await;
    let changed = org.request(Method::GET, &path).header(IF_MODIFIED_SINCE, &seen).send().await.unwrap();

    assert_eq!(unchanged.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(first.status(), StatusCode::NO_CONTENT);
    assert_eq!(late.error(), (412, "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE".to_owned()));
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(org.record("Account", &id).await["Name"], "Uno");
}

#[tokio::test]
async fn relationships_are_paths() {
    let org = TestOrg::start();
    let account = org.create("Account", json!({ "Name": "One" })).await;
    let contact = org.create("Contact", json!({ "LastName": "Lock", "AccountId": account })).await;

    let children = org.get(&format!("sobjects/Account/{account}/contacts?fields=LastName")).await.json();
    assert_eq!((&children["totalSize"], &children["done"]), (&json!(1), &json!(true)));
    assert_eq!(children["records"][0]["Id"], json!(contact));
    assert!(children["records"][0].get("Email").is_none());
    let parent = org.get(&format!("sobjects/Contact/{contact}/Account?fields=Name")).await.json();
    assert_eq!((&parent["Id"], &parent["Name"]), (&json!(account), &json!("One")));
    let changed = org.patch(&format!("sobjects/Contact/{contact}/Account"), json!({ "Name": "Uno" })).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    assert_eq!(org.record("Account", &account).await["Name"], "Uno");
    let owner =
        org.get(&format!("sobjects/Contact/{contact}/account/Owner/Profile?fields=Name")).await.json();
    assert_eq!(owner["Name"], "System Administrator");
    let siblings = org.get(&format!("sobjects/Contact/{contact}/Account/Contacts?fields=LastName")).await;
    assert_eq!(siblings.json()["records"][0]["LastName"], "Lock");
    for path in ["ReportsTo", "Nothing", "ReportsTo/Account", "Nothing/Account", "Account/Nothing"] {
        let answer = org.get(&format!("sobjects/Contact/{contact}/{path}")).await;
        assert_eq!(answer.error(), (404, "NOT_FOUND".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn the_stage_of_an_opportunity_moves_what_follows_from_it() {
    let org = TestOrg::start();
    let body =
        json!({ "Name": "x", "StageName": "Qualification", "CloseDate": "2026-12-31", "Amount": 1000 });
    let id = org.create("Opportunity", body).await;
    let fields = "Probability,IsClosed,IsWon,ForecastCategory,ForecastCategoryName,ExpectedRevenue,FiscalYear,FiscalQuarter";
    let read = async || {
        let record = org.get(&format!("sobjects/Opportunity/{id}?fields={fields}")).await.json();
        fields.split(',').map(|field| record[field].clone()).collect::<Vec<_>>()
    };

    let open = read().await;
    org.patch(&format!("sobjects/Opportunity/{id}"), json!({ "StageName": "Closed Won" })).await;
    let won = read().await;
    let own = json!({ "StageName": "Prospecting", "Probability": 33 });
    org.patch(&format!("sobjects/Opportunity/{id}"), own).await;
    let reopened = read().await;

    assert_eq!(json!(open), json!([10.0, false, false, "Pipeline", "Pipeline", 100.0, 2026, 4]));
    assert_eq!(json!(won), json!([100.0, true, true, "Closed", "Closed", 1000.0, 2026, 4]));
    assert_eq!(json!(reopened), json!([33.0, false, false, "Pipeline", "Pipeline", 330.0, 2026, 4]));
}

#[tokio::test]
async fn deleting_takes_along_what_depends_and_undeleting_brings_it_back() {
    let org = TestOrg::start();
    let account = org.create("Account", json!({ "Name": "One" })).await;
    let child = org.create("Account", json!({ "Name": "Two", "ParentId": account })).await;
    let contact = org.create("Contact", json!({ "LastName": "Lock", "AccountId": account })).await;
    let deal =
        json!({ "Name": "x", "StageName": "Closed Lost", "CloseDate": "2026-12-31", "AccountId": account });
    let deal = org.create("Opportunity", deal).await;

    org.simulator.clock().advance(60_000);
    assert_eq!(org.delete(&format!("sobjects/Account/{account}")).await.status, StatusCode::NO_CONTENT);
    for (sobject, id) in [("Contact", &contact), ("Opportunity", &deal)] {
        let gone = org.record(sobject, id).await;
        assert_eq!(gone[0]["errorCode"], "ENTITY_IS_DELETED", "{sobject}");
    }
    let orphan = org.record("Account", &child).await;
    assert_eq!(orphan["ParentId"], Value::Null);
    assert_ne!(orphan["SystemModstamp"], orphan["LastModifiedDate"]);
    let undelete = json!({ "sobject": "Account", "op": "undelete", "ids": [account] });
    org.control(Method::POST, "/records", undelete).await;

    assert_eq!(org.record("Contact", &contact).await["AccountId"], json!(account));
    assert_eq!(org.record("Opportunity", &deal).await["IsDeleted"], false);
    assert_eq!(org.record("Account", &child).await["ParentId"], json!(account));
}

#[tokio::test]
async fn what_others_need_is_not_deleted() {
    let org = TestOrg::start();
    let account = org.create("Account", json!({ "Name": "One" })).await;
    let contact = org.create("Contact", json!({ "LastName": "Lock", "AccountId": account })).await;
    let case = org.create("Case", json!({ "Subject": "x", "ContactId": contact })).await;
    let number = org.record("Case", &case).await;
    assert_eq!(number["AccountId"], json!(account), "a case follows its contact");

    let refused = org.delete(&format!("sobjects/Account/{account}")).await;
    let message = format!(
        "Your attempt to delete One could not be completed because it is associated with the following cases.: {}\n",
        number["CaseNumber"].as_str().unwrap()
    );
    assert_eq!(refused.json(), json!([{ "message": message, "errorCode": "DELETE_FAILED", "fields": [] }]));
    org.delete(&format!("sobjects/Case/{case}")).await;
    let won =
        json!({ "Name": "x", "StageName": "Closed Won", "CloseDate": "2026-12-31", "AccountId": account });
    let won = org.create("Opportunity", won).await;
    assert_eq!(org.delete(&format!("sobjects/Account/{account}")).await.error().1, "DELETE_FAILED");
    org.delete(&format!("sobjects/Opportunity/{won}")).await;
    assert_eq!(org.delete(&format!("sobjects/Account/{account}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(org.record("Contact", &contact).await[0]["errorCode"], "ENTITY_IS_DELETED");
    let user =
        org.record("Account", &org.create("Account", json!({ "Name": "x" })).await).await["OwnerId"].clone();
    let user = org.delete(&format!("sobjects/User/{}", user.as_str().unwrap())).await;
    assert_eq!(user.error(), (403, "INSUFFICIENT_ACCESS_OR_READONLY".to_owned()));
}

#[tokio::test]
async fn no_record_is_above_itself() {
    let org = TestOrg::start();
    let top = org.create("Account", json!({ "Name": "One" })).await;
    let below = org.create("Account", json!({ "Name": "Two", "ParentId": top })).await;

    let circle = org.patch(&format!("sobjects/Account/{top}"), json!({ "ParentId": below })).await;

    assert_eq!(circle.error(), (400, "CIRCULAR_DEPENDENCY".to_owned()));
}

#[tokio::test]
async fn usernames_and_owners_are_looked_at() {
    let org = TestOrg::start();
    let users = org.query("SELECT Id, Username FROM User ORDER BY Id").await.json();
    let (id, other) = (users["records"][1]["Id"].as_str().unwrap(), &users["records"][2]["Username"]);

    let taken = org.patch(&format!("sobjects/User/{id}"), json!({ "Username": other })).await;
    let frozen = org.patch(&format!("sobjects/User/{id}"), json!({ "IsActive": false })).await;
    let owned = org.post("sobjects/Account", json!({ "Name": "x", "OwnerId": id })).await;

    assert_eq!(taken.error(), (400, "DUPLICATE_USERNAME".to_owned()));
    assert_eq!(frozen.status, StatusCode::NO_CONTENT);
    assert_eq!(owned.error(), (400, "INACTIVE_OWNER_OR_USER".to_owned()));
    assert!(owned.message().starts_with("operation performed with inactive user [005"), "{}", owned.text);
}
