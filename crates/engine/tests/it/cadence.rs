//! Which rules a run reads and when, and what people ask of runs.

use engine::Retried;
use model::{Cadence, Outcome};
use orgsim::value::Value;
use orgsim::{FaultKind, FaultSpec};
use store::checkpoints::find_checkpoint;
use store::row_errors::list_row_errors;
use store::sync_rules::list_sync_rules;
use store::sync_runs::list_progress;

use crate::on_both;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_org::{TestOrg, text};
use crate::test_server::{MINUTE_MS, TestServer};

on_both!(
    each_rule_has_its_own_cadence,
    a_long_read_does_not_keep_other_rules_from_being_read,
    a_reload_reads_everything_and_takes_nothing_away_before_its_end,
    a_cancelled_run_goes_on_from_its_checkpoint_in_the_next,
);

async fn every(server: &TestServer, id: model::IntegrationId, sobject: &'static str, minutes: u64) {
    let cadence = Some(Cadence::from_seconds(60 * minutes).unwrap());
    let request = engine::RuleRequest { cadence, ..all(sobject).request() };
    server.engine.put_rule(&server.admin.reader, id, request).await.unwrap().unwrap();
}

/// How many runs read each of two rules, in the order of their names.
async fn reads(server: &TestServer, id: model::IntegrationId) -> Vec<usize> {
    let rules = list_sync_rules(server.store(), id).await.unwrap();
    let mut counts = vec![0; rules.len()];
    for run in server.runs(id).await {
        for progress in list_progress(server.store(), run.id).await.unwrap() {
            counts[rules.iter().position(|rule| rule.id == progress.sync_rule_id).unwrap()] += 1;
        }
    }
    counts
}

async fn each_rule_has_its_own_cadence(database: Database) {
    let org = TestOrg::with_counts(&[("Account", 10), ("Contact", 10)]);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.connect(&org).await;
    server.put_mapping(integration.id).await;
    every(&server, integration.id, "Account", 5).await;
    every(&server, integration.id, "Contact", 30).await;

    server.finish_run(integration.id).await;
    for _ in 0..12 {
        server.clock.advance(5 * MINUTE_MS);
        server.finish_run(integration.id).await;
    }

    assert_eq!(reads(&server, integration.id).await, [13, 3]);
}

async fn a_long_read_does_not_keep_other_rules_from_being_read(database: Database) {
    let org = TestOrg::with_counts(&[("Account", 10), ("Contact", 10)]);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Account"), all("Contact")]).await;
    server.finish_run(integration.id).await;
    // Contacts cannot be described for hours.
    let stuck = FaultSpec {
        times: 100_000,
        status: Some(503),
        ..FaultSpec::new(FaultKind::Status, "/sobjects/Contact/describe")
    };
    org.befall(stuck);

    for _ in 0..60 {
        server.clock.advance(MINUTE_MS);
        server.work().await;
    }

    assert_eq!(reads(&server, integration.id).await, [5, 2]);
    let accounts = server.outcomes(integration.id).await;
    assert_eq!(accounts.iter().filter(|outcome| **outcome == Some(Outcome::Succeeded)).count(), 4);
    org.end_faults();
    server.clock.advance(10 * MINUTE_MS);
    server.finish_run(integration.id).await;
    assert!(server.outcomes(integration.id).await.iter().all(|outcome| *outcome == Some(Outcome::Succeeded)));
}

async fn a_reload_reads_everything_and_takes_nothing_away_before_its_end(database: Database) {
    let org = TestOrg::with_counts(&[("Contact", 4_500)]);
    let server = TestServer::start_reading_by_rest(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Contact")]).await;
    server.finish_run(integration.id).await;
    let table = server.database.records("acme", "Contact");
    let rule = store::sync_rules::list_sync_rules(server.store(), integration.id).await.unwrap().remove(0);
    server.clock.advance(1);
    org.befall(FaultSpec {
        nth: 4,
        times: 50,
        status: Some(503),
        ..FaultSpec::new(FaultKind::Status, "query")
    });

    let run = server.engine.reload_rule(&server.admin.reader, rule.id).await.unwrap().unwrap();
    server.work().await;
    let during = server.count(&format!("{table} where \"_gone_at\" is null")).await;
    org.end_faults();
    let ended = server.finish_run(integration.id).await;

    assert_eq!((run.id, during), (ended.id, 4_500));
    assert_eq!(ended.end.as_ref().unwrap().outcome, Outcome::Succeeded);
    server.assert_read(&ended, 4_500).await;
    let progress = list_progress(server.store(), run.id).await.unwrap();
    assert_eq!((progress[0].counts.unchanged, progress[0].counts.gone), (4_500, 0));
    assert!(find_checkpoint(server.store(), rule.id).await.unwrap().unwrap().complete_until.is_some());
}

async fn a_cancelled_run_goes_on_from_its_checkpoint_in_the_next(database: Database) {
    let org = TestOrg::with_counts(&[("Contact", 4_500)]);
    org.befall(FaultSpec {
        nth: 4,
        times: 50,
        status: Some(503),
        ..FaultSpec::new(FaultKind::Status, "query")
    });
    let server = TestServer::start_reading_by_rest(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Contact")]).await;
    let reader = &server.admin.reader;
    server.work().await;
    let run = server.runs(integration.id).await.remove(0);

    let cancelled = server.engine.cancel_run(reader, run.id).await.unwrap().unwrap();
    let again = server.engine.cancel_run(reader, run.id).await.unwrap().unwrap();
    org.end_faults();
    server.work().await;

    assert_eq!(cancelled.end.as_ref().unwrap().outcome, Outcome::Stopped);
    assert_eq!((&again, server.runs(integration.id).await.len()), (&cancelled, 1));
    let already = list_progress(server.store(), run.id).await.unwrap()[0].counts.rows_read;
    assert!((2_000..4_500).contains(&already), "{already}");
    server.clock.advance(15 * MINUTE_MS);
    let next = server.finish_run(integration.id).await;
    server.assert_read(&next, 4_500 - already).await;
}

#[tokio::test]
async fn failed_records_alone_are_read_again() {
    let org = TestOrg::with_records("Account", 300);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let integration = server.activate(&org, &[all("Account").fields(&["Name", "Site"])]).await;
    let ids: Vec<_> = org.ids("Account").into_iter().take(120).collect();
    for id in &ids {
        org.update("Account", id, &[("Name", text("Ac\0me"))]);
    }
    org.pass_minutes(1);
    server.finish_run(integration.id).await;
    let rule = &list_sync_rules(server.store(), integration.id).await.unwrap()[0];
    let failed = async || list_row_errors(server.store(), rule.id, 500).await.unwrap().len();
    assert_eq!(failed().await, 120);
    for id in &ids[..100] {
        org.update("Account", id, &[("Name", text("Mended"))]);
    }
    server.clock.advance(MINUTE_MS);
    let before = org.simulator.counters().api_calls;
    let account = "Account".parse().unwrap();
    let reader = &server.admin.reader;
    let retry =
        async |code| server.engine.retry_failed(reader, integration.id, &account, code).await.unwrap();

    let nothing = retry("value.unreadable").await;
    let first = retry("text.nul").await;

    assert_eq!(nothing, Some(Retried::Read { tried: 0, mended: 0 }));
    assert_eq!(first, Some(Retried::Read { tried: 120, mended: 100 }));
    assert_eq!(org.simulator.counters().api_calls - before, 1);
    assert_eq!(failed().await, 20);
    let table = server.database.records("acme", "Account");
    let mended = format!("select count(*) from {table} where \"name\" = 'Mended'");
    assert_eq!(server.database.rows(&mended).await, [[Some("100".to_owned())]]);
    server.engine.pause(reader, integration.id).await.unwrap();
    let paused = server.engine.retry_failed(reader, integration.id, &account, "text.nul").await;
    assert!(matches!(paused, Err(engine::Error::Paused)), "{paused:?}");
}

#[tokio::test]
async fn an_opened_record_is_read_live_with_its_children() {
    let org = TestOrg::with_counts(&[("Account", 20), ("Contact", 60)]);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let integration = server.activate(&org, &[all("Account"), all("Contact")]).await;
    server.finish_run(integration.id).await;
    let reader = &server.admin.reader;
    let account = org.ids("Account")[0];
    org.pass_minutes(1);
    org.update("Account", &account, &[("Name", text("Renamed"))]);
    let child = org.insert("Contact", &[("LastName", text("Lovelace")), ("AccountId", Value::Id(account))]);
    let before = org.simulator.counters().api_calls;
    let (sobject, id) = ("Account".parse().unwrap(), account.to_string().parse().unwrap());
    let open =
        async || server.engine.refresh_record(reader, integration.id, &sobject, id).await.unwrap().unwrap();

    let seen = tokio::join!(open(), open(), open(), open());
    let once_more = open().await;

    for refreshed in [&seen.0, &seen.1, &seen.2, &seen.3, &once_more] {
        assert!(matches!(refreshed, engine::Refreshed::Live(_)), "{refreshed:?}");
    }
    assert_eq!(org.simulator.counters().api_calls - before, 1);
    let stored = async |sobject: &str, id: &str, column: &str| {
        let table = server.database.records("acme", sobject);
        let sql = format!("select {column}, \"_source\" from {table} where \"id\" = '{id}'");
        server.database.rows(&sql).await.remove(0)
    };
    let open_row = |value: &str| vec![Some(value.to_owned()), Some("open".to_owned())];
    assert_eq!(stored("Account", &account.to_string(), "\"name\"").await, open_row("Renamed"));
    assert_eq!(stored("Contact", &child.to_string(), "\"lastname\"").await, open_row("Lovelace"));

    // Deleted and opened again.
    org.pass_minutes(1);
    org.delete("Account", &account);
    server.clock.advance(MINUTE_MS);
    open().await;
    assert_eq!(stored("Account", &account.to_string(), "\"_gone_why\"").await[0].as_deref(), Some("deleted"));
    let table = server.database.control("gone_evidence");
    let sql = format!("select evidence from {table} where record_id = '{account}' and why = 'deleted'");
    assert_eq!(server.database.rows(&sql).await, [[Some("recycle_bin".to_owned())]]);

    // One that the org does not show is not called live, and nothing says that it is gone.
    let purged = org.ids("Account")[0];
    org.delete("Account", &purged);
    org.control("records", &format!(r#"{{"sobject": "Account", "op": "purge", "ids": ["{purged}"]}}"#)).await;
    let purged_id = purged.to_string().parse().unwrap();
    let opened = server.engine.refresh_record(reader, integration.id, &sobject, purged_id).await.unwrap();
    let Some(engine::Refreshed::Stored(problem)) = opened else { panic!("{opened:?}") };
    assert_eq!(problem.code, "record.not_shown");
    assert_eq!(stored("Account", &purged.to_string(), "\"_gone_why\"").await[0], None);

    // An org that takes no more calls today shows the stored copy, and so does one that does not answer in time.
    server.clock.advance(MINUTE_MS);
    let code = Some("REQUEST_LIMIT_EXCEEDED".to_owned());
    org.befall(FaultSpec { code, ..FaultSpec::new(FaultKind::Error, "composite") });
    let engine::Refreshed::Stored(problem) = open().await else { panic!("no call was left") };
    assert!(problem.code.starts_with("limit."), "{problem:?}");
    server.clock.advance(MINUTE_MS);
    org.befall(FaultSpec { delay_ms: Some(60_000), ..FaultSpec::new(FaultKind::Delay, "composite") });
    let engine::Refreshed::Stored(problem) = open().await else { panic!("nothing was answered") };
    assert_eq!(problem.code, "org.slow");
}
