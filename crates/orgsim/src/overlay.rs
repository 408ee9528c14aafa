//! The changes made to an org's records since its start.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

    /// Lists the records that differ from those of an older state: by place of the sObject and number.
    pub(crate) fn differences(&self, before: &Self) -> Vec<(usize, u32)> {
        let tables = self.tables.iter().zip(&before.tables).enumerate();
        let changed = tables.filter(|(_, (after, before))| !Arc::ptr_eq(after, before));
        changed
            .flat_map(|(place, (after, before))| after.differing(before).map(move |number| (place, number)))
            .collect()
    }

    pub(crate) fn table_mut(&mut self, sobject: &SObject) -> &mut Table {
        let table = Arc::make_mut(&mut self.tables[sobject.index]);
        table.version = NEXT_VERSION.fetch_add(1, Ordering::Relaxed);
        table
    }
}

/// The versions of all tables are told apart, so that what was worked out from some can be kept until they change.
static NEXT_VERSION: AtomicU64 = AtomicU64::new(1);

/// As many records share a block, the unit that is copied when a shared table is written.
const BLOCK_ROWS: u32 = 256;

/// The changes of one sObject, by record number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    end: u32,
    /// Another one with every write.
    version: u64,
    /// Blocks without changes are missing, those behind the last changed one too.
    blocks: Vec<Option<Arc<Block>>>,
    purged_count: usize,
    /// When the last of those that are gone from the recycle bin was put there.
    emptied_ms: Option<i64>,
}

#[derive(Clone, Debug)]
struct Block([Slot; BLOCK_ROWS as usize]);

#[derive(Clone, Debug, Default)]
enum Slot {
    #[default]
    Unchanged,
    Changed(Arc<Patch>),
    Purged,
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
        (first..end.min(self.end)).filter(|number| self.purged_count == 0 || self.contains(*number))
    }

    pub(crate) fn row_count(&self) -> usize {
        self.end as usize - self.purged_count
    }

    /// Returns a number that no other state of any table has, but for those that nobody has written.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Returns the number after the last record there ever was.
    pub(crate) fn end(&self) -> u32 {
        self.end
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        number < self.end && !matches!(self.slot(number), Some(Slot::Purged))
    }

    pub(crate) fn patch(&self, number: u32) -> Option<&Patch> {
        if let Some(Slot::Changed(patch)) = self.slot(number) { Some(patch) } else { None }
    }

    /// Lists the records that were changed or written since the start, by ascending number.
    pub(crate) fn patched(&self) -> impl Iterator<Item = u32> + use<'_> {
        let blocks = (0..).step_by(BLOCK_ROWS as usize).zip(&self.blocks);
        blocks.filter_map(|(first, block)| Some((first, block.as_ref()?))).flat_map(|(first, block)| {
            let changed = (first..).zip(&block.0).filter(|(_, slot)| matches!(slot, Slot::Changed(_)));
            changed.map(|(number, _)| number)
        })
    }

    /// Adds a record behind all others and returns its number.
    pub(crate) fn push(&mut self, patch: Patch) -> u32 {
        let number = self.end;
        self.end += 1;
        *self.slot_mut(number) = Slot::Changed(Arc::new(patch));
        number
    }

    /// Adds a record of a number that is behind all others. Those skipped never were.
    pub(crate) fn push_at(&mut self, number: u32, patch: Patch) {
        while self.end < number {
            let skipped = self.end;
            self.end += 1;
            self.purge(skipped, None);
        }
        self.push(patch);
    }

    /// Returns the changes of a record, to add to them.
    pub(crate) fn patch_mut(&mut self, number: u32) -> &mut Patch {
        let slot = self.slot_mut(number);
        if !matches!(slot, Slot::Changed(_)) {
            *slot = Slot::Changed(Arc::new(Patch::of_computed()));
        }
        match slot {
            Slot::Changed(patch) => {
                let patch = Arc::make_mut(patch);
                patch.written_at = next_write();
                patch
            }
            Slot::Unchanged | Slot::Purged => unreachable!("the slot was just filled"),
        }
    }

    /// Removes a record for good, which was put into the recycle bin at that time if it was there.
    pub(crate) fn purge(&mut self, number: u32, deleted_ms: Option<i64>) {
        *self.slot_mut(number) = Slot::Purged;
        self.purged_count += 1;
        self.emptied_ms = self.emptied_ms.max(deleted_ms);
    }

    /// Returns up to when deletes may be missing from the recycle bin.
    pub(crate) fn emptied_ms(&self) -> Option<i64> {
        self.emptied_ms
    }

    /// Lists the records whose changes are not the ones another version of the table has.
    pub(crate) fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u32> + use<'a> {
        let block = |table: &'a Self, at: usize| table.blocks.get(at).and_then(Option::as_ref);
        let is_same = move |at: &usize| match (block(self, *at), block(other, *at)) {
            (Some(one), Some(two)) => Arc::ptr_eq(one, two),
            (None, None) => true,
            _ => false,
        };
        let blocks = (0..self.blocks.len().max(other.blocks.len())).filter(move |at| !is_same(at));
        let numbers = blocks.flat_map(|at| (at as u32 * BLOCK_ROWS..).take(BLOCK_ROWS as usize));
        numbers.filter(|number| *number < self.end).filter(|number| {
            match (self.slot(*number), other.slot(*number)) {
                (Some(Slot::Changed(one)), Some(Slot::Changed(two))) => !Arc::ptr_eq(one, two),
                (Some(Slot::Changed(_)), _) | (_, Some(Slot::Changed(_))) => true,
                (one, two) => matches!(one, Some(Slot::Purged)) != matches!(two, Some(Slot::Purged)),
            }
        })
    }

    /// Returns whether a record is there.
    pub(crate) fn state(&self, number: u32) -> SlotState {
        match self.slot(number) {
            _ if number >= self.end => SlotState::Absent,
            Some(Slot::Purged) => SlotState::Absent,
            Some(Slot::Changed(patch)) if patch.deleted => SlotState::Deleted,
            _ => SlotState::Live,
        }
    }

    /// Returns a number that rises from write to write.
    pub(crate) fn written_at(&self, number: u32) -> u64 {
        // What is purged keeps no such number. It comes last.
        self.patch(number).map_or(u64::MAX, |patch| patch.written_at)
    }

    fn slot(&self, number: u32) -> Option<&Slot> {
        let block = self.blocks.get((number / BLOCK_ROWS) as usize)?.as_ref()?;
        block.0.get((number % BLOCK_ROWS) as usize)
    }

    fn slot_mut(&mut self, number: u32) -> &mut Slot {
        let at = (number / BLOCK_ROWS) as usize;
        if at >= self.blocks.len() {
            self.blocks.resize(at + 1, None);
        }
        let block = self.blocks[at].get_or_insert_with(|| Arc::new(Block::default()));
        &mut Arc::make_mut(block).0[(number % BLOCK_ROWS) as usize]
    }
}

/// Whether a record is there, as far as its table can tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SlotState {
    Absent,
    Live,
    Deleted,
}

/// Counts the writes to all orgs of this process: only which came first matters.
fn next_write() -> u64 {
    static WRITES: AtomicU64 = AtomicU64::new(1);
    WRITES.fetch_add(1, Ordering::Relaxed)
}

impl Default for Block {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Slot::Unchanged))
    }
}

/// What is different about one record.
#[derive(Clone, Debug)]
pub(crate) struct Patch {
    /// Whether fields without a value here are computed; else they are empty.
    pub(crate) computed: bool,
    pub(crate) deleted: bool,
    /// When the record was last written, counted in writes.
    written_at: u64,
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
