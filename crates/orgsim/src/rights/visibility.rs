//! Which records of an sObject a user reaches: by owner, by the role of the owner, by the parent.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use super::reach::{Master, Reach};
use super::{OrgDefault, Rights};
use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::SObject;
use crate::value::Value;

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
    /// Whose records count as the user's own. Asked for when somebody first wants to know.
    circle: Arc<OnceLock<Arc<HashSet<RecordId>>>>,
}

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
        let is_open = |sobject: &SObject| {
            // Contacts without an account are private whatever the default.
            let default = self.rights.sharing().of(sobject);
            sobject.name != "Contact"
                && !matches!(default, OrgDefault::Private | OrgDefault::ControlledByParent)
        };
        let reads_all = |sobject: &SObject| self.rights.access(sobject).view_all || is_open(sobject);
        match Reach::of(sobject) {
            Reach::Own(_, permissions) => self.has_any(permissions),
            Reach::File(_) => self.rights.has(ALL_FILES),
            Reach::Rights => true,
            Reach::Owner => reads_all(sobject),
            Reach::Master(master) => master.is_none_or(|master| reads_all(master.sobject)),
        }
    }

    /// Returns whether the user may do something with a record, given the right to do it with records of that kind.
    pub(crate) fn allows(&self, view: &OrgView<'_>, sobject: &SObject, row: &Row, deed: Deed) -> bool {
        let reach = Reach::of(sobject);
        match reach {
            Reach::Own(field, permissions) => {
                return view.id_in(sobject, row, field) == Some(self.rights.user_id())
                    || self.has_any(permissions);
            }
            Reach::File(field) if !self.rights.has(ALL_FILES) => {
                let document = view.id_in(sobject, row, field);
                return document.is_some_and(|document| self.allows_document(view, document));
            }
            _ => {}
        }
        let access = self.rights.access(sobject);
        if access.modify_all || deed == Deed::Read && access.view_all {
            return true;
        }
        match reach {
            Reach::Own(..) | Reach::File(_) | Reach::Rights | Reach::Master(None) => true,
            Reach::Owner => self.allows_owned(view, sobject, row, deed),
            Reach::Master(Some(Master { sobject: master, lookup })) => {
                let Value::Id(id) = view.value(sobject, row, lookup) else { return true };
                // Details are written and deleted by who may edit what they are details of.
                let deed = if deed == Deed::Read { deed } else { Deed::Edit };
                view.find(master, &id).is_none_or(|row| self.allows(view, master, &row, deed))
            }
        }
    }

    fn has_any(&self, permissions: &[&str]) -> bool {
        permissions.iter().any(|permission| self.rights.has(permission))
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

    fn circle(&self, view: &OrgView<'_>) -> &HashSet<RecordId> {
        self.circle.get_or_init(|| self.rights.circle(view))
    }
}

/// The user permission to see all files.
const ALL_FILES: &str = "QueryAllFiles";
