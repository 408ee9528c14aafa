//! Settings as a text file.

use std::fs;
use std::path::Path;

use benches::process::Finished;
use serde_json::{Value as Json, json};

use crate::running::{Member, Running, run_with_key};

/// Makes two groups that are connected, with Salesforce switched on for the first, and one that is connected with none.
async fn make_groups(url: &str, key: &str) {
    let call = async |method: reqwest::Method, path: &str, body: Json| -> Json {
        let request = reqwest::Client::new().request(method, format!("{url}/api/v1{path}"));
        let answer = request.bearer_auth(key).json(&body).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    };
    let (post, patch, put) = (reqwest::Method::POST, reqwest::Method::PATCH, reqwest::Method::PUT);
    let sales = call(post.clone(), "/groups", json!({ "name": "Sales" })).await;
    let service = call(post.clone(), "/groups", json!({ "name": "Service" })).await;
    let path = format!("/groups/{}", sales["id"].as_str().unwrap());
    call(post, "/groups", json!({ "name": "Partners" })).await;
    call(patch, &path, json!({ "salesforce_on": true })).await;
    call(put, &format!("{path}/connected-groups"), json!({ "groups": [service["id"]] })).await;
}

/// A key of the member whom the sign-in link of a demo is for, who is an owner.
pub(crate) async fn admin_key(demo: &Json) -> String {
    key_of(demo, "admin").await
}

pub(crate) async fn key_of(demo: &Json, role: &str) -> String {
    let (_, token) = demo["sign_in_link"].as_str().unwrap().split_once('#').unwrap();
    let member =
        Member::sign_in(demo["url"].as_str().unwrap(), json!({ "link_token": token })).await.unwrap();
    member.make_key(role).await
}

fn stdout(finished: Finished) -> String {
    finished.succeeded().unwrap().stdout
}

/// The name by which an exported file calls its integration.
fn slug_of(exported: &str) -> &str {
    exported.lines().find_map(|line| line.strip_prefix("slug = \"")?.strip_suffix('"')).unwrap()
}

/// A demo with an org connected and groups made, and a key of its owner.
async fn start_with_groups(home: &Path) -> (Running, Json, String) {
    let (running, demo) = Running::demo(home, &["--connected"]);
    let key = admin_key(&demo).await;
    make_groups(demo["url"].as_str().unwrap(), &key).await;
    (running, demo, key)
}

fn write(home: &Path, name: &str, text: &str) -> String {
    let path = home.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What the plan of the file says that [`wanted_for`] returns.
const PLANNED: [&str; 15] = [
    "~ name: ",
    "~ limits: no allotment, stops at 80 % -> 4000 calls, stops at 80 %",
    "~ rule Account: all records, ",
    "~ access: the whole workspace -> Sales, shared with Service",
    "-> Name != NULL, all fields, every 1h, new fields: ask",
    "+ rule Lead: all records, all fields, every 15m",
    "calls for the first load",
    "rule Contact is not in the file and stays; --prune removes it",
    "is not in the file and stays; --prune removes it",
    "~ mapping company.name: Account.Name -> Account.Name; trimmed",
    "mapping company.segment",
    "volatile_fields: none -> Rating",
    "refresh_hours: 24 -> 12",
    "records looked at ",
    "Account.Type; else Rating; \"Customer - Direct\" -> \"Customer\"; default \"none\"",
];

/// A file that wants something else of everything.
fn wanted_for(slug: &str) -> String {
    format!(
        "version = 1\n[[integration]]\nslug = \"{slug}\"\nname = \"Renamed\"\nallotment = 4000\n\
         group = \"sales\"\nshared_with = [\"Service\"]\n\
         [[integration.rule]]\nsobject = \"Account\"\nwhere = \"Name != null\"\nevery = \"1h\"\nnew_fields = \"ask\"\n\
         volatile_fields = [\"Rating\"]\nrefresh_hours = 12\n\
         [[integration.rule]]\nsobject = \"Lead\"\n\
         [[integration.mapping]]\nproperty = \"company.name\"\nfrom = \"Account.Name\"\ntrim = true\n\
         [[integration.mapping]]\nproperty = \"company.segment\"\nfrom = \"Account.Type\"\nfirst_of = [\"Rating\"]\n\
         default = \"none\"\nvalues = {{ \"Customer - Direct\" = \"Customer\" }}\n"
    )
}

#[tokio::test]
async fn settings_are_exported_changed_and_applied() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo, key) = start_with_groups(home.path()).await;
    let run = |arguments: &[&str]| run_with_key(home.path(), demo["url"].as_str().unwrap(), &key, arguments);

    let exported = stdout(run(&["export-config"]));
    let same = write(home.path(), "same.toml", &exported);
    assert_eq!(stdout(run(&["plan", "-f", &same])), "Nothing to change.\n");
    assert!(!exported.contains("secret") && !exported.contains("token"), "{exported}");

    let slug = slug_of(&exported);
    let wanted = wanted_for(slug);
    let file = write(home.path(), "wanted.toml", &wanted);
    let plan = stdout(run(&["plan", "-f", &file]));
    for line in PLANNED {
        assert!(plan.contains(line), "{line:?} in {plan}");
    }
    let refused = run(&["apply", "-f", &file, "--no-input"]);
    assert_eq!(refused.status.code(), Some(2), "{}", refused.stderr);

    let applied = stdout(run(&["apply", "-f", &file, "--yes"]));
    assert!(applied.contains("Applied: 6 changed."), "{applied}");
    let again = stdout(run(&["plan", "-f", &file]));
    assert!(
        again.contains("Nothing to change.") && again.contains("rule Contact is not in the file"),
        "{again}"
    );
    let exported = stdout(run(&["export-config"]));
    for line in [
        "group = \"Sales\"",
        "shared_with = [\"Service\"]",
        "new_fields = \"ask\"",
        "volatile_fields = [\"Rating\"]",
        "refresh_hours = 12",
    ] {
        assert!(exported.contains(line), "{line:?} in {exported}");
    }
    let unknown = write(home.path(), "unknown.toml", &wanted.replace("\"Service\"", "\"Nobody\""));
    let refused = run(&["plan", "-f", &unknown]);
    assert_eq!(refused.status.code(), Some(3), "{}", refused.stderr);
    let pruned = stdout(run(&["apply", "-f", &file, "--prune", "--yes"]));
    for line in ["- rule Contact: its ", "- mapping ", "Applied: "] {
        assert!(pruned.contains(line), "{line:?} in {pruned}");
    }
    assert_eq!(stdout(run(&["plan", "-f", &file, "--prune"])), "Nothing to change.\n");
}

#[tokio::test]
async fn a_plan_that_cannot_be_made_whole_is_refused_or_says_how_far_it_came() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo, key) = start_with_groups(home.path()).await;
    let run = |arguments: &[&str]| run_with_key(home.path(), demo["url"].as_str().unwrap(), &key, arguments);
    let exported = stdout(run(&["export-config"]));
    let slug = slug_of(&exported);
    let head = |name: &str| format!("version = 1\n[[integration]]\nslug = \"{slug}\"\nname = \"{name}\"\n");
    let rule = "[[integration.rule]]\nsobject = \"Account\"\nfields = [\"Nothing__c\"]\n";
    let mapping = "[[integration.mapping]]\nproperty = \"company.name\"\nfrom = \"Account.Nothing__c\"\n";
    let is_named = |name: &str| stdout(run(&["export-config"])).contains(&format!("name = \"{name}\""));

    for (part, problem) in [(rule, "field.unknown"), (mapping, "field.unknown")] {
        let file = write(home.path(), "broken.toml", &format!("{}{part}", head("Never")));
        let refused = run(&["apply", "-f", &file, "--yes"]);
        assert_eq!(refused.status.code(), Some(3), "{}", refused.stderr);
        assert!(refused.stdout.contains(&format!("[{problem}]")), "{}", refused.stdout);
        assert!(refused.stderr.contains("Nothing was changed: the part"), "{}", refused.stderr);
        assert!(!is_named("Never"));
    }

    // The groups are not connected, which only the server says.
    let shared = format!("{}group = \"Sales\"\nshared_with = [\"Partners\"]\n", head("Now"));
    let file = write(home.path(), "halfway.toml", &shared);
    let halfway = run(&["apply", "-f", &file, "--yes"]);
    assert_eq!(halfway.status.code(), Some(8), "{}", halfway.stderr);
    let told = format!("Applied 1 of 2: {slug} name; not applied: {slug} access. ");
    assert!(halfway.stderr.contains(&told), "{}", halfway.stderr);
    assert!(halfway.stderr.contains("[share.not_connected"), "{}", halfway.stderr);
    assert!(is_named("Now"));
}

#[tokio::test]
async fn a_file_for_an_org_that_is_not_connected_says_so() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo) = Running::demo(home.path(), &[]);
    let key = admin_key(&demo).await;
    let file = write(home.path(), "other.toml", "version = 1\n[[integration]]\nslug = \"elsewhere\"\n");

    let plan = run_with_key(home.path(), demo["url"].as_str().unwrap(), &key, &["plan", "-f", &file]);

    assert_eq!(plan.status.code(), Some(3));
    assert!(plan.stderr.contains("Connect the org first"), "{}", plan.stderr);
}
