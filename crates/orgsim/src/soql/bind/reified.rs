//! What queries of sObjects that describe the org may not do, and the filters they must have (Tooling API, SOQL Operation
//! Limitations; Object Reference, the sObjects' usage).

use super::super::ast::{Condition, Operand, Operator, Path, Statement};
use super::super::error::SoqlError;
use super::super::query::Query;
use super::Result;
use crate::schema::SObject;

/// The fields one of which must be filtered.
const REIFIED: [(&str, &[&str]); 7] = [
    ("EntityParticle", &["EntityDefinitionId", "FieldDefinitionId", "DurableId"]),
    ("FieldDefinition", &["EntityDefinitionId", "DurableId"]),
    ("PicklistValueInfo", &["EntityParticleId", "DurableId"]),
    (
        "RelationshipDomain",
        &["FieldId", "ChildSobjectId", "ParentSobjectId", "RelationshipInfoId", "DurableId"],
    ),
    ("RelationshipInfo", &["ChildSobjectId", "FieldId", "DurableId"]),
    ("UserEntityAccess", &["UserId", "DurableId"]),
    ("UserFieldAccess", &["DurableId"]),
];

/// Fields that narrow as much, though the refusal does not name them.
const ALSO: [&str; 3] = ["UserId", "EntityDefinitionId", "FieldDefinitionId"];

/// Refuses what cannot be asked of computed records.
pub(super) fn check(sobject: &SObject, statement: &Statement, query: &Query) -> Result<()> {
    if !sobject.is_virtual || sobject.field("DurableId").is_none() {
        return Ok(());
    }
    if query.is_count() || query.is_grouped() {
        return refuse(
            "The requested operation is not yet supported by this SObject storage type, contact salesforce.com \
             support for more information.",
        );
    }
    statement.condition.as_ref().map_or(Ok(()), check_condition)?;
    let Some((name, fields)) = REIFIED.iter().find(|(name, _)| *name == sobject.name) else { return Ok(()) };
    if statement.condition.as_ref().is_some_and(|condition| narrows(condition, fields)) {
        return Ok(());
    }
    let message = format!("{name}: a filter on a reified column is required [{}]", fields.join(","));
    Err(SoqlError::new("MALFORMED_QUERY", message))
}

fn check_condition(condition: &Condition) -> Result<()> {
    match condition {
        Condition::And(terms) => terms.iter().try_for_each(check_condition),
        Condition::Or(_) => refuse("Disjunctions not supported"),
        Condition::Not(_) => refuse("Only equals comparisons permitted"),
        Condition::Test(test) => match test.operator {
            Operator::Equal | Operator::In | Operator::Like => Ok(()),
            Operator::Includes | Operator::Excludes => refuse("Unsupported filter type"),
            _ => refuse("Only equals comparisons permitted"),
        },
    }
}

fn narrows(condition: &Condition, fields: &[&str]) -> bool {
    match condition {
        Condition::And(terms) => terms.iter().any(|term| narrows(term, fields)),
        Condition::Test(test) => {
            let Operand::Path(path) = &test.operand else { return false };
            matches!(test.operator, Operator::Equal | Operator::In) && names_one(path, fields)
        }
        Condition::Or(_) | Condition::Not(_) => false,
    }
}

/// Returns whether a path is one of the fields, or goes by one of them to a parent.
fn names_one(path: &Path, fields: &[&str]) -> bool {
    let is_one = |name: &str| fields.iter().chain(&ALSO).any(|field| field.eq_ignore_ascii_case(name));
    match path.words.split_last() {
        Some((last, parents)) => is_one(last) || parents.iter().any(|parent| is_one(&format!("{parent}Id"))),
        None => false,
    }
}

fn refuse<T>(message: &str) -> Result<T> {
    Err(SoqlError::new("EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", message))
}
