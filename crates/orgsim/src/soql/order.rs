//! Sorting, and keeping only the first records of an order.

use std::cmp::Ordering;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::expression::Expression;
use super::text::fold;
use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::{Field, FieldKind};
use crate::value::Value;

/// An entry of `ORDER BY`, made ready.
#[derive(Clone, Debug)]
pub(super) struct SortKey<E = Expression> {
    pub(super) expression: E,
    pub(super) collation: Collation,
    pub(super) descending: bool,
    pub(super) nulls_last: bool,
}

/// What the order of values depends on beside the values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Collation {
    /// Values of a picklist sort as the picklist lists them.
    picklist: Option<&'static Field>,
    is_exact: bool,
    is_boolean: bool,
}

/// A value as it sorts and groups.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Key {
    Bool(bool),
    Int(i64),
    Number(Decimal),
    Text(String),
    Id(RecordId),
    Date(NaiveDate),
}

/// A record with what it is sorted by.
struct Entry {
    keys: Vec<Option<Key>>,
    row: Row,
}

/// Returns the first `count` rows in the order of the keys; rows that tie stay in the order of their ids.
///
/// Holds no more than twice that many rows at a time, and computes no key of a row that cannot be among them but for
/// those that show it.
pub(super) fn first_rows(
    view: &OrgView<'_>,
    rows: impl Iterator<Item = Row>,
    sort_keys: &[SortKey],
    count: usize,
) -> Vec<Row> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut worst: Option<Entry> = None;
    let compare = |one: &Entry, other: &Entry| compare_entries(sort_keys, one, other);
    if count == 0 {
        return Vec::new();
    }
    for row in rows {
        let Some(entry) = enter(view, row, sort_keys, worst.as_ref()) else { continue };
        entries.push(entry);
        if entries.len() >= count.saturating_mul(2) {
            entries.select_nth_unstable_by(count - 1, compare);
            entries.truncate(count);
            worst = entries.last().map(|entry| Entry { keys: entry.keys.clone(), row: entry.row });
        }
    }
    entries.sort_unstable_by(compare);
    entries.truncate(count);
    entries.into_iter().map(|entry| entry.row).collect()
}

/// Computes a row's keys; `None` if it comes after `worst`.
fn enter(view: &OrgView<'_>, row: Row, sort_keys: &[SortKey], worst: Option<&Entry>) -> Option<Entry> {
    let mut keys = Vec::new();
    let mut undecided = worst;
    for (at, sort_key) in sort_keys.iter().enumerate() {
        let key = sort_key.key(view, &row);
        if let Some(worst) = undecided {
            match sort_key.compare(&key, &worst.keys[at]) {
                Ordering::Greater => return None,
                Ordering::Less => undecided = None,
                Ordering::Equal => {}
            }
        }
        keys.push(key);
    }
    match undecided {
        Some(worst) if row > worst.row => None,
        _ => Some(Entry { keys, row }),
    }
}

fn compare_entries(sort_keys: &[SortKey], one: &Entry, other: &Entry) -> Ordering {
    let pairs = one.keys.iter().zip(&other.keys);
    sort_keys
        .iter()
        .zip(pairs)
        .map(|(sort_key, (one, other))| sort_key.compare(one, other))
        .find(|ordering| ordering.is_ne())
        .unwrap_or_else(|| one.row.cmp(&other.row))
}

impl<E> SortKey<E> {
    /// Nulls come first in both directions unless told otherwise (SOQL and SOSL Reference, ORDER BY).
    pub(super) fn compare(&self, one: &Option<Key>, other: &Option<Key>) -> Ordering {
        let ordering = match (one, other) {
            (Some(one), Some(other)) if self.descending => return other.cmp(one),
            (Some(one), Some(other)) => return one.cmp(other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        };
        if self.nulls_last { ordering.reverse() } else { ordering }
    }
}

impl SortKey {
    /// Returns whether this is the order that rows come in anyway.
    pub(super) fn is_ascending_id(&self) -> bool {
        self.expression.is_own_id() && !self.descending
    }

    fn key(&self, view: &OrgView<'_>, row: &Row) -> Option<Key> {
        self.collation.key(self.expression.value(view, row))
    }
}

impl Collation {
    pub(super) fn of(expression: &Expression) -> Self {
        Self {
            picklist: expression.picklist(),
            is_exact: expression.is_case_sensitive(),
            is_boolean: expression.kind() == FieldKind::Boolean,
        }
    }

    /// The order of numbers, for what no field has.
    pub(super) fn plain() -> Self {
        Self { picklist: None, is_exact: false, is_boolean: false }
    }

    /// Returns a value as it sorts; `None` for null, which a checkbox never is.
    pub(super) fn key(&self, value: Value<'_>) -> Option<Key> {
        Some(match value {
            Value::Null if self.is_boolean => Key::Bool(false),
            Value::Null | Value::Blob(_) => return None,
            Value::Bool(value) => Key::Bool(value),
            Value::Int(value) | Value::DateTime(value) => Key::Int(value),
            Value::Number(value) => Key::Number(value),
            Value::Text(value) => self.text_key(&value),
            Value::Id(value) => Key::Id(value),
            Value::Date(value) => Key::Date(value),
            Value::Time(value) => Key::Int(value.into()),
        })
    }

    fn text_key(&self, text: &str) -> Key {
        let place =
            self.picklist.and_then(|field| field.picklist.iter().position(|entry| entry.value == text));
        match place {
            Some(place) => Key::Int(place as i64),
            None if self.is_exact => Key::Text(text.to_owned()),
            None => Key::Text(fold(text)),
        }
    }
}
