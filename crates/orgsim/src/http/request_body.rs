//! Reading the bodies of requests: how large they may be, and what was packed.

use std::io::Read;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::GzDecoder;

use super::multipart;
use crate::errors::ApiError;

/// The largest request body (REST API Developer Guide, Request Body Limits).
const MAX_BODY_BYTES: usize = 50 * 1024 * 1024;

/// The largest upload of an ingest job (Bulk API 2.0 Developer Guide, Limits).
const MAX_UPLOAD_BYTES: usize = 150 * 1024 * 1024;

/// The largest request that carries a file as a part of its own (REST API Developer Guide, Insert or Update Blob Data).
const MAX_MULTIPART_BYTES: usize = 500 * 1024 * 1024;

/// Why a request body cannot be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unread {
    TooLarge,
    /// Its headers say that it is gzip, and it is not.
    NoGzip,
}

impl Unread {
    pub(super) fn to_error(self) -> ApiError {
        match self {
            Self::TooLarge => {
                let message = "The request body is too large";
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_ENTITY_TOO_LARGE", message)
            }
            Self::NoGzip => ApiError::bad_request("POST_BODY_PARSE_ERROR", "Not in GZIP format"),
        }
    }
}

/// Inflates a request body if it is compressed.
pub(crate) fn inflate(headers: &HeaderMap, body: Bytes, max_bytes: usize) -> Result<Bytes, Unread> {
    let coding = headers.get(header::CONTENT_ENCODING).and_then(|coding| coding.to_str().ok());
    if !coding.is_some_and(|coding| coding.eq_ignore_ascii_case("gzip")) {
        return Ok(body);
    }
    let mut plain = Vec::new();
    let limit = max_bytes as u64 + 1;
    GzDecoder::new(&body[..]).take(limit).read_to_end(&mut plain).map_err(|_| Unread::NoGzip)?;
    if plain.len() > max_bytes { Err(Unread::TooLarge) } else { Ok(plain.into()) }
}

/// Reads the body of a call of the data API.
pub(super) async fn read(segments: &[String], headers: &HeaderMap, body: Body) -> Result<Bytes, Unread> {
    let max_bytes = max_body_bytes(segments, headers);
    let body = to_bytes(body, max_bytes).await.map_err(|_| Unread::TooLarge)?;
    inflate(headers, body, max_bytes)
}

/// Returns how large a body may be: files in parts of their own may be larger than what is written in JSON.
fn max_body_bytes(segments: &[String], headers: &HeaderMap) -> usize {
    let names = segments.iter().map(String::as_str).collect::<Vec<_>>();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match names.as_slice() {
        ["jobs", "ingest", _, "batches"] => MAX_UPLOAD_BYTES,
        ["sobjects", ..] if multipart::boundary(kind).is_some() => MAX_MULTIPART_BYTES,
        _ => MAX_BODY_BYTES,
    }
}
