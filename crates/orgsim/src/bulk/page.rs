//! Writing result pages as CSV, a piece at a time.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::org::Row;
use crate::soql::{self, CsvFormat, Query};

/// The bytes written between two turns of other tasks.
const PIECE_BYTES: usize = 64 * 1024;

/// What stands between columns.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum ColumnDelimiter {
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
pub(super) enum LineEnding {
    #[default]
    Lf,
    Crlf,
}

/// How a job's results are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Format {
    pub(super) delimiter: ColumnDelimiter,
    pub(super) line_ending: LineEnding,
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

/// A page being written.
pub(super) struct PageWriter {
    app: Arc<App>,
    query: Query,
    csv: CsvFormat,
    rows: Arc<[Row]>,
    left: Range<usize>,
    has_header: bool,
}

impl PageWriter {
    pub(super) fn new(
        app: &Arc<App>,
        query: Query,
        format: Format,
        rows: Arc<[Row]>,
        left: Range<usize>,
    ) -> Self {
        Self { app: Arc::clone(app), query, csv: format.csv(), rows, left, has_header: false }
    }

    /// Writes the next piece; the first one has the header row.
    pub(super) fn next_piece(&mut self) -> Option<Bytes> {
        let mut piece = Vec::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        if !self.has_header {
            self.has_header = true;
            self.query.write_csv_header(self.csv, &mut piece);
        }
        let view = self.app.org.read();
        while piece.len() < PIECE_BYTES
            && let Some(index) = self.left.next()
        {
            self.query.write_csv_row(self.csv, &view, &self.rows[index], &mut piece);
        }
        (!piece.is_empty()).then(|| piece.into())
    }
}

/// Returns a body that writes some rows as they are sent, so that no page is ever held whole.
pub(super) fn stream(
    app: &Arc<App>,
    query: Query,
    format: Format,
    rows: Arc<[Row]>,
    range: Range<usize>,
) -> Body {
    let writer = PageWriter::new(app, query, format, rows, range);
    let pieces = stream::unfold(writer, |mut writer| async {
        let piece = writer.next_piece()?;
        Some((Ok::<_, Infallible>(piece), writer))
    });
    // Compression asks once more after the last piece.
    Body::from_stream(pieces.fuse())
}
