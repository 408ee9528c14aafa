//! Which records changed or were deleted in a span of time.

use serde::Deserialize;

use crate::http::with_query;
use crate::{Client, RecordId, Result, SObjectName, Timestamp};

/// Records created or updated (REST API Developer Guide, sObject Get Updated).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Updated {
    /// Their ids; at most 600,000.
    pub ids: Vec<RecordId>,
    /// Up to when the answer is complete: transactions still open may add records after it.
    pub latest_date_covered: Timestamp,
}

/// Records deleted (REST API Developer Guide, sObject Get Deleted).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deleted {
    /// The records.
    pub deleted_records: Vec<DeletedRecord>,
    /// From when on deletions are known; those before it are lost to this call.
    pub earliest_date_available: Timestamp,
    /// Up to when the answer is complete.
    pub latest_date_covered: Timestamp,
}

/// One deleted record.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletedRecord {
    /// Its id.
    pub id: RecordId,
    /// When it was deleted.
    pub deleted_date: Timestamp,
}

impl Client {
    /// Lists records created or updated from `start` to `end`, at least a minute apart and at most 30 days ago.
    pub async fn updated(&self, sobject: &SObjectName, start: Timestamp, end: Timestamp) -> Result<Updated> {
        self.get(self.replication_path(sobject, "updated", start, end)).await
    }

    /// Lists records deleted from `start` to `end`, at least a minute apart and at most 15 days ago.
    pub async fn deleted(&self, sobject: &SObjectName, start: Timestamp, end: Timestamp) -> Result<Deleted> {
        self.get(self.replication_path(sobject, "deleted", start, end)).await
    }

    fn replication_path(
        &self,
        sobject: &SObjectName,
        kind: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> String {
        let path = self.data_path(&format!("sobjects/{sobject}/{kind}/"));
        with_query(&path, &[("start", &to_seconds(start)), ("end", &to_seconds(end))])
    }
}

fn to_seconds(timestamp: Timestamp) -> String {
    format!("{timestamp:.19}Z")
}
