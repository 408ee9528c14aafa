//! Users beside the workers: of other licences, and those that the system itself makes. And who waits at the queues.

use super::super::Planter;
use crate::id::RecordId;
use crate::rights::PROFILES;
use crate::value::Value;

/// A user: first and last name, alias, profile and the type where it is not the profile's.
type UserSpec = (&'static str, &'static str, &'static str, &'static str, Option<&'static str>);

const USERS: [UserSpec; 8] = [
    ("", "Automated Process", "autoproc", "System Administrator", Some("AutomatedProcess")),
    (
        "Platform Integration",
        "User",
        "cloud",
        "Analytics Cloud Integration User",
        Some("CloudIntegrationUser"),
    ),
    ("Integration", "User", "integ", "Analytics Cloud Integration User", None),
    ("Towing", "Connector", "tconn", "Salesforce API Only System Integrations", None),
    ("Lock", "Keeper", "lkeep", "Chatter Free User", None),
    ("Bridge", "Partner", "bpart", "Partner Community User", None),
    ("Canal", "Customer", "ccust", "Customer Community User", None),
    ("", "Help Center Site Guest User", "guest", "Help Center Profile", Some("Guest")),
];

pub(super) fn plant(planter: &Planter<'_>, profiles: &[RecordId], roles: &[RecordId]) {
    for (first, last, alias, profile, user_type) in USERS {
        let place = PROFILES.iter().position(|known| known.name == profile);
        let profile = profiles[place.expect("every user names a profile of the list")];
        let name = |domain: &str| {
            let slug = format!("{first}.{last}").trim_matches('.').to_lowercase().replace(' ', ".");
            Value::owned_text(format!("{slug}@{domain}"))
        };
        let mut values = vec![
            ("FirstName", if first.is_empty() { Value::Null } else { Value::text(first) }),
            ("LastName", Value::text(last)),
            ("Username", name(&format!("{}.lockside.example", planter.org.organization_id()))),
            ("Email", name("lockside.example")),
            ("Alias", Value::text(alias)),
            ("CommunityNickname", Value::owned_text(format!("{alias}.system"))),
            ("ProfileId", Value::Id(profile)),
            ("IsActive", Value::Bool(true)),
            ("TimeZoneSidKey", Value::text("America/Los_Angeles")),
            ("LocaleSidKey", Value::text("en_US")),
            ("LanguageLocaleKey", Value::text("en_US")),
            ("EmailEncodingKey", Value::text("UTF-8")),
            ("DigestFrequency", Value::text("N")),
            ("DefaultGroupNotificationFrequency", Value::text("N")),
        ];
        values.extend(user_type.map(|user_type| ("UserType", Value::text(user_type))));
        let user = planter.plant("User", &values);
        planter.plant("UserLogin", &[("UserId", Value::Id(user))]);
        planter.plant(
            "PermissionSetAssignment",
            &[("AssigneeId", Value::Id(user)), ("IsActive", Value::Bool(true))],
        );
    }
    plant_queue_members(planter, roles);
}

/// Each queue has a user as its member, the first one besides a role with those below it.
fn plant_queue_members(planter: &Planter<'_>, roles: &[RecordId]) {
    let service = planter.plant(
        "Group",
        &[
            ("Name", Value::text("Head of Service")),
            ("DeveloperName", Value::text("HeadofService")),
            ("Type", Value::text("RoleAndSubordinates")),
            ("RelatedId", Value::Id(roles[2])),
        ],
    );
    let view = planter.org.read();
    let Some(groups) = view.schema().find("Group") else { return };
    let users = planter.first_ids("User", 4);
    let queues: Vec<RecordId> =
        view.rows(groups).map(|row| view.id(&row)).filter(|id| *id != service).collect();
    drop(view);
    for (at, queue) in queues.iter().enumerate() {
        planter
            .plant("QueueSobject", &[("QueueId", Value::Id(*queue)), ("SobjectType", Value::text("Case"))]);
        let user = users[(at + 1) % users.len()];
        planter.plant("GroupMember", &[("GroupId", Value::Id(*queue)), ("UserOrGroupId", Value::Id(user))]);
    }
    if let Some(first) = queues.first() {
        let values = [("GroupId", Value::Id(*first)), ("UserOrGroupId", Value::Id(service))];
        planter.plant("GroupMember", &values);
    }
}
