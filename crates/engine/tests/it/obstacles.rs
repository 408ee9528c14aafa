//! What keeps a connection out of its org is told once, looked at once an hour, and ends by itself once it is mended.

use model::{Connection, ConnectionStatus, GrantKind, Integration, Outcome, TimelineKind};
use orgsim::{FaultKind, FaultSpec};
use serde_json::json;
use store::connections::{NewTokens, find_connection, find_tokens, replace_grant};
use store::timeline::list_timeline;

use crate::on_both;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_org::TestOrg;
use crate::test_server::{MINUTE_MS, TestServer};

on_both!(
    what_an_admin_mends_is_told_once_and_goes_on_by_itself,
    a_user_without_the_api_is_told_once_and_asked_once_an_hour,
);

/// A token endpoint that answers with an error of its own until that is mended.
fn refuse(org: &TestOrg, error: &str, description: &str) {
    let body = json!({"error": error, "error_description": description}).to_string();
    let (status, body) = (Some(400), Some(body));
    org.befall(FaultSpec { times: 1_000, status, body, ..FaultSpec::new(FaultKind::Status, "token") });
    org.simulator.expire_sessions();
}

/// A server that has copied an org, and looks at its connections from now on.
async fn serve(database: Database, org: &TestOrg) -> (TestServer, Integration) {
    let server = TestServer::start(database, &[org]).await;
    let integration = server.activate(org, &[all("Account")]).await;
    server.finish_run(integration.id).await;
    server.engine.want_probes().await.unwrap();
    server.work().await;
    (server, integration)
}

async fn add_paused(server: &TestServer, beside: &Integration) -> Integration {
    let reader = &server.admin.reader;
    let added = server.engine.add_integration(reader, beside.connection_id, ("Second", None)).await;
    let added = added.unwrap().unwrap();
    server.engine.pause(reader, added.id).await.unwrap().unwrap()
}

async fn pass_hours(server: &TestServer, org: &TestOrg, hours: i64) {
    org.pass_minutes(hours * 60);
    server.clock.advance(hours * 60 * MINUTE_MS);
    server.work().await;
}

async fn connection(server: &TestServer, of: &Integration) -> Connection {
    find_connection(server.store(), of.connection_id).await.unwrap().unwrap()
}

async fn state(server: &TestServer, of: &Integration) -> (ConnectionStatus, Option<String>) {
    let connection = connection(server, of).await;
    (connection.status, connection.status_code)
}

fn kept_out(code: &str) -> (ConnectionStatus, Option<String>) {
    (ConnectionStatus::NeedsAttention, Some(code.to_owned()))
}

/// How often an integration was told that it is refused, and let in again.
async fn told(server: &TestServer, of: &Integration) -> (usize, usize) {
    let entries = list_timeline(server.store(), &server.admin.reader, Some(of.id), None, 50).await.unwrap();
    let count = |kind| entries.iter().filter(|(entry, _)| entry.kind == kind).count();
    (count(TimelineKind::ConnectionRefused), count(TimelineKind::ConnectionRestored))
}

async fn what_an_admin_mends_is_told_once_and_goes_on_by_itself(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let (server, integration) = serve(database, &org).await;
    let paused = add_paused(&server, &integration).await;
    let runs = server.runs(integration.id).await.len();
    refuse(&org, "OAUTH_APP_BLOCKED", "this app is blocked by admin");

    for hour in 1..=4 {
        pass_hours(&server, &org, 1).await;

        assert_eq!(state(&server, &integration).await, kept_out("app.blocked"));
        assert_eq!(org.faults_played(), hour);
        assert_eq!((told(&server, &integration).await, told(&server, &paused).await), ((1, 0), (1, 0)));
    }
    // One run failed of it, and none was begun since.
    let failed = server.runs(integration.id).await;
    assert_eq!(failed.len(), runs + 1);
    let end = failed[0].end.clone().unwrap();
    assert_eq!((end.outcome, end.problem.unwrap().code.as_str()), (Outcome::Failed, "app.blocked"));
    let refused = server.engine.request_run(&server.admin.reader, integration.id).await.unwrap_err();
    assert_eq!(refused.problem().code, "app.blocked");
    let problem = engine::problem_of_connection(&connection(&server, &integration).await).unwrap();
    assert!(problem.text.contains("blocked this app"), "{}", problem.text);

    org.simulator.faults().clear();
    pass_hours(&server, &org, 1).await;
    let run = server.finish_run(integration.id).await;

    assert_eq!(state(&server, &integration).await, (ConnectionStatus::Connected, None));
    assert_eq!((told(&server, &integration).await, told(&server, &paused).await), ((1, 1), (1, 1)));
    assert_eq!(run.end.unwrap().outcome, Outcome::Succeeded);
    assert_eq!(server.runs(paused.id).await, []);
}

/// The token is renewed all the same, which does not show that the org lets us in.
async fn a_user_without_the_api_is_told_once_and_asked_once_an_hour(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let (server, integration) = serve(database, &org).await;
    let code = Some("API_DISABLED_FOR_ORG".to_owned());
    org.befall(FaultSpec { times: 1_000, code, ..FaultSpec::new(FaultKind::Error, "query") });

    for _ in 0..3 {
        pass_hours(&server, &org, 1).await;

        assert_eq!(state(&server, &integration).await, kept_out("user.no_api"));
        assert_eq!(told(&server, &integration).await, (1, 0));
    }
    let played = org.faults_played();
    pass_hours(&server, &org, 1).await;
    assert_eq!(org.faults_played(), played + 1);

    org.simulator.faults().clear();
    pass_hours(&server, &org, 1).await;

    assert_eq!(state(&server, &integration).await, (ConnectionStatus::Connected, None));
    assert_eq!(told(&server, &integration).await, (1, 1));
    assert_eq!(server.finish_run(integration.id).await.end.unwrap().outcome, Outcome::Succeeded);
}

/// Leaves a connection nothing but the access token that it has.
async fn keep_access_token_only(server: &TestServer, of: &Integration) {
    let credential_fingerprint = "another".to_owned();
    let before = connection(server, of).await;
    let grant = Connection { grant: GrantKind::AccessToken, credential_fingerprint, ..before };
    let tokens = find_tokens(server.store(), grant.id).await.unwrap().unwrap();
    let (issued_at, instance_url) = (server.clock.now(), Some(grant.instance_url.clone()));
    let access_token = tokens.access_token;
    let tokens = NewTokens { access_token, refresh_token: None, issued_at, instance_url, scopes: None };
    let mut tx = server.store().begin().await.unwrap();
    replace_grant(&mut tx, grant.id, &grant, &tokens, server.engine.clock()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_access_token_that_ends_while_it_is_kept_out_needs_a_new_connection() {
    let org = TestOrg::with_records("Account", 3);
    let (server, integration) = serve(Database::Sqlite, &org).await;
    keep_access_token_only(&server, &integration).await;
    let code = Some("API_DISABLED_FOR_ORG".to_owned());
    org.befall(FaultSpec { times: 1_000, code, ..FaultSpec::new(FaultKind::Error, "query") });
    pass_hours(&server, &org, 1).await;
    assert_eq!(state(&server, &integration).await, kept_out("user.no_api"));

    // Salesforce looks at the token first.
    org.simulator.faults().clear();
    org.simulator.expire_sessions();
    pass_hours(&server, &org, 1).await;

    let ended = (ConnectionStatus::NeedsReconnect, Some("token.expired".to_owned()));
    assert_eq!(state(&server, &integration).await, ended);
    assert_eq!(told(&server, &integration).await, (2, 0));
    pass_hours(&server, &org, 2).await;
    assert_eq!(told(&server, &integration).await, (2, 0));
}

#[tokio::test]
async fn a_paused_integration_is_told_by_the_look_at_idle_grants() {
    let org = TestOrg::with_records("Account", 3);
    let (server, integration) = serve(Database::Sqlite, &org).await;
    server.engine.pause(&server.admin.reader, integration.id).await.unwrap().unwrap();
    let runs = server.runs(integration.id).await.len();
    refuse(&org, "app_not_found", "External client app is not installed in this org");

    pass_hours(&server, &org, 25).await;
    pass_hours(&server, &org, 25).await;

    assert_eq!(state(&server, &integration).await, kept_out("app.not_installed"));
    assert_eq!(told(&server, &integration).await, (1, 0));

    org.simulator.faults().clear();
    pass_hours(&server, &org, 1).await;

    assert_eq!(state(&server, &integration).await, (ConnectionStatus::Connected, None));
    assert_eq!(told(&server, &integration).await, (1, 1));
    assert_eq!(server.runs(integration.id).await.len(), runs);
}

#[tokio::test]
async fn a_check_of_the_connection_tells_and_ends_it_at_once() {
    let org = TestOrg::with_records("Account", 3);
    let (server, integration) = serve(Database::Sqlite, &org).await;
    let check =
        async || server.engine.check_connection(&server.admin.reader, integration.id).await.unwrap().unwrap();
    refuse(&org, "invalid_client", "invalid client credentials");
    check().await;
    check().await;
    assert_eq!(state(&server, &integration).await, kept_out("app.secret"));
    assert_eq!(told(&server, &integration).await, (1, 0));
    // While the token endpoint is down nothing is known, and it stays.
    org.simulator.faults().clear();
    org.befall(FaultSpec { status: Some(503), ..FaultSpec::new(FaultKind::Status, "token") });
    check().await;
    assert_eq!(state(&server, &integration).await, kept_out("app.secret"));
    org.simulator.faults().clear();

    check().await;

    assert_eq!(state(&server, &integration).await, (ConnectionStatus::Connected, None));
    assert_eq!(told(&server, &integration).await, (1, 1));
    server.work().await;
    assert_eq!(server.finish_run(integration.id).await.end.unwrap().outcome, Outcome::Succeeded);
}
