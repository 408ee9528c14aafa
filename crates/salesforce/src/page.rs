//! Pages as raw bytes, for callers who spool them before they read them.

use bytes::Bytes;

use crate::bulk2::{JobId, Locator};
use crate::http::{Answer, Body, Method, Request, with_query};
use crate::{Client, Result, Timestamp};

/// Which page to open.
#[derive(Clone, Debug)]
pub enum PageRequest {
    /// The first page of a query, as JSON.
    Query {
        /// The query.
        soql: String,
        /// Whether to give deleted and archived records too.
        include_deleted: bool,
    },
    /// A page of the results of a Bulk API 2.0 query job, as CSV.
    BulkResult {
        /// The job.
        job: JobId,
        /// Which page; `None` is the first.
        locator: Option<Locator>,
        /// The most records the page may have.
        max_records: u32,
    },
}

/// What the head of the answer tells of a page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PageMeta {
    /// The org's clock when it answered.
    pub server_date: Option<Timestamp>,
    /// The content type, with its parameters.
    pub content_type: String,
    /// Whether the bytes are gzip.
    pub gzip: bool,
    /// The page after this one; `None` where this is the last. For bulk results only.
    pub next_locator: Option<Locator>,
    /// How many records the page has. For bulk results only.
    pub expected_rows: Option<u64>,
}

/// A page whose status and content type are checked and whose bytes are still to be read.
#[derive(Debug)]
pub struct PageBody {
    /// What its head tells.
    pub meta: PageMeta,
    body: Body,
}

impl Client {
    /// Opens a page. An error of the org, an expired session or a page that is no data ends here.
    pub async fn open_page(&self, page: &PageRequest) -> Result<PageBody> {
        let (request, content_type) = match page {
            PageRequest::Query { soql, include_deleted } => {
                let resource = if *include_deleted { "queryAll" } else { "query" };
                (Request::get(with_query(&self.data_path(resource), &[("q", soql)])), "application/json")
            }
            PageRequest::BulkResult { job, locator, max_records } => {
                (self.result_request(job, locator.as_ref(), *max_records), "text/csv")
            }
        };
        let answer = self.call(&request).await?;
        let meta = PageMeta::read(&answer)?;
        Ok(PageBody { meta, body: answer.into_body(content_type)? })
    }

    fn result_request(&self, job: &JobId, locator: Option<&Locator>, max_records: u32) -> Request {
        let path = self.data_path(&format!("jobs/query/{job}/results"));
        let max_records = max_records.to_string();
        let mut pairs = vec![("maxRecords", max_records.as_str())];
        pairs.extend(locator.map(|locator| ("locator", locator.as_str())));
        // Without an explicit type some orgs answer 406.
        Request { method: Method::GET, accept: "text/csv", ..Request::get(with_query(&path, &pairs)) }
    }
}

impl PageMeta {
    fn read(answer: &Answer) -> Result<Self> {
        Ok(Self {
            server_date: answer.header("Date").and_then(Timestamp::parse_http_date),
            content_type: answer.content_type().to_owned(),
            gzip: answer.is_gzip()?,
            next_locator: answer.header("Sforce-Locator").and_then(Locator::from_header),
            expected_rows: answer
                .header("Sforce-NumberOfRecords")
                .and_then(|count| count.trim().parse().ok()),
        })
    }
}

impl PageBody {
    /// The next bytes exactly as received; `None` when the page is whole. A page that was cut is an error.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        self.body.chunk().await
    }

    /// Bytes received so far.
    pub fn received_bytes(&self) -> u64 {
        self.body.received_bytes()
    }

    pub(crate) fn request(&self) -> &str {
        self.body.request()
    }
}
