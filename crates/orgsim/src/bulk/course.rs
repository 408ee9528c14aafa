//! How work of both Bulk APIs goes on: each look at it is a step, as time would be.

use crate::faults::FaultKind;
use crate::http::Call;

/// What is to become of a job or a batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate {
    /// How many looks find it waiting.
    looks: u32,
    /// Why it fails instead of being done.
    failure: Option<String>,
}

impl Fate {
    /// Returns what the org and the faults that befall a call have in store for the job or batch that it makes.
    pub(crate) fn of(call: &Call, what: &str) -> Self {
        const SLOW_LOOKS: u32 = 3;
        let slow = call.fault(FaultKind::BulkSlow).map(|fault| fault.polls.unwrap_or(SLOW_LOOKS));
        let failure = call.fault(FaultKind::BulkFail).map(|fault| {
            let own = fault.body.clone();
            own.unwrap_or_else(|| format!("InternalServerError : the {what} was failed on purpose"))
        });
        Self { looks: call.app.config.bulk_polls + slow.unwrap_or_default(), failure }
    }

    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Returns the course of work that begins now.
    pub(crate) fn begin(&self, now_ms: i64) -> Course {
        Course { looks_left: self.looks, changed_at: now_ms, started_at: None }
    }
}

/// How far work has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    looks_left: u32,
    changed_at: i64,
    started_at: Option<i64>,
}

impl Course {
    /// Takes a look, which is the last one that finds the work waiting if this answers true.
    pub(crate) fn step(&mut self, now_ms: i64) -> bool {
        self.changed_at = now_ms;
        match self.looks_left.checked_sub(1) {
            Some(left) => self.looks_left = left,
            None => self.started_at = Some(now_ms),
        }
        self.has_started()
    }

    pub(crate) fn has_started(&self) -> bool {
        self.started_at.is_some()
    }

    /// Returns whether the work waits for nobody to look at it.
    pub(crate) fn is_ready(&self) -> bool {
        self.looks_left == 0
    }

    pub(crate) fn changed_at(&self) -> i64 {
        self.changed_at
    }

    /// Notes that something has become of it.
    pub(crate) fn touch(&mut self, now_ms: i64) {
        self.changed_at = now_ms;
    }

    pub(crate) fn took_ms(&self) -> i64 {
        self.started_at.map_or(0, |started_at| (self.changed_at - started_at).max(0))
    }
}
