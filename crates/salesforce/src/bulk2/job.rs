//! Jobs and pages of their results.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ParseError, RecordId, Timestamp};

/// The id of a job.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct JobId(RecordId);

impl JobId {
    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for JobId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        text.parse().map(Self).map_err(|_| ParseError { expected: "job id" })
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A page of a job's results. Opaque: only ever passed back; good as long as the job, also for reading again.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Locator(String);

impl Locator {
    /// A locator that was stored.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads the header `Sforce-Locator`. On the last page it is absent, empty, or the word `null`.
    pub(crate) fn from_header(value: &str) -> Option<Self> {
        match value.trim() {
            "" | "null" => None,
            locator => Some(Self(locator.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub enum JobState {
    /// Waits for its data; ingest jobs only.
    Open,
    /// Waits for its turn.
    UploadComplete,
    /// Runs.
    InProgress,
    /// Has ended; its results can be read, and may be empty.
    JobComplete,
    /// Has ended; the org gave up after its own attempts.
    Failed,
    /// Has ended; someone stopped it.
    Aborted,
    /// A state this crate does not know.
    #[serde(other)]
    Other,
}

impl JobState {
    /// Whether it is the last.
    pub fn is_final(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

/// A query job.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobInfo {
    /// Its id.
    pub id: JobId,
    /// Where it is.
    pub state: JobState,
    /// The sObject it reads.
    #[serde(default)]
    pub object: String,
    /// When it was created.
    pub created_date: Option<Timestamp>,
    /// When its state last changed.
    pub system_modstamp: Option<Timestamp>,
    /// Records found; absent from the answer that creates the job.
    pub number_records_processed: Option<u64>,
    /// Attempts of the org's own.
    #[serde(default)]
    pub retries: u32,
    /// How long it ran, in milliseconds.
    #[serde(default, rename = "totalProcessingTime")]
    pub total_processing_time_ms: u64,
    /// Why it failed.
    pub error_message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{JobInfo, JobState, Locator};

    #[test]
    fn the_last_page_has_no_locator() {
        assert_eq!(Locator::from_header("MTAwMDA"), Some(Locator::new("MTAwMDA")));
        for header in ["", " ", "null"] {
            assert_eq!(Locator::from_header(header), None);
        }
    }

    #[test]
    fn answers_are_read_at_both_ends_of_a_job() {
        let created = r#"{"id":"750R0000000zlh9IAA","operation":"query","object":"Account","state":"UploadComplete",
            "createdDate":"2026-11-21T17:38:59.000+0000","apiVersion":66.0}"#;
        let failed = r#"{"id":"750R0000000zlh9IAA","state":"Failed","errorMessage":"InternalServerError : x",
            "numberRecordsProcessed":0,"totalProcessingTime":334,"retries":15}"#;

        let created: JobInfo = serde_json::from_str(created).unwrap();
        let failed: JobInfo = serde_json::from_str(failed).unwrap();

        assert!(!created.state.is_final());
        assert_eq!(created.number_records_processed, None);
        assert_eq!(failed.state, JobState::Failed);
        assert_eq!(failed.retries, 15);
    }
}
