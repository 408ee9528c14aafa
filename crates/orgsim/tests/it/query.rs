//! The query resource and its pages.

use orgsim::SimulatorConfig;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};

#[tokio::test]
async fn pages_lead_to_each_other() {
    let org = TestOrg::with_records("Contact", 5_000);

    let mut path = "query?q=SELECT+Id+FROM+Contact".to_owned();
    let mut sizes = Vec::new();
    let mut last_id = String::new();
    loop {
        let page = org.get(&path).await.json();
        assert_eq!(page["totalSize"], 5_000);
        let records = page["records"].as_array().unwrap();
        sizes.push(records.len());
        for record in records {
            let id = record["Id"].as_str().unwrap();
            assert!(id > last_id.as_str());
            last_id = id.to_owned();
        }
        assert_eq!(page["done"], page.get("nextRecordsUrl").is_none());
        let Some(next) = page["nextRecordsUrl"].as_str() else { break };
        assert!(next.starts_with("/services/data/v66.0/query/0r8") && next.contains('-'), "{next}");
        path = next.to_owned();
    }

    assert_eq!(sizes, [2_000, 2_000, 1_000]);
    assert_eq!(org.simulator.counters().rows["Contact"], 5_000);
    assert_eq!(org.simulator.counters().pages["Contact"], 3);
}

#[tokio::test]
async fn the_batch_size_is_a_wish_within_bounds() {
    let org = TestOrg::with_records("Contact", 3_000);

    for (wish, expected) in [("batchSize=500", 500), ("batchSize=1", 200), ("batchSize=9999", 2_000)] {
        let request =
            org.request(Method::GET, "query?q=SELECT+Id+FROM+Contact").header("Sforce-Query-Options", wish);
        let page = Answer::read(request.send().await.unwrap()).await.json();

        assert_eq!(page["records"].as_array().unwrap().len(), expected, "{wish}");
        assert!(page["nextRecordsUrl"].as_str().unwrap().ends_with(&format!("-{expected}")));
    }
}

#[tokio::test]
async fn two_custom_long_texts_make_small_pages() {
    let org = TestOrg::with_records("Account", 500);
    let cases = [
        ("SELECT Id, Description FROM Account", 500),
        ("SELECT Id, Background__c, Owner.Name FROM Account", 500),
        ("SELECT Id, Description, Background__c FROM Account", 500),
        ("SELECT Id, Background__c, Parent.Background__c FROM Account", 200),
    ];
    for (soql, expected) in cases {
        let request = org.request(Method::GET, "query").query(&[("q", soql)]);
        let request = request.header("Sforce-Query-Options", "batchSize=2000");
        let page = Answer::read(request.send().await.unwrap()).await.json();

        assert_eq!(page["records"].as_array().map(Vec::len), Some(expected), "{soql}");
    }
}

#[tokio::test]
async fn locators_hold_for_two_days_on_both_resources() {
    let org = TestOrg::with_records("Contact", 2_500);
    let first = org.query("SELECT Id FROM Contact").await.json();
    let next = first["nextRecordsUrl"].as_str().unwrap().to_owned();

    assert_eq!(org.get(&next.replace("/query/", "/queryAll/")).await.status, StatusCode::OK);
    for wrong in ["query/0r8000000000000AAA-2000", "query/nonsense", &format!("{next}0")] {
        assert_eq!(org.get(wrong).await.error(), (400, "INVALID_QUERY_LOCATOR".to_owned()), "{wrong}");
    }
    org.simulator.clock().advance(49 * 3_600_000);
    let token =
        org.refresh(&org.line.refresh_token).await.json()["access_token"].as_str().unwrap().to_owned();
    let org = TestOrg { token, ..org };
    assert_eq!(org.get(&next).await.error(), (400, "INVALID_QUERY_LOCATOR".to_owned()));
}

#[tokio::test]
async fn rows_deleted_between_pages_are_missing_from_them() {
    let org = TestOrg::with_records("Contact", 2_500);
    let first = org.query("SELECT Id FROM Contact ORDER BY Id").await.json();
    let all = org.query("SELECT Id FROM Contact ORDER BY Id DESC LIMIT 1").await.json();

    let change = json!({ "sobject": "Contact", "op": "delete", "ids": [all["records"][0]["Id"]] });
    org.control(Method::POST, "/records", change).await;

    let second = org.get(first["nextRecordsUrl"].as_str().unwrap()).await.json();
    assert_eq!(
        (second["totalSize"].as_u64(), second["records"].as_array().unwrap().len()),
        (Some(2_500), 499)
    );
}

#[tokio::test]
async fn counting_returns_no_records() {
    let org = TestOrg::with_records("Contact", 2_500);

    let answer = org.query("SELECT COUNT() FROM Contact").await;

    assert_eq!(answer.json(), json!({ "totalSize": 2_500, "done": true, "records": [] }));
}

#[tokio::test]
async fn query_all_sees_the_recycle_bin() {
    let org = TestOrg::start();
    let id = org.query("SELECT Id FROM Account LIMIT 1").await.json()["records"][0]["Id"].clone();

    org.control(Method::POST, "/records", json!({ "sobject": "Account", "op": "delete", "ids": [id] })).await;

    assert_eq!(org.query("SELECT COUNT() FROM Account").await.json()["totalSize"], 199);
    let deleted = org.get("queryAll/?q=SELECT+Id+FROM+Account+WHERE+IsDeleted+=+true").await.json();
    assert_eq!((&deleted["totalSize"], &deleted["records"][0]["Id"]), (&json!(1), &id));
}

#[tokio::test]
async fn bad_statements_are_refused_in_the_orgs_words() {
    let org = TestOrg::start();
    let cases = [
        ("SELECT Nome FROM Account", "INVALID_FIELD", "No such column 'Nome' on entity 'Account'"),
        ("SELECT Id FROM Akkount", "INVALID_TYPE", "sObject type 'Akkount' is not supported"),
        ("SELECT Id FORM Account", "MALFORMED_QUERY", ""),
        (" ", "MALFORMED_QUERY", "SOQL statements cannot be empty or null"),
        ("SELECT Id FROM Account WITH SECURITY_ENFORCED", "MALFORMED_QUERY", "SECURITY_ENFORCED not allowed"),
        (
            "SELECT Id FROM Account WHERE Name = Site",
            "MALFORMED_QUERY",
            "Bind variables only allowed in Apex code",
        ),
        (
            "SELECT Id FROM accountchangeevent",
            "INVALID_TYPE_FOR_OPERATION",
            "entity type AccountChangeEvent does not support query",
        ),
        (
            "SELECT Id FROM Project__ChangeEvent",
            "INVALID_TYPE_FOR_OPERATION",
            "entity type Project__ChangeEvent does not support query",
        ),
        (
            "SELECT Id FROM Project_Notice__e",
            "INVALID_TYPE_FOR_OPERATION",
            "entity type Project_Notice__e does not support query",
        ),
    ];

    for (soql, code, text) in cases {
        let answer = org.query(soql).await;
        assert_eq!(answer.error(), (400, code.to_owned()), "{soql}");
        assert!(answer.message().contains(text), "{}", answer.message());
    }
    assert_eq!(org.get("query").await.error(), (400, "MALFORMED_QUERY".to_owned()));
}

#[tokio::test]
async fn a_query_can_be_asked_for_its_columns() {
    let org = TestOrg::start();

    let soql = "SELECT Id, name, Account.Name FROM Contact";
    let request = org.request(Method::GET, "query").query(&[("q", soql), ("columns", "true")]);
    let body = Answer::read(request.send().await.unwrap()).await.json();

    assert_eq!((&body["entityName"], &body["keyPrefix"]), (&json!("Contact"), &json!("003")));
    assert_eq!(body["idSelected"], true);
    let names = |columns: &Value| -> Vec<String> {
        let columns = columns.as_array().unwrap();
        columns.iter().map(|column| column["columnName"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&body["columnMetadata"]), ["Id", "Name", "Account"]);
    assert_eq!(names(&body["columnMetadata"][2]["joinColumns"]), ["Name"]);
    assert_eq!(body["columnMetadata"][2]["foreignKeyName"], "AccountId");
}

#[tokio::test]
async fn groups_come_as_aggregate_results() {
    let org = TestOrg::with_records("Contact", 2_500);

    let counted = org.query("select count(Id) from Contact").await.json();
    let grouped = org
        .query("SELECT Level__c, COUNT(Id) n FROM Contact GROUP BY Level__c ORDER BY COUNT(Id) DESC LIMIT 1")
        .await
        .json();
    let too_many = org.query("SELECT Id FROM Contact GROUP BY Id").await;

    assert_eq!(
        counted,
        json!({ "totalSize": 1, "done": true, "records": [{ "attributes": { "type": "AggregateResult" }, "expr0": 2_500 }] })
    );
    assert_eq!(grouped["totalSize"], 1);
    assert!(grouped["records"][0]["n"].as_u64() > Some(400), "{grouped}");
    assert_eq!(too_many.error(), (400, "EXCEEDED_ID_LIMIT".to_owned()));
    assert!(too_many.message().starts_with("Aggregate query does not support queryMore()"));
}

#[tokio::test]
async fn children_have_pages_of_their_own() {
    let counts =
        [("Account", 3), ("Contact", 500), ("User", 2)].map(|(name, count)| (name.to_owned(), count));
    let org = TestOrg::start_with(SimulatorConfig { counts: counts.into(), ..SimulatorConfig::default() });
    let account = org.query("SELECT Id FROM Account LIMIT 1").await.json()["records"][0]["Id"].clone();
    let all = org.query("SELECT Id FROM Contact").await.json();
    let ids: Vec<Value> =
        all["records"].as_array().unwrap().iter().map(|record| record["Id"].clone()).collect();
    let change = json!({ "sobject": "Contact", "op": "update", "ids": ids[..450], "fields": { "AccountId": account } });
    org.control(Method::POST, "/records", change).await;

    let soql = format!(
        "SELECT Name, (SELECT Id FROM Contacts ORDER BY Id) FROM Account WHERE Id = {}",
        account.to_string().replace('"', "'")
    );
    let body = org.query(&soql).await.json();

    let mut page = body["records"][0]["Contacts"].clone();
    let mut seen = Vec::new();
    assert!(page["nextRecordsUrl"].as_str().unwrap().ends_with("-200"));
    while page["done"] == false {
        seen.extend(page["records"].as_array().unwrap().clone());
        page = org.get(page["nextRecordsUrl"].as_str().unwrap()).await.json();
    }
    seen.extend(page["records"].as_array().unwrap().clone());
    assert_eq!((body["totalSize"].as_u64(), &body["done"]), (Some(1), &json!(true)));
    assert_eq!(page["totalSize"].as_u64(), Some(seen.len() as u64));
    assert!(seen.len() >= 450 && seen.is_sorted_by_key(|record| record["Id"].as_str().unwrap().to_owned()));
    assert_eq!(seen[0]["attributes"]["type"], "Contact");
}

#[tokio::test]
async fn looking_at_records_is_noted_where_asked() {
    let org = TestOrg::start();
    let viewed =
        || async { org.query("SELECT COUNT() FROM Account WHERE LastViewedDate != NULL").await.json() };
    let before = viewed().await["totalSize"].as_u64().unwrap();
    let stamp = "SELECT SystemModstamp FROM Account WHERE LastViewedDate = NULL LIMIT 1";
    let record = org.query(stamp).await.json()["records"][0].clone();

    org.query("SELECT Id FROM Account WHERE LastViewedDate = NULL LIMIT 3 FOR VIEW").await;
    org.query("SELECT Id FROM Account WHERE LastReferencedDate = NULL LIMIT 2 FOR REFERENCE").await;

    assert_eq!(viewed().await["totalSize"], before + 3);
    let referenced = org.query("SELECT COUNT() FROM Account WHERE LastReferencedDate != NULL").await.json();
    assert_eq!(referenced["totalSize"], before + 5);
    let after = org.get(record["attributes"]["url"].as_str().unwrap()).await.json();
    assert_eq!(after["SystemModstamp"], record["SystemModstamp"]);
}

#[tokio::test]
async fn columns_of_groups_and_children_are_told() {
    let org = TestOrg::start();
    let columns = |soql: &'static str| {
        let request = org.request(Method::GET, "query").query(&[("q", soql), ("columns", "true")]);
        async { Answer::read(request.send().await.unwrap()).await.json() }
    };

    let groups = columns("SELECT Type, COUNT(Id), MAX(Name) latest FROM Account GROUP BY Type").await;
    let children =
        columns("SELECT Id, (SELECT LastName FROM Contacts), FORMAT(AnnualRevenue) shown FROM Account").await;

    let told = |column: &Value| {
        (column["columnName"].clone(), column["displayName"].clone(), column["aggregate"].clone())
    };
    let groups_told: Vec<_> = groups["columnMetadata"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(groups["groupBy"], true);
    assert_eq!(
        groups_told,
        [
            (json!("Type"), json!("Type"), json!(true)),
            (json!("expr0"), json!("COUNT(Id)"), json!(true)),
            (json!("latest"), json!("MAX(Name)"), json!(true))
        ]
    );
    let contacts = &children["columnMetadata"][1];
    assert_eq!((&contacts["columnName"], &contacts["aggregate"]), (&json!("Contacts"), &json!(true)));
    assert_eq!(contacts["joinColumns"][0]["columnName"], "LastName");
    assert_eq!(children["columnMetadata"][2]["columnName"], "shown");
}

#[tokio::test]
async fn weeks_start_where_the_user_lives() {
    let org = TestOrg::start();
    // 2026-11-21 is a Saturday; the administrator of the simulated org reads as in the United States.
    let me = org.get("/services/oauth2/userinfo").await.json()["user_id"].as_str().unwrap().to_owned();
    let day = |close_date: &'static str| {
        let values = json!({ "Name": "Week", "StageName": "Prospecting", "CloseDate": close_date });
        org.create("Opportunity", values)
    };
    let (sunday, monday) = (day("2026-11-15").await, day("2026-11-16").await);
    let this_week = || async {
        let soql = "SELECT Id FROM Opportunity WHERE CloseDate = THIS_WEEK AND Name = 'Week'";
        let found = org.query(soql).await.json();
        let ids = found["records"].as_array().unwrap().iter();
        ids.map(|record| record["Id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(this_week().await, [sunday, monday.clone()]);
    let moved = org.patch(&format!("sobjects/User/{me}"), json!({ "LocaleSidKey": "de_DE" })).await;
    assert_eq!(moved.status, StatusCode::NO_CONTENT, "{}", moved.text);
    assert_eq!(this_week().await, [monday]);
}

#[tokio::test]
async fn owners_of_two_kinds_lead_to_the_profile_and_the_role_of_users() {
    let org = TestOrg::start();

    let cases = org.records("SELECT Owner.Type, Owner.Profile.Name, Owner.UserRole.Name FROM Case").await;
    let of_users = org.query("SELECT COUNT() FROM Case WHERE Owner.Profile.Name != NULL").await;
    let deeper = org.query("SELECT Owner.Manager.Name FROM Case").await;

    let (users, queues): (Vec<_>, Vec<_>) = cases.iter().partition(|case| case["Owner"]["Type"] == "User");
    assert!(!users.is_empty() && !queues.is_empty());
    for case in &users {
        let profile = &case["Owner"]["Profile"];
        assert_eq!(profile["attributes"]["type"], "Profile", "{case}");
        assert!(profile["Name"].is_string(), "{case}");
    }
    assert!(
        queues.iter().all(|case| case["Owner"]["Profile"].is_null() && case["Owner"]["UserRole"].is_null())
    );
    assert_eq!(of_users.json()["totalSize"], users.len());
    assert_eq!(deeper.error(), (400, "INVALID_FIELD".to_owned()));
}

#[tokio::test]
async fn a_parent_that_is_asked_for_twice_stands_there_once() {
    let org = TestOrg::start();
    let asked = [
        "Owner.Name, TYPEOF Owner WHEN User THEN Username END",
        "TYPEOF Owner WHEN User THEN Username END, Owner.Name",
    ];
    for asked in asked {
        let answer = org.query(&format!("SELECT {asked} FROM Case")).await;

        let cases = answer.json()["records"].as_array().unwrap().clone();
        assert_eq!(answer.text.matches("\"Owner\":").count(), cases.len());
        assert!(cases.iter().all(|case| case["Owner"]["Name"].is_string()), "{asked}");
        let (users, others): (Vec<_>, Vec<_>) =
            cases.iter().partition(|case| case["Owner"]["attributes"]["type"] == "User");
        assert!(!users.is_empty() && !others.is_empty());
        assert!(users.iter().all(|case| case["Owner"]["Username"].is_string()), "{asked}");
        assert!(others.iter().all(|case| case["Owner"].get("Username").is_none()), "{asked}");
    }
}
