//! Writing result pages as CSV, a piece at a time.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::org::{Org, OrgView, Row, Snapshot};
use crate::soql::{self, CsvFormat, Query};

/// The bytes written between two turns of other tasks.
const PIECE_BYTES: usize = 64 * 1024;

/// What stands between columns.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ColumnDelimiter {
    #[default]
    Comma,
    Tab,
    Semicolon,
    Pipe,
    Caret,
    Backquote,
}

/// What stands between rows.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum LineEnding {
    #[default]
    Lf,
    Crlf,
}

/// How a job's results are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Format {
    pub(crate) delimiter: ColumnDelimiter,
    pub(crate) line_ending: LineEnding,
}

impl Format {
    /// Returns what stands between columns and between rows.
    pub(super) fn separators(self) -> (u8, &'static [u8]) {
        let line_ending: &[u8] = match self.line_ending {
            LineEnding::Lf => b"\n",
            LineEnding::Crlf => b"\r\n",
        };
        (self.csv().delimiter, line_ending)
    }

    fn csv(self) -> CsvFormat {
        let delimiter = match self.delimiter {
            ColumnDelimiter::Comma => b',',
            ColumnDelimiter::Tab => b'\t',
            ColumnDelimiter::Semicolon => b';',
            ColumnDelimiter::Pipe => b'|',
            ColumnDelimiter::Caret => b'^',
            ColumnDelimiter::Backquote => b'`',
        };
        let line_ending = match self.line_ending {
            LineEnding::Lf => soql::LineEnding::Lf,
            LineEnding::Crlf => soql::LineEnding::Crlf,
        };
        CsvFormat { delimiter, line_ending }
    }
}

/// How rows are laid out: files of Bulk API 2.0 are CSV, those of 1.0 may be JSON and XML.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    Csv(CsvFormat),
    Json,
    Xml,
}

impl Layout {
    /// Returns the CSV of Bulk API 1.0.
    pub(crate) fn csv(line_ending: LineEnding) -> Self {
        Format { line_ending, ..Format::default() }.into()
    }

    fn write_start(self, query: &Query, out: &mut Vec<u8>) {
        match self {
            Self::Csv(csv) => query.write_csv_header(csv, out),
            Self::Json => out.push(b'['),
            Self::Xml => out.extend_from_slice(XML_START.as_bytes()),
        }
    }

    fn write_row(self, query: &Query, view: &OrgView<'_>, row: &Row, stage: Stage, out: &mut Vec<u8>) {
        match self {
            Self::Csv(csv) => query.write_csv_row(csv, view, row, out),
            Self::Json => {
                if stage == Stage::Rows {
                    out.push(b',');
                }
                query.write_epoch_json(view, row, out);
            }
            Self::Xml => query.write_xml_row(view, row, out),
        }
    }

    fn write_end(self, out: &mut Vec<u8>) {
        match self {
            Self::Csv(_) => {}
            Self::Json => out.push(b']'),
            Self::Xml => out.extend_from_slice(b"</queryResult>"),
        }
    }
}

impl From<Format> for Layout {
    fn from(format: Format) -> Self {
        Self::Csv(format.csv())
    }
}

/// The head of results in XML (Bulk API Developer Guide, Get Bulk Query Results).
const XML_START: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><queryResult \
                         xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\" \
                         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n";

/// What results are written from: the rows that a query found, as they were at one moment.
#[derive(Debug)]
pub(crate) struct Source {
    query: Query,
    layout: Layout,
    rows: Arc<[Row]>,
    snapshot: Snapshot,
}

impl Source {
    pub(crate) fn new(view: &OrgView<'_>, query: Query, layout: Layout, rows: Arc<[Row]>) -> Self {
        Self { query, layout, rows, snapshot: view.to_snapshot() }
    }

    pub(super) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Returns the org as it was.
    pub(super) fn view<'org>(&self, org: &'org Org) -> OrgView<'org> {
        org.view_at(&self.snapshot)
    }

    pub(super) fn write_start(&self, out: &mut Vec<u8>) {
        self.layout.write_start(&self.query, out);
    }

    /// Appends a row of CSV, which is written alike wherever it stands.
    pub(super) fn write_line(&self, view: &OrgView<'_>, index: usize, out: &mut Vec<u8>) {
        self.write_row(view, index, Stage::Rows, out);
    }

    fn write_row(&self, view: &OrgView<'_>, index: usize, stage: Stage, out: &mut Vec<u8>) {
        self.layout.write_row(&self.query, view, &self.rows[index], stage, out);
    }
}

/// A page being written.
pub(super) struct PageWriter {
    org: Org,
    source: Arc<Source>,
    left: Range<usize>,
    stage: Stage,
}

/// How far a page is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Start,
    FirstRow,
    Rows,
    End,
}

impl PageWriter {
    pub(super) fn new(org: &Org, source: Arc<Source>, left: Range<usize>) -> Self {
        Self { org: org.clone(), source, left, stage: Stage::Start }
    }

    /// Writes the next piece; the first one has the header row.
    pub(super) fn next_piece(&mut self) -> Option<Bytes> {
        let mut piece = Vec::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        if self.stage == Stage::Start {
            self.stage = Stage::FirstRow;
            self.source.write_start(&mut piece);
        }
        let view = self.source.view(&self.org);
        while piece.len() < PIECE_BYTES
            && let Some(index) = self.left.next()
        {
            self.source.write_row(&view, index, self.stage, &mut piece);
            self.stage = Stage::Rows;
        }
        if self.left.is_empty() && self.stage != Stage::End {
            self.stage = Stage::End;
            self.source.layout.write_end(&mut piece);
        }
        (!piece.is_empty()).then(|| piece.into())
    }
}

/// Returns a body that writes some rows as they are sent, so that no page is ever held whole.
pub(crate) fn stream(org: &Org, source: Arc<Source>, range: Range<usize>) -> Body {
    let writer = PageWriter::new(org, source, range);
    let pieces = stream::unfold(writer, |mut writer| async {
        let piece = writer.next_piece()?;
        Some((Ok::<_, Infallible>(piece), writer))
    });
    // Compression asks once more after the last piece.
    Body::from_stream(pieces.fuse())
}
