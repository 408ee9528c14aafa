//! The ids of very many records are gathered by a Bulk job, and what differs is found as it is by a query.

use model::{Position, SweepCause, SweepMode, SweepOutcome, SweepStep};
use orgsim::{FaultKind, FaultSpec};
use store::sweeps::find_last_sweep;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::sweeps::purge;
use crate::test_database::Database;
use crate::test_engine::{Setup, TestEngine};
use crate::test_org::{TestOrg, text};

on_both!(
    ids_of_many_records_come_by_one_job,
    few_ids_come_by_a_query,
    what_differs_is_found_by_a_job_too,
    what_happens_while_the_ids_are_gathered_is_no_difference,
    what_comes_into_the_filter_while_the_ids_are_gathered_stays,
    ids_come_by_a_query_where_bulk_is_refused,
    a_job_that_fails_marks_nothing,
    a_job_that_does_not_end_is_aborted,
    a_job_that_another_version_made_is_left,
    results_that_are_not_whole_are_not_believed,
    a_sweep_goes_on_with_its_job,
);

const ACCOUNTS: Rule = all("Account").fields(&["Name", "Rating"]);
const RECORDS: u32 = 100;
const PAGE: u32 = 40;
const DAY_MS: i64 = 24 * 3_600_000;

/// An engine that has copied accounts, and sweeps by jobs.
async fn with_accounts(database: Database) -> (TestOrg, TestEngine) {
    let org = TestOrg::with_records("Account", RECORDS);
    let app = Setup { bulk_sweep_from_rows: 50, ..Setup::bulk(database, PAGE) }.connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    org.simulator.reset_counters();
    (org, app)
}

async fn ids_of_many_records_come_by_one_job(database: Database) {
    let (org, app) = with_accounts(database).await;

    app.clock.advance(DAY_MS);
    org.pass_minutes(24 * 60);
    let run = app.run_well(&[ACCOUNTS]).await;

    let sweep = find_last_sweep(app.store(), run.rules[0].sync_rule_id).await.unwrap().unwrap();
    let end = sweep.end.unwrap();
    assert_eq!((sweep.cause, end.outcome), (SweepCause::Schedule, SweepOutcome::Equal));
    assert_eq!((end.counts.rows_in_org, end.counts.rows_in_copy), (100, 100));
    assert_eq!(end.counts.org_sum, end.counts.copy_sum);
    assert_eq!((org.calls("bulk_create"), org.calls("bulk_results")), (1, 3));
    assert_eq!(org.rows_served("Account"), 100);
}

async fn few_ids_come_by_a_query(database: Database) {
    let org = TestOrg::with_records("Account", 50);
    let app = Setup { bulk_sweep_from_rows: 50, ..Setup::rest(database) }.connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;

    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((end.outcome, end.counts.rows_in_org), (SweepOutcome::Equal, 50));
    assert_eq!(org.calls("bulk_create"), 0);
}

async fn what_differs_is_found_by_a_job_too(database: Database) {
    let (org, app) = with_accounts(database).await;
    let ids = org.ids("Account");
    app.tamper("delete from TABLE", &ids[3..5]).await;
    app.tamper("update TABLE set \"_gone_at\" = \"systemmodstamp\", \"_gone_why\" = 'absent'", &ids[9..10])
        .await;
    purge(&org, "Account", &ids[60..63]).await;

    let (run, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    let counts = end.counts;
    assert_eq!((counts.missing, counts.revived, counts.lost), (2, 1, 3));
    assert_eq!((counts.healed, counts.purged, run.counts().gone), (3, 3, 3));
    assert_eq!((counts.rows_in_org, counts.rows_in_copy), (97, 97));
    assert_eq!(org.calls("bulk_create"), 1);
    let (_, again) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    assert_eq!((again.outcome, org.calls("bulk_create")), (SweepOutcome::Equal, 2));
}

/// The job freezes what it found when it was made; reads of changes go on meanwhile.
async fn what_happens_while_the_ids_are_gathered_is_no_difference(database: Database) {
    let (org, app) = with_accounts(database).await;
    let ids = org.ids("Account");
    let (run, rules) = app.start(&[ACCOUNTS]).await;
    app.want_sweep(&rules[0], SweepMode::Report).await;
    app.stop_at_page(&org, &rules[0], 1).await;
    app.engine.finish_run(run).await.unwrap();

    org.pass_minutes(20);
    org.update("Account", &ids[20], &[("Name", text("Quay"))]);
    org.delete("Account", &ids[90]);
    let young = org.insert("Account", &[("Name", text("Young"))]);
    org.pass_minutes(20);
    app.clock.advance(40 * 60_000);
    let run = app.run_well(&[ACCOUNTS]).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert!(org.ids("Account").contains(&young));
    assert_eq!((run.counts().inserted, run.counts().updated, run.counts().gone), (1, 1, 1));
    let end = app.last_sweep(&rules[0]).await;
    assert_eq!((end.outcome, org.calls("bulk_create")), (SweepOutcome::Equal, 1));
}

/// The job knows nothing of it, and the read of changes that passes brings it.
async fn what_comes_into_the_filter_while_the_ids_are_gathered_stays(database: Database) {
    let (org, app) = with_accounts(database).await;
    let rule = ACCOUNTS.only("Rating = 'Hot'");
    let ids = org.ids("Account");
    ids.iter().take(80).for_each(|id| org.update("Account", id, &[("Rating", text("Hot"))]));
    ids.iter().skip(80).for_each(|id| org.update("Account", id, &[("Rating", text("Cold"))]));
    org.pass_minutes(20);
    app.run_well(&[rule]).await;
    let (run, rules) = app.start(&[rule]).await;
    app.want_sweep(&rules[0], SweepMode::Heal).await;
    app.stop_at_page(&org, &rules[0], 1).await;
    app.engine.finish_run(run).await.unwrap();

    org.pass_minutes(20);
    org.update("Account", &ids[90], &[("Rating", text("Hot"))]);
    org.pass_minutes(20);
    app.clock.advance(40 * 60_000);
    app.run_well(&[rule]).await;

    assert_eq!(app.gone("Account").await.iter().filter(|(id, ..)| *id == ids[90].to_string()).count(), 0);
    app.assert_copy_equals(&org, &rule).await;
}

async fn ids_come_by_a_query_where_bulk_is_refused(database: Database) {
    let (org, app) = with_accounts(database).await;
    org.refuse_bulk();
    purge(&org, "Account", &org.ids("Account")[7..9]).await;

    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    let (_, again) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((end.counts.purged, again.outcome), (2, SweepOutcome::Equal));
    assert_eq!(org.calls("bulk_create"), 1);
}

async fn a_job_that_fails_marks_nothing(database: Database) {
    let (org, app) = with_accounts(database).await;
    org.befall(FaultSpec { times: 9, ..FaultSpec::new(FaultKind::BulkFail, "") });

    let (run, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((end.outcome, run.counts().gone), (SweepOutcome::Equal, 0));
    assert_eq!((end.counts.rows_in_org, org.calls("bulk_create")), (100, 1));
}

async fn a_job_that_does_not_end_is_aborted(database: Database) {
    let (org, app) = with_accounts(database).await;
    org.befall(FaultSpec { polls: Some(1_000_000), ..FaultSpec::new(FaultKind::BulkSlow, "") });
    let begun_at = app.clock.now();

    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((end.outcome, end.counts.rows_in_org), (SweepOutcome::Equal, 100));
    assert_eq!((org.calls("bulk_create"), org.calls("bulk_abort"), org.calls("bulk_results")), (1, 1, 0));
    let waited = app.clock.now().since(begun_at).as_secs();
    assert!((3_600..2 * 3_600).contains(&waited), "{waited} s");
}

/// The org says nothing of such a job, however often it is asked.
async fn a_job_that_another_version_made_is_left(database: Database) {
    let (org, app) = with_accounts(database).await;
    let body = r#"[{"errorCode":"API_ERROR","message":"The job was made by another version of the API."}]"#;
    org.befall(FaultSpec {
        status: Some(409),
        body: Some(body.to_owned()),
        times: 100,
        ..FaultSpec::new(FaultKind::Status, "bulk_status")
    });

    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((end.outcome, end.counts.rows_in_org), (SweepOutcome::Equal, 100));
    assert_eq!(["bulk_create", "bulk_status", "bulk_results"].map(|kind| org.calls(kind)), [1, 1, 0]);
}

/// A page without a locator looks like the last one.
async fn results_that_are_not_whole_are_not_believed(database: Database) {
    let (org, app) = with_accounts(database).await;
    org.befall(FaultSpec {
        nth: 2,
        status: Some(200),
        body: Some("\"Id\",\"SystemModstamp\"\n".to_owned()),
        ..FaultSpec::new(FaultKind::Status, "bulk_results")
    });

    let (run, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((org.faults_played(), run.counts().gone), (1, 0));
    assert_eq!((end.outcome, end.counts.rows_in_org, end.counts.lost), (SweepOutcome::Equal, 100, 0));
    assert_eq!(org.calls("bulk_create"), 1);
}

async fn a_sweep_goes_on_with_its_job(database: Database) {
    for pages in 0..3 {
        let (org, app) = with_accounts(database).await;
        let ids = org.ids("Account");
        app.tamper("delete from TABLE", &ids[3..5]).await;
        purge(&org, "Account", &ids[60..61]).await;
        let (run, rules) = app.start(&[ACCOUNTS]).await;
        app.want_sweep(&rules[0], SweepMode::Heal).await;

        app.stop_at_page(&org, &rules[0], pages).await;
        app.drive().await;
        app.end(run, &rules).await;

        app.assert_copy_equals(&org, &ACCOUNTS).await;
        let counts = app.last_sweep(&rules[0]).await.counts;
        assert_eq!((counts.rows_in_org, counts.healed, counts.purged), (99, 2, 1));
        assert_eq!(org.calls("bulk_create"), 1);
    }
}

impl TestEngine {
    /// Ends the process while a sweep waits for a page of its job.
    async fn stop_at_page(&self, org: &TestOrg, rule: &model::SyncRule, number: u32) {
        let nth = u64::from(number) + 1;
        org.befall(FaultSpec { nth, ..FaultSpec::new(FaultKind::Stall, "bulk_results") });
        self.drop_slice_when(rule, |position| {
            let Position::Sweep(sweep) = position else { return false };
            org.faults_played() > 0 && matches!(&sweep.step, SweepStep::Loading(job) if job.page == number)
        })
        .await;
        org.end_faults();
    }
}
