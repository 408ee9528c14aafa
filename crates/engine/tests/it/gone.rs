//! Records that go and come back, and the ways in which the org tells of it.

use model::SweepMode;
use orgsim::value::Value;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{SLUG, Setup};
use crate::test_org::{TestOrg, text};

on_both!(
    a_merged_record_that_is_undeleted_comes_back_and_its_children_stay,
    a_record_deleted_and_brought_back_within_a_period_lives,
    a_record_deleted_twice_within_a_period_is_gone,
    a_purged_record_that_was_in_the_bin_stays_deleted,
    a_merge_that_no_read_saw_is_found_with_its_winner,
    arrivals_are_read_by_their_time_and_compared_at_night,
);

const ACCOUNTS: Rule = all("Account").fields(&["Name", "Site", "MasterRecordId"]);
const CONTACTS: Rule = all("Contact").fields(&["LastName", "AccountId"]);
const DAY_MS: i64 = 24 * 3_600_000;

async fn a_merged_record_that_is_undeleted_comes_back_and_its_children_stay(database: Database) {
    let org = TestOrg::with_counts(&[("Account", 10), ("Contact", 1)]);
    let (accounts, contact) = (org.ids("Account"), org.ids("Contact")[0]);
    org.update("Contact", &contact, &[("AccountId", Value::Id(accounts[3]))]);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS, CONTACTS]).await;

    org.merge("Account", &accounts[3], &accounts[5]);
    org.update("Contact", &contact, &[("AccountId", Value::Id(accounts[5]))]);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS, CONTACTS]).await;
    let merged = (accounts[3].to_string(), "merged".to_owned(), Some(accounts[5].to_string()));
    assert_eq!(app.gone("Account").await, [merged]);

    org.undelete("Account", &accounts[3]);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS, CONTACTS]).await;
    assert_eq!(app.gone("Account").await, []);
    app.assert_copy_equals(&org, &ACCOUNTS).await;
    app.assert_copy_equals(&org, &CONTACTS).await;
}

async fn a_record_deleted_and_brought_back_within_a_period_lives(database: Database) {
    let org = TestOrg::with_records("Account", 10);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let id = org.ids("Account")[3];

    org.delete("Account", &id);
    org.undelete("Account", &id);
    org.update("Account", &id, &[("Site", text("Quay 3"))]);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;

    assert_eq!(app.gone("Account").await, []);
    app.assert_copy_equals(&org, &ACCOUNTS).await;
}

async fn a_record_deleted_twice_within_a_period_is_gone(database: Database) {
    let org = TestOrg::with_records("Account", 10);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let id = org.ids("Account")[3];

    for _ in 0..2 {
        org.delete("Account", &id);
        org.undelete("Account", &id);
    }
    org.delete("Account", &id);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;

    assert_eq!(app.gone("Account").await, [(id.to_string(), "deleted".to_owned(), None)]);
}

async fn a_purged_record_that_was_in_the_bin_stays_deleted(database: Database) {
    let org = TestOrg::with_records("Account", 10);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let id = org.ids("Account")[3];
    org.delete("Account", &id);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;
    let before = app.gone("Account").await;

    org.control("records", &format!(r#"{{"sobject": "Account", "op": "purge", "ids": ["{id}"]}}"#)).await;
    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((end.counts.lost, app.gone("Account").await), (0, before));
}

async fn a_merge_that_no_read_saw_is_found_with_its_winner(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let ids = org.ids("Account");

    // Stamped before the checkpoint, as by a clock that was wrong.
    let at_ms = org.now_ms() - DAY_MS;
    org.update_at("Account", &ids[3], &[("MasterRecordId", Value::Id(ids[5]))], at_ms);
    let described = org.sobject("Account");
    org.simulator.org().delete(described, &ids[3], at_ms).unwrap();
    app.run_well(&[ACCOUNTS]).await;
    assert_eq!(app.gone("Account").await, []);
    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((end.counts.lost, end.counts.merged), (1, 1));
    let merged = (ids[3].to_string(), "merged".to_owned(), Some(ids[5].to_string()));
    assert_eq!(app.gone("Account").await, [merged]);
    app.assert_copy_equals(&org, &ACCOUNTS).await;
}

async fn arrivals_are_read_by_their_time_and_compared_at_night(database: Database) {
    let org = TestOrg::with_records("Account", 0);
    let rule = all("LoginHistory").fields(&["LoginTime", "UserId", "Browser"]);
    let sign_in = |minutes_ago: i64| {
        let at = Value::DateTime(org.now_ms() - minutes_ago * 60_000);
        org.insert("LoginHistory", &[("LoginTime", at), ("Browser", text("Unknown"))])
    };
    let old = sign_in(600);
    sign_in(500);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[rule]).await;

    org.pass_minutes(60);
    sign_in(1);
    let run = app.run_well(&[rule]).await;
    // Our own sign-in lies within the overlap.
    assert_eq!((run.counts().rows_read, run.counts().inserted), (2, 1));

    // Such records do not change; if one does, the night finds it.
    org.update("LoginHistory", &old, &[("Browser", text("Chrome 140"))]);
    app.clock.advance(DAY_MS);
    org.pass_minutes(24 * 60);
    let run = app.run_well(&[rule]).await;
    assert_eq!(run.counts().updated, 1);
    let table = app.database.records(SLUG, "LoginHistory");
    let sql = format!("select \"browser\" from {table} where \"id\" = '{old}'");
    assert_eq!(app.database.rows(&sql).await, [[Some("Chrome 140".to_owned())]]);
}
