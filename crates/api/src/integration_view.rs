//! What people see of an integration: its facts, put together.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;
use engine::{name_version, problem_of_connection};
use model::{
    Activity, ConnectionStatus, Environment, Group, Integration, IntegrationId, LastRun, Mode, StatusFacts,
    StatusReport, derive_status,
};
use salesforce::Timestamp;
use store::integrations::{IntegrationFacts, RunFacts, find_integration_facts, find_integration_of};
use store::records::list_record_tables;
use store::shares::list_reading_groups;
use store::{Access, Reader, find_access};

use crate::app_state::AppState;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::problem::ProblemBody;
use crate::routes::integrations::{
    ActivityBody, GroupRef, IntegrationBody, IntegrationMode, IntegrationOrg, IntegrationStatusBody,
    MissingPart, OrgEnvironment,
};
use crate::routes::runs::run_body;

const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// Counting the records of a large copy takes a while, so it is not done more often than this.
const COUNTED_EACH_MS: i64 = 2_000;
/// Integrations whose records are remembered.
const MOST_COUNTED: usize = 1_000;

/// Returns an integration as people see it.
///
/// # Errors
/// The workspace has no such integration.
pub(crate) async fn look_up(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
) -> Result<IntegrationBody, ApiError> {
    let facts = find_integration_facts(app.store(), reader, id, last_midnight(app)).await?;
    integration_body(app, reader, facts.ok_or_else(unknown_integration)?).await
}

/// Returns an integration.
///
/// # Errors
/// The workspace has no such integration.
pub(crate) async fn check_integration(
    app: &AppState,
    reader: &Reader,
    id: IntegrationId,
) -> Result<Integration, ApiError> {
    find_integration_of(app.store(), reader, id).await?.ok_or_else(unknown_integration)
}

/// Makes sure that the reader may run an integration: it is not one that another group only shared with theirs.
///
/// # Errors
/// The workspace has no such integration, or it was received.
pub(crate) async fn check_own(app: &AppState, reader: &Reader, id: IntegrationId) -> Result<(), ApiError> {
    match find_access(app.store(), reader, id).await? {
        Some(Access::Own) => Ok(()),
        None => Err(unknown_integration()),
        Some(Access::Received) => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "share.read_only",
            "Another group shared this integration with yours. You have access to its data; running and changing it is theirs.",
        )
        .hint("Ask a member of the group that owns it.")),
    }
}

/// The workspace has no such integration.
pub(crate) fn unknown_integration() -> ApiError {
    ApiError::not_found("integration")
}

/// The last midnight in UTC, since when calls are counted.
pub(crate) fn last_midnight(app: &AppState) -> Timestamp {
    let now = app.now().as_millis();
    Timestamp::from_millis(now - now.rem_euclid(DAY_MS))
}

/// Puts together what people see.
pub(crate) async fn integration_body(
    app: &AppState,
    reader: &Reader,
    facts: IntegrationFacts,
) -> Result<IntegrationBody, ApiError> {
    let rows = count_rows(app, reader, &facts).await?;
    let report = derive_status(&status_facts(&facts));
    let StatusReport { status, activity, reasons, missing } = report;
    let is_working = activity.is_some() && facts.connection.status == ConnectionStatus::Connected;
    let complete_until: Option<Vec<_>> = facts.rules.iter().map(|known| known.complete_until).collect();
    let now = app.now();
    let id = facts.integration.id;
    let groups = list_reading_groups(app.store(), reader, id).await?.into_iter();
    let (owners, receivers): (Vec<_>, Vec<_>) = groups.partition(|known| known.shared_at.is_none());
    let access = find_access(app.store(), reader, id).await?;
    Ok(IntegrationBody {
        group: owners.into_iter().next().map(|known| known.group.into()),
        shared_with: receivers.into_iter().map(|known| known.group.into()).collect(),
        is_received: access == Some(Access::Received),
        id: facts.integration.id.to_string(),
        slug: facts.integration.slug.to_string(),
        version: name_version(&facts.integration.name),
        name: facts.integration.name,
        mode: facts.integration.mode.into(),
        status: status.into(),
        activity: activity.map(ActivityBody::from),
        problems: reasons
            .into_iter()
            .map(|reason| ProblemBody::from(reason).naming(&app.config().egress_addresses))
            .collect(),
        org: IntegrationOrg {
            organization_id: facts.org.organization_id.to_string(),
            name: facts.org.name,
            environment: facts.org.environment.into(),
            instance_url: facts.connection.instance_url,
        },
        username: facts.connection.username,
        created_at: facts.integration.created_at.into(),
        complete_until: complete_until.and_then(|all| all.into_iter().min()).map(Instant::from),
        next_run_at: facts.next_run_at.filter(|_| is_working).map(Instant::from),
        rows,
        calls_today: facts.calls_since,
        rules_count: facts.rules.len() as u64,
        mappings_count: facts.field_mappings,
        missing: missing.into_iter().map(MissingPart::from).collect(),
        current_run: facts.current_run.map(|run| run_body(run, now)),
        last_run: facts.last_run.map(|run| run_body(run, now)),
    })
}

fn status_facts(facts: &IntegrationFacts) -> StatusFacts {
    let last_run = facts.last_run.as_ref().and_then(|last| {
        last.run.end.as_ref().map(|end| LastRun {
            finished_at: end.finished_at,
            outcome: end.outcome,
            problem: end.problem.clone(),
        })
    });
    StatusFacts {
        connection: facts.connection.status,
        connection_problem: problem_of_connection(&facts.connection),
        paused_at: facts.integration.paused_at,
        rules: facts.rules.len() as u64,
        mappings: facts.field_mappings,
        running_since: facts.current_run.as_ref().map(|current| current.run.started_at),
        last_run,
        problems: facts
            .rules
            .iter()
            .filter_map(|known| known.trouble.clone())
            .map(|(_, problem)| problem)
            .collect(),
    }
}

/// How many records copies hold, as they were counted a moment ago.
#[derive(Debug, Default)]
pub(crate) struct RowCounts(Mutex<HashMap<IntegrationId, Counted>>);

#[derive(Clone, Copy, Debug)]
struct Counted {
    /// What the runs had done when it was counted.
    done: u64,
    at: Timestamp,
    rows: u64,
}

/// Returns the records of a copy. They are counted anew where a run has written since, but not all the time.
async fn count_rows(app: &AppState, reader: &Reader, facts: &IntegrationFacts) -> Result<u64, ApiError> {
    let counts = &app.row_counts().0;
    let (id, now) = (facts.integration.id, app.now());
    let done = written_by(facts.current_run.as_ref()) ^ written_by(facts.last_run.as_ref()).rotate_left(32);
    let known = counts.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
    if let Some(known) = known
        && (known.done == done || (now.as_millis() - known.at.as_millis()).abs() < COUNTED_EACH_MS)
    {
        return Ok(known.rows);
    }
    let tables = list_record_tables(app.store(), reader, id).await?;
    let rows = tables.iter().filter_map(|table| table.rows).sum();
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    if counts.len() >= MOST_COUNTED {
        counts.clear();
    }
    counts.insert(id, Counted { done, at: now, rows });
    Ok(rows)
}

/// A number that differs once a run has changed the number of records.
fn written_by(run: Option<&RunFacts>) -> u64 {
    let written = |run: &RunFacts| -> u64 {
        let counts = run.rules.iter().map(|(_, progress)| progress.counts);
        counts.map(|counts| counts.inserted + counts.updated + counts.gone).sum()
    };
    run.map_or(0, |run| written(run) + 1)
}

impl From<Group> for GroupRef {
    fn from(group: Group) -> Self {
        Self { id: group.id.to_string(), name: group.name }
    }
}

impl From<Activity> for ActivityBody {
    fn from(activity: Activity) -> Self {
        match activity {
            Activity::Syncing { since } => Self::Syncing { since: since.into() },
            Activity::UpToDate { at } => Self::UpToDate { at: at.into() },
            Activity::Waiting => Self::Waiting,
        }
    }
}

impl From<model::IntegrationStatus> for IntegrationStatusBody {
    fn from(status: model::IntegrationStatus) -> Self {
        match status {
            model::IntegrationStatus::NeedsReconnect => Self::NeedsReconnect,
            model::IntegrationStatus::Paused => Self::Paused,
            model::IntegrationStatus::Incomplete => Self::Incomplete,
            model::IntegrationStatus::NeedsAttention => Self::NeedsAttention,
            model::IntegrationStatus::Active => Self::Active,
        }
    }
}

impl From<model::MissingPart> for MissingPart {
    fn from(part: model::MissingPart) -> Self {
        match part {
            model::MissingPart::Rule => Self::Rule,
            model::MissingPart::Mapping => Self::Mapping,
        }
    }
}

impl From<Mode> for IntegrationMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::ReadOnly => Self::ReadOnly,
            Mode::PushLink => Self::PushLink,
            Mode::ReadWrite => Self::ReadWrite,
        }
    }
}

impl From<Environment> for OrgEnvironment {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Sandbox => Self::Sandbox,
            Environment::Simulated => Self::Simulated,
            // No org stays `custom`: that is where somebody signed in.
            Environment::Production | Environment::Custom => Self::Production,
        }
    }
}
