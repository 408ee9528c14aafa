//! Runs of a server: when they begin, how they end, and what is left of an integration that is deleted.

use engine::{DataChoice, GrantEnd, Patience, Precondition, Step, run_next};
use model::{Outcome, Position, Problem, RunPhase};
use orgsim::{FaultKind, FaultSpec};
use salesforce::Timestamp;
use store::checkpoints::find_checkpoint;
use store::integrations::find_integration_facts;
use store::sync_runs::{find_open_run, list_progress};

use crate::on_both;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_org::TestOrg;
use crate::test_server::{MINUTE_MS, TestServer};

on_both!(
    the_first_run_begins_with_the_last_missing_piece,
    runs_come_every_fifteen_minutes,
    a_run_that_is_asked_for_twice_is_one,
    a_paused_read_goes_on_from_its_checkpoint,
    another_process_goes_on_with_the_run_of_one_that_died,
    a_rule_that_is_tried_again_says_why_until_it_goes_well,
    a_deleted_integration_keeps_its_records_where_asked,
    a_removed_integration_leaves_nothing,
);

async fn the_first_run_begins_with_the_last_missing_piece(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.connect(&org).await;
    let reader = &server.admin.reader;

    server.put_rule(integration.id, &all("Account")).await;
    server.work().await;
    let early = server.engine.request_run(reader, integration.id).await.unwrap_err();
    assert_eq!(early.problem().code, "integration.incomplete");
    assert_eq!(server.runs(integration.id).await, []);

    server.put_mapping(integration.id).await;
    let run = server.finish_run(integration.id).await;

    assert_eq!(run.end.as_ref().unwrap().outcome, Outcome::Succeeded);
    server.assert_read(&run, 30).await;
}

async fn runs_come_every_fifteen_minutes(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Account"), all("Contact")]).await;
    let first = server.finish_run(integration.id).await;

    server.clock.advance(14 * MINUTE_MS);
    server.work().await;
    assert_eq!(server.runs(integration.id).await.len(), 1);
    org.pass_minutes(15);
    org.insert("Account", &[("Name", orgsim::value::Value::Text("New".into()))]);
    // The org tells its time in whole seconds.
    org.pass_minutes(1);
    server.clock.advance(MINUTE_MS);
    let second = server.finish_run(integration.id).await;
    server.clock.advance(15 * MINUTE_MS);
    server.finish_run(integration.id).await;

    assert_eq!(second.started_at.as_millis() - first.started_at.as_millis(), 15 * MINUTE_MS);
    server.assert_read(&second, 1).await;
    assert_eq!(server.outcomes(integration.id).await, [Some(Outcome::Succeeded); 3]);
}

async fn a_run_that_is_asked_for_twice_is_one(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Account")]).await;
    server.finish_run(integration.id).await;
    let reader = &server.admin.reader;

    server.clock.advance(1);
    let asked = async || server.engine.request_run(reader, integration.id).await.unwrap().unwrap();
    let (one, two, three) = tokio::join!(asked(), asked(), asked());
    let run = server.finish_run(integration.id).await;

    assert_eq!([one.id, two.id, three.id], [run.id; 3]);
    assert_eq!(server.runs(integration.id).await.len(), 2);
}

/// Works until a rule has committed a page and is still being read.
async fn work_into_the_middle(server: &TestServer, rule: &model::SyncRule) {
    for _ in 0..100 {
        run_next(&server.engine, Patience::of_server()).await.unwrap();
        let position = find_checkpoint(server.store(), rule.id).await.unwrap().unwrap_or_default().position;
        if matches!(position, Position::Keyset(keyset) if keyset.after.is_some()) {
            return;
        }
    }
    panic!("the read has no middle");
}

/// An org whose second page does not come: its name, a count and a page are asked for before.
fn org_that_stops() -> TestOrg {
    let org = TestOrg::with_counts(&[("Contact", 5_000)]);
    org.befall(FaultSpec { nth: 4, status: Some(503), ..FaultSpec::new(FaultKind::Status, "query") });
    org
}

async fn a_paused_read_goes_on_from_its_checkpoint(database: Database) {
    let org = org_that_stops();
    let server = TestServer::start_reading_by_rest(database, &[&org]).await;
    let integration = server.connect(&org).await;
    server.put_mapping(integration.id).await;
    let rule = server.put_rule(integration.id, &all("Contact")).await;
    let reader = &server.admin.reader;
    work_into_the_middle(&server, &rule).await;

    let paused = server.engine.pause(reader, integration.id).await.unwrap().unwrap();
    server.clock.advance(60 * MINUTE_MS);
    server.work().await;
    let refused = server.engine.request_run(reader, integration.id).await.unwrap_err();

    assert_eq!(paused.paused_by, Some(reader.user_id()));
    assert_eq!(refused.problem().code, "integration.paused");
    assert_eq!(server.outcomes(integration.id).await, [Some(Outcome::Stopped)]);
    let before = list_progress(server.store(), server.runs(integration.id).await[0].id).await.unwrap();
    let already = before[0].counts.rows_read;
    assert!((2_000..5_000).contains(&already), "{already}");

    org.end_faults();
    server.engine.resume(reader, integration.id).await.unwrap().unwrap();
    let run = server.finish_run(integration.id).await;

    assert_eq!(run.end.as_ref().unwrap().outcome, Outcome::Succeeded);
    server.assert_read(&run, 5_000 - already).await;
}

async fn another_process_goes_on_with_the_run_of_one_that_died(database: Database) {
    let org = org_that_stops();
    let server = TestServer::start_reading_by_rest(database, &[&org]).await;
    let integration = server.connect(&org).await;
    server.put_mapping(integration.id).await;
    let rule = server.put_rule(integration.id, &all("Contact")).await;
    work_into_the_middle(&server, &rule).await;
    let open = find_open_run(server.store(), integration.id).await.unwrap().unwrap();
    org.end_faults();

    let run = server.finish_run_with(&server.another(&org), integration.id).await;

    assert_eq!((run.id, run.end.as_ref().unwrap().outcome), (open.id, Outcome::Succeeded));
    server.assert_read(&run, 5_000).await;
    let progress = list_progress(server.store(), run.id).await.unwrap();
    assert_eq!(progress[0].phase, RunPhase::Finished);
}

async fn a_rule_that_is_tried_again_says_why_until_it_goes_well(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.connect(&org).await;
    server.put_mapping(integration.id).await;
    server.put_rule(integration.id, &all("Account")).await;
    org.befall(FaultSpec {
        times: 1_000,
        status: Some(503),
        ..FaultSpec::new(FaultKind::Status, "describe")
    });
    let since = Timestamp::from_millis(0);
    let told = async || {
        let facts = find_integration_facts(server.store(), &server.admin.reader, integration.id, since).await;
        let facts = facts.unwrap().unwrap();
        let run = facts.current_run.or(facts.last_run).unwrap();
        let code = |problem: &Option<Problem>| problem.as_ref().map(|problem| problem.code.clone());
        let (_, progress) = &run.rules[0];
        (
            run.run.end.is_some(),
            code(&progress.retried_for),
            code(&facts.rules[0].trouble.clone().map(|(_, problem)| problem)),
        )
    };

    server.work().await;
    let while_tried = told().await;
    org.end_faults();
    server.clock.advance(5 * MINUTE_MS);
    run_next(&server.engine, Patience::of_server()).await.unwrap();
    let gone_well = told().await;
    let run = server.finish_run(integration.id).await;

    let problem = Some("org.unavailable".to_owned());
    assert_eq!(while_tried, (false, problem.clone(), problem));
    assert_eq!((gone_well.1, gone_well.2), (None, None));
    assert_eq!(run.end.unwrap().outcome, Outcome::Succeeded);
    assert_eq!(told().await, (true, None, None));
}

async fn a_deleted_integration_keeps_its_records_where_asked(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Account")]).await;
    server.finish_run(integration.id).await;
    let reader = &server.admin.reader;

    let deleted = server
        .engine
        .delete_integration(reader, integration.id, DataChoice::Keep, &Precondition::Unsaid)
        .await
        .unwrap();

    assert_eq!(deleted.unwrap().grant, GrantEnd::Revoked);
    assert_eq!(server.count(&server.database.records("acme", "Account")).await, 30);
    assert_eq!(server.engine.deletion_of(reader, integration.id).await.unwrap(), None);
    server.clock.advance(60 * MINUTE_MS);
    server.work().await;
    assert_eq!(server.runs(integration.id).await.len(), 1);
    // The org is free again; its name in SQL is not.
    assert_eq!(server.connect(&org).await.slug.as_str(), "acme_2");
}

async fn a_removed_integration_leaves_nothing(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Account")]).await;
    server.finish_run(integration.id).await;
    let reader = &server.admin.reader;
    server.engine.request_run(reader, integration.id).await.unwrap();
    let asked = server.engine.deletion_of(reader, integration.id).await.unwrap().unwrap();
    assert_eq!((asked.rows, asked.sobjects, asked.revokes_grant), (30, 1, true));
    org.befall(FaultSpec { status: Some(503), ..FaultSpec::new(FaultKind::Status, "revoke") });

    let deleted = server
        .engine
        .delete_integration(reader, integration.id, DataChoice::Remove, &Precondition::Unsaid)
        .await
        .unwrap();

    let deleted = deleted.unwrap();
    assert_eq!((deleted.rows_removed, deleted.grant), (30, GrantEnd::Pending));
    server.clock.advance(MINUTE_MS);
    server.work().await;
    for table in ["connections", "integrations", "sync_rules", "sync_runs", "record_tables", "field_mappings"]
    {
        assert_eq!(server.count(&server.database.control(table)).await, 0, "{table}");
    }
    assert_eq!(server.database.columns("acme", "Account").await, Vec::<String>::new());
    assert_eq!(server.connect(&org).await.slug.as_str(), "acme");
}

#[tokio::test]
async fn a_rule_is_checked_against_the_org_before_it_is_saved() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let integration = server.connect(&org).await;
    let reader = &server.admin.reader;
    let put = async |rule: crate::rules::Rule| {
        let saved = server.engine.put_rule(reader, integration.id, rule.request()).await;
        saved.map(|_| ()).map_err(|error| error.problem().code)
    };

    assert_eq!(put(all("Nothing__c")).await, Err("sobject.unknown"));
    assert_eq!(put(all("Account").fields(&["Name", "Nothing__c"])).await, Err("field.unknown"));
    assert_eq!(put(all("Account").only("Nothing__c = 1")).await, Err("field.unknown"));
    assert_eq!(put(all("Contact").only("Account.Nothing__c = 1")).await, Err("field.unknown"));
    assert_eq!(put(all("Contact").only("Account.Owner.Name = 'Ada'")).await, Ok(()));
    org.befall(FaultSpec { delay_ms: Some(10_000), ..FaultSpec::new(FaultKind::Stall, "describe") });
    assert_eq!(put(all("Opportunity")).await, Err("org.slow"));
}

#[tokio::test]
async fn a_server_ends_a_run_by_itself() {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(engine::serve_work(server.engine.clone(), async {
        let _ = stopped.await;
    }));

    let integration = server.activate(&org, &[all("Account"), all("Contact")]).await;
    let run = crate::test_engine::until(async || {
        server.runs(integration.id).await.into_iter().find(|run| run.end.is_some())
    })
    .await;

    assert_eq!(run.end.unwrap().outcome, Outcome::Succeeded);
    stop.send(()).unwrap();
    serving.await.unwrap();
    assert_ne!(run_next(&server.engine, Patience::of_server()).await.unwrap(), Step::Done);
}
