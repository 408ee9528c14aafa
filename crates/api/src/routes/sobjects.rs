//! The sObjects of an org and their fields, as the org describes them.

use axum::Json;
use axum::extract::State;
use model::IntegrationId;
use salesforce::SObjectName;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::page::Page;
use crate::permission::Admin;
use crate::request::{UrlPath, UrlQuery};

/// The routes of sObjects.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_sobjects)).routes(routes!(find_sobject))
}

/// An sObject of the org.
#[derive(Debug, Serialize, ToSchema)]
pub struct SObjectBody {
    /// Its API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Whether the org made it itself.
    pub custom: bool,
    /// Whether it can be copied.
    pub queryable: bool,
    /// How ids of its records begin.
    #[schema(required)]
    pub key_prefix: Option<String>,
    /// Why it cannot be copied.
    #[schema(required)]
    pub why_not: Option<String>,
    /// Whether a sync rule copies it already.
    pub selected: bool,
}

/// An sObject with its fields.
#[derive(Debug, Serialize, ToSchema)]
pub struct SObjectDetails {
    /// Its API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// The fields that the Salesforce user may read.
    pub fields: Vec<SObjectField>,
}

/// A field of an sObject.
#[derive(Debug, Serialize, ToSchema)]
pub struct SObjectField {
    /// Its API name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Salesforce's word for its type.
    #[serde(rename = "type")]
    pub field_type: String,
    /// How many characters it holds at most; 0 where that means nothing.
    pub length: u32,
    /// Whether the org made it itself.
    pub custom: bool,
    /// Whether it may be empty.
    pub nillable: bool,
    /// Whether Salesforce computes it.
    pub calculated: bool,
    /// Whether a filter may name it.
    pub filterable: bool,
    /// The compound it is a part of, such as `BillingAddress`.
    #[schema(required)]
    pub compound: Option<String>,
    /// The values of a picklist.
    pub picklist: Vec<PicklistEntry>,
    /// The sObjects that a lookup leads to.
    pub reference_to: Vec<String>,
    /// Why it is never copied.
    #[schema(required)]
    pub skipped: Option<String>,
}

/// A value of a picklist.
#[derive(Debug, Serialize, ToSchema)]
pub struct PicklistEntry {
    /// The value.
    pub value: String,
    /// What people see.
    pub label: String,
}

/// Which sObjects.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SObjectQuery {
    /// A part of the name or the label.
    pub search: Option<String>,
    /// How many items at most; 50 unless told, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// Lists the sObjects of the org.
#[utoipa::path(get, path = "/integrations/{id}/sobjects", operation_id = "list_sobjects", tag = "sobjects",
    params(("id" = String, Path, description = "The integration"), SObjectQuery),
    responses((status = 200, body = Page<SObjectBody>)))]
async fn list_sobjects(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    UrlQuery(query): UrlQuery<SObjectQuery>,
) -> Result<Json<Page<SObjectBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Returns an sObject with its fields.
#[utoipa::path(get, path = "/integrations/{id}/sobjects/{sobject}", operation_id = "find_sobject", tag = "sobjects",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name")),
    responses((status = 200, body = SObjectDetails)))]
async fn find_sobject(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath((id, sobject)): UrlPath<(IntegrationId, SObjectName)>,
) -> Result<Json<SObjectDetails>, ApiError> {
    Err(ApiError::not_found("thing"))
}
