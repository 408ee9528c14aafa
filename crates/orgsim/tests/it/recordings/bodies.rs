//! Recorded bodies that came without the request that they answer: this is asked instead.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};
use crate::streaming::client::{LATEST, PubSub};

/// Members of recorded bodies that have the name of a custom sObject, and what stands for them.
pub(super) const RENAMED: [(&str, &str); 2] = [("ParentWhizbang__r", "Owner"), ("Whizbangs__r", "Contacts")];

/// Asks for what a file shows, and returns the body; none if the file is unknown.
pub(super) async fn ask(org: &TestOrg, name: &str) -> Option<String> {
    let get = async |path: &str| org.get(path).await;
    let query = async |soql: &str| {
        let request = org.request(Method::GET, "/services/data/v31.0/query").query(&[("q", soql)]);
        Answer::read(request.send().await.unwrap()).await
    };
    let answer = match name {
        "restforce_auth_error_response" => sign_in(org, "wrong").await,
        "restforce_auth_success_response" => {
            sign_in(org, &format!("{}{}", org.line.password, org.line.security_token)).await
        }
        "restforce_refresh_success_response" => org.refresh(&org.line.refresh_token).await,
        "restforce_create_success_response" => {
            org.send(Method::POST, "/services/data/v31.0/sobjects/Account", Some(json!({ "Name": "Acme" })))
                .await
        }
        "restforce_upsert_created_success_response" => {
            let path = "/services/data/v31.0/sobjects/Account/External_Id__c/new-1";
            org.send(Method::PATCH, path, Some(json!({ "Name": "New" }))).await
        }
        "restforce_describe_sobjects_success_response" | "restforce_list_sobjects_success_response" => {
            get("/services/data/v31.0/sobjects").await
        }
        "restforce_sobject_describe_success_response" => {
            get("/services/data/v31.0/sobjects/Project__c/describe").await
        }
        "restforce_sobject_describe_error_response" => get("sobjects/Whatever/describe").await,
        "restforce_services_data_success_response" => get("/services/data").await,
        "restforce_query_empty_response" => query("SELECT Id FROM Account WHERE Id = null").await,
        "restforce_query_error_response" => query("SELECT Whatever FROM Account").await,
        "restforce_query_success_response" => {
            query("SELECT Owner.Name, (SELECT Name FROM Contacts) FROM Account").await
        }
        "restforce_recent_success_response" => get("/services/data/v31.0/recent").await,
        "restforce_search_success_response" => {
            org.create("Account", json!({ "Name": "Zwillbrook" })).await;
            get("/services/data/v31.0/search?q=FIND+%7Bzwillbrook%7D").await
        }
        "restforce_sobject_find_error_response" => get("sobjects/Account/23foo").await,
        "restforce_sobject_find_success_response" => {
            let id = org.create("Project__c", json!({ "Name": "Found" })).await;
            get(&format!("/services/data/v31.0/sobjects/Project__c/{id}")).await
        }
        "restforce_sobject_select_success_response" => {
            let id = org.create("Account", json!({ "Name": "Found", "AccountNumber": "1" })).await;
            get(&format!("/services/data/v31.0/sobjects/Account/{id}?fields=AccountNumber")).await
        }
        "elastic_query_Login" => {
            query("SELECT Id, CreatedDate, LogDate, LogFile FROM EventLogFile WHERE EventType = 'Login'")
                .await
        }
        "pubsub_Account_UPDATE_decoded" => return Some(changed_account(org).await),
        _ => return None,
    };
    Some(answer.text)
}

async fn sign_in(org: &TestOrg, password: &str) -> Answer {
    org.token(&[("grant_type", "password"), ("username", &org.line.username), ("password", password)]).await
}

/// Changes an account, and returns the event as the client shows it that was recorded.
async fn changed_account(org: &TestOrg) -> String {
    let id = org.create("Account", json!({ "Name": "Acme", "BillingCountry": "Germany" })).await;
    let client = PubSub::connect(org).await;
    let topic = client.topic("/data/AccountChangeEvent").await.unwrap();
    let mut events = client.subscribe("/data/AccountChangeEvent", LATEST, b"", 1).await;
    assert!(events.is_silent().await);
    let change = json!({ "BillingCity": "Bonn", "BillingState": "NRW" });
    org.send(Method::PATCH, &format!("sobjects/Account/{id}"), Some(change)).await;
    let Value::Object(mut payload) = events.event().await else { panic!("an event is an object") };
    let replay_id = payload.remove("replay_id").unwrap();
    let bytes: Vec<u8> = serde_json::from_value(replay_id).unwrap();
    let replay_id = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let id = payload.remove("event_id");
    json!({ "id": id, "schemaId": topic.schema_id, "replayId": replay_id, "payload": payload }).to_string()
}
