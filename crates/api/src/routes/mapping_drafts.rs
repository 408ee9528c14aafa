//! Field mappings that somebody has chosen while setting up and not saved yet.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use engine::draft_version;
use model::{Draft, IntegrationId, NewFieldMapping};
use serde::Serialize;
use store::Reader;
use store::drafts::find_draft as find_stored_draft;
use store::members::find_member;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::field_mappings::{FieldMappingsChange, NewFieldMappingBody, new_mappings};
use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{check_integration, unknown_integration};
use crate::permission::Admin;
use crate::precondition::{Seen, etag};
use crate::request::{JsonBody, UrlPath};

/// The routes of drafts of field mappings.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(find_draft, put_draft, delete_draft))
}

/// Field mappings that are not saved yet. Nothing goes by them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldMappingsDraft {
    /// The mappings; null where there is no draft.
    #[schema(required)]
    pub items: Option<Vec<NewFieldMappingBody>>,
    /// When they were changed last.
    #[schema(required)]
    pub updated_at: Option<Instant>,
    /// The name of who changed them last.
    #[schema(required)]
    pub updated_by: Option<String>,
}

/// Returns the draft of an integration's field mappings.
#[utoipa::path(get, path = "/integrations/{id}/field-mappings/draft", operation_id = "find_field_mappings_draft", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = FieldMappingsDraft)))]
async fn find_draft(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<impl IntoResponse, ApiError> {
    check_integration(&app, admin.reader(), id).await?;
    let draft = find_stored_draft(app.store(), admin.reader(), id).await?;
    draft_answer(&app, admin.reader(), draft).await
}

/// Keeps field mappings without saving them, until saving them or deleting the draft.
#[utoipa::path(put, path = "/integrations/{id}/field-mappings/draft", operation_id = "put_field_mappings_draft", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration")),
    request_body = FieldMappingsChange, responses((status = 200, body = FieldMappingsDraft)))]
async fn put_draft(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    Seen(seen): Seen,
    JsonBody(change): JsonBody<FieldMappingsChange>,
) -> Result<impl IntoResponse, ApiError> {
    let mappings = new_mappings(change.items)?;
    let draft = app.engine().put_mapping_draft(admin.reader(), id, mappings, &seen).await?;
    draft_answer(&app, admin.reader(), Some(draft.ok_or_else(unknown_integration)?)).await
}

/// Throws the draft away. What is saved stays.
#[utoipa::path(delete, path = "/integrations/{id}/field-mappings/draft", operation_id = "delete_field_mappings_draft", tag = "field-mappings",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 204)))]
async fn delete_draft(
    State(app): State<AppState>,
    admin: Admin,
    UrlPath(id): UrlPath<IntegrationId>,
    Seen(seen): Seen,
) -> Result<StatusCode, ApiError> {
    let deleted = app.engine().delete_draft::<Vec<NewFieldMapping>>(admin.reader(), id, &seen).await?;
    deleted.map(|()| StatusCode::NO_CONTENT).ok_or_else(unknown_integration)
}

async fn draft_answer(
    app: &AppState,
    reader: &Reader,
    draft: Option<Draft<Vec<NewFieldMapping>>>,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let version = draft_version(draft.as_ref());
    let Some(draft) = draft else {
        return Ok((
            etag(&version),
            Json(FieldMappingsDraft { items: None, updated_at: None, updated_by: None }),
        ));
    };
    let member = find_member(app.store(), reader, draft.user_id).await?;
    let body = FieldMappingsDraft {
        items: Some(draft.chosen.into_iter().map(NewFieldMappingBody::from).collect()),
        updated_at: Some(draft.updated_at.into()),
        updated_by: member.map(|member| member.name),
    };
    Ok((etag(&version), Json(body)))
}
