//! What the rights of a user let them write.

use std::sync::Arc;

use crate::org::{Author, Org, OrgView, Row, SaveError};
use crate::rights::{Deed, Rights, Visibility};
use crate::schema::SObject;

impl Org {
    /// Returns the rights of who writes.
    pub(super) fn rights_of(&self, by: Author) -> Arc<Rights> {
        self.rights(by.user_id, by.now_ms)
    }

    /// Refuses a new record to who may not make records of that kind.
    pub(super) fn permit_create(&self, sobject: &SObject, rights: &Rights) -> Result<(), Vec<SaveError>> {
        if rights.access(sobject).create {
            return Ok(());
        }
        let message = format!("entity type cannot be inserted: {}", sobject.label);
        Err(vec![SaveError::of_record("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)])
    }

    /// Refuses what may not be done with a record (SOAP API Developer Guide, Error Object).
    pub(super) fn permit(
        &self,
        view: &OrgView<'_>,
        sobject: &SObject,
        row: &Row,
        deed: Deed,
        rights: &Arc<Rights>,
    ) -> Result<(), Vec<SaveError>> {
        let access = rights.access(sobject);
        let is_self = sobject.name == "User" && view.id(row) == rights.user_id();
        let is_granted = match deed {
            Deed::Read => access.read,
            Deed::Edit => access.edit || is_self,
            Deed::Delete => access.delete,
        };
        let visibility = Visibility::new(Arc::clone(rights));
        if !visibility.allows(view, sobject, row, Deed::Read) {
            return Err(vec![SaveError::no_such_record()]);
        }
        if is_granted && visibility.allows(view, sobject, row, deed) {
            return Ok(());
        }
        let message = "insufficient access rights on object id";
        Err(vec![SaveError::of_record("INSUFFICIENT_ACCESS_OR_READONLY", message)])
    }
}
