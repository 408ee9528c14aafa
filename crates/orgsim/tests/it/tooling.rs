//! The Tooling API, and the records that describe the org.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};

async fn tooling_query(org: &TestOrg, soql: &str) -> Answer {
    let request = org.request(Method::GET, "tooling/query").query(&[("q", soql)]);
    Answer::read(request.send().await.unwrap()).await
}

fn records(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["records"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_sobject_is_described_by_a_record() {
    let org = TestOrg::start();
    let soql = "SELECT DurableId, QualifiedApiName, DeveloperName, Label, PluralLabel, KeyPrefix, IsCustomizable, \
                IsQueryable, PublisherId, NamespacePrefix FROM EntityDefinition \
                WHERE QualifiedApiName IN ('Account', 'Project__c') ORDER BY QualifiedApiName";

    let answer = tooling_query(&org, soql).await;

    let body = answer.json();
    assert_eq!(
        (&body["size"], &body["totalSize"], &body["queryLocator"], &body["entityTypeName"]),
        (&json!(2), &json!(2), &Value::Null, &json!("EntityDefinition"))
    );
    assert_eq!(
        body["records"][0],
        json!({
            "attributes": {
                "type": "EntityDefinition",
                "url": "/services/data/v66.0/tooling/sobjects/EntityDefinition/Account",
            },
            "DurableId": "Account",
            "QualifiedApiName": "Account",
            "DeveloperName": "Account",
            "Label": "Account",
            "PluralLabel": "Accounts",
            "KeyPrefix": "001",
            "IsCustomizable": true,
            "IsQueryable": true,
            "PublisherId": "System",
            "NamespacePrefix": null,
        })
    );
    let custom = &body["records"][1];
    assert_eq!((&custom["DeveloperName"], &custom["PublisherId"]), (&json!("Project"), &json!("<local>")));
    assert!(custom["DurableId"].as_str().unwrap().starts_with("01I"));
    let over_data = org.query("SELECT QualifiedApiName FROM EntityDefinition WHERE KeyPrefix = '003'").await;
    assert_eq!(
        records(&over_data),
        [json!({
            "attributes": { "type": "EntityDefinition", "url": "/services/data/v66.0/sobjects/EntityDefinition/Contact" },
            "QualifiedApiName": "Contact",
        })]
    );
}

#[tokio::test]
async fn fields_belong_to_their_sobject_both_ways() {
    let org = TestOrg::start();
    let up = "SELECT QualifiedApiName, DataType, Length, IsNillable, ReferenceTo, EntityDefinition.Label, EntityDefinitionId \
              FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Opportunity' AND QualifiedApiName = 'OwnerId'";
    let down = "SELECT Id, (SELECT QualifiedApiName FROM Fields WHERE QualifiedApiName = 'Industry') FROM EntityDefinition \
                WHERE DurableId = 'Account'";

    let owner = records(&tooling_query(&org, up).await);
    let account = records(&org.query(down).await);

    assert_eq!(owner.len(), 1);
    assert_eq!(
        (&owner[0]["DataType"], &owner[0]["ReferenceTo"], &owner[0]["EntityDefinition"]["Label"]),
        (&json!("Lookup(User)"), &json!({ "referenceTo": ["User"] }), &json!("Opportunity"))
    );
    assert_eq!(owner[0]["EntityDefinitionId"], "Opportunity");
    assert_eq!(account[0]["Id"], "000000000000000AAA");
    assert_eq!(account[0]["Fields"]["totalSize"], 1);
    assert_eq!(account[0]["Fields"]["records"][0]["QualifiedApiName"], "Industry");
}

#[tokio::test]
async fn addresses_are_one_field_and_several_particles() {
    let org = TestOrg::start();
    let of = |sobject: &str| {
        format!(
            "SELECT QualifiedApiName FROM {sobject} WHERE EntityDefinition.QualifiedApiName = 'Account' \
             AND QualifiedApiName LIKE 'Billing%'"
        )
    };

    let fields = records(&org.query(&of("FieldDefinition")).await);
    let particles = records(&org.query(&of("EntityParticle")).await);

    assert_eq!(fields.len(), 1);
    assert_eq!(fields[0]["QualifiedApiName"], "BillingAddress");
    assert!(particles.len() > 6, "{particles:?}");
}

#[tokio::test]
async fn users_rights_are_told() {
    let org = TestOrg::start();
    let user = org.simulator.org().user_id().to_string();
    let entity = format!(
        "SELECT DurableId, IsReadable, IsCreatable, IsEditable, IsDeletable, UserId FROM UserEntityAccess \
         WHERE UserId = '{user}' AND EntityDefinition.QualifiedApiName = 'Account'"
    );
    let field = format!(
        "SELECT DurableId, IsAccessible, IsUpdatable, FieldDefinition.QualifiedApiName FROM UserFieldAccess \
         WHERE UserId = '{user}' AND EntityDefinition.QualifiedApiName = 'Account' AND FieldDefinition.QualifiedApiName = 'Phone'"
    );
    let by_id =
        format!("SELECT IsUpdatable FROM UserFieldAccess WHERE DurableId = 'Account.CreatedDate.{user}'");
    let running =
        "SELECT RunningUserEntityAccess.IsReadable FROM EntityDefinition WHERE QualifiedApiName = 'Account'";

    let entity = records(&tooling_query(&org, &entity).await);
    let field = records(&tooling_query(&org, &field).await);

    assert_eq!(entity.len(), 1);
    assert_eq!((&entity[0]["IsReadable"], &entity[0]["UserId"]), (&json!(true), &json!(user)));
    assert_eq!(entity[0]["DurableId"], format!("Account.{user}"));
    assert_eq!(field.len(), 1);
    assert_eq!((&field[0]["IsAccessible"], &field[0]["IsUpdatable"]), (&json!(true), &json!(true)));
    assert_eq!(records(&org.query(&by_id).await)[0]["IsUpdatable"], false);
    let running = records(&org.query(running).await);
    assert_eq!(running[0]["RunningUserEntityAccess"]["IsReadable"], true);
}

#[tokio::test]
async fn lookups_and_picklist_values_are_records_too() {
    let org = TestOrg::start();
    let domains = "SELECT ChildSobject.QualifiedApiName, RelationshipName, IsCascadeDelete FROM RelationshipDomain \
                   WHERE ParentSobject.QualifiedApiName = 'Account' AND RelationshipName = 'Contacts'";
    let values = "SELECT Value, Label, IsActive FROM PicklistValueInfo \
                  WHERE EntityParticle.EntityDefinition.QualifiedApiName = 'Account' AND EntityParticle.QualifiedApiName = 'Industry'";
    let customs = "SELECT Id, DeveloperName, TableEnumOrId FROM CustomField WHERE DeveloperName = 'Budget'";

    let domains = records(&org.query(domains).await);
    let values = records(&org.query(values).await);
    let customs = records(&tooling_query(&org, customs).await);

    assert_eq!(domains.len(), 1);
    assert_eq!(domains[0]["ChildSobject"]["QualifiedApiName"], "Contact");
    assert!(values.iter().any(|value| value["Value"] == "Banking"), "{values:?}");
    assert!(customs[0]["Id"].as_str().unwrap().starts_with("00N"));
    assert!(customs[0]["TableEnumOrId"].as_str().unwrap().starts_with("01I"));
}

#[tokio::test]
async fn what_computed_records_cannot_be_asked_is_refused() {
    let org = TestOrg::start();
    let unsupported = "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION";
    let storage = "The requested operation is not yet supported by this SObject storage type, contact salesforce.com \
                   support for more information.";
    let cases = [
        (
            "SELECT Id FROM FieldDefinition",
            "MALFORMED_QUERY",
            "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]",
        ),
        (
            "SELECT Id FROM EntityParticle WHERE IsUnique = true",
            "MALFORMED_QUERY",
            "EntityParticle: a filter on a reified column is required [EntityDefinitionId,FieldDefinitionId,DurableId]",
        ),
        (
            "SELECT Id FROM UserEntityAccess",
            "MALFORMED_QUERY",
            "UserEntityAccess: a filter on a reified column is required [UserId,DurableId]",
        ),
        (
            "SELECT Id FROM UserFieldAccess",
            "MALFORMED_QUERY",
            "UserFieldAccess: a filter on a reified column is required [DurableId]",
        ),
        (
            "SELECT Id FROM EntityDefinition WHERE KeyPrefix = '001' OR KeyPrefix = '003'",
            unsupported,
            "Disjunctions not supported",
        ),
        (
            "SELECT Id FROM EntityDefinition WHERE QualifiedApiName != 'Account'",
            unsupported,
            "Only equals comparisons permitted",
        ),
        ("SELECT COUNT() FROM EntityDefinition", unsupported, storage),
        (
            "SELECT COUNT(QualifiedApiName), IsFeedEnabled FROM EntityDefinition GROUP BY IsFeedEnabled",
            unsupported,
            storage,
        ),
    ];
    for (soql, code, message) in cases {
        let answer = org.query(soql).await;
        assert_eq!(answer.error(), (400, code.to_owned()), "{soql}");
        assert_eq!(answer.message(), message);
    }
}

#[tokio::test]
async fn each_api_has_sobjects_of_its_own() {
    let org = TestOrg::start();
    let names = |body: &Value| -> Vec<String> {
        let sobjects = body["sobjects"].as_array().unwrap();
        sobjects.iter().map(|sobject| sobject["name"].as_str().unwrap().to_owned()).collect()
    };

    let tooling = names(&org.get("tooling/sobjects/").await.json());
    let data = names(&org.get("sobjects/").await.json());

    for name in ["ApexClass", "CustomField", "EntityDefinition", "Flow", "User"] {
        assert!(tooling.contains(&name.to_owned()), "{name}: {tooling:?}");
    }
    assert!(!tooling.contains(&"Account".to_owned()) && !data.contains(&"CustomField".to_owned()));
    assert_eq!(org.get("tooling/sobjects/Account/describe").await.error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(org.query("SELECT Id FROM CustomField").await.error().1, "INVALID_TYPE");
    assert_eq!(tooling_query(&org, "SELECT Id FROM Account").await.error().1, "INVALID_TYPE");
    let describe = org.get("tooling/sobjects/FieldDefinition/describe").await.json();
    assert_eq!(describe["urls"]["sobject"], "/services/data/v66.0/tooling/sobjects/FieldDefinition");
    let none = tooling_query(&org, "SELECT Id, Name FROM ApexClass").await.json();
    assert_eq!(
        none,
        json!({ "size": 0, "totalSize": 0, "done": true, "queryLocator": null, "entityTypeName": null, "records": [] })
    );
    let users = tooling_query(&org, "SELECT Id FROM User LIMIT 1").await.json();
    assert!(
        users["records"][0]["attributes"]["url"].as_str().unwrap().contains("/tooling/sobjects/User/005")
    );
    assert_eq!(
        org.get("tooling/executeAnonymous").await.error(),
        (403, "FUNCTIONALITY_NOT_ENABLED".to_owned())
    );
}

#[tokio::test]
async fn records_of_the_tooling_api_are_written() {
    let org = TestOrg::start();
    let level = json!({ "DeveloperName": "Fine", "MasterLabel": "Fine", "ApexCode": "FINE" });

    let created = org.send(Method::POST, "tooling/sobjects/DebugLevel", Some(level)).await;

    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let path = format!("tooling/sobjects/DebugLevel/{id}");
    assert_eq!(created.header("location"), format!("/services/data/v66.0/{path}"));
    assert_eq!(org.get(&path).await.json()["ApexCode"], "FINE");
    let changed = org.send(Method::PATCH, &path, Some(json!({ "MasterLabel": "Very fine" }))).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    assert_eq!(org.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    let entity =
        org.send(Method::POST, "tooling/sobjects/EntityDefinition", Some(json!({ "Label": "x" }))).await;
    assert_eq!(entity.error(), (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY".to_owned()));
}

#[tokio::test]
async fn computed_records_are_read_by_what_stands_for_their_id() {
    let org = TestOrg::start();
    let custom = tooling_query(&org, "SELECT Id FROM CustomField WHERE DeveloperName = 'Budget'").await;
    let id = records(&custom)[0]["Id"].as_str().unwrap().to_owned();

    let account = org.get("tooling/sobjects/EntityDefinition/Account?fields=Label").await.json();
    let budget = org.get(&format!("tooling/sobjects/CustomField/{id}")).await.json();

    assert_eq!((&account["Label"], &budget["DeveloperName"]), (&json!("Account"), &json!("Budget")));
    for path in ["EntityDefinition/Nothing", "EntityDefinition/it's", "CustomField/00N000000000000AAA"] {
        assert_eq!(org.get(&format!("tooling/sobjects/{path}")).await.error().0, 404, "{path}");
    }
}

#[tokio::test]
async fn computed_records_are_not_there_in_bulk() {
    let org = TestOrg::start();

    let body = json!({ "operation": "query", "query": "SELECT QualifiedApiName FROM EntityDefinition" });

    assert_eq!(
        org.send(Method::POST, "jobs/query", Some(body)).await.error(),
        (400, "INVALIDENTITY".to_owned())
    );
}

#[tokio::test]
async fn members_of_event_channels_are_records() {
    let org = TestOrg::start();
    let soql =
        "SELECT Id, EventChannel FROM PlatformEventChannelMember WHERE SelectedEntity = 'AccountChangeEvent'";

    let found = records(&tooling_query(&org, soql).await);

    assert_eq!((found.len(), &found[0]["EventChannel"]), (1, &json!("ChangeEvents")));
    let path = format!("tooling/sobjects/PlatformEventChannelMember/{}", found[0]["Id"].as_str().unwrap());
    assert_eq!(org.get(&path).await.json()["Metadata"]["selectedEntity"], "AccountChangeEvent");
    let count = tooling_query(&org, "SELECT COUNT() FROM CustomField").await.json();
    assert!(count["totalSize"].as_u64().unwrap() > 5, "{count}");
}

#[tokio::test]
async fn names_are_defined_as_a_whole_and_addresses_too() {
    let org = TestOrg::start();
    let soql = |sobject: &str| {
        format!(
            "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = '{sobject}' \
             AND QualifiedApiName IN ('Name', 'FirstName', 'BillingAddress', 'BillingCity')"
        )
    };
    let names = |answer: &Answer| {
        let mut names: Vec<String> = records(answer)
            .iter()
            .map(|record| record["QualifiedApiName"].as_str().unwrap().to_owned())
            .collect();
        names.sort_unstable();
        names
    };

    let account = tooling_query(&org, &soql("Account")).await;
    let contact = tooling_query(&org, &soql("Contact")).await;

    assert_eq!(names(&account), ["BillingAddress", "Name"]);
    assert_eq!(names(&contact), ["Name"]);
}

#[tokio::test]
async fn validation_rules_are_those_that_act() {
    let org = TestOrg::start();
    let soql = "SELECT Id, ValidationName, Active, ErrorDisplayField, ErrorMessage, EntityDefinition.QualifiedApiName \
                FROM ValidationRule ORDER BY ValidationName";
    let names = async || {
        let rules = records(&tooling_query(&org, soql).await);
        rules.iter().map(|rule| rule["ValidationName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let rule = json!({ "sobject": "Account", "name": "No_Shouting", "condition": "Name = 'AAA'", "message": "Not so loud." });

    assert_eq!(names().await, ["Completion_In_Range", "Discount_In_Range"]);
    org.control(Method::POST, "/validation-rules", rule).await;

    assert_eq!(names().await, ["Completion_In_Range", "Discount_In_Range", "No_Shouting"]);
    let rule = records(&tooling_query(&org, soql).await)[2].clone();
    assert_eq!(rule["EntityDefinition"]["QualifiedApiName"], "Account");
    assert_eq!((&rule["ErrorMessage"], &rule["Active"]), (&json!("Not so loud."), &json!(true)));
    let id = rule["Id"].as_str().unwrap();
    let by_id = org.get(&format!("tooling/sobjects/ValidationRule/{id}")).await.json();
    assert_eq!(by_id["ValidationName"], "No_Shouting");
}

#[tokio::test]
async fn channels_are_made_and_carry_their_members() {
    let org = TestOrg::start();
    let path = "tooling/sobjects/PlatformEventChannel";
    let add = async |path: &str, body: Value| org.send(Method::POST, path, Some(body)).await;
    let whole = json!({ "FullName": "Sales__chn", "Metadata": { "channelType": "data", "label": "Sales" } });
    let record = json!({ "DeveloperName": "Notices", "MasterLabel": "Notices", "ChannelType": "event" });
    let member = |channel: &str| {
        let metadata = json!({ "eventChannel": channel, "selectedEntity": "AccountChangeEvent" });
        json!({ "FullName": format!("{channel}_AccountChangeEvent"), "Metadata": metadata })
    };
    let members = "tooling/sobjects/PlatformEventChannelMember";

    assert_eq!(add(members, member("Sales__chn")).await.error(), (400, "INVALID_INPUT".to_owned()));
    let made = add(path, whole.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(add(path, whole).await.error(), (400, "DUPLICATE_VALUE".to_owned()));
    assert_eq!(add(path, record).await.status, StatusCode::CREATED);
    assert_eq!(add(members, member("Sales__chn")).await.status, StatusCode::CREATED);

    let soql =
        "SELECT DeveloperName, MasterLabel, ChannelType FROM PlatformEventChannel ORDER BY DeveloperName";
    let found = records(&tooling_query(&org, soql).await);
    let kinds: Vec<_> =
        found.iter().map(|channel| (&channel["DeveloperName"], &channel["ChannelType"])).collect();
    assert_eq!(kinds, [(&json!("Notices"), &json!("event")), (&json!("Sales"), &json!("data"))]);
    let streaming = org.control(Method::GET, "/streaming", json!({})).await.json();
    assert_eq!(streaming["channels"]["Sales__chn"], json!(["Account"]));
    let one = format!("{path}/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(org.get(&one).await.json()["Metadata"]["label"], "Sales");
    assert_eq!(org.send(Method::DELETE, &one, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(org.get(&one).await.status, StatusCode::NOT_FOUND);
    for (body, code) in [
        (
            json!({ "FullName": "Sales", "Metadata": { "channelType": "data", "label": "x" } }),
            "INVALID_INPUT",
        ),
        (json!({ "FullName": "S__chn", "Metadata": { "channelType": "data" } }), "REQUIRED_FIELD_MISSING"),
        (
            json!({ "DeveloperName": "S", "MasterLabel": "S", "ChannelType": "other" }),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ),
    ] {
        assert_eq!(add(path, body.clone()).await.error(), (400, code.to_owned()), "{body}");
    }
}
