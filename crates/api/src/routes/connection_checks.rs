//! The connection check: whether an org still answers, and what mends it if not.

use axum::Json;
use axum::extract::State;
use engine::{CheckLine, CheckPart, CheckState, ConnectionCheck};
use model::IntegrationId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::integration_view::{check_own, unknown_integration};
use crate::permission::Operator;
use crate::problem::ProblemBody;
use crate::request::UrlPath;

/// The routes of connection checks.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(check_connection))
}

/// What a connection check found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionCheckBody {
    /// When it was.
    pub checked_at: Instant,
    /// Where the org is. A remedy's path stands below it.
    pub instance_url: String,
    /// The worst state of all lines.
    pub state: CheckStateBody,
    /// The lines, in the order in which they were asked.
    pub lines: Vec<CheckLineBody>,
}

/// One line of a connection check.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckLineBody {
    /// What it is about.
    pub part: CheckPartBody,
    /// How it came out.
    pub state: CheckStateBody,
    /// What was found, in a sentence.
    pub text: String,
    /// What is wrong, with what mends it.
    #[schema(required)]
    pub problem: Option<ProblemBody>,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckPartBody {
    /// Whether the org's address answers.
    Address,
    /// Whether the org still gives us access.
    Grant,
    /// Whether the user may use the API of the org that was connected.
    User,
    /// Whether the scopes are enough.
    Scopes,
    /// Whether API calls are left today.
    Calls,
    /// Whether the org's clock and the server's agree.
    Clock,
    /// Whether the sObjects of the rules can be read.
    #[serde(rename = "sobjects")]
    SObjects,
}

/// How a line came out.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckStateBody {
    /// It is right.
    Fine,
    /// It could not be asked because of an earlier line.
    Skipped,
    /// It works, and a person should know something.
    Warning,
    /// It does not work.
    Broken,
}

/// Asks the org everything that a sync needs of it. A grant that was refused before is tried once more.
#[utoipa::path(post, path = "/integrations/{id}/connection-check", operation_id = "check_connection", tag = "connections",
    params(("id" = String, Path, description = "The integration")),
    responses((status = 200, body = ConnectionCheckBody)))]
async fn check_connection(
    State(app): State<AppState>,
    operator: Operator,
    UrlPath(id): UrlPath<IntegrationId>,
) -> Result<Json<ConnectionCheckBody>, ApiError> {
    check_own(&app, operator.reader(), id).await?;
    let check = app.engine().check_connection(operator.reader(), id).await?;
    let mut check = ConnectionCheckBody::from(check.ok_or_else(unknown_integration)?);
    for line in &mut check.lines {
        if let Some(problem) = line.problem.take() {
            let problem = problem.naming(&app.config().egress_addresses);
            line.text.clone_from(&problem.text);
            line.problem = Some(problem);
        }
    }
    Ok(Json(check))
}

impl From<ConnectionCheck> for ConnectionCheckBody {
    fn from(check: ConnectionCheck) -> Self {
        let lines: Vec<_> = check.lines.into_iter().map(CheckLineBody::from).collect();
        Self {
            checked_at: check.checked_at.into(),
            instance_url: check.instance_url,
            state: lines.iter().map(|line| line.state).max().unwrap_or(CheckStateBody::Fine),
            lines,
        }
    }
}

impl From<CheckLine> for CheckLineBody {
    fn from(line: CheckLine) -> Self {
        Self {
            part: match line.part {
                CheckPart::Address => CheckPartBody::Address,
                CheckPart::Grant => CheckPartBody::Grant,
                CheckPart::User => CheckPartBody::User,
                CheckPart::Scopes => CheckPartBody::Scopes,
                CheckPart::Calls => CheckPartBody::Calls,
                CheckPart::Clock => CheckPartBody::Clock,
                CheckPart::SObjects => CheckPartBody::SObjects,
            },
            state: match line.state {
                CheckState::Fine => CheckStateBody::Fine,
                CheckState::Warning => CheckStateBody::Warning,
                CheckState::Broken => CheckStateBody::Broken,
                CheckState::Skipped => CheckStateBody::Skipped,
            },
            text: line.text,
            problem: line.problem.map(ProblemBody::from),
        }
    }
}
