//! Subscriptions whose position the org remembers.

use prost::Message;
use reqwest::Method;
use serde_json::json;
use tonic::Code;

use super::client::{PubSub, Received, codes};
use crate::client::TestOrg;

#[derive(Clone, PartialEq, Message)]
struct Fetch {
    #[prost(string, tag = "1")]
    subscription_id: String,
    #[prost(string, tag = "2")]
    developer_name: String,
    #[prost(int32, tag = "3")]
    count: i32,
    #[prost(message, optional, tag = "5")]
    commit: Option<Commit>,
}

#[derive(Clone, PartialEq, Message)]
struct Commit {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(bytes = "vec", tag = "2")]
    replay_id: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Fetched {
    #[prost(message, repeated, tag = "1")]
    events: Vec<Received>,
    #[prost(int32, tag = "4")]
    pending: i32,
    #[prost(message, optional, tag = "5")]
    committed: Option<Committed>,
}

#[derive(Clone, PartialEq, Message)]
struct Committed {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(bytes = "vec", tag = "2")]
    replay_id: Vec<u8>,
    #[prost(bytes = "vec", optional, tag = "3")]
    error: Option<Vec<u8>>,
    #[prost(int64, tag = "4")]
    process_time: i64,
}

#[tokio::test]
async fn a_client_reads_on_where_it_committed() {
    let org = TestOrg::with_records("Account", 3);
    let define = json!({
        "developerName": "Accounts", "topicName": "/data/AccountChangeEvent", "defaultReplay": "EARLIEST"
    });
    let id = org.control(Method::POST, "/streaming/managed", define).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    org.control(Method::POST, "/mutate", json!({ "sobject": "Account", "created": 3 })).await;
    let client = PubSub::connect(&org).await;

    let (requests, mut answers) = client.open::<Fetch, Fetched>("ManagedSubscribe").await.unwrap();
    requests
        .send(Fetch { developer_name: "Accounts".to_owned(), count: 5, ..Fetch::default() })
        .await
        .unwrap();
    let events = answers.message().await.unwrap().unwrap().events;
    assert_eq!(events.len(), 3);
    let commit = |replay_id: &[u8]| Fetch {
        commit: Some(Commit { id: "c".to_owned(), replay_id: replay_id.to_vec() }),
        ..Fetch::default()
    };
    requests.send(commit(&events[1].replay_id)).await.unwrap();
    let committed = answers.message().await.unwrap().unwrap().committed.unwrap();
    assert_eq!((committed.id.as_str(), committed.error), ("c", None));
    assert_eq!(committed.replay_id, events[1].replay_id);
    requests.send(commit(b"nonsense")).await.unwrap();
    assert!(answers.message().await.unwrap().unwrap().committed.unwrap().error.is_some());
    drop((requests, answers));

    let (requests, mut answers) = client.open::<Fetch, Fetched>("ManagedSubscribe").await.unwrap();
    requests.send(Fetch { subscription_id: id, count: 5, ..Fetch::default() }).await.unwrap();
    let rest = answers.message().await.unwrap().unwrap();
    assert_eq!((rest.events.as_slice(), rest.pending), (&events[2..], 4));
}

#[tokio::test]
async fn a_subscription_that_is_not_defined_is_refused() {
    let org = TestOrg::start();
    let client = PubSub::connect(&org).await;
    let (requests, mut answers) = client.open::<Fetch, Fetched>("ManagedSubscribe").await.unwrap();

    requests.send(Fetch { developer_name: "None".to_owned(), count: 1, ..Fetch::default() }).await.unwrap();

    let status = answers.message().await.unwrap_err();
    assert_eq!(codes(&status), (Code::InvalidArgument, "managed.subscription.notfound".to_owned()));
}
