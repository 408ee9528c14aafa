//! What became of a record that no read has brought, as the org says.

use model::{RecordInOrg, RecordState, explain_record};
use orgsim::id::RecordId;
use orgsim::value::Value;
use orgsim::{FaultKind, FaultSpec};

use crate::on_both;
use crate::rules::{Rule, all};
use crate::sight::{give_accounts, see_own_accounts};
use crate::test_database::Database;
use crate::test_org::{TestOrg, text};
use crate::test_server::TestServer;

on_both!(
    a_record_that_was_never_copied_is_looked_for_in_the_org,
    a_record_out_of_sight_is_not_called_unknown,
    an_org_that_does_not_answer_leaves_what_the_copy_knows,
);

const HOT: Rule = all("Account").fields(&["Name", "Rating"]).only("Rating = 'Hot'");

async fn explained(server: &TestServer, id: &RecordId) -> (RecordState, String, Option<RecordInOrg>) {
    let id = id.to_string().parse().unwrap();
    let facts = server.engine.explain_record(&server.admin.reader, id).await.unwrap();
    assert_eq!(facts.len(), 1, "{facts:?}");
    let (state, text) = explain_record(&facts[0]);
    (state, text, facts[0].in_org)
}

async fn copied(database: Database, org: &TestOrg) -> TestServer {
    let server = TestServer::start(database, &[org]).await;
    let integration = server.activate(org, &[HOT]).await;
    server.finish_run(integration.id).await;
    server
}

/// Rates accounts before anything is copied.
fn rate(org: &TestOrg, ids: &[RecordId], rating: &'static str) {
    for id in ids {
        org.update("Account", id, &[("Rating", text(rating))]);
    }
}

async fn a_record_that_was_never_copied_is_looked_for_in_the_org(database: Database) {
    let org = TestOrg::with_records("Account", 20);
    let ids = org.ids("Account");
    rate(&org, &ids[..10], "Hot");
    rate(&org, &ids[10..], "Cold");
    org.pass_minutes(60);
    let server = copied(database, &org).await;
    org.simulator.reset_counters();

    let (state, _, in_org) = explained(&server, &ids[0]).await;
    assert_eq!((state, in_org), (RecordState::Synced, None));
    assert_eq!(org.simulator.counters().api_calls, 0, "of what is copied nobody is asked");

    let (state, text, in_org) = explained(&server, &ids[15]).await;
    assert_eq!((state, in_org), (RecordState::Filtered, Some(RecordInOrg::OutsideFilter)));
    assert!(text.contains("Rating = 'Hot'"), "{text}");
    assert_eq!(org.simulator.counters().api_calls, 1);

    org.pass_minutes(1);
    let hot = |name| [("Name", Value::text(name)), ("Rating", Value::text("Hot"))];
    let new = org.insert("Account", &hot("Quay"));
    let (state, text, _) = explained(&server, &new).await;
    assert_eq!(state, RecordState::Waiting);
    assert!(text.ends_with("The next run brings it."), "{text}");

    org.delete("Account", &new);
    let (state, _, in_org) = explained(&server, &new).await;
    assert_eq!((state, in_org), (RecordState::NeverSeen, Some(RecordInOrg::Deleted)));

    let unknown = RecordId::parse("001000000000zzzAAA").unwrap();
    let (state, text, in_org) = explained(&server, &unknown).await;
    assert_eq!(
        (state, in_org),
        (RecordState::NeverSeen, Some(RecordInOrg::NotShown { sees_all: Some(true) }))
    );
    assert!(text.starts_with("There is no such record"), "{text}");
}

async fn a_record_out_of_sight_is_not_called_unknown(database: Database) {
    let org = TestOrg::with_records("Account", 20);
    let ids = org.ids("Account");
    rate(&org, &ids, "Hot");
    give_accounts(&org, &ids, true);
    give_accounts(&org, &ids[..2], false);
    org.pass_minutes(60);
    see_own_accounts(&org).await;
    let server = copied(database, &org).await;

    let (state, text, in_org) = explained(&server, &ids[0]).await;

    assert_eq!(
        (state, in_org),
        (RecordState::NeverSeen, Some(RecordInOrg::NotShown { sees_all: Some(false) }))
    );
    assert!(text.contains("it is hidden from that user, or there is no such record"), "{text}");
}

async fn an_org_that_does_not_answer_leaves_what_the_copy_knows(database: Database) {
    let org = TestOrg::with_records("Account", 20);
    let ids = org.ids("Account");
    rate(&org, &ids, "Cold");
    org.pass_minutes(60);
    let server = copied(database, &org).await;
    org.befall(FaultSpec { times: 9, status: Some(503), ..FaultSpec::new(FaultKind::Status, "composite") });

    let (state, text, in_org) = explained(&server, &ids[0]).await;

    assert_eq!((state, in_org), (RecordState::NeverSeen, None));
    assert!(text.contains("the rule's filter (Rating = 'Hot') does not keep it, or"), "{text}");
}
