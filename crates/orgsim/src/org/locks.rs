//! Records that cannot be written for a while.

use serde::Serialize;

use crate::id::RecordId;
use crate::org::draft::Values;
use crate::org::{OrgView, Row, SaveError};
use crate::schema::SObject;
use crate::value::Value;

/// A record that somebody else holds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Lock {
    #[serde(serialize_with = "as_text")]
    pub(crate) id: RecordId,
    pub(crate) kind: LockKind,
    /// When it ends; never by itself if there is none.
    pub(crate) until_ms: Option<i64>,
}

/// Who holds a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LockKind {
    /// Another transaction, longer than an org waits for it.
    Row,
    /// An approval process.
    Approval,
}

fn as_text<S: serde::Serializer>(id: &RecordId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.as_str())
}

impl Lock {
    pub(super) fn holds(&self, now_ms: i64) -> bool {
        self.until_ms.is_none_or(|until_ms| now_ms < until_ms)
    }
}

/// Refuses to write a record that is locked, or whose parents are.
///
/// A write locks the record, its masters, and the parents it newly points to (Salesforce Help, Record-Level Locking).
pub(super) fn refuse_locked(
    view: &OrgView<'_>,
    locks: &[Lock],
    sobject: &SObject,
    row: Option<Row>,
    values: &Values,
) -> Result<(), SaveError> {
    if locks.is_empty() {
        return Ok(());
    }
    let own = row.map(|row| view.id(&row));
    if let Some(id) = own
        && locks.iter().any(|lock| lock.id == id && lock.kind == LockKind::Approval)
    {
        return Err(SaveError::of_record("ENTITY_IS_LOCKED", "the entity is locked for editing"));
    }
    let given = values.iter().map(|(_, value)| value.clone());
    let masters = sobject.fields.iter().filter(|field| field.cascade_delete);
    let masters = row.into_iter().flat_map(|row| {
        masters.clone().map(move |field| view.value(sobject, &row, field).into_owned()).collect::<Vec<_>>()
    });
    let touched = given.chain(masters).filter_map(|value| match value {
        Value::Id(id) => Some(id),
        _ => None,
    });
    let mut held: Vec<RecordId> = own
        .into_iter()
        .chain(touched)
        .filter(|id| locks.iter().any(|lock| lock.id == *id && lock.kind == LockKind::Row))
        .collect();
    held.sort_unstable();
    held.dedup();
    if held.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = held.iter().map(RecordId::as_str).collect();
    let message = format!(
        "unable to obtain exclusive access to this record or {} records: {}",
        held.len(),
        ids.join(",")
    );
    Err(SaveError::of_record("UNABLE_TO_LOCK_ROW", message))
}
