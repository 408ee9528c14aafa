//! Going on where another process stopped.

use std::fs;
use std::path::PathBuf;

use model::{KeysetPass, KeysetPoint, Position, SyncRule};
use orgsim::{FaultKind, FaultSpec};

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{LEASE_MS, Setup, TestEngine, until};
use crate::test_org::{TestOrg, text};

on_both!(
    a_bulk_read_that_is_dropped_between_pages_serves_no_row_twice,
    a_rest_read_that_is_dropped_between_pages_serves_no_row_twice,
    a_read_that_is_dropped_before_it_looks_who_left_the_filter_finds_them,
);

const ACCOUNTS: Rule = all("Account");

async fn a_bulk_read_that_is_dropped_between_pages_serves_no_row_twice(database: Database) {
    let org = TestOrg::with_records("Account", 500);
    let app = Setup::bulk(database, 100).connect(&org).await;
    let (run, rules) = app.start(&[ACCOUNTS]).await;

    // The fourth page does not come: what is dropped waits for it and has stored three.
    app.drop_slice_after_pages(&org, &rules[0], 3).await;
    app.drive().await;
    let run = app.end(run, &rules).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert_eq!((run.counts().rows_read, run.counts().inserted), (500, 500));
    assert_eq!(org.rows_served("Account"), 500);
    assert_eq!((org.calls("bulk_create"), org.calls("describe")), (1, 1));
}

async fn a_rest_read_that_is_dropped_between_pages_serves_no_row_twice(database: Database) {
    let org = TestOrg::with_records("Account", 4_500);
    let rule = ACCOUNTS.fields(&["Name"]);
    let app = Setup::rest(database).connect(&org).await;
    let (run, rules) = app.start(&[rule]).await;

    // The count is a query too.
    org.befall(FaultSpec { nth: 3, ..FaultSpec::new(FaultKind::Stall, "query") });
    app.drop_slice_when(&rules[0], |position| {
        matches!(position, Position::Keyset(keyset) if matches!(keyset.after, Some(KeysetPoint::Stamp(_))))
    })
    .await;
    org.end_faults();
    app.drive().await;
    let run = app.end(run, &rules).await;

    app.assert_copy_equals(&org, &rule).await;
    assert_eq!((run.counts().rows_read, run.counts().inserted), (4_500, 4_500));
    assert_eq!(org.rows_served("Account"), 4_500);
}

async fn a_read_that_is_dropped_before_it_looks_who_left_the_filter_finds_them(database: Database) {
    let org = TestOrg::with_records("Account", 50);
    let rule = ACCOUNTS.only("Name != 'Nobody'");
    let app = Setup::rest(database).connect(&org).await;
    app.run_well(&[rule]).await;
    let ids = org.ids("Account");
    org.update("Account", &ids[3], &[("Name", text("Nobody"))]);
    org.update("Account", &ids[4], &[("Name", text("Somebody"))]);
    org.delete("Account", &ids[5]);
    org.pass_minutes(1);
    let (run, rules) = app.start(&[rule]).await;

    org.befall(FaultSpec { nth: 2, ..FaultSpec::new(FaultKind::Stall, "query") });
    app.drop_slice_when(
        &rules[0],
        |position| matches!(position, Position::Keyset(keyset) if keyset.pass == KeysetPass::ChangedIds),
    )
    .await;
    org.end_faults();
    app.drive().await;
    app.end(run, &rules).await;

    app.assert_copy_equals(&org, &rule).await;
    let why = [(3, "filtered"), (5, "deleted")];
    assert_eq!(app.gone("Account").await, why.map(|(at, why)| (ids[at].to_string(), why.to_owned(), None)));
}

#[tokio::test]
async fn a_read_that_used_up_the_days_calls_goes_on_later() {
    let org = TestOrg::with_records("Account", 500);
    let app = Setup::bulk(Database::Sqlite, 100).connect(&org).await;
    org.control("limits", r#"{"used":0,"max":10,"enforce":true}"#).await;

    let run = app.run(&[ACCOUNTS]).await;
    assert_eq!(run.codes(), ["limit.reserve"]);
    let read = run.counts().rows_read;
    org.control("limits", r#"{"max":15000}"#).await;
    org.pass_minutes(15);
    app.clock.advance(15 * 60_000);
    let run = app.run_well(&[ACCOUNTS]).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    assert!(read >= 100, "{read}");
    assert_eq!(run.counts().rows_read, 500 - read);
    assert_eq!((org.rows_served("Account"), org.calls("bulk_create")), (500, 1));
}

#[tokio::test]
async fn a_page_that_waits_on_disk_is_not_asked_for_again() {
    let org = TestOrg::with_records("Account", 400);
    let app = Setup::bulk(Database::Postgres, 100).connect(&org).await;
    let (run, rules) = app.start(&[ACCOUNTS]).await;

    drop_slice_with_two_pages_on_disk(&app, &org, &rules[0]).await;
    let (calls, rows) = (org.calls("bulk_results"), org.rows_served("Account"));
    app.drive().await;
    let run = app.end(run, &rules).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    // The last page alone.
    assert_eq!((org.calls("bulk_results"), org.rows_served("Account")), (calls + 1, rows + 100));
    assert_eq!(run.counts().rows_read, 400);
    assert!(!app.spool(&rules[0]).exists());
}

#[tokio::test]
async fn a_page_that_was_damaged_on_disk_is_asked_for_again() {
    let damages: [fn(&PathBuf); 3] = [
        |page| {
            let mut bytes = fs::read(page).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(page, bytes).unwrap();
        },
        |page| {
            let bytes = fs::read(page).unwrap();
            fs::write(page, &bytes[..bytes.len() - 8]).unwrap();
        },
        |page| fs::write(page.with_extension("json"), "{\"format\":").unwrap(),
    ];
    for damage in damages {
        let org = TestOrg::with_records("Account", 400);
        let app = Setup::bulk(Database::Postgres, 100).connect(&org).await;
        let (run, rules) = app.start(&[ACCOUNTS]).await;

        let pages = drop_slice_with_two_pages_on_disk(&app, &org, &rules[0]).await;
        damage(&pages[1]);
        let calls = org.calls("bulk_results");
        app.drive().await;
        app.end(run, &rules).await;

        app.assert_copy_equals(&org, &ACCOUNTS).await;
        // That page, and the last one.
        assert_eq!(org.calls("bulk_results"), calls + 2);
    }
}

#[tokio::test]
async fn a_read_goes_on_after_any_slice_in_another_process() {
    let org = TestOrg::with_counts(&[("Account", 300), ("Case", 50)]);
    let app = Setup::bulk(Database::Sqlite, 100).connect(&org).await;
    let rules = [ACCOUNTS, all("Case").only("IsClosed = false")];
    let (run, stored) = app.start(&rules).await;

    // Each slice by an engine that knows nothing of those before.
    while let Some(lease) = app.claim("somebody").await {
        let next = app.another(&org).run_slice(&lease).await.unwrap();
        app.finish_slice(&lease, next).await;
    }
    app.end(run, &stored).await;

    for rule in &rules {
        app.assert_copy_equals(&org, rule).await;
    }
}

#[tokio::test]
async fn a_csv_file_that_was_put_in_place_stays_when_the_process_dies_before_it_is_noted() {
    let org = TestOrg::with_records("Account", 60);
    let app = Setup { is_csv: true, ..Setup::rest(Database::Sqlite) }.connect(&org).await;
    let (run, rules) = app.start(&[ACCOUNTS]).await;
    let folder = app.folder.path().join("csv");

    while !matches!(app.checkpoint(&rules[0]).await.position, Position::Finishing { .. }) {
        let lease = app.claim("somebody").await.unwrap();
        let next = app.engine.run_slice(&lease).await.unwrap();
        app.finish_slice(&lease, next).await;
    }
    fs::rename(folder.join("Account.csv.part"), folder.join("Account.csv")).unwrap();
    let whole = fs::read(folder.join("Account.csv")).unwrap();
    app.drive().await;
    let run = app.end(run, &rules).await;

    assert_eq!(run.codes(), [""]);
    assert_eq!(fs::read(folder.join("Account.csv")).unwrap(), whole);
    assert!(!folder.join("Account.csv.part").exists());
}

/// Drops a slice that has two pages on disk and could store neither: the row of its work is locked.
async fn drop_slice_with_two_pages_on_disk(app: &TestEngine, org: &TestOrg, rule: &SyncRule) -> [PathBuf; 2] {
    let job_id = app.drop_slice_after_pages(org, rule, 1).await;
    let pages = [1, 2].map(|page| app.spool(rule).join(format!("{job_id}-{page}.text")));

    let lease = app.claim("a process that dies").await.unwrap();
    let lock = app.database.lock(&format!("select * from {} for update", app.database.control("work"))).await;
    let spooled = until(async || pages.iter().all(|page| page.with_extension("json").exists()).then_some(()));
    tokio::select! {
        next = app.engine.run_slice(&lease) => panic!("the slice ended: {next:?}"),
        () = spooled => {}
    }
    drop(lock);
    app.clock.advance(LEASE_MS as i64);
    pages
}
