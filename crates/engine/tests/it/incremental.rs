//! Reading what changed.

use model::Position;
use orgsim::org::Mutation;
use orgsim::value::Value;
use rust_decimal::Decimal;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::Setup;
use crate::test_org::{TestOrg, text};

on_both!(
    what_changed_is_copied_and_nothing_else_is_read,
    a_merged_record_is_gone_with_its_winner,
    a_record_comes_back_from_the_recycle_bin,
    a_record_that_leaves_the_filter_is_gone_until_it_comes_back,
    changed_records_that_stay_in_the_filter_live,
    many_records_of_one_instant_are_read_once_each,
    unchanged_records_are_left_alone,
);

const ACCOUNTS: Rule = all("Account");
const MINUTE_MS: i64 = 60_000;

async fn what_changed_is_copied_and_nothing_else_is_read(database: Database) {
    let org = TestOrg::with_counts(&[("Account", 300), ("Project__c", 200)]);
    // Without formulas, whose records are read again when an account changes that they look at.
    let rules =
        [ACCOUNTS, all("Project__c").fields(&["Name", "Account__c", "Budget__c", "Phase__c", "Notes__c"])];
    let app = Setup::bulk(database, 100).connect(&org).await;
    app.run_well(&rules).await;

    for (seed, sobject) in [(1, "Account"), (2, "Project__c")] {
        org.mutate(sobject, Mutation { created: 20, updated: 30, deleted: 10, seed });
    }
    org.pass_minutes(15);
    org.simulator.reset_counters();
    let run = app.run_well(&rules).await;

    for rule in &rules {
        app.assert_copy_equals(&org, rule).await;
        assert_eq!(org.rows_served(rule.sobject), 60);
    }
    let counts = run.counts();
    assert_eq!((counts.inserted, counts.updated, counts.gone), (40, 60, 20));
    assert_eq!(org.calls("bulk_create"), 0);
    assert!(app.gone("Account").await.iter().all(|(_, why, winner)| why == "deleted" && winner.is_none()));
}

async fn a_merged_record_is_gone_with_its_winner(database: Database) {
    let org = TestOrg::with_records("Account", 20);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;

    let ids = org.ids("Account");
    org.merge("Account", &ids[4], &ids[7]);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    let merged = (ids[4].to_string(), "merged".to_owned(), Some(ids[7].to_string()));
    assert_eq!(app.gone("Account").await, [merged]);
}

async fn a_record_comes_back_from_the_recycle_bin(database: Database) {
    let org = TestOrg::with_records("Account", 20);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let id = org.ids("Account")[3];

    org.delete("Account", &id);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;
    assert_eq!(app.gone("Account").await, [(id.to_string(), "deleted".to_owned(), None)]);

    org.undelete("Account", &id);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;
    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!(app.gone("Account").await, []);

    // All of it between two reads: only the end counts.
    org.delete("Account", &id);
    org.undelete("Account", &id);
    org.delete("Account", &id);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;
    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!(app.gone("Account").await.len(), 1);
}

async fn a_record_that_leaves_the_filter_is_gone_until_it_comes_back(database: Database) {
    let org = TestOrg::with_records("Account", 40);
    let rule = ACCOUNTS.only("Rating = 'Hot'");
    let ids = org.ids("Account");
    ids.iter().step_by(2).for_each(|id| org.update("Account", id, &[("Rating", text("Hot"))]));
    org.pass_minutes(15);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[rule]).await;

    org.update("Account", &ids[0], &[("Rating", text("Cold"))]);
    org.delete("Account", &ids[2]);
    // Deleted after it left: both are true, and deleted says more.
    org.update("Account", &ids[4], &[("Rating", text("Cold"))]);
    org.delete("Account", &ids[4]);
    org.pass_minutes(1);
    let run = app.run_well(&[rule]).await;

    app.assert_copy_equals(&org, &rule).await;
    let why = [(0, "filtered"), (2, "deleted"), (4, "deleted")];
    assert_eq!(app.gone("Account").await, why.map(|(at, why)| (ids[at].to_string(), why.to_owned(), None)));
    assert_eq!(run.counts().gone, 3);

    org.update("Account", &ids[0], &[("Rating", text("Hot")), ("Site", text("Pier 4"))]);
    org.pass_minutes(1);
    app.run_well(&[rule]).await;

    app.assert_copy_equals(&org, &rule).await;
    assert_eq!(app.gone("Account").await.len(), 2);
}

async fn changed_records_that_stay_in_the_filter_live(database: Database) {
    let org = TestOrg::with_records("Account", 40);
    let rule = ACCOUNTS.only("Name != 'Nobody'");
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[rule]).await;

    org.mutate("Account", Mutation { updated: 12, created: 3, seed: 5, ..Mutation::default() });
    org.pass_minutes(1);
    // The second run reads the same records again, because they lie within the overlap.
    for _ in 0..2 {
        let run = app.run_well(&[rule]).await;

        app.assert_copy_equals(&org, &rule).await;
        assert_eq!(app.gone("Account").await, []);
        assert_eq!((run.counts().rows_read, run.counts().gone), (15, 0));
    }
}

async fn many_records_of_one_instant_are_read_once_each(database: Database) {
    let org = TestOrg::with_records("Account", 5_000);
    let rule = ACCOUNTS.fields(&["Name", "NumberOfEmployees"]);
    let app = Setup::rest(database).connect(&org).await;
    let at_ms = org.now_ms();
    for (at, id) in org.ids("Account").iter().enumerate() {
        org.update_at("Account", id, &[("NumberOfEmployees", Value::Int(at as i64))], at_ms);
    }
    org.pass_minutes(1);

    let run = app.run_well(&[rule]).await;

    app.assert_copy_equals(&org, &rule).await;
    assert_eq!((run.counts().rows_read, run.counts().inserted), (5_000, 5_000));
    assert_eq!(org.rows_served("Account"), 5_000);

    let again = app.run_well(&[rule]).await;
    assert_eq!((again.counts().rows_read, again.counts().unchanged), (5_000, 5_000));
}

async fn unchanged_records_are_left_alone(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let app = Setup::rest(database).connect(&org).await;
    org.mutate("Account", Mutation { updated: 10, seed: 1, ..Mutation::default() });
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;
    let before = app.synced_at("Account").await;

    let changed = org.ids("Account")[7];
    org.update("Account", &changed, &[("AnnualRevenue", Value::Number(Decimal::new(125, 0)))]);
    org.pass_minutes(1);
    app.clock.advance(MINUTE_MS);
    let run = app.run_well(&[ACCOUNTS]).await;

    let after = app.synced_at("Account").await;
    let touched: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
    assert_eq!(touched.len(), 1);
    assert_eq!(touched[0].1.0, changed.to_string());
    assert_eq!(run.counts().updated, 1);
    assert_eq!(run.counts().rows_read, run.counts().unchanged + 1);
}

#[tokio::test]
async fn the_checkpoint_is_the_start_less_the_overlap() {
    let org = TestOrg::with_records("Account", 10);
    let app = Setup::rest(Database::Sqlite).connect(&org).await;

    // What our own clock says does not matter.
    app.clock.advance(-100 * MINUTE_MS);
    let before_ms = org.now_ms();
    let (run, rules) = app.start(&[ACCOUNTS]).await;
    app.drive().await;
    app.end(run, &rules).await;
    let after_ms = org.now_ms();

    let checkpoint = app.checkpoint(&rules[0]).await;
    let complete_until = checkpoint.complete_until.unwrap().as_millis();
    assert_eq!(checkpoint.position, Position::Idle);
    // The Date header has whole seconds.
    let least = before_ms - before_ms.rem_euclid(1_000) - 10 * MINUTE_MS;
    assert!((least..=after_ms - 10 * MINUTE_MS).contains(&complete_until));
}

#[tokio::test]
async fn an_open_transaction_holds_the_checkpoint_and_none_moves_it_back() {
    let org = TestOrg::with_records("Account", 10);
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    let start_ms = org.now_ms() - org.now_ms().rem_euclid(MINUTE_MS);
    let mut complete_until = Vec::new();

    // Held 20 minutes back; let go; held two hours back; held two days back, which is not believed.
    for minutes_back in [Some(20), None, Some(120), Some(2_880)] {
        org.pass_minutes(60);
        app.clock.advance(60 * MINUTE_MS);
        let held = minutes_back.map(|minutes| org.now_ms() - minutes * MINUTE_MS);
        let held = held.map(|ms| ms - ms.rem_euclid(MINUTE_MS));
        org.control("replication", &format!(r#"{{"covered_until_ms":{}}}"#, json(held))).await;
        let (run, rules) = app.start(&[ACCOUNTS]).await;
        app.drive().await;
        app.end(run, &rules).await;
        let reached = app.checkpoint(&rules[0]).await.complete_until.unwrap();
        complete_until.push((reached.as_millis() - start_ms) / MINUTE_MS);
    }

    assert_eq!(complete_until, [40, 110, 110, 110]);
}

#[tokio::test]
async fn a_stuck_transaction_is_believed_for_six_hours() {
    let org = TestOrg::with_records("Account", 10);
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    let start_ms = org.now_ms() - org.now_ms().rem_euclid(MINUTE_MS);
    org.control("replication", &format!(r#"{{"covered_until_ms":{start_ms}}}"#)).await;
    let mut complete_until = Vec::new();

    for _ in 0..3 {
        org.pass_minutes(300);
        app.clock.advance(300 * MINUTE_MS);
        let (run, rules) = app.start(&[ACCOUNTS]).await;
        app.drive().await;
        app.end(run, &rules).await;
        let reached = app.checkpoint(&rules[0]).await.complete_until.unwrap();
        complete_until.push((reached.as_millis() - start_ms) / MINUTE_MS);
    }

    assert_eq!(complete_until, [0, 240, 540]);
}

#[tokio::test]
async fn records_that_become_visible_late_are_caught() {
    let org = TestOrg::with_records("Account", 10);
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let ids = org.ids("Account");

    // Committed now, stamped nine minutes ago: within the overlap.
    org.update_at("Account", &ids[1], &[("Site", text("Quay 9"))], org.now_ms() - 9 * MINUTE_MS);
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;
    app.assert_copy_equals(&org, &ACCOUNTS).await;

    // Stamped 50 minutes ago, by a transaction that was open all the while.
    let opened_ms = org.now_ms();
    org.control("replication", &format!(r#"{{"covered_until_ms":{opened_ms}}}"#)).await;
    org.pass_minutes(50);
    app.run_well(&[ACCOUNTS]).await;
    org.update_at("Account", &ids[2], &[("Site", text("Quay 50"))], opened_ms + 1_000);
    org.control("replication", r#"{"covered_until_ms":null}"#).await;
    org.pass_minutes(1);
    app.run_well(&[ACCOUNTS]).await;
    app.assert_copy_equals(&org, &ACCOUNTS).await;
}

#[tokio::test]
async fn a_stored_record_never_goes_back_to_an_older_version() {
    let org = TestOrg::with_records("Account", 10);
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    let id = org.ids("Account")[0];
    let name = text("Nordwind");
    org.update_at("Account", &id, &[("Name", name)], org.now_ms() - MINUTE_MS);
    app.run_well(&[ACCOUNTS]).await;
    let stored = app.synced_at("Account").await;

    // A replica that lags answers with the version before.
    org.update_at("Account", &id, &[("Name", text("Old"))], org.now_ms() - 5 * MINUTE_MS);
    app.clock.advance(MINUTE_MS);
    let run = app.run_well(&[ACCOUNTS]).await;

    assert_eq!(app.synced_at("Account").await, stored);
    assert_eq!((run.counts().rows_read, run.counts().unchanged), (1, 1));
}

fn json(number: Option<i64>) -> String {
    number.map_or("null".to_owned(), |number| number.to_string())
}
