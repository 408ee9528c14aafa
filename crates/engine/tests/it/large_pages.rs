//! Pages that hold more than is taken at once.

use model::Outcome;
use orgsim::{FaultKind, FaultSpec};

use crate::on_both;
use crate::rules::{Rule, all};
use crate::test_database::Database;
use crate::test_engine::Setup;
use crate::test_org::TestOrg;

on_both!(
    a_page_that_is_too_large_is_asked_for_with_fewer_records,
    what_gzip_makes_little_of_is_given_up_on_the_way
);

const ACCOUNTS: Rule = all("Account").fields(&["Name", "Site", "Phone", "Description"]);

async fn a_page_that_is_too_large_is_asked_for_with_fewer_records(database: Database) {
    for (setup, kind) in [
        (Setup { query_rows: 400, ..Setup::rest(database) }, "query"),
        (Setup::bulk(database, 400), "bulk_results"),
    ] {
        let setup = Setup { most_page_bytes: 24 << 10, ..setup };
        let org = TestOrg::with_records("Account", 1_000);
        let app = setup.connect(&org).await;

        let run = app.run_well(&[ACCOUNTS]).await;

        assert_eq!(run.outcome, Outcome::Succeeded, "{kind}");
        assert_eq!(run.counts().rows_read, 1_000);
        app.assert_copy_equals(&org, &ACCOUNTS).await;
        // Three would do, were they not too large.
        assert!(org.calls(kind) > 8, "{kind}: {}", org.calls(kind));
    }
}

async fn what_gzip_makes_little_of_is_given_up_on_the_way(database: Database) {
    for (setup, pattern) in
        [(Setup::rest(database), "/query"), (Setup::bulk(database, 50_000), "bulk_results")]
    {
        let org = TestOrg::with_records("Account", 200);
        let app = setup.connect(&org).await;
        // Behind the count, where there is one.
        let nth = if pattern == "/query" { 2 } else { 1 };
        let bytes = Some(300 << 20);
        org.befall(FaultSpec { nth, bytes, ..FaultSpec::new(FaultKind::Pad, pattern) });

        app.run_well(&[ACCOUNTS]).await;

        assert_eq!(org.faults_played(), 1);
        app.assert_copy_equals(&org, &ACCOUNTS).await;
    }
}
