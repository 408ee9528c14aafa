//! What users may do: the rights that their profile and permission sets grant, put together.
//!
//! A user has what any of the sets assigned to them grants (Help, Permission Sets). Whoever reads or writes for a user asks
//! [`Rights`], which [`Org::rights`](crate::org::Org::rights) works out and keeps until a permission is written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub(crate) use self::access::Access;
pub(crate) use self::catalog::{ADMINISTRATOR, Grant, PROFILES, ProfileSpec, ROLES, USER_LICENSES};
use self::circle::Circle;
pub(crate) use self::gate::Gate;
pub(crate) use self::grants::{Grants, find_field, read_grants, sets_of};
pub(crate) use self::kept::{RightsCache, SOURCES as RIGHTS_SOURCES};
pub(crate) use self::narrow::{narrow_abilities, narrow_describe, narrow_global};
pub(crate) use self::sharing::{OrgDefault, Sharing};
pub(crate) use self::visibility::{Deed, Visibility};
use crate::id::RecordId;
use crate::org::OrgView;
use crate::schema::{ChildRelationship, Field, SObject, Schema};

mod access;
mod catalog;
mod circle;
mod gate;
mod grants;
mod kept;
mod narrow;
mod reach;
mod sharing;
mod visibility;

/// The rights of one user.
#[derive(Clone, Debug)]
pub struct Rights {
    user_id: RecordId,
    role_id: Option<RecordId>,
    /// By place of the sObject. None where nothing is refused.
    access: Option<Vec<Access>>,
    /// What may be read of a field, and whether it may be written, by the places of sObject and field.
    fields: HashMap<(usize, usize), bool>,
    permissions: Vec<String>,
    sharing: Sharing,
    circle: Circle,
}

impl Rights {
    /// Returns the rights of one to whom nothing is refused.
    pub fn unlimited(user_id: RecordId) -> Arc<Self> {
        Arc::new(Self {
            user_id,
            role_id: None,
            access: None,
            fields: HashMap::new(),
            permissions: Vec::new(),
            sharing: Sharing::default(),
            circle: Circle::default(),
        })
    }

    /// Works out the rights of a user.
    pub(crate) fn of(view: &OrgView<'_>, user_id: RecordId, sharing: Sharing, now_ms: i64) -> Self {
        let sets = grants::sets_of(view, user_id, now_ms);
        let mut all = Grants::default();
        for set in &sets {
            all.add(&read_grants(view, *set));
        }
        let role_id = view
            .find_by_name("User", &user_id)
            .and_then(|(users, row)| view.id_in(users, &row, "UserRoleId"));
        let access =
            view.schema().sobjects().iter().map(|sobject| settle(view.schema(), sobject, &all)).collect();
        Self {
            user_id,
            role_id,
            access: Some(access),
            permissions: all.permissions.into_iter().collect(),
            fields: all.fields,
            sharing,
            circle: Circle::default(),
        }
    }

    pub(crate) fn user_id(&self) -> RecordId {
        self.user_id
    }

    pub(crate) fn role_id(&self) -> Option<RecordId> {
        self.role_id
    }

    /// Returns whose records count as the user's own in a view of the org.
    pub(crate) fn circle(&self, view: &OrgView<'_>) -> Arc<HashSet<RecordId>> {
        self.circle.members(view, self)
    }

    pub(crate) fn sharing(&self) -> &Sharing {
        &self.sharing
    }

    /// Returns whether the user has a user permission, named without the prefix that its field has.
    pub(crate) fn has(&self, permission: &str) -> bool {
        self.access.is_none() || self.permissions.iter().any(|known| known == permission)
    }

    /// Returns what the user may do with the records of an sObject.
    pub(crate) fn access(&self, sobject: &SObject) -> Access {
        self.access.as_ref().map_or(Access::ALL, |access| access[sobject.index])
    }

    /// Returns whether the sObject is there for the user.
    pub(crate) fn may_read(&self, sobject: &SObject) -> bool {
        self.access(sobject).read
    }

    /// Returns whether a field is there for the user.
    pub(crate) fn may_read_field(&self, sobject: &SObject, field: &Field) -> bool {
        self.field_right(sobject, field).is_some()
    }

    /// Returns whether the user may write a field that clients can write at all.
    pub(crate) fn may_edit_field(&self, sobject: &SObject, field: &Field) -> bool {
        self.field_right(sobject, field) == Some(true)
    }

    /// Returns whether the user may follow a relationship to children: read them, and the lookup they point back with.
    pub(crate) fn may_read_child(&self, schema: &Schema, child: &ChildRelationship) -> bool {
        schema.find(&child.child_sobject).is_none_or(|sobject| {
            let field = sobject.field(&child.field);
            self.may_read(sobject) && field.is_none_or(|field| self.may_read_field(sobject, field))
        })
    }

    /// Returns whether a field may be written, and nothing if it may not even be read.
    fn field_right(&self, sobject: &SObject, field: &Field) -> Option<bool> {
        if field.is_gone() {
            return None;
        }
        let Some(access) = &self.access else { return Some(true) };
        let Some(entry) = secured_entry(sobject, field) else { return Some(true) };
        let granted = self.fields.get(&(sobject.index, entry.index)).copied();
        granted.or_else(|| access[sobject.index].all_fields.then_some(false))
    }
}

/// Returns what grants come to on an sObject.
fn settle(schema: &Schema, sobject: &SObject, grants: &Grants) -> Access {
    let has = |permission: &&str| grants.permissions.contains(*permission);
    let any = |permissions: &[&str]| permissions.iter().any(has);
    let on = |sobject: &SObject| on_object(sobject, grants);
    let mut access = match Gate::of(sobject) {
        Gate::Open => Access { create: true, edit: true, delete: true, ..Access::READ },
        Gate::Object => on(sobject),
        // Who may edit the record may write its details.
        Gate::Parent(parent) => schema.find(parent).map_or(Access::ALL, |parent| {
            let access = on(parent);
            Access { create: access.edit, delete: access.edit, ..access }
        }),
        Gate::Permissions(wanted) if any(wanted) => {
            Access { create: true, edit: true, delete: true, ..Access::READ }
        }
        Gate::Permissions(_) => Access::NONE,
    };
    if let Some(wanted) = Gate::to_write(sobject) {
        let writes = access.read && any(wanted);
        (access.create, access.edit, access.delete) = (writes, writes, writes);
    }
    let (views, modifies) = (any(&["ViewAllData", "ModifyAllData"]), any(&["ModifyAllData"]));
    access.view_all |= access.read && views;
    access.modify_all |= access.read && modifies;
    access.all_fields |= any(&["ViewAllFieldsGlobal"]);
    access
}

/// Returns the rights granted on an sObject. Those on all data bring those on each sObject along (Help, View All and
/// Modify All Permissions).
fn on_object(sobject: &SObject, grants: &Grants) -> Access {
    let granted = grants.objects.get(&sobject.index).copied().unwrap_or_default();
    let all = Access { all_fields: granted.all_fields, ..Access::ALL };
    if grants.permissions.contains("ModifyAllData") {
        granted.or(all)
    } else if grants.permissions.contains("ViewAllData") {
        granted.or(Access { view_all: true, ..Access::READ })
    } else {
        granted
    }
}

/// Returns the field by whose name `FieldPermissions` speak of a field: the compound one for the parts of an address
/// (Object Reference, FieldPermissions). None for fields that field-level security leaves alone.
pub(crate) fn secured_entry<'a>(sobject: &'a SObject, field: &'a Field) -> Option<&'a Field> {
    let whole =
        field.compound.as_deref().and_then(|name| sobject.field(name)).filter(|whole| whole.is_compound());
    Some(whole.unwrap_or(field)).filter(|entry| entry.permissionable)
}
