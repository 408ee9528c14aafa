//! Entities, and the field mappings that feed their properties.

use axum::Json;
use axum::extract::State;
use model::IntegrationId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::{Admin, Viewer};
use crate::request::{JsonBody, UrlPath};

/// The routes of field mappings.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_entities))
        .routes(routes!(list_field_mappings, put_field_mappings))
        .routes(routes!(suggest_field_mappings))
}

/// An entity of our own.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntityBody {
    /// Its name.
    pub name: EntityName,
    /// What people call it.
    pub label: String,
    /// Its properties.
    pub properties: Vec<PropertyBody>,
}

/// The name of an entity.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntityName {
    /// A company.
    Company,
    /// A person.
    Person,
    /// A deal.
    Deal,
}

/// A property of an entity.
#[derive(Debug, Serialize, ToSchema)]
pub struct PropertyBody {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub property_type: String,
    /// Whether the entity is of no use without it.
    pub required: bool,
}

/// How a Salesforce field feeds a property.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldMappingBody {
    /// Its id.
    pub id: String,
    /// The entity.
    pub entity: EntityName,
    /// The property.
    pub property: String,
    /// The sObject's API name.
    pub sobject: String,
    /// The field's API name.
    pub field: String,
    /// What people call the field.
    #[schema(required)]
    pub field_label: Option<String>,
    /// When it was made.
    pub created_at: Instant,
}

/// A field mapping to save.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFieldMappingBody {
    /// The entity.
    pub entity: EntityName,
    /// The property.
    pub property: String,
    /// The sObject's API name.
    pub sobject: String,
    /// The field's API name.
    pub field: String,
}

/// All field mappings of an integration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldMappingsChange {
    /// The mappings that replace those there are.
    pub items: Vec<NewFieldMappingBody>,
}

/// A field mapping that may fit.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldMappingSuggestion {
    /// The entity.
    pub entity: EntityName,
    /// The property.
    pub property: String,
    /// The sObject's API name.
    pub sobject: String,
    /// The field's API name.
    pub field: String,
    /// How well it fits, up to 100.
    pub score: u8,
    /// Why it may fit.
    pub why: String,
}

/// Lists the entities and their properties.
#[utoipa::path(get, path = "/entities", operation_id = "list_entities", tag = "field-mappings",
    responses((status = 200, body = Page<EntityBody>)))]
async fn list_entities(viewer: Viewer) -> Result<Json<Page<EntityBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Lists an integration's field mappings.
#[utoipa::path(get, path = "/integrations/{id}/field-mappings", operation_id = "list_field_mappings", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = Page<FieldMappingBody>)))]
async fn list_field_mappings(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<Page<FieldMappingBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Replaces an integration's field mappings.
#[utoipa::path(put, path = "/integrations/{id}/field-mappings", operation_id = "put_field_mappings", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration")),
    request_body = FieldMappingsChange, responses((status = 200, body = Page<FieldMappingBody>)))]
async fn put_field_mappings(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    JsonBody(change): JsonBody<FieldMappingsChange>,
) -> Result<Json<Page<FieldMappingBody>>, ApiError> {
    Err(ApiError::not_found("thing"))
}

/// Suggests field mappings, by the names and types of fields.
#[utoipa::path(get, path = "/integrations/{id}/field-mappings/suggestions", operation_id = "suggest_field_mappings", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = Page<FieldMappingSuggestion>)))]
async fn suggest_field_mappings(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<Page<FieldMappingSuggestion>>, ApiError> {
    Err(ApiError::not_found("thing"))
}
