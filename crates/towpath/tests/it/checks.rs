//! What the command line says of a connection and of mappings.

use serde_json::Value as Json;

use crate::running::{Running, run_with_key};
use crate::scene::assert_says;
use crate::settings_file::admin_key;

#[tokio::test]
async fn a_connection_is_checked_and_what_is_broken_is_named_with_what_mends_it() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo) = Running::demo(home.path(), &["--connected"]);
    let key = admin_key(&demo).await;
    let run = |arguments: &[&str]| run_with_key(home.path(), demo["url"].as_str().unwrap(), &key, arguments);
    let listed: Json =
        serde_json::from_str(&run(&["integrations", "list", "--json"]).succeeded().unwrap().stdout).unwrap();
    let slug = listed[0]["slug"].as_str().unwrap();

    let fine = run(&["integrations", "check", slug, "--output", "csv"]).succeeded().unwrap().stdout;
    revoke_grants(&demo).await;
    let broken = run(&["integrations", "check", slug]);
    let again: Json = serde_json::from_str(&run(&["integrations", "check", slug, "--json"]).stdout).unwrap();

    assert_eq!(fine.lines().filter(|line| line.contains(",fine,")).count(), 7, "{fine}");
    assert_eq!(broken.status.code(), Some(6), "{}", broken.stdout);
    for text in ["grant", "[token.revoked]", "Setup > Connected Apps OAuth Usage: ", "/lightning/setup/"] {
        assert!(broken.stdout.contains(text), "{text:?} in {}", broken.stdout);
    }
    assert_eq!(again["state"], "broken");
    assert_says(&run(&["integrations", "check", "nobody"]), 3, "no integration");
}

#[tokio::test]
async fn mappings_are_suggested_for_what_has_none() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo) = Running::demo(home.path(), &["--connected"]);
    let key = admin_key(&demo).await;
    let run = |arguments: &[&str]| {
        let finished = run_with_key(home.path(), demo["url"].as_str().unwrap(), &key, arguments);
        finished.succeeded().unwrap().stdout
    };
    let listed: Json = serde_json::from_str(&run(&["integrations", "list", "--json"])).unwrap();
    let slug = listed[0]["slug"].as_str().unwrap();

    keep_one_mapping(&demo, &key, listed[0]["id"].as_str().unwrap()).await;

    let suggested = run(&["mappings", "suggest", slug, "--output", "csv"]);
    let all = run(&["mappings", "suggest", slug, "--all", "--output", "csv"]);
    let mapped = run(&["mappings", "list", slug, "--output", "csv"]);

    // Nothing is saved by being suggested.
    assert_eq!(mapped, "PROPERTY,FROM\ncompany.name,Account.Name; trimmed\n");
    assert!(all.contains("company.name,Account.Name,100,The field has the property's name.,yes"), "{all}");
    assert!(suggested.contains("person.email,Contact.Email,"), "{suggested}");
    assert!(suggested.lines().skip(1).all(|line| line.ends_with(",no")), "{suggested}");
    let is_of_name = |line: &&str| line.starts_with("company.name,");
    assert_eq!(suggested.lines().find(is_of_name), None);
}

/// Leaves the integration one mapping.
async fn keep_one_mapping(demo: &Json, key: &str, id: &str) {
    let mapping = serde_json::json!({ "entity": "company", "property": "name", "sobject": "Account",
        "field": "Name", "transform": { "trim": true } });
    let url = demo["url"].as_str().unwrap().trim_end_matches('/');
    let request = reqwest::Client::new()
        .put(format!("{url}/api/v1/integrations/{id}/field-mappings"))
        .bearer_auth(key)
        .json(&serde_json::json!({ "items": [mapping] }));
    request.send().await.unwrap().error_for_status().unwrap();
}

/// Lets the org forget the access that it gave.
async fn revoke_grants(demo: &Json) {
    let org = &demo["org"];
    let request = reqwest::Client::new()
        .post(format!("{}/sessions/revoke", org["control_url"].as_str().unwrap()))
        .header("x-orgsim-token", org["control_token"].as_str().unwrap())
        .json(&serde_json::json!({}));
    request.send().await.unwrap().error_for_status().unwrap();
}
