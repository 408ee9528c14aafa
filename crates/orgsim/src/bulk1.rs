//! Bulk API 1.0: jobs made of batches, in XML, JSON or CSV.
//!
//! The rows go the way those of Bulk API 2.0 go, through [`crate::bulk::ingest`] and the writers of query results.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use serde_json::Value as Json;

pub(crate) use self::jobs::AsyncJobs;

use self::batch::Batch;
use self::error::AsyncError;
use self::form::Form;
use self::job::Job;
use crate::admission::Refused;
use crate::app::App;
use crate::bulk::course::Fate;
use crate::http::{Call, FaultError, bearer, inflate, parse_version};
use crate::sessions::Session;

mod batch;
mod body;
mod chunks;
mod error;
mod form;
mod job;
mod jobs;
mod process;
mod records;
mod results;

/// The most bytes of a batch (Bulk API Developer Guide, Bulk API Limits).
const MAX_BATCH_BYTES: usize = 10_000_000;

/// Room for a batch that is too large to be told so.
const MAX_BODY_BYTES: usize = 50 * 1024 * 1024;

type Result<T> = std::result::Result<T, AsyncError>;

/// Answers `/services/async/{version}/job/…`.
pub(crate) async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let form = Form::of_request(request.headers());
    let call = match read_call(app, request).await {
        Ok(call) => call,
        Err(error) => return error.respond(form),
    };
    // Batches are processed as they come: that must not hold up other connections.
    match tokio::task::spawn_blocking(move || dispatch(&call)).await {
        Ok(answer) => answer.unwrap_or_else(|error| error.respond(form)),
        Err(_) => AsyncError::new("Unknown", "An unexpected error occurred").respond(form),
    }
}

/// Checks version, session and daily limit, then reads the body.
async fn read_call(app: Arc<App>, request: Request) -> Result<Call> {
    let mut segments: Vec<String> =
        request.uri().path().split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
    segments.drain(..2);
    let invalid_url = || AsyncError::new("InvalidUrl", format!("Invalid URL: {}", request.uri().path()));
    if segments.is_empty() {
        return Err(invalid_url());
    }
    let version = segments.remove(0);
    let session = find_session(&app, request.headers())?;
    let version = parse_version(version.trim_start_matches(['v', 'V'])).ok_or_else(|| {
        AsyncError::new("InvalidVersion", format!("Api version {version} is not supported"))
    })?;
    app.admit(&session).map_err(|refused| match refused {
        Refused::ApiDisabled => AsyncError::new("FeatureNotEnabled", refused.message()),
        Refused::Concurrent | Refused::Daily => AsyncError::new("ExceededQuota", refused.message()),
    })?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY_BYTES).await.ok();
    let body =
        body.and_then(|body| inflate(&parts.headers, body, MAX_BODY_BYTES).ok()).ok_or_else(too_large)?;
    Ok(Call { segments, ..Call::of_request(app, session, version, parts, body) })
}

/// Answers a call with an error that it has not earned.
pub(crate) fn answer_fault(headers: &HeaderMap, error: &FaultError) -> Response {
    let mut answer = AsyncError::of_fault(error).respond(Form::of_request(headers));
    let own = error.status.or(Some(error.usual_status).filter(|status| status.is_server_error()));
    if let Some(status) = own {
        *answer.status_mut() = status;
    }
    answer
}

/// Finds the session of a call, which its own header names; newer clients send it as others do.
fn find_session(app: &App, headers: &HeaderMap) -> Result<Session> {
    let own = headers.get("x-sfdc-session").and_then(|token| token.to_str().ok()).map(str::trim);
    let token = own.filter(|token| !token.is_empty()).or(bearer(headers));
    let token = token.ok_or_else(|| AsyncError::new("InvalidSessionId", "Unable to find session id"))?;
    let session = app.find_session(token, app.now_ms()).filter(Session::may_call_api);
    session.ok_or_else(|| AsyncError::new("InvalidSessionId", "Invalid session id"))
}

fn too_large() -> AsyncError {
    let message = format!("Failed to read request. Exceeded max size limit of {MAX_BATCH_BYTES}");
    AsyncError::new("ClientInputError", message)
}

fn dispatch(call: &Call) -> Result<Response> {
    let given: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let is_post = call.method == Method::POST || call.method == Method::PUT;
    let is_get = call.method == Method::GET || call.method == Method::HEAD;
    match given.as_slice() {
        ["job"] if is_post => create(call),
        ["job", id] if is_post => change(call, id),
        ["job", id] if is_get => status(call, id),
        ["job", id, "batch"] if is_post => add_batch(call, id),
        ["job", id, "batch"] if is_get => list_batches(call, id),
        ["job", id, "batch", batch] if is_get => batch_status(call, id, batch),
        ["job", id, "batch", batch, "request"] if is_get => results::request(call, id, batch),
        ["job", id, "batch", batch, "result"] if is_get => results::results(call, id, batch),
        ["job", id, "batch", batch, "result", result] if is_get => results::file(call, id, batch, result),
        ["job", _, "spec"] => Err(AsyncError::new(
            "FeatureNotEnabled",
            "orgsim, the simulated org, has no transformation specs",
        )),
        _ => Err(AsyncError::new("InvalidUrl", format!("{} is not allowed for this URL", call.method))),
    }
}

fn create(call: &Call) -> Result<Response> {
    let job = call.app.async_jobs.add(job::open(call)?);
    Ok(job.info().respond(body::CREATED, Form::of_job(call, &job)))
}

/// Closes or aborts a job.
fn change(call: &Call, id: &str) -> Result<Response> {
    let job = find(call, id)?;
    let wanted = body::read(call, "jobInfo")?;
    match wanted.get("state").and_then(Json::as_str) {
        Some("Closed") => job.close(call.app.now_ms())?,
        Some("Aborted") => job.abort(call.app.now_ms())?,
        Some("Open") | None => {}
        Some(state) => {
            return Err(AsyncError::new("InvalidJobState", format!("Job state cannot be set to {state}")));
        }
    }
    Ok(job.info().respond(body::OK, Form::of_job(call, &job)))
}

fn status(call: &Call, id: &str) -> Result<Response> {
    let job = find(call, id)?;
    job.batches().iter().for_each(|batch| process::look(&call.app, &job, batch));
    Ok(job.info().respond(body::OK, Form::of_job(call, &job)))
}

fn add_batch(call: &Call, id: &str) -> Result<Response> {
    let job = find(call, id)?;
    if call.body.len() > MAX_BATCH_BYTES {
        return Err(too_large());
    }
    refuse_other_content(call, &job)?;
    if call.body.iter().all(u8::is_ascii_whitespace) {
        return Err(AsyncError::new("ClientInputError", "Unable to find any data to create batch"));
    }
    crate::bulk::ingest::refuse_beyond_quota(call).map_err(AsyncError::from)?;
    let now_ms = call.app.now_ms();
    let (id, fate) = (call.app.async_jobs.next_batch_id(), Fate::of(call, "batch"));
    let batch = Batch::new(id, *job.id(), call.body.clone(), fate, now_ms);
    let batch = job.add(batch, now_ms)?;
    call.app.async_jobs.make_room();
    call.app.ingest_jobs.count_batches(now_ms, 1);
    let answer = batch.info().respond(body::CREATED, Form::of_batches(&job));
    if batch.is_ready() {
        process::look(&call.app, &job, &batch);
    }
    Ok(answer)
}

/// Refuses a batch in another form than the job's.
fn refuse_other_content(call: &Call, job: &Job) -> Result<()> {
    let given = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
    if given.contains("zip") {
        return Err(AsyncError::new(
            "FeatureNotEnabled",
            "orgsim, the simulated org, reads no zipped batches",
        ));
    }
    let is_other = job::ContentType::ALL
        .iter()
        .any(|other| *other != job.content_type() && given.contains(other.word()));
    if is_other {
        let message = "The content type of the batch does not match the content type of the job";
        return Err(AsyncError::new("InvalidBatch", message));
    }
    Ok(())
}

fn list_batches(call: &Call, id: &str) -> Result<Response> {
    let job = find(call, id)?;
    let batches = job.batches();
    batches.iter().for_each(|batch| process::look(&call.app, &job, batch));
    // What was split meanwhile has brought more.
    let infos: Vec<_> = job.batches().iter().map(|batch| batch.info()).collect();
    Ok(body::respond_list(&infos, Form::of_batches(&job)))
}

fn batch_status(call: &Call, id: &str, batch: &str) -> Result<Response> {
    let job = find(call, id)?;
    let batch = find_batch(&job, batch)?;
    process::look(&call.app, &job, &batch);
    Ok(batch.info().respond(body::OK, Form::of_batches(&job)))
}

/// Finds a job of the caller that is not past its retention.
fn find(call: &Call, id: &str) -> Result<Arc<Job>> {
    let job = call.app.async_jobs.find(id, call.app.now_ms());
    let job = job.filter(|job| job.user_id() == call.session.user_id);
    job.ok_or_else(|| AsyncError::new("InvalidJob", format!("Invalid job id: {id}")))
}

fn find_batch(job: &Job, id: &str) -> Result<Arc<Batch>> {
    let invalid = || AsyncError::new("InvalidBatch", format!("Unable to find batch for id: {id}"));
    job.find_batch(id).ok_or_else(invalid)
}

/// Returns the bytes of a text.
fn to_body(text: String) -> Bytes {
    text.into()
}
