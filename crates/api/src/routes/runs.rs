//! Sync runs, their progress, and the records they could not store.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{IntegrationId, Outcome, RuleProgress, RunCounts, RunPhase, SyncRunId};
use salesforce::{SObjectName, Timestamp};
use serde::{Deserialize, Serialize};
use store::Reader;
use store::integrations::{RunFacts, find_run_facts, list_run_facts};
use store::row_errors::list_row_errors_of;
use store::sync_runs::find_run_of;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{check_integration, check_own, unknown_integration};
use crate::page::{Page, PageQuery, cut, limit_of, list_of};
use crate::permission::{Operator, Viewer};
use crate::problem::ProblemBody;
use crate::request::{UrlPath, UrlQuery};
use crate::routes::sync_rules::find_rule;

/// The routes of runs.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_runs))
        .routes(routes!(list_integration_runs, create_run))
        .routes(routes!(find_run))
        .routes(routes!(cancel_run))
        .routes(routes!(reload_sync_rule))
        .routes(routes!(list_row_errors))
}

/// A sync run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct RunBody {
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
pub(crate) enum OutcomeBody {
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
pub(crate) struct RunCountsBody {
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
pub(crate) struct RunRuleBody {
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
    /// Why it did not succeed or, before its end, why it is tried again.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
}

/// What a rule is doing in a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunPhaseBody {
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
pub(crate) struct RowErrorBody {
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
pub(crate) struct RowErrorQuery {
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
    page_of_runs(&app, viewer.reader(), None, &page).await
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
    check_integration(&app, viewer.reader(), id).await?;
    page_of_runs(&app, viewer.reader(), Some(id), &page).await
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
    check_own(&app, operator.reader(), id).await?;
    let run = app.engine().request_run(operator.reader(), id).await?.ok_or_else(unknown_integration)?;
    let body = run_of(&app, operator.reader(), run.id).await?;
    Ok((StatusCode::ACCEPTED, Json(body)))
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
    run_of(&app, viewer.reader(), id).await.map(Json)
}

/// Stops a run where it stands. What it has stored stays, and the next run goes on from there.
#[utoipa::path(post, path = "/runs/{id}/cancel", operation_id = "cancel_run", tag = "runs",
    params(("id" = String, Path, description = "The run")),
    responses((status = 200, body = RunBody)))]
async fn cancel_run(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath(id): UrlPath<SyncRunId>,
) -> Result<Json<RunBody>, ApiError> {
    let unknown = || ApiError::not_found("run");
    let run = find_run_of(app.store(), operator.reader(), id).await?.ok_or_else(unknown)?;
    check_own(&app, operator.reader(), run.integration_id).await?;
    app.engine().cancel_run(operator.reader(), id).await?.ok_or_else(unknown)?;
    run_of(&app, operator.reader(), id).await.map(Json)
}

/// Reads an sObject anew from the first record to the last. Its records stay readable meanwhile; those that are not in
/// scope any more are marked gone at the end.
#[utoipa::path(post, path = "/integrations/{id}/sync-rules/{sobject}/reload", operation_id = "reload_sync_rule", tag = "runs",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name")),
    responses((status = 202, body = RunBody)))]
async fn reload_sync_rule(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
) -> Result<(StatusCode, Json<RunBody>), ApiError> {
    let rule = find_rule(&app, operator.reader(), id, &sobject).await?;
    check_own(&app, operator.reader(), id).await?;
    let run = app.engine().reload_rule(operator.reader(), rule).await?.ok_or_else(unknown_integration)?;
    Ok((StatusCode::ACCEPTED, Json(run_of(&app, operator.reader(), run.id).await?)))
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
    run_of(&app, viewer.reader(), id).await?;
    let errors = list_row_errors_of(app.store(), viewer.reader(), id, limit_of(query.limit)).await?;
    let items = errors.into_iter().map(|(sobject, row_error)| RowErrorBody {
        sobject: sobject.to_string(),
        record_id: row_error.record_id,
        field: row_error.field,
        code: row_error.code,
        message: row_error.message,
        failed_at: row_error.failed_at.into(),
    });
    Ok(Json(Page::whole(items.collect())))
}

/// Returns a run of the reader's workspace.
pub(crate) async fn run_of(app: &AppState, reader: &Reader, id: SyncRunId) -> Result<RunBody, ApiError> {
    let facts = find_run_facts(app.store(), reader, id).await?;
    Ok(run_body(facts.ok_or_else(|| ApiError::not_found("run"))?, app.now()))
}

async fn page_of_runs(
    app: &AppState,
    reader: &Reader,
    integration_id: Option<IntegrationId>,
    page: &PageQuery,
) -> Result<Json<Page<RunBody>>, ApiError> {
    let list = list_of(&format!("runs {integration_id:?}"), reader);
    let after = page.after.as_deref().map(|after| app.page_key().open(&list, after)).transpose()?;
    let facts = list_run_facts(app.store(), reader, integration_id, after, page.limit() + 1).await?;
    let (facts, next) = cut(facts, page.limit(), |last| app.page_key().seal(&list, &last.run.id));
    let items = facts.into_iter().map(|facts| run_body(facts, app.now())).collect();
    Ok(Json(Page { items, next }))
}

/// The body of a run.
pub(crate) fn run_body(facts: RunFacts, now: Timestamp) -> RunBody {
    let RunFacts { run, rules } = facts;
    let mut counts = RunCounts::default();
    rules.iter().for_each(|(_, progress)| counts += progress.counts);
    let until = run.end.as_ref().map_or(now, |end| end.finished_at);
    RunBody {
        id: run.id.to_string(),
        integration_id: run.integration_id.to_string(),
        started_at: run.started_at.into(),
        finished_at: run.end.as_ref().map(|end| end.finished_at.into()),
        outcome: run.end.as_ref().map(|end| end.outcome.into()),
        rows_per_second: rows_per_second(counts.rows_read, until.since(run.started_at)),
        counts: counts.into(),
        problem: run.end.and_then(|end| end.problem).map(ProblemBody::from),
        rules: rules.into_iter().map(|(sobject, progress)| rule_body(&sobject, progress)).collect(),
    }
}

fn rule_body(sobject: &SObjectName, progress: RuleProgress) -> RunRuleBody {
    RunRuleBody {
        sync_rule_id: progress.sync_rule_id.to_string(),
        sobject: sobject.to_string(),
        phase: progress.phase.into(),
        rows_total: progress.rows_total,
        counts: progress.counts.into(),
        started_at: progress.started_at.map(Instant::from),
        finished_at: progress.end.as_ref().map(|end| end.finished_at.into()),
        outcome: progress.end.as_ref().map(|end| end.outcome.into()),
        problem: progress.end.and_then(|end| end.problem).or(progress.retried_for).map(ProblemBody::from),
    }
}

/// How fast records came, to one decimal. Nothing can be said of less than a second.
fn rows_per_second(rows: u64, took: Duration) -> Option<f64> {
    let is_known = rows > 0 && took >= Duration::from_secs(1);
    is_known.then(|| (rows as f64 / took.as_secs_f64() * 10.0).round() / 10.0)
}

impl From<RunCounts> for RunCountsBody {
    fn from(counts: RunCounts) -> Self {
        Self {
            rows_read: counts.rows_read,
            inserted: counts.inserted,
            updated: counts.updated,
            unchanged: counts.unchanged,
            gone: counts.gone,
            rejected: counts.rejected,
            calls: counts.calls,
            bytes: counts.bytes,
        }
    }
}

impl From<Outcome> for OutcomeBody {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::PartlyDone => Self::PartlyDone,
            Outcome::Failed => Self::Failed,
            Outcome::Stopped => Self::Stopped,
        }
    }
}

impl From<RunPhase> for RunPhaseBody {
    fn from(phase: RunPhase) -> Self {
        match phase {
            RunPhase::Waiting => Self::Waiting,
            RunPhase::Planning => Self::Planning,
            RunPhase::Preparing => Self::Preparing,
            RunPhase::Reading => Self::Reading,
            RunPhase::Sweeping => Self::Sweeping,
            RunPhase::Finished => Self::Finished,
        }
    }
}
