//! sObjects whose fields do not fit into one query, and by which API they are read.

use model::{Outcome, SweepMode};
use orgsim::value::Value;
use orgsim::{FaultKind, FaultSpec};
use store::row_errors::list_row_errors;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{SLUG, Setup};
use crate::test_org::{TestOrg, text};
use crate::test_server::TestServer;

on_both!(
    an_sobject_of_800_fields_is_copied_by_parts,
    a_record_that_changes_between_two_parts_is_read_again,
    an_opened_record_of_800_fields_is_read_by_parts_in_one_call,
    a_wide_record_that_the_copy_lacks_is_healed_by_parts,
    all_records_with_long_texts_that_the_copy_lacks_are_healed,
    a_record_too_wide_for_a_row_is_listed_and_the_others_arrive,
    what_bulk_refuses_is_not_asked_of_it_again,
);

const PROJECTS: Rule = all("Project__c");

async fn wide_org(records: u32) -> TestOrg {
    let org = TestOrg::with_records("Project__c", records);
    org.widen_projects(800).await;
    org
}

async fn an_sobject_of_800_fields_is_copied_by_parts(database: Database) {
    for setup in [Setup::bulk(database, 25), Setup::rest(database)] {
        let org = wide_org(40).await;
        let app = setup.connect(&org).await;
        app.run_well(&[PROJECTS]).await;
        app.assert_copy_equals(&org, &PROJECTS).await;

        org.pass_minutes(60);
        app.clock.advance(60 * 60_000);
        let ids = org.ids("Project__c");
        for id in &ids[..30] {
            org.update("Project__c", id, &[("A_Rather_Long_Name_As_People_Like_Them_777__c", text("1"))]);
        }
        org.delete("Project__c", &ids[31]);
        org.pass_minutes(1);
        let run = app.run_well(&[PROJECTS]).await;

        app.assert_copy_equals(&org, &PROJECTS).await;
        assert_eq!((run.counts().rows_read, run.counts().updated, run.counts().gone), (30, 30, 1));
    }
}

async fn a_record_that_changes_between_two_parts_is_read_again(database: Database) {
    let org = wide_org(20).await;
    let app = Setup::rest(database).connect(&org).await;
    let id = org.ids("Project__c")[4];
    // The count, the first part, and a second part in which one record is older and the others are missing.
    let record = format!(
        r#"{{"attributes":{{"type":"Project__c"}},"Id":"{id}","SystemModstamp":"2020-01-01T00:00:00.000+0000"}}"#
    );
    org.befall(FaultSpec {
        nth: 3,
        status: Some(200),
        body: Some(format!(r#"{{"totalSize":1,"done":true,"records":[{record}]}}"#)),
        ..FaultSpec::new(FaultKind::Status, "query")
    });

    let run = app.run_well(&[PROJECTS]).await;

    assert_eq!(org.faults_played(), 1);
    assert_eq!((run.counts().rows_read, run.counts().inserted), (20, 20));
    app.assert_copy_equals(&org, &PROJECTS).await;
}

async fn an_opened_record_of_800_fields_is_read_by_parts_in_one_call(database: Database) {
    let org = wide_org(20).await;
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[PROJECTS]).await;
    server.finish_run(integration.id).await;
    let id = org.ids("Project__c")[4];
    org.pass_minutes(1);
    let last = "A_Rather_Long_Name_As_People_Like_Them_777__c";
    org.update("Project__c", &id, &[("Name", text("Quay")), (last, text("Opened"))]);
    org.simulator.reset_counters();

    let (reader, sobject) = (&server.admin.reader, "Project__c".parse().unwrap());
    let id = id.to_string();
    let opened =
        server.engine.refresh_record(reader, integration.id, &sobject, id.parse().unwrap()).await.unwrap();

    assert!(matches!(opened, Some(engine::Refreshed::Live(_))), "{opened:?}");
    assert_eq!(org.simulator.counters().api_calls, 1);
    let table = server.database.records("acme", "Project__c");
    let sql = format!("select \"name\", \"{}\" from {table} where \"id\" = '{id}'", last.to_lowercase());
    assert_eq!(server.database.rows(&sql).await, [[Some("Quay".to_owned()), Some("Opened".to_owned())]]);
}

async fn a_wide_record_that_the_copy_lacks_is_healed_by_parts(database: Database) {
    let org = wide_org(20).await;
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[PROJECTS]).await;
    org.pass_minutes(60);
    app.clock.advance(60 * 60_000);
    let id = org.ids("Project__c")[4];
    let table = app.database.records(SLUG, "Project__c");
    app.database.rows(&format!("delete from {table} where \"id\" = '{id}'")).await;

    let (run, end) = app.sweep(&PROJECTS, SweepMode::Heal).await;

    assert_eq!((run.outcome, end.counts.healed), (Outcome::Succeeded, 1));
    app.assert_copy_equals(&org, &PROJECTS).await;
}

/// An answer holds 200 of them, however many are asked for by their ids.
async fn all_records_with_long_texts_that_the_copy_lacks_are_healed(database: Database) {
    let org = TestOrg::with_records("Project__c", 300);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[PROJECTS]).await;
    org.pass_minutes(60);
    app.clock.advance(60 * 60_000);
    let table = app.database.records(SLUG, "Project__c");
    app.database.rows(&format!("delete from {table}")).await;

    let (run, end) = app.sweep(&PROJECTS, SweepMode::Heal).await;

    assert_eq!((run.outcome, end.counts.missing, end.counts.healed), (Outcome::Succeeded, 300, 300));
    app.assert_copy_equals(&org, &PROJECTS).await;
}

/// A row of PostgreSQL has 8 KiB, out of which only values of more than 24 bytes can move.
async fn a_record_too_wide_for_a_row_is_listed_and_the_others_arrive(database: Database) {
    let names: Vec<_> =
        (1..=800).map(|at| format!("A_Rather_Long_Name_As_People_Like_Them_{at}__c")).collect();
    for setup in [Setup::bulk(database, 25), Setup::rest(database)] {
        let org = wide_org(30).await;
        let full: Vec<_> = names.iter().map(|name| (name.as_str(), text("0123456789 012345678"))).collect();
        let id = org.insert("Project__c", &full);
        org.pass_minutes(1);
        let app = setup.connect(&org).await;

        let run = app.run(&[PROJECTS]).await;

        assert_eq!(run.counts().rows_read, 31);
        let errors = list_row_errors(app.store(), run.rules[0].sync_rule_id, 10).await.unwrap();
        let listed: Vec<_> =
            errors.iter().map(|error| (error.record_id.as_str(), error.code.as_str())).collect();
        if database == Database::Sqlite {
            assert_eq!(listed, []);
            app.assert_copy_equals(&org, &PROJECTS).await;
            continue;
        }
        assert_eq!((run.outcome, run.counts().rejected), (Outcome::PartlyDone, 1));
        assert_eq!(listed, [(id.as_str(), "row.too_wide")]);

        // A change that leaves it fewer values heals it.
        let fewer: Vec<_> = names.iter().skip(100).map(|name| (name.as_str(), Value::Null)).collect();
        org.update("Project__c", &id, &fewer);
        org.pass_minutes(1);
        app.run_well(&[PROJECTS]).await;
        app.assert_copy_equals(&org, &PROJECTS).await;
        assert_eq!(list_row_errors(app.store(), run.rules[0].sync_rule_id, 10).await.unwrap(), []);
    }
}

async fn what_bulk_refuses_is_not_asked_of_it_again(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    let app = Setup::bulk(database, 25).connect(&org).await;
    org.refuse_bulk();

    for rule in [all("Account"), all("Account").only("Name != 'x'"), all("Account")] {
        app.run_well(&[rule]).await;
        app.assert_copy_equals(&org, &rule).await;
    }

    assert_eq!(org.calls("bulk_create"), 1);
}
