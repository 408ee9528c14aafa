//! Finds the sObject a statement is about, and what FROM calls it.

use super::super::Context;
use super::super::ast::{Path, Statement};
use super::super::error::SoqlError;
use super::Result;
use crate::schema::{SObject, Schema};
use crate::stream::change_event_name;

/// What describes list but no query may name (Object Reference, Standard Objects).
const NOT_QUERYABLE: [&str; 20] = [
    "ActivityHistory",
    "AggregateResult",
    "AttachedContentDocument",
    "AttachedContentNote",
    "CombinedAttachment",
    "ContentBody",
    "DataType",
    "EmailStatus",
    "FeedLike",
    "FeedSignal",
    "FeedTrackedChange",
    "FolderedContentDocument",
    "ListViewChartInstance",
    "LookedUpFromActivity",
    "Name",
    "NoteAndAttachment",
    "OpenActivity",
    "OutgoingEmail",
    "OwnedContentDocument",
    "ProcessInstanceHistory",
];

/// Finds the sObject after FROM.
pub(super) fn find_queried(
    schema: &'static Schema,
    text: &str,
    statement: &Statement,
    context: &Context,
) -> Result<&'static SObject> {
    let path = &statement.from[0].path;
    let name = path.words.join(".");
    let refuse_query = |name: &str| {
        let code = if context.bulk { "API_ERROR" } else { "INVALID_TYPE_FOR_OPERATION" };
        Err(SoqlError::new(code, format!("entity type {name} does not support query")))
    };
    if let Some(name) = NOT_QUERYABLE.iter().find(|known| known.eq_ignore_ascii_case(&name)) {
        return refuse_query(name);
    }
    let is_known = |sobject: &&SObject| context.api.knows(sobject) && context.rights.may_read(sobject);
    match schema.find(&name).filter(is_known) {
        Some(sobject) if !sobject.abilities.queryable => refuse_query(&sobject.name),
        Some(sobject) => Ok(sobject),
        None => {
            if let Some(event) = find_event(schema, &name) {
                return refuse_query(&event);
            }
            let message = format!(
                "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to \
                 append the '__c' after the entity name. Please reference your WSDL or the describe call for the \
                 appropriate names."
            );
            Err(SoqlError::at(text, path.place.0, "INVALID_TYPE", message))
        }
    }
}

/// Finds a platform event, or the change event of an sObject, by its name in any case.
fn find_event(schema: &Schema, name: &str) -> Option<String> {
    let mut changes = schema.sobjects().iter().map(|sobject| change_event_name(&sobject.name));
    let published = Schema::platform_events().find(name).map(|event| event.name.clone());
    published.or_else(|| changes.find(|event| event.eq_ignore_ascii_case(name)))
}

/// Reads the names FROM gives. Each further entry walks from one named before it to a parent.
pub(super) fn list_aliases(
    text: &str,
    statement: &Statement,
    sobject: &SObject,
) -> Result<Vec<(String, Vec<String>)>> {
    let mut aliases: Vec<(String, Vec<String>)> = Vec::new();
    for (at, source) in statement.from.iter().enumerate() {
        let mut parents = Vec::new();
        if at > 0 {
            let (first, rest) = source.path.words.split_first().unwrap_or((&sobject.name, &[]));
            let known = aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(first));
            let Some((_, base)) = known.filter(|_| !rest.is_empty()) else {
                return Err(unknown_relationship(text, &source.path));
            };
            parents.extend(base.iter().chain(rest).cloned());
        }
        aliases.extend(source.alias.as_ref().map(|alias| (alias.text.clone(), parents)));
    }
    Ok(aliases)
}

/// Says that FROM names a relationship there is not.
pub(super) fn unknown_relationship(text: &str, path: &Path) -> SoqlError {
    let message = format!(
        "Didn't understand relationship '{path}' in FROM part of query call. If you are attempting to use a custom \
         relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or \
         the describe call for the appropriate names."
    );
    SoqlError::at(text, path.place.0, "INVALID_TYPE", message)
}
