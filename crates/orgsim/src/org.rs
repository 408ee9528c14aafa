//! The org: computed records and the changes made to them since.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use crate::clock::Clock;
use crate::data::Base;
use crate::id::RecordId;
use crate::index::Indexes;
use crate::overlay::{Overlay, Patch};
use crate::rights::{OrgDefault, Rights, RightsCache};
use crate::schema::change::Schemas;
use crate::schema::{Field, SObject, Schema, convert};
use crate::stream::Streams;
use crate::value::Value;

mod changed;
mod check;
mod compute;
mod computed;
mod consequences;
mod derive;
mod described;
mod draft;
mod duplicates;
mod fields;
mod files;
mod given;
mod history;
mod indexed;
mod locks;
mod merge;
mod mutate;
mod narrowed;
mod own;
mod people;
mod permit;
mod recycle_bin;
mod remove;
mod rules;
mod save;
mod save_error;
mod snapshot;
mod standard;
mod statuses;
mod transaction;
mod validation;
mod viewed;
mod watch;
mod write;

pub(crate) use self::changed::{ChangedRow, Happened};
pub(crate) use self::computed::ComputedRow;
pub(crate) use self::described::DescribeAge;
pub(crate) use self::draft::{Sent, deserialization_error, key_text, list_doubled};
pub(crate) use self::duplicates::{DuplicateAction, DuplicateHeader, DuplicateResult};
pub(crate) use self::given::{Given, Parent, read_given, read_key, read_own_id};
pub(crate) use self::locks::{Lock, LockKind};
pub(crate) use self::merge::Merged;
pub use self::mutate::{Mutation, MutationReport};
pub(crate) use self::narrowed::Picklists;
pub(crate) use self::people::{INTEGRATION_LICENSE, RightsChange, list_record_types};
pub(crate) use self::rules::DataSwitches;
pub(crate) use self::save_error::SaveError;
pub(crate) use self::snapshot::Snapshot;
pub(crate) use self::validation::ValidationRule;
use self::viewed::Viewer;
pub(crate) use self::watch::Version;
use self::watch::Watch;
pub use self::write::Absent;
pub(crate) use self::write::Author;

/// What an org is made of at its start.
#[derive(Clone, Debug)]
pub struct OrgConfig {
    /// The number all records are computed from.
    pub seed: u64,
    /// How many records of an sObject there are, by API name. What is not named has none, but Organization, Group and User.
    pub counts: BTreeMap<String, u32>,
    /// The time of the start; every record is older than a day then.
    pub now_ms: i64,
}

/// A Salesforce org. Clones are the same org.
#[derive(Clone, Debug)]
pub struct Org {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    base: Base,
    overlay: RwLock<Overlay>,
    /// Held by whoever writes, so that what was checked still holds when it is written.
    writer: Mutex<()>,
    indexes: Indexes,
    /// The clock the org goes by, once it has one.
    clock: OnceLock<Clock>,
    started_ms: i64,
    rules: rules::Rules,
    bin: recycle_bin::RecycleBin,
    rights: RightsCache,
    /// Who is told what transactions changed; nobody while the org is being set up.
    streams: OnceLock<Arc<Streams>>,
    watch: Watch,
    views: viewed::Views,
    narrowed: narrowed::NarrowedPicklists,
    has_notes: AtomicBool,
    schemas: RwLock<Schemas>,
    is_full: AtomicBool,
}

/// A record of an org: a handle that stays valid whatever happens to the record.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Row {
    sobject: u16,
    number: u32,
}

impl Row {
    /// Returns the place of its sObject in [`Schema::sobjects`].
    pub fn sobject_index(&self) -> usize {
        usize::from(self.sobject)
    }
}

impl Org {
    /// Makes an org. This costs nothing per computed record: they are computed when they are read.
    pub fn new(config: OrgConfig) -> Self {
        let base = Base::new(&config);
        let mut overlay = Overlay::new(base.counts());
        own::share_log_numbers(base.schema(), &mut overlay);
        let overlay = RwLock::new(overlay);
        let indexes = Indexes::new(base.schema());
        let (founded_ms, now_ms) = (base.founded_ms(), config.now_ms);
        let org = Self { inner: Arc::new(Inner::new(base, overlay, indexes, now_ms)) };
        crate::seed::plant(&org, founded_ms, now_ms);
        org
    }

    /// Lets the org go by a clock. Until then it stands at the time of its start.
    pub fn set_clock(&self, clock: Clock) {
        // A second clock is not wanted: what is computed by the first must stay.
        let _ = self.inner.clock.set(clock);
    }

    /// Returns what the org knows about its sObjects.
    pub fn schema(&self) -> &'static Schema {
        self.inner.schemas().offered(self.has_notes())
    }

    /// Returns whether notes are switched on.
    pub fn has_notes(&self) -> bool {
        self.inner.has_notes.load(Ordering::Relaxed)
    }

    /// Switches notes on or off. Notes that are there stay: the documents they are can be seen in any case.
    pub fn switch_notes(&self, has_notes: bool) {
        self.inner.has_notes.store(has_notes, Ordering::Relaxed);
    }

    /// Says whether there is room for further records.
    pub(crate) fn set_full(&self, is_full: bool) {
        self.inner.is_full.store(is_full, Ordering::Relaxed);
    }

    /// Returns the id of the Organization record.
    pub fn organization_id(&self) -> RecordId {
        self.inner.base.organization_id()
    }

    /// Returns the id of the user who connects, the first one.
    pub fn user_id(&self) -> RecordId {
        Self::first_user_id()
    }

    /// Returns the id that this user has in every org.
    pub(crate) fn first_user_id() -> RecordId {
        RecordId::new(b"005", Base::sequence(0))
    }

    /// Has a bus told of every change from now on.
    pub(crate) fn tell_changes_to(&self, streams: Arc<Streams>) {
        // There is one bus, which is set once.
        let _ = self.inner.streams.set(streams);
    }

    /// Returns the month the fiscal year starts with, counted from 1.
    pub fn fiscal_start(&self) -> u32 {
        let view = self.read();
        let start = view.schema().find("Organization").and_then(|sobject| {
            let row = view.find(sobject, &self.organization_id())?;
            match view.value(sobject, &row, sobject.field("FiscalYearStartMonth")?) {
                Value::Int(month) => u32::try_from(month).ok().filter(|month| (1..=12).contains(month)),
                _ => None,
            }
        });
        start.unwrap_or(1)
    }

    /// Returns what a user may do now.
    pub(crate) fn rights(&self, user_id: RecordId, now_ms: i64) -> Arc<Rights> {
        self.inner.rights.find(&self.read(), user_id, now_ms)
    }

    /// Returns what a user might do in the org as a view shows it.
    pub(crate) fn rights_in(&self, view: &OrgView<'_>, user_id: RecordId, at_ms: i64) -> Arc<Rights> {
        self.inner.rights.compute(view, user_id, at_ms)
    }

    /// Sets who sees records of others, for an sObject that the Organization has no field for.
    pub(crate) fn set_org_default(&self, sobject: &SObject, default: OrgDefault) {
        self.inner.rights.set_default(sobject.index, default);
    }

    /// Returns the org as it is now. Later changes do not show in the view.
    pub fn read(&self) -> OrgView<'_> {
        self.empty_expired();
        self.inner.view(self.current_overlay())
    }
}

impl Inner {
    fn new(base: Base, overlay: RwLock<Overlay>, indexes: Indexes, started_ms: i64) -> Self {
        Self {
            base,
            overlay,
            writer: Mutex::default(),
            indexes,
            clock: OnceLock::new(),
            started_ms,
            rules: rules::Rules::default(),
            bin: recycle_bin::RecycleBin::default(),
            rights: RightsCache::default(),
            streams: OnceLock::new(),
            watch: Watch::default(),
            views: viewed::Views::default(),
            narrowed: narrowed::NarrowedPicklists::default(),
            has_notes: AtomicBool::new(true),
            schemas: RwLock::default(),
            is_full: AtomicBool::new(false),
        }
    }

    fn view(&self, overlay: Overlay) -> OrgView<'_> {
        let (base, indexes, now_ms) = (&self.base, &self.indexes, self.now_ms());
        let schema = self.schemas().all();
        OrgView { base, indexes, overlay, schema, now_ms, statuses: OnceLock::new(), viewer: None }
    }

    fn schemas(&self) -> RwLockReadGuard<'_, Schemas> {
        self.schemas.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        self.clock.get().map_or(self.started_ms, Clock::now_ms)
    }
}

/// An org at one moment. Cheap to make, and may be kept while the org changes.
#[derive(Clone, Debug)]
pub struct OrgView<'org> {
    base: &'org Base,
    indexes: &'org Indexes,
    overlay: Overlay,
    schema: &'static Schema,
    now_ms: i64,
    /// What stages and statuses mean, once somebody has asked.
    statuses: OnceLock<statuses::Statuses>,
    /// Whose eyes it is seen through. Nobody's show what is kept.
    viewer: Option<Viewer>,
}

impl OrgView<'_> {
    /// Returns the moment of the view.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Returns what the org knows about its sObjects.
    pub fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// Lists the records of an sObject by ascending id, deleted ones included.
    pub fn rows(&self, sobject: &SObject) -> impl DoubleEndedIterator<Item = Row> + use<'_> {
        let index = sobject.index as u16;
        self.overlay.table(sobject).numbers().map(move |number| Row { sobject: index, number })
    }

    /// Lists the records of an sObject in as many parts, which together are what [`OrgView::rows`] lists.
    pub(crate) fn row_parts(
        &self,
        sobject: &SObject,
        parts: u32,
    ) -> Vec<impl Iterator<Item = Row> + use<'_>> {
        let (index, table) = (sobject.index as u16, self.overlay.table(sobject));
        let size = table.end().div_ceil(parts);
        let part = |part: u32| table.numbers_between(part * size, (part + 1) * size);
        (0..parts).map(|at| part(at).map(move |number| Row { sobject: index, number })).collect()
    }

    /// Returns how many records [`OrgView::rows`] lists.
    pub fn row_count(&self, sobject: &SObject) -> usize {
        self.overlay.table(sobject).row_count()
    }

    /// Returns how many records there are, but for those in the recycle bin.
    pub(crate) fn live_count(&self, sobject: &SObject) -> usize {
        let table = self.overlay.table(sobject);
        let is_deleted = |number: &u32| table.patch(*number).is_some_and(|patch| patch.deleted);
        table.row_count() - table.patched().filter(is_deleted).count()
    }

    /// Lists by ascending id the records whose ids lie within bounds, deleted ones included. Finding where they begin
    /// takes as many steps as the number of records has bits.
    pub(crate) fn rows_between(
        &self,
        sobject: &SObject,
        ids: (Bound<RecordId>, Bound<RecordId>),
    ) -> impl Iterator<Item = Row> + use<'_> {
        let (place, table) = (sobject.index as u16, self.overlay.table(sobject));
        // Ids are in the order of numbers.
        let first = |is_before: &dyn Fn(&RecordId) -> bool| {
            let (mut low, mut high) = (0, table.end());
            while low < high {
                let middle = low + (high - low) / 2;
                if is_before(&self.base.id(sobject, middle)) { low = middle + 1 } else { high = middle }
            }
            low
        };
        let start = match ids.0 {
            Bound::Unbounded => 0,
            Bound::Included(least) => first(&|id| *id < least),
            Bound::Excluded(before) => first(&|id| *id <= before),
        };
        let end = match ids.1 {
            Bound::Unbounded => table.end(),
            Bound::Included(most) => first(&|id| *id <= most),
            Bound::Excluded(after) => first(&|id| *id < after),
        };
        table.numbers_between(start, end).map(move |number| Row { sobject: place, number })
    }

    /// Finds a record by its id, deleted ones included.
    pub fn find(&self, sobject: &SObject, id: &RecordId) -> Option<Row> {
        let number = Base::number_of(sobject, id)?;
        let row = Row { sobject: sobject.index as u16, number };
        // The id of another org is none of this one.
        (self.overlay.table(sobject).contains(number) && self.id(&row) == *id).then_some(row)
    }

    /// Returns a record's id.
    pub fn id(&self, row: &Row) -> RecordId {
        let sobject = &self.schema().sobjects()[row.sobject_index()];
        self.base.id(sobject, row.number)
    }

    /// Returns whether a record is in the recycle bin.
    pub fn is_deleted(&self, row: &Row) -> bool {
        self.patch(row).is_some_and(|patch| patch.deleted)
    }

    /// Returns whether a record is still there, be it in the recycle bin.
    pub fn exists(&self, row: &Row) -> bool {
        self.overlay.tables[row.sobject_index()].contains(row.number)
    }

    /// Returns the value of a field. Compound fields have none.
    pub fn value<'a>(&'a self, sobject: &'a SObject, row: &Row, field: &'a Field) -> Value<'a> {
        self.value_at_depth(sobject, row, field, 0)
    }

    /// Returns the value of a field that a formula names, which `depth` formulas led to.
    pub(crate) fn value_at_depth<'a>(
        &'a self,
        sobject: &'a SObject,
        row: &Row,
        field: &'a Field,
        depth: usize,
    ) -> Value<'a> {
        match &self.viewer {
            Some(viewer) if field.per_user && !sobject.is_virtual => viewer.mark(row, field),
            Some(viewer) if viewer.masks(field) => viewed::mask(&self.kept_value(sobject, row, field, depth)),
            _ => self.kept_value(sobject, row, field, depth),
        }
    }

    fn kept_value<'a>(
        &'a self,
        sobject: &'a SObject,
        row: &Row,
        field: &'a Field,
        depth: usize,
    ) -> Value<'a> {
        if let Some(origin) = &field.origin {
            return convert(self.kept_value(sobject, row, origin, depth), field);
        }
        if let Some(computation) = &field.computation {
            return compute::compute(self, computation, (sobject, field), row, depth);
        }
        let patch = self.patch(row);
        if let Some(patch) = patch
            && let Some(value) = patch.find_value(field)
        {
            return value;
        }
        if let Some(derivation) = field.fill.as_derivation() {
            return derive::derive(self, derivation, sobject, row);
        }
        match patch {
            Some(patch) if !patch.computed => self.base.value_when_left_out(sobject, row.number, field),
            _ => self.base.value(sobject, row.number, field),
        }
    }

    fn patch(&self, row: &Row) -> Option<&Patch> {
        self.overlay.tables[row.sobject_index()].patch(row.number)
    }
}

#[cfg(test)]
mod tests;
