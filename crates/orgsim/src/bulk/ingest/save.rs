//! Saving the records of a job, whichever version of the API and form they came in.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::id::RecordId;
use crate::org::{Author, Given, SaveError, Sent, key_text, list_doubled, read_key, read_own_id};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

/// Records are saved in transactions of this size (Bulk API 2.0 Developer Guide, How Requests Are Processed).
pub(crate) const TRANSACTION_ROWS: usize = 200;

/// Records that are held by others are tried so often again (Bulk API 2.0 Developer Guide, How Requests Are Processed).
const LOCK_TRIES: u32 = 10;

/// The wait between two tries.
const LOCK_WAIT: Duration = Duration::from_millis(50);

/// What an ingest job does with its records.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
}

/// What is done with the records of a job, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) sobject: &'static SObject,
    pub(crate) operation: Operation,
    /// The key that upserts go by.
    pub(crate) key: Option<&'static Field>,
    pub(crate) user_id: RecordId,
}

/// What became of one record.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Saved { id: RecordId, created: bool },
    Failed { id: Option<RecordId>, errors: Box<[SaveError]> },
}

impl Outcome {
    /// Returns about how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        let errors: &[SaveError] = match self {
            Self::Saved { .. } => &[],
            Self::Failed { errors, .. } => errors,
        };
        let errors = errors.iter().map(|error| size_of::<SaveError>() + error.message.len());
        size_of::<Self>() + errors.sum::<usize>()
    }

    /// Returns whether somebody else held the record.
    fn is_held(&self) -> bool {
        matches!(self, Self::Failed { errors, .. } if errors.iter().any(|error| error.code == "UNABLE_TO_LOCK_ROW"))
    }
}

/// Words errors as files of results have them: code, message and fields.
pub(crate) fn errors_text(errors: &[SaveError]) -> String {
    let texts = errors.iter().map(|error| {
        let mut fields = error.fields.as_deref().unwrap_or_default().join(" ");
        if !fields.is_empty() {
            fields.push(' ');
        }
        format!("{}:{}:{fields}--", error.code, error.message)
    });
    texts.collect::<Vec<_>>().join(";")
}

/// Saves records in one transaction, each of which may fail on its own. Those that somebody else holds are tried again.
pub(crate) fn save_rows(app: &App, task: &Task, sent: Vec<Vec<Sent<'_>>>) -> Vec<Outcome> {
    let keys: Vec<Option<Value<'static>>> = match task.key {
        Some(key) => sent.iter().map(|sent| read_key(key, sent)).collect(),
        None => vec![None; sent.len()],
    };
    let doubled = list_doubled(&keys);
    let save = |at: usize, by: Author| match keys[at].as_ref() {
        Some(key) if doubled[at] => fail(None, &[doubled_error(task, key)]),
        key => save_row(app, task, sent[at].clone(), key, by),
    };
    let save_all = |places: &[usize]| -> Vec<Outcome> {
        let by = Author::new(task.user_id, app.now_ms());
        let saved = app.org.transact(|| Ok::<_, ()>(places.iter().map(|at| save(*at, by)).collect()));
        saved.unwrap_or_default()
    };
    let mut outcomes = save_all(&(0..sent.len()).collect::<Vec<_>>());
    for _ in 0..LOCK_TRIES {
        let held: Vec<usize> = (0..outcomes.len()).filter(|at| outcomes[*at].is_held()).collect();
        if held.is_empty() {
            break;
        }
        std::thread::sleep(LOCK_WAIT);
        for (at, outcome) in held.iter().zip(save_all(&held)) {
            outcomes[*at] = outcome;
        }
    }
    outcomes
}

fn doubled_error(task: &Task, key: &Value<'_>) -> SaveError {
    let name = task.key.map_or("", |key| key.name.as_str());
    let message = format!("Duplicate external id specified: {}", key_text(key));
    SaveError::of_fields("DUPLICATE_VALUE", message, &[name])
}

fn save_row(
    app: &App,
    task: &Task,
    mut sent: Vec<Sent<'_>>,
    key: Option<&Value<'static>>,
    by: Author,
) -> Outcome {
    let (org, sobject) = (&app.org, task.sobject);
    let own_key = task.key.filter(|key| key.kind != FieldKind::Id);
    match (task.operation, own_key) {
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
            let id = match read_own_id(sobject, given.map(Given::Text).as_ref()) {
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

fn fail(id: Option<RecordId>, errors: &[SaveError]) -> Outcome {
    Outcome::Failed { id, errors: errors.into() }
}

fn take_id<'a>(sent: &mut Vec<Sent<'a>>) -> Option<&'a str> {
    let at = sent.iter().position(|sent| sent.name.eq_ignore_ascii_case("Id"))?;
    match sent.remove(at).value {
        Given::Text(text) => Some(text),
        _ => None,
    }
}
