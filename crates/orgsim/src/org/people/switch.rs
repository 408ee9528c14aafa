//! Giving and taking rights past the rules of the org, as tests do.

use crate::id::RecordId;
use crate::org::own::by_place;
use crate::org::{Author, Org, OrgView};
use crate::rights::{Access, Grants, read_grants};
use crate::schema::{SObject, Schema};
use crate::value::Value;

/// What is to be granted from now on, and what is not.
#[derive(Clone, Debug, Default)]
pub(crate) struct RightsChange {
    /// User permissions, without the prefix of their fields.
    pub(crate) permissions: Vec<(String, bool)>,
    /// Rights on sObjects, in place of those there are.
    pub(crate) objects: Vec<(&'static SObject, Access)>,
    /// Fields by sObject and place: none to hide it, else whether it may be written.
    pub(crate) fields: Vec<(&'static SObject, usize, Option<bool>)>,
}

/// What the names of profiles begin with that are one user's alone.
const OWN_PROFILE: &str = "orgsim: ";

impl Org {
    /// Changes what one user may do. From then on the user has a profile and no permission set that others have, too.
    pub(crate) fn change_rights_of_user(&self, user: RecordId, change: &RightsChange, now_ms: i64) {
        let by = self.main_author(now_ms);
        let done: Result<(), ()> = self.transact(|| {
            let set = own_set(self, user, by);
            change_set(self, set, change, by);
            Ok(())
        });
        debug_assert!(done.is_ok(), "nothing refuses");
    }

    /// Changes what a permission set grants.
    pub(crate) fn change_rights_of_set(&self, set: RecordId, change: &RightsChange, now_ms: i64) {
        let by = self.main_author(now_ms);
        let done: Result<(), ()> = self.transact(|| {
            change_set(self, set, change, by);
            super::groups::settle_around(self, set, by);
            Ok(())
        });
        debug_assert!(done.is_ok(), "nothing refuses");
    }
}

fn change_set(org: &Org, set: RecordId, change: &RightsChange, by: Author) {
    let mut grants = read_grants(&org.read(), set);
    for (permission, is_granted) in &change.permissions {
        if *is_granted {
            grants.permissions.insert(permission.clone());
        } else {
            grants.permissions.remove(permission);
        }
    }
    for (sobject, access) in &change.objects {
        grants.objects.insert(sobject.index, *access);
    }
    grants.objects.retain(|_, access| access.read);
    for (sobject, field, right) in &change.fields {
        match right {
            Some(edit) => grants.fields.insert((sobject.index, *field), *edit),
            None => grants.fields.remove(&(sobject.index, *field)),
        };
    }
    super::groups::write_grants(org, set, &grants, by);
    mirror_permissions(org, set, &grants, by);
}

/// Returns the set of the profile that is the user's own, which is made of all that the user has if there is none yet.
fn own_set(org: &Org, user: RecordId, by: Author) -> RecordId {
    let schema = org.schema();
    let [users, profiles, sets, assignments] =
        ["User", "Profile", "PermissionSet", "PermissionSetAssignment"].map(|name| find(schema, name));
    let (assigned, profile, username) = {
        let view = org.read();
        let rows = view.rows_linked(&assignments.name, "AssigneeId", user);
        let assigned: Vec<(RecordId, RecordId)> = rows
            .iter()
            .filter_map(|row| Some((view.id(row), view.id_in(assignments, row, "PermissionSetId")?)))
            .collect();
        let row = view.find(users, &user);
        let profile = row.and_then(|row| view.id_in(users, &row, "ProfileId"));
        let username = row.and_then(|row| view.text_in(users, &row, "Username")).unwrap_or_default();
        (assigned, profile, username)
    };
    let name = format!("{OWN_PROFILE}{username}");
    if let Some(known) = find_own(&org.read(), profile, &name) {
        return known;
    }
    let mut grants = Grants::default();
    assigned.iter().for_each(|(_, set)| grants.add(&read_grants(&org.read(), *set)));
    let (license, user_type) = {
        let view = org.read();
        let row = profile.and_then(|profile| view.find(profiles, &profile));
        let license = row.and_then(|row| view.id_in(profiles, &row, "UserLicenseId"));
        (license, row.and_then(|row| view.text_in(profiles, &row, "UserType")).unwrap_or_default())
    };
    let license = license.map_or(Value::Null, Value::Id);
    let values = [
        ("Name", Value::owned_text(name)),
        ("UserLicenseId", license.clone()),
        ("UserType", Value::owned_text(user_type)),
    ];
    let profile = org.insert_as(profiles, &by_place(profiles, &values), by);
    let values = [
        ("Name", Value::owned_text(format!("X{profile}"))),
        ("Label", Value::owned_text(profile.to_string())),
        ("LicenseId", license),
        ("ProfileId", Value::Id(profile)),
        ("IsOwnedByProfile", Value::Bool(true)),
        ("Type", Value::text("Profile")),
    ];
    let set = org.insert_as(sets, &by_place(sets, &values), by);
    super::groups::write_grants(org, set, &grants, by);
    // The user is there, as its assignments are; the one of the profile follows the profile.
    let _ = org.update_as(users, &user, &by_place(users, &[("ProfileId", Value::Id(profile))]), by);
    for (assignment, other) in assigned {
        let is_of_profile = {
            let view = org.read();
            view.find(sets, &other).is_some_and(|row| view.bool_in(sets, &row, "IsOwnedByProfile"))
        };
        if !is_of_profile {
            let _ = org.purge(assignments, &assignment);
        }
    }
    set
}

fn find_own(view: &OrgView<'_>, profile: Option<RecordId>, name: &str) -> Option<RecordId> {
    let (profiles, row) = view.find_by_name("Profile", &profile?)?;
    if view.text_in(profiles, &row, "Name").as_deref() != Some(name) {
        return None;
    }
    view.rows_linked("PermissionSet", "ProfileId", profile?).pop().map(|row| view.id(&row))
}

/// A profile has the user permissions of the set that it owns.
fn mirror_permissions(org: &Org, set: RecordId, grants: &Grants, by: Author) {
    let profiles = find(org.schema(), "Profile");
    let profile = {
        let view = org.read();
        view.find_by_name("PermissionSet", &set).and_then(|(sets, row)| view.id_in(sets, &row, "ProfileId"))
    };
    if let Some(profile) = profile {
        let _ = org.update_as(profiles, &profile, &super::groups::permission_values(profiles, grants), by);
    }
}

fn find(schema: &'static Schema, name: &str) -> &'static SObject {
    schema.find(name).expect("the tables of people come with the program")
}
