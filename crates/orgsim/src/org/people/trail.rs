//! The trail of changes to the set-up (Object Reference, SetupAuditTrail; Help, Monitor Setup Changes).

use super::{Before, Change};
use crate::id::RecordId;
use crate::org::{Org, OrgView};
use crate::value::Value;

/// An entry: the action's name and its text.
type Entry = (&'static str, String);

const USERS: &str = "Manage Users";

/// Notes a write in the trail, if it is one of the set-up.
pub(super) fn note(org: &Org, change: Change<'_>, before: &Before) {
    let entries = entries(&org.read(), change, before);
    for entry in entries {
        insert(org, change, entry);
    }
}

/// Notes a delete.
pub(super) fn note_delete(org: &Org, change: Change<'_>, before: &Before) {
    let entry = {
        let view = org.read();
        let text =
            |name: &str| before.value(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let set = |name: &str| before.id_of(name).map(|id| name_of(&view, id)).unwrap_or_default();
        match change.sobject.name.as_str() {
            "PermissionSet" => Some(("PermSetDelete", format!("Deleted permission set {}", text("Label")))),
            "PermissionSetGroup" => {
                Some(("PermSetGroupDelete", format!("Deleted permission set group {}", text("MasterLabel"))))
            }
            "PermissionSetAssignment" => Some((
                "PermSetUnassign",
                format!(
                    "Permission set {}: unassigned from user {}",
                    set("PermissionSetId"),
                    set("AssigneeId")
                ),
            )),
            "ObjectPermissions" => Some((
                "PermSetEntityPermChanged",
                format!(
                    "Changed permission set {}: {} permissions were removed",
                    set("ParentId"),
                    text("SobjectType")
                ),
            )),
            "FieldPermissions" => Some((
                "PermSetFlsChanged",
                format!(
                    "Changed permission set {}: field-level security for {} was removed",
                    set("ParentId"),
                    text("Field")
                ),
            )),
            "UserRole" => Some(("deletedrole", format!("Deleted role {}", text("Name")))),
            _ => None,
        }
    };
    entry.into_iter().for_each(|entry| insert(org, change, entry));
}

fn entries(view: &OrgView<'_>, change: Change<'_>, before: &Before) -> Vec<Entry> {
    let is_new = !before.is_there;
    let text = |name: &str| change.text(view, name);
    let named = |name: &str| change.id_of(view, name).map(|id| name_of(view, id)).unwrap_or_default();
    match change.sobject.name.as_str() {
        "User" if is_new => vec![("createduser", format!("Created new user {}", text("LastName")))],
        "User" => user_entries(view, change, before),
        "UserLogin" if change.names("IsFrozen") => {
            let (action, verb) = if change.is_true(view, "IsFrozen") {
                ("frozeuser", "Froze")
            } else {
                ("unfrozeuser", "Unfroze")
            };
            vec![(action, format!("{verb} user {}", named("UserId")))]
        }
        "PermissionSet" if is_new => {
            vec![("PermSetCreate", format!("Created permission set {}: with no license", text("Label")))]
        }
        "PermissionSet" | "Profile" => permission_entries(view, change, before),
        "PermissionSetGroup" if is_new => {
            vec![("PermSetGroupCreate", format!("Created permission set group {}", text("MasterLabel")))]
        }
        "PermissionSetAssignment" => vec![(
            "PermSetAssign",
            format!("Permission set {}: assigned to user {}", named("PermissionSetId"), named("AssigneeId")),
        )],
        "PermissionSetLicenseAssign" => vec![(
            "PermSetLicenseAssign",
            format!(
                "Permission set license {}: assigned to user {}",
                named("PermissionSetLicenseId"),
                named("AssigneeId")
            ),
        )],
        "ObjectPermissions" => vec![(
            "PermSetEntityPermChanged",
            format!(
                "Changed permission set {}: {} permissions were changed",
                named("ParentId"),
                text("SobjectType")
            ),
        )],
        "FieldPermissions" => vec![(
            "PermSetFlsChanged",
            format!(
                "Changed permission set {}: field-level security for {} was changed",
                named("ParentId"),
                text("Field")
            ),
        )],
        "UserRole" if is_new => vec![("newrole", format!("Created new role {}", text("Name")))],
        "Organization" => vec![("orgsettingschanged", "Changed organization settings".to_owned())],
        _ => Vec::new(),
    }
}

fn user_entries(view: &OrgView<'_>, change: Change<'_>, before: &Before) -> Vec<Entry> {
    let name = change.id.map(|id| name_of(view, id)).unwrap_or_default();
    let changed = |field: &str| before.value(field).filter(|old| **old != change.value(view, field));
    let mut entries = Vec::new();
    if let Some(was_active) = changed("IsActive") {
        let is_out = *was_active == Value::Bool(true);
        let (action, verb) =
            if is_out { ("deactivateduser", "Deactivated") } else { ("activateduser", "Activated") };
        entries.push((action, format!("{verb} user {name}")));
    }
    for (field, action, what) in
        [("ProfileId", "changedprofileforuser", "profile"), ("UserRoleId", "changedroleforuser", "role")]
    {
        if let Some(old) = changed(field) {
            let text = |value: &Value<'_>| match value {
                Value::Id(id) => name_of(view, *id),
                _ => "None".to_owned(),
            };
            let (old, new) = (text(old), text(&change.value(view, field)));
            entries.push((action, format!("Changed {what} for user {name} from {old} to {new}")));
        }
    }
    if let Some(old) = changed("Email") {
        let (old, new) = (old.as_str().unwrap_or_default(), change.text(view, "Email"));
        entries.push(("changeduseremail", format!("Changed email for user {name} from {old} to {new}")));
    }
    entries
}

fn permission_entries(view: &OrgView<'_>, change: Change<'_>, before: &Before) -> Vec<Entry> {
    let name = change.id.map(|id| name_of(view, id)).unwrap_or_default();
    let fields = change.values.iter().map(|(index, _)| &change.sobject.fields[*index]);
    let changed = fields.filter(|field| {
        let old = before.value(&field.name);
        field.name.starts_with("Permissions") && old != Some(&change.value(view, &field.name))
    });
    let entry = |field: &crate::schema::Field| {
        let is_on = change.is_true(view, &field.name);
        let (action, verb) =
            if is_on { ("PermSetEnableUserPerm", "enabled") } else { ("PermSetDisableUserPerm", "disabled") };
        (action, format!("Changed permission set {name}: {} was {verb}", field.label))
    };
    changed.map(entry).collect()
}

fn name_of(view: &OrgView<'_>, id: RecordId) -> String {
    let Some(sobject) = view.schema().find_by_prefix(id.prefix()) else { return String::new() };
    let name = if sobject.field("Label").is_some() { "Label" } else { "Name" };
    let field =
        sobject.field(name).or_else(|| sobject.name_field()).map_or("Id", |field| field.name.as_str());
    view.find(sobject, &id).and_then(|row| view.text_in(sobject, &row, field)).unwrap_or_default()
}

fn insert(org: &Org, change: Change<'_>, (action, display): Entry) {
    let Some(sobject) = org.schema().find("SetupAuditTrail") else { return };
    let section = if change.sobject.name == "Organization" { "Company Information" } else { USERS };
    let display: String = display.chars().take(512).collect();
    let values = [("Action", action.to_owned()), ("Section", section.to_owned()), ("Display", display)];
    let values: Vec<_> = values
        .into_iter()
        .filter_map(|(name, text)| Some((sobject.field(name)?.index, Value::owned_text(text))))
        .collect();
    org.insert_as(sobject, &values, change.by);
}
