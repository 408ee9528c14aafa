//! Whose records count as a user's own.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::Rights;
use crate::id::RecordId;
use crate::org::OrgView;

/// The sObjects whose records a circle is made of.
const SOURCES: [&str; 4] = ["Group", "GroupMember", "User", "UserRole"];

/// The circle of a user, kept until one of its sources is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Circle {
    kept: Arc<Mutex<Option<Kept>>>,
}

#[derive(Debug)]
struct Kept {
    versions: Vec<u64>,
    members: Arc<HashSet<RecordId>>,
}

impl Circle {
    /// Returns whose records count as the user's own: those of the user, of all whose role is below, and of the queues and
    /// groups that either is in (Help, Role Hierarchy; Queues).
    pub(super) fn members(&self, view: &OrgView<'_>, rights: &Rights) -> Arc<HashSet<RecordId>> {
        let versions = view.versions(&SOURCES);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(known) if known.versions == versions => Arc::clone(&known.members),
            _ => {
                let members = Arc::new(gather(view, rights));
                *kept = Some(Kept { versions, members: Arc::clone(&members) });
                members
            }
        }
    }
}

fn gather(view: &OrgView<'_>, rights: &Rights) -> HashSet<RecordId> {
    let mut circle: HashSet<RecordId> = [rights.user_id()].into();
    let below = rights.role_id().map(|role| roles_below(view, role)).unwrap_or_default();
    for role in &below {
        circle.extend(view.rows_linked("User", "UserRoleId", *role).iter().map(|row| view.id(row)));
    }
    let mut roles = below;
    roles.extend(rights.role_id());
    circle.extend(groups_of(view, &circle, &roles));
    circle
}

/// Lists the roles below one.
fn roles_below(view: &OrgView<'_>, role: RecordId) -> Vec<RecordId> {
    let mut found = Vec::new();
    let mut open = vec![role];
    while let Some(role) = open.pop() {
        for row in view.rows_linked("UserRole", "ParentRoleId", role) {
            let id = view.id(&row);
            if !found.contains(&id) {
                found.push(id);
                open.push(id);
            }
        }
    }
    found
}

/// Lists the groups and queues that users or roles are in, by way of other groups, too.
fn groups_of(view: &OrgView<'_>, users: &HashSet<RecordId>, roles: &[RecordId]) -> Vec<RecordId> {
    let (Some(groups), Some(members)) = (view.schema().find("Group"), view.schema().find("GroupMember"))
    else {
        return Vec::new();
    };
    let mut open: Vec<RecordId> = users.iter().copied().collect();
    for role in roles {
        open.extend(view.rows_linked("Group", "RelatedId", *role).iter().map(|row| view.id(row)));
    }
    let everybody =
        view.rows(groups).filter(|row| view.text_in(groups, row, "Type").as_deref() == Some("Organization"));
    open.extend(everybody.map(|row| view.id(&row)));
    let mut found: Vec<RecordId> = open.iter().copied().filter(|id| id.prefix() == *b"00G").collect();
    while let Some(member) = open.pop() {
        for row in view.rows_linked("GroupMember", "UserOrGroupId", member) {
            if let Some(group) = view.id_in(members, &row, "GroupId").filter(|group| !found.contains(group)) {
                found.push(group);
                open.push(group);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::org::{Org, OrgConfig};
    use crate::value::Value;

    const NOW_MS: i64 = 1_800_000_000_000;

    #[test]
    fn a_circle_is_worked_out_once_until_users_change() {
        let org = Org::new(OrgConfig { seed: 1, counts: [("User".to_owned(), 3)].into(), now_ms: NOW_MS });
        let users = org.schema().find("User").unwrap();
        let circle = || org.rights(org.user_id(), NOW_MS).circle(&org.read());
        let (first, second) = (circle(), circle());

        let title = [(users.field("Title").unwrap().index, Value::text("Lock keeper"))];
        org.update(users, &org.user_id(), &title, NOW_MS).unwrap();

        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&second, &circle()));
        assert_eq!(*first, *circle());
    }
}
