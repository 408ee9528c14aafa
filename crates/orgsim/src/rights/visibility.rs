//! Which records of an sObject a user reaches: by owner, by the role of the owner, by the parent.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use super::{Gate, OrgDefault, Rights};
use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::SObject;

/// What is to be done with a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Deed {
    Read,
    Edit,
    Delete,
}

/// Tells which records of an sObject a user reaches, as long as the users of the org stay as they are.
#[derive(Clone, Debug)]
pub(crate) struct Visibility {
    rights: Arc<Rights>,
    /// Whose records count as the user's own. Worked out when somebody first asks.
    circle: Arc<OnceLock<HashSet<RecordId>>>,
}

/// Records of which users see their own alone, unless they have one of these user permissions.
const OWN_RECORDS: [(&str, &str, &[&str]); 4] = [
    ("LoginHistory", "UserId", &["ManageUsers", "MonitorLoginHistory"]),
    ("OauthToken", "UserId", &["ManageUsers", "CustomizeApplication"]),
    ("AuthSession", "UsersId", &["ManageUsers"]),
    ("PermissionSetAssignment", "AssigneeId", &["ViewSetup", "ManageUsers", "AssignPermissionSets"]),
];

impl Visibility {
    pub(crate) fn new(rights: Arc<Rights>) -> Self {
        Self { rights, circle: Arc::default() }
    }

    pub(crate) fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Makes what tells, unless the user reads all records of the sObject.
    pub(crate) fn narrowing(rights: &Arc<Rights>, sobject: &SObject) -> Option<Self> {
        let visibility = Self::new(Arc::clone(rights));
        (!visibility.is_everything(sobject)).then_some(visibility)
    }

    fn is_everything(&self, sobject: &SObject) -> bool {
        if let Some((_, permissions)) = own_records(sobject) {
            return permissions.iter().any(|permission| self.rights.has(permission));
        }
        if document_of(sobject).is_some() {
            return self.rights.has(ALL_FILES);
        }
        let is_open = |sobject: &SObject| {
            // Contacts without an account are private whatever the default.
            sobject.name != "Contact" && self.rights.sharing().of(sobject) != OrgDefault::Private
        };
        self.rights.access(sobject).view_all
            || match Gate::of(sobject) {
                Gate::Object => {
                    is_open(sobject) && self.rights.sharing().of(sobject) != OrgDefault::ControlledByParent
                }
                Gate::Parent(parent) => {
                    let parent = crate::schema::Schema::standard().find(parent);
                    parent.is_none_or(|parent| self.rights.access(parent).view_all || is_open(parent))
                }
                Gate::Open | Gate::Permissions(_) => true,
            }
    }

    /// Returns whether the user may do something with a record, given the right to do it with records of that kind.
    pub(crate) fn allows(&self, view: &OrgView<'_>, sobject: &SObject, row: &Row, deed: Deed) -> bool {
        if let Some((field, permissions)) = own_records(sobject) {
            let is_own = view.id_in(sobject, row, field) == Some(self.rights.user_id());
            return is_own || permissions.iter().any(|permission| self.rights.has(permission));
        }
        if let Some(field) = document_of(sobject).filter(|_| !self.rights.has(ALL_FILES)) {
            let document = view.id_in(sobject, row, field);
            return document.is_some_and(|document| self.allows_document(view, document));
        }
        let access = self.rights.access(sobject);
        if access.modify_all || deed == Deed::Read && access.view_all {
            return true;
        }
        match Gate::of(sobject) {
            Gate::Open | Gate::Permissions(_) => true,
            Gate::Object => self.allows_owned(view, sobject, row, deed),
            Gate::Parent(parent) => {
                let parent = view.schema().find(parent).and_then(|parent| {
                    let lookup =
                        sobject.fields.iter().find(|field| field.reference_to.contains(&parent.name))?;
                    let id = view.id_in(sobject, row, &lookup.name)?;
                    Some((parent, view.find(parent, &id)?))
                });
                // Details are written and deleted by who may edit what they are details of.
                let deed = if deed == Deed::Read { deed } else { Deed::Edit };
                parent.is_none_or(|(parent, row)| self.allows(view, parent, &row, deed))
            }
        }
    }

    /// Returns whether a file is the user's own, or shared with the user, the org, a group that the user is in, or by a record
    /// that the user reads (Object Reference, ContentDocumentLink).
    fn allows_document(&self, view: &OrgView<'_>, document: RecordId) -> bool {
        let owner = view
            .find_by_name("ContentDocument", &document)
            .and_then(|(documents, row)| view.id_in(documents, &row, "OwnerId"));
        let Some(links) = view.schema().find("ContentDocumentLink") else { return true };
        let shared = view.rows_linked("ContentDocumentLink", "ContentDocumentId", document);
        let mut shared = shared.iter().filter_map(|row| view.id_in(links, row, "LinkedEntityId"));
        owner == Some(self.rights.user_id()) || shared.any(|linked| self.is_shared_by(view, linked))
    }

    fn is_shared_by(&self, view: &OrgView<'_>, linked: RecordId) -> bool {
        match &linked.prefix() {
            b"005" => linked == self.rights.user_id(),
            b"00D" => true,
            b"00G" => self.circle(view).contains(&linked),
            prefix => view.schema().find_by_prefix(*prefix).is_some_and(|sobject| {
                self.rights.may_read(sobject)
                    && view
                        .find(sobject, &linked)
                        .is_some_and(|row| self.allows(view, sobject, &row, Deed::Read))
            }),
        }
    }

    fn allows_owned(&self, view: &OrgView<'_>, sobject: &SObject, row: &Row, deed: Deed) -> bool {
        let is_own = || {
            let owner = view.id_in(sobject, row, "OwnerId");
            owner.is_none_or(|owner| self.circle(view).contains(&owner))
        };
        match (self.rights.sharing().of(sobject), deed) {
            (OrgDefault::Edit, Deed::Read | Deed::Edit) | (OrgDefault::Read, Deed::Read)
                if sobject.name != "Contact" || view.id_in(sobject, row, "AccountId").is_some() =>
            {
                true
            }
            (OrgDefault::ControlledByParent, deed) => {
                let account = view.id_in(sobject, row, "AccountId");
                let account = account.and_then(|id| view.find_by_name("Account", &id));
                match account {
                    Some((accounts, row)) => {
                        let deed = if deed == Deed::Read { deed } else { Deed::Edit };
                        self.allows(view, accounts, &row, deed)
                    }
                    None => is_own(),
                }
            }
            _ => is_own(),
        }
    }

    /// Returns whose records count as the user's own: those of the user, of all whose role is below, and of the queues and
    /// groups that either is in (Help, Role Hierarchy; Queues).
    fn circle(&self, view: &OrgView<'_>) -> &HashSet<RecordId> {
        self.circle.get_or_init(|| {
            let mut circle: HashSet<RecordId> = [self.rights.user_id()].into();
            let below = self.rights.role_id().map(|role| roles_below(view, role)).unwrap_or_default();
            for role in &below {
                circle.extend(view.rows_linked("User", "UserRoleId", *role).iter().map(|row| view.id(row)));
            }
            let mut roles = below;
            roles.extend(self.rights.role_id());
            circle.extend(groups_of(view, &circle, &roles));
            circle
        })
    }
}

/// The user permission to see all files.
const ALL_FILES: &str = "QueryAllFiles";

/// Returns the field that names the file that a record is or is of.
fn document_of(sobject: &SObject) -> Option<&'static str> {
    match sobject.name.as_str() {
        "ContentDocument" => Some("Id"),
        "ContentVersion" | "ContentDocumentLink" => Some("ContentDocumentId"),
        _ => None,
    }
}

fn own_records(sobject: &SObject) -> Option<(&'static str, &'static [&'static str])> {
    let own = OWN_RECORDS.iter().find(|(name, ..)| *name == sobject.name);
    own.map(|(_, field, permissions)| (*field, *permissions))
}

/// Lists the roles below one.
fn roles_below(view: &OrgView<'_>, role: RecordId) -> Vec<RecordId> {
    let mut found = Vec::new();
    let mut open = vec![role];
    while let Some(role) = open.pop() {
        for row in view.rows_linked("UserRole", "ParentRoleId", role) {
            let id = view.id(&row);
            if !found.contains(&id) {
                found.push(id);
                open.push(id);
            }
        }
    }
    found
}

/// Lists the groups and queues that users or roles are in, by way of other groups, too.
fn groups_of(view: &OrgView<'_>, users: &HashSet<RecordId>, roles: &[RecordId]) -> Vec<RecordId> {
    let (Some(groups), Some(members)) = (view.schema().find("Group"), view.schema().find("GroupMember"))
    else {
        return Vec::new();
    };
    let mut open: Vec<RecordId> = users.iter().copied().collect();
    for role in roles {
        open.extend(view.rows_linked("Group", "RelatedId", *role).iter().map(|row| view.id(row)));
    }
    let everybody =
        view.rows(groups).filter(|row| view.text_in(groups, row, "Type").as_deref() == Some("Organization"));
    open.extend(everybody.map(|row| view.id(&row)));
    let mut found: Vec<RecordId> = open.iter().copied().filter(|id| id.prefix() == *b"00G").collect();
    while let Some(member) = open.pop() {
        for row in view.rows_linked("GroupMember", "UserOrGroupId", member) {
            if let Some(group) = view.id_in(members, &row, "GroupId").filter(|group| !found.contains(group)) {
                found.push(group);
                open.push(group);
            }
        }
    }
    found
}
