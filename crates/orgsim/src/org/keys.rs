//! Which records have a value, found without reading them all.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{OnceLock, PoisonError, RwLock};

use crate::data::Base;
use crate::org::{OrgView, Row};
use crate::overlay::Patch;
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// The records that may have a value, for every field that others are found by: external ids, lookups, names.
///
/// What it answers are candidates: whoever asks looks at the records, which may have changed since.
#[derive(Debug, Default)]
pub(super) struct Keys {
    indexes: HashMap<(usize, usize), Index>,
}

#[derive(Debug, Default)]
struct Index {
    /// The computed records by the hash of their value, made when somebody first asks.
    computed: OnceLock<Vec<(u32, u32)>>,
    /// The records that were written, by the hashes of all values they ever had.
    written: RwLock<HashMap<u32, BTreeSet<u32>>>,
}

impl Keys {
    pub(super) fn new(base: &Base) -> Self {
        let fields = base.schema().sobjects().iter().flat_map(|sobject| {
            let keyed = sobject.fields.iter().filter(|field| is_key(field));
            keyed.map(|field| ((sobject.index, field.index), Index::default()))
        });
        Self { indexes: fields.collect() }
    }

    /// Remembers the values that a change gave a record.
    pub(super) fn note_changed(&self, sobject: &SObject, number: u32, patch: &Patch) {
        for field in sobject.fields.iter().filter(|field| is_key(field)) {
            if let Some(value) = patch.find_value(field) {
                self.note(sobject, field, number, &value);
            }
        }
    }

    /// Remembers the values of a new record, those that the org made up included.
    pub(super) fn note_created(&self, base: &Base, sobject: &SObject, number: u32, patch: &Patch) {
        for field in sobject.fields.iter().filter(|field| is_key(field)) {
            let value = patch.find_value(field).unwrap_or_else(|| match patch.computed {
                true => base.value(sobject, number, field),
                false => base.value_when_left_out(sobject, number, field),
            });
            self.note(sobject, field, number, &value);
        }
    }

    fn note(&self, sobject: &SObject, field: &Field, number: u32, value: &Value<'_>) {
        let Some(index) = self.indexes.get(&(sobject.index, field.index)) else { return };
        let Some(hash) = key_hash(value) else { return };
        let mut written = index.written.write().unwrap_or_else(PoisonError::into_inner);
        written.entry(hash).or_default().insert(number);
    }
}

impl OrgView<'_> {
    /// Lists the records whose field has that value, deleted ones included, by ascending id.
    pub(crate) fn rows_with(&self, sobject: &SObject, field: &Field, wanted: &Value<'_>) -> Vec<Row> {
        let has = |row: &Row| same_key(field, &self.value(sobject, row, field), wanted);
        let (Some(index), Some(hash)) =
            (self.keys.indexes.get(&(sobject.index, field.index)), key_hash(wanted))
        else {
            return self.rows(sobject).filter(has).collect();
        };
        let computed = index.computed.get_or_init(|| index_computed(self.base, sobject, field));
        let start = computed.partition_point(|(at, _)| *at < hash);
        let computed = computed[start..].iter().take_while(|(at, _)| *at == hash).map(|(_, number)| *number);
        let mut numbers: Vec<u32> = computed.collect();
        let written = index.written.read().unwrap_or_else(PoisonError::into_inner);
        numbers.extend(written.get(&hash).into_iter().flatten());
        drop(written);
        numbers.sort_unstable();
        numbers.dedup();
        let rows = numbers.into_iter().map(|number| Row { sobject: sobject.index as u16, number });
        rows.filter(|row| self.exists(row) && has(row)).collect()
    }
}

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
}

fn index_computed(base: &Base, sobject: &SObject, field: &Field) -> Vec<(u32, u32)> {
    let numbers = 0..base.counts()[sobject.index];
    let hash = |number| key_hash(&base.value(sobject, number, field)).map(|hash| (hash, number));
    let mut index: Vec<(u32, u32)> = numbers.filter_map(hash).collect();
    index.sort_unstable();
    index
}

fn is_key(field: &Field) -> bool {
    // Owners have very many records each, which an index would not narrow down.
    let is_lookup = field.kind == FieldKind::Reference && field.createable && field.name != "OwnerId";
    let finds = field.unique || field.id_lookup || field.external_id || is_lookup;
    finds && field.kind != FieldKind::Id && field.fill.as_derivation().is_none()
}

/// Returns whether two values are one to who looks records up. Only some fields tell upper from lower case.
fn same_key(field: &Field, one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) if !field.case_sensitive => {
            one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
        }
        _ => one == other,
    }
}

/// Hashes a value in a way that leaves case aside. Null is never looked up.
fn key_hash(value: &Value<'_>) -> Option<u32> {
    let text: Cow<'_, str> = match value {
        Value::Null => return None,
        Value::Text(text) => text.to_lowercase().into(),
        Value::Id(id) => id.as_str().to_owned().into(),
        Value::Number(number) => number.normalize().to_string().into(),
        Value::Int(number) => number.to_string().into(),
        other => format!("{other:?}").into(),
    };
    // FNV-1a: short, and good enough for candidates that are looked at again.
    let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    Some((hash ^ hash >> 32) as u32)
}
