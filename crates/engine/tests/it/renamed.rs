//! An org whose My Domain is renamed: calls, log-ins and links follow it, and a token goes to no host but Salesforce's.

use std::net::TcpListener;

use model::{Connection, Outcome};
use orgsim::{FaultKind, FaultSpec};
use store::connections::find_connection;
use store::integrations::find_integration;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{Setup, TestEngine};
use crate::test_org::TestOrg;

on_both!(an_org_that_was_renamed_is_followed);

const RULE: Rule = all("Account").fields(&["Name", "Site"]);

/// The name under which a renamed org is reached here.
fn new_host(org: &TestOrg) -> String {
    org.simulator.base_url().replace("http://127.0.0.1", "localhost")
}

async fn connection(app: &TestEngine) -> Connection {
    let integration = find_integration(app.store(), app.integration).await.unwrap().unwrap();
    find_connection(app.store(), integration.connection_id).await.unwrap().unwrap()
}

async fn an_org_that_was_renamed_is_followed(database: Database) {
    let org = TestOrg::with_records("Account", 60);
    let app = Setup::bulk(database, 20).connect(&org).await;
    app.run_well(&[RULE]).await;
    let old = connection(&app).await;
    org.simulator.rename_my_domain(&new_host(&org));
    org.simulator.reset_counters();

    org.mutate("Account", orgsim::org::Mutation { created: 3, updated: 5, deleted: 1, seed: 7 });
    org.pass_minutes(1);
    app.run_well(&[RULE]).await;
    // One that knows only what the store does, and begins at the new host.
    let (run, rules) = app.start(&[RULE]).await;
    app.drive_with(&app.another(&org)).await;

    assert_eq!(app.end(run, &rules).await.outcome, Outcome::Succeeded);
    app.assert_copy_equals(&org, &RULE).await;
    let new = connection(&app).await;
    let host = format!("http://{}", new_host(&org));
    assert_eq!(old.instance_url, org.simulator.base_url());
    assert_eq!((&new.instance_url, &new.login_host), (&host, &host));
    assert_eq!(org.simulator.counters().token_calls, 1);
}

#[tokio::test]
async fn an_org_that_was_renamed_to_a_foreign_host_is_not_followed() {
    let decoy = TcpListener::bind("127.0.0.1:0").unwrap();
    decoy.set_nonblocking(true).unwrap();
    for host in [decoy.local_addr().unwrap().to_string(), "acme.example".to_owned()] {
        let org = TestOrg::with_records("Account", 20);
        let app = Setup::rest(Database::Sqlite).connect(&org).await;
        org.simulator.rename_my_domain(&host);

        let run = app.run(&[RULE]).await;

        assert_eq!(run.codes(), ["host.invalid"]);
        assert_eq!(connection(&app).await.instance_url, org.simulator.base_url());
    }
    assert!(decoy.accept().is_err(), "somebody called");
}

#[tokio::test]
async fn a_host_that_redirects_though_the_org_is_there_costs_one_renewal() {
    let org = TestOrg::with_records("Account", 20);
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    let location = Some("http://127.0.0.1:1/sign-in".to_owned());
    org.befall(FaultSpec { location, times: 1_000, ..FaultSpec::new(FaultKind::Redirect, "describe") });
    org.simulator.reset_counters();

    for _ in 0..3 {
        assert_eq!(app.run(&[RULE]).await.codes(), ["host.redirected"]);
    }

    assert_eq!(org.simulator.counters().token_calls, 1);
}
