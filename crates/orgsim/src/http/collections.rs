//! Many records in one call (REST API Developer Guide, sObject Collections).

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Call, platform_events, records};
use crate::errors::{ApiError, json_bytes, json_response};
use crate::id::RecordId;
use crate::json::Node;
use crate::log::Served;
use crate::org::{DuplicateResult, Row, SaveError, Sent, key_text, list_doubled, read_key, read_own_id};
use crate::rights::{Deed, Visibility};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// The most records that one call writes.
pub(super) const MAX_ROWS: usize = 200;

/// The most records that one call reads.
const MAX_READ_ROWS: usize = 2_000;

/// The most runs of records of one sObject in a call.
const MAX_CHUNKS: usize = 10;

/// Says of a record that could have been saved why it was not.
pub(super) const ROLLED_BACK: &str =
    "Record rolled back because not all records were valid and the request was using AllOrNone header";

/// What became of one record, its members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
struct RowResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    success: bool,
    errors: Vec<RowError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<bool>,
}

/// An error of one record, whose code is called otherwise than in other answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowError {
    status_code: &'static str,
    message: String,
    fields: Vec<String>,
    /// What a duplicate rule found.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_result: Option<Box<DuplicateResult>>,
}

impl From<SaveError> for RowError {
    fn from(error: SaveError) -> Self {
        let fields = error.fields.unwrap_or_default();
        Self { status_code: error.code, message: error.message, fields, duplicate_result: error.duplicates }
    }
}

/// What was done with one record: its id, and for upserts whether it is new.
type Done = (RecordId, Option<bool>);

/// A record of a call.
struct Line<'a> {
    sobject: &'static SObject,
    record: &'a Node,
}

/// Answers `/composite/sobjects/…`; `given` are the segments behind it.
pub(super) fn answer(call: &Call, given: &[&str]) -> Result<Response, ApiError> {
    match (call.method.as_str(), given) {
        ("POST", []) => create(call),
        ("PATCH", []) => update(call),
        ("DELETE", []) => delete(call),
        ("PATCH", [sobject, field]) => upsert(call, sobject, field),
        ("GET" | "HEAD" | "POST", [sobject]) => retrieve(call, sobject),
        (method, []) => Err(ApiError::method_not_allowed(method, "DELETE,PATCH,POST")),
        (method, [_]) => Err(ApiError::method_not_allowed(method, "HEAD,GET,POST")),
        (method, [_, _]) => Err(ApiError::method_not_allowed(method, "PATCH")),
        _ => Err(ApiError::not_found()),
    }
}

fn create(call: &Call) -> Result<Response, ApiError> {
    let body = call.json()?;
    if let Some(published) = platform_events::publish_collection(call) {
        return Ok(published);
    }
    let lines = read_lines(call, &body)?;
    write_all(call, all_or_none(&body), &lines, |line| {
        let id = call.app.org.create_record(line.sobject, &Sent::list(line.record), call.author())?;
        Ok((id, None))
    })
}

fn update(call: &Call) -> Result<Response, ApiError> {
    let body = call.json()?;
    let lines = read_lines(call, &body)?;
    write_all(call, all_or_none(&body), &lines, |line| {
        let mut sent = Sent::list(line.record);
        let at = sent.iter().position(|sent| sent.name.eq_ignore_ascii_case("Id"));
        let id = at.map(|at| sent.remove(at).value);
        let id = read_own_id(line.sobject, id.as_ref()).map_err(|error| vec![error])?;
        call.app.org.update_record(line.sobject, &id, &sent, call.author())?;
        Ok((id, None))
    })
}

fn upsert(call: &Call, sobject: &str, field: &str) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    let key = sobject.field(field).filter(|field| field.external_id || field.id_lookup);
    let key = key.ok_or_else(|| records::no_key(field))?;
    let body = call.json()?;
    let lines = read_lines(call, &body)?;
    let values: Vec<Option<Value<'static>>> =
        lines.iter().map(|line| read_key(key, &Sent::list(line.record))).collect();
    let doubled = list_doubled(&values);
    let lines: Vec<_> = lines.into_iter().zip(values).zip(doubled).collect();
    write_all(call, all_or_none(&body), &lines, |((line, value), is_doubled)| {
        upsert_line(call, sobject, key, line, value.as_ref(), *is_doubled)
    })
}

fn upsert_line(
    call: &Call,
    sobject: &'static SObject,
    key: &Field,
    line: &Line<'_>,
    value: Option<&Value<'static>>,
    is_doubled: bool,
) -> Result<Done, Vec<SaveError>> {
    let mut sent = Sent::list(line.record);
    let at = sent.iter().position(|sent| sent.name.eq_ignore_ascii_case(&key.name));
    let given = at.map(|at| sent.remove(at).value);
    let is_id = key.kind == FieldKind::Id;
    let error = match value {
        _ if line.sobject.index != sobject.index => {
            SaveError::of_record("INVALID_TYPE", format!("record is not of type {}", sobject.name))
        }
        Some(value) if is_doubled => {
            let message = format!("Duplicate external id specified: {}", key_text(value));
            SaveError::of_fields("DUPLICATE_VALUE", message, &[&key.name])
        }
        // An empty id asks for a new record; other keys must say something.
        Some(Value::Null) if is_id => {
            let id = call.app.org.create_record(sobject, &sent, call.author())?;
            return Ok((id, Some(true)));
        }
        None if is_id => read_own_id(sobject, given.as_ref()).err().unwrap_or_else(SaveError::no_such_record),
        Some(Value::Null) | None => {
            SaveError::of_record("MISSING_ARGUMENT", format!("{} not specified", key.name))
        }
        Some(value) => {
            let saved = call.app.org.upsert_record(sobject, (key, value), &sent, call.author())?;
            return Ok((saved.id(), Some(saved.is_created())));
        }
    };
    Err(vec![error])
}

fn delete(call: &Call) -> Result<Response, ApiError> {
    let ids = call.param("ids").unwrap_or_default();
    let ids: Vec<&str> = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        return Err(ApiError::bad_request("MISSING_ARGUMENT", "Missing required argument: ids"));
    }
    refuse_too_many(ids.len(), MAX_ROWS)?;
    let is_all_or_none = call.param("allOrNone").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    write_all(call, is_all_or_none, &ids, |text| {
        let id = RecordId::parse(text);
        let sobject = id.and_then(|id| call.app.org.schema().find_by_prefix(id.prefix()));
        let (Some(id), Some(sobject)) = (id, sobject) else {
            let message = format!("malformed id {text}");
            return Err(vec![SaveError::of_fields("MALFORMED_ID", message, &["Id"])]);
        };
        call.app.org.delete_record(sobject, &id, call.author())?;
        Ok((id, None))
    })
}

/// What became of each record.
type Results = Vec<Result<Done, Vec<SaveError>>>;

/// Why a call has written nothing.
enum Undone {
    /// Some rows could not be saved, and it was all or none.
    Rows(Results),
    /// A row cannot even be read as JSON of its type, which is no row's own error.
    Body(SaveError),
}

/// Writes every line and answers what became of each, in their order.
fn write_all<L>(
    call: &Call,
    is_all_or_none: bool,
    lines: &[L],
    mut write: impl FnMut(&L) -> Result<Done, Vec<SaveError>>,
) -> Result<Response, ApiError> {
    let is_all_or_none = is_all_or_none || call.is_all_or_none;
    let written = call.app.org.transact(|| {
        let results: Results = lines.iter().map(&mut write).collect();
        let mut errors = results.iter().filter_map(|result| result.as_ref().err()).flatten();
        if let Some(error) = errors.find(|error| error.code == "JSON_PARSER_ERROR") {
            return Err(Undone::Body(error.clone()));
        }
        if is_all_or_none && results.iter().any(Result::is_err) {
            Err(Undone::Rows(results))
        } else {
            Ok(results)
        }
    });
    match written {
        Ok(results) => Ok(json_response(StatusCode::OK, &to_results(results))),
        Err(Undone::Body(error)) => Err(records::refuse(vec![error])),
        Err(Undone::Rows(results)) => {
            let mut response = json_response(StatusCode::OK, &to_results(roll_back(results)));
            response.extensions_mut().insert(RolledBack);
            Ok(response)
        }
    }
}

/// Marks an answer of status 200 that tells of nothing but records not saved.
#[derive(Clone, Copy, Debug)]
pub(super) struct RolledBack;

/// Tells of the records that would have been saved that the others kept them from it.
fn roll_back(results: Results) -> Results {
    let undo = |result: Result<Done, Vec<SaveError>>| {
        result.and_then(|_| Err(vec![SaveError::of_record("ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK)]))
    };
    results.into_iter().map(undo).collect()
}

fn to_results(results: Results) -> Vec<RowResult> {
    results.into_iter().map(to_result).collect()
}

fn to_result(result: Result<Done, Vec<SaveError>>) -> RowResult {
    match result {
        Ok((id, created)) => {
            RowResult { id: Some(id.to_string()), success: true, errors: Vec::new(), created }
        }
        Err(errors) => {
            let errors = errors.into_iter().map(RowError::from).collect();
            RowResult { id: None, success: false, errors, created: None }
        }
    }
}

fn all_or_none(body: &Node) -> bool {
    body.get("allOrNone").and_then(Node::as_bool).unwrap_or(false)
}

/// Reads the records of a body, each with the sObject that its attributes name.
fn read_lines<'a>(call: &Call, body: &'a Node) -> Result<Vec<Line<'a>>, ApiError> {
    let records = body.get("records").and_then(Node::items).ok_or_else(|| {
        ApiError::bad_request("JSON_PARSER_ERROR", "The request body must have a list of records")
    })?;
    refuse_too_many(records.len(), MAX_ROWS)?;
    let lines: Vec<Line<'_>> =
        records.iter().map(|record| read_line(call, record)).collect::<Result<_, _>>()?;
    let chunks = lines.chunk_by(|one, next| one.sobject.index == next.sobject.index).count();
    if chunks > MAX_CHUNKS {
        let message = format!(
            "Cannot have more than {MAX_CHUNKS} chunks in a single operation. Please rearrange the data to reduce chunking."
        );
        return Err(ApiError::bad_request("LIMIT_EXCEEDED", message));
    }
    Ok(lines)
}

fn read_line<'a>(call: &Call, record: &'a Node) -> Result<Line<'a>, ApiError> {
    let name = record.get("attributes").and_then(|attributes| attributes.get("type")?.as_str());
    let name = name.ok_or_else(|| {
        let message = "The attributes of every record must name its type";
        ApiError::bad_request("MISSING_ARGUMENT", message)
    })?;
    let sobject = call.find_sobject(name).ok_or_else(|| ApiError::unknown_sobject(name))?;
    Ok(Line { sobject, record })
}

fn refuse_too_many(count: usize, max: usize) -> Result<(), ApiError> {
    if count <= max {
        return Ok(());
    }
    let message = format!("record limit reached. cannot submit more than {max} records into this call");
    Err(ApiError::bad_request("EXCEEDED_ID_LIMIT", message))
}

/// Answers `/composite/sobjects/{sObject}`: records in the order of their ids, null for those that are not there.
fn retrieve(call: &Call, sobject: &str) -> Result<Response, ApiError> {
    let sobject = call.sobject(sobject)?;
    let (ids, names): (Vec<Option<String>>, Vec<String>) = if call.method == Method::POST {
        let body = call.json()?;
        (texts(&body, "ids")?, texts(&body, "fields")?.into_iter().flatten().collect())
    } else {
        let list = |name: &str| -> Result<Vec<String>, ApiError> {
            let missing =
                || ApiError::bad_request("MISSING_ARGUMENT", format!("Missing required argument: {name}"));
            let text = call.param(name).ok_or_else(missing)?;
            Ok(text.split(',').map(|item| item.trim().to_owned()).collect())
        };
        (list("ids")?.into_iter().map(Some).collect(), list("fields")?)
    };
    refuse_too_many(ids.len(), MAX_READ_ROWS)?;
    let fields = records::chosen_fields(call, sobject, names.iter().map(String::as_str))?;
    let query = records::prepare_read(call, sobject, &fields)?;
    let view = call.read();
    let visibility = Visibility::new(call.rights());
    let record = |text: &Option<String>| -> Result<Box<RawValue>, ApiError> {
        let Some(text) = text else { return Ok(Box::default()) };
        let malformed = || ApiError::bad_request("MALFORMED_ID", format!("malformed id {text}"));
        let id = RecordId::parse(text).ok_or_else(malformed)?;
        let is_there =
            |row: &Row| !view.is_deleted(row) && visibility.allows(&view, sobject, row, Deed::Read);
        let row = view.find(sobject, &id).filter(is_there);
        let mut json = Vec::new();
        match row {
            Some(row) => query.write_json(&view, &row, &mut json),
            None => json.extend_from_slice(b"null"),
        }
        Ok(String::from_utf8(json).ok().and_then(|text| RawValue::from_string(text).ok()).unwrap_or_default())
    };
    let found: Vec<Box<RawValue>> = ids.iter().map(record).collect::<Result<_, _>>()?;
    let rows = found.iter().filter(|record| record.get() != "null").count() as u64;
    let body = serde_json::to_vec(&found).expect("records that were written are JSON");
    let mut response = json_bytes(StatusCode::OK, body);
    response.extensions_mut().insert(Served { sobject: sobject.name.clone(), rows });
    Ok(response)
}

/// Reads a list of texts, of which some may be null.
fn texts(body: &Node, name: &str) -> Result<Vec<Option<String>>, ApiError> {
    let items = body.get(name).and_then(Node::items);
    let items = items.ok_or_else(|| {
        ApiError::bad_request("MISSING_ARGUMENT", format!("Missing required argument: {name}"))
    })?;
    let text = |item: &Node| match item.as_str() {
        Some(text) => Ok(Some(text.to_owned())),
        None if item.is_null() => Ok(None),
        None => {
            let message = format!("The values of {name} must be texts");
            Err(ApiError::bad_request("JSON_PARSER_ERROR", message))
        }
    };
    items.iter().map(text).collect()
}
