//! Finding few records to test, so that a query need not go through all.
//!
//! Whatever is found here is tested like every other record: a plan may offer too many, never too few.

use std::ops::RangeInclusive;

use super::expression::Expression;
use super::filter::{Check, Constant, Filter, Relation};
use super::order::SortKey;
use super::path::{FieldPath, Leaf};
use super::query::Query;
use crate::index::{is_indexed, key_of_id, key_of_instant, key_of_text};
use crate::org::{OrgView, Row};
use crate::schema::{Field, FieldKind, SObject};

mod explain;

/// Every instant there is.
const ALWAYS: RangeInclusive<i64> = i64::MIN..=i64::MAX;

impl Query {
    /// Lists what may be in the result in its order, where that is by an instant with an index.
    ///
    /// Only with LIMIT: for the whole result, sorting costs less than going from record to record.
    pub(super) fn rows_by_time<'v>(
        &self,
        view: &'v OrgView<'_>,
        filter: Option<&Filter>,
    ) -> Option<impl Iterator<Item = Row> + use<'v>> {
        let field = self.limit.and(instant_order(&self.order))?;
        let within = filter.map_or(ALWAYS, |filter| filter.instants(field));
        view.rows_by_time(self.sobject, field, within)
    }
}

/// Returns the field by which, and then by id, an order goes upwards.
fn instant_order(order: &[SortKey]) -> Option<&'static Field> {
    let (first, rest) = order.split_first()?;
    let field = own_field(&first.expression)?;
    let by_id = match rest {
        [] => true,
        [second, ..] => second.is_ascending_id(),
    };
    (by_id && !first.descending && field.kind == FieldKind::DateTime && is_indexed(field) && !field.nillable)
        .then_some(field)
}

fn own_field(expression: &Expression) -> Option<&'static Field> {
    match expression {
        Expression::Field(FieldPath { steps, leaf: Leaf::Field(_, field) }) if steps.is_empty() => {
            Some(field)
        }
        _ => None,
    }
}

/// Returns a number that is the lower, the fewer records are likely to share a value of a field.
fn sharing(field: &Field) -> u8 {
    let is_key = field.unique || field.external_id || field.id_lookup;
    match field.name.as_str() {
        _ if is_key => 0,
        _ if field.name_field => 1,
        "OwnerId" | "CreatedById" | "LastModifiedById" | "RecordTypeId" => 3,
        _ => 2,
    }
}

impl Filter {
    /// Lists by ascending id the records outside of which the condition keeps none, where an index tells.
    pub(super) fn candidates(&self, view: &OrgView<'_>, sobject: &SObject) -> Option<Vec<Row>> {
        let terms = match self {
            Self::All(terms) => terms.as_slice(),
            term => std::slice::from_ref(term),
        };
        let mut by_value: Vec<_> = terms
            .iter()
            .filter_map(|term| {
                let Self::Test(expression, checks) = term else { return None };
                let field = own_field(expression).filter(|field| is_indexed(field))?;
                Some((field, checks.iter().find_map(Check::keys)?))
            })
            .collect();
        by_value.sort_by_key(|(field, _)| sharing(field));
        let by_value = by_value.iter().find_map(|(field, keys)| view.rows_with_keys(sobject, field, keys));
        by_value.or_else(|| {
            terms.iter().find_map(|term| {
                let Self::Test(expression, _) = term else { return None };
                let field = own_field(expression)?;
                if field.kind != FieldKind::DateTime || !is_indexed(field) {
                    return None;
                }
                let within = self.instants(field);
                if within == ALWAYS {
                    return None;
                }
                let keys = key_of_instant(*within.start())..=key_of_instant(*within.end());
                view.rows_with_keys(sobject, field, &[keys])
            })
        })
    }

    /// Returns the instants outside of which the condition keeps no record. An empty range is one that ends before it
    /// starts.
    fn instants(&self, field: &Field) -> RangeInclusive<i64> {
        match self {
            Self::All(terms) => terms
                .iter()
                .map(|term| term.instants(field))
                .fold(ALWAYS, |one, other| *one.start().max(other.start())..=*one.end().min(other.end())),
            Self::Any(terms) => terms
                .iter()
                .map(|term| term.instants(field))
                .reduce(|one, other| *one.start().min(other.start())..=*one.end().max(other.end()))
                .unwrap_or(ALWAYS),
            Self::Test(expression, checks)
                if own_field(expression).is_some_and(|own| std::ptr::eq(own, field)) =>
            {
                checks
                    .iter()
                    .map(Check::instants)
                    .fold(ALWAYS, |one, other| *one.start().max(other.start())..=*one.end().min(other.end()))
            }
            Self::Not(_) | Self::Test(..) => ALWAYS,
        }
    }
}

impl Check {
    /// Returns the keys of the values that pass, where those are few.
    fn keys(&self) -> Option<Vec<RangeInclusive<u64>>> {
        match self {
            Self::Is(Relation::Equal, constant) => Some(vec![constant.key()?]),
            Self::In(members) if !members.has_null && members.ranges.is_empty() => {
                members.points.iter().map(Constant::key).collect()
            }
            _ => None,
        }
    }

    fn instants(&self) -> RangeInclusive<i64> {
        let Self::Is(relation, constant) = self else { return ALWAYS };
        let (first, last) = match constant {
            Constant::DateTime(ms) => (*ms, *ms),
            Constant::Instants(range) => (range.start, range.end - 1),
            _ => return ALWAYS,
        };
        match relation {
            Relation::Equal => first..=last,
            Relation::NotEqual => ALWAYS,
            Relation::Less => i64::MIN..=first.saturating_sub(1),
            Relation::LessOrEqual => i64::MIN..=last,
            Relation::Greater => last.saturating_add(1)..=i64::MAX,
            Relation::GreaterOrEqual => first..=i64::MAX,
        }
    }
}

impl Constant {
    fn key(&self) -> Option<RangeInclusive<u64>> {
        let key = match self {
            Self::Folded(text) | Self::Exact(text) => key_of_text(text),
            Self::Id(id) => key_of_id(id),
            Self::DateTime(ms) => key_of_instant(*ms),
            _ => return None,
        };
        Some(key..=key)
    }
}
