//! A second call reads what has changed since, and the copy equals the org again.

use benches::destination::DestinationKind::{self, Csv, Postgres, Sqlite};
use benches::org::Mutation;
use serde_json::json;

use crate::scene::{Scene, part};

const ONE_PERCENT: Mutation = Mutation { created: 25, updated: 25, deleted: 25, seed: 7 };

async fn assert_reads_only_changes(kind: DestinationKind) {
    let scene = Scene::new(kind, &["--accounts", "2500"]).await;
    scene.copy(&["Account"]);
    scene.change_later("Account", ONE_PERCENT).await;
    scene.org.reset_counters().await.unwrap();

    let summary = scene.copy(&["Account"]);

    scene.assert_equal("Account").await;
    // All records are older than the overlap, so there is nothing to read but the changes.
    assert_eq!(scene.rows_served("Account").await, 75);
    let part = part(&summary, "Account");
    let counts = ["rows_read", "inserted", "updated", "unchanged", "rejected", "gone"];
    assert_eq!(counts.map(|name| part[name].as_u64().unwrap()), [50, 25, 25, 0, 0, 25], "{part:#}");
}

#[tokio::test]
async fn changes_reach_a_sqlite_file() {
    assert_reads_only_changes(Sqlite).await;
}

#[tokio::test]
async fn changes_reach_a_postgres_schema() {
    assert_reads_only_changes(Postgres).await;
}

#[tokio::test]
async fn csv_files_are_written_anew() {
    let scene = Scene::new(Csv, &["--accounts", "2500"]).await;
    scene.copy(&["Account"]);
    scene.change_later("Account", ONE_PERCENT).await;

    scene.copy(&["Account"]);

    scene.assert_equal("Account").await;
}

#[tokio::test]
async fn a_call_after_no_change_reads_nothing() {
    for kind in [Sqlite, Postgres] {
        let scene = Scene::new(kind, &[]).await;
        scene.copy(&["Account", "Contact"]);
        scene.org.reset_counters().await.unwrap();

        let summary = scene.copy(&["Account", "Contact"]);

        assert_eq!((scene.rows_served("Account").await, scene.rows_served("Contact").await), (0, 0));
        assert_eq!(part(&summary, "Account")["inserted"], 0);
        scene.assert_equal("Account").await;
    }
}

#[tokio::test]
async fn records_enter_and_leave_a_filter() {
    for kind in [Sqlite, Postgres] {
        let scene = Scene::new(kind, &["--opportunities", "900"]).await;
        let columns = scene.columns("Opportunity").await;
        let rule = "Opportunity where StageName in ('Prospecting', 'Closed Won')";
        let condition = "StageName IN ('Prospecting', 'Closed Won')";
        scene.copy(&[rule]);

        // Changes at random move some records over the border, in either direction.
        for seed in 0..3 {
            scene
                .change_later("Opportunity", Mutation { created: 30, updated: 300, deleted: 30, seed })
                .await;
            scene.copy(&[rule]);

            scene.assert_equal_in("Opportunity", &columns, condition).await;
        }
    }
}

#[tokio::test]
async fn a_record_that_is_restored_is_live_again() {
    for kind in [Sqlite, Postgres] {
        let scene = Scene::new(kind, &[]).await;
        scene.copy(&["Case"]);
        let columns = scene.columns("Case").await;
        let before = scene.org.hash("Case", &columns).await.unwrap();
        let id = scene.first_id("Case").await;

        for (operation, is_live) in [("delete", false), ("undelete", true)] {
            scene.advance_an_hour().await;
            let change = json!({ "sobject": "Case", "op": operation, "ids": [id] });
            scene.org.command("records", change).await.unwrap();
            scene.advance_an_hour().await;
            scene.copy(&["Case"]);

            scene.assert_equal("Case").await;
            let rows = scene.destination.hash("salesforce", "Case", &columns).await.unwrap().rows;
            assert_eq!(rows == before.rows, is_live);
        }
    }
}
