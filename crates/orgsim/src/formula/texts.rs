//! Functions of formulas that take texts.

use rust_decimal::Decimal;

use super::convert::{to_integer, to_text};
use super::evaluate::Computed;
use super::functions::Function;
use crate::id::RecordId;
use crate::value::Value;

pub(super) fn apply_to_texts(function: Function, values: &[Value<'static>]) -> Computed {
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
