//! Grouped queries: one row of the result for many records.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::accumulator::{Accumulator, Aggregate};
use super::ast::GroupKind;
use super::error::SoqlError;
use super::expression::{Expression, Formatter, to_label};
use super::filter::Filter;
use super::json::write_value;
use super::order::{Collation, Key, SortKey};
use crate::org::{OrgView, Row};
use crate::schema::FieldKind;
use crate::value::Value;

/// The most groups a result may have, as it has no further pages.
const MAX_GROUPS: usize = 2_000;

/// What a grouped query computes.
#[derive(Clone, Debug)]
pub(super) struct Grouping {
    pub(super) kind: GroupKind,
    pub(super) keys: Vec<Expression>,
    pub(super) aggregates: Vec<Aggregate>,
    pub(super) outputs: Vec<Output>,
    pub(super) having: Option<Filter<GroupValue>>,
    pub(super) order: Vec<SortKey<GroupValue>>,
}

/// A column of the result.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) name: String,
    /// As it was asked for, `COUNT(Id)`.
    pub(super) text: String,
    pub(super) value: GroupValue,
}

/// What is known of a group. Numbers are places among the keys and aggregates of its [`Grouping`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum GroupValue {
    Key(usize),
    /// `toLabel` of a key.
    Label(usize),
    /// `GROUPING` of a key: 1 where it is summed up.
    IsSummedUp(usize),
    Aggregate(usize),
    Format(Box<GroupValue>, Formatter),
}

/// A key of a group: `None` where records of all its values are summed up.
type GroupKey = Vec<Option<Option<Key>>>;

/// Records that are one row of the result.
#[derive(Debug)]
pub(super) struct Group {
    key: GroupKey,
    values: Vec<Value<'static>>,
    accumulators: Vec<Accumulator>,
}

impl Grouping {
    /// Groups records. The groups come in the order of ORDER BY, and else in that of their keys, totals last.
    pub(super) fn run(&self, view: &OrgView<'_>, rows: impl Iterator<Item = Row>) -> Vec<Group> {
        let collations: Vec<_> = self.keys.iter().map(Collation::of).collect();
        let sets = self.list_sets();
        let mut places: HashMap<GroupKey, usize> = HashMap::new();
        let mut groups: Vec<Group> = Vec::new();
        if self.keys.is_empty() {
            groups.push(self.new_group(Vec::new(), Vec::new()));
            places.insert(Vec::new(), 0);
        }
        for row in rows {
            let values: Vec<_> = self.keys.iter().map(|key| key.compared(view, &row)).collect();
            let keys: Vec<_> = values
                .iter()
                .zip(&collations)
                .map(|(value, collation)| collation.key(value.as_borrowed()))
                .collect();
            for set in &sets {
                let key: GroupKey =
                    keys.iter().zip(set).map(|(key, grouped)| grouped.then(|| key.clone())).collect();
                let place = *places.entry(key).or_insert_with_key(|key| {
                    let shown = values.iter().zip(set).map(|(value, grouped)| {
                        if *grouped { value.clone().into_owned() } else { Value::Null }
                    });
                    groups.push(self.new_group(key.clone(), shown.collect()));
                    groups.len() - 1
                });
                let accumulators = groups[place].accumulators.iter_mut();
                accumulators
                    .zip(&self.aggregates)
                    .for_each(|(accumulator, aggregate)| accumulator.add(aggregate, view, &row));
            }
        }
        groups.retain(|group| {
            self.having.as_ref().is_none_or(|having| having.holds(&|value| self.value(group, value)))
        });
        self.sort(&mut groups);
        groups
    }

    fn new_group(&self, key: GroupKey, values: Vec<Value<'static>>) -> Group {
        Group { key, values, accumulators: vec![Accumulator::default(); self.aggregates.len()] }
    }

    /// Lists which keys count in each of the groupings that are put together.
    fn list_sets(&self) -> Vec<Vec<bool>> {
        let count = self.keys.len();
        match self.kind {
            GroupKind::Plain => vec![vec![true; count]],
            GroupKind::Rollup => {
                (0..=count).rev().map(|kept| (0..count).map(|at| at < kept).collect()).collect()
            }
            GroupKind::Cube => (0..1_usize << count)
                .rev()
                .map(|set| (0..count).map(|at| set >> at & 1 == 1).collect())
                .collect(),
        }
    }

    fn sort(&self, groups: &mut [Group]) {
        groups.sort_by(|one, other| compare_keys(&one.key, &other.key));
        if self.order.is_empty() {
            return;
        }
        groups.sort_by_cached_key(|group| {
            let keys = self.order.iter().map(|sort_key| {
                let value = self.value(group, &sort_key.expression);
                (sort_key, sort_key.collation.key(value))
            });
            Sorted(keys.collect())
        });
    }

    /// Returns a value of a group.
    pub(super) fn value<'g>(&self, group: &'g Group, value: &GroupValue) -> Value<'g> {
        match value {
            GroupValue::Key(at) => group.values[*at].as_borrowed(),
            GroupValue::Label(at) => to_label(&self.keys[*at].path().leaf, group.values[*at].as_borrowed()),
            GroupValue::IsSummedUp(at) => Value::Int(group.key[*at].is_none().into()),
            GroupValue::Aggregate(at) => group.accumulators[*at].value(&self.aggregates[*at]),
            GroupValue::Format(inner, formatter) => {
                formatter.format(&self.value(group, inner), self.kind(inner), self.scale(inner))
            }
        }
    }

    /// Returns the type of a value.
    pub(super) fn kind(&self, value: &GroupValue) -> FieldKind {
        match value {
            GroupValue::Key(at) => self.keys[*at].kind(),
            GroupValue::IsSummedUp(_) => FieldKind::Int,
            GroupValue::Aggregate(at) => self.aggregates[*at].kind(),
            GroupValue::Label(_) | GroupValue::Format(..) => FieldKind::String,
        }
    }

    fn scale(&self, value: &GroupValue) -> u32 {
        match value {
            GroupValue::Key(at) => self.keys[*at].scale(),
            GroupValue::Aggregate(at) if self.aggregates[*at].kind() != FieldKind::Int => {
                self.aggregates[*at].expression.scale()
            }
            _ => 0,
        }
    }

    /// Returns how a value sorts.
    pub(super) fn collation(&self, value: &GroupValue) -> Collation {
        match value {
            GroupValue::Key(at) => Collation::of(&self.keys[*at]),
            GroupValue::Aggregate(at) => self.aggregates[*at].collation(),
            _ => Collation::plain(),
        }
    }

    /// Appends a group as the REST API answers it.
    pub(super) fn write_json(&self, group: &Group, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"attributes":{"type":"AggregateResult"}"#);
        for output in &self.outputs {
            out.extend_from_slice(format!(",\"{}\":", output.name).as_bytes());
            let kind = match &output.value {
                // What is summed up has no value, a checkbox neither.
                GroupValue::Key(at) if group.key[*at].is_none() => FieldKind::String,
                value => self.kind(value),
            };
            write_value(&self.value(group, &output.value), kind, out);
        }
        out.push(b'}');
    }
}

/// Refuses more groups than one answer takes.
pub(super) fn check_count(groups: usize) -> Result<(), SoqlError> {
    if groups <= MAX_GROUPS {
        return Ok(());
    }
    let message =
        "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
    Err(SoqlError::new("EXCEEDED_ID_LIMIT", message))
}

/// Totals come after what they are the totals of.
fn compare_keys(one: &GroupKey, other: &GroupKey) -> Ordering {
    let pairs = one.iter().zip(other);
    pairs
        .map(|(one, other)| match (one, other) {
            (Some(one), Some(other)) => one.cmp(other),
            (one, other) => one.is_none().cmp(&other.is_none()),
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The keys that ORDER BY sorts a group by.
struct Sorted<'a>(Vec<(&'a SortKey<GroupValue>, Option<Key>)>);

impl Ord for Sorted<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        pairs
            .map(|((sort_key, one), (_, other))| sort_key.compare(one, other))
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Sorted<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sorted<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Sorted<'_> {}
