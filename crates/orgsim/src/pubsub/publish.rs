//! Publish and PublishStream: platform events from clients (Pub/Sub API, Publish RPC Method).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tonic::{Status, Streaming};

use super::messages::{Error, ErrorCode, ProducerEvent, PublishRequest, PublishResponse, PublishResult};
use super::{Rpc, refusal, streaming, unary};
use crate::app::App;
use crate::stream::{Topic, TopicKind};

pub(super) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    unary(request, move |request: tonic::Request<PublishRequest>| {
        let rpc = Rpc::begin(&app, request.metadata(), "Publish")?;
        let _place = app.streams.enter().ok_or_else(|| rpc.refuse(refusal::TOO_MANY_CLIENTS))?;
        publish(&rpc, request.get_ref())
    })
    .await
}

pub(super) async fn answer_stream(State(app): State<Arc<App>>, request: Request) -> Response {
    streaming(request, move |request: tonic::Request<Streaming<PublishRequest>>| {
        let rpc = Rpc::begin(&app, request.metadata(), "PublishStream")?;
        let place = app.streams.enter().ok_or_else(|| rpc.refuse(refusal::TOO_MANY_CLIENTS))?;
        let closings = app.streams.watch_closings();
        let state = Publisher {
            rpc,
            requests: request.into_inner(),
            topic_name: String::new(),
            closings,
            _place: place,
        };
        Ok(Box::pin(stream::unfold(Some(state), |state| async {
            let mut state = state?;
            match state.step().await {
                Ok(Some(response)) => Some((Ok(response), Some(state))),
                Ok(None) => None,
                Err(status) => Some((Err(status), None)),
            }
        })) as super::Answers<PublishResponse>)
    })
    .await
}

struct Publisher {
    rpc: Rpc,
    requests: Streaming<PublishRequest>,
    /// The topic of the first request, which later ones may leave out.
    topic_name: String,
    closings: watch::Receiver<u64>,
    /// Kept for as long as the stream is open.
    _place: Arc<()>,
}

impl Publisher {
    async fn step(&mut self) -> Result<Option<PublishResponse>, Status> {
        let idle = Duration::from_millis(self.rpc.app.streams.settings().publish_idle_ms);
        let request = tokio::select! {
            request = self.requests.message() => request?,
            _ = self.closings.changed() => return Err(self.rpc.refuse(refusal::UNAVAILABLE)),
            () = sleep_until(Instant::now() + idle) => return Err(self.rpc.refuse(refusal::IDLE_PUBLISHER)),
        };
        let Some(mut request) = request else { return Ok(None) };
        if request.topic_name.is_empty() {
            request.topic_name.clone_from(&self.topic_name);
        } else {
            self.topic_name.clone_from(&request.topic_name);
        }
        publish(&self.rpc, &request).map(Some)
    }
}

/// Publishes the events of a request; each succeeds or fails on its own.
fn publish(rpc: &Rpc, request: &PublishRequest) -> Result<PublishResponse, Status> {
    rpc.check_user()?;
    let topic = rpc.app.streams.find_topic(&request.topic_name);
    let topic = topic.ok_or_else(|| rpc.refuse(refusal::NO_TOPIC))?;
    if topic.kind != TopicKind::Platform {
        return Err(rpc.refuse(refusal::READ_ONLY_TOPIC));
    }
    if request.events.is_empty() {
        return Err(rpc.refuse(refusal::NO_EVENTS));
    }
    let results = request.events.iter().map(|event| publish_one(rpc, &topic, event)).collect();
    let schema_id = rpc.app.streams.topic_schema(&topic).id.clone();
    Ok(PublishResponse { results, schema_id, rpc_id: rpc.id.clone() })
}

fn publish_one(rpc: &Rpc, topic: &Topic, event: &ProducerEvent) -> PublishResult {
    let streams = &rpc.app.streams;
    match streams.publish_encoded(topic, &event.id, &event.schema_id, &event.payload) {
        Ok((position, id)) => {
            PublishResult { replay_id: position.to_bytes(), error: None, correlation_key: id }
        }
        Err(msg) => PublishResult {
            replay_id: Vec::new(),
            error: Some(Error { code: ErrorCode::Publish as i32, msg }),
            correlation_key: event.id.clone(),
        },
    }
}
