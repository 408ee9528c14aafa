//! Queries of a simulated org.

use orgsim::FaultKind;
use salesforce::{FieldType, FieldValue, PageRequest, Retry};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::org::TestOrg;

#[tokio::test]
async fn all_pages_hold_all_records() {
    let org = TestOrg::start_with(Default::default());
    let client = org.client();

    let mut page = client.query("SELECT Id, Name FROM Contact ORDER BY Id").await.unwrap();
    let total = page.total_size;
    let mut ids = Vec::new();
    loop {
        ids.extend(page.records.iter().map(|record| record["Id"].as_str().unwrap().to_owned()));
        let Some(next) = client.query_more(&page).await.unwrap() else { break };
        page = next;
    }

    assert_eq!(total, 20);
    assert_eq!(ids.len(), 20);
    assert!(ids.is_sorted());
    assert_eq!(client.count("SELECT COUNT() FROM Account").await.unwrap(), 250);
    assert!(client.usage().unwrap().used > 0);
    assert!(client.server_date().is_some());
}

#[tokio::test]
async fn text_of_a_condition_arrives_as_it_was_written() {
    let org = TestOrg::start();
    let id = org.insert_account("a+b & 50% = \u{1f6a2}?");

    let page =
        org.client().query("SELECT Id FROM Account WHERE Name = 'a+b & 50% = \u{1f6a2}?'").await.unwrap();

    assert_eq!(page.total_size, 1);
    assert_eq!(page.records[0]["Id"], id.as_str());
}

#[tokio::test]
async fn deleted_records_are_given_where_asked_for() {
    let org = TestOrg::start();
    let id = org.insert_account("Gone");
    org.delete_account(id);
    let client = org.client();

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Account {
        id: salesforce::RecordId,
        is_deleted: bool,
    }
    let soql = "SELECT Id, IsDeleted FROM Account WHERE Name = 'Gone'";
    let live = client.query(soql).await.unwrap();
    let all: Vec<Account> = client.query_all(soql).await.unwrap().into_records().unwrap();

    assert_eq!(live.total_size, 0);
    assert_eq!(all.len(), 1);
    assert!(all[0].is_deleted);
    assert_eq!(all[0].id, id);
}

#[tokio::test]
async fn a_query_that_is_wrong_is_told_apart() {
    let org = TestOrg::start();
    let client = org.client();
    let cases = [
        ("SELECT Nonsense FROM Account", "INVALID_FIELD", Retry::Shrink),
        ("SELECT Id FROM Nonsense", "INVALID_TYPE", Retry::Shrink),
        ("SELECT Id FROM", "MALFORMED_QUERY", Retry::Bug),
    ];
    for (soql, code, retry) in cases {
        let error = client.query(soql).await.unwrap_err();
        assert_eq!(error.as_api_error().unwrap().code, code);
        assert_eq!(error.retry(), retry);
    }
}

#[tokio::test]
async fn a_raw_page_holds_the_same_values_as_a_parsed_one() {
    #[derive(Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        records: Vec<Record<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Record<'a> {
        #[serde(borrow)]
        annual_revenue: &'a RawValue,
        #[serde(borrow)]
        system_modstamp: &'a RawValue,
    }
    let org = TestOrg::start();
    let soql = "SELECT AnnualRevenue, SystemModstamp FROM Account LIMIT 50";
    let request = PageRequest::Query { soql: soql.into(), include_deleted: false };

    let mut page = org.client().open_page(&request).await.unwrap();
    let mut packed = Vec::new();
    while let Some(bytes) = page.chunk().await.unwrap() {
        packed.extend_from_slice(&bytes);
    }

    assert!(page.meta.gzip);
    assert!(page.meta.server_date.is_some());
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(&*packed)).unwrap();
    let page: Page<'_> = serde_json::from_str(&text).unwrap();
    assert_eq!(page.records.len(), 50);
    for record in page.records {
        let revenue = FieldValue::from_json(record.annual_revenue, FieldType::Currency).unwrap();
        assert!(matches!(revenue, FieldValue::Decimal(_) | FieldValue::Null));
        let modstamp = FieldValue::from_json(record.system_modstamp, FieldType::DateTime).unwrap();
        assert!(matches!(modstamp, FieldValue::DateTime(_)));
    }
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_is_never_no_records() {
    let faults = [
        (FaultKind::Truncate, Retry::Now),
        (FaultKind::CutBeforeEnd, Retry::Now),
        (FaultKind::WrongLength, Retry::Now),
        (FaultKind::Html, Retry::Later(None)),
        (FaultKind::Empty, Retry::Later(None)),
        (FaultKind::Reset, Retry::Later(None)),
    ];
    for (kind, retry) in faults {
        let org = TestOrg::start();
        org.play(kind, "query");

        let error = org.client().query("SELECT Id, Name FROM Account").await.unwrap_err();

        assert_eq!(error.retry(), retry, "{kind:?} {error:?}");
        assert_eq!(org.client().query("SELECT Id FROM Account").await.unwrap().total_size, 250);
    }
}
