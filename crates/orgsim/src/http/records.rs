//! Single records: creating, reading, changing and deleting them.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::blobs::RecordBody;
use super::{Call, query, recent};
use crate::clock;
use crate::errors::{ApiError, json_bytes, json_response};
use crate::etag;
use crate::id::RecordId;
use crate::json::Node;
use crate::log::Served;
use crate::org::{OrgView, Row, SaveError, deserialization_error};
use crate::schema::{Field, SObject};
use crate::soql::Query;
use crate::value::Value;

/// The answer to a record that was written, its members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
pub(super) struct Saved<'a> {
    pub(super) id: &'a str,
    pub(super) success: bool,
    pub(super) errors: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<bool>,
}

/// Answers `POST /sobjects/{sObject}` (REST API Developer Guide, sObject Basic Information).
pub(super) fn create(call: &Call, sobject: &'static SObject) -> Result<Response, ApiError> {
    let body = read_record(call, sobject)?;
    let created = call.app.org.create_record(sobject, &body.sent(), call.author());
    let id = created.map_err(refuse)?;
    Ok(created_answer(call, sobject, &id, None))
}

/// Answers `/sobjects/{sObject}/{id}`.
pub(super) fn by_id(call: &Call, sobject: &str, id: &str) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    if id.eq_ignore_ascii_case("Id") {
        return create_without_key(call, sobject);
    }
    only_rows_methods(call)?;
    if sobject.is_virtual && call.method != Method::PATCH && call.method != Method::DELETE {
        return read_computed(call, sobject, id);
    }
    let id = RecordId::parse(id).ok_or_else(|| no_key(id))?;
    at_record(call, sobject, &id)
}

/// Answers with a record that is computed for the call, by its durable id or its id.
fn read_computed(call: &Call, sobject: &'static SObject, id: &str) -> Result<Response, ApiError> {
    let fields = match call.param("fields") {
        None => shown_fields(call, sobject),
        Some(names) => chosen_fields(call, sobject, names.split(','))?,
    };
    let key = if sobject.field("DurableId").is_some() { "DurableId" } else { "Id" };
    let id = id.replace('\\', "\\\\").replace('\'', "\\'");
    let text = format!("SELECT {} FROM {} WHERE {key} = '{id}'", fields.join(", "), sobject.name);
    let query = query::prepare(call, &text, false).map_err(|_| ApiError::not_found())?;
    let view = query::view_for(call, &query);
    let row = query.select_rows(&view).first().copied().ok_or_else(ApiError::not_found)?;
    let mut body = Vec::new();
    query.write_json(&view, &row, &mut body);
    Ok(json_bytes(StatusCode::OK, body))
}

/// Answers a call of a record that has been named.
pub(super) fn at_record(call: &Call, sobject: &'static SObject, id: &RecordId) -> Result<Response, ApiError> {
    match call.method {
        Method::PATCH => {
            let body = read_record(call, sobject)?;
            refuse_key_in_body(&body.record, "Id")?;
            find_unmodified(call, sobject, id)?;
            let sent = body.sent();
            call.app.org.update_record(sobject, id, &sent, call.author()).map_err(refuse)?;
            recent::note(call, sobject, id);
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Method::DELETE => {
            match find_unmodified(call, sobject, id) {
                Err(error) if error.code == "NOT_FOUND" => {
                    let errors = vec![SaveError::no_such_record()];
                    return Err(ApiError::of_save(StatusCode::NOT_FOUND, errors));
                }
                found => found?,
            }
            call.app.org.delete_record(sobject, id, call.author()).map_err(refuse)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => {
            find_unmodified(call, sobject, id)?;
            let view = call.read();
            let row = view.find(sobject, id).ok_or_else(ApiError::not_found)?;
            write_record(call, &view, sobject, &row)
        }
    }
}

/// Answers `POST /sobjects/{sObject}/Id`: an upsert by an id that is not there yet.
fn create_without_key(call: &Call, sobject: &'static SObject) -> Result<Response, ApiError> {
    /// The version that brought this resource.
    const SINCE: u16 = 370;
    if call.version < SINCE {
        return Err(no_key("Id"));
    }
    if call.method != Method::POST {
        return Err(ApiError::method_not_allowed(call.method.as_str(), "POST"));
    }
    let body = read_record(call, sobject)?;
    let mut sent = body.sent();
    sent.retain(|sent| !(sent.name.eq_ignore_ascii_case("Id") && sent.node.is_some_and(Node::is_null)));
    let id = call.app.org.create_record(sobject, &sent, call.author()).map_err(refuse)?;
    Ok(created_answer(call, sobject, &id, tells_created(call).then_some(true)))
}

/// Answers `/sobjects/{sObject}/{field}/{value}` (REST API Developer Guide, sObject Rows by External ID).
pub(super) fn by_key(call: &Call, sobject: &str, field: &str, value: &str) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    only_rows_methods(call)?;
    let key = sobject.field(field).filter(|field| field.external_id || field.id_lookup);
    let key = key.ok_or_else(|| no_key(field))?;
    let mut wanted = read_key(key, value)?;
    let view = call.read();
    let mut rows = view.live_rows_by_key(sobject, key, &wanted);
    // Some clients write a space as a form does. What they write to has to be named.
    if rows.is_empty() && call.method == Method::GET && value.contains('+') {
        let spaced = read_key(key, &value.replace('+', " "))?;
        let found = view.live_rows_by_key(sobject, key, &spaced);
        if !found.is_empty() {
            (rows, wanted) = (found, spaced);
        }
    }
    if rows.len() > 1 {
        let path = format!("{}/sobjects/{}", call.version_path(), sobject.name);
        let urls: Vec<String> = rows.iter().map(|row| format!("{path}/{}", view.id(row))).collect();
        return Ok(json_response(StatusCode::MULTIPLE_CHOICES, &json!(urls)));
    }
    let id = rows.first().map(|row| view.id(row));
    drop(view);
    match (call.method == Method::PATCH, id) {
        (true, id) => upsert(call, sobject, key, &wanted, id.as_ref()),
        (false, Some(id)) => at_record(call, sobject, &id),
        (false, None) => Err(gone_or_not_found(call, sobject, key, &wanted)),
    }
}

/// Says of a record that is asked for by its id whether it is in the recycle bin.
fn gone_or_not_found(call: &Call, sobject: &SObject, key: &Field, wanted: &Value<'_>) -> ApiError {
    match wanted {
        Value::Id(id) if key.name == "Id" => {
            find_unmodified(call, sobject, id).err().unwrap_or_else(ApiError::not_found)
        }
        _ => ApiError::not_found(),
    }
}

fn upsert(
    call: &Call,
    sobject: &'static SObject,
    key: &Field,
    wanted: &Value<'static>,
    known: Option<&RecordId>,
) -> Result<Response, ApiError> {
    let body = read_record(call, sobject)?;
    refuse_key_in_body(&body.record, &key.name)?;
    if known.is_none() && (key.name == "Id" || call.param("updateOnly") == Some("true")) {
        return Err(gone_or_not_found(call, sobject, key, wanted));
    }
    let saved = call.app.org.upsert_record(sobject, (key, wanted), &body.sent(), call.author());
    let saved = saved.map_err(refuse)?;
    let tells_created = tells_created(call);
    if saved.is_created() {
        return Ok(created_answer(call, sobject, &saved.id(), tells_created.then_some(true)));
    }
    recent::note(call, sobject, &saved.id());
    if !tells_created {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let id = saved.id();
    let body = Saved { id: id.as_str(), success: true, errors: [], created: Some(false) };
    Ok(json_response(StatusCode::OK, &body))
}

/// From this version on upserts tell whether they created (REST API Developer Guide, Upsert).
fn tells_created(call: &Call) -> bool {
    call.version >= 460
}

fn created_answer(call: &Call, sobject: &SObject, id: &RecordId, created: Option<bool>) -> Response {
    recent::note(call, sobject, id);
    let body = Saved { id: id.as_str(), success: true, errors: [], created };
    let mut response = json_response(StatusCode::CREATED, &body);
    let location = format!("{}/sobjects/{}/{id}", call.resource_path(), sobject.name);
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Reads the body of a record, which must be an object.
fn read_record(call: &Call, sobject: &SObject) -> Result<RecordBody, ApiError> {
    let body = RecordBody::read(call)?;
    if body.record.is_object() {
        return Ok(body);
    }
    let (token, text) = body.record.token();
    Err(refuse(vec![deserialization_error(&sobject.name, token, &text, body.record.place)]))
}

/// A key that the address has may not stand in the body, too.
fn refuse_key_in_body(body: &Node, key: &str) -> Result<(), ApiError> {
    if body.members().iter().any(|(name, _)| name.eq_ignore_ascii_case(key)) {
        let message = format!("The {key} field should not be specified in the sobject data.");
        return Err(ApiError::bad_request("INVALID_FIELD", message));
    }
    Ok(())
}

/// Reads the value of a key as an address has it.
fn read_key(key: &Field, text: &str) -> Result<Value<'static>, ApiError> {
    let value = crate::org::read_given(key, &crate::org::Given::Text(text)).filter(|value| !value.is_null());
    value.ok_or_else(|| match key.name.as_str() {
        "Id" => ApiError::bad_request("MALFORMED_ID", format!("malformed id {text}")),
        _ => ApiError::not_found(),
    })
}

/// Finds a live record that meets the conditions of the call, if it makes any (REST API Developer Guide, Conditional Requests).
fn find_unmodified(call: &Call, sobject: &SObject, id: &RecordId) -> Result<(), ApiError> {
    let view = call.read();
    let row = view.find(sobject, id).filter(|row| call.sees(&view, sobject, row));
    let row = row.ok_or_else(ApiError::not_found)?;
    if view.is_deleted(&row) {
        let error = ApiError::new(StatusCode::NOT_FOUND, "ENTITY_IS_DELETED", "entity is deleted");
        return Err(error);
    }
    if let Some(named) =
        call.header("if-match").filter(|named| !etag::is_named(named, &tag(&view, sobject, &row)))
    {
        let message = format!("Entity failed the precondition If-Match: {named}");
        let code = "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE";
        return Err(ApiError::new(StatusCode::PRECONDITION_FAILED, code, message));
    }
    let Some(modified_at) = modified_at(&view, sobject, &row) else { return Ok(()) };
    match call.header("if-unmodified-since").and_then(clock::parse_http) {
        Some(since) if modified_at > since => {
            let message = "Entity failed the precondition If-Unmodified-Since";
            let code = "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE";
            Err(ApiError::new(StatusCode::PRECONDITION_FAILED, code, message))
        }
        _ => Ok(()),
    }
}

/// Returns the mark of a record, which every change of it changes.
fn tag(view: &OrgView<'_>, sobject: &SObject, row: &Row) -> String {
    let mut content = Vec::new();
    for field in sobject.fields.iter().filter(|field| !field.is_compound()) {
        content.extend_from_slice(format!("{:?};", view.value(sobject, row, field)).as_bytes());
    }
    etag::of(&content)
}

/// Returns the whole second in which a record was last changed.
fn modified_at(view: &OrgView<'_>, sobject: &SObject, row: &Row) -> Option<i64> {
    match view.value(sobject, row, sobject.field("LastModifiedDate")?) {
        Value::DateTime(ms) => Some(ms - ms.rem_euclid(1_000)),
        _ => None,
    }
}

fn write_record(call: &Call, view: &OrgView<'_>, sobject: &SObject, row: &Row) -> Result<Response, ApiError> {
    let fields = match call.param("fields") {
        None => shown_fields(call, sobject),
        Some(names) => chosen_fields(call, sobject, names.split(','))?,
    };
    let modified_at = modified_at(view, sobject, row);
    let since = call.header("if-modified-since").and_then(clock::parse_http);
    let etag = tag(view, sobject, row);
    let is_old = modified_at.zip(since).is_some_and(|(modified_at, since)| modified_at <= since);
    let is_known = call.header("if-none-match").map(|known| etag::is_named(known, &etag));
    // A mark says more than a time (RFC 9110, section 13.1.3).
    let mut response = if is_known.unwrap_or(is_old) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut body = Vec::new();
        prepare_read(call, sobject, &fields)?.write_json(view, row, &mut body);
        let mut response = json_bytes(StatusCode::OK, body);
        response.extensions_mut().insert(Served { sobject: sobject.name.clone(), rows: 1 });
        response
    };
    if let Ok(etag) = HeaderValue::try_from(etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    if let Some(value) = modified_at.and_then(|ms| HeaderValue::try_from(clock::format_http(ms)).ok()) {
        response.headers_mut().insert(header::LAST_MODIFIED, value);
    }
    Ok(response)
}

/// Returns a query of fields: a record is read as it would read it.
pub(super) fn prepare_read(call: &Call, sobject: &SObject, fields: &[&str]) -> Result<Query, ApiError> {
    let text = format!("SELECT {} FROM {}", fields.join(", "), sobject.name);
    query::prepare(call, &text, false)
}

/// Lists the fields of an sObject that are there for the caller's user.
pub(super) fn shown_fields<'a>(call: &Call, sobject: &'a SObject) -> Vec<&'a str> {
    let rights = call.rights();
    let shown = sobject.fields.iter().filter(|field| rights.may_read_field(sobject, field));
    shown.map(|field| field.name.as_str()).collect()
}

/// Reads names of fields. The id comes with any choice of them.
pub(super) fn chosen_fields<'a, 'n>(
    call: &Call,
    sobject: &'a SObject,
    names: impl Iterator<Item = &'n str>,
) -> Result<Vec<&'a str>, ApiError> {
    let rights = call.rights();
    let mut chosen: Vec<&str> = Vec::new();
    for name in names.map(str::trim).filter(|name| !name.is_empty()).chain(["Id"]) {
        let unknown = || {
            let message = format!("No such column '{name}' on sobject of type {}", sobject.name);
            ApiError::bad_request("INVALID_FIELD", message)
        };
        let field = sobject.field(name).filter(|field| rights.may_read_field(sobject, field));
        let field = field.ok_or_else(unknown)?;
        if !chosen.contains(&field.name.as_str()) {
            chosen.push(&field.name);
        }
    }
    Ok(chosen)
}

/// Makes the answer to a single record that was not saved.
pub(super) fn refuse(errors: Vec<SaveError>) -> ApiError {
    let status = match errors.first().map(|error| error.code) {
        Some("ENTITY_IS_DELETED") => StatusCode::NOT_FOUND,
        Some("INSUFFICIENT_ACCESS_OR_READONLY") => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    ApiError::of_save(status, errors)
}

pub(super) fn no_key(name: &str) -> ApiError {
    let message = format!("Provided external ID field does not exist or is not accessible: {name}");
    ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

fn only_rows_methods(call: &Call) -> Result<(), ApiError> {
    match call.method {
        Method::GET | Method::HEAD | Method::PATCH | Method::DELETE => Ok(()),
        _ => Err(ApiError::method_not_allowed(call.method.as_str(), "HEAD,GET,PATCH,DELETE")),
    }
}
