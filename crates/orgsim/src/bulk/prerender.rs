//! Result pages made beforehand, for measuring clients: serving them costs next to nothing.

use std::io::Write;
use std::sync::Arc;

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::page::{Format, PageWriter, Source};
use crate::app::App;
use crate::errors::ApiError;
use crate::org::Row;
use crate::soql;

/// All pages of a query, compressed.
#[derive(Debug)]
pub(super) struct Rendered {
    soql: String,
    page_rows: usize,
    rows: Arc<[Row]>,
    pages: Vec<Bytes>,
}

impl Rendered {
    pub(super) fn soql(&self) -> &str {
        &self.soql
    }

    pub(super) fn page_rows(&self) -> usize {
        self.page_rows
    }

    pub(super) fn rows(&self) -> Arc<[Row]> {
        Arc::clone(&self.rows)
    }

    /// Returns the page that begins with that row.
    pub(super) fn page_at(&self, start: usize) -> Option<&Bytes> {
        if start.is_multiple_of(self.page_rows) { self.pages.get(start / self.page_rows) } else { None }
    }
}

/// What was made.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct PrerenderReport {
    pages: usize,
    rows: usize,
    bytes: usize,
}

/// Makes all pages of a query that later jobs with the same query and `maxRecords` will serve.
pub(crate) fn prerender(app: &Arc<App>, soql: &str, max_records: usize) -> Result<PrerenderReport, ApiError> {
    let soql = soql.trim();
    let context =
        soql::Context { bulk: true, ..app.query_context(app.org.user_id(), crate::http::NEWEST_VERSION) };
    let query =
        app.prepare(soql, &context).map_err(|error| ApiError::bad_request(error.code, error.message))?;
    let page_rows = max_records.max(1);
    let view = app.org.read_for(query.rights());
    let rows: Arc<[Row]> = query.select_rows(&view).into();
    let source = Arc::new(Source::new(&view, query, Format::default().into(), Arc::clone(&rows)));
    let mut pages = Vec::new();
    // A query that finds nothing still has a page, with the header row.
    for start in (0..rows.len().max(1)).step_by(page_rows) {
        let range = start..start.saturating_add(page_rows).min(rows.len());
        pages.push(compress(PageWriter::new(&app.org, Arc::clone(&source), range)));
    }
    let report =
        PrerenderReport { pages: pages.len(), rows: rows.len(), bytes: pages.iter().map(Bytes::len).sum() };
    app.jobs.keep_rendered(Rendered { soql: soql.to_owned(), page_rows, rows, pages });
    Ok(report)
}

fn compress(mut writer: PageWriter) -> Bytes {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    while let Some(piece) = writer.next_piece() {
        gzip.write_all(&piece).expect("memory takes all that is written");
    }
    gzip.finish().expect("memory takes all that is written").into()
}
