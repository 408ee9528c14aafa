//! What describes the org itself: sObjects that are computed from the schema, and what the Tooling API has besides.

use super::table::Area;

/// The tables of the area.
pub(super) const AREA: Area = Area {
    picklists: include_str!("entities/picklists.txt"),
    sobjects: &[
        include_str!("entities/apex_class.txt"),
        include_str!("entities/apex_log.txt"),
        include_str!("entities/apex_page.txt"),
        include_str!("entities/apex_trigger.txt"),
        include_str!("entities/custom_field.txt"),
        include_str!("entities/custom_object.txt"),
        include_str!("entities/debug_level.txt"),
        include_str!("entities/entity_definition.txt"),
        include_str!("entities/entity_particle.txt"),
        include_str!("entities/field_definition.txt"),
        include_str!("entities/flow.txt"),
        include_str!("entities/flow_definition.txt"),
        include_str!("entities/installed_subscriber_package.txt"),
        include_str!("entities/picklist_value_info.txt"),
        include_str!("entities/platform_event_channel.txt"),
        include_str!("entities/platform_event_channel_member.txt"),
        include_str!("entities/publisher.txt"),
        include_str!("entities/recently_viewed.txt"),
        include_str!("entities/relationship_domain.txt"),
        include_str!("entities/relationship_info.txt"),
        include_str!("entities/trace_flag.txt"),
        include_str!("entities/user_entity_access.txt"),
        include_str!("entities/user_field_access.txt"),
        include_str!("entities/validation_rule.txt"),
    ],
};

/// What other areas have and the Tooling API reads, too (Tooling API, Objects).
pub(super) const ALSO_IN_TOOLING: [&str; 14] = [
    "BusinessProcess",
    "EmailTemplate",
    "Group",
    "Organization",
    "PermissionSet",
    "PermissionSetAssignment",
    "PermissionSetGroup",
    "PermissionSetLicense",
    "Profile",
    "RecordType",
    "StaticResource",
    "User",
    "UserLicense",
    "UserRole",
];
