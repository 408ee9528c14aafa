//! Records as the results of bulk query jobs have them.

use super::column::Column;
use super::number::{write_date, write_double, write_instant, write_integer, write_time};

use crate::org::{OrgView, Row};
use crate::schema::FieldKind;
use crate::value::Value;

/// How the CSV of a job is written (Bulk API 2.0 Developer Guide, Create a Query Job).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CsvFormat {
    /// What stands between two values.
    pub delimiter: u8,
    /// What ends a row.
    pub line_ending: LineEnding,
}

/// The line endings a job may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the job's member `lineEnding`")]
pub enum LineEnding {
    Lf,
    Crlf,
}

impl Default for CsvFormat {
    fn default() -> Self {
        Self { delimiter: b',', line_ending: LineEnding::Lf }
    }
}

impl CsvFormat {
    /// Appends the header: paths with dots, in declared case.
    pub(super) fn write_header(self, columns: &[Column], out: &mut Vec<u8>) {
        self.write_cells(columns, out, |column, out| out.extend_from_slice(column.name().as_bytes()));
    }

    /// Appends a record.
    pub(super) fn write_row(self, columns: &[Column], view: &OrgView<'_>, row: &Row, out: &mut Vec<u8>) {
        self.write_cells(columns, out, |column, out| match column {
            Column::Field(path) => {
                let is_parents = !path.steps.is_empty();
                write_value(&path.value(view, row), path.leaf.kind(), is_parents, out);
            }
            Column::Computed(expression, _) => {
                let is_parents = !expression.steps().is_empty();
                write_value(&expression.value(view, row), expression.kind(), is_parents, out);
            }
            Column::Children(..) | Column::TypeOf(_) => {}
        });
    }

    /// Appends a line in which every value is quoted.
    fn write_cells(self, columns: &[Column], out: &mut Vec<u8>, write: impl Fn(&Column, &mut Vec<u8>)) {
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                out.push(self.delimiter);
            }
            out.push(b'"');
            write(column, out);
            out.push(b'"');
        }
        out.extend_from_slice(match self.line_ending {
            LineEnding::Lf => b"\n",
            LineEnding::Crlf => b"\r\n",
        });
    }
}

/// Appends a value without its quotes. Null is nothing; a checkbox is null only where its parent is missing.
pub(super) fn write_value(value: &Value<'_>, kind: FieldKind, is_parents: bool, out: &mut Vec<u8>) {
    match value {
        Value::Null if kind == FieldKind::Boolean && !is_parents => out.extend_from_slice(b"false"),
        // No file has the bytes of a field: such fields are refused before.
        Value::Null | Value::Blob(_) => {}
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(number) if kind.is_decimal() => write_double((*number).into(), out),
        Value::Int(number) => write_integer(*number, out),
        Value::Number(number) => write_double(*number, out),
        Value::Text(text) => write_text(text, out),
        Value::Id(id) => out.extend_from_slice(id.as_str().as_bytes()),
        Value::Date(date) => write_date(*date, out),
        Value::DateTime(ms) => {
            write_instant(*ms, out);
            out.push(b'Z');
        }
        Value::Time(ms) => {
            write_time(*ms, out);
            out.push(b'Z');
        }
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=at]);
        out.push(b'"');
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}
