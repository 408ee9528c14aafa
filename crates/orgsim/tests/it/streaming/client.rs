//! A client of the Pub/Sub API, with messages of its own.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

use super::avro;
use crate::client::TestOrg;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Name {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TopicInfo {
    #[prost(string, tag = "1")]
    pub(crate) topic_name: String,
    #[prost(string, tag = "2")]
    pub(crate) tenant_guid: String,
    #[prost(bool, tag = "3")]
    pub(crate) can_publish: bool,
    #[prost(bool, tag = "4")]
    pub(crate) can_subscribe: bool,
    #[prost(string, tag = "5")]
    pub(crate) schema_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SchemaInfo {
    #[prost(string, tag = "1")]
    pub(crate) schema_json: String,
    #[prost(string, tag = "2")]
    pub(crate) schema_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Event {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) schema_id: String,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) payload: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Received {
    #[prost(message, optional, tag = "1")]
    pub(crate) event: Option<Event>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) replay_id: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Fetch {
    #[prost(string, tag = "1")]
    pub(crate) topic_name: String,
    #[prost(int32, tag = "2")]
    pub(crate) preset: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) replay_id: Vec<u8>,
    #[prost(int32, tag = "4")]
    pub(crate) count: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Fetched {
    #[prost(message, repeated, tag = "1")]
    pub(crate) events: Vec<Received>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) latest_replay_id: Vec<u8>,
    #[prost(string, tag = "3")]
    pub(crate) rpc_id: String,
    #[prost(int32, tag = "4")]
    pub(crate) pending: i32,
}

pub(crate) const LATEST: i32 = 0;
pub(crate) const EARLIEST: i32 = 1;
pub(crate) const CUSTOM: i32 = 2;

/// How long an answer may take, and how long silence has to last to count as silence.
const PATIENCE: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_millis(400);

/// A client with the metadata it sends.
#[derive(Clone)]
pub(crate) struct PubSub {
    pub(crate) grpc: Grpc<Channel>,
    pub(crate) token: String,
    pub(crate) instance_url: String,
    pub(crate) tenant_id: String,
}

impl PubSub {
    pub(crate) async fn connect(org: &TestOrg) -> Self {
        let channel = Channel::from_shared(org.line.pubsub_url.clone()).unwrap().connect().await.unwrap();
        Self {
            grpc: Grpc::new(channel),
            token: org.token.clone(),
            instance_url: org.line.base_url.clone(),
            tenant_id: org.line.org_id.clone(),
        }
    }

    pub(crate) fn request<T>(&self, body: T) -> Request<T> {
        let mut request = Request::new(body);
        let metadata = request.metadata_mut();
        metadata.insert("accesstoken", self.token.parse().unwrap());
        metadata.insert("instanceurl", self.instance_url.parse().unwrap());
        metadata.insert("tenantid", self.tenant_id.parse().unwrap());
        request
    }

    pub(crate) async fn unary<Q, A>(&self, method: &str, body: Q) -> Result<A, Status>
    where
        Q: prost::Message + Default + 'static,
        A: prost::Message + Default + 'static,
    {
        let mut grpc = self.grpc.clone();
        grpc.ready().await.unwrap();
        let answer = grpc.unary(self.request(body), path(method), ProstCodec::<Q, A>::default()).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Opens a stream both ways.
    pub(crate) async fn open<Q, A>(&self, method: &str) -> Result<(mpsc::Sender<Q>, Streaming<A>), Status>
    where
        Q: prost::Message + Default + 'static,
        A: prost::Message + Default + 'static,
    {
        let mut grpc = self.grpc.clone();
        grpc.ready().await.unwrap();
        let (sender, receiver) = mpsc::channel(16);
        let requests = futures_util::stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|request| (request, receiver))
        });
        let codec = ProstCodec::<Q, A>::default();
        let answer = grpc.streaming(self.request(requests), path(method), codec).await?;
        Ok((sender, answer.into_inner()))
    }

    pub(crate) async fn topic(&self, name: &str) -> Result<TopicInfo, Status> {
        self.unary("GetTopic", Name { name: name.to_owned() }).await
    }

    pub(crate) async fn schema(&self, id: &str) -> SchemaInfo {
        self.unary("GetSchema", Name { name: id.to_owned() }).await.unwrap()
    }

    /// Subscribes, and asks for so many events.
    pub(crate) async fn subscribe(
        &self,
        topic: &str,
        preset: i32,
        replay_id: &[u8],
        count: i32,
    ) -> Subscription {
        let (requests, answers) = self.open("Subscribe").await.unwrap();
        let mut subscription = Subscription { client: self.clone(), requests, answers };
        let fetch = Fetch { topic_name: topic.to_owned(), preset, replay_id: replay_id.to_vec(), count };
        subscription.ask(fetch).await;
        subscription
    }

    /// Subscribes to what is refused, and returns the refusal.
    pub(crate) async fn refusal(&self, fetch: Fetch) -> Status {
        let opened = self.open::<Fetch, Fetched>("Subscribe").await;
        let (requests, mut answers) = match opened {
            Ok(opened) => opened,
            Err(status) => return status,
        };
        requests.send(fetch).await.unwrap();
        tokio::time::timeout(PATIENCE, answers.message()).await.unwrap().unwrap_err()
    }
}

fn path(method: &str) -> PathAndQuery {
    format!("/eventbus.v1.PubSub/{method}").parse().unwrap()
}

/// Returns the code and the error code of a refusal, which names the call twice.
pub(crate) fn codes(status: &Status) -> (tonic::Code, String) {
    let trailer = |name| status.metadata().get(name).map_or("", |value| value.to_str().unwrap());
    assert!(status.message().ends_with(&format!("rpcId: {}", trailer("rpc-id"))), "{status:?}");
    assert!(!trailer("rpc-id").is_empty());
    let code = trailer("error-code").strip_prefix("sfdc.platform.eventbus.grpc.").unwrap_or_default();
    (status.code(), code.to_owned())
}

pub(crate) struct Subscription {
    client: PubSub,
    pub(crate) requests: mpsc::Sender<Fetch>,
    pub(crate) answers: Streaming<Fetched>,
}

impl Subscription {
    pub(crate) async fn ask(&mut self, fetch: Fetch) {
        self.requests.send(fetch).await.unwrap();
    }

    /// Asks for more, as clients do that say nothing else.
    pub(crate) async fn ask_for(&mut self, count: i32) {
        self.ask(Fetch { count, ..Fetch::default() }).await;
    }

    pub(crate) async fn next(&mut self) -> Result<Fetched, Status> {
        let answer = tokio::time::timeout(PATIENCE, self.answers.message()).await.expect("an answer in time");
        answer.map(|answer| answer.expect("the stream has not ended"))
    }

    /// Waits for so many events, and decodes them.
    pub(crate) async fn events(&mut self, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        while events.len() < count {
            for received in self.next().await.unwrap().events {
                events.push(self.read(&received).await);
            }
        }
        assert_eq!(events.len(), count, "{events:?}");
        events
    }

    pub(crate) async fn event(&mut self) -> Value {
        self.events(1).await.remove(0)
    }

    pub(crate) async fn is_silent(&mut self) -> bool {
        tokio::time::timeout(SILENCE, self.answers.message()).await.is_err()
    }

    /// Decodes an event: its body, and the header with names of fields.
    async fn read(&self, received: &Received) -> Value {
        let event = received.event.as_ref().unwrap();
        let schema = self.client.schema(&event.schema_id).await;
        let mut body = avro::decode(&schema.schema_json, &event.payload);
        if let Some(header) = body.get_mut("ChangeEventHeader") {
            for name in ["changedFields", "nulledFields", "diffFields"] {
                header[name] = json!(avro::field_names(&schema.schema_json, &header[name]));
            }
        }
        body["replay_id"] = json!(received.replay_id);
        body["event_id"] = json!(event.id);
        body
    }
}

/// Returns what a change event says of the record, and nothing that is empty.
pub(crate) fn values(event: &Value) -> Value {
    let prune = |value: &Value| match value {
        Value::Object(parts) => parts
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        other => other.clone(),
    };
    let members = event.as_object().unwrap().iter();
    let is_value = |name: &str| !matches!(name, "ChangeEventHeader" | "replay_id" | "event_id");
    members
        .filter(|(name, value)| is_value(name) && !value.is_null())
        .map(|(name, value)| (name.clone(), prune(value)))
        .collect()
}
