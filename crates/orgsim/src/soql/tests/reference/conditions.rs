//! Conditions.

use std::cmp::Ordering;

use super::order::{compare, lower};
use super::{Record, Reference, Scope};
use crate::id::RecordId;
use crate::schema::{Field, FieldKind};
use crate::soql::ast::{Comparand, Condition, Item, Literal, LiteralKind, Operator, Statement, Test};
use crate::value::Value;

impl Reference {
    /// Returns whether a record meets a condition.
    pub(super) fn holds(&self, condition: &Condition, scope: &Scope, record: &Record) -> bool {
        match condition {
            Condition::And(terms) => terms.iter().all(|term| self.holds(term, scope, record)),
            Condition::Or(terms) => terms.iter().any(|term| self.holds(term, scope, record)),
            Condition::Not(term) => !self.holds(term, scope, record),
            Condition::Test(test) => {
                let value = self.value(&test.operand, scope, record);
                self.passes(&value, self.field_of(&test.operand, scope), test)
            }
        }
    }

    /// Returns whether a value passes a comparison.
    pub(super) fn passes(&self, value: &Value<'_>, field: Option<&Field>, test: &Test) -> bool {
        let kind = field.map(|field| field.kind);
        let unticked = Value::Bool(false);
        let value = if value.is_null() && kind == Some(FieldKind::Boolean) { &unticked } else { value };
        match (&test.value, test.operator) {
            (Comparand::One(literal), Operator::Like) => like(value, literal),
            (Comparand::One(literal), operator) => self.compares(value, field, operator, literal),
            (Comparand::List(literals), Operator::In) => self.is_among(value, field, literals),
            (Comparand::List(literals), Operator::NotIn) => !self.is_among(value, field, literals),
            (Comparand::List(literals), Operator::Includes) => includes(value, literals),
            (Comparand::List(literals), _) => !includes(value, literals),
            (Comparand::Subquery(statement, _), operator) => {
                let is_found = self.ids_of(statement).iter().any(|id| value.as_str() == Some(id));
                is_found == (operator == Operator::In)
            }
        }
    }

    fn ids_of(&self, statement: &Statement) -> Vec<String> {
        let answer = self.answer(statement);
        let Item::Field(path, _) = &statement.items[0] else { panic!("a semi-join selects a field") };
        let name = path.words.last().unwrap();
        let records = answer["records"].as_array().unwrap();
        let id = |record: &serde_json::Value| {
            let found =
                record.as_object().unwrap().iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.and_then(|(_, id)| id.as_str().map(str::to_owned))
        };
        records.iter().filter_map(id).collect()
    }

    fn is_among(&self, value: &Value<'_>, field: Option<&Field>, literals: &[Literal]) -> bool {
        literals.iter().any(|literal| self.compares(value, field, Operator::Equal, literal))
    }

    fn compares(
        &self,
        value: &Value<'_>,
        field: Option<&Field>,
        operator: Operator,
        literal: &Literal,
    ) -> bool {
        let kind = field.map(|field| field.kind);
        let is_null = match &literal.kind {
            LiteralKind::Null => kind != Some(FieldKind::Boolean),
            LiteralKind::Text(text) => text.is_empty(),
            _ => false,
        };
        match (value.is_null(), is_null) {
            (true, true) => return operator == Operator::Equal,
            (true, false) | (false, true) => return operator == Operator::NotEqual,
            (false, false) => {}
        }
        let ordering = match &literal.kind {
            LiteralKind::Relative(relative) => self.place_in(value, *relative),
            LiteralKind::Text(text) if kind == Some(FieldKind::Multipicklist) => {
                set(value.as_str().unwrap()).cmp(&set(text))
            }
            LiteralKind::Text(text) if matches!(value, Value::Id(_)) => {
                value.as_str().unwrap().cmp(RecordId::parse(text).unwrap().as_str())
            }
            kind => compare(value, &constant(kind), field.is_some_and(|field| field.case_sensitive)),
        };
        match operator {
            Operator::Equal => ordering == Ordering::Equal,
            Operator::NotEqual => ordering != Ordering::Equal,
            Operator::Less => ordering == Ordering::Less,
            Operator::LessOrEqual => ordering != Ordering::Greater,
            Operator::Greater => ordering == Ordering::Greater,
            Operator::GreaterOrEqual => ordering != Ordering::Less,
            operator => panic!("{operator} compares with a list"),
        }
    }
}

fn constant(kind: &LiteralKind) -> Value<'static> {
    match kind {
        LiteralKind::Null => Value::Bool(false),
        LiteralKind::Bool(value) => Value::Bool(*value),
        LiteralKind::Number(number) => Value::Number(*number),
        LiteralKind::Text(text) => Value::owned_text(text.clone()),
        LiteralKind::Date(date) => Value::Date(*date),
        LiteralKind::DateTime(ms) => Value::DateTime(*ms),
        LiteralKind::Time(ms) => Value::Time(*ms),
        kind => panic!("{kind:?} is no single value"),
    }
}

fn set(text: &str) -> Vec<String> {
    let mut parts: Vec<_> = text.split(';').map(|part| lower(part.trim())).collect();
    parts.sort();
    parts.dedup();
    parts
}

fn includes(value: &Value<'_>, literals: &[Literal]) -> bool {
    let Some(text) = value.as_str() else { return false };
    let chosen = set(text);
    literals.iter().any(|literal| match &literal.kind {
        LiteralKind::Text(wanted) => set(wanted).iter().all(|part| chosen.contains(part)),
        kind => panic!("{kind:?} is no set"),
    })
}

fn like(value: &Value<'_>, literal: &Literal) -> bool {
    let LiteralKind::Pattern(pattern) = &literal.kind else { panic!("LIKE takes a pattern") };
    match value {
        Value::Null => pattern.is_empty(),
        Value::Text(_) if pattern.is_empty() => false,
        Value::Text(text) => {
            let (pattern, text): (Vec<char>, Vec<char>) =
                (lower(pattern).chars().collect(), lower(text).chars().collect());
            fits(&pattern, &text)
        }
        value => panic!("{value:?} is no text"),
    }
}

/// Matches from the front, trying everything a run may cover.
fn fits(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|covered| fits(rest, &text[covered..])),
        ['_', rest @ ..] => !text.is_empty() && fits(rest, &text[1..]),
        ['\\', c, rest @ ..] | [c, rest @ ..] => text.first() == Some(c) && fits(rest, &text[1..]),
    }
}
