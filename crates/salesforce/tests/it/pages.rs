//! Raw pages and the records of bulk jobs.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::TryStreamExt;
use salesforce::bulk2::{JobId, Locator};
use salesforce::{Error, FieldType, FieldValue, PageRequest, Retry};

use crate::canned::{CSV, Canned, Reply, json, whole};

const JOB: &str = "750R0000000zlh9IAA";

fn bulk_page(locator: Option<Locator>) -> PageRequest {
    PageRequest::BulkResult { job: JOB.parse::<JobId>().unwrap(), locator, max_records: 50_000 }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_page_comes_as_it_was_sent() {
    let packed = gzip("\"Id\"\n\"001D000000IqhSLIAZ\"\n");
    let headers = [
        CSV,
        "Content-Encoding: gzip",
        "Sforce-Locator: MTAw+/==",
        "Sforce-NumberOfRecords: 1",
        "Date: Sat, 21 Nov 2026 22:04:05 GMT",
    ];
    let org = Canned::always(whole("200 OK", &headers, &packed)).await;

    let mut page = org.client().open_page(&bulk_page(Some(Locator::new("a+b")))).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(chunk) = page.chunk().await.unwrap() {
        bytes.extend_from_slice(&chunk);
    }

    assert_eq!(bytes, packed);
    assert!(page.meta.gzip);
    assert_eq!(page.meta.next_locator, Some(Locator::new("MTAw+/==")));
    assert_eq!(page.meta.expected_rows, Some(1));
    assert_eq!(page.meta.server_date.unwrap().to_soql(), "2026-11-21T22:04:05.000Z");
    assert_eq!(page.received_bytes(), packed.len() as u64);
    let request = &org.requests()[0];
    let line =
        format!("GET /services/data/v66.0/jobs/query/{JOB}/results?maxRecords=50000&locator=a%2Bb HTTP");
    assert!(request.starts_with(&line), "{request}");
    assert!(request.contains("accept: text/csv\r\n"), "{request}");
}

/// Some orgs answer 406 to who asks for results without saying in which form (airbyte PR 35947).
#[tokio::test]
async fn bulk_accept_header() {
    let org = Canned::start(|request| {
        Reply::Bytes(match request.contains("accept: text/csv\r\n") {
            true => whole("200 OK", &[CSV], "\"Id\"\n"),
            false => whole("406 Not Acceptable", &["Content-Type: text/plain"], ""),
        })
    })
    .await;

    let page = org.client().open_page(&bulk_page(None)).await.unwrap();

    assert!(page.meta.content_type.starts_with("text/csv"));
}

#[tokio::test]
async fn the_last_page_names_no_next_one() {
    for headers in [&[CSV][..], &[CSV, "Sforce-Locator: null"], &[CSV, "Sforce-Locator:"]] {
        let org = Canned::always(whole("200 OK", headers, "\"Id\"\n")).await;

        let page = org.client().open_page(&bulk_page(None)).await.unwrap();

        assert_eq!(page.meta.next_locator, None, "{headers:?}");
        assert!(!page.meta.gzip);
        assert_eq!(page.meta.server_date, None);
    }
}

/// An org with one finished job of two pages; the second is cut the first time.
async fn org_that_cuts_a_page() -> Canned {
    let cuts = AtomicU64::new(0);
    let info = format!(r#"{{"id":"{JOB}","state":"JobComplete","numberRecordsProcessed":3}}"#);
    let second =
        whole("200 OK", &[CSV, "Sforce-NumberOfRecords: 2"], "\"Id\",\"Name\"\n\"b\",\"1.50\"\n\"c\",\"\"\n");
    Canned::start(move |request| {
        Reply::Bytes(match request.split("\r\n").next().unwrap() {
            line if line.contains("locator=two") && cuts.fetch_add(1, Ordering::SeqCst) == 0 => {
                second[..second.len() - 6].to_vec()
            }
            line if line.contains("locator=two") => second.clone(),
            line if line.contains("/results") => {
                whole("200 OK", &[CSV, "Sforce-Locator: two"], "\"Id\",\"Name\"\n\"a\",\"x \"\"y\"\"\"\n")
            }
            line if line.starts_with("DELETE") => whole("204 No Content", &[], ""),
            _ => json("200 OK", &info),
        })
    })
    .await
}

#[tokio::test]
async fn a_cut_page_gives_no_record_twice() {
    let org = org_that_cuts_a_page().await;
    let client = org.client();

    let query = client.bulk_query("SELECT Id, Name FROM Account").await.unwrap();
    let records: Vec<_> = query.into_stream().try_collect().await.unwrap();

    let ids: Vec<_> = records.iter().map(|record| record.get("id").unwrap()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(records[0].get("Name"), Some("x \"y\""));
    let amount = records[1].value("Name", FieldType::Currency).unwrap().unwrap();
    assert_eq!(amount, FieldValue::from_csv(b"1.5", FieldType::Double).unwrap());
    assert_eq!(records[2].value("Name", FieldType::String), Some(Ok(FieldValue::Null)));
    assert!(org.requests().last().unwrap().starts_with("DELETE"));
}

#[tokio::test]
async fn a_locator_that_repeats_ends_the_reading() {
    let info = format!(r#"{{"id":"{JOB}","state":"JobComplete"}}"#);
    let page = whole("200 OK", &[CSV, "Sforce-Locator: same"], "\"Id\"\n\"a\"\n");
    let org = Canned::start(move |request| {
        Reply::Bytes(if request.contains("/results") { page.clone() } else { json("200 OK", &info) })
    })
    .await;

    let query = org.client().bulk_query("SELECT Id FROM Account").await.unwrap();
    let error = query.into_stream().try_collect::<Vec<_>>().await.map(|records| records.len()).unwrap_err();

    assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_job_that_fails_says_why() {
    let info = format!(r#"{{"id":"{JOB}","state":"Failed","errorMessage":"InternalServerError : x"}}"#);
    let org = Canned::always(json("200 OK", info)).await;

    let error = org.client().bulk_query("SELECT Id FROM Account").await.map(|_| ()).unwrap_err();

    assert_eq!(error.to_string(), format!("bulk job {JOB} ended as Failed: InternalServerError : x"));
    assert_eq!(error.retry(), Retry::Shrink);
}
