//! Merging, the recycle bin, and what the replication calls tell of both.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};

const DAY_MS: i64 = 86_400_000;

impl TestOrg {
    async fn soap_call(&self, body: &str) -> Answer {
        let envelope = format!(
            "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns='urn:partner.soap.sforce.com'>\
             <s:Header><SessionHeader><sessionId>{}</sessionId></SessionHeader></s:Header><s:Body>{body}</s:Body></s:Envelope>",
            self.token
        );
        let request = self.http.post(self.url("/services/Soap/u/64.0")).header("Content-Type", "text/xml");
        Answer::read(request.header("SOAPAction", "\"\"").body(envelope).send().await.unwrap()).await
    }

    async fn accounts(&self) -> [String; 2] {
        [
            self.create("Account", json!({ "Name": "Lockside" })).await,
            self.create("Account", json!({ "Name": "Lockside Ltd", "Phone": "1" })).await,
        ]
    }
}

#[tokio::test]
async fn a_merge_moves_the_children_and_leaves_a_trace() {
    let org = TestOrg::start();
    let [winner, loser] = org.accounts().await;
    let contact = org.create("Contact", json!({ "LastName": "Ada", "AccountId": loser })).await;
    let before = org.record("Contact", &contact).await;
    org.simulator.clock().advance(60_000);

    let merge = json!({ "sobject": "Account", "master": winner, "ids": [loser], "fields": { "Phone": "2" } });
    let merged = org.set_up("/merge", merge).await;

    assert_eq!(merged, json!({ "merged": [loser], "children": [contact] }));
    let after = org.record("Contact", &contact).await;
    assert_eq!(after["AccountId"], json!(winner));
    assert_ne!(after["SystemModstamp"], before["SystemModstamp"]);
    assert_eq!(after["LastModifiedDate"], before["LastModifiedDate"]);
    assert_eq!(org.record("Account", &winner).await["Phone"], "2");
    let soql = format!("SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '{loser}'");
    let request = org.request(Method::GET, "queryAll").query(&[("q", soql.as_str())]);
    let gone = Answer::read(request.send().await.unwrap()).await.json();
    assert_eq!(
        (&gone["records"][0]["IsDeleted"], &gone["records"][0]["MasterRecordId"]),
        (&json!(true), &json!(winner))
    );
    let again = json!({ "sobject": "Account", "master": winner, "ids": [loser] });
    assert_eq!(org.control(Method::POST, "/merge", again).await.error().1, "ENTITY_IS_DELETED");
}

#[tokio::test]
async fn soap_merges_undeletes_and_empties_the_bin() {
    let org = TestOrg::start();
    let [winner, loser] = org.accounts().await;
    let contact = org.create("Contact", json!({ "LastName": "Ada", "AccountId": loser })).await;

    let merged = org
        .soap_call(&format!(
            "<merge><request><masterRecord><type>Account</type><Id>{winner}</Id><Name>Lock &amp; Side</Name></masterRecord>\
             <recordToMergeIds>{loser}</recordToMergeIds></request></merge>"
        ))
        .await;

    let result = format!(
        "<mergeResponse><result><id>{winner}</id><mergedRecordIds>{loser}</mergedRecordIds><success>true</success>\
         <updatedRelatedIds>{contact}</updatedRelatedIds></result></mergeResponse>"
    );
    assert!(merged.text.contains(&result), "{}", merged.text);
    assert_eq!(org.record("Account", &winner).await["Name"], "Lock & Side");
    let undelete = format!("<undelete><ids>{loser}</ids><ids>{winner}</ids></undelete>");
    let undeleted = org.soap_call(&undelete).await;
    assert!(
        undeleted.text.contains(&format!("<result><id>{loser}</id><success>true</success></result>")),
        "{}",
        undeleted.text
    );
    assert!(undeleted.text.contains("<statusCode>UNDELETE_FAILED</statusCode>"), "{}", undeleted.text);
    assert_eq!(org.get(&format!("sobjects/Account/{loser}")).await.status, StatusCode::OK);
    org.delete(&format!("sobjects/Account/{loser}")).await;
    let empty = format!("<emptyRecycleBin><ids>{loser}</ids><ids>{winner}</ids></emptyRecycleBin>");
    let emptied = org.soap_call(&empty).await;
    assert!(emptied.text.contains(&format!("<id>{loser}</id><success>true</success>")), "{}", emptied.text);
    assert!(emptied.text.contains("<statusCode>INVALID_ID_FIELD</statusCode>"), "{}", emptied.text);
    assert_eq!(org.get(&format!("sobjects/Account/{loser}")).await.error().1, "NOT_FOUND");
}

#[tokio::test]
async fn the_recycle_bin_keeps_records_for_fifteen_days() {
    let org = TestOrg::start();
    org.set_up("/tokens", json!({ "session_timeout_ms": 30 * DAY_MS })).await;
    let [id, other] = org.accounts().await;
    let deleted = async || -> Value {
        let now = org.control(Method::GET, "/clock", json!(null)).await.json()["now_ms"].as_i64().unwrap();
        let path = format!(
            "sobjects/Account/deleted/?start={}&end={}",
            to_param(now - 14 * DAY_MS),
            to_param(now + 60_000)
        );
        org.get(&path).await.json()
    };
    org.delete(&format!("sobjects/Account/{id}")).await;
    org.simulator.clock().advance(14 * DAY_MS - 60_000);
    org.delete(&format!("sobjects/Account/{other}")).await;

    let listed = deleted().await;
    assert_eq!(listed["deletedRecords"].as_array().map(Vec::len), Some(2));
    let start = listed["earliestDateAvailable"].as_str().unwrap().to_owned();
    org.simulator.clock().advance(DAY_MS + 120_000);

    let left = deleted().await;
    assert_eq!(left["deletedRecords"][0]["id"], json!(other));
    assert_eq!(left["deletedRecords"].as_array().map(Vec::len), Some(1));
    assert!(left["earliestDateAvailable"].as_str().unwrap() > start.as_str());
    assert_eq!(org.get(&format!("sobjects/Account/{id}")).await.error().1, "NOT_FOUND");
    let back = json!({ "sobject": "Account", "op": "undelete", "ids": [other], "by_rules": true });
    org.set_up("/records", back).await;
    assert_eq!(deleted().await["deletedRecords"], json!([]));
}

/// Writes an instant as parameters of a URL have it.
fn to_param(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[tokio::test]
async fn who_may_not_delete_merges_undeletes_and_empties_nothing() {
    let mut org = TestOrg::start();
    let person = org.person("Standard User").await;
    let [winner, loser] = org.accounts().await;
    let gone = org.create("Account", json!({ "Name": "Gone" })).await;
    org.delete(&format!("sobjects/Account/{gone}")).await;
    let administrator = std::mem::replace(&mut org.token, person.token.clone());
    let merge = format!(
        "<merge><request><masterRecord><type>Account</type><Id>{winner}</Id></masterRecord>\
         <recordToMergeIds>{loser}</recordToMergeIds></request></merge>"
    );
    let undelete = format!("<undelete><ids>{gone}</ids></undelete>");
    let empty = format!("<emptyRecycleBin><ids>{gone}</ids></emptyRecycleBin>");

    org.rights(json!({ "user": person.id, "objects": { "Account": ["read", "create", "edit"] } })).await;
    for call in [&merge, &empty, &undelete] {
        let refused = org.soap_call(call).await;
        assert!(refused.text.contains("<statusCode>INSUFFICIENT_ACCESS"), "{}", refused.text);
    }

    org.token = administrator;
    org.set_up("/locks", json!({ "ids": [loser, gone], "hold_ms": 60_000 })).await;
    for call in [&merge, &empty, &undelete] {
        let refused = org.soap_call(call).await;
        assert!(refused.text.contains("<statusCode>UNABLE_TO_LOCK_ROW"), "{}", refused.text);
    }
    org.control(Method::DELETE, "/locks", json!(null)).await;
    for call in [&merge, &undelete] {
        let done = org.soap_call(call).await;
        assert!(done.text.contains("<success>true</success>"), "{}", done.text);
    }
}

#[tokio::test]
async fn an_envelope_may_have_fifty_megabytes() {
    let org = TestOrg::start();
    let padding = |bytes: usize| format!("<getServerTimestamp/>{}", " ".repeat(bytes));

    let large = org.soap_call(&padding(3 * 1024 * 1024)).await;
    let too_large = org.soap_call(&padding(51 * 1024 * 1024)).await;

    assert!(large.text.contains("<getServerTimestampResponse>"), "{}", large.text);
    assert_eq!(too_large.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(too_large.text.contains("EXCEEDED_MAX_SIZE_REQUEST"), "{}", too_large.text);
}
