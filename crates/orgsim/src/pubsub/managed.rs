//! ManagedSubscribe: the org remembers how far the client is (Pub/Sub API, ManagedSubscribe RPC Method).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::stream;
use tonic::{Status, Streaming};

use super::messages::{
    CommitReplayRequest, CommitReplayResponse, Error, ErrorCode, ManagedFetchRequest, ManagedFetchResponse,
};
use super::subscribe::{Batch, Reader};
use super::{Answers, Rpc, refusal, streaming};
use crate::app::App;
use crate::id::RecordId;
use crate::stream::{Position, State as RunState};

pub(super) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    streaming(request, move |request: tonic::Request<Streaming<ManagedFetchRequest>>| {
        let rpc = Rpc::begin(&app, request.metadata(), "ManagedSubscribe")?;
        let place = app.streams.enter().ok_or_else(|| rpc.refuse(refusal::TOO_MANY_CLIENTS))?;
        let reader = Reader::new(rpc, place);
        let state =
            ManagedSubscription { reader, requests: request.into_inner(), id: None, has_ended: false };
        Ok(start(state))
    })
    .await
}

fn start(state: ManagedSubscription) -> Answers<ManagedFetchResponse> {
    Box::pin(stream::unfold(Some(state), |state| async {
        let mut state = state?;
        match state.step().await {
            Ok(Some(response)) => Some((Ok(response), Some(state))),
            Ok(None) => None,
            Err(status) => Some((Err(status), None)),
        }
    }))
}

struct ManagedSubscription {
    reader: Reader,
    requests: Streaming<ManagedFetchRequest>,
    id: Option<RecordId>,
    has_ended: bool,
}

impl ManagedSubscription {
    async fn step(&mut self) -> Result<Option<ManagedFetchResponse>, Status> {
        loop {
            if let Some(batch) = self.reader.read()? {
                return Ok(Some(self.respond(batch)));
            }
            if self.has_ended {
                return Ok(None);
            }
            tokio::select! {
                request = self.requests.message() => match request? {
                    Some(request) => if let Some(response) = self.take(&request)? {
                        return Ok(Some(response));
                    },
                    None => self.has_ended = true,
                },
                wake = self.reader.wait() => if let Some(batch) = wake? {
                    return Ok(Some(self.respond(batch)));
                }
            }
        }
    }

    /// A request starts the subscription, asks for events, commits a position, or several of these.
    fn take(&mut self, request: &ManagedFetchRequest) -> Result<Option<ManagedFetchResponse>, Status> {
        let is_first = !self.reader.has_begun();
        if is_first {
            self.begin(request)?;
        }
        let commit = request.commit_replay_id_request.as_ref();
        // A commit alone asks for no events.
        if is_first || request.num_requested != 0 || commit.is_none() {
            self.reader.ask_for(request.num_requested)?;
        }
        Ok(commit.map(|commit| self.commit(commit)))
    }

    fn begin(&mut self, request: &ManagedFetchRequest) -> Result<(), Status> {
        let streams = Arc::clone(&self.reader.rpc.app.streams);
        let refuse = || self.reader.refuse(refusal::NO_SUBSCRIPTION);
        let managed = streams.find_managed(&request.subscription_id, &request.developer_name);
        let managed =
            managed.filter(|managed| managed.definition.state == RunState::Run).ok_or_else(refuse)?;
        let topic = self.reader.rpc.find_topic(&managed.definition.topic_name)?;
        let position = streams.start_managed(&managed);
        let position = position.map_err(|_| self.reader.refuse(refusal::REPLAY_CORRUPTED))?;
        self.id = Some(managed.id);
        self.reader.read_from(topic, position);
        Ok(())
    }

    fn commit(&self, request: &CommitReplayRequest) -> ManagedFetchResponse {
        let streams = &self.reader.rpc.app.streams;
        let position = Position::from_bytes(&request.replay_id);
        let committed = self.id.zip(position).map(|(id, position)| streams.commit_managed(&id, position));
        let error = (!matches!(committed, Some(Ok(())))).then(|| Error {
            code: ErrorCode::Commit as i32,
            msg: "The replay ID is not valid, or no longer within the retention window.".to_owned(),
        });
        let response = CommitReplayResponse {
            commit_request_id: request.commit_request_id.clone(),
            replay_id: request.replay_id.clone(),
            error,
            process_time: streams.now_ms(),
        };
        ManagedFetchResponse {
            latest_replay_id: streams.latest().to_bytes(),
            rpc_id: self.reader.rpc.id.clone(),
            pending_num_requested: self.reader.credit() as i32,
            commit_response: Some(response),
            ..ManagedFetchResponse::default()
        }
    }

    fn respond(&self, batch: Batch) -> ManagedFetchResponse {
        ManagedFetchResponse {
            events: batch.events,
            latest_replay_id: batch.latest.to_bytes(),
            rpc_id: self.reader.rpc.id.clone(),
            pending_num_requested: batch.pending as i32,
            commit_response: None,
        }
    }
}
