//! All ingest jobs of the org.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::job::IngestJob;
use crate::id::RecordId;

/// As many bytes of uploads are held by all jobs together; the oldest ended jobs go first.
const MAX_BYTES: usize = 1024 * 1024 * 1024;

/// As many jobs are kept, so that many small ones are bounded too.
const MAX_JOBS: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct IngestJobs {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    jobs: BTreeMap<RecordId, Arc<IngestJob>>,
    /// When batches were processed in the last day, and how many.
    batches: Vec<(i64, u64)>,
}

impl IngestJobs {
    pub(super) fn add(&self, job: IngestJob) -> Arc<IngestJob> {
        let job = Arc::new(job);
        self.lock().jobs.insert(*job.id(), Arc::clone(&job));
        self.make_room();
        job
    }

    /// Forgets the oldest jobs where there are too many, or where they hold too much.
    pub(super) fn make_room(&self) {
        let mut state = self.lock();
        let mut bytes: usize = state.jobs.values().map(|job| job.size()).sum();
        // The newest one stays however large it is; ids count up.
        while state.jobs.len() > 1 && (bytes > MAX_BYTES || state.jobs.len() > MAX_JOBS) {
            let oldest = state.jobs.values().find(|job| job.state().is_terminal());
            let Some(id) = oldest.map(|job| *job.id()) else { return };
            bytes -= state.jobs.remove(&id).map_or(0, |job| job.size());
        }
    }

    /// Finds a job that is kept still.
    pub(super) fn find(&self, id: &str, now_ms: i64) -> Option<Arc<IngestJob>> {
        let id = RecordId::parse(id)?;
        self.lock().alive(now_ms).get(&id).cloned()
    }

    pub(super) fn list(&self, now_ms: i64) -> Vec<Arc<IngestJob>> {
        self.lock().alive(now_ms).values().cloned().collect()
    }

    pub(super) fn remove(&self, id: &RecordId) {
        self.lock().jobs.remove(id);
    }

    pub(crate) fn count_batches(&self, now_ms: i64, count: u64) {
        self.lock().batches.push((now_ms, count));
    }

    /// Returns how many batches were processed since then.
    pub(crate) fn count_batches_since(&self, since: i64) -> u64 {
        let mut state = self.lock();
        state.batches.retain(|(at, _)| *at >= since);
        state.batches.iter().map(|(_, count)| count).sum()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn alive(&mut self, now_ms: i64) -> &BTreeMap<RecordId, Arc<IngestJob>> {
        self.jobs.retain(|_, job| !job.is_past_retention(now_ms));
        &self.jobs
    }
}
