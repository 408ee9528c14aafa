//! Connecting orgs from the command line, where the app signs in by itself.

use std::fs;
use std::path::Path;

use benches::process::{self, Finished};
use orgsim::{Simulator, SimulatorConfig};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::running::{Member, Running, program, run_with_key};
use crate::scene::assert_says;

/// A server that takes a simulated org for Salesforce, and the key of an admin.
struct Scene {
    home: TempDir,
    org: Simulator,
    url: String,
    key: String,
    _server: Running,
}

impl Scene {
    async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let counts = [("Account".to_owned(), 20)].into();
        let org = Simulator::start(SimulatorConfig { counts, jwt_key: true, ..SimulatorConfig::default() });
        let org = org.unwrap();
        let line = org.start_line();
        let host = line.base_url.strip_prefix("http://").unwrap();
        let secret = home.path().join("secret");
        fs::write(&secret, &line.client_secret).unwrap();
        let (server, url, token) = Running::serve_with(
            home.path(),
            &[
                ("TOWPATH_DEV_ALLOW_HOSTS", &format!("[\"{host}\"]")),
                ("TOWPATH_SALESFORCE__SIMULATED__CLIENT_ID", &line.client_id),
                ("TOWPATH_SALESFORCE__SIMULATED__CLIENT_SECRET_FILE", secret.to_str().unwrap()),
            ],
        );
        let key = Member::set_up(&url, &token.unwrap()).await.make_key("admin").await;
        Self { home, org, url, key, _server: server }
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        run_with_key(self.home.path(), &self.url, &self.key, arguments)
    }

    /// A command of a page of the documentation, with what it leaves open.
    fn documented(&self, beginning: &str) -> Vec<String> {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/connect.md");
        let text = fs::read_to_string(page).unwrap();
        let command =
            text.lines().find_map(|line| line.strip_prefix("    towpath ")?.strip_prefix(beginning));
        let line = self.org.start_line();
        let command = command.unwrap_or_else(|| panic!("docs/connect.md has no towpath {beginning}"));
        let whole = format!("{beginning}{command}")
            .replace("custom --host acme.my.salesforce.com", "simulated")
            .replace("--environment production", "--environment simulated")
            .replace("3MVG9example", &line.client_id)
            .replace("integration@acme.example", &line.username)
            .replace("towpath.key", line.jwt_key_file.as_ref().unwrap());
        whole.split_whitespace().map(str::to_owned).collect()
    }

    fn run_documented(&self, beginning: &str) -> Finished {
        let words = self.documented(beginning);
        self.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

#[tokio::test]
async fn an_app_is_connected_and_connected_again_as_the_documentation_says() {
    let scene = Scene::new().await;

    let made = scene.run_documented("connect start --name").succeeded().unwrap();
    let again = scene.run_documented("connect start --reconnect").succeeded().unwrap();
    let status = scene.run(&["connect", "status", "--json"]).succeeded().unwrap().stdout;
    let link = scene.run_documented("connect link").succeeded().unwrap().stdout;

    assert!(made.stderr.contains(&scene.org.start_line().org_id), "{}", made.stderr);
    assert!(made.stdout.contains("acme"), "{}", made.stdout);
    assert!(again.stdout.contains("incomplete"), "{}", again.stdout);
    let status: Json = serde_json::from_str(&status).unwrap();
    assert_eq!(
        (&status[0]["sign_in"], &status[0]["status"]),
        (&"client_credentials".into(), &"connected".into())
    );
    assert_eq!(link, format!("{}/integrations/new\n", scene.url));
    let twice = scene.run_documented("connect start --name");
    assert_says(&twice, 5, "[org.duplicate]");
    let added = scene.run_documented("connect add").succeeded().unwrap().stdout;
    assert!(added.contains("Contacts") && added.contains("incomplete"), "{added}");
    let status = scene.run(&["connect", "status", "--json"]).succeeded().unwrap().stdout;
    let status: Json = serde_json::from_str(&status).unwrap();
    assert_eq!(status.as_array().unwrap().len(), 1);
    assert_eq!(status[0]["integrations"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_org_is_connected_for_a_group() {
    let scene = Scene::new().await;
    let mut words = scene.documented("connect start --name");
    words.extend(["--group".to_owned(), "sales".to_owned()]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    scene.run(&["groups", "create", "Sales"]).succeeded().unwrap();
    scene.run(&["groups", "salesforce", "Sales", "on"]).succeeded().unwrap();

    scene.run(&words).succeeded().unwrap();
    let added = ["connect", "add", "acme", "--name", "Contacts", "--group", "Sales"];
    scene.run(&added).succeeded().unwrap();

    for integration in ["acme", "contacts"] {
        let access = scene.run(&["integrations", "access", integration]).succeeded().unwrap().stdout;
        assert!(access.contains("Sales"), "{integration}: {access}");
    }
    assert_says(&scene.run(&["connect", "add", "acme", "--name", "X", "--group", "Nobody"]), 3, "no group");
}

#[tokio::test]
async fn nothing_is_connected_that_nobody_said_yes_to() {
    let scene = Scene::new().await;
    let words = scene.documented("connect start --name");
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "--yes").collect();

    assert_says(&scene.run(&words), 2, "the access was given back");
    assert_eq!(scene.run(&["connect", "status", "--json"]).succeeded().unwrap().stdout, "[]\n");
    assert_says(
        &scene.run(&["connect", "start", "--sign-in", "jwt", "--environment", "simulated"]),
        2,
        "--name",
    );
    let other = scene.home.path().join("other.pem");
    fs::write(&other, "-----BEGIN CERTIFICATE-----").unwrap();
    let wrong: Vec<&str> = words
        .iter()
        .map(|word| if word.ends_with(".pem") { other.to_str().unwrap() } else { word })
        .collect();
    assert_says(&scene.run(&wrong), 2, "[app.key_unusable");
}

#[tokio::test]
async fn a_copy_signs_in_with_the_key_of_a_certificate() {
    let scene = Scene::new().await;
    let line = scene.org.start_line();
    let mut command = program(scene.home.path());
    command
        .env("SF_CLIENT_ID", &line.client_id)
        .env("SF_USERNAME", &line.username)
        .env("SF_JWT_KEY_FILE", line.jwt_key_file.as_ref().unwrap())
        .args(["copy", "--login-url", &line.base_url, "--dev-allow-host"])
        .arg(line.base_url.strip_prefix("http://").unwrap())
        .args(["--to", "sqlite:copy.db", "--json", "Account"]);

    let first = process::run(&mut command).unwrap().succeeded().unwrap();
    scene.org.expire_sessions();
    let second = process::run(&mut command).unwrap().succeeded().unwrap();

    assert!(first.stdout.contains("20"), "{}", first.stdout);
    assert!(!second.stdout.is_empty());
}
