//! Query jobs of a simulated org.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use orgsim::{FaultKind, SimulatorConfig};
use salesforce::bulk2::JobState;
use salesforce::{Error, FieldType, FieldValue, PageRequest, Retry};

use crate::org::TestOrg;

#[tokio::test]
async fn a_job_gives_every_record_once() {
    let org = TestOrg::start_with(SimulatorConfig { bulk_polls: 1, ..SimulatorConfig::default() });
    let client = org.client();

    let mut records = client.bulk_query("SELECT Id, Name, AnnualRevenue FROM Account").await.unwrap();
    let mut ids = BTreeSet::new();
    while let Some(record) = records.next_record().await.unwrap() {
        assert_eq!(
            record.iter().map(|(column, _)| column).collect::<Vec<_>>(),
            ["Id", "Name", "AnnualRevenue"]
        );
        let revenue = record.value("AnnualRevenue", FieldType::Currency).unwrap().unwrap();
        assert!(matches!(revenue, FieldValue::Decimal(_) | FieldValue::Null));
        ids.insert(record.get("Id").unwrap().to_owned());
    }

    assert_eq!(ids.len(), 250);
    assert_eq!(records.job().number_records_processed, Some(250));
    assert_eq!(org.requests("bulk_delete"), 1);
}

#[tokio::test]
async fn a_job_is_read_page_by_page() {
    let org = TestOrg::start();
    let client = org.client();
    let job = client.create_query_job("SELECT Id FROM Account", false).await.unwrap();
    let job = client.wait_for_job(&job.id).await.unwrap();

    let (mut locator, mut pages, mut rows) = (None, 0, 0);
    loop {
        let request = PageRequest::BulkResult { job: job.id, locator, max_records: 100 };
        let mut page = client.open_page(&request).await.unwrap();
        while page.chunk().await.unwrap().is_some() {}
        pages += 1;
        rows += page.meta.expected_rows.unwrap();
        locator = page.meta.next_locator;
        if locator.is_none() {
            break;
        }
    }
    client.delete_job(&job.id).await.unwrap();

    assert_eq!((pages, rows), (3, 250));
    assert_eq!(job.state, JobState::JobComplete);
    assert_eq!(client.job(&job.id).await.unwrap_err().as_api_error().unwrap().status, 404);
}

#[tokio::test]
async fn deleted_records_are_given_where_asked_for() {
    let org = TestOrg::start();
    org.delete_account(org.insert_account("Gone"));
    let client = org.client();

    let job = client.create_query_job("SELECT Id FROM Account", true).await.unwrap();
    let job = client.wait_for_job(&job.id).await.unwrap();

    assert_eq!(job.number_records_processed, Some(251));
}

#[tokio::test]
async fn a_result_that_is_cut_is_read_again() {
    for kind in [FaultKind::Truncate, FaultKind::CutBeforeEnd, FaultKind::WrongLength] {
        let org = TestOrg::start();
        org.play(kind, "bulk_results");

        let records = org.client().bulk_query("SELECT Id FROM Account").await.unwrap().into_stream();
        let records: Vec<_> = records.try_collect().await.unwrap();

        let ids: BTreeSet<_> = records.iter().map(|record| record.get("Id").unwrap()).collect();
        assert_eq!((records.len(), ids.len()), (250, 250), "{kind:?}");
        assert_eq!(org.requests("bulk_results"), 2);
    }
}

#[tokio::test]
async fn what_bulk_cannot_read_is_told_apart() {
    let org = TestOrg::start();
    let client = org.client();

    let error = client.create_query_job("SELECT BillingAddress FROM Account", false).await.unwrap_err();

    assert!(error.as_api_error().unwrap().is_unsupported_by_bulk(), "{error:?}");
}

#[tokio::test]
async fn a_job_that_fails_or_is_aborted_says_so() {
    let org = TestOrg::start();
    org.play(FaultKind::BulkFail, "");
    let client = org.client();

    let failed = client.bulk_query("SELECT Id FROM Account").await.map(drop).unwrap_err();
    org.play(FaultKind::BulkSlow, "");
    let slow = client.create_query_job("SELECT Id FROM Account", false).await.unwrap();
    let aborted = client.abort_job(&slow.id).await.unwrap();

    assert!(matches!(failed, Error::JobEnded { .. }), "{failed:?}");
    assert_eq!(failed.retry(), Retry::Shrink);
    assert_eq!(aborted.state, JobState::Aborted);
}
