//! Filters that queries of some sObjects must have (Object Reference, the sObjects' usage).

use super::super::ast::{Comparand, Condition, Operand, Operator, Statement};
use super::super::error::SoqlError;
use super::Result;
use crate::schema::SObject;

/// What must be filtered by one of its ids, with those fields.
const BY_ID: [(&str, &[&str]); 3] = [
    ("ContentDocumentLink", &["ContentDocumentId", "LinkedEntityId", "Id"]),
    ("ContentFolderItem", &["ParentContentFolderId", "Id"]),
    ("ContentFolderMember", &["ParentContentFolderId", "ChildRecordId", "Id"]),
];

/// Refuses a query without the filter its sObject needs.
pub(super) fn check_filter(sobject: &SObject, statement: &Statement, is_bulk: bool) -> Result<()> {
    let Some((name, fields)) = BY_ID.iter().find(|(name, _)| *name == sobject.name) else { return Ok(()) };
    if statement.condition.as_ref().is_some_and(|condition| names_id(condition, fields)) {
        return Ok(());
    }
    let ids = fields.iter().filter(|field| **field != "Id").copied().collect::<Vec<_>>().join(" or ");
    let message = format!(
        "Implementation restriction: {name} requires a filter by a single Id on {ids} using the equals operator or \
         multiple Id's using the IN operator."
    );
    // Bulk jobs tell of it otherwise (Bulk API 2.0 Developer Guide, Query Jobs).
    Err(SoqlError::new(if is_bulk { "API_ERROR" } else { "MALFORMED_QUERY" }, message))
}

fn names_id(condition: &Condition, fields: &[&str]) -> bool {
    match condition {
        Condition::And(terms) => terms.iter().any(|term| names_id(term, fields)),
        Condition::Test(test) => {
            let Operand::Path(path) = &test.operand else { return false };
            let is_listed = |name: &String| fields.iter().any(|field| field.eq_ignore_ascii_case(name));
            let by_value = matches!(
                (test.operator, &test.value),
                (Operator::Equal, Comparand::One(_)) | (Operator::In, _)
            );
            by_value && path.words.last().is_some_and(is_listed)
        }
        Condition::Or(_) | Condition::Not(_) => false,
    }
}
