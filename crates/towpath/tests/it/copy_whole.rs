//! A first call copies everything that was asked for, and nothing else.

use benches::destination::DestinationKind::{self, Csv, Postgres, Sqlite};
use benches::stopwatch;

use crate::scene::{Scene, part};

/// Enough for Bulk API 2.0, in several pages of 1,000 rows.
const ACCOUNTS: u64 = 2_500;

const RULES: [&str; 7] =
    ["--page-rows", "1000", "Account", "Contact", "Opportunity where IsClosed = false", "Case", "Project__c"];

async fn assert_copies_everything(kind: DestinationKind) {
    let scene = Scene::new(kind, &["--accounts", &ACCOUNTS.to_string()]).await;

    scene.copy(&RULES);

    for sobject in ["Account", "Contact", "Case", "Project__c"] {
        scene.assert_equal(sobject).await;
    }
    let columns = scene.columns("Opportunity").await;
    scene.assert_equal_in("Opportunity", &columns, "IsClosed = false").await;
    assert_eq!(scene.rows_served("Account").await, ACCOUNTS);
}

#[tokio::test]
async fn a_sqlite_file_equals_the_org() {
    assert_copies_everything(Sqlite).await;
}

#[tokio::test]
async fn a_postgres_schema_equals_the_org() {
    assert_copies_everything(Postgres).await;
}

#[tokio::test]
async fn a_folder_of_csv_files_equals_the_org() {
    assert_copies_everything(Csv).await;
}

#[tokio::test]
async fn selected_fields_are_copied_and_no_others() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &[]).await;

        scene.copy(&["--fields", "Name,Industry,AnnualRevenue", "Account"]);

        let columns = scene.columns("Account").await;
        let (selected, left_out): (Vec<_>, Vec<_>) = columns
            .into_iter()
            // The stamp of the last change always has a column: a stored record never goes back to an older one.
            .filter(|column| column.field != "SystemModstamp")
            .partition(|column| ["Id", "Name", "Industry", "AnnualRevenue"].contains(&column.field.as_str()));
        scene.assert_equal_in("Account", &selected, "").await;
        for column in left_out {
            let name = column.field.clone();
            let columns = [selected[0].clone(), column];
            assert!(
                scene.destination.hash("salesforce", "Account", &columns).await.is_err(),
                "{name} was copied"
            );
        }
    }
}

#[tokio::test]
async fn copies_with_different_names_share_a_database() {
    for kind in [Sqlite, Postgres] {
        let scene = Scene::new(kind, &[]).await;

        scene.copy(&["Account"]);
        scene.copy(&["--name", "acme_2", "Account"]);

        let columns = scene.columns("Account").await;
        let expected = scene.org.hash("Account", &columns).await.unwrap();
        for name in ["salesforce", "acme_2"] {
            assert_eq!(scene.destination.hash(name, "Account", &columns).await.unwrap(), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn the_summary_counts_what_was_read() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &["--accounts", "2500", "--contacts", "70"]).await;
        let started = stopwatch::now();

        let summary = scene.copy(&["Account", "Contact"]);

        assert_eq!(summary["sobjects"].as_array().unwrap().len(), 2);
        for (sobject, rows) in [("Account", 2_500), ("Contact", 70)] {
            let part = part(&summary, sobject);
            let counts = ["rows_read", "inserted", "updated", "unchanged", "gone", "rejected"];
            assert_eq!(counts.map(|name| part[name].as_u64().unwrap()), [rows, rows, 0, 0, 0, 0], "{part:#}");
            assert!(part["calls"].as_u64().unwrap() >= 2, "{part:#}");
            assert!(part["bytes"].as_u64().unwrap() > 1_000, "{part:#}");
            let seconds = part["seconds"].as_f64().unwrap();
            assert!(seconds > 0.0 && seconds <= started.elapsed().as_secs_f64(), "{part:#}");
        }
    }
}

#[tokio::test]
async fn an_empty_sobject_has_a_table_and_no_rows() {
    for kind in DestinationKind::ALL {
        let scene = Scene::new(kind, &["--cases", "0"]).await;

        scene.copy(&["Case"]);

        scene.assert_equal("Case").await;
    }
}
