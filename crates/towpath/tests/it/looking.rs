//! What there is to see of an integration on the command line: sObjects, fields, rules, who has access, what happened.

use serde_json::Value as Json;

use crate::running::{Running, run_with_key};
use crate::scene::assert_says;
use crate::settings_file::admin_key;

#[tokio::test]
async fn what_an_org_has_who_sees_it_and_what_happened() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo) = Running::demo(home.path(), &["--connected"]);
    let key = admin_key(&demo).await;
    let run = |arguments: &[&str]| run_with_key(home.path(), demo["url"].as_str().unwrap(), &key, arguments);
    let csv =
        |arguments: &[&str]| run(&[arguments, &["--output", "csv"]].concat()).succeeded().unwrap().stdout;
    let listed: Json =
        serde_json::from_str(&run(&["integrations", "list", "--json"]).succeeded().unwrap().stdout).unwrap();
    let slug = listed[0]["slug"].as_str().unwrap();

    let sobjects = csv(&["sobjects", slug]);
    let found = csv(&["sobjects", slug, "--search", "project n"]);
    let fields = csv(&["sobjects", slug, "Account", "--search", "BILLING"]);
    for name in ["Sales", "Service"] {
        run(&["groups", "create", name]).succeeded().unwrap();
    }
    let early = run(&["integrations", "share", slug, "--owner", "Sales", "--with", "Service"]);
    run(&["groups", "salesforce", "Sales", "on"]).succeeded().unwrap();
    run(&["groups", "connect", "Sales", "Service"]).succeeded().unwrap();
    let shared = csv(&["integrations", "share", slug, "--owner", "Sales", "--with", "Service"]);
    run(&["integrations", "share", slug, "--without", "Service"]).succeeded().unwrap();
    let access = csv(&["integrations", "access", slug]);
    let happened = csv(&["timeline", slug, "--limit", "5"]);

    assert!(sobjects.contains("Account,Account,standard,yes,\n"), "{sobjects}");
    assert!(found.contains("Project_Notice__e,") && found.contains("publishes it"), "{found}");
    assert!(!found.contains("Account,"), "{found}");
    assert!(fields.contains("BillingCity,Billing City,string,standard,\n"), "{fields}");
    assert_says(&early, 5, "[");
    assert!(shared.contains("Sales") && shared.contains("Service"), "{shared}");
    assert!(access.contains("Sales") && !access.contains("Service"), "{access}");
    assert_eq!(happened.lines().count(), 6, "{happened}");
    assert!(happened.lines().nth(1).unwrap().contains("Service"), "{happened}");
    assert_says(&run(&["sobjects", slug, "Nothing__c"]), 3, "Nothing__c");
    assert_says(&run(&["integrations", "share", slug, "--with", "Nobody"]), 3, "no group");
}

#[tokio::test]
async fn a_rule_is_priced_set_and_set_again() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo) = Running::demo(home.path(), &["--connected"]);
    let key = admin_key(&demo).await;
    let run = |arguments: &[&str]| run_with_key(home.path(), demo["url"].as_str().unwrap(), &key, arguments);
    let csv =
        |arguments: &[&str]| run(&[arguments, &["--output", "csv"]].concat()).succeeded().unwrap().stdout;
    let listed = run(&["integrations", "list", "--json"]).succeeded().unwrap().stdout;
    let listed: Json = serde_json::from_str(&listed).unwrap();
    let slug = listed[0]["slug"].as_str().unwrap();
    let rule = |act, condition| ["rules", act, slug, "Lead", "--where", condition, "--every", "1h"];

    let cost = csv(&rule("cost", "Company != null"));
    assert!(cost.contains("from Lead") || cost.contains("FROM Lead"), "{cost}");
    assert!(!csv(&["rules", "list", slug]).contains("Lead,"));
    let set = csv(&rule("set", "Company != null"));
    csv(&rule("set", "Company = null"));
    let rules = csv(&["rules", "list", slug]);

    assert!(set.contains("Company != NULL") && set.contains("1h"), "{set}");
    assert!(rules.contains("Lead,Company = NULL,1h,"), "{rules}");
    assert_says(&run(&["rules", "set", slug, "Nothing__c"]), 3, "Nothing__c");
}
