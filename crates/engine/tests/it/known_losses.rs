//! Losses that happened to other connectors, by the names that they are listed under: those of reading and connecting.

use model::ConnectPurpose;
use orgsim::value::Value;
use orgsim::{FaultKind, FaultSpec, SimulatorConfig};

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{SLUG, Setup, TestEngine};
use crate::test_org::{TestOrg, config, text};
use crate::test_server::TestServer;

on_both!(
    late_visible_modstamp,
    a_transaction_of_eight_hours,
    a_transaction_that_ends_while_pages_are_read,
    a_transaction_that_ends_between_the_two_looks_at_a_filter,
    modstamp_tie_larger_than_page,
    paging_without_total_order,
    rotation_persisted_before_use,
    refresh_host_is_grant_host,
    one_grant_shared_by_n_integrations,
    bulk_accept_header,
);

const MINUTE_MS: i64 = 60_000;
const NAMES: Rule = all("Account").fields(&["Name", "Site"]);

/// An org whose refresh tokens work once, and whose approval ends where an old one is presented.
fn strict_org() -> TestOrg {
    TestOrg::start(SimulatorConfig {
        rotate_refresh_tokens: true,
        revoke_family_on_reuse: true,
        ..config(&[("Account", 40)])
    })
}

/// How many rows the table has, and how many ids.
async fn rows_and_ids(app: &TestEngine) -> (String, String) {
    let table = app.database.records(SLUG, "Account");
    let sql = format!("select count(*), count(distinct \"id\") from {table} where \"_gone_at\" is null");
    let row = app.database.rows(&sql).await.remove(0);
    (row[0].clone().unwrap(), row[1].clone().unwrap())
}

async fn late_visible_modstamp(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[NAMES]).await;
    let ids = org.ids("Account");

    // Committed nine minutes after its stamp, when a read has been past it.
    org.pass_minutes(9);
    app.run_well(&[NAMES]).await;
    org.update_at("Account", &ids[3], &[("Site", text("Quay 9"))], org.now_ms() - 9 * MINUTE_MS);
    org.pass_minutes(1);
    app.run_well(&[NAMES]).await;
    app.assert_copy_equals(&org, &NAMES).await;

    // Written by a transaction that is open for an hour, over several reads.
    let change = r#"{"sobject":"Account","op":"create","fields":{"Name":"Late"}}"#;
    org.control("transactions", &format!(r#"{{"changes":[{change}],"ends_in_ms":3600000}}"#)).await;
    for minutes in [20, 25, 20, 15] {
        org.pass_minutes(minutes);
        app.run_well(&[NAMES]).await;
    }
    app.assert_copy_equals(&org, &NAMES).await;
}

/// It is open for longer than checkpoints are held back, and ends by day, when no sweep is due.
async fn a_transaction_of_eight_hours(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let app = Setup::rest(database).connect(&org).await;
    let pass = async |minutes: i64| {
        org.pass_minutes(minutes);
        app.clock.advance(minutes * MINUTE_MS);
        app.run_well(&[NAMES]).await;
    };
    pass(1).await;
    pass(9 * 60).await;
    let change = r#"{"sobject":"Account","op":"create","fields":{"Name":"Late"}}"#;
    org.control("transactions", &format!(r#"{{"changes":[{change}],"ends_in_ms":28800000}}"#)).await;
    for _ in 0..8 {
        pass(62).await;
    }
    assert_eq!(app.column("Account", "name").await.len(), 30);

    pass(15).await;
    pass(15).await;

    app.assert_copy_equals(&org, &NAMES).await;
    assert_eq!(app.column("Account", "name").await.len(), 31);
}

/// What it wrote shows neither to the pages that came before its end nor to who asks about open transactions afterwards.
async fn a_transaction_that_ends_while_pages_are_read(database: Database) {
    for last_call_before_its_end in ["updated", "/query"] {
        let org = TestOrg::with_records("Account", 30);
        let app = Setup::rest(database).connect(&org).await;
        app.run_well(&[NAMES]).await;
        let change = r#"{"sobject":"Account","op":"create","fields":{"Name":"Late"}}"#;
        org.control("transactions", &format!(r#"{{"changes":[{change}],"ends_in_ms":3600000}}"#)).await;
        org.pass_minutes(59);
        app.clock.advance(59 * MINUTE_MS);
        let two_minutes = Some(2 * MINUTE_MS as u64);
        let ends = FaultSpec::new(FaultKind::Later, last_call_before_its_end);
        org.befall(FaultSpec { delay_ms: two_minutes, ..ends });

        app.run_well(&[NAMES]).await;
        assert_eq!(org.faults_played(), 1);
        org.pass_minutes(20);
        app.clock.advance(20 * MINUTE_MS);
        app.run_well(&[NAMES]).await;

        app.assert_copy_equals(&org, &NAMES).await;
    }
}

/// A record that never left the filter is not taken for one that did, not even until the next read.
async fn a_transaction_that_ends_between_the_two_looks_at_a_filter(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let filtered = NAMES.only("Name != 'Nobody'");
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[filtered]).await;
    let (stays, leaves) = (org.ids("Account")[3], org.ids("Account")[4]);
    let change = |id, fields: &str| {
        format!(r#"{{"sobject":"Account","op":"update","ids":["{id}"],"fields":{fields}}}"#)
    };
    let changes = [change(stays, r#"{"Site":"Quay 9"}"#), change(leaves, r#"{"Name":"Nobody"}"#)].join(",");
    org.control("transactions", &format!(r#"{{"changes":[{changes}],"ends_in_ms":3600000}}"#)).await;
    org.pass_minutes(59);
    app.clock.advance(59 * MINUTE_MS);
    let two_minutes = Some(2 * MINUTE_MS as u64);
    org.befall(FaultSpec { nth: 2, delay_ms: two_minutes, ..FaultSpec::new(FaultKind::Later, "/query") });

    app.run_well(&[filtered]).await;

    assert_eq!(org.faults_played(), 1);
    assert_eq!(app.gone("Account").await, [(leaves.to_string(), "filtered".to_owned(), None)]);
    org.pass_minutes(20);
    app.clock.advance(20 * MINUTE_MS);
    app.run_well(&[filtered]).await;
    app.assert_copy_equals(&org, &filtered).await;
}

async fn modstamp_tie_larger_than_page(database: Database) {
    let org = TestOrg::with_records("Account", 2_600);
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[NAMES]).await;
    let at_ms = org.now_ms();
    for id in org.ids("Account").iter().take(2_500) {
        org.update_at("Account", id, &[("Site", text("Quay"))], at_ms);
    }
    org.pass_minutes(1);
    org.simulator.reset_counters();
    // Two pages and a count between them are enough: who asks for the same page again and again is stopped.
    org.befall(FaultSpec {
        nth: 4,
        times: 1_000,
        status: Some(400),
        body: Some(r#"[{"errorCode":"MALFORMED_QUERY","message":"once more the same"}]"#.to_owned()),
        ..FaultSpec::new(FaultKind::Status, "query")
    });

    let run = app.run_well(&[NAMES]).await;

    app.assert_copy_equals(&org, &NAMES).await;
    assert_eq!((run.counts().rows_read, run.counts().updated), (2_500, 2_500));
    assert_eq!(org.calls("query"), 3);
}

async fn paging_without_total_order(database: Database) {
    let org = TestOrg::with_records("Account", 4_300);
    // In the order of their stamps, the last records come first.
    for (at, id) in org.ids("Account").iter().enumerate().skip(3_000) {
        let site = [("Site", Value::owned_text(format!("Quay {at}")))];
        org.update_at("Account", id, &site, org.now_ms() - 400 * 86_400_000 - at as i64 * MINUTE_MS);
    }
    let app = Setup::rest(database).connect(&org).await;

    for rule in [NAMES, NAMES.only("Name != null"), NAMES] {
        let run = app.run_well(&[rule]).await;

        app.assert_live_cells_equal(&org, &rule).await;
        assert_eq!(run.counts().rows_read, 4_300);
        assert_eq!(rows_and_ids(&app).await, ("4300".to_owned(), "4300".to_owned()));
    }
}

async fn rotation_persisted_before_use(database: Database) {
    let org = strict_org();
    let app = Setup::rest(database).connect(&org).await;
    org.simulator.reset_counters();

    for _ in 0..3 {
        org.simulator.expire_sessions();
        // The first call with the new token gets no answer, and the next process knows only what was stored.
        org.befall(FaultSpec { nth: 2, times: 4, ..FaultSpec::new(FaultKind::Reset, "/services/data/") });
        let (run, rules) = app.start(&[NAMES]).await;
        let first = app.another(&org);
        let _ = engine::run_next(&first, engine::Patience::of_server()).await.unwrap();
        drop(first);
        org.end_faults();
        app.clock.advance(10 * MINUTE_MS);
        app.drive_with(&app.another(&org)).await;
        assert_eq!(app.end(run, &rules).await.codes(), [""]);
    }

    assert_eq!((org.simulator.counters().refreshes, org.simulator.counters().refresh_reuses), (3, 0));
    app.assert_copy_equals(&org, &NAMES).await;
}

async fn refresh_host_is_grant_host(database: Database) {
    let (production, sandbox) = (TestOrg::with_records("Account", 5), strict_org());
    let app = Setup::rest(database).connect(&sandbox).await;
    [&production, &sandbox].iter().for_each(|org| org.simulator.reset_counters());
    sandbox.simulator.expire_sessions();

    app.run_well(&[NAMES]).await;

    assert_eq!(sandbox.simulator.counters().refreshes, 1);
    assert_eq!(production.simulator.counters().token_calls, 0);
    app.assert_copy_equals(&sandbox, &NAMES).await;
}

async fn one_grant_shared_by_n_integrations(database: Database) {
    let org = TestOrg::with_records("Account", 5);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[NAMES]).await;
    server.finish_run(integration.id).await;

    // Somebody walks through the consent page six more times. A seventh approval that stayed would end the first.
    for number in 0..6 {
        server.walk(&org, ConnectPurpose::New { name: format!("ACME {number}"), group_id: None }).await;
    }
    org.simulator.expire_sessions();
    org.update("Account", &org.ids("Account")[0], &[("Site", text("Quay"))]);
    org.pass_minutes(16);
    server.clock.advance(16 * MINUTE_MS);
    let run = server.finish_run(integration.id).await;

    assert_eq!(run.end.unwrap().outcome, model::Outcome::Succeeded);
    assert_eq!(server.count(&server.database.control("connections")).await, 1);
}

async fn bulk_accept_header(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let app = Setup::bulk(database, 10).connect(&org).await;

    app.run_well(&[NAMES]).await;

    let log = org.simulator.log(200);
    let accepts: Vec<_> = log
        .iter()
        .filter(|entry| entry.kind == "bulk_results")
        .map(|entry| entry.accept.as_deref())
        .collect();
    assert_eq!(accepts, [Some("text/csv"); 3]);
    app.assert_copy_equals(&org, &NAMES).await;
}
