//! Writing single records.

use crate::data::Base;
use crate::id::RecordId;
use crate::org::DuplicateHeader;
use crate::org::Org;
use crate::org::consequences::settle;
use crate::org::files;
use crate::org::statuses::Statuses;
use crate::overlay::{Deletion, Overlay, Patch, Table};
use crate::schema::SObject;
use crate::value::Value;

/// Why a record cannot be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Absent {
    /// There is no such record.
    #[error("no such record")]
    NotFound,
    /// It is in the recycle bin.
    #[error("the record is deleted")]
    Deleted,
    /// It is not in the recycle bin.
    #[error("the record is not deleted")]
    NotDeleted,
}

/// The audit fields that every write moves.
const MODIFIED: [&str; 2] = ["LastModifiedDate", "SystemModstamp"];

/// Who writes, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Author {
    pub(crate) user_id: RecordId,
    pub(crate) now_ms: i64,
    /// What the client wants of duplicate rules.
    pub(crate) duplicates: DuplicateHeader,
}

impl Author {
    /// Returns a user who writes now and says nothing about duplicates.
    pub(crate) fn new(user_id: RecordId, now_ms: i64) -> Self {
        Self { user_id, now_ms, duplicates: DuplicateHeader::default() }
    }
}

impl Org {
    /// Returns the user who connects as the author of changes.
    pub(super) fn main_author(&self, now_ms: i64) -> Author {
        Author::new(self.user_id(), now_ms)
    }

    /// Adds a record with those values by field index and returns its id. What is left out gets its default.
    ///
    /// The caller has checked that the fields may be written.
    pub fn insert(&self, sobject: &SObject, fields: &[(usize, Value<'static>)], now_ms: i64) -> RecordId {
        self.insert_as(sobject, fields, self.main_author(now_ms))
    }

    /// Writes those values, by field index, to a record.
    pub fn update(
        &self,
        sobject: &SObject,
        id: &RecordId,
        fields: &[(usize, Value<'static>)],
        now_ms: i64,
    ) -> Result<(), Absent> {
        self.update_as(sobject, id, fields, self.main_author(now_ms))
    }

    /// Puts a record into the recycle bin, which moves its `SystemModstamp`. Nothing else goes with it.
    pub fn delete(&self, sobject: &SObject, id: &RecordId, now_ms: i64) -> Result<(), Absent> {
        let by = self.main_author(now_ms);
        self.inner.bin.receive(now_ms);
        let sobject = files::deleted_as(sobject);
        self.change(|overlay| {
            let (table, number) = find_live(overlay, sobject, id)?;
            bury(table.patch_mut(number), sobject, by);
            if let Some(note) = files::find_twin(overlay, sobject, number) {
                bury(overlay.table_mut(note).patch_mut(number), note, by);
            }
            Ok(())
        })
    }

    /// Takes a record out of the recycle bin with all that was deleted because of it, which moves their `SystemModstamp`.
    pub fn undelete(&self, sobject: &SObject, id: &RecordId, now_ms: i64) -> Result<(), Absent> {
        let by = self.main_author(now_ms);
        let sobject = files::deleted_as(sobject);
        self.change(|overlay| {
            let (table, number) = find_deleted(overlay, sobject, id)?;
            let patch = table.patch_mut(number);
            patch.deleted = false;
            touch(patch, sobject, by.user_id, by.now_ms);
            if let Some(deletion) = patch.deletion.take() {
                self.restore(overlay, *id, &deletion, by);
            }
            if let Some(note) = files::find_twin(overlay, sobject, number) {
                overlay.table_mut(note).patch_mut(number).deleted = false;
            }
            Ok(())
        })
    }

    pub(super) fn insert_as(
        &self,
        sobject: &SObject,
        fields: &[(usize, Value<'static>)],
        by: Author,
    ) -> RecordId {
        self.insert_file(sobject, fields, by).unwrap_or_else(|| self.insert_plain(sobject, fields, by))
    }

    /// Adds a record and nothing else.
    pub(super) fn insert_plain(
        &self,
        sobject: &SObject,
        fields: &[(usize, Value<'static>)],
        by: Author,
    ) -> RecordId {
        let patch = new_record(sobject, fields, &self.meanings(sobject, fields), by);
        let number = self.change(|overlay| overlay.table_mut(sobject).push(patch));
        self.inner.base.id(sobject, number)
    }

    pub(super) fn update_as(
        &self,
        sobject: &SObject,
        id: &RecordId,
        fields: &[(usize, Value<'static>)],
        by: Author,
    ) -> Result<(), Absent> {
        self.update_file(sobject, id, fields, by)
            .unwrap_or_else(|| self.update_plain(sobject, id, fields, by))
    }

    /// Changes a record and nothing else.
    pub(super) fn update_plain(
        &self,
        sobject: &SObject,
        id: &RecordId,
        fields: &[(usize, Value<'static>)],
        by: Author,
    ) -> Result<(), Absent> {
        let meanings = self.meanings(sobject, fields);
        self.change(|overlay| {
            let (table, number) = find_live(overlay, sobject, id)?;
            let patch = table.patch_mut(number);
            apply(patch, sobject, fields, &meanings, by.now_ms);
            touch(patch, sobject, by.user_id, by.now_ms);
            Ok(())
        })
    }

    /// Brings back what a delete took along, and points emptied lookups at the record again if they are still empty.
    fn restore(&self, overlay: &mut Overlay, id: RecordId, deletion: &Deletion, by: Author) {
        let sobjects = self.schema().sobjects();
        for (index, number) in &deletion.cascaded {
            let sobject = &sobjects[*index];
            let table = overlay.table_mut(sobject);
            if table.patch(*number).is_some_and(|patch| patch.deleted) {
                let patch = table.patch_mut(*number);
                patch.deleted = false;
                touch(patch, sobject, by.user_id, by.now_ms);
            }
        }
        for (index, number, field) in &deletion.emptied {
            let sobject = &sobjects[*index];
            let field = &sobject.fields[*field];
            let table = overlay.table_mut(sobject);
            let is_empty = |patch: &Patch| patch.find_value(field).is_some_and(|value| value.is_null());
            if table.contains(*number) && table.patch(*number).is_some_and(is_empty) {
                let patch = table.patch_mut(*number);
                patch.set_value(field, Value::Id(id));
                set(patch, sobject, "SystemModstamp", Value::DateTime(by.now_ms));
            }
        }
    }

    /// Removes a record for good, from the recycle bin or at once, and with it what was deleted because of it.
    pub fn purge(&self, sobject: &SObject, id: &RecordId) -> Result<(), Absent> {
        let sobject = files::deleted_as(sobject);
        self.change(|overlay| {
            let (table, number) = find_any(overlay, sobject, id)?;
            let deletion = table.patch(number).and_then(|patch| patch.deletion.clone());
            purge_at(table, sobject, number);
            if let Some(note) = files::find_twin(overlay, sobject, number) {
                purge_at(overlay.table_mut(note), note, number);
            }
            for (index, number) in deletion.iter().flat_map(|deletion| &deletion.cascaded) {
                let sobject = &self.schema().sobjects()[*index];
                let table = overlay.table_mut(sobject);
                if table.patch(*number).is_some_and(|patch| patch.deleted) {
                    purge_at(table, sobject, *number);
                }
            }
            Ok(())
        })
    }
}

/// Makes a record of those values.
pub(super) fn new_record(
    sobject: &SObject,
    fields: &[(usize, Value<'static>)],
    meanings: &Statuses,
    by: Author,
) -> Patch {
    let mut patch = Patch::of_written();
    set(&mut patch, sobject, "CreatedDate", Value::DateTime(by.now_ms));
    set(&mut patch, sobject, "CreatedById", Value::Id(by.user_id));
    set(&mut patch, sobject, "OwnerId", Value::Id(by.user_id));
    touch(&mut patch, sobject, by.user_id, by.now_ms);
    // What is given of the audit fields replaces what was just set.
    apply(&mut patch, sobject, fields, meanings, by.now_ms);
    patch
}

/// Removes a record for good. Its table remembers when it was deleted.
pub(super) fn purge_at(table: &mut Table, sobject: &SObject, number: u32) {
    let stamp = sobject.field("SystemModstamp").or_else(|| sobject.field("LastModifiedDate"));
    let deleted = table.patch(number).filter(|patch| patch.deleted);
    let deleted_ms = deleted.and_then(|patch| match patch.find_value(stamp?)? {
        Value::DateTime(ms) => Some(ms),
        _ => None,
    });
    table.purge(number, deleted_ms);
}

/// Marks a record as deleted.
pub(super) fn bury(patch: &mut Patch, sobject: &SObject, by: Author) {
    patch.deleted = true;
    touch(patch, sobject, by.user_id, by.now_ms);
}

/// Marks a record as changed by a user.
pub(super) fn touch(patch: &mut Patch, sobject: &SObject, by: RecordId, now_ms: i64) {
    for name in MODIFIED {
        set(patch, sobject, name, Value::DateTime(now_ms));
    }
    set(patch, sobject, "LastModifiedById", Value::Id(by));
}

/// Sets a field that not every sObject has.
pub(super) fn set(patch: &mut Patch, sobject: &SObject, name: &str, value: Value<'static>) {
    // What follows from other fields is never written.
    if let Some(field) = sobject.field(name).filter(|field| field.fill.as_derivation().is_none()) {
        patch.set_value(field, value);
    }
}

/// Sets fields and what follows from them.
pub(super) fn apply(
    patch: &mut Patch,
    sobject: &SObject,
    fields: &[(usize, Value<'static>)],
    meanings: &Statuses,
    now_ms: i64,
) {
    for (index, value) in fields {
        patch.set_value(&sobject.fields[*index], value.clone());
    }
    settle(patch, sobject, fields, meanings, now_ms);
}

pub(super) fn find_any<'a>(
    overlay: &'a mut Overlay,
    sobject: &SObject,
    id: &RecordId,
) -> Result<(&'a mut Table, u32), Absent> {
    match Base::number_of(sobject, id) {
        Some(number) if overlay.table(sobject).contains(number) => Ok((overlay.table_mut(sobject), number)),
        _ => Err(Absent::NotFound),
    }
}

fn find_live<'a>(
    overlay: &'a mut Overlay,
    sobject: &SObject,
    id: &RecordId,
) -> Result<(&'a mut Table, u32), Absent> {
    let (table, number) = find_any(overlay, sobject, id)?;
    if table.patch(number).is_some_and(|patch| patch.deleted) {
        Err(Absent::Deleted)
    } else {
        Ok((table, number))
    }
}

fn find_deleted<'a>(
    overlay: &'a mut Overlay,
    sobject: &SObject,
    id: &RecordId,
) -> Result<(&'a mut Table, u32), Absent> {
    let (table, number) = find_any(overlay, sobject, id)?;
    if table.patch(number).is_some_and(|patch| patch.deleted) {
        Ok((table, number))
    } else {
        Err(Absent::NotDeleted)
    }
}
