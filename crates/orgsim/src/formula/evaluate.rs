//! Computing formulas.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::convert::{compare, is_same, is_text, to_number, to_text};
use super::dates::apply_to_dates;
use super::functions::Function;
use super::numbers::{apply_to_numbers, calculate};
use super::texts::apply_to_texts;
use super::{Expression, Operator};
use crate::org::{OrgView, Row};
use crate::schema::SObject;
use crate::time_zone::TimeZone;
use crate::value::Value;

/// Formulas that name other formulas are followed so deep (Salesforce Help, Formula Field Limits).
const MAX_DEPTH: usize = 10;

/// What an empty number counts as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Blank {
    Zero,
    Blank,
}

/// The record that a formula is computed for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a, 'org> {
    pub(crate) view: &'a OrgView<'org>,
    pub(crate) sobject: &'a SObject,
    pub(crate) row: Row,
    /// The org before the record was changed; none where it is new.
    pub(crate) before: Option<&'a OrgView<'org>>,
    pub(crate) blank: Blank,
    /// How many formulas led to this one.
    pub(crate) depth: usize,
}

/// A value, or nothing for what cannot be computed: a division by zero, a text that is no number.
pub(super) type Computed = Option<Value<'static>>;

impl Scope<'_, '_> {
    pub(super) fn evaluate(&self, expression: &Expression) -> Computed {
        match expression {
            Expression::Constant(value) => Some(value.clone()),
            Expression::Field(path) => self.field(self.view, path),
            Expression::Not(inner) => Some(Value::Bool(!self.is_true(inner)?)),
            Expression::Negative(inner) => match self.number(inner)? {
                Some(number) => Some(Value::Number(-number)),
                None => Some(Value::Null),
            },
            Expression::Binary(Operator::And, left, right) => {
                Some(Value::Bool(self.is_true(left)? && self.is_true(right)?))
            }
            Expression::Binary(Operator::Or, left, right) => {
                Some(Value::Bool(self.is_true(left)? || self.is_true(right)?))
            }
            Expression::Binary(operator, left, right) => {
                self.binary(*operator, self.evaluate(left)?, self.evaluate(right)?)
            }
            Expression::Call(function, arguments) => self.call(*function, arguments),
        }
    }

    /// Reads a field of the record or of a parent. That of no parent is blank.
    fn field(&self, view: &OrgView<'_>, path: &[String]) -> Computed {
        let (mut sobject, mut row) = (self.sobject, self.row);
        let (name, relationships) = path.split_last()?;
        for relationship in relationships {
            let lookup = sobject.relationship(relationship)?;
            let Value::Id(id) = view.value(sobject, &row, lookup) else { return Some(Value::Null) };
            let parent = view.schema().find_by_prefix(id.prefix());
            let found = parent.and_then(|parent| Some((parent, view.find(parent, &id)?)));
            let Some((parent, parent_row)) = found else { return Some(Value::Null) };
            (sobject, row) = (parent, parent_row);
        }
        let Some(field) = sobject.field(name) else { return Some(Value::Null) };
        if self.depth >= MAX_DEPTH {
            return None;
        }
        let value = view.value_at_depth(sobject, &row, field, self.depth + 1);
        let is_number = field.kind.is_decimal() || field.kind.is_integer();
        Some(match value {
            Value::Null if is_number && self.blank == Blank::Zero => Value::Number(Decimal::ZERO),
            Value::Int(number) => Value::Number(number.into()),
            value => value.into_owned(),
        })
    }

    fn binary(&self, operator: Operator, left: Value<'static>, right: Value<'static>) -> Computed {
        match operator {
            Operator::Equal => Some(Value::Bool(is_same(&left, &right))),
            Operator::NotEqual => Some(Value::Bool(!is_same(&left, &right))),
            Operator::Less => Some(Value::Bool(compare(&left, &right).is_some_and(Ordering::is_lt))),
            Operator::LessOrEqual => Some(Value::Bool(compare(&left, &right).is_some_and(Ordering::is_le))),
            Operator::Greater => Some(Value::Bool(compare(&left, &right).is_some_and(Ordering::is_gt))),
            Operator::GreaterOrEqual => {
                Some(Value::Bool(compare(&left, &right).is_some_and(Ordering::is_ge)))
            }
            Operator::Join => Some(Value::owned_text(format!("{}{}", to_text(&left), to_text(&right)))),
            Operator::Add if is_text(&left) || is_text(&right) => {
                Some(Value::owned_text(format!("{}{}", to_text(&left), to_text(&right))))
            }
            operator => calculate(operator, &left, &right),
        }
    }

    fn call(&self, function: Function, arguments: &[Expression]) -> Computed {
        let first = || self.evaluate(&arguments[0]);
        match function {
            Function::If => self.evaluate(&arguments[if self.is_true(&arguments[0])? { 1 } else { 2 }]),
            Function::Case => self.case(arguments),
            Function::And => self.all(arguments, false).map(|found| Value::Bool(!found)),
            Function::Or => self.all(arguments, true).map(Value::Bool),
            Function::Not => Some(Value::Bool(!self.is_true(&arguments[0])?)),
            Function::IsBlank => Some(Value::Bool(self.blank_checked(&arguments[0])?.is_null())),
            Function::BlankValue => match self.blank_checked(&arguments[0])? {
                Value::Null => self.evaluate(&arguments[1]),
                value => Some(value),
            },
            Function::IsNew => Some(Value::Bool(self.before.is_none())),
            Function::IsChanged => {
                Some(Value::Bool(self.before.is_some() && first()? != self.prior(&arguments[0])?))
            }
            Function::PriorValue => self.prior(&arguments[0]),
            Function::IsPickVal => Some(Value::Bool(is_same(&first()?, &self.evaluate(&arguments[1])?))),
            Function::Includes => {
                let (list, wanted) = (first()?, self.evaluate(&arguments[1])?);
                Some(Value::Bool(to_text(&list).split(';').any(|item| item == to_text(&wanted))))
            }
            Function::Today => Some(Value::Date(self.zone().local(self.view.now_ms()).date())),
            Function::Now => Some(Value::DateTime(self.view.now_ms())),
            Function::Br => Some(Value::text("\n")),
            Function::Max => self.extreme(arguments, Decimal::max),
            Function::Min => self.extreme(arguments, Decimal::min),
            _ => {
                let values: Option<Vec<_>> =
                    arguments.iter().map(|argument| self.evaluate(argument)).collect();
                self.apply(function, &values?)
            }
        }
    }

    /// Computes a function of the values of its arguments.
    fn apply(&self, function: Function, values: &[Value<'static>]) -> Computed {
        match function {
            Function::Abs
            | Function::Ceiling
            | Function::Floor
            | Function::Round
            | Function::Trunc
            | Function::Mod => apply_to_numbers(function, values),
            Function::Date
            | Function::Year
            | Function::Month
            | Function::Day
            | Function::Weekday
            | Function::AddMonths
            | Function::DateValue
            | Function::DateTimeValue => apply_to_dates(function, values, self.zone()),
            _ => apply_to_texts(function, values),
        }
    }

    fn case(&self, arguments: &[Expression]) -> Computed {
        let wanted = self.evaluate(&arguments[0])?;
        let (pairs, rest) = arguments[1..].as_chunks::<2>();
        for [value, result] in pairs {
            if is_same(&wanted, &self.evaluate(value)?) {
                return self.evaluate(result);
            }
        }
        rest.first().map_or(Some(Value::Null), |otherwise| self.evaluate(otherwise))
    }

    /// Returns whether one of some conditions is as wanted.
    fn all(&self, conditions: &[Expression], wanted: bool) -> Option<bool> {
        for condition in conditions {
            if self.is_true(condition)? == wanted {
                return Some(true);
            }
        }
        Some(false)
    }

    fn extreme(&self, arguments: &[Expression], choose: fn(Decimal, Decimal) -> Decimal) -> Computed {
        let mut best: Option<Decimal> = None;
        for argument in arguments {
            let Some(number) = self.number(argument)? else { continue };
            best = Some(best.map_or(number, |best| choose(best, number)));
        }
        Some(best.map_or(Value::Null, Value::Number))
    }

    /// Computes an expression as it was before the change; of a new record, as it is.
    fn prior(&self, expression: &Expression) -> Computed {
        match (self.before, expression) {
            (Some(before), Expression::Field(path)) => self.field(before, path),
            _ => self.evaluate(expression),
        }
    }

    /// Computes an expression without taking an empty number for zero.
    fn blank_checked(&self, expression: &Expression) -> Computed {
        Self { blank: Blank::Blank, ..*self }.evaluate(expression)
    }

    fn is_true(&self, expression: &Expression) -> Option<bool> {
        Some(self.evaluate(expression)? == Value::Bool(true))
    }

    fn number(&self, expression: &Expression) -> Option<Option<Decimal>> {
        match self.evaluate(expression)? {
            Value::Null => Some(None),
            value => to_number(&value).map(Some),
        }
    }

    fn zone(&self) -> TimeZone {
        self.view.time_zone()
    }
}
