//! Looking at the org and at what it was asked.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::{done, off_thread, records};
use crate::app::App;
use crate::bulk;
use crate::errors::ApiError;
use crate::hash::{comparable_fields, hash_rows};
use crate::http::NEWEST_VERSION;
use crate::log::{Counters, LogEntry};
use crate::org::Row;
use crate::schema::{Field, SObject};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HashParams {
    sobject: String,
    fields: Option<String>,
    #[serde(rename = "where")]
    condition: Option<String>,
}

#[derive(Debug, Serialize)]
struct HashBody {
    rows: u64,
    hash: String,
}

/// Answers the hash of what a copy of an sObject should hold.
pub(super) async fn hash(State(app): State<Arc<App>>, Query(params): Query<HashParams>) -> Response {
    off_thread(move || {
        let sobject = records::find_sobject(&app, &params.sobject)?;
        let fields = chosen_fields(sobject, params.fields.as_deref())?;
        let kept =
            params.condition.as_deref().map(|condition| select(&app, sobject, condition)).transpose()?;
        let keep = |row: &Row| kept.as_ref().is_none_or(|kept| kept.contains(row));
        let hash = hash_rows(&app.org.read(), sobject, &fields, &keep);
        Ok(HashBody { rows: hash.rows, hash: hash.to_hex() })
    })
    .await
}

fn chosen_fields<'a>(sobject: &'a SObject, names: Option<&str>) -> Result<Vec<&'a Field>, ApiError> {
    let Some(names) = names else {
        return Ok(comparable_fields(sobject));
    };
    names.split(',').map(str::trim).map(|name| records::find_field(sobject, name)).collect()
}

fn select(app: &App, sobject: &SObject, condition: &str) -> Result<HashSet<Row>, ApiError> {
    let context = app.query_context(app.org.user_id(), NEWEST_VERSION);
    let text = format!("SELECT Id FROM {} WHERE {condition}", sobject.name);
    let query =
        app.prepare(&text, &context).map_err(|error| ApiError::bad_request(error.code, error.message))?;
    Ok(query.select_rows(&app.org.read()).into_iter().collect())
}

pub(super) async fn counters(State(app): State<Arc<App>>) -> Json<Counters> {
    Json(app.log.counters())
}

pub(super) async fn reset_counters(State(app): State<Arc<App>>) -> Response {
    app.log.reset_counters();
    done()
}

/// Answers how much the results of query jobs take up.
pub(super) async fn results(State(app): State<Arc<App>>) -> Json<bulk::ResultBytes> {
    Json(app.jobs.result_bytes())
}

#[derive(Debug, Deserialize)]
pub(super) struct LogParams {
    limit: Option<usize>,
}

/// Answers the last requests, oldest first.
pub(super) async fn log(State(app): State<Arc<App>>, Query(params): Query<LogParams>) -> Json<Vec<LogEntry>> {
    const DEFAULT_LIMIT: usize = 100;
    Json(app.log.last(params.limit.unwrap_or(DEFAULT_LIMIT)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrerenderBody {
    query: String,
    max_records: usize,
}

pub(super) async fn prerender(State(app): State<Arc<App>>, Json(body): Json<PrerenderBody>) -> Response {
    off_thread(move || bulk::prerender(&app, &body.query, body.max_records)).await
}

pub(super) async fn clear_prerendered(State(app): State<Arc<App>>) -> Response {
    app.jobs.clear_rendered();
    done()
}
