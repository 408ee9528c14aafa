//! Records by a value.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{OrgView, Row};
use crate::index::{Index, is_indexed, key_of_instant};
use crate::schema::{Field, SObject};
use crate::value::Value;

impl OrgView<'_> {
    /// Lists by ascending id the records outside of which none has such a key in a field, deleted ones included.
    ///
    /// `None` if the field has no index, or if as many records as not have such a key.
    pub(crate) fn rows_with_keys(
        &self,
        sobject: &SObject,
        field: &Field,
        keys: &[RangeInclusive<u64>],
    ) -> Option<Vec<Row>> {
        let table = self.overlay.table(sobject);
        if !is_indexed(field) {
            return None;
        }
        let index = self.index(sobject, field);
        let found: Vec<&[u32]> = keys.iter().map(|keys| index.numbers(keys)).collect();
        let count: usize = found.iter().map(|numbers| numbers.len()).sum();
        if count > self.base.counts()[sobject.index] as usize / 2 {
            return None;
        }
        let mut numbers: Vec<u32> = found.into_iter().flatten().copied().collect();
        numbers.extend(table.patched());
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
        if !is_indexed(field) {
            return None;
        }
        let table = self.overlay.table(sobject);
        let index = self.index(sobject, field);
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
        let mut unchanged = index.numbers(&keys).to_vec().into_iter();
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

    fn index(&self, sobject: &SObject, field: &Field) -> Arc<Index> {
        let value = |number: u32| self.value(sobject, &Row { sobject: sobject.index as u16, number }, field);
        self.base.indexes().find(sobject, field, self.base.counts()[sobject.index], &value)
    }
}
