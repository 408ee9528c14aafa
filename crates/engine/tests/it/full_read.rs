//! Reading everything.

use crate::on_both;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_engine::Setup;
use crate::test_org::TestOrg;

on_both!(
    a_full_read_by_bulk_equals_the_org,
    a_full_read_by_rest_equals_the_org,
    every_sobject_of_an_integration_is_copied,
    a_filter_keeps_out_what_it_does_not_keep,
    selected_fields_are_copied_and_no_others,
    an_sobject_without_records_is_a_table_without_rows,
);

const COUNTS: [(&str, u32); 6] = [
    ("Account", 120),
    ("Contact", 150),
    ("Opportunity", 130),
    ("Case", 60),
    ("Project__c", 140),
    ("User", 5),
];

async fn a_full_read_by_bulk_equals_the_org(database: Database) {
    let org = TestOrg::with_records("Account", 1_050);
    let app = Setup::bulk(database, 500).connect(&org).await;

    let run = app.run_well(&[all("Account")]).await;

    app.assert_copy_equals(&org, &all("Account")).await;
    assert_eq!((run.counts().rows_read, run.counts().inserted), (1_050, 1_050));
    assert_eq!((org.calls("bulk_create"), org.calls("bulk_results")), (1, 3));
    // The job told how many records it has when it was complete.
    assert_eq!(org.calls("bulk_status"), 1);
}

async fn a_full_read_by_rest_equals_the_org(database: Database) {
    let org = TestOrg::with_records("Account", 2_300);
    let app = Setup::rest(database).connect(&org).await;

    let run = app.run_well(&[all("Account")]).await;

    app.assert_copy_equals(&org, &all("Account")).await;
    assert_eq!((run.counts().rows_read, run.counts().inserted), (2_300, 2_300));
    assert_eq!(org.rows_served("Account"), 2_300);
    assert_eq!(org.calls("bulk_create"), 0);
}

async fn every_sobject_of_an_integration_is_copied(database: Database) {
    let org = TestOrg::with_counts(&COUNTS);
    let rules = COUNTS.map(|(sobject, _)| all(sobject));
    for setup in [Setup::bulk(database, 50), Setup::rest(database)] {
        let app = setup.connect(&org).await;

        let run = app.run_well(&rules).await;

        assert_eq!(run.rules.len(), COUNTS.len());
        for rule in &rules {
            app.assert_copy_equals(&org, rule).await;
        }
    }
}

async fn a_filter_keeps_out_what_it_does_not_keep(database: Database) {
    let org = TestOrg::with_records("Opportunity", 300);
    let rule = all("Opportunity").only("IsClosed = false AND (Amount > 1000 OR Amount = null)");
    for setup in [Setup::bulk(database, 50), Setup::rest(database)] {
        let app = setup.connect(&org).await;

        let run = app.run_well(&[rule]).await;

        app.assert_copy_equals(&org, &rule).await;
        assert!((1..300).contains(&run.counts().rows_read));
    }
}

async fn selected_fields_are_copied_and_no_others(database: Database) {
    let org = TestOrg::with_records("Project__c", 80);
    let rule = all("Project__c").fields(&["Name", "OwnerId", "Budget__c", "Daily_Stand_Up__c"]);
    for setup in [Setup::bulk(database, 50), Setup::rest(database)] {
        let app = setup.connect(&org).await;

        app.run_well(&[rule]).await;

        app.assert_copy_equals(&org, &rule).await;
    }
}

async fn an_sobject_without_records_is_a_table_without_rows(database: Database) {
    let org = TestOrg::with_records("Account", 0);
    let app = Setup::bulk(database, 50).connect(&org).await;

    let run = app.run_well(&[all("Account")]).await;

    app.assert_copy_equals(&org, &all("Account")).await;
    assert_eq!(run.counts().rows_read, 0);
}

#[tokio::test]
async fn a_csv_folder_holds_the_org_by_bulk_and_by_rest() {
    let org = TestOrg::with_counts(&COUNTS);
    let filtered = all("Case").only("IsClosed = false").fields(&["CaseNumber", "Subject", "Description"]);
    let rules = [all("Account"), all("Contact"), all("Project__c"), filtered];
    for setup in [Setup::bulk(Database::Sqlite, 50), Setup::rest(Database::Sqlite)] {
        let app = Setup { is_csv: true, ..setup }.connect(&org).await;

        app.run_well(&rules).await;
        app.run_well(&rules).await;

        for rule in &rules {
            app.assert_csv_equals(&org, rule);
        }
    }
}
