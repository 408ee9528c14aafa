//! Fields that are computed whenever they are read: formulas and roll-up summaries.
//!
//! A change of what they are computed from does not touch the record, so its `SystemModstamp` stays (Salesforce Help,
//! Formula Fields).

use rust_decimal::RoundingStrategy;

use crate::formula::{Blank, Scope};
use crate::org::{OrgView, Row};
use crate::schema::{Computation, Field, FieldKind, SObject};
use crate::time_zone::TimeZone;
use crate::value::Value;

/// Computes a field of a record; `depth` formulas led to it.
pub(super) fn compute(
    view: &OrgView<'_>,
    computation: &Computation,
    (sobject, field): (&SObject, &Field),
    row: &Row,
    depth: usize,
) -> Value<'static> {
    let value = match computation {
        Computation::Formula(formula) => {
            let blank = if field.kind.is_decimal() { Blank::Zero } else { Blank::Blank };
            formula.evaluate(&Scope { view, sobject, row: *row, before: None, blank, depth })
        }
        Computation::RollUp(roll_up) => roll_up.evaluate(view, row, depth),
    };
    fit(field, value)
}

/// Brings a result into the form of its field.
fn fit(field: &Field, value: Value<'static>) -> Value<'static> {
    match (field.kind, value) {
        (FieldKind::Boolean, value) => Value::Bool(value == Value::Bool(true)),
        (FieldKind::Int, Value::Number(number)) => number.trunc().try_into().map_or(Value::Null, Value::Int),
        (_, Value::Number(number)) => {
            let scale = u32::from(field.scale);
            Value::Number(number.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero))
        }
        (_, Value::Text(text)) if text.chars().count() > field.length as usize => {
            Value::owned_text(text.chars().take(field.length as usize).collect())
        }
        (_, value) => value,
    }
}

impl OrgView<'_> {
    /// Returns the time zone of the org, whose days `TODAY()` counts.
    pub(crate) fn time_zone(&self) -> TimeZone {
        let zone = self.schema().find("Organization").and_then(|sobject| {
            let row = self.find(sobject, &self.base.organization_id())?;
            let zone = self.value(sobject, &row, sobject.field("TimeZoneSidKey")?);
            zone.as_str().map(TimeZone::find)
        });
        zone.unwrap_or(TimeZone::UTC)
    }
}
