//! What is different about single records.

use std::sync::Arc;

use super::next_write;
use crate::schema::{Field, FieldKind};
use crate::value::Value;

/// What is different about one record.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    /// Whether fields without a value here are computed; else they are empty.
    pub(crate) computed: bool,
    pub(crate) deleted: bool,
    /// When the record was last written, counted in writes.
    pub(super) written_at: u64,
    /// What went with the record when it was deleted, to come back with it.
    pub(crate) deletion: Option<Arc<Deletion>>,
    values: Vec<(u16, Value<'static>)>,
}

/// The consequences of a delete: by place of the sObject and record number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deletion {
    /// The records that were deleted with it.
    pub(crate) cascaded: Vec<(usize, u32)>,
    /// The lookups that were emptied, with the place of their field.
    pub(crate) emptied: Vec<(usize, u32, usize)>,
}

impl Patch {
    pub(crate) fn of_computed() -> Self {
        Self { computed: true, ..Self::of_written() }
    }

    pub(crate) fn of_written() -> Self {
        Self { computed: false, deleted: false, written_at: next_write(), deletion: None, values: Vec::new() }
    }

    /// Returns these changes with what else has changed since a record was as at the start.
    pub(super) fn with_changes(&self, start: Option<&Self>, others: &Self) -> Self {
        let mut merged = self.clone();
        let at_start = |index: u16| start?.values.iter().find(|(at, _)| *at == index).map(|(_, value)| value);
        for (index, value) in others.values.iter().filter(|(index, value)| at_start(*index) != Some(value)) {
            match merged.values.iter_mut().find(|(at, _)| at == index) {
                Some(known) => known.1 = value.clone(),
                None => merged.values.push((*index, value.clone())),
            }
        }
        merged
    }

    pub(crate) fn find_value(&self, field: &Field) -> Option<Value<'_>> {
        let index = field.index as u16;
        if field.kind == FieldKind::Boolean && field.name == "IsDeleted" {
            return Some(Value::Bool(self.deleted));
        }
        self.values.iter().find(|(at, _)| *at == index).map(|(_, value)| value.as_borrowed())
    }

    pub(crate) fn set_value(&mut self, field: &Field, value: Value<'static>) {
        let index = field.index as u16;
        match self.values.iter_mut().find(|(at, _)| *at == index) {
            Some(known) => known.1 = value,
            None => self.values.push((index, value)),
        }
    }
}
