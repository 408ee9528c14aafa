//! One batch of a job and its states.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;

use super::body::{Datum, Info};
use crate::bulk::course::{Course, Fate};
use crate::bulk::ingest::Outcome;
use crate::id::RecordId;
use crate::org::Row;

/// Where a batch stands (Bulk API Developer Guide, Batch States).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BatchState {
    Queued,
    InProgress,
    Completed,
    Failed,
    NotProcessed,
}

/// What came of a batch.
#[derive(Clone, Debug)]
pub(super) enum Yield {
    Nothing,
    /// What became of each record, in their order.
    Rows(Arc<Vec<Outcome>>),
    /// What a query found: files of some of the rows each.
    Found(Arc<[Row]>, Vec<ResultFile>),
}

/// A file of a query's results.
#[derive(Clone, Debug)]
pub(super) struct ResultFile {
    pub(super) id: RecordId,
    pub(super) range: Range<usize>,
}

/// A batch.
#[derive(Debug)]
pub(super) struct Batch {
    id: RecordId,
    job_id: RecordId,
    request: Bytes,
    created_at: i64,
    fate: Fate,
    progress: Mutex<Progress>,
}

#[derive(Clone, Debug)]
struct Progress {
    state: BatchState,
    message: Option<String>,
    course: Course,
    result: Yield,
}

impl Batch {
    pub(super) fn new(id: RecordId, job_id: RecordId, request: Bytes, fate: Fate, now_ms: i64) -> Self {
        let progress = Progress {
            state: BatchState::Queued,
            message: None,
            course: fate.begin(now_ms),
            result: Yield::Nothing,
        };
        Self { id, job_id, request, created_at: now_ms, fate, progress: Mutex::new(progress) }
    }

    /// Makes a batch that has nothing left to do.
    pub(super) fn completed(mut self, result: Yield) -> Self {
        let progress = self.progress.get_mut().unwrap_or_else(PoisonError::into_inner);
        progress.state = BatchState::Completed;
        progress.course.step(self.created_at);
        progress.result = result;
        self
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.fate.failure()
    }

    pub(super) fn id(&self) -> &RecordId {
        &self.id
    }

    pub(super) fn request(&self) -> &Bytes {
        &self.request
    }

    /// Returns the bytes the batch holds.
    pub(super) fn size(&self) -> usize {
        self.request.len()
    }

    pub(super) fn state(&self) -> BatchState {
        self.lock().state
    }

    pub(super) fn result(&self) -> Yield {
        self.lock().result.clone()
    }

    /// Returns whether the batch waits for nobody to look at it.
    pub(super) fn is_ready(&self) -> bool {
        self.lock().course.is_ready()
    }

    pub(super) fn processed(&self) -> i64 {
        match &self.lock().result {
            Yield::Nothing => 0,
            Yield::Rows(outcomes) => outcomes.len() as i64,
            Yield::Found(_, files) => files.iter().map(|file| file.range.len() as i64).sum(),
        }
    }

    pub(super) fn failed(&self) -> i64 {
        match &self.lock().result {
            Yield::Rows(outcomes) => {
                outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Failed { .. })).count() as i64
            }
            _ => 0,
        }
    }

    pub(super) fn took_ms(&self) -> i64 {
        self.lock().course.took_ms()
    }

    /// Moves the batch on, as time would: each look at it is one step. Tells whether it is to be processed now.
    pub(super) fn step(&self, now_ms: i64) -> bool {
        let mut progress = self.lock();
        let is_waiting = matches!(progress.state, BatchState::Queued | BatchState::InProgress);
        if !is_waiting || progress.course.has_started() {
            return false;
        }
        progress.state = BatchState::InProgress;
        progress.course.step(now_ms)
    }

    /// Ends the batch, with a message if it has failed.
    pub(super) fn finish(&self, result: Result<Yield, String>, now_ms: i64) {
        let mut progress = self.lock();
        progress.course.touch(now_ms);
        match result {
            Ok(result) => {
                progress.state = BatchState::Completed;
                progress.result = result;
            }
            Err(message) => {
                progress.state = BatchState::Failed;
                progress.message = Some(message);
            }
        }
    }

    /// Ends a batch whose work others do.
    pub(super) fn finish_split(&self, now_ms: i64) {
        let mut progress = self.lock();
        progress.course.touch(now_ms);
        progress.state = BatchState::NotProcessed;
    }

    /// Gives the batch up unless it is processed already.
    pub(super) fn drop_unprocessed(&self, now_ms: i64) {
        let mut progress = self.lock();
        let is_waiting = matches!(progress.state, BatchState::Queued | BatchState::InProgress);
        if is_waiting && !progress.course.has_started() {
            progress.state = BatchState::NotProcessed;
            progress.course.touch(now_ms);
        }
    }

    /// Tells of the batch.
    pub(super) fn info(&self) -> Info {
        let Progress { state, message, course, .. } = self.lock().clone();
        let took = Datum::Number(course.took_ms());
        let members = vec![
            ("id", Datum::text(self.id.as_str())),
            ("jobId", Datum::text(self.job_id.as_str())),
            ("state", Datum::Text(format!("{state:?}"))),
            ("stateMessage", Datum::optional(message.as_deref())),
            ("createdDate", Datum::Instant(self.created_at)),
            ("systemModstamp", Datum::Instant(course.changed_at())),
            ("numberRecordsProcessed", Datum::Number(self.processed())),
            ("numberRecordsFailed", Datum::Number(self.failed())),
            ("totalProcessingTime", took.clone()),
            ("apiActiveProcessingTime", took),
            ("apexProcessingTime", Datum::Number(0)),
        ];
        Info { name: "batchInfo", members }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
