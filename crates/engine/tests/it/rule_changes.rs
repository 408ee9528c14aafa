//! A rule whose fields or filter change between two runs, or while it is read.

use orgsim::{FaultKind, FaultSpec};

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::Setup;
use crate::test_org::{TestOrg, text};

on_both!(
    new_fields_are_filled_for_all_records,
    a_narrower_filter_takes_records_out_and_a_wider_one_brings_them_back,
    a_rule_that_changes_while_it_is_read_is_read_anew,
);

const ACCOUNTS: Rule = all("Account");

async fn new_fields_are_filled_for_all_records(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    for setup in [Setup::bulk(database, 25), Setup::rest(database)] {
        let app = setup.connect(&org).await;
        app.run_well(&[ACCOUNTS.fields(&["Name"])]).await;
        let ids = org.ids("Account");

        // Changes before the new read count as much as those before any other.
        org.delete("Account", &ids[4]);
        org.update("Account", &ids[5], &[("Site", text("Quay 5"))]);
        org.pass_minutes(1);
        let wider = ACCOUNTS.fields(&["Name", "Site", "Rating"]);
        let run = app.run_well(&[wider]).await;

        app.assert_copy_equals(&org, &wider).await;
        // What changed, and the new columns of all that there are.
        assert_eq!(run.counts().rows_read, ids.len() as u64);
        assert_eq!(app.gone("Account").await, [(ids[4].to_string(), "deleted".to_owned(), None)]);
    }
}

async fn a_narrower_filter_takes_records_out_and_a_wider_one_brings_them_back(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    for (at, id) in org.ids("Account").iter().enumerate() {
        org.update("Account", id, &[("Rating", text(["Hot", "Warm", "Cold"][at % 3]))]);
    }
    org.pass_minutes(60);
    let app = Setup::bulk(database, 25).connect(&org).await;
    let rules = [ACCOUNTS, ACCOUNTS.only("Rating = 'Hot'"), ACCOUNTS.only("Rating != 'Cold'"), ACCOUNTS];
    for (rule, gone) in rules.into_iter().zip([0, 40, 20, 0]) {
        app.run_well(&[rule]).await;

        app.assert_copy_equals(&org, &rule).await;
        let filtered = app.gone("Account").await;
        assert_eq!(filtered.len(), gone);
        assert!(filtered.iter().all(|(_, why, _)| why == "filtered"));
    }
}

async fn a_rule_that_changes_while_it_is_read_is_read_anew(database: Database) {
    let org = TestOrg::with_records("Account", 90);
    let narrow = ACCOUNTS.only("NumberOfEmployees > 1000").fields(&["Name", "NumberOfEmployees"]);
    for setup in [Setup::bulk(database, 25), Setup::rest(database)] {
        for slices in 1..=4 {
            let app = setup.connect(&org).await;
            app.start(&[ACCOUNTS]).await;
            for _ in 0..slices {
                let Some(lease) = app.claim("somebody").await else { break };
                let next = app.engine.run_slice(&lease).await.unwrap();
                app.finish_slice(&lease, next).await;
            }
            let held = app.claim("somebody who is slow").await;

            let (run, rules) = app.start(&[narrow]).await;

            if let Some(held) = held {
                assert!(app.engine.run_slice(&held).await.unwrap_err().is_lease_lost());
            }
            app.drive().await;
            app.end(run, &rules).await;
            app.assert_live_cells_equal(&org, &narrow).await;
        }
    }
}

#[tokio::test]
async fn faults_in_a_sweep_take_no_record_out() {
    let rule = ACCOUNTS.fields(&["Name", "Site"]);
    let kinds = [FaultKind::Html, FaultKind::Empty, FaultKind::Truncate, FaultKind::Reset, FaultKind::Status];
    for kind in kinds {
        let org = TestOrg::with_records("Account", 2_100);
        let app = Setup::rest(Database::Sqlite).connect(&org).await;
        app.run_well(&[rule.only("Name != 'Nobody'")]).await;
        let gone = org.ids("Account")[7];
        org.delete("Account", &gone);
        org.pass_minutes(1);

        // The count, two pages of records, the user's rights, two pages of ids: all but the count fail a few times.
        for nth in [2, 4, 6, 8] {
            org.befall(FaultSpec { nth, bytes: Some(90), ..FaultSpec::new(kind, "query") });
        }
        app.run_well(&[rule]).await;

        assert_eq!(org.faults_played(), 4);
        app.assert_copy_equals(&org, &rule).await;
        assert_eq!(app.gone("Account").await, [(gone.to_string(), "deleted".to_owned(), None)]);
    }
}
