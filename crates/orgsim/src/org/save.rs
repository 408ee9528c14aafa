//! Creating and changing records by the rules of the org: one way for REST, Bulk and whatever else writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::id::RecordId;
use crate::org::check::Check;
use crate::org::draft::{Sent, Values, read_values, several_match};
use crate::org::duplicates::refuse_duplicate;
use crate::org::locks::refuse_locked;
use crate::org::standard::{Change, Draft, complete};
use crate::org::write::{Absent, Author};
use crate::org::{Org, OrgView, Row, SaveError, files, people};
use crate::rights::{Deed, Rights};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// What an upsert did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Upserted {
    Created(RecordId),
    Updated(RecordId),
}

impl Upserted {
    pub(crate) fn id(self) -> RecordId {
        match self {
            Self::Created(id) | Self::Updated(id) => id,
        }
    }

    pub(crate) fn is_created(self) -> bool {
        matches!(self, Self::Created(_))
    }
}

impl Org {
    /// Adds a record and returns its id.
    pub(crate) fn create_record(
        &self,
        sobject: &SObject,
        sent: &[Sent<'_>],
        by: Author,
    ) -> Result<RecordId, Vec<SaveError>> {
        self.create_with_key(sobject, None, sent, by)
    }

    /// Changes a record.
    pub(crate) fn update_record(
        &self,
        sobject: &SObject,
        id: &RecordId,
        sent: &[Sent<'_>],
        by: Author,
    ) -> Result<(), Vec<SaveError>> {
        if !sobject.abilities.updateable {
            let message = format!("entity type cannot be updated: {}", sobject.label);
            return Err(vec![SaveError::of_record("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)]);
        }
        let by = by.at_whole_second();
        self.transact(|| {
            let row = self.find_live(sobject, id).map_err(|error| vec![error])?;
            let before = self.read();
            let rights = self.rights_of(by);
            self.permit(&before, sobject, &row, Deed::Edit, &rights)?;
            let values = self.draft(sobject, Some(row), None, sent, (by, &rights))?;
            let locks = self.inner.rules.locks(self.inner.now_ms());
            refuse_locked(&before, &locks, sobject, Some(row), &values).map_err(|error| vec![error])?;
            let change = people::Change { sobject, id: Some(*id), values: &values, by };
            let people = people::check(self, change)?;
            self.update_as(sobject, id, &values, by).map_err(|absent| vec![absent.into()])?;
            self.finish(Change { sobject, row, before: Some(&before), values: &values, by })?;
            people::follow(self, change, &people)
        })
    }

    /// Changes the record that has that key, or adds one with it.
    pub(crate) fn upsert_record(
        &self,
        sobject: &SObject,
        key: (&Field, &Value<'static>),
        sent: &[Sent<'_>],
        by: Author,
    ) -> Result<Upserted, Vec<SaveError>> {
        let (field, value) = key;
        self.transact(|| {
            let view = self.read();
            let rows = view.live_rows_by_key(sobject, field, value);
            let ids: Vec<RecordId> = rows.iter().map(|row| view.id(row)).collect();
            match ids.as_slice() {
                [] => match value {
                    Value::Id(id) if field.kind == FieldKind::Id => {
                        Err(vec![self.find_live(sobject, id).err().unwrap_or_else(SaveError::no_such_record)])
                    }
                    _ => self.create_with_key(sobject, Some(key), sent, by).map(Upserted::Created),
                },
                [id] => {
                    drop(view);
                    self.update_record(sobject, id, sent, by).map(|()| Upserted::Updated(*id))
                }
                _ => Err(vec![several_match(&view, field, &rows)]),
            }
        })
    }

    fn create_with_key(
        &self,
        sobject: &SObject,
        key: Option<(&Field, &Value<'static>)>,
        sent: &[Sent<'_>],
        by: Author,
    ) -> Result<RecordId, Vec<SaveError>> {
        if !sobject.abilities.createable {
            let message = format!("entity type cannot be inserted: {}", sobject.label);
            return Err(vec![SaveError::of_record("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)]);
        }
        if self.inner.is_full.load(Ordering::Relaxed) {
            return Err(vec![SaveError::of_record("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")]);
        }
        let by = by.at_whole_second();
        self.transact(|| {
            let rights = self.rights_of(by);
            self.permit_create(sobject, &rights)?;
            let values = self.draft(sobject, None, key, sent, (by, &rights))?;
            let view = self.read();
            let locks = self.inner.rules.locks(self.inner.now_ms());
            refuse_locked(&view, &locks, sobject, None, &values).map_err(|error| vec![error])?;
            let change = people::Change { sobject, id: None, values: &values, by };
            let people = people::check(self, change)?;
            let id = self.insert_as(sobject, &values, by);
            let row = self.read().find(sobject, &id).ok_or_else(|| vec![SaveError::no_such_record()])?;
            self.finish(Change { sobject, row, before: None, values: &values, by })?;
            people::follow(self, people::Change { id: Some(id), ..change }, &people)?;
            Ok(id)
        })
    }

    /// Holds a record that was written against the rules of the administrator, and does what follows from it elsewhere. The
    /// errors undo the write.
    fn finish(&self, change: Change<'_, '_>) -> Result<(), Vec<SaveError>> {
        let Change { sobject, row, before, by, .. } = change;
        let rules = self.inner.rules.validation_of(sobject);
        let view = self.read();
        let broken: Vec<SaveError> =
            rules.iter().filter_map(|rule| rule.check(&view, before, sobject, row)).collect();
        if !broken.is_empty() {
            return Err(broken);
        }
        let duplicates = self.inner.rules.duplicates();
        refuse_duplicate(&view, &duplicates, sobject, row, by).map_err(|error| vec![error])?;
        self.follow(change);
        Ok(())
    }

    /// Finds a record that can be written.
    pub(super) fn find_live(&self, sobject: &SObject, id: &RecordId) -> Result<Row, SaveError> {
        if sobject.key_prefix != Some(id.prefix()) {
            return Err(SaveError::wrong_id(sobject, id.as_str()));
        }
        let view = self.read();
        let row = view.find(sobject, id).ok_or_else(SaveError::no_such_record)?;
        if view.is_deleted(&row) { Err(SaveError::is_deleted()) } else { Ok(row) }
    }

    /// Reads, checks and completes what was sent.
    fn draft(
        &self,
        sobject: &SObject,
        row: Option<Row>,
        key: Option<(&Field, &Value<'static>)>,
        sent: &[Sent<'_>],
        (by, rights): (Author, &Arc<Rights>),
    ) -> Result<Values, Vec<SaveError>> {
        let view = self.read();
        let mut values = read_values(&view, sobject, sent).map_err(|error| vec![error])?;
        if let Some((field, value)) = key.filter(|(_, value)| !value.is_null()) {
            values.retain(|(index, _)| *index != field.index);
            values.push((field.index, value.clone()));
        }
        let sets_audit_fields = self.inner.rules.switches().set_audit_fields;
        let picklists = self.picklists_of(people::record_type_of(&view, sobject, row, &values));
        let picklists = picklists.as_ref();
        let mut values =
            Check { view: &view, sobject, row, sets_audit_fields, rights, picklists }.run(values)?;
        self.permit_references(&view, (sobject, row), &values, (by, rights))?;
        if row.is_none() {
            // A null for what has a default is as if it had been left out, but for fields that may be empty.
            values.retain(|(index, value)| sobject.fields[*index].nillable || !value.is_null());
            follow_contact(&view, sobject, &mut values);
            people::choose_default(&view, sobject, &mut values);
            files::complete(&view, sobject, &mut values)?;
        }
        let draft = Draft { view: &view, sobject, row, values: &mut values, by };
        complete(draft).map_err(|error| vec![error])?;
        Ok(values)
    }
}

/// A new case of a contact is one of the contact's account, unless it says otherwise (Object Reference, Case).
fn follow_contact(view: &OrgView<'_>, sobject: &SObject, values: &mut Values) {
    if sobject.name != "Case" {
        return;
    }
    let given = |name: &str| {
        let field = sobject.field(name)?;
        values.iter().find(|(index, _)| *index == field.index).map(|(_, value)| value.clone())
    };
    let (Some(Value::Id(contact)), None) = (given("ContactId"), given("AccountId")) else { return };
    let account = view.schema().find("Contact").and_then(|contacts| {
        let row = view.find(contacts, &contact)?;
        Some(view.value(contacts, &row, contacts.field("AccountId")?).into_owned())
    });
    if let (Some(account), Some(field)) = (account, sobject.field("AccountId")) {
        values.push((field.index, account));
    }
}

impl Author {
    /// An org keeps whole seconds.
    pub(super) fn at_whole_second(self) -> Self {
        Self { now_ms: self.now_ms - self.now_ms.rem_euclid(1_000), ..self }
    }
}

impl From<Absent> for SaveError {
    fn from(absent: Absent) -> Self {
        match absent {
            Absent::NotFound => Self::no_such_record(),
            Absent::Deleted => Self::is_deleted(),
            Absent::NotDeleted => Self::of_record("UNDELETE_FAILED", "Entity is not in the recycle bin"),
        }
    }
}
