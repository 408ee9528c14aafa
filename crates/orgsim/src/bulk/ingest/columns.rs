//! The columns of a file of records, and the records below them.

use std::borrow::Cow;

use super::csv::{CsvReader, End, Row};
use super::save::{Operation, Task};
use crate::bulk::page::LineEnding;
use crate::org::{Given, Parent, Sent};
use crate::schema::SObject;

/// The word in a file for no value; an empty cell leaves a field as it is.
const NULL: &str = "#N/A";

/// The most characters of a value and of a record, and the most fields (Bulk API 2.0 Developer Guide, Limits).
const MAX_FIELD_CHARS: usize = 32_000;
const MAX_RECORD_CHARS: usize = 400_000;
const MAX_FIELDS: usize = 5_000;

/// A column of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column<'a> {
    Field(&'a str),
    /// A lookup whose parent is named by a key: `Account.Ext__c`, or `Contact:Who.Ext__c` where the sObject is a choice.
    Parent {
        relationship: &'a str,
        sobject: Option<&'a str>,
        field: &'a str,
    },
}

/// Returns the cells of a row, of which there is one a column. The error is the message of a job that has failed.
pub(crate) fn read_cells<'a>(
    sobject: &SObject,
    row: Result<Row<'a>, String>,
    columns: &[Column<'_>],
) -> Result<Vec<Cow<'a, str>>, String> {
    let (cells, _) = row.map_err(|error| format!("InvalidBatch : CSV Parse Error: {error}"))?;
    if cells.len() != columns.len() {
        return Err(format!(
            "InvalidBatch : CSV Parse Error: a record has {} values for {} fields",
            cells.len(),
            columns.len()
        ));
    }
    refuse_large(sobject, &cells, columns)?;
    Ok(cells)
}

/// Refuses values and records that are larger than files may have.
fn refuse_large(sobject: &SObject, cells: &[Cow<'_, str>], columns: &[Column<'_>]) -> Result<(), String> {
    // Counting characters takes time, and there are no more of them than bytes.
    if cells.iter().map(|cell| cell.len()).sum::<usize>() <= MAX_FIELD_CHARS {
        return Ok(());
    }
    let mut all = 0;
    for (cell, column) in cells.iter().zip(columns) {
        let chars = cell.chars().count();
        let most = column.most_chars(sobject);
        if chars > most {
            let name = column.name();
            return Err(format!("InvalidBatch : a value of {name} has {chars} characters, more than {most}"));
        }
        all += chars;
    }
    if all > MAX_RECORD_CHARS {
        return Err(format!("InvalidBatch : a record has {all} characters, more than {MAX_RECORD_CHARS}"));
    }
    Ok(())
}

impl Column<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Field(name) => name,
            Self::Parent { relationship, .. } => relationship,
        }
    }

    /// Returns how many characters a value may have. Long texts that hold more may be sent whole.
    fn most_chars(&self, sobject: &SObject) -> usize {
        let field = if let Self::Field(name) = self { sobject.field(name) } else { None };
        let length = field.filter(|field| field.is_long_text()).map_or(0, |field| field.length as usize);
        length.max(MAX_FIELD_CHARS)
    }
}

/// Reads the first line of a file. The error is the message of a job that has failed.
pub(crate) fn read_header<'a>(
    task: &Task,
    line_ending: Option<LineEnding>,
    reader: &mut CsvReader<'a>,
) -> Result<Vec<Column<'a>>, String> {
    let (names, end) = match reader.next_row() {
        None => return Err("InvalidBatch : The content of the job has no header".to_owned()),
        Some(row) => row.map_err(|error| format!("InvalidBatch : CSV Parse Error: {error}"))?,
    };
    let is_other =
        matches!((line_ending, end), (Some(LineEnding::Lf), End::Crlf) | (Some(LineEnding::Crlf), End::Lf));
    if is_other {
        let setting = if line_ending == Some(LineEnding::Lf) { "LF" } else { "CRLF" };
        return Err(format!(
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {setting}"
        ));
    }
    let deletes = matches!(task.operation, Operation::Delete | Operation::HardDelete);
    if deletes && !matches!(names.as_slice(), [name] if name.trim().eq_ignore_ascii_case("Id")) {
        return Err("InvalidBatch : delete batch must only contain ids".to_owned());
    }
    if names.len() > MAX_FIELDS {
        return Err(format!("InvalidBatch : a record has {} fields, more than {MAX_FIELDS}", names.len()));
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let unknown = || format!("InvalidBatch : Field name not found : {name}");
        // A header in quotes with quotes in it names no field.
        let Cow::Borrowed(text) = name else { return Err(unknown()) };
        columns.push(read_column(task.sobject, text.trim()).ok_or_else(unknown)?);
    }
    Ok(columns)
}

fn read_column<'a>(sobject: &SObject, name: &'a str) -> Option<Column<'a>> {
    let Some((relationship, field)) = name.split_once('.') else {
        return sobject.field(name).map(|_| Column::Field(name));
    };
    let (parent, relationship) = match relationship.split_once(':') {
        Some((parent, relationship)) => (Some(parent), relationship),
        None => (None, relationship),
    };
    sobject.relationship(relationship)?;
    Some(Column::Parent { relationship, sobject: parent, field })
}

/// Reads a row as a client's record: what is left empty is left out.
pub(crate) fn read_row<'a>(columns: &[Column<'a>], cells: &'a [Cow<'_, str>]) -> Vec<Sent<'a>> {
    let mut sent = Vec::with_capacity(columns.len());
    for (column, cell) in columns.iter().zip(cells) {
        let value = match cell.trim() {
            "" => continue,
            NULL => Given::Null,
            text => Given::Text(text),
        };
        let (name, value) = match column {
            Column::Field(name) => (*name, value),
            Column::Parent { relationship, .. } if value == Given::Null => (*relationship, value),
            Column::Parent { relationship, sobject, field } => {
                let parent = Parent { sobject: *sobject, field, value: Box::new(value) };
                (*relationship, Given::Parent(parent))
            }
        };
        sent.push(Sent { name, value, node: None });
    }
    sent
}
