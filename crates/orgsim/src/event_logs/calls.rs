//! The calls of the data API, for the files that tell of them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::id::RecordId;

/// As many calls are kept: more than most tests make, and a few megabytes.
const CAPACITY: usize = 20_000;

/// A call that was answered.
#[derive(Clone, Debug)]
pub(crate) struct NotedCall {
    pub(crate) at_ms: i64,
    pub(crate) user_id: RecordId,
    pub(crate) method: String,
    /// The path below the host.
    pub(crate) path: String,
    /// The API version as its path has it.
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) agent: String,
    /// The id that the client gave the request.
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    noted: Mutex<VecDeque<NotedCall>>,
}

impl Calls {
    pub(super) fn note(&self, call: NotedCall) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() == CAPACITY {
            noted.pop_front();
        }
        noted.push_back(call);
    }

    /// Lists the calls from one instant until before another.
    pub(super) fn between(&self, from_ms: i64, to_ms: i64) -> Vec<NotedCall> {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.iter().filter(|call| (from_ms..to_ms).contains(&call.at_ms)).cloned().collect()
    }
}

impl NotedCall {
    /// Returns the family of APIs that the call is of.
    pub(super) fn family(&self) -> &'static str {
        if self.path.contains("/jobs/") { "BULK" } else { "REST" }
    }

    /// Returns the sObject that the path names.
    pub(super) fn entity(&self) -> &str {
        let mut words = self.path.split('/').skip_while(|word| *word != "sobjects").skip(1);
        words.next().unwrap_or_default()
    }
}
