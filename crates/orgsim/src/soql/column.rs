//! What a query selects of each record.

use super::expression::Expression;
use super::path::{FieldPath, Step};
use crate::schema::SObject;

/// An entry of the select list.
#[derive(Clone, Debug)]
pub(super) enum Column {
    Field(FieldPath),
    /// A function, under its alias or under the name of its field.
    Computed(Expression, Option<String>),
    /// A child subquery: the relationship's name and the place among the query's children.
    Children(String, usize),
    TypeOf(TypeOf),
}

/// Fields chosen by the type of a polymorphic parent.
#[derive(Clone, Debug)]
pub(super) struct TypeOf {
    /// The last one is the polymorphic lookup.
    pub(super) steps: Vec<Step>,
    pub(super) cases: Vec<(&'static SObject, Vec<FieldPath>)>,
    /// Fields of `Name`, for parents of any other type.
    pub(super) otherwise: Vec<FieldPath>,
}

impl Column {
    /// Returns the name in the result, with dots, in declared case.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Field(path) => path.name(),
            Self::Computed(expression, None) => expression.path().name(),
            Self::Computed(_, Some(name)) | Self::Children(name, _) => name.clone(),
            Self::TypeOf(type_of) => type_of.steps.iter().map(Step::name).collect::<Vec<_>>().join("."),
        }
    }

    /// Appends the lookups it follows, for counting relationships.
    pub(super) fn list_steps<'c>(&'c self, steps: &mut Vec<&'c [Step]>) {
        match self {
            Self::Field(path) => steps.push(&path.steps),
            Self::Computed(expression, _) => steps.push(expression.steps()),
            Self::Children(..) => {}
            Self::TypeOf(type_of) => steps.push(&type_of.steps),
        }
    }
}
