//! Checks a statement against the schema and makes it ready to run.

use std::collections::HashSet;
use std::sync::Arc;

use super::Context;
use super::ast::{Order, Path, Statement, Tail, With};
use super::column::Column;
use super::error::SoqlError;
use super::expression::{Expression, Formatter};
use super::filter::{Check, Constant, Filter, Relation};
use super::json::Shape;
use super::order::{Collation, SortKey};
use super::path::{FieldPath, Step};
use super::query::{Query, ViewMark};
use crate::rights::Visibility;
use crate::schema::{Field, SObject, Schema};

pub(super) use self::bulk::is_supported as is_bulk_supported;

mod bulk;
mod children;
mod condition;
mod constant;
mod field_path;
mod function;
mod group;
mod join;
mod reified;
mod required;
mod select;
mod sobject;
mod type_of;

/// The greatest OFFSET (SOQL and SOSL Reference, OFFSET).
const MAX_OFFSET: u64 = 2_000;

/// How many parent relationships a query may use (SOQL and SOSL Reference, Understanding Relationship Query Limitations).
const MAX_RELATIONSHIPS: usize = 55;

type Result<T> = std::result::Result<T, SoqlError>;

/// Checks a statement and makes it ready to run.
pub(super) fn bind(
    schema: &'static Schema,
    text: &str,
    statement: &Statement,
    context: &Context,
) -> Result<Query> {
    let sobject = sobject::find_queried(schema, text, statement, context)?;
    let aliases = sobject::list_aliases(text, statement, sobject)?;
    Binder { schema, text, context, sobject, aliases, level: Level::Root }.query(statement)
}

/// What the parts of a statement are checked against.
struct Binder<'a> {
    schema: &'static Schema,
    text: &'a str,
    context: &'a Context,
    sobject: &'static SObject,
    /// What the names in FROM stand for: the queried sObject, or relationships from there.
    aliases: Vec<(String, Vec<String>)>,
    level: Level,
}

/// Which statement is being checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Level {
    Root,
    /// A child subquery, so many levels below the root.
    Child(usize),
    /// The inner select of a semi-join.
    Join,
    /// The fields of a `WHEN`.
    Case,
}

impl Binder<'_> {
    /// Checks a statement or a subquery.
    fn query(&self, statement: &Statement) -> Result<Query> {
        self.check_clauses(statement)?;
        let is_count = statement.group.is_none() && select::is_count(&statement.items);
        let grouping = if is_count { None } else { self.grouping(statement)? };
        let is_plain = !is_count && grouping.is_none();
        let (columns, children) = if is_plain { self.columns(statement)? } else { (Vec::new(), Vec::new()) };
        let query = Query {
            sobject: self.sobject,
            shape: Shape::new(&columns),
            columns,
            children,
            filter: self.filter(statement)?,
            order: if grouping.is_some() { Vec::new() } else { self.order(statement, is_count)? },
            grouping,
            limit: statement.limit,
            offset: statement.offset,
            is_count,
            view_mark: view_mark(statement),
            include_deleted: self.context.include_deleted,
            api: self.context.api,
            api_version: self.context.api_version,
            visibility: Visibility::narrowing(&self.context.rights, self.sobject),
            rights: Arc::clone(&self.context.rights),
        };
        check_relationships(&query)?;
        if self.level == Level::Root {
            reified::check(self.sobject, statement, &query)?;
        }
        Ok(query)
    }

    /// Returns whether a field is there for the running user. A hidden one is answered like one that does not exist.
    fn shows(&self, sobject: &SObject, field: &Field) -> bool {
        self.context.rights.may_read_field(sobject, field)
    }

    fn refuse<T>(&self, path: &Path, code: &'static str, message: impl Into<String>) -> Result<T> {
        self.refuse_at(path.place.0, code, message)
    }

    fn refuse_at<T>(&self, place: usize, code: &'static str, message: impl Into<String>) -> Result<T> {
        Err(SoqlError::at(self.text, place, code, message.into()))
    }

    /// Refuses what Salesforce refuses whatever the sObject.
    fn check_clauses(&self, statement: &Statement) -> Result<()> {
        if self.context.bulk {
            bulk::check_sobject(self.sobject)?;
            bulk::check_clauses(statement)?;
        }
        if statement.offset.is_some_and(|offset| offset > MAX_OFFSET) {
            let message = "Maximum SOQL offset allowed is 2000";
            return Err(SoqlError::new("NUMBER_OUTSIDE_VALID_RANGE", message));
        }
        for tail in &statement.tails {
            match tail {
                Tail::ForView | Tail::ForReference => {}
                Tail::AllRows(place) | Tail::ForUpdate(place) => {
                    let message = format!("{tail} is only allowed in Apex code");
                    return self.refuse_at(place.0, "MALFORMED_QUERY", message);
                }
                // Knowledge articles have these figures, and this org has none (SOQL and SOSL Reference, UPDATE).
                Tail::UpdateTracking(place) | Tail::UpdateViewstat(place) => {
                    let message = format!("{tail} is only allowed for knowledge articles");
                    return self.refuse_at(place.0, "MALFORMED_QUERY", message);
                }
            }
        }
        self.check_with(statement.with.as_ref())?;
        match self.level {
            // Children are found by their parent.
            Level::Child(_) => Ok(()),
            _ => required::check_filter(self.sobject, statement, self.context.bulk),
        }
    }

    /// Refuses WITH: its modes are for Apex alone (SOQL and SOSL Reference, WITH), what else it narrows is not in this org.
    fn check_with(&self, with: Option<&With>) -> Result<()> {
        let clause = match with {
            None => return Ok(()),
            Some(With::Mode(mode)) => {
                let message = format!("{} not allowed in this context", mode.text.to_ascii_uppercase());
                return self.refuse_at(mode.place.0, "MALFORMED_QUERY", message);
            }
            Some(With::Categories(_)) => "WITH DATA CATEGORY",
            Some(With::Condition(_)) => "WITH",
        };
        let message =
            format!("Implementation restriction: {clause} is not supported for {}", self.sobject.name);
        Err(SoqlError::new("MALFORMED_QUERY", message))
    }

    /// Makes WHERE and USING SCOPE ready.
    fn filter(&self, statement: &Statement) -> Result<Option<Filter>> {
        let mut filters = Vec::new();
        filters.extend(self.scope(statement)?);
        filters.extend(statement.condition.as_ref().map(|condition| self.condition(condition)).transpose()?);
        Ok(if filters.len() > 1 { Some(Filter::all(filters)) } else { filters.pop() })
    }

    fn scope(&self, statement: &Statement) -> Result<Option<Filter>> {
        let Some(scope) = statement.scope.as_ref() else { return Ok(None) };
        let scope_is = |name: &str| scope.text.eq_ignore_ascii_case(name);
        if scope_is("everything") {
            return Ok(None);
        }
        if !self.sobject.scopes.iter().any(|(name, _)| scope_is(name)) {
            return Err(SoqlError::new("INVALID_QUERY_SCOPE", format!("invalid query scope: {scope}")));
        }
        match self.sobject.field("OwnerId") {
            Some(owner) if scope_is("mine") => {
                let mine = Check::Is(Relation::Equal, Constant::Id(self.context.user_id));
                let owner = Expression::Field(FieldPath::own(self.sobject, owner));
                Ok(Some(Filter::Test(owner, vec![mine])))
            }
            // The org has no scoping rules, so that none narrows anything, and no record has a team.
            _ if scope_is("scopingRule") => Ok(None),
            _ if scope_is("team") => Ok(Some(Filter::Any(Vec::new()))),
            _ => refuse_clause(&format!("USING SCOPE {scope}")),
        }
    }

    fn order(&self, statement: &Statement, is_count: bool) -> Result<Vec<SortKey>> {
        if is_count && !statement.order.is_empty() {
            return Err(SoqlError::new("MALFORMED_QUERY", "ORDER BY is not allowed with COUNT()"));
        }
        statement.order.iter().map(|order| self.sort_key(order)).collect()
    }

    fn sort_key(&self, order: &Order) -> Result<SortKey> {
        let expression = self.expression(&order.operand, function::Clause::OrderBy)?;
        let leaf = &expression.path().leaf;
        if matches!(expression, Expression::Field(_)) && !leaf.is_sortable() {
            let message = format!("field '{}' can not be sorted in a query call", leaf.name());
            return self.refuse_at(order.operand.place(), "INVALID_FIELD", message);
        }
        Ok(SortKey {
            collation: Collation::of(&expression),
            expression,
            descending: order.descending,
            nulls_last: order.nulls_last,
        })
    }

    /// Returns how values are written for the running user.
    fn formatter(&self) -> Formatter {
        Formatter { locale: self.context.locale, zone: self.context.time_zone }
    }
}

fn view_mark(statement: &Statement) -> Option<ViewMark> {
    let has = |tail| statement.tails.contains(&tail);
    if has(Tail::ForView) {
        return Some(ViewMark::Viewed);
    }
    has(Tail::ForReference).then_some(ViewMark::Referenced)
}

fn check_relationships(query: &Query) -> Result<()> {
    let parents = query.ways().into_iter().flat_map(|steps| (1..=steps.len()).map(|end| &steps[..end]));
    let relationships: HashSet<Vec<&str>> =
        parents.map(|steps| steps.iter().map(Step::name).collect()).collect();
    // Each WHEN joins a table of its own.
    let cases = query.columns.iter().map(|column| match column {
        Column::TypeOf(type_of) => type_of.cases.len(),
        _ => 0,
    });
    if relationships.len() + cases.sum::<usize>() > MAX_RELATIONSHIPS {
        let message =
            format!("A query cannot use more than {MAX_RELATIONSHIPS} child-to-parent relationships");
        return Err(SoqlError::new("MALFORMED_QUERY", message));
    }
    Ok(())
}

/// Refuses what is right but cannot be executed here.
fn refuse_clause<T>(clause: &str) -> Result<T> {
    Err(SoqlError::new("MALFORMED_QUERY", format!("{clause} is not available in this simulated org")))
}
