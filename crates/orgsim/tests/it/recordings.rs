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
    ];
    for (name, path) in cases {
        assert_same_shape(name, &body(&folder, name), &org.get(path).await.json());
    }
    let refreshed = org.refresh(&org.line.refresh_token).await.json();
    let name = "small_bodies/restforce_refresh_success_response.json";
    assert_same_shape(name, &read(&folder, name), &refreshed);
    let name = "small_bodies/restforce_sobject_find_error_response.json";
    assert_same_shape(name, &read(&folder, name), &org.get("sobjects/Account/23foo").await.json());
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
