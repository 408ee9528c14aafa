//! Records of a query job, one at a time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;

use super::csv::{CsvReader, Row};
use super::{JobId, JobInfo, JobState, Locator};
use crate::page::{PageBody, PageRequest};
use crate::{Client, Error, FieldType, FieldValue, Result, Retry, ValueError};

/// Records a page may have: small enough that a page read again costs little.
const PAGE_RECORDS: u32 = 50_000;

/// How often one page is read again after a cut.
const MAX_ATTEMPTS: u32 = 4;

/// How long to wait between questions to a job: growing from the first to the second.
const POLL_WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

impl Client {
    /// Runs a query by Bulk API 2.0, waits for it, and gives its records one at a time.
    ///
    /// A page that is cut is read again without giving a record twice. After the last record the job is deleted.
    pub async fn bulk_query(&self, soql: &str) -> Result<BulkQuery> {
        let job = self.create_query_job(soql, false).await?;
        let job = self.wait_for_job(&job.id).await?;
        Ok(BulkQuery {
            client: self.clone(),
            job,
            page: None,
            locator: None,
            rows_given: 0,
            attempt: 0,
            is_done: false,
        })
    }

    /// Waits until a job is complete. One that failed or was aborted is an error.
    pub async fn wait_for_job(&self, job: &JobId) -> Result<JobInfo> {
        let (mut wait, longest) = POLL_WAITS;
        loop {
            tokio::time::sleep(wait).await;
            let info = self.job(job).await?;
            match info.state {
                JobState::JobComplete => return Ok(info),
                JobState::Failed | JobState::Aborted => {
                    return Err(Error::JobEnded {
                        job: job.to_string(),
                        state: format!("{:?}", info.state),
                        message: info.error_message.unwrap_or_default(),
                    });
                }
                _ => wait = (wait * 3 / 2).min(longest),
            }
        }
    }
}

/// The records of a finished query job. Reads a page as its records are asked for, never ahead.
pub struct BulkQuery {
    client: Client,
    job: JobInfo,
    page: Option<OpenPage>,
    locator: Option<Locator>,
    /// Records of the current page already given, which a second reading passes over.
    rows_given: u64,
    attempt: u32,
    is_done: bool,
}

struct OpenPage {
    body: PageBody,
    reader: CsvReader,
    columns: Option<Arc<[String]>>,
    rows_read: u64,
}

/// One record of a query job.
pub struct BulkRecord {
    columns: Arc<[String]>,
    row: Row,
}

impl BulkQuery {
    /// The finished job.
    pub fn job(&self) -> &JobInfo {
        &self.job
    }

    /// The next record; `None` after the last.
    pub async fn next_record(&mut self) -> Result<Option<BulkRecord>> {
        while !self.is_done {
            match self.read_record().await {
                Err(error) if error.retry() == Retry::Now && self.attempt + 1 < MAX_ATTEMPTS => {
                    self.attempt += 1;
                    self.page = None;
                }
                Ok(None) => self.turn_page().await?,
                record => return record,
            }
        }
        Ok(None)
    }

    /// The records as a stream, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<BulkRecord>> {
        futures_util::stream::try_unfold(self, async |mut records| {
            Ok(records.next_record().await?.map(|record| (record, records)))
        })
    }

    /// The next record of the current page that was not given yet; `None` at its end.
    async fn read_record(&mut self) -> Result<Option<BulkRecord>> {
        if self.page.is_none() {
            self.page = Some(OpenPage::open(&self.client, self.job.id, self.locator.clone()).await?);
        }
        let page = self.page.as_mut().expect("the page was opened above");
        while let Some(record) = page.next_record().await? {
            if page.rows_read > self.rows_given {
                self.rows_given += 1;
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    async fn turn_page(&mut self) -> Result<()> {
        let Some(page) = self.page.take() else {
            return Ok(());
        };
        (self.rows_given, self.attempt) = (0, 0);
        match page.body.meta.next_locator.clone() {
            // It would be read for ever.
            Some(locator) if self.locator.as_ref() == Some(&locator) => {
                Err(page.unreadable("the locator repeats"))
            }
            Some(locator) => {
                self.locator = Some(locator);
                Ok(())
            }
            None => {
                self.is_done = true;
                if let Err(error) = self.client.delete_job(&self.job.id).await {
                    tracing::debug!(job = %self.job.id, error = %error, "job left for the org to delete");
                }
                Ok(())
            }
        }
    }
}

impl OpenPage {
    async fn open(client: &Client, job: JobId, locator: Option<Locator>) -> Result<Self> {
        let page = PageRequest::BulkResult { job, locator, max_records: PAGE_RECORDS };
        let body = client.open_page(&page).await?;
        let reader = CsvReader::new(body.meta.gzip);
        Ok(Self { body, reader, columns: None, rows_read: 0 })
    }

    async fn next_record(&mut self) -> Result<Option<BulkRecord>> {
        loop {
            let Some(row) = self.next_row().await? else {
                return self.check_count().map(|()| None);
            };
            // Every page begins with the names of the columns.
            let Some(columns) = &self.columns else {
                self.columns = Some(row.values().map(String::from).collect());
                continue;
            };
            if columns.len() != row.ends.len() {
                return Err(self.unreadable("a row has another number of values than columns"));
            }
            self.rows_read += 1;
            return Ok(Some(BulkRecord { columns: columns.clone(), row }));
        }
    }

    async fn next_row(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some(row) = self.reader.next_row().map_err(|source| self.unreadable(source))? {
                return Ok(Some(row));
            }
            match self.body.chunk().await? {
                Some(bytes) => self.reader.feed(bytes),
                None => {
                    self.reader.complete().map_err(|source| self.cut(source))?;
                    return self.reader.next_row().map_err(|source| self.unreadable(source));
                }
            }
        }
    }

    fn check_count(&self) -> Result<()> {
        match self.body.meta.expected_rows {
            Some(expected) if expected != self.rows_read => {
                Err(self.cut(format!("{} records rather than {expected}", self.rows_read)))
            }
            _ => Ok(()),
        }
    }

    fn cut(&self, source: impl Into<crate::Cause>) -> Error {
        Error::Truncated {
            request: self.body.request().to_owned(),
            received_bytes: self.body.received_bytes(),
            source: source.into(),
        }
    }

    fn unreadable(&self, source: impl Into<crate::Cause>) -> Error {
        Error::Unreadable { request: self.body.request().to_owned(), source: source.into() }
    }
}

impl BulkRecord {
    /// The text of a column; empty for null. `None` where there is no such column.
    pub fn get(&self, column: &str) -> Option<&str> {
        let index = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column))?;
        self.row.value(index)
    }

    /// The value of a column of this type.
    pub fn value(&self, column: &str, field_type: FieldType) -> Option<Result<FieldValue<'_>, ValueError>> {
        Some(FieldValue::from_csv(self.get(column)?.as_bytes(), field_type))
    }

    /// Columns and their texts, in the order of the query. A parent's field has its dotted path as name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns.iter().map(String::as_str).zip(self.row.values())
    }
}
