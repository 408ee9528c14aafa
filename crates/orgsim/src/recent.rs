//! What each user used last: the records behind `/recent`, `recentItems` and `RecentlyViewed`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::RecordId;
use crate::org::Row;

/// As many records are remembered of a user (Object Reference, RecentlyViewed).
pub(crate) const MAX_ROWS: usize = 200;

/// The records that users looked at or changed, the last one first.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    by_user: Mutex<HashMap<RecordId, Vec<(Row, i64)>>>,
}

impl Recent {
    /// Notes that a user has just used records. The first of them counts as the last one used.
    pub(crate) fn note(&self, user_id: RecordId, rows: &[Row], now_ms: i64) {
        let mut by_user = self.lock();
        let list = by_user.entry(user_id).or_default();
        for row in rows.iter().take(MAX_ROWS).rev() {
            list.retain(|(known, _)| known != row);
            list.insert(0, (*row, now_ms));
        }
        list.truncate(MAX_ROWS);
    }

    /// Lists the records a user used, the last one first, with the time. Some of them may be gone.
    pub(crate) fn list(&self, user_id: &RecordId) -> Vec<(Row, i64)> {
        self.lock().get(user_id).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RecordId, Vec<(Row, i64)>>> {
        self.by_user.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
