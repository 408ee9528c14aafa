//! Writing single records.

use std::sync::PoisonError;

use crate::data::Base;
use crate::id::RecordId;
use crate::org::Org;
use crate::org::consequences::settle;
use crate::overlay::{Overlay, Patch, Table};
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

impl Org {
    /// Adds a record with those values by field index and returns its id. What is left out gets its default.
    ///
    /// The caller has checked that the fields may be written.
    pub fn insert(&self, sobject: &SObject, fields: &[(usize, Value<'static>)], now_ms: i64) -> RecordId {
        let by = self.user_id();
        let number = self.change(|overlay| {
            let mut patch = Patch::of_written();
            set(&mut patch, sobject, "CreatedDate", Value::DateTime(now_ms));
            set(&mut patch, sobject, "CreatedById", Value::Id(by));
            set(&mut patch, sobject, "OwnerId", Value::Id(by));
            apply(&mut patch, sobject, fields, now_ms);
            touch(&mut patch, sobject, by, now_ms);
            overlay.table_mut(sobject).push(patch)
        });
        self.inner.base.id(sobject, number)
    }

    /// Writes those values, by field index, to a record.
    pub fn update(
        &self,
        sobject: &SObject,
        id: &RecordId,
        fields: &[(usize, Value<'static>)],
        now_ms: i64,
    ) -> Result<(), Absent> {
        let by = self.user_id();
        self.change(|overlay| {
            let (table, number) = find_live(overlay, sobject, id)?;
            let patch = table.patch_mut(number);
            apply(patch, sobject, fields, now_ms);
            touch(patch, sobject, by, now_ms);
            Ok(())
        })
    }

    /// Puts a record into the recycle bin, which moves its `SystemModstamp`.
    pub fn delete(&self, sobject: &SObject, id: &RecordId, now_ms: i64) -> Result<(), Absent> {
        let by = self.user_id();
        self.change(|overlay| {
            let (table, number) = find_live(overlay, sobject, id)?;
            let patch = table.patch_mut(number);
            patch.deleted = true;
            touch(patch, sobject, by, now_ms);
            Ok(())
        })
    }

    /// Takes a record out of the recycle bin, which moves its `SystemModstamp`.
    pub fn undelete(&self, sobject: &SObject, id: &RecordId, now_ms: i64) -> Result<(), Absent> {
        let by = self.user_id();
        self.change(|overlay| {
            let (table, number) = find_deleted(overlay, sobject, id)?;
            let patch = table.patch_mut(number);
            patch.deleted = false;
            touch(patch, sobject, by, now_ms);
            Ok(())
        })
    }

    /// Removes a record for good: from the recycle bin, or at once.
    pub fn purge(&self, sobject: &SObject, id: &RecordId) -> Result<(), Absent> {
        self.change(|overlay| {
            let (table, number) = find_any(overlay, sobject, id)?;
            table.purge(number);
            Ok(())
        })
    }

    pub(super) fn change<T>(&self, write: impl FnOnce(&mut Overlay) -> T) -> T {
        write(&mut self.inner.overlay.write().unwrap_or_else(PoisonError::into_inner))
    }
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
    if let Some(field) = sobject.field(name) {
        patch.set_value(field, value);
    }
}

/// Sets fields and what follows from them.
pub(super) fn apply(patch: &mut Patch, sobject: &SObject, fields: &[(usize, Value<'static>)], now_ms: i64) {
    for (index, value) in fields {
        patch.set_value(&sobject.fields[*index], value.clone());
    }
    settle(patch, sobject, fields, now_ms);
}

fn find_any<'a>(
    overlay: &'a mut Overlay,
    sobject: &SObject,
    id: &RecordId,
) -> Result<(&'a mut Table, u32), Absent> {
    let number = id.sequence().and_then(Base::number).filter(|_| sobject.key_prefix == Some(id.prefix()));
    match number {
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
