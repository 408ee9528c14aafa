//! The recycle bin: what is deleted stays there for a while.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::id::RecordId;
use crate::org::locks::refuse_locked;
use crate::org::write::{Author, purge_at};
use crate::org::{Org, OrgView, Row, SaveError};
use crate::rights::Deed;
use crate::schema::{Field, SObject};
use crate::value::Value;

/// Deleted records are kept so long (Salesforce Help, Recycle Bin).
const KEPT_MS: i64 = 15 * 24 * 3_600_000;

/// When the recycle bin has to be looked through next.
#[derive(Debug)]
pub(super) struct RecycleBin {
    expires_ms: AtomicI64,
}

impl Default for RecycleBin {
    fn default() -> Self {
        Self { expires_ms: AtomicI64::new(i64::MAX) }
    }
}

impl RecycleBin {
    /// Takes notice of records that are put in at that time.
    pub(super) fn receive(&self, now_ms: i64) {
        self.expires_ms.fetch_min(now_ms + KEPT_MS, Ordering::Relaxed);
    }
}

impl Org {
    /// Removes what has been in the recycle bin for too long by the org's clock.
    pub(super) fn empty_expired(&self) {
        let now_ms = self.inner.now_ms();
        // Inside a transaction nobody would see it yet; the next read outside does it.
        if now_ms < self.inner.bin.expires_ms.load(Ordering::Relaxed) || self.is_in_transaction() {
            return;
        }
        // Nor does a read wait for who writes: one after that does it.
        self.try_change(|overlay| {
            self.inner.bin.expires_ms.store(i64::MAX, Ordering::Relaxed);
            for sobject in self.schema().sobjects() {
                let Some(stamp) = sobject.field("SystemModstamp") else { continue };
                let table = overlay.table(sobject);
                let deleted = table.patched().filter_map(|number| {
                    let patch = table.patch(number).filter(|patch| patch.deleted)?;
                    Some((number, deleted_ms(patch.find_value(stamp))))
                });
                let deleted: Vec<(u32, i64)> = deleted.collect();
                for (number, deleted_ms) in deleted {
                    if now_ms >= deleted_ms + KEPT_MS {
                        purge_at(overlay.table_mut(sobject), sobject, number);
                    } else {
                        self.inner.bin.receive(deleted_ms);
                    }
                }
            }
        });
    }

    /// Takes a record out of the recycle bin with all that was deleted because of it (SOAP API Developer Guide, undelete()).
    pub(crate) fn undelete_record(
        &self,
        sobject: &SObject,
        id: &RecordId,
        by: Author,
    ) -> Result<(), Vec<SaveError>> {
        let by = by.at_whole_second();
        self.transact(|| {
            let view = self.read();
            let row = self.find_deletable(&view, sobject, id, by)?;
            if let Some(master) = find_deleted_master(&view, sobject, row) {
                let message = format!("Unable to restore related object: {master}");
                return Err(vec![SaveError::of_record("UNDELETE_FAILED", message)]);
            }
            drop(view);
            self.undelete(sobject, id, by.now_ms).map_err(|absent| vec![SaveError::from(absent)])?;
            self.refresh_parents(&[row], by);
            Ok(())
        })
    }

    /// Removes a record from the recycle bin for good (SOAP API Developer Guide, emptyRecycleBin()).
    pub(crate) fn empty_from_bin(
        &self,
        sobject: &SObject,
        id: &RecordId,
        by: Author,
    ) -> Result<(), Vec<SaveError>> {
        self.transact(|| {
            let view = self.read();
            let row = self.find_deletable(&view, sobject, id, by)?;
            if !view.is_deleted(&row) {
                let message = "record has to be deleted before it can be removed from the recycle bin";
                return Err(vec![SaveError::of_record("INVALID_ID_FIELD", message)]);
            }
            drop(view);
            self.purge(sobject, id).map_err(|absent| vec![SaveError::from(absent)])
        })
    }

    /// Finds a record, deleted or not, that its caller may delete and nobody else holds.
    fn find_deletable(
        &self,
        view: &OrgView<'_>,
        sobject: &SObject,
        id: &RecordId,
        by: Author,
    ) -> Result<Row, Vec<SaveError>> {
        let row = view.find(sobject, id).ok_or_else(|| vec![SaveError::no_such_record()])?;
        self.permit(view, sobject, &row, Deed::Delete, &self.rights_of(by))?;
        let locks = self.inner.rules.locks(self.inner.now_ms());
        refuse_locked(view, &locks, sobject, Some(row), &Vec::new()).map_err(|error| vec![error])?;
        Ok(row)
    }
}

impl OrgView<'_> {
    /// Returns since when no delete is missing from the recycle bin's log.
    pub(crate) fn deletes_known_since_ms(&self, sobject: &SObject) -> i64 {
        let emptied_ms = self.overlay.table(sobject).emptied_ms();
        emptied_ms.unwrap_or(i64::MIN).max(self.now_ms - KEPT_MS)
    }
}

fn deleted_ms(value: Option<Value<'_>>) -> i64 {
    match value {
        Some(Value::DateTime(ms)) => ms,
        _ => i64::MIN + KEPT_MS,
    }
}

/// Finds a master of a record that is in the recycle bin, too.
fn find_deleted_master(view: &OrgView<'_>, sobject: &SObject, row: Row) -> Option<RecordId> {
    let masters = sobject.fields.iter().filter(|field: &&Field| field.cascade_delete && !field.nillable);
    masters
        .filter_map(|field| match view.value(sobject, &row, field) {
            Value::Id(id) => Some(id),
            _ => None,
        })
        .find(|id| {
            let parent = view.schema().find_by_prefix(id.prefix());
            parent.and_then(|parent| view.find(parent, id)).is_none_or(|row| view.is_deleted(&row))
        })
}
