//! Query jobs of Bulk API 2.0 (Bulk API 2.0 and Bulk API Developer Guide, Query).

mod csv;
mod job;
mod records;

use serde_json::json;

pub use job::{JobId, JobInfo, JobState, Locator};
pub use records::{BulkQuery, BulkRecord};

use crate::http::{Method, Request};
use crate::{Client, Result};

impl Client {
    /// Creates a query job; with `include_deleted` it gives deleted and archived records too.
    pub async fn create_query_job(&self, soql: &str, include_deleted: bool) -> Result<JobInfo> {
        let operation = if include_deleted { "queryAll" } else { "query" };
        let body =
            json!({ "operation": operation, "query": soql, "columnDelimiter": "COMMA", "lineEnding": "LF" });
        let request = Request::json(Method::POST, self.data_path("jobs/query"), &body);
        self.call(&request).await?.json().await
    }

    /// Reads how far a job is.
    pub async fn job(&self, job: &JobId) -> Result<JobInfo> {
        self.get(self.job_path(job)).await
    }

    /// Ends a job that is not complete yet.
    pub async fn abort_job(&self, job: &JobId) -> Result<JobInfo> {
        let request = Request::json(Method::PATCH, self.job_path(job), &json!({ "state": "Aborted" }));
        self.call(&request).await?.json().await
    }

    /// Deletes a job that has ended, with its results. The org does so itself after seven days.
    pub async fn delete_job(&self, job: &JobId) -> Result<()> {
        let request = Request { method: Method::DELETE, ..Request::get(self.job_path(job)) };
        self.call(&request).await.map(drop)
    }

    fn job_path(&self, job: &JobId) -> String {
        self.data_path(&format!("jobs/query/{job}"))
    }
}
