//! Arithmetic of formulas, with numbers and with days.

use chrono::TimeDelta;
use rust_decimal::{Decimal, RoundingStrategy};

use super::Operator;
use super::convert::{to_integer, to_number};
use super::evaluate::Computed;
use super::functions::Function;
use crate::clock::DAY_MS;
use crate::value::Value;

pub(super) fn calculate(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Computed {
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

pub(super) fn apply_to_numbers(function: Function, values: &[Value<'static>]) -> Computed {
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
