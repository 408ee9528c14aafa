//! Sync rules: which sObjects to copy, and which records and fields of them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::IntegrationId;
use salesforce::SObjectName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::filter::FilterBody;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::{Admin, Viewer};
use crate::problem::ProblemBody;
use crate::request::{JsonBody, UrlPath};

/// The routes of sync rules.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_sync_rules))
        .routes(routes!(put_sync_rule, delete_sync_rule))
        .routes(routes!(preview_sync_rule))
}

/// A sync rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct SyncRuleBody {
    /// Its id.
    pub id: String,
    /// The sObject's API name.
    pub sobject: String,
    /// What people call the sObject.
    pub label: String,
    /// Which records; null for all.
    #[schema(required)]
    pub filter: Option<FilterBody>,
    /// The same in SOQL.
    #[schema(required)]
    pub soql: Option<String>,
    /// Which fields; null for all.
    #[schema(required)]
    pub fields: Option<Vec<String>>,
    /// How often it looks for changes.
    pub cadence_seconds: u64,
    /// Records in the copy.
    pub rows: u64,
    /// Up to when the copy has everything.
    #[schema(required)]
    pub complete_until: Option<Instant>,
    /// What went wrong the last time.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
    /// Fields that are not copied, and why.
    pub skipped_fields: Vec<SkippedFieldBody>,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
}

/// A field that is not copied.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkippedFieldBody {
    /// Its API name.
    pub field: String,
    /// Why.
    pub reason: String,
}

/// What a sync rule copies.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncRuleChange {
    /// Which records; all where it is null.
    #[serde(default)]
    pub filter: Option<FilterBody>,
    /// Which fields; all where it is null.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
}

/// A rule that is only looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncRuleDraft {
    /// The sObject's API name.
    pub sobject: String,
    /// Which records; all where it is null.
    #[serde(default)]
    pub filter: Option<FilterBody>,
    /// Which fields; all where it is null.
    #[serde(default)]
    pub fields: Option<Vec<String>>,
}

/// What a rule would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct SyncRulePreview {
    /// The query it would ask.
    pub soql: String,
    /// How many records there are now; null where the org did not tell in time.
    #[schema(required)]
    pub count: Option<u64>,
    /// About how many API calls the first load takes.
    pub calls_first_load: u64,
    /// About how many it takes a day after that.
    pub calls_per_day: u64,
    /// Why it would not work.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
}

/// Lists an integration's rules.
#[utoipa::path(get, path = "/integrations/{id}/sync-rules", operation_id = "list_sync_rules", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = Page<SyncRuleBody>)))]
async fn list_sync_rules(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<Page<SyncRuleBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Makes or changes the rule for an sObject. The first sync starts once a mapping is saved too.
#[utoipa::path(put, path = "/integrations/{id}/sync-rules/{sobject}", operation_id = "put_sync_rule", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name")),
    request_body = SyncRuleChange,
    responses((status = 200, body = SyncRuleBody), (status = 201, body = SyncRuleBody)))]
async fn put_sync_rule(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
    JsonBody(change): JsonBody<SyncRuleChange>,
) -> Result<(StatusCode, Json<SyncRuleBody>), ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Deletes a rule. The records that were copied stay.
#[utoipa::path(delete, path = "/integrations/{id}/sync-rules/{sobject}", operation_id = "delete_sync_rule", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name")),
    responses((status = 204)))]
async fn delete_sync_rule(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
) -> Result<StatusCode, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Tells what a rule would do, and changes nothing.
#[utoipa::path(post, path = "/integrations/{id}/sync-rules/preview", operation_id = "preview_sync_rule", tag = "sync-rules",
    params(("id" = String, Path, description = "The integration")),
    request_body = SyncRuleDraft, responses((status = 200, body = SyncRulePreview)))]
async fn preview_sync_rule(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    JsonBody(draft): JsonBody<SyncRuleDraft>,
) -> Result<Json<SyncRulePreview>, ApiError> {
    Err(ApiError::not_found("thing"))
}
