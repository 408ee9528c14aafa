//! The content of files: read at an address of its own, written in base64 or as a part of the request.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::{Call, multipart};
use crate::errors::ApiError;
use crate::id::RecordId;
use crate::json::Node;
use crate::org::{Given, OrgView, Row, Sent};
use crate::schema::{Field, SObject};
use crate::value::Value;

/// What the content of most files is announced as.
const BYTES: &str = "application/octet-stream";

/// Answers `/sobjects/{sObject}/{id}/{blobField}` (REST API Developer Guide, sObject Blob Get).
pub(super) fn answer(
    call: &Call,
    sobject: &'static SObject,
    id: &RecordId,
    field: &'static Field,
) -> Result<Response, ApiError> {
    call.only_reads()?;
    let view = call.app.org.read();
    let row = view.find(sobject, id).filter(|row| call.sees(&view, sobject, row));
    let row = row.filter(|_| call.rights().may_read_field(sobject, field)).ok_or_else(ApiError::not_found)?;
    if view.is_deleted(&row) {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "ENTITY_IS_DELETED", "entity is deleted"));
    }
    let Value::Blob(bytes) = view.value(sobject, &row, field) else { return Err(ApiError::not_found()) };
    let kind = HeaderValue::try_from(content_type(&view, sobject, &row));
    let kind = kind.unwrap_or_else(|_| HeaderValue::from_static(BYTES));
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

/// Returns the media type that a record says its content has.
fn content_type(view: &OrgView<'_>, sobject: &SObject, row: &Row) -> String {
    let said = ["ContentType", "LogFileContentType"].iter().find_map(|name| sobject.field(name));
    let said = said.map_or(Value::Null, |field| view.value(sobject, row, field));
    match (sobject.name.as_str(), said.as_str()) {
        ("ContentNote", _) => "text/html;charset=UTF-8".to_owned(),
        ("EventLogFile", Some(kind)) => format!("{kind};charset=UTF-8"),
        (_, kind) => kind.unwrap_or(BYTES).to_owned(),
    }
}

/// A record as a client sent it, with its files.
#[derive(Debug)]
pub(super) struct RecordBody {
    pub(super) record: Node,
    /// By name of the field.
    blobs: Vec<(String, Bytes)>,
}

impl RecordBody {
    /// Reads a body of JSON, or of parts: one is JSON, the others are the content of the fields they are named after
    /// (REST API Developer Guide, Insert or Update Blob Data).
    pub(super) fn read(call: &Call) -> Result<Self, ApiError> {
        let boundary = call.header("content-type").and_then(multipart::boundary);
        let Some(boundary) = boundary else { return Ok(Self { record: call.json()?, blobs: Vec::new() }) };
        let parts = multipart::split(&call.body, &boundary);
        let (records, files): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.is_json);
        let record = records.first().ok_or_else(|| {
            let message = "Multipart message must include a non-binary part";
            ApiError::bad_request("INVALID_MULTIPART_REQUEST", message)
        })?;
        let record = Node::parse(record.body)
            .map_err(|message| ApiError::bad_request("JSON_PARSER_ERROR", message))?;
        let blobs = files.into_iter().map(|file| (file.name, call.body.slice_ref(file.body))).collect();
        Ok(Self { record, blobs })
    }

    /// Lists the fields.
    pub(super) fn sent(&self) -> Vec<Sent<'_>> {
        let blobs = self.blobs.iter().map(|(name, bytes)| Sent {
            name,
            value: Given::Bytes(bytes.clone()),
            node: None,
        });
        Sent::list(&self.record).into_iter().chain(blobs).collect()
    }
}
