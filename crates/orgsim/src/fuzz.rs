//! What fuzzers drive: readers of what clients send, each with what must hold of whatever they read.

use crate::bulk::ingest::csv::{CsvReader, write_row};
use crate::json::Node;
use crate::soql;

/// Reads a statement; where it is one, its printed form is the same statement.
///
/// # Panics
/// It is not.
pub fn soql(statement: &str) {
    let Ok(parsed) = soql::parse(statement) else { return };
    let printed = parsed.to_string();
    assert_eq!(soql::parse(&printed).ok(), Some(parsed), "{printed}");
}

/// Reads a file of Bulk API 2.0 under each delimiter; where it is one, its rows are the same when they are written and
/// read again.
///
/// # Panics
/// They are not.
pub fn csv(file: &str) {
    for delimiter in *b",;|^\t`" {
        let Some(rows) = rows(file, delimiter) else { continue };
        let mut written = Vec::new();
        for row in &rows {
            write_row(row.iter().map(String::as_str), delimiter, b"\n", &mut written);
        }
        let again = String::from_utf8(written).expect("text is written as text");
        assert_eq!(self::rows(&again, delimiter), Some(rows));
    }
}

/// Reads a JSON body; where it is one, it is the same when it is written and read again.
///
/// # Panics
/// It is not.
pub fn json(body: &[u8]) {
    let Ok(node) = Node::parse(body) else { return };
    let written = node.to_bytes();
    let again = Node::parse(&written).expect("what was written can be read");
    assert_eq!(again.to_bytes(), written);
}

fn rows(file: &str, delimiter: u8) -> Option<Vec<Vec<String>>> {
    let mut reader = CsvReader::new(file, delimiter);
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row() {
        rows.push(row.ok()?.0.into_iter().map(|cell| cell.into_owned()).collect());
    }
    Some(rows)
}
