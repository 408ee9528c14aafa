//! Finding computed records by a value, without looking at all of them.
//!
//! Records are computed from the seed, so that an index of those never changed is right for ever. It is built when it
//! is first asked for. What has been changed or written since is looked at one by one; what the index says of it does
//! not matter.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use crate::data::Derivation;
use crate::id::RecordId;
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// As many indexes are kept, the newest ones: each takes 12 bytes a record.
const MAX_INDEXES: usize = 12;

/// The indexes built so far.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    known: Mutex<VecDeque<Known>>,
}

/// An index and the places of its sObject and field.
#[derive(Debug)]
struct Known {
    place: (usize, usize),
    index: Arc<Index>,
}

/// The computed records of one sObject by the value of one field. Records without a value are left out.
#[derive(Debug)]
pub(crate) struct Index {
    /// In ascending order, those of one value by ascending number.
    keys: Vec<u64>,
    numbers: Vec<u32>,
}

/// Returns whether a field can have an index: no other record has a say in its value, and Salesforce has one on it too
/// (SOQL and SOSL Reference, Query Performance).
pub(crate) fn is_indexed(field: &Field) -> bool {
    let is_chosen = match field.kind {
        FieldKind::Reference => true,
        FieldKind::DateTime => matches!(field.name.as_str(), "SystemModstamp" | "CreatedDate"),
        kind => kind.is_text() && (field.name_field || field.external_id || field.unique || field.id_lookup),
    };
    is_chosen && matches!(field.fill.as_derivation(), None | Some(Derivation::FullName))
}

/// Returns the key of an instant. Keys are in the order of time.
pub(crate) fn key_of_instant(ms: i64) -> u64 {
    ms.cast_unsigned() ^ 1 << 63
}

/// Returns the key of an id.
pub(crate) fn key_of_id(id: &RecordId) -> u64 {
    hash(id)
}

/// Returns the key of a text that is folded unless its case matters.
pub(crate) fn key_of_text(text: &str) -> u64 {
    hash(text)
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn key_of(value: &Value<'_>, field: &Field) -> Option<u64> {
    match value {
        Value::DateTime(ms) => Some(key_of_instant(*ms)),
        Value::Id(id) => Some(key_of_id(id)),
        Value::Text(text) if field.case_sensitive => Some(key_of_text(text)),
        Value::Text(text) => Some(key_of_text(&crate::soql::fold(text))),
        _ => None,
    }
}

impl Indexes {
    /// Returns the index of a field, for which [`is_indexed`] must hold. `value` computes the field of so many records.
    pub(crate) fn find<'v>(
        &self,
        sobject: &SObject,
        field: &Field,
        count: u32,
        value: &dyn Fn(u32) -> Value<'v>,
    ) -> Arc<Index> {
        let place = (sobject.index, field.index);
        // The lock is held while an index is built, so that others wait for it rather than build it too.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.iter().find(|known| known.place == place) {
            return Arc::clone(&known.index);
        }
        let index = Arc::new(Index::build(field, count, value));
        known.push_back(Known { place, index: Arc::clone(&index) });
        if known.len() > MAX_INDEXES {
            known.pop_front();
        }
        index
    }
}

impl Index {
    fn build<'v>(field: &Field, count: u32, value: &dyn Fn(u32) -> Value<'v>) -> Self {
        let mut entries: Vec<(u64, u32)> =
            (0..count).filter_map(|number| Some((key_of(&value(number), field)?, number))).collect();
        entries.sort_unstable();
        Self {
            keys: entries.iter().map(|(key, _)| *key).collect(),
            numbers: entries.into_iter().map(|(_, number)| number).collect(),
        }
    }

    /// Returns the numbers of the records with such keys, by key and then number.
    pub(crate) fn numbers(&self, keys: &RangeInclusive<u64>) -> &[u32] {
        let start = self.keys.partition_point(|key| key < keys.start());
        let end = self.keys.partition_point(|key| key <= keys.end());
        &self.numbers[start..end.max(start)]
    }
}
