//! The changes made to an org's records since its start.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// The changes of every sObject. A clone shares them until one side writes.
#[derive(Clone, Debug)]
pub(crate) struct Overlay {
    pub(crate) tables: Vec<Arc<Table>>,
}

impl Overlay {
    pub(crate) fn new(base_counts: &[u32]) -> Self {
        let tables =
            base_counts.iter().map(|count| Arc::new(Table { end: *count, ..Table::default() })).collect();
        Self { tables }
    }

    pub(crate) fn table(&self, sobject: &SObject) -> &Table {
        &self.tables[sobject.index]
    }

    pub(crate) fn table_mut(&mut self, sobject: &SObject) -> &mut Table {
        Arc::make_mut(&mut self.tables[sobject.index])
    }
}

/// The changes of one sObject, by record number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    end: u32,
    patches: HashMap<u32, Arc<Patch>, BuildHasherDefault<NumberHasher>>,
    purged: BTreeSet<u32>,
}

impl Table {
    pub(crate) fn numbers(&self) -> impl DoubleEndedIterator<Item = u32> + use<'_> {
        self.numbers_between(0, self.end)
    }

    pub(crate) fn numbers_between(
        &self,
        first: u32,
        end: u32,
    ) -> impl DoubleEndedIterator<Item = u32> + use<'_> {
        (first..end.min(self.end)).filter(|number| self.purged.is_empty() || !self.purged.contains(number))
    }

    pub(crate) fn row_count(&self) -> usize {
        self.end as usize - self.purged.len()
    }

    /// Returns the number after the last record there ever was.
    pub(crate) fn end(&self) -> u32 {
        self.end
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        number < self.end && !self.purged.contains(&number)
    }

    pub(crate) fn patch(&self, number: u32) -> Option<&Patch> {
        if self.patches.is_empty() { None } else { self.patches.get(&number).map(Arc::as_ref) }
    }

    /// Lists the records that were changed or written since the start, in no order.
    pub(crate) fn patched(&self) -> impl Iterator<Item = u32> + use<'_> {
        self.patches.keys().copied()
    }

    /// Adds a record behind all others and returns its number.
    pub(crate) fn push(&mut self, patch: Patch) -> u32 {
        let number = self.end;
        self.end += 1;
        self.patches.insert(number, Arc::new(patch));
        number
    }

    /// Returns the changes of a record, to add to them.
    pub(crate) fn patch_mut(&mut self, number: u32) -> &mut Patch {
        Arc::make_mut(self.patches.entry(number).or_insert_with(|| Arc::new(Patch::of_computed())))
    }

    pub(crate) fn purge(&mut self, number: u32) {
        self.patches.remove(&number);
        self.purged.insert(number);
    }
}

/// What is different about one record.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    /// Whether fields without a value here are computed; else they are empty.
    pub(crate) computed: bool,
    pub(crate) deleted: bool,
    values: Vec<(u16, Value<'static>)>,
}

impl Patch {
    pub(crate) fn of_computed() -> Self {
        Self { computed: true, deleted: false, values: Vec::new() }
    }

    pub(crate) fn of_written() -> Self {
        Self { computed: false, deleted: false, values: Vec::new() }
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

/// Spreads record numbers, which are small and in a row, at next to no cost.
#[derive(Clone, Copy, Debug, Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}
