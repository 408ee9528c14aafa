//! Publishing platform events.

use prost::Message;
use reqwest::Method;
use serde_json::json;
use tonic::Code;

use super::client::{Event, LATEST, PubSub, codes};
use crate::client::TestOrg;

const TOPIC: &str = "/event/Project_Notice__e";

#[derive(Clone, PartialEq, Message)]
struct Publish {
    #[prost(string, tag = "1")]
    topic_name: String,
    #[prost(message, repeated, tag = "2")]
    events: Vec<Event>,
}

#[derive(Clone, PartialEq, Message)]
struct Published {
    #[prost(message, repeated, tag = "1")]
    results: Vec<Outcome>,
    #[prost(string, tag = "2")]
    schema_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Outcome {
    #[prost(bytes = "vec", tag = "1")]
    replay_id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    error: Option<Failure>,
    #[prost(string, tag = "3")]
    correlation_key: String,
}

#[derive(Clone, PartialEq, Message)]
struct Failure {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    msg: String,
}

/// Writes an event by hand: the two system fields, a message, no details, a project, and nothing else.
fn payload(message: &str) -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8 * 2], text.as_bytes()].concat();
    // 1,000,000 milliseconds; the branches of unions are 0 for null and 2 for the other.
    let parts: [&[u8]; 8] = [
        &[0x80, 0x89, 0x7a],
        &text("005000000000001AAA"),
        &[2],
        &text(message),
        &[0],
        &text("a00"),
        &[0],
        &[1],
    ];
    [parts.concat(), vec![0, 0]].concat()
}

fn request(schema_id: &str, payloads: &[&[u8]]) -> Publish {
    let events = payloads.iter().enumerate().map(|(at, payload)| Event {
        id: format!("event-{at}"),
        schema_id: schema_id.to_owned(),
        payload: payload.to_vec(),
    });
    Publish { topic_name: TOPIC.to_owned(), events: events.collect() }
}

#[tokio::test]
async fn an_event_reaches_its_subscribers() {
    let org = TestOrg::start();
    let client = PubSub::connect(&org).await;
    let topic = client.topic(TOPIC).await.unwrap();
    assert!(topic.can_publish && topic.can_subscribe);
    let mut events = client.subscribe(TOPIC, LATEST, b"", 10).await;
    assert!(events.is_silent().await);

    let sent = request(&topic.schema_id, &[&payload("hello"), b"nonsense"]);
    let published: Published = client.unary("Publish", sent).await.unwrap();

    assert_eq!(published.schema_id, topic.schema_id);
    let [good, bad] = published.results.as_slice() else { panic!("{published:?}") };
    assert_eq!((good.error.as_ref(), good.correlation_key.as_str()), (None, "event-0"));
    assert_eq!(bad.error.as_ref().map(|error| error.code), Some(1));
    assert!(bad.replay_id.is_empty());
    let told = events.event().await;
    assert_eq!((&told["Message__c"], &told["Urgent__c"]), (&json!("hello"), &json!(true)));
    assert_eq!((&told["CreatedDate"], &told["event_id"]), (&json!(1_000_000), &json!("event-0")));
    assert_eq!(told["replay_id"], json!(good.replay_id));
}

#[tokio::test]
async fn what_cannot_be_published_is_refused() {
    let org = TestOrg::start();
    let client = PubSub::connect(&org).await;
    let schema_id = client.topic(TOPIC).await.unwrap().schema_id;
    let publish = async |request: Publish| client.unary::<_, Published>("Publish", request).await;

    let empty = publish(request(&schema_id, &[])).await.unwrap_err();
    assert_eq!(empty.code(), Code::InvalidArgument);
    let to_changes =
        Publish { topic_name: "/data/AccountChangeEvent".to_owned(), ..request(&schema_id, &[b""]) };
    assert_eq!(publish(to_changes).await.unwrap_err().code(), Code::PermissionDenied);
    let unknown = Publish { topic_name: "/event/Nothing__e".to_owned(), ..request(&schema_id, &[b""]) };
    assert_eq!(codes(&publish(unknown).await.unwrap_err()).1, "topic.notfound");
    let other_schema = publish(request("nothing", &[&payload("x")])).await.unwrap();
    assert!(other_schema.results[0].error.as_ref().unwrap().msg.contains("nothing"));
}

#[tokio::test]
async fn a_publish_stream_ends_when_nothing_comes() {
    let org = TestOrg::start();
    let client = PubSub::connect(&org).await;
    let schema_id = client.topic(TOPIC).await.unwrap().schema_id;
    org.control(Method::POST, "/streaming", json!({ "publish_idle_ms": 300 })).await;
    let (requests, mut answers) = client.open::<Publish, Published>("PublishStream").await.unwrap();

    for _ in 0..3 {
        requests.send(request(&schema_id, &[&payload("again")])).await.unwrap();
        assert_eq!(answers.message().await.unwrap().unwrap().results.len(), 1);
    }

    assert_eq!(answers.message().await.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn an_event_is_published_over_rest() {
    let org = TestOrg::start();
    let client = PubSub::connect(&org).await;
    let mut events = client.subscribe(TOPIC, LATEST, b"", 10).await;
    assert!(events.is_silent().await);
    let body = json!({ "Project_Id__c": "a00", "Due__c": "2026-01-02", "Amount__c": 2.5, "Urgent__c": true });

    let answer = org.send(Method::POST, "sobjects/Project_Notice__e/", Some(body)).await;

    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.json()["errors"][0]["statusCode"], "OPERATION_ENQUEUED");
    let told = events.event().await;
    assert_eq!(told["event_id"], answer.json()["errors"][0]["message"]);
    assert_eq!((&told["Due__c"], &told["Amount__c"]), (&json!(1_767_312_000_000_i64), &json!(2.5)));
    let refused = async |body| org.send(Method::POST, "sobjects/Project_Notice__e", Some(body)).await.error();
    assert_eq!(refused(json!({})).await, (400, "REQUIRED_FIELD_MISSING".to_owned()));
    assert_eq!(refused(json!({ "Project_Id__c": "a", "No__c": 1 })).await.1, "INVALID_FIELD");
    let long = json!({ "Project_Id__c": "a", "Message__c": "x".repeat(256) });
    assert_eq!(refused(long).await.1, "STRING_TOO_LONG");
    let all = org.get("sobjects").await.json();
    let listed =
        all["sobjects"].as_array().unwrap().iter().find(|sobject| sobject["name"] == "Project_Notice__e");
    assert_eq!(
        listed.map(|event| (&event["createable"], &event["queryable"])),
        Some((&json!(true), &json!(false)))
    );
    let describe = org.get("sobjects/Project_Notice__e/describe").await.json();
    assert_eq!(describe["name"], "Project_Notice__e");
}

#[tokio::test]
async fn a_collection_of_events_is_published_and_told_of_one_by_one() {
    let org = TestOrg::start();
    let client = PubSub::connect(&org).await;
    let mut events = client.subscribe(TOPIC, LATEST, b"", 10).await;
    assert!(events.is_silent().await);
    let event =
        |id: Option<&str>| json!({ "attributes": { "type": "Project_Notice__e" }, "Project_Id__c": id });
    let publish = async |all_or_none: bool| {
        let body = json!({ "allOrNone": all_or_none, "records": [event(Some("a01")), event(None)] });
        let answer = org.send(Method::POST, "composite/sobjects", Some(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };

    let none = publish(true).await;
    let some = publish(false).await;

    let codes = |results: &serde_json::Value| -> Vec<String> {
        let results = results.as_array().unwrap().iter();
        results.map(|result| result["errors"][0]["statusCode"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&none), ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]);
    assert_eq!(codes(&some), ["OPERATION_ENQUEUED", "REQUIRED_FIELD_MISSING"]);
    assert_eq!((&some[0]["success"], &some[1]["success"]), (&json!(true), &json!(false)));
    let told = events.event().await;
    assert_eq!(
        (&told["event_id"], &told["Project_Id__c"]),
        (&some[0]["errors"][0]["message"], &json!("a01"))
    );
}
