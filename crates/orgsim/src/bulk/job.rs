//! One query job and its states.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use serde::{Deserialize, Serialize};

use super::content::{Content, Press};
use super::course::{Course, Fate};
use super::page::{ColumnDelimiter, Format, LineEnding, Source};
use super::prerender::Rendered;
use super::whole_seconds;
use crate::bulk::RETENTION_MS;
use crate::clock::format_rest;
use crate::http::Call;
use crate::id::RecordId;
use crate::org::Org;
use crate::soql::Query;

/// What a query job reads.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Operation {
    Query,
    QueryAll,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum JobState {
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

impl JobState {
    pub(super) fn is_terminal(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

/// A query job. Its results are those of the moment that it was created at.
#[derive(Debug)]
pub(crate) struct Job {
    id: RecordId,
    operation: Operation,
    sobject: String,
    soql: String,
    format: Format,
    can_be_split: bool,
    user_id: RecordId,
    created_at: i64,
    api_version: u16,
    fate: Fate,
    row_count: usize,
    /// How large the results are, once they are made.
    result_bytes: Arc<AtomicU64>,
    content: Mutex<Content>,
    rendered: Vec<Arc<Rendered>>,
    progress: Mutex<Progress>,
}

#[derive(Clone, Copy, Debug)]
struct Progress {
    state: JobState,
    course: Course,
}

impl Job {
    pub(super) fn new(
        call: &Call,
        query: &Query,
        soql: String,
        operation: Operation,
        format: Format,
    ) -> Self {
        let now_ms = call.app.now_ms();
        let fate = Fate::of(call, "job");
        let course = fate.begin(now_ms);
        Self {
            id: call.app.jobs.next_id(),
            operation,
            sobject: query.sobject().name.clone(),
            soql,
            format,
            // Sorting or limiting a query keeps it in one piece (Bulk API 2.0 Developer Guide, Query).
            can_be_split: !query.is_ordered() && query.limit().is_none(),
            user_id: call.session.user_id,
            created_at: now_ms,
            api_version: call.version,
            fate,
            row_count: 0,
            result_bytes: Arc::default(),
            content: Mutex::new(Content::Nothing),
            rendered: Vec::new(),
            progress: Mutex::new(Progress { state: JobState::UploadComplete, course }),
        }
    }

    /// Gives the job what its results are written from, of which some pages may have been made beforehand.
    pub(super) fn with_source(mut self, source: Arc<Source>, rendered: Vec<Arc<Rendered>>) -> Self {
        self.row_count = source.row_count();
        self.content = Mutex::new(Content::Computed(source));
        self.rendered = rendered;
        self
    }

    /// Has the results made, unless they were made beforehand or there will be none.
    pub(super) fn process(&self, org: &Org, press: &Press) {
        let mut content = self.content();
        if self.fate.failure().is_some() {
            *content = Content::Nothing;
        } else if self.rendered.is_empty()
            && let Content::Computed(source) = &*content
        {
            *content = press.render(org, Arc::clone(source));
        }
    }

    pub(super) fn id(&self) -> &RecordId {
        &self.id
    }

    pub(super) fn user_id(&self) -> RecordId {
        self.user_id
    }

    pub(super) fn sobject(&self) -> &str {
        &self.sobject
    }

    pub(super) fn soql(&self) -> &str {
        &self.soql
    }

    pub(super) fn created_at(&self) -> i64 {
        self.created_at
    }

    pub(super) fn api_version(&self) -> u16 {
        self.api_version
    }

    pub(super) fn row_count(&self) -> usize {
        self.row_count
    }

    /// Returns how large the results are, which it goes on to tell when the job is gone.
    pub(super) fn result_bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.result_bytes)
    }

    /// Returns some rows of the results of a job that is complete.
    pub(super) fn stream(&self, org: &Org, rows: Range<usize>) -> Body {
        self.content().stream(org, rows)
    }

    /// Returns some rows of the results compressed, if that needs not be done first.
    pub(super) fn stream_gzip(&self, rows: Range<usize>) -> Option<Body> {
        self.content().stream_gzip(rows)
    }

    /// Returns whether the results take up room in a file.
    pub(super) fn is_in_file(&self) -> bool {
        self.content().is_in_file()
    }

    /// Gives up the file of a job that has ended: its pages are computed from now on.
    pub(super) fn leave_file(&self) {
        if self.state().is_terminal() {
            self.content().leave_file();
        }
    }

    /// Finds the pages made beforehand for that page size.
    pub(super) fn rendered(&self, page_rows: usize) -> Option<&Arc<Rendered>> {
        self.rendered.iter().find(|rendered| rendered.page_rows() == page_rows)
    }

    pub(super) fn state(&self) -> JobState {
        self.lock().state
    }

    /// Moves the job on, as time would: each look at it is one step. It is not complete before its results are made.
    pub(super) fn look(&self, now_ms: i64) {
        let mut content = self.content();
        let is_ready = content.is_ready();
        self.result_bytes.store(content.size(), Ordering::Relaxed);
        drop(content);
        let mut progress = self.lock();
        if progress.state.is_terminal() {
            return;
        }
        progress.state = match (progress.course.step(now_ms), self.fate.failure()) {
            (true, Some(_)) => JobState::Failed,
            (true, None) if is_ready => JobState::JobComplete,
            _ => JobState::InProgress,
        };
    }

    /// Completes a job that has nothing left to wait for.
    pub(super) fn settle(&self, now_ms: i64) {
        if self.lock().course.is_ready() {
            self.look(now_ms);
        }
    }

    /// Aborts the job. Answers false if it has ended.
    pub(super) fn abort(&self, now_ms: i64) -> bool {
        let mut progress = self.lock();
        if progress.state.is_terminal() {
            return false;
        }
        progress.state = JobState::Aborted;
        progress.course.touch(now_ms);
        drop(progress);
        *self.content() = Content::Nothing;
        true
    }

    pub(super) fn is_past_retention(&self, now_ms: i64) -> bool {
        let progress = self.lock();
        progress.state.is_terminal() && now_ms - progress.course.changed_at() > RETENTION_MS
    }

    /// The answer to its creation, which lacks what is not known then.
    pub(super) fn created_body(&self) -> JobBody<'_> {
        self.body_at(*self.lock())
    }

    fn body_at(&self, progress: Progress) -> JobBody<'_> {
        JobBody {
            id: self.id.as_str(),
            operation: self.operation,
            object: &self.sobject,
            created_by_id: self.user_id.to_string(),
            created_date: format_rest(whole_seconds(self.created_at)),
            system_modstamp: format_rest(whole_seconds(progress.course.changed_at())),
            state: progress.state,
            concurrency_mode: "Parallel",
            content_type: "CSV",
            api_version: f64::from(self.api_version) / 10.0,
            job_type: None,
            line_ending: self.format.line_ending,
            column_delimiter: self.format.delimiter,
            figures: None,
            error_message: None,
        }
    }

    /// The whole answer.
    pub(super) fn body(&self, now_ms: i64) -> JobBody<'_> {
        let progress = *self.lock();
        let is_complete = progress.state == JobState::JobComplete;
        let until = if progress.state.is_terminal() { progress.course.changed_at() } else { now_ms };
        JobBody {
            job_type: Some("V2Query"),
            figures: Some(Figures {
                number_records_processed: if is_complete { self.row_count } else { 0 },
                retries: 0,
                total_processing_time: (until - self.created_at).max(0),
                is_pk_chunking_supported: self.can_be_split,
            }),
            error_message: self.fate.failure().filter(|_| progress.state == JobState::Failed),
            ..self.body_at(progress)
        }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job on the wire, its members in the order in which Salesforce writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobBody<'a> {
    id: &'a str,
    operation: Operation,
    object: &'a str,
    created_by_id: String,
    created_date: String,
    system_modstamp: String,
    state: JobState,
    concurrency_mode: &'static str,
    content_type: &'static str,
    api_version: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_type: Option<&'static str>,
    line_ending: LineEnding,
    column_delimiter: ColumnDelimiter,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    figures: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
}

/// What only the later answers about a job tell.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    number_records_processed: usize,
    retries: u32,
    total_processing_time: i64,
    is_pk_chunking_supported: bool,
}
