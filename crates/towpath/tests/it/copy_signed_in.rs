//! Refresh tokens that are replaced at each use are kept, sealed, and used the next time.

use benches::destination::{Destination, DestinationKind};
use serde_json::json;

use crate::scene::{Scene, assert_says};

#[tokio::test]
async fn a_replaced_refresh_token_wins_over_the_one_in_the_environment() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &["--rotate-refresh-tokens", "--revoke-family-on-reuse"]).await;

        for _ in 0..3 {
            scene.copy(&["Account"]);
        }

        scene.assert_equal("Account").await;
        assert_eq!(scene.org.counters().await.unwrap().refresh_reuses, 0);
    }
}

#[tokio::test]
async fn a_token_that_is_replaced_in_the_middle_is_kept_too() {
    for kind in DestinationKind::ALL {
        let arguments = ["--accounts", "2500", "--rotate-refresh-tokens", "--revoke-family-on-reuse"];
        let scene = Scene::new(kind, &arguments).await;
        scene.add_fault(json!({ "kind": "expire_session", "match": "bulk_results", "nth": 2 })).await;

        scene.copy(&["--page-rows", "1000", "Account"]);
        scene.copy(&["--page-rows", "1000", "Account"]);

        scene.assert_equal("Account").await;
        assert_eq!(scene.org.counters().await.unwrap().refresh_reuses, 0);
    }
}

#[tokio::test]
async fn the_kept_token_is_sealed_and_its_key_is_private() {
    use std::os::unix::fs::PermissionsExt;

    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &["--rotate-refresh-tokens"]).await;

        scene.copy(&["Account"]);

        let files = files_below(scene.folder.path());
        let keys: Vec<_> = files.iter().filter(|file| file.to_string_lossy().ends_with("key")).collect();
        assert_eq!(keys.len(), 1, "{files:?}");
        assert_eq!(std::fs::metadata(keys[0]).unwrap().permissions().mode() & 0o777, 0o600);
        // A refresh token of Salesforce begins so.
        let token_start = &scene.org.start_line.refresh_token.as_bytes()[..12];
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!bytes.windows(12).any(|part| part == token_start), "{} holds a token", file.display());
        }
    }
}

#[tokio::test]
async fn without_its_key_a_kept_token_is_of_no_use() {
    let scene = Scene::new(DestinationKind::Sqlite, &["--rotate-refresh-tokens"]).await;
    scene.copy(&["Account"]);
    let Destination::Sqlite(file) = &scene.destination else { unreachable!("the scene is of this kind") };
    std::fs::remove_file(file.with_extension("db.key")).unwrap();

    let finished = scene.try_copy(&["Account"]);

    assert_says(&finished, 1, "key");
}

#[tokio::test]
async fn an_access_token_and_its_host_are_enough() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &[]).await;
        let start_line = &scene.org.start_line;
        let mut command = scene.command(&["Account"]);
        command
            .env_remove("SF_REFRESH_TOKEN")
            .env_remove("SF_CLIENT_ID")
            .env_remove("SF_CLIENT_SECRET")
            .env("SF_ACCESS_TOKEN", &start_line.access_token)
            .env("SF_INSTANCE_URL", &start_line.base_url);

        benches::process::run(&mut command).unwrap().succeeded().unwrap();

        scene.assert_equal("Account").await;
    }
}

#[tokio::test]
async fn client_credentials_are_enough() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &[]).await;
        let mut command = scene.command(&["Account"]);
        command.env_remove("SF_REFRESH_TOKEN");

        benches::process::run(&mut command).unwrap().succeeded().unwrap();

        scene.assert_equal("Account").await;
    }
}

#[tokio::test]
async fn without_credentials_the_variables_are_named() {
    let scene = Scene::new(DestinationKind::Sqlite, &[]).await;
    let mut command = scene.command(&["Account"]);
    command.env_remove("SF_REFRESH_TOKEN").env_remove("SF_CLIENT_ID").env_remove("SF_CLIENT_SECRET");

    let finished = benches::process::run(&mut command).unwrap();

    assert_says(&finished, 2, "SF_REFRESH_TOKEN");
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { waiting.push(path) } else { files.push(path) }
        }
    }
    files
}
