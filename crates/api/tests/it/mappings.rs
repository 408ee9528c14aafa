//! What becomes of values on their way to properties: transforms, previews, drafts, templates.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::connect_flows::connect;
use crate::copies::{activate, copy, finish_run, put_rule, work};
use crate::test_app::{Person, TestApp, body, client, refused};
use crate::versions;

fn mapping(property: &str, field: &str, transform: Value) -> Value {
    json!({"entity": "company", "property": property, "sobject": "Account", "field": field, "transform": transform})
}

async fn put(app: &TestApp, person: &Person, integration: &str, items: Value) -> Response {
    let path = format!("{integration}/field-mappings");
    app.send(person, Method::PUT, &path, Some(json!({"items": items}))).await
}

async fn preview(app: &TestApp, person: &Person, integration: &str, items: Value) -> Value {
    let path = format!("{integration}/field-mappings/preview");
    body(app.post(person, &path, json!({"items": items})).await, 200).await
}

/// Calls of the org that were asked for records.
fn queries(app: &TestApp) -> usize {
    app.org.log(10_000).iter().filter(|entry| entry.path.contains("/query")).count()
}

#[tokio::test]
async fn a_transform_comes_back_as_it_was_given() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let whole = json!({
        "fallbacks": ["Rating", "Site"], "trim": true, "lower": true, "others": "leave_empty", "default": "none",
        "values": [{"from": "hot \u{1f525}", "to": "Hot"}, {"from": "O'Neil", "to": "x"}],
    });
    let none = json!({"fallbacks": [], "trim": false, "lower": false, "values": [], "others": "keep", "default": null});

    let mut bare = mapping("name", "name", Value::Null);
    bare.as_object_mut().unwrap().remove("transform");
    let saved = body(
        put(&app, &owner, &integration, json!([mapping("segment", "Type", whole.clone()), bare])).await,
        200,
    )
    .await;
    let listed = body(app.get(&owner, &format!("{integration}/field-mappings")).await, 200).await;

    assert_eq!(saved, listed);
    assert_eq!(listed["items"][0]["transform"], none);
    assert_eq!(listed["items"][1]["transform"], whole);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anything_is_saved() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let pair = |from: &str, to: &str| json!({"from": from, "to": to});
    let won = |others: &str| {
        json!([{"entity": "deal", "property": "outcome", "sobject": "Opportunity", "field": "StageName",
            "transform": {"values": [pair("Closed Won", "true"), pair("Closed Lost", "false")], "others": others}}])
    };

    for (items, code) in [
        (json!([mapping("headcount", "Name", json!({}))]), "mapping.type"),
        (json!([mapping("segment", "Type", json!({"fallbacks": ["BillingAddress"]}))]), "mapping.type"),
        (json!([mapping("segment", "Type", json!({"fallbacks": ["Nothing__c"]}))]), "field.unknown"),
        (json!([mapping("segment", "Type", json!({"fallbacks": ["Type"]}))]), "mapping.transform"),
        (
            json!([mapping("segment", "Type", json!({"values": [pair("A", "x"), pair("a", "y")]}))]),
            "mapping.transform",
        ),
        (json!([mapping("headcount", "NumberOfEmployees", json!({"default": "many"}))]), "mapping.transform"),
        (json!([mapping("segment", "Type", json!({"default": ""}))]), "mapping.transform"),
        (json!([mapping("segment", "Type", json!({"upper": true}))]), "request.invalid"),
        (won("keep"), "mapping.type"),
    ] {
        refused(put(&app, &owner, &integration, items).await, 422, code).await;
    }
    let listed = body(app.get(&owner, &format!("{integration}/field-mappings")).await, 200).await;
    assert_eq!(listed["items"], json!([]));
    // A list that takes the place of every value gives it the property's type.
    body(put(&app, &owner, &integration, won("leave_empty")).await, 200).await;
}

#[tokio::test]
async fn a_preview_shows_real_values_before_and_after() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    body(put_rule(&app, &owner, &integration, "Account", json!({})).await, 201).await;
    let items = json!([
        mapping("name", "Name", json!({"lower": true})),
        mapping("segment", "Type", json!({"values": [{"from": "prospect", "to": "P"}], "default": "unknown"})),
        mapping("headcount", "Name", json!({})),
        {"entity": "person", "property": "email", "sobject": "Contact", "field": "Email"},
    ]);

    let before = queries(&app);
    let asked = preview(&app, &owner, &integration, items.clone()).await;
    let once = queries(&app);
    let again = preview(&app, &owner, &integration, items.clone()).await;
    let twice = queries(&app);

    let [name, segment, headcount, email] = asked["items"].as_array().unwrap().as_slice() else { panic!() };
    assert_eq!((&name["source"], &name["read"], &name["filled"]), (&json!("org"), &json!(20), &json!(20)));
    assert_eq!(name["samples"].as_array().unwrap().len(), 5);
    for sample in name["samples"].as_array().unwrap() {
        let (text, after) = (sample["before"][0].as_str().unwrap(), sample["after"].as_str().unwrap());
        assert_eq!((text.to_lowercase(), &sample["record"]), (after.to_owned(), &json!(text)));
    }
    assert_eq!(segment["filled"], 20, "{segment}");
    assert!(
        segment["samples"]
            .as_array()
            .unwrap()
            .iter()
            .any(|sample| { sample["before"] == json!([null]) && sample["after"] == "unknown" })
    );
    assert_eq!((&headcount["problem"]["code"], &headcount["samples"]), (&json!("mapping.type"), &json!([])));
    assert_eq!((&email["source"], &email["read"]), (&json!("org"), &json!(0)));
    // One call for each of the two sObjects, and none for who looks again.
    assert_eq!((once - before, twice - once), (2, 0));
    assert_eq!(again, asked);
    assert_eq!(
        asked["gaps"],
        json!([{"sobject": "Contact", "fields": ["Email"], "has_rule": false, "rows": 0, "calls": 0}])
    );

    put(&app, &owner, &integration, json!([mapping("name", "Name", json!({}))])).await;
    finish_run(&app, &owner, &integration).await;
    let before = queries(&app);
    let stored = preview(&app, &owner, &integration, json!([items[0], items[1]])).await;
    assert_eq!((&stored["items"][0]["source"], queries(&app)), (&json!("stored"), before));
    assert_eq!(stored["items"][1]["samples"].as_array().unwrap().len(), 5);
    assert_eq!(stored["gaps"], json!([]));
}

#[tokio::test]
async fn a_value_that_does_not_fit_says_what_it_would_have_to_be() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    let item = json!({"entity": "person", "property": "email", "sobject": "Account", "field": "Name"});

    let seen = preview(&app, &owner, &integration, json!([item])).await;

    let email = &seen["items"][0];
    assert_eq!((&email["filled"], &email["unfit"], &email["problem"]), (&json!(0), &json!(20), &Value::Null));
    assert_eq!(
        (&email["samples"][0]["after"], &email["samples"][0]["wanted"]),
        (&Value::Null, &json!("an e-mail address"))
    );
}

#[tokio::test]
async fn what_is_newly_mapped_is_offered_for_filling_and_then_filled() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    body(put_rule(&app, &owner, &integration, "Account", json!({"fields": ["Name"]})).await, 201).await;
    body(put(&app, &owner, &integration, json!([mapping("name", "Name", json!({}))])).await, 200).await;
    finish_run(&app, &owner, &integration).await;
    let items = json!([
        mapping("name", "Name", json!({})),
        mapping("segment", "Type", json!({"fallbacks": ["Site"]}))
    ]);

    let seen = preview(&app, &owner, &integration, items.clone()).await;
    let gap = &seen["gaps"][0];
    assert_eq!(
        (&gap["sobject"], &gap["fields"], &gap["rows"]),
        (&json!("Account"), &json!(["Type", "Site"]), &json!(20))
    );
    assert!(gap["has_rule"] == true && gap["calls"].as_u64().unwrap() > 0, "{gap}");
    body(put(&app, &owner, &integration, items.clone()).await, 200).await;
    let accepted = json!({"fields": gap["fields"]});
    let path = format!("{integration}/sync-rules/Account/accepted-fields");
    assert_eq!(app.post(&owner, &path, accepted).await.status(), 204);
    finish_run(&app, &owner, &integration).await;

    assert_eq!(preview(&app, &owner, &integration, items).await["gaps"], json!([]));
    let records =
        body(app.get(&owner, &format!("{integration}/records/Account?fields=Type&limit=20")).await, 200)
            .await;
    let filled = records["items"].as_array().unwrap().iter().filter(|one| !one["values"]["Type"].is_null());
    assert!(filled.count() > 0, "{records}");
}

#[tokio::test]
async fn a_changed_mapping_moves_no_data() {
    let (app, owner) = TestApp::set_up().await;
    let integration = copy(&app, &owner).await;
    let runs = body(app.get(&owner, &format!("{integration}/runs")).await, 200).await;
    let records = body(app.get(&owner, &format!("{integration}/records/Account")).await, 200).await;
    let before = queries(&app);

    body(put(&app, &owner, &integration, json!([mapping("name", "Site", json!({"trim": true}))])).await, 200)
        .await;
    work(&app).await;

    assert_eq!(queries(&app), before);
    assert_eq!(body(app.get(&owner, &format!("{integration}/runs")).await, 200).await, runs);
    assert_eq!(body(app.get(&owner, &format!("{integration}/records/Account")).await, 200).await, records);
}

#[tokio::test]
async fn a_draft_is_kept_for_every_admin_and_starts_nothing() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    body(put_rule(&app, &owner, &integration, "Account", json!({})).await, 201).await;
    let ben = app.join(&owner, "ben@acme.example", "admin").await;
    let path = format!("{integration}/field-mappings/draft");
    let none = body(app.get(&owner, &path).await, 200).await;
    assert_eq!(none, json!({"items": null, "updated_at": null, "updated_by": null}));

    let items =
        json!([mapping("name", "Name", json!({"trim": true})), mapping("segment", "Nothing__c", json!({}))]);
    let sent = json!({"items": items});
    let kept = app.send(&owner, Method::PUT, &path, Some(sent.clone())).await;
    let version = kept.headers()["etag"].to_str().unwrap().to_owned();
    let kept = body(kept, 200).await;
    work(&app).await;

    let seen = body(app.get(&ben, &path).await, 200).await;
    assert_eq!((&seen, &seen["updated_by"]), (&kept, &json!("Ada Lind")));
    assert_eq!(seen["items"][0]["transform"]["trim"], true);
    let status = body(app.get(&owner, &integration).await, 200).await;
    assert_eq!((&status["status"], &status["missing"]), (&json!("incomplete"), &json!(["mapping"])));

    let put_seen = async |version: &str| {
        let request = client().put(format!("{}/api/v1{path}", app.url)).header("if-match", version);
        let request = request.header("cookie", ben.cookie.as_ref().unwrap());
        request.header("x-csrf-token", ben.csrf.as_ref().unwrap()).json(&sent).send().await.unwrap()
    };
    app.clock.advance(1);
    assert_eq!(put_seen(&version).await.status(), 200);
    refused(put_seen(&version).await, 412, "resource.changed").await;
    let thrown = versions::put(&app, &ben, Method::DELETE, &path, ("if-match", &version), &json!({})).await;
    refused(thrown, 412, "resource.changed").await;
    let unknown = json!({"items": [mapping("nothing", "Name", json!({}))]});
    refused(app.send(&owner, Method::PUT, &path, Some(unknown)).await, 422, "mapping.property").await;

    // What is in it is held against the org when it is saved.
    refused(put(&app, &owner, &integration, items).await, 422, "field.unknown").await;
    assert_ne!(body(app.get(&owner, &path).await, 200).await["items"], Value::Null);
    body(put(&app, &ben, &integration, json!([mapping("name", "Name", json!({}))])).await, 200).await;
    assert_eq!(body(app.get(&owner, &path).await, 200).await, none);
    body(app.send(&owner, Method::PUT, &path, Some(sent)).await, 200).await;
    assert_eq!(app.send(&owner, Method::DELETE, &path, None).await.status(), 204);
    assert_eq!(body(app.get(&owner, &path).await, 200).await, none);
}

#[tokio::test]
async fn templates_find_their_fields_in_the_org() {
    let (app, owner) = TestApp::set_up().await;
    let integration = activate(&app, &owner).await;
    let templates = body(app.get(&owner, "/mapping-templates").await, 200).await;
    let names: Vec<_> =
        templates["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    let fill = async |name: &str| {
        body(app.get(&owner, &format!("{integration}/field-mappings/templates/{name}")).await, 200).await["items"].clone()
    };

    assert_eq!(
        json!(names),
        json!([
            "participants",
            "participants-optional",
            "companies",
            "contacts",
            "opportunities",
            "contracts",
            "cases"
        ])
    );
    let mut all = Vec::new();
    for item in fill("participants").await.as_array().unwrap() {
        let text = |key: &str| item[key].as_str().unwrap().to_owned();
        all.push(format!("{}.{} {}.{}", text("entity"), text("property"), text("sobject"), text("field")));
        assert_eq!(
            (&item["why_not"], item["has_rule"] == true),
            (&Value::Null, item["sobject"] == "Account")
        );
    }
    assert_eq!(
        all,
        [
            "company.name Account.Name",
            "deal.outcome Opportunity.IsWon",
            "deal.closed_on Opportunity.CloseDate",
            "deal.created_at Opportunity.CreatedDate",
            "company.domain Account.Website",
            "person.email Contact.Email",
            "person.first_name Contact.FirstName",
            "person.last_name Contact.LastName",
            "person.participant_is_primary OpportunityContactRole.IsPrimary",
            "person.participant_role OpportunityContactRole.Role",
            "deal.sales_rep_email User.Email",
            "deal.sales_rep_name User.Name",
        ]
    );
}

#[tokio::test]
async fn each_template_can_be_saved_as_it_is() {
    let (app, owner) = TestApp::set_up().await;
    let integration = activate(&app, &owner).await;
    let templates = body(app.get(&owner, "/mapping-templates").await, 200).await;
    let names: Vec<_> =
        templates["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();

    for name in names {
        let path = format!("{integration}/field-mappings/templates/{}", name.as_str().unwrap());
        let items = body(app.get(&owner, &path).await, 200).await["items"].clone();
        let (found, lacking): (Vec<_>, Vec<_>) =
            items.as_array().unwrap().iter().partition(|item| !item["field"].is_null());
        let wanted: Vec<_> = found
            .iter()
            .map(|item| {
                json!({"entity": item["entity"], "property": item["property"], "sobject": item["sobject"],
                    "field": item["field"], "transform": item["transform"]})
            })
            .collect();
        body(put(&app, &owner, &integration, json!(wanted)).await, 200).await;
        assert!(
            lacking.iter().all(|item| item["why_not"].as_str().unwrap().contains("no field")),
            "{lacking:?}"
        );
        assert!(found.len() >= 4, "{name}: {items}");
    }
    let unknown = format!("{integration}/field-mappings/templates/nothing");
    refused(app.get(&owner, &unknown).await, 404, "resource.unknown").await;
}

#[tokio::test]
async fn saving_mappings_leaves_what_a_colleague_has_chosen_and_not_saved() {
    let (app, owner) = TestApp::set_up().await;
    let integration = connect(&app, &owner).await;
    body(put_rule(&app, &owner, &integration, "Account", json!({})).await, 201).await;
    let ben = app.join(&owner, "ben@acme.example", "admin").await;
    let (draft, end) = (format!("{integration}/field-mappings/draft"), format!("{integration}/set-up"));
    let chosen = json!({"items": [mapping("segment", "Type", json!({}))]});
    let kept = body(app.send(&ben, Method::PUT, &draft, Some(chosen)).await, 200).await;
    let saved = json!([mapping("name", "Name", json!({}))]);

    body(put(&app, &owner, &integration, saved.clone()).await, 200).await;
    assert_eq!(body(app.get(&owner, &draft).await, 200).await, kept);
    body(app.post(&owner, &end, json!({"mappings": saved})).await, 200).await;
    assert_eq!(body(app.get(&owner, &draft).await, 200).await, kept);

    // Who has seen it and goes on from there ends it, and so does who chose it.
    let seen = versions::etag(&app.get(&owner, &draft).await);
    let sent = json!({"mappings": kept["items"], "draft_seen": seen.trim_matches('"')});
    body(app.post(&owner, &end, sent).await, 200).await;
    assert_eq!(body(app.get(&ben, &draft).await, 200).await["items"], Value::Null);
    body(app.send(&ben, Method::PUT, &draft, Some(json!({"items": kept["items"]}))).await, 200).await;
    body(put(&app, &ben, &integration, saved).await, 200).await;
    assert_eq!(body(app.get(&ben, &draft).await, 200).await["items"], Value::Null);
}
