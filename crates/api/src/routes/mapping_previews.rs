//! Field mappings on real values, before they are saved.

use axum::Json;
use axum::extract::State;
use engine::{MappingGap, MappingPreview, MappingSample, SampleSource};
use model::IntegrationId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::field_mappings::{EntityName, FieldMappingsChange, new_mappings};
use crate::app_state::AppState;
use crate::error::ApiError;
use crate::integration_view::unknown_integration;
use crate::permission::Admin;
use crate::problem::ProblemBody;
use crate::request::{JsonBody, UrlPath};

/// The routes of previews of field mappings.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(preview_field_mappings))
}

/// What mappings make of real values, and what they lack.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldMappingsPreview {
    /// Each mapping, in the order in which they were sent.
    pub items: Vec<FieldMappingPreview>,
    /// Fields that are mapped and not copied. Accepting them in their rule fills them.
    pub gaps: Vec<MappingGapBody>,
}

/// A mapping on some real values.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldMappingPreview {
    /// The entity.
    pub entity: EntityName,
    /// The property.
    pub property: String,
    /// Why it cannot be saved so.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
    /// Where the values come from; null where there are none to show.
    #[schema(required)]
    pub source: Option<SampleSourceBody>,
    /// Why there are none to show though nothing is wrong with the mapping.
    #[schema(required)]
    pub unseen: Option<ProblemBody>,
    /// How many records were looked at.
    pub read: usize,
    /// How many of them give the property a value.
    pub filled: usize,
    /// How many have a value that is none of the property's type.
    pub unfit: usize,
    /// Five of them at most, those that differ most.
    pub samples: Vec<MappingSampleBody>,
}

/// Where sampled values come from.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SampleSourceBody {
    /// The copy.
    Stored,
    /// The org, asked just now.
    Org,
}

/// One record's values before and after.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingSampleBody {
    /// What people call the record.
    #[schema(required)]
    pub record: Option<String>,
    /// The values of the field and of its fallbacks, in their order.
    pub before: Vec<Option<String>>,
    /// The property's value; null where it is empty.
    #[schema(required)]
    pub after: Option<String>,
    /// What the value would have to be, such as `a number`; null where it is that.
    #[schema(required)]
    pub wanted: Option<String>,
}

/// Fields of an sObject that are mapped and not copied.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MappingGapBody {
    /// The sObject's API name.
    pub sobject: String,
    /// The fields' API names.
    pub fields: Vec<String>,
    /// Whether there is a sync rule that could copy them.
    pub has_rule: bool,
    /// How many records are to be filled.
    pub rows: u64,
    /// About how many API calls that takes.
    pub calls: u64,
}

/// Shows what mappings would make of real values, and changes nothing. Records of the copy are looked at where it has them,
/// else some of the org's, for one API call an sObject.
#[utoipa::path(post, path = "/integrations/{id}/field-mappings/preview", operation_id = "preview_field_mappings", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration")),
    request_body = FieldMappingsChange, responses((status = 200, body = FieldMappingsPreview)))]
async fn preview_field_mappings(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    JsonBody(change): JsonBody<FieldMappingsChange>,
) -> Result<Json<FieldMappingsPreview>, ApiError> {
    let wanted = new_mappings(change.items)?;
    let preview = app.engine().preview_mappings(admin.reader(), id, wanted).await?;
    let (items, gaps) = preview.ok_or_else(unknown_integration)?;
    Ok(Json(FieldMappingsPreview {
        items: items.into_iter().map(FieldMappingPreview::from).collect(),
        gaps: gaps.into_iter().map(MappingGapBody::from).collect(),
    }))
}

impl From<MappingPreview> for FieldMappingPreview {
    fn from(preview: MappingPreview) -> Self {
        Self {
            entity: preview.mapping.entity.into(),
            property: preview.mapping.property,
            problem: preview.problem.map(ProblemBody::from),
            source: preview.source.map(|source| match source {
                SampleSource::Stored => SampleSourceBody::Stored,
                SampleSource::Org => SampleSourceBody::Org,
            }),
            unseen: preview.unseen.map(ProblemBody::from),
            read: preview.read,
            filled: preview.filled,
            unfit: preview.unfit,
            samples: preview.samples.into_iter().map(MappingSampleBody::from).collect(),
        }
    }
}

impl From<MappingSample> for MappingSampleBody {
    fn from(sample: MappingSample) -> Self {
        let (after, wanted) = match sample.after {
            Ok(after) => (after, None),
            Err(unfit) => (None, Some(unfit.wanted().to_owned())),
        };
        Self { record: sample.record, before: sample.before, after, wanted }
    }
}

impl From<MappingGap> for MappingGapBody {
    fn from(gap: MappingGap) -> Self {
        Self {
            sobject: gap.sobject.to_string(),
            fields: gap.fields.iter().map(ToString::to_string).collect(),
            has_rule: gap.has_rule,
            rows: gap.rows,
            calls: gap.calls,
        }
    }
}
