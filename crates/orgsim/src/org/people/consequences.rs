//! What else changes where people, licences and permissions are written.

use super::{Before, Change, groups, trail};
use crate::id::RecordId;
use crate::org::own::by_place;
use crate::org::{Org, SaveError};
use crate::schema::SObject;
use crate::value::Value;

/// Carries out what follows from a write.
pub(in crate::org) fn follow(org: &Org, change: Change<'_>, before: &Before) -> Result<(), Vec<SaveError>> {
    let Some(id) = change.id else { return Ok(()) };
    let is_new = !before.is_there;
    match change.sobject.name.as_str() {
        "User" if is_new => complete_user(org, change, id),
        "User"
            if before.value("IsActive") == Some(&Value::Bool(true)) && !is_true(org, change, "IsActive") =>
        {
            end_sessions(org, id);
        }
        "UserLogin" if change.names("IsFrozen") => {
            let user = change.id_of(&org.read(), "UserId");
            user.into_iter().for_each(|user| end_sessions(org, user));
        }
        "PermissionSet" => {
            mirror(org, change, "Profile", change.id_of(&org.read(), "ProfileId"));
            groups::settle_around(org, id, change.by);
        }
        "Profile" => {
            let set =
                org.read().rows_linked("PermissionSet", "ProfileId", id).pop().map(|row| org.read().id(&row));
            mirror(org, change, "PermissionSet", set);
        }
        "MutingPermissionSet" => groups::settle_around(org, id, change.by),
        "ObjectPermissions" | "FieldPermissions" => {
            drop_if_nothing(org, change, id);
            let parent = change.id_of(&org.read(), "ParentId").or(before.id_of("ParentId"));
            parent.into_iter().for_each(|set| groups::settle_around(org, set, change.by));
        }
        "PermissionSetGroup" if is_new => groups::found(org, change, id),
        "PermissionSetGroupComponent" => {
            let group = change.id_of(&org.read(), "PermissionSetGroupId");
            group.into_iter().for_each(|group| groups::settle(org, group, change.by));
        }
        "PermissionSetAssignment" => name_set_of_group(org, change, id),
        _ => {}
    }
    trail::note(org, change, before);
    Ok(())
}

/// Carries out what follows from a delete.
pub(in crate::org) fn follow_delete(org: &Org, change: Change<'_>, before: &Before) {
    match change.sobject.name.as_str() {
        "ObjectPermissions" | "FieldPermissions" => {
            before.id_of("ParentId").into_iter().for_each(|set| groups::settle_around(org, set, change.by));
        }
        "PermissionSetGroupComponent" => {
            let group = before.id_of("PermissionSetGroupId");
            group.into_iter().for_each(|group| groups::settle(org, group, change.by));
        }
        "PermissionSetGroup" => change.id.into_iter().for_each(|group| groups::dissolve(org, group)),
        _ => {}
    }
    trail::note_delete(org, change, before);
}

fn is_true(org: &Org, change: Change<'_>, name: &str) -> bool {
    change.is_true(&org.read(), name)
}

/// Gives a new user what each has: the record that freezes, and the set that the profile owns.
fn complete_user(org: &Org, change: Change<'_>, id: RecordId) {
    insert(org, "UserLogin", &[("UserId", Value::Id(id))], change);
    let values = [("AssigneeId", Value::Id(id)), ("IsActive", Value::Bool(true))];
    insert(org, "PermissionSetAssignment", &values, change);
}

/// Ends all sessions of a user: a session is good as long as its record is there.
fn end_sessions(org: &Org, user: RecordId) {
    let Some(sessions) = org.schema().find("AuthSession") else { return };
    let ids: Vec<RecordId> = {
        let view = org.read();
        view.rows_linked("AuthSession", "UsersId", user).iter().map(|row| view.id(row)).collect()
    };
    for id in ids {
        // What has ended meanwhile needs no end.
        let _ = org.purge(sessions, &id);
    }
}

/// A profile and the set it owns have the same user permissions.
fn mirror(org: &Org, change: Change<'_>, to: &str, id: Option<RecordId>) {
    let (Some(other), Some(id)) = (org.schema().find(to), id) else { return };
    let values: Vec<_> = change
        .values
        .iter()
        .filter(|(index, _)| change.sobject.fields[*index].name.starts_with("Permissions"))
        .filter_map(|(index, value)| {
            Some((other.field(&change.sobject.fields[*index].name)?.index, value.clone()))
        })
        .collect();
    if !values.is_empty() {
        // Who changes the one may change the other, and it is there.
        let _ = org.update_as(other, &id, &values, change.by);
    }
}

/// A right that is not even one to read has no record.
fn drop_if_nothing(org: &Org, change: Change<'_>, id: RecordId) {
    if !is_true(org, change, "PermissionsRead") {
        let _ = org.purge(change.sobject, &id);
    }
}

/// An assignment of a group names the set that holds what the group grants.
fn name_set_of_group(org: &Org, change: Change<'_>, id: RecordId) {
    let set = {
        let view = org.read();
        let group = change.id_of(&view, "PermissionSetGroupId");
        group.and_then(|group| {
            view.rows_linked("PermissionSet", "PermissionSetGroupId", group).pop().map(|row| view.id(&row))
        })
    };
    if let (Some(set), Some(field)) = (set, change.sobject.field("PermissionSetId")) {
        // The record was just written.
        let _ = org.update_as(change.sobject, &id, &[(field.index, Value::Id(set))], change.by);
    }
}

/// Adds a record of the org's own.
pub(super) fn insert(
    org: &Org,
    sobject: &str,
    values: &[(&str, Value<'static>)],
    change: Change<'_>,
) -> Option<RecordId> {
    let sobject: &SObject = org.schema().find(sobject)?;
    Some(org.insert_as(sobject, &by_place(sobject, values), change.by))
}
