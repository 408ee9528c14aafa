//! Opportunities with products, roles and history; and the other standard sObjects whose fields follow from others.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::client::TestOrg;

impl TestOrg {
    async fn deal(&self, name: &str) -> String {
        let deal =
            json!({ "Name": name, "StageName": "Prospecting", "CloseDate": "2026-12-31", "Amount": 5 });
        self.create("Opportunity", deal).await
    }

    /// Returns the ids of the standard price book and of another one.
    async fn books(&self) -> (String, String) {
        let books = self.rows("SELECT Id FROM Pricebook2 ORDER BY IsStandard DESC, Id").await;
        let id = |at: usize| books[at]["Id"].as_str().unwrap().to_owned();
        (id(0), id(1))
    }

    async fn refuse(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
        answer.json()[0].clone()
    }
}

/// A product with its prices in two price books, and an opportunity to sell it in.
struct Sale {
    org: TestOrg,
    /// The standard price book and another one.
    books: (String, String),
    product: String,
    entry: String,
    other_entry: String,
    deal: String,
}

impl Sale {
    async fn prepare() -> Self {
        let org = TestOrg::start();
        let books = org.books().await;
        let product = json!({ "Name": "Gate", "ProductCode": "G-1", "IsActive": true });
        let product = org.create("Product2", product).await;
        let entry = org.create("PricebookEntry", price(&books.0, &product, 10)).await;
        let other_entry = org.create("PricebookEntry", price(&books.1, &product, 9)).await;
        let deal = org.deal("Lock").await;
        Self { org, books, product, entry, other_entry, deal }
    }

    /// Adds two line items, of 9 and of 30.
    async fn add_items(&self) -> [String; 2] {
        let item = json!({ "OpportunityId": self.deal, "PricebookEntryId": self.entry, "Quantity": 4,
            "UnitPrice": 2.5, "Discount": 10 });
        let first = self.org.create("OpportunityLineItem", item).await;
        let by_product = json!({ "OpportunityId": self.deal, "Product2Id": self.product, "Quantity": 2, "TotalPrice": 30 });
        [first, self.org.create("OpportunityLineItem", by_product).await]
    }
}

fn price(book: &str, product: &str, price: u32) -> Value {
    json!({ "Pricebook2Id": book, "Product2Id": product, "UnitPrice": price, "IsActive": true })
}

#[tokio::test]
async fn a_product_has_a_standard_price_first_and_one_price_a_book() {
    let org = TestOrg::start();
    let (standard, other) = org.books().await;
    let product = org.create("Product2", json!({ "Name": "Gate", "IsActive": true })).await;

    let early = org.refuse("sobjects/PricebookEntry", price(&other, &product, 9)).await;
    org.create("PricebookEntry", price(&standard, &product, 10)).await;
    let mut same = price(&other, &product, 9);
    same["UseStandardPrice"] = json!(true);
    let same = org.create("PricebookEntry", same).await;
    let twice = org.refuse("sobjects/PricebookEntry", price(&standard, &product, 11)).await;

    assert_eq!(
        early,
        json!({ "message": "No standard price defined for this product", "errorCode": "STANDARD_PRICE_NOT_DEFINED", "fields": [] })
    );
    let message = "This price definition already exists in this price book";
    assert_eq!(twice, json!({ "message": message, "errorCode": "DUPLICATE_VALUE", "fields": [] }));
    let record = org.record("PricebookEntry", &same).await;
    assert_eq!((&record["UnitPrice"], &record["Name"]), (&json!(10.0), &json!("Gate")));
}

#[tokio::test]
async fn line_items_make_the_amount() {
    let sale = Sale::prepare().await;
    let Sale { org, deal, .. } = &sale;
    org.simulator.clock().advance(60_000);

    let [first, second] = sale.add_items().await;

    let record = org.record("OpportunityLineItem", &first).await;
    let told = ["Name", "ProductCode", "ListPrice", "Subtotal", "TotalPrice", "Product2Id"];
    let told = told.map(|name| record[name].clone());
    let wanted =
        [json!("Lock Gate"), json!("G-1"), json!(10.0), json!(10.0), json!(9.0), json!(sale.product)];
    assert_eq!(told, wanted);
    assert_eq!(org.record("OpportunityLineItem", &second).await["UnitPrice"], 15.0);
    let record = org.record("Opportunity", deal).await;
    assert_eq!((&record["Amount"], &record["Pricebook2Id"]), (&json!(39.0), &json!(sale.books.0)));
    let told = (&record["HasOpportunityLineItem"], &record["TotalOpportunityQuantity"]);
    assert_eq!(told, (&json!(true), &json!(6.0)));
    assert_ne!(record["SystemModstamp"], record["CreatedDate"]);
    let changes = json!({ "Amount": 1, "NextStep": "Call" });
    assert_eq!(
        org.patch(&format!("sobjects/Opportunity/{deal}"), changes).await.status,
        StatusCode::NO_CONTENT
    );
    let record = org.record("Opportunity", deal).await;
    assert_eq!((&record["Amount"], &record["NextStep"]), (&json!(39.0), &json!("Call")));
    org.patch(&format!("sobjects/OpportunityLineItem/{first}"), json!({ "Quantity": 8 })).await;
    assert_eq!(org.record("Opportunity", deal).await["Amount"], 48.0);
}

#[tokio::test]
async fn line_items_hold_what_they_are_made_of() {
    let sale = Sale::prepare().await;
    let Sale { org, deal, books: (standard, other), .. } = &sale;
    let items = sale.add_items().await;
    let path = format!("sobjects/Opportunity/{deal}");

    let book = org.patch(&path, json!({ "Pricebook2Id": other })).await;

    assert_eq!(
        (book.error().1.as_str(), &book.json()[0]["fields"]),
        ("FIELD_INTEGRITY_EXCEPTION", &json!(["Pricebook2Id"]))
    );
    let both = json!({ "OpportunityId": deal, "PricebookEntryId": sale.entry, "Quantity": 1, "UnitPrice": 1, "TotalPrice": 1 });
    let both = org.refuse("sobjects/OpportunityLineItem", both).await;
    let message =
        "field integrity exception: unknown (only one of unit price or total price may be specified)";
    assert_eq!(both, json!({ "message": message, "errorCode": "FIELD_INTEGRITY_EXCEPTION", "fields": [] }));
    let foreign =
        json!({ "OpportunityId": deal, "PricebookEntryId": sale.other_entry, "Quantity": 1, "UnitPrice": 1 });
    let foreign = org.refuse("sobjects/OpportunityLineItem", foreign).await;
    assert_eq!(foreign["fields"], json!(["PricebookEntryId"]));
    for (sobject, id) in [("Pricebook2", standard), ("Pricebook2", other), ("Product2", &sale.product)] {
        let kept = org.delete(&format!("sobjects/{sobject}/{id}")).await;
        assert_eq!(kept.error().1, "DELETE_FAILED", "{sobject}");
    }
    for id in &items {
        let gone = org.delete(&format!("sobjects/OpportunityLineItem/{id}")).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(org.record("Opportunity", deal).await["HasOpportunityLineItem"], false);
    assert_eq!(org.patch(&path, json!({ "Pricebook2Id": other })).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_deal_has_one_primary_contact() {
    let org = TestOrg::start();
    let ada = org.create("Contact", json!({ "LastName": "Ada" })).await;
    let bo = org.create("Contact", json!({ "LastName": "Bo" })).await;
    let deal =
        json!({ "Name": "Lock", "StageName": "Prospecting", "CloseDate": "2026-12-31", "ContactId": ada });
    let deal = org.create("Opportunity", deal).await;

    let soql = format!(
        "SELECT Id, ContactId, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = '{deal}' ORDER BY Id"
    );
    let roles = org.rows(&soql).await;
    assert_eq!((roles.len(), &roles[0]["ContactId"], &roles[0]["IsPrimary"]), (1, &json!(ada), &json!(true)));
    let role = json!({ "OpportunityId": deal, "ContactId": bo, "IsPrimary": true, "Role": "Decision Maker" });
    let role = org.create("OpportunityContactRole", role).await;
    let primary: Vec<Value> = org.rows(&soql).await.iter().map(|role| role["IsPrimary"].clone()).collect();
    assert_eq!(primary, [json!(false), json!(true)]);
    assert_eq!(org.record("Opportunity", &deal).await["ContactId"], json!(bo));
    org.delete(&format!("sobjects/OpportunityContactRole/{role}")).await;
    assert_eq!(org.record("Opportunity", &deal).await["ContactId"], Value::Null);
    let updated = org.patch(&format!("sobjects/Opportunity/{deal}"), json!({ "ContactId": bo })).await;
    assert_eq!(updated.error().1, "INVALID_FIELD_FOR_INSERT_UPDATE");
}

#[tokio::test]
async fn a_stage_moves_what_follows_from_it_and_leaves_history() {
    let org = TestOrg::start();
    let deal = org.deal("Lock").await;
    let path = format!("sobjects/Opportunity/{deal}");
    org.simulator.clock().advance(60_000);

    org.patch(&path, json!({ "StageName": "Closed Won", "CloseDate": "2027-02-01" })).await;

    let record = org.record("Opportunity", &deal).await;
    let told = [
        "Probability",
        "ForecastCategory",
        "ForecastCategoryName",
        "IsClosed",
        "IsWon",
        "ExpectedRevenue",
        "Fiscal",
        "PushCount",
    ]
    .map(|name| record[name].clone());
    assert_eq!(
        told,
        [
            json!(100.0),
            json!("Closed"),
            json!("Closed"),
            json!(true),
            json!(true),
            json!(5.0),
            json!("2027 1"),
            json!(1)
        ]
    );
    org.patch(
        &path,
        json!({ "StageName": "Negotiation/Review", "Probability": 33, "ForecastCategoryName": "Best Case" }),
    )
    .await;
    let record = org.record("Opportunity", &deal).await;
    assert_eq!(
        (&record["Probability"], &record["ForecastCategory"], &record["IsClosed"]),
        (&json!(33.0), &json!("BestCase"), &json!(false))
    );
    let snapshots = org
        .rows(&format!("SELECT StageName, Amount, CloseDate, Probability FROM OpportunityHistory WHERE OpportunityId = '{deal}' ORDER BY Id"))
        .await;
    let stages: Vec<&Value> = snapshots.iter().map(|line| &line["StageName"]).collect();
    assert_eq!(stages, [&json!("Prospecting"), &json!("Closed Won"), &json!("Negotiation/Review")]);
    let lines = org
        .rows(&format!("SELECT Field, OldValue, NewValue FROM OpportunityFieldHistory WHERE OpportunityId = '{deal}' ORDER BY Id"))
        .await;
    let lines: Vec<Value> =
        lines.iter().map(|line| json!([line["Field"], line["OldValue"], line["NewValue"]])).collect();
    assert_eq!(lines[0], json!(["created", null, null]));
    assert!(lines.contains(&json!(["StageName", "Prospecting", "Closed Won"])), "{lines:?}");
    assert!(lines.contains(&json!(["CloseDate", "2026-12-31", "2027-02-01"])), "{lines:?}");
}

#[tokio::test]
async fn contracts_cases_and_leads_go_by_their_status() {
    let org = TestOrg::start();
    let account = org.create("Account", json!({ "Name": "Lockside" })).await;
    let refused =
        org.refuse("sobjects/Contract", json!({ "AccountId": account, "Status": "Activated" })).await;
    assert_eq!((&refused["errorCode"], &refused["fields"]), (&json!("INVALID_STATUS"), &json!(["Status"])));
    let contract =
        json!({ "AccountId": account, "Status": "Draft", "StartDate": "2026-01-31", "ContractTerm": 13 });
    let contract = org.create("Contract", contract).await;
    org.patch(&format!("sobjects/Contract/{contract}"), json!({ "Status": "Activated" })).await;
    let record = org.record("Contract", &contract).await;
    assert_eq!((&record["StatusCode"], &record["EndDate"]), (&json!("Activated"), &json!("2027-02-28")));
    assert!(record["ActivatedDate"].is_string() && record["ActivatedById"].is_string());
    let kept = org.delete(&format!("sobjects/Account/{account}")).await;
    assert_eq!(kept.error().1, "DELETE_FAILED");

    let case = org.create("Case", json!({ "Subject": "Leak", "Comments": "It drips." })).await;
    let comments = org.rows(&format!("SELECT CommentBody FROM CaseComment WHERE ParentId = '{case}'")).await;
    assert_eq!(comments[0]["CommentBody"], "It drips.");
    org.patch(&format!("sobjects/Case/{case}"), json!({ "Status": "Closed" })).await;
    let record = org.record("Case", &case).await;
    assert_eq!((&record["IsClosed"], &record["Comments"]), (&json!(true), &Value::Null));
    assert!(record["ClosedDate"].is_string());

    let lead = org.create("Lead", json!({ "LastName": "Weir", "Company": "Mill" })).await;
    org.set_up(
        "/records",
        json!({ "sobject": "Lead", "op": "update", "ids": [lead], "fields": { "IsConverted": true } }),
    )
    .await;
    let converted = org.patch(&format!("sobjects/Lead/{lead}"), json!({ "Company": "x" })).await;
    assert_eq!(
        converted.json(),
        json!([{ "message": "cannot reference converted lead", "errorCode": "CANNOT_UPDATE_CONVERTED_LEAD", "fields": [] }])
    );
}

#[tokio::test]
async fn activities_and_campaign_members_follow_their_people() {
    let org = TestOrg::start();
    let account = org.create("Account", json!({ "Name": "Lockside" })).await;
    let contact = org
        .create(
            "Contact",
            json!({ "LastName": "Ada", "AccountId": account, "Email": "ada@lockside.example" }),
        )
        .await;
    let lead = org.create("Lead", json!({ "LastName": "Bo", "Company": "Mill" })).await;
    let task = org.create("Task", json!({ "Subject": "Call", "WhoId": contact, "Priority": "High" })).await;
    org.patch(&format!("sobjects/Task/{task}"), json!({ "Status": "Completed" })).await;
    let record = org.record("Task", &task).await;
    assert_eq!(
        (&record["AccountId"], &record["IsHighPriority"], &record["IsClosed"]),
        (&json!(account), &json!(true), &json!(true))
    );
    assert!(record["CompletedDateTime"].is_string());
    assert_eq!(record["TaskSubtype"], "Task");
    let about = org.refuse("sobjects/Task", json!({ "WhoId": lead, "WhatId": account })).await;
    assert_eq!(about["errorCode"], "FIELD_INTEGRITY_EXCEPTION");

    let missing = org
        .refuse("sobjects/Event", json!({ "Subject": "Visit", "StartDateTime": "2026-12-01T09:00:00Z" }))
        .await;
    assert_eq!(missing["message"], "Required fields are missing: [DurationInMinutes]");
    let event =
        json!({ "Subject": "Visit", "StartDateTime": "2026-12-01T09:00:00Z", "DurationInMinutes": 90 });
    let event = org.create("Event", event).await;
    let record = org.record("Event", &event).await;
    let told = ["EndDateTime", "ActivityDateTime", "ActivityDate"].map(|name| record[name].clone());
    assert_eq!(
        told,
        [json!("2026-12-01T10:30:00.000+0000"), json!("2026-12-01T09:00:00.000+0000"), json!("2026-12-01")]
    );

    assert_eq!(org.record("Account", &account).await["LastActivityDate"], Value::Null);
    let dated = json!({ "WhoId": contact, "ActivityDate": "2026-11-30", "Status": "Completed" });
    org.create("Task", dated).await;
    assert_eq!(org.record("Account", &account).await["LastActivityDate"], "2026-11-30");

    let campaign = org.create("Campaign", json!({ "Name": "Fair" })).await;
    let member = json!({ "CampaignId": campaign, "ContactId": contact });
    let id = org.create("CampaignMember", member.clone()).await;
    let record = org.record("CampaignMember", &id).await;
    let told =
        ["LastName", "Email", "CompanyOrAccount", "Type", "LeadOrContactId"].map(|name| record[name].clone());
    assert_eq!(
        told,
        [json!("Ada"), json!("ada@lockside.example"), json!("Lockside"), json!("Contact"), json!(contact)]
    );
    assert_eq!(org.refuse("sobjects/CampaignMember", member).await["errorCode"], "DUPLICATE_VALUE");
}
