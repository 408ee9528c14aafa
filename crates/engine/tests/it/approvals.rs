//! Salesforce's five approvals of one user for one app, and connections of members themselves.

use engine::{GrantEnd, NewConnect, NewPersonal, StartedConnect, problem_of_connection};
use model::{
    ConnectFlow, ConnectFlowStatus, ConnectPurpose, ConnectionKind, ConnectionStatus, Environment,
    Integration, Role, TimelineKind,
};
use orgsim::{FaultKind, FaultSpec};
use serde_json::json;
use store::connections::{
    ApprovalOf, count_approvals, find_connection, find_personal_connection, find_tokens, list_connections_of,
    set_connection_status,
};
use store::timeline::list_timeline;

use crate::browser::decide;
use crate::on_both;
use crate::test_database::Database;
use crate::test_org::TestOrg;
use crate::test_server::{Person, TestServer, come_back};

on_both!(
    a_member_has_access_of_their_own,
    a_sixth_approval_is_stopped_before_it_ends_the_oldest,
    a_reconnect_at_the_cap_ends_no_other_approval,
    a_reconnect_as_somebody_who_holds_five_approvals_is_given_back,
    an_approval_that_was_freed_in_vain_is_told,
);

async fn begin(
    server: &TestServer,
    person: &Person,
    of: &Integration,
    is_another_user: bool,
) -> engine::Result<StartedConnect> {
    let org_id = find_connection(server.store(), of.connection_id).await.unwrap().unwrap().org_id;
    let request = NewPersonal { org_id, session: person.session, is_another_user };
    server.engine.start_personal(&person.reader, request).await.map(Option::unwrap)
}

/// A member asks for access of their own, as the one user whom the simulated org signs in.
async fn join(server: &TestServer, org: &TestOrg, person: &Person, of: &Integration) -> ConnectFlow {
    let started = begin(server, person, of, false).await.unwrap();
    let callback = decide(org, &started.authorize_url, "allow").await;
    come_back(&server.engine, person, &started, callback).await.unwrap()
}

async fn approvals(server: &TestServer, of: &Integration) -> u64 {
    let connection = find_connection(server.store(), of.connection_id).await.unwrap().unwrap();
    server.engine.count_approvals_like(&server.admin.reader, &connection).await.unwrap()
}

async fn a_member_has_access_of_their_own(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.connect(&org).await;
    let ben = server.sign_in(Role::Operator).await;
    let eve = server.sign_in(Role::Viewer).await;

    let flow = join(&server, &org, &ben, &integration).await;
    let again = join(&server, &org, &ben, &integration).await;
    let started = begin(&server, &eve, &integration, false).await.unwrap();
    let callback = decide(&org, &started.authorize_url, "allow").await;
    let refused = come_back(&server.engine, &eve, &started, callback).await.unwrap_err();

    assert_eq!((flow.status, again.status), (ConnectFlowStatus::Finished, ConnectFlowStatus::Finished));
    assert_eq!(refused.status, 403);
    let ConnectPurpose::Personal { org_id } = flow.purpose else { panic!("{:?}", flow.purpose) };
    let own = find_personal_connection(server.store(), ben.reader.user_id(), org_id).await.unwrap().unwrap();
    assert_eq!((own.kind, own.owner_id), (ConnectionKind::Personal, Some(ben.reader.user_id())));
    // The integration keeps the one that it syncs by, and the second walk replaced what the first one made.
    assert_ne!(own.id, integration.connection_id);
    assert_eq!(approvals(&server, &integration).await, 2);

    assert_eq!(server.engine.end_personal(&server.admin.reader, own.id).await.unwrap(), None);
    let ended = server.engine.end_personal(&ben.reader, own.id).await.unwrap();

    assert_eq!(ended, Some(GrantEnd::Revoked));
    assert_eq!(find_connection(server.store(), own.id).await.unwrap(), None);
    assert_eq!(approvals(&server, &integration).await, 1);
}

async fn a_sixth_approval_is_stopped_before_it_ends_the_oldest(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.connect(&org).await;
    for _ in 0..4 {
        let person = server.sign_in(Role::Operator).await;
        let flow = join(&server, &org, &person, &integration).await;
        assert_eq!(flow.status, ConnectFlowStatus::Finished, "{:?}", flow.problem);
    }
    assert_eq!(approvals(&server, &integration).await, 5);
    let sixth = server.sign_in(Role::Operator).await;

    let stopped = begin(&server, &sixth, &integration, false).await.unwrap_err();
    let request = NewConnect {
        purpose: ConnectPurpose::New { name: "ACME again".to_owned(), group_id: None },
        environment: Environment::Simulated,
        host: None,
        app: None,
        session: server.admin.session,
        is_another_user: false,
    };
    let new = server.engine.start_connect(&server.admin.reader, request).await.unwrap_err();

    for error in [stopped, new] {
        let problem = error.problem();
        assert_eq!(problem.code, "limit.approvals");
        assert!(problem.text.contains("A sixth would silently end the oldest"), "{}", problem.text);
    }
    let tokens = find_tokens(server.store(), integration.connection_id).await.unwrap().unwrap();
    assert!(org.accepts(tokens.refresh_token.as_ref().unwrap()).await);

    // Somebody who says to be another user, and is not, ends the oldest all the same; the sixth is given back.
    let started = begin(&server, &sixth, &integration, true).await.unwrap();
    let callback = decide(&org, &started.authorize_url, "allow").await;
    let flow = come_back(&server.engine, &sixth, &started, callback).await.unwrap();
    assert_eq!(flow.status, ConnectFlowStatus::Failed);
    let problem = flow.problem.unwrap();
    assert_eq!(problem.code, "limit.approvals");
    assert!(problem.text.contains("We gave the sixth back"), "{}", problem.text);
    assert_eq!(list_connections_of(server.store(), &server.admin.reader).await.unwrap().len(), 5);
}

async fn a_reconnect_at_the_cap_ends_no_other_approval(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.connect(&org).await;
    let mut people = Vec::new();
    for _ in 0..4 {
        let person = server.sign_in(Role::Operator).await;
        join(&server, &org, &person, &integration).await;
        people.push(person);
    }

    let flow = join(&server, &org, &people[3], &integration).await;

    assert_eq!(flow.status, ConnectFlowStatus::Finished, "{:?}", flow.problem);
    assert_eq!(approvals(&server, &integration).await, 5);
    let connections = list_connections_of(server.store(), &server.admin.reader).await.unwrap();
    for connection in &connections {
        let tokens = find_tokens(server.store(), connection.id).await.unwrap().unwrap();
        assert!(org.accepts(tokens.refresh_token.as_ref().unwrap()).await, "{connection:?}");
    }
    let first = &connections[0];
    let of = ApprovalOf {
        organization_id: org.simulator.start_line().org_id.parse().unwrap(),
        user_id: first.user_id,
        client_id: "another app",
    };
    assert_eq!(count_approvals(server.store(), of).await.unwrap(), 0);
}

async fn a_reconnect_as_somebody_who_holds_five_approvals_is_given_back(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.connect(&org).await;
    // Its own grant is dead, so that nothing is given back first, and five others of the user are alive.
    let mut tx = server.store().begin().await.unwrap();
    let (id, now) = (integration.connection_id, server.engine.clock().now());
    let dead = ConnectionStatus::NeedsReconnect;
    org.simulator.revoke_approvals();
    set_connection_status(&mut tx, id, dead, Some("token.revoked"), now).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..5 {
        let person = server.sign_in(Role::Operator).await;
        let flow = join(&server, &org, &person, &integration).await;
        assert_eq!(flow.status, ConnectFlowStatus::Finished, "{:?}", flow.problem);
    }

    // It is stopped before it ends the oldest of the five.
    let request = |is_another_user| NewConnect {
        purpose: ConnectPurpose::Reconnect { integration_id: integration.id },
        environment: Environment::Simulated,
        host: None,
        app: None,
        session: server.admin.session,
        is_another_user,
    };
    let begin = async |is_another_user| {
        server.engine.start_connect(&server.admin.reader, request(is_another_user)).await
    };
    assert_eq!(begin(false).await.unwrap_err().problem().code, "limit.approvals");
    for connection in list_connections_of(server.store(), &server.admin.reader).await.unwrap() {
        let tokens = find_tokens(server.store(), connection.id).await.unwrap().unwrap();
        let is_dead = connection.id == integration.connection_id;
        assert_eq!(org.accepts(tokens.refresh_token.as_ref().unwrap()).await, !is_dead, "{connection:?}");
    }

    // Somebody who says to be another user, and is not, gives the sixth back.
    let started = begin(true).await.unwrap().unwrap();
    let callback = decide(&org, &started.authorize_url, "allow").await;
    let flow = server.come_back(&started, callback).await.unwrap();

    assert_eq!(flow.status, ConnectFlowStatus::Failed);
    assert_eq!(flow.problem.unwrap().code, "limit.approvals");
    let connection = find_connection(server.store(), id).await.unwrap().unwrap();
    assert_eq!(connection.status, ConnectionStatus::NeedsReconnect);
}

/// At the cap the old grant makes room first. Where the code is not taken then, somebody has to know.
async fn an_approval_that_was_freed_in_vain_is_told(database: Database) {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(database, &[&org]).await;
    let integration = server.connect(&org).await;
    for _ in 0..4 {
        let person = server.sign_in(Role::Operator).await;
        join(&server, &org, &person, &integration).await;
    }
    // What happens in the same millisecond has no order.
    server.clock.advance(1);
    let again = ConnectPurpose::Reconnect { integration_id: integration.id };
    let started = server.begin(again.clone()).await;
    let callback = decide(&org, &started.authorize_url, "allow").await;
    let refusal = json!({"error": "invalid_client", "error_description": "invalid client credentials"});
    let body = Some(refusal.to_string());
    org.befall(FaultSpec { status: Some(400), body, ..FaultSpec::new(FaultKind::Status, "oauth2/token") });

    let flow = server.come_back(&started, callback).await.unwrap();

    let problem = flow.problem.unwrap();
    assert_eq!(problem.code, "app.secret");
    assert!(problem.text.contains("The access that there was had been given back"), "{}", problem.text);
    let connection = find_connection(server.store(), integration.connection_id).await.unwrap().unwrap();
    let problem = problem_of_connection(&connection).unwrap();
    assert_eq!((connection.status, &*problem.code), (ConnectionStatus::NeedsReconnect, "token.given_back"));
    assert!(problem.text.contains("which then was not finished"), "{}", problem.text);
    let reader = &server.admin.reader;
    let told = list_timeline(server.store(), reader, Some(integration.id), None, 1).await.unwrap();
    let (kind, after) = (told[0].0.kind, told[0].0.after.as_deref());
    assert_eq!((kind, after), (TimelineKind::ConnectionRefused, Some("token.given_back")));

    // There is room for the next one.
    let flow = server.walk(&org, again).await;
    assert_eq!(flow.status, ConnectFlowStatus::Finished, "{:?}", flow.problem);
    assert_eq!(approvals(&server, &integration).await, 5);
}

#[tokio::test]
async fn of_two_integrations_that_are_added_at_once_the_one_beyond_the_limit_is_refused() {
    for database in [Database::Sqlite, Database::Postgres] {
        let org = TestOrg::with_records("Account", 3);
        let server = TestServer::start(database, &[&org]).await;
        let first = server.connect(&org).await;
        let add = async |name: &str| {
            server.engine.add_integration(&server.admin.reader, first.connection_id, (name, None)).await
        };
        for name in ["Two", "Three", "Four"] {
            add(name).await.unwrap().unwrap();
        }

        let (one, other) = tokio::join!(add("Five"), add("Another five"));

        let refused: Vec<_> = [one, other].into_iter().filter_map(Result::err).collect();
        let codes: Vec<_> = refused.iter().map(|error| error.problem().code).collect();
        assert_eq!(codes, ["limit.integrations"]);
        let table = server.database.control("integrations");
        assert_eq!(server.count(&table).await, 5);
    }
}

#[tokio::test]
async fn an_org_has_five_integrations_unless_the_server_allows_more() {
    let org = TestOrg::with_records("Account", 3);
    let server = TestServer::start(Database::Sqlite, &[&org]).await;
    let first = server.connect(&org).await;
    let add = async |name: String| {
        server.engine.add_integration(&server.admin.reader, first.connection_id, (&name, None)).await
    };
    for number in 2..=5 {
        add(format!("ACME {number}")).await.unwrap().unwrap();
    }

    let refused = add("ACME 6".to_owned()).await.unwrap_err().problem();

    assert_eq!(refused.code, "limit.integrations");
    assert!(refused.text.contains("five approvals of one user for one app"), "{}", refused.text);
}
