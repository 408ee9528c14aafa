//! What cannot be copied is said in a sentence and by the exit code, and what was copied before stays.

use std::path::Path;

use benches::copy::Copy;
use benches::destination::Destination;
use benches::destination::DestinationKind::{self, Postgres, Sqlite};
use benches::process;
use orgsim::{Simulator, SimulatorConfig, TlsCertificate};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::running::program;
use crate::scene::{Scene, assert_says, towpath};

#[tokio::test]
async fn an_sobject_that_does_not_exist() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &[]).await;

        let finished = scene.try_copy(&["Frobnicate"]);

        assert_says(&finished, 3, "Salesforce has no \"Frobnicate\" that this user can read.");
    }
}

#[tokio::test]
async fn one_sobject_that_does_not_exist_stops_no_other() {
    let scene = Scene::new(Sqlite, &[]).await;

    let finished = scene.try_copy(&["Frobnicate", "Account"]);

    assert_says(&finished, 8, "Salesforce has no \"Frobnicate\" that this user can read.");
    scene.assert_equal("Account").await;
}

#[tokio::test]
async fn a_field_that_does_not_exist() {
    let scene = Scene::new(Sqlite, &[]).await;

    let finished = scene.try_copy(&["--fields", "Name,Frobnication", "Account"]);

    assert_says(&finished, 3, "Frobnication");
}

#[tokio::test]
async fn a_filter_that_does_not_parse() {
    let scene = Scene::new(Sqlite, &[]).await;

    for rule in
        ["Account where", "Account where Name ==", "Account where (Name = 'a'", "Account where Name = 'a' or"]
    {
        let finished = scene.try_copy(&[rule]);

        assert_says(&finished, 2, "The filter is not valid at");
    }
    let counters = scene.org.counters().await.unwrap();
    assert_eq!((counters.token_calls, counters.api_calls), (0, 0), "the org was asked");
}

#[tokio::test]
async fn a_filter_on_a_field_that_does_not_exist() {
    let scene = Scene::new(Sqlite, &[]).await;

    let finished = scene.try_copy(&["Account where Frobnication = 1"]);

    assert_says(&finished, 2, "Frobnication");
    // Once more after the fields were looked up anew, as the first describe may have been out of date.
    let queries = scene.org.counters().await.unwrap().requests["query"];
    assert!(queries <= 2, "asked {queries} times in vain");
}

#[tokio::test]
async fn a_wrong_secret() {
    let scene = Scene::new(Sqlite, &[]).await;
    let mut command = scene.command(&["Account"]);

    let finished = process::run(command.env("SF_CLIENT_SECRET", "wrong")).unwrap();

    assert_says(&finished, 6, "secret");
    assert_eq!(scene.org.counters().await.unwrap().token_calls, 1, "tried again in vain");
}

#[tokio::test]
async fn a_dead_refresh_token() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &[]).await;
        let mut command = scene.command(&["Account"]);

        let finished = process::run(command.env("SF_REFRESH_TOKEN", "5Aep861dead")).unwrap();

        assert_says(&finished, 6, "Salesforce no longer accepts our connection.");
        assert_eq!(scene.org.counters().await.unwrap().token_calls, 1, "tried again in vain");
    }
}

#[tokio::test]
async fn an_approval_that_was_withdrawn_between_two_calls() {
    for kind in [Sqlite, Postgres] {
        let scene = Scene::new(kind, &[]).await;
        scene.copy(&["Account"]);
        scene.org.command("sessions/revoke", json!({})).await.unwrap();

        let finished = scene.try_copy(&["Account"]);

        assert_says(&finished, 6, "Salesforce no longer accepts our connection.");
        scene.assert_equal("Account").await;
    }
}

#[tokio::test]
async fn a_destination_of_a_newer_version() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &[]).await;
        scene.copy(&["Account"]);
        match &scene.destination {
            Destination::Postgres(url) => {
                let mut connection = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
                connection.execute(AssertSqlSafe(later_migration("towpath.migrations"))).await.unwrap();
                connection.close().await.unwrap();
            }
            Destination::Sqlite(file) => put_later_migration(file).await,
            Destination::Csv(folder) => put_later_migration(&folder.join(".towpath/state.db")).await,
        }

        let finished = scene.try_copy(&["Account"]);

        assert_says(&finished, 5, "newer version");
        scene.assert_equal("Account").await;
    }
}

/// A program that is newer than the server's would take the tables from under it.
#[tokio::test]
async fn a_database_that_a_server_works_on_keeps_its_tables_as_they_are() {
    let scene = Scene::new(Postgres, &[]).await;
    scene.copy(&["Account"]);
    let Destination::Postgres(url) = &scene.destination else { unreachable!("it was asked for") };
    let mut server = url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    // A step that this program would do, and could not: it was done before.
    server
        .execute(
            "delete from towpath.migrations where version = (select max(version) from towpath.migrations);
             select pg_advisory_lock_shared(hashtextextended('towpath', 0))",
        )
        .await
        .unwrap();

    let busy = scene.try_copy(&["Account"]);
    server.execute("select pg_advisory_unlock_shared(hashtextextended('towpath', 0))").await.unwrap();
    let alone = scene.try_copy(&["Account"]);

    assert_says(&busy, 5, "Another process is working on this destination.");
    assert_says(&alone, 1, "Cannot bring the control tables up to date");
}

async fn put_later_migration(file: &Path) {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    connection.execute(AssertSqlSafe(later_migration("towpath_migrations"))).await.unwrap();
    connection.close().await.unwrap();
}

/// What a later version would have noted.
fn later_migration(table: &str) -> String {
    format!(
        "insert into {table} (version, description, success, checksum, execution_time)
         values (9999, 'later', true, '', 0)"
    )
}

#[tokio::test]
async fn a_host_where_nobody_answers() {
    let scene = Scene::new(Sqlite, &[]).await;
    let copy = Copy::new(towpath(), &scene.org, scene.folder.path()).signing_in_at("http://127.0.0.1:1");
    let mut command = copy.command(&scene.destination);
    command.arg("Account");

    let finished = process::run(&mut command).unwrap();

    assert_says(&finished, 9, "127.0.0.1:1");
}

#[test]
fn a_host_whose_certificate_is_out_of_date_or_of_another_host() {
    for (tls_certificate, sentence) in [
        (TlsCertificate::Expired, "The certificate of the host has expired."),
        (TlsCertificate::NotYetValid, "The certificate of the host is not valid yet."),
        (TlsCertificate::OtherHost, "The certificate of the host is for another host."),
    ] {
        let org =
            Simulator::start(SimulatorConfig { tls: true, tls_certificate, ..SimulatorConfig::default() })
                .unwrap();
        let line = org.start_line();
        let home = tempfile::tempdir().unwrap();
        let mut command = program(home.path());
        command
            .env("SF_CLIENT_ID", &line.client_id)
            .env("SF_CLIENT_SECRET", &line.client_secret)
            .env("SF_REFRESH_TOKEN", &line.refresh_token)
            .args(["copy", "--login-url", &line.base_url, "--dev-allow-host", &line.base_url])
            .args(["--ca-file", line.ca_file.as_ref().unwrap(), "--to", "sqlite:copy.db", "Account"]);

        let finished = process::run(&mut command).unwrap();

        assert_says(&finished, 9, sentence);
        assert_says(&finished, 9, "[network.untrusted]");
        assert_eq!(org.log(usize::MAX).len(), 0, "something was sent");
    }
}
