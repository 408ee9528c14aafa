//! Bulk API 2.0 query jobs.

use reqwest::header::ACCEPT_ENCODING;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg, config};

fn lines(answer: &Answer) -> usize {
    answer.text.lines().count()
}

#[tokio::test]
async fn a_job_goes_from_creation_to_its_last_page() {
    let org = TestOrg::with_records("Contact", 250);
    let body = json!({ "operation": "query", "query": "SELECT Id, LastName FROM Contact" });

    let created = org.send(Method::POST, "jobs/query/", Some(body)).await.json();
    let path = format!("jobs/query/{}", created["id"].as_str().unwrap());
    let status = org.get(&path).await.json();
    let mut locator = String::new();
    let mut rows = Vec::new();
    loop {
        let page = org.get(&format!("{path}/results?maxRecords=100{locator}")).await;
        assert_eq!(page.header("content-type"), "text/csv;charset=UTF-8");
        assert!(page.text.starts_with("\"Id\",\"LastName\"\n"));
        rows.push((lines(&page) - 1, page.header("sforce-numberofrecords").to_owned()));
        if page.header("sforce-locator") == "null" {
            break;
        }
        locator = format!("&locator={}", page.header("sforce-locator"));
    }

    assert_eq!((&created["state"], &created["apiVersion"]), (&json!("UploadComplete"), &json!(66.0)));
    assert_eq!(created.get("jobType"), None);
    assert_eq!((&status["state"], &status["numberRecordsProcessed"]), (&json!("JobComplete"), &json!(250)));
    assert_eq!(rows, [(100, "100".to_owned()), (100, "100".to_owned()), (50, "50".to_owned())]);
    assert_eq!(org.simulator.counters().rows["Contact"], 250);
    assert_eq!(org.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(org.get(&path).await.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn a_job_takes_as_many_looks_as_told() {
    let mut config = config();
    config.bulk_polls = 2;
    let org = TestOrg::start_with(config);
    let path = format!("jobs/query/{}", org.create_job("SELECT Id FROM Account").await);

    let early = org.get(&format!("{path}/results")).await;
    let mut states = Vec::new();
    for _ in 0..4 {
        states.push(org.get(&path).await.json()["state"].as_str().unwrap().to_owned());
    }

    assert_eq!(early.error(), (400, "INVALIDJOBSTATE".to_owned()));
    assert_eq!(states, ["InProgress", "InProgress", "JobComplete", "JobComplete"]);
    assert_eq!(lines(&org.get(&format!("{path}/results")).await), 201);
}

#[tokio::test]
async fn a_running_job_can_be_aborted_and_then_deleted() {
    let mut config = config();
    config.bulk_polls = 5;
    let org = TestOrg::start_with(config);
    let path = format!("jobs/query/{}", org.create_job("SELECT Id FROM Account").await);

    assert_eq!(org.send(Method::DELETE, &path, None).await.error(), (400, "INVALIDJOBSTATE".to_owned()));
    let aborted = org.send(Method::PATCH, &path, Some(json!({ "state": "Aborted" }))).await.json();
    assert_eq!(aborted["state"], "Aborted");
    let again = org.send(Method::PATCH, &path, Some(json!({ "state": "Aborted" }))).await;
    assert_eq!(again.error(), (400, "INVALIDJOBSTATE".to_owned()));
    assert_eq!(org.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn results_are_bound_to_version_locator_and_time() {
    let org = TestOrg::with_records("Contact", 30);
    let id = org.create_job("SELECT Id FROM Contact").await;

    let other_version = org.get(&format!("/services/data/v65.0/jobs/query/{id}/results")).await;
    assert_eq!(other_version.status, StatusCode::CONFLICT);
    let invented = org.get(&format!("jobs/query/{id}/results?locator=xyz")).await;
    assert_eq!(invented.error(), (400, "INVALID_QUERY_LOCATOR".to_owned()));
    assert_eq!(org.get("jobs/query/750000000000000AAA").await.error(), (404, "NOT_FOUND".to_owned()));

    org.get(&format!("jobs/query/{id}")).await;
    org.simulator.clock().advance(8 * 24 * 3_600_000);
    let token =
        org.refresh(&org.line.refresh_token).await.json()["access_token"].as_str().unwrap().to_owned();
    let org = TestOrg { token, ..org };
    assert_eq!(org.get(&format!("jobs/query/{id}")).await.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn numbers_as_large_as_they_get_are_as_good_as_large_ones() {
    let org = TestOrg::with_records("Contact", 70);
    let id = org.create_job("SELECT Id FROM Contact").await;
    let rows = "maxRecords=10";
    let first = org.get(&format!("jobs/query/{id}/results?{rows}")).await;
    let (locator, most) = (first.header("sforce-locator").to_owned(), u64::MAX);

    let page = org.get(&format!("jobs/query/{id}/results?maxRecords={most}&locator={locator}")).await;
    let pages = org.get(&format!("jobs/query/{id}/resultPages?maxRecords={most}&locator={locator}")).await;
    let jobs = org.get("jobs/ingest?queryLocator=MTg0NDY3NDQwNzM3MDk1NTE2MTU").await;
    let suggested = org.get(&format!("search/suggestions?q=contact&sobject=Contact&limit={most}")).await;

    assert_eq!((lines(&page), page.header("sforce-locator")), (61, "null"), "{}", page.text);
    assert_eq!(pages.json()["resultPages"].as_array().unwrap().len(), 1);
    assert_eq!(jobs.json()["records"], json!([]), "{}", jobs.text);
    assert_eq!(suggested.status, StatusCode::OK, "{}", suggested.text);
}

#[tokio::test]
async fn result_pages_are_named_for_parallel_download() {
    let org = TestOrg::with_records("Contact", 70);
    let id = org.create_job("SELECT Id FROM Contact").await;

    let first = org.get(&format!("jobs/query/{id}/resultPages?maxRecords=10")).await.json();
    let rest = org.get(first["nextRecordsUrl"].as_str().unwrap()).await.json();

    assert_eq!((first["resultPages"].as_array().unwrap().len(), &first["done"]), (5, &json!(false)));
    assert_eq!((rest["resultPages"].as_array().unwrap().len(), &rest["done"]), (2, &json!(true)));
    let page = org.get(rest["resultPages"][1]["resultUrl"].as_str().unwrap()).await;
    assert_eq!((lines(&page), page.header("sforce-locator")), (11, "null"));
}

#[tokio::test]
async fn the_client_chooses_delimiter_and_line_ending() {
    let org = TestOrg::with_records("Contact", 2);
    let body = json!({ "operation": "queryAll", "query": "SELECT Id, Email FROM Contact", "columnDelimiter": "PIPE", "lineEnding": "CRLF" });

    let job = org.send(Method::POST, "jobs/query", Some(body)).await.json();
    let page = org.get(&format!("jobs/query/{}/results", job["id"].as_str().unwrap())).await;

    assert_eq!((&job["columnDelimiter"], &job["lineEnding"]), (&json!("PIPE"), &json!("CRLF")));
    assert!(page.text.starts_with("\"Id\"|\"Email\"\r\n\"003"), "{}", page.text);
}

#[tokio::test]
async fn what_bulk_cannot_read_is_refused() {
    let org = TestOrg::start();
    let cases = [
        ("SELECT BillingAddress FROM Account", "INVALID_FIELD"),
        ("SELECT COUNT() FROM Account", "API_ERROR"),
        ("SELECT Id FROM Account OFFSET 3", "API_ERROR"),
        ("SELECT Nome FROM Account", "INVALID_FIELD"),
    ];

    for (soql, code) in cases {
        let body = json!({ "operation": "query", "query": soql });
        let answer = org.send(Method::POST, "jobs/query", Some(body)).await;
        assert_eq!(answer.error(), (400, code.to_owned()), "{soql}: {}", answer.text);
    }
    let links = json!({ "operation": "query", "query": "SELECT Id FROM ContentDocumentLink" });
    let links = org.send(Method::POST, "jobs/query", Some(links)).await;
    assert_eq!(links.error(), (400, "API_ERROR".to_owned()));
    assert!(links.message().starts_with("Implementation restriction: "), "{}", links.text);
}

#[tokio::test]
async fn a_job_is_a_snapshot_of_ids() {
    let org = TestOrg::with_records("Contact", 20);
    let id = org.create_job("SELECT Id FROM Contact").await;

    org.control(
        Method::POST,
        "/mutate",
        json!({ "sobject": "Contact", "created": 5, "deleted": 3, "seed": 1 }),
    )
    .await;

    assert_eq!(lines(&org.get(&format!("jobs/query/{id}/results")).await), 21);
    let listed = org.get("jobs/query").await.json();
    assert_eq!((&listed["done"], &listed["records"][0]["id"]), (&json!(true), &json!(id)));
}

/// Looks at a job until it is complete.
async fn complete(org: &TestOrg, path: &str) {
    loop {
        let job = org.get(path).await.json();
        match job["state"].as_str() {
            Some("JobComplete") => return,
            Some("InProgress") => {}
            _ => panic!("{job}"),
        }
    }
}

fn unzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(bytes), &mut text).unwrap();
    text
}

/// More rows than are processed while a job is created.
const MANY: u32 = 10_100;

#[tokio::test]
async fn results_are_those_of_the_moment_the_job_was_created_at() {
    for count in [20, MANY] {
        let org = TestOrg::with_records("Contact", count);
        let query = format!("SELECT Id, LastName FROM Contact ORDER BY Id DESC LIMIT {count}");
        let path = format!("jobs/query/{}", org.create_job(&query).await);
        let before = org.query("SELECT Id, LastName FROM Contact ORDER BY Id DESC LIMIT 20").await.json();
        let records = before["records"].as_array().unwrap();
        let ids: Vec<_> = records.iter().map(|record| &record["Id"]).collect();

        let fields = json!({ "LastName": "Changed" });
        let change = json!({ "op": "update", "sobject": "Contact", "ids": ids, "fields": fields });
        let changed = org.control(Method::POST, "/records", change).await;
        complete(&org, &path).await;

        let page = org.get(&format!("{path}/results?maxRecords=20")).await.text;
        let lines: Vec<_> = page.lines().skip(1).map(str::to_owned).collect();
        let line = |record: &Value| format!("{},{}", record["Id"], record["LastName"]);
        let wanted: Vec<_> = records.iter().map(line).collect();
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
        assert_eq!(lines, wanted, "{count}");
    }
}

#[tokio::test]
async fn a_large_job_is_complete_once_its_results_are_made() {
    let org = TestOrg::with_records("Contact", MANY);
    let path = format!("jobs/query/{}", org.create_job("SELECT Id, Name, Email FROM Contact").await);

    complete(&org, &path).await;

    let whole = org.get(&format!("{path}/results")).await;
    assert_eq!((lines(&whole), whole.header("sforce-locator")), (MANY as usize + 1, "null"));
    let (mut parts, mut locator) = (String::new(), String::new());
    while locator != "&locator=null" {
        let path = format!("{path}/results?maxRecords=777{locator}");
        let page = org.get(&path).await;
        let request = org.request(Method::GET, &path).header(ACCEPT_ENCODING, "gzip");
        let packed = request.send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        assert!(unzip(&packed.bytes().await.unwrap()) == page.text);
        let (header, rows) = page.text.split_once('\n').unwrap();
        assert_eq!(header, r#""Id","Name","Email""#);
        parts += rows;
        locator = format!("&locator={}", page.header("sforce-locator"));
    }
    assert!(whole.text.split_once('\n').unwrap().1 == parts);
    assert_eq!(org.get(&path).await.json()["numberRecordsProcessed"], MANY);
}

#[tokio::test]
async fn a_large_job_is_written_as_its_client_chose() {
    let org = TestOrg::with_records("Contact", MANY);
    let query = "SELECT Id, Email FROM Contact";
    let body =
        json!({ "operation": "queryAll", "query": query, "columnDelimiter": "TAB", "lineEnding": "CRLF" });
    let job = org.send(Method::POST, "jobs/query", Some(body)).await.json();
    let chosen = format!("jobs/query/{}", job["id"].as_str().unwrap());
    let usual = format!("jobs/query/{}", org.create_job(query).await);
    complete(&org, &chosen).await;
    complete(&org, &usual).await;

    let chosen = org.get(&format!("{chosen}/results")).await.text;
    let usual = org.get(&format!("{usual}/results")).await.text;

    assert!(chosen.starts_with("\"Id\"\t\"Email\"\r\n\"003"));
    assert!(chosen.replace("\"\t\"", "\",\"").replace("\r\n", "\n") == usual);
}

#[tokio::test]
async fn the_room_of_results_is_given_back() {
    let org = TestOrg::with_records("Contact", MANY);
    let job = async || format!("jobs/query/{}", org.create_job("SELECT Id, Email FROM Contact").await);
    let small = format!("jobs/query/{}", org.create_job("SELECT Id FROM Contact LIMIT 10").await);
    let (deleted, expired) = (job().await, job().await);
    for path in [&small, &deleted, &expired] {
        complete(&org, path).await;
    }

    let all = org.simulator.result_bytes();
    org.send(Method::DELETE, &deleted, None).await;
    let one_less = org.simulator.result_bytes();
    org.simulator.clock().advance(8 * 24 * 3_600_000);
    let token =
        org.refresh(&org.line.refresh_token).await.json()["access_token"].as_str().unwrap().to_owned();
    let org = TestOrg { token, ..org };
    org.get("jobs/query").await;

    assert_eq!((all.memory, one_less.memory), (210, 210));
    assert!(all.files > u64::from(MANY) * 40 && one_less.files * 2 == all.files, "{all:?}, {one_less:?}");
    assert_eq!(
        org.control(Method::GET, "/results", json!(null)).await.json(),
        json!({ "memory": 0, "files": 0 })
    );
}

#[tokio::test]
async fn a_large_job_that_is_aborted_leaves_nothing() {
    let org = TestOrg::with_records("Contact", 60_000);
    let path = format!("jobs/query/{}", org.create_job("SELECT Id, Name, Email FROM Contact").await);
    assert_eq!(org.get(&path).await.json()["state"], "InProgress");

    let aborted = org.send(Method::PATCH, &path, Some(json!({ "state": "Aborted" }))).await;

    assert_eq!(aborted.json()["state"], "Aborted");
    assert_eq!(org.get(&format!("{path}/results")).await.error(), (400, "INVALIDJOBSTATE".to_owned()));
    assert_eq!(org.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    // Who makes the lines stops at the next one.
    while org.simulator.result_bytes().files > 0 {
        org.get("jobs/query").await;
    }
}

#[tokio::test]
async fn faults_befall_large_results_too() {
    let org = TestOrg::with_records("Contact", MANY);
    let path = format!("jobs/query/{}", org.create_job("SELECT Id, Name FROM Contact").await);
    complete(&org, &path).await;
    let results = format!("{path}/results");
    let whole = org.get(&results).await.text;
    let fetch = async || {
        let answer = org.request(Method::GET, &results).header(ACCEPT_ENCODING, "gzip").send().await.unwrap();
        answer.bytes().await
    };

    org.arm(json!({ "kind": "truncate", "match": "bulk_results", "bytes": 30_000 })).await;
    let cut = fetch().await;
    org.arm(json!({ "kind": "pad", "match": "bulk_results", "bytes": 1_000 })).await;
    let padded = fetch().await.unwrap();

    assert!(cut.is_err());
    assert!(unzip(&padded) == format!("{}{whole}", " ".repeat(1_000)));
    assert!(unzip(&fetch().await.unwrap()) == whole);
}

#[tokio::test]
async fn long_results_are_streamed_compressed() {
    let org = TestOrg::with_records("Contact", 5_000);
    let path = format!("jobs/query/{}/results", org.create_job("SELECT Id, Name, Email FROM Contact").await);
    let plain = org.get(&path).await.text;

    let response =
        org.request(Method::GET, &path).header(ACCEPT_ENCODING, "gzip,deflate").send().await.unwrap();

    let mut text = String::new();
    let bytes = response.bytes().await.unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
    assert!(text == plain && bytes.len() < plain.len() / 2);
    assert_eq!(org.simulator.counters().rows["Contact"], 10_000);
}

#[tokio::test]
async fn prerendered_pages_are_the_same_pages() {
    let org = TestOrg::with_records("Contact", 25);
    let soql = "SELECT Id, LastName FROM Contact";
    let before = org.create_job(soql).await;
    let fresh = org.get(&format!("jobs/query/{before}/results?maxRecords=10")).await;

    let report =
        org.control(Method::POST, "/prerender", json!({ "query": soql, "max_records": 10 })).await.json();
    let path = format!("jobs/query/{}/results?maxRecords=10", org.create_job(soql).await);
    let response = org.request(Method::GET, &path).header(ACCEPT_ENCODING, "gzip").send().await.unwrap();

    assert_eq!((&report["pages"], &report["rows"]), (&json!(3), &json!(25)));
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(response.headers()["sforce-numberofrecords"], "10");
    assert_eq!(response.headers()["sforce-locator"].to_str().unwrap(), fresh.header("sforce-locator"));
    let mut text = String::new();
    let bytes = response.bytes().await.unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
    assert_eq!(text, fresh.text);
    assert_eq!(org.get(&path).await.text, fresh.text);
}

#[tokio::test]
async fn what_describes_no_job_is_told() {
    let org = TestOrg::start();
    let create = |body: &'static str| {
        let request = org.request(Method::POST, "jobs/query").header("content-type", "application/json");
        async move { Answer::read(request.body(body).send().await.unwrap()).await }
    };
    let cases = [
        (
            r#"{"operation":"insert","query":"x"}"#,
            "INVALIDJOB",
            "InvalidJob : unknown variant 'insert', expected 'query' or 'queryAll'",
        ),
        (r#"{"operation":"query"}"#, "INVALIDJOB", "InvalidJob : missing field 'query'"),
        (
            r#"{"operation":"query","#,
            "JSON_PARSER_ERROR",
            "Unexpected end-of-input: was expecting double-quote to start field name at [line:1, column:22]",
        ),
        ("", "JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body."),
    ];

    for (body, code, message) in cases {
        let answer = create(body).await;
        assert_eq!((answer.error(), answer.message().as_str()), ((400, code.to_owned()), message));
    }
    let plain =
        org.request(Method::POST, "jobs/query").header("content-type", "application/xml").body("<x/>");
    let plain = Answer::read(plain.send().await.unwrap()).await;
    assert_eq!(plain.error(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
}

#[tokio::test]
async fn a_job_that_nobody_asks_for_completes_all_the_same() {
    let org = TestOrg::with_records("Contact", 5);
    org.create_job("SELECT Id FROM Contact").await;

    let list = org.get("jobs/query?jobType=V2Query").await;

    assert_eq!(list.json()["records"][0]["state"], "JobComplete");
    assert!(list.text.starts_with(r#"{"done":true,"records":[{"id":"750"#), "{}", list.text);
    assert!(list.text.ends_with(r#"],"nextRecordsUrl":null}"#), "{}", list.text);
}

#[tokio::test]
async fn results_use_up_the_room_of_a_day() {
    let org = TestOrg::with_records("Contact", 300);
    let left = async || org.get("limits").await.json()["DailyBulkV2QueryFileStorageMB"]["Remaining"].clone();
    assert_eq!(left().await, json!(976_562));

    let job = org.create_job("SELECT Id, Name FROM Contact").await;
    assert_eq!(org.get(&format!("jobs/query/{job}")).await.json()["state"], "JobComplete");
    assert_eq!(left().await, json!(976_561));

    org.control(Method::POST, "/limits", json!({ "exhausted": ["bulk_results"] })).await;
    let body = json!({ "operation": "query", "query": "SELECT Id FROM Contact" });
    let refused = org.send(Method::POST, "jobs/query", Some(body)).await;
    assert_eq!(refused.error(), (400, "LIMIT_EXCEEDED".to_owned()));
    assert_eq!(
        refused.message(),
        "Max bulk v2 query result size stored (1000000000) kb per 24 hrs has been exceeded"
    );
}
