//! Losses that happened to other programs of this kind, by the names that they go by. The one of a missing Accept header
//! stands with the tests of the client.

use model::Outcome;
use orgsim::value::Value;
use orgsim::{FaultKind, FaultSpec};
use serde_json::json;
use store::row_errors::list_row_errors;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::Setup;
use crate::test_org::{TestOrg, text};

on_both!(
    csv_nul,
    csv_utf8_split,
    bulk_multi_page,
    wide_object_600_fields,
    schema_change_never_shrinks_copy,
    fls_grant_offers_backfill,
    each_kind_of_hard_value_arrives_or_is_listed,
);

const PROJECTS: Rule = all("Project__c");

/// U+0000 in CSV ended the parser.
async fn csv_nul(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let id = org.insert("Account", &[("Name", text("a\0b")), ("Description", text("before\0\0after"))]);
    let other = org.insert("Account", &[("Name", text("The record after it"))]);
    org.pass_minutes(1);
    let app = Setup::bulk(database, 2).connect(&org).await;

    app.run_well(&[all("Account")]).await;

    app.assert_copy_equals(&org, &all("Account")).await;
    // By one job, of which no page was asked for twice.
    assert_eq!((org.calls("bulk_create"), org.calls("bulk_results")), (1, 3));
    let names = app.column("Account", "name").await;
    assert_eq!(names[id.as_str()].as_deref(), Some("ab"));
    assert_eq!(names[other.as_str()].as_deref(), Some("The record after it"));
}

/// A character of several bytes was cut at the border of two chunks.
async fn csv_utf8_split(database: Database) {
    let org = TestOrg::with_records("Account", 0);
    // Whatever the size of a chunk, its border falls into one of these.
    for length in 0..400_usize {
        let long = format!("{}{}", "x".repeat(length % 7), "é漢🎉".repeat(120 + length));
        org.insert("Account", &[("Name", text("Kanal")), ("Description", text(&long))]);
    }
    org.pass_minutes(1);
    let rule = all("Account").fields(&["Name", "Description"]);
    for setup in [Setup::bulk(database, 1_000), Setup::rest(database)] {
        let app = setup.connect(&org).await;

        app.run_well(&[rule]).await;

        app.assert_copy_equals(&org, &rule).await;
    }
}

/// Only the first page of a job's results was read.
async fn bulk_multi_page(database: Database) {
    let org = TestOrg::with_records("Account", 1_001);
    let app = Setup::bulk(database, 100).connect(&org).await;

    let run = app.run_well(&[all("Account")]).await;

    assert_eq!(run.counts().rows_read, 1_001);
    assert_eq!(org.calls("bulk_results"), 11);
    app.assert_copy_equals(&org, &all("Account")).await;
}

/// The names of 600 fields made an address that was refused.
async fn wide_object_600_fields(database: Database) {
    let org = TestOrg::with_records("Project__c", 40);
    let fields =
        json!({"name": "A_Name_Of_A_Field_That_Takes_Room_#__c", "like": "Hotline__c", "count": 600});
    org.change_fields(json!({"add": [fields]})).await;
    let app = Setup::rest(database).connect(&org).await;

    app.run_well(&[PROJECTS]).await;

    app.assert_copy_equals(&org, &PROJECTS).await;
}

/// Rows vanished from a copy when the schema changed.
async fn schema_change_never_shrinks_copy(database: Database) {
    let changes = [
        json!({"add": [{"name": "Hall__c", "like": "Web_Page__c"}]}),
        json!({"remove": ["Hall__c"]}),
        json!({"restore": ["Hall__c"]}),
        json!({"rename": {"Hall__c": "Dock__c"}}),
        json!({"retype": {"Weight__c": {"type": "string", "length": 60}}}),
        json!({"retype": {"Hotline__c": {"type": "textarea", "length": 32_000}}}),
        json!({"remove": ["Daily_Stand_Up__c", "Phase__c", "Skills__c"]}),
        json!({"restore": ["Phase__c"]}),
    ];
    for setup in [Setup::bulk(database, 25), Setup::rest(database)] {
        let org = TestOrg::with_records("Project__c", 60);
        let app = setup.connect(&org).await;
        app.run_well(&[PROJECTS]).await;
        for (at, change) in changes.iter().enumerate() {
            org.change_fields(change.clone()).await;
            org.pass_minutes(20);
            app.clock.advance(20 * 60_000);
            org.update("Project__c", &org.ids("Project__c")[at], &[("Name", text("Changed too"))]);
            org.pass_minutes(1);

            app.run_well(&[PROJECTS]).await;

            app.assert_live_cells_equal(&org, &PROJECTS).await;
            assert_eq!(app.gone("Project__c").await, [], "{change}");
        }
    }
}

/// A field that the user could not read came as null, and stayed null for old records once the right was granted.
async fn fls_grant_offers_backfill(database: Database) {
    let org = TestOrg::with_records("Project__c", 60);
    org.let_user("Project__c.Web_Page__c", "none").await;
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[PROJECTS]).await;
    assert!(!app.database.columns("acme", "Project__c").await.contains(&"web_page__c".to_owned()));

    org.let_user("Project__c.Web_Page__c", "read").await;
    org.pass_minutes(20);
    app.clock.advance(20 * 60_000);
    let run = app.run_well(&[PROJECTS]).await;

    app.assert_copy_equals(&org, &PROJECTS).await;
    // One column of all records, and none of them whole.
    assert_eq!((run.counts().rows_read, run.counts().inserted), (60, 0));
    let kinds: Vec<_> = app.timeline().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["field.added", "field.filled"]);
}

/// One value of each kind that is hard to carry, by both ways and in both databases.
async fn each_kind_of_hard_value_arrives_or_is_listed(database: Database) {
    let kinds = [
        ("the longest long text", "Ω".repeat(131_072)),
        ("emoji", "👩‍👩‍👧‍👦 🇩🇪".to_owned()),
        ("line ends", "one\r\ntwo\nthree\rfour".to_owned()),
        ("quotes", "say \"\"hello\"\", \"".to_owned()),
        ("substitute", "a\u{1a}b".to_owned()),
        ("only quotes", "\"\"\"\"".to_owned()),
        ("a byte order mark", "\u{feff}x".to_owned()),
        ("separators", ",;\t|".to_owned()),
    ];
    let org = TestOrg::with_records("Project__c", 2);
    for (name, value) in &kinds {
        let name = [("Name", text(name)), ("Notes__c", text(value))];
        org.insert("Project__c", &name);
    }
    let large = [
        ("Name", text("beyond 2^53")),
        ("Serial_Number__c", Value::Number(9_007_199_254_740_993_i64.into())),
    ];
    org.insert("Project__c", &large);
    org.pass_minutes(1);
    let rule = PROJECTS.fields(&["Name", "Notes__c", "Serial_Number__c"]);
    for setup in [Setup::bulk(database, 3), Setup::rest(database)] {
        let app = setup.connect(&org).await;
        app.run_well(&[rule]).await;
        app.assert_copy_equals(&org, &rule).await;
    }

    // Half of a pair of surrogates is no character: the record is listed, and the others arrive.
    let app = Setup::rest(database).connect(&org).await;
    let record = |id: &str, name: &str| {
        format!(
            r#"{{"attributes":{{"type":"Project__c"}},"Id":"{id}","IsDeleted":false,"Name":"{name}","Notes__c":null,
                "Serial_Number__c":null,"SystemModstamp":"2026-11-01T00:00:00.000+0000"}}"#
        )
    };
    let records = [record("a00000000000001AAA", r"a\ud83db"), record("a00000000000002AAA", r"\ud83c\udf89")];
    org.befall(FaultSpec {
        nth: 2,
        status: Some(200),
        body: Some(format!(r#"{{"totalSize":2,"done":true,"records":[{}]}}"#, records.join(","))),
        ..FaultSpec::new(FaultKind::Status, "query")
    });
    let (run, rules) = app.start(&[rule]).await;
    app.drive().await;
    let run = app.end(run, &rules).await;
    assert_eq!(run.outcome, Outcome::PartlyDone);
    let errors = list_row_errors(app.store(), rules[0].id, 10).await.unwrap();
    let listed: Vec<_> =
        errors.iter().map(|error| (error.record_id.as_str(), error.field.as_str())).collect();
    assert_eq!(listed, [("a00000000000001AAA", "Name")]);
    assert_eq!(app.column("Project__c", "name").await["a00000000000002AAA"].as_deref(), Some("🎉"));
}
