//! What describes are made of, and when that last changed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Org;
use crate::clock::SECOND_MS;
use crate::id::RecordId;
use crate::rights::RIGHTS_SOURCES;

/// What describes tell of an org: two that differ are told apart, whatever makes them differ.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Described {
    /// Where the schema is that clients find. Old ones stay where they are, so no other one ever has its place.
    schema: usize,
    /// The versions of the records that rights are made of, and of record types.
    versions: Vec<u64>,
}

/// When describes last changed, which clients ask with `If-Modified-Since` (REST API Developer Guide, Conditional Requests).
#[derive(Debug)]
pub(crate) struct DescribeAge {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    changed_at: i64,
    seen: Described,
    /// The profiles of the users who asked.
    profiles: HashMap<RecordId, Option<RecordId>>,
}

impl DescribeAge {
    /// Starts with an org as it is.
    pub(crate) fn new(org: &Org, now_ms: i64) -> Self {
        let changed_at = now_ms - now_ms.rem_euclid(SECOND_MS);
        let state = State { changed_at, seen: org.described(), profiles: HashMap::new() };
        Self { state: Mutex::new(state) }
    }

    /// Returns a whole second, as headers have them: another and later one after every change that a describe of this
    /// user may tell. It may lie behind the change, or a moment ahead of the clock, but never before the change.
    pub(crate) fn changed_at(&self, org: &Org, user_id: RecordId, now_ms: i64) -> i64 {
        let (now, profile) = (org.described(), org.profile_of(user_id));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.profiles.insert(user_id, profile);
        let has_moved = before.is_some_and(|before| before != profile);
        if has_moved || state.seen != now {
            state.seen = now;
            let next_second = now_ms + (-now_ms).rem_euclid(SECOND_MS);
            state.changed_at = next_second.max(state.changed_at + SECOND_MS);
        }
        state.changed_at
    }
}

impl Org {
    fn described(&self) -> Described {
        let mut versions = self.read().versions(&RIGHTS_SOURCES);
        versions.extend(self.read().versions(&["RecordType"]));
        Described { schema: std::ptr::from_ref(self.schema()).addr(), versions }
    }

    fn profile_of(&self, user_id: RecordId) -> Option<RecordId> {
        let view = self.read();
        let (users, row) = view.find_by_name("User", &user_id)?;
        view.id_in(users, &row, "ProfileId")
    }
}
