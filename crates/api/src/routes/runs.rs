//! Sync runs, their progress, and the records they could not store.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{IntegrationId, SyncRunId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::{Page, PageQuery};
use crate::permission::{Operator, Viewer};
use crate::problem::ProblemBody;
use crate::request::{UrlPath, UrlQuery};

/// The routes of runs.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_runs))
        .routes(routes!(list_integration_runs, create_run))
        .routes(routes!(find_run))
        .routes(routes!(list_row_errors))
}

/// A sync run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunBody {
    /// Its id.
    pub id: String,
    /// The integration.
    pub integration_id: String,
    /// When it began.
    pub started_at: Instant,
    /// When it ended.
    #[schema(required)]
    pub finished_at: Option<Instant>,
    /// How it ended; null while it runs.
    #[schema(required)]
    pub outcome: Option<OutcomeBody>,
    /// Why it did not succeed.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
    /// What it did, over all rules.
    pub counts: RunCountsBody,
    /// How fast records come; null before anything can be said.
    #[schema(required)]
    pub rows_per_second: Option<f64>,
    /// Its rules.
    pub rules: Vec<RunRuleBody>,
}

/// How a run, or one rule of it, ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeBody {
    /// Everything was read and stored.
    Succeeded,
    /// Some records or rules were left out.
    PartlyDone,
    /// It ended with an error.
    Failed,
    /// A person or a limit stopped it.
    Stopped,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, ToSchema)]
pub struct RunCountsBody {
    /// Records received.
    pub rows_read: u64,
    /// Records that were new.
    pub inserted: u64,
    /// Records that differed.
    pub updated: u64,
    /// Records that were the same.
    pub unchanged: u64,
    /// Records marked gone.
    pub gone: u64,
    /// Records that could not be stored.
    pub rejected: u64,
    /// API calls.
    pub calls: u64,
    /// Bytes received.
    pub bytes: u64,
}

/// One rule of a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunRuleBody {
    /// The rule.
    pub sync_rule_id: String,
    /// The sObject's API name.
    pub sobject: String,
    /// What it is doing.
    pub phase: RunPhaseBody,
    /// How many records there are to read, once known.
    #[schema(required)]
    pub rows_total: Option<u64>,
    /// What it did.
    pub counts: RunCountsBody,
    /// When it began.
    #[schema(required)]
    pub started_at: Option<Instant>,
    /// When it ended.
    #[schema(required)]
    pub finished_at: Option<Instant>,
    /// How it ended.
    #[schema(required)]
    pub outcome: Option<OutcomeBody>,
    /// Why it did not succeed.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
}

/// What a rule is doing in a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunPhaseBody {
    /// It waits for its turn.
    Waiting,
    /// It looks at the fields and chooses how to read.
    Planning,
    /// The org prepares the result.
    Preparing,
    /// Records are read and stored.
    Reading,
    /// Records that are gone are looked for.
    Sweeping,
    /// It is over.
    Finished,
}

/// A record, or a field of it, that could not be stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowErrorBody {
    /// The sObject's API name.
    pub sobject: String,
    /// The record.
    pub record_id: String,
    /// The field.
    pub field: String,
    /// A stable code.
    pub code: String,
    /// What happened. It never quotes the value.
    pub message: String,
    /// When.
    pub failed_at: Instant,
}

/// How many row errors.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RowErrorQuery {
    /// How many items at most; 50 unless told, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// Lists the workspace's runs, the newest first.
#[utoipa::path(get, path = "/runs", operation_id = "list_runs", tag = "runs",
    params(PageQuery), responses((status = 200, body = Page<RunBody>)))]
async fn list_runs(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlQuery(page): UrlQuery<PageQuery>,
) -> Result<Json<Page<RunBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Lists an integration's runs, the newest first.
#[utoipa::path(get, path = "/integrations/{id}/runs", operation_id = "list_integration_runs", tag = "runs",
    params(("id" = String, Path, description = "The integration"), PageQuery),
    responses((status = 200, body = Page<RunBody>)))]
async fn list_integration_runs(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
    UrlQuery(page): UrlQuery<PageQuery>,
) -> Result<Json<Page<RunBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Starts a sync run now. Answers with the run that is already under way, if there is one.
#[utoipa::path(post, path = "/integrations/{id}/runs", operation_id = "create_run", tag = "runs",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 202, body = RunBody)))]
async fn create_run(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<(StatusCode, Json<RunBody>), ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Returns a run.
#[utoipa::path(get, path = "/runs/{id}", operation_id = "find_run", tag = "runs",
    params(("id" = String, Path, description = "The run")),
    responses((status = 200, body = RunBody)))]
async fn find_run(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<SyncRunId>,
) -> Result<Json<RunBody>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Lists the records that a run could not store.
#[utoipa::path(get, path = "/runs/{id}/row-errors", operation_id = "list_row_errors", tag = "runs",
    params(("id" = String, Path, description = "The run"), RowErrorQuery),
    responses((status = 200, body = Page<RowErrorBody>)))]
async fn list_row_errors(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<SyncRunId>,
    UrlQuery(query): UrlQuery<RowErrorQuery>,
) -> Result<Json<Page<RowErrorBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}
