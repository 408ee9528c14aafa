//! The custody of tokens: rotated ones are stored before they are used, asked for once, and never lost unseen.

use model::{ConnectionStatus, Outcome};
use orgsim::{FaultKind, FaultSpec, SimulatorConfig};
use secrecy::ExposeSecret;
use store::connections::{Tokens, find_connection, find_tokens};
use store::integrations::find_integration;

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{SLUG, Setup, TestEngine, credentials, until};
use crate::test_org::{TestOrg, config};

on_both!(
    a_rotated_token_is_stored_and_serves_the_next_process,
    two_engines_that_find_a_session_expired_ask_for_one_token,
    a_rotated_token_that_is_lost_is_asked_for_again_once,
    a_renewal_that_is_under_way_when_work_ends_is_waited_for,
);

const RULES: [Rule; 3] = [
    all("Account").fields(&["Name", "Site"]),
    all("Contact").fields(&["LastName", "Email"]),
    all("Case").fields(&["Subject"]),
];

/// An org that rotates refresh tokens, and ends the approval where an old one is presented.
fn strict_org() -> TestOrg {
    let counts = [("Account", 60), ("Contact", 50), ("Case", 40)];
    TestOrg::start(SimulatorConfig {
        rotate_refresh_tokens: true,
        revoke_family_on_reuse: true,
        ..config(&counts)
    })
}

async fn tokens(app: &TestEngine) -> Tokens {
    let integration = find_integration(app.store(), app.integration).await.unwrap().unwrap();
    find_tokens(app.store(), integration.connection_id).await.unwrap().unwrap()
}

async fn status(app: &TestEngine) -> (ConnectionStatus, Option<String>) {
    let integration = find_integration(app.store(), app.integration).await.unwrap().unwrap();
    let connection = find_connection(app.store(), integration.connection_id).await.unwrap().unwrap();
    (connection.status, connection.status_code)
}

async fn assert_whole(app: &TestEngine, org: &TestOrg) {
    for rule in &RULES {
        app.assert_copy_equals(org, rule).await;
        assert_eq!(app.gone(rule.sobject).await, []);
    }
}

async fn a_rotated_token_is_stored_and_serves_the_next_process(database: Database) {
    let org = strict_org();
    let app = Setup::bulk(database, 20).connect(&org).await;
    let first = tokens(&app).await;

    for generation in 2..=4 {
        org.simulator.expire_sessions();
        let (run, rules) = app.start(&RULES).await;
        // An engine that knows only what the store does.
        app.drive_with(&app.another(&org)).await;
        let run = app.end(run, &rules).await;

        assert_eq!(run.outcome, Outcome::Succeeded);
        let stored = tokens(&app).await;
        assert_eq!(stored.generation, generation);
        assert_eq!(stored.refresh_until, None);
        let secret = |tokens: &Tokens| tokens.refresh_token.as_ref().unwrap().expose_secret().to_owned();
        assert_ne!(secret(&stored), secret(&first));
    }
    // One more by the sign-in.
    assert_eq!((org.simulator.counters().refreshes, org.simulator.counters().refresh_reuses), (4, 0));
    assert_whole(&app, &org).await;
}

/// The slice is broken off, as a server does that is told to stop, while the org's answer is on its way.
async fn a_renewal_that_is_under_way_when_work_ends_is_waited_for(database: Database) {
    let org = strict_org();
    let app = Setup::rest(database).connect(&org).await;
    let first = tokens(&app).await;
    org.simulator.expire_sessions();
    org.simulator.reset_counters();
    let late = FaultSpec { after: true, delay_ms: Some(700), ..FaultSpec::new(FaultKind::Delay, "token") };
    org.befall(late);
    app.start(&RULES).await;
    let lease = app.claim("a server that stops").await.unwrap();
    tokio::select! {
        _ = app.engine.run_slice(&lease) => panic!("the answer came too soon"),
        () = until(async || (org.faults_played() > 0).then_some(())) => {}
    }

    let settled = app.engine.settle().await;

    assert!(settled.is_some());
    assert_eq!(tokens(&app).await.generation, first.generation + 1);
    drop(settled);
    app.clock.advance(60_000);
    app.drive_with(&app.another(&org)).await;
    assert_eq!(org.simulator.counters().refresh_reuses, 0);
    assert_whole(&app, &org).await;
}

async fn two_engines_that_find_a_session_expired_ask_for_one_token(database: Database) {
    let org = strict_org();
    let app = Setup::rest(database).connect(&org).await;
    let other = app.another(&org);
    // Both have called the org before, with the same token.
    for engine in [&app.engine, &other] {
        let (run, rules) = app.start(&RULES).await;
        app.drive_with(engine).await;
        app.end(run, &rules).await;
    }
    org.simulator.reset_counters();

    for _ in 0..3 {
        org.simulator.expire_sessions();
        org.simulator.reset_counters();
        let (run, rules) = app.start(&RULES).await;
        let (first, second) = (app.claim("first").await.unwrap(), app.claim("second").await.unwrap());
        let (one, two) = tokio::join!(app.engine.run_slice(&first), other.run_slice(&second));
        app.finish_slice(&first, one.unwrap()).await;
        app.finish_slice(&second, two.unwrap()).await;
        app.drive().await;
        app.end(run, &rules).await;

        let counters = org.simulator.counters();
        assert_eq!((counters.token_calls, counters.refreshes, counters.refresh_reuses), (1, 1, 0));
    }
    assert_whole(&app, &org).await;
}

async fn a_rotated_token_that_is_lost_is_asked_for_again_once(database: Database) {
    let lost = [
        FaultSpec { after: true, ..FaultSpec::new(FaultKind::Reset, "token") },
        FaultSpec { bytes: Some(100), ..FaultSpec::new(FaultKind::Truncate, "token") },
    ];
    for fault in lost {
        let org = strict_org();
        let app = Setup::rest(database).connect(&org).await;
        org.simulator.expire_sessions();
        org.befall(fault);
        org.simulator.reset_counters();

        let run = app.run(&RULES).await;
        app.run(&RULES).await;

        assert_eq!(run.outcome, Outcome::Failed);
        assert_eq!(run.codes(), ["token.rotated_lost"; 3]);
        assert_eq!((org.simulator.counters().token_calls, org.simulator.counters().refresh_reuses), (2, 1));
        let needs_reconnect = (ConnectionStatus::NeedsReconnect, Some("token.rotated_lost".to_owned()));
        assert_eq!(status(&app).await, needs_reconnect);
        // The same credentials do not help, and are not tried.
        let line = org.simulator.start_line();
        let same = credentials(&org, &line.refresh_token);
        app.engine.open_integration(&SLUG.parse().unwrap(), &same).await.unwrap();
        app.run(&RULES).await;
        assert_eq!(org.simulator.counters().refresh_reuses, 1);

        assert_eq!(app.reconnect(&org).await.unwrap(), app.integration);
        app.run_well(&RULES).await;
        assert_eq!(status(&app).await, (ConnectionStatus::Connected, None));
        assert_whole(&app, &org).await;
    }
}

/// Only this process knows the new token, and the store fails while it is to be kept.
#[tokio::test]
async fn a_rotated_token_is_kept_until_the_store_takes_it() {
    let org = strict_org();
    let app = Setup::rest(Database::Postgres).connect(&org).await;
    let first = tokens(&app).await;
    app.database
        .change(
            "create sequence public.tries;
             create function public.fail() returns trigger language plpgsql as $$ begin
                 if nextval('public.tries') <= 3 then
                     raise exception 'the server is going away' using errcode = '57P01';
                 end if;
                 return new;
             end $$;
             create trigger fail before update on towpath.connections for each row
                 when (new.generation <> old.generation) execute function public.fail()",
        )
        .await;
    org.simulator.expire_sessions();
    org.simulator.reset_counters();

    app.run_well(&RULES).await;

    let tries = app.database.rows("select last_value from public.tries").await;
    assert_eq!(tries, [[Some("4".to_owned())]]);
    assert_eq!((org.simulator.counters().refreshes, org.simulator.counters().refresh_reuses), (1, 0));
    assert_eq!(tokens(&app).await.generation, first.generation + 1);
    // The next process renews with what was kept.
    org.simulator.expire_sessions();
    let (run, rules) = app.start(&RULES).await;
    app.drive_with(&app.another(&org)).await;
    assert_eq!(app.end(run, &rules).await.outcome, Outcome::Succeeded);
    assert_eq!((org.simulator.counters().refreshes, org.simulator.counters().refresh_reuses), (2, 0));
    assert_whole(&app, &org).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_costs_nothing_where_tokens_do_not_rotate() {
    let org = TestOrg::start(config(&[("Account", 60), ("Contact", 50), ("Case", 40)]));
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    org.simulator.expire_sessions();
    for fault in [
        FaultSpec { after: true, ..FaultSpec::new(FaultKind::Reset, "token") },
        FaultSpec { status: Some(503), ..FaultSpec::new(FaultKind::Status, "token") },
        FaultSpec::new(FaultKind::Html, "token"),
    ] {
        org.befall(fault);
    }

    app.run_well(&RULES).await;

    assert_eq!(status(&app).await, (ConnectionStatus::Connected, None));
    assert_whole(&app, &org).await;
}

#[tokio::test]
async fn a_revoked_grant_stops_all_calls_until_it_is_given_again() {
    let org = strict_org();
    let app = Setup::rest(Database::Sqlite).connect(&org).await;
    app.run_well(&RULES).await;
    let copied = app.synced_at("Account").await;
    org.simulator.revoke_approvals();
    org.simulator.reset_counters();

    let run = app.run(&RULES).await;
    app.run(&RULES).await;

    assert_eq!(run.codes(), ["token.revoked"; 3]);
    assert_eq!(org.simulator.counters().token_calls, 1);
    assert_eq!(status(&app).await, (ConnectionStatus::NeedsReconnect, Some("token.revoked".to_owned())));
    assert_eq!(app.synced_at("Account").await, copied);

    app.reconnect(&org).await.unwrap();
    app.run_well(&RULES).await;
    assert_whole(&app, &org).await;
}
