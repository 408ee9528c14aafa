//! Checks a statement against the schema and makes it ready to run.

use std::collections::HashSet;

use super::Context;
use super::ast::{Operand, Order, Path, Statement, Tail, With};
use super::error::SoqlError;
use super::filter::{Check, Constant, Filter, Relation};
use super::json::Shape;
use super::order::SortKey;
use super::path::{FieldPath, Step};
use super::query::Query;
use crate::schema::{SObject, Schema};

mod bulk;
mod condition;
mod constant;
mod field_path;
mod select;

/// The greatest OFFSET (SOQL and SOSL Reference, OFFSET).
const MAX_OFFSET: u64 = 2_000;

/// How many parent relationships a query may use (SOQL and SOSL Reference, Understanding Relationship Query Limitations).
const MAX_RELATIONSHIPS: usize = 55;

/// What describes list but no query may name (Object Reference, Standard Objects).
const NOT_QUERYABLE: [&str; 14] = [
    "ActivityHistory",
    "AggregateResult",
    "AttachedContentDocument",
    "CombinedAttachment",
    "ContentBody",
    "FeedLike",
    "FeedSignal",
    "FeedTrackedChange",
    "LookedUpFromActivity",
    "Name",
    "NoteAndAttachment",
    "OpenActivity",
    "OutgoingEmail",
    "ProcessInstanceHistory",
];

type Result<T> = std::result::Result<T, SoqlError>;

/// Checks a statement and makes it ready to run.
pub(super) fn bind(
    schema: &'static Schema,
    text: &str,
    statement: &Statement,
    context: &Context,
) -> Result<Query> {
    let sobject = find_sobject(schema, text, statement, context)?;
    let aliases = list_aliases(text, statement, sobject)?;
    let binder = Binder { schema, text, context, sobject, aliases };
    binder.check_clauses(statement)?;
    let is_count = select::is_count(&statement.items);
    let columns = if is_count { Vec::new() } else { binder.columns(statement)? };
    let filter = binder.filter(statement)?;
    let order = binder.order(statement, is_count)?;
    binder.check_relationships(&columns, &order)?;
    Ok(Query {
        sobject,
        shape: Shape::new(&columns),
        columns,
        filter,
        order,
        limit: statement.limit,
        offset: statement.offset,
        is_count,
        include_deleted: context.include_deleted,
        api_version: context.api_version,
    })
}

/// What the parts of a statement are checked against.
struct Binder<'a> {
    schema: &'static Schema,
    text: &'a str,
    context: &'a Context,
    sobject: &'static SObject,
    /// What the names in FROM stand for: the queried sObject, or relationships from there.
    aliases: Vec<(String, Vec<String>)>,
}

fn find_sobject(
    schema: &'static Schema,
    text: &str,
    statement: &Statement,
    context: &Context,
) -> Result<&'static SObject> {
    let path = &statement.from[0].path;
    let name = path.words.join(".");
    let refuse_query = |name: &str| {
        let code = if context.bulk { "API_ERROR" } else { "INVALID_TYPE_FOR_OPERATION" };
        Err(SoqlError::new(code, format!("entity type {name} does not support query")))
    };
    if let Some(name) = NOT_QUERYABLE.iter().find(|known| known.eq_ignore_ascii_case(&name)) {
        return refuse_query(name);
    }
    match schema.find(&name) {
        Some(sobject) if !sobject.abilities.queryable => refuse_query(&sobject.name),
        Some(sobject) => Ok(sobject),
        None => {
            let message = format!(
                "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to \
                 append the '__c' after the entity name. Please reference your WSDL or the describe call for the \
                 appropriate names."
            );
            Err(SoqlError::at(text, path.place.0, "INVALID_TYPE", message))
        }
    }
}

/// Reads the names FROM gives. Each further entry walks from one named before it to a parent.
fn list_aliases(text: &str, statement: &Statement, sobject: &SObject) -> Result<Vec<(String, Vec<String>)>> {
    let mut aliases: Vec<(String, Vec<String>)> = Vec::new();
    for (at, source) in statement.from.iter().enumerate() {
        let mut parents = Vec::new();
        if at > 0 {
            let (first, rest) = source.path.words.split_first().unwrap_or((&sobject.name, &[]));
            let known = aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(first));
            let Some((_, base)) = known.filter(|_| !rest.is_empty()) else {
                let message = format!(
                    "Didn't understand relationship '{}' in FROM part of query call. If you are attempting to use a \
                     custom relationship, be sure to append the '__r' after the custom relationship name. Please \
                     reference your WSDL or the describe call for the appropriate names.",
                    source.path
                );
                return Err(SoqlError::at(text, source.path.place.0, "INVALID_TYPE", message));
            };
            parents.extend(base.iter().chain(rest).cloned());
        }
        aliases.extend(source.alias.as_ref().map(|alias| (alias.text.clone(), parents)));
    }
    Ok(aliases)
}

impl Binder<'_> {
    fn refuse<T>(&self, path: &Path, code: &'static str, message: String) -> Result<T> {
        Err(SoqlError::at(self.text, path.place.0, code, message))
    }

    /// Refuses what Salesforce refuses whatever the sObject, then what the simulator cannot execute.
    fn check_clauses(&self, statement: &Statement) -> Result<()> {
        if self.context.bulk {
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
                    return Err(SoqlError::at(self.text, place.0, "MALFORMED_QUERY", message));
                }
                Tail::UpdateTracking(_) | Tail::UpdateViewstat(_) => return refuse_clause(&tail.to_string()),
            }
        }
        match &statement.with {
            None | Some(With::Mode(_)) => {}
            Some(With::Condition(_)) => return refuse_clause("WITH"),
        }
        if statement.group.is_none() && statement.having.is_none() {
            return self.check_aggregates(statement);
        }
        refuse_clause(if statement.group.is_some() { "GROUP BY" } else { "HAVING" })
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
        if scope.text.eq_ignore_ascii_case("everything") {
            return Ok(None);
        }
        let listed = self.sobject.scopes.iter().any(|(name, _)| name.eq_ignore_ascii_case(&scope.text));
        let owner = self.sobject.field("OwnerId");
        match owner.filter(|_| listed && scope.text.eq_ignore_ascii_case("mine")) {
            Some(owner) => {
                let mine = Check::Is(Relation::Equal, Constant::Id(self.context.user_id));
                Ok(Some(Filter::Field(FieldPath::own(self.sobject, owner), vec![mine])))
            }
            None if listed => refuse_clause(&format!("USING SCOPE {scope}")),
            None => Err(SoqlError::new("INVALID_QUERY_SCOPE", format!("invalid query scope: {scope}"))),
        }
    }

    fn order(&self, statement: &Statement, is_count: bool) -> Result<Vec<SortKey>> {
        if is_count && !statement.order.is_empty() {
            return Err(SoqlError::new("MALFORMED_QUERY", "ORDER BY is not allowed with COUNT()"));
        }
        statement.order.iter().map(|order| self.sort_key(order)).collect()
    }

    fn sort_key(&self, order: &Order) -> Result<SortKey> {
        let path = match &order.operand {
            Operand::Path(path) => path,
            Operand::Call(call) => return refuse_clause(&format!("ORDER BY {call}")),
        };
        let field = self.field_path(path)?;
        if !field.leaf.is_sortable() {
            let message = format!("field '{}' can not be sorted in a query call", field.leaf.name());
            return self.refuse(path, "INVALID_FIELD", message);
        }
        Ok(SortKey { path: field, descending: order.descending, nulls_last: order.nulls_last })
    }

    fn check_relationships(&self, columns: &[FieldPath], order: &[SortKey]) -> Result<()> {
        let paths = columns.iter().chain(order.iter().map(|key| &key.path));
        let parents = paths.flat_map(|path| (1..=path.steps.len()).map(|end| &path.steps[..end]));
        let relationships: HashSet<Vec<&str>> =
            parents.map(|steps| steps.iter().map(Step::name).collect()).collect();
        if relationships.len() > MAX_RELATIONSHIPS {
            let message =
                format!("A query cannot use more than {MAX_RELATIONSHIPS} child-to-parent relationships");
            return Err(SoqlError::new("MALFORMED_QUERY", message));
        }
        Ok(())
    }
}

/// Refuses what is right but cannot be executed here.
fn refuse_clause<T>(clause: &str) -> Result<T> {
    Err(SoqlError::new("MALFORMED_QUERY", format!("{clause} is not available in this simulated org")))
}
