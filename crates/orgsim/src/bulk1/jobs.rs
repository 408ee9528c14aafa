//! All jobs of Bulk API 1.0.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::job::Job;
use crate::id::RecordId;

/// As many bytes of batches are held by all jobs together; the oldest ended jobs go first.
const MAX_BYTES: usize = 1024 * 1024 * 1024;

/// As many jobs are kept, so that many small ones are bounded too.
const MAX_JOBS: usize = 10_000;

/// The jobs of the org.
#[derive(Debug, Default)]
pub(crate) struct AsyncJobs {
    last_batch: AtomicU64,
    last_result: AtomicU64,
    jobs: Mutex<BTreeMap<RecordId, Arc<Job>>>,
}

impl AsyncJobs {
    pub(super) fn next_batch_id(&self) -> RecordId {
        RecordId::new(b"751", self.last_batch.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) fn next_result_id(&self) -> RecordId {
        RecordId::new(b"752", self.last_result.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) fn add(&self, job: Job) -> Arc<Job> {
        let job = Arc::new(job);
        self.lock().insert(*job.id(), Arc::clone(&job));
        self.make_room();
        job
    }

    /// Forgets the oldest jobs where there are too many, or where they hold too much.
    pub(super) fn make_room(&self) {
        let mut jobs = self.lock();
        let mut bytes: usize = jobs.values().map(|job| job.size()).sum();
        // The newest one stays however large it is; ids count up.
        while jobs.len() > 1 && (bytes > MAX_BYTES || jobs.len() > MAX_JOBS) {
            let oldest = jobs.values().find(|job| job.is_over());
            let Some(id) = oldest.map(|job| *job.id()) else { return };
            bytes -= jobs.remove(&id).map_or(0, |job| job.size());
        }
    }

    /// Finds a job that is kept still.
    pub(super) fn find(&self, id: &str, now_ms: i64) -> Option<Arc<Job>> {
        let id = RecordId::parse(id)?;
        let mut jobs = self.lock();
        jobs.retain(|_, job| !job.is_past_retention(now_ms));
        jobs.get(&id).cloned()
    }

    /// Returns whether an id is that of a job of this version of the API.
    pub(crate) fn knows(&self, id: &str, now_ms: i64) -> bool {
        self.find(id, now_ms).is_some()
    }

    /// Lists the jobs that are kept.
    pub(crate) fn list(&self, now_ms: i64) -> Vec<Arc<Job>> {
        let mut jobs = self.lock();
        jobs.retain(|_, job| !job.is_past_retention(now_ms));
        jobs.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RecordId, Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
