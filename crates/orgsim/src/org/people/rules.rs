//! What is refused where people, licences and permissions are written.

use super::{Before, Change, record_types};
use crate::id::RecordId;
use crate::org::{Org, OrgView, SaveError};
use crate::rights::{Gate, Grants, find_field, read_grants};
use crate::schema::SObject;
use crate::value::Value;

type Checked = Result<(), SaveError>;

/// Flags of `ObjectPermissions`, each with those it needs (Object Reference, ObjectPermissions).
const NEEDS: [(&str, &str, &[&str]); 6] = [
    ("PermissionsCreate", "Create", &["PermissionsRead"]),
    ("PermissionsEdit", "Edit", &["PermissionsRead"]),
    ("PermissionsDelete", "Delete", &["PermissionsRead", "PermissionsEdit"]),
    ("PermissionsViewAllRecords", "View All", &["PermissionsRead"]),
    (
        "PermissionsModifyAllRecords",
        "Modify All",
        &["PermissionsRead", "PermissionsEdit", "PermissionsDelete", "PermissionsViewAllRecords"],
    ),
    ("PermissionsViewAllFields", "View All Fields", &["PermissionsRead"]),
];

/// The licence whose users get rights on sObjects by a permission set licence alone, and the name of that.
pub(crate) const INTEGRATION_LICENSE: &str = "Salesforce Integration";
const INTEGRATION_SET_LICENSE: &str = "SalesforceAPIIntegrationPsl";

/// Checks a write, and returns what it is going to replace.
pub(in crate::org) fn check(org: &Org, change: Change<'_>) -> Result<Before, Vec<SaveError>> {
    let view = org.read();
    let checked = match change.sobject.name.as_str() {
        "User" => check_user(&view, change),
        "UserLogin" => check_freeze(&view, change),
        "ObjectPermissions" => check_object(&view, change),
        "FieldPermissions" => check_field(&view, change),
        "PermissionSetAssignment" => check_assignment(&view, change),
        "PermissionSetLicenseAssign" => check_seat(&view, change, "PermissionSetLicense", "TotalLicenses"),
        "UserPackageLicense" => check_seat(&view, change, "PackageLicense", "AllowedLicenses"),
        "PermissionSet" | "PermissionSetGroup" if change.id.is_none() => check_name(&view, change),
        _ => record_types::check(&view, change),
    };
    checked.map_err(|error| vec![error])?;
    Ok(Before::read(&view, change))
}

/// Checks a delete, and returns what the record was like.
pub(in crate::org) fn check_delete(org: &Org, change: Change<'_>) -> Result<Before, Vec<SaveError>> {
    let view = org.read();
    let checked = match change.sobject.name.as_str() {
        "PermissionSet" => check_set_is_free(&view, change),
        "PermissionSetAssignment" => {
            let set = change
                .id_of(&view, "PermissionSetId")
                .and_then(|set| view.find_by_name("PermissionSet", &set));
            match set {
                Some((sets, row)) if view.bool_in(sets, &row, "IsOwnedByProfile") => {
                    Err(SaveError::of_record(
                        "INSUFFICIENT_ACCESS_OR_READONLY",
                        "insufficient access rights on object id",
                    ))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    };
    checked.map_err(|error| vec![error])?;
    Ok(Before::read(&view, change))
}

/// A set that a profile owns goes with it, one that users have is kept by them.
fn check_set_is_free(view: &OrgView<'_>, change: Change<'_>) -> Checked {
    let Some(id) = change.id else { return Ok(()) };
    let assigned = view.rows_linked("PermissionSetAssignment", "PermissionSetId", id);
    if change.is_true(view, "IsOwnedByProfile") || !assigned.is_empty() {
        let message = "Your attempt to delete the permission set could not be completed because it is assigned to users.";
        return Err(SaveError::of_record("DELETE_FAILED", message));
    }
    Ok(())
}

/// Sets and groups of them have names of one kind.
fn check_name(view: &OrgView<'_>, change: Change<'_>) -> Checked {
    let field = if change.sobject.name == "PermissionSet" { "Name" } else { "DeveloperName" };
    let name = change.text(view, field);
    let is_good = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !name.contains("__")
        && !name.ends_with('_');
    if is_good {
        return Ok(());
    }
    let message = "The API name can only contain underscores and alphanumeric characters. It must be unique, begin with a \
                   letter, not include spaces, not end with an underscore, and not contain two consecutive underscores.";
    Err(SaveError::of_fields("INVALID_FIELD", message, &[field]))
}

fn check_user(view: &OrgView<'_>, change: Change<'_>) -> Checked {
    let users = change.sobject;
    let row = change.id.and_then(|id| view.find(users, &id));
    let was_active = row.is_some_and(|row| view.bool_in(users, &row, "IsActive"));
    let is_active = change.is_true(view, "IsActive");
    if was_active && !is_active {
        return change.id.map_or(Ok(()), |id| keep_an_administrator(view, users, id));
    }
    if is_active && (!was_active || change.names("ProfileId")) {
        return check_license(view, change, was_active);
    }
    Ok(())
}

/// Somebody must be left who can manage users.
fn keep_an_administrator(view: &OrgView<'_>, users: &SObject, leaving: RecordId) -> Checked {
    let manages = |profile: RecordId| {
        let found = view.find_by_name("Profile", &profile);
        found.is_some_and(|(profiles, row)| view.bool_in(profiles, &row, "PermissionsManageUsers"))
    };
    let is_administrator = |row: &crate::org::Row| {
        view.text_in(users, row, "UserType").as_deref() == Some("Standard")
            && view.bool_in(users, row, "IsActive")
            && view.id_in(users, row, "ProfileId").is_some_and(manages)
    };
    let is_one = view.find(users, &leaving).is_some_and(|row| is_administrator(&row));
    let another = || view.rows(users).any(|row| view.id(&row) != leaving && is_administrator(&row));
    if !is_one || another() {
        return Ok(());
    }
    let message = "You cannot deactivate the last active user with the permission Manage Users";
    Err(SaveError::of_record("CANNOT_DISABLE_LAST_ADMIN", message))
}

/// An active user takes one of the licences that the org has bought for the profile.
fn check_license(view: &OrgView<'_>, change: Change<'_>, was_active: bool) -> Checked {
    let license_of = |profile: Option<RecordId>| {
        let (profiles, row) = view.find_by_name("Profile", &profile?)?;
        view.id_in(profiles, &row, "UserLicenseId")
    };
    let row = change.id.and_then(|id| view.find(change.sobject, &id));
    let had =
        row.filter(|_| was_active).and_then(|row| license_of(view.id_in(change.sobject, &row, "ProfileId")));
    let Some(license) = license_of(change.id_of(view, "ProfileId")).filter(|license| had != Some(*license))
    else {
        return Ok(());
    };
    let Some((licenses, row)) = view.find_by_name("UserLicense", &license) else { return Ok(()) };
    match (int(view, licenses, &row, "TotalLicenses"), int(view, licenses, &row, "UsedLicenses")) {
        (Some(total), Some(used)) if used >= total => {
            Err(SaveError::of_record("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded"))
        }
        _ => Ok(()),
    }
}

/// A seat of a licence must be free, and nobody takes two. Minus one seats are as many as wanted.
fn check_seat(view: &OrgView<'_>, change: Change<'_>, of: &str, total: &str) -> Checked {
    let (lookup, person) = if of == "PackageLicense" {
        ("PackageLicenseId", "UserId")
    } else {
        ("PermissionSetLicenseId", "AssigneeId")
    };
    let Some((license, user)) = change.id_of(view, lookup).zip(change.id_of(view, person)) else {
        return Ok(());
    };
    let taken = view.rows_linked(&change.sobject.name, lookup, license);
    if taken.iter().any(|row| view.id_in(change.sobject, row, person) == Some(user)) {
        return Err(duplicate(change.sobject));
    }
    let found = view.find_by_name(of, &license);
    let seats = found.and_then(|(licenses, row)| int(view, licenses, &row, total)).unwrap_or(-1);
    if seats >= 0 && taken.len() as i64 >= seats {
        return Err(SaveError::of_record("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded"));
    }
    Ok(())
}

/// Nobody freezes themselves (Help, Freeze or Unfreeze User Accounts).
fn check_freeze(view: &OrgView<'_>, change: Change<'_>) -> Checked {
    if change.is_true(view, "IsFrozen") && change.id_of(view, "UserId") == Some(change.by.user_id) {
        return Err(SaveError::of_record("CANNOT_FREEZE_SELF", "You can't freeze yourself"));
    }
    Ok(())
}

fn check_object(view: &OrgView<'_>, change: Change<'_>) -> Checked {
    let name = change.text(view, "SobjectType");
    let sobject = view.schema().find(&name).filter(|sobject| Gate::of(sobject) == Gate::Object);
    let sobject = sobject.ok_or_else(|| bad_choice(change.sobject, "SobjectType", &name))?;
    for (flag, label, needed) in NEEDS {
        let is_missing = |needed: &&&str| !change.is_true(view, needed);
        if change.is_true(view, flag) && needed.iter().any(|needed| is_missing(&needed)) {
            let missing: Vec<String> = needed
                .iter()
                .filter(|needed| !change.is_true(view, needed))
                .filter_map(|needed| {
                    NEEDS.iter().find(|(flag, ..)| flag == needed).map(|(_, label, _)| *label)
                })
                .chain(needed.first().filter(|needed| !change.is_true(view, needed)).map(|_| "Read"))
                .map(|label| format!("{label} {}", sobject.label_plural))
                .collect();
            let message = format!(
                "Permission {label} {} depends on permission(s): {}",
                sobject.label_plural,
                missing.join(", ")
            );
            return Err(SaveError::of_record("FIELD_INTEGRITY_EXCEPTION", message));
        }
    }
    if change.id.is_none() {
        refuse_second(view, change, "SobjectType", &sobject.name)?;
    }
    check_parents(view, change, sobject)?;
    let mut added = Grants::default();
    added.objects.insert(sobject.index, crate::rights::Access::READ);
    let Some(set) = change.id_of(view, "ParentId") else { return Ok(()) };
    let assigned = view.rows_linked("PermissionSetAssignment", "PermissionSetId", set);
    let assignments = view.schema().find("PermissionSetAssignment");
    let users = assigned.iter().filter_map(|row| view.id_in(assignments?, row, "AssigneeId"));
    users.into_iter().try_for_each(|user| check_license_allows(view, user, &added))
}

/// A set that grants reading contacts, or details, grants reading their accounts or masters, too (Metadata API Developer
/// Guide, PermissionSet).
fn check_parents(view: &OrgView<'_>, change: Change<'_>, sobject: &SObject) -> Checked {
    let Some(set) = change.id_of(view, "ParentId").filter(|_| change.is_true(view, "PermissionsRead")) else {
        return Ok(());
    };
    let masters = sobject.fields.iter().filter(|field| field.is_master_detail() && sobject.custom);
    let parents = masters.flat_map(|field| field.reference_to.iter().map(String::as_str));
    let account = (sobject.name == "Contact").then_some("Account");
    let parents: Vec<_> = parents.chain(account).filter_map(|name| view.schema().find(name)).collect();
    if parents.is_empty() {
        return Ok(());
    }
    let granted = read_grants(view, set);
    let is_missing = |parent: &&&SObject| {
        Gate::of(parent) == Gate::Object
            && !granted.objects.get(&parent.index).is_some_and(|access| access.read)
    };
    let missing: Vec<String> =
        parents.iter().filter(is_missing).map(|parent| format!("Read {}", parent.label_plural)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message =
        format!("Permission Read {} depends on permission(s): {}", sobject.label_plural, missing.join(", "));
    Err(SaveError::of_record("FIELD_INTEGRITY_EXCEPTION", message))
}

fn check_field(view: &OrgView<'_>, change: Change<'_>) -> Checked {
    let (name, of) = (change.text(view, "Field"), change.text(view, "SobjectType"));
    let found = find_field(view, &name).filter(|(sobject, index)| {
        let is_entry = name
            .rsplit_once('.')
            .is_some_and(|(_, field)| sobject.fields[*index].name.eq_ignore_ascii_case(field));
        is_entry && sobject.name.eq_ignore_ascii_case(&of)
    });
    if found.is_none() {
        return Err(bad_choice(change.sobject, "Field", &name));
    }
    if change.is_true(view, "PermissionsEdit") && !change.is_true(view, "PermissionsRead") {
        let message = format!("Permission Edit {name} depends on permission(s): Read {name}");
        return Err(SaveError::of_record("FIELD_INTEGRITY_EXCEPTION", message));
    }
    if change.id.is_none() { refuse_second(view, change, "Field", &name) } else { Ok(()) }
}

/// A set says something about an sObject or a field once.
fn refuse_second(view: &OrgView<'_>, change: Change<'_>, field: &str, name: &str) -> Checked {
    let Some(parent) = change.id_of(view, "ParentId") else { return Ok(()) };
    let known = view.rows_linked(&change.sobject.name, "ParentId", parent);
    let is_same = |row: &crate::org::Row| {
        view.text_in(change.sobject, row, field).is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    if known.iter().any(is_same) { Err(duplicate(change.sobject)) } else { Ok(()) }
}

fn check_assignment(view: &OrgView<'_>, change: Change<'_>) -> Checked {
    let (set, group) = (change.id_of(view, "PermissionSetId"), change.id_of(view, "PermissionSetGroupId"));
    let set = match (set, group) {
        (Some(set), None) => set,
        (None, Some(group)) => match view.rows_linked("PermissionSet", "PermissionSetGroupId", group).first()
        {
            Some(row) => view.id(row),
            None => return Ok(()),
        },
        _ => {
            let message = "Specify either a permission set or a permission set group";
            let fields = ["PermissionSetId", "PermissionSetGroupId"];
            return Err(SaveError::of_fields("FIELD_INTEGRITY_EXCEPTION", message, &fields));
        }
    };
    if let Some((sets, row)) = view.find_by_name("PermissionSet", &set)
        && view.bool_in(sets, &row, "IsOwnedByProfile")
    {
        let message = "Can't assign a permission set that is owned by a profile";
        return Err(SaveError::of_fields("FIELD_INTEGRITY_EXCEPTION", message, &["PermissionSetId"]));
    }
    let Some(user) = change.id_of(view, "AssigneeId") else { return Ok(()) };
    let assigned = view.rows_linked("PermissionSetAssignment", "AssigneeId", user);
    if assigned.iter().any(|row| view.id_in(change.sobject, row, "PermissionSetId") == Some(set)) {
        return Err(duplicate(change.sobject));
    }
    check_license_allows(view, user, &read_grants(view, set))
}

/// Users for integrations get rights on sObjects once they have the licence for them (Help, Give Integration Users API Only
/// Access).
fn check_license_allows(view: &OrgView<'_>, user: RecordId, grants: &Grants) -> Checked {
    let license = || {
        let (users, row) = view.find_by_name("User", &user)?;
        let (profiles, row) = view.find_by_name("Profile", &view.id_in(users, &row, "ProfileId")?)?;
        let (licenses, row) =
            view.find_by_name("UserLicense", &view.id_in(profiles, &row, "UserLicenseId")?)?;
        view.text_in(licenses, &row, "Name")
    };
    let first = grants.objects.iter().filter(|(_, access)| access.read).map(|(place, _)| *place).min();
    let Some(first) = first.filter(|_| license().as_deref() == Some(INTEGRATION_LICENSE)) else {
        return Ok(());
    };
    let has_license = || {
        let assigns = view.schema().find("PermissionSetLicenseAssign")?;
        let held = view.rows_linked("PermissionSetLicenseAssign", "AssigneeId", user);
        let name = |id: RecordId| {
            let (licenses, row) = view.find_by_name("PermissionSetLicense", &id)?;
            view.text_in(licenses, &row, "DeveloperName")
        };
        let mut names =
            held.iter().filter_map(|row| name(view.id_in(assigns, row, "PermissionSetLicenseId")?));
        names.find(|name| name == INTEGRATION_SET_LICENSE)
    };
    if has_license().is_some() {
        return Ok(());
    }
    let label = &view.schema().sobjects()[first].label_plural;
    let message = format!("The user license doesn't allow the permission: Read {label}");
    Err(SaveError::of_record("FIELD_INTEGRITY_EXCEPTION", message))
}

fn int(view: &OrgView<'_>, sobject: &SObject, row: &crate::org::Row, field: &str) -> Option<i64> {
    match view.value(sobject, row, sobject.field(field)?) {
        Value::Int(number) => Some(number),
        _ => None,
    }
}

fn duplicate(sobject: &SObject) -> SaveError {
    let message = format!(
        "duplicate value found: <unknown> duplicates value on record with id: <unknown> ({})",
        sobject.label
    );
    SaveError::of_record("DUPLICATE_VALUE", message)
}

fn bad_choice(sobject: &SObject, field: &str, value: &str) -> SaveError {
    let label = sobject.field(field).map_or(field, |field| field.label.as_str());
    let message = format!("{label}: bad value for restricted picklist field: {value}");
    SaveError::of_fields("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, &[field])
}
