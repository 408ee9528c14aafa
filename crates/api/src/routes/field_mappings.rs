//! Entities, and the field mappings that feed their properties.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use engine::{NewFieldMapping, mappings_version};
use model::{Entity, IntegrationId, OtherValues, SuggestionReason, Transform, ValuePair};
use serde::{Deserialize, Serialize};
use store::sobject_describes::find_describe;
use store::{Reader, field_mappings};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{check_integration, unknown_integration};
use crate::page::Page;
use crate::permission::{Admin, Viewer};
use crate::precondition::{Seen, etag};
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
pub(crate) struct EntityBody {
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
pub(crate) enum EntityName {
    /// A company.
    Company,
    /// A person.
    Person,
    /// A deal.
    Deal,
}

/// A property of an entity.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PropertyBody {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub property_type: String,
    /// Whether the entity is of no use without it.
    pub required: bool,
    /// The sObjects that hold it in most orgs, the likeliest first. Where they are not those of the entity, the record that
    /// changed last counts of those that belong to it.
    pub sobjects: Vec<String>,
}

/// How a Salesforce field feeds a property.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldMappingBody {
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
    /// What becomes of its values on the way.
    pub transform: TransformBody,
    /// When it was made.
    pub created_at: Instant,
}

/// A field mapping to save.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFieldMappingBody {
    /// The entity.
    pub entity: EntityName,
    /// The property.
    pub property: String,
    /// The sObject's API name.
    pub sobject: String,
    /// The field's API name.
    pub field: String,
    /// What becomes of its values on the way; nothing where it is left out.
    #[serde(default)]
    pub transform: TransformBody,
}

/// What becomes of a field's values on their way to a property: the first field with a value, trim, lower case, the list
/// of values, the default, in this order.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TransformBody {
    /// API names of fields of the same record that are asked in turn while those before them are empty; five at most.
    #[schema(max_items = 5)]
    pub fallbacks: Vec<String>,
    /// Whether blanks around a value are taken off, and several within it become one.
    pub trim: bool,
    /// Whether a value is written in lower case.
    pub lower: bool,
    /// Values that others take the place of. Case does not count.
    #[schema(max_items = 1000)]
    pub values: Vec<ValuePairBody>,
    /// What becomes of values that are not in the list.
    pub others: OtherValuesBody,
    /// What the property gets where it would be empty.
    #[schema(max_length = 255)]
    pub default: Option<String>,
}

/// A value, and the one that takes its place.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValuePairBody {
    /// As it stands in Salesforce.
    pub from: String,
    /// As the property has it.
    pub to: String,
}

/// What becomes of a value that is not in the list.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OtherValuesBody {
    /// It stays as it is.
    #[default]
    Keep,
    /// The property stays empty, or gets the default.
    LeaveEmpty,
}

/// All field mappings of an integration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldMappingsChange {
    /// The mappings that replace those there are.
    pub items: Vec<NewFieldMappingBody>,
}

/// A field mapping that may fit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldMappingSuggestion {
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
async fn list_entities(_viewer: Viewer) -> Result<Json<Page<EntityBody>>, ApiError> {
    let entities = Entity::BUILT_IN.iter().map(|entity| EntityBody {
        name: entity.name.into(),
        label: entity.label.to_owned(),
        properties: entity.properties.iter().map(|property| property_body(entity, property)).collect(),
    });
    Ok(Json(Page::whole(entities.collect())))
}

/// Lists an integration's field mappings.
#[utoipa::path(get, path = "/integrations/{id}/field-mappings", operation_id = "list_field_mappings", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = Page<FieldMappingBody>)))]
async fn list_field_mappings(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<impl IntoResponse, ApiError> {
    mapping_bodies(&app, viewer.reader(), id).await
}

/// Replaces an integration's field mappings.
#[utoipa::path(put, path = "/integrations/{id}/field-mappings", operation_id = "put_field_mappings", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration")),
    request_body = FieldMappingsChange, responses((status = 200, body = Page<FieldMappingBody>)))]
async fn put_field_mappings(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    Seen(seen): Seen,
    JsonBody(change): JsonBody<FieldMappingsChange>,
) -> Result<impl IntoResponse, ApiError> {
    let wanted = new_mappings(change.items)?;
    let saved = app.engine().put_seen_field_mappings(admin.reader(), id, wanted, &seen).await?;
    saved.ok_or_else(unknown_integration)?;
    mapping_bodies(&app, admin.reader(), id).await
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
    let suggestions = app.engine().suggest_field_mappings(admin.reader(), id).await?;
    let suggestions = suggestions.ok_or_else(unknown_integration)?.into_iter();
    let items = suggestions.map(|suggestion| FieldMappingSuggestion {
        entity: suggestion.entity.into(),
        property: suggestion.property.to_owned(),
        sobject: suggestion.sobject.to_string(),
        field: suggestion.field.to_string(),
        score: suggestion.score,
        why: why_suggested(suggestion.why).to_owned(),
    });
    Ok(Json(Page::whole(items.collect())))
}

fn why_suggested(why: SuggestionReason) -> &'static str {
    match why {
        SuggestionReason::Name => "The field has the property's name.",
        SuggestionReason::Label => "The field has the property's label.",
        SuggestionReason::Synonym => "Many orgs keep it in a field of this name.",
    }
}

/// Reads mappings that somebody wants.
///
/// # Errors
/// An sObject or a field is none.
pub(super) fn new_mappings(items: Vec<NewFieldMappingBody>) -> Result<Vec<NewFieldMapping>, ApiError> {
    let no_name = || ApiError::invalid("sObjects and fields are named by their API names.");
    let mapping = |new: NewFieldMappingBody| {
        Ok(NewFieldMapping {
            entity: new.entity.into(),
            property: new.property,
            sobject: new.sobject.parse().map_err(|_| no_name())?,
            field: new.field.parse().map_err(|_| no_name())?,
            transform: new.transform.to_transform().ok_or_else(no_name)?,
        })
    };
    items.into_iter().map(mapping).collect()
}

async fn mapping_bodies(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let integration = check_integration(app, reader, id).await?;
    let mappings = field_mappings::list_field_mappings(app.store(), reader, id).await?;
    let version = mappings_version(&mappings);
    let mut items = Vec::with_capacity(mappings.len());
    for mapping in mappings {
        let describe =
            find_describe(app.store(), reader, integration.connection_id, &mapping.sobject).await?;
        let field = describe.as_ref().and_then(|describe| describe.find_field(&mapping.field));
        items.push(FieldMappingBody {
            id: mapping.id.to_string(),
            entity: mapping.entity.into(),
            property: mapping.property,
            sobject: mapping.sobject.to_string(),
            field: mapping.field.to_string(),
            field_label: field.map(|field| field.label.clone()),
            transform: TransformBody::from(&mapping.transform),
            created_at: mapping.created_at.into(),
        });
    }
    Ok((etag(&version), Json(Page::whole(items))))
}

fn property_body(entity: &Entity, property: &model::Property) -> PropertyBody {
    PropertyBody {
        name: property.name.to_owned(),
        label: property.label.to_owned(),
        property_type: property.property_type.to_string(),
        required: property.required,
        sobjects: entity.sobjects_of(property).iter().map(|name| (*name).to_owned()).collect(),
    }
}

impl From<model::EntityName> for EntityName {
    fn from(name: model::EntityName) -> Self {
        match name {
            model::EntityName::Company => Self::Company,
            model::EntityName::Person => Self::Person,
            model::EntityName::Deal => Self::Deal,
        }
    }
}

impl From<EntityName> for model::EntityName {
    fn from(name: EntityName) -> Self {
        match name {
            EntityName::Company => Self::Company,
            EntityName::Person => Self::Person,
            EntityName::Deal => Self::Deal,
        }
    }
}

impl TransformBody {
    /// The transform; nothing where a fallback is no name of a field.
    fn to_transform(&self) -> Option<Transform> {
        let pair = |pair: &ValuePairBody| ValuePair { from: pair.from.clone(), to: pair.to.clone() };
        Some(Transform {
            fallbacks: self.fallbacks.iter().map(|name| name.parse().ok()).collect::<Option<_>>()?,
            trim: self.trim,
            lower: self.lower,
            values: self.values.iter().map(pair).collect(),
            others: match self.others {
                OtherValuesBody::Keep => OtherValues::Keep,
                OtherValuesBody::LeaveEmpty => OtherValues::LeaveEmpty,
            },
            default: self.default.clone(),
        })
    }
}

impl From<&Transform> for TransformBody {
    fn from(transform: &Transform) -> Self {
        let pair = |pair: &ValuePair| ValuePairBody { from: pair.from.clone(), to: pair.to.clone() };
        Self {
            fallbacks: transform.fallbacks.iter().map(ToString::to_string).collect(),
            trim: transform.trim,
            lower: transform.lower,
            values: transform.values.iter().map(pair).collect(),
            others: match transform.others {
                OtherValues::Keep => OtherValuesBody::Keep,
                OtherValues::LeaveEmpty => OtherValuesBody::LeaveEmpty,
            },
            default: transform.default.clone(),
        }
    }
}

impl From<NewFieldMapping> for NewFieldMappingBody {
    fn from(mapping: NewFieldMapping) -> Self {
        Self {
            entity: mapping.entity.into(),
            property: mapping.property,
            sobject: mapping.sobject.to_string(),
            field: mapping.field.to_string(),
            transform: TransformBody::from(&mapping.transform),
        }
    }
}
