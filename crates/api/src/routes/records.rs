//! Records of the copy.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use model::IntegrationId;
use salesforce::SObjectName;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::Viewer;
use crate::request::{UrlPath, UrlQuery};

/// The routes of records.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_record_sobjects))
        .routes(routes!(list_records))
        .routes(routes!(find_record))
}

/// An sObject that has records in the copy.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordSObjectBody {
    /// The sObject's API name.
    pub sobject: String,
    /// What people call it.
    pub label: String,
    /// Records that are there.
    pub rows: u64,
    /// Records that are gone.
    pub gone_rows: u64,
    /// How many fields are copied.
    pub columns_count: u64,
}

/// A page of records.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordPage {
    /// The fields that were asked for, in that order.
    pub columns: Vec<RecordColumn>,
    /// The records.
    pub items: Vec<RecordRow>,
    /// What to send as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
    /// How many records match.
    pub total: u64,
    /// Whether that is their number; otherwise there are at least as many.
    pub total_is_exact: bool,
}

/// A field of a page of records.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordColumn {
    /// The field's API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub column_type: String,
}

/// A record in a page.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordRow {
    /// The record's id.
    pub id: String,
    /// When it was found to be gone.
    #[schema(required)]
    pub gone_at: Option<Instant>,
    /// Why it is gone.
    #[schema(required)]
    pub gone_why: Option<String>,
    /// When the copy last wrote it.
    pub synced_at: Instant,
    /// The values by field: texts, numbers with all their digits, booleans, null.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    pub values: BTreeMap<String, Box<RawValue>>,
}

/// One record.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordDetails {
    /// The record's id.
    pub id: String,
    /// The sObject's API name.
    pub sobject: String,
    /// What people call the sObject.
    pub label: String,
    /// What people call the record.
    #[schema(required)]
    pub name: Option<String>,
    /// All fields that are copied.
    pub fields: Vec<RecordFieldBody>,
    /// When the copy last wrote it.
    pub synced_at: Instant,
    /// How it came: `bulk`, `poll`, `event`, `open` or `refresh`.
    pub source: String,
    /// When it was found to be gone.
    #[schema(required)]
    pub gone_at: Option<Instant>,
    /// Why it is gone.
    #[schema(required)]
    pub gone_why: Option<String>,
    /// The record in Salesforce.
    pub salesforce_url: String,
}

/// A field of a record, with its value.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordFieldBody {
    /// The field's API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: String,
    /// The value: text, number, boolean or null.
    #[schema(value_type = serde_json::Value)]
    pub value: Box<RawValue>,
}

/// Which records, and how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RecordQuery {
    /// Text that some field has to contain.
    pub search: Option<String>,
    /// Conditions that all have to hold: `field:operator:value`. Operators are `eq ne lt lte gt gte contains starts is_null
    /// not_null in within`; `in` takes a JSON array, `within` a span such as `last_30_days`.
    #[serde(default)]
    pub filter: Vec<String>,
    /// Fields to sort by, with `-` before those that descend: `-amount,name`.
    pub sort: Option<String>,
    /// Fields to answer with, separated by commas; the first 12 if missing.
    pub fields: Option<String>,
    /// Whether records that are gone are left out (`hide`, unless told), shown too (`show`) or alone (`only`).
    #[param(inline)]
    pub gone: Option<GoneChoice>,
    /// How many items at most; 50 unless told, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// What becomes of records that are gone.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoneChoice {
    /// They are left out.
    #[default]
    Hide,
    /// They are shown too.
    Show,
    /// They are shown alone.
    Only,
}

/// Lists the sObjects that have records in an integration's copy.
#[utoipa::path(get, path = "/integrations/{id}/records", operation_id = "list_record_sobjects", tag = "records",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = Page<RecordSObjectBody>)))]
async fn list_record_sobjects(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<Page<RecordSObjectBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Searches, filters and sorts records.
#[utoipa::path(get, path = "/integrations/{id}/records/{sobject}", operation_id = "list_records", tag = "records",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name"), RecordQuery),
    responses((status = 200, body = RecordPage)))]
async fn list_records(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
    UrlQuery(query): UrlQuery<RecordQuery>,
) -> Result<Json<RecordPage>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Returns a record.
#[utoipa::path(get, path = "/integrations/{id}/records/{sobject}/{record_id}", operation_id = "find_record", tag = "records",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name"),
        ("record_id" = String, Path, description = "The record, by 15 or 18 characters")),
    responses((status = 200, body = RecordDetails)))]
async fn find_record(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath((id, sobject, record_id)): UrlPath<(IntegrationId, SObjectName, String)>,
) -> Result<Json<RecordDetails>, ApiError> {
    Err(ApiError::not_found("thing"))
}
