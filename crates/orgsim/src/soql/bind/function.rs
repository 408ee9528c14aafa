//! Makes fields and functions of fields ready.

use rust_decimal::Decimal;

use super::super::accumulator::Function;
use super::super::ast::{Argument, Call, LiteralKind, Operand, Path};
use super::super::date_part::DatePart;
use super::super::distance::{Distance, LengthUnit};
use super::super::expression::{DateFunction, Expression, Formula};
use super::super::path::{FieldPath, Leaf};
use super::{Binder, Result};
use crate::schema::FieldKind;
use crate::time_zone::TimeZone;

/// Where a function stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Clause {
    Select,
    Where,
    GroupBy,
    OrderBy,
}

impl Clause {
    fn name(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Where => "WHERE",
            Self::GroupBy => "GROUP BY",
            Self::OrderBy => "ORDER BY",
        }
    }
}

impl Binder<'_> {
    /// Makes a field or a function ready.
    pub(super) fn expression(&self, operand: &Operand, clause: Clause) -> Result<Expression> {
        match operand {
            Operand::Path(path) => self.field_path(path).map(Expression::Field),
            Operand::Call(call) => self.function(call, clause),
        }
    }

    /// Makes a function of one record ready (SOQL and SOSL Reference, SOQL Functions).
    pub(super) fn function(&self, call: &Call, clause: Clause) -> Result<Expression> {
        let name = call.name.text.to_ascii_uppercase();
        if let Some(part) = DatePart::find(&name) {
            return match clause {
                Clause::Select => {
                    self.refuse_call(call, format!("Field must be grouped or aggregated: {call}"))
                }
                _ => self.date_function(call, part),
            };
        }
        if Function::find(&name).is_some() {
            let message = format!("Aggregate expressions are not allowed in {}: {call}", clause.name());
            return self.refuse_call(call, message);
        }
        let clauses: &[Clause] = match name.as_str() {
            "DISTANCE" => &[Clause::Select, Clause::Where, Clause::OrderBy],
            "TOLABEL" => &[Clause::Select, Clause::Where],
            "FORMAT" | "CONVERTCURRENCY" => &[Clause::Select],
            "FORMULA" => &[Clause::Where],
            _ => &[],
        };
        if !clauses.contains(&clause) {
            let is_known = !clauses.is_empty() || name == "CONVERTTIMEZONE";
            let message = if is_known {
                format!("{} is not allowed in {}", call.name, clause.name())
            } else {
                format!("unexpected token: '{}'", call.name)
            };
            return self.refuse_call(call, message);
        }
        match name.as_str() {
            "DISTANCE" => self.distance(call),
            "TOLABEL" => self.label(call),
            "FORMAT" => self.format(call),
            "FORMULA" => self.formula(call),
            _ => self.convert_currency(call),
        }
    }

    pub(super) fn refuse_call<T>(&self, call: &Call, message: impl Into<String>) -> Result<T> {
        self.refuse_at(call.name.place.0, "MALFORMED_QUERY", message)
    }

    /// Returns the only argument of a function if that is a field.
    pub(super) fn only_path<'c>(&self, call: &'c Call) -> Result<&'c Path> {
        match call.arguments.as_slice() {
            [Argument::Path(path)] => Ok(path),
            _ => self.refuse_call(call, format!("{} takes one field", call.name)),
        }
    }

    fn date_function(&self, call: &Call, part: DatePart) -> Result<Expression> {
        let (path, zone) = match call.arguments.as_slice() {
            [Argument::Path(path)] => (path, TimeZone::UTC),
            [Argument::Call(inner)] if inner.name.text.eq_ignore_ascii_case("convertTimezone") => {
                (self.only_path(inner)?, self.context.time_zone)
            }
            _ => return self.refuse_call(call, format!("{} takes one date field", call.name)),
        };
        let found = self.field_path(path)?;
        let is_converted =
            path.place.0 != call.name.place.0 && matches!(call.arguments[0], Argument::Call(_));
        let fits = match found.leaf.kind() {
            FieldKind::DateTime => true,
            FieldKind::Date => !part.needs_time() && !is_converted,
            _ => false,
        };
        if !fits {
            let message =
                format!("field '{}' does not support the function {}", found.leaf.name(), call.name);
            return self.refuse(path, "INVALID_FIELD", message);
        }
        let fiscal_start = self.context.fiscal_start;
        Ok(Expression::Part(DateFunction { part, path: found, zone, fiscal_start }))
    }

    fn label(&self, call: &Call) -> Result<Expression> {
        let path = self.only_path(call)?;
        let found = self.field_path(path)?;
        match found.leaf.kind() {
            FieldKind::Picklist | FieldKind::Multipicklist => Ok(Expression::Label(found)),
            // What has no translation is its own label.
            kind if kind.is_text() => Ok(Expression::Label(found)),
            _ => {
                let message = format!("field '{}' does not support the function toLabel", found.leaf.name());
                self.refuse(path, "INVALID_FIELD", message)
            }
        }
    }

    fn format(&self, call: &Call) -> Result<Expression> {
        let inner = match call.arguments.as_slice() {
            [Argument::Path(path)] => Expression::Field(self.field_path(path)?),
            [Argument::Call(inner)] => self.function(inner, Clause::Select)?,
            _ => return self.refuse_call(call, "FORMAT takes one field or function"),
        };
        Ok(Expression::Format(Box::new(inner), self.formatter()))
    }

    /// Makes the sum or difference of two number fields ready, which is all that formulas can be.
    fn formula(&self, call: &Call) -> Result<Expression> {
        let text = match call.arguments.as_slice() {
            [Argument::Literal(literal)] => match &literal.kind {
                LiteralKind::Text(text) => text.as_str(),
                _ => "",
            },
            _ => "",
        };
        let difference = text.split_once(" - ");
        let Some((left, right)) = difference.or_else(|| text.split_once(" + ")) else {
            return self.refuse_call(call, "FORMULA takes two fields with + or - between them");
        };
        let is_difference = difference.is_some();
        let [left, right] = [left, right].map(|text| {
            let words = text.trim().split('.').map(str::to_owned).collect();
            self.number_path(&Path { words, place: call.name.place })
        });
        Ok(Expression::Formula(Box::new(Formula { left: left?, right: right?, is_difference })))
    }

    fn number_path(&self, path: &Path) -> Result<FieldPath> {
        let found = self.field_path(path)?;
        match found.leaf.kind() {
            kind if kind.is_decimal() || kind.is_integer() => Ok(found),
            _ => {
                let message = format!("field '{}' does not support the function FORMULA", found.leaf.name());
                self.refuse(path, "INVALID_FIELD", message)
            }
        }
    }

    /// Refuses `convertCurrency`, which only orgs with several currencies have.
    pub(super) fn convert_currency<T>(&self, call: &Call) -> Result<T> {
        let path = self.only_path(call)?;
        self.field_path(path)?;
        self.refuse_call(call, "convertCurrency is only available in organizations with multiple currencies")
    }

    fn distance(&self, call: &Call) -> Result<Expression> {
        let [Argument::Path(path), Argument::Call(from), Argument::Literal(unit)] = call.arguments.as_slice()
        else {
            return self.refuse_call(call, "DISTANCE takes a location field, a GEOLOCATION and a unit");
        };
        let place = self.field_path(path)?;
        let Some((latitude, longitude)) = coordinates(&place) else {
            let message = format!("field '{}' does not support the function DISTANCE", place.leaf.name());
            return self.refuse(path, "INVALID_FIELD", message);
        };
        let unit = match &unit.kind {
            LiteralKind::Text(name) => LengthUnit::find(name),
            _ => None,
        };
        let Some(unit) = unit else {
            return self.refuse_call(call, "the unit of DISTANCE must be 'mi' or 'km'");
        };
        let from = self.geolocation(from)?;
        Ok(Expression::Distance(Box::new(Distance { place, latitude, longitude, from, unit })))
    }

    fn geolocation(&self, call: &Call) -> Result<(Decimal, Decimal)> {
        let degrees = |argument: &Argument| match argument {
            Argument::Literal(literal) => match literal.kind {
                LiteralKind::Number(number) => Some(number),
                _ => None,
            },
            _ => None,
        };
        let within = |number: Decimal, most: i64| number.abs() <= Decimal::from(most);
        let found = match call.arguments.as_slice() {
            [latitude, longitude] if call.name.text.eq_ignore_ascii_case("GEOLOCATION") => {
                degrees(latitude).zip(degrees(longitude))
            }
            _ => None,
        };
        match found {
            Some((latitude, longitude)) if within(latitude, 90) && within(longitude, 180) => {
                Ok((latitude, longitude))
            }
            _ => self.refuse_call(
                call,
                "GEOLOCATION takes a latitude of -90 to 90 and a longitude of -180 to 180",
            ),
        }
    }
}

/// Finds the latitude and longitude of an address or location.
fn coordinates(place: &FieldPath) -> Option<(FieldPath, FieldPath)> {
    let Leaf::Field(sobject, compound) = place.leaf else { return None };
    if !compound.is_compound() {
        return None;
    }
    let part = |ending: &str| {
        let is_part = |name: &str| {
            let name = name.strip_suffix("__s").unwrap_or(name);
            name.ends_with(ending)
        };
        let field = sobject
            .fields
            .iter()
            .find(|field| field.compound.as_deref() == Some(&compound.name) && is_part(&field.name))?;
        Some(FieldPath { steps: place.steps.clone(), leaf: Leaf::Field(sobject, field) })
    };
    Some((part("Latitude")?, part("Longitude")?))
}
