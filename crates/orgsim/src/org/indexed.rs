//! Records by a value.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::ops::{Bound, RangeInclusive};

use super::{OrgView, Row};
use crate::index::{Computed, Index, is_indexed, key_of, key_of_instant};
use crate::overlay::{Overlay, Table};
use crate::schema::{Field, FieldKind, SObject};
use crate::soql::fold;
use crate::value::Value;

impl OrgView<'_> {
    /// Lists the records that have that key, which may be their id, but for those in the recycle bin.
    pub(crate) fn live_rows_by_key(&self, sobject: &SObject, key: &Field, wanted: &Value<'_>) -> Vec<Row> {
        let mut rows = match (wanted, key.kind) {
            (Value::Null, _) => Vec::new(),
            (Value::Id(id), FieldKind::Id) => self.find(sobject, id).into_iter().collect(),
            _ => self.rows_with(sobject, key, wanted),
        };
        rows.retain(|row| !self.is_deleted(row));
        rows
    }

    /// Lists the records whose field has that value, deleted ones included, by ascending id.
    pub(super) fn rows_with(&self, sobject: &SObject, field: &Field, wanted: &Value<'_>) -> Vec<Row> {
        let has = |row: &Row| same_key(field, &self.value(sobject, row, field), wanted);
        let found = key_of(field, wanted).and_then(|key| self.rows_with_keys(sobject, field, &[key..=key]));
        match found {
            Some(rows) => rows.into_iter().filter(has).collect(),
            None => self.rows(sobject).filter(has).collect(),
        }
    }

    /// Lists by ascending id the records outside of which none has such a key in a field, deleted ones included.
    ///
    /// `None` if the field has no index, or if as many records as not have such a key.
    pub(crate) fn rows_with_keys(
        &self,
        sobject: &SObject,
        field: &Field,
        keys: &[RangeInclusive<u64>],
    ) -> Option<Vec<Row>> {
        let index = self.indexes.find(sobject, field).filter(|_| !sobject.is_virtual)?;
        let table = self.overlay.table(sobject);
        let computed = self.computed(index, sobject, field);
        let found: Vec<&[u32]> = keys.iter().map(|keys| computed.numbers(keys)).collect();
        let count: usize = found.iter().map(|numbers| numbers.len()).sum();
        if count > self.base.counts()[sobject.index] as usize / 2 {
            return None;
        }
        let mut numbers: Vec<u32> = found.into_iter().flatten().copied().collect();
        if !index.append_written(keys, table.version(), &mut numbers) {
            numbers.extend(table.patched());
        }
        numbers.sort_unstable();
        numbers.dedup();
        let there = numbers.into_iter().filter(|number| table.contains(*number));
        Some(there.map(|number| Row { sobject: sobject.index as u16, number }).collect())
    }

    /// Lists the records whose instant in a field is within bounds by that and then by id, deleted ones included.
    ///
    /// `None` if the field has no index.
    pub(crate) fn rows_by_time(
        &self,
        sobject: &'static SObject,
        field: &'static Field,
        within: RangeInclusive<i64>,
    ) -> Option<impl Iterator<Item = Row> + use<'_>> {
        let index = self.indexes.find(sobject, field).filter(|_| !sobject.is_virtual)?;
        let computed = self.computed(index, sobject, field);
        let table = self.overlay.table(sobject);
        let keys = key_of_instant(*within.start())..=key_of_instant(*within.end());
        let key = move |number: u32| {
            let row = Row { sobject: sobject.index as u16, number };
            key_of(field, &self.value(sobject, &row, field))
        };
        let is_so = move |(known, number): &(u64, u32)| {
            table.contains(*number) && (table.patch(*number).is_none() || key(*number) == Some(*known))
        };
        let at_start = computed.entries(&keys).filter(is_so);
        let written =
            WrittenInOrder { table, index, keys, key, part: Vec::new(), last: None, is_whole: false };
        let rows = Ascending { one: at_start.peekable(), other: written.filter(is_so).peekable() };
        Some(rows.map(move |(_, number)| Row { sobject: sobject.index as u16, number }))
    }

    /// Remembers what written records can be found by. It must be called before others see them.
    pub(super) fn note_written(&self, sobject: &SObject, numbers: &[u32]) {
        for field in sobject.fields.iter().filter(|field| is_indexed(field)) {
            let Some(index) = self.indexes.find(sobject, field) else { continue };
            let known = numbers.iter().filter_map(|number| self.written_entry(sobject, field, *number));
            let known: Vec<_> = known.collect();
            if !known.is_empty() {
                index.note_written(known);
            }
        }
    }

    /// Forgets what written records of an sObject could be found by in the past, where that has come to much. Nobody may
    /// write the sObject meanwhile.
    pub(super) fn drop_past(&self, sobject: &SObject) {
        let table = self.overlay.table(sobject);
        for field in sobject.fields.iter().filter(|field| is_indexed(field)) {
            if let Some(index) = self.indexes.find(sobject, field).filter(|index| index.is_swollen()) {
                let now = table.patched().filter_map(|number| self.written_entry(sobject, field, number));
                index.drop_past(now, table.version());
            }
        }
    }

    fn written_entry(&self, sobject: &SObject, field: &Field, number: u32) -> Option<(u64, u32)> {
        let row = Row { sobject: sobject.index as u16, number };
        let differs = self.may_differ(sobject, field, number);
        let key = differs.then(|| key_of(field, &self.value(sobject, &row, field))).flatten();
        key.map(|key| (key, number))
    }

    /// Returns whether a field of a record may have another value than the one that was computed at the start.
    fn may_differ(&self, sobject: &SObject, field: &Field, number: u32) -> bool {
        let patch = self.overlay.table(sobject).patch(number);
        number >= self.base.counts()[sobject.index]
            || field.fill.as_derivation().is_some()
            || patch.is_some_and(|patch| patch.find_value(field).is_some())
    }

    /// Returns the computed records by the value of a field.
    fn computed<'i>(&self, index: &'i Index, sobject: &SObject, field: &Field) -> &'i Computed {
        index.computed(|| {
            let overlay = Overlay::new(self.base.counts());
            let start = Self {
                base: self.base,
                indexes: self.indexes,
                overlay,
                schema: self.schema,
                now_ms: self.now_ms,
                statuses: Default::default(),
                viewer: None,
            };
            let place = sobject.index as u16;
            let key = |number| {
                let row = Row { sobject: place, number };
                Some((key_of(field, &start.value(sobject, &row, field))?, number))
            };
            (0..self.base.counts()[sobject.index]).filter_map(key).collect()
        })
    }
}

/// The records that were written, by the key of an instant and then by number, each as often as it had another one.
struct WrittenInOrder<'a, K> {
    table: &'a Table,
    index: &'a Index,
    keys: RangeInclusive<u64>,
    /// Returns the key that a record has in the view.
    key: K,
    /// What comes next, the last of it first.
    part: Vec<(u64, u32)>,
    last: Option<(u64, u32)>,
    /// Whether nothing comes after the part.
    is_whole: bool,
}

impl<K: Fn(u32) -> Option<u64>> Iterator for WrittenInOrder<'_, K> {
    type Item = (u64, u32);

    fn next(&mut self) -> Option<(u64, u32)> {
        if self.part.is_empty() && !self.is_whole {
            self.read_part();
        }
        self.last = self.part.pop();
        self.last
    }
}

impl<K: Fn(u32) -> Option<u64>> WrittenInOrder<'_, K> {
    fn read_part(&mut self) {
        if self.keys.is_empty() {
            self.is_whole = true;
            return;
        }
        let end = (*self.keys.end(), u32::MAX);
        let start = self.last.map_or(Bound::Included((*self.keys.start(), 0)), Bound::Excluded);
        let is_ahead = |entry: &(u64, u32)| match start {
            Bound::Excluded(last) => *entry > last,
            _ => self.keys.contains(&entry.0),
        };
        match self.index.written_part((start, Bound::Included(end)), self.table.version()) {
            Some(part) => {
                self.is_whole = part.is_empty();
                self.part = part;
            }
            None => {
                let known = self.table.patched().filter_map(|number| Some(((self.key)(number)?, number)));
                self.part = known.filter(|entry| self.keys.contains(&entry.0) && is_ahead(entry)).collect();
                self.part.sort_unstable();
                self.is_whole = true;
            }
        }
        self.part.reverse();
    }
}

/// Two lists that ascend as one that does, without what is in both twice.
struct Ascending<A: Iterator, B: Iterator> {
    one: Peekable<A>,
    other: Peekable<B>,
}

impl<T: Ord, A: Iterator<Item = T>, B: Iterator<Item = T>> Iterator for Ascending<A, B> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match (self.one.peek(), self.other.peek()) {
            (Some(one), Some(other)) => match one.cmp(other) {
                Ordering::Less => self.one.next(),
                Ordering::Greater => self.other.next(),
                Ordering::Equal => {
                    self.other.next();
                    self.one.next()
                }
            },
            (Some(_), None) => self.one.next(),
            _ => self.other.next(),
        }
    }
}

/// Returns whether two values are one to who looks records up. Only some fields tell upper from lower case.
fn same_key(field: &Field, one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) if !field.case_sensitive => {
            one.eq_ignore_ascii_case(other) || fold(one) == fold(other)
        }
        _ => one == other,
    }
}
