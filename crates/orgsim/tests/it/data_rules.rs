//! What an administrator sets up: formulas, roll-ups, validation rules, duplicate rules, locks and switches.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};

impl TestOrg {
    /// Changes the org by its control API, which must do as asked.
    pub(crate) async fn set_up(&self, path: &str, body: Value) -> Value {
        let answer = self.control(Method::POST, path, body).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        answer.json()
    }

    pub(crate) async fn rows(&self, soql: &str) -> Vec<Value> {
        let answer = self.query(soql).await.json();
        answer["records"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }
}

#[tokio::test]
async fn a_formula_follows_its_parents_and_leaves_the_stamp() {
    let org = TestOrg::start();
    org.set_up("/tokens", json!({ "session_timeout_ms": 30 * 86_400_000_i64 })).await;
    let account = org.create("Account", json!({ "Name": "Lockside" })).await;
    let project = json!({ "Name": "Weir", "Account__c": account, "Budget__c": 100.5, "Spent__c": 40,
        "Start_Date__c": "2026-11-11" });
    let id = org.create("Project__c", project).await;
    let before = org.record("Project__c", &id).await;

    org.simulator.clock().advance(2 * 86_400_000);
    org.patch(&format!("sobjects/Account/{account}"), json!({ "Name": "Mill" })).await;

    let after = org.record("Project__c", &id).await;
    let reference = before["Reference__c"].as_str().unwrap();
    assert_eq!(before["Label__c"], format!("{reference} Lockside"));
    assert_eq!(after["Label__c"], format!("{reference} Mill"));
    assert_eq!((&before["Age_Days__c"], &after["Age_Days__c"]), (&json!(10.0), &json!(12.0)));
    assert_eq!((&after["Remaining_Budget__c"], &after["Is_Over_Budget__c"]), (&json!(60.5), &json!(false)));
    assert_eq!(before["SystemModstamp"], after["SystemModstamp"]);
    let found = org.rows("SELECT Id FROM Project__c WHERE Age_Days__c = 12 AND Label__c LIKE '% Mill'").await;
    assert_eq!(found.len(), 1);
    let written = org.patch(&format!("sobjects/Project__c/{id}"), json!({ "Age_Days__c": 1 })).await;
    assert_eq!(written.error(), (400, "INVALID_FIELD_FOR_INSERT_UPDATE".to_owned()));
}

#[tokio::test]
async fn a_roll_up_tells_of_live_children_and_leaves_the_stamp() {
    let org = TestOrg::start();
    let project = org.create("Project__c", json!({ "Name": "Weir" })).await;
    let stamp = org.record("Project__c", &project).await["SystemModstamp"].clone();
    org.simulator.clock().advance(60_000);
    let mut milestones = Vec::new();
    for (cost, due, done) in
        [(10.25, "2026-12-01", true), (20.0, "2026-12-24", false), (30.0, "2027-01-31", false)]
    {
        let milestone =
            json!({ "Project__c": project, "Cost__c": cost, "Due_Date__c": due, "Done__c": done });
        milestones.push(org.create("Milestone__c", milestone).await);
    }

    let rolled = async || {
        let record = org.record("Project__c", &project).await;
        let names = [
            "Milestones__c",
            "Open_Milestones__c",
            "Milestone_Cost__c",
            "Next_Milestone__c",
            "Last_Milestone__c",
        ];
        assert_eq!(record["SystemModstamp"], stamp);
        names.map(|name| record[name].clone())
    };
    let all = [json!(3.0), json!(2.0), json!(60.25), json!("2026-12-24"), json!("2027-01-31")];
    assert_eq!(rolled().await, all);
    org.delete(&format!("sobjects/Milestone__c/{}", milestones[2])).await;
    let two = [json!(2.0), json!(1.0), json!(30.25), json!("2026-12-24"), json!("2026-12-24")];
    assert_eq!(rolled().await, two);
    org.set_up(
        "/records",
        json!({ "sobject": "Milestone__c", "op": "undelete", "ids": [milestones[2]], "by_rules": true }),
    )
    .await;
    assert_eq!(rolled().await, all);
    org.delete(&format!("sobjects/Project__c/{project}")).await;
    assert_eq!(
        org.get(&format!("sobjects/Milestone__c/{}", milestones[0])).await.error().1,
        "ENTITY_IS_DELETED"
    );
    let orphan =
        json!({ "sobject": "Milestone__c", "op": "undelete", "ids": [milestones[0]], "by_rules": true });
    assert_eq!(org.control(Method::POST, "/records", orphan).await.error().1, "UNDELETE_FAILED");
}

#[tokio::test]
async fn a_validation_rule_refuses_with_the_administrators_words() {
    let org = TestOrg::start();
    let refused = org.post("sobjects/Project__c", json!({ "Name": "Weir", "Completion__c": 101 })).await;

    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.text,
        r#"[{"message":"A project cannot be less than 0% or more than 100% complete.","errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION","fields":["Completion__c"]}]"#
    );
    let rule = json!({ "sobject": "account", "name": "No_Rename", "condition": "AND(ISCHANGED(Name), PRIORVALUE(Name) = 'Lockside')",
        "message": "Lockside keeps its name." });
    org.set_up("/validation-rules", rule).await;
    let id = org.create("Account", json!({ "Name": "Lockside" })).await;
    let rows = json!({ "allOrNone": false, "records": [
        { "attributes": { "type": "Account" }, "id": id, "Name": "Mill" },
        { "attributes": { "type": "Account" }, "id": id, "Phone": "1" },
    ] });
    let rows = org.patch("composite/sobjects", rows).await.json();
    assert_eq!(
        rows[0]["errors"],
        json!([{ "statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Lockside keeps its name.", "fields": [] }])
    );
    assert_eq!(
        (&rows[1]["success"], &org.record("Account", &id).await["Name"]),
        (&json!(true), &json!("Lockside"))
    );
    let removed = org.control(Method::DELETE, "/validation-rules/Account/No_Rename", json!(null)).await;
    assert_eq!(removed.status, StatusCode::OK);
    assert_eq!(org.patch(&format!("sobjects/Account/{id}"), json!({ "Name": "Mill" })).await.status, 204);
    let listed = org.control(Method::GET, "/validation-rules", json!(null)).await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    for bad in ["Nome = 'x'", "IF(", "REGEX(Name, 'x')"] {
        let rule = json!({ "sobject": "Account", "name": "x", "condition": bad, "message": "x" });
        assert_eq!(org.control(Method::POST, "/validation-rules", rule).await.error().1, "INVALID_INPUT");
    }
}

#[tokio::test]
async fn a_tree_is_undone_by_a_rule_that_one_record_breaks() {
    let org = TestOrg::start();
    let tree = json!({ "records": [{ "attributes": { "type": "Project__c", "referenceId": "p" }, "Name": "Undone weir",
        "Milestones__r": { "records": [{ "attributes": { "type": "Milestone__c", "referenceId": "m" }, "Cost__c": 5 }] } },
        { "attributes": { "type": "Project__c", "referenceId": "q" }, "Name": "x", "Completion__c": -1 }] });

    let answer = org.post("composite/tree/Project__c", tree).await;

    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let error = &answer.json()["results"][0]["errors"][0];
    assert_eq!(
        (&error["statusCode"], &error["fields"]),
        (&json!("FIELD_CUSTOM_VALIDATION_EXCEPTION"), &json!(["Completion__c"]))
    );
    assert_eq!(org.rows("SELECT Id FROM Project__c WHERE Name = 'Undone weir'").await.len(), 0);
}

#[tokio::test]
async fn duplicate_rules_alert_block_or_are_off() {
    let org = TestOrg::start();
    let contact = json!({ "FirstName": "Ada", "LastName": "Sluice", "Email": "ada@lockside.example" });
    let id = org.create("Contact", contact.clone()).await;
    org.create("Contact", json!({ "FirstName": "Ada", "LastName": "Sluice" })).await;
    org.set_up("/duplicate-rules", json!({ "sobject": "Contact", "action": "alert" })).await;

    let refused = org.post("sobjects/Contact", contact.clone()).await;

    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.json(),
        json!([{ "duplicateResult": { "allowSave": true, "duplicateRule": "Standard_Contact_Duplicate_Rule",
            "duplicateRuleEntityType": "Contact", "errorMessage": "Use one of these records?",
            "matchResults": [{ "entityType": "Contact", "errors": [], "matchEngine": "FuzzyMatchEngine",
                "matchRecords": [{ "additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0,
                    "record": { "attributes": { "type": "Contact", "url": format!("/services/data/v66.0/sobjects/Contact/{id}") }, "Id": id } }],
                "rule": "Standard_Contact_Match_Rule_v1_1", "size": 1, "success": true }] },
            "message": "Use one of these records?", "errorCode": "DUPLICATES_DETECTED" }])
    );
    let send = async |header: &str| {
        let request = org.request(Method::POST, "sobjects/Contact").json(&contact);
        Answer::read(request.header("Sforce-Duplicate-Rule-Header", header).send().await.unwrap()).await
    };
    let told = send("allowSave=false; includeRecordDetails=true").await.json();
    let record = &told[0]["duplicateResult"]["matchResults"][0]["matchRecords"][0]["record"];
    assert_eq!(record["Email"], "ada@lockside.example");
    assert_eq!(send("allowSave=true").await.status, StatusCode::CREATED);
    org.set_up("/duplicate-rules", json!({ "sobject": "Contact", "action": "block" })).await;
    assert_eq!(send("allowSave=true").await.json()[0]["duplicateResult"]["allowSave"], false);
    let row = json!({ "records": [{ "attributes": { "type": "Contact" }, "LastName": "Sluice", "FirstName": "ADA", "Email": "ADA@lockside.example" }] });
    let row = org.post("composite/sobjects", row).await.json();
    let error = &row[0]["errors"][0];
    assert_eq!(
        (&error["statusCode"], &error["message"], &error["fields"]),
        (&json!("DUPLICATES_DETECTED"), &json!("Use one of these records?"), &json!([]))
    );
    assert_eq!(error["duplicateResult"]["duplicateRule"], "Standard_Contact_Duplicate_Rule");
}

#[tokio::test]
async fn what_a_call_says_of_duplicates_holds_for_its_parts() {
    let org = TestOrg::start();
    let contact = json!({ "FirstName": "Ada", "LastName": "Sluice", "Email": "ada@lockside.example" });
    org.create("Contact", contact.clone()).await;
    org.set_up("/duplicate-rules", json!({ "sobject": "Contact", "action": "alert" })).await;
    let url = "/services/data/v66.0/sobjects/Contact";
    let part = json!({ "method": "POST", "url": url, "referenceId": "a", "body": contact });
    let in_batch = json!({ "method": "POST", "url": "v66.0/sobjects/Contact", "richInput": contact });
    let mut row = contact.clone();
    row["attributes"] = json!({ "type": "Contact" });
    let mut leaf = contact.clone();
    leaf["attributes"] = json!({ "type": "Contact", "referenceId": "a" });
    let calls = [
        ("composite", json!({ "compositeRequest": [part] })),
        ("composite/batch", json!({ "batchRequests": [in_batch] })),
        ("composite/sobjects", json!({ "records": [row] })),
        ("composite/tree/Contact", json!({ "records": [leaf] })),
    ];

    for (path, body) in calls {
        let refused = org.post(path, body.clone()).await;
        let request = org.request(Method::POST, path).json(&body);
        let request = request.header("Sforce-Duplicate-Rule-Header", "allowSave=true");
        let saved = Answer::read(request.send().await.unwrap()).await;

        assert!(refused.text.contains("\"duplicateResult\":{\"allowSave\":true"), "{path}: {}", refused.text);
        assert!(!saved.text.contains("DUPLICATES_DETECTED"), "{path}: {}", saved.text);
    }
}

#[tokio::test]
async fn a_locked_record_refuses_its_children_until_it_is_free() {
    let org = TestOrg::start();
    let account = org.create("Account", json!({ "Name": "Lockside" })).await;
    org.set_up("/locks", json!({ "ids": [account], "hold_ms": 60_000 })).await;

    let contact = json!({ "LastName": "Sluice", "AccountId": account });
    let refused = org.post("sobjects/Contact", contact.clone()).await;

    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let message = format!("unable to obtain exclusive access to this record or 1 records: {account}");
    assert_eq!(
        refused.json(),
        json!([{ "message": message, "errorCode": "UNABLE_TO_LOCK_ROW", "fields": [] }])
    );
    let path = format!("sobjects/Account/{account}");
    assert_eq!(org.patch(&path, json!({ "Phone": "1" })).await.error().1, "UNABLE_TO_LOCK_ROW");
    assert_eq!(org.delete(&path).await.error().1, "UNABLE_TO_LOCK_ROW");
    org.simulator.clock().advance(60_000);
    org.create("Contact", contact).await;

    org.set_up("/locks", json!({ "ids": [account], "approval": true })).await;
    let locked = org.patch(&path, json!({ "Phone": "1" })).await;
    assert_eq!(
        locked.json(),
        json!([{ "message": "the entity is locked for editing", "errorCode": "ENTITY_IS_LOCKED", "fields": [] }])
    );
    assert_eq!(org.control(Method::DELETE, "/locks", json!(null)).await.status, StatusCode::OK);
    assert_eq!(org.patch(&path, json!({ "Phone": "1" })).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn audit_fields_are_given_where_a_switch_lets_them() {
    let org = TestOrg::start();
    let users = org.rows("SELECT Id FROM User ORDER BY Id LIMIT 2").await;
    let account = json!({ "Name": "Old", "CreatedDate": "2020-02-02T10:00:00Z", "CreatedById": users[1]["Id"],
        "LastModifiedDate": "2021-03-03T10:00:00Z" });
    let refused = org.post("sobjects/Account", account.clone()).await;
    assert_eq!(refused.json()[0]["fields"], json!(["CreatedById", "CreatedDate", "LastModifiedDate"]));

    org.set_up("/data-rules", json!({ "set_audit_fields": true })).await;
    let id = org.create("Account", account).await;

    let record = org.record("Account", &id).await;
    assert_eq!(record["CreatedDate"], "2020-02-02T10:00:00.000+0000");
    assert_eq!(
        (&record["CreatedById"], &record["LastModifiedDate"]),
        (&users[1]["Id"], &json!("2021-03-03T10:00:00.000+0000"))
    );
    assert!(record["SystemModstamp"].as_str().unwrap().starts_with("2026-11-21"));
    let late =
        org.patch(&format!("sobjects/Account/{id}"), json!({ "CreatedDate": "2020-02-02T10:00:00Z" })).await;
    assert_eq!(late.error().1, "INVALID_FIELD_FOR_INSERT_UPDATE");
    org.set_up("/limits", json!({ "exhausted": ["storage"] })).await;
    let full = org.post("sobjects/Account", json!({ "Name": "x" })).await;
    assert_eq!(
        full.json(),
        json!([{ "message": "storage limit exceeded", "errorCode": "STORAGE_LIMIT_EXCEEDED", "fields": [] }])
    );
}
