//! Computing formulas.

use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use rust_decimal::{Decimal, RoundingStrategy};

use super::functions::Function;
use super::{Expression, Operator};
use crate::clock;
use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::{FieldKind, SObject};
use crate::time_zone::TimeZone;
use crate::value::Value;

/// Formulas that name other formulas are followed so deep (Salesforce Help, Formula Field Limits).
const MAX_DEPTH: usize = 10;

const DAY_MS: i64 = 86_400_000;

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
type Computed = Option<Value<'static>>;

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
        let is_number = field.kind.is_decimal() || field.kind == FieldKind::Int;
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
            Operator::Less => {
                Some(Value::Bool(compare(&left, &right).is_some_and(std::cmp::Ordering::is_lt)))
            }
            Operator::LessOrEqual => {
                Some(Value::Bool(compare(&left, &right).is_some_and(std::cmp::Ordering::is_le)))
            }
            Operator::Greater => {
                Some(Value::Bool(compare(&left, &right).is_some_and(std::cmp::Ordering::is_gt)))
            }
            Operator::GreaterOrEqual => {
                Some(Value::Bool(compare(&left, &right).is_some_and(std::cmp::Ordering::is_ge)))
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
            | Function::DateTimeValue => self.apply_to_dates(function, values),
            _ => apply_to_texts(function, values),
        }
    }

    fn apply_to_dates(&self, function: Function, values: &[Value<'static>]) -> Computed {
        if values.iter().any(Value::is_null) {
            return Some(Value::Null);
        }
        let day = |value: &Value<'_>| match value {
            Value::Date(day) => Some(*day),
            Value::DateTime(ms) => Some(self.zone().local(*ms).date()),
            Value::Text(text) => text.parse::<NaiveDate>().ok(),
            _ => None,
        };
        let number = |number: u32| Some(Value::Number(number.into()));
        match function {
            Function::Year => Some(Value::Number(day(&values[0])?.year().into())),
            Function::Month => number(day(&values[0])?.month()),
            Function::Day => number(day(&values[0])?.day()),
            Function::Weekday => number(day(&values[0])?.weekday().num_days_from_sunday() + 1),
            Function::DateValue => Some(Value::Date(day(&values[0])?)),
            Function::DateTimeValue => match &values[0] {
                Value::DateTime(ms) => Some(Value::DateTime(*ms)),
                Value::Date(day) => {
                    Some(Value::DateTime(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis()))
                }
                Value::Text(text) => {
                    let text = format!("{}Z", text.trim_end_matches('Z').replace(' ', "T"));
                    clock::parse_iso(&text).map(Value::DateTime)
                }
                _ => None,
            },
            Function::AddMonths => {
                let (start, months) = (day(&values[0])?, to_integer(&values[1])?);
                let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
                let moved = if months < 0 {
                    start.checked_sub_months(count)
                } else {
                    start.checked_add_months(count)
                }?;
                // The last day of a month stays the last one (Salesforce Help, ADDMONTHS).
                let is_last = start.succ_opt().is_some_and(|next| next.day() == 1);
                let moved = if is_last { last_of_month(moved)? } else { moved };
                match &values[0] {
                    Value::DateTime(ms) => Some(Value::DateTime(ms + (moved - start).num_days() * DAY_MS)),
                    _ => Some(Value::Date(moved)),
                }
            }
            Function::Date => {
                let [year, month, day] = [0, 1, 2].map(|at| to_integer(&values[at]));
                let (month, day) = (u32::try_from(month?).ok()?, u32::try_from(day?).ok()?);
                NaiveDate::from_ymd_opt(i32::try_from(year?).ok()?, month, day).map(Value::Date)
            }
            _ => None,
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

fn calculate(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Computed {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Some(Value::Null),
        (Value::Date(one), Value::Date(other)) if operator == Operator::Subtract => {
            Some(Value::Number((*one - *other).num_days().into()))
        }
        (Value::DateTime(one), Value::DateTime(other)) if operator == Operator::Subtract => {
            Some(Value::Number((Decimal::from(one - other) / Decimal::from(DAY_MS)).round_dp(10)))
        }
        (Value::Date(day), days) if matches!(operator, Operator::Add | Operator::Subtract) => {
            let days = TimeDelta::try_days(signed(operator, to_number(days)?.trunc().try_into().ok()?))?;
            day.checked_add_signed(days).map(Value::Date)
        }
        (Value::DateTime(ms), days) if matches!(operator, Operator::Add | Operator::Subtract) => {
            let span: i64 = to_number(days)?.checked_mul(DAY_MS.into())?.round().try_into().ok()?;
            Some(Value::DateTime(ms.checked_add(signed(operator, span))?))
        }
        (left, right) => {
            let (left, right) = (to_number(left)?, to_number(right)?);
            let number = match operator {
                Operator::Add => left.checked_add(right),
                Operator::Subtract => left.checked_sub(right),
                Operator::Multiply => left.checked_mul(right),
                Operator::Divide => left.checked_div(right),
                _ => power(left, right),
            };
            number.map(Value::Number)
        }
    }
}

/// Raises a number to a whole power. Roots, whose digits depend on who computes them, are not computed.
fn power(base: Decimal, exponent: Decimal) -> Option<Decimal> {
    /// With more factors no base but 0, 1 and -1 stays within the range of numbers.
    const MOST_FACTORS: u32 = 100;
    let factors =
        u32::try_from(exponent.abs()).ok().filter(|_| exponent.fract().is_zero())?.min(MOST_FACTORS);
    let mut product = Decimal::ONE;
    for _ in 0..factors {
        product = product.checked_mul(base)?;
    }
    if exponent.is_sign_negative() { Decimal::ONE.checked_div(product) } else { Some(product) }
}

fn signed(operator: Operator, number: i64) -> i64 {
    if operator == Operator::Subtract { -number } else { number }
}

fn apply_to_numbers(function: Function, values: &[Value<'static>]) -> Computed {
    if values.iter().any(Value::is_null) {
        return Some(Value::Null);
    }
    let number = to_number(&values[0])?;
    let places = values.get(1).map_or(Some(0), to_integer)?;
    Some(Value::Number(match function {
        Function::Abs => number.abs(),
        // Away from zero, and towards it (Salesforce Help, CEILING and FLOOR).
        Function::Ceiling => number.round_dp_with_strategy(0, RoundingStrategy::AwayFromZero),
        Function::Floor => number.trunc(),
        Function::Mod => number.checked_rem(to_number(&values[1])?)?,
        Function::Trunc => rounded(number, places, RoundingStrategy::ToZero)?,
        _ => rounded(number, places, RoundingStrategy::MidpointAwayFromZero)?,
    }))
}

/// Rounds to so many digits behind the point, or before it where they are negative.
fn rounded(number: Decimal, places: i64, strategy: RoundingStrategy) -> Option<Decimal> {
    if places >= 0 {
        return Some(number.round_dp_with_strategy(u32::try_from(places).ok()?, strategy));
    }
    let unit = power(Decimal::TEN, Decimal::from(-places))?;
    number.checked_div(unit)?.round_dp_with_strategy(0, strategy).checked_mul(unit)
}

fn apply_to_texts(function: Function, values: &[Value<'static>]) -> Computed {
    let text = |at: usize| values.get(at).map(to_text).unwrap_or_default();
    let count = |at: usize| usize::try_from(to_integer(&values[at])?.max(0)).ok();
    let letters =
        |text: &str, from: usize, count: usize| -> String { text.chars().skip(from).take(count).collect() };
    let given = text(0);
    let length = given.chars().count();
    Some(match function {
        Function::Text | Function::Trim => Value::owned_text(given.trim().to_owned()),
        Function::Upper => Value::owned_text(given.to_uppercase()),
        Function::Lower => Value::owned_text(given.to_lowercase()),
        Function::CaseSafeId => {
            RecordId::parse(&given).map_or(Value::Null, |id| Value::owned_text(id.to_string()))
        }
        Function::Len => Value::Number(length.into()),
        Function::Left => Value::owned_text(letters(&given, 0, count(1)?)),
        Function::Right => Value::owned_text(letters(&given, length.saturating_sub(count(1)?), length)),
        Function::Mid => Value::owned_text(letters(&given, count(1)?.saturating_sub(1), count(2)?)),
        Function::Begins => Value::Bool(given.starts_with(&text(1))),
        Function::Contains => Value::Bool(given.contains(&text(1))),
        Function::Substitute => match text(1).as_str() {
            "" => Value::owned_text(given),
            old => Value::owned_text(given.replace(old, &text(2))),
        },
        Function::Find => {
            let start = if values.len() > 2 { count(2)?.max(1) - 1 } else { 0 };
            let within: Vec<char> = text(1).chars().collect();
            let wanted: Vec<char> = given.chars().collect();
            let found = within
                .get(start..)
                .and_then(|rest| rest.windows(wanted.len().max(1)).position(|part| part == wanted));
            Value::Number(found.map_or(0, |at| at + start + 1).into())
        }
        Function::Lpad | Function::Rpad => Value::owned_text(padded(function, &given, count(1)?, &text(2))),
        Function::IsNumber => Value::Bool(given.trim().parse::<Decimal>().is_ok()),
        Function::Value if given.is_empty() => Value::Null,
        Function::Value => Value::Number(given.trim().parse().ok()?),
        _ => return None,
    })
}

fn padded(function: Function, text: &str, width: usize, fill: &str) -> String {
    let fill = if fill.is_empty() { " " } else { fill };
    let missing = width.saturating_sub(text.chars().count());
    let padding: String = fill.chars().cycle().take(missing).collect();
    let kept: String = text.chars().take(width).collect();
    if function == Function::Lpad { format!("{padding}{kept}") } else { format!("{kept}{padding}") }
}

fn last_of_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.checked_add_months(Months::new(1))?.pred_opt()
}

fn is_text(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(_) | Value::Id(_))
}

fn to_number(value: &Value<'_>) -> Option<Decimal> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Int(number) => Some((*number).into()),
        _ => None,
    }
}

fn to_integer(value: &Value<'_>) -> Option<i64> {
    to_number(value)?.trunc().try_into().ok()
}

/// Writes a value as `TEXT` does (Salesforce Help, TEXT).
fn to_text(value: &Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Number(number) => number.normalize().to_string(),
        Value::Text(text) => text.to_string(),
        Value::Id(id) => id.to_string(),
        Value::Date(day) => day.to_string(),
        Value::DateTime(ms) => {
            let text = clock::format_rest(*ms);
            format!("{}Z", text[..19].replace('T', " "))
        }
        Value::Time(ms) => {
            let (seconds, ms) = (ms / 1_000, ms % 1_000);
            format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
        }
    }
}

/// Texts are compared with regard to case, unlike in queries; a blank is the same as an empty text.
fn is_same(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (to_number(one), to_number(other)) {
        (Some(one), Some(other)) => one == other,
        _ if is_text(one) && is_text(other) => to_text(one) == to_text(other),
        _ => one == other,
    }
}

fn compare(one: &Value<'_>, other: &Value<'_>) -> Option<std::cmp::Ordering> {
    match (one, other) {
        (Value::Date(one), Value::Date(other)) => Some(one.cmp(other)),
        (Value::DateTime(one), Value::DateTime(other)) => Some(one.cmp(other)),
        (Value::Time(one), Value::Time(other)) => Some(one.cmp(other)),
        _ if is_text(one) && is_text(other) => Some(to_text(one).cmp(&to_text(other))),
        _ => Some(to_number(one)?.cmp(&to_number(other)?)),
    }
}
