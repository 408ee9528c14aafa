//! A second evaluator of queries, as plain as can be: it shares the syntax tree with the first one and nothing else.
//!
//! It holds every record as a map of values, goes through all of them for everything, and knows only statements that are
//! right.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde_json::{Map, Value as Json, json};

use crate::org::OrgView;
use crate::schema::{Field, FieldKind, SObject, Schema};
use crate::soql::Context;
use crate::soql::ast::{Argument, Call, Item, Operand, Path, Statement, TypeOf};
use crate::time_zone::TimeZone;
use crate::value::Value;

use self::order::compare_nullable;

mod conditions;
mod functions;
mod groups;
mod order;
mod spans;

/// A record: values by field name in lower case.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) sobject: String,
    pub(super) id: String,
    is_deleted: bool,
    values: BTreeMap<String, Value<'static>>,
}

/// All records of an org.
pub(super) struct Reference {
    schema: &'static Schema,
    pub(super) records: Vec<Record>,
    places: HashMap<String, std::ops::Range<usize>>,
    by_id: HashMap<String, usize>,
    pub(super) now_ms: i64,
    pub(super) today: NaiveDate,
    pub(super) zone: TimeZone,
    pub(super) weeks_start_on_monday: bool,
    fiscal_start: u32,
    user_id: String,
    include_deleted: bool,
}

/// What FROM calls things: an alias and the relationships it stands for.
type Names = Vec<(String, Vec<String>)>;

/// A statement that is evaluated, and the sObject it is about.
#[derive(Clone)]
pub(super) struct Scope {
    sobject: &'static SObject,
    names: Names,
}

impl Reference {
    pub(super) fn read(view: &OrgView<'_>, context: &Context) -> Self {
        let schema = Schema::standard();
        let mut records = Vec::new();
        for sobject in schema.sobjects() {
            for row in view.rows(sobject) {
                let value = |field: &Field| {
                    (field.name.to_lowercase(), view.value(sobject, &row, field).into_owned())
                };
                records.push(Record {
                    sobject: sobject.name.clone(),
                    id: view.id(&row).to_string(),
                    is_deleted: view.is_hidden(&row),
                    values: sobject.fields.iter().map(value).collect(),
                });
            }
        }
        let mut places: HashMap<String, std::ops::Range<usize>> = HashMap::new();
        for (at, record) in records.iter().enumerate() {
            places.entry(record.sobject.clone()).or_insert(at..at).end = at + 1;
        }
        // Of a note and the document it is, too, the document comes first.
        let by_id = records.iter().enumerate().rev().map(|(at, record)| (record.id.clone(), at)).collect();
        Self {
            schema,
            records,
            places,
            by_id,
            now_ms: context.now_ms,
            today: context.time_zone.local(context.now_ms).date(),
            zone: context.time_zone,
            weeks_start_on_monday: context.locale.week_start() == chrono::Weekday::Mon,
            fiscal_start: context.fiscal_start,
            user_id: context.user_id.to_string(),
            include_deleted: context.include_deleted,
        }
    }

    fn records_of(&self, sobject: &SObject) -> &[Record] {
        self.places.get(&sobject.name).map_or(&[], |places| &self.records[places.clone()])
    }

    /// Answers a statement: its number of rows and its records.
    pub(super) fn answer(&self, statement: &Statement) -> Json {
        let sobject = self.schema.find(&statement.from[0].path.words[0]).unwrap();
        let scope = Scope { sobject, names: names(statement, sobject) };
        let kept: Vec<&Record> = self
            .records_of(sobject)
            .iter()
            .filter(|record| self.include_deleted || !record.is_deleted)
            .filter(|record| self.is_in_scope(statement, record))
            .collect();
        self.answer_of(statement, &scope, kept)
    }

    fn answer_of(&self, statement: &Statement, scope: &Scope, mut records: Vec<&Record>) -> Json {
        records.retain(|record| {
            statement.condition.as_ref().is_none_or(|condition| self.holds(condition, scope, record))
        });
        if groups::is_grouped(statement) {
            return self.answer_groups(statement, scope, &records);
        }
        records.sort_by(|one, other| one.id.cmp(&other.id));
        records.sort_by(|one, other| self.compare_records(statement, scope, one, other));
        let records = cut(statement, records);
        if is_bare_count(statement) {
            return json!({ "totalSize": records.len(), "done": true, "records": [] });
        }
        let written: Vec<Json> = records.iter().map(|record| self.write(statement, scope, record)).collect();
        json!({ "totalSize": written.len(), "done": true, "records": written })
    }

    fn is_in_scope(&self, statement: &Statement, record: &Record) -> bool {
        match &statement.scope {
            Some(scope) if scope.text.eq_ignore_ascii_case("mine") => {
                record.values["ownerid"].as_str() == Some(&self.user_id)
            }
            _ => true,
        }
    }

    fn compare_records(
        &self,
        statement: &Statement,
        scope: &Scope,
        one: &Record,
        other: &Record,
    ) -> std::cmp::Ordering {
        for order in &statement.order {
            let [one, other] = [one, other].map(|record| self.value(&order.operand, scope, record));
            let ordering = compare_nullable(order, &one, &other, self.field_of(&order.operand, scope));
            if ordering.is_ne() {
                return ordering;
            }
        }
        std::cmp::Ordering::Equal
    }

    fn find(&self, id: &str) -> Option<&Record> {
        self.by_id.get(id).map(|at| &self.records[*at])
    }

    /// Writes a record as JSON.
    fn write(&self, statement: &Statement, scope: &Scope, record: &Record) -> Json {
        let mut written = head(&record.sobject, record);
        let mut unnamed = 0;
        for item in &statement.items {
            match item {
                Item::Field(path, _) => {
                    self.write_path(
                        &mut written,
                        record,
                        &scope.resolve(path),
                        &|reference, record, name| reference.field_json(record, name),
                    );
                }
                Item::Call(call, alias) => {
                    let value = functions::to_json(&self.call(call, scope, record));
                    match alias {
                        Some(alias) => written[&alias.text] = value,
                        None if call.name.text.eq_ignore_ascii_case("DISTANCE") => {
                            written[format!("expr{unnamed}")] = value;
                            unnamed += 1;
                        }
                        None => {
                            let words = scope.resolve(innermost(call));
                            self.write_path(&mut written, record, &words, &|_, _, _| value.clone());
                        }
                    }
                }
                Item::Subquery(child, _) => self.write_children(&mut written, scope, record, child),
                Item::TypeOf(type_of) => self.write_type_of(&mut written, record, type_of),
            }
        }
        written
    }

    /// Writes the end of a path into the objects of the parents before it.
    fn write_path(
        &self,
        written: &mut Json,
        record: &Record,
        words: &[String],
        value: &dyn Fn(&Self, &Record, &str) -> Json,
    ) {
        let (first, rest) = words.split_first().unwrap();
        if rest.is_empty() {
            let name = self.declared_name(record, first);
            written[name] = value(self, record, first);
            return;
        }
        let lookup = self.schema.find(&record.sobject).unwrap().relationship(first).unwrap();
        let name = lookup.relationship_name.clone().unwrap();
        let Some(parent) = self.parent(record, first) else {
            written[name] = Json::Null;
            return;
        };
        let seen_as = if lookup.is_polymorphic() { "Name" } else { &parent.sobject };
        let slot = written.as_object_mut().unwrap().entry(name).or_insert(Json::Null);
        if slot.is_null() {
            *slot = head(seen_as, parent);
        }
        if seen_as == "Name" && rest[0].eq_ignore_ascii_case("Type") {
            slot["Type"] = functions::to_json(&type_of(parent));
            return;
        }
        self.write_path(slot, parent, rest, value);
    }

    fn write_children(&self, written: &mut Json, scope: &Scope, record: &Record, child: &Statement) {
        let name = child.from[0].path.words.last().unwrap();
        let relationship = scope
            .sobject
            .children
            .iter()
            .find(|child| {
                child.relationship_name.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name))
            })
            .unwrap();
        let sobject = self.schema.find(&relationship.child_sobject).unwrap();
        let lookup = relationship.field.to_lowercase();
        let children = self
            .records_of(sobject)
            .iter()
            .filter(|other| self.include_deleted || !other.is_deleted)
            .filter(|other| other.values[&lookup].as_str() == Some(&record.id))
            .collect();
        let below = Scope { sobject, names: names(child, sobject) };
        let answer = self.answer_of(child, &below, children);
        let is_empty = answer["totalSize"] == 0;
        written[relationship.relationship_name.as_ref().unwrap()] =
            if is_empty { Json::Null } else { answer };
    }

    fn write_type_of(&self, written: &mut Json, record: &Record, type_of: &TypeOf) {
        let name = type_of.path.words.last().unwrap();
        let answer = self.parent(record, name).map_or(Json::Null, |parent| {
            let case = type_of.cases.iter().find(|(word, _)| word.text.eq_ignore_ascii_case(&parent.sobject));
            let (paths, seen_as) = match case {
                Some((_, paths)) => (paths, parent.sobject.as_str()),
                None if type_of.otherwise.is_empty() => return Json::Null,
                None => (&type_of.otherwise, "Name"),
            };
            let mut written = head(seen_as, parent);
            for path in paths {
                if seen_as == "Name" && path.words[0].eq_ignore_ascii_case("Type") {
                    written["Type"] = functions::to_json(&self::type_of(parent));
                    continue;
                }
                self.write_path(&mut written, parent, &path.words, &|reference, record, name| {
                    reference.field_json(record, name)
                });
            }
            written
        });
        let lookup = self.schema.find(&record.sobject).unwrap().relationship(name).unwrap();
        let slot = &mut written[lookup.relationship_name.as_ref().unwrap()];
        let before = std::mem::replace(slot, answer);
        // What paths asked of the same parent stands beside it.
        for (field, value) in before.as_object().into_iter().flatten() {
            if slot.get(field).is_none() {
                slot[field] = value.clone();
            }
        }
    }

    fn field_json(&self, record: &Record, name: &str) -> Json {
        let is_checkbox = self.kind_at(record, name) == Some(FieldKind::Boolean);
        match self.field_value(record, name) {
            Value::Null if is_checkbox => json!(false),
            value => functions::to_json(&value),
        }
    }

    fn declared_name(&self, record: &Record, name: &str) -> String {
        let sobject = self.schema.find(&record.sobject).unwrap();
        sobject.field(name).map_or_else(|| name.to_owned(), |field| field.name.clone())
    }

    fn kind_at(&self, record: &Record, name: &str) -> Option<FieldKind> {
        self.schema.find(&record.sobject).unwrap().field(name).map(|field| field.kind)
    }

    /// Returns a record's own value.
    fn field_value(&self, record: &Record, name: &str) -> Value<'static> {
        record.values.get(&name.to_lowercase()).cloned().unwrap_or(Value::Null)
    }

    fn parent(&self, record: &Record, relationship: &str) -> Option<&Record> {
        let lookup = self.schema.find(&record.sobject).unwrap().relationship(relationship).unwrap();
        self.find(record.values[&lookup.name.to_lowercase()].as_str()?)
    }

    fn is_polymorphic(&self, record: &Record, relationship: &str) -> bool {
        let lookup = self.schema.find(&record.sobject).unwrap().relationship(relationship).unwrap();
        lookup.is_polymorphic()
    }

    /// Returns the value at the end of a path; null where a parent is missing.
    fn path_value(&self, record: &Record, words: &[String]) -> Value<'static> {
        match words {
            [name] => self.field_value(record, name),
            [relationship, name]
                if name.eq_ignore_ascii_case("Type") && self.is_polymorphic(record, relationship) =>
            {
                self.parent(record, relationship).map_or(Value::Null, type_of)
            }
            [relationship, rest @ ..] => {
                self.parent(record, relationship).map_or(Value::Null, |parent| self.path_value(parent, rest))
            }
            [] => Value::Null,
        }
    }

    /// Returns the value of a field or function for a record.
    pub(super) fn value(&self, operand: &Operand, scope: &Scope, record: &Record) -> Value<'static> {
        match operand {
            Operand::Path(path) => self.path_value(record, &scope.resolve(path)),
            Operand::Call(call) => self.call(call, scope, record),
        }
    }

    /// Finds the field at the end of a path.
    fn field_at(&self, scope: &Scope, words: &[String]) -> Option<&'static Field> {
        let mut sobject = scope.sobject;
        let (last, parents) = words.split_last()?;
        for parent in parents {
            let lookup = sobject.relationship(parent)?;
            let [only] = lookup.reference_to.as_slice() else { return None };
            sobject = self.schema.find(only)?;
        }
        sobject.field(last)
    }

    /// Finds the field an operand is, if it is no function.
    fn field_of(&self, operand: &Operand, scope: &Scope) -> Option<&'static Field> {
        match operand {
            Operand::Path(path) => self.field_at(scope, &scope.resolve(path)),
            Operand::Call(_) => None,
        }
    }

    /// Makes the scope of a statement about an sObject, for those who ask for values only.
    pub(super) fn scope(&self, sobject: &str) -> Scope {
        Scope { sobject: self.schema.find(sobject).unwrap(), names: Vec::new() }
    }
}

impl Scope {
    /// Returns the words of a path without what FROM calls things.
    fn resolve(&self, path: &Path) -> Vec<String> {
        let (first, rest) = path.words.split_first().unwrap();
        if rest.is_empty() {
            return path.words.clone();
        }
        match self.names.iter().find(|(name, _)| name.eq_ignore_ascii_case(first)) {
            Some((_, stands_for)) => [stands_for.as_slice(), rest].concat(),
            None => path.words.clone(),
        }
    }
}

/// Returns what the parent of a polymorphic lookup says it is.
fn type_of(parent: &Record) -> Value<'static> {
    let is_queue = parent.sobject == "Group" && parent.values["type"].as_str() == Some("Queue");
    Value::owned_text(if is_queue { "Queue".to_owned() } else { parent.sobject.clone() })
}

fn names(statement: &Statement, sobject: &SObject) -> Names {
    let mut names: Names = Vec::new();
    for source in &statement.from {
        let Some(alias) = &source.alias else { continue };
        let (first, rest) = source.path.words.split_first().unwrap();
        let stands_for = match names.iter().find(|(name, _)| name.eq_ignore_ascii_case(first)) {
            Some((_, before)) => [before.as_slice(), rest].concat(),
            None => Vec::new(),
        };
        names.push((alias.text.clone(), stands_for));
    }
    if sobject.relationship(&sobject.name).is_none() {
        names.push((sobject.name.clone(), Vec::new()));
    }
    names
}

fn cut<T>(statement: &Statement, list: Vec<T>) -> Vec<T> {
    let skip = statement.offset.unwrap_or(0) as usize;
    let take = statement.limit.map_or(usize::MAX, |limit| limit as usize);
    list.into_iter().skip(skip).take(take).collect()
}

fn is_bare_count(statement: &Statement) -> bool {
    matches!(statement.items.as_slice(), [Item::Call(call, None)]
        if call.arguments.is_empty() && call.name.text.eq_ignore_ascii_case("COUNT"))
}

/// Returns the field in the middle of nested functions.
fn innermost(call: &Call) -> &Path {
    match &call.arguments[0] {
        Argument::Path(path) => path,
        Argument::Call(call) => innermost(call),
        Argument::Literal(_) => panic!("no function is of a literal"),
    }
}

fn head(seen_as: &str, record: &Record) -> Json {
    let url = format!("/services/data/v66.0/sobjects/{}/{}", record.sobject, record.id);
    let mut head = Map::new();
    head.insert("attributes".to_owned(), json!({ "type": seen_as, "url": url }));
    Json::Object(head)
}
