//! From what a transaction changed to the events that tell of it (Change Data Capture Developer Guide).

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};

use super::change::{Change, Transaction};
use super::event_schema::ChangeType;
use super::{Event, Origin, Settings, Streams};
use crate::id::RecordId;
use crate::org::{ChangedRow, Happened, Org, OrgView, Row};
use crate::random;
use crate::schema::SObject;
use crate::value::Value;

/// As many records share an event: as many as a transaction of the platform saves at a time.
const MAX_MERGED: usize = 200;

/// How many of the last changes a new one is compared with: what is the same comes together.
const COMPARED: usize = 8;

/// A change of a record, found in a transaction.
struct Found {
    order: u64,
    sobject: &'static SObject,
    changed: ChangedRow,
}

impl Streams {
    /// Tells of what a transaction changed. The events come in the order in which the records were last written.
    pub(crate) fn capture(&self, before: &OrgView<'_>, after: &OrgView<'_>) {
        let settings = self.settings();
        let mut found: Vec<Found> = Vec::new();
        for sobject in settings.captured().map(|sobject| self.as_it_is(sobject)) {
            let changed = after.changed_since(before, sobject);
            found.extend(changed.into_iter().map(|(order, changed)| Found { order, sobject, changed }));
        }
        if found.is_empty() {
            return;
        }
        found.sort_by_key(|found| found.order);
        let events = self.tell(&found, before, after, &settings);
        if !events.is_empty() {
            self.append(self.befall(events));
        }
    }

    /// Tells that records changed in a way that cannot be told.
    pub(crate) fn tell_gap(
        &self,
        sobject: &'static SObject,
        kind: ChangeType,
        record_ids: Vec<String>,
        by: Origin,
    ) {
        let settings = self.settings();
        let by = self.begin(by);
        let schema = self.change_schema(sobject, &settings);
        let change = Change::without_values(kind, record_ids, &schema);
        let payload = change.to_payload(&sobject.name, 1, &by, &schema).into_boxed_slice();
        self.append(vec![Event { id: random::uuid(), schema, payload }]);
    }

    fn begin(&self, by: Origin) -> Transaction {
        /// Numbers the transactions of all orgs of this process; only the order matters.
        static COMMITS: AtomicI64 = AtomicI64::new(0);
        const STEP: i64 = 7;
        let now_ms = self.now_ms();
        Transaction {
            key: random::uuid(),
            origin: by.text,
            user_id: by.user_id,
            commit_number: now_ms + COMMITS.fetch_add(STEP, Ordering::Relaxed) + STEP,
            at_ms: now_ms - now_ms.rem_euclid(1_000),
        }
    }

    fn tell(
        &self,
        found: &[Found],
        before: &OrgView<'_>,
        after: &OrgView<'_>,
        settings: &Settings,
    ) -> Vec<Event> {
        let by = self.begin(
            Origin::current()
                .unwrap_or_else(|| Origin { text: String::new(), user_id: writer(after, &found[0]) }),
        );
        let mut telling = Telling { streams: self, by, settings, open: VecDeque::new(), events: Vec::new() };
        let (mut weight, mut untold) = (0, BTreeSet::new());
        for Found { sobject, changed, .. } in found {
            if !untold.is_empty() {
                untold.insert(sobject.index);
                continue;
            }
            let Some(change) = self.describe(sobject, changed, before, after, settings) else { continue };
            if weight + change.weight() > settings.transaction_changes {
                untold.insert(sobject.index);
                continue;
            }
            weight += change.weight();
            telling.add(sobject, change);
        }
        for index in untold {
            let sobject = &after.schema().sobjects()[index];
            let schema = self.change_schema(sobject, settings);
            telling.add(sobject, Change::without_values(ChangeType::GapOverflow, Vec::new(), &schema));
        }
        telling.finish()
    }

    fn describe(
        &self,
        sobject: &'static SObject,
        changed: &ChangedRow,
        before: &OrgView<'_>,
        after: &OrgView<'_>,
        settings: &Settings,
    ) -> Option<Change> {
        let schema = self.change_schema(sobject, settings);
        let row: &Row = &changed.row;
        match changed.happened {
            Happened::Created => {
                Some(Change::with_all_values(ChangeType::Create, after, row, &schema, sobject))
            }
            Happened::Undeleted => {
                Some(Change::with_all_values(ChangeType::Undelete, after, row, &schema, sobject))
            }
            Happened::Deleted => {
                let ids = vec![before.id(row).to_string()];
                Some(Change::without_values(ChangeType::Delete, ids, &schema))
            }
            Happened::Updated => Change::of_update(before, after, row, &schema, sobject),
        }
    }
}

/// The events of a transaction in the making.
struct Telling<'a> {
    streams: &'a Streams,
    by: Transaction,
    settings: &'a Settings,
    /// The last changes, which others may still be like.
    open: VecDeque<(&'static SObject, Change)>,
    events: Vec<Event>,
}

impl Telling<'_> {
    fn add(&mut self, sobject: &'static SObject, change: Change) {
        let same = self.open.iter_mut().rev().find(|(other, known)| {
            std::ptr::eq(*other, sobject) && known.is_same_for(&change) && known.record_ids.len() < MAX_MERGED
        });
        if let Some((_, known)) = same {
            known.record_ids.extend(change.record_ids);
            return;
        }
        if self.open.len() == COMPARED {
            self.write_first();
        }
        self.open.push_back((sobject, change));
    }

    fn finish(mut self) -> Vec<Event> {
        while !self.open.is_empty() {
            self.write_first();
        }
        self.events
    }

    /// Writes an event; one that gets too large tells of a gap instead.
    fn write_first(&mut self) {
        let Some((sobject, change)) = self.open.pop_front() else { return };
        let schema = self.streams.change_schema(sobject, self.settings);
        let sequence = self.events.len() + 1;
        let mut payload = change.to_payload(&sobject.name, sequence, &self.by, &schema);
        if payload.len() > self.settings.event_bytes {
            let gap = Change::without_values(change.kind.as_gap(), change.record_ids, &schema);
            payload = gap.to_payload(&sobject.name, sequence, &self.by, &schema);
        }
        self.events.push(Event { id: random::uuid(), schema, payload: payload.into_boxed_slice() });
    }
}

/// Returns who last changed a record, for transactions that come from no API.
fn writer(after: &OrgView<'_>, found: &Found) -> RecordId {
    let Found { sobject, changed, .. } = found;
    let by = sobject
        .field("LastModifiedById")
        .filter(|_| after.exists(&changed.row))
        .map(|field| after.value(sobject, &changed.row, field));
    match by {
        Some(Value::Id(id)) => id,
        _ => Org::first_user_id(),
    }
}
