//! Fields and sObjects that come, go, change their type and come back. No table is ever reset.

use engine::{FieldPolicyChange, RuleRequest};
use model::{ColumnState, NewFields, Outcome, Position, ReadKind};
use salesforce::FieldName;
use serde_json::json;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{Setup, TestEngine};
use crate::test_org::{TestOrg, text};
use crate::test_server::TestServer;

on_both!(
    a_new_field_is_filled_for_all_records_by_its_column_alone,
    a_hidden_field_keeps_its_values_and_is_filled_when_it_is_back,
    a_renamed_field_leaves_its_column_and_fills_another,
    types_that_hold_the_old_values_widen,
    a_type_that_cannot_hold_the_old_values_stops_its_sobject_only,
    a_removed_sobject_keeps_its_records,
    a_field_that_vanishes_while_it_is_read_is_left_out,
    a_fill_goes_on_from_its_checkpoint,
    fields_that_are_chosen_in_a_first_load_come_after_it,
    new_fields_wait_for_a_person_where_one_is_asked,
    a_fill_whose_job_fails_goes_on_by_rest,
);

const PROJECTS: Rule = all("Project__c");

/// Neither formulas nor roll-ups among them, so that only what a test does is read again.
const SOME: Rule =
    PROJECTS.fields(&["Name", "Web_Page__c", "Hotline__c", "Weight__c", "Start_Date__c", "Budget__c"]);

/// Entries of the timeline, in the order of words.
fn told(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut told: Vec<_> =
        entries.iter().map(|(kind, field)| ((*kind).to_owned(), (*field).to_owned())).collect();
    told.sort_unstable();
    told
}

/// A later moment, as runs of a server have it: far enough for stamps to be in the next window.
fn later(org: &TestOrg, app: &TestEngine) {
    org.pass_minutes(1);
    app.clock.advance(60_000);
}

async fn a_new_field_is_filled_for_all_records_by_its_column_alone(database: Database) {
    for setup in [Setup::bulk(database, 25), Setup::rest(database)] {
        let org = TestOrg::with_records("Project__c", 60);
        let app = setup.connect(&org).await;
        app.run_well(&[PROJECTS]).await;
        let before = app.synced_at("Project__c").await;

        org.change_fields(json!({"add": [{"name": "Hall__c", "label": "Hall", "like": "Web_Page__c"}]}))
            .await;
        let changed = org.ids("Project__c")[7];
        later(&org, &app);
        org.update("Project__c", &changed, &[("Name", text("Sluice"))]);
        later(&org, &app);
        let run = app.run_well(&[PROJECTS]).await;

        app.assert_copy_equals(&org, &PROJECTS).await;
        // The one that changed, and one column of all.
        assert_eq!((run.counts().rows_read, run.counts().inserted), (61, 0));
        assert_eq!(app.timeline().await, told(&[("field.added", "Hall__c"), ("field.filled", "Hall__c")]));
        let halls = app.column("Project__c", "hall__c").await;
        let after = app.synced_at("Project__c").await;
        let is_right = |(before, after): (&(String, String), &(String, String))| {
            (before.1 != after.1) == (halls[&after.0].is_some() || after.0 == changed.as_str())
        };
        assert!(
            before.iter().zip(&after).all(is_right),
            "a record is written where its value is new, and only there"
        );

        later(&org, &app);
        assert_eq!(app.run_well(&[PROJECTS]).await.counts().updated, 0);
        assert_eq!(app.timeline().await.len(), 2);
    }
}

async fn a_hidden_field_keeps_its_values_and_is_filled_when_it_is_back(database: Database) {
    for setup in [Setup::bulk(database, 25), Setup::rest(database)] {
        for rule in [PROJECTS, SOME] {
            let org = TestOrg::with_records("Project__c", 40);
            let app = setup.connect(&org).await;
            app.run_well(&[rule]).await;
            let before = app.column("Project__c", "web_page__c").await;
            assert!(before.values().any(Option::is_some));

            org.let_user("Project__c.Web_Page__c", "none").await;
            later(&org, &app);
            let ids = org.ids("Project__c");
            org.update(
                "Project__c",
                &ids[3],
                &[("Name", text("Weir")), ("Web_Page__c", text("http://weir.example"))],
            );
            for _ in 0..2 {
                later(&org, &app);
                app.run_well(&[rule]).await;
                assert_eq!(app.column("Project__c", "web_page__c").await, before);
            }
            assert_eq!(app.gone("Project__c").await, []);
            assert_eq!(app.timeline().await, told(&[("field.missing", "Web_Page__c")]));

            org.let_user("Project__c.Web_Page__c", "read").await;
            later(&org, &app);
            app.run_well(&[rule]).await;
            app.assert_copy_equals(&org, &rule).await;
            let entries = [
                ("field.missing", "Web_Page__c"),
                ("field.returned", "Web_Page__c"),
                ("field.filled", "Web_Page__c"),
            ];
            assert_eq!(app.timeline().await, told(&entries));
        }
    }
}

async fn a_renamed_field_leaves_its_column_and_fills_another(database: Database) {
    let org = TestOrg::with_records("Project__c", 40);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[PROJECTS]).await;
    let before = app.column("Project__c", "web_page__c").await;

    org.change_fields(json!({"rename": {"Web_Page__c": "Link__c"}})).await;
    later(&org, &app);
    app.run_well(&[PROJECTS]).await;

    app.assert_live_cells_equal(&org, &PROJECTS).await;
    assert_eq!(app.column("Project__c", "web_page__c").await, before);
    assert_eq!(app.column("Project__c", "link__c").await, before);
    assert_eq!(app.timeline().await, told(&[("field.renamed", "Link__c"), ("field.filled", "Link__c")]));
}

async fn types_that_hold_the_old_values_widen(database: Database) {
    for setup in [Setup::bulk(database, 25), Setup::rest(database)] {
        let org = TestOrg::with_records("Project__c", 40);
        let app = setup.connect(&org).await;
        app.run_well(&[SOME]).await;
        let ids = app.column("Project__c", "name").await;

        let types = json!({
            "Web_Page__c": {"type": "textarea", "length": 131_072},
            "Hotline__c": {"type": "picklist", "length": 255},
            "Weight__c": {"type": "string", "length": 40},
            "Start_Date__c": {"type": "string", "length": 40},
            "Budget__c": {"precision": 18, "scale": 4},
        });
        org.change_fields(json!({"retype": types})).await;
        later(&org, &app);
        let run = app.run_well(&[SOME]).await;

        app.assert_copy_equals(&org, &SOME).await;
        assert_eq!(run.counts().inserted, 0);
        assert_eq!(app.column("Project__c", "name").await, ids);
        let kinds: Vec<_> = app.timeline().await.into_iter().map(|(kind, _)| kind).collect();
        let count = |kind: &str| kinds.iter().filter(|known| *known == kind).count();
        assert_eq!(
            (count("field.retyped"), count("field.resized"), count("field.filled")),
            (4, 1, 5),
            "{kinds:?}"
        );
    }
}

async fn a_type_that_cannot_hold_the_old_values_stops_its_sobject_only(database: Database) {
    let org = TestOrg::with_counts(&[("Project__c", 40), ("Account", 10)]);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[SOME, all("Account")]).await;
    server.finish_run(integration.id).await;
    let rule = rule_of(&server, &integration).await;
    let slug = integration.slug.as_str();
    let table = server.database.records(slug, "Project__c");
    let read = async |column: &str| {
        server.database.rows(&format!("select \"id\", \"{column}\" from {table} order by \"id\"")).await
    };
    let before = read("web_page__c").await;

    org.change_fields(json!({"retype": {"Web_Page__c": {"type": "double", "precision": 18, "scale": 2}}}))
        .await;
    for _ in 0..2 {
        org.pass_minutes(15);
        server.clock.advance(15 * 60_000);
        let run = server.finish_run(integration.id).await;
        let end = run.end.unwrap();
        assert_eq!(end.outcome, Outcome::PartlyDone);
        assert_eq!(end.problem.unwrap().code, "field.retyped");
        assert_eq!(read("web_page__c").await, before);
    }
    assert_eq!(kinds(&server).await, ["field.refused"]);

    // Runs of one millisecond have no order.
    server.clock.advance(1);
    let field: FieldName = "Web_Page__c".parse().unwrap();
    let reader = &server.admin.reader;
    server
        .engine
        .accept_fields(reader, rule, &[field], &engine::Precondition::Unsaid)
        .await
        .unwrap()
        .unwrap();
    let run = server.finish_run(integration.id).await;

    let end = run.end.unwrap();
    assert_eq!(end.outcome, Outcome::Succeeded, "{end:?}");
    assert_eq!(read("web_page__c__was_text").await, before);
    // No address is a number.
    assert!(read("web_page__c").await.iter().all(|row| row[1].is_none()));
    assert_eq!(kinds(&server).await, ["field.accepted", "field.filled", "field.refused", "field.selected"]);
}

async fn a_removed_sobject_keeps_its_records(database: Database) {
    let org = TestOrg::with_counts(&[("Project__c", 40), ("Account", 10)]);
    let app = Setup::rest(database).connect(&org).await;
    let rules = [SOME, all("Account")];
    app.run_well(&rules).await;
    let before = app.column("Project__c", "name").await;
    org.let_user_see_projects("").await;
    for _ in 0..2 {
        later(&org, &app);
        let run = app.run(&rules).await;
        assert_eq!(run.codes(), ["sobject.unknown", ""]);
        assert_eq!(app.column("Project__c", "name").await, before);
    }
    assert_eq!(app.gone("Project__c").await, []);
    assert_eq!(app.timeline().await, told(&[("sobject.missing", "")]));

    org.let_user_see_projects(r#""read","view_all","view_all_fields""#).await;
    later(&org, &app);
    app.run_well(&rules).await;
    assert_eq!(app.timeline().await, told(&[("sobject.missing", ""), ("sobject.returned", "")]));
    app.assert_copy_equals(&org, &SOME).await;
}

async fn a_field_that_vanishes_while_it_is_read_is_left_out(database: Database) {
    let org = TestOrg::with_records("Project__c", 4_500);
    let app = Setup::rest(database).connect(&org).await;
    let (run, rules) = app.start(&[SOME]).await;
    let is_in_the_middle =
        |position: &Position| matches!(position, Position::Keyset(keyset) if keyset.after.is_some());
    org.befall(orgsim::FaultSpec { nth: 3, ..orgsim::FaultSpec::new(orgsim::FaultKind::Stall, "query") });
    app.drop_slice_when(&rules[0], is_in_the_middle).await;
    org.end_faults();

    org.change_fields(json!({"remove": ["Web_Page__c"]})).await;
    app.drive().await;
    let run = app.end(run, &rules).await;

    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.rules);
    // The first page stays, and is not asked for again.
    assert_eq!(run.counts().rows_read, 4_500);
    assert_eq!(app.timeline().await, told(&[("field.missing", "Web_Page__c")]));
    app.assert_live_cells_equal(
        &org,
        &PROJECTS.fields(&["Name", "Hotline__c", "Weight__c", "Start_Date__c", "Budget__c"]),
    )
    .await;
    assert!(app.column("Project__c", "web_page__c").await.values().any(Option::is_some));
}

async fn a_fill_goes_on_from_its_checkpoint(database: Database) {
    let org = TestOrg::with_records("Project__c", 4_500);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[SOME]).await;
    org.change_fields(json!({"add": [{"name": "Hall__c", "like": "Web_Page__c"}]})).await;
    let wider =
        PROJECTS.fields(&["Name", "Hall__c", "Hotline__c", "Weight__c", "Start_Date__c", "Budget__c"]);
    later(&org, &app);

    let (run, rules) = app.start(&[wider]).await;
    let is_in_the_middle = |position: &Position| matches!(position, Position::Keyset(keyset) if keyset.kind == ReadKind::Fields && keyset.after.is_some());
    // What changed, the count, the first page of the column and the second.
    org.befall(orgsim::FaultSpec { nth: 4, ..orgsim::FaultSpec::new(orgsim::FaultKind::Stall, "query") });
    app.drop_slice_when(&rules[0], is_in_the_middle).await;
    org.end_faults();
    let another = app.another(&org);
    app.drive_with(&another).await;
    let run = app.end(run, &rules).await;

    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.rules);
    assert_eq!(run.counts().rows_read, 4_500);
    app.assert_live_cells_equal(&org, &wider).await;
}

async fn fields_that_are_chosen_in_a_first_load_come_after_it(database: Database) {
    let org = TestOrg::with_records("Project__c", 4_500);
    let app = Setup::rest(database).connect(&org).await;
    let (_, rules) = app.start(&[PROJECTS.fields(&["Name"])]).await;
    org.befall(orgsim::FaultSpec { nth: 3, ..orgsim::FaultSpec::new(orgsim::FaultKind::Stall, "query") });
    let is_in_the_middle =
        |position: &Position| matches!(position, Position::Keyset(keyset) if keyset.after.is_some());
    app.drop_slice_when(&rules[0], is_in_the_middle).await;
    org.end_faults();
    let read_before = org.rows_served("Project__c");

    let wider = PROJECTS.fields(&["Name", "Hotline__c"]);
    let (run, rules) = app.start(&[wider]).await;
    app.drive().await;
    let run = app.end(run, &rules).await;

    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.rules);
    app.assert_copy_equals(&org, &wider).await;
    // What was read stays: the rest, and one column of all.
    assert_eq!(org.rows_served("Project__c") - read_before, 2_500 + 4_500);
}

async fn a_fill_whose_job_fails_goes_on_by_rest(database: Database) {
    let org = TestOrg::with_records("Project__c", 60);
    let app = Setup::bulk(database, 25).connect(&org).await;
    app.run_well(&[SOME]).await;
    org.change_fields(json!({"add": [{"name": "Hall__c", "like": "Web_Page__c"}]})).await;
    org.befall(orgsim::FaultSpec { times: 100, ..orgsim::FaultSpec::new(orgsim::FaultKind::BulkFail, "") });
    let wider =
        PROJECTS.fields(&["Name", "Hall__c", "Hotline__c", "Weight__c", "Start_Date__c", "Budget__c"]);
    later(&org, &app);

    app.run_well(&[wider]).await;

    app.assert_live_cells_equal(&org, &wider).await;
    assert_eq!(org.calls("bulk_create"), 2);
}

async fn new_fields_wait_for_a_person_where_one_is_asked(database: Database) {
    let org = TestOrg::with_records("Project__c", 40);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[PROJECTS]).await;
    server.finish_run(integration.id).await;
    let (rule, reader) = (rule_of(&server, &integration).await, &server.admin.reader);
    let policy = FieldPolicyChange { new_fields: Some(NewFields::Ask), ..FieldPolicyChange::default() };
    let request = RuleRequest { policy, ..PROJECTS.request() };
    server.engine.put_rule(reader, integration.id, request).await.unwrap().unwrap();

    org.change_fields(json!({"add": [{"name": "Hall__c", "like": "Web_Page__c"}]})).await;
    org.pass_minutes(15);
    server.clock.advance(15 * 60_000);
    server.finish_run(integration.id).await;
    assert_eq!(kinds(&server).await, ["field.suggested", "field_policy.changed"]);
    assert!(
        !server
            .database
            .columns(integration.slug.as_str(), "Project__c")
            .await
            .contains(&"hall__c".to_owned())
    );

    let (hall, seen) = (["Hall__c".parse().unwrap()], engine::Precondition::Unsaid);
    server.engine.accept_fields(reader, rule, &hall, &seen).await.unwrap().unwrap();
    server.finish_run(integration.id).await;

    let kept = store::find_kept_table(server.store(), &integration, &"Project__c".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let hall = kept.columns.iter().find(|column| column.name == "hall__c").unwrap();
    assert_eq!(hall.state, ColumnState::Filled);
    assert_eq!(
        kinds(&server).await,
        ["field.filled", "field.selected", "field.suggested", "field_policy.changed"]
    );
}

async fn rule_of(server: &TestServer, integration: &model::Integration) -> model::SyncRuleId {
    let rules = store::sync_rules::list_sync_rules(server.store(), integration.id).await.unwrap();
    rules.into_iter().find(|rule| rule.sobject == "Project__c").unwrap().id
}

/// What the timeline tells of fields.
async fn kinds(server: &TestServer) -> Vec<String> {
    let reader = &server.admin.reader;
    let listed = store::timeline::list_timeline(server.store(), reader, None, None, 100).await.unwrap();
    let kinds = listed.into_iter().map(|(entry, _)| entry.kind.to_string());
    let mut kinds: Vec<_> = kinds.filter(|kind| kind.starts_with("field")).collect();
    kinds.sort_unstable();
    kinds
}

#[tokio::test]
async fn the_columns_of_a_table_that_was_shaped_say_what_is_known_of_them() {
    let org = TestOrg::with_records("Project__c", 10);
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    app.run_well(&[SOME]).await;

    let table = app.database.control("record_tables");
    let rows = app.database.rows(&format!("select layout from {table}")).await;
    let columns: Vec<model::KeptColumn> = serde_json::from_str(rows[0][0].as_ref().unwrap()).unwrap();

    assert!(columns.iter().all(|column| column.state == ColumnState::Filled && column.as_of.is_some()));
    let described: Vec<_> = columns.iter().map(|column| column.described.as_str()).collect();
    assert!(described.contains(&"currency(16,2)") && described.contains(&"url(255)"), "{described:?}");
}
