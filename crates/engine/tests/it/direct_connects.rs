//! Connecting an org without a consent page: the app signs in by itself.

use engine::{CheckPart, CheckState, DirectGrant, NewDirectConnect};
use model::{ConnectFlow, ConnectFlowStatus, ConnectPurpose, Environment, GrantKind, Integration, Outcome};
use orgsim::{FaultKind, FaultSpec, SimulatorConfig};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::connections::{find_connection, find_private_key, find_tokens};

use crate::on_both;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_org::{TestOrg, config};
use crate::test_server::TestServer;

on_both!(
    an_app_with_a_key_connects_and_syncs,
    an_app_with_its_secret_connects_and_syncs,
    a_sign_in_with_a_key_is_connected_again_with_what_it_has,
    a_connection_that_another_user_takes_over_is_compared,
);

fn org_with_key() -> TestOrg {
    TestOrg::start(SimulatorConfig { jwt_key: true, ..config(&[("Account", 3)]) })
}

fn key_of(org: &TestOrg) -> SecretString {
    std::fs::read_to_string(org.simulator.start_line().jwt_key_file.as_ref().unwrap()).unwrap().into()
}

fn with_key(org: &TestOrg) -> DirectGrant {
    let username = Some(org.simulator.start_line().username.clone());
    DirectGrant::JwtBearer { username, private_key: Some(key_of(org)) }
}

fn new() -> ConnectPurpose {
    ConnectPurpose::New { name: "ACME".to_owned(), group_id: None }
}

async fn connect(server: &TestServer, purpose: ConnectPurpose, grant: DirectGrant) -> ConnectFlow {
    let request =
        NewDirectConnect { purpose, environment: Environment::Simulated, host: None, app: None, grant };
    server.engine.connect_directly(&server.admin.reader, request).await.unwrap().unwrap()
}

async fn activate(server: &TestServer, grant: DirectGrant) -> Integration {
    let flow = connect(server, new(), grant).await;
    assert_eq!(flow.status, ConnectFlowStatus::Authorized, "{:?}", flow.problem);
    let confirmed = server.engine.confirm_connect(&server.admin.reader, flow.id).await;
    let integration = confirmed.unwrap().unwrap();
    server.put_mapping(integration.id).await;
    server.put_rule(integration.id, &all("Account")).await;
    integration
}

async fn generation_of(server: &TestServer, integration: &Integration) -> u64 {
    find_tokens(server.store(), integration.connection_id).await.unwrap().unwrap().generation
}

/// A run, and a check after its session has ended.
async fn assert_works(org: &TestOrg, server: &TestServer, integration: &Integration) {
    let run = server.finish_run(integration.id).await;
    assert_eq!(run.end.unwrap().outcome, Outcome::Succeeded);
    org.simulator.expire_sessions();
    let first = generation_of(server, integration).await;

    let check = server.engine.check_connection(&server.admin.reader, integration.id).await.unwrap().unwrap();

    for line in &check.lines {
        // An app of the simulated org may open pages too.
        let expected = if line.part == CheckPart::Scopes { CheckState::Warning } else { CheckState::Fine };
        assert_eq!(line.state, expected, "{line:?}");
    }
    assert!(generation_of(server, integration).await > first);
}

async fn an_app_with_a_key_connects_and_syncs(database: Database) {
    let org = org_with_key();
    let server = TestServer::start(database, &[&org]).await;

    let integration = activate(&server, with_key(&org)).await;

    let connection = find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
    assert_eq!(connection.grant, GrantKind::JwtBearer);
    assert_eq!(connection.username, org.simulator.start_line().username);
    let kept = find_private_key(server.store(), connection.id).await.unwrap().unwrap();
    assert_eq!(kept.expose_secret(), key_of(&org).expose_secret());
    assert_works(&org, &server, &integration).await;
}

async fn an_app_with_its_secret_connects_and_syncs(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;

    let integration = activate(&server, DirectGrant::ClientCredentials).await;

    let connection = find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
    assert_eq!(connection.grant, GrantKind::ClientCredentials);
    assert!(find_tokens(server.store(), connection.id).await.unwrap().unwrap().refresh_token.is_none());
    assert_works(&org, &server, &integration).await;
}

/// Another user sees other records, so that all are compared, and nothing is taken for gone for that.
async fn a_connection_that_another_user_takes_over_is_compared(database: Database) {
    let org = org_with_key();
    let server = TestServer::start(database, &[&org]).await;
    let integration = activate(&server, with_key(&org)).await;
    server.finish_run(integration.id).await;
    let again = ConnectPurpose::Reconnect { integration_id: integration.id };
    let own = org.simulator.org().user_id();
    let other = org.ids("User").into_iter().find(|id| *id != own).unwrap();
    let username = org.text("User", &other, "Username");
    org.control("sign-in", &json!({"pre_authorized": [username]}).to_string()).await;

    let same = connect(&server, again.clone(), with_key(&org)).await;
    let swept_for_same = wanted_sweeps(&server).await;
    let key = Some(key_of(&org));
    let sign_in = DirectGrant::JwtBearer { username: Some(username.clone()), private_key: key };
    let flow = connect(&server, again.clone(), sign_in.clone()).await;
    let reader = &server.admin.reader;
    let change = server.engine.find_user_change(reader, flow.id).await.unwrap().unwrap();

    assert_eq!((same.status, swept_for_same), (ConnectFlowStatus::Finished, 0));
    // Nothing is another before somebody has seen the difference.
    assert_eq!(flow.status, ConnectFlowStatus::Authorized, "{:?}", flow.problem);
    let user = async || {
        let connection = find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
        connection.username
    };
    let before = user().await;
    assert_eq!((&change.before, &change.after), (&before, &username));
    assert_eq!(wanted_sweeps(&server).await, 0);
    server.engine.cancel_connect(reader, flow.id).await.unwrap().unwrap();
    assert_eq!(user().await, before);
    assert_works(&org, &server, &integration).await;

    let flow = connect(&server, again, sign_in).await;
    let confirmed = server.engine.confirm_connect(reader, flow.id).await.unwrap().unwrap();
    let twice = server.engine.confirm_connect(reader, flow.id).await.unwrap().unwrap();

    assert_eq!((confirmed.id, twice.id), (integration.id, integration.id));
    assert_eq!(user().await, username);
    assert_eq!(server.engine.find_user_change(reader, flow.id).await.unwrap(), None);
    assert_eq!(wanted_sweeps(&server).await, 1);
    let table = server.database.control("timeline");
    let told = server
        .database
        .rows(&format!(
            "select value_after from {table} where kind = 'connection.restored' and value_before is not null"
        ))
        .await;
    assert_eq!(told, [[Some(username)]]);
}

async fn wanted_sweeps(server: &TestServer) -> i64 {
    server.count(&format!("{} where mode is not null", server.database.control("sweep_schedules"))).await
}

async fn a_sign_in_with_a_key_is_connected_again_with_what_it_has(database: Database) {
    let org = org_with_key();
    let server = TestServer::start(database, &[&org]).await;
    let integration = activate(&server, with_key(&org)).await;
    let again = ConnectPurpose::Reconnect { integration_id: integration.id };
    let what_it_has = DirectGrant::JwtBearer { username: None, private_key: None };

    org.control("sign-in", &json!({"app": "blocked"}).to_string()).await;
    let refused = connect(&server, again.clone(), what_it_has.clone()).await;
    org.control("sign-in", &json!({"app": "installed"}).to_string()).await;
    let with_key = connect(&server, again.clone(), what_it_has).await;
    let with_secret = connect(&server, again, DirectGrant::ClientCredentials).await;

    assert_eq!(refused.problem.unwrap().code, "app.blocked");
    for flow in [with_key, with_secret] {
        assert_eq!(flow.status, ConnectFlowStatus::Finished, "{:?}", flow.problem);
        assert_eq!(flow.integration_id, Some(integration.id));
    }
    let connection = find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
    assert_eq!(connection.grant, GrantKind::ClientCredentials);
    // The key went with the grant that it made.
    assert!(find_private_key(server.store(), connection.id).await.unwrap().is_none());
    assert_works(&org, &server, &integration).await;
}

/// What Salesforce may refuse an app with a key, and what is said of it.
#[tokio::test]
async fn each_refusal_of_an_app_that_signs_in_is_named() {
    let refused = |error: &str, description: &str| {
        let body = json!({"error": error, "error_description": description}).to_string();
        FaultSpec {
            times: 1,
            status: Some(400),
            body: Some(body),
            ..FaultSpec::new(FaultKind::Status, "token")
        }
    };
    let org = org_with_key();
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    for (error, description, expected) in [
        ("invalid_grant", "user hasn't approved this consumer", "app.not_approved"),
        ("invalid_app_access", "user is not admin approved to access this app", "app.not_allowed"),
        ("invalid_grant", "user is not admin approved to access this app", "app.not_allowed"),
        ("invalid_grant", "audience is invalid", "app.audience"),
        ("invalid_grant", "Audience validation failed", "app.audience"),
        ("invalid_grant", "expired assertion", "clock.assertion"),
        ("invalid_grant", "invalid assertion", "app.certificate"),
        ("app_not_found", "External client app is not installed in this org", "app.not_installed"),
        ("invalid_client_id", "client identifier invalid", "app.unknown"),
        ("unsupported_grant_type", "grant type not supported", "app.flow"),
        ("invalid_grant", "authentication failure", "user.sign_in_refused"),
        ("inactive_user", "", "user.inactive"),
        ("inactive_org", "", "org.inactive"),
    ] {
        org.befall(refused(error, description));
        let flow = connect(&server, new(), with_key(&org)).await;

        let problem = flow.problem.unwrap();
        assert_eq!(problem.code, expected, "{error}: {description}");
        assert_eq!(flow.status, ConnectFlowStatus::Failed);
        org.end_faults();
    }
}

/// The same by what the org itself answers.
#[tokio::test]
async fn an_org_that_refuses_an_app_is_understood() {
    let org = org_with_key();
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let other = org_with_key();
    let username = Some(org.simulator.start_line().username.clone());
    let foreign_key =
        DirectGrant::JwtBearer { username: username.clone(), private_key: Some(key_of(&other)) };
    let stranger = DirectGrant::JwtBearer {
        username: Some("nobody@acme.example".to_owned()),
        private_key: Some(key_of(&org)),
    };
    let code = async |grant| connect(&server, new(), grant).await.problem.map(|problem| problem.code);

    assert_eq!(code(foreign_key).await.as_deref(), Some("app.certificate"));
    assert_eq!(code(stranger).await.as_deref(), Some("app.not_approved"));
    org.control("sign-in", &json!({"client_credentials_user": false}).to_string()).await;
    assert_eq!(code(DirectGrant::ClientCredentials).await.as_deref(), Some("app.no_user"));
    org.control("sign-in", &json!({"client_credentials_user": true, "ip_restricted": true}).to_string())
        .await;
    assert_eq!(code(DirectGrant::ClientCredentials).await.as_deref(), Some("user.login_restricted"));
    org.control("sign-in", &json!({"ip_restricted": false}).to_string()).await;
    server.clock.advance(-3_600_000);
    assert_eq!(code(with_key(&org)).await.as_deref(), Some("clock.assertion"));
    server.clock.advance(3_600_000);
    assert_eq!(code(with_key(&org)).await, None);
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_is_asked() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let calls = org.simulator.counters().token_calls;
    let request = |environment, app: Option<(&str, Option<SecretString>)>, grant| NewDirectConnect {
        purpose: new(),
        environment,
        host: None,
        app: app.map(|(id, secret)| (id.to_owned(), secret)),
        grant,
    };
    let key = |username: Option<&str>, pem: Option<&str>| DirectGrant::JwtBearer {
        username: username.map(str::to_owned),
        private_key: pem.map(SecretString::from),
    };
    let simulated = Environment::Simulated;
    for (request, expected) in [
        (request(simulated, None, key(Some("ada@acme.example"), None)), "app.key_missing"),
        (request(simulated, None, key(Some("ada@acme.example"), Some("key"))), "app.key_unusable"),
        (request(simulated, Some(("3MVG", None)), DirectGrant::ClientCredentials), "app.secret_missing"),
        (request(Environment::Production, None, DirectGrant::ClientCredentials), "app.missing"),
        (
            request(
                Environment::Production,
                Some(("3MVG", Some("s".into()))),
                DirectGrant::ClientCredentials,
            ),
            "org.my_domain_needed",
        ),
    ] {
        let refused = server.engine.connect_directly(&server.admin.reader, request).await.unwrap_err();
        assert_eq!(refused.problem().code, expected);
    }
    assert_eq!(org.simulator.counters().token_calls, calls);
    assert_eq!(server.count(&server.database.control("connect_flows")).await, 0);
}
