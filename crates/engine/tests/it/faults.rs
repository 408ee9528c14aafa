//! What goes wrong between an org and us, each fault by its name.
//!
//! After each the copy equals the org, no row is lost, doubled or marked gone, and the counts add up.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use model::{Outcome, Position};
use orgsim::org::Mutation;
use orgsim::{FaultKind, FaultSpec};
use salesforce::Retry;

use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{Run, Setup, TestEngine, until};
use crate::test_org::TestOrg;

const RULE: Rule = all("Account").fields(&["Name", "Site", "Description", "AnnualRevenue"]);
const ACCOUNTS: u64 = 400;

/// Kinds of calls that a read by Bulk makes, one after the other.
const BULK_CALLS: [&str; 6] = ["describe", "query", "bulk_create", "bulk_status", "bulk_results", "updated"];

fn bulk() -> Setup {
    Setup::bulk(Database::Sqlite, 100)
}

fn rest() -> Setup {
    Setup::rest(Database::Sqlite)
}

fn fault(kind: FaultKind, pattern: &str) -> FaultSpec {
    FaultSpec::new(kind, pattern)
}

/// Copies an org that has faults; then makes sure of everything.
async fn copy_with(setup: Setup, faults: &[FaultSpec]) -> (TestOrg, TestEngine, Run) {
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = setup.connect(&org).await;
    org.simulator.reset_counters();
    faults.iter().for_each(|fault| org.befall(fault.clone()));
    let run = app.run_well(&[RULE]).await;
    let counts = run.counts();
    assert_eq!((counts.rows_read, counts.inserted), (ACCOUNTS, ACCOUNTS), "{faults:?}");
    assert_whole(&app, &org).await;
    (org, app, run)
}

async fn assert_whole(app: &TestEngine, org: &TestOrg) {
    app.assert_copy_equals(org, &RULE).await;
    assert_eq!(app.gone("Account").await, []);
}

/// Does so by Bulk and by REST, with a fault of the second page of each and of the page of changes.
async fn survive(fault: impl Fn(&str) -> FaultSpec) {
    let (org, _, _) = copy_with(bulk(), &[FaultSpec { nth: 2, ..fault("bulk_results") }]).await;
    assert_eq!((org.faults_played(), org.calls("bulk_results")), (1, 5));

    // The first query counts.
    let (org, app, _) = copy_with(rest(), &[FaultSpec { nth: 2, ..fault("query") }]).await;
    assert_eq!((org.faults_played(), org.calls("query")), (1, 3));

    org.mutate("Account", Mutation { created: 5, updated: 10, deleted: 3, seed: 3 });
    org.pass_minutes(1);
    org.befall(fault("query"));
    let run = app.run_well(&[RULE]).await;
    app.assert_copy_equals(&org, &RULE).await;
    assert_eq!(org.faults_played(), 2);
    assert_eq!((run.counts().rows_read, run.counts().gone), (15, 3));
}

#[tokio::test]
async fn a_truncated_page_is_asked_for_again() {
    survive(|call| FaultSpec { bytes: Some(2_000), ..fault(FaultKind::Truncate, call) }).await;
}

#[tokio::test]
async fn a_truncated_page_that_ends_as_a_whole_one_does_is_asked_for_again() {
    for bytes in [0, 5, 2_000] {
        survive(|call| FaultSpec { bytes: Some(bytes), clean: true, ..fault(FaultKind::Truncate, call) })
            .await;
    }
}

#[tokio::test]
async fn a_page_cut_before_its_end_is_asked_for_again() {
    survive(|call| fault(FaultKind::CutBeforeEnd, call)).await;
}

#[tokio::test]
async fn a_page_with_a_wrong_content_length_is_asked_for_again() {
    survive(|call| fault(FaultKind::WrongLength, call)).await;
}

#[tokio::test]
async fn a_page_that_stalls_is_asked_for_again() {
    let idle_timeout = Duration::from_millis(300);
    let stalls = |call: &str| FaultSpec { bytes: Some(1_000), nth: 2, ..fault(FaultKind::Stall, call) };

    let (org, _, _) = copy_with(Setup { idle_timeout, ..bulk() }, &[stalls("bulk_results")]).await;
    assert_eq!(org.calls("bulk_results"), 5);
    let (org, _, _) = copy_with(Setup { idle_timeout, ..rest() }, &[stalls("query")]).await;
    assert_eq!(org.calls("query"), 3);
}

#[tokio::test]
async fn a_maintenance_page_is_not_an_empty_result() {
    survive(|call| fault(FaultKind::Html, call)).await;
    for call in BULK_CALLS {
        copy_with(bulk(), &[fault(FaultKind::Html, call)]).await;
    }
}

#[tokio::test]
async fn an_empty_body_is_not_an_empty_result() {
    survive(|call| fault(FaultKind::Empty, call)).await;
    for call in BULK_CALLS {
        copy_with(bulk(), &[fault(FaultKind::Empty, call)]).await;
    }
}

#[tokio::test]
async fn an_empty_object_is_not_an_empty_result() {
    survive(empty_object).await;
    for call in BULK_CALLS {
        copy_with(bulk(), &[empty_object(call)]).await;
    }
}

fn empty_object(call: &str) -> FaultSpec {
    FaultSpec { status: Some(200), body: Some("{}".to_owned()), ..fault(FaultKind::Status, call) }
}

#[tokio::test]
async fn a_reset_connection_is_tried_again() {
    for after in [false, true] {
        survive(|call| FaultSpec { after, ..fault(FaultKind::Reset, call) }).await;
        for call in BULK_CALLS {
            copy_with(bulk(), &[FaultSpec { after, ..fault(FaultKind::Reset, call) }]).await;
        }
    }
}

#[tokio::test]
async fn bursts_of_server_errors_are_waited_out() {
    let burst =
        |call: &str, status| FaultSpec { status: Some(status), times: 3, ..fault(FaultKind::Status, call) };
    for (call, status) in BULK_CALLS.into_iter().zip([500, 502, 503, 504].into_iter().cycle()) {
        let (org, _, _) = copy_with(bulk(), &[burst(call, status)]).await;
        assert!(org.faults_played() >= 1, "{call}");
    }
    let (org, _, _) = copy_with(rest(), &[burst("query", 503)]).await;
    assert_eq!(org.faults_played(), 3);
}

#[tokio::test]
async fn an_error_every_third_call_costs_half_the_calls_more_at_most() {
    let (clean, _, _) = copy_with(bulk(), &[]).await;
    let every_third = FaultSpec { status: Some(503), every: 3, times: 1_000, ..fault(FaultKind::Status, "") };
    let (faulty, _, _) = copy_with(bulk(), &[every_third]).await;

    let calls = |org: &TestOrg| org.simulator.counters().requests.values().sum::<u64>();
    assert!(calls(&faulty) * 2 <= calls(&clean) * 3, "{} and {}", calls(&faulty), calls(&clean));
}

#[tokio::test]
async fn a_page_without_its_last_record_is_asked_for_again() {
    let short = FaultSpec {
        nth: 2,
        headers: headers("Sforce-NumberOfRecords", Some("101")),
        ..fault(FaultKind::Headers, "bulk_results")
    };
    let (org, _, _) = copy_with(bulk(), &[short]).await;

    assert_eq!(org.calls("bulk_results"), 5);
}

#[tokio::test]
async fn a_job_that_counts_more_records_than_came_is_read_again() {
    // The last page is announced as the last one too early, and says nothing of its rows.
    let early_end = FaultSpec {
        nth: 3,
        headers: headers("Sforce-Locator", Some("null")),
        ..fault(FaultKind::Headers, "bulk_results")
    };
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = bulk().connect(&org).await;
    org.befall(early_end);

    let run = app.run_well(&[RULE]).await;

    assert_whole(&app, &org).await;
    assert_eq!(org.calls("bulk_create"), 2);
    assert_eq!(run.counts().inserted, ACCOUNTS);
}

#[tokio::test]
async fn a_missing_or_empty_locator_ends_a_job_as_null_does() {
    for last in [None, Some(""), Some("null")] {
        let absent = FaultSpec {
            nth: 4,
            headers: headers("Sforce-Locator", last),
            ..fault(FaultKind::Headers, "bulk_results")
        };
        let (org, _, _) = copy_with(bulk(), &[absent]).await;
        assert_eq!(org.calls("bulk_results"), 4);
    }
}

#[tokio::test]
async fn a_repeated_locator_ends_in_a_new_read_and_no_circle() {
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = bulk().connect(&org).await;
    // `MTAw` names the second page.
    org.befall(FaultSpec {
        nth: 2,
        times: 2,
        headers: headers("Sforce-Locator", Some("MTAw")),
        ..fault(FaultKind::Headers, "bulk_results")
    });

    app.run_well(&[RULE]).await;

    assert_whole(&app, &org).await;
}

#[tokio::test]
async fn a_locator_that_is_always_repeated_ends_in_a_read_by_rest() {
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = bulk().connect(&org).await;
    org.befall(FaultSpec {
        times: 1_000,
        headers: headers("Sforce-Locator", Some("MTAw")),
        ..fault(FaultKind::Headers, "bulk_results")
    });

    app.run_well(&[RULE]).await;

    assert_whole(&app, &org).await;
    // The first page of three jobs, and the second one, of the first job twice.
    assert_eq!((org.calls("bulk_create"), org.calls("bulk_results")), (3, 7));
}

#[tokio::test]
async fn locators_that_go_in_a_circle_end_in_a_new_read() {
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = bulk().connect(&org).await;
    // The third page leads back to the second one, always.
    org.befall(FaultSpec {
        times: 1_000,
        headers: headers("Sforce-Locator", Some("MTAw")),
        ..fault(FaultKind::Headers, "locator=MjAw")
    });

    app.run_well(&[RULE]).await;

    assert_whole(&app, &org).await;
    assert_eq!(org.calls("bulk_create"), 3);
}

#[tokio::test]
async fn a_locator_that_the_org_does_not_know_any_more_is_survived() {
    for (times, jobs) in [(1, 1), (2, 2), (1_000, 3)] {
        let org = TestOrg::with_records("Account", ACCOUNTS as u32);
        let app = bulk().connect(&org).await;
        org.befall(FaultSpec { nth: 3, times, ..fault(FaultKind::InvalidLocator, "bulk_results") });

        app.run_well(&[RULE]).await;

        assert_whole(&app, &org).await;
        assert_eq!(org.calls("bulk_create"), jobs);
    }
}

#[tokio::test]
async fn results_that_are_gone_are_read_by_a_new_job() {
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = bulk().connect(&org).await;
    let (run, rules) = app.start(&[RULE]).await;
    let job_id = app.drop_slice_after_pages(&org, &rules[0], 1).await;

    org.delete_job(&job_id).await;
    app.drive().await;
    app.end(run, &rules).await;

    assert_whole(&app, &org).await;
    assert_eq!(org.calls("bulk_create"), 2);
}

#[tokio::test]
async fn a_job_that_fails_or_is_aborted_is_made_again() {
    let (org, _, _) = copy_with(bulk(), &[fault(FaultKind::BulkFail, "")]).await;
    assert_eq!(org.calls("bulk_create"), 2);

    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = bulk().connect(&org).await;
    org.befall(FaultSpec { polls: Some(3), ..fault(FaultKind::BulkSlow, "") });
    let (run, rules) = app.start(&[RULE]).await;
    let job_id = drive_to_job(&app, &rules[0]).await;
    org.abort_job(&job_id).await;
    app.drive().await;
    let run = app.end(run, &rules).await;

    assert_whole(&app, &org).await;
    assert_eq!(org.calls("bulk_create"), 2);
    assert_eq!(run.counts().rows_read, ACCOUNTS);
}

#[tokio::test]
async fn a_job_that_is_stuck_for_a_day_is_made_again() {
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = bulk().connect(&org).await;
    org.befall(FaultSpec { polls: Some(1_000_000), ..fault(FaultKind::BulkSlow, "") });
    let (run, rules) = app.start(&[RULE]).await;
    drive_to_job(&app, &rules[0]).await;

    org.pass_minutes(25 * 60);
    app.clock.advance(25 * 3_600_000);
    app.drive().await;
    let run = app.end(run, &rules).await;

    assert_whole(&app, &org).await;
    assert_eq!(org.calls("bulk_create"), 2);
    assert_eq!(run.counts().rows_read, ACCOUNTS);
}

#[tokio::test]
async fn jobs_that_always_fail_end_in_a_read_by_rest() {
    let failing = FaultSpec { times: 1_000, ..fault(FaultKind::BulkFail, "") };
    let (org, _, _) = copy_with(bulk(), &[failing]).await;

    assert_eq!((org.calls("bulk_create"), org.calls("bulk_results")), (3, 0));
}

#[tokio::test]
async fn a_query_that_always_times_out_fails_the_rule() {
    for (setup, call) in [(rest(), "SystemModstamp"), (bulk(), "bulk_results")] {
        let org = TestOrg::with_records("Account", ACCOUNTS as u32);
        let app = setup.connect(&org).await;
        org.befall(FaultSpec {
            status: Some(400),
            body: Some(
                r#"[{"errorCode":"QUERY_TIMEOUT","message":"Your query request was running for too long."}]"#
                    .to_owned(),
            ),
            times: 1_000,
            ..fault(FaultKind::Status, call)
        });

        let run = app.run(&[RULE]).await;

        assert_eq!(run.codes(), ["filter.too_slow"]);
        // By REST half as many records are asked for each time, from 2,000 down to one, which is said.
        assert!(org.faults_played() <= 11, "{}", org.faults_played());
        let problem = run.rules[0].end.as_ref().unwrap().problem.as_ref().unwrap();
        assert_eq!(problem.text.contains("a single record"), call == "SystemModstamp", "{}", problem.text);
        org.end_faults();
        app.run_well(&[RULE]).await;
        assert_whole(&app, &org).await;
    }
}

#[tokio::test]
async fn a_query_that_is_too_much_is_asked_for_fewer_records() {
    for code in ["QUERY_TIMEOUT", "OPERATION_TOO_LARGE"] {
        let too_much = FaultSpec {
            times: 4,
            status: Some(400),
            body: Some(format!(r#"[{{"errorCode":"{code}","message":"too much"}}]"#)),
            ..fault(FaultKind::Status, "SystemModstamp")
        };

        let (org, _, _) = copy_with(rest(), &[too_much]).await;

        // 2,000, 1,000, 500 and 250 at once are too many, 125 are not. The count comes first.
        assert_eq!((org.faults_played(), org.calls("query")), (4, 1 + 4 + 4));
    }
}

#[tokio::test]
async fn a_version_that_is_retired_while_we_run_is_left_for_one_that_the_org_has() {
    for call in ["describe", "query", "bulk_create"] {
        let retired =
            FaultSpec { code: Some("UNSUPPORTED_API_VERSION".to_owned()), ..fault(FaultKind::Error, call) };
        let org = TestOrg::with_records("Account", ACCOUNTS as u32);
        let app = bulk().connect(&org).await;
        app.run_well(&[RULE.only("Name != null")]).await;
        org.simulator.reset_counters();
        org.befall(retired);

        app.run_well(&[RULE]).await;

        assert_eq!((org.faults_played(), org.calls("versions")), (1, 1), "{call}");
        assert_whole(&app, &org).await;
    }
}

#[tokio::test]
async fn records_that_the_org_cannot_count_in_time_are_read_uncounted() {
    for is_by_rest in [false, true] {
        let org = TestOrg::with_records("Account", ACCOUNTS as u32);
        let app = bulk().connect(&org).await;
        let slow = FaultSpec { code: Some("QUERY_TIMEOUT".to_owned()), ..fault(FaultKind::Error, "COUNT") };
        org.befall(slow);
        if is_by_rest {
            org.refuse_bulk();
        }

        let run = app.run_well(&[RULE]).await;

        assert_eq!(org.calls("bulk_results") > 0, !is_by_rest);
        assert_eq!(run.counts().rows_read, ACCOUNTS);
        // A job tells how many it has; nobody tells of a query.
        assert_eq!(run.rules[0].rows_total, (!is_by_rest).then_some(ACCOUNTS));
        assert_whole(&app, &org).await;
    }
}

#[tokio::test]
async fn no_answer_about_open_transactions_is_not_taken_for_none() {
    let org = TestOrg::with_records("Account", 30);
    let app = rest().connect(&org).await;
    app.run_well(&[RULE]).await;
    let opened_ms = org.now_ms() - org.now_ms().rem_euclid(60_000);
    org.control("replication", &format!(r#"{{"covered_until_ms":{opened_ms}}}"#)).await;
    org.pass_minutes(60);
    app.clock.advance(60 * 60_000);

    for kind in [FaultKind::Status, FaultKind::Html, FaultKind::Empty, FaultKind::Reset, FaultKind::Truncate]
    {
        org.befall(FaultSpec { times: 4, bytes: Some(10), ..fault(kind, "updated") });
        let (run, rules) = app.start(&[RULE]).await;
        app.drive().await;
        assert_eq!(app.end(run, &rules).await.codes(), [""]);

        let complete_until = app.checkpoint(&rules[0]).await.complete_until.unwrap();
        assert_eq!(complete_until.as_millis(), opened_ms);
        org.end_faults();
    }
}

#[tokio::test]
async fn a_slow_job_is_waited_for() {
    let slow = FaultSpec { polls: Some(12), ..fault(FaultKind::BulkSlow, "") };
    let (org, _, _) = copy_with(bulk(), &[slow]).await;

    assert!(org.calls("bulk_status") >= 13);
    assert_eq!(org.calls("bulk_create"), 1);
}

#[tokio::test]
async fn what_bulk_refuses_is_read_by_rest() {
    let bodies = [
        r#"[{"errorCode":"INVALIDENTITY","message":"Entity 'Account' is not supported by the Bulk API."}]"#,
        r#"[{"errorCode":"API_ERROR","message":"Implementation restriction: Account only allows queries by Id"}]"#,
    ];
    for body in bodies {
        let refused = FaultSpec {
            status: Some(400),
            body: Some(body.to_owned()),
            times: 100,
            ..fault(FaultKind::Status, "bulk_create")
        };
        let (org, _, _) = copy_with(bulk(), &[refused]).await;

        assert_eq!((org.calls("bulk_create"), org.calls("bulk_results")), (1, 0));
    }
}

#[tokio::test]
async fn a_session_that_ends_in_a_read_costs_one_refresh() {
    for call in BULK_CALLS {
        let ends = FaultSpec {
            nth: if call == "bulk_results" { 3 } else { 1 },
            ..fault(FaultKind::ExpireSession, call)
        };
        let (org, _, _) = copy_with(bulk(), &[ends]).await;

        assert_eq!((org.faults_played(), org.simulator.counters().refreshes), (1, 1), "{call}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_not_sent() {
    let decoy = TcpListener::bind("127.0.0.1:0").unwrap();
    decoy.set_nonblocking(true).unwrap();
    let location = format!("http://{}/services/data/v66.0/query", decoy.local_addr().unwrap());
    for status in [301, 302, 307, 308] {
        for call in ["describe", "query", "bulk_results"] {
            let org = TestOrg::with_records("Account", ACCOUNTS as u32);
            let app = bulk().connect(&org).await;
            org.befall(FaultSpec {
                status: Some(status),
                location: Some(location.clone()),
                ..fault(FaultKind::Redirect, call)
            });

            let run = app.run(&[RULE]).await;

            assert_eq!(run.codes(), ["host.redirected"]);
            app.run_well(&[RULE]).await;
            assert_whole(&app, &org).await;
        }
    }
    assert!(decoy.accept().is_err(), "somebody called");
}

#[tokio::test]
async fn a_redirect_of_the_token_endpoint_is_not_followed() {
    let decoy = TcpListener::bind("127.0.0.1:0").unwrap();
    decoy.set_nonblocking(true).unwrap();
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = bulk().connect(&org).await;
    org.simulator.expire_sessions();
    org.befall(FaultSpec {
        location: Some(format!("http://{}/services/oauth2/token", decoy.local_addr().unwrap())),
        ..fault(FaultKind::Redirect, "token")
    });

    let run = app.run(&[RULE]).await;

    assert_eq!(run.codes(), ["host.redirected"]);
    assert!(decoy.accept().is_err(), "somebody called");
    app.run_well(&[RULE]).await;
    assert_whole(&app, &org).await;
}

#[tokio::test]
async fn a_foreign_instance_url_is_refused_and_no_token_sent_there() {
    let decoy = TcpListener::bind("127.0.0.1:0").unwrap();
    decoy.set_nonblocking(true).unwrap();
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = bulk().connect(&org).await;
    for location in [format!("http://{}", decoy.local_addr().unwrap()), "https://acme.example".to_owned()] {
        org.simulator.expire_sessions();
        org.befall(FaultSpec { location: Some(location), ..fault(FaultKind::InstanceUrl, "") });

        let run = app.run(&[RULE]).await;

        assert_eq!(run.codes(), ["host.invalid"]);
    }
    assert!(decoy.accept().is_err(), "somebody called");
    app.run_well(&[RULE]).await;
    assert_whole(&app, &org).await;
}

#[tokio::test]
async fn a_date_header_that_is_wild_or_missing_loses_no_change() {
    for date in
        [None, Some("Tue, 01 Jan 2199 00:00:00 GMT"), Some("Thu, 01 Jan 1970 00:00:00 GMT"), Some("soon")]
    {
        let org = TestOrg::with_records("Account", 30);
        let app = rest().connect(&org).await;
        // Our own clock is an hour ahead.
        app.clock.advance(3_600_000);
        org.befall(FaultSpec {
            times: 1_000,
            headers: headers("Date", date),
            ..fault(FaultKind::Headers, "")
        });
        app.run(&[RULE]).await;
        org.end_faults();

        org.mutate("Account", Mutation { created: 2, updated: 5, deleted: 1, seed: 7 });
        org.pass_minutes(1);
        app.run_well(&[RULE]).await;

        app.assert_copy_equals(&org, &RULE).await;
    }
}

/// A clock of ours, or the Date header of each answer, that is hours off, for as long as two reads take. The org tells up
/// to when its changes are visible, or does not.
#[tokio::test]
async fn a_clock_that_is_hours_off_moves_no_checkpoint_past_the_orgs_time() {
    for hours in [-10, -1, 1, 10] {
        for (is_ours, has_date) in [(true, true), (true, false), (false, true)] {
            for tells in [true, false] {
                let case = format!("{hours} hours, ours: {is_ours}, a date: {has_date}, tells: {tells}");
                let org = TestOrg::with_records("Account", 30);
                let app = rest().connect(&org).await;
                if !tells {
                    org.befall(not_replicateable());
                }
                let off_ms = hours * 3_600_000;
                if is_ours {
                    app.clock.advance(off_ms);
                } else {
                    let date = http_date(org.now_ms() + off_ms);
                    org.befall(every_answer(Some(&date)));
                }
                if !has_date {
                    org.befall(every_answer(None));
                }
                app.run_well(&[RULE]).await;
                org.mutate("Account", Mutation { created: 2, updated: 5, deleted: 1, seed: 7 });
                let (_, rules) = app.start(&[RULE]).await;
                app.drive().await;
                let until = app.checkpoint(&rules[0]).await.complete_until.unwrap();
                assert!(until.as_millis() <= org.now_ms(), "{case}: {until}");
                org.end_faults();
                if is_ours {
                    app.clock.advance(-off_ms);
                }

                org.mutate("Account", Mutation { created: 2, updated: 5, deleted: 1, seed: 8 });
                org.pass_minutes(1);
                app.run_well(&[RULE]).await;

                app.assert_copy_equals(&org, &RULE).await;
            }
        }
    }
}

/// What the org says of the sObject to who asks what was updated.
fn not_replicateable() -> FaultSpec {
    let body =
        r#"[{"errorCode":"INVALID_TYPE_FOR_OPERATION","message":"object type Account is not replicable"}]"#;
    FaultSpec {
        status: Some(400),
        body: Some(body.to_owned()),
        times: 1_000,
        ..fault(FaultKind::Status, "updated")
    }
}

fn every_answer(date: Option<&str>) -> FaultSpec {
    FaultSpec { times: 1_000, headers: headers("Date", date), ..fault(FaultKind::Headers, "") }
}

fn http_date(at_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at_ms).unwrap().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test]
async fn one_sobjects_trouble_stops_that_sobject_only() {
    let org = TestOrg::with_counts(&[("Account", 50), ("Contact", 60), ("Case", 40)]);
    let app = rest().connect(&org).await;
    let rules = [all("Account"), all("Contact"), all("Case")];
    org.befall(FaultSpec {
        status: Some(400),
        body: Some(r#"[{"errorCode":"MALFORMED_QUERY","message":"unexpected token"}]"#.to_owned()),
        times: 100,
        ..fault(FaultKind::Status, "FROM+Contact")
    });
    org.befall(FaultSpec {
        status: Some(400),
        body: Some(r#"[{"errorCode":"MALFORMED_QUERY","message":"unexpected token"}]"#.to_owned()),
        times: 100,
        ..fault(FaultKind::Status, "FROM%20Contact")
    });

    let run = app.run(&rules).await;

    assert_eq!(run.outcome, Outcome::PartlyDone);
    assert_eq!(run.codes(), ["", "filter.refused", ""]);
    app.assert_copy_equals(&org, &rules[0]).await;
    app.assert_copy_equals(&org, &rules[2]).await;
}

/// As by a restart or a failover, in the middle of whatever is under way, while another session holds a lock for a moment.
#[tokio::test]
async fn connections_that_the_database_ends_lose_no_page() {
    let org = TestOrg::with_records("Account", ACCOUNTS as u32);
    let app = Setup::bulk(Database::Postgres, 20).connect(&org).await;
    let (run, rules) = app.start(&[RULE]).await;
    let read = format!("select coalesce(sum(rows_read), 0) from {}", app.database.control("sync_run_rules"));
    let ended = "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and pid <> pg_backend_pid()";

    let working = async {
        loop {
            match engine::run_next(&app.engine, engine::Patience::of_server()).await {
                Ok(engine::Step::Done) => return,
                Ok(engine::Step::Worked) => {}
                Ok(engine::Step::Waits(due_at)) => {
                    app.clock.advance((due_at.as_millis() - app.clock.now().as_millis()).max(0));
                    tokio::task::yield_now().await;
                }
                Err(error) => {
                    assert!(matches!(error.retry(), Retry::Now | Retry::Later(_)), "{error:?}");
                }
            }
        }
    };
    let ending = async {
        for rows in [20, 100, 200, 300] {
            let rows_read = async || app.database.rows(&read).await[0][0].as_ref()?.parse::<u64>().ok();
            until(async || rows_read().await.filter(|read| *read >= rows)).await;
            app.database.rows(ended).await;
        }
        // A transaction that waits for a lock goes on when it is given.
        let lock = app.database.lock("lock table towpath.checkpoints in access exclusive mode").await;
        tokio::task::yield_now().await;
        drop(lock);
    };
    tokio::join!(working, ending);

    let run = app.end(run, &rules).await;
    assert_eq!((run.outcome, run.counts().rows_read), (Outcome::Succeeded, ACCOUNTS));
    assert_whole(&app, &org).await;
}

fn headers(name: &str, value: Option<&str>) -> BTreeMap<String, Option<String>> {
    BTreeMap::from([(name.to_owned(), value.map(str::to_owned))])
}

/// Runs slices until a Bulk job is under way. Returns its id.
async fn drive_to_job(app: &TestEngine, rule: &model::SyncRule) -> String {
    loop {
        let lease = app.claim("somebody").await.unwrap();
        let next = app.engine.run_slice(&lease).await.unwrap();
        app.finish_slice(&lease, next).await;
        if let Position::Bulk(position) = app.checkpoint(rule).await.position {
            return position.job_id;
        }
    }
}
