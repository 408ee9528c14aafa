//! Going on where another process stopped.

use std::fs;
use std::path::PathBuf;

use model::{BulkPosition, KeysetPoint, Position, SyncRule};
use orgsim::{FaultKind, FaultSpec};

use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::{LEASE_MS, Setup, TestEngine, until};
use crate::test_org::TestOrg;
use crate::on_both;

on_both!(
    a_bulk_read_that_is_dropped_between_pages_serves_no_row_twice,
    a_rest_read_that_is_dropped_between_pages_serves_no_row_twice,
);

const ACCOUNTS: Rule = all("Account");

async fn a_bulk_read_that_is_dropped_between_pages_serves_no_row_twice(database: Database) {
    let org = TestOrg::with_records("Account", 500);
    let app = Setup::bulk(database, 100).connect(&org).await;
    let (run, rules) = app.start(&[ACCOUNTS]).await;

    // The fourth page does not come: what is dropped waits for it and has stored three.
    org.befall(FaultSpec { nth: 4, ..FaultSpec::new(FaultKind::Stall, "bulk_results") });
    drop_slice_when(&app, &rules[0], |position| bulk(position).is_some_and(|bulk| bulk.page == 3)).await;
    org.end_faults();
    app.clock.advance(LEASE_MS as i64);
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
    drop_slice_when(&app, &rules[0], |position| {
        matches!(position, Position::Keyset(keyset) if matches!(keyset.after, Some(KeysetPoint::Stamp(_))))
    })
    .await;
    org.end_faults();
    app.clock.advance(LEASE_MS as i64);
    app.drive().await;
    let run = app.end(run, &rules).await;

    app.assert_copy_equals(&org, &rule).await;
    assert_eq!((run.counts().rows_read, run.counts().inserted), (4_500, 4_500));
    assert_eq!(org.rows_served("Account"), 4_500);
}

#[tokio::test]
async fn a_page_that_waits_on_disk_is_not_asked_for_again() {
    let org = TestOrg::with_records("Account", 400);
    let app = Setup::bulk(Database::Postgres, 100).connect(&org).await;
    let (run, rules) = app.start(&[ACCOUNTS]).await;

    drop_slice_with_two_pages_on_disk(&app, &org, &rules[0]).await;
    app.drive().await;
    let run = app.end(run, &rules).await;

    app.assert_copy_equals(&org, &ACCOUNTS).await;
    // Four pages, and the one that did not come.
    assert_eq!(org.calls("bulk_results"), 5);
    assert_eq!(org.rows_served("Account"), 400);
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
        app.drive().await;
        app.end(run, &rules).await;

        app.assert_copy_equals(&org, &ACCOUNTS).await;
        assert_eq!(org.calls("bulk_results"), 6);
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

/// Runs slices of a rule's work, and drops the one under way as soon as the checkpoint is there.
async fn drop_slice_when(app: &TestEngine, rule: &SyncRule, is_there: impl Fn(&Position) -> bool) {
    loop {
        let lease = app.claim("a process that dies").await.unwrap();
        let reached = until(async || is_there(&app.checkpoint(rule).await.position).then_some(()));
        let next = tokio::select! {
            next = app.engine.run_slice(&lease) => next.unwrap(),
            () = reached => return,
        };
        app.finish_slice(&lease, next).await;
    }
}

/// Drops a slice that has two pages on disk and could store neither: the row of its work is locked.
async fn drop_slice_with_two_pages_on_disk(app: &TestEngine, org: &TestOrg, rule: &SyncRule) -> [PathBuf; 2] {
    org.befall(FaultSpec { nth: 2, ..FaultSpec::new(FaultKind::Stall, "bulk_results") });
    drop_slice_when(app, rule, |position| bulk(position).is_some_and(|bulk| bulk.page == 1)).await;
    org.end_faults();
    app.clock.advance(LEASE_MS as i64);
    let job_id = bulk(&app.checkpoint(rule).await.position).unwrap().job_id.clone();
    let pages = [1, 2].map(|page| app.spool(rule).join(format!("{job_id}-{page}.page")));

    let lease = app.claim("a process that dies").await.unwrap();
    let lock = app.database.lock(&format!("select * from {} for update", app.database.control("work"))).await;
    let spooled =
        until(async || pages.iter().all(|page| page.with_extension("json").exists()).then_some(()));
    tokio::select! {
        next = app.engine.run_slice(&lease) => panic!("the slice ended: {next:?}"),
        () = spooled => {}
    }
    drop(lock);
    app.clock.advance(LEASE_MS as i64);
    pages
}

fn bulk(position: &Position) -> Option<&BulkPosition> {
    match position {
        Position::Bulk(bulk) => Some(bulk),
        _ => None,
    }
}
