//! Permission set groups: each has a set of its own that holds what its members grant, less what is muted
//! (Help, Permission Set Groups).

use super::Change;
use crate::id::RecordId;
use crate::org::own::by_place;
use crate::org::{Author, Org, OrgView};
use crate::rights::{Access, Grants, read_grants};
use crate::schema::{Field, SObject};
use crate::value::Value;

/// What ids of muting sets begin with.
const MUTING: [u8; 3] = *b"0QM";

/// Makes the set of a new group.
pub(super) fn found(org: &Org, change: Change<'_>, group: RecordId) {
    let (name, label) = {
        let view = org.read();
        (change.text(&view, "DeveloperName"), change.text(&view, "MasterLabel"))
    };
    let values = [
        ("Name", Value::owned_text(name)),
        ("Label", Value::owned_text(label)),
        ("Type", Value::text("Group")),
        ("PermissionSetGroupId", Value::Id(group)),
    ];
    super::consequences::insert(org, "PermissionSet", &values, change);
}

/// Removes the set of a group, and whose it was.
pub(super) fn dissolve(org: &Org, group: RecordId) {
    let Some(set) = set_of(&org.read(), group) else { return };
    clear(org, set);
    purge_linked(org, "PermissionSetAssignment", "PermissionSetGroupId", group);
    if let Some(sets) = org.schema().find("PermissionSet") {
        let _ = org.purge(sets, &set);
    }
}

/// Works out anew what the groups grant that a set is a member of.
pub(super) fn settle_around(org: &Org, set: RecordId, by: Author) {
    let groups: Vec<RecordId> = {
        let view = org.read();
        let Some(components) = view.schema().find("PermissionSetGroupComponent") else { return };
        let rows = view.rows_linked("PermissionSetGroupComponent", "PermissionSetId", set);
        rows.iter().filter_map(|row| view.id_in(components, row, "PermissionSetGroupId")).collect()
    };
    for group in groups {
        settle(org, group, by);
    }
}

/// Works out anew what a group grants.
pub(super) fn settle(org: &Org, group: RecordId, by: Author) {
    let Some((set, grants)) = ({
        let view = org.read();
        set_of(&view, group).map(|set| (set, granted(&view, group)))
    }) else {
        return;
    };
    write_grants(org, set, &grants, by);
}

/// Makes a permission set grant that and nothing else.
pub(super) fn write_grants(org: &Org, set: RecordId, grants: &Grants, by: Author) {
    let schema = org.schema();
    let Some(sets) = schema.find_by_prefix(set.prefix()) else { return };
    // The set is there: it was just found.
    let _ = org.update_as(sets, &set, &permission_values(sets, grants), by);
    clear(org, set);
    for (place, access) in &grants.objects {
        insert_access(org, set, &schema.sobjects()[*place].name, *access, by);
    }
    for ((place, field), edit) in &grants.fields {
        let sobject = &schema.sobjects()[*place];
        let name = format!("{}.{}", sobject.name, sobject.fields[*field].name);
        let values = [
            ("ParentId", Value::Id(set)),
            ("SobjectType", Value::text(&sobject.name)),
            ("Field", Value::owned_text(name)),
            ("PermissionsRead", Value::Bool(true)),
            ("PermissionsEdit", Value::Bool(*edit)),
        ];
        insert(org, "FieldPermissions", &values, by);
    }
}

/// Returns the user permissions as fields of a set or profile.
pub(super) fn permission_values(sobject: &SObject, grants: &Grants) -> Vec<(usize, Value<'static>)> {
    let value = |field: &Field| {
        let name = field.name.strip_prefix("Permissions").filter(|_| field.updateable)?;
        Some((field.index, Value::Bool(grants.permissions.contains(name))))
    };
    sobject.fields.iter().filter_map(value).collect()
}

fn insert_access(org: &Org, set: RecordId, sobject: &'static str, access: Access, by: Author) {
    let values = [
        ("ParentId", Value::Id(set)),
        ("SobjectType", Value::text(sobject)),
        ("PermissionsRead", Value::Bool(access.read)),
        ("PermissionsCreate", Value::Bool(access.create)),
        ("PermissionsEdit", Value::Bool(access.edit)),
        ("PermissionsDelete", Value::Bool(access.delete)),
        ("PermissionsViewAllRecords", Value::Bool(access.view_all)),
        ("PermissionsModifyAllRecords", Value::Bool(access.modify_all)),
        ("PermissionsViewAllFields", Value::Bool(access.all_fields)),
    ];
    insert(org, "ObjectPermissions", &values, by);
}

fn insert(org: &Org, sobject: &str, values: &[(&str, Value<'static>)], by: Author) {
    let Some(sobject) = org.schema().find(sobject) else { return };
    org.insert_as(sobject, &by_place(sobject, values), by);
}

fn set_of(view: &OrgView<'_>, group: RecordId) -> Option<RecordId> {
    view.rows_linked("PermissionSet", "PermissionSetGroupId", group).pop().map(|row| view.id(&row))
}

fn granted(view: &OrgView<'_>, group: RecordId) -> Grants {
    let mut grants = Grants::default();
    let Some(components) = view.schema().find("PermissionSetGroupComponent") else { return grants };
    let rows = view.rows_linked("PermissionSetGroupComponent", "PermissionSetGroupId", group);
    let members: Vec<RecordId> =
        rows.iter().filter_map(|row| view.id_in(components, row, "PermissionSetId")).collect();
    let (muting, adding): (Vec<_>, Vec<_>) = members.into_iter().partition(|id| id.prefix() == MUTING);
    adding.into_iter().for_each(|set| grants.add(&read_grants(view, set)));
    muting.into_iter().for_each(|set| grants.mute(&read_grants(view, set)));
    grants
}

/// Removes what a set says about sObjects and fields.
fn clear(org: &Org, set: RecordId) {
    purge_linked(org, "ObjectPermissions", "ParentId", set);
    purge_linked(org, "FieldPermissions", "ParentId", set);
}

fn purge_linked(org: &Org, sobject: &str, lookup: &str, to: RecordId) {
    let ids: Vec<RecordId> = {
        let view = org.read();
        view.rows_linked(sobject, lookup, to).iter().map(|row| view.id(row)).collect()
    };
    let Some(sobject) = org.schema().find(sobject) else { return };
    for id in ids {
        let _ = org.purge(sobject, &id);
    }
}
