//! Event log files as CSV: every value in quotes, a row for the names of the columns.

use super::event_type::EventType;
use super::events::{Event, Scene};
use super::invent::{Line, cell};

/// Writes a file.
pub(super) fn write(scene: &Scene, kind: &EventType, events: &[&Event]) -> Vec<u8> {
    let columns: Vec<&str> = kind.columns().collect();
    let mut out = Vec::new();
    write_row(columns.iter().map(|name| (*name).to_owned()), &mut out);
    for event in events {
        let line = Line { scene, kind, event };
        write_row(columns.iter().map(|column| cell(&line, column)), &mut out);
    }
    out
}

fn write_row(values: impl Iterator<Item = String>, out: &mut Vec<u8>) {
    for (at, value) in values.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(value.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    }
    out.push(b'\n');
}
