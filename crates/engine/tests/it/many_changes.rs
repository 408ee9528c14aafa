//! Changes that are so many that a Bulk job brings the rest of them.

use model::Position;
use orgsim::org::Mutation;
use orgsim::{FaultKind, FaultSpec};

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{Setup, TestEngine};
use crate::test_org::{TestOrg, text};

on_both!(
    the_rest_of_many_changes_comes_by_a_job,
    a_job_of_changes_goes_on_where_its_process_ended,
    changes_whose_job_gives_nothing_come_by_rest,
    changes_whose_job_does_not_end_come_by_rest,
    many_records_leave_a_filter,
    changes_are_weighed_again_after_a_crash,
);

const ACCOUNTS: Rule = all("Account");
/// Records of a page of queries, and of a page of results.
const PAGE: u32 = 50;
const MANY: Mutation = Mutation { created: 30, updated: 140, deleted: 10, seed: 1 };

/// A copy of 300 accounts of which 180 changed since.
async fn with_many_changes(database: Database, rule: Rule) -> (TestOrg, TestEngine) {
    let org = TestOrg::with_records("Account", 300);
    let app = Setup { query_rows: PAGE.into(), ..Setup::bulk(database, PAGE) }.connect(&org).await;
    app.run_well(&[rule]).await;
    org.mutate("Account", MANY);
    org.pass_minutes(15);
    org.simulator.reset_counters();
    (org, app)
}

async fn the_rest_of_many_changes_comes_by_a_job(database: Database) {
    let (org, app) = with_many_changes(database, ACCOUNTS).await;

    let counts = app.run_well(&[ACCOUNTS]).await.counts();

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!((counts.inserted, counts.updated, counts.gone), (30, 140, 10));
    assert_eq!((org.calls("bulk_create"), org.calls("bulk_results")), (1, 3));
    // One page of records and the count of the others.
    assert_eq!((org.calls("query"), org.rows_served("Account")), (2, 180));
    assert!(app.gone("Account").await.iter().all(|(_, why, _)| why == "deleted"));

    // What is few, and what came already, takes no job.
    org.pass_minutes(15);
    org.mutate("Account", Mutation { created: 5, updated: 5, deleted: 5, seed: 2 });
    org.pass_minutes(1);
    org.simulator.reset_counters();
    app.run_well(&[ACCOUNTS]).await;
    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!((org.calls("bulk_create"), org.rows_served("Account")), (0, 15));
}

async fn a_job_of_changes_goes_on_where_its_process_ended(database: Database) {
    let (org, app) = with_many_changes(database, ACCOUNTS).await;
    let (run, rules) = app.start(&[ACCOUNTS]).await;

    app.drop_slice_after_pages(&org, &rules[0], 2).await;
    app.drive().await;

    let counts = app.end(run, &rules).await.counts();
    assert_eq!((counts.inserted, counts.updated, counts.gone), (30, 140, 10));
    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!(org.calls("bulk_create"), 1);
}

async fn changes_whose_job_gives_nothing_come_by_rest(database: Database) {
    let (org, app) = with_many_changes(database, ACCOUNTS).await;
    org.befall(FaultSpec { times: 9, ..FaultSpec::new(FaultKind::BulkFail, "") });

    let counts = app.run_well(&[ACCOUNTS]).await.counts();

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!((counts.inserted, counts.updated, counts.gone), (30, 140, 10));
    assert_eq!((org.calls("bulk_create"), org.rows_served("Account")), (1, 180));
}

async fn changes_whose_job_does_not_end_come_by_rest(database: Database) {
    let (org, app) = with_many_changes(database, ACCOUNTS).await;
    org.befall(FaultSpec { polls: Some(1_000_000), ..FaultSpec::new(FaultKind::BulkSlow, "") });
    let begun_at = app.clock.now();

    app.run_well(&[ACCOUNTS]).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!((org.calls("bulk_create"), org.calls("bulk_results")), (1, 0));
    assert_eq!(org.calls("bulk_abort"), 1);
    let waited = app.clock.now().since(begun_at).as_secs();
    assert!((3_600..2 * 3_600).contains(&waited), "{waited} s");
}

async fn many_records_leave_a_filter(database: Database) {
    let org = TestOrg::with_records("Account", 300);
    let rule = ACCOUNTS.only("Rating = 'Hot'");
    let ids = org.ids("Account");
    ids.iter().take(200).for_each(|id| org.update("Account", id, &[("Rating", text("Hot"))]));
    org.pass_minutes(15);
    let app = Setup { query_rows: PAGE.into(), ..Setup::bulk(database, PAGE) }.connect(&org).await;
    app.run_well(&[rule]).await;

    ids.iter().take(30).for_each(|id| org.update("Account", id, &[("Rating", text("Cold"))]));
    ids.iter().skip(30).take(150).for_each(|id| org.update("Account", id, &[("Site", text("Pier 4"))]));
    org.delete("Account", &ids[31]);
    org.pass_minutes(1);
    org.simulator.reset_counters();
    app.run_well(&[rule]).await;

    app.assert_copy_equals(&org, &rule).await;
    assert_eq!(org.calls("bulk_create"), 1);
    let mut why: Vec<_> = app.gone("Account").await.into_iter().map(|(_, why, _)| why).collect();
    why.sort();
    assert_eq!(why, [vec!["deleted"], vec!["filtered"; 30]].concat());
}

async fn changes_are_weighed_again_after_a_crash(database: Database) {
    let (org, app) = with_many_changes(database, ACCOUNTS).await;
    let (run, rules) = app.start(&[ACCOUNTS]).await;
    // The first page is stored, and the count behind it does not come.
    org.befall(FaultSpec { nth: 2, ..FaultSpec::new(FaultKind::Stall, "query") });
    let has_page = |position: &Position| matches!(position, Position::Keyset(at) if at.after.is_some());
    app.drop_slice_when(&rules[0], has_page).await;
    org.end_faults();

    // However long ago the read began, its job has its own time.
    app.clock.advance(2 * 3_600_000);
    app.drive().await;

    let counts = app.end(run, &rules).await.counts();
    assert_eq!((counts.inserted, counts.updated, counts.gone), (30, 140, 10));
    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!((org.calls("bulk_create"), org.calls("bulk_results")), (1, 3));
}
