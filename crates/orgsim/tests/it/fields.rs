//! Custom fields that come, go and change while clients work.

use reqwest::header::IF_MODIFIED_SINCE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};
use crate::streaming::client::{EARLIEST, PubSub};

impl TestOrg {
    async fn change_field(&self, body: Value) -> Answer {
        self.control(Method::POST, "/fields", body).await
    }

    async fn changed_field(&self, body: Value) {
        let answer = self.change_field(body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    async fn described(&self, sobject: &str, field: &str) -> Option<Value> {
        let describe = self.get(&format!("sobjects/{sobject}/describe")).await.json();
        let fields = describe["fields"].as_array().unwrap();
        fields.iter().find(|known| known["name"] == field).cloned()
    }
}

#[tokio::test]
async fn a_removed_field_is_not_found_and_comes_back_with_its_values() {
    let org = TestOrg::start();
    let count = "SELECT COUNT() FROM Account WHERE Newsletter__c = TRUE";
    let before = org.query(count).await.json()["totalSize"].clone();
    assert_ne!(before, json!(0));

    org.changed_field(json!({ "op": "remove", "sobject": "Account", "field": "Newsletter__c" })).await;

    assert_eq!(org.described("Account", "Newsletter__c").await, None);
    assert_eq!(org.query(count).await.error(), (400, "INVALID_FIELD".to_owned()));
    let body = json!({ "Name": "Lockside", "Newsletter__c": true });
    let refused = org.send(Method::POST, "sobjects/Account", Some(body)).await;
    assert_eq!(refused.error(), (400, "INVALID_FIELD".to_owned()));
    let all = org.query("SELECT FIELDS(ALL) FROM Account LIMIT 1").await.json();
    assert_eq!(all["records"][0].get("Newsletter__c"), None);

    org.changed_field(json!({ "op": "restore", "sobject": "Account", "field": "Newsletter__c" })).await;
    assert_eq!(org.query(count).await.json()["totalSize"], before);
}

#[tokio::test]
async fn a_describe_that_changed_is_sent_again() {
    let org = TestOrg::start();
    let revalidate = async |path: &str, seen: &str| {
        let request = org.request(Method::GET, path).header(IF_MODIFIED_SINCE, seen.to_owned());
        Answer::read(request.send().await.unwrap()).await
    };
    let (account, all) = ("sobjects/Account/describe", "sobjects");
    let mut seen = org.get(account).await.header("last-modified").to_owned();
    let remove = json!({ "op": "remove", "sobject": "Account", "field": "Newsletter__c" });
    let record_type =
        json!({ "Name": "Told", "DeveloperName": "Told", "SobjectType": "Account", "IsActive": true });
    let record_type = org.create("RecordType", record_type).await;
    let renamed = json!({ "Name": "Told anew" });

    for step in 0..4 {
        match step {
            0 => {}
            1 => org.changed_field(remove.clone()).await,
            2 => assert!(
                org.control(Method::POST, "/features", json!({ "notes": false })).await.status.is_success()
            ),
            _ => {
                let path = format!("sobjects/RecordType/{record_type}");
                assert_eq!(org.send(Method::PATCH, &path, Some(renamed.clone())).await.status, 204);
            }
        }
        let again = revalidate(account, &seen).await;
        assert_eq!(again.status, 200, "{step}");
        assert_eq!(revalidate(all, &seen).await.status, 200, "{step}");
        assert_eq!(again.text.contains("Newsletter__c"), step == 0);
        again.header("last-modified").clone_into(&mut seen);
        assert_eq!(revalidate(account, &seen).await.status, 304, "{step}");
    }
}

#[tokio::test]
async fn what_was_removed_is_defined_nowhere() {
    let org = TestOrg::start();
    let count = async |soql: &str| {
        let request = org.request(Method::GET, "tooling/query").query(&[("q", soql)]);
        let answer = Answer::read(request.send().await.unwrap()).await;
        answer.json()["records"].as_array().unwrap_or_else(|| panic!("{}", answer.text)).len()
    };
    let all = async || {
        let field = "EntityDefinition.QualifiedApiName = 'Account' AND QualifiedApiName = 'Newsletter__c'";
        let mut found = Vec::new();
        for soql in [
            format!("SELECT Id FROM FieldDefinition WHERE {field}"),
            format!("SELECT Id FROM EntityParticle WHERE {field}"),
            "SELECT Id FROM CustomField WHERE DeveloperName = 'Newsletter'".to_owned(),
            "SELECT Id FROM EntityDefinition WHERE QualifiedApiName = 'Milestone__c'".to_owned(),
            "SELECT Id FROM CustomObject WHERE DeveloperName = 'Milestone'".to_owned(),
            "SELECT Id FROM EntityDefinition WHERE QualifiedApiName = 'ContentNote'".to_owned(),
        ] {
            found.push(count(&soql).await);
        }
        found
    };
    assert_eq!(all().await, [1; 6]);

    org.changed_field(json!({ "op": "remove", "sobject": "Account", "field": "Newsletter__c" })).await;
    org.changed_field(json!({ "op": "remove", "sobject": "Milestone__c" })).await;
    org.control(Method::POST, "/features", json!({ "notes": false })).await;

    assert_eq!(all().await, [0; 6]);
}

#[tokio::test]
async fn a_renamed_field_keeps_its_values_and_a_changed_one_its_name() {
    let org = TestOrg::start();
    let values = |field: &str| {
        let soql = format!("SELECT {field} FROM Contact WHERE {field} != NULL ORDER BY Id LIMIT 5");
        let (org, field) = (&org, field.to_owned());
        async move {
            let records = org.query(&soql).await.json()["records"].clone();
            records.as_array().unwrap().iter().map(|record| record[&field].clone()).collect::<Vec<_>>()
        }
    };
    let before = values("Level__c").await;
    assert_eq!(before.len(), 5);

    org.changed_field(json!({ "op": "rename", "sobject": "Contact", "field": "Level__c", "to": "Rank__c" }))
        .await;
    org.changed_field(json!({
        "op": "change", "sobject": "Contact", "field": "Rank__c", "type": "string", "length": 40, "label": "Rank",
    }))
    .await;

    assert_eq!(values("Rank__c").await, before);
    let described = org.described("Contact", "Rank__c").await.unwrap();
    assert_eq!((&described["type"], &described["label"]), (&json!("string"), &json!("Rank")));
    assert_eq!(described["length"], 40);
    assert_eq!(org.described("Contact", "Level__c").await, None);
}

#[tokio::test]
async fn a_new_field_takes_values_and_may_be_required_or_hidden() {
    let org = TestOrg::start();
    let add = |field: &str, more: Value| {
        let mut body = json!({ "op": "add", "sobject": "Account", "field": field });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    org.changed_field(add("Berths__c", json!({ "type": "double", "precision": 6, "scale": 1 }))).await;
    org.changed_field(add("Hidden__c", json!({ "type": "string", "length": 20, "grant": "none" }))).await;

    let body = json!({ "Name": "Lockside", "Berths__c": 12.5 });
    let created = org.send(Method::POST, "sobjects/Account", Some(body)).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    let found = org.query("SELECT Name, Berths__c FROM Account WHERE Berths__c > 12").await.json();
    assert_eq!((&found["totalSize"], &found["records"][0]["Berths__c"]), (&json!(1), &json!(12.5)));
    let person = org.person("Standard User").await;
    let described = org.get_as(&person.token, "sobjects/Account/describe").await.text;
    assert!(described.contains("\"Berths__c\"") && !described.contains("\"Hidden__c\""));
    let edit = json!({ "user": person.id, "fields": { "Account.Hidden__c": "edit" } });
    org.rights(edit).await;
    let described = org.get_as(&person.token, "sobjects/Account/describe").await.text;
    assert!(described.contains("\"Hidden__c\""));

    org.changed_field(add("Needed__c", json!({ "type": "string", "length": 20, "required": true }))).await;
    let refused = org.send(Method::POST, "sobjects/Account", Some(json!({ "Name": "Lockside" }))).await;
    assert_eq!(refused.error(), (400, "REQUIRED_FIELD_MISSING".to_owned()));
}

#[tokio::test]
async fn a_removed_sobject_is_not_there_until_it_comes_back() {
    let org = TestOrg::start();

    org.changed_field(json!({ "op": "remove", "sobject": "Project__c" })).await;

    let soql = "SELECT Id FROM Project__c LIMIT 1";
    assert_eq!(org.query(soql).await.error(), (400, "INVALID_TYPE".to_owned()));
    assert_eq!(org.get("sobjects/Project__c/describe").await.status, StatusCode::NOT_FOUND);
    let account = org.get("sobjects/Account/describe").await;
    assert!(!account.text.contains("\"childSObject\":\"Project__c\""));

    org.changed_field(json!({ "op": "restore", "sobject": "Project__c" })).await;
    assert_eq!(org.query(soql).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_changed_is_told() {
    let org = TestOrg::start();

    for (body, reason) in [
        (json!({ "op": "remove", "sobject": "Account", "field": "Fax" }), "rights may hide it"),
        (json!({ "op": "remove", "sobject": "Opportunity", "field": "Discount__c" }), "Discount_In_Range"),
        (json!({ "op": "remove", "sobject": "Account", "feild": "Fax" }), "unknown field"),
    ] {
        let refused = org.change_field(body).await;
        assert_eq!(refused.error(), (400, "INVALID_INPUT".to_owned()));
        assert!(refused.message().contains(reason), "{}", refused.text);
    }
}

#[tokio::test]
async fn events_have_the_fields_that_there_are() {
    let org = TestOrg::start();
    let pubsub = PubSub::connect(&org).await;
    let mut stream = pubsub.subscribe("/data/AccountChangeEvent", EARLIEST, b"", 10).await;
    let first = pubsub.topic("/data/AccountChangeEvent").await.unwrap().schema_id;

    org.changed_field(json!({ "op": "add", "sobject": "Account", "field": "Berth__c", "type": "string" }))
        .await;
    org.changed_field(json!({ "op": "remove", "sobject": "Account", "field": "Newsletter__c" })).await;
    let body = json!({ "Name": "Lockside", "Berth__c": "B7" });
    org.send(Method::POST, "sobjects/Account", Some(body)).await;

    let event = stream.event().await;
    assert_eq!(event["Berth__c"], "B7", "{event}");
    assert_eq!(event.get("Newsletter__c"), None);
    assert_ne!(pubsub.topic("/data/AccountChangeEvent").await.unwrap().schema_id, first);
}

#[tokio::test]
async fn events_are_lost_come_twice_and_late() {
    let org = TestOrg::start();
    let pubsub = PubSub::connect(&org).await;
    let mut stream = pubsub.subscribe("/data/AccountChangeEvent", EARLIEST, b"", 20).await;
    for (kind, nth) in [("event_lost", 1), ("event_twice", 2), ("event_late", 3)] {
        org.arm(json!({ "kind": kind, "match": "Account", "nth": nth })).await;
    }

    for name in ["A", "B", "C", "D"] {
        org.send(Method::POST, "sobjects/Account", Some(json!({ "Name": name }))).await;
    }

    let names: Vec<Value> = stream.events(4).await.iter().map(|event| event["Name"].clone()).collect();
    assert_eq!(names, ["B", "B", "D", "C"]);
}
