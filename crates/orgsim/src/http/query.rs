//! The query resource and its pages.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::cursors::Cursor;
use super::{Call, presentation, record_access};
use crate::entities;
use crate::errors::{ApiError, json_bytes, json_response};
use crate::faults::FaultKind;
use crate::id::RecordId;
use crate::log::Served;
use crate::org::{OrgView, Row};
use crate::schema::Api;
use crate::soql::{self, ChildPages, Query};

/// The rows of a page, and how few and many a client may ask for (REST API Developer Guide, Query Options Header).
const PAGE_ROWS: usize = 2_000;
const MIN_PAGE_ROWS: usize = 200;

/// As many custom long texts make a row so wide that pages are as small as they may be.
const MANY_LONG_TEXTS: usize = 2;

/// The most children of one record on a page; the others are a result with pages of their own.
const CHILD_PAGE_ROWS: usize = 200;

/// Whether a query sees the recycle bin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Deleted {
    Included,
    Excluded,
}

/// Some rows of a result.
struct Page<'a> {
    rows: &'a [Row],
    total: usize,
    next: Option<String>,
}

/// What the rows of a page come from.
struct Source<'a> {
    soql: &'a str,
    includes_deleted: bool,
    page_rows: usize,
    places: &'a [usize],
}

impl Source<'_> {
    /// Returns how many children of one record fit on a page.
    fn child_page_rows(&self) -> usize {
        self.page_rows.min(CHILD_PAGE_ROWS)
    }

    /// Keeps rows for the next pages and returns the URL of the second one. `places` names the child subquery they are
    /// of, as seen from this page's query.
    fn keep(&self, call: &Call, places: &[usize], rows: &[Row]) -> String {
        let page_rows = if places.is_empty() { self.page_rows } else { self.child_page_rows() };
        let cursor = Cursor {
            soql: self.soql.to_owned(),
            places: [self.places, places].concat(),
            includes_deleted: self.includes_deleted,
            user_id: call.session.user_id,
            created_at: call.app.now_ms(),
            page_rows,
            rows: rows.to_vec(),
        };
        next_url(call, &call.app.cursors.keep(cursor), page_rows)
    }
}

/// Answers `GET /query?q=` and `GET /queryAll?q=`.
pub(super) fn first_page(call: &Call, deleted: Deleted) -> Result<Response, ApiError> {
    call.only_reads()?;
    let includes_deleted = deleted == Deleted::Included;
    let Some(text) = call.param("q").filter(|text| !text.trim().is_empty()) else {
        if let Some(text) = call.param("explain") {
            return explain(call, text, includes_deleted);
        }
        return Err(ApiError::bad_request("MALFORMED_QUERY", "SOQL statements cannot be empty or null"));
    };
    let query = prepare(call, text, includes_deleted)?;
    if call.param("columns") == Some("true") {
        return Ok(json_response(StatusCode::OK, &query.columns_json()));
    }
    if query.sobject().name == record_access::SOBJECT {
        return record_access::answer(call, &query, text);
    }
    let view = view_for(call, &query);
    if query.is_count() {
        let count = query.count(&view);
        let (size, kind) = (tooling_size(call, 0), tooling_type(call, None));
        let body = format!(r#"{{{size}"totalSize":{count},"done":true,{kind}"records":[]}}"#);
        return Ok(json_bytes(StatusCode::OK, body.into_bytes()));
    }
    if query.is_grouped() {
        return write_groups(call, &query, &view);
    }
    let mut rows = query.select_rows(&view);
    let page_rows = page_rows(call, &query);
    if let Some(mark) = query.view_mark() {
        let viewed = &rows[..rows.len().min(page_rows)];
        call.app.org.mark_viewed(call.session.user_id, viewed, mark, call.app.now_ms());
        call.app.recent.note(call.session.user_id, viewed, call.app.now_ms());
    }
    if query.offset().is_some() {
        // With OFFSET there is no cursor (SOQL and SOSL Reference, OFFSET).
        rows.truncate(page_rows);
    }
    let source = Source { soql: text, includes_deleted, page_rows, places: &[] };
    if rows.len() <= page_rows {
        let total = rows.len();
        return Ok(write_page(call, &source, &query, &view, &Page { rows: &rows, total, next: None }));
    }
    let next = Some(source.keep(call, &[], &rows));
    let page = Page { rows: &rows[..page_rows], total: rows.len(), next };
    Ok(write_page(call, &source, &query, &view, &page))
}

/// Answers `GET /query?explain=`: the ways to run a statement, or a list view by its id. Reports, which real orgs explain
/// too, are not here.
fn explain(call: &Call, text: &str, includes_deleted: bool) -> Result<Response, ApiError> {
    let listed = RecordId::parse(text.trim()).map(|id| {
        let message = format!("There is no report or list view {id} to explain");
        let missing = || ApiError::bad_request("INVALID_CROSS_REFERENCE_KEY", message);
        presentation::soql_of_list_view(call, &id).ok_or_else(missing)
    });
    let listed = listed.transpose()?;
    let text = listed.as_deref().unwrap_or(text);
    let query = prepare(call, text, includes_deleted)?;
    let plans = query.explain(&view_for(call, &query));
    Ok(json_response(StatusCode::OK, &json!({ "plans": plans, "sourceQuery": text })))
}

/// Answers `GET /query/{locator}`.
pub(super) fn next_page(call: &Call, locator: &str) -> Result<Response, ApiError> {
    call.only_reads()?;
    if call.fault(FaultKind::InvalidLocator).is_some() {
        return Err(ApiError::invalid_locator());
    }
    let (id, offset) = locator.split_once('-').ok_or_else(ApiError::invalid_locator)?;
    let offset: usize = offset.parse().map_err(|_| ApiError::invalid_locator())?;
    let cursor = call.app.cursors.find(id, call.app.now_ms());
    let cursor = cursor.filter(|cursor| cursor.user_id == call.session.user_id && offset < cursor.rows.len());
    let cursor = cursor.ok_or_else(ApiError::invalid_locator)?;

    let whole = prepare(call, &cursor.soql, cursor.includes_deleted)?;
    let query = whole.child(&cursor.places).ok_or_else(ApiError::invalid_locator)?;
    let view = view_for(call, &whole);
    let end = (offset + cursor.page_rows).min(cursor.rows.len());
    // A cursor is a snapshot of ids: values are current, and what has gone since then is left out.
    let is_there = |row: &Row| view.exists(row) && (cursor.includes_deleted || !view.is_hidden(row));
    let rows: Vec<Row> = cursor.rows[offset..end].iter().copied().filter(is_there).collect();
    let id = RecordId::parse(id).ok_or_else(ApiError::invalid_locator)?;
    let next = (end < cursor.rows.len()).then(|| next_url(call, &id, end));
    let Cursor { ref soql, includes_deleted, page_rows, ref places, .. } = *cursor;
    let source = Source { soql, includes_deleted, page_rows, places };
    Ok(write_page(call, &source, query, &view, &Page { rows: &rows, total: cursor.rows.len(), next }))
}

/// Returns the org as a query sees it: with the records that are computed for it.
pub(super) fn view_for<'c>(call: &'c Call, query: &Query) -> OrgView<'c> {
    let mut view = call.app.org.read_visible_for(&call.rights());
    entities::complete(&call.app, call.session.user_id, query, &mut view);
    view
}

/// Reads a statement as the caller's user sees the org.
pub(super) fn prepare(call: &Call, text: &str, includes_deleted: bool) -> Result<Query, ApiError> {
    let context = soql::Context {
        include_deleted: includes_deleted,
        api: call.api,
        ..call.app.query_context(call.session.user_id, call.version)
    };
    call.app.prepare(text, &context).map_err(|error| ApiError::bad_request(error.code, error.message))
}

/// Returns how many rows a page has: what the client wishes, within bounds, and few where a row may be long (SOAP API
/// Developer Guide, Change the Batch Size in Queries).
fn page_rows(call: &Call, query: &Query) -> usize {
    if query.custom_long_text_count() >= MANY_LONG_TEXTS {
        return MIN_PAGE_ROWS;
    }
    let batch_size = call.option("Sforce-Query-Options", "batchSize").and_then(|size| size.parse().ok());
    batch_size.map_or(PAGE_ROWS, |rows: usize| rows.clamp(MIN_PAGE_ROWS, PAGE_ROWS))
}

fn next_url(call: &Call, locator: &RecordId, offset: usize) -> String {
    format!("{}/query/{locator}-{offset}", call.resource_path())
}

/// The answers of the Tooling API say how many records they hold.
fn tooling_size(call: &Call, rows: usize) -> String {
    match call.api {
        Api::Data => String::new(),
        Api::Tooling => format!(r#""size":{rows},"#),
    }
}

/// They say, too, of which sObject these are.
fn tooling_type(call: &Call, name: Option<&str>) -> String {
    match call.api {
        Api::Data => String::new(),
        Api::Tooling => format!(r#""queryLocator":null,"entityTypeName":{},"#, json!(name)),
    }
}

fn write_groups(call: &Call, query: &Query, view: &OrgView<'_>) -> Result<Response, ApiError> {
    let mut records = Vec::new();
    let count = query
        .write_groups(view, &mut records)
        .map_err(|error| ApiError::bad_request(error.code, error.message))?;
    let size = tooling_size(call, count);
    let kind = tooling_type(call, Some("AggregateResult"));
    let mut body = format!(r#"{{{size}"totalSize":{count},"done":true,{kind}"records":["#).into_bytes();
    body.append(&mut records);
    body.extend_from_slice(b"]}");
    Ok(json_bytes(StatusCode::OK, body))
}

fn write_page(
    call: &Call,
    source: &Source<'_>,
    query: &Query,
    view: &OrgView<'_>,
    page: &Page<'_>,
) -> Response {
    let mut body = Vec::with_capacity(64 + page.rows.len() * 256);
    let done = page.next.is_none();
    let size = tooling_size(call, page.rows.len());
    body.extend_from_slice(format!(r#"{{{size}"totalSize":{},"done":{done}"#, page.total).as_bytes());
    if let Some(next) = &page.next {
        body.extend_from_slice(format!(r#","nextRecordsUrl":"{next}""#).as_bytes());
    }
    let kind = tooling_type(call, (!page.rows.is_empty()).then_some(query.sobject().name.as_str()));
    body.extend_from_slice(format!(r#",{kind}"records":["#).as_bytes());
    let keep = |places: &[usize], rows: &[Row]| source.keep(call, places, rows);
    let pages = ChildPages { page_rows: source.child_page_rows(), keep: &keep };
    query.write_records(view, page.rows, &pages, &mut body);
    body.extend_from_slice(b"]}");
    let mut response = json_bytes(StatusCode::OK, body);
    let served = Served { sobject: query.sobject().name.clone(), rows: page.rows.len() as u64 };
    response.extensions_mut().insert(served);
    response
}
