//! What differs from user to user though the record is one: when it was last looked at, and text that is masked.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Org, OrgView, Row};
use crate::id::RecordId;
use crate::rights::Rights;
use crate::schema::{Field, FieldKind};
use crate::soql::ViewMark;
use crate::value::Value;

/// So many records of a user are remembered at least; a user of the real org has some hundreds of them.
const KEPT_MARKS: usize = 10_000;

/// Who sees encrypted text as it is (Help, Classic Encryption for Custom Fields).
const SEES_ENCRYPTED: &str = "ViewEncryptedData";

/// When users looked at records.
#[derive(Debug, Default)]
pub(super) struct Views {
    by_user: RwLock<HashMap<RecordId, Arc<Marks>>>,
}

type Marks = HashMap<Row, Mark>;

#[derive(Clone, Copy, Debug)]
struct Mark {
    viewed_ms: Option<i64>,
    referenced_ms: i64,
}

/// Through whose eyes an org is seen.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    marks: Arc<Marks>,
    sees_encrypted: bool,
}

impl Viewer {
    /// Returns what the user has of a field instead of what is written in the record.
    pub(super) fn mark(&self, row: &Row, field: &Field) -> Value<'static> {
        let mark = self.marks.get(row);
        let at_ms = match field.name.as_str() {
            "LastViewedDate" => mark.and_then(|mark| mark.viewed_ms),
            _ => mark.map(|mark| mark.referenced_ms),
        };
        at_ms.map_or(Value::Null, Value::DateTime)
    }

    /// Returns whether a field's text is masked, as `mask` and `maskType` of its describe say.
    pub(super) fn masks(&self, field: &Field) -> bool {
        field.kind == FieldKind::EncryptedString && !self.sees_encrypted
    }
}

/// Returns asterisks, as many as a text has characters.
pub(super) fn mask(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Text(text) => Value::owned_text("*".repeat(text.chars().count())),
        value => value.clone().into_owned(),
    }
}

impl Org {
    /// Notes that a user viewed records or referred to them. This changes neither who modified them nor when, and nobody else
    /// sees it (Object Reference, System Fields: `LastViewedDate`, `LastReferencedDate`).
    pub(crate) fn mark_viewed(&self, user_id: RecordId, rows: &[Row], mark: ViewMark, now_ms: i64) {
        let mut by_user = self.inner.views.by_user.write().unwrap_or_else(PoisonError::into_inner);
        let marks = Arc::make_mut(by_user.entry(user_id).or_default());
        for row in rows {
            let known = marks.get(row).and_then(|known| known.viewed_ms);
            let viewed_ms = if mark == ViewMark::Viewed { Some(now_ms) } else { known };
            marks.insert(*row, Mark { viewed_ms, referenced_ms: now_ms });
        }
        if marks.len() > 2 * KEPT_MARKS {
            let mut times: Vec<i64> = marks.values().map(|mark| mark.referenced_ms).collect();
            times.sort_unstable_by(|one, other| other.cmp(one));
            let oldest = times[KEPT_MARKS - 1];
            marks.retain(|_, mark| mark.referenced_ms >= oldest);
        }
    }

    /// Returns the org as it is now to somebody of those rights.
    pub(crate) fn read_for(&self, rights: &Rights) -> OrgView<'_> {
        OrgView { viewer: Some(self.viewer(rights)), ..self.read() }
    }

    /// Returns the org as queries of somebody of those rights see it.
    pub(crate) fn read_visible_for(&self, rights: &Rights) -> OrgView<'_> {
        OrgView { viewer: Some(self.viewer(rights)), ..self.read_visible() }
    }

    fn viewer(&self, rights: &Rights) -> Viewer {
        let by_user = self.inner.views.by_user.read().unwrap_or_else(PoisonError::into_inner);
        let marks = by_user.get(&rights.user_id()).map(Arc::clone).unwrap_or_default();
        Viewer { marks, sees_encrypted: rights.has(SEES_ENCRYPTED) }
    }
}
