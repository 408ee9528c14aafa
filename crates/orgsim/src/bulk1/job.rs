//! One job of Bulk API 1.0.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

pub(super) use self::open::open;

use super::batch::{Batch, BatchState};
use super::body::{self, Datum, Info};
use super::chunks::Chunking;
use super::error::AsyncError;
use super::{MAX_BATCH_BYTES, Result};
use crate::bulk::RETENTION_MS;
use crate::bulk::ingest::{Operation, Task};
use crate::bulk::{LineEnding, QueryOperation};
use crate::clock::format_rest;
use crate::id::RecordId;
use crate::schema::SObject;

mod open;

/// For how long batches may be added to a job (Bulk API Developer Guide, Bulk API Limits).
const OPEN_MS: i64 = 24 * 3_600_000;

/// What the batches of a job are made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ContentType {
    Csv,
    Xml,
    Json,
}

impl ContentType {
    pub(super) const ALL: [Self; 3] = [Self::Csv, Self::Xml, Self::Json];

    fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|content_type| content_type.as_str().eq_ignore_ascii_case(name))
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xml => "XML",
            Self::Json => "JSON",
        }
    }

    /// Returns the word by which content types name it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    pub(super) fn mime(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Xml => "application/xml",
            Self::Json => "application/json",
        }
    }
}

/// What a job does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    Ingest(Task),
    Query(QueryOperation),
}

impl Work {
    fn name(&self) -> &'static str {
        match self {
            Self::Ingest(task) => match task.operation {
                Operation::Insert => "insert",
                Operation::Update => "update",
                Operation::Upsert => "upsert",
                Operation::Delete => "delete",
                Operation::HardDelete => "hardDelete",
            },
            Self::Query(QueryOperation::Query) => "query",
            Self::Query(QueryOperation::QueryAll) => "queryAll",
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum JobState {
    Open,
    Closed,
    Aborted,
}

/// A job.
#[derive(Debug)]
pub(crate) struct Job {
    id: RecordId,
    work: Work,
    sobject: &'static SObject,
    content_type: ContentType,
    concurrency: &'static str,
    assignment_rule_id: Option<String>,
    line_ending: LineEnding,
    chunking: Option<Chunking>,
    user_id: RecordId,
    api_version: u16,
    created_at: i64,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    state: JobState,
    changed_at: i64,
    batches: Vec<Arc<Batch>>,
}

impl Job {
    pub(super) fn id(&self) -> &RecordId {
        &self.id
    }

    pub(crate) fn user_id(&self) -> RecordId {
        self.user_id
    }

    pub(super) fn work(&self) -> Work {
        self.work
    }

    pub(super) fn sobject(&self) -> &'static SObject {
        self.sobject
    }

    pub(super) fn content_type(&self) -> ContentType {
        self.content_type
    }

    pub(super) fn line_ending(&self) -> LineEnding {
        self.line_ending
    }

    pub(super) fn chunking(&self) -> Option<&Chunking> {
        self.chunking.as_ref()
    }

    pub(super) fn api_version(&self) -> u16 {
        self.api_version
    }

    /// Returns whether the job queries, which Bulk API 2.0 lists apart from those that write.
    pub(crate) fn is_query(&self) -> bool {
        matches!(self.work, Work::Query(_))
    }

    /// Returns the bytes the job holds.
    pub(super) fn size(&self) -> usize {
        self.lock().batches.iter().map(|batch| batch.size()).sum()
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().state != JobState::Open
    }

    pub(super) fn is_past_retention(&self, now_ms: i64) -> bool {
        now_ms - self.lock().changed_at > RETENTION_MS
    }

    pub(super) fn batches(&self) -> Vec<Arc<Batch>> {
        self.lock().batches.clone()
    }

    pub(super) fn find_batch(&self, id: &str) -> Option<Arc<Batch>> {
        let id = RecordId::parse(id)?;
        self.lock().batches.iter().find(|batch| *batch.id() == id).cloned()
    }

    /// Adds a batch that a client sent.
    pub(super) fn add(&self, batch: Batch, now_ms: i64) -> Result<Arc<Batch>> {
        let mut progress = self.lock();
        if progress.state != JobState::Open {
            let message = format!("Batch cannot be added to a job that is {:?}", progress.state);
            return Err(AsyncError::new("InvalidJobState", message));
        }
        if now_ms - self.created_at > OPEN_MS {
            let message = "Batches cannot be added to a job more than 24 hours after its creation";
            return Err(AsyncError::new("InvalidJobState", message));
        }
        debug_assert!(batch.size() <= MAX_BATCH_BYTES, "larger ones are refused before");
        let batch = Arc::new(batch);
        progress.batches.push(Arc::clone(&batch));
        progress.changed_at = now_ms;
        Ok(batch)
    }

    /// Adds batches that another one was split into.
    pub(super) fn add_chunks(&self, batches: Vec<Batch>, now_ms: i64) {
        let mut progress = self.lock();
        progress.batches.extend(batches.into_iter().map(Arc::new));
        progress.changed_at = now_ms;
    }

    /// Notes that a batch of the job has moved on.
    pub(super) fn touch(&self, now_ms: i64) {
        self.lock().changed_at = now_ms;
    }

    pub(super) fn close(&self, now_ms: i64) -> Result<()> {
        self.end(JobState::Closed, "Closing", now_ms)
    }

    /// Ends the job; what is not processed yet never is.
    pub(super) fn abort(&self, now_ms: i64) -> Result<()> {
        self.end(JobState::Aborted, "Aborting", now_ms)?;
        self.batches().iter().for_each(|batch| batch.drop_unprocessed(now_ms));
        Ok(())
    }

    fn end(&self, state: JobState, act: &str, now_ms: i64) -> Result<()> {
        let mut progress = self.lock();
        let is_allowed = match progress.state {
            JobState::Open => true,
            // A closed job can be aborted while it has batches to process.
            JobState::Closed => state == JobState::Aborted,
            JobState::Aborted => false,
        };
        if !is_allowed {
            let message = format!("{act} already {:?} Job not allowed", progress.state);
            return Err(AsyncError::new("InvalidJobState", message));
        }
        progress.state = state;
        progress.changed_at = now_ms;
        Ok(())
    }

    /// Tells of the job.
    pub(super) fn info(&self) -> Info {
        let (state, changed_at) = {
            let progress = self.lock();
            (progress.state, progress.changed_at)
        };
        let batches = self.batches();
        let count = |state: BatchState| {
            Datum::Number(batches.iter().filter(|batch| batch.state() == state).count() as i64)
        };
        let sum = |figure: fn(&Batch) -> i64| Datum::Number(batches.iter().map(|batch| figure(batch)).sum());
        let key = match &self.work {
            Work::Ingest(task) => task.key.map(|key| key.name.as_str()),
            Work::Query(_) => None,
        };
        let members = vec![
            ("id", Datum::text(self.id.as_str())),
            ("operation", Datum::text(self.work.name())),
            ("object", Datum::text(&self.sobject.name)),
            ("createdById", Datum::text(self.user_id.as_str())),
            ("createdDate", Datum::Instant(self.created_at)),
            ("systemModstamp", Datum::Instant(changed_at)),
            ("state", Datum::Text(format!("{state:?}"))),
            ("externalIdFieldName", Datum::optional(key)),
            ("concurrencyMode", Datum::text(self.concurrency)),
            ("contentType", Datum::text(self.content_type.as_str())),
            ("numberBatchesQueued", count(BatchState::Queued)),
            ("numberBatchesInProgress", count(BatchState::InProgress)),
            ("numberBatchesCompleted", count(BatchState::Completed)),
            ("numberBatchesFailed", count(BatchState::Failed)),
            ("numberBatchesTotal", Datum::Number(batches.len() as i64)),
            ("numberRecordsProcessed", sum(Batch::processed)),
            ("numberRetries", Datum::Number(0)),
            ("apiVersion", Datum::Version(self.api_version)),
            ("assignmentRuleId", Datum::optional(self.assignment_rule_id.as_deref())),
            ("numberRecordsFailed", sum(Batch::failed)),
            ("totalProcessingTime", sum(Batch::took_ms)),
            ("apiActiveProcessingTime", sum(Batch::took_ms)),
            ("apexProcessingTime", Datum::Number(0)),
            ("fastPathEnabled", Datum::Flag(false)),
        ];
        Info { name: "jobInfo", members }
    }

    /// The entry in the lists of Bulk API 2.0 (Bulk API 2.0 Developer Guide, Get Information About All Jobs).
    pub(crate) fn classic_body(&self) -> ClassicBody {
        let progress = self.lock();
        ClassicBody {
            id: self.id.to_string(),
            operation: self.work.name(),
            object: self.sobject.name.clone(),
            created_by_id: self.user_id.to_string(),
            created_date: format_rest(body::whole_second(self.created_at)),
            system_modstamp: format_rest(body::whole_second(progress.changed_at)),
            state: format!("{:?}", progress.state),
            concurrency_mode: self.concurrency,
            content_type: self.content_type.as_str(),
            api_version: f64::from(self.api_version) / 10.0,
            job_type: "Classic",
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job among those of Bulk API 2.0, its members in the order in which Salesforce writes them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClassicBody {
    id: String,
    operation: &'static str,
    object: String,
    created_by_id: String,
    created_date: String,
    system_modstamp: String,
    state: String,
    concurrency_mode: &'static str,
    content_type: &'static str,
    api_version: f64,
    job_type: &'static str,
}
