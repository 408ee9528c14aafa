//! The half that the three programs have in common: a Bulk API 2.0 job and its result pages, one after another.

use std::error::Error;
use std::fs;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What to download.
#[derive(Deserialize)]
pub(crate) struct Job {
    jobs_url: String,
    access_token: String,
    query: String,
    page_rows: u64,
}

/// Reads what to do from the file that the first argument names.
pub(crate) fn read_task<T: DeserializeOwned>() -> Result<T, Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("the first argument names a file that holds the task")?;
    Ok(serde_json::from_slice(&fs::read(file)?)?)
}

pub(crate) type Reader = csv::Reader<GzDecoder<bytes::buf::Reader<Bytes>>>;

/// A complete job and how far its pages have been read.
pub(crate) struct Pages {
    http: reqwest::Client,
    access_token: String,
    results_url: String,
    locator: Option<String>,
}

impl Pages {
    pub(crate) async fn open(job: &Job) -> Result<Self, Box<dyn Error>> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build()?;
        let body = json!({ "operation": "query", "query": job.query });
        let request = http.post(&job.jobs_url).bearer_auth(&job.access_token).json(&body);
        let created: Value = request.send().await?.error_for_status()?.json().await?;
        let job_url = format!("{}/{}", job.jobs_url, created["id"].as_str().ok_or("the job has no id")?);
        loop {
            let request = http.get(&job_url).bearer_auth(&job.access_token);
            let state: Value = request.send().await?.error_for_status()?.json().await?;
            match state["state"].as_str() {
                Some("JobComplete") => break,
                Some("Failed" | "Aborted") | None => return Err(state.to_string().into()),
                Some(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
        let results_url = format!("{job_url}/results?maxRecords={}", job.page_rows);
        Ok(Self { http, access_token: job.access_token.clone(), results_url, locator: Some(String::new()) })
    }

    /// Downloads the next page and returns a reader of its records.
    pub(crate) async fn next(&mut self) -> Result<Option<Reader>, Box<dyn Error>> {
        let Some(locator) = self.locator.take() else { return Ok(None) };
        let url = if locator.is_empty() {
            self.results_url.clone()
        } else {
            format!("{}&locator={locator}", self.results_url)
        };
        let request = self.http.get(url).bearer_auth(&self.access_token).header("Accept-Encoding", "gzip");
        let response = request.header("Accept", "text/csv").send().await?.error_for_status()?;
        let locator = response.headers().get("Sforce-Locator").map(|value| value.to_str()).transpose()?;
        self.locator = locator.filter(|locator| *locator != "null").map(str::to_owned);
        let bytes = response.bytes().await?;
        Ok(Some(csv::Reader::from_reader(GzDecoder::new(bytes::Buf::reader(bytes)))))
    }
}
