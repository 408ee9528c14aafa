//! Bulk API 1.0.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg, config};

const XML: &str = "application/xml; charset=UTF-8";
pub(crate) const JSON: &str = "application/json";
const CSV: &str = "text/csv; charset=UTF-8";

impl TestOrg {
    async fn call(&self, method: Method, path: &str, kind: &str, body: &str) -> Answer {
        let url = self.url(&format!("/services/async/66.0/{path}"));
        let request = self.http.request(method, url).header("X-SFDC-Session", &self.token);
        let request = if kind.is_empty() { request } else { request.header(CONTENT_TYPE, kind) };
        Answer::read(request.body(body.to_owned()).send().await.unwrap()).await
    }

    pub(crate) async fn post1(&self, path: &str, kind: &str, body: &str) -> Answer {
        self.call(Method::POST, path, kind, body).await
    }

    async fn get1(&self, path: &str) -> Answer {
        self.call(Method::GET, path, "", "").await
    }

    /// Opens a job by JSON and returns its id.
    async fn job1(&self, body: Value) -> String {
        let answer = self.post1("job", JSON, &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Adds a batch and returns the path of it.
    async fn batch1(&self, job: &str, kind: &str, body: &str) -> String {
        let answer = self.post1(&format!("job/{job}/batch"), kind, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let id = match answer.header("content-type") {
            JSON => answer.json()["id"].as_str().unwrap().to_owned(),
            _ => tag(&answer.text, "id").to_owned(),
        };
        format!("job/{job}/batch/{id}")
    }

    /// Queries in one batch and returns the results.
    async fn query1(&self, content_type: &str, kind: &str, soql: &str) -> Answer {
        let body = json!({ "operation": "query", "object": "Account", "contentType": content_type });
        let batch = self.batch1(&self.job1(body).await, kind, soql).await;
        let list = self.get1(&format!("{batch}/result")).await;
        let id = match content_type {
            "JSON" => list.json()[0].as_str().unwrap().to_owned(),
            _ => tag(&list.text, "result").to_owned(),
        };
        self.get1(&format!("{batch}/result/{id}")).await
    }
}

/// Returns the text of the first element of that name.
fn tag<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once("</").unwrap().0
}

fn insert(content_type: &str) -> Value {
    json!({ "operation": "insert", "object": "Account", "contentType": content_type })
}

#[tokio::test]
async fn a_job_of_xml_and_csv_reads_as_a_real_one_does() {
    let org = TestOrg::start();

    let body = "<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><operation>insert</operation>\
                <object>Account</object><concurrencyMode>Parallel</concurrencyMode><contentType>CSV</contentType></jobInfo>";
    let opened = org.post1("job", XML, body).await;
    let job = tag(&opened.text, "id").to_owned();
    let none = org.get1(&format!("job/{job}/batch")).await;
    let batch = org.post1(&format!("job/{job}/batch"), CSV, "\"Name\"\r\n\"Lockside\"\r\n\"\"\r\n").await;
    let batch_id = tag(&batch.text, "id").to_owned();
    let close =
        "<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><state>Closed</state></jobInfo>";
    let closed = org.post1(&format!("job/{job}"), XML, close).await;
    let list = org.get1(&format!("job/{job}/batch")).await;
    let results = org.get1(&format!("job/{job}/batch/{batch_id}/result")).await;

    assert_eq!((opened.status, opened.header("content-type")), (StatusCode::CREATED, "application/xml"));
    let (user, date) = (tag(&opened.text, "createdById"), tag(&opened.text, "createdDate"));
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><jobInfo\n   xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\n \
         <id>{job}</id>\n <operation>insert</operation>\n <object>Account</object>\n <createdById>{user}</createdById>\n \
         <createdDate>{date}</createdDate>\n <systemModstamp>{date}</systemModstamp>\n <state>Open</state>\n \
         <concurrencyMode>Parallel</concurrencyMode>\n <contentType>CSV</contentType>\n \
         <numberBatchesQueued>0</numberBatchesQueued>\n <numberBatchesInProgress>0</numberBatchesInProgress>\n \
         <numberBatchesCompleted>0</numberBatchesCompleted>\n <numberBatchesFailed>0</numberBatchesFailed>\n \
         <numberBatchesTotal>0</numberBatchesTotal>\n <numberRecordsProcessed>0</numberRecordsProcessed>\n \
         <numberRetries>0</numberRetries>\n <apiVersion>66.0</apiVersion>\n \
         <numberRecordsFailed>0</numberRecordsFailed>\n <totalProcessingTime>0</totalProcessingTime>\n \
         <apiActiveProcessingTime>0</apiActiveProcessingTime>\n <apexProcessingTime>0</apexProcessingTime>\n</jobInfo>"
    );
    assert_eq!(opened.text, expected);
    assert!(date.ends_with(".000Z"), "{date}");
    assert!(
        none.text.ends_with("<batchInfoList\n   xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\" />")
    );
    assert_eq!((batch.status, tag(&batch.text, "state")), (StatusCode::CREATED, "Queued"));
    assert_eq!((closed.status, tag(&closed.text, "state")), (StatusCode::OK, "Closed"));
    assert_eq!(tag(&closed.text, "numberRecordsProcessed"), "2");
    assert_eq!(tag(&closed.text, "numberRecordsFailed"), "1");
    assert_eq!(tag(&list.text, "state"), "Completed");
    assert!(list.text.contains("\n <batchInfo>\n  <id>751"), "{}", list.text);
    assert_eq!(results.header("content-type"), "text/csv");
    let lines: Vec<&str> = results.text.lines().collect();
    assert_eq!(lines[0], "\"Id\",\"Success\",\"Created\",\"Error\"");
    assert!(lines[1].starts_with("\"001") && lines[1].ends_with("\",\"true\",\"true\",\"\""), "{}", lines[1]);
    assert_eq!(
        lines[2],
        "\"\",\"false\",\"false\",\"REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --\""
    );
}

#[tokio::test]
async fn a_job_of_json_answers_in_json() {
    let org = TestOrg::start();

    // simple-salesforce gives the place of the mode.
    let opened = org
        .post1(
            "job",
            JSON,
            r#"{"operation":"upsert","object":"Account","concurrencyMode":1,"contentType":"JSON","externalIdFieldName":"external_id__c"}"#,
        )
        .await;
    let job = opened.json();
    let id = job["id"].as_str().unwrap();
    let rows = r#"[{"Name":"Lockside","External_Id__c":"L-1","NumberOfEmployees":12,"Newsletter__c":true},
        {"attributes":{"type":"Account"},"External_Id__c":"L-2"}]"#;
    let batch = org.batch1(id, JSON, rows).await;
    let status = org.get1(&batch).await;
    let results = org.get1(&format!("{batch}/result")).await;
    let request = org.get1(&format!("{batch}/request")).await;
    let list = org.get1(&format!("job/{id}/batch")).await;

    assert_eq!((opened.status, opened.header("content-type")), (StatusCode::CREATED, JSON));
    assert_eq!((&job["concurrencyMode"], &job["apiVersion"]), (&json!("Serial"), &json!(66.0)));
    assert_eq!(
        (&job["externalIdFieldName"], &job["assignmentRuleId"]),
        (&json!("External_Id__c"), &Value::Null)
    );
    assert_eq!(status.json()["state"], "Completed");
    assert_eq!(
        (&status.json()["stateMessage"], &status.json()["numberRecordsFailed"]),
        (&Value::Null, &json!(1))
    );
    assert_eq!((results.header("content-type"), request.header("content-type")), (JSON, JSON));
    let results = results.json();
    assert_eq!((&results[0]["success"], &results[0]["created"]), (&json!(true), &json!(true)));
    assert_eq!(
        results[1],
        json!({ "success": false, "created": false, "id": null, "errors": [{
            "message": "Required fields are missing: [Name]", "fields": ["Name"],
            "statusCode": "REQUIRED_FIELD_MISSING", "extendedErrorDetails": null }] })
    );
    assert_eq!(request.text, rows);
    assert_eq!(list.json()["batchInfo"][0]["id"], status.json()["id"]);
    let saved =
        org.query("SELECT NumberOfEmployees, Newsletter__c FROM Account WHERE External_Id__c = 'L-1'").await;
    let record = &saved.json()["records"][0];
    assert_eq!((&record["NumberOfEmployees"], &record["Newsletter__c"]), (&json!(12), &json!(true)));
}

#[tokio::test]
async fn records_come_in_xml_with_nulls_and_parents() {
    let org = TestOrg::start();
    let account = org.get("query?q=SELECT+Id+FROM+Account+LIMIT+1").await.json()["records"][0]["Id"].clone();
    let account = account.as_str().unwrap();
    let update = json!({ "operation": "update", "object": "Account", "contentType": "XML" });
    let keyed = format!(
        "<sObjects xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <sObject><Id>{account}</Id><External_Id__c>X-1</External_Id__c><Website xsi:nil=\"true\"/><Phone>1 &amp; 2</Phone></sObject></sObjects>"
    );
    let batch = org.batch1(&org.job1(update).await, XML, &keyed).await;
    let updated = org.get1(&format!("{batch}/result")).await;
    let insert = json!({ "operation": "insert", "object": "Contact", "contentType": "XML" });
    let contacts = "<sObjects xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\
                    <sObject><LastName>Keeper</LastName><Account><sObject><External_Id__c>X-1</External_Id__c></sObject></Account></sObject>\
                    <sObject><FirstName>None</FirstName></sObject></sObjects>";
    let batch = org.batch1(&org.job1(insert).await, XML, contacts).await;
    let inserted = org.get1(&format!("{batch}/result")).await;

    assert_eq!((updated.header("content-type"), tag(&updated.text, "success")), ("application/xml", "true"));
    assert_eq!(tag(&updated.text, "id"), account);
    let found = org.query("SELECT Website, Phone FROM Account WHERE External_Id__c = 'X-1'").await.json();
    assert_eq!(
        (&found["records"][0]["Website"], &found["records"][0]["Phone"]),
        (&Value::Null, &json!("1 & 2"))
    );
    assert_eq!(tag(&inserted.text, "statusCode"), "REQUIRED_FIELD_MISSING");
    let kept = org.query("SELECT AccountId FROM Contact WHERE LastName = 'Keeper'").await.json();
    assert_eq!(kept["records"][0]["AccountId"], account);
}

#[tokio::test]
async fn queries_answer_in_three_forms() {
    let org = TestOrg::with_records("Account", 3);
    let soql = "SELECT Id, Name, CreatedDate, Owner.Username, AnnualRevenue FROM Account ORDER BY Id LIMIT 1";
    let rest = org.query(soql).await.json()["records"][0].clone();

    let csv = org.query1("CSV", CSV, soql).await;
    let json = org.query1("JSON", JSON, soql).await;
    let xml = org.query1("XML", XML, soql).await;
    let none = org.query1("CSV", CSV, "SELECT Id FROM Account WHERE Name = 'nobody'").await;
    let no_json = org.query1("JSON", JSON, "SELECT Id FROM Account WHERE Name = 'nobody'").await;

    assert_eq!(csv.header("content-type"), "text/csv");
    assert!(
        csv.text.starts_with("\"Id\",\"Name\",\"CreatedDate\",\"Owner.Username\",\"AnnualRevenue\"\n"),
        "{}",
        csv.text
    );
    assert_eq!(json.header("content-type"), JSON);
    let record = &json.json()[0];
    assert_eq!((&record["attributes"], &record["Owner"]), (&rest["attributes"], &rest["Owner"]));
    // Instants are numbers here, unlike anywhere else.
    assert!(record["CreatedDate"].is_i64(), "{record}");
    assert_eq!(xml.header("content-type"), "application/xml");
    assert_eq!((tag(&xml.text, "type"), tag(&xml.text, "Id")), ("Account", rest["Id"].as_str().unwrap()));
    assert_eq!(tag(&xml.text, "Username"), rest["Owner"]["Username"].as_str().unwrap());
    assert!(tag(&xml.text, "CreatedDate").ends_with('Z'));
    assert!(xml.text.ends_with("</records>\n</queryResult>"));
    assert_eq!((none.text.as_str(), no_json.text.as_str()), ("Records not found for this query", "[]"));
}

#[tokio::test]
async fn a_query_is_split_by_ids() {
    let org = TestOrg::with_records("Account", 25);
    let body = json!({ "operation": "queryAll", "object": "Account", "contentType": "CSV" });
    let url = org.url("/services/async/66.0/job");
    let request = org.http.post(url).header("X-SFDC-Session", &org.token);
    let request = request.header("Sforce-Enable-PKChunking", "true; chunkSize=10").json(&body);
    let job = Answer::read(request.send().await.unwrap()).await.json()["id"].as_str().unwrap().to_owned();

    let first = org.batch1(&job, "text/csv", "SELECT Id FROM Account").await;
    let list = org.get1(&format!("job/{job}/batch")).await;
    let ordered = org.batch1(&job, "text/csv", "SELECT Id FROM Account ORDER BY Name").await;
    let refused = org.get1(&ordered).await;

    let states: Vec<&str> = list.text.split("<batchInfo>").skip(1).map(|batch| tag(batch, "state")).collect();
    assert_eq!(states, ["NotProcessed", "Completed", "Completed", "Completed"]);
    let counts: Vec<&str> =
        list.text.split("<batchInfo>").skip(1).map(|batch| tag(batch, "numberRecordsProcessed")).collect();
    assert_eq!(counts, ["0", "10", "10", "5"]);
    let mut ids = Vec::new();
    for batch in list.text.split("<batchInfo>").skip(2).map(|batch| tag(batch, "id")) {
        let results = org.get1(&format!("job/{job}/batch/{batch}/result")).await;
        let file =
            org.get1(&format!("job/{job}/batch/{batch}/result/{}", tag(&results.text, "result"))).await;
        ids.extend(file.text.lines().skip(1).map(str::to_owned));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 25);
    assert_eq!(tag(&org.get1(&format!("{first}/result")).await.text, "exceptionCode"), "InvalidBatch");
    assert_eq!(tag(&refused.text, "state"), "Failed");
    assert!(tag(&refused.text, "stateMessage").starts_with("InvalidBatch : Failed to process query: "));
}

#[tokio::test]
async fn errors_are_in_the_form_of_the_client() {
    let org = TestOrg::start();
    let job = org.job1(insert("CSV")).await;
    let cases = [
        ("job", r#"{"operation":"insert"}"#, "InvalidJob"),
        ("job", r#"{"operation":"merge","object":"Account"}"#, "InvalidOperation"),
        ("job", r#"{"operation":"insert","object":"Nothing__c"}"#, "InvalidJob"),
        ("job", r#"{"operation":"upsert","object":"Account"}"#, "InvalidJob"),
        ("job", r#"{"operation":"insert","object":"Organization"}"#, "InvalidEntity"),
        ("job", r#"{"operation":"query","object":"CaseStatus"}"#, "InvalidEntity"),
        ("job", r#"{"operation":"insert","object":"Account","contentType":"ZIP_CSV"}"#, "FeatureNotEnabled"),
        ("job", "{", "InvalidJob"),
        ("job/750000000000001AAA", "{}", "InvalidJob"),
        ("nothing", "{}", "InvalidUrl"),
    ];

    for (path, body, code) in cases {
        let answer = org.post1(path, JSON, body).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::BAD_REQUEST, JSON), "{path}");
        assert_eq!(answer.json()["exceptionCode"], code, "{body}");
    }
    let xml = org.post1("job", XML, "<jobInfo><operation>insert</operation></jobInfo>").await;
    assert_eq!(
        xml.text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><error\n   xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\n \
         <exceptionCode>InvalidJob</exceptionCode>\n <exceptionMessage>object is a required field</exceptionMessage>\n</error>"
    );
    let batches = format!("job/{job}/batch");
    assert_eq!(tag(&org.post1(&batches, CSV, "  ").await.text, "exceptionCode"), "ClientInputError");
    assert_eq!(org.post1(&batches, JSON, "[]").await.json()["exceptionCode"], "InvalidBatch");
    let large = org.post1(&batches, CSV, &"x".repeat(10_000_001)).await;
    assert_eq!(
        tag(&large.text, "exceptionMessage"),
        "Failed to read request. Exceeded max size limit of 10000000"
    );
    assert_eq!(
        tag(&org.get1(&format!("{batches}/751000000000001AAA")).await.text, "exceptionCode"),
        "InvalidBatch"
    );
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_fails_as_a_whole() {
    let org = TestOrg::start();
    let job = org.job1(insert("CSV")).await;
    let unknown = org.batch1(&job, CSV, "Name,Nothing__c\nA,b\n").await;
    let many = org.batch1(&job, CSV, &("Name\n".to_owned() + &"A\n".repeat(10_001))).await;
    let json_job = org.job1(insert("JSON")).await;
    let unknown_member = org.batch1(&json_job, JSON, r#"[{"Name":"A"},{"Nothing__c":1}]"#).await;
    let delete = json!({ "operation": "delete", "object": "Account", "contentType": "JSON" });
    let more = org.batch1(&org.job1(delete).await, JSON, r#"[{"Id":"001","Name":"A"}]"#).await;

    let message = async |batch: &str| {
        let answer = org.call(Method::GET, batch, XML, "").await;
        match answer.header("content-type") {
            JSON => answer.json()["stateMessage"].as_str().unwrap().to_owned(),
            _ => tag(&answer.text, "stateMessage").to_owned(),
        }
    };
    assert_eq!(message(&unknown).await, "InvalidBatch : Field name not found : Nothing__c");
    assert!(message(&many).await.starts_with("InvalidBatch : Too many records in batch: 10001"));
    assert_eq!(message(&unknown_member).await, "InvalidBatch : Field name not found : Nothing__c");
    assert_eq!(message(&more).await, "InvalidBatch : delete batch must only contain ids");
    let results = org.get1(&format!("{unknown}/result")).await;
    assert_eq!(tag(&results.text, "exceptionMessage"), "Records not processed");
    assert_eq!(org.query("SELECT Id FROM Account WHERE Name = 'A'").await.json()["totalSize"], 0);
}

#[tokio::test]
async fn a_job_takes_batches_until_it_is_closed_or_aborted() {
    let org = TestOrg::start_with(orgsim::SimulatorConfig { bulk_polls: 1, ..config() });
    let job = org.job1(insert("CSV")).await;
    let first = org.batch1(&job, CSV, "Name\nFirst batch\n").await;
    let early = org.get1(&format!("{first}/result")).await;
    let states = [org.get1(&first).await, org.get1(&first).await];
    let second = org.batch1(&job, CSV, "Name\nSecond batch\n").await;
    let aborted = org.post1(&format!("job/{job}"), JSON, r#"{"state":"Aborted"}"#).await;
    let again = org.post1(&format!("job/{job}"), JSON, r#"{"state":"Closed"}"#).await;
    let late = org.post1(&format!("job/{job}/batch"), CSV, "Name\nLate\n").await;

    assert_eq!(tag(&early.text, "exceptionMessage"), "Batch not completed");
    assert_eq!(states.map(|answer| tag(&answer.text, "state").to_owned()), ["InProgress", "Completed"]);
    assert_eq!(aborted.json()["state"], "Aborted");
    assert_eq!(again.json()["exceptionCode"], "InvalidJobState");
    assert_eq!(again.json()["exceptionMessage"], "Closing already Aborted Job not allowed");
    assert_eq!(tag(&late.text, "exceptionCode"), "InvalidJobState");
    assert_eq!(tag(&org.get1(&second).await.text, "state"), "NotProcessed");
    let found = org.query("SELECT Id FROM Account WHERE Name LIKE '% batch'").await.json();
    assert_eq!(found["totalSize"], 1);
}

#[tokio::test]
async fn sessions_and_versions_are_checked() {
    let org = TestOrg::start();
    let ask = async |path: &str, name: &str, value: &str| {
        let request = org.http.get(org.url(path)).header(CONTENT_TYPE, JSON);
        let request = if name.is_empty() { request } else { request.header(name, value) };
        Answer::read(request.send().await.unwrap()).await
    };
    let job = format!("/services/async/66.0/job/{}", org.job1(insert("JSON")).await);
    let bearer = format!("Bearer {}", org.token);

    assert_eq!(ask(&job, AUTHORIZATION.as_str(), &bearer).await.status, StatusCode::OK);
    for (name, value, message) in
        [("", "", "Unable to find session id"), ("X-SFDC-Session", "nonsense", "Invalid session id")]
    {
        let answer = ask(&job, name, value).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            answer.json(),
            json!({ "exceptionCode": "InvalidSessionId", "exceptionMessage": message })
        );
    }
    let retired = ask("/services/async/20.0/job/750", "X-SFDC-Session", &org.token).await;
    assert_eq!(
        (retired.status, &retired.json()["exceptionCode"]),
        (StatusCode::BAD_REQUEST, &json!("InvalidVersion"))
    );
    org.arm(json!({ "kind": "expire_session", "match": "bulk1_status" })).await;
    assert_eq!(ask(&job, "X-SFDC-Session", &org.token).await.json()["exceptionCode"], "InvalidSessionId");
}

#[tokio::test]
async fn jobs_of_both_versions_are_told_apart() {
    let org = TestOrg::start();
    let ingest = org.job1(insert("CSV")).await;
    let query = org.job1(json!({ "operation": "query", "object": "Account", "contentType": "CSV" })).await;
    let own = org.create_job("SELECT Id FROM Account").await;

    let ids = async |path: &str| -> Vec<(String, String)> {
        let list = org.get(path).await.json();
        let text = |job: &Value, name: &str| job[name].as_str().unwrap().to_owned();
        let jobs = list["records"].as_array().unwrap();
        jobs.iter().map(|job| (text(job, "id"), text(job, "jobType"))).collect()
    };
    let classic = |id: &str| (id.to_owned(), "Classic".to_owned());
    assert_eq!(ids("jobs/query").await, [(own.clone(), "V2Query".to_owned()), classic(&query)]);
    assert_eq!(ids("jobs/query?jobType=V2Query").await.len(), 1);
    assert_eq!(ids("jobs/ingest?jobType=Classic").await, [classic(&ingest)]);
    assert_eq!(org.get(&format!("jobs/query/{query}")).await.error(), (400, "INVALIDJOB".to_owned()));
    assert_eq!(org.get(&format!("jobs/ingest/{ingest}")).await.error(), (400, "INVALIDJOB".to_owned()));
    assert_eq!(tag(&org.get1(&format!("job/{own}")).await.text, "exceptionCode"), "InvalidJob");
}

/// Changes a text a little, the same way for the same number.
fn mutate(text: &str, number: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = number * 7 % letters.len();
    let put = ["", "\"", "<", "&", "\\", "\n", ",", "}", "\u{4eac}", "\0", "]]>", "]"][number % 12];
    let skip = number / 3 % 5;
    letters[..at].iter().copied().chain(put.chars()).chain(letters.iter().copied().skip(at + skip)).collect()
}

#[tokio::test]
async fn deleted_records_are_queried_by_query_all_unless_they_are_purged() {
    let org = TestOrg::with_records("Account", 3);
    let ids = org.query("SELECT Id FROM Account ORDER BY Id").await.json();
    let id = |at: usize| ids["records"][at]["Id"].as_str().unwrap().to_owned();
    let remove =
        |operation: &str| json!({ "operation": operation, "object": "Account", "contentType": "CSV" });

    let soft = org.batch1(&org.job1(remove("delete")).await, CSV, &format!("Id\n{}\n", id(0))).await;
    let hard =
        org.batch1(&org.job1(remove("hardDelete")).await, CSV, &format!("\"id\"\n{}\nnone\n", id(1))).await;
    let results = org.get1(&format!("{hard}/result")).await;
    let url = org.url("/services/async/66.0/job");
    let request =
        org.http.post(url).header("X-SFDC-Session", &org.token).header("Sforce-Line-Ending", "CRLF");
    let body = json!({ "operation": "queryAll", "object": "Account", "contentType": "CSV" });
    let job = Answer::read(request.json(&body).send().await.unwrap()).await.json()["id"].clone();
    let query = "SELECT Id, IsDeleted FROM Account ORDER BY Id";
    let batch = org.batch1(job.as_str().unwrap(), CSV, query).await;
    let list = org.get1(&format!("{batch}/result")).await;
    let all = org.get1(&format!("{batch}/result/{}", tag(&list.text, "result"))).await;
    let request = org.get1(&format!("{batch}/request")).await;

    assert_eq!(tag(&org.get1(&soft).await.text, "state"), "Completed");
    let lines: Vec<&str> = results.text.lines().collect();
    assert_eq!(lines[1], format!("\"{}\",\"true\",\"false\",\"\"", id(1)));
    assert_eq!(
        lines[2],
        "\"\",\"false\",\"false\",\"MALFORMED_ID:Account ID: id value of incorrect type: none:Id --\""
    );
    let expected = format!("\"Id\",\"IsDeleted\"\r\n\"{}\",\"true\"\r\n\"{}\",\"false\"\r\n", id(0), id(2));
    assert_eq!(all.text, expected);
    assert_eq!((request.text.as_str(), request.header("content-type")), (query, "text/csv"));
}

#[tokio::test]
async fn some_sobjects_are_not_for_jobs() {
    let org = TestOrg::start();

    let body = json!({ "operation": "query", "query": "SELECT Id FROM TaskStatus" });
    let answer = org.send(Method::POST, "jobs/query", Some(body)).await;

    assert_eq!(answer.error(), (400, "INVALIDENTITY".to_owned()));
    assert_eq!(answer.message(), "TaskStatus is not supported by the Bulk API");
}

#[tokio::test]
async fn garbled_bodies_are_refused_or_fail() {
    let org = TestOrg::with_records("Account", 5);
    let job_xml = "<jobInfo xmlns=\"x\"><operation>insert</operation><object>Account</object><contentType>CSV</contentType></jobInfo>";
    let job_json = r#"{"operation":"insert","object":"Account","contentType":"JSON","concurrencyMode":0}"#;
    let batches = [
        ("CSV", CSV, "insert", "Name,Phone\r\n\"A \"\"b\"\"\",#N/A\r\n\"C\",\"1\"\r\n"),
        (
            "JSON",
            JSON,
            "upsert",
            r#"[{"Name":"A","External_Id__c":"1","Parent":{"External_Id__c":"2"}},{"Phone":null}]"#,
        ),
        (
            "XML",
            XML,
            "update",
            "<sObjects><sObject><Id>001000000000001</Id><Name>A &amp; b</Name><Parent><sObject><Id>1</Id></sObject></Parent></sObject></sObjects>",
        ),
        ("CSV", CSV, "query", "SELECT Id, Name FROM Account WHERE Name LIKE 'a%' ORDER BY Id"),
    ];

    for number in 0..150 {
        for (kind, body) in [(XML, job_xml), (JSON, job_json)] {
            let answer = org.post1("job", kind, &mutate(body, number)).await;
            assert!(matches!(answer.status.as_u16(), 201 | 400), "{}", answer.text);
            assert!(!answer.text.contains("Unknown"), "{}", answer.text);
        }
    }
    for (content_type, kind, operation, body) in batches {
        let mut job = json!({ "operation": operation, "object": "Account", "contentType": content_type });
        if operation == "upsert" {
            job["externalIdFieldName"] = json!("External_Id__c");
        }
        let job = org.job1(job).await;
        for number in 0..150 {
            let text = mutate(body, number);
            let answer = org.post1(&format!("job/{job}/batch"), kind, &text).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{text}: {}", answer.text);
        }
        let list = org.get1(&format!("job/{job}/batch")).await.text;
        assert!(!list.contains("Queued") && !list.contains("InProgress"), "{list}");
    }
}
