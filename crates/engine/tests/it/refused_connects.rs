//! What Salesforce refuses before or on its consent page, and what a person is told of it.

use engine::Callback;
use model::{ConnectFlowStatus, ConnectPurpose};
use orgsim::{FaultKind, FaultSpec};
use serde_json::{Value as Json, json};

use crate::browser::{Visit, callback_in, decide, location};
use crate::connect_flows::revocations;
use crate::test_database::Database;
use crate::test_org::TestOrg;
use crate::test_server::TestServer;

/// Walks to an org that refuses, and returns the code of what a person is told.
async fn refuse(server: &TestServer, org: &TestOrg, switch: &Json) -> String {
    let started = server.begin_new("ACME").await;
    let visit = Visit::sign_in(org, &started.authorize_url).await;
    org.control("sign-in", &switch.to_string()).await;
    let callback = callback_in(&location(&visit.look().await));
    let flow = server.come_back(&started, callback).await.unwrap();
    assert_eq!(flow.status, ConnectFlowStatus::Failed);
    flow.problem.unwrap().code
}

#[tokio::test]
async fn what_the_org_refuses_at_consent_is_named() {
    let mut wrong = Vec::new();
    for (switch, expected) in [
        (json!({"app": "blocked"}), "app.blocked"),
        (json!({"app": "not_in_org"}), "app.not_installed"),
        (json!({"admin_approved_only": true}), "app.not_allowed"),
        (json!({"ip_restricted": true}), "user.login_restricted"),
        (json!({"outside_login_hours": true}), "user.login_restricted"),
        (json!({"org_inactive": true}), "org.inactive"),
    ] {
        let org = TestOrg::with_records("Account", 3);
        let server = TestServer::start(Database::Sqlite, &[&org]).await;

        let code = refuse(&server, &org, &switch).await;

        if code != expected {
            wrong.push(format!("{switch}: {code}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What Salesforce shows to the person alone, because the app is not known to be who it says: nobody is sent back.
#[tokio::test]
async fn an_app_that_was_deleted_leaves_the_flow_waiting_until_somebody_gives_it_up() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let started = server.begin_new("ACME").await;
    let visit = Visit::sign_in(&org, &started.authorize_url).await;
    org.control("sign-in", &json!({"app": "deleted"}).to_string()).await;

    let shown = visit.look().await;

    assert_eq!(shown.status(), 400);
    let text = shown.text().await.unwrap();
    assert_eq!(text, "error=invalid_client_id&error_description=client%20identifier%20invalid");
    let (reader, id) = (&server.admin.reader, started.flow.id);
    let status = async || server.engine.find_connect_flow(reader, id).await.unwrap().unwrap().status;
    assert_eq!(status().await, ConnectFlowStatus::Waiting);
    server.engine.cancel_connect(reader, id).await.unwrap().unwrap();
    assert_eq!(status().await, ConnectFlowStatus::Cancelled);
}

/// Profiles look at the address of the browser when somebody signs in, and at ours when the code is exchanged.
#[tokio::test]
async fn the_address_of_the_browser_is_told_from_ours() {
    for (error, description) in [
        ("access_denied", "ip restricted or invalid login hours"),
        ("access_denied", "IP Restricted"),
        ("access-denied", "invalid login hours"),
    ] {
        let org = TestOrg::with_records("Account", 3);
        let server = TestServer::start(Database::Sqlite, &[&org]).await;
        let started = server.begin_new("ACME").await;
        let state = decide(&org, &started.authorize_url, "deny").await.state;
        let (error, error_description) = (Some(error.to_owned()), Some(description.to_owned()));
        let callback = Callback { state, error, error_description, ..Callback::default() };

        let problem = server.come_back(&started, callback).await.unwrap().problem.unwrap();

        assert_eq!(problem.code, "user.login_restricted", "{description}");
        assert!(problem.text.contains("address of your browser"), "{}", problem.text);
        assert!(problem.text.contains("This server's own address was not looked at yet"), "{}", problem.text);
    }
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let started = server.begin_new("ACME").await;
    let callback = decide(&org, &started.authorize_url, "allow").await;
    org.control("sign-in", &json!({"ip_restricted": true}).to_string()).await;

    let problem = server.come_back(&started, callback).await.unwrap().problem.unwrap();

    assert_eq!(problem.code, "user.login_restricted");
    assert!(problem.text.contains("the address from which this server calls"), "{}", problem.text);
}

/// Errors that the simulated org has no switch for, in Salesforce's words.
#[tokio::test]
async fn what_salesforce_sends_back_is_named() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    for (error, description, expected) in [
        ("access_denied", "end-user denied authorization", "connect.declined"),
        ("access-denied", "", "connect.declined"),
        ("access_denied", "user is inactive", "user.inactive"),
        ("access_denied", "user is not admin approved to access this app", "app.not_allowed"),
        ("OAUTH_AUTHORIZATION_BLOCKED", "user is not admin approved to access this app", "app.not_allowed"),
        ("OAUTH_APPROVAL_ERROR_GENERIC", "An unexpected error has occurred.", "app.not_installed"),
        ("OAUTH_EC_APP_NOT_FOUND", "External client app is not installed in this org", "app.not_installed"),
        ("invalid_scope", "the requested scope is not allowed", "app.scope"),
        ("redirect_uri_mismatch", "redirect_uri must match configuration", "app.callback"),
        ("unsupported_response_type", "response type not supported", "app.flow"),
        ("invalid_request", "missing required code challenge", "app.request"),
        ("immediate_unsuccessful", "", "connect.unfinished"),
        ("inactive_user", "user is inactive", "user.inactive"),
        ("inactive_org", "organization is inactive", "org.inactive"),
        ("rate_limit_exceeded", "login rate exceeded", "limit.sign_in"),
        ("server_error", "", "org.unavailable"),
        ("unknown_error", "retry your request", "org.unavailable"),
        ("SOMETHING_OF_NEXT_YEAR", "", "oauth.refused"),
    ] {
        let started = server.begin_new("ACME").await;
        let state = decide(&org, &started.authorize_url, "deny").await.state;
        let callback = Callback {
            state,
            error: Some(error.to_owned()),
            error_description: Some(description.to_owned()).filter(|text| !text.is_empty()),
            ..Callback::default()
        };

        let flow = server.come_back(&started, callback).await.unwrap();

        assert_eq!(flow.problem.unwrap().code, expected, "{error}: {description}");
    }
}

/// What only shows once the person has allowed the access: the org or the user cannot be used.
#[tokio::test]
async fn a_grant_that_cannot_be_used_is_named_and_given_back() {
    let error = |code: &str, pattern: &str| FaultSpec {
        code: Some(code.to_owned()),
        times: 100,
        ..FaultSpec::new(FaultKind::Error, pattern)
    };
    let token = |error: &str, description: &str| {
        let body = json!({"error": error, "error_description": description}).to_string();
        FaultSpec { status: Some(400), body: Some(body), ..FaultSpec::new(FaultKind::Status, "token") }
    };
    for (fault, expected, is_granted) in [
        (error("API_DISABLED_FOR_ORG", "query"), "user.no_api", true),
        (error("API_CURRENTLY_DISABLED", "query"), "org.api_disabled", true),
        (token("invalid_client", "invalid client credentials"), "app.secret", false),
        (token("redirect_uri_mismatch", "redirect_uri must match configuration"), "app.callback", false),
        (token("invalid_grant", "invalid code verifier"), "connect.expired", false),
        (token("invalid_grant", "ip restricted"), "app.ip_blocked", false),
        (token("invalid_grant", "Invalid Login Hours"), "user.login_hours", false),
    ] {
        let org = TestOrg::with_records("Account", 3);
        let server = TestServer::start(Database::Sqlite, &[&org]).await;
        let started = server.begin_new("ACME").await;
        let callback = decide(&org, &started.authorize_url, "allow").await;
        org.befall(fault);

        let flow = server.come_back(&started, callback).await.unwrap();

        assert_eq!(flow.problem.unwrap().code, expected);
        assert_eq!(revocations(&org) > 0, is_granted, "{expected}");
    }
}

/// An org may grant less than was asked for, or more.
#[tokio::test]
async fn a_grant_of_other_scopes_than_asked_for_is_named_and_given_back() {
    for (scopes, expected) in [("api+id", "scope.missing"), ("api+refresh_token+id+full", "scope.too_wide")] {
        let org = TestOrg::with_records("Account", 3);
        let server = TestServer::start(Database::Sqlite, &[&org]).await;
        let started = server.begin_new("ACME").await;
        let asked = started.authorize_url.split('&').map(|pair| match pair.split_once('=') {
            Some(("scope", _)) => format!("scope={scopes}"),
            _ => pair.to_owned(),
        });
        let callback = decide(&org, &asked.collect::<Vec<_>>().join("&"), "allow").await;

        let flow = server.come_back(&started, callback).await.unwrap();

        assert_eq!(flow.problem.unwrap().code, expected);
        assert_eq!(revocations(&org), 1, "{expected}");
    }
}

#[tokio::test]
async fn a_sandbox_that_was_refreshed_is_told_from_another_org() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Postgres, &[&org]).await;
    let integration = server.connect(&org).await;
    // The same address, another organization id: what a refresh leaves behind.
    server
        .database
        .change(&format!(
            "update {} set organization_id = '00D5g00000ZZZZZEA5'",
            server.database.control("orgs")
        ))
        .await;
    let id = org.ids("Organization")[0];
    org.update("Organization", &id, &[("IsSandbox", orgsim::value::Value::Bool(true))]);

    let flow = server.walk(&org, ConnectPurpose::Reconnect { integration_id: integration.id }).await;

    assert_eq!(flow.status, ConnectFlowStatus::Failed);
    assert_eq!(flow.problem.unwrap().code, "org.sandbox_refreshed");
}
