//! Which records a transaction changed, found by comparing the org before it with the org after.

use crate::org::{OrgView, Row};
use crate::overlay::{Overlay, SlotState, Table};
use crate::schema::SObject;
use std::sync::Arc;

/// What happened to a record in a transaction, all its steps taken together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Happened {
    Created,
    Updated,
    Deleted,
    Undeleted,
}

/// A record that a transaction changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChangedRow {
    pub(crate) row: Row,
    pub(crate) happened: Happened,
}

impl OrgView<'_> {
    /// Lists the records of an sObject that differ from how they were before, with numbers by which to order those of
    /// several sObjects: they rise as records are written.
    ///
    /// What is the same in both costs nothing but to look at each block of records.
    pub(crate) fn changed_since(&self, before: &OrgView<'_>, sobject: &SObject) -> Vec<(u64, ChangedRow)> {
        let (old, new) = (table(&before.overlay, sobject), table(&self.overlay, sobject));
        if Arc::ptr_eq(old, new) {
            return Vec::new();
        }
        let mut changed = Vec::new();
        for number in new.differing(old) {
            let row = Row { sobject: sobject.index as u16, number };
            if let Some(happened) = happened(old.state(number), new.state(number)) {
                changed.push((new.written_at(number), ChangedRow { row, happened }));
            }
        }
        changed
    }
}

fn table<'a>(overlay: &'a Overlay, sobject: &SObject) -> &'a Arc<Table> {
    &overlay.tables[sobject.index]
}

fn happened(before: SlotState, after: SlotState) -> Option<Happened> {
    match (before, after) {
        (SlotState::Absent, SlotState::Live) => Some(Happened::Created),
        (SlotState::Live, SlotState::Live) => Some(Happened::Updated),
        (SlotState::Live, SlotState::Deleted | SlotState::Absent) => Some(Happened::Deleted),
        (SlotState::Deleted, SlotState::Live) => Some(Happened::Undeleted),
        _ => None,
    }
}
