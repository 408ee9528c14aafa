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

/// Previews a rule and saves it. Returns the calls that are shown for its first run, and those that come.
async fn first_load(server: &TestServer, org: &TestOrg, rule: &Rule) -> (u64, u64) {
    let integration = server.connect(org).await;
    let shown = preview(server, integration.id, rule).await;
    server.put_mapping(integration.id).await;
    server.put_rule(integration.id, rule).await;
    (shown.calls_first_load, finish(server, integration.id).await)
}

/// Finishes a run and returns its calls.
async fn finish(server: &TestServer, id: IntegrationId) -> u64 {
    let run = server.finish_run(id).await;
    let progress = list_progress(server.store(), run.id).await.unwrap();
    progress.iter().map(|rule| RunCounts::clone(&rule.counts).calls).sum()
}

/// The calls of the run that is due by now; none where none is.
async fn finish_if_due(server: &TestServer, id: IntegrationId) -> u64 {
    let runs = server.runs(id).await.len();
    server.work().await;
    match server.runs(id).await.len() > runs {
        true => finish(server, id).await,
        false => 0,
    }
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

/// The question up to when the org's changes are visible serves all rules that are read together.
#[tokio::test]
async fn the_costs_of_several_rules_add_up_to_what_they_spend_together() {
    let sobjects = ["Account", "Contact", "Opportunity"];
    for minutes in [&[60, 60][..], &[60, 60, 60], &[120, 60], &[60, 90], &[240, 60, 90]] {
        let org = TestOrg::with_counts(&[("Account", 30), ("Contact", 30), ("Opportunity", 30)]);
        let server = TestServer::start(Database::Sqlite, &[&org]).await;
        let integration = server.connect(&org).await;
        let reader = &server.admin.reader;
        let requests: Vec<_> =
            minutes.iter().zip(sobjects).map(|(minutes, sobject)| every(*minutes, sobject)).collect();
        for request in &requests {
            server.engine.put_rule(reader, integration.id, request.clone()).await.unwrap().unwrap();
        }
        let (mut shown_first, mut shown_day) = (0, 0);
        for request in &requests {
            let shown = server.engine.preview_rule(reader, integration.id, request).await.unwrap().unwrap();
            shown_first += shown.calls_first_load;
            shown_day += shown.calls_per_day;
        }

        server.put_mapping(integration.id).await;
        let first = finish(&server, integration.id).await;
        let mut day = 0;
        for _ in 0..48 {
            pass(&server, &org, 30);
            day += finish_if_due(&server, integration.id).await;
        }

        assert_eq!(shown_first, first, "{minutes:?}");
        // Nearer than asked: one question too few a poll would be a fifth or less.
        assert!(day.abs_diff(shown_day) * 25 <= day, "{minutes:?}: {day} calls, {shown_day} shown");
    }
}

fn every(minutes: u64, sobject: &'static str) -> engine::RuleRequest {
    let cadence = Some(model::Cadence::from_seconds(60 * minutes).unwrap());
    engine::RuleRequest { cadence, ..all(sobject).fields(&["Name"]).request() }
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

/// Two of their fields are long texts, of which an answer holds 200 records.
#[tokio::test]
async fn the_cost_of_records_with_long_texts_counts_their_short_answers() {
    for rows in [150, 450, 1_000] {
        let org = TestOrg::with_counts(&[("Project__c", rows), ("Account", 5)]);
        let by_rest = TestServer::start_reading_by_rest(Database::Sqlite, &[&org]).await;
        let (shown, came) = first_load(&by_rest, &org, &PROJECTS).await;
        assert_near(shown, came, &format!("{rows} by REST"));

        let org = TestOrg::with_counts(&[("Project__c", rows), ("Account", 5)]);
        let server = TestServer::start(Database::Sqlite, &[&org]).await;
        let (shown, came) = first_load(&server, &org, &PROJECTS).await;
        assert_near(shown, came, &format!("{rows} by the better way"));
        assert_eq!(org.calls("bulk_create"), u64::from(rows > 200), "{rows}");
    }
}

/// 800 fields take several queries a page.
#[tokio::test]
async fn the_cost_of_a_wide_sobject_counts_each_part_of_its_pages() {
    for rows in [30, 700] {
        let org = TestOrg::with_counts(&[("Project__c", rows), ("Account", 5)]);
        org.widen_projects(800).await;
        let server = TestServer::start_reading_by_rest(Database::Sqlite, &[&org]).await;

        let (shown, came) = first_load(&server, &org, &PROJECTS).await;

        assert_near(shown, came, &format!("{rows} wide ones"));
    }
}
