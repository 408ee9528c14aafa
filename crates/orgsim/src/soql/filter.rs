//! Conditions made ready, so that testing a record parses and looks up nothing.
//!
//! A condition on a record is either met or not: there is no third, unknown answer. A null differs from every value, so
//! `!=` and `NOT IN` keep records without one (SOQL and SOSL Reference, Comparison Operators).

use std::cmp::Ordering;
use std::ops::{Bound, Range};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::expression::Expression;
use super::join::Join;
use super::text::{Pattern, compare_folded, fold};
use crate::id::RecordId;
use crate::org::OrgView;
use crate::value::Value;

/// A condition on values: those of a record in WHERE, those of a group in HAVING.
#[derive(Clone, Debug)]
pub(super) enum Filter<E = Expression> {
    All(Vec<Filter<E>>),
    Any(Vec<Filter<E>>),
    Not(Box<Filter<E>>),
    /// Every check of one value, which is computed once.
    Test(E, Vec<Check>),
}

/// What a value must be like.
#[derive(Clone, Debug)]
pub(super) enum Check {
    Null,
    NotNull,
    Is(Relation, Constant),
    In(Members),
    NotIn(Members),
    Like(Pattern),
    /// Any of these sets, each in whole.
    Includes(Vec<Vec<String>>),
    Excludes(Vec<Vec<String>>),
    /// Among what a subquery finds. [`Filter::resolve`] turns it into `In` or `NotIn`.
    Joined(Box<Join>),
}

/// How a value stands to a constant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value of the statement, in the type of the field it is compared with.
#[derive(Clone, Debug)]
pub(super) enum Constant {
    Bool(bool),
    Number(Decimal),
    /// Text that compares without regard to case, folded.
    Folded(String),
    /// Text that compares as it is.
    Exact(String),
    /// The values of a multi-select picklist, folded and sorted.
    Set(Vec<String>),
    Id(RecordId),
    Date(NaiveDate),
    DateTime(i64),
    Time(u32),
    /// A date literal: whatever lies inside is equal to it.
    Days(Range<NaiveDate>),
    /// The same for instants.
    Instants(Range<i64>),
}

/// The right side of `IN`.
#[derive(Clone, Debug)]
pub(super) struct Members {
    pub(super) has_null: bool,
    /// Single values in ascending order.
    pub(super) points: Vec<Constant>,
    pub(super) ranges: Vec<Constant>,
}

impl<E: Clone + PartialEq> Filter<E> {
    /// Appends the constants it compares values with, as text.
    pub(super) fn list_texts(&self, texts: &mut Vec<String>) {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().for_each(|filter| filter.list_texts(texts));
            }
            Self::Not(filter) => filter.list_texts(texts),
            Self::Test(_, checks) => checks.iter().for_each(|check| check.list_texts(texts)),
        }
    }

    /// Returns whether the condition holds, given what computes values.
    pub(super) fn holds<'v>(&self, value: &impl Fn(&E) -> Value<'v>) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.holds(value)),
            Self::Any(filters) => filters.iter().any(|filter| filter.holds(value)),
            Self::Not(filter) => !filter.holds(value),
            Self::Test(expression, checks) => {
                let value = value(expression);
                checks.iter().all(|check| check.passes(&value))
            }
        }
    }

    /// Makes one condition of several that must all be met, with the checks of one value side by side.
    pub(super) fn all(filters: Vec<Self>) -> Self {
        let mut all: Vec<Self> = Vec::with_capacity(filters.len());
        for filter in filters {
            match (all.last_mut(), filter) {
                (Some(Self::Test(expression, checks)), Self::Test(same, more)) if *expression == same => {
                    checks.extend(more)
                }
                (_, filter) => all.push(filter),
            }
        }
        Self::All(all)
    }

    /// Appends the values the condition names.
    pub(super) fn list_expressions<'f>(&'f self, expressions: &mut Vec<&'f E>) {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().for_each(|filter| filter.list_expressions(expressions));
            }
            Self::Not(filter) => filter.list_expressions(expressions),
            Self::Test(expression, _) => expressions.push(expression),
        }
    }

    /// Returns the condition with every subquery replaced by what it finds.
    pub(super) fn resolve(&self, view: &OrgView<'_>) -> Self {
        let all = |filters: &[Self]| filters.iter().map(|filter| filter.resolve(view)).collect();
        match self {
            Self::All(filters) => Self::All(all(filters)),
            Self::Any(filters) => Self::Any(all(filters)),
            Self::Not(filter) => Self::Not(Box::new(filter.resolve(view))),
            Self::Test(expression, checks) => {
                let checks = checks.iter().map(|check| check.resolve(view)).collect();
                Self::Test(expression.clone(), checks)
            }
        }
    }
}

impl Filter {
    /// Returns the ids outside of which the condition keeps no record, in ascending order, where it names some.
    pub(super) fn candidate_ids(&self) -> Option<Vec<RecordId>> {
        match self {
            Self::All(filters) => filters.iter().find_map(Self::candidate_ids),
            Self::Test(expression, checks) if expression.is_own_id() => {
                checks.iter().find_map(Check::candidate_ids)
            }
            _ => None,
        }
    }

    /// Returns the bounds outside of which no record has an id that the condition keeps.
    pub(super) fn id_bounds(&self) -> IdBounds {
        let all = |bounds: &mut dyn Iterator<Item = IdBounds>| {
            bounds.fold((Bound::Unbounded, Bound::Unbounded), |one, other| {
                (narrower(one.0, other.0, Ordering::Greater), narrower(one.1, other.1, Ordering::Less))
            })
        };
        match self {
            Self::All(filters) => all(&mut filters.iter().map(Self::id_bounds)),
            Self::Test(expression, checks) if expression.is_own_id() => {
                all(&mut checks.iter().map(Check::id_bounds))
            }
            _ => (Bound::Unbounded, Bound::Unbounded),
        }
    }
}

/// The least and the greatest id.
type IdBounds = (Bound<RecordId>, Bound<RecordId>);

/// Returns the bound that leaves less: the one whose id stands so to that of the other.
fn narrower(one: Bound<RecordId>, other: Bound<RecordId>, wanted: Ordering) -> Bound<RecordId> {
    let id = |bound| match bound {
        Bound::Included(id) | Bound::Excluded(id) => Some(id),
        Bound::Unbounded => None,
    };
    match (id(one), id(other)) {
        (None, _) => other,
        (_, None) => one,
        (Some(first), Some(second)) if first == second => {
            if matches!(one, Bound::Excluded(_)) {
                one
            } else {
                other
            }
        }
        (Some(first), Some(second)) => {
            if first.cmp(&second) == wanted {
                one
            } else {
                other
            }
        }
    }
}

impl Check {
    fn id_bounds(&self) -> IdBounds {
        let Self::Is(relation, Constant::Id(id)) = self else { return (Bound::Unbounded, Bound::Unbounded) };
        match relation {
            Relation::Less => (Bound::Unbounded, Bound::Excluded(*id)),
            Relation::LessOrEqual => (Bound::Unbounded, Bound::Included(*id)),
            Relation::Greater => (Bound::Excluded(*id), Bound::Unbounded),
            Relation::GreaterOrEqual => (Bound::Included(*id), Bound::Unbounded),
            Relation::Equal | Relation::NotEqual => (Bound::Unbounded, Bound::Unbounded),
        }
    }

    fn passes(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::NotNull => !value.is_null(),
            Self::Is(relation, _) if value.is_null() => *relation == Relation::NotEqual,
            Self::Is(relation, constant) => relation.holds(constant.compare(value)),
            Self::In(members) => members.contain(value),
            Self::NotIn(members) => !members.contain(value),
            Self::Like(pattern) => value.as_str().is_some_and(|text| pattern.matches(text)),
            Self::Includes(sets) => includes_any(value, sets),
            Self::Excludes(sets) => !includes_any(value, sets),
            Self::Joined(_) => unreachable!("a condition is resolved before it is tested"),
        }
    }

    fn list_texts(&self, texts: &mut Vec<String>) {
        let mut add = |constant: &Constant| match constant {
            Constant::Id(id) => texts.push(id.to_string()),
            Constant::Exact(text) | Constant::Folded(text) => texts.push(text.clone()),
            _ => {}
        };
        match self {
            Self::Is(_, constant) => add(constant),
            Self::In(members) | Self::NotIn(members) => members.points.iter().for_each(add),
            _ => {}
        }
    }

    fn resolve(&self, view: &OrgView<'_>) -> Self {
        match self {
            Self::Joined(join) => join.run(view),
            check => check.clone(),
        }
    }

    fn candidate_ids(&self) -> Option<Vec<RecordId>> {
        let id = |constant: &Constant| match constant {
            Constant::Id(id) => Some(*id),
            _ => None,
        };
        match self {
            Self::Is(Relation::Equal, constant) => id(constant).map(|id| vec![id]),
            Self::In(members) => {
                let mut ids: Vec<_> = members.points.iter().filter_map(id).collect();
                ids.dedup();
                Some(ids)
            }
            _ => None,
        }
    }
}

fn includes_any(value: &Value<'_>, sets: &[Vec<String>]) -> bool {
    let Some(text) = value.as_str() else { return false };
    let chosen = split_set(text);
    sets.iter().any(|set| set.iter().all(|wanted| chosen.binary_search(wanted).is_ok()))
}

/// Returns the values of a multi-select picklist, folded and sorted.
pub(super) fn split_set(text: &str) -> Vec<String> {
    let mut values: Vec<_> = text.split(';').map(|value| fold(value.trim())).collect();
    values.sort_unstable();
    values.dedup();
    values
}

impl Relation {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Constant {
    /// Returns how a value that is not null stands to this one.
    ///
    /// Binding has made the types fit; what does not fit all the same is less, and so never equal.
    fn compare(&self, value: &Value<'_>) -> Ordering {
        match (self, value) {
            (Self::Bool(constant), Value::Bool(value)) => value.cmp(constant),
            (Self::Number(constant), Value::Number(value)) => value.cmp(constant),
            (Self::Number(constant), Value::Int(value)) => Decimal::from(*value).cmp(constant),
            (Self::Folded(constant), Value::Text(value)) => compare_folded(value, constant),
            (Self::Folded(constant), Value::Id(value)) => compare_folded(value.as_str(), constant),
            (Self::Exact(constant), Value::Text(value)) => value.as_ref().cmp(constant.as_str()),
            (Self::Set(constant), Value::Text(value)) => split_set(value).cmp(constant),
            (Self::Id(constant), Value::Id(value)) => value.cmp(constant),
            (Self::Date(constant), Value::Date(value)) => value.cmp(constant),
            (Self::DateTime(constant), Value::DateTime(value)) => value.cmp(constant),
            (Self::Time(constant), Value::Time(value)) => value.cmp(constant),
            (Self::Days(days), Value::Date(value)) => compare_range(days, value),
            (Self::Instants(instants), Value::DateTime(value)) => compare_range(instants, value),
            _ => Ordering::Less,
        }
    }

    /// Orders constants of one field among themselves.
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            (Self::Number(one), Self::Number(other)) => one.cmp(other),
            (Self::Folded(one), Self::Folded(other)) | (Self::Exact(one), Self::Exact(other)) => {
                one.cmp(other)
            }
            (Self::Set(one), Self::Set(other)) => one.cmp(other),
            (Self::Id(one), Self::Id(other)) => one.cmp(other),
            (Self::Date(one), Self::Date(other)) => one.cmp(other),
            (Self::DateTime(one), Self::DateTime(other)) => one.cmp(other),
            (Self::Time(one), Self::Time(other)) => one.cmp(other),
            _ => Ordering::Equal,
        }
    }
}

fn compare_range<T: Ord>(range: &Range<T>, value: &T) -> Ordering {
    if *value < range.start {
        Ordering::Less
    } else if *value < range.end {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}

impl Members {
    /// Makes the right side of `IN` of its values, `None` among them for `NULL`.
    pub(super) fn new(values: Vec<Option<Constant>>) -> Self {
        let has_null = values.iter().any(Option::is_none);
        let (ranges, mut points): (Vec<_>, Vec<_>) = values
            .into_iter()
            .flatten()
            .partition(|constant| matches!(constant, Constant::Days(_) | Constant::Instants(_)));
        points.sort_by(Constant::order);
        Self { has_null, points, ranges }
    }

    fn contain(&self, value: &Value<'_>) -> bool {
        if value.is_null() {
            return self.has_null;
        }
        self.points.binary_search_by(|point| point.compare(value).reverse()).is_ok()
            || self.ranges.iter().any(|range| range.compare(value).is_eq())
    }
}
