//! Makes the select list ready.

use std::collections::HashSet;

use super::super::accumulator::Function;
use super::super::ast::{
    Argument, Call, Comparand, Condition, Item, Operand, Operator, Path, Statement, Word,
};
use super::super::children::Child;
use super::super::column::Column;
use super::super::error::SoqlError;
use super::super::expression::Expression;
use super::super::path::FieldPath;
use super::function::Clause;
use super::{Binder, Result, bulk};
use crate::schema::{Field, FieldKind};

/// How many records `FIELDS(ALL)` may return (SOQL and SOSL Reference, FIELDS()).
const MAX_ALL_FIELDS_ROWS: usize = 200;

/// Returns whether the list is `COUNT()` alone.
pub(super) fn is_count(items: &[Item]) -> bool {
    matches!(items, [Item::Call(call, None)] if is_bare_count(call))
}

fn is_bare_count(call: &Call) -> bool {
    call.name.text.eq_ignore_ascii_case("COUNT") && call.arguments.is_empty()
}

/// Returns whether an entry makes one value of many records.
pub(super) fn is_aggregate(item: &Item) -> bool {
    matches!(item, Item::Call(call, _) if has_aggregate(call))
}

fn has_aggregate(call: &Call) -> bool {
    let is_inner = |argument: &Argument| matches!(argument, Argument::Call(call) if has_aggregate(call));
    Function::find(&call.name.text).is_some()
        || call.name.text.eq_ignore_ascii_case("GROUPING")
        || call.arguments.iter().any(is_inner)
}

impl Binder<'_> {
    /// Finds what was selected.
    pub(super) fn columns(&self, statement: &Statement) -> Result<(Vec<Column>, Vec<Child>)> {
        let mut columns = Vec::with_capacity(statement.items.len());
        let mut children = Vec::new();
        let mut unnamed = 0;
        for item in &statement.items {
            match item {
                Item::Field(path, Some(_)) => {
                    let message = "only aggregate expressions use field aliasing";
                    return self.refuse(path, "MALFORMED_QUERY", message);
                }
                Item::Field(path, None) => columns.push(Column::Field(self.column(path)?)),
                Item::Call(call, None) if call.name.text.eq_ignore_ascii_case("FIELDS") => {
                    columns.extend(self.fields(call, statement)?.into_iter().map(Column::Field));
                }
                Item::Call(call, alias) => columns.push(self.computed(call, alias.as_ref(), &mut unnamed)?),
                Item::Subquery(subquery, place) => {
                    let (name, child) = self.child(subquery, *place, statement)?;
                    columns.push(Column::Children(name, children.len()));
                    children.push(child);
                }
                Item::TypeOf(type_of) => columns.push(Column::TypeOf(self.type_of(type_of)?)),
            }
        }
        self.check_child_count(children.len())?;
        let mut names = HashSet::new();
        match columns.iter().map(Column::name).find(|name| !names.insert(name.clone())) {
            Some(twice) => Err(SoqlError::new("INVALID_FIELD", format!("duplicate field selected: {twice}"))),
            None => Ok((columns, children)),
        }
    }

    fn column(&self, path: &Path) -> Result<FieldPath> {
        let column = self.field_path(path)?;
        if self.context.bulk {
            bulk::check_column(column.leaf.kind())?;
        }
        Ok(column)
    }

    fn computed(&self, call: &Call, alias: Option<&Word>, unnamed: &mut usize) -> Result<Column> {
        let expression = self.function(call, Clause::Select)?;
        let alias = match (alias, &expression) {
            (Some(alias), _) => Some(alias.text.clone()),
            (None, Expression::Distance(_)) => {
                *unnamed += 1;
                Some(format!("expr{}", *unnamed - 1))
            }
            (None, _) => None,
        };
        Ok(Column::Computed(expression, alias))
    }

    /// Resolves `FIELDS(…)` (SOQL and SOSL Reference, FIELDS()).
    fn fields(&self, call: &Call, statement: &Statement) -> Result<Vec<FieldPath>> {
        let group = match call.arguments.as_slice() {
            [Argument::Path(path)] => path.to_string().to_ascii_uppercase(),
            _ => String::new(),
        };
        let is_wanted = |field: &Field| match group.as_str() {
            "ALL" => true,
            "STANDARD" => !field.custom,
            _ => field.custom,
        };
        if !["ALL", "STANDARD", "CUSTOM"].contains(&group.as_str()) {
            return self.refuse_call(call, "the FIELDS function takes ALL, CUSTOM or STANDARD");
        }
        if group != "STANDARD" && self.context.bulk {
            let message = format!("FIELDS({group}) is not supported in Bulk Query");
            return Err(SoqlError::new("API_ERROR", message));
        }
        if group != "STANDARD" && !is_bounded(statement) {
            let message = "The SOQL FIELDS function must have a LIMIT of at most 200";
            return Err(SoqlError::new("MALFORMED_QUERY", message));
        }
        let leave_out =
            |field: &Field| self.context.bulk && (field.is_compound() || field.kind == FieldKind::Base64);
        let fields = self
            .sobject
            .fields
            .iter()
            .filter(|field| is_wanted(field) && !leave_out(field) && self.shows(self.sobject, field));
        let columns: Vec<_> = fields.map(|field| FieldPath::own(self.sobject, field)).collect();
        if columns.is_empty() {
            let message =
                "'FIELDS(...)' expansion function must result in at least one field being selected.";
            return Err(SoqlError::new("MALFORMED_QUERY", message));
        }
        Ok(columns)
    }
}

/// Returns whether a statement can return no more than 200 records, by its LIMIT or by ids it names.
fn is_bounded(statement: &Statement) -> bool {
    let by_limit = statement.limit.is_some_and(|limit| limit <= MAX_ALL_FIELDS_ROWS as u64);
    by_limit || statement.condition.as_ref().is_some_and(names_few_ids)
}

fn names_few_ids(condition: &Condition) -> bool {
    match condition {
        Condition::And(terms) => terms.iter().any(names_few_ids),
        Condition::Test(test) => {
            let is_id = matches!(&test.operand, Operand::Path(path)
                if path.words.len() == 1 && path.words[0].eq_ignore_ascii_case("Id"));
            let few = match (&test.operator, &test.value) {
                (Operator::Equal, _) => true,
                (Operator::In, Comparand::List(ids)) => ids.len() <= MAX_ALL_FIELDS_ROWS,
                _ => false,
            };
            is_id && few
        }
        Condition::Or(_) | Condition::Not(_) => false,
    }
}
