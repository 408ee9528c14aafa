//! Archived activities: a query does not show them, and they are no less there (Salesforce Help, Archived Activities).

use model::{SweepMode, SweepOutcome};
use orgsim::value::Value;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{Setup, TestEngine};
use crate::test_org::{TestOrg, text};
use crate::test_server::TestServer;

on_both!(
    archived_activities_are_copied_however_they_are_read,
    an_activity_that_is_archived_or_changed_meanwhile_stays_in_the_copy,
);

const TASKS: Rule = all("Task").fields(&["Subject", "Status", "IsArchived"]);
const DONE: Rule = all("Task").fields(&["Subject", "Status", "IsArchived"]).only("Status = 'Completed'");
const MINUTES_OF_A_YEAR: i64 = 366 * 24 * 60;

async fn count_archived(app: &TestEngine) -> usize {
    app.column("Task", "isarchived").await.values().filter(|value| is_true(value.as_deref())).count()
}

fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true" | "t"))
}

async fn archived_activities_are_copied_however_they_are_read(database: Database) {
    let sweeping_by_job = Setup { bulk_sweep_from_rows: 0, ..Setup::bulk(database, 100) };
    for (setup, rule) in
        [(Setup::rest(database), TASKS), (Setup::rest(database), DONE), (sweeping_by_job, DONE)]
    {
        let org = TestOrg::with_records("Task", 600);
        let app = setup.connect(&org).await;

        app.run_well(&[rule]).await;
        app.assert_copy_equals(&org, &rule).await;
        assert!(count_archived(&app).await > 20);

        let (_, end) = app.sweep(&rule, SweepMode::Heal).await;
        assert_eq!((end.outcome, end.counts.lost), (SweepOutcome::Equal, 0), "{setup:?}");
        assert_eq!(app.gone("Task").await, []);
    }
}

async fn an_activity_that_is_archived_or_changed_meanwhile_stays_in_the_copy(database: Database) {
    let org = TestOrg::with_records("Task", 300);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[DONE]).await;
    let before = count_archived(&app).await;
    let archived = app.column("Task", "isarchived").await;
    let old = archived.iter().find(|(_, value)| is_true(value.as_deref())).unwrap().0.clone();

    let old_id = org.ids("Task").into_iter().find(|id| id.to_string() == old).unwrap();
    org.update("Task", &old_id, &[("Subject", text("Found in a drawer"))]);
    org.pass_minutes(MINUTES_OF_A_YEAR);
    app.clock.advance(MINUTES_OF_A_YEAR * 60_000);
    app.run_well(&[DONE]).await;
    let (_, end) = app.sweep(&DONE, SweepMode::Heal).await;

    assert_eq!(end.counts.lost, 0);
    assert_eq!(app.gone("Task").await, []);
    assert_eq!(app.column("Task", "subject").await[&old].as_deref(), Some("Found in a drawer"));
    // What time archives is stamped by nothing: a computed field, which is read anew by and by.
    assert!(before < org_archived(&org));
}

fn org_archived(org: &TestOrg) -> usize {
    let view = org.simulator.org().read();
    let tasks = org.sobject("Task");
    let field = tasks.field("IsArchived").unwrap();
    view.rows(tasks).filter(|row| view.value(tasks, row, field) == Value::Bool(true)).count()
}

#[tokio::test]
async fn a_preview_counts_and_shows_archived_activities() {
    let org = TestOrg::with_records("Task", 300);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let integration = server.connect(&org).await;
    let archived = all("Task").fields(&["Subject"]).only("IsArchived = true");

    let request = archived.request();
    let preview = server.engine.preview_rule(&server.admin.reader, integration.id, &request).await;

    let preview = preview.unwrap().unwrap();
    let count = org_archived(&org);
    assert!(count > 20);
    assert_eq!(preview.count, Some(count as u64));
    assert_eq!(preview.sample.unwrap().rows.len(), 20);
    assert!(preview.soql.contains("WHERE (IsArchived = TRUE) AND IsDeleted = false"), "{}", preview.soql);
}
