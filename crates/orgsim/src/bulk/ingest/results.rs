//! Downloading what became of a job's records.

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::csv::{CsvReader, write_row};
use super::find_of_version;
use super::job::IngestJob;
use super::save::{Outcome, errors_text};
use crate::errors::ApiError;
use crate::http::Call;
use crate::id::RecordId;

/// Which of a job's records are asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Successful,
    Failed,
    Unprocessed,
}

impl Part {
    /// The columns before those of the upload.
    fn own_columns(self) -> &'static [&'static str] {
        match self {
            Self::Successful => &["sf__Id", "sf__Created"],
            Self::Failed => &["sf__Id", "sf__Error"],
            Self::Unprocessed => &[],
        }
    }
}

/// Answers one of the three files of results (Bulk API 2.0 Developer Guide, Get Job Successful Record Results and its neighbours).
pub(super) fn answer(call: &Call, id: &str, part: Part) -> Result<Response, ApiError> {
    call.only_reads()?;
    let job = find_of_version(call, id)?;
    super::run::settle(call, &job);
    if !job.state().is_terminal() {
        let message = format!("The results of the job are not available: its state is {:?}", job.state());
        return Err(ApiError::bad_request("INVALIDJOBSTATE", message));
    }
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("text/csv;charset=UTF-8"));
    Ok((StatusCode::OK, [content_type], write_results(&job, part)).into_response())
}

fn write_results(job: &IngestJob, part: Part) -> Bytes {
    let content = job.content();
    let (delimiter, line_ending) = job.format.separators();
    let text = std::str::from_utf8(&content).unwrap_or_default();
    let mut reader = CsvReader::new(text, delimiter);
    let mut out = Vec::new();
    let Some(Ok((columns, _))) = reader.next_row() else { return out.into() };
    let columns = columns.iter().map(|column| column.trim());
    write_row(part.own_columns().iter().copied().chain(columns), delimiter, line_ending, &mut out);
    let outcomes = job.outcomes();
    let mut outcomes = outcomes.iter();
    while let Some(Ok((cells, _))) = reader.next_row() {
        let error;
        let own: Vec<&str> = match (outcomes.next(), part) {
            (Some(Outcome::Saved { id, created }), Part::Successful) => {
                vec![id.as_str(), if *created { "true" } else { "false" }]
            }
            (Some(Outcome::Failed { id, errors }), Part::Failed) => {
                error = errors_text(errors);
                vec![id.as_ref().map_or("", RecordId::as_str), &error]
            }
            (None, Part::Unprocessed) => Vec::new(),
            _ => continue,
        };
        write_row(own.into_iter().chain(cells.iter().map(AsRef::as_ref)), delimiter, line_ending, &mut out);
    }
    out.into()
}
