//! The command line as people and programs meet it: logins, exit codes, pipes.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::running::{Member, Running, program, run, run_with_key};
use crate::scene::assert_says;

struct Scene {
    home: TempDir,
    url: String,
    key: String,
    _server: Running,
}

async fn scene(role: &str) -> Scene {
    let home = tempfile::tempdir().unwrap();
    let (server, url, token) = Running::serve(home.path());
    let key = Member::set_up(&url, &token.unwrap()).await.make_key(role).await;
    Scene { home, url, key, _server: server }
}

/// Signs in with a key on standard input.
fn log_in(home: &Path, url: &str, key: &str) -> (Option<i32>, String) {
    let mut command = program(home);
    command.args(["login", url]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{key}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn a_login_is_written_down_for_its_own_user_and_forgotten() {
    let Scene { home, url, key, _server } = scene("viewer").await;
    let file = home.path().join(".config/towpath/login.toml");

    let (code, said) = log_in(home.path(), &url, &key);

    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("ada@example.com") && !said.contains(&key), "{said}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let who = run(home.path(), &["whoami", "--json"]).succeeded().unwrap();
    let who: Json = serde_json::from_str(&who.stdout).unwrap();
    assert_eq!(
        (&who["member"]["email"], &who["workspace"]["name"]),
        (&"ada@example.com".into(), &"Lockside".into())
    );

    run(home.path(), &["logout"]).succeeded().unwrap();
    assert!(!file.exists());
    assert_says(&run(home.path(), &["whoami"]), 4, "towpath login URL");
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_not_written_down() {
    let Scene { home, url, key, _server } = scene("viewer").await;
    let other = format!("twp_{}", "x".repeat(key.len() - 4));

    let (code, said) = log_in(home.path(), &url, &other);
    let (no_key, _) = log_in(home.path(), &url, "hunter2");
    let (in_the_clear, _) = log_in(home.path(), "http://towpath.example.com", &key);

    assert_eq!((code, no_key, in_the_clear), (Some(4), Some(2), Some(2)), "{said}");
    assert!(!home.path().join(".config/towpath/login.toml").exists());
}

#[tokio::test]
async fn the_environment_wins_over_the_file_as_a_whole() {
    let Scene { home, url, key, _server } = scene("viewer").await;
    log_in(home.path(), &url, &key);
    let mut half = program(home.path());
    let half = benches::process::run(half.env("TOWPATH_URL", "http://127.0.0.1:1").arg("whoami")).unwrap();

    assert_says(&half, 4, "set both or none");
    assert_says(
        &run_with_key(home.path(), "http://127.0.0.1:1", &key, &["whoami"]),
        9,
        "could not be reached",
    );
}

#[tokio::test]
async fn exit_codes_say_what_kind_of_failure_it_was() {
    let Scene { home, url, key, _server } = scene("viewer").await;
    let run = |arguments: &[&str]| run_with_key(home.path(), &url, &key, arguments);

    assert_says(&run(&["integrations", "show", "acme"]), 3, "no integration \"acme\"");
    assert_says(&run(&["runs", "show", "run_00000000000000000000000000"]), 3, "[");
    assert_says(&run(&["query", "acme", "Account"]), 3, "no integration");
    assert_says(&run(&["query"]), 2, "Usage");
    assert_says(
        &run(&["integrations", "delete", "acme", "--data", "keep", "--no-input"]),
        3,
        "no integration",
    );
    assert_eq!(run(&["integrations", "list", "--json"]).succeeded().unwrap().stdout, "[]\n");
    assert_eq!(
        run(&["integrations", "list", "--output", "csv"]).succeeded().unwrap().stdout,
        "SLUG,NAME,STATUS,ORG,ROWS,COMPLETE UNTIL\n"
    );
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let Scene { home, url, key, _server } = scene("viewer").await;
    let mut command = program(home.path());
    command.env("TOWPATH_URL", &url).env("TOWPATH_TOKEN", &key).args(["openapi", "print"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());

    let output = child.wait_with_output().unwrap();

    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}
