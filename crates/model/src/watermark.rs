//! Positions in the data.

use salesforce::{RecordId, Timestamp};
use serde::{Deserialize, Serialize};

/// A position in an sObject's records.
///
/// Ordered by time, then id, because many records can share one `SystemModstamp`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Watermark {
    /// When the record at this position last changed.
    pub system_modstamp: Timestamp,
    /// That record.
    pub record_id: RecordId,
}
