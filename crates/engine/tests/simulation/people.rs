//! What people of an org do to its records.

use chrono::NaiveDate;
use orgsim::id::RecordId;
use orgsim::org::Mutation;
use orgsim::schema::{Field, FieldKind, SObject};
use orgsim::value::Value;
use rust_decimal::Decimal;

use crate::dice::Dice;
use crate::org_side::OrgSide;
use crate::test_org::text;

/// Texts that are hard to carry.
const TEXTS: [&str; 12] = [
    "Quay 9",
    "say \"hello\", twice",
    "one\ntwo\r\nthree",
    "👩‍👩‍👧‍👦 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "שלום 123",
    "\\N",
    " ",
    "'; drop table accounts; --",
    "e\u{301} and é",
    "=1+1",
    "#N/A",
    "a\tb",
];

/// Changes made so far, by kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) deleted: u64,
    pub(crate) undeleted: u64,
    pub(crate) purged: u64,
    pub(crate) merged: u64,
    pub(crate) moved: u64,
    pub(crate) late: u64,
}

impl Changes {
    pub(crate) fn total(&self) -> u64 {
        self.created
            + self.updated
            + self.deleted
            + self.undeleted
            + self.purged
            + self.merged
            + self.moved
            + self.late
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.deleted += other.deleted;
        self.undeleted += other.undeleted;
        self.purged += other.purged;
        self.merged += other.merged;
        self.moved += other.moved;
        self.late += other.late;
    }
}

/// Lets people of an org make one change, or a few at one instant.
pub(crate) fn change_something(side: &OrgSide, dice: &Dice, changes: &mut Changes) {
    let Some(name) = dice.pick(side.written).copied() else { return };
    match dice.below(100) {
        0..50 => changes.updated += update_some(side, dice, name, 1),
        50..58 => changes.updated += update_some(side, dice, name, dice.between(5, 25)),
        58..72 => changes.created += create_some(side, dice, name),
        72..80 => changes.deleted += delete_one(side, dice, name),
        80..86 => changes.undeleted += undelete_one(side, dice, name),
        86..90 => changes.purged += purge_one(side, dice, name),
        90..94 => changes.merged += merge_two(side, dice),
        _ => changes.moved += move_one(side, dice),
    }
}

fn live_ids(side: &OrgSide, name: &str) -> Vec<RecordId> {
    let ids = side.org.ids(name).into_iter();
    ids.filter(|id| !side.held.contains(id)).collect()
}

fn update_some(side: &OrgSide, dice: &Dice, name: &str, count: u64) -> u64 {
    let ids = live_ids(side, name);
    let sobject = side.org.sobject(name);
    let mut done = 0;
    for _ in 0..count {
        let Some(id) = dice.pick(&ids) else { break };
        let values = new_values(side, sobject, dice);
        let fields: Vec<(&str, Value<'static>)> =
            values.iter().map(|(field, value)| (field.as_str(), value.clone())).collect();
        side.org.update(name, id, &fields);
        done += 1;
    }
    done
}

/// One to three new values of fields that a rule copies; sometimes of a field that none does.
pub(crate) fn new_values(side: &OrgSide, sobject: &SObject, dice: &Dice) -> Vec<(String, Value<'static>)> {
    let rule = side.rules.iter().find(|rule| rule.sobject == sobject.name);
    let copied = rule.and_then(|rule| rule.fields).unwrap_or(&["Name"]);
    let mut names: Vec<String> =
        (0..dice.between(1, 3)).filter_map(|_| dice.pick(copied).map(|name| (*name).to_owned())).collect();
    names.sort_unstable();
    names.dedup();
    let fields = names.iter().filter_map(|name| sobject.field(name));
    let writable = fields.filter(|field| field.updateable && field.kind != FieldKind::Reference);
    writable.map(|field| (field.name.clone(), new_value(field, dice))).collect()
}

fn new_value(field: &Field, dice: &Dice) -> Value<'static> {
    if field.nillable && dice.happens(12) {
        return Value::Null;
    }
    let number = dice.below(90_000) as i64;
    match field.kind {
        FieldKind::Boolean => Value::Bool(dice.happens(50)),
        FieldKind::Int => Value::Int(number),
        FieldKind::Double | FieldKind::Currency | FieldKind::Percent => {
            Value::Number(Decimal::new(number, u32::from(field.scale.min(2))))
        }
        FieldKind::Date => {
            let days = chrono::Days::new(dice.below(4_000));
            Value::Date(NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + days)
        }
        FieldKind::DateTime => Value::DateTime(1_500_000_000_000 + number * 3_600_000),
        FieldKind::Picklist => {
            let values: Vec<_> = field.picklist.iter().map(|entry| entry.value.clone()).collect();
            Value::owned_text(dice.pick(&values).cloned().unwrap_or_default())
        }
        _ if dice.happens(30) => text(dice.pick(&TEXTS).unwrap()),
        _ => text(&format!("Quay {number}")),
    }
}

fn create_some(side: &OrgSide, dice: &Dice, name: &str) -> u64 {
    let created = dice.between(1, 4) as u32;
    side.org.mutate(name, Mutation { created, seed: dice.below(1 << 40), ..Mutation::default() });
    u64::from(created)
}

fn delete_one(side: &OrgSide, dice: &Dice, name: &str) -> u64 {
    let ids = live_ids(side, name);
    // An org that is empty teaches nothing.
    let Some(id) = dice.pick(&ids).filter(|_| ids.len() > 12) else { return 0 };
    side.org.delete(name, id);
    1
}

fn deleted_ids(side: &OrgSide, name: &str) -> Vec<RecordId> {
    let sobject = side.org.sobject(name);
    let view = side.org.simulator.org().read();
    let rows = view.rows(sobject).filter(|row| view.is_deleted(row) && !is_merged(&view, sobject, row));
    rows.map(|row| view.id(&row)).collect()
}

/// A record that was merged into another comes back only with the whole of what it had; people seldom do that.
fn is_merged(view: &orgsim::org::OrgView<'_>, sobject: &SObject, row: &orgsim::org::Row) -> bool {
    let winner = sobject.field("MasterRecordId").map(|field| view.value(sobject, row, field));
    winner.is_some_and(|winner| !winner.is_null())
}

fn undelete_one(side: &OrgSide, dice: &Dice, name: &str) -> u64 {
    let ids = deleted_ids(side, name);
    let Some(id) = dice.pick(&ids) else { return 0 };
    side.org.undelete(name, id);
    1
}

/// Removes a record for good, from the recycle bin or at once.
fn purge_one(side: &OrgSide, dice: &Dice, name: &str) -> u64 {
    let from_bin = dice.happens(50);
    let ids = if from_bin { deleted_ids(side, name) } else { live_ids(side, name) };
    let Some(id) = dice.pick(&ids).filter(|_| from_bin || ids.len() > 12) else { return 0 };
    side.org.simulator.org().purge(side.org.sobject(name), id).unwrap();
    1
}

/// Merges two accounts; what pointed to the loser points to the winner then.
fn merge_two(side: &OrgSide, dice: &Dice) -> u64 {
    if !side.written.contains(&"Account") {
        return 0;
    }
    let ids = live_ids(side, "Account");
    let (Some(loser), Some(winner)) = (dice.pick(&ids), dice.pick(&ids)) else { return 0 };
    if loser == winner || ids.len() <= 12 {
        return 0;
    }
    for child in children_of(side, loser).iter().filter(|child| *child != winner) {
        side.org.update("Account", child, &[("ParentId", Value::Id(*winner))]);
    }
    side.org.merge("Account", loser, winner);
    1
}

fn children_of(side: &OrgSide, parent: &RecordId) -> Vec<RecordId> {
    let sobject = side.org.sobject("Account");
    let lookup = sobject.field("ParentId").unwrap();
    let view = side.org.simulator.org().read();
    let is_child = |row: &orgsim::org::Row| view.value(sobject, row, lookup) == Value::Id(*parent);
    let rows = view.rows(sobject).filter(|row| !view.is_deleted(row) && is_child(row));
    rows.map(|row| view.id(&row)).filter(|id| !side.held.contains(id)).collect()
}

/// Gives a record another parent.
fn move_one(side: &OrgSide, dice: &Dice) -> u64 {
    let (name, field, target) = side.lookup;
    let (children, parents) = (live_ids(side, name), live_ids(side, target));
    let (Some(child), Some(parent)) = (dice.pick(&children), dice.pick(&parents)) else { return 0 };
    side.org.update(name, child, &[(field, Value::Id(*parent))]);
    1
}
