//! Why a record is in a copy as it is, or is not there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{RecordFacts, RecordState, explain_record};
use salesforce::RecordId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::page::Page;
use crate::permission::Viewer;
use crate::problem::ProblemBody;
use crate::request::UrlPath;

/// The routes of explanations.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list_explanations))
}

/// What became of a record in one integration's copy.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplanationBody {
    /// The integration.
    pub integration_id: String,
    /// What people call it.
    pub integration_name: String,
    /// The sObject's API name; null where no rule copies such records.
    #[schema(required)]
    pub sobject: Option<String>,
    /// What became of the record.
    pub state: RecordStateBody,
    /// The same in a few sentences.
    pub text: String,
    /// Which records the rule copies, as SOQL; null for all.
    #[schema(required)]
    pub filter: Option<String>,
    /// Up to when the copy has all changes.
    #[schema(required)]
    pub complete_until: Option<Instant>,
    /// When all ids were compared last.
    #[schema(required)]
    pub swept_at: Option<Instant>,
    /// When the copy last wrote the record.
    #[schema(required)]
    pub synced_at: Option<Instant>,
    /// By which way it came: `bulk`, `poll`, `event`, `open` or `refresh`.
    #[schema(required)]
    pub source: Option<String>,
    /// When it last changed in the org, as far as the copy knows.
    #[schema(required)]
    pub changed_at: Option<Instant>,
    /// When it was found to be gone.
    #[schema(required)]
    pub gone_at: Option<Instant>,
    /// Why it is gone.
    #[schema(required)]
    pub gone_why: Option<String>,
    /// How that is known: `recycle_bin`, `outside_filter`, `deleted_list`, `sees_all`, `no_access` or `not_found`.
    #[schema(required)]
    pub evidence: Option<String>,
    /// The record that is left of a merge.
    #[schema(required)]
    pub merged_into: Option<String>,
    /// The run that has trouble and keeps the copy from being brought up to date.
    #[schema(required)]
    pub waiting_for_run: Option<String>,
    /// That trouble.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
    /// What could not be stored of the record.
    pub row_errors: Vec<RecordErrorBody>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecordStateBody {
    /// It is there.
    Synced,
    /// It was there, and is known to be gone.
    Gone,
    /// It was read and could not be stored.
    Rejected,
    /// Something keeps the copy from being brought up to date.
    Waiting,
    /// The org shows it, and the rule's filter does not keep it.
    Filtered,
    /// No read brought it.
    NeverSeen,
    /// No rule copies such records.
    NoRule,
}

/// Something of a record that could not be stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordErrorBody {
    /// The field.
    pub field: String,
    /// A stable code.
    pub code: String,
    /// What happened. It never quotes the value.
    pub message: String,
    /// When.
    pub failed_at: Instant,
}

/// Tells what became of a record in each integration that copies such records. Of one that no read has brought, the org is
/// asked, which takes a call or a few.
#[utoipa::path(get, path = "/explanations/{record_id}", operation_id = "list_explanations", tag = "records",
    params(("record_id" = String, Path, description = "The record, by 15 or 18 characters")),
    responses((status = 200, body = Page<ExplanationBody>)))]
async fn list_explanations(
    State(app): State<AppState>,
    viewer: Viewer,
    UrlPath(record_id): UrlPath<String>,
) -> Result<Json<Page<ExplanationBody>>, ApiError> {
    let record_id: RecordId = record_id.parse().map_err(|_| {
        let detail = "This is not the id of a record: those have 15 or 18 characters.";
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "record.id", detail)
    })?;
    let facts = app.engine().explain_record(viewer.reader(), record_id).await?;
    Ok(Json(Page::whole(facts.into_iter().map(ExplanationBody::from).collect())))
}

impl From<RecordFacts> for ExplanationBody {
    fn from(facts: RecordFacts) -> Self {
        let (state, text) = explain_record(&facts);
        let (rule, stored) = (facts.rule, facts.stored);
        let gone = stored.as_ref().and_then(|stored| stored.gone.clone());
        let (run, problem) = rule.as_ref().and_then(|rule| rule.trouble.clone()).unzip();
        Self {
            integration_id: facts.integration_id.to_string(),
            integration_name: facts.integration_name,
            sobject: rule.as_ref().map(|rule| rule.sobject.to_string()),
            state: state.into(),
            text,
            complete_until: rule.as_ref().and_then(|rule| rule.complete_until).map(Instant::from),
            swept_at: rule.as_ref().and_then(|rule| rule.swept_at).map(Instant::from),
            filter: rule.and_then(|rule| rule.filter),
            synced_at: stored.as_ref().map(|stored| stored.synced_at.into()),
            source: stored.as_ref().map(|stored| stored.source.to_string()),
            changed_at: stored.and_then(|stored| stored.changed_at).map(Instant::from),
            gone_at: gone.as_ref().map(|gone| gone.at.into()),
            gone_why: gone.as_ref().map(|gone| gone.why.to_string()),
            evidence: gone.as_ref().and_then(|gone| gone.evidence).map(|evidence| evidence.to_string()),
            merged_into: gone.and_then(|gone| gone.winner).map(|winner| winner.to_string()),
            waiting_for_run: run.map(|run| run.to_string()),
            problem: problem.map(ProblemBody::from),
            row_errors: facts
                .row_errors
                .into_iter()
                .map(|error| RecordErrorBody {
                    field: error.field,
                    code: error.code,
                    message: error.message,
                    failed_at: error.failed_at.into(),
                })
                .collect(),
        }
    }
}

impl From<RecordState> for RecordStateBody {
    fn from(state: RecordState) -> Self {
        match state {
            RecordState::Synced => Self::Synced,
            RecordState::Gone => Self::Gone,
            RecordState::Rejected => Self::Rejected,
            RecordState::Waiting => Self::Waiting,
            RecordState::Filtered => Self::Filtered,
            RecordState::NeverSeen => Self::NeverSeen,
            RecordState::NoRule => Self::NoRule,
        }
    }
}
