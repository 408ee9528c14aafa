//! Profiles, each with the permission set it owns.

use super::super::Planter;
use crate::id::RecordId;
use crate::rights::{PROFILES, ProfileSpec, USER_LICENSES};
use crate::value::Value;

/// What the names of permission fields begin with.
const PREFIX: &str = "Permissions";

pub(super) fn plant(planter: &Planter<'_>, licenses: &[RecordId]) -> Vec<RecordId> {
    PROFILES.iter().map(|profile| plant_profile(planter, profile, licenses)).collect()
}

fn plant_profile(planter: &Planter<'_>, profile: &'static ProfileSpec, licenses: &[RecordId]) -> RecordId {
    let place = USER_LICENSES.iter().position(|(name, ..)| *name == profile.license);
    let license = Value::Id(licenses[place.expect("every profile names a licence of the list")]);
    let permissions = permissions_of(planter, profile);
    let mut values = vec![
        ("Name", Value::text(profile.name)),
        ("UserLicenseId", license.clone()),
        ("UserType", Value::text(profile.user_type)),
    ];
    values.extend(permissions.clone());
    let id = planter.plant("Profile", &values);
    let mut values = vec![
        ("Name", Value::owned_text(format!("X{id}"))),
        ("Label", Value::owned_text(format!("{id}"))),
        ("LicenseId", license),
        ("ProfileId", Value::Id(id)),
        ("IsOwnedByProfile", Value::Bool(true)),
        ("IsCustom", Value::Bool(profile.is_custom)),
        ("Type", Value::text("Profile")),
    ];
    values.extend(permissions);
    planter.plant("PermissionSet", &values);
    id
}

/// Lists the permissions that a profile has.
fn permissions_of(planter: &Planter<'_>, profile: &ProfileSpec) -> Vec<(&'static str, Value<'static>)> {
    let fields = planter.org.schema().find("Profile").map_or(&[][..], |sobject| &sobject.fields);
    let names = fields.iter().filter_map(|field| {
        let name = field.name.strip_prefix(PREFIX)?;
        profile.has(name).then_some((field.name.as_str(), Value::Bool(true)))
    });
    names.collect()
}
