//! Query cursors: snapshots of ids that pages are read from.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::id::RecordId;
use crate::org::Row;

/// How long a cursor lives (SOQL and SOSL Reference, Query Result Limits).
const LIFETIME_MS: i64 = 2 * 24 * 3_600_000;

/// As many rows are held by all cursors together, 8 bytes each; the oldest cursors go first.
const MAX_ROWS: usize = 8_000_000;

/// As many cursors are held, so that many small ones are bounded too.
const MAX_CURSORS: usize = 10_000;

/// The rows a query found, and what is needed to write them.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) soql: String,
    /// Which child subquery the rows are of; empty for those of the query itself.
    pub(crate) places: Vec<usize>,
    pub(crate) includes_deleted: bool,
    pub(crate) user_id: RecordId,
    pub(crate) created_at: i64,
    pub(crate) page_rows: usize,
    pub(crate) rows: Vec<Row>,
}

/// The open cursors.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    rows: usize,
    open: VecDeque<(RecordId, Arc<Cursor>)>,
}

impl Cursors {
    /// Keeps a cursor and returns its locator, without the offset.
    pub(crate) fn keep(&self, cursor: Cursor) -> RecordId {
        let mut state = self.lock();
        state.last += 1;
        let locator = RecordId::new(b"0r8", state.last);
        state.rows += cursor.rows.len();
        state.open.push_back((locator, Arc::new(cursor)));
        // The newest one stays however large it is.
        while state.open.len() > 1 && (state.rows > MAX_ROWS || state.open.len() > MAX_CURSORS) {
            state.drop_oldest();
        }
        locator
    }

    pub(crate) fn find(&self, locator: &str, now_ms: i64) -> Option<Arc<Cursor>> {
        let mut state = self.lock();
        while state.open.front().is_some_and(|(_, cursor)| now_ms - cursor.created_at > LIFETIME_MS) {
            state.drop_oldest();
        }
        let found = state.open.iter().find(|(id, _)| id.as_str() == locator);
        found.map(|(_, cursor)| Arc::clone(cursor))
    }

    /// Closes all cursors.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        state.open.clear();
        state.rows = 0;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drop_oldest(&mut self) {
        if let Some((_, cursor)) = self.open.pop_front() {
            self.rows -= cursor.rows.len();
        }
    }
}
