//! Formulas: the language of formula fields and of the conditions of validation rules (Salesforce Help, Formula Operators
//! and Functions by Context).
//!
//! What is here: literals, fields and fields of parents, all operators, and the functions in [`Function`]. Anything else is
//! refused when a formula is read, so that none computes something wrong.

pub(crate) use self::evaluate::{Blank, Scope};
use self::functions::Function;
use crate::schema::{SObject, Schema};
use crate::value::Value;

mod convert;
mod dates;
mod evaluate;
mod functions;
mod numbers;
mod parser;
mod texts;

/// A formula that has been read.
#[derive(Clone, Debug)]
pub(crate) struct Formula {
    root: Expression,
}

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Constant(Value<'static>),
    /// A field, behind the relationships that lead to it.
    Field(Vec<String>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    Call(Function, Vec<Expression>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Join,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Formula {
    /// Reads a formula. The error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parser::parse(text).map(|root| Self { root })
    }

    /// Says which of the formula's fields an sObject and its parents do not have.
    pub(crate) fn find_unknown(&self, schema: &Schema, sobject: &SObject) -> Option<String> {
        let mut unknown = None;
        self.root.each_field(&mut |path| {
            if unknown.is_none() && !is_known(schema, sobject, path) {
                unknown = Some(path.join("."));
            }
        });
        unknown
    }

    /// Computes the formula for a record.
    pub(crate) fn evaluate(&self, scope: &Scope<'_, '_>) -> Value<'static> {
        scope.evaluate(&self.root).unwrap_or(Value::Null)
    }
}

impl Expression {
    fn each_field(&self, visit: &mut impl FnMut(&[String])) {
        match self {
            Self::Constant(_) => {}
            Self::Field(path) => visit(path),
            Self::Not(inner) | Self::Negative(inner) => inner.each_field(visit),
            Self::Binary(_, left, right) => {
                left.each_field(visit);
                right.each_field(visit);
            }
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.each_field(visit)),
        }
    }
}

fn is_known(schema: &Schema, sobject: &SObject, path: &[String]) -> bool {
    match path {
        [] => false,
        [field] => sobject.field(field).is_some_and(|field| !field.is_compound()),
        [relationship, rest @ ..] => {
            let Some(lookup) = sobject.relationship(relationship) else { return false };
            let mut parents = lookup.reference_to.iter().filter_map(|name| schema.find(name));
            parents.any(|parent| is_known(schema, parent, rest))
        }
    }
}

#[cfg(test)]
mod tests;
