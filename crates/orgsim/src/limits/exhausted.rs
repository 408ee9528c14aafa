//! Limits that are said to be used up, whatever was used of them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// A limit that can be used up on demand.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    /// API requests in 24 hours.
    Api,
    /// Requests of 20 seconds and more at once.
    Concurrent,
    /// Query jobs of Bulk API 2.0 in 24 hours.
    BulkJobs,
    /// What the results of query jobs of Bulk API 2.0 take up in 24 hours.
    BulkResults,
    /// Batches of both Bulk APIs in 24 hours.
    BulkBatches,
    /// The room for records.
    Storage,
    /// E-mails in a day.
    Email,
}

/// The limits that are said to be used up.
#[derive(Debug, Default)]
pub(crate) struct Exhausted {
    limits: Mutex<BTreeSet<Limit>>,
}

impl Exhausted {
    pub(crate) fn has(&self, limit: Limit) -> bool {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).contains(&limit)
    }

    pub(crate) fn set(&self, limits: BTreeSet<Limit>) {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = limits;
    }

    pub(crate) fn list(&self) -> Vec<Limit> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
}

impl Limit {
    /// Returns the names of the figures of `/limits` that it is told by (REST API Developer Guide, Limits).
    pub(crate) fn figures(self) -> &'static [&'static str] {
        match self {
            Self::Api => &["DailyApiRequests"],
            Self::Concurrent => &[],
            Self::BulkJobs => &["DailyBulkV2QueryJobs"],
            Self::BulkResults => &["DailyBulkV2QueryFileStorageMB"],
            Self::BulkBatches => &["DailyBulkApiBatches"],
            Self::Storage => &["DataStorageMB", "FileStorageMB"],
            Self::Email => &["SingleEmail", "MassEmail", "DailyWorkflowEmails"],
        }
    }
}
