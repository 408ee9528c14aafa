//! Records with their children, created in one call.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::Call;
use super::collections::RowError;
use crate::errors::{ApiError, json_response};
use crate::id::RecordId;
use crate::json::{Data, Node};
use crate::org::{Given, SaveError, Sent};
use crate::schema::SObject;

/// What a tree may have of everything (REST API Developer Guide, sObject Tree).
const MAX_RECORDS: usize = 200;
const MAX_LEVELS: usize = 5;
const MAX_TYPES: usize = 5;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TreeBody {
    has_errors: bool,
    results: Vec<TreeResult>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TreeResult {
    reference_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<RowError>,
}

/// A record of the tree; parents stand before their children.
struct Leaf<'a> {
    sobject: &'static SObject,
    reference_id: &'a str,
    record: &'a Node,
    /// The place of the parent, and the lookup that points to it.
    parent: Option<(usize, &'a str)>,
    level: usize,
}

/// Answers `POST /composite/tree/{sObject}`: all records are saved, or none.
pub(super) fn answer(call: &Call, sobject: &str) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    if call.method != Method::POST {
        return Err(ApiError::method_not_allowed(call.method.as_str(), "POST"));
    }
    let body = call.json()?;
    let leaves = list_leaves(call, sobject, &body)?;
    let saved = call.app.org.transact(|| save(call, &leaves));
    let (status, body) = match saved {
        Ok(ids) => {
            let results = leaves.iter().zip(ids).map(|(leaf, id)| TreeResult {
                reference_id: leaf.reference_id.to_owned(),
                id: Some(id.to_string()),
                errors: Vec::new(),
            });
            (StatusCode::CREATED, TreeBody { has_errors: false, results: results.collect() })
        }
        Err(results) => (StatusCode::BAD_REQUEST, TreeBody { has_errors: true, results }),
    };
    Ok(json_response(status, &body))
}

/// Saves the records level by level; tells of all those of the first level that has errors.
fn save(call: &Call, leaves: &[Leaf<'_>]) -> Result<Vec<RecordId>, Vec<TreeResult>> {
    let mut ids: Vec<Option<RecordId>> = Vec::with_capacity(leaves.len());
    let mut failed: Vec<TreeResult> = Vec::new();
    for leaf in leaves {
        let parent = leaf.parent.map(|(at, lookup)| (ids[at], lookup));
        match save_leaf(call, leaf, parent) {
            Some(Ok(id)) => ids.push(Some(id)),
            Some(Err(errors)) => {
                ids.push(None);
                let errors = errors.into_iter().map(RowError::from).collect();
                failed.push(TreeResult { reference_id: leaf.reference_id.to_owned(), id: None, errors });
            }
            // A parent that was not saved has told its error already.
            None => ids.push(None),
        }
    }
    if failed.is_empty() { Ok(ids.into_iter().flatten().collect()) } else { Err(failed) }
}

fn save_leaf(
    call: &Call,
    leaf: &Leaf<'_>,
    parent: Option<(Option<RecordId>, &str)>,
) -> Option<Result<RecordId, Vec<SaveError>>> {
    let is_nested = |sent: &Sent<'_>| {
        sent.node.is_some_and(|node| node.get("records").is_some())
            && find_children(leaf.sobject, sent.name).is_some()
    };
    let mut sent: Vec<Sent<'_>> =
        Sent::list(leaf.record).into_iter().filter(|sent| !is_nested(sent)).collect();
    let parent_id;
    if let Some((id, lookup)) = parent {
        parent_id = id?;
        sent.push(Sent { name: lookup, value: Given::Text(parent_id.as_str()), node: None });
        return Some(call.app.org.create_record(leaf.sobject, &sent, call.author()));
    }
    Some(call.app.org.create_record(leaf.sobject, &sent, call.author()))
}

/// Finds the sObject and the lookup of a relationship to children.
fn find_children(sobject: &'static SObject, name: &str) -> Option<(&'static str, &'static str)> {
    let relationship = sobject.children.iter().find(|child| {
        child.relationship_name.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name))
    })?;
    Some((&relationship.child_sobject, &relationship.field))
}

/// Lists the records of a body by level.
fn list_leaves<'a>(
    call: &Call,
    sobject: &'static SObject,
    body: &'a Node,
) -> Result<Vec<Leaf<'a>>, ApiError> {
    let mut leaves: Vec<Leaf<'a>> = Vec::new();
    add_level(&mut leaves, sobject, body, None, 1)?;
    let mut at = 0;
    while at < leaves.len() {
        let Leaf { sobject, record, level, .. } = leaves[at];
        for (name, node) in record.members() {
            let Some((child, lookup)) = find_children(sobject, name) else { continue };
            if let Data::Object(_) = node.value {
                add_level(&mut leaves, call.sobject(child)?, node, Some((at, lookup)), level + 1)?;
            }
        }
        at += 1;
    }
    refuse(&leaves)?;
    Ok(leaves)
}

fn add_level<'a>(
    leaves: &mut Vec<Leaf<'a>>,
    sobject: &'static SObject,
    node: &'a Node,
    parent: Option<(usize, &'a str)>,
    level: usize,
) -> Result<(), ApiError> {
    let records = node.get("records").and_then(Node::items).ok_or_else(|| {
        ApiError::bad_request("JSON_PARSER_ERROR", "The request body must have a list of records")
    })?;
    for record in records {
        let attribute =
            |name: &str| record.get("attributes").and_then(|attributes| attributes.get(name)?.as_str());
        let reference_id = attribute("referenceId").ok_or_else(|| {
            let message = "The attributes of every record must name its referenceId";
            ApiError::bad_request("INVALID_INPUT", message)
        })?;
        if attribute("type").is_some_and(|name| !name.eq_ignore_ascii_case(&sobject.name)) {
            let message = format!("The record {reference_id} is not of type {}", sobject.name);
            return Err(ApiError::bad_request("INVALID_INPUT", message));
        }
        if leaves.iter().any(|leaf| leaf.reference_id == reference_id) {
            let message = format!("Duplicate ReferenceId provided in the request: {reference_id}");
            return Err(ApiError::bad_request("INVALID_INPUT", message));
        }
        leaves.push(Leaf { sobject, reference_id, record, parent, level });
    }
    Ok(())
}

fn refuse(leaves: &[Leaf<'_>]) -> Result<(), ApiError> {
    let types: BTreeSet<usize> = leaves.iter().map(|leaf| leaf.sobject.index).collect();
    let levels = leaves.iter().map(|leaf| leaf.level).max().unwrap_or_default();
    let limits = [
        (leaves.len(), MAX_RECORDS, "records"),
        (levels, MAX_LEVELS, "levels"),
        (types.len(), MAX_TYPES, "types"),
    ];
    match limits.into_iter().find(|(count, max, _)| count > max) {
        None => Ok(()),
        Some((count, max, what)) => {
            let message = format!("The tree has {count} {what}, which is more than {max}");
            Err(ApiError::bad_request("LIMIT_EXCEEDED", message))
        }
    }
}
