//! Finding records by a value, without looking at all of them.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;
use std::sync::{OnceLock, PoisonError, RwLock};

use crate::data::Derivation;
use crate::id::RecordId;
use crate::schema::{Field, FieldKind, SObject, Schema};
use crate::value::Value;

/// The indexes of an org, by the places of their sObject and field.
///
/// What they answer are candidates: whoever asks looks at the records, which may have changed since.
#[derive(Debug)]
pub(crate) struct Indexes {
    by_place: HashMap<(usize, usize), Index>,
}

/// The records of one sObject by the value of one field. Records without a value are left out.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The records as they were computed, which is right for ever. Made when somebody first asks.
    computed: OnceLock<Computed>,
    /// The records that were written, by the keys of all values they ever had: views of the past are served too.
    written: RwLock<BTreeSet<(u64, u32)>>,
}

/// Takes 12 bytes a record.
#[derive(Debug)]
pub(crate) struct Computed {
    /// In ascending order, those of one value by ascending number.
    keys: Vec<u64>,
    numbers: Vec<u32>,
}

/// Returns whether a field has an index: no other record has a say in its value, and Salesforce has one on it too
/// (SOQL and SOSL Reference, Query Performance).
pub(crate) fn is_indexed(field: &Field) -> bool {
    let is_chosen = match field.kind {
        FieldKind::Reference => true,
        FieldKind::DateTime => matches!(field.name.as_str(), "SystemModstamp" | "CreatedDate"),
        kind => kind.is_text() && (field.name_field || field.external_id || field.unique || field.id_lookup),
    };
    is_chosen && matches!(field.fill.as_derivation(), None | Some(Derivation::FullName))
}

/// Returns whether every write moves a field. Its index knows computed records only, for it would grow with every write;
/// those that were written are to be looked at one by one.
pub(crate) fn moves_always(field: &Field) -> bool {
    matches!(field.name.as_str(), "SystemModstamp" | "LastModifiedById")
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

/// Returns the key of a field's value. Null has none, nor has what no field with an index holds.
pub(crate) fn key_of(field: &Field, value: &Value<'_>) -> Option<u64> {
    match value {
        Value::DateTime(ms) => Some(key_of_instant(*ms)),
        Value::Id(id) => Some(key_of_id(id)),
        Value::Text(text) if field.case_sensitive => Some(key_of_text(text)),
        Value::Text(text) => Some(key_of_text(&crate::soql::fold(text))),
        _ => None,
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Indexes {
    /// Makes the indexes of a schema, which are empty as yet.
    pub(crate) fn new(schema: &Schema) -> Self {
        let places = schema.sobjects().iter().flat_map(|sobject| {
            let indexed = sobject.fields.iter().filter(|field| is_indexed(field));
            indexed.map(|field| ((sobject.index, field.index), Index::default()))
        });
        Self { by_place: places.collect() }
    }

    /// Finds the index of a field, if [`is_indexed`] holds for it.
    pub(crate) fn find(&self, sobject: &SObject, field: &Field) -> Option<&Index> {
        self.by_place.get(&(sobject.index, field.index))
    }
}

impl Index {
    /// Returns the computed records, which `list` lists with their keys if this has not been asked before.
    pub(crate) fn computed(&self, list: impl FnOnce() -> Vec<(u64, u32)>) -> &Computed {
        self.computed.get_or_init(|| Computed::new(list()))
    }

    /// Remembers that a record was given a value.
    pub(crate) fn note_written(&self, key: u64, number: u32) {
        self.written.write().unwrap_or_else(PoisonError::into_inner).insert((key, number));
    }

    /// Appends the numbers of the records that were ever given a value with such a key, some of them twice.
    pub(crate) fn append_written(&self, keys: &[RangeInclusive<u64>], numbers: &mut Vec<u32>) {
        let written = self.written.read().unwrap_or_else(PoisonError::into_inner);
        for keys in keys.iter().filter(|keys| !keys.is_empty()) {
            let found = written.range((*keys.start(), 0)..=(*keys.end(), u32::MAX));
            numbers.extend(found.map(|(_, number)| *number));
        }
    }
}

impl Computed {
    fn new(mut entries: Vec<(u64, u32)>) -> Self {
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
