//! Child subqueries: the records that look up a record of the result.

use std::collections::{HashMap, HashSet};

use super::filter::Filter;
use super::query::Query;
use crate::index::key_of_id;
use crate::org::{OrgView, Row};
use crate::schema::{Field, SObject};

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

/// Records whose children are looked for.
struct Parents<'p> {
    sobject: &'p SObject,
    rows: HashSet<Row>,
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
        debug_assert!(parents.iter().all(|row| row.sobject_index() == sobject.index));
        let parents = Parents { sobject, rows: parents.iter().copied().collect() };
        let members = children.iter().map(|child| child.find_members(view, &parents)).collect();
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
    /// Returns what the lookup points to, if that is the same for all children.
    fn parent_of<'p>(&self, parents: &Parents<'p>) -> Option<&'p SObject> {
        (!self.lookup.is_polymorphic()).then_some(parents.sobject)
    }

    fn find_members(&self, view: &OrgView<'_>, parents: &Parents<'_>) -> Members {
        let sobject = self.query.sobject;
        let mut by_parent: HashMap<Row, Vec<Row>> = HashMap::new();
        let filter = self.query.filter_for(view);
        for row in self.candidates(view, filter.as_ref(), parents) {
            // A polymorphic lookup may point to other sObjects, too.
            let parent = view.follow(sobject, &row, self.lookup, self.parent_of(parents));
            if let Some(parent) = parent.filter(|parent| parents.rows.contains(parent)) {
                by_parent.entry(parent).or_default().push(row);
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
        parents: &Parents<'_>,
    ) -> Box<dyn Iterator<Item = Row> + 'c> {
        let keys: Vec<_> =
            parents.rows.iter().map(|row| key_of_id(&view.id(row))).map(|key| key..=key).collect();
        match view.rows_with_keys(self.query.sobject, self.lookup, &keys) {
            Some(rows) => Box::new(rows.into_iter().filter(move |row| self.query.keeps(view, filter, row))),
            None => self.query.list_rows(view, filter),
        }
    }
}
