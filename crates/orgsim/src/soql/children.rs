//! Child subqueries: the records that look up a record of the result.

use std::collections::HashMap;

use super::filter::Filter;
use super::query::Query;
use crate::id::RecordId;
use crate::index::key_of_id;
use crate::org::{OrgView, Row};
use crate::schema::{Field, SObject};
use crate::value::Value;

/// A child subquery, made ready.
#[derive(Clone, Debug)]
pub(super) struct Child {
    /// The lookup that leads from the children to their parent.
    pub(super) lookup: &'static Field,
    pub(super) query: Query,
}

/// The children of some records, for each of the subqueries.
#[derive(Debug, Default)]
pub(super) struct Family {
    members: Vec<Members>,
}

/// What one subquery finds.
#[derive(Debug)]
struct Members {
    by_parent: HashMap<Row, Vec<Row>>,
    below: Family,
}

impl Family {
    /// Finds the children of some records, all in one go.
    pub(super) fn find(view: &OrgView<'_>, sobject: &SObject, children: &[Child], parents: &[Row]) -> Self {
        if children.is_empty() {
            return Self::default();
        }
        let by_id: HashMap<RecordId, Row> = parents.iter().map(|row| (view.id(row), *row)).collect();
        debug_assert!(parents.iter().all(|row| row.sobject_index() == sobject.index));
        let members = children.iter().map(|child| child.find_members(view, &by_id)).collect();
        Self { members }
    }

    /// Returns the children of a record by the subquery at that place.
    pub(super) fn children(&self, place: usize, parent: &Row) -> &[Row] {
        self.members[place].by_parent.get(parent).map_or(&[], Vec::as_slice)
    }

    /// Returns the children of the children.
    pub(super) fn below(&self, place: usize) -> &Self {
        &self.members[place].below
    }
}

impl Child {
    fn find_members(&self, view: &OrgView<'_>, parents: &HashMap<RecordId, Row>) -> Members {
        let sobject = self.query.sobject;
        let mut by_parent: HashMap<Row, Vec<Row>> = HashMap::new();
        let filter = self.query.filter_for(view);
        for row in self.candidates(view, filter.as_ref(), parents) {
            if let Value::Id(id) = view.value(sobject, &row, self.lookup)
                && let Some(parent) = parents.get(&id)
            {
                by_parent.entry(*parent).or_default().push(row);
            }
        }
        for rows in by_parent.values_mut() {
            *rows = self.query.cut(view, std::mem::take(rows).into_iter());
        }
        by_parent.retain(|_, rows| !rows.is_empty());
        let all: Vec<Row> = by_parent.values().flatten().copied().collect();
        Members { by_parent, below: Family::find(view, sobject, &self.query.children, &all) }
    }

    /// Lists what the subquery keeps, among what looks up the parents if that can be told beforehand.
    fn candidates<'c>(
        &'c self,
        view: &'c OrgView<'_>,
        filter: Option<&'c Filter>,
        parents: &HashMap<RecordId, Row>,
    ) -> Box<dyn Iterator<Item = Row> + 'c> {
        let keys: Vec<_> = parents.keys().map(key_of_id).map(|key| key..=key).collect();
        match view.rows_with_keys(self.query.sobject, self.lookup, &keys) {
            Some(rows) => Box::new(rows.into_iter().filter(move |row| self.query.keeps(view, filter, row))),
            None => self.query.list_rows(view, filter),
        }
    }
}
