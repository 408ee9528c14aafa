//! Changing many records at random.

use std::convert::Infallible;

use crate::data::Dice;
use crate::id::RecordId;
use crate::org::statuses::Statuses;
use crate::org::write::{apply, set, touch};
use crate::org::{Inner, Org};
use crate::overlay::{Overlay, Patch, Table};
use crate::schema::{Field, SObject};
use crate::value::Value;

/// The most fields that a change of one record touches.
const MOST_FIELDS: u64 = 4;

/// How often a new value is looked for before a change is left small.
const MOST_TRIES: usize = 24;

/// How many records to change at random. The same seed on the same org changes the same ones in the same way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mutation {
    /// How many records to add.
    pub created: u32,
    /// How many live records to change.
    pub updated: u32,
    /// How many other live records to put into the recycle bin. sObjects that keep their records ignore it.
    pub deleted: u32,
    /// The number the choice is computed from.
    pub seed: u64,
}

/// Which records a [`Mutation`] changed.
#[derive(Clone, Debug, Default)]
pub struct MutationReport {
    /// The new records.
    pub created: Vec<RecordId>,
    /// The changed ones.
    pub updated: Vec<RecordId>,
    /// Those in the recycle bin now.
    pub deleted: Vec<RecordId>,
}

impl Org {
    /// Changes records at random, all at one instant. Fewer change where there are not that many.
    pub fn mutate(&self, sobject: &SObject, mutation: Mutation, now_ms: i64) -> MutationReport {
        let statuses = self.read().statuses().clone();
        let job = Job { inner: &self.inner, sobject, mutation, statuses, by: self.user_id(), now_ms };
        self.inner.bin.receive(now_ms);
        // A transaction of its own: others read on while it runs.
        let changed: Result<MutationReport, Infallible> =
            self.transact(|| Ok(self.change(|overlay| job.run(overlay))));
        match changed {
            Ok(report) => report,
        }
    }
}

struct Job<'a> {
    inner: &'a Inner,
    sobject: &'a SObject,
    mutation: Mutation,
    statuses: Statuses,
    by: RecordId,
    now_ms: i64,
}

impl Job<'_> {
    fn run(&self, overlay: &mut Overlay) -> MutationReport {
        let deletable =
            if self.sobject.field("IsDeleted").is_some() { self.mutation.deleted as usize } else { 0 };
        let table = overlay.table_mut(self.sobject);
        let chosen = self.choose(table, self.mutation.updated as usize + deletable);
        let (deleted, updated) = chosen.split_at(deletable.min(chosen.len()));
        let fields: Vec<_> = self.sobject.fields.iter().filter(|field| can_change(field)).collect();
        updated.iter().for_each(|number| self.update(table, *number, &fields));
        deleted.iter().for_each(|number| self.delete(table, *number));
        let created: Vec<_> = (0..self.mutation.created).map(|_| self.create(table)).collect();
        MutationReport { created: self.ids(&created), updated: self.ids(updated), deleted: self.ids(deleted) }
    }

    /// Chooses live records, each at most once.
    fn choose(&self, table: &Table, count: usize) -> Vec<u32> {
        let is_live = |number: &u32| !table.patch(*number).is_some_and(|patch| patch.deleted);
        let mut live: Vec<_> = table.numbers().filter(is_live).collect();
        let mut dice = Dice::at([self.mutation.seed, self.sobject.salt, live.len() as u64]);
        let count = count.min(live.len());
        for at in 0..count {
            let rest = (live.len() - at) as u64;
            live.swap(at, at + dice.below(rest) as usize);
        }
        live.truncate(count);
        live
    }

    fn update(&self, table: &mut Table, number: u32, fields: &[&Field]) {
        let mut dice = Dice::at([self.mutation.seed, self.sobject.salt, u64::from(number)]);
        let wanted = 1 + dice.below(MOST_FIELDS) as usize;
        let mut values: Vec<(usize, Value<'static>)> = Vec::new();
        for _ in 0..MOST_TRIES {
            let field = *dice.pick(fields);
            let value = self.inner.base.another_value(self.sobject, number, field, dice.next());
            let is_new = values.iter().all(|(index, _)| *index != field.index);
            let fits = field.nillable || !value.is_null();
            if is_new && fits && value != self.current_value(table, number, field) {
                values.push((field.index, value));
            }
            if values.len() == wanted {
                break;
            }
        }
        let patch = table.patch_mut(number);
        apply(patch, self.sobject, &values, &self.statuses, self.now_ms);
        touch(patch, self.sobject, self.by, self.now_ms);
    }

    fn current_value<'a>(&'a self, table: &'a Table, number: u32, field: &'a Field) -> Value<'a> {
        let written = table.patch(number).and_then(|patch| patch.find_value(field));
        written.unwrap_or_else(|| self.inner.base.value(self.sobject, number, field))
    }

    fn delete(&self, table: &mut Table, number: u32) {
        let patch = table.patch_mut(number);
        patch.deleted = true;
        touch(patch, self.sobject, self.by, self.now_ms);
    }

    fn create(&self, table: &mut Table) -> u32 {
        let mut patch = Patch::of_computed();
        set(&mut patch, self.sobject, "CreatedDate", Value::DateTime(self.now_ms));
        set(&mut patch, self.sobject, "CreatedById", Value::Id(self.by));
        touch(&mut patch, self.sobject, self.by, self.now_ms);
        table.push(patch)
    }

    fn ids(&self, numbers: &[u32]) -> Vec<RecordId> {
        numbers.iter().map(|number| self.inner.base.id(self.sobject, *number)).collect()
    }
}

fn can_change(field: &Field) -> bool {
    field.updateable && !field.unique && field.fill.stands_alone()
}
