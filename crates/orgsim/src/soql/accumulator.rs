//! Aggregate functions: one value of many records (SOQL and SOSL Reference, Aggregate Functions).

use std::collections::HashSet;

use rust_decimal::Decimal;

use super::distance::{from_f64, to_f64};
use super::expression::Expression;
use super::order::{Collation, Key};
use crate::org::{OrgView, Row};
use crate::schema::FieldKind;
use crate::value::Value;

/// The aggregate functions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Function {
    Count,
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
}

impl Function {
    const NAMES: [(&'static str, Self); 6] = [
        ("COUNT", Self::Count),
        ("COUNT_DISTINCT", Self::CountDistinct),
        ("SUM", Self::Sum),
        ("AVG", Self::Avg),
        ("MIN", Self::Min),
        ("MAX", Self::Max),
    ];

    /// Finds an aggregate function by its name in any case.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, function)| *function)
    }

    /// Returns whether it only takes numbers.
    pub(super) fn needs_number(self) -> bool {
        matches!(self, Self::Sum | Self::Avg)
    }
}

/// An aggregate function and what it is applied to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aggregate {
    pub(super) function: Function,
    pub(super) expression: Expression,
}

impl Aggregate {
    /// Returns the type of its value.
    pub(super) fn kind(&self) -> FieldKind {
        match self.function {
            Function::Count | Function::CountDistinct => FieldKind::Int,
            Function::Avg => FieldKind::Double,
            Function::Sum | Function::Min | Function::Max => self.expression.kind(),
        }
    }

    /// Returns how its values sort.
    pub(super) fn collation(&self) -> Collation {
        match self.function {
            Function::Min | Function::Max => Collation::of(&self.expression),
            _ => Collation::plain(),
        }
    }
}

/// What an aggregate function has seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Accumulator {
    count: u64,
    sum: Decimal,
    distinct: HashSet<Key>,
    best: Option<(Key, Value<'static>)>,
}

impl Accumulator {
    /// Adds a record. Nulls do not count.
    pub(super) fn add(&mut self, aggregate: &Aggregate, view: &OrgView<'_>, row: &Row) {
        let value = aggregate.expression.value(view, row);
        if value.is_null() {
            return;
        }
        self.count += 1;
        match aggregate.function {
            Function::Count => {}
            Function::Sum | Function::Avg => {
                self.sum = self.sum.saturating_add(to_decimal(&value));
            }
            Function::CountDistinct => self.distinct.extend(aggregate.collation().key(value)),
            Function::Min | Function::Max => self.keep_best(aggregate, value),
        }
    }

    fn keep_best(&mut self, aggregate: &Aggregate, value: Value<'_>) {
        let Some(key) = aggregate.collation().key(value.as_borrowed()) else { return };
        let is_better = self.best.as_ref().is_none_or(|(best, _)| match aggregate.function {
            Function::Min => key < *best,
            _ => key > *best,
        });
        if is_better {
            self.best = Some((key, value.into_owned()));
        }
    }

    /// Returns the function's value. Without any record a count is zero and everything else null.
    pub(super) fn value(&self, aggregate: &Aggregate) -> Value<'_> {
        match aggregate.function {
            Function::Count => Value::Int(self.count as i64),
            Function::CountDistinct => Value::Int(self.distinct.len() as i64),
            _ if self.count == 0 => Value::Null,
            Function::Sum if aggregate.kind() == FieldKind::Int => {
                Value::Int(i64::try_from(self.sum).unwrap_or(i64::MAX))
            }
            Function::Sum => Value::Number(self.sum),
            // A double, and so no more than its digits.
            Function::Avg => from_f64(to_f64(self.sum / Decimal::from(self.count))),
            Function::Min | Function::Max => {
                self.best.as_ref().map_or(Value::Null, |(_, value)| value.as_borrowed())
            }
        }
    }
}

fn to_decimal(value: &Value<'_>) -> Decimal {
    match value {
        Value::Number(number) => *number,
        Value::Int(number) => Decimal::from(*number),
        _ => Decimal::ZERO,
    }
}
