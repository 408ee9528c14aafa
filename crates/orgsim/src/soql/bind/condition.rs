//! Makes conditions ready.

use super::super::ast::{Comparand, Condition, Literal, LiteralKind, Operand, Operator, Path, Test};
use super::super::filter::{Check, Filter, Members, Relation, split_set};
use super::super::path::Leaf;
use super::super::text::Pattern;
use super::{Binder, Result, constant, refuse_clause};
use crate::schema::FieldKind;

impl Binder<'_> {
    /// Makes a condition ready.
    pub(super) fn condition(&self, condition: &Condition) -> Result<Filter> {
        let list =
            |terms: &[Condition]| terms.iter().map(|term| self.condition(term)).collect::<Result<Vec<_>>>();
        Ok(match condition {
            Condition::And(terms) => Filter::all(list(terms)?),
            Condition::Or(terms) => Filter::Any(list(terms)?),
            Condition::Not(term) => Filter::Not(Box::new(self.condition(term)?)),
            Condition::Test(test) => self.test(test)?,
        })
    }

    fn test(&self, test: &Test) -> Result<Filter> {
        let path = match &test.operand {
            Operand::Path(path) => path,
            Operand::Call(call) => return refuse_clause(&format!("{call} in a condition")),
        };
        let field = self.field_path(path)?;
        if !field.leaf.is_filterable() {
            let message = format!("field '{}' can not be filtered in a query call", field.leaf.name());
            return self.refuse(path, "INVALID_FIELD", message);
        }
        self.check_operator(path, &field.leaf, test.operator)?;
        let check = match &test.value {
            Comparand::One(literal) => self.check_one(path, &field.leaf, test.operator, literal)?,
            Comparand::List(literals) => self.check_list(path, &field.leaf, test.operator, literals)?,
            Comparand::Subquery(..) => return refuse_clause("a semi-join"),
        };
        Ok(Filter::Field(field, vec![check]))
    }

    /// Refuses operators the field's type does not take.
    fn check_operator(&self, path: &Path, leaf: &Leaf, operator: Operator) -> Result<()> {
        let kind = leaf.kind();
        let is_set = kind == FieldKind::Multipicklist;
        let fits = match operator {
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
        self.refuse(path, "INVALID_QUERY_FILTER_OPERATOR", format!("invalid operator on {name} field"))
    }

    fn check_one(&self, path: &Path, leaf: &Leaf, operator: Operator, literal: &Literal) -> Result<Check> {
        if operator == Operator::Like {
            return match &literal.kind {
                LiteralKind::Pattern(pattern) if pattern.is_empty() => Ok(Check::Null),
                LiteralKind::Pattern(pattern) => Ok(Check::Like(Pattern::parse(pattern))),
                _ => self.refuse(path, "INVALID_FIELD", constant::mismatch(leaf)),
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
        match (self.constant(path, leaf, literal)?, relation) {
            (Some(constant), relation) => Ok(Check::Is(relation, constant)),
            (None, Relation::Equal) => Ok(Check::Null),
            (None, Relation::NotEqual) => Ok(Check::NotNull),
            (None, _) => {
                let message = "null can only be compared with the operators = and !=".to_owned();
                self.refuse(path, "INVALID_QUERY_FILTER_OPERATOR", message)
            }
        }
    }

    fn check_list(
        &self,
        path: &Path,
        leaf: &Leaf,
        operator: Operator,
        literals: &[Literal],
    ) -> Result<Check> {
        if matches!(operator, Operator::Includes | Operator::Excludes) {
            let set = |literal: &Literal| match &literal.kind {
                LiteralKind::Text(text) => Ok(split_set(text)),
                _ => self.refuse(path, "INVALID_FIELD", constant::mismatch(leaf)),
            };
            let sets = literals.iter().map(set).collect::<Result<_>>()?;
            return Ok(if operator == Operator::Includes {
                Check::Includes(sets)
            } else {
                Check::Excludes(sets)
            });
        }
        let constants =
            literals.iter().map(|literal| self.constant(path, leaf, literal)).collect::<Result<_>>()?;
        let members = Members::new(constants);
        Ok(if operator == Operator::In { Check::In(members) } else { Check::NotIn(members) })
    }
}
