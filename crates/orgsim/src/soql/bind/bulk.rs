//! What bulk query jobs cannot do (Bulk API 2.0 Developer Guide, Query Jobs, Considerations).

use super::super::ast::{Item, Statement};
use super::super::error::SoqlError;
use super::{Result, select};
use crate::schema::{FieldKind, SObject};

/// The sObjects that jobs do not read (Bulk API 2.0 Developer Guide, Query Jobs; object reference of each).
const UNSUPPORTED: [&str; 13] = [
    "AcceptedEventRelation",
    "CaseStatus",
    "ContentFolderItem",
    "ContentHubItem",
    "ContractStatus",
    "DeclinedEventRelation",
    "LeadStatus",
    "OrderStatus",
    "PartnerRole",
    "SolutionStatus",
    "TaskPriority",
    "TaskStatus",
    "UndecidedEventRelation",
];

/// Returns whether jobs read an sObject.
pub(in crate::soql) fn is_supported(sobject: &SObject) -> bool {
    !sobject.is_virtual && !UNSUPPORTED.contains(&sobject.name.as_str())
}

/// Refuses sObjects that jobs do not read.
pub(super) fn check_sobject(sobject: &SObject) -> Result<()> {
    if is_supported(sobject) {
        return Ok(());
    }
    Err(SoqlError::new("INVALIDENTITY", format!("{} is not supported by the Bulk API", sobject.name)))
}

/// Refuses clauses that jobs do not take.
pub(super) fn check_clauses(statement: &Statement) -> Result<()> {
    let has = |wanted: fn(&Item) -> bool| statement.items.iter().any(wanted);
    let aggregates = statement.group.is_some() || has(select::is_aggregate);
    if aggregates || has(|item| matches!(item, Item::Subquery(..))) {
        return refuse("Aggregate Relationships not supported in Bulk Query");
    }
    if has(|item| matches!(item, Item::TypeOf(_))) {
        return refuse("TYPEOF not supported in Bulk Query");
    }
    if statement.offset.is_some() {
        return refuse("OFFSET not supported in Bulk Query");
    }
    Ok(())
}

/// Refuses fields that jobs cannot return.
pub(super) fn check_column(kind: FieldKind) -> Result<()> {
    match kind {
        FieldKind::Address | FieldKind::Location => {
            let message = "Selecting compound data not supported in Bulk Query";
            Err(SoqlError::new("INVALID_FIELD", message))
        }
        FieldKind::Base64 => refuse("Selecting binary data not supported in Bulk Query"),
        _ => Ok(()),
    }
}

fn refuse(message: &str) -> Result<()> {
    Err(SoqlError::new("API_ERROR", message))
}
