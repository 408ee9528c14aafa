//! What may be spent of an org's API calls, and what was.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use engine::{Allowance, allowance_version};
use model::IntegrationId;
use serde::{Deserialize, Serialize};
use store::Reader;
use store::budgets::list_calls;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::unknown_integration;
use crate::page::Page;
use crate::permission::{Admin, Viewer};
use crate::precondition::{Seen, etag};
use crate::request::{JsonBody, UrlPath, UrlQuery};

/// How far back calls are listed unless told.
const DEFAULT_HOURS: u32 = 24;
/// The longest list: a month of hours.
const MOST_HOURS: u32 = 31 * 24;

/// The routes of limits.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(find_limits, put_limits)).routes(routes!(list_integration_calls))
}

/// How the API calls of an integration and its org stand. All numbers are of the last 24 hours.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitsBody {
    /// How many calls the org may make; the smallest limit of any edition before the org has told.
    pub daily_limit: u64,
    /// Whether the org has told its limit.
    pub is_limit_known: bool,
    /// Calls of everybody in the org, as it told last, and ours since.
    pub used: u64,
    /// When the org told last.
    #[schema(required)]
    pub told_at: Option<Instant>,
    /// Of those, the calls of this server.
    pub ours: u64,
    /// Of those, the calls of this integration.
    pub spent: u64,
    /// Calls of others.
    pub others: u64,
    /// How many calls the integration may make; null for as many as the org leaves.
    #[schema(required)]
    pub allotment: Option<u64>,
    /// The share of the org's limit, in percent, at which syncing stops and leaves the rest to others.
    pub stop_percent: u64,
    /// The number of calls at which it stops.
    pub stop_at: u64,
    /// Calls that syncing always leaves to others.
    pub reserve: u64,
    /// Why nothing is called now; null where calls are made.
    #[schema(required)]
    pub stopped_for: Option<StopReason>,
    /// When it goes on, about.
    #[schema(required)]
    pub stopped_until: Option<Instant>,
    /// The version of what people set, as in `ETag`: send it back as `If-Match`, so that nobody's change is undone unseen.
    pub version: String,
}

/// Why no call is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StopReason {
    /// The integration's allotment is spent.
    Allotment,
    /// The rest of the org's limit is left to others.
    Reserve,
    /// The org refuses calls.
    Daily,
}

/// What may be spent on an integration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsChange {
    /// How many calls it may make in 24 hours; null for as many as the org leaves.
    pub allotment: Option<u64>,
    /// The share of the org's limit, in percent, at which syncing stops, for all integrations on the org.
    #[schema(minimum = 1, maximum = 100)]
    pub stop_percent: u64,
}

/// Calls of one kind in one hour.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallCountBody {
    /// When the hour began.
    pub hour_at: Instant,
    /// The integration; null for questions of people.
    #[schema(required)]
    pub integration_id: Option<String>,
    /// What kind of call: query, bulk, describe, replication, composite, other.
    pub kind: String,
    /// How many.
    pub calls: u64,
}

/// How far back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallQuery {
    /// Hours to look back; 24 unless told, a month at most.
    #[param(minimum = 1, maximum = 744)]
    pub hours: Option<u32>,
}

/// Tells how the API calls of an integration and its org stand.
#[utoipa::path(get, path = "/integrations/{id}/limits", operation_id = "find_limits", tag = "limits",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = LimitsBody)))]
async fn find_limits(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<impl IntoResponse, ApiError> {
    limits_of(&app, viewer.reader(), id).await
}

/// The limits, with the version of what people set of them.
async fn limits_of(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let (_, meter) = app.engine().limits_of(reader, id).await?.ok_or_else(unknown_integration)?;
    let body = LimitsBody::from(meter);
    Ok((etag(&body.version), Json(body)))
}

/// Sets what may be spent on an integration. Work that waited for more goes on at once.
#[utoipa::path(put, path = "/integrations/{id}/limits", operation_id = "put_limits", tag = "limits",
    params(("id" = String, Path, description = "The integration")),
    request_body = LimitsChange, responses((status = 200, body = LimitsBody)))]
async fn put_limits(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    Seen(seen): Seen,
    JsonBody(change): JsonBody<LimitsChange>,
) -> Result<impl IntoResponse, ApiError> {
    let allowance = Allowance { allotment: change.allotment, stop_percent: change.stop_percent };
    let engine = app.engine();
    engine.set_allowance(admin.reader(), id, allowance, &seen).await?.ok_or_else(unknown_integration)?;
    limits_of(&app, admin.reader(), id).await
}

/// Lists the API calls that this server made in an integration's org, by hour, integration and kind, the newest first.
#[utoipa::path(get, path = "/integrations/{id}/calls", operation_id = "list_integration_calls", tag = "limits",
    params(("id" = String, Path, description = "The integration"), CallQuery),
    responses((status = 200, body = Page<CallCountBody>)))]
async fn list_integration_calls(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
    UrlQuery(query): UrlQuery<CallQuery>,
) -> Result<Json<Page<CallCountBody>>, ApiError> {
    let reader = viewer.reader();
    let (org_id, _) = app.engine().limits_of(reader, id).await?.ok_or_else(unknown_integration)?;
    let hours = query.hours.unwrap_or(DEFAULT_HOURS).clamp(1, MOST_HOURS);
    let since = app.now() - Duration::from_secs(3_600 * u64::from(hours));
    let counts = list_calls(app.store(), reader, org_id, since).await?;
    let items = counts.into_iter().map(|count| CallCountBody {
        hour_at: count.hour_at.into(),
        integration_id: count.integration_id.map(|id| id.to_string()),
        kind: count.kind,
        calls: count.calls,
    });
    Ok(Json(Page::whole(items.collect())))
}

impl From<store::budgets::Meter> for LimitsBody {
    fn from(meter: store::budgets::Meter) -> Self {
        Self {
            version: allowance_version(meter.allotment, meter.stop_percent),
            daily_limit: meter.daily_limit,
            is_limit_known: meter.is_limit_known,
            used: meter.used,
            told_at: meter.told_at.map(Instant::from),
            ours: meter.ours,
            spent: meter.spent,
            others: meter.used.saturating_sub(meter.ours),
            allotment: meter.allotment,
            stop_percent: meter.stop_percent,
            stop_at: meter.stop_at,
            reserve: meter.daily_limit.saturating_sub(meter.stop_at),
            stopped_for: meter.refusal.map(|refusal| refusal.stop.into()),
            stopped_until: meter.refusal.map(|refusal| refusal.until.into()),
        }
    }
}

impl From<model::BudgetStop> for StopReason {
    fn from(stop: model::BudgetStop) -> Self {
        match stop {
            model::BudgetStop::Allotment => Self::Allotment,
            model::BudgetStop::Reserve => Self::Reserve,
            model::BudgetStop::Daily => Self::Daily,
        }
    }
}
