//! Templates of field mappings.

use axum::Json;
use axum::extract::State;
use engine::FilledTemplateItem;
use model::{IntegrationId, MappingTemplate};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::field_mappings::{EntityName, TransformBody};
use crate::app_state::AppState;
use crate::error::ApiError;
use crate::integration_view::unknown_integration;
use crate::page::Page;
use crate::permission::{Admin, Viewer};
use crate::request::UrlPath;

/// The routes of templates of field mappings.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_mapping_templates)).routes(routes!(fill_mapping_template))
}

/// A list of mappings that many teams begin with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingTemplateBody {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it is for.
    pub line: String,
    /// The sObjects that it asks for.
    pub sobjects: Vec<String>,
    /// How many properties it maps.
    pub properties: usize,
}

/// A property of a template with the org's field for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingTemplateItem {
    /// The entity.
    pub entity: EntityName,
    /// The property.
    pub property: String,
    /// The sObject's API name.
    pub sobject: String,
    /// The field's API name; null where the org has none for it.
    #[schema(required)]
    pub field: Option<String>,
    /// What people call the field.
    #[schema(required)]
    pub field_label: Option<String>,
    /// What becomes of its values on the way.
    pub transform: TransformBody,
    /// Whether a sync rule copies the sObject.
    pub has_rule: bool,
    /// Why it cannot be mapped so; null where it can.
    #[schema(required)]
    pub why_not: Option<String>,
}

/// Lists the templates.
#[utoipa::path(get, path = "/mapping-templates", operation_id = "list_mapping_templates", tag = "field-mappings",
    responses((status = 200, body = Page<MappingTemplateBody>)))]
async fn list_mapping_templates(_viewer: Viewer) -> Result<Json<Page<MappingTemplateBody>>, ApiError> {
    let templates = MappingTemplate::ALL.iter().map(|template| MappingTemplateBody {
        name: template.name.to_owned(),
        label: template.label.to_owned(),
        line: template.line.to_owned(),
        sobjects: template.sobjects().into_iter().map(str::to_owned).collect(),
        properties: template.items.len(),
    });
    Ok(Json(Page::whole(templates.collect())))
}

/// Looks for the fields of a template in an integration's org. Nothing is saved.
#[utoipa::path(get, path = "/integrations/{id}/field-mappings/templates/{name}", operation_id = "fill_mapping_template", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration"), ("name" = String, Path, description = "The template")),
    responses((status = 200, body = Page<MappingTemplateItem>)))]
async fn fill_mapping_template(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath((id, name)): UrlPath<(IntegrationId, String)>,
) -> Result<Json<Page<MappingTemplateItem>>, ApiError> {
    let template = MappingTemplate::find(&name).ok_or_else(|| ApiError::not_found("template"))?;
    let items = app.engine().fill_template(admin.reader(), id, template).await?;
    let items = items.ok_or_else(unknown_integration)?;
    Ok(Json(Page::whole(items.into_iter().map(MappingTemplateItem::from).collect())))
}

impl From<FilledTemplateItem> for MappingTemplateItem {
    fn from(filled: FilledTemplateItem) -> Self {
        let why_not = match (&filled.field, filled.is_readable) {
            (Some(_), _) => None,
            (None, false) => {
                Some(format!("This org has no {} that the connection's user can read.", filled.item.sobject))
            }
            (None, true) => Some(format!("{} has no field for it here. Choose one.", filled.item.sobject)),
        };
        let (field, field_label) = filled.field.map(|(name, label)| (name.to_string(), label)).unzip();
        Self {
            entity: filled.item.entity.into(),
            property: filled.item.property.to_owned(),
            sobject: filled.item.sobject.to_owned(),
            field,
            field_label,
            transform: TransformBody::from(&filled.item.transform()),
            has_rule: filled.has_rule,
            why_not,
        }
    }
}
