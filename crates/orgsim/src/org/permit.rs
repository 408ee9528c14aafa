//! What the rights of a user let them write.

use std::sync::Arc;

use crate::faults::known::NEEDS_READ;
use crate::id::RecordId;
use crate::org::draft::Values;
use crate::org::{Author, Org, OrgView, Row, SaveError};
use crate::rights::{Deed, Gate, Rights, Visibility};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

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

    /// Refuses lookups that a write points at records which its user does not see, and owners who may not read what they get
    /// (SOAP API Developer Guide, StatusCode). What a record points at already may stay.
    pub(super) fn permit_references(
        &self,
        view: &OrgView<'_>,
        (sobject, row): (&SObject, Option<Row>),
        values: &Values,
        (by, rights): (Author, &Arc<Rights>),
    ) -> Result<(), Vec<SaveError>> {
        let visibility = Visibility::new(Arc::clone(rights));
        let refuse = |(index, value): &(usize, Value<'static>)| {
            let field = &sobject.fields[*index];
            let Value::Id(id) = value else { return None };
            let keeps = row.is_some_and(|row| view.value(sobject, &row, field) == *value);
            if field.kind != FieldKind::Reference || keeps {
                None
            } else if !sees(view, &visibility, field, id) {
                let message = "insufficient access rights on cross-reference id";
                Some(SaveError::of_record("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message))
            } else {
                let is_owner = field.name == "OwnerId" && id.prefix() == *b"005";
                let may_own = !is_owner || self.rights(*id, by.now_ms).may_read(sobject);
                (!may_own).then(|| SaveError::of_record("TRANSFER_REQUIRES_READ", NEEDS_READ))
            }
        };
        let refused: Vec<SaveError> = values.iter().filter_map(refuse).collect();
        if refused.is_empty() { Ok(()) } else { Err(refused) }
    }
}

/// Returns whether a user sees the record that a lookup shall point at. Set-up records are there for everybody to point at.
fn sees(view: &OrgView<'_>, visibility: &Visibility, field: &Field, id: &RecordId) -> bool {
    let target = view.schema().find_by_prefix(id.prefix());
    let Some(target) = target.filter(|target| field.reference_to.contains(&target.name)) else {
        return true;
    };
    let is_guarded = matches!(Gate::of(target), Gate::Object | Gate::Parent(_));
    let is_there = !is_guarded || visibility.rights().may_read(target);
    let reaches = |row: Row| visibility.allows(view, target, &row, Deed::Read);
    is_there && view.find(target, id).is_none_or(reaches)
}
