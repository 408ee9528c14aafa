//! The commands of somebody who uses a server.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use benches::process::{self, Finished};
use serde_json::Value as Json;
use tempfile::TempDir;

use super::page::{Written, block_of};
use super::{Way, commands_to_run};
use crate::running::{Running, program, run_with_key};
use crate::settings_file::key_of;

/// What each command prints, on either way out; the longest beginning decides. One may begin with its page.
const PRINTED: [(&str, &str); 50] = [
    ("towpath query crm Opportunity", "Amount"),
    ("towpath login ", "role"),
    ("towpath integrations list", "SLUG"),
    ("towpath query acme Account", "Name"),
    ("towpath connect status", "ORG"),
    ("towpath connect link", "/integrations/"),
    ("towpath export-config", "[[integration]]"),
    ("docs/data-flows.md: towpath plan -f", "mapping "),
    // The file is applied by then.
    ("docs/mappings.md: towpath plan -f", "Nothing to change."),
    ("towpath apply -f", "Applied: "),
    ("towpath integrations check", "fine"),
    ("curl ", "\"lines\""),
    ("towpath adopt", "belongs"),
    ("towpath runs start", "succeeded"),
    ("towpath query acme Opportunity", "Amount"),
    ("towpath verify acme --heal", "Account"),
    ("towpath why", "Account"),
    ("towpath timeline", "integration.added"),
    ("towpath sobjects acme --search project", "Project__c"),
    ("towpath sobjects acme Account", "BillingCity"),
    ("towpath mappings list", "company.name"),
    ("towpath mappings suggest", "SCORE"),
    ("towpath mappings backfill", "All mapped fields are copied."),
    ("towpath integrations limits", "as many as the org leaves"),
    ("towpath integrations limits acme --allotment 5000", "5000"),
    ("towpath integrations retry", "No such record has an error."),
    ("towpath rules cost", "first load"),
    ("towpath rules set", "Name, Company"),
    ("towpath rules delete", "The rule Lead is deleted: its "),
    ("towpath connect guide", "/oauth/salesforce/callback"),
    ("towpath connect guide --sign-in", "6 files were written to towpath-app."),
    ("towpath sessions list", "ses_"),
    ("towpath groups create Sales", "Sales"),
    ("towpath groups create Service", "Service"),
    ("towpath groups connect", "Service"),
    ("towpath groups salesforce", "on"),
    ("towpath integrations share", "Service"),
    ("towpath integrations access", "Sales"),
    ("towpath members invite", "The link works once"),
    ("towpath groups add", "2"),
    ("towpath members role", "operator"),
    ("towpath members link", "The link works once"),
    ("towpath members sign-out", "ben@example.com is signed out everywhere."),
    ("towpath groups remove", "1"),
    ("towpath members remove", "ben@example.com is no member any more."),
    ("towpath groups disconnect", "Sales"),
    ("towpath groups rename", "Support"),
    ("towpath groups delete", "Support"),
    ("towpath groups list", "CONNECTED WITH"),
    ("openssl ", ""),
];

/// What a command prints, as far as it is known.
fn printed_by(command: &Written) -> Option<(&'static str, &'static str)> {
    let placed = format!("{}: {}", command.page, command.text);
    let fits = PRINTED
        .iter()
        .filter(|(beginning, _)| command.text.starts_with(beginning) || placed.starts_with(beginning));
    fits.max_by_key(|(beginning, _)| beginning.len()).copied()
}

/// A demo whose org is connected, and its owner.
struct Demo {
    home: TempDir,
    url: String,
    key: String,
    integration: Json,
    /// The id of a record.
    record: String,
    settings: String,
    _running: Running,
}

impl Demo {
    async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (running, demo) = Running::demo(home.path(), &["--connected"]);
        let key = key_of(&demo, "owner").await;
        let url = demo["url"].as_str().unwrap().to_owned();
        let ask = |arguments: &[&str]| -> Json {
            let finished = run_with_key(home.path(), &url, &key, arguments);
            serde_json::from_str(&finished.succeeded().unwrap().stdout).unwrap()
        };
        let integration = ask(&["integrations", "list", "--json"])[0].clone();
        let slug = integration["slug"].as_str().unwrap();
        let records = ask(&["query", slug, "Account", "--limit", "1", "--json"]);
        let record = records[0]["id"].as_str().unwrap().to_owned();
        let settings = write_settings(home.path(), &url, &key, slug);
        Self { home, url, key, integration, record, settings, _running: running }
    }

    /// A command with what is this demo's own in place of what the page invents.
    fn fill(&self, command: &Written) -> Vec<String> {
        let slug = self.integration["slug"].as_str().unwrap();
        let fill = |word: String| match word.as_str() {
            "acme" | "crm" => slug.to_owned(),
            "settings.toml" => self.settings.clone(),
            "0015g00000XyzABAAZ" => self.record.clone(),
            "http://127.0.0.1:4600" | "https://towpath.example.com" => self.url.clone(),
            _ => word,
        };
        command.words().into_iter().skip(1).map(fill).collect()
    }

    fn run(&self, command: &Written) -> Finished {
        if command.text.starts_with("towpath login ") {
            return self.log_in(&self.fill(command));
        }
        if !command.text.starts_with("towpath ") {
            return self.run_in_shell(&command.text);
        }
        let words = self.fill(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        run_with_key(self.home.path(), &self.url, &self.key, &words)
    }

    /// Gives the key on standard input, and asks something without it.
    fn log_in(&self, words: &[String]) -> Finished {
        let mut login = program(self.home.path()).args(words).stdin(Stdio::piped()).spawn().unwrap();
        login.stdin.take().unwrap().write_all(self.key.as_bytes()).unwrap();
        assert!(login.wait().unwrap().success());
        process::run(program(self.home.path()).arg("whoami")).unwrap()
    }

    fn run_in_shell(&self, text: &str) -> Finished {
        let mut shell = Command::new("bash");
        shell.current_dir(self.home.path()).args(["-euc", &text.replace("curl ", "curl --fail --silent ")]);
        shell.env("TOWPATH_URL", &self.url).env("TOWPATH_TOKEN", &self.key);
        process::run(shell.env("ID", self.integration["id"].as_str().unwrap())).unwrap()
    }
}

/// Writes down what is set up, with the mapping that the page on mappings shows.
fn write_settings(home: &Path, url: &str, key: &str, slug: &str) -> String {
    let exported = run_with_key(home, url, key, &["export-config", slug]).succeeded().unwrap().stdout;
    let shown = block_of("docs/mappings.md", "[[integration.mapping]]").replace("Segment__c", "Rating");
    let property = shown.lines().find(|line| line.starts_with("property = ")).unwrap();
    let others = exported.split("[[integration.mapping]]").filter(|part| !part.contains(property));
    let settings = format!("{}\n{shown}", others.collect::<Vec<_>>().join("[[integration.mapping]]"));
    let path = home.join("settings.toml");
    fs::write(&path, settings).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_commands_of_somebody_who_uses_a_server_work() {
    let demo = Demo::start().await;
    let commands = commands_to_run(Way::Used);
    assert!(commands.len() > 40, "only {commands:?}");

    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for command in commands {
        let finished = demo.run(&command);

        let said = format!("{}\n{}", finished.stdout, finished.stderr);
        let Some((beginning, expected)) = printed_by(&command) else {
            wrong.push(format!("nothing says what {:?} prints: {said}", command.text));
            continue;
        };
        used.insert(beginning);
        if !finished.status.success() || !said.contains(expected) {
            wrong.push(format!(
                "{:?} ended as {}, and {expected:?} is not in: {said}",
                command.text, finished.status
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unused: Vec<_> = PRINTED.iter().filter(|(beginning, _)| !used.contains(beginning)).collect();
    assert!(unused.is_empty(), "no page has {unused:?}");

    let made = fs::read_to_string(demo.home.path().join("towpath.key")).unwrap();
    assert!(made.starts_with("-----BEGIN PRIVATE KEY-----"), "{made}");
}
