//! What a query computes of a record: a field, or a function of one.

use rust_decimal::Decimal;

use super::date_part::DatePart;
use super::distance::Distance;
use super::locale::Locale;
use super::path::{FieldPath, Leaf, Step};
use crate::org::{OrgView, Row};
use crate::schema::{Field, FieldKind};
use crate::time_zone::TimeZone;
use crate::value::Value;

/// A field or a function of fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Field(FieldPath),
    /// `toLabel(…)`.
    Label(FieldPath),
    /// A date function.
    Part(DateFunction),
    /// `DISTANCE(…)`.
    Distance(Box<Distance>),
    /// `FORMULA('A - B')`.
    Formula(Box<Formula>),
    /// `FORMAT(…)`.
    Format(Box<Expression>, Formatter),
}

/// A part of a date or instant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DateFunction {
    pub(super) part: DatePart,
    pub(super) path: FieldPath,
    /// Where the day of an instant is told: UTC, or the user's zone by `convertTimezone`.
    pub(super) zone: TimeZone,
    pub(super) fiscal_start: u32,
}

/// The sum or the difference of two numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Formula {
    pub(super) left: FieldPath,
    pub(super) right: FieldPath,
    pub(super) is_difference: bool,
}

/// How values are written for the user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Formatter {
    pub(super) locale: Locale,
    pub(super) zone: TimeZone,
}

impl Expression {
    /// Returns the value for a record; null where a parent is missing on the way.
    pub(super) fn value<'v>(&self, view: &'v OrgView<'_>, row: &Row) -> Value<'v> {
        match self {
            Self::Field(path) => path.value(view, row),
            Self::Label(path) => to_label(&path.leaf, path.value(view, row)),
            Self::Part(function) => function.value(view, row),
            Self::Distance(distance) => distance.value(view, row),
            Self::Formula(formula) => formula.value(view, row),
            Self::Format(inner, formatter) => {
                formatter.format(&inner.value(view, row), inner.kind(), inner.scale())
            }
        }
    }

    /// Returns the value as comparisons see it: a checkbox of a missing parent counts as not ticked.
    pub(super) fn compared<'v>(&self, view: &'v OrgView<'_>, row: &Row) -> Value<'v> {
        let value = self.value(view, row);
        if value.is_null() && self.kind() == FieldKind::Boolean { Value::Bool(false) } else { value }
    }

    /// Returns the type of its values.
    pub(super) fn kind(&self) -> FieldKind {
        match self {
            Self::Field(path) => path.leaf.kind(),
            Self::Label(_) | Self::Format(..) => FieldKind::String,
            Self::Part(function) => function.part.kind(),
            Self::Distance(_) | Self::Formula(_) => FieldKind::Double,
        }
    }

    /// Returns whether the case of its text matters to comparisons.
    pub(super) fn is_case_sensitive(&self) -> bool {
        matches!(self, Self::Field(path) if path.leaf.is_case_sensitive())
    }

    /// Returns the picklist whose order its values have.
    pub(super) fn picklist(&self) -> Option<&'static Field> {
        match self {
            Self::Field(FieldPath { leaf: Leaf::Field(_, field), .. })
                if field.kind == FieldKind::Picklist =>
            {
                Some(field)
            }
            _ => None,
        }
    }

    /// Returns the decimals its numbers are written with for people.
    pub(super) fn scale(&self) -> u32 {
        match self {
            Self::Field(FieldPath { leaf: Leaf::Field(_, field), .. }) => field.scale.into(),
            Self::Distance(_) => 2,
            _ => 0,
        }
    }

    /// Returns the field it is a function of.
    pub(super) fn path(&self) -> &FieldPath {
        match self {
            Self::Field(path) | Self::Label(path) => path,
            Self::Part(function) => &function.path,
            Self::Distance(distance) => &distance.place,
            Self::Formula(formula) => &formula.left,
            Self::Format(inner, _) => inner.path(),
        }
    }

    /// Returns whether this is the record's own id.
    pub(super) fn is_own_id(&self) -> bool {
        matches!(self, Self::Field(path) if path.is_own_id())
    }

    /// Returns the same as seen from the record at the end of its lookups.
    pub(super) fn seen_from_parent(&self) -> Self {
        let rebase = |path: &FieldPath| FieldPath { steps: Vec::new(), leaf: path.leaf };
        match self {
            Self::Field(path) => Self::Field(rebase(path)),
            Self::Label(path) => Self::Label(rebase(path)),
            Self::Part(function) => {
                Self::Part(DateFunction { path: rebase(&function.path), ..function.clone() })
            }
            Self::Distance(distance) => Self::Distance(Box::new(Distance {
                place: rebase(&distance.place),
                latitude: rebase(&distance.latitude),
                longitude: rebase(&distance.longitude),
                ..**distance
            })),
            Self::Formula(formula) => Self::Formula(Box::new(Formula {
                left: rebase(&formula.left),
                right: rebase(&formula.right),
                is_difference: formula.is_difference,
            })),
            Self::Format(inner, formatter) => Self::Format(Box::new(inner.seen_from_parent()), *formatter),
        }
    }

    /// Returns the lookups it follows.
    pub(super) fn steps(&self) -> &[Step] {
        &self.path().steps
    }
}

impl DateFunction {
    fn value(&self, view: &OrgView<'_>, row: &Row) -> Value<'static> {
        let moment = match self.path.value(view, row) {
            Value::Date(date) => date.into(),
            Value::DateTime(ms) => self.zone.local(ms),
            _ => return Value::Null,
        };
        self.part.of(moment, self.fiscal_start)
    }
}

impl Formula {
    /// Returns the result; null unless both numbers are there.
    fn value(&self, view: &OrgView<'_>, row: &Row) -> Value<'static> {
        let number = |path: &FieldPath| match path.value(view, row) {
            Value::Number(number) => Some(number),
            Value::Int(number) => Some(Decimal::from(number)),
            _ => None,
        };
        let (Some(left), Some(right)) = (number(&self.left), number(&self.right)) else { return Value::Null };
        let right = if self.is_difference { -right } else { right };
        Value::Number(left.saturating_add(right))
    }
}

impl Formatter {
    pub(super) fn format(&self, value: &Value<'_>, kind: FieldKind, scale: u32) -> Value<'static> {
        self.locale.format(value, kind, scale, self.zone)
    }
}

/// Returns what people see in place of the values of a picklist.
pub(super) fn to_label<'v>(leaf: &Leaf, value: Value<'v>) -> Value<'v> {
    let (Leaf::Field(_, field), Value::Text(text)) = (leaf, &value) else { return value };
    let label =
        |value: &str| field.picklist.iter().find(|entry| entry.value == value).map(|entry| &entry.label);
    if field.kind == FieldKind::Multipicklist {
        let labels: Vec<_> = text.split(';').map(|part| label(part).map_or(part, String::as_str)).collect();
        return Value::owned_text(labels.join(";"));
    }
    label(text).map_or(value, |label| Value::text(label))
}
