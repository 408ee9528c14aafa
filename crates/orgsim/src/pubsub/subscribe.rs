//! Subscribe: a stream of events at the pace of who reads them (Pub/Sub API, Subscribe RPC Method).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tonic::{Status, Streaming};

use super::messages::{ConsumerEvent, FetchRequest, FetchResponse, ProducerEvent, ReplayPreset};
use super::refusal::{self, Refusal};
use super::{Answers, Rpc, streaming};
use crate::app::App;
use crate::stream::{Event, Position, Start, Topic};

/// The most events that may be outstanding (Pub/Sub API, Allocations).
const MAX_OUTSTANDING: usize = 100;

pub(super) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    streaming(request, move |request: tonic::Request<Streaming<FetchRequest>>| {
        let rpc = Rpc::begin(&app, request.metadata(), "Subscribe")?;
        let place = app.streams.enter().ok_or_else(|| rpc.refuse(refusal::TOO_MANY_CLIENTS))?;
        let reader = Reader::new(rpc, place);
        Ok(start(reader, request.into_inner()))
    })
    .await
}

fn start(reader: Reader, requests: Streaming<FetchRequest>) -> Answers<FetchResponse> {
    let state = Subscription { reader, requests, has_ended: false };
    Box::pin(stream::unfold(Some(state), |state| async {
        let mut state = state?;
        match state.step().await {
            Ok(Some(response)) => Some((Ok(response), Some(state))),
            Ok(None) => None,
            Err(status) => Some((Err(status), None)),
        }
    }))
}

struct Subscription {
    reader: Reader,
    requests: Streaming<FetchRequest>,
    /// Whether the client has said that it asks for no more.
    has_ended: bool,
}

impl Subscription {
    /// Waits for the next answer; none at the end.
    async fn step(&mut self) -> Result<Option<FetchResponse>, Status> {
        loop {
            if let Some(batch) = self.reader.read()? {
                return Ok(Some(self.respond(batch)));
            }
            if self.has_ended {
                return Ok(None);
            }
            tokio::select! {
                request = self.requests.message() => match request? {
                    Some(request) => self.take(&request)?,
                    None => self.has_ended = true,
                },
                wake = self.reader.wait() => if let Some(batch) = wake? {
                    return Ok(Some(self.respond(batch)));
                }
            }
        }
    }

    fn take(&mut self, request: &FetchRequest) -> Result<(), Status> {
        let reader = &mut self.reader;
        match &reader.reading {
            None => reader.begin(request)?,
            Some(reading) => {
                let is_same = request.topic_name.is_empty()
                    || reading.topic.name.eq_ignore_ascii_case(&request.topic_name);
                if !is_same {
                    return Err(reader.refuse(refusal::OTHER_TOPIC));
                }
            }
        }
        reader.ask_for(request.num_requested)
    }

    fn respond(&self, batch: Batch) -> FetchResponse {
        FetchResponse {
            events: batch.events,
            latest_replay_id: batch.latest.to_bytes(),
            rpc_id: self.reader.rpc.id.clone(),
            pending_num_requested: batch.pending as i32,
        }
    }
}

/// Events for a client, or none to show that the stream lives.
pub(super) struct Batch {
    pub(super) events: Vec<ConsumerEvent>,
    pub(super) latest: Position,
    pub(super) pending: usize,
}

/// What a client reads, and how far it is.
struct Reading {
    topic: Topic,
    position: Position,
}

/// The reading side of a subscription, managed or not.
pub(super) struct Reader {
    pub(super) rpc: Rpc,
    reading: Option<Reading>,
    /// How many events the client still takes.
    credit: usize,
    /// When to say that nothing happened.
    silent_until: Instant,
    events: watch::Receiver<u64>,
    closings: watch::Receiver<u64>,
    /// Kept for as long as the stream is open.
    _place: Arc<()>,
}

impl Reader {
    pub(super) fn new(rpc: Rpc, place: Arc<()>) -> Self {
        let streams = &rpc.app.streams;
        let (events, closings) = (streams.watch(), streams.watch_closings());
        let mut reader = Self {
            rpc,
            reading: None,
            credit: 0,
            silent_until: Instant::now(),
            events,
            closings,
            _place: place,
        };
        reader.defer_keep_alive();
        reader
    }

    pub(super) fn refuse(&self, refusal: Refusal) -> Status {
        self.rpc.refuse(refusal)
    }

    /// Starts reading where the first request says.
    fn begin(&mut self, request: &FetchRequest) -> Result<(), Status> {
        let topic = self.rpc.find_topic(&request.topic_name)?;
        let start = match ReplayPreset::try_from(request.replay_preset) {
            Ok(ReplayPreset::Earliest) => Start::Earliest,
            Ok(ReplayPreset::Custom) if request.replay_id.is_empty() => {
                return Err(self.refuse(refusal::REPLAY_MISSING));
            }
            Ok(ReplayPreset::Custom) => {
                let position = Position::from_bytes(&request.replay_id);
                Start::After(position.ok_or_else(|| self.refuse(refusal::REPLAY_CORRUPTED))?)
            }
            Ok(ReplayPreset::Latest) | Err(_) => Start::Latest,
        };
        let position = self.rpc.app.streams.start(start);
        let position = position.map_err(|_| self.refuse(refusal::REPLAY_CORRUPTED))?;
        self.read_from(topic, position);
        Ok(())
    }

    pub(super) fn read_from(&mut self, topic: Topic, position: Position) {
        self.reading = Some(Reading { topic, position });
    }

    pub(super) fn has_begun(&self) -> bool {
        self.reading.is_some()
    }

    /// Returns how many events the client still takes.
    pub(super) fn credit(&self) -> usize {
        self.credit
    }

    /// Adds to what the client takes.
    pub(super) fn ask_for(&mut self, count: i32) -> Result<(), Status> {
        let count = usize::try_from(count).ok().filter(|count| *count > 0);
        let count = count.ok_or_else(|| self.refuse(refusal::BAD_COUNT))?;
        if self.credit == 0 {
            self.defer_keep_alive();
        }
        self.credit = (self.credit + count).min(MAX_OUTSTANDING);
        Ok(())
    }

    /// Returns the events that are there.
    pub(super) fn read(&mut self) -> Result<Option<Batch>, Status> {
        let streams = &self.rpc.app.streams;
        let Some(reading) = self.reading.as_mut().filter(|_| self.credit > 0) else { return Ok(None) };
        self.rpc.check_topic(&reading.topic)?;
        loop {
            let fetched = streams.fetch(&reading.topic, reading.position, self.credit);
            let fetched = fetched.map_err(|_| refusal::REPLAY_CORRUPTED.into_status(&self.rpc.id))?;
            let granted = streams.deliver(fetched.events.len());
            if granted == 0 && !fetched.events.is_empty() {
                return Err(refusal::DELIVERY_LIMIT.into_status(&self.rpc.id));
            }
            let is_cut = granted < fetched.events.len();
            let events: Vec<_> = fetched.events.into_iter().take(granted).collect();
            reading.position = match events.last() {
                Some((position, _)) if is_cut => *position,
                _ => fetched.until,
            };
            if let Some((latest, _)) = events.last() {
                let latest = *latest;
                self.credit -= events.len();
                self.defer_keep_alive();
                let rights = self.rpc.rights();
                let events = events
                    .iter()
                    .map(|(position, event)| to_message(*position, &event.narrowed_to(&rights)))
                    .collect();
                return Ok(Some(Batch { events, latest, pending: self.credit }));
            }
            if !fetched.has_more {
                return Ok(None);
            }
        }
    }

    /// Waits until there may be events, or until the client has to hear that there are none.
    pub(super) async fn wait(&mut self) -> Result<Option<Batch>, Status> {
        // A client that asked for nothing is told nothing.
        let is_waited_for = self.credit > 0 && self.reading.is_some();
        tokio::select! {
            _ = self.events.changed() => Ok(None),
            _ = self.closings.changed() => Err(self.refuse(refusal::UNAVAILABLE)),
            () = sleep_until(self.silent_until), if is_waited_for => {
                self.keep_alive()
            }
        }
    }

    /// Returns the events that have come, else how far the client may take itself to be.
    fn keep_alive(&mut self) -> Result<Option<Batch>, Status> {
        if let Some(batch) = self.read()? {
            return Ok(Some(batch));
        }
        // An event that has come since wakes the reader, which is to hear of it first.
        let Some(latest) = self.mark()? else { return Ok(None) };
        self.defer_keep_alive();
        Ok(Some(Batch { events: Vec::new(), latest, pending: self.credit }))
    }

    /// Reads on from behind all events, if the client has had all of its topic.
    fn mark(&mut self) -> Result<Option<Position>, Status> {
        let Some(reading) = self.reading.as_mut() else { return Ok(None) };
        let mark = self.rpc.app.streams.mark_behind(&reading.topic, reading.position);
        let mark = mark.map_err(|_| refusal::REPLAY_CORRUPTED.into_status(&self.rpc.id))?;
        reading.position = mark.unwrap_or(reading.position);
        Ok(mark)
    }

    /// Returns a position that no event is before which the client has not had.
    pub(super) fn reached(&mut self) -> Result<Position, Status> {
        self.mark()?;
        let position = self.reading.as_ref().map(|reading| reading.position);
        Ok(position.unwrap_or_else(|| self.rpc.app.streams.latest()))
    }

    fn defer_keep_alive(&mut self) {
        let silence = self.rpc.app.streams.settings().keep_alive_ms;
        self.silent_until = Instant::now() + Duration::from_millis(silence);
    }
}

fn to_message(position: Position, event: &Event) -> ConsumerEvent {
    let event = ProducerEvent {
        id: event.id.clone(),
        schema_id: event.schema.id.clone(),
        payload: event.payload.to_vec(),
        headers: Vec::new(),
    };
    ConsumerEvent { event: Some(event), replay_id: position.to_bytes() }
}
