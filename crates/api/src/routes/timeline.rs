//! The timeline: what happened, by whom, and what it was before and after.

use axum::Json;
use axum::extract::State;
use model::{IntegrationId, TimelineEntry};
use serde::{Deserialize, Serialize};
use store::timeline::list_timeline;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::check_integration;
use crate::page::{Page, cut, limit_of, list_of};
use crate::permission::Viewer;
use crate::request::UrlQuery;

/// The routes of the timeline.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_entries))
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineEntryBody {
    /// Its id.
    pub id: String,
    /// What happened, such as `field.added`.
    pub kind: String,
    /// The integration that it is about.
    #[schema(required)]
    pub integration_id: Option<String>,
    /// The sync rule.
    #[schema(required)]
    pub sync_rule_id: Option<String>,
    /// The sObject's API name.
    #[schema(required)]
    pub sobject: Option<String>,
    /// The field's API name.
    #[schema(required)]
    pub field: Option<String>,
    /// The member who did it; null where nobody did, or it happened in the org.
    #[schema(required)]
    pub user_id: Option<String>,
    /// That member's name.
    #[schema(required)]
    pub user_name: Option<String>,
    /// What was before. It never quotes a record.
    #[schema(required)]
    pub before: Option<String>,
    /// What is now.
    #[schema(required)]
    pub after: Option<String>,
    /// When it was done, or noticed.
    pub happened_at: Instant,
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimelineQuery {
    /// Those of one integration.
    pub integration_id: Option<String>,
    /// How many items at most; 50 unless told, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// Lists what happened, the newest first.
#[utoipa::path(get, path = "/timeline", operation_id = "list_timeline", tag = "timeline",
    params(TimelineQuery), responses((status = 200, body = Page<TimelineEntryBody>)))]
async fn list_entries(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlQuery(query): UrlQuery<TimelineQuery>,
) -> Result<Json<Page<TimelineEntryBody>>, ApiError> {
    let reader = viewer.reader();
    let parse = |id: &str| id.parse().map_err(|_| ApiError::not_found("integration"));
    let integration_id: Option<IntegrationId> = query.integration_id.as_deref().map(parse).transpose()?;
    if let Some(id) = integration_id {
        check_integration(&app, reader, id).await?;
    }
    let list = list_of(&format!("timeline {integration_id:?}"), reader);
    let after = query.after.as_deref().map(|after| app.page_key().open(&list, after)).transpose()?;
    let limit = limit_of(query.limit);
    let entries = list_timeline(app.store(), reader, integration_id, after, limit + 1).await?;
    let (entries, next) = cut(entries, limit, |(last, _)| app.page_key().seal(&list, &last.id));
    Ok(Json(Page { items: entries.into_iter().map(entry_body).collect(), next }))
}

fn entry_body((entry, user_name): (TimelineEntry, Option<String>)) -> TimelineEntryBody {
    TimelineEntryBody {
        id: entry.id.to_string(),
        kind: entry.kind.to_string(),
        integration_id: entry.integration_id.map(|id| id.to_string()),
        sync_rule_id: entry.sync_rule_id.map(|id| id.to_string()),
        sobject: entry.sobject.map(|sobject| sobject.to_string()),
        field: entry.field,
        user_id: entry.user_id.map(|id| id.to_string()),
        user_name,
        before: entry.before,
        after: entry.after,
        happened_at: entry.happened_at.into(),
    }
}
