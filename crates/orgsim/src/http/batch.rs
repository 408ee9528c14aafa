//! Calls that are sent together and know nothing of each other.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Call;
use super::composite::{Part, run, to_raw};
use crate::errors::{ApiError, json_response};
use crate::json::Node;

/// The most calls in a batch (REST API Developer Guide, Composite Batch).
const MAX_PARTS: usize = 25;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchBody {
    has_errors: bool,
    results: Vec<BatchResult>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchResult {
    status_code: u16,
    result: Box<RawValue>,
}

/// Answers `POST /composite/batch`.
pub(super) fn answer(call: &Call) -> Result<Response, ApiError> {
    if call.method != Method::POST {
        return Err(ApiError::method_not_allowed(call.method.as_str(), "POST"));
    }
    let body = call.json()?;
    let parts = body.get("batchRequests").and_then(Node::items).ok_or_else(|| {
        ApiError::bad_request("MISSING_ARGUMENT", "Missing required argument: batchRequests")
    })?;
    if parts.len() > MAX_PARTS {
        let message = format!("The batch has {} requests, which is more than {MAX_PARTS}", parts.len());
        return Err(ApiError::bad_request("LIMIT_EXCEEDED", message));
    }
    let halts = body.get("haltOnError").and_then(Node::as_bool).unwrap_or(false);
    let mut answer = BatchBody { has_errors: false, results: Vec::with_capacity(parts.len()) };
    for part in parts {
        let result = if halts && answer.has_errors { halted() } else { run_part(call, part) };
        answer.has_errors |= result.status_code >= 400;
        answer.results.push(result);
    }
    Ok(json_response(StatusCode::OK, &answer))
}

fn run_part(call: &Call, part: &Node) -> BatchResult {
    let text = |name: &str| part.get(name).and_then(Node::as_str).unwrap_or_default();
    let made = call.part(text("method"), text("url"), part.get("richInput"), &[]);
    let Part { status, body, .. } = match made {
        Ok(made) => run(&made),
        Err(error) => Part::of_error(&error),
    };
    BatchResult { status_code: status, result: body }
}

fn halted() -> BatchResult {
    let error = ApiError::new(
        StatusCode::PRECONDITION_FAILED,
        "BATCH_PROCESSING_HALTED",
        "Batch processing halted per request",
    );
    BatchResult { status_code: error.status.as_u16(), result: to_raw(&error.body()) }
}
