//! Turns the values of a statement into the types of the fields they are compared with.

use super::super::ast::{Literal, LiteralKind, Path};
use super::super::dates::local_date;
use super::super::filter::{Constant, split_set};
use super::super::path::Leaf;
use super::super::text::fold;
use super::{Binder, Result};
use crate::id::RecordId;
use crate::schema::FieldKind;

impl Binder<'_> {
    /// Returns a value as a field's type has it; `None` for null, which an empty text is too.
    ///
    /// A checkbox is never null, so that null means not ticked (SOQL and SOSL Reference, Comparison Operators).
    pub(super) fn constant(&self, path: &Path, leaf: &Leaf, literal: &Literal) -> Result<Option<Constant>> {
        let kind = leaf.kind();
        let constant = match (&literal.kind, kind) {
            (LiteralKind::Null, FieldKind::Boolean) => Some(Constant::Bool(false)),
            (LiteralKind::Null, _) => return Ok(None),
            (LiteralKind::Text(text), FieldKind::Id | FieldKind::Reference) => {
                return self.id(path, text);
            }
            (LiteralKind::Text(text), kind) if is_text(kind) => {
                return Ok((!text.is_empty()).then(|| text_constant(leaf, text)));
            }
            (LiteralKind::Bool(value), FieldKind::Boolean) => Some(Constant::Bool(*value)),
            (LiteralKind::Number(number), kind) if kind.is_decimal() || kind == FieldKind::Int => {
                Some(Constant::Number(*number))
            }
            (LiteralKind::Date(date), FieldKind::Date) => Some(Constant::Date(*date)),
            (LiteralKind::DateTime(ms), FieldKind::DateTime) => Some(Constant::DateTime(*ms)),
            (LiteralKind::Time(ms), FieldKind::Time) => Some(Constant::Time(*ms)),
            (LiteralKind::Relative(relative), FieldKind::Date) => {
                let today = local_date(self.context.now_ms, self.context.time_zone);
                Some(Constant::Days(relative.days(today)))
            }
            (LiteralKind::Relative(relative), FieldKind::DateTime) => {
                Some(Constant::Instants(relative.instants(self.context.now_ms, self.context.time_zone)))
            }
            _ => None,
        };
        match constant {
            Some(constant) => Ok(Some(constant)),
            None => self.refuse(path, "INVALID_FIELD", mismatch(leaf)),
        }
    }

    fn id(&self, path: &Path, text: &str) -> Result<Option<Constant>> {
        match RecordId::parse(text) {
            Some(id) => Ok(Some(Constant::Id(id))),
            None if text.is_empty() => Ok(None),
            None => self.refuse(path, "INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {text}")),
        }
    }
}

fn is_text(kind: FieldKind) -> bool {
    kind.is_text() || kind == FieldKind::AnyType
}

fn text_constant(leaf: &Leaf, text: &str) -> Constant {
    if leaf.kind() == FieldKind::Multipicklist {
        Constant::Set(split_set(text))
    } else if leaf.is_case_sensitive() {
        Constant::Exact(text.to_owned())
    } else {
        Constant::Folded(fold(text))
    }
}

/// Says what kind of value a field is compared with.
pub(super) fn mismatch(leaf: &Leaf) -> String {
    let kind = leaf.kind();
    let soap_type = kind.soap_type();
    let type_name = soap_type.split_once(':').map_or(soap_type, |(_, name)| name);
    let quoted = is_text(kind) || matches!(kind, FieldKind::Id | FieldKind::Reference);
    let quotes = if quoted { "should be enclosed in quotes" } else { "should not be enclosed in quotes" };
    format!("value of filter criterion for field '{}' must be of type {type_name} and {quotes}", leaf.name())
}
