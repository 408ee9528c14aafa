//! Records by a value.

use std::ops::RangeInclusive;

use super::{OrgView, Row};
use crate::index::{Computed, Index, is_indexed, key_of, key_of_instant, moves_always};
use crate::overlay::Overlay;
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
        if moves_always(field) {
            numbers.extend(table.patched());
        } else {
            index.append_written(keys, &mut numbers);
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
        let computed =
            self.computed(self.indexes.find(sobject, field).filter(|_| !sobject.is_virtual)?, sobject, field);
        let table = self.overlay.table(sobject);
        let keys = key_of_instant(*within.start())..=key_of_instant(*within.end());
        let place = sobject.index as u16;
        let row = move |number: u32| Row { sobject: place, number };
        let instant = move |number: u32| match self.value(sobject, &row(number), field) {
            Value::DateTime(ms) => Some(ms),
            _ => None,
        };
        let changed = table.patched().filter(|number| table.contains(*number));
        let mut changed: Vec<(i64, u32)> = changed
            .filter_map(|number| Some((instant(number).filter(|ms| within.contains(ms))?, number)))
            .collect();
        changed.sort_unstable_by(|one, other| other.cmp(one));
        let mut unchanged = computed.numbers(&keys).iter().copied();
        let mut next_unchanged =
            move || unchanged.find(|number| table.contains(*number) && table.patch(*number).is_none());
        let mut next = next_unchanged();
        Some(std::iter::from_fn(move || {
            let unchanged = next.and_then(|number| Some((instant(number)?, number)));
            match (unchanged, changed.last()) {
                (Some(unchanged), Some(changed_one)) if *changed_one < unchanged => {
                    changed.pop().map(|(_, number)| row(number))
                }
                (None, _) => changed.pop().map(|(_, number)| row(number)),
                (Some((_, number)), _) => {
                    next = next_unchanged();
                    Some(row(number))
                }
            }
        }))
    }

    /// Remembers what written records can be found by. It must be called before others see them.
    pub(super) fn note_written(&self, sobject: &SObject, numbers: &[u32]) {
        let noted = |field: &&Field| is_indexed(field) && !moves_always(field);
        for field in sobject.fields.iter().filter(noted) {
            let Some(index) = self.indexes.find(sobject, field) else { continue };
            for number in numbers.iter().filter(|number| self.may_differ(sobject, field, **number)) {
                let row = Row { sobject: sobject.index as u16, number: *number };
                if let Some(key) = key_of(field, &self.value(sobject, &row, field)) {
                    index.note_written(key, *number);
                }
            }
        }
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
                schema: self.schema,
                indexes: self.indexes,
                overlay,
                now_ms: self.now_ms,
                statuses: Default::default(),
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

/// Returns whether two values are one to who looks records up. Only some fields tell upper from lower case.
fn same_key(field: &Field, one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) if !field.case_sensitive => {
            one.eq_ignore_ascii_case(other) || fold(one) == fold(other)
        }
        _ => one == other,
    }
}
