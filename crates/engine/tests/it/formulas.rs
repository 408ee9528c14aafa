//! Fields that change without a new stamp: formulas, roll-ups, and what behaves so.

use engine::{FieldPolicyChange, RuleRequest};
use model::FieldSelection;
use orgsim::value::Value;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::Setup;
use crate::test_org::{TestOrg, text};
use crate::test_server::TestServer;

on_both!(
    formulas_and_roll_ups_are_read_again_once_a_day,
    formulas_follow_the_records_that_they_look_at,
    a_field_that_is_called_volatile_is_read_again_too,
);

const PROJECTS: Rule = all("Project__c");
const DAY_MINUTES: i64 = 24 * 60;

async fn formulas_and_roll_ups_are_read_again_once_a_day(database: Database) {
    for setup in [Setup::bulk(database, 25), Setup::rest(database)] {
        let org = TestOrg::with_counts(&[("Project__c", 40), ("Milestone__c", 60), ("Account", 10)]);
        let app = setup.connect(&org).await;
        app.run_well(&[PROJECTS]).await;
        let project = org.ids("Project__c")[5];
        let milestone = [
            ("Name", text("Gate")),
            ("Project__c", Value::Id(project)),
            ("Cost__c", Value::Number(12.into())),
        ];
        org.pass_minutes(60);
        app.clock.advance(60 * 60_000);
        org.insert("Milestone__c", &milestone);

        org.pass_minutes(1);
        let soon = app.run_well(&[PROJECTS]).await;
        assert!(soon.counts().rows_read < 40);

        org.pass_minutes(DAY_MINUTES);
        app.clock.advance(DAY_MINUTES * 60_000);
        let run = app.run_well(&[PROJECTS]).await;

        app.assert_copy_equals(&org, &PROJECTS).await;
        assert_eq!((run.counts().rows_read, run.counts().inserted, run.counts().gone), (40, 0, 0));
        assert!(run.counts().updated > 0);
    }
}

async fn formulas_follow_the_records_that_they_look_at(database: Database) {
    let org = TestOrg::with_counts(&[("Project__c", 60), ("Account", 10)]);
    let app = Setup::rest(database).connect(&org).await;
    let rule = PROJECTS.fields(&["Name", "Label__c", "Account__c"]);
    app.run_well(&[rule]).await;
    org.pass_minutes(60);
    app.clock.advance(60 * 60_000);

    let account = org.ids("Account")[2];
    org.update("Account", &account, &[("Name", text("Another name"))]);
    org.pass_minutes(1);
    let run = app.run_well(&[rule]).await;

    app.assert_copy_equals(&org, &rule).await;
    let labels = app.column("Project__c", "label__c").await;
    let named = labels.values().flatten().filter(|label| label.ends_with("Another name")).count() as u64;
    assert!(named > 0);
    assert_eq!((run.counts().rows_read, run.counts().updated), (named, named));

    // The overlap brings them once more, and then no more.
    for updated in [0, 0] {
        org.pass_minutes(60);
        app.clock.advance(60 * 60_000);
        assert_eq!(app.run_well(&[rule]).await.counts().updated, updated);
    }
    org.pass_minutes(60);
    app.clock.advance(60 * 60_000);
    assert_eq!(app.run_well(&[rule]).await.counts().rows_read, 0);
}

async fn a_field_that_is_called_volatile_is_read_again_too(database: Database) {
    let org = TestOrg::with_records("Project__c", 40);
    let server = TestServer::start(database, &[&org]).await;
    let rule = PROJECTS.fields(&["Name", "Hotline__c"]);
    let integration = server.activate(&org, &[rule]).await;
    server.finish_run(integration.id).await;
    let reader = &server.admin.reader;
    let volatile = |name: &str| {
        let policy = FieldPolicyChange {
            volatile_fields: Some(vec![name.parse().unwrap()]),
            refresh_ms: Some(2 * 3_600_000),
            ..FieldPolicyChange::default()
        };
        RuleRequest { policy, ..rule.request() }
    };
    // Nothing is saved of a rule that is refused.
    let refused = RuleRequest { fields: FieldSelection::All, ..volatile("Nothing__c") };
    let unknown = server.engine.put_rule(reader, integration.id, refused).await;
    assert_eq!(unknown.unwrap_err().problem().code, "field.unknown");
    let rules = store::sync_rules::list_sync_rules(server.store(), integration.id).await.unwrap();
    assert_ne!(rules[0].fields, FieldSelection::All);
    server.engine.put_rule(reader, integration.id, volatile("Hotline__c")).await.unwrap().unwrap();

    // As some fields of Salesforce's own change: without a stamp.
    let id = org.ids("Project__c")[3];
    let stamp = stamp_of(&org, &id);
    org.update_at("Project__c", &id, &[("Hotline__c", text("+49 30 1"))], stamp);
    let hotline = async || {
        let table = server.database.records(integration.slug.as_str(), "Project__c");
        let sql = format!("select \"hotline__c\" from {table} where \"id\" = '{id}'");
        server.database.rows(&sql).await[0][0].clone()
    };
    org.pass_minutes(60);
    server.clock.advance(60 * 60_000);
    server.finish_run(integration.id).await;
    assert_ne!(hotline().await.as_deref(), Some("+49 30 1"));

    org.pass_minutes(61);
    server.clock.advance(61 * 60_000);
    server.finish_run(integration.id).await;
    assert_eq!(hotline().await.as_deref(), Some("+49 30 1"));
}

fn stamp_of(org: &TestOrg, id: &orgsim::id::RecordId) -> i64 {
    let sobject = org.sobject("Project__c");
    let view = org.simulator.org().read();
    let row = view.find(sobject, id).unwrap();
    match view.value(sobject, &row, sobject.field("SystemModstamp").unwrap()) {
        Value::DateTime(ms) => ms,
        other => panic!("{other:?} is no stamp"),
    }
}
