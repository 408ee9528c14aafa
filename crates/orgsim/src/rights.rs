//! What users may do: the rights that their profile and permission sets grant, put together.

pub(crate) use self::catalog::{ADMINISTRATOR, Grant, PROFILES, ProfileSpec, ROLES, USER_LICENSES};
pub(crate) use self::gate::Gate;
use crate::schema::{Field, SObject};

mod catalog;
mod gate;

/// Returns the field by whose name `FieldPermissions` speak of a field: the compound one for the parts of an address
/// (Object Reference, FieldPermissions). None for fields that field-level security leaves alone.
pub(crate) fn secured_entry<'a>(sobject: &'a SObject, field: &'a Field) -> Option<&'a Field> {
    let whole =
        field.compound.as_deref().and_then(|name| sobject.field(name)).filter(|whole| whole.is_compound());
    Some(whole.unwrap_or(field)).filter(|entry| entry.permissionable)
}
