//! Turns the values of a statement into the types of the fields they are compared with.

use super::super::Context;
use super::super::ast::{Literal, LiteralKind};
use super::super::dates::Calendar;
use super::super::expression::Expression;
use super::super::filter::{Constant, split_set};
use super::super::text::fold;
use super::{Binder, Result};
use crate::id::RecordId;
use crate::schema::FieldKind;

/// What a value is compared with.
pub(super) struct Target {
    pub(super) place: usize,
    pub(super) name: String,
    pub(super) kind: FieldKind,
    pub(super) is_case_sensitive: bool,
    pub(super) is_distance: bool,
}

impl Target {
    /// Describes a field or function that stands at a place of the statement.
    pub(super) fn of(place: usize, expression: &Expression) -> Self {
        Self {
            place,
            name: expression.path().leaf.name().to_owned(),
            kind: expression.kind(),
            is_case_sensitive: expression.is_case_sensitive(),
            is_distance: matches!(expression, Expression::Distance(_)),
        }
    }

    /// Says what kind of value it is compared with.
    pub(super) fn mismatch(&self) -> String {
        let soap_type = self.kind.soap_type();
        let type_name = soap_type.split_once(':').map_or(soap_type, |(_, name)| name);
        let quoted = is_text(self.kind) || matches!(self.kind, FieldKind::Id | FieldKind::Reference);
        let quotes = if quoted { "should be enclosed in quotes" } else { "should not be enclosed in quotes" };
        format!(
            "value of filter criterion for field '{}' must be of type {type_name} and {quotes}",
            self.name
        )
    }
}

impl Binder<'_> {
    /// Returns a value as a field's type has it; `None` for null, which an empty text is too.
    ///
    /// A checkbox is never null, so that null means not ticked (SOQL and SOSL Reference, Comparison Operators).
    pub(super) fn constant(&self, target: &Target, literal: &Literal) -> Result<Option<Constant>> {
        let kind = target.kind;
        let Context { now_ms, time_zone, .. } = *self.context;
        let constant = match (&literal.kind, kind) {
            (LiteralKind::Null, FieldKind::Boolean) => Some(Constant::Bool(false)),
            (LiteralKind::Null, _) => return Ok(None),
            (LiteralKind::Text(text), FieldKind::Id | FieldKind::Reference) => {
                return self.id(target, text);
            }
            (LiteralKind::Text(text), kind) if is_text(kind) => {
                return Ok((!text.is_empty()).then(|| text_constant(target, text)));
            }
            (LiteralKind::Bool(value), FieldKind::Boolean) => Some(Constant::Bool(*value)),
            (LiteralKind::Number(number), kind) if kind.is_decimal() || kind.is_integer() => {
                Some(Constant::Number(*number))
            }
            (LiteralKind::Date(date), FieldKind::Date) => Some(Constant::Date(*date)),
            (LiteralKind::DateTime(ms), FieldKind::DateTime) => Some(Constant::DateTime(*ms)),
            (LiteralKind::Time(ms), FieldKind::Time) => Some(Constant::Time(*ms)),
            (LiteralKind::Relative(relative), FieldKind::Date) => {
                let today = time_zone.local(now_ms).date();
                Some(Constant::Days(relative.days(today, self.calendar())))
            }
            (LiteralKind::Relative(relative), FieldKind::DateTime) => {
                Some(Constant::Instants(relative.instants(now_ms, time_zone, self.calendar())))
            }
            _ => None,
        };
        match constant {
            Some(constant) => Ok(Some(constant)),
            None => self.refuse_at(target.place, "INVALID_FIELD", target.mismatch()),
        }
    }

    /// Returns the calendar that date literals go by: the org's fiscal years, the weeks of the user's locale.
    fn calendar(&self) -> Calendar {
        let Context { fiscal_start, locale, .. } = *self.context;
        Calendar { fiscal_start, week_start: locale.week_start() }
    }

    fn id(&self, target: &Target, text: &str) -> Result<Option<Constant>> {
        match RecordId::parse(text) {
            Some(id) => Ok(Some(Constant::Id(id))),
            None if text.is_empty() => Ok(None),
            None => {
                let message = format!("invalid ID field: {text}");
                self.refuse_at(target.place, "INVALID_QUERY_FILTER_OPERATOR", message)
            }
        }
    }
}

fn is_text(kind: FieldKind) -> bool {
    kind.is_text() || kind == FieldKind::AnyType
}

fn text_constant(target: &Target, text: &str) -> Constant {
    if target.kind == FieldKind::Multipicklist {
        Constant::Set(split_set(text))
    } else if target.is_case_sensitive {
        Constant::Exact(text.to_owned())
    } else {
        Constant::Folded(fold(text))
    }
}
