//! All query jobs of the org.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::content::Press;
use super::job::{Job, Operation};
use super::page::Format;
use super::prerender::Rendered;
use super::spool::ResultBytes;
use crate::id::RecordId;
use crate::org::Org;

/// As many rows are held by all jobs together, 12 bytes each; the oldest jobs go first.
const MAX_ROWS: usize = 16_000_000;

/// As many jobs are kept, so that many small ones are bounded too.
const MAX_JOBS: usize = 10_000;

/// As many jobs may have a file open.
const MAX_FILES: usize = 64;

/// The jobs, and the result pages made beforehand.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    last: AtomicU64,
    press: Press,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    jobs: BTreeMap<RecordId, Arc<Job>>,
    /// The rows of all jobs kept.
    rows: usize,
    /// When jobs were created in the last day and how large their results are, those deleted since included.
    created: Vec<(i64, Arc<AtomicU64>)>,
    rendered: Vec<Arc<Rendered>>,
}

impl Jobs {
    pub(crate) fn next_id(&self) -> RecordId {
        RecordId::new(b"750", self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) fn add(&self, job: Job) -> Arc<Job> {
        let job = Arc::new(job);
        let mut state = self.lock();
        state.created.push((job.created_at(), job.result_bytes()));
        state.rows += job.row_count();
        state.jobs.insert(*job.id(), Arc::clone(&job));
        // The newest one stays however large it is.
        while state.jobs.len() > 1 && (state.rows > MAX_ROWS || state.jobs.len() > MAX_JOBS) {
            state.drop_oldest();
        }
        job
    }

    /// Has the results of a job made.
    pub(super) fn process(&self, org: &Org, job: &Job) {
        self.make_room();
        job.process(org, &self.press);
    }

    /// Returns how much the results of all jobs take up.
    pub(crate) fn result_bytes(&self) -> ResultBytes {
        self.press.spool.used()
    }

    /// Takes the files of the oldest jobs that have ended where there would soon be no room for others.
    fn make_room(&self) {
        let state = self.lock();
        let mut files = state.jobs.values().filter(|job| job.is_in_file()).count();
        for job in state.jobs.values().filter(|job| job.is_in_file()) {
            if files < MAX_FILES && !self.press.spool.is_half_full() {
                return;
            }
            job.leave_file();
            files -= 1;
        }
    }

    /// Finds a job that is kept still.
    pub(super) fn find(&self, id: &str, now_ms: i64) -> Option<Arc<Job>> {
        let id = RecordId::parse(id)?;
        self.lock().alive(now_ms).get(&id).cloned()
    }

    pub(super) fn list(&self, now_ms: i64) -> Vec<Arc<Job>> {
        self.lock().alive(now_ms).values().cloned().collect()
    }

    pub(super) fn remove(&self, id: &RecordId) {
        let mut state = self.lock();
        if let Some(job) = state.jobs.remove(id) {
            state.rows -= job.row_count();
        }
    }

    /// Aborts every job that has not ended. Returns how many.
    pub(crate) fn abort_all(&self, now_ms: i64) -> usize {
        self.lock().alive(now_ms).values().filter(|job| job.abort(now_ms)).count()
    }

    /// Removes every job. Returns how many.
    pub(crate) fn remove_all(&self) -> usize {
        let mut state = self.lock();
        state.rows = 0;
        std::mem::take(&mut state.jobs).len()
    }

    /// Returns how many jobs were created since then.
    pub(crate) fn count_since(&self, since: i64) -> u64 {
        self.lock().created_since(since).len() as u64
    }

    /// Returns how large the results are of all jobs created since then.
    pub(crate) fn result_bytes_since(&self, since: i64) -> u64 {
        self.lock().created_since(since).iter().map(|(_, bytes)| bytes.load(Ordering::Relaxed)).sum()
    }

    /// Keeps pages made beforehand, in place of older ones for the same jobs.
    pub(super) fn keep_rendered(&self, rendered: Rendered) {
        let mut state = self.lock();
        state
            .rendered
            .retain(|older| older.soql() != rendered.soql() || older.page_rows() != rendered.page_rows());
        state.rendered.push(Arc::new(rendered));
    }

    /// Finds the pages made beforehand that a job may serve, one set for each page size.
    pub(super) fn find_rendered(
        &self,
        soql: &str,
        operation: Operation,
        format: Format,
    ) -> Vec<Arc<Rendered>> {
        if operation != Operation::Query || format != Format::default() {
            return Vec::new();
        }
        self.lock().rendered.iter().filter(|rendered| rendered.soql() == soql.trim()).cloned().collect()
    }

    /// Forgets pages made beforehand.
    pub(crate) fn clear_rendered(&self) {
        self.lock().rendered.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn created_since(&mut self, since: i64) -> &[(i64, Arc<AtomicU64>)] {
        self.created.retain(|(created_at, _)| *created_at >= since);
        &self.created
    }

    fn alive(&mut self, now_ms: i64) -> &BTreeMap<RecordId, Arc<Job>> {
        let rows = &mut self.rows;
        self.jobs.retain(|_, job| {
            let is_kept = !job.is_past_retention(now_ms);
            if !is_kept {
                *rows -= job.row_count();
            }
            is_kept
        });
        &self.jobs
    }

    fn drop_oldest(&mut self) {
        // Ids count up, so the first is the oldest.
        if let Some((_, job)) = self.jobs.pop_first() {
            self.rows -= job.row_count();
        }
    }
}
