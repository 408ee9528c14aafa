//! The pace of a subscription, where it starts, and what is refused.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tonic::Code;

use super::client::{CUSTOM, EARLIEST, Fetch, LATEST, PubSub, Subscription, codes};
use crate::client::TestOrg;

const TOPIC: &str = "/data/AccountChangeEvent";
const HOUR_MS: i64 = 3_600_000;

async fn org_with_events(count: usize) -> (TestOrg, PubSub) {
    let org = TestOrg::with_records("Account", 3);
    for at in 0..count {
        let record = json!({ "Name": format!("{at}") });
        org.send(Method::POST, "sobjects/Account", Some(record)).await;
    }
    let client = PubSub::connect(&org).await;
    (org, client)
}

fn fetch(count: i32) -> Fetch {
    Fetch { topic_name: TOPIC.to_owned(), count, ..Fetch::default() }
}

/// Moves the clock, and signs the client in anew: its session has ended.
fn pass_time(org: &TestOrg, client: &mut PubSub, hours: i64) {
    org.simulator.clock().advance(hours * HOUR_MS);
    client.token = org.simulator.approve().0;
}

async fn names(events: &mut Subscription, count: usize) -> Vec<String> {
    let told = events.events(count).await;
    told.iter().map(|event| event["Name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn no_more_comes_than_was_asked_for() {
    let (_org, client) = org_with_events(5).await;
    let mut events = client.subscribe(TOPIC, EARLIEST, b"", 3).await;

    let first = events.next().await.unwrap();
    assert_eq!((first.events.len(), first.pending), (3, 0));
    assert_eq!(first.latest_replay_id, first.events[2].replay_id);
    assert!(events.is_silent().await);

    events.ask_for(5).await;
    let rest = events.next().await.unwrap();
    assert_eq!((rest.events.len(), rest.pending), (2, 3));
    assert!(!rest.rpc_id.is_empty());
}

#[tokio::test]
async fn at_most_a_hundred_are_outstanding() {
    let (org, client) = org_with_events(0).await;
    let mut events = client.subscribe(TOPIC, LATEST, b"", 1000).await;
    assert!(events.is_silent().await);
    org.control(Method::POST, "/mutate", json!({ "sobject": "Account", "created": 103 })).await;

    let told = events.events(100).await;

    assert!(events.is_silent().await);
    events.ask_for(3).await;
    events.events(3).await;
    let ids: Vec<Vec<u8>> =
        told.iter().map(|event| serde_json::from_value(event["replay_id"].clone()).unwrap()).collect();
    let numbers: Vec<u64> =
        ids.iter().map(|id| u64::from_be_bytes(id.as_slice().try_into().unwrap())).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] > pair[0] + 1), "{numbers:?}");
}

#[tokio::test]
async fn a_quiet_stream_says_that_it_lives() {
    let (org, client) = org_with_events(1).await;
    org.control(Method::POST, "/streaming", json!({ "keep_alive_ms": 150 })).await;
    let mut events = client.subscribe(TOPIC, LATEST, b"", 2).await;

    let alive = events.next().await.unwrap();
    assert_eq!((alive.events.len(), alive.pending), (0, 2));

    drop(events);
    org.send(Method::POST, "sobjects/Account", Some(json!({ "Name": "later" }))).await;
    let mut events = client.subscribe(TOPIC, CUSTOM, &alive.latest_replay_id, 1).await;
    assert_eq!(names(&mut events, 1).await, ["later"]);
}

#[tokio::test]
async fn a_quiet_subscriber_stays_inside_retention() {
    let (org, mut client) = org_with_events(1).await;
    org.control(Method::POST, "/streaming", json!({ "keep_alive_ms": 100 })).await;
    pass_time(&org, &mut client, 70);
    let mut events = client.subscribe(TOPIC, LATEST, b"", 1).await;
    let position = events.next().await.unwrap().latest_replay_id;
    pass_time(&org, &mut client, 70);

    let mut events = client.subscribe(TOPIC, CUSTOM, &position, 1).await;
    org.control(Method::POST, "/mutate", json!({ "sobject": "Account", "created": 1 })).await;
    assert_eq!(events.next().await.unwrap().events.len(), 1);
}

#[tokio::test]
async fn a_subscription_starts_where_it_is_told_to() {
    let (org, client) = org_with_events(3).await;
    let mut all = client.subscribe(TOPIC, EARLIEST, b"", 10).await;
    let told = all.events(3).await;
    let second: Vec<u8> = serde_json::from_value(told[1]["replay_id"].clone()).unwrap();

    assert_eq!(names(&mut client.subscribe(TOPIC, CUSTOM, &second, 10).await, 1).await, ["2"]);
    let mut latest = client.subscribe(TOPIC, LATEST, b"", 10).await;
    assert!(latest.is_silent().await);
    org.send(Method::POST, "sobjects/Account", Some(json!({ "Name": "3" }))).await;
    assert_eq!(names(&mut latest, 1).await, ["3"]);
    // What later requests say of the start is not heard.
    latest.ask(Fetch { preset: EARLIEST, ..fetch(1) }).await;
    assert!(latest.is_silent().await);
}

#[tokio::test]
async fn positions_end_with_the_events_and_with_the_stream() {
    let (org, mut client) = org_with_events(2).await;
    let told = client.subscribe(TOPIC, EARLIEST, b"", 10).await.events(2).await;
    let position: Vec<u8> = serde_json::from_value(told[0]["replay_id"].clone()).unwrap();
    let corrupted = (Code::InvalidArgument, "subscription.fetch.replayid.corrupted".to_owned());
    let custom = |replay_id: &[u8]| Fetch { preset: CUSTOM, replay_id: replay_id.to_vec(), ..fetch(1) };

    let unknown = client.refusal(custom(&7_u64.to_be_bytes())).await;
    assert_eq!(codes(&unknown), corrupted);
    assert_eq!(codes(&client.refusal(custom(b"abc")).await), corrupted);
    let missing = client.refusal(custom(b"")).await;
    assert_eq!(codes(&missing).1, "subscription.fetch.replayid.validation.failed");

    pass_time(&org, &mut client, 73);
    assert_eq!(codes(&client.refusal(custom(&position)).await), corrupted);
    let mut earliest = client.subscribe(TOPIC, EARLIEST, b"", 10).await;
    assert!(earliest.is_silent().await);
    org.control(Method::POST, "/mutate", json!({ "sobject": "Account", "created": 1 })).await;
    let fresh = earliest.event().await;
    let position: Vec<u8> = serde_json::from_value(fresh["replay_id"].clone()).unwrap();

    org.control(Method::POST, "/streaming/reset", json!({})).await;
    assert_eq!(codes(&client.refusal(custom(&position)).await), corrupted);
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let (_org, client) = org_with_events(0).await;
    let refused = |code: &str| (Code::InvalidArgument, code.to_owned());

    for count in [0, -1] {
        let status = client.refusal(fetch(count)).await;
        assert_eq!(codes(&status), refused("subscription.fetch.requested.events.invalid"));
    }
    for topic in [
        "/data/NothingChangeEvent",
        "/data/Account",
        "/event/Nothing__e",
        "Account",
        "/data/GroupChangeEvent",
    ] {
        let status = client.refusal(Fetch { topic_name: topic.to_owned(), ..fetch(1) }).await;
        assert_eq!(codes(&status), refused("topic.notfound"), "{topic}");
        assert_eq!(codes(&client.topic(topic).await.unwrap_err()), refused("topic.notfound"));
    }
    let mut events = client.subscribe(TOPIC, LATEST, b"", 1).await;
    events.ask(fetch(1)).await;
    events.ask(Fetch { topic_name: "/data/ContactChangeEvent".to_owned(), ..fetch(1) }).await;
    assert_eq!(events.next().await.unwrap_err().code(), Code::InvalidArgument);
    let schema =
        client.unary::<_, super::client::SchemaInfo>("GetSchema", super::client::Name::default()).await;
    assert_eq!(schema.unwrap_err().code(), Code::NotFound);
    let unknown =
        client.unary::<_, super::client::SchemaInfo>("Nothing", super::client::Name::default()).await;
    assert_eq!(unknown.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn callers_say_who_they_are() {
    let (org, client) = org_with_events(0).await;
    let refused = (Code::Unauthenticated, "service.auth.error".to_owned());
    let other = |change: fn(&mut PubSub)| {
        let mut other = client.clone();
        change(&mut other);
        other
    };
    let wrong = [
        other(|client| client.token = "no token".to_owned()),
        other(|client| client.tenant_id = "00D000000000001AAA".to_owned()),
        other(|client| client.instance_url = "here".to_owned()),
    ];

    for client in wrong {
        assert_eq!(codes(&client.topic(TOPIC).await.unwrap_err()), refused);
        assert_eq!(codes(&client.refusal(fetch(1)).await), refused);
    }
    let short = other(|client| client.tenant_id.truncate(15));
    let topic = short.topic(TOPIC).await.unwrap();
    assert!(topic.tenant_guid.ends_with(&org.line.org_id));
    assert!(topic.can_subscribe && !topic.can_publish);
    assert_eq!(topic.topic_name, TOPIC);

    let mut events = client.subscribe(TOPIC, LATEST, b"", 1).await;
    assert!(events.is_silent().await);
    org.simulator.expire_sessions();
    assert_eq!(codes(&client.topic(TOPIC).await.unwrap_err()), refused);
    // A stream that is open goes on.
    org.control(Method::POST, "/mutate", json!({ "sobject": "Account", "created": 1 })).await;
    assert_eq!(events.next().await.unwrap().events.len(), 1);
}

#[tokio::test]
async fn streams_end_when_servers_are_replaced() {
    let (org, client) = org_with_events(0).await;
    let mut events = client.subscribe(TOPIC, LATEST, b"", 1).await;
    assert!(events.is_silent().await);

    org.control(Method::POST, "/streaming/close", json!({})).await;

    assert_eq!(
        codes(&events.next().await.unwrap_err()),
        (Code::Unavailable, "service.unavailable".to_owned())
    );
}

#[tokio::test]
async fn calls_fail_as_they_are_told_to() {
    let (org, client) = org_with_events(0).await;

    org.arm(json!({ "kind": "status", "match": "pubsub" })).await;
    assert_eq!(codes(&client.topic(TOPIC).await.unwrap_err()).0, Code::Unavailable);
    assert!(client.topic(TOPIC).await.is_ok());
    org.arm(json!({ "kind": "expire_session", "match": "GetTopic" })).await;
    for _ in 0..2 {
        assert_eq!(codes(&client.topic(TOPIC).await.unwrap_err()).0, Code::Unauthenticated);
    }
}

#[tokio::test]
async fn who_asks_for_no_more_gets_what_is_there_and_the_end() {
    let (_org, client) = org_with_events(2).await;
    let Subscription { requests, mut answers, .. } = client.subscribe(TOPIC, EARLIEST, b"", 5).await;
    drop(requests);

    assert_eq!(answers.message().await.unwrap().unwrap().events.len(), 2);
    assert!(
        tokio::time::timeout(Duration::from_secs(5), answers.message()).await.unwrap().unwrap().is_none()
    );
}

#[tokio::test]
async fn deliveries_and_clients_are_limited() {
    let (org, mut client) = org_with_events(3).await;
    let limits = json!({ "deliveries": 2, "enforce_deliveries": true, "pubsub_clients": 1 });
    org.control(Method::POST, "/streaming", limits).await;
    let mut events = client.subscribe(TOPIC, LATEST, b"", 10).await;
    assert!(events.is_silent().await);

    let crowded = client.refusal(fetch(1)).await;
    assert_eq!(codes(&crowded), (Code::ResourceExhausted, "concurrent.client.limit.exceeded".to_owned()));
    org.control(Method::POST, "/streaming", json!({ "pubsub_clients": 9 })).await;
    let mut events = client.subscribe(TOPIC, EARLIEST, b"", 10).await;
    assert_eq!(events.next().await.unwrap().events.len(), 2);
    let exceeded = events.next().await.unwrap_err();
    assert_eq!(codes(&exceeded), (Code::ResourceExhausted, "subscription.limit.exceeded".to_owned()));
    let limits = org.get("limits").await.json();
    assert_eq!(limits["DailyDeliveredPlatformEvents"], json!({ "Max": 2, "Remaining": 0 }));

    pass_time(&org, &mut client, 25);
    let mut events = client.subscribe(TOPIC, EARLIEST, b"", 2).await;
    assert_eq!(events.next().await.unwrap().events.len(), 2);
}
