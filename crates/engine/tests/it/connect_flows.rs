//! Connecting an org through its consent page.

use engine::{Callback, NewConnect};
use model::{
    ConnectFlowStatus, ConnectPurpose, ConnectionStatus, Environment, IntegrationId, Outcome, Role,
    TimelineKind,
};
use orgsim::{FaultKind, FaultSpec};
use secrecy::{ExposeSecret, SecretString};
use store::connections::{find_connection, find_tokens};
use store::timeline::list_timeline;

use crate::browser::decide;
use crate::on_both;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_engine::until;
use crate::test_org::TestOrg;
use crate::test_server::{MINUTE_MS, TestServer, begin, come_back};

on_both!(
    a_person_connects_an_org,
    deny_leaves_nothing,
    a_flow_given_up_during_the_exchange_gives_the_grant_back,
    a_state_is_good_once_and_for_ten_minutes,
    only_the_browser_that_began_may_come_back,
    an_org_is_connected_once,
    a_reconnect_changes_only_the_grant,
    a_reconnect_serves_all_that_read_by_the_connection,
    a_reconnect_to_another_org_is_refused,
    a_flow_that_nobody_confirms_gives_its_grant_back,
);

async fn refresh_token_of(server: &TestServer, id: IntegrationId) -> SecretString {
    let integration = store::integrations::find_integration(server.store(), id).await.unwrap().unwrap();
    find_tokens(server.store(), integration.connection_id).await.unwrap().unwrap().refresh_token.unwrap()
}

/// How many grants were given back: the calls of an org's revoke endpoint that it answered well.
pub(crate) fn revocations(org: &TestOrg) -> usize {
    let log = org.simulator.log(1_000);
    log.iter().filter(|entry| entry.path.contains("oauth2/revoke") && entry.status == Some(200)).count()
}

fn new(name: &str) -> ConnectPurpose {
    ConnectPurpose::New { name: name.to_owned(), group_id: None }
}

async fn a_person_connects_an_org(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let reader = &server.admin.reader;

    let started = server.begin_new("ACME (main)").await;
    let callback = decide(&org, &started.authorize_url, "allow").await;
    let flow = server.come_back(&started, callback).await.unwrap();

    assert_eq!((flow.status, &flow.problem), (ConnectFlowStatus::Authorized, &None));
    let found = flow.found.clone().unwrap();
    assert_eq!(found.organization_id.as_str(), org.simulator.start_line().org_id);
    assert_eq!(found.username, org.simulator.start_line().username);
    assert!(!found.name.is_empty() && !found.edition.is_empty(), "{found:?}");

    let integration = server.engine.confirm_connect(reader, flow.id).await.unwrap().unwrap();
    let again = server.engine.confirm_connect(reader, flow.id).await.unwrap().unwrap();

    assert_eq!((integration.slug.as_str(), &*integration.name), ("acme_main", "ACME (main)"));
    assert_eq!(again, integration);
    let flow = server.engine.find_connect_flow(reader, flow.id).await.unwrap().unwrap();
    assert_eq!((flow.status, flow.integration_id), (ConnectFlowStatus::Finished, Some(integration.id)));
    let connection = find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
    assert_eq!(connection.status, ConnectionStatus::Connected);
    assert_eq!(connection.username, org.simulator.start_line().username);
    assert!(org.accepts(&refresh_token_of(&server, integration.id).await).await);
    assert_eq!(revocations(&org), 0);
}

async fn deny_leaves_nothing(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let calls = org.simulator.counters().token_calls;

    let started = server.begin_new("ACME").await;
    let callback = decide(&org, &started.authorize_url, "deny").await;
    let flow = server.come_back(&started, callback).await.unwrap();

    assert_eq!(flow.status, ConnectFlowStatus::Failed);
    assert_eq!(flow.problem.unwrap().code, "connect.declined");
    assert_eq!(org.simulator.counters().token_calls, calls);
    let confirmed = server.engine.confirm_connect(&server.admin.reader, flow.id).await;
    assert_eq!(confirmed.unwrap_err().problem().code, "connect.expired");
    assert_eq!(server.count(&server.database.control("connections")).await, 0);
}

async fn a_flow_given_up_during_the_exchange_gives_the_grant_back(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let reader = &server.admin.reader;
    let started = server.begin_new("ACME").await;
    let callback = decide(&org, &started.authorize_url, "allow").await;
    org.befall(FaultSpec { delay_ms: Some(1_500), ..FaultSpec::new(FaultKind::Stall, "oauth2/token") });

    let give_up = async {
        // Earlier there is nothing that Salesforce could have granted.
        until(async || (org.faults_played() == 1).then_some(())).await;
        server.engine.cancel_connect(reader, started.flow.id).await.unwrap().unwrap();
    };
    let (flow, ()) = tokio::join!(server.come_back(&started, callback), give_up);

    assert_eq!(flow.unwrap().status, ConnectFlowStatus::Cancelled);
    assert_eq!(revocations(&org), 1);
    assert_eq!(server.count(&server.database.control("connections")).await, 0);
}

async fn a_state_is_good_once_and_for_ten_minutes(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;

    let used = server.begin_new("ACME").await;
    let callback = decide(&org, &used.authorize_url, "allow").await;
    server.come_back(&used, callback.clone()).await.unwrap();
    let calls = org.simulator.counters().token_calls;
    let again = server.come_back(&used, callback).await.unwrap_err();
    let late = server.begin_new("ACME").await;
    let callback = decide(&org, &late.authorize_url, "allow").await;
    server.clock.advance(10 * MINUTE_MS);
    let too_late = server.come_back(&late, callback.clone()).await.unwrap_err();
    let unknown = Callback { state: Some("0".repeat(64)), ..callback.clone() };
    let unknown = server.come_back(&late, unknown).await.unwrap_err();
    let stateless = server.come_back(&late, Callback { state: None, ..callback.clone() }).await.unwrap_err();
    let both = Callback { error: Some("access_denied".to_owned()), ..callback };
    let both = server.come_back(&late, both).await.unwrap_err();

    assert_eq!((again.status, again.problem.code), (400, "connect.expired"));
    assert_eq!((too_late.status, too_late.problem.code), (400, "connect.expired"));
    assert_eq!((unknown.status, unknown.problem.code), (400, "connect.expired"));
    assert_eq!((stateless.status, stateless.problem.code), (400, "connect.malformed"));
    assert_eq!((both.status, both.problem.code), (400, "connect.malformed"));
    assert_eq!(org.simulator.counters().token_calls, calls);
    let first = server.engine.find_connect_flow(&server.admin.reader, used.flow.id).await.unwrap().unwrap();
    assert_eq!(first.status, ConnectFlowStatus::Authorized);
    let late = server.engine.find_connect_flow(&server.admin.reader, late.flow.id).await.unwrap().unwrap();
    assert_eq!(late.status, ConnectFlowStatus::Expired);
}

async fn only_the_browser_that_began_may_come_back(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let other = server.sign_in(Role::Admin).await;
    let calls = org.simulator.counters().token_calls;

    let started = server.begin_new("ACME").await;
    let callback = decide(&org, &started.authorize_url, "allow").await;
    let engine = &server.engine;
    let mine = Some((server.admin.session, &server.admin.reader));
    let wrong_token = SecretString::from("0".repeat(64));
    let refusals = [
        engine.finish_connect(callback.clone(), None, mine).await.unwrap_err(),
        engine.finish_connect(callback.clone(), Some(&wrong_token), mine).await.unwrap_err(),
        engine.finish_connect(callback.clone(), Some(&started.browser_token), None).await.unwrap_err(),
        come_back(engine, &other, &started, callback.clone()).await.unwrap_err(),
    ];

    for refused in refusals {
        assert_eq!((refused.status, refused.problem.code), (403, "connect.other_browser"));
    }
    assert_eq!(org.simulator.counters().token_calls, calls);
    assert_eq!(engine.find_connect_flow(&other.reader, started.flow.id).await.unwrap(), None);
    let flow = server.come_back(&started, callback).await.unwrap();
    assert_eq!(flow.status, ConnectFlowStatus::Authorized);
}

async fn an_org_is_connected_once(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;

    let integration = server.connect(&org).await;
    let flow = server.walk(&org, new("ACME again")).await;

    assert_eq!(flow.status, ConnectFlowStatus::Failed);
    assert_eq!(flow.problem.unwrap().code, "org.duplicate");
    assert_eq!(flow.existing_integration_id, Some(integration.id));
    assert_eq!(revocations(&org), 1);
    assert!(org.accepts(&refresh_token_of(&server, integration.id).await).await);
    assert_eq!(server.count(&server.database.control("connections")).await, 1);
}

async fn a_reconnect_changes_only_the_grant(database: Database) {
    let org = TestOrg::with_records("Account", 30);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.activate(&org, &[all("Account")]).await;
    server.finish_run(integration.id).await;
    let old = refresh_token_of(&server, integration.id).await;
    org.simulator.revoke_approvals();
    server.clock.advance(1);
    let refused = server.engine.request_run(&server.admin.reader, integration.id).await.unwrap().unwrap();
    let failed = server.finish_run(integration.id).await;
    assert_eq!((refused.id, failed.end.unwrap().outcome), (failed.id, Outcome::Failed));
    server.clock.advance(30 * MINUTE_MS);
    server.work().await;
    assert_eq!(server.runs(integration.id).await.len(), 2);

    let flow = server.walk(&org, ConnectPurpose::Reconnect { integration_id: integration.id }).await;
    let run = server.finish_run(integration.id).await;

    assert_eq!((flow.status, &flow.problem), (ConnectFlowStatus::Finished, &None));
    assert_eq!(run.end.as_ref().unwrap().outcome, Outcome::Succeeded);
    // It goes on from the checkpoint: only the overlap could be read again.
    server.assert_read(&run, 0).await;
    assert_ne!(refresh_token_of(&server, integration.id).await.expose_secret(), old.expose_secret(),);
    assert!(!org.accepts(&old).await);
    assert!(org.accepts(&refresh_token_of(&server, integration.id).await).await);

    let live = refresh_token_of(&server, integration.id).await;
    server.walk(&org, ConnectPurpose::Reconnect { integration_id: integration.id }).await;

    assert!(!org.accepts(&live).await);
}

async fn a_reconnect_serves_all_that_read_by_the_connection(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let first = server.activate(&org, &[all("Account")]).await;
    let second =
        server.engine.add_integration(&server.admin.reader, first.connection_id, ("Second", None)).await;
    let second = second.unwrap().unwrap();
    server.put_mapping(second.id).await;
    server.put_rule(second.id, &all("Account")).await;
    for id in [first.id, second.id] {
        server.finish_run(id).await;
    }
    org.simulator.revoke_approvals();
    // Both schedules find the grant dead, and end.
    server.clock.advance(30 * MINUTE_MS);
    server.work().await;
    server.clock.advance(30 * MINUTE_MS);
    server.work().await;
    let before = server.runs(second.id).await.len();

    server.walk(&org, ConnectPurpose::Reconnect { integration_id: first.id }).await;
    server.work().await;

    assert_eq!(server.runs(second.id).await.len(), before + 1);
    let told = list_timeline(server.store(), &server.admin.reader, Some(second.id), None, 1).await.unwrap();
    assert_eq!(told[0].0.kind, TimelineKind::ConnectionRestored);
}

async fn a_reconnect_to_another_org_is_refused(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let other = TestOrg::start(orgsim::SimulatorConfig { seed: 7, ..Default::default() });
    let server = TestServer::start(database, &[&org, &other]).await;
    let integration = server.connect(&org).await;
    let old = refresh_token_of(&server, integration.id).await;
    let engine = server.another(&other);
    let line = other.simulator.start_line();

    let request = NewConnect {
        purpose: ConnectPurpose::Reconnect { integration_id: integration.id },
        environment: Environment::Simulated,
        host: None,
        app: Some((line.client_id.clone(), Some(line.client_secret.clone().into()))),
        session: server.admin.session,
        is_another_user: false,
    };
    let started = engine.start_connect(&server.admin.reader, request).await.unwrap().unwrap();
    let callback = decide(&other, &started.authorize_url, "allow").await;
    let flow = come_back(&engine, &server.admin, &started, callback).await.unwrap();

    assert_eq!(flow.status, ConnectFlowStatus::Failed, "{:?}", flow.problem);
    assert_eq!(flow.problem.unwrap().code, "org.mismatch");
    assert_eq!((revocations(&org), revocations(&other)), (0, 1));
    let kept = refresh_token_of(&server, integration.id).await;
    assert_eq!(kept.expose_secret(), old.expose_secret());
    assert!(org.accepts(&kept).await);
}

async fn a_flow_that_nobody_confirms_gives_its_grant_back(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let reader = &server.admin.reader;

    let cancelled = server.walk(&org, new("ACME")).await;
    server.engine.cancel_connect(reader, cancelled.id).await.unwrap().unwrap();
    let forgotten = server.walk(&org, new("ACME")).await;
    server.clock.advance(31 * MINUTE_MS);
    server.work().await;

    assert_eq!(revocations(&org), 2);
    let status =
        async |id| server.engine.find_connect_flow(reader, id).await.unwrap().map(|flow| flow.status);
    assert_eq!(status(cancelled.id).await, Some(ConnectFlowStatus::Cancelled));
    assert_eq!(status(forgotten.id).await, Some(ConnectFlowStatus::Expired));

    server.clock.advance(25 * 60 * MINUTE_MS);
    server.work().await;

    assert_eq!(server.count(&server.database.control("connect_flows")).await, 0);
    assert_eq!(server.count(&server.database.control("work")).await, 0);
}

#[tokio::test]
async fn an_instance_url_elsewhere_is_called_by_nobody() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    org.befall(orgsim::FaultSpec {
        location: Some("https://evil.example".to_owned()),
        ..orgsim::FaultSpec::new(orgsim::FaultKind::InstanceUrl, "")
    });

    let flow = server.walk(&org, new("ACME")).await;

    assert_eq!(flow.status, ConnectFlowStatus::Failed);
    assert_eq!(flow.problem.unwrap().code, "host.invalid");
    assert_eq!(revocations(&org), 1);
}

#[tokio::test]
async fn only_hosts_of_salesforce_may_be_signed_in_at() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    for host in [
        "acme.my.salesforce.com.evil.com",
        "localhost",
        org.simulator.base_url(),
        "169.254.169.254",
        "evilmy.salesforce.com",
        "https://acme.my.salesforce.com/x",
        "acme.lightning.force.com",
        "",
    ] {
        let request = NewConnect {
            purpose: new("ACME"),
            environment: Environment::Custom,
            host: Some(host.to_owned()),
            app: Some(("3MVG".to_owned(), None)),
            session: server.admin.session,
            is_another_user: false,
        };
        let refused = server.engine.start_connect(&server.admin.reader, request).await.unwrap_err();
        assert_eq!(refused.problem().code, "host.invalid", "{host}");
    }
    assert_eq!(server.count(&server.database.control("connect_flows")).await, 0);
}

#[tokio::test]
async fn what_a_flow_holds_is_not_in_the_database() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;

    let started = begin(&server.engine, &server.admin, new("ACME")).await;
    let callback = decide(&org, &started.authorize_url, "allow").await;
    let state = callback.state.clone().unwrap();
    server.come_back(&started, callback).await.unwrap();

    let flows = server.database.control("connect_flows");
    let columns = "hex(state_hash) || hex(browser_hash) || hex(code_verifier) || hex(sealed_grant)";
    let rows = server.database.rows(&format!("select {columns} from {flows}")).await;
    let stored = rows[0][0].clone().unwrap().to_ascii_lowercase();
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let secret = &org.simulator.start_line().client_secret;
    for secret in [&state, started.browser_token.expose_secret(), secret] {
        assert!(!stored.contains(&hex(secret)) && !stored.contains(secret));
    }
}
