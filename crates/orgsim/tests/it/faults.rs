//! Faults on the wire.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, TestOrg};
use crate::soap;

/// Reads an answer and returns what came of its body, and whether it ended well.
async fn read_body(org: &TestOrg, path: &str) -> (Vec<u8>, bool) {
    let Ok(mut response) = org.request(Method::GET, path).send().await else {
        return (Vec::new(), false);
    };
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return (bytes, true),
            Err(_) => return (bytes, false),
        }
    }
}

#[tokio::test]
async fn bodies_are_cut_where_told() {
    let org = TestOrg::with_records("Contact", 3_000);
    let path = format!("jobs/query/{}/results", org.create_job("SELECT Id FROM Contact").await);
    let (whole, _) = read_body(&org, &path).await;
    let cases: [(Value, usize, bool); 5] = [
        (json!({ "kind": "truncate", "match": "bulk_results", "bytes": 5_000 }), 5_000, false),
        (json!({ "kind": "truncate", "match": "bulk_results", "bytes": 5_000, "clean": true }), 5_000, true),
        (json!({ "kind": "cut_before_end", "match": "bulk_results" }), whole.len(), false),
        (json!({ "kind": "wrong_length", "match": "bulk_results", "bytes": 7 }), whole.len(), false),
        (json!({ "kind": "reset", "match": "bulk_results" }), 0, false),
    ];
    let served_before = org.simulator.counters().rows["Contact"];

    for (fault, expected_bytes, ends_well) in cases {
        org.arm(fault.clone()).await;
        let (bytes, is_whole) = read_body(&org, &path).await;
        assert_eq!((bytes.len(), is_whole), (expected_bytes, ends_well), "{fault}");
        assert_eq!(bytes, whole[..expected_bytes], "{fault}");
    }

    assert_eq!(org.simulator.counters().rows["Contact"], served_before);
    assert_eq!(read_body(&org, &path).await, (whole, true));
}

#[tokio::test]
async fn answers_are_replaced() {
    let org = TestOrg::start();

    org.arm(json!({ "kind": "status", "match": "limits", "status": 503, "headers": { "Retry-After": "7" } }))
        .await;
    let unavailable = org.get("limits").await;
    assert_eq!(
        (unavailable.error(), unavailable.header("retry-after")),
        ((503, "SERVER_UNAVAILABLE".to_owned()), "7")
    );

    org.arm(json!({ "kind": "html", "match": "limits" })).await;
    let page = org.get("limits").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html;charset=UTF-8"));

    org.arm(json!({ "kind": "empty", "match": "limits" })).await;
    let empty = org.get("limits").await;
    assert_eq!((empty.status, empty.text.as_str()), (StatusCode::OK, ""));

    org.arm(json!({ "kind": "redirect", "match": "limits", "location": "https://decoy.example/" })).await;
    let moved = org.get("limits").await;
    assert_eq!((moved.status, moved.header("location")), (StatusCode::FOUND, "https://decoy.example/"));

    assert_eq!(org.get("limits").await.status, StatusCode::OK);
}

#[tokio::test]
async fn headers_are_replaced_and_taken_away() {
    let org = TestOrg::with_records("Contact", 30);
    let path = format!("jobs/query/{}/results?maxRecords=10", org.create_job("SELECT Id FROM Contact").await);

    let headers = json!({ "Sforce-Locator": null, "Date": "Sat, 01 Jan 2000 00:00:00 GMT", "Sforce-NumberOfRecords": "11" });
    org.arm(json!({ "kind": "headers", "match": "bulk_results", "headers": headers })).await;
    let page = org.get(&path).await;

    assert_eq!((page.header("sforce-locator"), page.header("sforce-numberofrecords")), ("", "11"));
    assert_eq!(page.header("date"), "Sat, 01 Jan 2000 00:00:00 GMT");
}

#[tokio::test]
async fn sessions_and_locators_die_on_demand() {
    let org = TestOrg::with_records("Contact", 2_500);
    let next =
        org.query("SELECT Id FROM Contact").await.json()["nextRecordsUrl"].as_str().unwrap().to_owned();

    org.arm(json!({ "kind": "invalid_locator" })).await;
    assert_eq!(org.get(&next).await.error(), (400, "INVALID_QUERY_LOCATOR".to_owned()));
    assert_eq!(org.get(&next).await.status, StatusCode::OK);

    org.arm(json!({ "kind": "expire_session", "match": "query", "nth": 2 })).await;
    assert_eq!(org.query("SELECT Id FROM Contact").await.status, StatusCode::OK);
    assert_eq!(org.query("SELECT Id FROM Contact").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
    assert_eq!(org.refresh(&org.line.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn jobs_fail_and_dawdle_on_demand() {
    let org = TestOrg::start();

    org.arm(json!({ "kind": "bulk_fail", "body": "TooManyLockFailure" })).await;
    let failed = org.create_job("SELECT Id FROM Account").await;
    org.arm(json!({ "kind": "bulk_slow", "polls": 1 })).await;
    let slow = org.create_job("SELECT Id FROM Account").await;

    let failed = org.get(&format!("jobs/query/{failed}")).await.json();
    assert_eq!((&failed["state"], &failed["errorMessage"]), (&json!("Failed"), &json!("TooManyLockFailure")));
    let path = format!("jobs/query/{slow}");
    assert_eq!(org.get(&path).await.json()["state"], "InProgress");
    assert_eq!(org.get(&path).await.json()["state"], "JobComplete");
}

#[tokio::test]
async fn a_lost_token_answer_has_had_its_effect() {
    let mut config = crate::client::config();
    config.rotate_refresh_tokens = true;
    let org = TestOrg::start_with(config);

    org.arm(json!({ "kind": "reset", "match": "token", "after": true })).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &org.line.refresh_token),
        ("client_id", &org.line.client_id),
    ];
    let lost = org.http.post(org.url("/services/oauth2/token")).form(&form);
    let lost = lost.basic_auth(&org.line.client_id, Some(&org.line.client_secret)).send().await;
    let again = org.refresh(&org.line.refresh_token).await;

    assert!(lost.is_err());
    assert_eq!(again.json()["error"], "invalid_grant");
    assert_eq!(org.simulator.counters().refresh_reuses, 1);
}

#[tokio::test]
async fn a_token_answer_can_name_another_instance() {
    let org = TestOrg::start();

    org.arm(json!({ "kind": "instance_url", "location": "https://moved.example" })).await;
    let body = org.refresh(&org.line.refresh_token).await.json();

    assert_eq!(body["instance_url"], "https://moved.example");
    assert!(body["id"].as_str().unwrap().starts_with(&org.line.base_url));
}

#[tokio::test]
async fn a_stalled_body_goes_on_later() {
    let org = TestOrg::start();
    org.arm(json!({ "kind": "stall", "match": "limits", "bytes": 10, "delay_ms": 60_000 })).await;

    let mut response = org.request(Method::GET, "limits").send().await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    let second = tokio::time::timeout(Duration::from_millis(200), response.chunk()).await;

    assert_eq!((first.len(), second.is_err()), (10, true));
}

#[tokio::test]
async fn faults_are_listed_and_taken_away() {
    let org = TestOrg::start();
    org.arm(json!({ "kind": "empty", "match": "limits", "times": 5 })).await;
    org.get("limits").await;

    let listed = org.control(Method::GET, "/faults", json!({})).await.json();
    assert_eq!((&listed[0]["kind"], &listed[0]["played"]), (&json!("empty"), &json!(1)));
    assert_eq!(org.control(Method::DELETE, "/faults/1", json!({})).await.status, StatusCode::OK);
    assert_eq!(org.control(Method::DELETE, "/faults", json!({})).await.status, StatusCode::OK);
    assert_ne!(org.get("limits").await.text, "");
    let unknown = org.control(Method::POST, "/faults", json!({ "kind": "meteor" })).await;
    assert!(unknown.status.is_client_error());
}

#[tokio::test]
async fn errors_have_the_form_of_the_endpoint_that_has_them() {
    let org = TestOrg::start();
    org.arm(json!({ "kind": "error", "match": "token", "code": "rate_limit_exceeded" })).await;
    org.arm(json!({ "kind": "error", "match": "limits", "code": "UNSUPPORTED_API_VERSION" })).await;
    org.arm(json!({ "kind": "status", "match": "limits", "status": 404 })).await;

    let refused = org.refresh(&org.line.refresh_token).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.json(),
        json!({ "error": "rate_limit_exceeded", "error_description": "login rate exceeded" })
    );
    assert_eq!(org.get("limits").await.error(), (410, "UNSUPPORTED_API_VERSION".to_owned()));

    org.control(Method::DELETE, "/faults", json!({})).await;
    org.arm(json!({ "kind": "status", "match": "limits", "status": 404 })).await;
    assert_eq!(org.get("limits").await.error(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn the_daily_limit_goes_by_the_code_on_the_wire_too() {
    let org = TestOrg::start();
    for code in ["DAILY_LIMIT", "REQUEST_LIMIT_EXCEEDED"] {
        org.arm(json!({ "kind": "error", "match": "query", "code": code })).await;

        let answer = org.query("SELECT Id FROM Account LIMIT 1").await;

        assert_eq!(answer.error(), (403, "REQUEST_LIMIT_EXCEEDED".to_owned()));
        assert_eq!(answer.message(), "TotalRequests Limit exceeded.");
    }
}

const SESSION: &str = "<getServerTimestamp/>";

#[tokio::test]
async fn errors_have_the_form_of_the_api_that_is_called() {
    let org = TestOrg::start();
    let soap = async || soap::call(&org, "u/60.0", &soap::session_header(&org.token), SESSION).await;
    let job = |kind: &'static str| {
        let request = org.request(Method::POST, "/services/async/66.0/job").header("Content-Type", kind);
        async move { Answer::read(request.body("{}").send().await.unwrap()).await }
    };

    org.arm(json!({ "kind": "error", "match": "soap", "code": "UNABLE_TO_LOCK_ROW" })).await;
    let locked = soap().await;
    assert_eq!((locked.status.as_u16(), locked.header("content-type")), (500, "text/xml;charset=UTF-8"));
    for piece in [
        "<faultcode>sf:UNABLE_TO_LOCK_ROW</faultcode>",
        "<sf:exceptionCode>UNABLE_TO_LOCK_ROW</sf:exceptionCode>",
        "<sf:exceptionMessage>unable to obtain exclusive access to this record or 1 records: 001000000000001AAA<",
    ] {
        assert!(locked.text.contains(piece), "{piece}: {}", locked.text);
    }
    org.arm(json!({ "kind": "status", "match": "soap", "status": 503 })).await;
    let unavailable = soap().await;
    assert_eq!(unavailable.status.as_u16(), 503);
    assert!(unavailable.text.contains("<faultcode>sf:SERVER_UNAVAILABLE"), "{}", unavailable.text);

    let daily = json!({ "kind": "error", "match": "bulk1_create", "code": "DAILY_LIMIT", "times": 2 });
    org.arm(daily).await;
    let in_json = job("application/json").await;
    assert_eq!(in_json.status.as_u16(), 400);
    assert_eq!(
        in_json.json(),
        json!({ "exceptionCode": "ExceededQuota", "exceptionMessage": "TotalRequests Limit exceeded." })
    );
    let in_xml = job("application/xml").await;
    assert!(in_xml.text.contains("<exceptionCode>ExceededQuota</exceptionCode>"), "{}", in_xml.text);
    org.arm(json!({ "kind": "error", "match": "bulk1_create", "code": "SERVER_UNAVAILABLE" })).await;
    let unavailable = job("application/json").await;
    assert_eq!((unavailable.status.as_u16(), &unavailable.json()["exceptionCode"]), (503, &json!("Unknown")));

    org.arm(json!({ "kind": "error", "match": "limits", "code": "SERVER_UNAVAILABLE", "times": 2 })).await;
    let in_json = org.get("limits").await;
    assert_eq!(in_json.error(), (503, "SERVER_UNAVAILABLE".to_owned()));
    assert!(in_json.header("sforce-limit-info").starts_with("api-usage="));
    let in_xml = org.get("limits.xml").await;
    assert!(in_xml.text.contains("<errorCode>SERVER_UNAVAILABLE</errorCode>"), "{}", in_xml.text);
}

#[tokio::test]
async fn a_session_dies_that_an_envelope_names() {
    let org = TestOrg::start();
    org.arm(json!({ "kind": "expire_session", "match": "soap" })).await;

    let answer = soap::call(&org, "u/60.0", &soap::session_header(&org.token), SESSION).await;

    assert!(answer.text.contains("sf:INVALID_SESSION_ID"), "{}", answer.text);
    assert_eq!(org.get("limits").await.error(), (401, "INVALID_SESSION_ID".to_owned()));
}

/// Codes of the table of the REST API Developer Guide, and those that savings are refused with.
const CODES: &str = "INVALID_SESSION_ID INVALID_AUTH_HEADER API_DISABLED_FOR_ORG API_CURRENTLY_DISABLED \
    REQUEST_LIMIT_EXCEEDED TXN_SECURITY_NO_ACCESS TXN_SECURITY_METERING_ERROR TXN_SECURITY_END_A_SESSION \
    FUNCTIONALITY_NOT_ENABLED INSUFFICIENT_ACCESS INSUFFICIENT_ACCESS_OR_READONLY \
    INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY INVALID_TYPE \
    INVALID_TYPE_FOR_OPERATION INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE MALFORMED_QUERY MALFORMED_SEARCH \
    INVALID_QUERY_FILTER_OPERATOR INVALID_QUERY_LOCATOR INVALID_BATCH_SIZE INVALID_QUERY_SCOPE \
    INVALID_QUERY_VALUE ILLEGAL_QUERY_PARAMETER_VALUE INVALID_OPERATOR NUMBER_OUTSIDE_VALID_RANGE \
    QUERY_TOO_COMPLICATED QUERY_TIMEOUT REQUEST_RUNNING_TOO_LONG OPERATION_TOO_LARGE EXCEEDED_ID_LIMIT \
    EXCEEDED_MAX_SEMIJOIN_SUBSELECTS EXCEEDED_QUOTA LIMIT_EXCEEDED TOO_MANY_JOBS NOT_FOUND ENTITY_IS_DELETED \
    ENTITY_IS_LOCKED ENTITY_IS_ARCHIVED MALFORMED_ID INVALID_ID_FIELD MISSING_ARGUMENT ID_REQUIRED \
    INVALID_CROSS_REFERENCE_KEY INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD FIELD_INTEGRITY_EXCEPTION \
    REQUIRED_FIELD_MISSING STRING_TOO_LONG INVALID_EMAIL_ADDRESS INVALID_CURRENCY_ISO INVALID_INET_ADDRESS \
    INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST FIELD_CUSTOM_VALIDATION_EXCEPTION FIELD_FILTER_VALIDATION_EXCEPTION \
    DUPLICATE_VALUE DUPLICATE_EXTERNAL_ID DUPLICATES_DETECTED DUPLICATE_USERNAME DUPLICATE_COMM_NICKNAME \
    UNABLE_TO_LOCK_ROW CANNOT_EXECUTE_FLOW_TRIGGER FLOW_EXCEPTION APEX_ERROR CUSTOM_APEX_ERROR \
    CANNOT_UPDATE_CONVERTED_LEAD STANDARD_PRICE_NOT_DEFINED INACTIVE_OWNER_OR_USER TRANSFER_REQUIRES_READ \
    INVALID_STATUS CIRCULAR_DEPENDENCY MIXED_DML_OPERATION DELETE_FAILED DEPENDENCY_EXISTS \
    DELETE_REQUIRED_ON_CASCADE LICENSE_LIMIT_EXCEEDED STORAGE_LIMIT_EXCEEDED ALL_OR_NONE_OPERATION_ROLLED_BACK \
    PROCESSING_HALTED JSON_PARSER_ERROR POST_BODY_PARSE_ERROR XML_PARSER_ERROR METHOD_NOT_ALLOWED \
    UNSUPPORTED_MEDIA_TYPE NOT_ACCEPTABLE UNSUPPORTED_API_VERSION INVALID_REPLICATION_DATE \
    INVALID_OPERATION_WITH_EXPIRED_PASSWORD CLIENT_NOT_ACCESSIBLE_FOR_USER LOGIN_DURING_RESTRICTED_TIME \
    LOGIN_DURING_RESTRICTED_DOMAIN ORG_LOCKED TRIAL_EXPIRED PASSWORD_LOCKOUT INVALID_LOGIN \
    INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE ORG_IN_MAINTENANCE SERVER_UNAVAILABLE UNKNOWN_EXCEPTION \
    ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE";

#[tokio::test]
async fn every_code_can_be_played() {
    let org = TestOrg::start();
    for code in CODES.split_whitespace() {
        org.arm(json!({ "kind": "error", "match": "limits", "code": code })).await;

        let answer = org.get("limits").await;

        assert_eq!(answer.error().1, code);
        assert!(answer.status.as_u16() >= 400 && !answer.message().is_empty(), "{code}");
    }
    let unknown = json!({ "kind": "error", "match": "limits", "code": "NOTHING_OF_THE_KIND" });
    assert_eq!(org.control(Method::POST, "/faults", unknown).await.status, StatusCode::BAD_REQUEST);
}
