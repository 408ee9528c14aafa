//! Reading the records of a batch, in CSV, JSON or XML, and saving them.

use std::borrow::Cow;
use std::sync::Arc;

use super::job::{ContentType, Job};
use crate::app::App;
use crate::bulk::ingest::{
    CsvReader, Operation, Outcome, TRANSACTION_ROWS, Task, read_cells, read_header, read_row, save_rows,
};
use crate::json::{Data, Node};
use crate::org::{Given, Parent, Sent};
use crate::schema::SObject;
use crate::xml::{self, Element};

/// The most records of a batch (Bulk API Developer Guide, Bulk API Limits).
const MAX_ROWS: usize = 10_000;

/// The word for no value; an empty one leaves a field as it is.
const NULL: &str = "#N/A";

/// Saves the records of a batch. The error is the message of a batch that has failed.
pub(super) fn save(app: &App, job: &Job, task: &Task, request: &[u8]) -> Result<Arc<Vec<Outcome>>, String> {
    let text = std::str::from_utf8(request)
        .map_err(|_| "ClientInputError : The content of the batch is not UTF-8".to_owned())?;
    let outcomes = match job.content_type() {
        ContentType::Csv => save_csv(app, task, text)?,
        ContentType::Json => {
            let body = Node::parse(request)
                .map_err(|message| format!("InvalidBatch : Failed to parse JSON: {message}"))?;
            let records = body.items().filter(|items| items.iter().all(Node::is_object));
            let records =
                records.ok_or("InvalidBatch : Failed to parse JSON: a list of records is expected")?;
            save_all(app, task, records, json_record)?
        }
        ContentType::Xml => {
            let root = xml::parse(text).filter(|root| root.name == "sObjects");
            let root = root.ok_or("InvalidXML : Failed to parse XML: sObjects is expected")?;
            let records: Vec<&Element> =
                root.children.iter().filter(|child| child.name == "sObject").collect();
            save_all(app, task, &records, |record| xml_record(record))?
        }
    };
    Ok(Arc::new(outcomes))
}

fn save_csv(app: &App, task: &Task, text: &str) -> Result<Vec<Outcome>, String> {
    let mut reader = CsvReader::new(text, b',');
    let columns = read_header(task, None, &mut reader)?;
    let mut rows: Vec<Vec<Cow<'_, str>>> = Vec::new();
    while let Some(row) = reader.next_row() {
        rows.push(read_cells(task.sobject, row, &columns)?);
    }
    refuse_count(rows.len())?;
    let save = |rows: &[Vec<Cow<'_, str>>]| {
        let sent = rows.iter().map(|row| read_row(&columns, row)).collect();
        save_rows(app, task, sent)
    };
    Ok(rows.chunks(TRANSACTION_ROWS).flat_map(save).collect())
}

fn save_all<'r, R>(
    app: &App,
    task: &Task,
    records: &'r [R],
    read: impl Fn(&'r R) -> Vec<Sent<'r>>,
) -> Result<Vec<Outcome>, String> {
    refuse_count(records.len())?;
    for record in records {
        refuse_names(task, &read(record))?;
    }
    let save = |records: &'r [R]| save_rows(app, task, records.iter().map(&read).collect());
    Ok(records.chunks(TRANSACTION_ROWS).flat_map(save).collect())
}

fn refuse_count(count: usize) -> Result<(), String> {
    match count {
        0 => Err("InvalidBatch : Records not found".to_owned()),
        1..=MAX_ROWS => Ok(()),
        _ => Err(format!("InvalidBatch : Too many records in batch: {count}. The maximum is {MAX_ROWS}.")),
    }
}

/// Refuses fields that the sObject has not: no record of such a batch is saved.
fn refuse_names(task: &Task, sent: &[Sent<'_>]) -> Result<(), String> {
    let deletes = matches!(task.operation, Operation::Delete | Operation::HardDelete);
    if deletes && !matches!(sent, [only] if only.name.eq_ignore_ascii_case("Id")) {
        return Err("InvalidBatch : delete batch must only contain ids".to_owned());
    }
    let is_known =
        |sobject: &SObject, name: &str| sobject.field(name).is_some() || sobject.relationship(name).is_some();
    match sent.iter().find(|sent| !is_known(task.sobject, sent.name)) {
        Some(unknown) => Err(format!("InvalidBatch : Field name not found : {}", unknown.name)),
        None => Ok(()),
    }
}

fn json_record(record: &Node) -> Vec<Sent<'_>> {
    let fields = record.members().iter().filter(|(name, _)| name != "attributes");
    fields.map(|(name, node)| Sent { name, value: json_value(node), node: None }).collect()
}

/// Reads a value as a file would have it: every one is text there.
fn json_value(node: &Node) -> Given<'_> {
    match &node.value {
        Data::Null => Given::Null,
        Data::Text(text) if text == NULL => Given::Null,
        Data::Bool(true) => Given::Text("true"),
        Data::Bool(false) => Given::Text("false"),
        Data::Number(text) | Data::Text(text) => Given::Text(text),
        Data::List(_) => Given::Nested,
        Data::Object(_) => Given::of_object(node, json_value),
    }
}

/// Reads `<sObject>`. Its `type` says of what sObject it is and is no field; empty elements say nothing.
fn xml_record(record: &Element) -> Vec<Sent<'_>> {
    let fields = record.children.iter().filter(|child| child.name != "type");
    fields
        .filter(|child| child.is_nil || !child.children.is_empty() || !child.text.trim().is_empty())
        .map(|child| Sent { name: &child.name, value: xml_value(child), node: None })
        .collect()
}

fn xml_value(element: &Element) -> Given<'_> {
    if element.is_nil || element.text.trim() == NULL {
        return Given::Null;
    }
    // A parent stands in an sObject of its own, or right in the relationship's element.
    let within = element.child("sObject").unwrap_or(element);
    let sobject = within.child("type").map(|kind| kind.text.trim());
    let mut keys = within.children.iter().filter(|child| child.name != "type");
    match (keys.next(), keys.next()) {
        (None, _) => Given::Text(&element.text),
        (Some(key), None) => {
            Given::Parent(Parent { sobject, field: &key.name, value: Box::new(xml_value(key)) })
        }
        _ => Given::Nested,
    }
}
