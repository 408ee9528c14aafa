//! What was asked of the org: a bounded log of requests, and counters.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// As many requests are remembered; a test looks at the last few hundred at most.
const CAPACITY: usize = 10_000;

/// As much of a path is remembered: a query that fills a whole URI would take 16 kB each time.
const MAX_PATH_CHARS: usize = 2_000;

/// As much of a client's name is remembered.
const MAX_CLIENT_CHARS: usize = 100;

/// What has been served since the start or since the counters were reset.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counters {
    /// Requests by kind of call (`query`, `bulk_results`, `token`, …), failed ones included.
    pub requests: BTreeMap<String, u64>,
    /// Rows by sObject, counted once a page has been handed to the socket whole.
    pub rows: BTreeMap<String, u64>,
    /// Result pages by sObject, counted like rows.
    pub pages: BTreeMap<String, u64>,
    /// Calls of the token endpoint.
    pub token_calls: u64,
    /// Refreshes that were granted.
    pub refreshes: u64,
    /// Refresh tokens that were presented after they had been rotated away.
    pub refresh_reuses: u64,
    /// Calls that count towards the daily limit.
    pub api_calls: u64,
    /// Bytes of bodies handed to sockets.
    pub bytes: u64,
}

/// One request and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct LogEntry {
    /// Counts up from 1.
    pub number: u64,
    /// When it came, by the simulator's clock.
    pub at_ms: i64,
    /// The HTTP method.
    pub method: String,
    /// The path, for data calls with its query string.
    pub path: String,
    /// The kind of call.
    pub kind: String,
    /// What the client called itself in `Sforce-Call-Options`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The form of the answer that the client asked for in `Accept`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// The status answered; none while the answer is being made.
    pub status: Option<u16>,
    /// Bytes of the body handed to the socket.
    pub bytes: u64,
    /// Whether the whole body was.
    pub complete: bool,
    /// The faults that were played.
    pub faults: Vec<String>,
}

/// The rows that an answer carries.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) sobject: String,
    pub(crate) rows: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counters: Counters,
    entries: VecDeque<LogEntry>,
    last_number: u64,
}

impl Log {
    /// Writes down a request and returns its number.
    pub(crate) fn begin(&self, at_ms: i64, method: &str, path: &str, kind: &str) -> u64 {
        let mut state = self.lock();
        state.last_number += 1;
        let number = state.last_number;
        if state.entries.len() == CAPACITY {
            state.entries.pop_front();
        }
        state.entries.push_back(LogEntry {
            number,
            at_ms,
            method: method.to_owned(),
            path: path.chars().take(MAX_PATH_CHARS).collect(),
            kind: kind.to_owned(),
            client: None,
            accept: None,
            status: None,
            bytes: 0,
            complete: false,
            faults: Vec::new(),
        });
        *state.counters.requests.entry(kind.to_owned()).or_default() += 1;
        number
    }

    /// Writes down the form of the answer that the client asked for.
    pub(crate) fn asked_for(&self, number: u64, accept: &str) {
        if let Some(entry) = self.lock().find(number) {
            entry.accept = Some(accept.chars().take(MAX_CLIENT_CHARS).collect());
        }
    }

    /// Writes down what the client calls itself.
    pub(crate) fn named(&self, number: u64, client: &str) {
        if let Some(entry) = self.lock().find(number) {
            entry.client = Some(client.chars().take(MAX_CLIENT_CHARS).collect());
        }
    }

    pub(crate) fn answered(&self, number: u64, status: u16, faults: Vec<String>) {
        if let Some(entry) = self.lock().find(number) {
            entry.status = Some(status);
            entry.faults = faults;
        }
    }

    /// Writes down how far a body got, and counts its rows if that was all the way.
    pub(crate) fn sent(&self, number: u64, bytes: u64, whole: Option<&Served>) {
        let mut state = self.lock();
        state.counters.bytes += bytes;
        if let Some(served) = whole {
            *state.counters.rows.entry(served.sobject.clone()).or_default() += served.rows;
            *state.counters.pages.entry(served.sobject.clone()).or_default() += 1;
        }
        if let Some(entry) = state.find(number) {
            entry.bytes = bytes;
        }
    }

    pub(crate) fn completed(&self, number: u64) {
        if let Some(entry) = self.lock().find(number) {
            entry.complete = true;
        }
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.lock().counters);
    }

    pub(crate) fn counters(&self) -> Counters {
        self.lock().counters.clone()
    }

    pub(crate) fn reset_counters(&self) {
        self.lock().counters = Counters::default();
    }

    /// Returns the last requests, oldest first.
    pub(crate) fn last(&self, limit: usize) -> Vec<LogEntry> {
        let state = self.lock();
        let skipped = state.entries.len().saturating_sub(limit);
        state.entries.iter().skip(skipped).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn find(&mut self, number: u64) -> Option<&mut LogEntry> {
        let behind = usize::try_from(self.last_number.checked_sub(number)?).ok()?;
        let index = self.entries.len().checked_sub(behind + 1)?;
        self.entries.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, Log, Served};

    #[test]
    fn the_log_is_bounded_and_numbers_go_on() {
        let log = Log::default();

        for _ in 0..CAPACITY + 5 {
            log.begin(0, "GET", "/", "home");
        }
        log.answered(CAPACITY as u64 + 5, 200, vec![]);
        log.answered(1, 500, vec![]);

        let last = log.last(CAPACITY + 10);
        assert_eq!((last.len(), last[0].number), (CAPACITY, 6));
        assert_eq!(last[CAPACITY - 1].status, Some(200));
        assert_eq!(log.counters().requests["home"], CAPACITY as u64 + 5);
    }

    #[test]
    fn rows_count_only_when_the_body_went_out_whole() {
        let log = Log::default();
        let served = Served { sobject: "Account".to_owned(), rows: 200 };
        let number = log.begin(0, "GET", "/", "query");

        log.sent(number, 10, None);
        log.sent(number, 90, Some(&served));

        let counters = log.counters();
        assert_eq!((counters.rows["Account"], counters.pages["Account"], counters.bytes), (200, 1, 100));
    }
}
