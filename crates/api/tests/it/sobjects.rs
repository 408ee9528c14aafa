//! The sObjects of an org, those that cannot be copied too.

use serde_json::{Value, json};

use crate::connect_flows::connect;
use crate::copies::put_rule;
use crate::test_app::{TestApp, body, client};

/// Takes a right from the user of the connection.
async fn take_rights(app: &TestApp, rights: Value) {
    let line = app.org.start_line();
    let mut sent = rights;
    sent["user"] = json!(line.username);
    sent["permissions"] = json!({"ModifyAllData": false, "ViewAllData": false});
    let request = client().post(format!("{}/rights", app.org.control_url()));
    let answer = request.header("x-orgsim-token", &line.control_token).json(&sent).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

#[tokio::test]
async fn each_sobject_says_what_it_is_and_why_it_cannot_be_copied() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    take_rights(&app, json!({"objects": {"Contract": []}})).await;
    let search = async |text: &str| {
        let path = format!("{integration}/sobjects?limit=500&search={text}");
        body(app.get(&owner, &path).await, 200).await["items"].as_array().unwrap().clone()
    };
    let find = async |name: &str| search(name).await.into_iter().find(|one| one["name"] == name).unwrap();

    // By API name and by label, whatever the case.
    assert_eq!(find("Project__c").await["custom"], true);
    let by_label = search("opportunity%20product").await;
    assert!(by_label.iter().any(|one| one["name"] == "OpportunityLineItem"), "{by_label:?}");
    assert_eq!(search("no%20such%20thing").await, Vec::<Value>::new());

    let account = find("Account").await;
    assert_eq!(
        (&account["custom"], &account["queryable"], &account["why_not"]),
        (&json!(false), &json!(true), &Value::Null)
    );
    let event = find("Project_Notice__e").await;
    assert_eq!(event["queryable"], false);
    assert!(event["why_not"].as_str().unwrap().contains("keeps no records"), "{event}");
    let contract = find("Contract").await;
    assert_eq!((&contract["queryable"], &contract["label"]), (&json!(false), &json!("Contract")));
    assert!(contract["why_not"].as_str().unwrap().contains("Read on Contract"), "{contract}");

    // It stands once, and in its place.
    let all = body(app.get(&owner, &format!("{integration}/sobjects?limit=500")).await, 200).await;
    let names: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap().to_lowercase())
        .collect();
    assert!(names.is_sorted() && names.iter().filter(|name| *name == "contract").count() == 1, "{names:?}");
}

#[tokio::test]
async fn what_a_rule_copies_is_listed_though_it_cannot_be_read_any_more() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    for sobject in ["Contract", "Project__c"] {
        body(put_rule(&app, &owner, &integration, sobject, json!({})).await, 201).await;
    }
    take_rights(&app, json!({"objects": {"Contract": [], "Project__c": []}})).await;

    let all = body(app.get(&owner, &format!("{integration}/sobjects?limit=500")).await, 200).await;

    let of = |name: &str| {
        let found = all["items"].as_array().unwrap().iter().filter(|one| one["name"] == name);
        found.map(|one| (one["selected"].clone(), one["queryable"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(of("Contract"), [(json!(true), json!(false))]);
    assert_eq!(of("Project__c"), [(json!(true), json!(false))]);
    assert_eq!(of("Account"), [(json!(false), json!(true))]);
}

#[tokio::test]
async fn a_lookup_says_what_a_filter_follows_it_by() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let fields = body(app.get(&owner, &format!("{integration}/sobjects/Contact")).await, 200).await;
    let find =
        |name: &str| fields["fields"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();

    assert_eq!(
        (&find("AccountId")["relationship"], &find("AccountId")["polymorphic"]),
        (&json!("Account"), &json!(false))
    );
    assert_eq!(find("LastName")["relationship"], Value::Null);
    let case = body(app.get(&owner, &format!("{integration}/sobjects/Case")).await, 200).await;
    let owner_of =
        case["fields"].as_array().unwrap().iter().find(|one| one["name"] == "OwnerId").unwrap().clone();
    assert_eq!((&owner_of["relationship"], &owner_of["polymorphic"]), (&json!("Owner"), &json!(true)));

    // Filters go as deep as Salesforce lets them: five lookups.
    let filter = |path: &str| {
        json!({"sobject": "Contact", "filter":
        {"kind": "compare", "field": path, "operator": "ne", "value": {"type": "null"}}})
    };
    let preview = format!("{integration}/sync-rules/preview");
    for path in ["Account.Industry", "Account.Owner.Name", "Account.Parent.Parent.Owner.Manager.Name"] {
        let seen = body(app.post(&owner, &preview, filter(path)).await, 200).await;
        assert_eq!((&seen["problem"], seen["count"].is_u64()), (&Value::Null, true), "{path}: {seen}");
        assert!(seen["soql"].as_str().unwrap().contains(path), "{seen}");
        // The sample shows what the filter looks at.
        let columns = seen["sample"]["columns"].as_array().unwrap();
        let place = columns.iter().position(|column| column["name"] == path).unwrap();
        let rows = seen["sample"]["rows"].as_array().unwrap();
        assert!(rows.iter().all(|row| row[place].is_string()), "{path}: {rows:?}");
    }
    for path in ["Account.Nothing__c", "Nothing.Name", "Account.Description"] {
        let seen = body(app.post(&owner, &preview, filter(path)).await, 200).await;
        assert_eq!(seen["problem"]["code"], "field.unknown", "{path}: {seen}");
    }
}
