//! What the records of an sObject are reached by, worked out once for all.

use std::sync::OnceLock;

use super::Gate;
use crate::schema::{Field, SObject, Schema};

/// What decides whether a user reaches a record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reach {
    /// Who the record tells of, unless the user has one of these user permissions.
    Own(&'static str, &'static [&'static str]),
    /// The file that a field names, unless the user may see all files.
    File(&'static str),
    /// The rights on the sObject alone.
    Rights,
    /// Who owns it.
    Owner,
    /// The record whose detail it is.
    Master(Option<Master>),
}

/// The sObject whose details the records of another are, and their lookup to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Master {
    pub(super) sobject: &'static SObject,
    pub(super) lookup: &'static Field,
}

/// Records of which users see their own alone, unless they have one of these user permissions.
const OWN_RECORDS: [(&str, &str, &[&str]); 4] = [
    ("LoginHistory", "UserId", &["ManageUsers", "MonitorLoginHistory"]),
    ("OauthToken", "UserId", &["ManageUsers", "CustomizeApplication"]),
    ("AuthSession", "UsersId", &["ManageUsers"]),
    ("PermissionSetAssignment", "AssigneeId", &["ViewSetup", "ManageUsers", "AssignPermissionSets"]),
];

impl Reach {
    /// Returns what the records of an sObject are reached by.
    pub(super) fn of(sobject: &SObject) -> Self {
        static REACHES: OnceLock<Vec<Reach>> = OnceLock::new();
        let schema = Schema::standard();
        let reaches = REACHES.get_or_init(|| schema.sobjects().iter().map(|one| find(schema, one)).collect());
        reaches[sobject.index]
    }
}

fn find(schema: &'static Schema, sobject: &'static SObject) -> Reach {
    if let Some((_, field, permissions)) = OWN_RECORDS.iter().find(|(name, ..)| *name == sobject.name) {
        return Reach::Own(field, permissions);
    }
    match sobject.name.as_str() {
        "ContentDocument" => return Reach::File("Id"),
        "ContentVersion" | "ContentDocumentLink" => return Reach::File("ContentDocumentId"),
        _ => {}
    }
    match Gate::of(sobject) {
        Gate::Open | Gate::Permissions(_) => Reach::Rights,
        Gate::Object => Reach::Owner,
        Gate::Parent(name) => {
            let master = schema.find(name).and_then(|master| {
                let leads = |field: &&Field| field.reference_to.contains(&master.name);
                Some(Master { sobject: master, lookup: sobject.fields.iter().find(leads)? })
            });
            Reach::Master(master)
        }
    }
}
