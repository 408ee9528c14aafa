//! Bulk API 2.0 ingest jobs.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg, config};

impl TestOrg {
    async fn open(&self, body: Value) -> String {
        let answer = self.post("jobs/ingest", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn upload(&self, id: &str, csv: &str) -> Answer {
        let request = self.request(Method::PUT, &format!("jobs/ingest/{id}/batches"));
        Answer::read(request.header(CONTENT_TYPE, "text/csv").body(csv.to_owned()).send().await.unwrap())
            .await
    }

    async fn close(&self, id: &str) -> Answer {
        self.patch(&format!("jobs/ingest/{id}"), json!({ "state": "UploadComplete" })).await
    }

    /// Runs a job to its end and returns the last answer about it.
    async fn ingest(&self, body: Value, csv: &str) -> Value {
        let id = self.open(body).await;
        assert_eq!(self.upload(&id, csv).await.status, StatusCode::CREATED);
        assert_eq!(self.close(&id).await.status, StatusCode::OK);
        self.get(&format!("jobs/ingest/{id}")).await.json()
    }

    async fn results(&self, job: &Value, part: &str) -> String {
        let answer = self.get(&format!("jobs/ingest/{}/{part}", job["id"].as_str().unwrap())).await;
        assert_eq!(answer.header("content-type"), "text/csv;charset=UTF-8");
        answer.text
    }
}

fn job(sobject: &str, operation: &str) -> Value {
    json!({ "object": sobject, "operation": operation, "contentType": "CSV" })
}

fn upsert() -> Value {
    let mut body = job("Account", "upsert");
    body["externalIdFieldName"] = json!("external_id__c");
    body
}

#[tokio::test]
async fn a_job_goes_from_open_to_complete() {
    let org = TestOrg::start();

    let opened = org.post("jobs/ingest/", job("contact", "insert")).await;
    let id = opened.json()["id"].as_str().unwrap().to_owned();
    let uploaded = org.upload(&id, "LastName,Email\nLock,\"a@lockside.example\"\n,x\n").await;
    let closed = org.close(&id).await.json();
    org.simulator.clock().advance(1_000);
    let done = org.get(&format!("jobs/ingest/{id}")).await;

    let expected = format!(
        concat!(
            r#"{{"id":"{}","operation":"insert","object":"Contact","createdById":"{}","createdDate":"{}","systemModstamp":"{}","#,
            r#""state":"Open","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0,"#,
            r#""contentUrl":"services/data/v66.0/jobs/ingest/{}/batches","lineEnding":"LF","columnDelimiter":"COMMA"}}"#
        ),
        id,
        opened.json()["createdById"].as_str().unwrap(),
        opened.json()["createdDate"].as_str().unwrap(),
        opened.json()["createdDate"].as_str().unwrap(),
        id
    );
    assert_eq!(opened.text, expected);
    assert_eq!((uploaded.status, uploaded.text.as_str()), (StatusCode::CREATED, ""));
    assert_eq!(closed["state"], "UploadComplete");
    let done = done.json();
    assert_eq!((&done["state"], &done["jobType"]), (&json!("JobComplete"), &json!("V2Ingest")));
    assert_eq!((&done["numberRecordsProcessed"], &done["numberRecordsFailed"]), (&json!(2), &json!(1)));
    for figure in ["retries", "totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime"] {
        assert!(done[figure].is_u64(), "{figure}");
    }
    let saved = org.results(&done, "successfulResults").await;
    let contact = saved.lines().nth(1).unwrap().split('"').nth(1).unwrap().to_owned();
    assert_eq!(
        saved,
        format!(
            "\"sf__Id\",\"sf__Created\",\"LastName\",\"Email\"\n\"{contact}\",\"true\",\"Lock\",\"a@lockside.example\"\n"
        )
    );
    assert_eq!(org.record("Contact", &contact).await["Email"], "a@lockside.example");
    assert_eq!(
        org.results(&done, "failedResults").await,
        "\"sf__Id\",\"sf__Error\",\"LastName\",\"Email\"\n\"\",\"INVALID_EMAIL_ADDRESS:Email: invalid email address: x:Email --\",\"\",\"x\"\n"
    );
    assert_eq!(org.results(&done, "unprocessedrecords").await, "\"LastName\",\"Email\"\n");
}

#[tokio::test]
async fn records_are_updated_upserted_and_deleted() {
    let org = TestOrg::start();
    let id = org
        .create("Account", json!({ "Name": "One", "Phone": "1", "Site": "s", "External_Id__c": "B-1" }))
        .await;

    let updated = org
        .ingest(
            job("Account", "update"),
            &format!(
                "Id,Phone,Site,Newsletter__c\n{id},#N/A,,TRUE\n001000000000000AAA,1,1,1\nx,1,1,0\n,1,1,yes\n"
            ),
        )
        .await;
    assert_eq!((&updated["numberRecordsProcessed"], &updated["numberRecordsFailed"]), (&json!(4), &json!(3)));
    let record = org.record("Account", &id).await;
    assert_eq!(
        (&record["Phone"], &record["Site"], &record["Newsletter__c"]),
        (&Value::Null, &json!("s"), &json!(true))
    );
    let failed = org.results(&updated, "failedResults").await;
    let errors: Vec<_> = failed.lines().skip(1).map(|line| line.split(",\"").nth(1).unwrap()).collect();
    assert_eq!(errors[0], "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--\"");
    assert_eq!(errors[1], "MALFORMED_ID:Account ID: id value of incorrect type: x:Id --\"");
    assert_eq!(errors[2], "MISSING_ARGUMENT:Id not specified in an update call:--\"");

    let csv = "External_Id__c,Name\nb-1,Uno\nB-2,Two\nB-3,a\nb-3,b\n,c\n";
    let upserted = org.ingest(upsert(), csv).await;
    assert_eq!(upserted["externalIdFieldName"], "External_Id__c");
    let saved = org.results(&upserted, "successfulResults").await;
    assert!(saved.contains(&format!("\"{id}\",\"false\",\"b-1\",\"Uno\"\n")), "{saved}");
    assert!(saved.contains("\",\"true\",\"B-2\",\"Two\"\n"), "{saved}");
    let failed = org.results(&upserted, "failedResults").await;
    assert!(
        failed.contains(
            "\"DUPLICATE_VALUE:Duplicate external id specified: B-3:External_Id__c --\",\"B-3\",\"a\"\n"
        ),
        "{failed}"
    );
    assert!(failed.contains("\"MISSING_ARGUMENT:External_Id__c not specified:--\",\"\",\"c\"\n"), "{failed}");

    let deleted = org.ingest(job("Account", "delete"), &format!("Id\n{id}\n")).await;
    assert_eq!(deleted["numberRecordsFailed"], 0);
    assert_eq!(org.record("Account", &id).await[0]["errorCode"], "ENTITY_IS_DELETED");
    let purged = org.ingest(job("Account", "hardDelete"), &format!("Id\n{id}\n")).await;
    assert_eq!(
        org.results(&purged, "successfulResults").await,
        format!("\"sf__Id\",\"sf__Created\",\"Id\"\n\"{id}\",\"false\",\"{id}\"\n")
    );
    assert_eq!(org.record("Account", &id).await[0]["errorCode"], "NOT_FOUND");
}

#[tokio::test]
async fn lookups_name_their_parents_and_types_are_read() {
    let org = TestOrg::start();
    let account = org.create("Account", json!({ "Name": "One", "External_Id__c": "P-1" })).await;
    let user = &org.line.username;

    let contacts = org
        .ingest(
            job("Contact", "insert"),
            "LastName,Account.External_Id__c,Birthdate\nLock,P-1,1990-02-28\nLock,P-9,\nLock,,28.2.1990\n",
        )
        .await;
    let csv = format!("Subject,User:Owner.Username,IsEscalated\nx,{user},1\n");
    let cases = org.ingest(job("Case", "insert"), &csv).await;

    let found = org
        .query(&format!("SELECT LastName, Birthdate FROM Contact WHERE AccountId = '{account}'"))
        .await
        .json();
    assert_eq!((&found["totalSize"], &found["records"][0]["Birthdate"]), (&json!(1), &json!("1990-02-28")));
    let failed = org.results(&contacts, "failedResults").await;
    assert!(failed.contains("INVALID_FIELD:Foreign key external ID: p-9 not found for field External_Id__c in entity Account:--"), "{failed}");
    assert!(
        failed.contains(
            "INVALID_TYPE_ON_FIELD_IN_RECORD:Birthdate: value not of required type: 28.2.1990:Birthdate --"
        ),
        "{failed}"
    );
    assert_eq!(cases["numberRecordsFailed"], 0);
}

#[tokio::test]
async fn the_client_chooses_delimiter_and_line_ending() {
    let org = TestOrg::start();
    for (name, delimiter) in
        [("TAB", '\t'), ("SEMICOLON", ';'), ("PIPE", '|'), ("CARET", '^'), ("BACKQUOTE", '`')]
    {
        let mut body = job("Account", "insert");
        body["columnDelimiter"] = json!(name);
        body["lineEnding"] = json!("CRLF");
        let csv = format!(
            "Name{delimiter}Description\r\n\"a \"\"{delimiter}\"\" b\"{delimiter}\"two\r\nlines\"\r\n"
        );

        let done = org.ingest(body, &csv).await;

        let saved = org.results(&done, "successfulResults").await;
        let header = ["sf__Id", "sf__Created", "Name", "Description"].map(|name| format!("\"{name}\""));
        assert!(saved.starts_with(&format!("{}\r\n", header.join(&delimiter.to_string()))), "{saved}");
        assert!(
            saved.ends_with(&format!("\"a \"\"{delimiter}\"\" b\"{delimiter}\"two\r\nlines\"\r\n")),
            "{saved}"
        );
    }
    let wrong = org.ingest(job("Account", "insert"), "Name\r\nx\r\n").await;
    assert_eq!(wrong["state"], "Failed");
    assert_eq!(
        wrong["errorMessage"],
        "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_fails_its_job() {
    let org = TestOrg::start();
    let cases = [
        ("insert", "Name,Foo__c\nx,y\n", "InvalidBatch : Field name not found : Foo__c"),
        ("insert", "Name,Nothing.Id\nx,y\n", "InvalidBatch : Field name not found : Nothing.Id"),
        ("delete", "Id,Name\n1,x\n", "InvalidBatch : delete batch must only contain ids"),
        ("insert", "", "InvalidBatch : The content of the job has no header"),
    ];

    for (operation, csv, message) in cases {
        let done = org.ingest(job("Account", operation), csv).await;
        assert_eq!((&done["state"], &done["errorMessage"]), (&json!("Failed"), &json!(message)));
        let unprocessed = org.results(&done, "unprocessedrecords").await;
        assert_eq!(unprocessed.lines().count(), csv.lines().count(), "{unprocessed}");
    }
    let ragged = org.ingest(job("Account", "insert"), "Name,Phone\nx\n").await;
    assert!(ragged["errorMessage"].as_str().unwrap().starts_with("InvalidBatch : CSV Parse Error: "));
}

#[tokio::test]
async fn content_comes_once_and_in_its_time() {
    let org = TestOrg::start();
    let id = org.open(job("Account", "insert")).await;
    let path = format!("jobs/ingest/{id}");

    let early = org.close(&id).await;
    assert_eq!(early.error(), (400, "INVALIDJOBSTATE".to_owned()));
    assert_eq!(org.delete(&path).await.error().1, "INVALIDJOBSTATE");
    assert_eq!(org.get(&format!("{path}/failedResults")).await.error().1, "INVALIDJOBSTATE");
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zipped, b"Name\nZipped\n").unwrap();
    let request = org.request(Method::PUT, &format!("{path}/batches")).header(CONTENT_ENCODING, "gzip");
    let request = request.header(CONTENT_TYPE, "text/csv").body(zipped.finish().unwrap());
    assert_eq!(request.send().await.unwrap().status(), StatusCode::CREATED);
    let twice = org.upload(&id, "Name\nx\n").await;
    assert!(twice.message().starts_with(&format!("Found multiple contents for job: <{}>", &id[..15])));
    assert_eq!(org.close(&id).await.status, StatusCode::OK);
    let again = org.close(&id).await;
    assert_eq!(
        (again.error().1.as_str(), again.message().as_str()),
        ("INVALIDJOBSTATE", "Closing already Completed Job not allowed")
    );
    assert_eq!(org.upload(&id, "Name\nx\n").await.error(), (400, "INVALIDJOBSTATE".to_owned()));
    let aborted = org.patch(&path, json!({ "state": "Aborted" })).await;
    assert_eq!(aborted.message(), "Aborting already Completed Job not allowed");
    let other_version = org.get(&format!("/services/data/v60.0/{path}/successfulResults")).await;
    assert_eq!(other_version.status, StatusCode::CONFLICT);
    assert_eq!(org.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(org.get(&path).await.error(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(org.query("SELECT COUNT() FROM Account WHERE Name = 'Zipped'").await.json()["totalSize"], 1);
}

#[tokio::test]
async fn jobs_that_cannot_be_are_refused() {
    let org = TestOrg::start();
    let mut phone = upsert();
    phone["externalIdFieldName"] = json!("Phone");
    let mut json_content = job("Account", "insert");
    json_content["contentType"] = json!("JSON");
    let cases = [
        (job("Nothing__c", "insert"), "INVALIDJOB", "Unable to find object: Nothing__c"),
        (
            job("Account", "upsert"),
            "INVALIDJOB",
            "External ID was blank for Account. An External ID must be specified for upsert.",
        ),
        (
            phone,
            "INVALIDJOB",
            "Field name provided, Phone does not match an External ID, Salesforce Id, or indexed field for Account",
        ),
        (json_content, "INVALIDJOB", "contentType must be CSV"),
        (
            job("Organization", "insert"),
            "INVALIDENTITY",
            "Entity 'Organization' is not supported by the Bulk API.",
        ),
    ];

    for (body, code, message) in cases {
        let answer = org.post("jobs/ingest", body).await;
        assert_eq!((answer.error(), answer.message().as_str()), ((400, code.to_owned()), message));
    }
    assert_eq!(
        org.post("jobs/ingest", job("Account", "merge")).await.error(),
        (400, "INVALIDJOB".to_owned())
    );
}

#[tokio::test]
async fn a_job_waits_and_is_aborted() {
    let mut config = config();
    config.bulk_polls = 2;
    let org = TestOrg::start_with(config);
    let id = org.open(job("Account", "insert")).await;
    let path = format!("jobs/ingest/{id}");
    org.upload(&id, "Name\nWaiting\n").await;
    assert_eq!(org.close(&id).await.json()["state"], "UploadComplete");

    assert_eq!(org.get(&path).await.json()["state"], "InProgress");
    assert_eq!(org.delete(&path).await.error().1, "INVALIDJOBSTATE");
    let aborted = org.patch(&path, json!({ "state": "Aborted" })).await.json();

    assert_eq!(aborted["state"], "Aborted");
    let job = org.get(&path).await.json();
    assert_eq!((&job["state"], &job["numberRecordsProcessed"]), (&json!("Aborted"), &json!(0)));
    assert_eq!(org.results(&job, "unprocessedrecords").await, "\"Name\"\n\"Waiting\"\n");
    assert_eq!(org.query("SELECT COUNT() FROM Account WHERE Name = 'Waiting'").await.json()["totalSize"], 0);
    let second = org.ingest(self::job("Account", "insert"), "Name\nLooked At\n").await;
    let path = format!("jobs/ingest/{}", second["id"].as_str().unwrap());
    assert_eq!(org.get(&path).await.json()["state"], "InProgress");
    assert_eq!(org.get(&path).await.json()["state"], "JobComplete");
}

#[tokio::test]
async fn a_job_and_its_content_come_in_one() {
    let org = TestOrg::start();
    let body = "--B\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n\
                {\"object\":\"Account\",\"operation\":\"insert\",\"contentType\":\"CSV\"}\r\n\
                --B\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\n\
                Name\nInline\n\r\n--B--\r\n";
    let request = org.request(Method::POST, "jobs/ingest");
    let request = request.header(CONTENT_TYPE, "multipart/form-data; boundary=B").body(body);

    let opened = Answer::read(request.send().await.unwrap()).await;

    assert_eq!((opened.status, &opened.json()["state"]), (StatusCode::OK, &json!("UploadComplete")));
    let job = org.get(&format!("jobs/ingest/{}", opened.json()["id"].as_str().unwrap())).await.json();
    assert_eq!((&job["state"], &job["numberRecordsProcessed"]), (&json!("JobComplete"), &json!(1)));
}

#[tokio::test]
async fn jobs_are_listed_counted_and_forgotten() {
    let org = TestOrg::start();
    let csv: String =
        std::iter::once("Name\n".to_owned()).chain((0..450).map(|at| format!("Row {at}\n"))).collect();
    let done = org.ingest(job("Account", "insert"), &csv).await;

    let listed = org.get("jobs/ingest?jobType=V2Ingest&isPkChunkingEnabled=false").await.json();
    assert_eq!((&listed["done"], &listed["nextRecordsUrl"]), (&json!(true), &Value::Null));
    assert_eq!(
        (&listed["records"][0]["id"], &listed["records"][0]["jobType"]),
        (&done["id"], &json!("V2Ingest"))
    );
    assert_eq!(org.get("jobs/ingest?jobType=Classic").await.json()["records"], json!([]));
    assert_eq!(org.get("jobs/query").await.json()["records"], json!([]));
    assert_eq!(
        org.query("SELECT COUNT() FROM Account WHERE Name LIKE 'Row %'").await.json()["totalSize"],
        450
    );
    assert_eq!(
        org.get("limits").await.json()["DailyBulkApiBatches"],
        json!({ "Max": 15000, "Remaining": 14999 })
    );
    org.simulator.clock().advance(7 * 24 * 3_600_000 + 60_000);
    let token =
        org.refresh(&org.line.refresh_token).await.json()["access_token"].as_str().unwrap().to_owned();
    let org = TestOrg { token, ..org };
    let path = format!("jobs/ingest/{}", done["id"].as_str().unwrap());
    assert_eq!(org.get(&path).await.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn a_large_job_goes_on_in_the_background() {
    let org = TestOrg::start();
    let csv: String = std::iter::once("External_Id__c,Name\n".to_owned())
        .chain((0..10_500).map(|at| format!("L-{at},Large\n")))
        .collect();

    let first = org.ingest(upsert(), &csv).await;
    let path = format!("jobs/ingest/{}", first["id"].as_str().unwrap());
    let mut job = first;
    while job["state"] == "InProgress" {
        job = org.get(&path).await.json();
    }

    assert_eq!((&job["state"], &job["numberRecordsProcessed"]), (&json!("JobComplete"), &json!(10_500)));
    assert_eq!(job["numberRecordsFailed"], 0);
    assert_eq!(org.get("limits").await.json()["DailyBulkApiBatches"]["Remaining"], 14_998);
}

#[tokio::test]
async fn a_fault_fails_a_job() {
    let org = TestOrg::start();
    org.arm(
        json!({ "kind": "bulk_fail", "match": "ingest_create", "body": "TooManyLockFailure : on purpose" }),
    )
    .await;

    let done = org.ingest(job("Account", "insert"), "Name\nNever\n").await;

    assert_eq!(
        (&done["state"], &done["errorMessage"]),
        (&json!("Failed"), &json!("TooManyLockFailure : on purpose"))
    );
    assert_eq!(org.results(&done, "unprocessedrecords").await, "\"Name\"\n\"Never\"\n");
}

#[tokio::test]
async fn rules_hold_for_rows_and_held_records_are_tried_again() {
    let org = TestOrg::start();
    let account = org.create("Account", json!({ "Name": "Lockside" })).await;
    org.set_up("/locks", json!({ "ids": [account], "hold_ms": 200 })).await;

    let contacts =
        org.ingest(job("Contact", "insert"), &format!("LastName,AccountId\nAda,{account}\n")).await;
    let projects = org.ingest(job("Project__c", "insert"), "Name,Completion__c\nWeir,101\nMill,100\n").await;
    org.set_up("/locks", json!({ "ids": [account] })).await;
    let held = org.ingest(job("Contact", "insert"), &format!("LastName,AccountId\nBo,{account}\n")).await;

    assert_eq!(
        (&contacts["numberRecordsProcessed"], &contacts["numberRecordsFailed"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        (&projects["numberRecordsProcessed"], &projects["numberRecordsFailed"]),
        (&json!(2), &json!(1))
    );
    let failed = org.results(&projects, "failedResults").await;
    let error = "FIELD_CUSTOM_VALIDATION_EXCEPTION:A project cannot be less than 0% or more than 100% complete.:Completion__c --";
    assert!(failed.contains(error), "{failed}");
    let failed = org.results(&held, "failedResults").await;
    let error = format!(
        "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records: {account}:--"
    );
    assert!(failed.contains(&error), "{failed}");
}

#[tokio::test]
async fn an_upload_must_be_csv() {
    let org = TestOrg::start();
    let id = org.open(job("Account", "insert")).await;
    let path = format!("jobs/ingest/{id}/batches");

    let refused =
        org.request(Method::PUT, &path).header("content-type", "application/json").body("Name\nx\n");
    let refused = Answer::read(refused.send().await.unwrap()).await;
    let silent = org.request(Method::PUT, &path).body("Name\nx\n").send().await.unwrap();

    assert_eq!(refused.error(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    assert_eq!(silent.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn files_hold_values_records_and_fields_of_a_bounded_size() {
    let org = TestOrg::start();
    let text = |chars: usize| "x".repeat(chars);
    let fields = vec!["Name"; 5_001].join(",");
    let cases = [
        (format!("Name,Background__c\nLong,{}", text(131_072)), "JobComplete", ""),
        (format!("Name,Description\nLong,{}", text(32_001)), "Failed", "a value of Description has 32001"),
        (
            format!("Name,{}\nWide,{}", ["Background__c"; 4].join(","), vec![text(110_000); 4].join(",")),
            "Failed",
            "a record has 440004 characters",
        ),
        (format!("{fields}\nx"), "Failed", "a record has 5001 fields"),
    ];

    for (content, state, message) in cases {
        let body = json!({ "object": "Account", "operation": "insert", "contentType": "CSV" });
        let job = org.send(Method::POST, "jobs/ingest", Some(body)).await.json();
        let path = format!("jobs/ingest/{}", job["id"].as_str().unwrap());
        let upload = org.request(Method::PUT, &format!("{path}/batches")).header("Content-Type", "text/csv");
        assert_eq!(upload.body(content).send().await.unwrap().status(), StatusCode::CREATED);
        org.send(Method::PATCH, &path, Some(json!({ "state": "UploadComplete" }))).await;
        let job = org.get(&path).await.json();
        assert_eq!(job["state"], state, "{job}");
        let error = job["errorMessage"].as_str().unwrap_or_default();
        assert!(error.contains(message), "{message}: {job}");
    }
}
