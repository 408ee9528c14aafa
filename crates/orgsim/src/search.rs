//! The search resources: SOSL, parameterized search and what goes with them (REST API Developer Guide, Search).

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::errors::{ApiError, json_bytes, json_response};
use crate::http::Call;
use crate::log::Served;
use crate::org::{OrgView, Row};
use crate::schema::SObject;
use crate::soql::{self, Query, Search, SoqlError};

mod parameterized;
mod suggestions;

/// The version from which on records are in an object rather than a bare list.
const OBJECT_SINCE: u16 = 370;

/// The columns of a search layout that sObjects have, in their order.
const LAYOUT_FIELDS: [&str; 8] =
    ["Name", "CaseNumber", "Subject", "BillingState", "Phone", "Email", "Type", "OwnerId"];

/// The most rows that a search page shows of one sObject.
const LAYOUT_ROWS: u32 = 25;

/// Answers `/search/…` and `/parameterizedSearch`; `names` are the segments in lower case.
pub(crate) fn answer(call: &Call, names: &[&str]) -> Result<Response, ApiError> {
    match names {
        ["parameterizedsearch"] => parameterized::answer(call),
        _ => {
            call.only_reads()?;
            match names {
                ["search"] => find(call),
                ["search", "scopeorder"] => Ok(scope_order(call)),
                ["search", "layout"] => layouts(call),
                ["search", "suggestions"] => suggestions::answer(call),
                ["search", "suggesttitlematches" | "suggestsearchqueries"] => {
                    Err(ApiError::not_simulated("Knowledge"))
                }
                _ => Err(ApiError::not_found()),
            }
        }
    }
}

/// Answers `GET /search?q=FIND…`.
fn find(call: &Call) -> Result<Response, ApiError> {
    let Some(text) = call.param("q").filter(|text| !text.trim().is_empty()) else {
        return Err(ApiError::bad_request("MALFORMED_SEARCH", "No search string was specified"));
    };
    let search = soql::prepare_search(call.app.org.schema(), text, &context(call)).map_err(refuse)?;
    Ok(respond(call, &search))
}

fn context(call: &Call) -> soql::Context {
    call.app.query_context(call.session.user_id, call.version)
}

fn refuse(error: SoqlError) -> ApiError {
    ApiError::bad_request(error.code, error.message)
}

/// Runs a search and answers what it found, sObject by sObject.
fn respond(call: &Call, search: &Search) -> Response {
    let view = call.app.org.read_visible_for(&call.rights());
    let found = search.run(&view);
    let mut records = Vec::new();
    let mut count = 0;
    for (query, rows) in &found {
        write_records(query, &view, rows, &mut records);
        count += rows.len() as u64;
    }
    let mut body = Vec::with_capacity(records.len() + 64);
    if call.version < OBJECT_SINCE {
        body.push(b'[');
        body.append(&mut records);
        body.push(b']');
    } else {
        body.extend_from_slice(b"{\"searchRecords\":[");
        body.append(&mut records);
        body.push(b']');
        if search.has_labels {
            body.extend_from_slice(format!(",\"metadata\":{}", labels(&found)).as_bytes());
        }
        body.push(b'}');
    }
    let mut response = json_bytes(StatusCode::OK, body);
    let sobject = found.first().map_or_else(String::new, |(query, _)| query.sobject().name.clone());
    response.extensions_mut().insert(Served { sobject, rows: count });
    response
}

fn write_records(query: &Query, view: &OrgView<'_>, rows: &[Row], out: &mut Vec<u8>) {
    for row in rows {
        if !out.is_empty() {
            out.push(b',');
        }
        query.write_json(view, row, out);
    }
}

/// Returns the labels of the fields returned, under the names that Salesforce gives them.
fn labels(found: &[(&Query, Vec<Row>)]) -> Json {
    let entity = |query: &Query| {
        let label = |name: &str| query.sobject().field(name).map(|field| field.label.clone());
        let fields: Vec<Json> = query
            .columns()
            .iter()
            .filter_map(|name| label(name).map(|label| json!({ "name": name, "label": label })))
            .collect();
        json!({ "entityName": query.sobject().name, "fieldMetadata": fields })
    };
    let entities: Vec<Json> =
        found.iter().filter(|(_, rows)| !rows.is_empty()).map(|(query, _)| entity(query)).collect();
    json!({ "entityetadata": entities })
}

/// Answers `GET /search/scopeOrder`: what the user searches by default.
fn scope_order(call: &Call) -> Response {
    let (sobjects, rights) = (call.app.org.schema().sobjects().iter(), call.rights());
    let scope = |sobject: &SObject| {
        let url = format!("{}/sobjects/{}/describe", call.version_path(), sobject.name);
        json!({ "type": sobject.name, "url": url })
    };
    let scopes: Vec<Json> = sobjects
        .filter(|sobject| sobject.abilities.searchable && sobject.abilities.layoutable)
        .filter(|sobject| rights.may_read(sobject))
        .map(scope)
        .collect();
    json_response(StatusCode::OK, &scopes)
}

/// A search layout, its members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Layout<'a> {
    label: &'static str,
    limit_rows: u32,
    object_type: &'a str,
    search_columns: Vec<LayoutColumn<'a>>,
}

#[derive(Debug, Serialize)]
struct LayoutColumn<'a> {
    field: String,
    format: Option<&'static str>,
    label: &'a str,
    name: &'a str,
}

/// Answers `GET /search/layout?q=Account,Contact`.
fn layouts(call: &Call) -> Result<Response, ApiError> {
    let names = call.param("q").unwrap_or_default();
    let (mut layouts, rights) = (Vec::new(), call.rights());
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let sobject = call.find_sobject(name).filter(|sobject| sobject.abilities.searchable);
        let sobject = sobject.ok_or_else(|| ApiError::unknown_sobject(name))?;
        let fields = LAYOUT_FIELDS.iter().filter_map(|field| sobject.field(field));
        let fields = fields.filter(|field| rights.may_read_field(sobject, field));
        let search_columns = fields
            .map(|field| LayoutColumn {
                field: format!("{}.{}", sobject.name, field.name),
                format: None,
                label: &field.label,
                name: &field.name,
            })
            .collect();
        layouts.push(Layout {
            label: "Search Results",
            limit_rows: LAYOUT_ROWS,
            object_type: &sobject.name,
            search_columns,
        });
    }
    if layouts.is_empty() {
        return Err(ApiError::bad_request("MISSING_ARGUMENT", "Missing required argument: q"));
    }
    Ok(json_response(StatusCode::OK, &layouts))
}
