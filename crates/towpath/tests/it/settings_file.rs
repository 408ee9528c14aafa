//! Settings as a text file, and the commands of the quick start.

use std::fs;
use std::path::Path;
use std::process::Command;

use benches::process::Finished;
use serde_json::{Value as Json, json};

use crate::running::{Member, Running, run_with_key};

/// Makes two groups that are connected, with Salesforce switched on for the first.
async fn make_groups(url: &str, key: &str) {
    let call = async |method: reqwest::Method, path: &str, body: Json| -> Json {
        let request = reqwest::Client::new().request(method, format!("{url}/api/v1{path}"));
        let answer = request.bearer_auth(key).json(&body).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    };
    let (post, patch, put) = (reqwest::Method::POST, reqwest::Method::PATCH, reqwest::Method::PUT);
    let sales = call(post.clone(), "/groups", json!({ "name": "Sales" })).await;
    let service = call(post, "/groups", json!({ "name": "Service" })).await;
    let path = format!("/groups/{}", sales["id"].as_str().unwrap());
    call(patch, &path, json!({ "salesforce_on": true })).await;
    call(put, &format!("{path}/connected-groups"), json!({ "groups": [service["id"]] })).await;
}

/// A key of the member whom the sign-in link of a demo is for, who is an owner.
pub(crate) async fn admin_key(demo: &Json) -> String {
    key_of(demo, "admin").await
}

async fn key_of(demo: &Json, role: &str) -> String {
    let (_, token) = demo["sign_in_link"].as_str().unwrap().split_once('#').unwrap();
    let member =
        Member::sign_in(demo["url"].as_str().unwrap(), json!({ "link_token": token })).await.unwrap();
    member.make_key(role).await
}

fn stdout(finished: Finished) -> String {
    finished.succeeded().unwrap().stdout
}

fn write(home: &Path, name: &str, text: &str) -> String {
    let path = home.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn settings_are_exported_changed_and_applied() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo) = Running::demo(home.path(), &["--connected"]);
    let key = admin_key(&demo).await;
    make_groups(demo["url"].as_str().unwrap(), &key).await;
    let run = |arguments: &[&str]| run_with_key(home.path(), demo["url"].as_str().unwrap(), &key, arguments);

    let exported = stdout(run(&["export-config"]));
    let same = write(home.path(), "same.toml", &exported);
    assert_eq!(stdout(run(&["plan", "-f", &same])), "Nothing to change.\n");
    assert!(!exported.contains("secret") && !exported.contains("token"), "{exported}");

    let slug = exported.lines().find_map(|line| line.strip_prefix("slug = \"")?.strip_suffix('"')).unwrap();
    let wanted = format!(
        "version = 1\n[[integration]]\nslug = \"{slug}\"\nname = \"Renamed\"\nallotment = 4000\n\
         group = \"sales\"\nshared_with = [\"Service\"]\n\
         [[integration.rule]]\nsobject = \"Account\"\nwhere = \"Name != null\"\nevery = \"1h\"\nnew_fields = \"ask\"\n\
         [[integration.rule]]\nsobject = \"Lead\"\n\
         [[integration.mapping]]\nproperty = \"company.name\"\nfrom = \"Account.Name\"\ntrim = true\n\
         [[integration.mapping]]\nproperty = \"company.segment\"\nfrom = \"Account.Type\"\nfirst_of = [\"Rating\"]\n\
         default = \"none\"\nvalues = {{ \"Customer - Direct\" = \"Customer\" }}\n"
    );
    let file = write(home.path(), "wanted.toml", &wanted);
    let plan = stdout(run(&["plan", "-f", &file]));
    for line in [
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
        "Account.Type; else Rating; \"Customer - Direct\" -> \"Customer\"; default \"none\"",
    ] {
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
    for line in ["group = \"Sales\"", "shared_with = [\"Service\"]", "new_fields = \"ask\""] {
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
async fn a_file_for_an_org_that_is_not_connected_says_so() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo) = Running::demo(home.path(), &[]);
    let key = admin_key(&demo).await;
    let file = write(home.path(), "other.toml", "version = 1\n[[integration]]\nslug = \"elsewhere\"\n");

    let plan = run_with_key(home.path(), demo["url"].as_str().unwrap(), &key, &["plan", "-f", &file]);

    assert_eq!(plan.status.code(), Some(3));
    assert!(plan.stderr.contains("Connect the org first"), "{}", plan.stderr);
}

/// The one command of a page that begins so.
fn command_of(page: &str, beginning: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/{page}.md"));
    let text = fs::read_to_string(path).unwrap();
    let mut commands =
        text.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| line.starts_with(beginning));
    let command = commands.next().unwrap().to_owned();
    assert_eq!(commands.next(), None, "{page} has more commands that begin with {beginning}");
    command
}

#[tokio::test]
async fn the_commands_of_the_pages_for_users_work() {
    let home = tempfile::tempdir().unwrap();
    let (_running, demo) = Running::demo(home.path(), &["--connected"]);
    let key = key_of(&demo, "owner").await;
    let url = demo["url"].as_str().unwrap();
    let slug = stdout(run_with_key(home.path(), url, &key, &["export-config"]));
    let slug =
        slug.lines().find_map(|line| line.strip_prefix("slug = \"")?.strip_suffix('"')).unwrap().to_owned();
    // What is there, and the mapping that the page on mappings shows.
    let exported = stdout(run_with_key(home.path(), url, &key, &["export-config", &slug]));
    let shown =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mappings.md")).unwrap();
    let shown = shown.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(shown.contains("[[integration.mapping]]"), "{shown}");
    let property = shown.lines().find(|line| line.starts_with("property = ")).unwrap();
    let others = exported.split("[[integration.mapping]]").filter(|part| !part.contains(property));
    let shown = shown.replace("Segment__c", "Rating");
    let settings = format!("{}\n{shown}", others.collect::<Vec<_>>().join("[[integration.mapping]]"));
    let file = write(home.path(), "towpath-settings.toml", &settings);
    let planned = stdout(run_with_key(home.path(), url, &key, &["plan", "-f", &file]));
    assert!(planned.contains("mapping "), "{planned}");
    let mut tried = 0;

    for page in ["quick-start", "connect", "data-flows", "mappings", "serve", "troubleshooting"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/{page}.md"));
        let text = fs::read_to_string(path).unwrap();
        let commands = text.lines().filter_map(|line| line.strip_prefix("    towpath "));
        // What starts a server runs already, and what signs in asks for a key.
        // What connects is run in `connect.rs`.
        // A worker needs PostgreSQL, and `why` the id of a record; both have tests of their own.
        let rest = ["serve", "worker", "demo", "login", "connect start", "why "];
        for command in commands.filter(|command| !rest.iter().any(|known| command.starts_with(known))) {
            let command = command.split(" #").next().unwrap().trim();
            let words: Vec<String> = command
                .split_whitespace()
                .map(|word| word.trim_matches('\''))
                .map(|word| if word == "acme" { slug.clone() } else { word.replace("settings.toml", &file) })
                .collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let done = run_with_key(home.path(), url, &key, &words);
            assert!(done.status.success(), "{page}: {command}: {}", done.stderr);
            tried += 1;
        }
    }

    assert!(tried >= 9, "only {tried} commands");
    let integration =
        stdout(run_with_key(home.path(), url, &key, &["integrations", "show", &slug, "--json"]));
    let integration: Json = serde_json::from_str(&integration).unwrap();
    let shell = |command: &str| {
        let id = integration["id"].as_str().unwrap();
        let mut shell = Command::new("bash");
        shell.current_dir(home.path()).args(["-euc", &command.replace("curl ", "curl --fail --silent ")]);
        shell.env("TOWPATH_URL", url).env("TOWPATH_TOKEN", &key).env("ID", id);
        stdout(benches::process::run(&mut shell).unwrap())
    };
    assert!(shell(&command_of("troubleshooting", "curl ")).contains("\"lines\""));
    shell(&command_of("connect", "openssl "));
    let made = fs::read_to_string(home.path().join("towpath.key")).unwrap();
    assert!(made.starts_with("-----BEGIN PRIVATE KEY-----"), "{made}");
}
