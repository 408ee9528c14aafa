//! Semi-joins and anti-joins: `Id IN (SELECT AccountId FROM Contact …)`.

use super::filter::{Check, Constant, Members};
use super::path::FieldPath;
use super::query::Query;
use crate::org::OrgView;
use crate::value::Value;

/// A subquery in a condition.
#[derive(Clone, Debug)]
pub(super) struct Join {
    pub(super) query: Query,
    /// The id or lookup it selects.
    pub(super) path: FieldPath,
    /// Whether records must not be among what it finds.
    pub(super) is_negated: bool,
}

impl Join {
    /// Runs the subquery. Nulls it finds do not count.
    pub(super) fn run(&self, view: &OrgView<'_>) -> Check {
        let rows = self.query.select_rows(view);
        let ids = rows.iter().filter_map(|row| match self.path.value(view, row) {
            Value::Id(id) => Some(Some(Constant::Id(id))),
            _ => None,
        });
        let members = Members::new(ids.collect());
        if self.is_negated { Check::NotIn(members) } else { Check::In(members) }
    }
}
