//! The org as a source of pages that are rendered and compressed before anything is measured.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value as Json, json};

use crate::column::Column;
use crate::org::{API_VERSION, Org};
use crate::stopwatch;

/// How often to ask for a job that is not complete.
const POLL_EVERY: Duration = Duration::from_millis(20);

/// A query whose pages are ready.
#[derive(Clone, Debug)]
pub struct Source {
    /// The query, with the text that a copy sends.
    pub query: String,
    /// Rows of a page.
    pub page_rows: u64,
}

impl Source {
    /// Has the org render and compress all pages of all Accounts.
    pub async fn prepare(org: &Org, columns: &[Column], page_rows: u64) -> Result<Self> {
        Self::prepare_some(org, columns, page_rows, "").await
    }

    /// The same for those that a condition keeps, such as ` WHERE Id != null`.
    pub async fn prepare_some(
        org: &Org,
        columns: &[Column],
        page_rows: u64,
        condition: &str,
    ) -> Result<Self> {
        let query = query(columns, condition);
        org.command("prerender", json!({ "query": query, "max_records": page_rows })).await?;
        Ok(Self { query, page_rows })
    }

    /// Returns how long the org takes to complete a job whose pages it has not rendered beforehand.
    pub async fn time_unprepared(org: &Org, columns: &[Column], condition: &str) -> Result<Duration> {
        let source = Self { query: query(columns, condition), page_rows: 0 };
        let started = stopwatch::now();
        source.create_job(org).await?;
        Ok(started.elapsed())
    }

    /// Returns where query jobs are created.
    pub fn jobs_url(org: &Org) -> String {
        format!("{}/services/data/{API_VERSION}/jobs/query", org.start_line.base_url)
    }

    /// Downloads all pages and throws them away. Returns rows and compressed bytes a second.
    pub async fn measure_rate(&self, org: &Org, rows: u64) -> Result<(f64, f64)> {
        let job_url = self.create_job(org).await?;
        let started = stopwatch::now();
        let (mut bytes, mut locator) = (0, Some(String::new()));
        while let Some(at) = locator.take() {
            let mut url = format!("{job_url}/results?maxRecords={}", self.page_rows);
            if !at.is_empty() {
                url += &format!("&locator={at}");
            }
            let request = org
                .http()
                .get(url)
                .bearer_auth(&org.start_line.access_token)
                .header("Accept-Encoding", "gzip");
            let mut response = request.send().await?.error_for_status()?;
            let next = response.headers().get("Sforce-Locator").map(|value| value.to_str()).transpose()?;
            locator = next.filter(|next| *next != "null").map(str::to_owned);
            while let Some(chunk) = response.chunk().await? {
                bytes += chunk.len();
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        Ok((rows as f64 / seconds, bytes as f64 / seconds))
    }

    async fn create_job(&self, org: &Org) -> Result<String> {
        let token = &org.start_line.access_token;
        let body = json!({ "operation": "query", "query": self.query });
        let request = org.http().post(Self::jobs_url(org)).bearer_auth(token).json(&body);
        let job: Json = request.send().await?.error_for_status()?.json().await?;
        let url = format!("{}/{}", Self::jobs_url(org), job["id"].as_str().context("the job has no id")?);
        loop {
            let job: Json =
                org.http().get(&url).bearer_auth(token).send().await?.error_for_status()?.json().await?;
            if job["state"] == "JobComplete" {
                return Ok(url);
            }
            ensure!(job["state"] != "Failed" && job["state"] != "Aborted", "the job ended: {job}");
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
}

fn query(columns: &[Column], condition: &str) -> String {
    let fields: Vec<&str> = columns.iter().map(|column| column.field.as_str()).collect();
    format!("SELECT {} FROM Account{condition}", fields.join(", "))
}
