//! Rights that were worked out, for as long as they are right.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{OrgDefault, Rights, Sharing};
use crate::id::RecordId;
use crate::org::OrgView;

/// The sObjects whose records rights are made of, but for users, of whom profile and role count alone.
pub(crate) const SOURCES: [&str; 7] = [
    "FieldPermissions",
    "ObjectPermissions",
    "Organization",
    "PermissionSet",
    "PermissionSetAssignment",
    "PermissionSetGroup",
    "Profile",
];

/// Rights outlive that much time at most: an assignment may expire.
const LIFETIME_MS: i64 = 60_000;

/// The rights of the users who came lately.
#[derive(Debug, Default)]
pub(crate) struct RightsCache {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    kept: HashMap<RecordId, Kept>,
    /// What the org's administrator set for sObjects that the Organization has no field for.
    defaults: HashMap<usize, OrgDefault>,
}

#[derive(Debug)]
struct Kept {
    rights: Arc<Rights>,
    at_ms: i64,
    profile_id: Option<RecordId>,
    versions: Vec<u64>,
}

impl RightsCache {
    /// Returns the rights of a user in a view of the org.
    pub(crate) fn find(&self, view: &OrgView<'_>, user_id: RecordId, now_ms: i64) -> Arc<Rights> {
        let user = view.find_by_name("User", &user_id);
        let id = |name: &str| user.and_then(|(users, row)| view.id_in(users, &row, name));
        let (profile_id, role_id) = (id("ProfileId"), id("UserRoleId"));
        let versions = view.versions(&SOURCES);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = state.kept.get(&user_id)
            && kept.versions == versions
            && kept.profile_id == profile_id
            && kept.rights.role_id() == role_id
            && (kept.at_ms..kept.at_ms + LIFETIME_MS).contains(&now_ms)
        {
            return Arc::clone(&kept.rights);
        }
        let sharing = Sharing::read(view, &state.defaults);
        let rights = Arc::new(Rights::of(view, user_id, sharing, now_ms));
        let kept = Kept { rights: Arc::clone(&rights), at_ms: now_ms, profile_id, versions };
        state.kept.insert(user_id, kept);
        rights
    }

    /// Works out the rights that a user had in a view of the org, which is kept nowhere.
    pub(crate) fn compute(&self, view: &OrgView<'_>, user_id: RecordId, now_ms: i64) -> Arc<Rights> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::new(Rights::of(view, user_id, Sharing::read(view, &state.defaults), now_ms))
    }

    /// Forgets all rights: fields are others now.
    pub(crate) fn forget(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).kept.clear();
    }

    /// Sets who sees the records of an sObject whose default is no field of the Organization.
    pub(crate) fn set_default(&self, sobject: usize, default: OrgDefault) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.defaults.insert(sobject, default);
        state.kept.clear();
    }
}
