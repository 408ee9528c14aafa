//! Answers have the shape of those that real orgs gave, where recordings of those are at hand.
//!
//! The environment variable `ORGSIM_RECORDINGS` names a folder of recordings. Only member names and JSON types are compared.

use std::path::PathBuf;

use serde_json::Value;

use crate::client::TestOrg;

fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("ORGSIM_RECORDINGS").map(PathBuf::from);
    if folder.is_none() {
        println!("no recordings were given: set ORGSIM_RECORDINGS to compare with some");
    }
    folder
}

fn read(folder: &std::path::Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Returns the first recorded body of a file that lists requests with their answers.
fn body(folder: &std::path::Path, name: &str) -> Value {
    read(folder, name)[0]["response"]["body"].clone()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Lists the members that the recording has and the answer lacks, or has with another type. Null fits every type.
fn differences(path: &str, recorded: &Value, answer: &Value, found: &mut Vec<String>) {
    match (recorded, answer) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(recorded), Value::Object(answer)) => {
            for (name, value) in recorded {
                match answer.get(name) {
                    Some(other) => differences(&format!("{path}.{name}"), value, other, found),
                    None => found.push(format!("{path}.{name} is missing")),
                }
            }
        }
        (Value::Array(recorded), Value::Array(answer)) => {
            if let (Some(recorded), Some(answer)) = (recorded.first(), answer.first()) {
                differences(&format!("{path}[0]"), recorded, answer, found);
            }
        }
        _ if kind(recorded) == kind(answer) => {}
        _ => found.push(format!("{path} is {} and should be {}", kind(answer), kind(recorded))),
    }
}

fn assert_same_shape(name: &str, recorded: &Value, answer: &Value) {
    let mut found = Vec::new();
    differences("", recorded, answer, &mut found);
    assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
}

#[tokio::test]
async fn answers_have_the_shape_of_recorded_ones() {
    let Some(folder) = recordings() else { return };
    let org = TestOrg::start();

    let cases = [
        ("rest/nango_list-available-resources.json", "/services/data"),
        ("rest/nango_get-sobject-basic-info.json", "sobjects/Account/"),
        ("rest/nango_query-records.json", "query?q=SELECT+Id,+Name+FROM+Account+LIMIT+5"),
        (
            "rest/cumulusci_TestSnowfakery_test_run_until_records_in_org__one_needed.json",
            "query/?q=select+count%28Id%29+from+Account",
        ),
        ("oauth/nango_get-current-user.json", "/services/oauth2/userinfo"),
        ("rest/nango_search-records.json", "/services/data/v58.0/search?q=FIND+%7BAcme%7D"),
    ];
    for (name, path) in cases {
        assert_same_shape(name, &body(&folder, name), &org.get(path).await.json());
    }
    let name = "small_bodies/restforce_search_success_response.json";
    org.create("Account", serde_json::json!({ "Name": "Zwillbrook" })).await;
    let found = org.get("/services/data/v31.0/search?q=FIND+%7Bzwillbrook%7D").await.json();
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert_same_shape(name, &read(&folder, name), &found);
    let refreshed = org.refresh(&org.line.refresh_token).await.json();
    let name = "small_bodies/restforce_refresh_success_response.json";
    assert_same_shape(name, &read(&folder, name), &refreshed);
    let name = "small_bodies/restforce_sobject_find_error_response.json";
    assert_same_shape(name, &read(&folder, name), &org.get("sobjects/Account/23foo").await.json());
}

/// The recorded calls that write, each with the place of its record's id in its path, if there is one.
const WRITES: [&str; 7] = [
    "rest/nango_create-record.json",
    "rest/nango_update-record.json",
    "rest/nango_delete-record.json",
    "rest/nango_upsert-record.json",
    "rest/nango_get-record.json",
    "composite/nango_create-sobject-collection.json",
    "composite/nango_composite_batch_cut.json",
];

#[tokio::test]
async fn recorded_writes_are_answered_alike() {
    let Some(folder) = recordings() else { return };
    let org = TestOrg::start();
    let id = org.create("Account", serde_json::json!({ "Name": "Lockside", "BillingCity": "Bath" })).await;

    for name in WRITES {
        let call = read(&folder, name)[0].clone();
        let (request, response) = (&call["request"], &call["response"]);
        let path = request["path"].as_str().unwrap();
        // Recorded ids are those of another org.
        let path = path.split('/').map(|part| if part.starts_with("001") { &id } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let method = reqwest::Method::from_bytes(request["method"].as_str().unwrap().as_bytes()).unwrap();
        let body = Some(request["body"].clone()).filter(|body| !body.is_null());

        let answer = org.send(method.clone(), &path, body).await;

        assert_eq!(response["status"], answer.status.as_u16(), "{name}: {}", answer.text);
        if !answer.text.is_empty() {
            let mut found = Vec::new();
            differences("", &response["body"], &answer.json(), &mut found);
            // Every org has fields and limits of its own.
            found.retain(|difference| !difference.contains("__c") && !is_of_other_org(difference));
            assert!(found.is_empty(), "{name}:\n{}", found.join("\n"));
        }
        if method == reqwest::Method::DELETE {
            let undelete = serde_json::json!({ "sobject": "Account", "op": "undelete", "ids": [id] });
            org.control(reqwest::Method::POST, "/records", undelete).await;
        }
    }
}

/// State and country picklists, and limits of features, are there in some orgs only.
fn is_of_other_org(difference: &str) -> bool {
    difference.contains("StateCode")
        || difference.contains("CountryCode")
        || difference.contains("stateCode")
        || difference.contains("countryCode")
        || difference.contains(".result.") && difference.ends_with("is missing")
}

/// Recorded runs of a loader, whose collections are written again here.
const COLLECTIONS: [&str; 3] = [
    "bulk_and_collections/cumulusci_TestUpsert_test_upsert__rest.json",
    "bulk_and_collections/cumulusci_TestUpsert_test_upsert_complex_external_id_field__rest.json",
    "rest/cumulusci_TestUpdatesIntegrationTests_test_updates_task.json",
];

#[tokio::test]
async fn recorded_collections_are_answered_alike() {
    let Some(folder) = recordings() else { return };
    let mut compared = 0;

    for name in COLLECTIONS {
        let org = TestOrg::with_records("Account", 10);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut ids: Vec<(String, String)> = Vec::new();
        let calls = read(&folder, name);
        for call in calls.as_array().unwrap() {
            let (request, response) = (&call["request"], &call["response"]);
            let uri = request["uri"].as_str().unwrap();
            let Some((_, resource)) = uri.split_once("/composite/sobjects") else { continue };
            // The ids of records that were written again are those of this org.
            let body = ids
                .iter()
                .fold(request["body"].to_string(), |body, (recorded, own)| body.replace(recorded, own));
            let method = reqwest::Method::from_bytes(request["method"].as_str().unwrap().as_bytes()).unwrap();
            let path = format!("composite/sobjects{resource}");
            let answer = org.send(method, &path, Some(serde_json::from_str(&body).unwrap())).await;

            assert_eq!(response["status"]["code"], answer.status.as_u16(), "{name}: {}", answer.text);
            let (recorded, rows) = (response["body"].as_array().unwrap(), answer.json());
            assert_eq!(rows.as_array().map(Vec::len), Some(recorded.len()), "{name}");
            for (recorded, row) in recorded.iter().zip(rows.as_array().unwrap()) {
                // Records of the recorded org that were there before are not here.
                if row["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY" {
                    continue;
                }
                assert_same_shape(name, recorded, row);
                assert_eq!(
                    (&recorded["success"], recorded.get("created")),
                    (&row["success"], row.get("created")),
                    "{name}: {row}"
                );
                ids.push((text(&recorded["id"]), text(&row["id"])));
                compared += 1;
            }
        }
    }
    assert!(compared > 40, "{compared}");
    println!("{compared} recorded rows were written alike");
}

/// Lists the names of a document's elements in their order.
fn elements(xml: &str) -> Vec<String> {
    let tags = xml.split('<').skip(1).filter(|tag| !tag.starts_with(['/', '?']));
    tags.map(|tag| tag.split(|letter: char| !letter.is_alphanumeric()).next().unwrap().to_owned()).collect()
}

/// Takes the lengths out of a body that was recorded in chunks.
fn without_chunks(body: &str) -> String {
    let chunks = body.split("\r\n").skip(1).step_by(3);
    chunks.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn recorded_jobs_of_xml_are_answered_alike() {
    let Some(folder) = recordings() else { return };
    let org = TestOrg::with_records("Account", 0);
    let name = "bulk_and_collections/cumulusci_TestUpsert_test_upsert_external_id_field.json";
    let mut ids: Vec<(String, String)> = Vec::new();
    let mut compared = 0;

    for call in read(&folder, name).as_array().unwrap() {
        let (request, response) = (&call["request"], &call["response"]);
        let Some((_, path)) = request["uri"].as_str().unwrap().split_once("/services/async/vxx.0/") else {
            continue;
        };
        let own =
            |text: &str| ids.iter().fold(text.to_owned(), |text, (theirs, own)| text.replace(theirs, own));
        let method = reqwest::Method::from_bytes(request["method"].as_str().unwrap().as_bytes()).unwrap();
        let sent = request["body"].as_str().unwrap_or_default();
        let (kind, sent) = if sent.starts_with('<') || sent.is_empty() {
            ("application/xml", sent.to_owned())
        } else {
            ("text/csv", without_chunks(sent))
        };
        let request = org.request(method, &format!("/services/async/66.0/{}", own(path)));
        let request = request.header("Content-Type", kind).body(own(&sent));
        let answer = crate::client::Answer::read(request.send().await.unwrap()).await;

        let recorded = response["body"].as_str().unwrap();
        assert_eq!(response["status"]["code"], answer.status.as_u16(), "{path}: {}", answer.text);
        assert_eq!(response["headers"]["Content-Type"][0], answer.header("content-type"), "{path}");
        assert_eq!(elements(recorded), elements(&answer.text), "{path}: {}", answer.text);
        if kind == "text/csv" || recorded.starts_with("<?xml") {
            let id = |text: &str| text.split_once("<id>").map(|(_, rest)| rest[..18].to_owned());
            ids.extend(id(recorded).zip(id(&answer.text)));
        } else {
            let rows = |text: &str| -> Vec<(String, String)> {
                let cells = text.lines().map(|line| line.split_once(',').unwrap());
                cells.map(|(id, rest)| (id.trim_matches('"').to_owned(), rest.to_owned())).collect()
            };
            for ((theirs, recorded), (own, row)) in rows(recorded).into_iter().zip(rows(&answer.text)) {
                assert_eq!(recorded, row, "{path}");
                ids.extend((theirs.len() == 18).then_some((theirs, own)));
            }
        }
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}

#[tokio::test]
async fn limits_have_the_recorded_figures() {
    let Some(folder) = recordings() else { return };
    let org = TestOrg::start();

    let recorded = body(&folder, "rest/nango_get-limits.json");
    let limits = org.get("limits").await.json();

    for (name, limit) in limits.as_object().unwrap() {
        if let Some(known) = recorded.get(name) {
            assert_eq!(known["Max"], limit["Max"], "{name}");
        }
    }
    let share = recorded.as_object().unwrap().keys().filter(|name| limits.get(name).is_some()).count();
    println!("{share} of {} recorded limits are simulated", recorded.as_object().unwrap().len());
}
