//! Finding records by a value, without looking at all of them.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{Bound, Range, RangeInclusive};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

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
    written: RwLock<Written>,
}

/// A record by the key of a value.
pub(crate) type Entry = (u64, u32);

/// The records that were written, by the keys of all values they have had: views of the past are served too.
#[derive(Debug)]
struct Written {
    entries: BTreeSet<Entry>,
    /// Tables of older versions have values that are no longer here.
    whole_since: u64,
    /// How many entries there may be before those of the past are dropped.
    most: usize,
}

/// As many values of the past are kept in any case. One takes about 24 bytes.
const PAST_ENTRIES: usize = 1 << 16;

/// Entries are read in parts of that size, so that who writes need not wait for who reads.
const PART_ENTRIES: usize = 1_024;

impl Default for Written {
    fn default() -> Self {
        Self { entries: BTreeSet::new(), whole_since: 0, most: PAST_ENTRIES }
    }
}

/// Takes 12 bytes a record.
#[derive(Debug)]
pub(crate) struct Computed {
    /// In ascending order, those of one value by ascending number.
    keys: Vec<u64>,
    numbers: Vec<u32>,
}

/// Returns whether Salesforce has an index on a field (SOQL and SOSL Reference, Query Performance).
pub(crate) fn is_indexed_there(field: &Field) -> bool {
    field.kind == FieldKind::Id || is_indexed(field) && field.name != "LastModifiedDate"
}

/// Returns whether a field has an index: no other record has a say in its value. What Salesforce finds by an index is found by
/// one, and so is what was modified lately, for which it uses that on `SystemModstamp`.
pub(crate) fn is_indexed(field: &Field) -> bool {
    let is_chosen = match field.kind {
        FieldKind::Reference => true,
        FieldKind::DateTime => {
            matches!(field.name.as_str(), "SystemModstamp" | "CreatedDate" | "LastModifiedDate")
        }
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
    pub(crate) fn computed(&self, list: impl FnOnce() -> Vec<Entry>) -> &Computed {
        self.computed.get_or_init(|| Computed::new(list()))
    }

    /// Remembers that records were given values.
    pub(crate) fn note_written(&self, entries: Vec<Entry>) {
        self.write().entries.extend(entries);
    }

    /// Returns whether so many values of the past are remembered that they should be dropped.
    pub(crate) fn is_swollen(&self) -> bool {
        let written = self.read();
        written.entries.len() > written.most
    }

    /// Remembers nothing but what written records have now, in the table of that version.
    pub(crate) fn drop_past(&self, now: impl Iterator<Item = Entry>, version: u64) {
        let entries: BTreeSet<Entry> = now.collect();
        let most = 2 * entries.len() + PAST_ENTRIES;
        *self.write() = Written { entries, whole_since: version, most };
    }

    /// Appends the numbers of the records that were ever given a value with such a key, some of them twice. Answers false
    /// if not all values are known that records have in the table of that version.
    pub(crate) fn append_written(
        &self,
        keys: &[RangeInclusive<u64>],
        version: u64,
        numbers: &mut Vec<u32>,
    ) -> bool {
        let written = self.read();
        for keys in keys.iter().filter(|keys| !keys.is_empty()) {
            let found = written.entries.range((*keys.start(), 0)..=(*keys.end(), u32::MAX));
            numbers.extend(found.map(|(_, number)| *number));
        }
        written.whole_since <= version
    }

    /// Lists the next of the records that were ever given a value within bounds, by its key and then by number. `None` if not
    /// all values are known that records have in the table of that version.
    pub(crate) fn written_part(
        &self,
        bounds: (Bound<Entry>, Bound<Entry>),
        version: u64,
    ) -> Option<Vec<Entry>> {
        let written = self.read();
        let part = || written.entries.range(bounds).take(PART_ENTRIES).copied().collect();
        (written.whole_since <= version).then(part)
    }

    fn read(&self) -> RwLockReadGuard<'_, Written> {
        self.written.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Written> {
        self.written.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Computed {
    fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable();
        Self {
            keys: entries.iter().map(|(key, _)| *key).collect(),
            numbers: entries.into_iter().map(|(_, number)| number).collect(),
        }
    }

    /// Returns the numbers of the records with such keys, by key and then number.
    pub(crate) fn numbers(&self, keys: &RangeInclusive<u64>) -> &[u32] {
        &self.numbers[self.places(keys)]
    }

    /// Lists the records with such keys, with theirs, by key and then number.
    pub(crate) fn entries(&self, keys: &RangeInclusive<u64>) -> impl Iterator<Item = Entry> + use<'_> {
        let places = self.places(keys);
        self.keys[places.clone()].iter().copied().zip(self.numbers[places].iter().copied())
    }

    fn places(&self, keys: &RangeInclusive<u64>) -> Range<usize> {
        let start = self.keys.partition_point(|key| key < keys.start());
        let end = self.keys.partition_point(|key| key <= keys.end());
        start..end.max(start)
    }
}
