//! Sweeps: a copy compared with its org, what differed, and what became of it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{DayCounts, IntegrationId, Sweep, SweepCause, SweepCounts, SweepId, SweepMode, SweepOutcome};
use serde::{Deserialize, Serialize};
use store::sweeps::{self, RuleSweeps};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{check_integration, check_own, unknown_integration};
use crate::page::{Page, PageQuery, cut, list_of};
use crate::permission::{Operator, Viewer};
use crate::problem::ProblemBody;
use crate::request::{JsonBody, UrlPath, UrlQuery};
use crate::routes::runs::{RunBody, run_of};
use crate::routes::sync_rules::rules_of;

/// The routes of sweeps.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_sweeps, create_sweep))
        .routes(routes!(find_sweep))
        .routes(routes!(list_drift))
}

/// A comparison of all ids and stamps of one rule's records.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SweepBody {
    /// Its id.
    pub id: String,
    /// The rule.
    pub sync_rule_id: String,
    /// The run it began in.
    pub sync_run_id: String,
    /// The sObject's API name.
    pub sobject: String,
    /// Why it was done.
    pub cause: SweepCauseBody,
    /// What it does with what it finds.
    pub mode: SweepModeBody,
    /// When it began.
    pub started_at: Instant,
    /// When it ended.
    #[schema(required)]
    pub finished_at: Option<Instant>,
    /// How it ended; null while it runs.
    #[schema(required)]
    pub outcome: Option<SweepOutcomeBody>,
    /// What changed after this instant does not count: the next read brings it.
    pub complete_until: Instant,
    /// Whether the connection's user sees all records of the sObject; null where that is not known.
    #[schema(required)]
    pub sees_all: Option<bool>,
    /// What it counted; null while it runs.
    #[schema(required)]
    pub counts: Option<SweepCountsBody>,
    /// What a person should know of it.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
}

/// Why a sweep was done.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SweepCauseBody {
    /// It was time.
    Schedule,
    /// Everything had been read again.
    Reload,
    /// Somebody asked for it.
    Request,
}

/// What a sweep does with what it finds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SweepModeBody {
    /// It reports, and changes no record.
    Report,
    /// It reads again what the copy lacks, and marks what is gone.
    #[default]
    Heal,
    /// The same, and a large loss of records is right.
    Accept,
}

/// How a sweep ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SweepOutcomeBody {
    /// Copy and org were the same.
    Equal,
    /// They differed, and do so no more.
    Healed,
    /// They differ.
    Drifted,
    /// So many records went without evidence that they stay as they are.
    Frozen,
    /// It came to no end and had no effect.
    GivenUp,
}

/// What a sweep counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SweepCountsBody {
    /// Records in the org.
    pub rows_in_org: u64,
    /// Records in the copy.
    pub rows_in_copy: u64,
    /// Checksum over ids and stamps of those in the org.
    pub org_checksum: String,
    /// Checksum over ids and stamps of those in the copy.
    pub copy_checksum: String,
    /// Ranges of ids that were compared.
    pub ranges: u64,
    /// Those whose checksums were equal.
    pub ranges_equal: u64,
    /// Records that changed after the read.
    pub pending: u64,
    /// Records that the copy lacked.
    pub missing: u64,
    /// Records of which the copy had an older version.
    pub stale: u64,
    /// Records that the copy wrongly said were gone.
    pub revived: u64,
    /// Records that the copy cannot store.
    pub rejected: u64,
    /// Records that the copy has and the org does not show.
    pub lost: u64,
    /// Records that were read again and are right now.
    pub healed: u64,
    /// Lost records found in the recycle bin.
    pub deleted: u64,
    /// Lost records that were merged into others.
    pub merged: u64,
    /// Lost records that were deleted for good.
    pub purged: u64,
    /// Lost records that left the rule's filter.
    pub filtered: u64,
    /// Lost records that the user may not see any more.
    pub hidden: u64,
    /// Lost records of which nothing more is known.
    pub absent: u64,
    /// Lost records that stay as they are, because there are too many of them.
    pub frozen: u64,
}

/// A sweep with the records of each day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SweepDetails {
    /// The sweep.
    #[serde(flatten)]
    pub sweep: SweepBody,
    /// The records by the day on which they last changed, in universal time; none where the sObject has no such time.
    pub days: Vec<SweepDayBody>,
}

/// The records that last changed on one day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SweepDayBody {
    /// The day.
    pub day: String,
    /// How many there are in the org.
    pub rows_in_org: u64,
    /// How many there were in the copy.
    pub rows_in_copy: u64,
}

/// What to compare.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSweep {
    /// Only this sObject's rule; all rules where it is null.
    #[serde(default)]
    pub sobject: Option<String>,
    /// What to do with what is found; `heal` if missing.
    #[serde(default)]
    pub mode: SweepModeBody,
}

/// How one rule's copy compares with the org.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DriftBody {
    /// The rule.
    pub sync_rule_id: String,
    /// The sObject's API name.
    pub sobject: String,
    /// When it is compared next; null before the first read is over.
    #[schema(required)]
    pub next_sweep_at: Option<Instant>,
    /// The comparison under way.
    #[schema(required)]
    pub current_sweep: Option<SweepBody>,
    /// The last comparison that came to its end.
    #[schema(required)]
    pub last_sweep: Option<SweepBody>,
    /// The days on which the two differed then.
    pub days: Vec<SweepDayBody>,
}

/// Lists an integration's sweeps, the newest first.
#[utoipa::path(get, path = "/integrations/{id}/sweeps", operation_id = "list_sweeps", tag = "sweeps",
    params(("id" = String, Path, description = "The integration"), PageQuery),
    responses((status = 200, body = Page<SweepBody>)))]
async fn list_sweeps(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
    UrlQuery(page): UrlQuery<PageQuery>,
) -> Result<Json<Page<SweepBody>>, ApiError> {
    let reader = viewer.reader();
    check_integration(&app, reader, id).await?;
    let list = list_of(&format!("sweeps {id}"), reader);
    let after: Option<SweepId> =
        page.after.as_deref().map(|after| app.page_key().open(&list, after)).transpose()?;
    let found = sweeps::list_sweeps_of(app.store(), reader, id, after, page.limit() + 1).await?;
    let (found, next) = cut(found, page.limit(), |last| app.page_key().seal(&list, &last.id));
    Ok(Json(Page { items: found.into_iter().map(SweepBody::from).collect(), next }))
}

/// Compares the copy with the org, after a read of what changed. Answers with the run in which that is done.
#[utoipa::path(post, path = "/integrations/{id}/sweeps", operation_id = "create_sweep", tag = "sweeps",
    params(("id" = String, Path, description = "The integration")),
    request_body = NewSweep, responses((status = 202, body = RunBody)))]
async fn create_sweep(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath(id): UrlPath<IntegrationId>,
    JsonBody(wanted): JsonBody<NewSweep>,
) -> Result<(StatusCode, Json<RunBody>), ApiError> {
    let reader = operator.reader();
    check_own(&app, reader, id).await?;
    let rules = rules_of(&app, reader, id).await?;
    let is_wanted =
        |sobject: &str| wanted.sobject.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(sobject));
    let rules: Vec<_> = rules
        .iter()
        .map(|facts| &facts.rule)
        .filter(|rule| is_wanted(rule.sobject.as_str()))
        .map(|rule| rule.id)
        .collect();
    if rules.is_empty() && wanted.sobject.is_some() {
        return Err(ApiError::not_found("sync rule"));
    }
    let run = app.engine().request_sweep(reader, id, &rules, wanted.mode.into()).await?;
    let run = run_of(&app, reader, run.ok_or_else(unknown_integration)?.id).await?;
    Ok((StatusCode::ACCEPTED, Json(run)))
}

/// Returns a sweep, with the records of each day.
#[utoipa::path(get, path = "/integrations/{id}/sweeps/{sweep_id}", operation_id = "find_sweep", tag = "sweeps",
    params(("id" = String, Path, description = "The integration"), ("sweep_id" = String, Path, description = "The sweep")),
    responses((status = 200, body = SweepDetails)))]
async fn find_sweep(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath((id, sweep_id)): UrlPath<(IntegrationId, SweepId)>,
) -> Result<Json<SweepDetails>, ApiError> {
    let reader = viewer.reader();
    check_integration(&app, reader, id).await?;
    let sweep = sweeps::find_sweep_of(app.store(), reader, id, sweep_id).await?;
    let sweep = sweep.ok_or_else(|| ApiError::not_found("sweep"))?;
    let days = sweeps::list_sweep_days_of(app.store(), reader, sweep_id).await?;
    Ok(Json(SweepDetails { sweep: sweep.into(), days: days.into_iter().map(SweepDayBody::from).collect() }))
}

/// Tells how the copy of each rule compared with the org the last time.
#[utoipa::path(get, path = "/integrations/{id}/drift", operation_id = "list_drift", tag = "sweeps",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = Page<DriftBody>)))]
async fn list_drift(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<Page<DriftBody>>, ApiError> {
    let (reader, store) = (viewer.reader(), app.store());
    check_integration(&app, reader, id).await?;
    let mut items = Vec::new();
    for RuleSweeps { rule, schedule, current, last } in sweeps::list_rule_sweeps(store, reader, id).await? {
        let days = match &last {
            Some(last) => sweeps::list_sweep_days_of(store, reader, last.id).await?,
            None => Vec::new(),
        };
        let differing = days.into_iter().filter(|(_, counts)| counts.rows_in_org != counts.rows_in_copy);
        items.push(DriftBody {
            sync_rule_id: rule.id.to_string(),
            sobject: rule.sobject.to_string(),
            next_sweep_at: schedule.map(|schedule| schedule.due_at.into()),
            current_sweep: current.map(SweepBody::from),
            last_sweep: last.map(SweepBody::from),
            days: differing.map(SweepDayBody::from).collect(),
        });
    }
    Ok(Json(Page::whole(items)))
}

impl From<Sweep> for SweepBody {
    fn from(sweep: Sweep) -> Self {
        let end = sweep.end;
        Self {
            id: sweep.id.to_string(),
            sync_rule_id: sweep.sync_rule_id.to_string(),
            sync_run_id: sweep.sync_run_id.to_string(),
            sobject: sweep.sobject.to_string(),
            cause: sweep.cause.into(),
            mode: sweep.mode.into(),
            started_at: sweep.started_at.into(),
            finished_at: end.as_ref().map(|end| end.finished_at.into()),
            outcome: end.as_ref().map(|end| end.outcome.into()),
            complete_until: sweep.complete_until.into(),
            sees_all: sweep.sees_all,
            counts: end.as_ref().map(|end| end.counts.into()),
            problem: end.and_then(|end| end.problem).map(ProblemBody::from),
        }
    }
}

impl From<SweepCounts> for SweepCountsBody {
    fn from(counts: SweepCounts) -> Self {
        Self {
            rows_in_org: counts.rows_in_org,
            rows_in_copy: counts.rows_in_copy,
            org_checksum: counts.org_sum.to_string(),
            copy_checksum: counts.copy_sum.to_string(),
            ranges: counts.ranges,
            ranges_equal: counts.ranges_equal,
            pending: counts.pending,
            missing: counts.missing,
            stale: counts.stale,
            revived: counts.revived,
            rejected: counts.rejected,
            lost: counts.lost.saturating_sub(counts.kept),
            healed: counts.healed,
            deleted: counts.deleted,
            merged: counts.merged,
            purged: counts.purged,
            filtered: counts.filtered,
            hidden: counts.hidden,
            absent: counts.absent,
            frozen: counts.frozen,
        }
    }
}

impl From<(String, DayCounts)> for SweepDayBody {
    fn from((day, counts): (String, DayCounts)) -> Self {
        Self { day, rows_in_org: counts.rows_in_org, rows_in_copy: counts.rows_in_copy }
    }
}

impl From<SweepCause> for SweepCauseBody {
    fn from(cause: SweepCause) -> Self {
        match cause {
            SweepCause::Schedule => Self::Schedule,
            SweepCause::Reload => Self::Reload,
            SweepCause::Request => Self::Request,
        }
    }
}

impl From<SweepMode> for SweepModeBody {
    fn from(mode: SweepMode) -> Self {
        match mode {
            SweepMode::Report => Self::Report,
            SweepMode::Heal => Self::Heal,
            SweepMode::Accept => Self::Accept,
        }
    }
}

impl From<SweepModeBody> for SweepMode {
    fn from(mode: SweepModeBody) -> Self {
        match mode {
            SweepModeBody::Report => Self::Report,
            SweepModeBody::Heal => Self::Heal,
            SweepModeBody::Accept => Self::Accept,
        }
    }
}

impl From<SweepOutcome> for SweepOutcomeBody {
    fn from(outcome: SweepOutcome) -> Self {
        match outcome {
            SweepOutcome::Equal => Self::Equal,
            SweepOutcome::Healed => Self::Healed,
            SweepOutcome::Drifted => Self::Drifted,
            SweepOutcome::Frozen => Self::Frozen,
            SweepOutcome::GivenUp => Self::GivenUp,
        }
    }
}
