//! Calls that build on each other, sent together.

use std::collections::BTreeMap;

use axum::body::{Bytes, to_bytes};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::runtime::Handle;

use super::Call;
use super::collections::RolledBack;
use super::dispatch::dispatch;
use super::references::{Answers, Levels};
use crate::errors::{ApiError, json_response};
use crate::json::Node;

/// The most calls in a composite request, and of those the most that query or write many records (REST API Developer Guide, Composite).
const MAX_PARTS: usize = 25;
const MAX_WIDE_PARTS: usize = 5;

/// The most graphs of a request, and of calls in all of them (REST API Developer Guide, Composite Graph Limits).
const MAX_GRAPHS: usize = 75;
const MAX_NODES: usize = 500;

/// The most levels of calls that build on each other in a graph.
const MAX_DEPTH: usize = 15;

/// Says of a part that may have been good why it does not count.
const HALTED: &str =
    "The transaction was rolled back since another operation in the same transaction failed.";

/// What a call that is a part of another answered.
pub(super) struct Part {
    pub(super) status: u16,
    pub(super) body: Box<RawValue>,
    location: Option<String>,
    /// Whether it has failed, which collections tell inside an answer of status 200.
    has_failed: bool,
}

impl Part {
    pub(super) fn of_error(error: &ApiError) -> Self {
        Self { status: error.status.as_u16(), body: to_raw(&error.body()), location: None, has_failed: true }
    }
}

/// One of the answers, its members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PartBody {
    body: Box<RawValue>,
    http_headers: BTreeMap<&'static str, String>,
    http_status_code: u16,
    reference_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CompositeBody {
    composite_response: Vec<PartBody>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GraphBody {
    graph_id: String,
    graph_response: CompositeBody,
    is_successful: bool,
}

#[derive(Debug, Serialize)]
struct GraphsBody {
    graphs: Vec<GraphBody>,
}

/// Answers `POST /composite` (REST API Developer Guide, Composite).
pub(super) fn answer(call: &Call) -> Result<Response, ApiError> {
    if call.method == Method::GET || call.method == Method::HEAD {
        let path = format!("{}/composite", call.version_path());
        let resources = ["batch", "graph", "sobjects", "tree"].map(|name| (name, format!("{path}/{name}")));
        return Ok(json_response(StatusCode::OK, &BTreeMap::from(resources)));
    }
    only_posts(call)?;
    let body = call.json()?;
    let parts = read_parts(&body)?;
    refuse_many(parts.len(), MAX_PARTS, "subrequests")?;
    let wide = parts.iter().filter(|part| is_wide(part.url)).count();
    refuse_many(wide, MAX_WIDE_PARTS, "query and collection subrequests")?;
    let is_all_or_none = body.get("allOrNone").and_then(Node::as_bool).unwrap_or(false);
    let (composite_response, _) = if is_all_or_none {
        run_as_one(call, &parts)
    } else {
        let (answers, has_failed) = run_parts(call, &parts);
        (answers, !has_failed)
    };
    Ok(json_response(StatusCode::OK, &CompositeBody { composite_response }))
}

/// Answers `POST /composite/graph` (REST API Developer Guide, Composite Graph).
pub(super) fn answer_graphs(call: &Call) -> Result<Response, ApiError> {
    only_posts(call)?;
    let body = call.json()?;
    let graphs = body.get("graphs").and_then(Node::items).ok_or_else(|| missing("graphs"))?;
    refuse_many(graphs.len(), MAX_GRAPHS, "graphs")?;
    let graphs: Vec<(&str, Vec<Request<'_>>)> = graphs
        .iter()
        .map(|graph| {
            let id = graph.get("graphId").and_then(Node::as_str).ok_or_else(|| missing("graphId"))?;
            Ok((id, read_parts(graph)?))
        })
        .collect::<Result<_, ApiError>>()?;
    refuse_many(graphs.iter().map(|(_, parts)| parts.len()).sum(), MAX_NODES, "nodes")?;
    for (_, parts) in &graphs {
        let mut levels = Levels::default();
        let depth = parts.iter().map(|part| levels.add(part.reference_id, part.url, part.body)).max();
        refuse_many(depth.unwrap_or(0), MAX_DEPTH, "levels of nodes in a graph")?;
    }
    let run_graph = |(id, parts): (&str, Vec<Request<'_>>)| {
        let (composite_response, is_successful) = run_as_one(call, &parts);
        let graph_response = CompositeBody { composite_response };
        GraphBody { graph_id: id.to_owned(), graph_response, is_successful }
    };
    let graphs = graphs.into_iter().map(run_graph).collect();
    Ok(json_response(StatusCode::OK, &GraphsBody { graphs }))
}

/// One of the calls as the client describes it.
struct Request<'a> {
    method: &'a str,
    url: &'a str,
    reference_id: &'a str,
    body: Option<&'a Node>,
    headers: &'a [(String, Node)],
}

fn read_parts(body: &Node) -> Result<Vec<Request<'_>>, ApiError> {
    let parts = body.get("compositeRequest").and_then(Node::items);
    let parts = parts.ok_or_else(|| missing("compositeRequest"))?;
    let mut requests: Vec<Request<'_>> = Vec::with_capacity(parts.len());
    for part in parts {
        let text = |name: &'static str| part.get(name).and_then(Node::as_str).ok_or_else(|| missing(name));
        let request = Request {
            method: text("method")?,
            url: text("url")?,
            reference_id: text("referenceId")?,
            body: part.get("body").filter(|body| !body.is_null()),
            headers: part.get("httpHeaders").map(Node::members).unwrap_or_default(),
        };
        let id = request.reference_id;
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let message = format!("The reference id {id} may have letters, digits and underscores only");
            return Err(ApiError::bad_request("JSON_PARSER_ERROR", message));
        }
        if requests.iter().any(|request| request.reference_id == id) {
            let message = format!("The reference id {id} is used more than once");
            return Err(ApiError::bad_request("JSON_PARSER_ERROR", message));
        }
        requests.push(request);
    }
    Ok(requests)
}

/// Runs calls that all count or none of them. Tells whether they do.
fn run_as_one(call: &Call, parts: &[Request<'_>]) -> (Vec<PartBody>, bool) {
    let call = Call { is_all_or_none: true, ..call.clone() };
    let done = call.app.org.transact(|| {
        let (answers, has_failed) = run_parts(&call, parts);
        if has_failed { Err(answers) } else { Ok(answers) }
    });
    match done {
        Ok(answers) => (answers, true),
        Err(answers) => (answers, false),
    }
}

/// Runs calls one after the other. Tells whether one of them has failed.
fn run_parts(call: &Call, parts: &[Request<'_>]) -> (Vec<PartBody>, bool) {
    let mut answers = Answers::default();
    let mut results: Vec<(Part, &str)> = Vec::with_capacity(parts.len());
    let mut failed = None;
    for (index, request) in parts.iter().enumerate() {
        // Once one has failed where all must succeed, the others are not even tried.
        if failed.is_some() && call.is_all_or_none {
            break;
        }
        let part = run_request(call, request, &answers).unwrap_or_else(|error| Part::of_error(&error));
        if part.has_failed {
            failed = failed.or(Some(index));
            answers.add_failed(request.reference_id);
        } else {
            answers.add(request.reference_id, &part.body);
        }
        results.push((part, request.reference_id));
    }
    if let Some(failed) = failed.filter(|_| call.is_all_or_none) {
        return (roll_back(parts, failed, results.pop()), true);
    }
    (results.into_iter().map(to_body).collect(), failed.is_some())
}

/// Tells of all calls but the one to blame that it kept them from counting.
fn roll_back(parts: &[Request<'_>], failed: usize, culprit: Option<(Part, &str)>) -> Vec<PartBody> {
    let error = ApiError::bad_request("PROCESSING_HALTED", HALTED);
    let halted = parts.iter().map(|request| to_body((Part::of_error(&error), request.reference_id)));
    let mut answers: Vec<PartBody> = halted.collect();
    if let Some(culprit) = culprit {
        answers[failed] = to_body(culprit);
    }
    answers
}

fn run_request(call: &Call, request: &Request<'_>, answers: &Answers) -> Result<Part, ApiError> {
    let url = answers.fill_in_url(request.url)?;
    let body = request.body.map(|body| answers.fill_in_node(body)).transpose()?;
    let part = call.part(request.method, &url, body.as_ref(), request.headers)?;
    let names: Vec<String> = part.segments.iter().map(|name| name.to_ascii_lowercase()).collect();
    if let [first, second, ..] = names.as_slice()
        && first == "composite"
        && second != "sobjects"
    {
        let message = "Composite requests cannot have composite requests inside them";
        return Err(ApiError::bad_request("INVALID_INPUT", message));
    }
    Ok(run(&part))
}

/// Runs a call that is a part of another.
pub(super) fn run(call: &Call) -> Part {
    let response = dispatch(call).unwrap_or_else(IntoResponse::into_response);
    let has_failed = response.status().as_u16() >= 400 || response.extensions().get::<RolledBack>().is_some();
    let status = response.status().as_u16();
    let location = response.headers().get(header::LOCATION);
    let location = location.and_then(|location| location.to_str().ok()).map(str::to_owned);
    // Handlers run where blocking is allowed, and bodies are there already.
    let bytes = Handle::current().block_on(to_bytes(response.into_body(), usize::MAX));
    Part { status, body: raw_body(&bytes.unwrap_or_default()), location, has_failed }
}

fn raw_body(bytes: &Bytes) -> Box<RawValue> {
    serde_json::from_slice::<Box<RawValue>>(bytes).unwrap_or_default()
}

/// Writes a value as JSON to be put into an answer as it is.
pub(super) fn to_raw(body: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(body).unwrap_or_default()
}

fn to_body((part, reference_id): (Part, &str)) -> PartBody {
    PartBody {
        body: part.body,
        http_headers: part.location.map(|location| ("Location", location)).into_iter().collect(),
        http_status_code: part.status,
        reference_id: reference_id.to_owned(),
    }
}

fn is_wide(url: &str) -> bool {
    let path = url.split('?').next().unwrap_or_default().to_ascii_lowercase();
    path.contains("/query") || path.contains("/composite/")
}

fn only_posts(call: &Call) -> Result<(), ApiError> {
    if call.method == Method::POST {
        return Ok(());
    }
    Err(ApiError::method_not_allowed(call.method.as_str(), "POST"))
}

fn missing(name: &str) -> ApiError {
    ApiError::bad_request("JSON_PARSER_ERROR", format!("Missing required field: {name}"))
}

fn refuse_many(count: usize, max: usize, what: &str) -> Result<(), ApiError> {
    if count <= max {
        return Ok(());
    }
    let message = format!("The request has {count} {what}, which is more than {max}");
    Err(ApiError::bad_request("LIMIT_EXCEEDED", message))
}
