//! The retained events in their order, and the positions between them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::event_schema::EventSchema;
use super::settings::Settings;
use super::topic::Topic;

/// How many entries one look at the log passes at most, so that a reader holds up nobody.
const MAX_SCANNED: usize = 20_000;

/// As many bytes of events come in one answer: the messages of gRPC clients have 4 MiB unless they say otherwise.
const MAX_FETCHED_BYTES: usize = 3 * 1024 * 1024;

/// How old the last position may get before a quiet log gets a new one, so that whoever keeps it stays inside retention.
const MARK_AFTER_MS: i64 = 3_600_000;

/// What an event costs in memory beside its payload.
const EVENT_OVERHEAD_BYTES: usize = 200;

/// A place in the log. Clients may keep it and must not compute with it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Position(u64);

impl Position {
    /// Returns the position as Pub/Sub has it.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(u64::from_be_bytes(bytes)))
    }

    /// Returns the position as CometD has it.
    pub(crate) fn as_number(self) -> u64 {
        self.0
    }

    pub(crate) fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// Where a subscription starts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    Latest,
    Earliest,
    After(Position),
}

/// The position was never given out, or what came after it is no longer all there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartError;

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// A UUID, or what its publisher gave it.
    pub(crate) id: String,
    pub(crate) schema: Arc<EventSchema>,
    pub(crate) payload: Box<[u8]>,
}

/// Events read from the log, and where to read on.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) events: Vec<(Position, Arc<Event>)>,
    /// The position behind all that was looked at.
    pub(crate) until: Position,
    /// Whether there is more to look at now.
    pub(crate) has_more: bool,
}

#[derive(Debug)]
struct Entry {
    position: Position,
    at_ms: i64,
    /// None for a position that was given out while nothing happened.
    event: Option<Arc<Event>>,
}

#[derive(Debug)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    bytes: usize,
    events: usize,
    /// The last position that is no longer there.
    floor: Position,
    last: Position,
}

impl Log {
    pub(super) fn new(now_ms: i64) -> Self {
        // Positions of other runs and of other orgs are not to be mistaken for those of this one.
        let floor = Position(now_ms.unsigned_abs() / 100);
        let mut log = Self { entries: VecDeque::new(), bytes: 0, events: 0, floor, last: floor };
        log.add(None, now_ms);
        log
    }

    pub(super) fn reset(&mut self, now_ms: i64) {
        let last = self.last;
        *self = Self { entries: VecDeque::new(), bytes: 0, events: 0, floor: last, last };
        self.add(None, now_ms);
    }

    pub(super) fn push(&mut self, event: Event, now_ms: i64) -> Position {
        self.bytes += cost(&event);
        self.events += 1;
        self.add(Some(Arc::new(event)), now_ms)
    }

    /// Returns the last position, a new one if it has grown old.
    pub(super) fn fresh_position(&mut self, now_ms: i64) -> Position {
        match self.entries.back() {
            Some(entry) if now_ms - entry.at_ms < MARK_AFTER_MS => entry.position,
            _ => self.add(None, now_ms),
        }
    }

    /// Drops what is too old, or too much.
    pub(super) fn purge(&mut self, now_ms: i64, settings: &Settings) {
        while let Some(first) = self.entries.front() {
            let is_old = now_ms - first.at_ms > settings.retention_ms;
            let is_too_much = self.events > settings.retained_events || self.bytes > settings.retained_bytes;
            if !is_old && !is_too_much {
                return;
            }
            self.floor = first.position;
            if let Some(entry) = self.entries.pop_front()
                && let Some(event) = entry.event
            {
                self.bytes -= cost(&event);
                self.events -= 1;
            }
        }
    }

    /// Returns the last position that is no longer there.
    pub(super) fn floor(&self) -> Position {
        self.floor
    }

    pub(super) fn start(&self, start: Start) -> Result<Position, StartError> {
        match start {
            Start::Latest => Ok(self.last),
            Start::Earliest => Ok(self.floor),
            Start::After(position) => {
                let found = self.entries.binary_search_by_key(&position, |entry| entry.position);
                found.map(|_| position).map_err(|_| StartError)
            }
        }
    }

    pub(super) fn fetch(&self, topic: &Topic, after: Position, max: usize) -> Result<Fetched, StartError> {
        if after < self.floor {
            return Err(StartError);
        }
        let first = self.entries.partition_point(|entry| entry.position <= after);
        let (mut events, mut bytes, mut until) = (Vec::new(), 0, after);
        for (scanned, entry) in self.entries.range(first..).enumerate() {
            if events.len() == max || scanned == MAX_SCANNED {
                return Ok(Fetched { events, until, has_more: true });
            }
            if let Some(event) = entry.event.as_ref().filter(|event| topic.carries(event)) {
                bytes += event.payload.len();
                if bytes > MAX_FETCHED_BYTES && !events.is_empty() {
                    return Ok(Fetched { events, until, has_more: true });
                }
                events.push((entry.position, Arc::clone(event)));
            }
            until = entry.position;
        }
        Ok(Fetched { events, until, has_more: false })
    }

    /// Positions rise, but never by one.
    fn add(&mut self, event: Option<Arc<Event>>, at_ms: i64) -> Position {
        let step = 2 + (self.last.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61);
        self.last = Position(self.last.0 + step);
        self.entries.push_back(Entry { position: self.last, at_ms, event });
        self.last
    }
}

fn cost(event: &Event) -> usize {
    event.payload.len() + EVENT_OVERHEAD_BYTES
}
