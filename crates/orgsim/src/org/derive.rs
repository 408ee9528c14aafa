//! Fields whose values follow from other fields.

use crate::data::Derivation;
use crate::org::{OrgView, Row};
use crate::schema::SObject;
use crate::value::Value;

/// Computes a field from the current values of others.
pub(super) fn derive<'a>(
    view: &'a OrgView<'_>,
    derivation: Derivation,
    sobject: &SObject,
    row: &Row,
) -> Value<'a> {
    match derivation {
        Derivation::FullName => {
            let part =
                |name| sobject.field(name).map_or(Value::Null, |field| view.value(sobject, row, field));
            let (first, last) = (part("FirstName"), part("LastName"));
            let names: Vec<_> = [first.as_str(), last.as_str()].into_iter().flatten().collect();
            Value::owned_text(names.join(" "))
        }
    }
}
