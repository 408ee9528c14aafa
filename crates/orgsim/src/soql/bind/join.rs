//! Checks semi-joins and anti-joins (SOQL and SOSL Reference, Comparison Operators, Semi-Joins and Anti-Joins).

use super::super::ast::{Comparand, Condition, Item, Operator, Place, Statement, Test};
use super::super::error::SoqlError;
use super::super::expression::Expression;
use super::super::filter::Check;
use super::super::join::Join;
use super::super::path::{FieldPath, Leaf};
use super::{Binder, Level, Result, sobject};
use crate::schema::FieldKind;

/// How many semi-joins a query may have.
const MAX_JOINS: usize = 2;

/// What no inner select may be about.
const NOT_JOINED: [&str; 6] = ["ActivityHistory", "Attachment", "Event", "Note", "OpenActivity", "Task"];

/// What a term of WHERE stands under.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Under {
    And,
    Or,
    Not,
}

impl Binder<'_> {
    /// Refuses too many semi-joins, and those under OR and NOT.
    pub(super) fn check_joins(&self, condition: &Condition) -> Result<()> {
        let mut count = 0;
        self.count_joins(condition, Under::And, &mut count)?;
        if count <= MAX_JOINS {
            return Ok(());
        }
        let message = format!("Maximum {MAX_JOINS} semi join sub-selects are allowed");
        Err(SoqlError::new("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", message))
    }

    fn count_joins(&self, condition: &Condition, under: Under, count: &mut usize) -> Result<()> {
        let mut all = |terms: &[Condition], under| {
            terms.iter().try_for_each(|term| self.count_joins(term, under, count))
        };
        match condition {
            Condition::And(terms) => all(terms, under),
            Condition::Or(terms) => all(terms, if under == Under::Not { under } else { Under::Or }),
            Condition::Not(term) => self.count_joins(term, Under::Not, count),
            Condition::Test(Test { value: Comparand::Subquery(_, place), .. }) => {
                *count += 1;
                let operator = match under {
                    Under::And => return Ok(()),
                    Under::Or => "OR",
                    Under::Not => "NOT",
                };
                let message = format!("Semi join sub-selects are not allowed with the '{operator}' operator");
                self.refuse_at(place.0, "MALFORMED_QUERY", message)
            }
            Condition::Test(_) => Ok(()),
        }
    }

    /// Makes a semi-join ready.
    pub(super) fn join(
        &self,
        left: &Expression,
        test: &Test,
        statement: &Statement,
        place: Place,
    ) -> Result<Check> {
        let refuse = |message: String| self.refuse_at(place.0, "MALFORMED_QUERY", message);
        if self.level == Level::Join {
            return refuse("Nesting of semi join sub-selects is not supported".to_owned());
        }
        let operand = &test.operand;
        let Expression::Field(left) = left else {
            return refuse(format!(
                "The left operand of a semi join must be a field, cannot use: '{operand}'"
            ));
        };
        if !left.steps.is_empty() {
            return refuse(format!(
                "The left operand '{operand}' cannot have more than one level of relationships"
            ));
        }
        if !is_id(left) {
            return refuse(format!(
                "The left operand field in the where expression for outer query should be an id field, cannot use: \
                 '{operand}'"
            ));
        }
        if let Some(message) = forbidden_clause(statement) {
            return refuse(message.to_owned());
        }
        let sobject = sobject::find_queried(self.schema, self.text, statement, self.context)?;
        if NOT_JOINED.contains(&sobject.name.as_str()) {
            return refuse(format!("Entity '{}' is not supported for semi join inner selects", sobject.name));
        }
        if sobject.index == self.sobject.index {
            return refuse("The inner and outer selects should not be on the same object type".to_owned());
        }
        let aliases = sobject::list_aliases(self.text, statement, sobject)?;
        let inner = Binder { sobject, aliases, level: Level::Join, ..*self };
        let path = inner.inner_path(statement, place)?;
        if !points_to(left).iter().any(|target| points_to(&path).contains(target)) {
            return refuse(format!(
                "The selected field '{}' in the subquery and the left operand field in the where expression in the \
                 outer query '{operand}' should point to the same object type",
                path.leaf.name()
            ));
        }
        let is_negated = test.operator == Operator::NotIn;
        Ok(Check::Joined(Box::new(Join { query: inner.query(statement)?, path, is_negated })))
    }

    /// Finds the field an inner select returns.
    fn inner_path(&self, statement: &Statement, place: Place) -> Result<FieldPath> {
        let [Item::Field(path, None)] = statement.items.as_slice() else {
            let message = "Semi join sub-selects must select exactly one field";
            return self.refuse_at(place.0, "MALFORMED_QUERY", message);
        };
        let found = self.field_path(path)?;
        if !found.steps.is_empty() {
            let message =
                format!("The inner select field '{path}' cannot have more than one level of relationships");
            return self.refuse(path, "MALFORMED_QUERY", message);
        }
        if !is_id(&found) {
            let message = format!(
                "The inner select field in a semi join sub-select should be an id field, cannot use: '{path}'"
            );
            return self.refuse(path, "MALFORMED_QUERY", message);
        }
        Ok(found)
    }
}

/// Says which clause an inner select cannot have.
fn forbidden_clause(statement: &Statement) -> Option<&'static str> {
    if !statement.order.is_empty() {
        return Some("Semi join sub-selects cannot use ORDER BY");
    }
    if statement.limit.is_some() || statement.offset.is_some() {
        return Some("Semi join sub-selects cannot use LIMIT");
    }
    let has_more = statement.group.is_some() || statement.scope.is_some() || !statement.tails.is_empty();
    has_more.then_some("Semi join sub-selects can only use WHERE")
}

fn is_id(path: &FieldPath) -> bool {
    matches!(path.leaf.kind(), FieldKind::Id | FieldKind::Reference)
}

/// Lists the sObjects an id may be of.
fn points_to(path: &FieldPath) -> Vec<&str> {
    match path.leaf {
        Leaf::Field(sobject, field) if field.kind == FieldKind::Id => vec![&sobject.name],
        Leaf::Field(_, field) => field.reference_to.iter().map(String::as_str).collect(),
        Leaf::Named(_) => Vec::new(),
    }
}
