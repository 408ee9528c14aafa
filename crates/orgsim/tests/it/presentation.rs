//! What user interfaces ask for.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::TestOrg;

async fn ok(org: &TestOrg, path: &str) -> Value {
    let answer = org.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    answer.json()
}

#[tokio::test]
async fn list_views_are_listed_described_and_read() {
    let org = TestOrg::start();

    let views = ok(&org, "sobjects/account/listviews").await;

    assert_eq!(
        (&views["size"], &views["sobjectType"], &views["done"]),
        (&json!(3), &json!("Account"), &json!(true))
    );
    let all = &views["listviews"][0];
    assert_eq!((&all["developerName"], &all["label"]), (&json!("AllAccounts"), &json!("All Accounts")));
    assert_eq!(ok(&org, all["url"].as_str().unwrap()).await, *all);
    let describe = ok(&org, all["describeUrl"].as_str().unwrap()).await;
    assert_eq!(describe["columns"][0]["fieldNameOrPath"], "Name");
    assert_eq!(org.query(describe["query"].as_str().unwrap()).await.json()["totalSize"], 200);
    let results = ok(&org, &format!("{}?limit=3&offset=198", all["resultsUrl"].as_str().unwrap())).await;
    assert_eq!((&results["size"], &results["done"]), (&json!(2), &json!(true)));
    let cells = results["records"][0]["columns"].as_array().unwrap();
    assert_eq!(cells.len(), results["columns"].as_array().unwrap().len());
    assert_eq!(ok(&org, "sobjects/Account/listviews/recent/results").await["size"], 0);
    let unknown = org.get("sobjects/Account/listviews/00B000000000000").await;
    assert_eq!(unknown.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn layouts_hold_the_fields() {
    let org = TestOrg::start();

    let layouts = ok(&org, "sobjects/Contact/describe/layouts/").await;
    let compact = ok(&org, "sobjects/Contact/describe/compactLayouts").await;

    let section = &layouts["layouts"][0]["detailLayoutSections"][0];
    assert_eq!(section["heading"], "Contact Information");
    let items = section["layoutRows"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row["layoutItems"].as_array().unwrap());
    let names: Vec<&str> = items.map(|item| item["layoutComponents"][0]["value"].as_str().unwrap()).collect();
    assert!(
        names.contains(&"Email") && names.contains(&"MailingAddress") && !names.contains(&"MailingCity"),
        "{names:?}"
    );
    let account = ok(&org, "sobjects/Account/describe/layouts/012000000000000AAA").await.to_string();
    assert!(account.contains("\"value\":\"Name\""), "{account}");
    let mapping = &layouts["recordTypeMappings"][0];
    assert_eq!(ok(&org, mapping["urls"]["layout"].as_str().unwrap()).await, layouts["layouts"][0]);
    assert_eq!(compact["compactLayouts"][0]["fieldItems"][0]["layoutComponents"][0]["value"], "Name");
    assert_eq!(ok(&org, compact["urls"]["primary"].as_str().unwrap()).await, compact["compactLayouts"][0]);
    let several = ok(&org, "compactLayouts?q=Account,Contact").await;
    assert_eq!(several["Contact"], compact["compactLayouts"][0]);
    assert_eq!(ok(&org, "sobjects/Contact/describe/approvalLayouts").await, json!({ "approvalLayouts": [] }));
    assert_eq!(ok(&org, "sobjects/Contact/quickActions").await, json!([]));
    assert_eq!(org.get("sobjects/Group/describe/layouts").await.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn tabs_themes_and_apps_are_listed() {
    let org = TestOrg::start();

    let tabs = ok(&org, "tabs").await;
    let theme = ok(&org, "theme").await;

    let accounts = tabs.as_array().unwrap().iter().find(|tab| tab["sobjectName"] == "Account").unwrap();
    assert_eq!((&accounts["name"], &accounts["label"]), (&json!("standard-Account"), &json!("Accounts")));
    assert!(theme["themeItems"].as_array().unwrap().iter().any(|item| item["name"] == "Project__c"));
    assert_eq!(ok(&org, "appMenu/AppSwitcher/").await, json!({ "appMenuItems": [] }));
    assert_eq!(ok(&org, "process/rules").await, json!({ "rules": {} }));
    let resources = ok(&org, "").await;
    for (name, path) in resources.as_object().unwrap() {
        let path = path.as_str().unwrap();
        let status = org.get(path).await.status;
        assert!(path.contains("/services/data/v66.0/") || name == "identity", "{name}");
        assert!(matches!(name.as_str(), "jobs" | "identity") || status != StatusCode::NOT_FOUND, "{name}");
    }
}

#[tokio::test]
async fn the_caller_and_the_org_are_told() {
    let org = TestOrg::start();
    let user = org.simulator.org().user_id().to_string();

    let me = ok(&org, "chatter/users/me").await;
    let organization = ok(&org, "connect/organization").await;

    assert_eq!((&me["id"], &me["username"]), (&json!(user), &json!(org.line.username)));
    assert_eq!(ok(&org, &format!("chatter/users/{user}")).await, me);
    assert_eq!(organization["orgId"], org.line.org_id);
    assert_eq!(org.get("chatter/feeds").await.error(), (403, "FUNCTIONALITY_NOT_ENABLED".to_owned()));
}

#[tokio::test]
async fn the_user_interface_api_describes_and_reads() {
    let org = TestOrg::start();
    let id = org.query("SELECT Id FROM Account ORDER BY Id LIMIT 1").await.json()["records"][0]["Id"].clone();
    let id = id.as_str().unwrap();

    let info = ok(&org, "ui-api/object-info/contact").await;
    let record = ok(&org, &format!("ui-api/records/{id}?fields=Account.Name,Account.Industry")).await;

    assert_eq!(
        (&info["apiName"], &info["fields"]["LastName"]["required"]),
        (&json!("Contact"), &json!(true))
    );
    assert_eq!(info["fields"]["AccountId"]["referenceToInfos"][0]["apiName"], "Account");
    assert!(info["nameFields"].as_array().unwrap().contains(&json!("LastName")));
    let known = org.get(&format!("sobjects/Account/{id}")).await.json();
    assert_eq!((&record["apiName"], &record["fields"]["Name"]["value"]), (&json!("Account"), &known["Name"]));
    assert_eq!(record["systemModstamp"], known["SystemModstamp"]);
    assert_eq!(org.get(&format!("ui-api/records/{id}")).await.error(), (400, "MISSING_ARGUMENT".to_owned()));
}
