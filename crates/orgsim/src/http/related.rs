//! Records reached from another by the path of a relationship.

use axum::http::Method;
use axum::response::Response;

use super::query::Deleted;
use super::{Call, blobs, query, records};
use crate::errors::ApiError;
use crate::id::RecordId;
use crate::org::{OrgView, Row};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// Answers `/sobjects/{sObject}/{id}/{relationship}`, and further relationships of a parent behind it (REST API Developer
/// Guide, sObject Relationships).
pub(super) fn follow(
    call: &Call,
    sobject: &str,
    id: &RecordId,
    names: &[&str],
) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    let (name, parents) = names.split_last().ok_or_else(ApiError::not_found)?;
    let (sobject, id) = climb(call, sobject, *id, parents)?;
    follow_last(call, sobject, &id, name)
}

/// Goes from a record to a parent, and on to the parent's parents.
fn climb(
    call: &Call,
    sobject: &'static SObject,
    id: RecordId,
    names: &[&str],
) -> Result<(&'static SObject, RecordId), ApiError> {
    let view = call.app.org.read();
    names.iter().try_fold((sobject, id), |(sobject, id), name| {
        let row = find_row(call, &view, sobject, &id)?;
        let lookup = sobject.relationship(name).ok_or_else(ApiError::not_found)?;
        find_parent(&view, sobject, lookup, &row).ok_or_else(ApiError::not_found)
    })
}

/// Finds a live record that the caller's user reaches.
fn find_row(call: &Call, view: &OrgView<'_>, sobject: &SObject, id: &RecordId) -> Result<Row, ApiError> {
    let row = view.find(sobject, id).filter(|row| !view.is_deleted(row) && call.sees(view, sobject, row));
    row.ok_or_else(ApiError::not_found)
}

fn follow_last(
    call: &Call,
    sobject: &'static SObject,
    id: &RecordId,
    name: &str,
) -> Result<Response, ApiError> {
    if let Some(field) = sobject.field(name).filter(|field| field.kind == FieldKind::Base64) {
        return blobs::answer(call, sobject, id, field);
    }
    let view = call.app.org.read();
    let row = find_row(call, &view, sobject, id)?;
    if let Some(lookup) = sobject.relationship(name) {
        let (parent, id) = find_parent(&view, sobject, lookup, &row).ok_or_else(ApiError::not_found)?;
        drop(view);
        return records::at_record(call, parent, &id);
    }
    let is_wanted = |child: &&crate::schema::ChildRelationship| {
        child.relationship_name.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let relationship = sobject.children.iter().find(is_wanted).ok_or_else(ApiError::not_found)?;
    if call.method != Method::GET && call.method != Method::HEAD {
        return Err(ApiError::method_not_allowed(call.method.as_str(), "HEAD,GET"));
    }
    let child = call.sobject(&relationship.child_sobject)?;
    let fields = match call.param("fields") {
        None => records::shown_fields(call, child),
        Some(names) => records::chosen_fields(call, child, names.split(','))?,
    };
    // A list of children is the answer of a query for them, pages and all.
    let text =
        format!("SELECT {} FROM {} WHERE {} = '{id}'", fields.join(", "), child.name, relationship.field);
    query::first_page(&call.with_params(&[("q", &text)]), Deleted::Excluded)
}

fn find_parent(
    view: &OrgView<'_>,
    sobject: &SObject,
    lookup: &Field,
    row: &Row,
) -> Option<(&'static SObject, RecordId)> {
    let Value::Id(id) = view.value(sobject, row, lookup) else { return None };
    let parent = view.schema().find_by_prefix(id.prefix())?;
    let row = view.find(parent, &id)?;
    (!view.is_deleted(&row)).then_some((parent, id))
}
