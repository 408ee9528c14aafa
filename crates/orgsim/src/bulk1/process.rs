//! Processing batches.

use std::ops::Range;
use std::sync::Arc;

use super::batch::{Batch, ResultFile, Yield};
use super::chunks::Chunking;
use super::job::{Job, Work};
use super::records;
use crate::app::App;
use crate::bulk::QueryOperation;
use crate::bulk::course::Fate;
use crate::org::Row;
use crate::soql::{self, Query};
use crate::stream::Origin;

/// The most rows of a file of results. An org cuts them at a gigabyte.
const FILE_ROWS: usize = 1_000_000;

/// Moves a batch on by one look, which may be the one that it is processed at.
pub(super) fn look(app: &App, job: &Job, batch: &Batch) {
    if !batch.step(app.now_ms()) {
        return;
    }
    let result = match (batch.failure(), job.work()) {
        (Some(message), _) => Err(message.to_owned()),
        (None, Work::Ingest(task)) => {
            let origin = Origin::of_api("bulkapi", job.api_version(), None, job.user_id());
            origin.run(|| records::save(app, job, &task, batch.request())).map(Yield::Rows)
        }
        (None, Work::Query(operation)) => match query(app, job, batch, operation) {
            Ok(Found::Rows(rows)) => {
                let files = list_files(app, 0..rows.len());
                Ok(Yield::Found(rows, files))
            }
            Ok(Found::Chunks(batches)) => {
                batch.finish_split(app.now_ms());
                job.add_chunks(batches, app.now_ms());
                return;
            }
            Err(message) => Err(message),
        },
    };
    batch.finish(result, app.now_ms());
    job.touch(app.now_ms());
}

/// What a query batch led to.
enum Found {
    Rows(Arc<[Row]>),
    /// A batch for each chunk of ids.
    Chunks(Vec<Batch>),
}

fn query(app: &App, job: &Job, batch: &Batch, operation: QueryOperation) -> Result<Found, String> {
    let query = prepare(app, job, batch.request(), operation)?;
    let view = app.org.read_visible_for(query.rights());
    let Some(chunking) = job.chunking() else {
        return Ok(Found::Rows(query.select_rows(&view).into()));
    };
    refuse_split(&query)?;
    let rows: Arc<[Row]> = query.select_rows(&view).into();
    let chunks = Chunking::split(chunking, &view, query.sobject(), &rows);
    let to_batch = |range: Range<usize>| {
        let id = app.async_jobs.next_batch_id();
        let found = Yield::Found(Arc::clone(&rows), list_files(app, range));
        Batch::new(id, *job.id(), batch.request().clone(), Fate::default(), app.now_ms()).completed(found)
    };
    Ok(Found::Chunks(chunks.into_iter().map(to_batch).collect()))
}

/// Reads the statement of a batch under the rules of Bulk.
pub(super) fn prepare(
    app: &App,
    job: &Job,
    request: &[u8],
    operation: QueryOperation,
) -> Result<Query, String> {
    let fail =
        |code: &str, message: &str| format!("InvalidBatch : Failed to process query: {code}: {message}");
    let text = std::str::from_utf8(request)
        .map_err(|_| fail("MALFORMED_QUERY", "the statement is not UTF-8"))?
        .trim_start_matches('\u{feff}')
        .trim();
    let context = soql::Context {
        include_deleted: operation == QueryOperation::QueryAll,
        bulk: true,
        ..app.query_context(job.user_id(), job.api_version())
    };
    let query = app.prepare(text, &context).map_err(|error| fail(error.code, &error.message))?;
    if query.sobject().index != job.sobject().index {
        let message =
            format!("the query is of {}, but the job of {}", query.sobject().name, job.sobject().name);
        return Err(fail("INVALID_TYPE", &message));
    }
    Ok(query)
}

/// Refuses to split what has an order or an end of its own.
fn refuse_split(query: &Query) -> Result<(), String> {
    if !query.is_ordered() && query.limit().is_none() {
        return Ok(());
    }
    let message = "ORDER BY and LIMIT are not supported with PK chunking";
    Err(format!("InvalidBatch : Failed to process query: MALFORMED_QUERY: {message}"))
}

/// Cuts rows into files. What found nothing has a file, too.
fn list_files(app: &App, range: Range<usize>) -> Vec<ResultFile> {
    cut(range, FILE_ROWS)
        .into_iter()
        .map(|range| ResultFile { id: app.async_jobs.next_result_id(), range })
        .collect()
}

fn cut(range: Range<usize>, rows: usize) -> Vec<Range<usize>> {
    let ends = range.end.max(range.start + 1);
    (range.start..ends).step_by(rows).map(|start| start..(start + rows).min(range.end)).collect()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn rows_are_cut_into_files() {
        assert_eq!(cut(0..5, 2), [0..2, 2..4, 4..5]);
        assert_eq!(cut(3..5, 2).as_slice(), std::slice::from_ref(&(3..5)));
        assert_eq!(cut(4..4, 2).as_slice(), std::slice::from_ref(&(4..4)));
    }
}
