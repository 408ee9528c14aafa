//! Makes conditions ready.

use super::super::ast::{Comparand, Condition, Literal, LiteralKind, Operator, Test};
use super::super::expression::Expression;
use super::super::filter::{Check, Filter, Members, Relation, split_set};
use super::super::path::Leaf;
use super::super::text::Pattern;
use super::constant::Target;
use super::function::Clause;
use super::{Binder, Result};
use crate::schema::FieldKind;

impl Binder<'_> {
    /// Makes WHERE ready.
    pub(super) fn condition(&self, condition: &Condition) -> Result<Filter> {
        self.check_joins(condition)?;
        combine(condition, &mut |test| self.test(test))
    }

    fn test(&self, test: &Test) -> Result<Filter> {
        let expression = self.expression(&test.operand, Clause::Where)?;
        let target = Target::of(test.operand.place(), &expression);
        let leaf = &expression.path().leaf;
        let is_filterable = leaf.is_filterable() || self.was_filterable(leaf);
        if !is_filterable && !matches!(expression, Expression::Distance(_)) {
            let message = format!("field '{}' can not be filtered in a query call", target.name);
            return self.refuse_at(target.place, "INVALID_FIELD", message);
        }
        let check = match &test.value {
            Comparand::Subquery(statement, place) => self.join(&expression, test, statement, *place)?,
            _ => self.check(&target, test)?,
        };
        Ok(Filter::Test(expression, vec![check]))
    }

    /// Returns whether a field could be filtered up to the caller's version (Object Reference, UserLicense).
    fn was_filterable(&self, leaf: &Leaf) -> bool {
        const LAST_VERSION: u16 = 630;
        let is_count = |leaf: &Leaf| matches!(leaf, Leaf::Field(sobject, field) if sobject.name == "UserLicense" && field.name == "UsedLicenses");
        self.context.api_version <= LAST_VERSION && is_count(leaf)
    }

    /// Makes a comparison with written values ready.
    pub(super) fn check(&self, target: &Target, test: &Test) -> Result<Check> {
        self.check_operator(target, test.operator)?;
        match &test.value {
            Comparand::One(literal) => self.check_one(target, test.operator, literal),
            Comparand::List(literals) => self.check_list(target, test.operator, literals),
            Comparand::Subquery(_, place) => {
                self.refuse_at(place.0, "MALFORMED_QUERY", "Semi join sub-selects are not allowed in HAVING")
            }
        }
    }

    /// Refuses operators the type does not take.
    fn check_operator(&self, target: &Target, operator: Operator) -> Result<()> {
        let kind = target.kind;
        let is_set = kind == FieldKind::Multipicklist;
        let is_order = matches!(
            operator,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual
        );
        let fits = match operator {
            _ if target.is_distance => is_order,
            Operator::Equal | Operator::NotEqual | Operator::In | Operator::NotIn => true,
            Operator::Like => kind.is_text() && !is_set,
            Operator::Includes | Operator::Excludes => is_set,
            _ => kind != FieldKind::Boolean && !is_set,
        };
        if fits {
            return Ok(());
        }
        let name = match kind {
            FieldKind::Id | FieldKind::Reference => "id",
            kind => kind.as_str(),
        };
        let message = format!("invalid operator on {name} field");
        self.refuse_at(target.place, "INVALID_QUERY_FILTER_OPERATOR", message)
    }

    fn check_one(&self, target: &Target, operator: Operator, literal: &Literal) -> Result<Check> {
        if operator == Operator::Like {
            return match &literal.kind {
                LiteralKind::Pattern(pattern) if pattern.is_empty() => Ok(Check::Null),
                LiteralKind::Pattern(pattern) => Ok(Check::Like(Pattern::parse(pattern))),
                _ => self.refuse_at(target.place, "INVALID_FIELD", target.mismatch()),
            };
        }
        let relation = match operator {
            Operator::Equal => Relation::Equal,
            Operator::NotEqual => Relation::NotEqual,
            Operator::Less => Relation::Less,
            Operator::LessOrEqual => Relation::LessOrEqual,
            Operator::Greater => Relation::Greater,
            _ => Relation::GreaterOrEqual,
        };
        match (self.constant(target, literal)?, relation) {
            (Some(constant), relation) => Ok(Check::Is(relation, constant)),
            (None, Relation::Equal) => Ok(Check::Null),
            (None, Relation::NotEqual) => Ok(Check::NotNull),
            (None, _) => {
                let message = "null can only be compared with the operators = and !=";
                self.refuse_at(target.place, "INVALID_QUERY_FILTER_OPERATOR", message)
            }
        }
    }

    fn check_list(&self, target: &Target, operator: Operator, literals: &[Literal]) -> Result<Check> {
        if matches!(operator, Operator::Includes | Operator::Excludes) {
            let set = |literal: &Literal| match &literal.kind {
                LiteralKind::Text(text) => Ok(split_set(text)),
                _ => self.refuse_at(target.place, "INVALID_FIELD", target.mismatch()),
            };
            let sets = literals.iter().map(set).collect::<Result<_>>()?;
            return Ok(if operator == Operator::Includes {
                Check::Includes(sets)
            } else {
                Check::Excludes(sets)
            });
        }
        let constants =
            literals.iter().map(|literal| self.constant(target, literal)).collect::<Result<_>>()?;
        let members = Members::new(constants);
        Ok(if operator == Operator::In { Check::In(members) } else { Check::NotIn(members) })
    }
}

/// Makes a condition of its tests.
pub(super) fn combine<E: Clone + PartialEq>(
    condition: &Condition,
    test: &mut dyn FnMut(&Test) -> Result<Filter<E>>,
) -> Result<Filter<E>> {
    let mut list =
        |terms: &[Condition]| -> Result<Vec<_>> { terms.iter().map(|term| combine(term, test)).collect() };
    Ok(match condition {
        Condition::And(terms) => Filter::all(list(terms)?),
        Condition::Or(terms) => Filter::Any(list(terms)?),
        Condition::Not(term) => Filter::Not(Box::new(combine(term, test)?)),
        Condition::Test(one) => test(one)?,
    })
}
