//! One ingest job and its states.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde::{Deserialize, Serialize};

use super::save::{Operation, Outcome, Task};
use crate::bulk::RETENTION_MS;
use crate::bulk::course::{Course, Fate};
use crate::bulk::page::{ColumnDelimiter, Format, LineEnding};
use crate::bulk::whole_seconds;
use crate::clock::format_rest;
use crate::errors::ApiError;
use crate::http::{Call, version_text};
use crate::id::RecordId;

/// Where a job stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum IngestState {
    Open,
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

impl IngestState {
    pub(super) fn is_terminal(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }

    /// Returns the word that refusals have for a job which cannot be closed or aborted.
    fn as_done(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::UploadComplete | Self::InProgress => "Closed",
            Self::JobComplete => "Completed",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
        }
    }
}

/// An ingest job.
#[derive(Debug)]
pub(crate) struct IngestJob {
    id: RecordId,
    pub(super) task: Task,
    pub(super) format: Format,
    pub(super) assignment_rule_id: Option<String>,
    created_at: i64,
    api_version: u16,
    fate: Fate,
    progress: Mutex<Progress>,
}

#[derive(Clone, Debug)]
struct Progress {
    state: IngestState,
    course: Course,
    content: Option<Bytes>,
    outcomes: Arc<Vec<Outcome>>,
    outcome_bytes: usize,
    failed: usize,
    error: Option<String>,
}

impl IngestJob {
    pub(super) fn new(call: &Call, task: Task, format: Format) -> Self {
        let now_ms = call.app.now_ms();
        let fate = Fate::of(call, "job");
        let course = fate.begin(now_ms);
        Self {
            id: call.app.jobs.next_id(),
            task,
            format,
            assignment_rule_id: None,
            created_at: now_ms,
            api_version: call.version,
            fate,
            progress: Mutex::new(Progress {
                state: IngestState::Open,
                course,
                content: None,
                outcomes: Arc::default(),
                outcome_bytes: 0,
                failed: 0,
                error: None,
            }),
        }
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.fate.failure()
    }

    pub(super) fn id(&self) -> &RecordId {
        &self.id
    }

    pub(super) fn user_id(&self) -> RecordId {
        self.task.user_id
    }

    pub(super) fn api_version(&self) -> u16 {
        self.api_version
    }

    pub(super) fn state(&self) -> IngestState {
        self.lock().state
    }

    /// Returns the bytes the job holds.
    pub(super) fn size(&self) -> usize {
        let progress = self.lock();
        progress.content.as_ref().map_or(0, Bytes::len) + progress.outcome_bytes
    }

    pub(super) fn is_past_retention(&self, now_ms: i64) -> bool {
        now_ms - self.lock().course.changed_at() > RETENTION_MS
    }

    /// Takes the content, once.
    pub(super) fn upload(&self, content: Bytes) -> Result<(), ApiError> {
        let mut progress = self.lock();
        if progress.state != IngestState::Open {
            let message = format!("Uploading to an already {} Job not allowed", progress.state.as_done());
            return Err(ApiError::bad_request("INVALIDJOBSTATE", message));
        }
        if progress.content.is_some() {
            let message = format!(
                "Found multiple contents for job: <{}>, please 'Close' / 'Abort' / 'Delete' the current Job then \
                 create a new Job and make sure you only do 'PUT' once on a given Job.",
                &self.id.as_str()[..15]
            );
            return Err(ApiError::bad_request("INVALIDJOBSTATE", message));
        }
        progress.content = Some(content);
        Ok(())
    }

    /// Ends the upload.
    pub(super) fn close(&self) -> Result<(), ApiError> {
        let mut progress = self.lock();
        if progress.state != IngestState::Open {
            let message = format!("Closing already {} Job not allowed", progress.state.as_done());
            return Err(ApiError::bad_request("INVALIDJOBSTATE", message));
        }
        if progress.content.is_none() {
            let message = "Closing a Job without content not allowed";
            return Err(ApiError::bad_request("INVALIDJOBSTATE", message));
        }
        progress.state = IngestState::UploadComplete;
        Ok(())
    }

    /// Ends the job where it stands.
    pub(super) fn abort(&self, now_ms: i64) -> Result<(), ApiError> {
        let mut progress = self.lock();
        if progress.state.is_terminal() {
            let message = format!("Aborting already {} Job not allowed", progress.state.as_done());
            return Err(ApiError::bad_request("INVALIDJOBSTATE", message));
        }
        progress.state = IngestState::Aborted;
        progress.course.touch(now_ms);
        Ok(())
    }

    /// Moves a closed job on, as time would: each look at it is one step. Tells whether it is to be processed now.
    pub(super) fn step(&self, now_ms: i64) -> bool {
        let mut progress = self.lock();
        let is_waiting = matches!(progress.state, IngestState::UploadComplete | IngestState::InProgress);
        if !is_waiting || progress.course.has_started() {
            return false;
        }
        progress.state = IngestState::InProgress;
        progress.course.step(now_ms)
    }

    /// Returns whether the job waits for nobody to look at it.
    pub(super) fn is_ready(&self) -> bool {
        self.lock().course.is_ready()
    }

    /// Returns the content.
    pub(super) fn content(&self) -> Bytes {
        self.lock().content.clone().unwrap_or_default()
    }

    /// Writes down what became of some records. Answers false if the job was aborted meanwhile.
    pub(super) fn record(&self, outcomes: Vec<Outcome>, now_ms: i64) -> bool {
        let mut progress = self.lock();
        progress.failed +=
            outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Failed { .. })).count();
        progress.outcome_bytes += outcomes.iter().map(Outcome::size).sum::<usize>();
        Arc::make_mut(&mut progress.outcomes).extend(outcomes);
        progress.course.touch(now_ms);
        !progress.state.is_terminal()
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.state() == IngestState::Aborted
    }

    /// Ends the job, with a message if it has failed.
    pub(super) fn finish(&self, error: Option<String>, now_ms: i64) {
        let mut progress = self.lock();
        if progress.state.is_terminal() {
            return;
        }
        progress.state = if error.is_some() { IngestState::Failed } else { IngestState::JobComplete };
        progress.error = error;
        progress.course.touch(now_ms);
    }

    /// Returns what became of the records so far.
    pub(super) fn outcomes(&self) -> Arc<Vec<Outcome>> {
        Arc::clone(&self.lock().outcomes)
    }

    /// The answer to its creation and to changes, which lacks what is not known then.
    pub(super) fn created_body(&self) -> IngestBody<'_> {
        self.body_at(&self.lock())
    }

    fn body_at(&self, progress: &Progress) -> IngestBody<'_> {
        IngestBody {
            id: self.id.as_str(),
            operation: self.task.operation,
            object: &self.task.sobject.name,
            created_by_id: self.task.user_id.to_string(),
            created_date: format_rest(whole_seconds(self.created_at)),
            system_modstamp: format_rest(whole_seconds(progress.course.changed_at())),
            state: progress.state,
            external_id_field_name: self.task.key.map(|key| key.name.as_str()),
            assignment_rule_id: self.assignment_rule_id.as_deref(),
            concurrency_mode: "Parallel",
            content_type: "CSV",
            api_version: f64::from(self.api_version) / 10.0,
            job_type: None,
            content_url: Some(format!(
                "services/data/v{}/jobs/ingest/{}/batches",
                version_text(self.api_version),
                self.id
            )),
            line_ending: self.format.line_ending,
            column_delimiter: self.format.delimiter,
            figures: None,
            error_message: None,
        }
    }

    /// The entry in the list of jobs.
    pub(super) fn listed_body(&self) -> IngestBody<'_> {
        IngestBody { job_type: Some("V2Ingest"), ..self.created_body() }
    }

    /// The whole answer.
    pub(super) fn body(&self) -> IngestBody<'_> {
        let progress = self.lock();
        let took = progress.course.took_ms();
        IngestBody {
            job_type: Some("V2Ingest"),
            figures: Some(Figures {
                number_records_processed: progress.outcomes.len(),
                number_records_failed: progress.failed,
                retries: 0,
                total_processing_time: took,
                api_active_processing_time: took,
                apex_processing_time: 0,
            }),
            error_message: progress.error.clone(),
            ..self.body_at(&progress)
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job on the wire, its members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IngestBody<'a> {
    id: &'a str,
    operation: Operation,
    object: &'a str,
    created_by_id: String,
    created_date: String,
    system_modstamp: String,
    state: IngestState,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id_field_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment_rule_id: Option<&'a str>,
    concurrency_mode: &'static str,
    content_type: &'static str,
    api_version: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_url: Option<String>,
    line_ending: LineEnding,
    column_delimiter: ColumnDelimiter,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    figures: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

/// What only the later answers about a job tell.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    number_records_processed: usize,
    number_records_failed: usize,
    retries: u32,
    total_processing_time: i64,
    api_active_processing_time: i64,
    apex_processing_time: i64,
}
