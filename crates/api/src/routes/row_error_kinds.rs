//! What is wrong with records of an integration, each kind once.

use axum::Json;
use axum::extract::State;
use engine::Retried;
use model::IntegrationId;
use serde::Serialize;
use store::row_errors::{RowErrorKind, list_row_error_kinds};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{check_integration, check_own};
use crate::page::Page;
use crate::permission::{Operator, Viewer};
use crate::request::UrlPath;

/// Records that are named of each kind.
const EXAMPLES: u32 = 5;

/// The routes of kinds of row errors.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_kinds)).routes(routes!(retry_kind))
}

/// What is wrong with some records of one sObject.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowErrorKindBody {
    /// The sObject's API name.
    pub sobject: String,
    /// What it is; `/docs/errors` explains each.
    pub code: String,
    /// What happened, in a sentence.
    pub message: String,
    /// What mends it.
    pub remedy: String,
    /// How many records have it.
    pub records: u64,
    /// Since when the first of them has it.
    pub since: Instant,
    /// When one was met last.
    pub failed_at: Instant,
    /// Some of the records by their ids.
    pub examples: Vec<String>,
}

/// What became of another try.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetriedRowErrors {
    /// How many records were read by their ids.
    pub tried: u64,
    /// How many of them have no error any more.
    pub mended: u64,
    /// The run that reads all of the sObject, where there are too many records to read them one by one.
    #[schema(required)]
    pub run_id: Option<String>,
}

/// Reads the records of one kind of error again by their ids, which takes one call; or all of the sObject, where there are
/// more than 500, or they have very many fields.
#[utoipa::path(post, path = "/integrations/{id}/row-error-kinds/{sobject}/{code}/retry", operation_id = "retry_row_errors", tag = "runs",
    params(("id" = String, Path, description = "The integration"), ("sobject" = String, Path, description = "The sObject's API name"),
        ("code" = String, Path, description = "What is wrong with the records")),
    responses((status = 200, body = RetriedRowErrors)))]
async fn retry_kind(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath((id, sobject, code)): UrlPath<(IntegrationId, String, String)>,
) -> Result<Json<RetriedRowErrors>, ApiError> {
    check_own(&app, operator.reader(), id).await?;
    let unknown = || ApiError::not_found("rule");
    let sobject = sobject.parse().map_err(|_| unknown())?;
    let retried = app.engine().retry_failed(operator.reader(), id, &sobject, &code).await?;
    Ok(Json(match retried.ok_or_else(unknown)? {
        Retried::Read { tried, mended } => RetriedRowErrors { tried, mended, run_id: None },
        Retried::Whole(run) => RetriedRowErrors { tried: 0, mended: 0, run_id: Some(run.id.to_string()) },
    }))
}

/// Lists what is wrong with records of an integration, each kind once, that of most records first.
#[utoipa::path(get, path = "/integrations/{id}/row-error-kinds", operation_id = "list_row_error_kinds", tag = "runs",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = Page<RowErrorKindBody>)))]
async fn list_kinds(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<Page<RowErrorKindBody>>, ApiError> {
    check_integration(&app, viewer.reader(), id).await?;
    let kinds = list_row_error_kinds(app.store(), viewer.reader(), id, EXAMPLES).await?;
    Ok(Json(Page::whole(kinds.into_iter().map(RowErrorKindBody::from).collect())))
}

impl From<RowErrorKind> for RowErrorKindBody {
    fn from(kind: RowErrorKind) -> Self {
        Self {
            sobject: kind.sobject.to_string(),
            remedy: remedy_for(&kind.code).to_owned(),
            code: kind.code,
            message: kind.message,
            records: kind.records,
            since: kind.since.into(),
            failed_at: kind.failed_at.into(),
            examples: kind.examples,
        }
    }
}

fn remedy_for(code: &str) -> &'static str {
    match code {
        "text.nul" => {
            "The records are copied without that character. Clean the text in Salesforce to be rid of this."
        }
        "row.too_wide" => "Choose fewer fields for this sObject, then read it again.",
        _ => {
            "Correct the value in Salesforce, or leave the field out of the rule, then read the sObject again."
        }
    }
}
