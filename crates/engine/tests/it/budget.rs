//! What is spent of an org's API calls: never more than may be, each call counted, and work goes on afterwards.

use engine::Allowance;
use model::{IntegrationId, Outcome};
use orgsim::{FaultKind, FaultSpec};
use store::budgets::Meter;
use store::sync_runs::list_progress;

use crate::on_both;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_org::TestOrg;
use crate::test_server::{MINUTE_MS, TestServer};

const HOUR_MS: i64 = 60 * MINUTE_MS;

on_both!(
    work_stops_at_the_allotment_and_goes_on_later,
    the_reserve_is_left_to_others,
    an_org_that_refuses_for_its_daily_limit_is_asked_ever_more_rarely,
    one_rule_counts_only_its_own_calls,
);

async fn meter(server: &TestServer, id: IntegrationId) -> Meter {
    server.engine.limits_of(&server.admin.reader, id).await.unwrap().unwrap().1
}

async fn allow(server: &TestServer, id: IntegrationId, allotment: Option<u64>, stop_percent: u64) {
    let allowance = Allowance { allotment, stop_percent };
    server
        .engine
        .set_allowance(&server.admin.reader, id, allowance, &engine::Precondition::Unsaid)
        .await
        .unwrap()
        .unwrap();
}

async fn last_end(server: &TestServer, id: IntegrationId) -> (Outcome, Option<String>) {
    let runs = server.runs(id).await;
    let end = runs[0].end.clone().unwrap();
    (end.outcome, end.problem.map(|problem| problem.code))
}

/// Reads of 5,000 records in three pages, after a describe, a count and the question up to when changes are visible.
async fn work_stops_at_the_allotment_and_goes_on_later(database: Database) {
    let org = TestOrg::with_counts(&[("Contact", 5_000)]);
    let server = TestServer::start_reading_by_rest(database, &[&org]).await;
    let integration = server.connect(&org).await;
    server.put_mapping(integration.id).await;
    allow(&server, integration.id, Some(4), 80).await;
    server.put_rule(integration.id, &all("Contact")).await;
    let before = org.simulator.counters().api_calls;

    let first = server.finish_run(integration.id).await;

    let made = org.simulator.counters().api_calls - before;
    assert_eq!(made, 4);
    assert_eq!(
        last_end(&server, integration.id).await,
        (Outcome::Stopped, Some("limit.allotment".to_owned()))
    );
    let stopped = meter(&server, integration.id).await;
    assert_eq!((stopped.spent, stopped.allotment), (4, Some(4)));
    let until = stopped.refusal.unwrap().until;
    assert!(until > server.clock.now(), "{until}");
    server.assert_read(&first, 2_000).await;

    // Nothing is called before that, however often the schedule looks.
    server.clock.advance(10 * HOUR_MS);
    server.work().await;
    assert_eq!(org.simulator.counters().api_calls - before, 4);
    assert_eq!(server.runs(integration.id).await.len(), 1);

    server.clock.advance(16 * HOUR_MS);
    let second = server.finish_run(integration.id).await;
    assert_eq!(last_end(&server, integration.id).await.0, Outcome::Succeeded);
    server.assert_read(&second, 3_000).await;
    assert_eq!(meter(&server, integration.id).await.spent, org.simulator.counters().api_calls - before - 4);
}

async fn the_reserve_is_left_to_others(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Account")]).await;
    server.finish_run(integration.id).await;
    let used = async |used: u64| org.control("limits", &format!(r#"{{"used":{used},"max":1000}}"#)).await;

    // Another app uses the org up but for the last calls before the reserve.
    used(798).await;
    org.pass_minutes(15);
    server.clock.advance(15 * MINUTE_MS);
    server.finish_run(integration.id).await;
    let told = meter(&server, integration.id).await;
    assert_eq!((told.daily_limit, told.stop_at, told.stop_percent), (1_000, 800, 80));
    assert!(told.used >= 800, "{told:?}");
    assert_eq!(last_end(&server, integration.id).await, (Outcome::Stopped, Some("limit.reserve".to_owned())));

    // One call looks whether there is room again; a person's questions are answered meanwhile.
    let calls = org.simulator.counters().api_calls;
    server.clock.advance(HOUR_MS);
    server.work().await;
    assert_eq!(org.simulator.counters().api_calls, calls + 1);
    let reader = &server.admin.reader;
    let preview = server.engine.preview_rule(reader, integration.id, &all("Contact").request()).await;
    assert!(preview.unwrap().unwrap().count.is_some());

    used(10).await;
    server.clock.advance(2 * HOUR_MS);
    server.finish_run(integration.id).await;
    assert_eq!(last_end(&server, integration.id).await, (Outcome::Succeeded, None));
    assert_eq!(meter(&server, integration.id).await.refusal, None);
}

async fn an_org_that_refuses_for_its_daily_limit_is_asked_ever_more_rarely(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Account"), all("Contact")]).await;
    server.finish_run(integration.id).await;
    // The limit is reached while the org's own count does not show it yet.
    let refuse = FaultSpec {
        times: 1_000,
        code: Some("DAILY_LIMIT".to_owned()),
        ..FaultSpec::new(FaultKind::Error, "")
    };
    org.befall(refuse);

    server.clock.advance(15 * MINUTE_MS);
    server.finish_run(integration.id).await;
    assert_eq!(last_end(&server, integration.id).await, (Outcome::Stopped, Some("limit.daily".to_owned())));
    let played = org.faults_played();
    for _ in 0..24 * 12 {
        server.clock.advance(5 * MINUTE_MS);
        org.pass_minutes(5);
        server.work().await;
    }

    // One at a time and at most one an hour, but for the first.
    let probes = org.faults_played() - played;
    assert!((10..=28).contains(&probes), "{probes}");
    org.end_faults();
    server.clock.advance(2 * HOUR_MS);
    server.finish_run(integration.id).await;
    assert_eq!(last_end(&server, integration.id).await, (Outcome::Succeeded, None));
}

async fn one_rule_counts_only_its_own_calls(database: Database) {
    let org = TestOrg::with_counts(&[("Contact", 5_000), ("Account", 10)]);
    let server = TestServer::start_reading_by_rest(database, &[&org]).await;
    let integration = server.connect(&org).await;
    let before = org.simulator.counters().api_calls;
    server.put_mapping(integration.id).await;
    let contacts = server.put_rule(integration.id, &all("Contact")).await;
    server.put_rule(integration.id, &all("Account")).await;
    let asked = org.simulator.counters().api_calls - before;

    let run = server.finish_run(integration.id).await;

    let progress = list_progress(server.store(), run.id).await.unwrap();
    let mut calls: Vec<_> = progress.iter().map(|rule| rule.counts.calls).collect();
    calls.sort_unstable();
    // A describe, a count and the pages, and for one of them the question up to when changes are visible.
    assert_eq!(calls.iter().sum::<u64>(), org.simulator.counters().api_calls - before - asked);
    assert!(calls[0] < calls[1], "{calls:?}");
    let of_contacts = progress.iter().find(|rule| rule.sync_rule_id == contacts.id).unwrap();
    assert!((5..=6).contains(&of_contacts.counts.calls), "{calls:?}");
    assert_eq!(org.calls("updated"), 1);
    let spent = meter(&server, integration.id).await;
    assert_eq!((spent.spent, spent.ours), (calls.iter().sum(), spent.spent + asked));
}
