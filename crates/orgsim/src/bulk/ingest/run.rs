//! Processing the records of a job.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::csv::{CsvReader, End};
use super::job::{IngestJob, Operation, Outcome};
use crate::app::App;
use crate::bulk::page::LineEnding;
use crate::http::Call;
use crate::id::RecordId;
use crate::org::{Author, Given, Parent, SaveError, Sent, key_text, list_doubled, read_given};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// Records are saved in transactions of this size (Bulk API 2.0 Developer Guide, How Requests Are Processed).
const TRANSACTION_ROWS: usize = 200;

/// Records that count as one batch of the daily limit.
const BATCH_ROWS: usize = 10_000;

/// The word in a file for no value; an empty cell leaves a field as it is.
const NULL: &str = "#N/A";

/// Sets a closed job going, unless it is to be looked at first.
pub(super) fn start(call: &Call, job: &Arc<IngestJob>) {
    if job.is_ready() {
        look(call, job);
    }
}

/// Moves a job on by one look, which may be the one that it is processed at.
pub(super) fn look(call: &Call, job: &Arc<IngestJob>) {
    if !job.step(call.app.now_ms()) {
        return;
    }
    let (app, job) = (Arc::clone(&call.app), Arc::clone(job));
    // A large job goes on while its client looks again, a small one is done at once.
    if is_small(&job) {
        process(&app, &job);
    } else {
        Handle::current().spawn_blocking(move || process(&app, &job));
    }
}

/// Processes a job that has nothing left to wait for.
pub(super) fn settle(call: &Call, job: &Arc<IngestJob>) {
    if job.is_ready() {
        look(call, job);
    }
}

fn is_small(job: &IngestJob) -> bool {
    memchr::memchr_iter(b'\n', &job.content()).take(BATCH_ROWS + 1).count() <= BATCH_ROWS
}

fn process(app: &App, job: &IngestJob) {
    let result = match job.failure() {
        Some(message) => Err(message.to_owned()),
        None => process_file(app, job),
    };
    job.finish(result.err(), app.now_ms());
}

/// Processes a file. The error is the message of a job that has failed.
fn process_file(app: &App, job: &IngestJob) -> Result<(), String> {
    let content = job.content();
    let text = std::str::from_utf8(&content)
        .map_err(|_| "ClientInputError : The content of the job is not UTF-8".to_owned())?;
    let mut reader = CsvReader::new(text, job.format.separators().0);
    let columns = read_header(job, &mut reader)?;
    let mut rows = Vec::new();
    let mut saved = 0;
    let mut is_over = false;
    while !is_over {
        match reader.next_row() {
            Some(row) => {
                let (cells, _) = row.map_err(|error| format!("InvalidBatch : CSV Parse Error: {error}"))?;
                if cells.len() != columns.len() {
                    return Err(format!(
                        "InvalidBatch : CSV Parse Error: a record has {} values for {} fields",
                        cells.len(),
                        columns.len()
                    ));
                }
                rows.push(cells);
            }
            None => is_over = true,
        }
        if rows.len() == TRANSACTION_ROWS || is_over && !rows.is_empty() {
            if saved % BATCH_ROWS == 0 {
                app.ingest_jobs.count_batches(app.now_ms(), 1);
            }
            saved += rows.len();
            let outcomes = save_rows(app, job, &columns, &rows);
            rows.clear();
            if !job.record(outcomes, app.now_ms()) || job.is_aborted() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A column of a file.
enum Column<'a> {
    Field(&'a str),
    /// A lookup whose parent is named by a key: `Account.Ext__c`, or `Contact:Who.Ext__c` where the sObject is a choice.
    Parent {
        relationship: &'a str,
        sobject: Option<&'a str>,
        field: &'a str,
    },
}

fn read_header<'a>(job: &IngestJob, reader: &mut CsvReader<'a>) -> Result<Vec<Column<'a>>, String> {
    let (names, end) = match reader.next_row() {
        None => return Err("InvalidBatch : The content of the job has no header".to_owned()),
        Some(row) => row.map_err(|error| format!("InvalidBatch : CSV Parse Error: {error}"))?,
    };
    let is_other =
        matches!((job.format.line_ending, end), (LineEnding::Lf, End::Crlf) | (LineEnding::Crlf, End::Lf));
    if is_other {
        let setting = if job.format.line_ending == LineEnding::Lf { "LF" } else { "CRLF" };
        return Err(format!(
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {setting}"
        ));
    }
    let deletes = matches!(job.operation, Operation::Delete | Operation::HardDelete);
    if deletes && !matches!(names.as_slice(), [name] if name.trim().eq_ignore_ascii_case("Id")) {
        return Err("InvalidBatch : delete batch must only contain ids".to_owned());
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let unknown = || format!("InvalidBatch : Field name not found : {name}");
        // A header in quotes with quotes in it names no field.
        let Cow::Borrowed(text) = name else { return Err(unknown()) };
        columns.push(read_column(job.sobject, text.trim()).ok_or_else(unknown)?);
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
fn read_row<'a>(columns: &[Column<'a>], cells: &'a [Cow<'_, str>]) -> Vec<Sent<'a>> {
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

fn save_rows(app: &App, job: &IngestJob, columns: &[Column<'_>], rows: &[Vec<Cow<'_, str>>]) -> Vec<Outcome> {
    let by = Author::new(job.user_id(), app.now_ms());
    let sent: Vec<Vec<Sent<'_>>> = rows.iter().map(|row| read_row(columns, row)).collect();
    let keys: Vec<Option<Value<'static>>> = match job.key {
        Some(key) => sent.iter().map(|sent| key_value(key, sent)).collect(),
        None => vec![None; sent.len()],
    };
    let doubled = list_doubled(&keys);
    let save_all = || -> Result<Vec<Outcome>, ()> {
        let rows = sent.into_iter().zip(keys).zip(doubled);
        let outcomes = rows.map(|((sent, key), is_doubled)| {
            if let Some(key) = key.as_ref().filter(|_| is_doubled) {
                return fail(None, &[doubled_error(job, key)]);
            }
            save_row(app, job, sent, key.as_ref(), by)
        });
        Ok(outcomes.collect())
    };
    app.org.transact(save_all).unwrap_or_default()
}

fn doubled_error(job: &IngestJob, key: &Value<'_>) -> SaveError {
    let name = job.key.map_or("", |key| key.name.as_str());
    let message = format!("Duplicate external id specified: {}", key_text(key));
    SaveError::of_fields("DUPLICATE_VALUE", message, &[name])
}

fn save_row(
    app: &App,
    job: &IngestJob,
    mut sent: Vec<Sent<'_>>,
    key: Option<&Value<'static>>,
    by: Author,
) -> Outcome {
    let (org, sobject) = (&app.org, job.sobject);
    let own_key = job.key.filter(|key| key.kind != FieldKind::Id);
    match (job.operation, own_key) {
        (Operation::Insert, _) => done(org.create_record(sobject, &sent, by).map(|id| (id, true)), None),
        (Operation::Upsert, Some(field)) => {
            sent.retain(|sent| !sent.name.eq_ignore_ascii_case(&field.name));
            let Some(key) = key.filter(|key| !key.is_null()) else {
                let message = format!("{} not specified", field.name);
                return fail(None, &[SaveError::of_record("MISSING_ARGUMENT", message)]);
            };
            let saved = org.upsert_record(sobject, (field, key), &sent, by);
            done(saved.map(|saved| (saved.id(), saved.is_created())), None)
        }
        (operation, _) => {
            let given = take_id(&mut sent);
            if operation == Operation::Upsert && given.is_none() {
                return done(org.create_record(sobject, &sent, by).map(|id| (id, true)), None);
            }
            let id = match read_id(sobject, given) {
                Ok(id) => id,
                Err(error) => return fail(None, &[error]),
            };
            let result = match operation {
                Operation::Delete => org.delete_record(sobject, &id, by),
                Operation::HardDelete => org.hard_delete_record(sobject, &id, by),
                _ => org.update_record(sobject, &id, &sent, by),
            };
            done(result.map(|()| (id, false)), Some(id))
        }
    }
}

fn done(result: Result<(RecordId, bool), Vec<SaveError>>, id: Option<RecordId>) -> Outcome {
    match result {
        Ok((id, created)) => Outcome::Saved { id, created },
        Err(errors) => fail(id, &errors),
    }
}

/// Words errors as the file of failed records has them: code, message and fields.
fn fail(id: Option<RecordId>, errors: &[SaveError]) -> Outcome {
    let texts = errors.iter().map(|error| {
        let mut fields = error.fields.as_deref().unwrap_or_default().join(" ");
        if !fields.is_empty() {
            fields.push(' ');
        }
        format!("{}:{}:{fields}--", error.code, error.message)
    });
    Outcome::Failed { id, error: texts.collect::<Vec<_>>().join(";").into() }
}

fn take_id<'a>(sent: &mut Vec<Sent<'a>>) -> Option<&'a str> {
    let at = sent.iter().position(|sent| sent.name.eq_ignore_ascii_case("Id"))?;
    match sent.remove(at).value {
        Given::Text(text) => Some(text),
        _ => None,
    }
}

fn read_id(sobject: &SObject, given: Option<&str>) -> Result<RecordId, SaveError> {
    let missing = || SaveError::of_record("MISSING_ARGUMENT", "Id not specified in an update call");
    let text = given.ok_or_else(missing)?;
    let is_own = |id: &RecordId| sobject.key_prefix == Some(id.prefix());
    RecordId::parse(text).filter(is_own).ok_or_else(|| SaveError::wrong_id(sobject, text))
}

fn key_value(key: &Field, sent: &[Sent<'_>]) -> Option<Value<'static>> {
    let given = sent.iter().find(|sent| sent.name.eq_ignore_ascii_case(&key.name));
    given.and_then(|sent| read_given(key, &sent.value))
}
