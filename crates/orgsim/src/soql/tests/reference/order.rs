//! How values compare.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::schema::{Field, FieldKind};
use crate::soql::ast::Order;
use crate::value::Value;

/// Compares two values that are not null and of one type.
pub(super) fn compare(one: &Value<'_>, other: &Value<'_>, is_exact: bool) -> Ordering {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) if is_exact => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => lower(one).cmp(&lower(other)),
        (Value::Id(one), Value::Id(other)) => one.as_str().cmp(other.as_str()),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Date(one), Value::Date(other)) => one.cmp(other),
        (Value::DateTime(one), Value::DateTime(other)) => one.cmp(other),
        (Value::Time(one), Value::Time(other)) => one.cmp(other),
        _ => number(one).cmp(&number(other)),
    }
}

pub(super) fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

pub(super) fn number(value: &Value<'_>) -> Decimal {
    match value {
        Value::Int(number) => Decimal::from(*number),
        Value::Number(number) => *number,
        value => panic!("{value:?} is no number"),
    }
}

/// Compares as a picklist lists its values where the field is one.
pub(super) fn compare_as(field: Option<&Field>, one: &Value<'_>, other: &Value<'_>) -> Ordering {
    let is_exact = field.is_some_and(|field| field.case_sensitive);
    if let Some(field) = field.filter(|field| field.kind == FieldKind::Picklist)
        && let (Value::Text(one), Value::Text(other)) = (one, other)
    {
        let place = |text: &str| field.picklist.iter().position(|entry| entry.value == text);
        return match (place(one), place(other)) {
            (Some(one), Some(other)) => one.cmp(&other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => lower(one).cmp(&lower(other)),
        };
    }
    compare(one, other, is_exact)
}

/// Compares by an entry of ORDER BY.
pub(super) fn compare_nullable(
    order: &Order,
    one: &Value<'_>,
    other: &Value<'_>,
    field: Option<&Field>,
) -> Ordering {
    let unticked = Value::Bool(false);
    let is_checkbox = field.is_some_and(|field| field.kind == FieldKind::Boolean);
    let [one, other] =
        [one, other].map(|value| if is_checkbox && value.is_null() { &unticked } else { value });
    match (one.is_null(), other.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if order.nulls_last => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, true) if order.nulls_last => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) if order.descending => compare_as(field, other, one),
        (false, false) => compare_as(field, one, other),
    }
}
