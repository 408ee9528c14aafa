//! Sweeps: what the reads missed is found, and nothing is taken for gone without evidence.

use model::{Finding, GoneEvidence, Outcome, SweepCause, SweepEnd, SweepMode, SweepOutcome, SyncRule};
use orgsim::id::RecordId;
use orgsim::{FaultKind, FaultSpec};
use store::row_errors::list_row_errors;
use store::sweeps::{find_last_sweep, find_open_sweep, list_findings, request_sweep};

use crate::on_both;
use crate::rules::{Rule, all};
use crate::sight::{give_accounts, see_own_accounts};
use crate::test_database::Database;
use crate::test_engine::{Run, SLUG, Setup, TestEngine};
use crate::test_org::{TestOrg, text};

on_both!(
    equal_ranges_cost_one_comparison,
    what_the_copy_lacks_is_read_again,
    a_report_changes_nothing,
    a_record_deleted_for_good_is_purged_where_the_user_sees_all,
    a_record_that_is_not_found_is_absent_where_the_user_sees_some,
    nothing_is_said_of_a_record_that_was_not_asked_for,
    a_sweep_that_fails_marks_nothing,
    ids_in_another_order_are_compared_all_the_same,
    a_record_that_moved_into_the_filter_without_a_change_is_found,
    a_sweep_that_is_killed_goes_on,
    a_new_run_reads_what_changed_before_a_sweep_goes_on,
);

const ACCOUNTS: Rule = all("Account").fields(&["Name", "Site", "Rating", "OwnerId"]);
const DAY_MS: i64 = 24 * 3_600_000;

impl TestEngine {
    /// Runs a rule with a sweep at its end, whatever comes of it.
    pub(crate) async fn sweep(&self, rule: &Rule, mode: SweepMode) -> (Run, SweepEnd) {
        // Sweeps are told apart by their time.
        self.clock.advance(1);
        let (run, rules) = self.start(&[*rule]).await;
        self.want_sweep(&rules[0], mode).await;
        self.drive().await;
        let run = self.end(run, &rules).await;
        (run, self.last_sweep(&rules[0]).await)
    }

    pub(crate) async fn want_sweep(&self, rule: &SyncRule, mode: SweepMode) {
        let mut tx = self.store().begin().await.unwrap();
        request_sweep(&mut tx, rule.id, mode, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn last_sweep(&self, rule: &SyncRule) -> SweepEnd {
        find_last_sweep(self.store(), rule.id).await.unwrap().unwrap().end.unwrap()
    }

    /// Does something to stored records behind the engine's back.
    pub(crate) async fn tamper(&self, set: &str, ids: &[RecordId]) {
        let table = self.database.records(SLUG, "Account");
        let ids: Vec<_> = ids.iter().map(|id| format!("'{id}'")).collect();
        self.database
            .rows(&format!("{set} where \"id\" in ({})", ids.join(", ")).replace("TABLE", &table))
            .await;
    }

    /// Returns how we know that records are gone, by id.
    pub(crate) async fn evidence(&self) -> Vec<(String, String)> {
        let table = self.database.control("gone_evidence");
        let rows =
            self.database.rows(&format!("select record_id, evidence from {table} order by record_id")).await;
        rows.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect()
    }

    pub(crate) async fn values(&self) -> Vec<Vec<Option<String>>> {
        let table = self.database.records(SLUG, "Account");
        self.database
            .rows(&format!("select \"id\", \"name\", \"_gone_why\" from {table} order by \"id\""))
            .await
    }
}

pub(crate) async fn purge(org: &TestOrg, sobject: &str, ids: &[RecordId]) {
    let ids: Vec<_> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    let body = format!(r#"{{"sobject": "{sobject}", "op": "purge", "ids": [{}]}}"#, ids.join(","));
    org.control("records", &body).await;
}

pub(crate) fn gone(id: &RecordId, why: &str) -> (String, String, Option<String>) {
    (id.to_string(), why.to_owned(), None)
}

async fn equal_ranges_cost_one_comparison(database: Database) {
    let org = TestOrg::with_records("Account", 4_500);
    let rule = ACCOUNTS.fields(&["Name"]);
    let app = Setup::bulk(database, 2_000).connect(&org).await;
    app.run_well(&[rule]).await;

    // The first night after.
    app.clock.advance(DAY_MS);
    org.pass_minutes(24 * 60);
    org.simulator.reset_counters();
    let (run, rules) = app.start(&[rule]).await;
    app.drive().await;
    app.end(run, &rules).await;

    let sweep = find_last_sweep(app.store(), rules[0].id).await.unwrap().unwrap();
    assert_eq!(
        (sweep.cause, sweep.mode, sweep.sees_all),
        (SweepCause::Schedule, SweepMode::Heal, Some(true))
    );
    let end = sweep.end.unwrap();
    assert_eq!(end.outcome, SweepOutcome::Equal);
    assert_eq!((end.counts.rows_in_org, end.counts.rows_in_copy), (4_500, 4_500));
    assert_eq!((end.counts.ranges, end.counts.ranges_equal), (3, 3));
    assert_eq!(end.counts.org_sum, end.counts.copy_sum);
    assert_eq!(org.rows_served("Account"), 4_500);
    // A day later is the next one, not at once.
    let again = app.run_well(&[rule]).await;
    assert_eq!(again.counts().rows_read, 0);
    assert_eq!(find_last_sweep(app.store(), rules[0].id).await.unwrap().unwrap().id, sweep.id);
}

async fn what_the_copy_lacks_is_read_again(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let ids = org.ids("Account");
    app.tamper("delete from TABLE", &ids[3..5]).await;
    let stamp = match database {
        Database::Sqlite => "'2001-02-03T04:05:06.000Z'",
        Database::Postgres => "'2001-02-03T04:05:06Z'",
    };
    app.tamper(&format!("update TABLE set \"systemmodstamp\" = {stamp}, \"name\" = 'Old'"), &ids[8..9]).await;
    let gone_at = stamp.replace("2001", "2002");
    app.tamper(&format!("update TABLE set \"_gone_at\" = {gone_at}, \"_gone_why\" = 'absent'"), &ids[9..10])
        .await;
    app.tamper("update TABLE set \"id\" = '001zzzzzzzzzzzzAAA'", &ids[20..21]).await;

    let (run, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!(end.outcome, SweepOutcome::Healed);
    let counts = end.counts;
    assert_eq!((counts.missing, counts.stale, counts.revived, counts.lost), (3, 1, 1, 1));
    assert_eq!((counts.healed, counts.purged), (5, 1));
    assert_eq!((counts.rows_in_org, counts.rows_in_copy), (60, 57));
    assert_ne!(counts.org_sum, counts.copy_sum);
    assert_eq!((run.outcome, run.counts().gone), (Outcome::Succeeded, 1));
    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    assert_eq!(end.outcome, SweepOutcome::Equal);
}

async fn a_report_changes_nothing(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let ids = org.ids("Account");
    app.tamper("delete from TABLE", &ids[3..5]).await;
    purge(&org, "Account", &ids[7..8]).await;
    let before = app.values().await;

    let (run, end) = app.sweep(&ACCOUNTS, SweepMode::Report).await;

    assert_eq!(app.values().await, before);
    assert_eq!((end.outcome, run.outcome), (SweepOutcome::Drifted, Outcome::Succeeded));
    assert_eq!((end.counts.missing, end.counts.purged, end.counts.healed), (2, 1, 0));
    assert_eq!(run.counts().gone, 0);
}

async fn a_record_deleted_for_good_is_purged_where_the_user_sees_all(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let ids = org.ids("Account");
    purge(&org, "Account", &ids[..2]).await;
    org.pass_minutes(1);

    let run = app.run_well(&[ACCOUNTS]).await;
    assert_eq!(run.counts().gone, 0);
    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!(end.counts.purged, 2);
    assert_eq!(app.gone("Account").await, [gone(&ids[0], "purged"), gone(&ids[1], "purged")]);
    let evidence = GoneEvidence::SeesAll.to_string();
    assert_eq!(app.evidence().await, [0, 1].map(|at| (ids[at].to_string(), evidence.clone())));
}

async fn a_record_that_is_not_found_is_absent_where_the_user_sees_some(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    let ids = org.ids("Account");
    give_accounts(&org, &ids, true);
    see_own_accounts(&org).await;
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    purge(&org, "Account", &ids[..2]).await;
    org.pass_minutes(1);

    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((end.outcome, end.counts.absent), (SweepOutcome::Healed, 2));
    assert_eq!(app.gone("Account").await, [gone(&ids[0], "absent"), gone(&ids[1], "absent")]);
    let evidence = GoneEvidence::NotFound.to_string();
    assert_eq!(app.evidence().await, [0, 1].map(|at| (ids[at].to_string(), evidence.clone())));
}

/// So many are lost that asking stops after the first 400, which are then found among the deleted ones.
async fn nothing_is_said_of_a_record_that_was_not_asked_for(database: Database) {
    let org = TestOrg::with_records("Account", 1_000);
    let rule = ACCOUNTS.only("Rating = 'Hot'");
    let ids = org.ids("Account");
    give_accounts(&org, &ids, true);
    for id in &ids {
        org.update_at("Account", id, &[("Rating", text("Hot"))], org.now_ms() - DAY_MS);
    }
    see_own_accounts(&org).await;
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[rule]).await;

    purge(&org, "Account", &ids[..420]).await;
    let at = "2026-11-21T20:00:00.000+0000";
    let listed: Vec<_> =
        ids[..420].iter().map(|id| format!(r#"{{"id":"{id}","deletedDate":"{at}"}}"#)).collect();
    let body = format!(
        r#"{{"deletedRecords":[{}],"earliestDateAvailable":"2026-01-01T00:00:00.000+0000","latestDateCovered":"{at}"}}"#,
        listed.join(",")
    );
    org.befall(FaultSpec {
        times: 100,
        status: Some(200),
        body: Some(body),
        ..FaultSpec::new(FaultKind::Status, "/deleted")
    });
    for id in &ids[900..905] {
        org.update_at("Account", id, &[("Rating", text("Cold"))], org.now_ms() - DAY_MS);
    }
    org.pass_minutes(1);
    let (_, end) = app.sweep(&rule, SweepMode::Heal).await;

    let counts = end.counts;
    assert_eq!((counts.lost, counts.purged, counts.filtered, counts.absent), (425, 420, 5, 0), "{counts:?}");
    app.assert_copy_equals(&org, &rule).await;
}

async fn a_sweep_that_fails_marks_nothing(database: Database) {
    let org = TestOrg::with_records("Account", 5_000);
    let rule = ACCOUNTS.fields(&["Name"]);
    let app = Setup::bulk(database, 5_000).connect(&org).await;
    app.run_well(&[rule]).await;
    let ids = org.ids("Account");
    purge(&org, "Account", &ids[..10]).await;
    org.pass_minutes(1);
    let (run, rules) = app.start(&[rule]).await;
    app.want_sweep(&rules[0], SweepMode::Heal).await;

    // The records that changed, the user's rights, a page of ids; the second one fails for good.
    let refused = r#"[{"errorCode":"MALFORMED_QUERY","message":"unexpected token"}]"#.to_owned();
    org.befall(FaultSpec {
        nth: 4,
        status: Some(400),
        body: Some(refused),
        ..FaultSpec::new(FaultKind::Status, "query")
    });
    app.drive().await;
    let run = app.end(run, &rules).await;

    assert_eq!(run.outcome, Outcome::Failed, "{run:?}");
    assert_eq!(app.gone("Account").await, []);
    // The read before it counts, and the sweep goes on with the next run.
    assert!(app.checkpoint(&rules[0]).await.complete_until.is_some());
    app.run_well(&[rule]).await;
    assert_eq!(app.gone("Account").await.len(), 10);
    app.assert_copy_equals(&org, &rule).await;
}

async fn ids_in_another_order_are_compared_all_the_same(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let rule = ACCOUNTS.fields(&["Name"]);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[rule]).await;
    let ids = org.ids("Account");
    app.tamper("delete from TABLE", &ids[3..5]).await;
    purge(&org, "Account", &ids[7..8]).await;
    let kept: Vec<_> = org.ids("Account").into_iter().rev().collect();
    let record = |id: &RecordId| {
        let stamp = org.stamp("Account", id);
        format!(r#"{{"attributes":{{"type":"Account"}},"Id":"{id}","SystemModstamp":"{stamp}"}}"#)
    };
    let records: Vec<_> = kept.iter().map(record).collect();
    let body = format!(r#"{{"totalSize":{},"done":true,"records":[{}]}}"#, records.len(), records.join(","));

    let (run, rules) = app.start(&[rule]).await;
    app.want_sweep(&rules[0], SweepMode::Heal).await;
    org.befall(FaultSpec {
        // What changed, the user's rights, then the ids: to compare them, and to keep them.
        nth: 3,
        times: 2,
        status: Some(200),
        body: Some(body),
        ..FaultSpec::new(FaultKind::Status, "query")
    });
    app.drive().await;
    app.end(run, &rules).await;

    assert_eq!(org.faults_played(), 2);
    let end = app.last_sweep(&rules[0]).await;
    assert_eq!((end.counts.missing, end.counts.healed, end.counts.purged), (2, 2, 1));
    app.assert_copy_equals(&org, &rule).await;
}

async fn a_record_that_moved_into_the_filter_without_a_change_is_found(database: Database) {
    let org = TestOrg::with_records("Account", 40);
    let rule = ACCOUNTS.only("Rating = 'Hot'");
    let ids = org.ids("Account");
    for (at, id) in ids.iter().enumerate() {
        org.update_at("Account", id, &[("Rating", text(["Hot", "Cold"][at % 2]))], org.now_ms() - DAY_MS);
    }
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[rule]).await;

    // Sharing, owners and formulas do so in life.
    org.update_at("Account", &ids[0], &[("Rating", text("Cold"))], org.now_ms() - DAY_MS);
    org.update_at("Account", &ids[1], &[("Rating", text("Hot"))], org.now_ms() - DAY_MS);
    app.run_well(&[rule]).await;
    let (_, end) = app.sweep(&rule, SweepMode::Heal).await;

    app.assert_copy_equals(&org, &rule).await;
    assert_eq!((end.counts.missing, end.counts.healed, end.counts.filtered), (1, 1, 1));
    assert_eq!(app.gone("Account").await, [gone(&ids[0], "filtered")]);
}

/// Drops a slice while the n-th query of a run is under way: the first asks what changed, the second for rights, two for
/// ids, then come lost records and those to read again.
async fn kill_at_query(app: &TestEngine, org: &TestOrg, rule: &SyncRule, nth: u64) {
    org.befall(FaultSpec { nth, ..FaultSpec::new(FaultKind::Stall, "query") });
    app.drop_slice_when(rule, |_| org.faults_played() > 0).await;
    org.end_faults();
}

async fn a_sweep_that_is_killed_goes_on(database: Database) {
    for nth in 3..=6 {
        let org = TestOrg::with_records("Account", 2_100);
        let rule = ACCOUNTS.fields(&["Name"]);
        let app = Setup::bulk(database, 5_000).connect(&org).await;
        app.run_well(&[rule]).await;
        let ids = org.ids("Account");
        app.tamper("delete from TABLE", &ids[3..5]).await;
        purge(&org, "Account", &ids[7..9]).await;
        let (run, rules) = app.start(&[rule]).await;
        app.want_sweep(&rules[0], SweepMode::Heal).await;

        kill_at_query(&app, &org, &rules[0], nth).await;
        app.drive().await;
        app.end(run, &rules).await;

        let counts = app.last_sweep(&rules[0]).await.counts;
        assert_eq!((counts.rows_in_org, counts.missing, counts.healed, counts.purged), (2_098, 2, 2, 2));
        app.assert_copy_equals(&org, &rule).await;
    }
}

async fn a_new_run_reads_what_changed_before_a_sweep_goes_on(database: Database) {
    let org = TestOrg::with_records("Account", 2_100);
    let rule = ACCOUNTS.fields(&["Name"]);
    let app = Setup::bulk(database, 5_000).connect(&org).await;
    app.run_well(&[rule]).await;
    let ids = org.ids("Account");
    purge(&org, "Account", &ids[7..9]).await;
    let (run, rules) = app.start(&[rule]).await;
    app.want_sweep(&rules[0], SweepMode::Heal).await;
    kill_at_query(&app, &org, &rules[0], 4).await;
    app.engine.finish_run(run).await.unwrap();
    let begun = find_open_sweep(app.store(), rules[0].id).await.unwrap().unwrap().0;

    org.update("Account", &ids[20], &[("Name", text("Quay"))]);
    org.pass_minutes(1);
    let run = app.run_well(&[rule]).await;

    assert_eq!((run.counts().updated, run.counts().gone), (1, 2));
    let sweep = find_last_sweep(app.store(), rules[0].id).await.unwrap().unwrap();
    assert_eq!(sweep.id, begun.id);
    app.assert_copy_equals(&org, &rule).await;
}

#[tokio::test]
async fn a_record_that_cannot_be_stored_is_no_drift() {
    let org = TestOrg::with_records("Project__c", 30);
    let rule = all("Project__c").fields(&["Name", "Budget__c"]);
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    let id = org.ids("Project__c")[4];
    org.befall(unreadable_budget(&org, &id, 2));
    let (run, rules) = app.start(&[rule]).await;
    app.drive().await;
    app.end(run, &rules).await;
    assert_eq!(list_row_errors(app.store(), rules[0].id, 9).await.unwrap().len(), 1);

    // It is still so.
    app.tamper_projects("delete from TABLE", &org.ids("Project__c")).await;
    app.run(&[rule]).await;
    org.end_faults();
    let (_, end) = app.sweep(&rule, SweepMode::Report).await;
    assert_eq!((end.counts.rejected, end.counts.missing), (1, 29));

    // Somebody mended it.
    app.sweep(&rule, SweepMode::Heal).await;
    assert_eq!(list_row_errors(app.store(), rules[0].id, 9).await.unwrap(), []);
    app.assert_copy_equals(&org, &rule).await;
}

impl TestEngine {
    async fn tamper_projects(&self, set: &str, ids: &[RecordId]) {
        let table = self.database.records(SLUG, "Project__c");
        let ids: Vec<_> = ids.iter().map(|id| format!("'{id}'")).collect();
        self.database
            .rows(&format!("{set} where \"id\" in ({})", ids.join(", ")).replace("TABLE", &table))
            .await;
    }
}

/// The n-th query answers with one project, whose budget is no number.
fn unreadable_budget(org: &TestOrg, id: &RecordId, nth: u64) -> FaultSpec {
    let stamp = org.stamp("Project__c", id);
    let record = format!(
        r#"{{"attributes":{{"type":"Project__c"}},"Id":"{id}","IsDeleted":false,"Name":"P","Budget__c":"much",
            "SystemModstamp":"{stamp}"}}"#
    );
    FaultSpec {
        nth,
        status: Some(200),
        body: Some(format!(r#"{{"totalSize":1,"done":true,"records":[{record}]}}"#)),
        ..FaultSpec::new(FaultKind::Status, "query")
    }
}

#[tokio::test]
async fn a_rejected_record_is_never_filtered_and_its_error_ends_with_it() {
    let org = TestOrg::with_records("Project__c", 10);
    let rule = all("Project__c").fields(&["Name", "Budget__c"]).only("Name != 'Nobody'");
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    app.run_well(&[rule]).await;
    let id = org.ids("Project__c")[4];
    org.update("Project__c", &id, &[("Name", text("Pier"))]);
    org.pass_minutes(1);

    org.befall(FaultSpec { pattern: "queryAll".to_owned(), ..unreadable_budget(&org, &id, 1) });
    let (run, rules) = app.start(&[rule]).await;
    app.drive().await;
    let run = app.end(run, &rules).await;
    assert_eq!((run.outcome, run.counts().rejected, run.counts().gone), (Outcome::PartlyDone, 1, 0));
    assert_eq!(app.gone("Project__c").await, []);
    assert_eq!(list_row_errors(app.store(), rules[0].id, 9).await.unwrap().len(), 1);

    org.end_faults();
    app.run_well(&[rule]).await;
    app.assert_copy_equals(&org, &rule).await;
    assert_eq!(list_row_errors(app.store(), rules[0].id, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_record_that_leaves_the_filter_within_the_second_is_seen() {
    let org = TestOrg::with_records("Account", 20);
    let rule = ACCOUNTS.only("Rating = 'Hot'");
    let ids = org.ids("Account");
    let second_ms = org.now_ms() - org.now_ms().rem_euclid(1_000);
    ids.iter().for_each(|id| org.update_at("Account", id, &[("Rating", text("Hot"))], second_ms));
    org.pass_minutes(1);
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    app.run_well(&[rule]).await;

    org.update_at("Account", &ids[3], &[("Rating", text("Cold"))], second_ms);
    app.run_well(&[rule]).await;

    app.assert_copy_equals(&org, &rule).await;
    assert_eq!(app.gone("Account").await, [gone(&ids[3], "filtered")]);
}

#[tokio::test]
async fn a_request_during_a_sweep_is_kept_for_the_next() {
    let org = TestOrg::with_records("Account", 2_100);
    let rule = ACCOUNTS.fields(&["Name"]);
    let app = Setup::bulk(Database::Sqlite, 5_000).connect(&org).await;
    let (run, rules) = app.start(&[rule]).await;
    app.want_sweep(&rules[0], SweepMode::Heal).await;
    kill_at_query(&app, &org, &rules[0], 4).await;
    app.want_sweep(&rules[0], SweepMode::Report).await;
    app.drive().await;
    app.end(run, &rules).await;

    app.run_well(&[rule]).await;

    let sweep = find_last_sweep(app.store(), rules[0].id).await.unwrap().unwrap();
    assert_eq!((sweep.mode, sweep.cause), (SweepMode::Report, SweepCause::Request));
    assert_eq!(list_findings(app.store(), rules[0].id, None, 9).await.unwrap(), Vec::<Finding>::new());
}
