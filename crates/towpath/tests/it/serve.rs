//! A server starts, refuses to start, stops, and starts again.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value as Json, json};

use crate::running::{Member, PASSWORD, Running, program, run};
use crate::scene::assert_says;

#[tokio::test]
async fn the_first_owner_is_made_by_a_link_and_outlives_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let (first, url, token) = Running::serve(home.path());
    Member::set_up(&url, &token.unwrap()).await;
    assert!(first.stop().success());

    let (_second, url, token) = Running::serve(home.path());

    assert_eq!(token, None);
    let right = json!({ "email": "ada@example.com", "password": PASSWORD });
    assert!(Member::sign_in(&url, right).await.is_ok());
    let wrong = json!({ "email": "ada@example.com", "password": "another password" });
    assert_eq!(Member::sign_in(&url, wrong).await.err(), Some(401));
}

#[test]
fn what_a_server_keeps_is_for_its_own_user() {
    let home = tempfile::tempdir().unwrap();
    let (_running, _, _) = Running::serve(home.path());

    let mode = |path: &str| fs::metadata(home.path().join(path)).unwrap().permissions().mode() & 0o777;

    assert_eq!((mode("data"), mode("data/keys"), mode("data/keys/towpath.key")), (0o700, 0o700, 0o400));
}

#[test]
fn a_second_process_on_the_same_folder_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let (_running, _, _) = Running::serve(home.path());
    let mut command = program(home.path());
    command.env("TOWPATH_DATA_DIR", home.path().join("data")).env("TOWPATH_LISTEN", "127.0.0.1:0");

    let second = benches::process::run(command.arg("serve")).unwrap();

    assert_says(&second, 5, "Another process is working in");
}

#[test]
fn a_worker_needs_a_database_that_can_be_shared() {
    let home = tempfile::tempdir().unwrap();
    let mut command = program(home.path());
    command.env("TOWPATH_DATA_DIR", home.path().join("data"));

    let refused = benches::process::run(command.arg("worker")).unwrap();

    assert_says(&refused, 2, "Workers need a PostgreSQL database");
    assert!(!home.path().join("data").exists(), "nothing was made");
}

#[test]
fn a_copy_does_not_write_into_the_database_of_a_server() {
    let home = tempfile::tempdir().unwrap();
    let (_running, _, _) = Running::serve(home.path());
    let mut command = program(home.path());
    command.env("SF_ACCESS_TOKEN", "00Dx!y").env("SF_INSTANCE_URL", "https://acme.my.salesforce.com");
    let to = format!("sqlite:{}", home.path().join("data/towpath.db").display());

    let copy = benches::process::run(command.args(["copy", "--to", &to, "Account"])).unwrap();

    assert_says(&copy, 5, "store.busy");
}

#[test]
fn a_server_that_others_reach_does_not_start_without_a_key() {
    let home = tempfile::tempdir().unwrap();
    let mut command = program(home.path());
    command.env("TOWPATH_PUBLIC_URL", "https://towpath.example.com").env("TOWPATH_DATA_DIR", home.path());

    let refused = benches::process::run(command.arg("serve")).unwrap();

    assert_says(&refused, 2, "key_file is needed");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_key_that_everybody_may_read_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let key = home.path().join("key");
    fs::write(&key, "bG9ja3NpZGVsb2Nrc2lkZWxvY2tzaWRlbG9ja3NpZGU=\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = program(home.path());
    command.env("TOWPATH_KEY_FILE", &key).env("TOWPATH_DATA_DIR", home.path().join("data"));
    command.env("TOWPATH_LISTEN", "127.0.0.1:0");

    let refused = benches::process::run(command.arg("serve")).unwrap();

    assert_says(&refused, 1, "everybody on this machine may read it");
}

#[test]
fn a_key_of_the_configuration_that_is_not_known_is_named() {
    let home = tempfile::tempdir().unwrap();
    let mut command = program(home.path());
    let by_variable = benches::process::run(command.env("TOWPATH_PUBLIC_ULR", "x").arg("migrate")).unwrap();
    assert_says(&by_variable, 2, "public_ulr");
    fs::write(home.path().join("towpath.toml"), "listen = \"127.0.0.1:0\"\nlisten_on = 4600\n").unwrap();
    assert_says(&run(home.path(), &["serve"]), 2, "listen_on");
    assert_says(&run(home.path(), &["serve", "--config", "missing.toml"]), 2, "missing.toml");
}

#[test]
fn a_migration_says_what_it_did() {
    let home = tempfile::tempdir().unwrap();
    let migrate = || run(home.path(), &["migrate"]).succeeded().unwrap().stdout;

    let (first, second) = (migrate(), migrate());

    assert!(first.contains("new, at version"), "{first}");
    assert!(second.contains("already"), "{second}");
}

#[test]
fn the_description_of_the_api_is_printed() {
    let home = tempfile::tempdir().unwrap();

    let printed = run(home.path(), &["openapi", "print"]).succeeded().unwrap().stdout;

    let document: Json = serde_json::from_str(&printed).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}
