//! Who works with the org, and what they may do.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area {
    picklists: include_str!("people/picklists.txt"),
    sobjects: &[
        include_str!("people/business_process.txt"),
        include_str!("people/field_permissions.txt"),
        include_str!("people/group.txt"),
        include_str!("people/group_member.txt"),
        include_str!("people/muting_permission_set.txt"),
        include_str!("people/object_permissions.txt"),
        include_str!("people/organization.txt"),
        include_str!("people/package_license.txt"),
        include_str!("people/permission_set.txt"),
        include_str!("people/permission_set_assignment.txt"),
        include_str!("people/permission_set_group.txt"),
        include_str!("people/permission_set_group_component.txt"),
        include_str!("people/permission_set_license.txt"),
        include_str!("people/permission_set_license_assign.txt"),
        include_str!("people/profile.txt"),
        include_str!("people/queue_sobject.txt"),
        include_str!("people/record_type.txt"),
        include_str!("people/tenant_usage_entitlement.txt"),
        include_str!("people/user.txt"),
        include_str!("people/user_license.txt"),
        include_str!("people/user_login.txt"),
        include_str!("people/user_package_license.txt"),
        include_str!("people/user_record_access.txt"),
        include_str!("people/user_role.txt"),
    ],
};
