//! A process that froze and woke up after somebody took over.

use crate::on_both;
use crate::rules::all;
use crate::test_database::Database;
use crate::test_engine::{LEASE_MS, SLUG, Setup, TestEngine};
use crate::test_org::{TestOrg, text};

on_both!(a_stale_lease_commits_nothing_at_any_point_of_a_read);

async fn a_stale_lease_commits_nothing_at_any_point_of_a_read(database: Database) {
    let org = TestOrg::with_records("Account", 300);
    for setup in [Setup::bulk(database, 100), Setup::rest(database)] {
        let app = setup.connect(&org).await;
        let stale_slices = read_with_stale_slices_between(&app).await;
        assert!(stale_slices >= 3, "{stale_slices}");
        app.assert_copy_equals(&org, &all("Account")).await;

        org.update("Account", &org.ids("Account")[5], &[("Site", text("Quay 5"))]);
        org.delete("Account", &org.ids("Account")[6]);
        org.pass_minutes(1);
        read_with_stale_slices_between(&app).await;
        app.assert_copy_equals(&org, &all("Account")).await;
    }
}

/// Reads slice by slice. Before each, the slice is tried with a lease that was lost. Returns how often.
async fn read_with_stale_slices_between(app: &TestEngine) -> usize {
    let (run, rules) = app.start(&[all("Account")]).await;
    let mut slices = 0;
    while let Some(stale) = app.claim("froze").await {
        app.clock.advance(LEASE_MS as i64);
        let lease = app.claim("took over").await.unwrap();
        let before = state(app).await;

        let error = app.engine.run_slice(&stale).await.unwrap_err();

        assert!(error.is_lease_lost(), "{error:?}");
        assert_eq!(state(app).await, before);
        slices += 1;
        let next = app.engine.run_slice(&lease).await.unwrap();
        app.finish_slice(&lease, next).await;
    }
    app.end(run, &rules).await;
    slices
}

/// Everything that a sync moves.
pub(crate) async fn state(app: &TestEngine) -> Vec<Vec<Option<String>>> {
    let database = &app.database;
    let mut state = Vec::new();
    for table in ["checkpoints", "sync_run_rules", "row_errors", "csv_files"] {
        state
            .extend(database.rows(&format!("select * from {} order by 1, 2", database.control(table))).await);
    }
    if !database.columns(SLUG, "Account").await.is_empty() {
        let sql = format!("select * from {} order by \"id\"", database.records(SLUG, "Account"));
        state.extend(database.rows(&sql).await);
    }
    state
}
