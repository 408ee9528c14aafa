//! Processing the records of a job.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::runtime::Handle;

use super::columns::{read_cells, read_header, read_row};
use super::csv::CsvReader;
use super::job::IngestJob;
use super::save::{TRANSACTION_ROWS, save_rows};
use crate::app::App;
use crate::http::Call;
use crate::stream::Origin;

/// Records that count as one batch of the daily limit.
const BATCH_ROWS: usize = 10_000;

/// Sets a closed job going, unless it is to be looked at first.
pub(super) fn start(call: &Call, job: &Arc<IngestJob>) {
    if job.is_ready() {
        look(call, job);
    }
}

/// Moves a job on by one look, which may be the one that it is processed at.
pub(super) fn look(call: &Call, job: &Arc<IngestJob>) {
    if !job.step(call.app.now_ms()) {
        return;
    }
    let (app, job) = (Arc::clone(&call.app), Arc::clone(job));
    // A large job goes on while its client looks again, a small one is done at once.
    if is_small(&job) {
        process(&app, &job);
    } else {
        Handle::current().spawn_blocking(move || process(&app, &job));
    }
}

/// Processes a job that has nothing left to wait for.
pub(super) fn settle(call: &Call, job: &Arc<IngestJob>) {
    if job.is_ready() {
        look(call, job);
    }
}

fn is_small(job: &IngestJob) -> bool {
    memchr::memchr_iter(b'\n', &job.content()).take(BATCH_ROWS + 1).count() <= BATCH_ROWS
}

fn process(app: &App, job: &IngestJob) {
    let result = match job.failure() {
        Some(message) => Err(message.to_owned()),
        // What goes wrong inside the simulator must not leave a job that never ends.
        None => catch_unwind(AssertUnwindSafe(|| process_file(app, job))).unwrap_or_else(|_| {
            Err("InternalServerError : An unexpected error occurred while processing the job".to_owned())
        }),
    };
    job.finish(result.err(), app.now_ms());
    app.ingest_jobs.make_room();
}

/// Processes a file. The error is the message of a job that has failed.
fn process_file(app: &App, job: &IngestJob) -> Result<(), String> {
    let content = job.content();
    let text = std::str::from_utf8(&content)
        .map_err(|_| "ClientInputError : The content of the job is not UTF-8".to_owned())?;
    let mut reader = CsvReader::new(text, job.format.separators().0);
    let columns = read_header(&job.task, Some(job.format.line_ending), &mut reader)?;
    let mut rows: Vec<Vec<Cow<'_, str>>> = Vec::new();
    let mut saved = 0;
    let mut is_over = false;
    while !is_over {
        match reader.next_row() {
            Some(row) => {
                rows.push(read_cells(job.task.sobject, row, &columns)?);
            }
            None => is_over = true,
        }
        if rows.len() == TRANSACTION_ROWS || is_over && !rows.is_empty() {
            if saved % BATCH_ROWS == 0 {
                app.ingest_jobs.count_batches(app.now_ms(), 1);
            }
            saved += rows.len();
            let sent = rows.iter().map(|row| read_row(&columns, row)).collect();
            let origin = Origin::of_api("bulkapi", job.api_version(), None, job.task.user_id);
            let outcomes = origin.run(|| save_rows(app, &job.task, sent));
            rows.clear();
            if !job.record(outcomes, app.now_ms()) || job.is_aborted() {
                return Ok(());
            }
        }
    }
    Ok(())
}
