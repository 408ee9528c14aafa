//! The connection check names the cause of each failure, and what mends it.

use engine::{CheckLine, CheckPart, CheckState, ConnectionCheck, find_remedy, problem_of_connection};
use model::{ConnectionStatus, TimelineKind};
use orgsim::{FaultKind, FaultSpec};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::connections::{NewTokens, find_connection, store_tokens};
use store::timeline::list_timeline;
use url::form_urlencoded::Serializer;

use crate::browser::decide;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_org::TestOrg;
use crate::test_server::{MINUTE_MS, REDIRECT_URI, TestServer};

/// What is wrong with an org.
enum Seed {
    /// A call of the control API.
    Control(&'static str, Value),
    /// A fault of all calls of a kind.
    Fault(FaultSpec),
    /// All approvals are revoked.
    Revoked,
    /// The same user approves the app for other servers, until Salesforce ends the oldest approval, which is ours.
    Evicted,
    /// The user who connected is deactivated.
    Deactivated,
    /// The answer to a renewal is lost where tokens rotate, and another check follows.
    RotatedLost,
    /// The scope api was taken from the app since the org was connected.
    Narrow,
}

struct Case {
    name: &'static str,
    seed: Seed,
    part: CheckPart,
    state: CheckState,
    code: &'static str,
    remedy: Option<Mended>,
}

/// Where in Setup it is mended, the page's path, and words of the step that no other remedy has.
type Mended = (&'static str, &'static str, &'static str);

impl Case {
    /// Mended by an admin of the org; the other cases pass by themselves, or are mended here.
    fn at(self, place: &'static str, path: &'static str, words: &'static str) -> Self {
        Self { remedy: Some((place, path, words)), ..self }
    }

    fn at_usage(self, words: &'static str) -> Self {
        self.at("Setup > Connected Apps OAuth Usage", "/lightning/setup/ConnectedAppsUsage/home", words)
    }

    fn at_app(self, words: &'static str) -> Self {
        self.at(
            "Setup > External Client App Manager",
            "/lightning/setup/ManageExternalClientApplication/home",
            words,
        )
    }

    fn at_profiles(self, words: &'static str) -> Self {
        self.at("Setup > Profiles", "/lightning/setup/EnhancedProfiles/home", words)
    }

    fn at_permissions(self, words: &'static str) -> Self {
        self.at("Setup > Permission Sets", "/lightning/setup/PermSets/home", words)
    }

    fn at_my_domain(self) -> Self {
        self.at("Setup > My Domain", "/lightning/setup/OrgDomain/home", "Copy Current My Domain URL")
    }

    fn at_company(self, words: &'static str) -> Self {
        self.at("Setup > Company Information", "/lightning/setup/CompanyProfileInfo/home", words)
    }
}

fn case(name: &'static str, seed: Seed, part: CheckPart, code: &'static str) -> Case {
    Case { name, seed, part, state: CheckState::Broken, code, remedy: None }
}

fn warning(name: &'static str, seed: Seed, part: CheckPart, code: &'static str) -> Case {
    Case { state: CheckState::Warning, ..case(name, seed, part, code) }
}

fn sign_in(switch: Value) -> Seed {
    Seed::Control("sign-in", switch)
}

fn fault(kind: FaultKind, pattern: &str) -> FaultSpec {
    FaultSpec { times: 1_000, ..FaultSpec::new(kind, pattern) }
}

fn error(code: &str, pattern: &str) -> Seed {
    Seed::Fault(FaultSpec { code: Some(code.to_owned()), ..fault(FaultKind::Error, pattern) })
}

/// A token endpoint that answers with an error of its own.
fn refused(error: &str, description: &str) -> Seed {
    let body = json!({"error": error, "error_description": description}).to_string();
    Seed::Fault(FaultSpec { status: Some(400), body: Some(body), ..fault(FaultKind::Status, "token") })
}

fn cases_of_the_address() -> Vec<Case> {
    use CheckPart::Address;
    let at = "/services/data";
    let redirect = FaultSpec {
        location: Some("https://elsewhere.example.com/".to_owned()),
        ..fault(FaultKind::Redirect, at)
    };
    let status = FaultSpec { status: Some(503), ..fault(FaultKind::Status, at) };
    vec![
        case("the org is being moved", Seed::Fault(status), Address, "org.unavailable"),
        case("a maintenance page", Seed::Fault(fault(FaultKind::Html, at)), Address, "org.not_data"),
        case("another host", Seed::Fault(redirect), Address, "host.redirected").at_my_domain(),
        case("nobody there", Seed::Fault(fault(FaultKind::Reset, at)), Address, "network.unreachable"),
    ]
}

fn cases_of_the_approval() -> Vec<Case> {
    use CheckPart::Grant;
    vec![
        case("the approval was revoked", Seed::Revoked, Grant, "token.revoked")
            .at_usage("if it is blocked press Unblock, if it is not installed press Install"),
        case("the user was deactivated", Seed::Deactivated, Grant, "user.inactive").at(
            "Setup > Users",
            "/lightning/setup/ManageUsers/home",
            "tick Active or press Unfreeze",
        ),
        case("a renewed token was lost", Seed::RotatedLost, Grant, "token.rotated_lost"),
        case("a sixth approval ended ours", Seed::Evicted, Grant, "token.revoked")
            .at_usage("Where the user has five approvals already, revoke one that nobody uses first"),
        case(
            "the policy ended it",
            refused("invalid_grant", "token validity expired"),
            Grant,
            "token.idle_expired",
        )
        .at_app("let it expire after 30 unused days or never"),
    ]
}

fn cases_of_the_app() -> Vec<Case> {
    use CheckPart::Grant;
    vec![
        case(
            "the app's package is gone",
            refused("app_not_found", "External client app is not installed in this org"),
            Grant,
            "app.not_installed",
        )
        .at_usage("open its install link"),
        case("the app was deleted", sign_in(json!({"app": "deleted"})), Grant, "app.unknown")
            .at_app("Consumer Key and Secret, and copy both again"),
        case(
            "approved users only",
            refused("invalid_app_access", "user is not admin approved to access this app"),
            Grant,
            "app.not_allowed",
        )
        .at_app("either let all users self-authorize or add a permission set of this user"),
        case("the secret was rotated", error("invalid_client", "token"), Grant, "app.secret")
            .at_app("Consumer Key and Secret, and copy both again"),
        case(
            "the app was blocked",
            refused("OAUTH_APP_BLOCKED", "this app is blocked by admin"),
            Grant,
            "app.blocked",
        )
        .at_usage("Find the app and press Unblock."),
        case(
            "a flow switched off",
            refused("unsupported_grant_type", "grant type not supported"),
            Grant,
            "app.flow",
        )
        .at_app("Flow Enablement, and enable the flow that is used"),
        case(
            "a scope taken away",
            refused("invalid_scope", "the requested scope is not allowed"),
            Grant,
            "app.scope",
        )
        .at_app("select exactly: Manage user data via APIs (api)"),
    ]
}

fn cases_of_the_sign_in() -> Vec<Case> {
    use CheckPart::Grant;
    vec![
        case("another address", refused("invalid_grant", "ip restricted"), Grant, "app.ip_blocked")
            .at_app("add this server's addresses to its IP ranges"),
        case("another hour", refused("invalid_grant", "invalid login hours"), Grant, "user.login_hours")
            .at_profiles("allow the hours in which the copy shall be kept up to date"),
        case(
            "another address, not told from the hour",
            sign_in(json!({"ip_restricted": true})),
            Grant,
            "user.login_restricted",
        )
        .at_profiles("look at Login Hours and at Login IP Ranges"),
        case(
            "another hour, not told from the address",
            sign_in(json!({"outside_login_hours": true})),
            Grant,
            "user.login_restricted",
        )
        .at_profiles("look at Login Hours and at Login IP Ranges"),
        case(
            "the password expired",
            refused("invalid_grant", "authentication failure"),
            Grant,
            "user.sign_in_refused",
        )
        .at("Setup > Login History", "/lightning/setup/OrgLoginHistory/home", "its Status says why"),
        case("the org is locked", sign_in(json!({"org_inactive": true})), Grant, "org.inactive"),
        case("too many sign-ins", sign_in(json!({"logins_per_hour": 0})), Grant, "limit.sign_in"),
        case(
            "only its My Domain",
            refused("invalid_grant", "request not supported on this domain"),
            Grant,
            "org.my_domain_needed",
        )
        .at_my_domain(),
    ]
}

fn cases_of_the_token_endpoint() -> Vec<Case> {
    use CheckPart::Grant;
    let unavailable = FaultSpec { status: Some(503), ..fault(FaultKind::Status, "token") };
    vec![
        case("a passing error", refused("unknown_error", "retry your request"), Grant, "org.unavailable"),
        case("the token endpoint is down", Seed::Fault(unavailable), Grant, "org.unavailable"),
        case("it is cut off", Seed::Fault(fault(FaultKind::Reset, "token")), Grant, "network.unreachable"),
        case("a page in its place", Seed::Fault(fault(FaultKind::Html, "token")), Grant, "org.not_data"),
    ]
}

fn cases_of_the_grant() -> impl Iterator<Item = Case> {
    let groups =
        [cases_of_the_approval(), cases_of_the_app(), cases_of_the_sign_in(), cases_of_the_token_endpoint()];
    groups.into_iter().flatten()
}

fn cases_of_the_user() -> Vec<Case> {
    use CheckPart::{Calls, Clock, SObjects, Scopes, User};
    let attributes = json!({"type": "Organization", "url": "/services/data/v66.0/sobjects/Organization/00D5g00000ZZZZZEA5"});
    let organization = json!({"attributes": attributes, "Id": "00D5g00000ZZZZZEA5"});
    let other_org = json!({"totalSize": 1, "done": true, "records": [organization]}).to_string();
    let other_org =
        FaultSpec { status: Some(200), body: Some(other_org), ..fault(FaultKind::Status, "query") };
    let hide = json!({
        "user": "self", "permissions": {"ViewAllData": false, "ModifyAllData": false}, "objects": {"Account": []},
    });
    vec![
        case("no API for the user", error("API_DISABLED_FOR_ORG", "query"), User, "user.no_api")
            .at_permissions("tick API Enabled"),
        case("no API for the org", error("API_CURRENTLY_DISABLED", "query"), User, "org.api_disabled")
            .at_company("editions without API access need it bought"),
        case(
            "another address, told by a call",
            error("LOGIN_DURING_RESTRICTED_DOMAIN", "query"),
            User,
            "app.ip_blocked",
        )
        .at_app("add this server's addresses to its IP ranges"),
        case(
            "another hour, told by a call",
            error("LOGIN_DURING_RESTRICTED_TIME", "query"),
            User,
            "user.login_hours",
        )
        .at_profiles("allow the hours in which the copy shall be kept up to date"),
        // The address leads to another org than before.
        case("another org", Seed::Fault(other_org), User, "org.mismatch"),
        case("a grant that lacks a scope", Seed::Narrow, Scopes, "scope.missing")
            .at_app("select exactly: Manage user data via APIs (api)"),
        case("no calls left", Seed::Control("limits", json!({"exhausted": ["api"]})), User, "limit.daily")
            .at_company("which apps make them under Setup > API Usage"),
        warning(
            "few calls left",
            Seed::Control("limits", json!({"used": 90_000, "max": 100_000})),
            Calls,
            "limit.reserve",
        )
        .at_company("which apps make them under Setup > API Usage"),
        warning(
            "another time",
            Seed::Control("clock", json!({"advance_ms": 10 * MINUTE_MS})),
            Clock,
            "clock.apart",
        ),
        case("an sObject hidden", Seed::Control("rights", hide), SObjects, "sobject.unknown")
            .at_permissions("give Read on the object and its fields"),
    ]
}

async fn control(org: &TestOrg, call: &str, body: &Value) {
    let line = org.simulator.start_line();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request =
        client.post(format!("{}/{call}", line.control_url)).header("x-orgsim-token", &line.control_token);
    let answer =
        request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
    assert!(answer.status().is_success(), "{call}: {}", answer.text().await.unwrap());
}

/// Another server has the same user approve the same app, and gets its tokens.
async fn approve_elsewhere(org: &TestOrg, scopes: &str) -> Value {
    let line = org.simulator.start_line();
    let form = |pairs: &[(&str, &str)]| Serializer::new(String::new()).extend_pairs(pairs).finish();
    let asked = form(&[
        ("response_type", "code"),
        ("client_id", &line.client_id),
        ("redirect_uri", REDIRECT_URI),
        ("scope", scopes),
        ("state", "elsewhere"),
        ("prompt", "consent"),
    ]);
    let page = format!("{}/services/oauth2/authorize?{asked}", line.base_url);
    let callback = decide(org, &page, "allow").await;
    let body = form(&[
        ("grant_type", "authorization_code"),
        ("code", callback.code.unwrap().expose_secret()),
        ("client_id", &line.client_id),
        ("client_secret", &line.client_secret),
        ("redirect_uri", REDIRECT_URI),
    ]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(format!("{}/services/oauth2/token", line.base_url));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Puts tokens of fewer scopes in place of a connection's, as an admin does who takes a scope from the app.
async fn narrow(org: &TestOrg, server: &TestServer, id: model::IntegrationId) {
    let given = approve_elsewhere(org, "refresh_token id").await;
    let token = |key: &str| secrecy::SecretString::from(given[key].as_str().unwrap());
    let connection = connection_of(server, id).await;
    let tokens = NewTokens {
        access_token: token("access_token"),
        refresh_token: Some(token("refresh_token")),
        issued_at: server.clock.now(),
        instance_url: None,
        scopes: None,
    };
    let clock = server.engine.clock();
    assert!(
        store_tokens(server.store(), connection.id, connection.generation, &tokens, clock).await.unwrap()
    );
}

async fn connection_of(server: &TestServer, id: model::IntegrationId) -> model::Connection {
    let integration = store::integrations::find_integration(server.store(), id).await.unwrap().unwrap();
    find_connection(server.store(), integration.connection_id).await.unwrap().unwrap()
}

/// The Salesforce user who connected.
async fn user_of(server: &TestServer, id: model::IntegrationId) -> String {
    connection_of(server, id).await.user_id.to_string()
}

async fn check(server: &TestServer, id: model::IntegrationId) -> ConnectionCheck {
    server.engine.check_connection(&server.admin.reader, id).await.unwrap().unwrap()
}

async fn befall(org: &TestOrg, server: &TestServer, id: model::IntegrationId, seed: &Seed) {
    match seed {
        Seed::Control(call, body) => {
            let mut body = body.clone();
            if body["user"] == "self" {
                body["user"] = user_of(server, id).await.into();
            }
            control(org, call, &body).await;
        }
        Seed::Fault(fault) => org.befall(fault.clone()),
        Seed::Revoked => org.simulator.revoke_approvals(),
        Seed::Narrow => narrow(org, server, id).await,
        Seed::Evicted => {
            for _ in 0..5 {
                approve_elsewhere(org, "api refresh_token id").await;
            }
        }
        Seed::Deactivated => {
            let ids = [user_of(server, id).await];
            let body = json!({"sobject": "User", "op": "update", "ids": ids, "fields": {"IsActive": false}});
            control(org, "records", &body).await;
        }
        Seed::RotatedLost => {
            let rotating = json!({"rotate_refresh_tokens": true, "revoke_family_on_reuse": true});
            control(org, "tokens", &rotating).await;
            org.befall(FaultSpec { after: true, ..FaultSpec::new(FaultKind::Reset, "token") });
            check(server, id).await;
        }
    }
}

fn line_of(check: &ConnectionCheck, part: CheckPart) -> &CheckLine {
    check.lines.iter().find(|line| line.part == part).unwrap()
}

async fn assert_named(cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for case in cases {
        let org = TestOrg::with_counts(&[("Account", 3), ("Contact", 3)]);
        let server = TestServer::start(Database::Sqlite, &[&org]).await;
        let id = server.activate(&org, &[all("Account")]).await.id;
        befall(&org, &server, id, &case.seed).await;

        let found = check(&server, id).await;

        let line = line_of(&found, case.part);
        let code = line.problem.as_ref().map(|problem| problem.code);
        if (line.state, code) != (case.state, Some(case.code)) {
            wrong.push(format!("{}: {:?} {code:?}, all: {:?}", case.name, line.state, found.lines));
        }
        let remedy = find_remedy(case.code);
        let is_held = match (&remedy, case.remedy) {
            (None, None) => true,
            (Some(found), Some((place, path, words))) => {
                (found.place, found.path) == (place, path) && found.step.contains(words)
            }
            _ => false,
        };
        if !is_held {
            wrong.push(format!("{}: {remedy:?}", case.name));
        }
        // What comes before is fine, so that the first line that is not names the cause.
        let before = found.lines.iter().take_while(|line| line.part != case.part);
        wrong.extend(
            before
                .filter(|line| line.state != CheckState::Fine)
                .map(|line| format!("{}: {line:?}", case.name)),
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn an_org_with_which_nothing_is_wrong_is_green() {
    let org = TestOrg::with_counts(&[("Account", 3)]);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let id = server.activate(&org, &[all("Account")]).await.id;

    let found = check(&server, id).await;

    assert!(found.lines.iter().all(|line| line.state == CheckState::Fine), "{found:?}");
    assert_eq!(found.lines.len(), 7);
}

#[tokio::test]
async fn failures_of_the_address_are_named() {
    assert_named(cases_of_the_address()).await;
}

#[tokio::test]
async fn failures_of_the_grant_are_named() {
    assert_named(cases_of_the_grant().collect()).await;
}

#[tokio::test]
async fn failures_of_the_user_are_named() {
    assert_named(cases_of_the_user()).await;
}

#[test]
fn what_an_admin_of_the_org_mends_has_a_remedy_that_its_cause_alone_has() {
    let cases = cases_of_the_address().into_iter().chain(cases_of_the_grant()).chain(cases_of_the_user());
    let mended: Vec<_> = cases.filter_map(|case| case.remedy.map(|remedy| (case.code, remedy))).collect();
    assert!(mended.len() >= 20, "{}", mended.len());
    for (code, (_, _, words)) in &mended {
        let others = mended.iter().filter(|(other, _)| find_remedy(other) != find_remedy(code));
        for (other, _) in others {
            assert!(!find_remedy(other).unwrap().step.contains(words), "{code} and {other}: {words}");
        }
    }
}

#[tokio::test]
async fn a_user_who_was_deactivated_is_named() {
    let org = TestOrg::with_counts(&[("Account", 3)]);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let integration = server.activate(&org, &[all("Account")]).await;
    let stored = async || find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
    let username = stored().await.username;
    befall(&org, &server, integration.id, &Seed::Deactivated).await;

    let found = check(&server, integration.id).await;

    let named = format!("The Salesforce user {username} was deactivated or frozen.");
    let line = line_of(&found, CheckPart::Grant);
    assert!(line.text.starts_with(&named), "{}", line.text);
    let problem = problem_of_connection(&stored().await).unwrap();
    assert_eq!((problem.code.as_str(), problem.text), ("user.inactive", line.text.clone()));
}

#[tokio::test]
async fn a_user_who_is_reactivated_needs_no_reconnect() {
    let org = TestOrg::with_counts(&[("Account", 3)]);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let id = server.activate(&org, &[all("Account")]).await.id;
    server.finish_run(id).await;
    befall(&org, &server, id, &Seed::Deactivated).await;
    server.clock.advance(1);
    let refused = check(&server, id).await;
    assert_eq!(line_of(&refused, CheckPart::Grant).state, CheckState::Broken);
    assert_eq!(line_of(&check(&server, id).await, CheckPart::Grant).state, CheckState::Broken);
    // Where Salesforce says nothing of the grant, it stays as it was.
    org.befall(FaultSpec { times: 9, status: Some(503), ..FaultSpec::new(FaultKind::Status, "token") });
    check(&server, id).await;
    let integration = store::integrations::find_integration(server.store(), id).await.unwrap().unwrap();
    let connection = find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
    assert_eq!(connection.status, ConnectionStatus::NeedsReconnect);
    org.simulator.faults().clear();

    let ids = [user_of(&server, id).await];
    let back = json!({"sobject": "User", "op": "update", "ids": ids, "fields": {"IsActive": true}});
    control(&org, "records", &back).await;
    server.clock.advance(1);
    let found = check(&server, id).await;

    assert!(found.lines.iter().all(|line| line.state == CheckState::Fine), "{found:?}");
    let integration = store::integrations::find_integration(server.store(), id).await.unwrap().unwrap();
    let connection = find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
    assert_eq!((connection.status, connection.status_code), (ConnectionStatus::Connected, None));
    let told = list_timeline(server.store(), &server.admin.reader, Some(id), None, 50).await.unwrap();
    let kinds: Vec<_> = told.iter().map(|(entry, _)| entry.kind).collect();
    let told_of = |kind| kinds.iter().filter(|one| **one == kind).count();
    assert_eq!(kinds[..2], [TimelineKind::ConnectionRestored, TimelineKind::ConnectionRefused]);
    // Once each, however often it was checked.
    assert_eq!((told_of(TimelineKind::ConnectionRestored), told_of(TimelineKind::ConnectionRefused)), (1, 1));
}

#[tokio::test]
async fn an_integration_is_added_to_a_connection_that_there_is() {
    let org = TestOrg::with_counts(&[("Account", 3)]);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let first = server.connect(&org).await;

    let added =
        server.engine.add_integration(&server.admin.reader, first.connection_id, ("Second", None)).await;
    let second = added.unwrap().unwrap();

    assert_eq!((second.connection_id, second.slug.as_str()), (first.connection_id, "second"));
    let sobjects = server.engine.list_sobjects(&server.admin.reader, second.id).await.unwrap().unwrap();
    assert!(!sobjects.is_empty());
    let deletion = server.engine.deletion_of(&server.admin.reader, first.id).await.unwrap().unwrap();
    assert!(!deletion.revokes_grant);
}

#[tokio::test]
async fn a_dead_grant_that_nothing_uses_is_noticed_within_a_day_and_told_once() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let integration = server.activate(&org, &[all("Account")]).await;
    server.finish_run(integration.id).await;
    server.engine.pause(&server.admin.reader, integration.id).await.unwrap().unwrap();
    let pass_hours = |hours: i64| {
        org.pass_minutes(hours * 60);
        server.clock.advance(hours * 60 * MINUTE_MS);
    };
    let connection_of =
        async || find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
    let look = async || {
        server.engine.want_probes().await.unwrap();
        while engine::run_next(&server.engine, engine::Patience::of_server()).await.unwrap()
            == engine::Step::Worked
        {}
    };
    let generation = connection_of().await.generation;
    pass_hours(23);
    look().await;
    // Nothing is asked of a grant that was renewed within a day.
    assert_eq!(connection_of().await.generation, generation);
    pass_hours(2);
    look().await;
    assert_eq!(connection_of().await.generation, generation + 1);

    org.simulator.revoke_approvals();
    for _ in 0..3 {
        pass_hours(25);
        look().await;
    }

    let connection = connection_of().await;
    assert_eq!(connection.status, ConnectionStatus::NeedsReconnect);
    let told = list_timeline(server.store(), &server.admin.reader, Some(integration.id), None, 50);
    let kinds: Vec<_> = told.await.unwrap().iter().map(|(entry, _)| entry.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == TimelineKind::ConnectionRefused).count(), 1, "{kinds:?}");
}

/// What an admin takes from the app later, or gives it, is told by the next renewal.
#[tokio::test]
async fn the_scopes_of_a_check_are_those_of_the_last_renewal() {
    let org = TestOrg::with_counts(&[("Account", 3)]);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let id = server.activate(&org, &[all("Account")]).await.id;
    let granted = connection_of(&server, id).await.scopes;

    narrow(&org, &server, id).await;
    assert_eq!(connection_of(&server, id).await.scopes, granted);
    let found = check(&server, id).await;

    let code = |part| line_of(&found, part).problem.as_ref().map(|problem| problem.code);
    assert_eq!(code(CheckPart::Scopes), Some("scope.missing"));
    assert!(line_of(&found, CheckPart::Scopes).text.contains("\"api\""));
    assert!(!connection_of(&server, id).await.scopes.split(' ').any(|scope| scope == "api"));
}
