//! The commands of somebody who uses a server.

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

    for command in commands {
        let finished = demo.run(&command);

        assert!(finished.status.success(), "{command:?}: {} {}", finished.stdout, finished.stderr);
        if command.text.starts_with("curl ") {
            assert!(finished.stdout.contains("\"lines\""), "{}", finished.stdout);
        }
        if command.text.starts_with("towpath plan ") && command.page == "docs/data-flows.md" {
            assert!(finished.stdout.contains("mapping "), "{}", finished.stdout);
        }
    }

    let made = fs::read_to_string(demo.home.path().join("towpath.key")).unwrap();
    assert!(made.starts_with("-----BEGIN PRIVATE KEY-----"), "{made}");
}
