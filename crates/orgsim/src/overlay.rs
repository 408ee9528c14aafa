//! The changes made to an org's records since its start.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

pub(crate) use self::patch::{Deletion, Patch};
use crate::schema::SObject;

mod patch;

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
        let rows = |place: usize| self.tables[place].differing(&before.tables[place]);
        let places = self.differing_tables(before);
        places.flat_map(|place| rows(place).map(move |number| (place, number))).collect()
    }

    /// Lists the places of the sObjects whose tables are not those of an older state.
    pub(crate) fn differing_tables(&self, before: &Self) -> impl Iterator<Item = usize> {
        let tables = self.tables.iter().zip(&before.tables).enumerate();
        tables.filter(|(_, (after, before))| !Arc::ptr_eq(after, before)).map(|(place, _)| place)
    }

    pub(crate) fn table_mut(&mut self, sobject: &SObject) -> &mut Table {
        let table = Arc::make_mut(&mut self.tables[sobject.index]);
        table.version = NEXT_VERSION.fetch_add(1, Ordering::Relaxed);
        table
    }

    /// Lists the records that were added or changed since this was last asked, by place of the sObject.
    pub(crate) fn take_fresh(&mut self) -> Vec<(usize, Vec<u32>)> {
        let tables = self.tables.iter_mut().enumerate();
        let fresh = tables.filter(|(_, table)| !table.fresh.is_empty());
        fresh.map(|(place, table)| (place, std::mem::take(&mut Arc::make_mut(table).fresh))).collect()
    }

    /// Returns this state, which was made from `start`, with what others have changed since, which `now` is.
    pub(crate) fn rebased(mut self, start: &Self, now: &Self) -> Self {
        for ((after, start), now) in self.tables.iter_mut().zip(&start.tables).zip(&now.tables) {
            if Arc::ptr_eq(after, start) {
                after.clone_from(now);
            } else if !Arc::ptr_eq(now, start) {
                let mut merged = Table::clone(now);
                merged.take_over(start, after);
                *after = Arc::new(merged);
            }
        }
        self
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
    /// Those added or changed of late, for the indexes.
    fresh: Vec<u32>,
    /// The number after the last that was given away, where several states of the table grow at a time.
    numbers: Option<Arc<AtomicU32>>,
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
        let given = self.numbers.as_ref().map(|numbers| numbers.fetch_add(1, Ordering::Relaxed));
        let number = given.unwrap_or(self.end);
        self.skip_to(number);
        self.end += 1;
        *self.slot_mut(number) = Slot::Changed(Arc::new(patch));
        self.fresh.push(number);
        number
    }

    /// Adds a record of a number that is behind all others. Those skipped never were.
    pub(crate) fn push_at(&mut self, number: u32, patch: Patch) {
        self.skip_to(number);
        self.push(patch);
    }

    /// Lets several states of the table grow at a time: no number is given twice.
    pub(crate) fn share_numbers(&mut self) {
        self.numbers = Some(Arc::new(AtomicU32::new(self.end)));
    }

    fn skip_to(&mut self, number: u32) {
        while self.end < number {
            let skipped = self.end;
            self.end += 1;
            self.purge(skipped, None);
        }
    }

    /// Takes over what another state of the table changed since both were one.
    fn take_over(&mut self, start: &Self, other: &Self) {
        for number in other.differing(start) {
            match other.slot(number) {
                Some(Slot::Changed(patch)) => self.put(number, patch, start),
                // A number past the start was skipped there, or its record is gone again.
                Some(Slot::Purged) if number < start.end && self.contains(number) => self.purge(number, None),
                _ => {}
            }
        }
        self.emptied_ms = self.emptied_ms.max(other.emptied_ms);
        self.version = NEXT_VERSION.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts a record here as another state has it, with those of its fields that changed here.
    fn put(&mut self, number: u32, patch: &Arc<Patch>, start: &Self) {
        self.skip_to(number);
        self.end = self.end.max(number + 1);
        let put = match self.slot(number) {
            // Who skipped the number knew nothing of the record. What was there is gone for good.
            Some(Slot::Purged) if number < start.end => return,
            Some(Slot::Purged) => {
                self.purged_count -= 1;
                Arc::clone(patch)
            }
            Some(Slot::Changed(own)) => Arc::new(patch.with_changes(start.patch(number), own)),
            Some(Slot::Unchanged) | None => Arc::clone(patch),
        };
        *self.slot_mut(number) = Slot::Changed(put);
    }

    /// Returns the changes of a record, to add to them.
    pub(crate) fn patch_mut(&mut self, number: u32) -> &mut Patch {
        if self.fresh.last() != Some(&number) {
            self.fresh.push(number);
        }
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
