//! What single permission sets grant, as their records say.

use std::collections::{BTreeSet, HashMap};

use super::{Access, secured_entry};
use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::{Field, SObject, Schema};
use crate::value::Value;

/// What one or several permission sets grant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Grants {
    /// User permissions, without the prefix of their fields.
    pub(crate) permissions: BTreeSet<String>,
    /// By place of the sObject.
    pub(crate) objects: HashMap<usize, Access>,
    /// Whether a field may be written, too, by the places of sObject and field.
    pub(crate) fields: HashMap<(usize, usize), bool>,
}

impl Grants {
    pub(crate) fn add(&mut self, other: &Self) {
        self.permissions.extend(other.permissions.iter().cloned());
        for (place, access) in &other.objects {
            let known = self.objects.entry(*place).or_default();
            *known = known.or(*access);
        }
        for (place, edit) in &other.fields {
            *self.fields.entry(*place).or_default() |= edit;
        }
    }

    /// Takes away what a muting set names (Help, Muting Permission Sets).
    pub(crate) fn mute(&mut self, muted: &Self) {
        self.permissions.retain(|permission| !muted.permissions.contains(permission));
        for (place, access) in &muted.objects {
            if let Some(known) = self.objects.get_mut(place) {
                *known = known.but_not(*access);
            }
        }
        self.objects.retain(|_, access| access.read);
        for (place, edit) in &muted.fields {
            // Muting a field takes reading it away, or writing it alone.
            match self.fields.get_mut(place) {
                Some(known) if *edit => *known = false,
                _ => {
                    self.fields.remove(place);
                }
            }
        }
    }
}

/// Lists the permission sets that count for a user: that of the profile and those assigned. One that a session has to be
/// activated for counts in no session of an API client, which activates none (Object Reference, PermissionSet).
pub(crate) fn sets_of(view: &OrgView<'_>, user_id: RecordId, now_ms: i64) -> Vec<RecordId> {
    let Some(assignments) = view.schema().find("PermissionSetAssignment") else { return Vec::new() };
    let rows = view.rows_linked("PermissionSetAssignment", "AssigneeId", user_id);
    let counts = |row: &Row| {
        let expires = assignments.field("ExpirationDate").map(|field| view.value(assignments, row, field));
        let is_over = matches!(expires, Some(Value::DateTime(ms)) if ms <= now_ms);
        view.bool_in(assignments, row, "IsActive") && !is_over
    };
    let rows = rows.iter().filter(|row| counts(row));
    let sets = rows.filter_map(|row| view.id_in(assignments, row, "PermissionSetId"));
    sets.filter(|set| !has_to_be_activated(view, set)).collect()
}

fn has_to_be_activated(view: &OrgView<'_>, set: &RecordId) -> bool {
    let found = view.find_by_name("PermissionSet", set);
    found.is_some_and(|(sets, row)| view.bool_in(sets, &row, "HasActivationRequired"))
}

/// Reads what a permission set, be it a muting one, says.
pub(crate) fn read_grants(view: &OrgView<'_>, set: RecordId) -> Grants {
    let mut grants = Grants::default();
    let sobject = view.schema().find_by_prefix(set.prefix());
    if let Some((sobject, row)) = sobject.and_then(|sobject| view.find_by_name(&sobject.name, &set)) {
        for field in &sobject.fields {
            if let Some(name) = field.name.strip_prefix("Permissions")
                && view.value(sobject, &row, field) == Value::Bool(true)
            {
                grants.permissions.insert(name.to_owned());
            }
        }
    }
    read_objects(view, set, &mut grants);
    read_fields(view, set, &mut grants);
    grants
}

fn read_objects(view: &OrgView<'_>, set: RecordId, grants: &mut Grants) {
    let Some(sobject) = view.schema().find("ObjectPermissions") else { return };
    for row in view.rows_linked("ObjectPermissions", "ParentId", set) {
        if let Some(of) = named(view, sobject, &row) {
            grants.objects.insert(of.index, read_access(view, sobject, &row));
        }
    }
}

fn read_access(view: &OrgView<'_>, sobject: &SObject, row: &Row) -> Access {
    let is = |name: &str| view.bool_in(sobject, row, name);
    Access {
        read: is("PermissionsRead"),
        create: is("PermissionsCreate"),
        edit: is("PermissionsEdit"),
        delete: is("PermissionsDelete"),
        view_all: is("PermissionsViewAllRecords"),
        modify_all: is("PermissionsModifyAllRecords"),
        all_fields: is("PermissionsViewAllFields"),
    }
}

fn read_fields(view: &OrgView<'_>, set: RecordId, grants: &mut Grants) {
    let Some(sobject) = view.schema().find("FieldPermissions") else { return };
    let (Some(name), Some(edit)) = (sobject.field("Field"), sobject.field("PermissionsEdit")) else { return };
    for row in view.rows_linked("FieldPermissions", "ParentId", set) {
        let value = view.value(sobject, &row, name);
        let Some((of, field)) = value.as_str().and_then(|text| find_field(view, text)) else { continue };
        let edits = view.value(sobject, &row, edit) == Value::Bool(true);
        grants.fields.insert((of.index, field), edits);
    }
}

/// Finds the field that `Account.Phone` names, by its sObject and place.
pub(crate) fn find_field(view: &OrgView<'_>, text: &str) -> Option<(&'static SObject, usize)> {
    let (sobject, field) = text.split_once('.')?;
    let sobject = view.schema().find(sobject)?;
    let field = sobject.field(field).or_else(|| find_renamed(sobject, field))?;
    Some((sobject, secured_entry(sobject, field)?.index))
}

/// Finds a field by the name that it had at first: what was granted then still holds.
fn find_renamed<'a>(sobject: &'a SObject, name: &str) -> Option<&'a Field> {
    let first = Schema::standard().sobjects().get(sobject.index)?.field(name)?;
    sobject.fields.get(first.index)
}

fn named(view: &OrgView<'_>, sobject: &SObject, row: &Row) -> Option<&'static SObject> {
    view.schema().find(&view.text_in(sobject, row, "SobjectType")?)
}
