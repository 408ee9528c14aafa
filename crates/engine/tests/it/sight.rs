//! Records that go out of a user's sight, and the rights by which a user sees all.

use model::{GoneEvidence, Outcome, SweepMode, SweepOutcome};
use orgsim::id::RecordId;
use orgsim::value::Value;
use store::sweeps::find_last_sweep;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::sweeps::{gone, purge};
use crate::test_database::Database;
use crate::test_engine::{Setup, TestEngine};
use crate::test_org::TestOrg;

on_both!(
    a_record_out_of_sight_is_hidden_until_it_is_seen_again,
    many_records_out_of_sight_stay_as_they_are,
    a_lost_right_takes_no_record_out,
    a_right_that_is_taken_while_a_sweep_goes_on_takes_no_record_out,
    records_out_of_sight_stay_until_somebody_says_that_they_are_gone,
    a_file_that_is_not_shared_any_more_is_not_purged,
    a_permission_set_that_sessions_have_to_be_activated_for_shows_nothing,
);

const ACCOUNTS: Rule = all("Account").fields(&["Name", "OwnerId"]);
const DAY_MS: i64 = 24 * 3_600_000;
const DOCUMENTS: Rule = all("ContentDocument").fields(&["Title"]);

/// Takes from the connection's user the right to see all accounts.
pub(crate) async fn see_own_accounts(org: &TestOrg) {
    let user = org.simulator.org().user_id();
    let body = format!(
        r#"{{"user": "{user}", "permissions": {{"ViewAllData": false, "ModifyAllData": false}},
            "objects": {{"Account": ["read", "create", "edit", "delete"]}},
            "org_wide_defaults": {{"Account": "Private"}}}}"#
    );
    org.control("rights", &body).await;
}

pub(crate) async fn see_all_accounts(org: &TestOrg) {
    let user = org.simulator.org().user_id();
    let body = format!(
        r#"{{"user": "{user}", "permissions": {{"ViewAllData": true}}, "objects": {{"Account": ["read", "view_all"]}}}}"#
    );
    org.control("rights", &body).await;
}

/// Makes accounts the user's own, or somebody else's, without a change that a read would see.
pub(crate) fn give_accounts(org: &TestOrg, ids: &[RecordId], is_own: bool) {
    let own = org.simulator.org().user_id();
    let other = org.ids("User").into_iter().find(|id| *id != own).unwrap();
    let owner = if is_own { own } else { other };
    for id in ids {
        org.update_at("Account", id, &[("OwnerId", Value::Id(owner))], org.now_ms() - DAY_MS);
    }
}

/// An org of which the user sees all accounts, but owns no more than 58 of 60, copied and swept.
async fn copied_by_who_sees_all(database: Database) -> (TestOrg, TestEngine, Vec<RecordId>) {
    let org = TestOrg::with_records("Account", 60);
    let ids = org.ids("Account");
    give_accounts(&org, &ids, true);
    give_accounts(&org, &ids[..2], false);
    org.pass_minutes(60);
    see_all_accounts(&org).await;
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    (org, app, ids)
}

async fn a_record_out_of_sight_is_hidden_until_it_is_seen_again(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    let ids = org.ids("Account");
    give_accounts(&org, &ids, true);
    see_own_accounts(&org).await;
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    // From here on it is known what is deleted.
    app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    give_accounts(&org, &ids[..2], false);
    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    assert_eq!(end.counts.hidden, 2);
    assert_eq!(app.gone("Account").await, [gone(&ids[0], "hidden"), gone(&ids[1], "hidden")]);
    assert_eq!(app.evidence().await[0].1, GoneEvidence::NoAccess.to_string());

    give_accounts(&org, &ids[..2], true);
    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    assert_eq!((end.counts.revived, end.counts.healed), (2, 2));
    assert_eq!(app.gone("Account").await, []);
    app.assert_copy_equals(&org, &ACCOUNTS).await;
}

async fn many_records_out_of_sight_stay_as_they_are(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    let ids = org.ids("Account");
    give_accounts(&org, &ids, true);
    see_own_accounts(&org).await;
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    let before = app.values().await;

    give_accounts(&org, &ids[..20], false);
    let (run, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    assert_eq!(app.values().await, before);
    assert_eq!((end.outcome, end.counts.frozen), (SweepOutcome::Frozen, 20));
    assert_eq!((run.outcome, run.codes()), (Outcome::PartlyDone, vec!["records.hidden".to_owned()]));
    // It is told until somebody has looked.
    let run = app.run(&[ACCOUNTS]).await;
    assert_eq!(run.codes(), ["records.hidden"]);

    let (run, end) = app.sweep(&ACCOUNTS, SweepMode::Accept).await;
    assert_eq!((run.outcome, end.counts.absent + end.counts.hidden), (Outcome::Succeeded, 20));
    assert_eq!(app.gone("Account").await.len(), 20);

    give_accounts(&org, &ids[..20], true);
    app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    app.assert_copy_equals(&org, &ACCOUNTS).await;
}

async fn a_lost_right_takes_no_record_out(database: Database) {
    let (org, app, _) = copied_by_who_sees_all(database).await;
    let before = app.values().await;

    see_own_accounts(&org).await;
    let (run, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!(app.values().await, before);
    assert_eq!((end.outcome, end.counts.frozen), (SweepOutcome::Frozen, 2));
    assert_eq!(run.codes(), ["records.hidden"]);

    see_all_accounts(&org).await;
    let (run, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    assert_eq!((run.outcome, end.outcome), (Outcome::Succeeded, SweepOutcome::Equal));
}

async fn a_right_that_is_taken_while_a_sweep_goes_on_takes_no_record_out(database: Database) {
    let (org, app, _) = copied_by_who_sees_all(database).await;
    app.clock.advance(1);
    let (run, rules) = app.start(&[ACCOUNTS]).await;
    app.want_sweep(&rules[0], SweepMode::Heal).await;
    app.drop_slice_when(&rules[0], |position| matches!(position, model::Position::Sweep(_))).await;

    see_own_accounts(&org).await;
    app.drive().await;
    let run = app.end(run, &rules).await;

    let sweep = find_last_sweep(app.store(), rules[0].id).await.unwrap().unwrap();
    let end = sweep.end.unwrap();
    assert_eq!(sweep.sees_all, Some(true));
    assert_eq!((end.outcome, end.counts.frozen), (SweepOutcome::Frozen, 2));
    assert_eq!(run.codes(), ["records.hidden"]);
    assert_eq!(app.gone("Account").await, []);
}

async fn records_out_of_sight_stay_until_somebody_says_that_they_are_gone(database: Database) {
    let (org, app, ids) = copied_by_who_sees_all(database).await;
    see_own_accounts(&org).await;

    for _ in 0..3 {
        let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;
        assert_eq!((end.outcome, end.counts.frozen), (SweepOutcome::Frozen, 2));
        assert_eq!(app.gone("Account").await, []);
    }

    let (run, _) = app.sweep(&ACCOUNTS, SweepMode::Accept).await;
    assert_eq!(run.outcome, Outcome::Succeeded);
    let gone: Vec<_> = app.gone("Account").await.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(gone, ids[..2].iter().map(ToString::to_string).collect::<Vec<_>>());
    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;
    assert_eq!(end.outcome, SweepOutcome::Equal);
}

/// Gives records to somebody else, without a change that a read would see.
fn give_away(org: &TestOrg, sobject: &str) {
    let own = org.simulator.org().user_id();
    let other = org.ids("User").into_iter().find(|id| *id != own).unwrap();
    for id in org.ids(sobject) {
        org.update_at(sobject, &id, &[("OwnerId", Value::Id(other))], org.now_ms() - DAY_MS);
    }
}

/// *View All Data* is there all the time.
async fn a_file_that_is_not_shared_any_more_is_not_purged(database: Database) {
    let org = TestOrg::with_records("Account", 5);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[DOCUMENTS]).await;
    let copied = app.column("ContentDocument", "title").await.len();
    app.sweep(&DOCUMENTS, SweepMode::Heal).await;

    let links = org.ids("ContentDocumentLink");
    purge(&org, "ContentDocumentLink", &links).await;
    give_away(&org, "ContentDocument");
    let user = org.simulator.org().user_id();
    let taken =
        format!(r#"{{"user": "{user}", "permissions": {{"QueryAllFiles": false, "ViewAllData": true}}}}"#);
    org.control("rights", &taken).await;
    let (_, end) = app.sweep(&DOCUMENTS, SweepMode::Heal).await;

    assert!(copied > 0);
    assert!(end.counts.frozen > 0, "{end:?}");
    assert_eq!((end.outcome, end.counts.purged), (SweepOutcome::Frozen, 0));
    assert_eq!(app.gone("ContentDocument").await, []);
}

async fn a_permission_set_that_sessions_have_to_be_activated_for_shows_nothing(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    let ids = org.ids("Account");
    give_accounts(&org, &ids, true);
    see_own_accounts(&org).await;
    let set = org.insert(
        "PermissionSet",
        &[
            ("Name", Value::Text("On_Demand".into())),
            ("Label", Value::Text("On Demand".into())),
            ("HasActivationRequired", Value::Bool(true)),
            ("PermissionsViewAllData", Value::Bool(true)),
        ],
    );
    let user = org.simulator.org().user_id();
    org.insert(
        "PermissionSetAssignment",
        &[("AssigneeId", Value::Id(user)), ("PermissionSetId", Value::Id(set))],
    );
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[ACCOUNTS]).await;
    purge(&org, "Account", &ids[..2]).await;
    org.pass_minutes(1);

    let (_, end) = app.sweep(&ACCOUNTS, SweepMode::Heal).await;

    assert_eq!((end.counts.purged, end.counts.absent), (0, 2));
    assert!(app.evidence().await.iter().all(|(_, evidence)| *evidence == GoneEvidence::NotFound.to_string()));
}
