//! The share of the daily API requests that each app may have, where an administrator has given them one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Usage;

/// The requests of each app against its quota. Without a quota nothing is counted.
#[derive(Debug, Default)]
pub(crate) struct AppQuota {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    max: Option<u64>,
    by_client: HashMap<String, Usage>,
}

impl AppQuota {
    /// Gives each app so many requests in 24 hours, or takes the quota away.
    pub(crate) fn set_max(&self, max: Option<u64>) {
        *self.lock() = State { max, by_client: HashMap::new() };
    }

    pub(crate) fn max(&self) -> Option<u64> {
        self.lock().max
    }

    /// Counts a request of an app.
    pub(crate) fn note(&self, client_id: &str, now_ms: i64) {
        let mut state = self.lock();
        if let Some(max) = state.max {
            let usage = state.by_client.entry(client_id.to_owned()).or_insert_with(|| Usage::new(max, false));
            usage.take(now_ms);
        }
    }

    /// Returns what an app has used of its quota, if there is one.
    pub(crate) fn used_and_max(&self, client_id: &str, now_ms: i64) -> Option<(u64, u64)> {
        let state = self.lock();
        let max = state.max?;
        Some(state.by_client.get(client_id).map_or((0, max), |usage| usage.used_and_max(now_ms)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
