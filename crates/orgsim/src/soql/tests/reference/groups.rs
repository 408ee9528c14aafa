//! Grouped queries.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::order::{compare_as, compare_nullable, number};
use super::{Record, Reference, Scope, cut, functions};
use crate::schema::{Field, FieldKind};
use crate::soql::ast::{Argument, Call, Condition, GroupKind, Item, Operand, Statement};
use crate::value::Value;

const AGGREGATES: [&str; 6] = ["COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"];

/// Records that are one row of the result: which keys count, their values and the records.
struct Group<'a> {
    set: Vec<bool>,
    values: Vec<Value<'static>>,
    records: Vec<&'a Record>,
}

/// A grouped statement and what it is about.
struct Grouped<'a> {
    reference: &'a Reference,
    scope: &'a Scope,
    keys: &'a [Operand],
}

pub(super) fn is_grouped(statement: &Statement) -> bool {
    let is_aggregate = |item: &Item| matches!(item, Item::Call(call, _) if has_aggregate(call));
    statement.group.is_some() || statement.items.iter().any(is_aggregate)
}

fn has_aggregate(call: &Call) -> bool {
    !call.arguments.is_empty()
        && (AGGREGATES.contains(&call.name.text.to_uppercase().as_str())
            || matches!(&call.arguments[0], Argument::Call(inner) if has_aggregate(inner)))
}

impl Reference {
    pub(super) fn answer_groups(&self, statement: &Statement, scope: &Scope, records: &[&Record]) -> Json {
        let keys = statement.group.as_ref().map_or(&[][..], |group| &group.keys);
        let kind = statement.group.as_ref().map_or(GroupKind::Plain, |group| group.kind);
        let grouped = Grouped { reference: self, scope, keys };
        let mut records = records.to_vec();
        records.sort_by(|one, other| one.id.cmp(&other.id));
        let mut groups: Vec<Group<'_>> =
            sets(kind, keys.len()).into_iter().flat_map(|set| grouped.groups_of(&set, &records)).collect();
        if keys.is_empty() {
            groups = vec![Group { set: Vec::new(), values: Vec::new(), records }];
        }
        groups.retain(|group| {
            statement.having.as_ref().is_none_or(|condition| grouped.holds(condition, group))
        });
        groups.sort_by(|one, other| grouped.compare_keys(one, other));
        groups.sort_by(|one, other| {
            let mut orders = statement.order.iter().map(|order| {
                let [one, other] = [one, other].map(|group| grouped.value(&order.operand, group));
                compare_nullable(order, &one, &other, grouped.sort_field(&order.operand))
            });
            orders.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
        });
        let written: Vec<Json> =
            cut(statement, groups).iter().map(|group| grouped.write(statement, group)).collect();
        json!({ "totalSize": written.len(), "done": true, "records": written })
    }
}

fn sets(kind: GroupKind, count: usize) -> Vec<Vec<bool>> {
    let all = (0..1_u32 << count).map(|bits| (0..count).map(|at| bits >> at & 1 == 1).collect::<Vec<_>>());
    all.filter(|set| match kind {
        GroupKind::Plain => set.iter().all(|counts| *counts),
        // What counts stands before what does not.
        GroupKind::Rollup => set.is_sorted_by(|one, other| one >= other),
        GroupKind::Cube => true,
    })
    .collect()
}

impl Grouped<'_> {
    fn groups_of<'r>(&self, set: &[bool], records: &[&'r Record]) -> Vec<Group<'r>> {
        let mut groups: Vec<Group<'r>> = Vec::new();
        for record in records {
            let values: Vec<Value<'static>> = self.keys.iter().map(|key| self.key_of(key, record)).collect();
            let known = groups.iter_mut().find(|group| {
                let pairs = group.values.iter().zip(&values);
                pairs.zip(set).zip(self.keys).all(|(((one, other), counts), key)| {
                    !counts || self.are_equal(one, other, self.reference.field_of(key, self.scope))
                })
            });
            match known {
                Some(group) => group.records.push(record),
                None => groups.push(Group { set: set.to_vec(), values, records: vec![record] }),
            }
        }
        groups
    }

    fn key_of(&self, key: &Operand, record: &Record) -> Value<'static> {
        let value = self.reference.value(key, self.scope, record);
        let field = self.reference.field_of(key, self.scope);
        let is_checkbox = field.is_some_and(|field| field.kind == FieldKind::Boolean);
        if value.is_null() && is_checkbox { Value::Bool(false) } else { value }
    }

    fn are_equal(&self, one: &Value<'_>, other: &Value<'_>, field: Option<&Field>) -> bool {
        if one.is_null() || other.is_null() {
            return one.is_null() && other.is_null();
        }
        compare_as(field, one, other).is_eq()
    }

    /// Orders by the keys with nulls first and totals last.
    fn compare_keys(&self, one: &Group<'_>, other: &Group<'_>) -> Ordering {
        for (at, key) in self.keys.iter().enumerate() {
            let ordering = match (one.set[at], other.set[at]) {
                (false, false) => Ordering::Equal,
                (false, true) => Ordering::Greater,
                (true, false) => Ordering::Less,
                (true, true) => match (&one.values[at], &other.values[at]) {
                    (Value::Null, Value::Null) => Ordering::Equal,
                    (Value::Null, _) => Ordering::Less,
                    (_, Value::Null) => Ordering::Greater,
                    (one, other) => compare_as(self.reference.field_of(key, self.scope), one, other),
                },
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        Ordering::Equal
    }

    fn holds(&self, condition: &Condition, group: &Group<'_>) -> bool {
        match condition {
            Condition::And(terms) => terms.iter().all(|term| self.holds(term, group)),
            Condition::Or(terms) => terms.iter().any(|term| self.holds(term, group)),
            Condition::Not(term) => !self.holds(term, group),
            Condition::Test(test) => {
                let value = self.value(&test.operand, group);
                self.reference.passes(&value, self.sort_field(&test.operand), test)
            }
        }
    }

    /// Finds the field whose order and case a value has.
    fn sort_field(&self, operand: &Operand) -> Option<&'static Field> {
        match operand {
            Operand::Path(_) => self.reference.field_of(operand, self.scope),
            Operand::Call(call) => match (call.name.text.to_uppercase().as_str(), &call.arguments[0]) {
                ("MIN" | "MAX", Argument::Path(path)) => {
                    self.reference.field_of(&Operand::Path(path.clone()), self.scope)
                }
                _ => None,
            },
        }
    }

    fn value(&self, operand: &Operand, group: &Group<'_>) -> Value<'static> {
        if let Some(at) = self.place_of(operand) {
            return if group.set[at] { group.values[at].clone() } else { Value::Null };
        }
        let Operand::Call(call) = operand else { panic!("{operand} is not grouped") };
        let inner = match &call.arguments[0] {
            Argument::Path(path) => Operand::Path(path.clone()),
            Argument::Call(inner) => Operand::Call(inner.clone()),
            Argument::Literal(_) => panic!("{call} has no field"),
        };
        match call.name.text.to_uppercase().as_str() {
            "GROUPING" => Value::Int(i64::from(!group.set[self.place_of(&inner).unwrap()])),
            "TOLABEL" => {
                functions::label(self.reference.field_of(&inner, self.scope), self.value(&inner, group))
            }
            "FORMAT" => {
                let (kind, scale) = self.kind_of(&inner);
                self.reference.format_as(kind, scale, &self.value(&inner, group))
            }
            name => self.aggregate(name, &inner, group),
        }
    }

    /// Returns the type and decimals of what FORMAT writes.
    fn kind_of(&self, operand: &Operand) -> (FieldKind, usize) {
        let of_field = |operand: &Operand| {
            let field = self.reference.field_of(operand, self.scope);
            field.map_or((FieldKind::String, 0), |field| (field.kind, usize::from(field.scale)))
        };
        match operand {
            Operand::Path(_) => of_field(operand),
            Operand::Call(call) => {
                let Argument::Path(path) = &call.arguments[0] else { panic!("{call} has no field") };
                let (kind, scale) = of_field(&Operand::Path(path.clone()));
                match call.name.text.to_uppercase().as_str() {
                    "COUNT" | "COUNT_DISTINCT" => (FieldKind::Int, 0),
                    "AVG" => (FieldKind::Double, scale),
                    _ => (kind, scale),
                }
            }
        }
    }

    fn place_of(&self, operand: &Operand) -> Option<usize> {
        let normal = |operand: &Operand| {
            let text = operand.to_string().to_lowercase();
            match operand {
                Operand::Path(path) => self.scope.resolve(path).join(".").to_lowercase(),
                Operand::Call(_) => text,
            }
        };
        self.keys.iter().position(|key| normal(key) == normal(operand))
    }

    fn aggregate(&self, name: &str, of: &Operand, group: &Group<'_>) -> Value<'static> {
        let values = group.records.iter().map(|record| self.reference.value(of, self.scope, record));
        let values: Vec<_> = values.filter(|value| !value.is_null()).collect();
        let field = self.reference.field_of(of, self.scope);
        let total: Decimal =
            if matches!(name, "SUM" | "AVG") { values.iter().map(number).sum() } else { Decimal::ZERO };
        match name {
            "COUNT" => return Value::Int(values.len() as i64),
            "COUNT_DISTINCT" => {
                let mut distinct: Vec<&Value<'_>> = Vec::new();
                for value in &values {
                    if !distinct.iter().any(|known| self.are_equal(known, value, field)) {
                        distinct.push(value);
                    }
                }
                return Value::Int(distinct.len() as i64);
            }
            _ if values.is_empty() => return Value::Null,
            "SUM" => return Value::Number(total),
            "AVG" => {
                let average: f64 = (total / Decimal::from(values.len())).to_string().parse().unwrap();
                return Value::Number(average.to_string().parse().unwrap());
            }
            _ => {}
        }
        let mut best = &values[0];
        for value in &values {
            let ordering = compare_as(field, value, best);
            if (name == "MIN" && ordering.is_lt()) || (name == "MAX" && ordering.is_gt()) {
                best = value;
            }
        }
        best.clone()
    }

    fn write(&self, statement: &Statement, group: &Group<'_>) -> Json {
        let mut written = json!({ "attributes": { "type": "AggregateResult" } });
        let mut unnamed = 0;
        for item in &statement.items {
            let (operand, alias) = match item {
                Item::Field(path, alias) => (Operand::Path(path.clone()), alias),
                Item::Call(call, alias) => (Operand::Call(call.clone()), alias),
                item => panic!("{item} is not grouped"),
            };
            let value = functions::to_json(&self.value(&operand, group));
            let name = match (&operand, alias) {
                (_, Some(alias)) => alias.text.clone(),
                (Operand::Path(_), None) => {
                    self.reference.field_of(&operand, self.scope).unwrap().name.clone()
                }
                (Operand::Call(_), None) => {
                    unnamed += 1;
                    format!("expr{}", unnamed - 1)
                }
            };
            written[name] = value;
        }
        written
    }
}
