//! Single records.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::{Call, query};
use crate::errors::{ApiError, json_bytes, json_response};
use crate::id::RecordId;
use crate::log::Served;
use crate::org::{OrgView, Row};
use crate::schema::{Field, SObject};

/// Answers `GET /sobjects/{sObject}/{id}`.
pub(super) fn by_id(call: &Call, sobject: &str, id: &str) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    only_reads(call)?;
    let id = RecordId::parse(id).ok_or_else(|| no_key(id))?;
    let view = call.app.org.read();
    let row = view.find(sobject, &id).ok_or_else(ApiError::not_found)?;
    if view.is_deleted(&row) {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "ENTITY_IS_DELETED", "entity is deleted"));
    }
    write_record(call, &view, sobject, &row)
}

/// Answers `GET /sobjects/{sObject}/{field}/{value}`: a record by an external id (REST API Developer Guide, sObject Rows by External ID).
pub(super) fn by_key(call: &Call, sobject: &str, field: &str, value: &str) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    only_reads(call)?;
    if RecordId::parse(field).is_some_and(|id| Some(id.prefix()) == sobject.key_prefix) {
        return Err(ApiError::not_simulated("Following a relationship by its path"));
    }
    let key = sobject.field(field).filter(|field| field.external_id || field.id_lookup);
    let key = key.ok_or_else(|| no_key(field))?;
    let view = call.app.org.read();
    let rows = find_by_key(&view, sobject, key, value);
    match rows.as_slice() {
        [] => Err(ApiError::not_found()),
        [row] => write_record(call, &view, sobject, row),
        several => {
            let path = format!("{}/sobjects/{}", call.version_path(), sobject.name);
            let urls: Vec<String> = several.iter().map(|row| format!("{path}/{}", view.id(row))).collect();
            Ok(json_response(StatusCode::MULTIPLE_CHOICES, &json!(urls)))
        }
    }
}

fn find_by_key(view: &OrgView<'_>, sobject: &SObject, key: &Field, wanted: &str) -> Vec<Row> {
    if let Some(id) = RecordId::parse(wanted).filter(|_| key.name == "Id") {
        return view.find(sobject, &id).filter(|row| !view.is_deleted(row)).into_iter().collect();
    }
    let is_same =
        |text: &str| if key.case_sensitive { text == wanted } else { text.eq_ignore_ascii_case(wanted) };
    let live = view.rows(sobject).filter(|row| !view.is_deleted(row));
    live.filter(|row| view.value(sobject, row, key).as_str().is_some_and(is_same)).collect()
}

fn write_record(call: &Call, view: &OrgView<'_>, sobject: &SObject, row: &Row) -> Result<Response, ApiError> {
    let fields = match call.param("fields") {
        None => sobject.fields.iter().map(|field| field.name.as_str()).collect(),
        Some(names) => chosen_fields(sobject, names)?,
    };
    // A record is read as a query of the same fields would read it.
    let text = format!("SELECT {} FROM {}", fields.join(", "), sobject.name);
    let query = query::prepare(call, &text, false)?;
    let mut body = Vec::new();
    query.write_json(view, row, &mut body);
    let mut response = json_bytes(StatusCode::OK, body);
    response.extensions_mut().insert(Served { sobject: sobject.name.clone(), rows: 1 });
    Ok(response)
}

/// Reads `?fields=`. The id comes with any choice of fields.
fn chosen_fields<'a>(sobject: &'a SObject, names: &str) -> Result<Vec<&'a str>, ApiError> {
    let mut chosen: Vec<&str> = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()).chain(["Id"]) {
        let unknown = || {
            let message = format!("No such column '{name}' on sobject of type {}", sobject.name);
            ApiError::bad_request("INVALID_FIELD", message)
        };
        let field = sobject.field(name).ok_or_else(unknown)?;
        if !chosen.contains(&field.name.as_str()) {
            chosen.push(&field.name);
        }
    }
    Ok(chosen)
}

fn no_key(name: &str) -> ApiError {
    let message = format!("Provided external ID field does not exist or is not accessible: {name}");
    ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

fn only_reads(call: &Call) -> Result<(), ApiError> {
    match call.method {
        Method::GET | Method::HEAD => Ok(()),
        Method::PATCH => Err(ApiError::not_simulated("Updating records")),
        Method::DELETE => Err(ApiError::not_simulated("Deleting records")),
        _ => Err(ApiError::method_not_allowed(call.method.as_str(), "HEAD,GET,PATCH,DELETE")),
    }
}
