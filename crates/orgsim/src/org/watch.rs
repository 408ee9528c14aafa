//! The org as it was: what was written but cannot be seen yet, and every version of every record.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Org, OrgView, Row};
use crate::clock::Clock;
use crate::id::RecordId;
use crate::overlay::Overlay;
use crate::schema::SObject;

/// Keeps what writes replace, where somebody wants to know.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Whether anything is kept. Else writes need not look here.
    is_on: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    clock: Clock,
    /// How long a write stays unseen.
    delay_ms: i64,
    unseen: VecDeque<Unseen>,
    /// Every write, if all are kept.
    history: Option<Vec<Arc<Written>>>,
}

/// A write that queries do not see yet.
#[derive(Debug)]
struct Unseen {
    written_at: i64,
    seen_from: i64,
    before: Overlay,
}

/// A write and the org after it.
#[derive(Debug)]
struct Written {
    at_ms: i64,
    seen_from: i64,
    rows: Vec<(usize, u32)>,
    after: Overlay,
}

/// A record as one write left it.
#[derive(Debug)]
pub(crate) struct Version<'org> {
    /// When it was written; `None` for the record the org started with.
    pub(crate) written_at: Option<i64>,
    /// From when queries saw it.
    pub(crate) seen_from: Option<i64>,
    /// The org after the write.
    pub(crate) view: OrgView<'org>,
    /// The record in that org; `None` if it was purged.
    pub(crate) row: Option<Row>,
}

impl Watch {
    pub(super) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Keeps what a write replaced. A write that changed nothing is forgotten.
    pub(super) fn note(&self, before: &Overlay, after: &Overlay) {
        let rows = after.differences(before);
        if rows.is_empty() {
            return;
        }
        let mut state = self.lock();
        let written_at = state.clock.now_ms();
        let seen_from = written_at + state.delay_ms;
        if state.delay_ms > 0 {
            state.unseen.push_back(Unseen { written_at, seen_from, before: before.clone() });
        }
        if let Some(history) = &mut state.history {
            history.push(Arc::new(Written { at_ms: written_at, seen_from, rows, after: after.clone() }));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets what is old enough to be seen.
    fn settle(&mut self) {
        let now_ms = self.clock.now_ms();
        while self.unseen.front().is_some_and(|unseen| unseen.seen_from <= now_ms) {
            self.unseen.pop_front();
        }
    }
}

impl Org {
    /// Keeps every version of every record from now on.
    pub(crate) fn keep_history(&self, clock: &Clock) {
        let mut state = self.inner.watch.lock();
        state.clock = clock.clone();
        state.history.get_or_insert_default();
        self.inner.watch.is_on.store(true, Ordering::Relaxed);
    }

    /// Lets queries see what is written from now on so much later than its time stamps say, as where transactions take long.
    pub(crate) fn delay_visibility(&self, delay_ms: i64, clock: &Clock) {
        let mut state = self.inner.watch.lock();
        state.clock = clock.clone();
        state.delay_ms = delay_ms.max(0);
        self.inner.watch.is_on.store(state.delay_ms > 0 || state.history.is_some(), Ordering::Relaxed);
    }

    /// Returns how long writes stay unseen, and how many are.
    pub(crate) fn unseen(&self) -> (i64, usize) {
        let mut state = self.inner.watch.lock();
        state.settle();
        (state.delay_ms, state.unseen.len())
    }

    /// Returns when the oldest write happened that queries do not see yet.
    pub(crate) fn oldest_unseen(&self) -> Option<i64> {
        let mut state = self.inner.watch.lock();
        state.settle();
        state.unseen.front().map(|unseen| unseen.written_at)
    }

    /// Returns the org as queries see it: without what was written but is not visible yet.
    pub fn read_visible(&self) -> OrgView<'_> {
        let mut state = self.inner.watch.lock();
        state.settle();
        match state.unseen.front() {
            Some(unseen) => self.inner.view(unseen.before.clone()),
            None => {
                drop(state);
                self.read()
            }
        }
    }

    /// Lists the versions of a record, oldest first. `None` if no history is kept.
    pub(crate) fn versions(&self, sobject: &SObject, id: &RecordId) -> Option<Vec<Version<'_>>> {
        let writes = self.inner.watch.lock().history.clone()?;
        let start = self.inner.view(Overlay::new(self.inner.base.counts()));
        let at_start = start.find(sobject, id);
        let mut versions: Vec<_> = at_start
            .map(|row| Version { written_at: None, seen_from: None, view: start, row: Some(row) })
            .into_iter()
            .collect();
        for write in writes {
            let number = id.sequence().and_then(crate::data::Base::number);
            if write.rows.iter().any(|(place, at)| *place == sobject.index && Some(*at) == number) {
                let view = self.inner.view(write.after.clone());
                let row = view.find(sobject, id);
                let (written_at, seen_from) = (Some(write.at_ms), Some(write.seen_from));
                versions.push(Version { written_at, seen_from, view, row });
            }
        }
        Some(versions)
    }
}
