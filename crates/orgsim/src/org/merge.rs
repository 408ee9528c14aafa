//! Merging records that stand for the same thing (SOAP API Developer Guide, merge()).

use crate::id::RecordId;
use crate::org::draft::Sent;
use crate::org::locks::refuse_locked;
use crate::org::standard::Stamp;
use crate::org::write::{Author, bury, set, touch};
use crate::org::{Org, OrgView, Row, SaveError, people};
use crate::rights::Deed;
use crate::schema::SObject;
use crate::value::Value;

/// The most records that one merge takes into the master.
const MAX_MERGED: usize = 2;

/// What a merge did.
#[derive(Debug)]
pub(crate) struct Merged {
    /// The records that are in the recycle bin now.
    pub(crate) losers: Vec<RecordId>,
    /// The records that point to the master now.
    pub(crate) children: Vec<RecordId>,
}

impl Org {
    /// Merges records into a master, which takes the fields given.
    ///
    /// The others go into the recycle bin with the master's id; what pointed to them points to the master, by which its
    /// `SystemModstamp` moves.
    pub(crate) fn merge_records(
        &self,
        sobject: &SObject,
        master: &RecordId,
        losers: &[RecordId],
        sent: &[Sent<'_>],
        by: Author,
    ) -> Result<Merged, Vec<SaveError>> {
        let by = by.at_whole_second();
        self.transact(|| {
            let rows = self.find_merged(sobject, master, losers).map_err(|error| vec![error])?;
            self.permit_loss(sobject, &rows, by)?;
            self.update_record(sobject, master, sent, by)?;
            let values = Vec::new();
            let change = |id: &RecordId| people::Change { sobject, id: Some(*id), values: &values, by };
            let before = losers.iter().map(|id| people::check_delete(self, change(id)));
            let before = before.collect::<Result<Vec<_>, _>>()?;
            let children = self.re_parent(sobject, *master, losers, &rows, by);
            self.bury_merged(sobject, *master, &rows, by);
            losers
                .iter()
                .zip(&before)
                .for_each(|(id, before)| people::follow_delete(self, change(id), before));
            Ok(Merged { losers: losers.to_vec(), children })
        })
    }

    fn find_merged(
        &self,
        sobject: &SObject,
        master: &RecordId,
        losers: &[RecordId],
    ) -> Result<Vec<Row>, SaveError> {
        if !sobject.abilities.mergeable && sobject.field("MasterRecordId").is_none() {
            let message = format!("merge is not allowed on {}", sobject.name);
            return Err(SaveError::of_record("INVALID_TYPE_FOR_OPERATION", message));
        }
        if losers.is_empty() || losers.len() > MAX_MERGED {
            let message = format!("1 to {MAX_MERGED} records can be merged into a master");
            return Err(SaveError::of_record("INVALID_ARGUMENT_TYPE", message));
        }
        self.find_live(sobject, master)?;
        let is_twice = |(at, id): (usize, &RecordId)| id == master || losers[..at].contains(id);
        if losers.iter().enumerate().any(is_twice) {
            let message = "duplicate record ids in a merge request";
            return Err(SaveError::of_record("DUPLICATE_VALUE", message));
        }
        losers.iter().map(|id| self.find_live(sobject, id)).collect()
    }

    /// Who merges needs to be allowed to delete what goes, and nobody else may hold it.
    fn permit_loss(&self, sobject: &SObject, rows: &[Row], by: Author) -> Result<(), Vec<SaveError>> {
        let view = self.read();
        let locks = self.inner.rules.locks(self.inner.now_ms());
        let rights = self.rights_of(by);
        rows.iter().try_for_each(|row| {
            self.permit(&view, sobject, row, Deed::Delete, &rights)?;
            refuse_locked(&view, &locks, sobject, Some(*row), &Vec::new()).map_err(|error| vec![error])
        })
    }

    fn re_parent(
        &self,
        sobject: &SObject,
        master: RecordId,
        losers: &[RecordId],
        rows: &[Row],
        by: Author,
    ) -> Vec<RecordId> {
        let view = self.read();
        let moved = list_lookups(&view, sobject, losers);
        let moved: Vec<(Row, usize)> = moved.into_iter().filter(|(row, _)| !rows.contains(row)).collect();
        let mut children: Vec<RecordId> = moved.iter().map(|(row, _)| view.id(row)).collect();
        drop(view);
        for (row, field) in moved {
            let child = &self.schema().sobjects()[row.sobject_index()];
            // The master cannot be its own parent.
            let is_own = self.inner.base.id(child, row.number) == master;
            let parent = if is_own { Value::Null } else { Value::Id(master) };
            let name = child.fields[field].name.as_str();
            self.set_fields(child, row, &[(name, parent)], Stamp::System, by);
        }
        children.sort_unstable();
        children.dedup();
        children
    }

    fn bury_merged(&self, sobject: &SObject, master: RecordId, rows: &[Row], by: Author) {
        self.inner.bin.receive(by.now_ms);
        self.change(|overlay| {
            let table = overlay.table_mut(sobject);
            for row in rows {
                let patch = table.patch_mut(row.number);
                set(patch, sobject, "MasterRecordId", Value::Id(master));
                bury(patch, sobject, by);
            }
            if let Some(number) = master.sequence().and_then(crate::data::Base::number) {
                touch(table.patch_mut(number), sobject, by.user_id, by.now_ms);
            }
        });
    }
}

/// Lists the live records with a lookup that points to one of some records, with its field.
fn list_lookups(view: &OrgView<'_>, sobject: &SObject, ids: &[RecordId]) -> Vec<(Row, usize)> {
    let mut found = Vec::new();
    for relationship in &sobject.children {
        let Some(child) = view.schema().find(&relationship.child_sobject) else { continue };
        let lookup = child.field(&relationship.field);
        // What the org writes itself tells of the past.
        let lookup = lookup
            .filter(|field| (field.createable || field.updateable) && field.fill.as_derivation().is_none());
        let Some(lookup) = lookup else { continue };
        for id in ids {
            let rows = view.live_rows_by_key(child, lookup, &Value::Id(*id));
            found.extend(rows.into_iter().map(|row| (row, lookup.index)));
        }
    }
    found
}
