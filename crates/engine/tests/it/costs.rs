//! What a rule is said to cost, and what it then does.

use model::{IntegrationId, RunCounts};
use store::sync_runs::list_progress;

use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_org::{TestOrg, text};
use crate::test_server::{MINUTE_MS, TestServer};

const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// All formulas and roll-ups among them.
const PROJECTS: Rule = all("Project__c");

async fn preview(server: &TestServer, id: IntegrationId, rule: &Rule) -> engine::RulePreview {
    let preview = server.engine.preview_rule(&server.admin.reader, id, &rule.request()).await;
    preview.unwrap().unwrap()
}

/// Finishes a run and returns its calls.
async fn finish(server: &TestServer, id: IntegrationId) -> u64 {
    let run = server.finish_run(id).await;
    let progress = list_progress(server.store(), run.id).await.unwrap();
    progress.iter().map(|rule| RunCounts::clone(&rule.counts).calls).sum()
}

fn pass(server: &TestServer, org: &TestOrg, minutes: i64) {
    org.pass_minutes(minutes);
    server.clock.advance(minutes * MINUTE_MS);
}

/// Makes sure that a number that is shown is within a fifth of the one that came.
fn assert_near(shown: u64, came: u64, what: &str) {
    assert!(came.abs_diff(shown) * 5 <= came, "{what}: {came} calls, {shown} shown");
}

#[tokio::test]
async fn the_cost_that_is_shown_is_the_cost_that_comes() {
    for (rule, rows) in [
        (all("Contact").only("Name != null"), 30),
        (all("Contact").only("Name != null"), 4_500),
        (PROJECTS, 30),
        (PROJECTS, 4_500),
    ] {
        let org = TestOrg::with_counts(&[(rule.sobject, rows), ("Account", 5)]);
        let server = TestServer::start(Database::Sqlite, &[&org]).await;
        let integration = server.connect(&org).await;

        let shown = preview(&server, integration.id, &rule).await;
        server.put_mapping(integration.id).await;
        server.put_rule(integration.id, &rule).await;
        let first = finish(&server, integration.id).await;
        pass(&server, &org, 15);
        let poll = finish(&server, integration.id).await;

        let what = format!("{rows} of {}", rule.sobject);
        assert_eq!((shown.count, &shown.problem), (Some(u64::from(rows)), &None));
        assert_near(shown.calls_first_load, first, &what);
        assert_near(shown.calls_per_day / 96, poll, &what);
    }
}

#[tokio::test]
async fn the_cost_of_a_day_has_formulas_and_the_sweep_in_it() {
    let org = TestOrg::with_counts(&[("Project__c", 1_500), ("Account", 5)]);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let integration = server.connect(&org).await;
    let six_hours = Some(model::Cadence::from_seconds(6 * 3_600).unwrap());
    let request = engine::RuleRequest { cadence: six_hours, ..PROJECTS.request() };
    let reader = &server.admin.reader;
    let shown = server.engine.preview_rule(reader, integration.id, &request).await.unwrap().unwrap();
    server.put_mapping(integration.id).await;
    server.engine.put_rule(reader, integration.id, request).await.unwrap().unwrap();
    finish(&server, integration.id).await;

    let mut day = 0;
    for _ in 0..4 {
        pass(&server, &org, DAY_MS / MINUTE_MS / 4);
        let name = org.ids("Account")[0];
        org.update("Account", &name, &[("Name", text("Another name"))]);
        day += finish(&server, integration.id).await;
    }

    assert_near(shown.calls_per_day, day, "a day");
}

#[tokio::test]
async fn the_cost_of_changing_a_rule_is_what_the_change_reads() {
    for rows in [30, 4_500] {
        let org = TestOrg::with_records("Project__c", rows);
        let server = TestServer::start(Database::Sqlite, &[&org]).await;
        let narrow = PROJECTS.fields(&["Name", "Hotline__c"]);
        let integration = server.activate(&org, &[narrow]).await;
        finish(&server, integration.id).await;

        for rule in [
            PROJECTS.fields(&["Name", "Hotline__c", "Web_Page__c"]),
            PROJECTS.fields(&["Name"]),
            PROJECTS.fields(&["Name"]).only("Name != null"),
        ] {
            pass(&server, &org, 15);
            let shown = preview(&server, integration.id, &rule).await;
            server.put_rule(integration.id, &rule).await;
            let came = finish(&server, integration.id).await;
            assert_near(shown.calls_first_load, came, &format!("{rows}: {rule:?}"));
        }
    }
}
