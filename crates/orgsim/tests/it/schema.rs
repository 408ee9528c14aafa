//! Fields that an administrator adds, renames, retypes, removes and brings back.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::TestOrg;

async fn change(org: &TestOrg, body: Value) {
    let answer = org.control(Method::POST, "/schema", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

async fn field(org: &TestOrg, name: &str) -> Option<Value> {
    let describe = org.get("sobjects/Project__c/describe").await.json();
    describe["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).cloned()
}

async fn values(org: &TestOrg, name: &str) -> Vec<Value> {
    let answer = org.query(&format!("SELECT {name} FROM Project__c ORDER BY Id")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["records"].as_array().unwrap().iter().map(|record| record[name].clone()).collect()
}

#[tokio::test]
async fn a_new_field_is_there_for_all_records_and_changes_no_stamp() {
    let org = TestOrg::with_records("Project__c", 40);
    let stamps = values(&org, "SystemModstamp").await;

    let hall = json!({"name": "Hall__c", "label": "Hall", "like": "Web_Page__c"});
    let twice = json!({"name": "Twice__c", "like": "Budget__c", "formula": "Budget__c * 2"});
    change(&org, json!({"sobject": "Project__c", "add": [hall, twice]})).await;

    assert_eq!(field(&org, "Hall__c").await.unwrap()["label"], "Hall");
    assert!(values(&org, "Hall__c").await.iter().any(Value::is_string));
    let (budgets, twice) = (values(&org, "Budget__c").await, values(&org, "Twice__c").await);
    let is_double =
        |(one, two): (&Value, &Value)| one.as_f64().unwrap_or(0.0) * 2.0 == two.as_f64().unwrap_or(0.0);
    assert!(budgets.iter().zip(&twice).all(is_double), "{budgets:?} {twice:?}");
    assert_eq!(values(&org, "SystemModstamp").await, stamps);
}

#[tokio::test]
async fn a_renamed_field_keeps_its_values_and_a_removed_one_comes_back_with_them() {
    let org = TestOrg::with_records("Project__c", 40);
    let before = values(&org, "Web_Page__c").await;

    change(&org, json!({"sobject": "Project__c", "rename": {"Web_Page__c": "Site_Link__c"}})).await;
    assert_eq!(values(&org, "Site_Link__c").await, before);
    assert_eq!(field(&org, "Web_Page__c").await, None);

    change(&org, json!({"sobject": "Project__c", "remove": ["Site_Link__c"]})).await;
    assert_eq!(field(&org, "Site_Link__c").await, None);
    assert_eq!(
        org.query("SELECT Site_Link__c FROM Project__c").await.error(),
        (400, "INVALID_FIELD".to_owned())
    );

    change(&org, json!({"sobject": "Project__c", "restore": ["Site_Link__c"]})).await;
    assert_eq!(values(&org, "Site_Link__c").await, before);
}

#[tokio::test]
async fn values_of_a_field_of_another_type_are_converted() {
    let org = TestOrg::with_records("Project__c", 40);
    let days = values(&org, "Start_Date__c").await;

    let types = json!({
        "Start_Date__c": {"type": "string", "length": 40},
        "Web_Page__c": {"type": "double", "precision": 18, "scale": 0},
    });
    change(&org, json!({"sobject": "Project__c", "retype": types})).await;

    assert_eq!(field(&org, "Start_Date__c").await.unwrap()["type"], "string");
    assert_eq!(values(&org, "Start_Date__c").await, days);
    // No address is a number.
    assert!(values(&org, "Web_Page__c").await.iter().all(Value::is_null));
}

#[tokio::test]
async fn an_sobject_has_as_many_fields_as_one_likes_and_unlikely_changes_are_refused() {
    let org = TestOrg::with_records("Project__c", 1);

    let wide = json!({"name": "Wide_#__c", "like": "Hotline__c", "count": 800});
    change(&org, json!({"sobject": "Project__c", "add": [wide]})).await;

    assert!(field(&org, "Wide_800__c").await.is_some());
    for refused in [
        json!({"sobject": "Project__c", "remove": ["Nothing__c"]}),
        json!({"sobject": "Project__c", "add": [{"name": "Name", "like": "Name"}]}),
        json!({"sobject": "Project__c", "retype": {"Name": {"type": "hologram"}}}),
        json!({"sobject": "Nothing__c"}),
    ] {
        assert_eq!(org.control(Method::POST, "/schema", refused).await.error().0, 400);
    }
}
