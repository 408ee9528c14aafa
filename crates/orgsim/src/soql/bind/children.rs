//! Checks child subqueries.

use super::super::ast::{Place, Statement};
use super::super::children::Child;
use super::super::error::SoqlError;
use super::select::is_aggregate;
use super::{Binder, Level, Result, sobject};
use crate::schema::SObject;

/// How many child subqueries a query may have (SOQL and SOSL Reference, Understanding Relationship Query Limitations).
const MAX_CHILDREN: usize = 20;

/// How many levels below the root children may be, and below which API version it was one.
const MAX_DEPTH: usize = 4;
const FIRST_DEEP_VERSION: u16 = 580;

impl Binder<'_> {
    /// Checks a child subquery and returns it with the relationship's name.
    pub(super) fn child(
        &self,
        statement: &Statement,
        place: Place,
        parent: &Statement,
    ) -> Result<(String, Child)> {
        let depth = self.child_depth()?;
        if statement.group.is_some() || statement.items.iter().any(is_aggregate) {
            let message = "Only root queries support aggregate expressions";
            return self.refuse_at(place.0, "MALFORMED_QUERY", message);
        }
        if statement.offset.is_some() && parent.limit != Some(1) {
            let message = "OFFSET clause is only allowed in a subquery if the parent query has LIMIT 1";
            return self.refuse_at(place.0, "MALFORMED_QUERY", message);
        }
        if statement.scope.is_some() || !statement.tails.is_empty() {
            return self.refuse_at(place.0, "MALFORMED_QUERY", "clause not allowed in a subquery");
        }
        let (name, sobject, lookup) = self.child_relationship(statement)?;
        let aliases = sobject::list_aliases(self.text, statement, sobject)?;
        let binder = Binder { sobject, aliases, level: Level::Child(depth), ..*self };
        let lookup = sobject.field(lookup).ok_or_else(|| self.unknown_relationship(statement))?;
        Ok((name, Child { lookup, query: binder.query(statement)? }))
    }

    /// Refuses too many subqueries side by side.
    pub(super) fn check_child_count(&self, count: usize) -> Result<()> {
        if count <= MAX_CHILDREN {
            return Ok(());
        }
        let message = format!("A query cannot have more than {MAX_CHILDREN} parent-to-child subqueries");
        Err(SoqlError::new("MALFORMED_QUERY", message))
    }

    fn child_depth(&self) -> Result<usize> {
        let depth = match self.level {
            Level::Root => 1,
            Level::Child(depth) => depth + 1,
            Level::Join | Level::Case => {
                let message = "Nesting of semi join sub-selects is not supported";
                return Err(SoqlError::new("MALFORMED_QUERY", message));
            }
        };
        let most = if self.context.api_version < FIRST_DEEP_VERSION { 1 } else { MAX_DEPTH };
        if depth <= most {
            return Ok(depth);
        }
        let levels = if most == 1 { "1 level" } else { "4 levels" };
        let message = format!(
            "SOQL statements cannot query aggregate relationships more than {levels} away from the root entity object."
        );
        Err(SoqlError::new("MALFORMED_QUERY", message))
    }

    /// Finds the relationship after FROM: its name, the children's sObject and their lookup.
    fn child_relationship(&self, statement: &Statement) -> Result<(String, &'static SObject, &'static str)> {
        let words = &statement.from[0].path.words;
        let is_own_name = |word: &str| {
            let is_alias = |(alias, parents): &(String, Vec<String>)| {
                parents.is_empty() && alias.eq_ignore_ascii_case(word)
            };
            word.eq_ignore_ascii_case(&self.sobject.name) || self.aliases.iter().any(is_alias)
        };
        let name = match words.as_slice() {
            [name] => Some(name),
            [parent, name] if is_own_name(parent) => Some(name),
            _ => None,
        };
        let found = name.and_then(|name| {
            self.sobject.children.iter().find_map(|child| {
                let known = child.relationship_name.as_deref()?;
                let sobject =
                    self.schema.find(&child.child_sobject).filter(|it| self.context.api.knows(it))?;
                let rights = &self.context.rights;
                if !rights.may_read(sobject) || !self.shows(sobject, sobject.field(&child.field)?) {
                    return None;
                }
                known.eq_ignore_ascii_case(name).then(|| (known.to_owned(), sobject, child.field.as_str()))
            })
        });
        found.ok_or_else(|| self.unknown_relationship(statement))
    }

    fn unknown_relationship(&self, statement: &Statement) -> SoqlError {
        sobject::unknown_relationship(self.text, &statement.from[0].path)
    }
}
