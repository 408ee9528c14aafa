//! Who works with the org, and what they may do.

use super::Planter;
use crate::id::RecordId;

mod licenses;
mod profiles;
mod record_types;
mod sets;
mod users;

pub(super) fn plant(planter: &Planter<'_>) {
    let licenses = licenses::plant(planter);
    let profiles = profiles::plant(planter, &licenses);
    let roles = plant_roles(planter);
    sets::plant(planter);
    record_types::plant(planter);
    users::plant(planter, &profiles, &roles);
}

fn plant_roles(planter: &Planter<'_>) -> Vec<RecordId> {
    use crate::rights::ROLES;
    use crate::value::Value;
    let mut ids: Vec<RecordId> = Vec::with_capacity(ROLES.len());
    for (name, developer_name, above) in ROLES {
        let parent = above.map_or(Value::Null, |above| Value::Id(ids[above]));
        let values = [
            ("Name", Value::text(name)),
            ("DeveloperName", Value::text(developer_name)),
            ("RollupDescription", Value::text(name)),
            ("ParentRoleId", parent),
        ];
        ids.push(planter.plant("UserRole", &values));
    }
    ids
}
