//! Records as the REST API answers them.

use chrono::NaiveTime;

use super::children::Family;
use super::column::{Column, TypeOf};
use super::expression::Expression;
use super::number::{write_date, write_double, write_instant, write_integer, write_time, write_version};
use super::path::{FieldPath, Leaf, Step};
use super::query::{ChildPages, Query};
use crate::org::{OrgView, Row};
use crate::schema::{Api, Field, FieldKind, SObject};
use crate::value::Value;

/// What a record is made of: fields in the order they were selected, parents where they were first named.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    /// `,"Name":`, as it stands in the record.
    label: Vec<u8>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Field(Leaf),
    Compound(Vec<Part>),
    Parent(Step, Shape),
    /// A function of the record the member is in, and the type of its values.
    Computed(Expression, FieldKind),
    /// The place of a child subquery.
    Children(usize),
    TypeOf(Choice),
}

/// A parent whose fields depend on its type.
#[derive(Clone, Debug)]
struct Choice {
    step: Step,
    cases: Vec<(&'static SObject, Shape)>,
    otherwise: Option<Shape>,
}

/// A part of an address or a location.
#[derive(Clone, Debug)]
struct Part {
    name: String,
    sobject: &'static SObject,
    field: &'static Field,
}

impl Shape {
    /// Lays out a record of these columns.
    pub(super) fn new(columns: &[Column]) -> Self {
        let mut shape = Self::default();
        for column in columns {
            match column {
                Column::Field(path) => shape.add_field(path),
                Column::Computed(expression, Some(name)) => {
                    shape.add(name, Content::Computed(expression.clone(), expression.kind()));
                }
                Column::Computed(expression, None) => {
                    let content = Content::Computed(expression.seen_from_parent(), expression.kind());
                    shape.below(expression.steps()).add(expression.path().leaf.name(), content);
                }
                Column::Children(name, place) => shape.add(name, Content::Children(*place)),
                Column::TypeOf(type_of) => shape.add_choice(type_of),
            }
        }
        shape.join_choices();
        shape
    }

    /// Joins what paths and `TYPEOF` ask of one parent, which stands in the record once.
    fn join_choices(&mut self) {
        for member in &mut self.members {
            if let Content::Parent(_, shape) = &mut member.content {
                shape.join_choices();
            }
        }
        if !self.members.iter().any(|member| matches!(member.content, Content::TypeOf(_))) {
            return;
        }
        for member in std::mem::take(&mut self.members) {
            match self.members.iter_mut().find(|known| known.label == member.label) {
                Some(known) => known.content.join(member.content),
                None => self.members.push(member),
            }
        }
    }

    /// Returns this with the members of another one that are not among its own.
    fn with(&self, other: &Self) -> Self {
        let is_new = |member: &&Member| self.members.iter().all(|own| own.label != member.label);
        let more = other.members.iter().filter(is_new);
        Self { members: self.members.iter().chain(more).cloned().collect() }
    }

    fn of_fields(paths: &[FieldPath]) -> Self {
        let mut shape = Self::default();
        paths.iter().for_each(|path| shape.add_field(path));
        shape
    }

    fn add(&mut self, name: &str, content: Content) {
        self.members.push(Member { label: label(name), content });
    }

    fn add_field(&mut self, path: &FieldPath) {
        self.below(&path.steps).add(path.leaf.name(), Content::of(path.leaf));
    }

    fn add_choice(&mut self, type_of: &TypeOf) {
        let Some((step, parents)) = type_of.steps.split_last() else { return };
        let choice = Choice {
            step: *step,
            cases: type_of.cases.iter().map(|(sobject, paths)| (*sobject, Self::of_fields(paths))).collect(),
            otherwise: (!type_of.otherwise.is_empty()).then(|| Self::of_fields(&type_of.otherwise)),
        };
        self.below(parents).add(step.name(), Content::TypeOf(choice));
    }

    fn below(&mut self, steps: &[Step]) -> &mut Self {
        steps.iter().fold(self, Self::parent)
    }

    fn parent(&mut self, wanted: &Step) -> &mut Self {
        let is_wanted =
            |member: &Member| matches!(&member.content, Content::Parent(step, _) if step == wanted);
        let at = self.members.iter().position(is_wanted).unwrap_or_else(|| {
            let content = Content::Parent(*wanted, Self::default());
            self.members.push(Member { label: label(wanted.name()), content });
            self.members.len() - 1
        });
        match &mut self.members[at].content {
            Content::Parent(_, shape) => shape,
            _ => unreachable!("the member was found or made as a parent"),
        }
    }
}

impl Content {
    /// Takes in what else is asked of the same parent.
    fn join(&mut self, other: Self) {
        let (shape, mut choice) = match (&*self, other) {
            (Self::Parent(_, shape), Self::TypeOf(choice)) => (shape.clone(), choice),
            (Self::TypeOf(choice), Self::Parent(_, shape)) => (shape, choice.clone()),
            _ => return,
        };
        choice.cases.iter_mut().for_each(|(_, case)| *case = shape.with(case));
        choice.otherwise = Some(shape.with(&choice.otherwise.unwrap_or_default()));
        *self = Self::TypeOf(choice);
    }

    fn of(leaf: Leaf) -> Self {
        match leaf {
            Leaf::Field(sobject, field) if field.is_compound() => Self::Compound(list_parts(sobject, field)),
            leaf => Self::Field(leaf),
        }
    }
}

/// Returns the parts of a compound field in the order the API has them, that of their names.
fn list_parts(sobject: &'static SObject, compound: &'static Field) -> Vec<Part> {
    let base = compound.name.strip_suffix("Address").unwrap_or(&compound.name);
    let base = base.strip_suffix("__c").map_or(base.to_owned(), |name| format!("{name}__"));
    let is_part = |field: &&'static Field| field.compound.as_deref() == Some(compound.name.as_str());
    let mut parts: Vec<_> = sobject
        .fields
        .iter()
        .filter(is_part)
        .map(|field| {
            let name = field.name.strip_prefix(&base).unwrap_or(&field.name);
            Part { name: start_lower(name.strip_suffix("__s").unwrap_or(name)), sobject, field }
        })
        .collect();
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    parts
}

fn start_lower(name: &str) -> String {
    let (first, rest) = name.split_at(name.len().min(1));
    first.to_ascii_lowercase() + rest
}

fn label(name: &str) -> Vec<u8> {
    format!(",\"{name}\":").into_bytes()
}

/// Writes records as callers of one API version see them.
pub(super) struct JsonWriter<'a, 'org> {
    pub(super) view: &'a OrgView<'org>,
    pub(super) api: Api,
    pub(super) api_version: u16,
    pub(super) pages: &'a ChildPages<'a>,
    pub(super) times: Times,
}

/// How dates and instants are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Times {
    Text,
    /// As milliseconds since 1970.
    Epoch,
}

/// The children of the record that is written.
struct Kin<'a> {
    query: &'a Query,
    family: &'a Family,
}

impl JsonWriter<'_, '_> {
    /// Appends records with commas between. `places` says which subquery they are of.
    pub(super) fn write_records(
        &self,
        query: &Query,
        rows: &[Row],
        family: &Family,
        places: &mut Vec<usize>,
        out: &mut Vec<u8>,
    ) {
        for (at, row) in rows.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.write_head(&query.sobject.name, query.sobject, row, out);
            for member in &query.shape.members {
                out.extend_from_slice(&member.label);
                match member.content {
                    Content::Children(place) => {
                        places.push(place);
                        self.write_children(&Kin { query, family }, row, places, out);
                        places.pop();
                    }
                    ref content => self.write_content(content, row, out),
                }
            }
            out.push(b'}');
        }
    }

    /// Appends what the subquery at the last of the places found; null where that is nothing.
    fn write_children(&self, kin: &Kin<'_>, row: &Row, places: &mut Vec<usize>, out: &mut Vec<u8>) {
        let place = places.last().copied().unwrap_or_default();
        let rows = kin.family.children(place, row);
        if rows.is_empty() {
            out.extend_from_slice(b"null");
            return;
        }
        let page = &rows[..rows.len().min(self.pages.page_rows)];
        let done = page.len() == rows.len();
        out.extend_from_slice(format!(r#"{{"totalSize":{},"done":{done}"#, rows.len()).as_bytes());
        if !done {
            let next = (self.pages.keep)(places, rows);
            out.extend_from_slice(format!(r#","nextRecordsUrl":"{next}""#).as_bytes());
        }
        out.extend_from_slice(br#","records":["#);
        self.write_records(&kin.query.children[place].query, page, kin.family.below(place), places, out);
        out.extend_from_slice(b"]}");
    }

    /// Appends the start of a record.
    fn write_head(&self, type_name: &str, sobject: &SObject, row: &Row, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"attributes\":{\"type\":\"");
        out.extend_from_slice(type_name.as_bytes());
        out.extend_from_slice(b"\",\"url\":\"");
        self.write_url(sobject, row, out);
        out.extend_from_slice(b"\"}");
    }

    fn write_typed(&self, shape: &Shape, type_name: &str, sobject: &SObject, row: &Row, out: &mut Vec<u8>) {
        self.write_head(type_name, sobject, row, out);
        for member in &shape.members {
            out.extend_from_slice(&member.label);
            self.write_content(&member.content, row, out);
        }
        out.push(b'}');
    }

    fn write_content(&self, content: &Content, row: &Row, out: &mut Vec<u8>) {
        match content {
            Content::Field(leaf) => self.write_field(leaf, row, out),
            Content::Compound(parts) => self.write_compound(parts, row, out),
            Content::Parent(step, shape) => self.write_parent(step, shape, row, out),
            Content::Computed(expression, kind) => {
                self.write_value(&expression.value(self.view, row), *kind, out);
            }
            Content::TypeOf(choice) => self.write_choice(choice, row, out),
            Content::Children(_) => unreachable!("only the record of the query itself has children"),
        }
    }

    fn write_url(&self, sobject: &SObject, row: &Row, out: &mut Vec<u8>) {
        out.extend_from_slice(b"/services/data/");
        write_version(self.api_version, out);
        out.extend_from_slice(self.api.path().as_bytes());
        out.extend_from_slice(b"/sobjects/");
        out.extend_from_slice(sobject.name.as_bytes());
        out.push(b'/');
        match self.view.computed_id(sobject, row) {
            Some(id) => out.extend_from_slice(id.as_bytes()),
            None => out.extend_from_slice(self.view.id(row).as_str().as_bytes()),
        }
    }

    fn write_parent(&self, step: &Step, shape: &Shape, row: &Row, out: &mut Vec<u8>) {
        let Some(parent) = step.follow(self.view, row) else {
            out.extend_from_slice(b"null");
            return;
        };
        let sobject = &self.view.schema().sobjects()[parent.sobject_index()];
        // The parent of a polymorphic lookup is seen through `Name`.
        let type_name = step.parent.map_or("Name", |parent| parent.name.as_str());
        self.write_typed(shape, type_name, sobject, &parent, out);
    }

    /// Appends the fields for a parent's type; null where the statement names none for it.
    fn write_choice(&self, choice: &Choice, row: &Row, out: &mut Vec<u8>) {
        let Some(parent) = choice.step.follow(self.view, row) else {
            out.extend_from_slice(b"null");
            return;
        };
        let sobject = &self.view.schema().sobjects()[parent.sobject_index()];
        let case = choice.cases.iter().find(|(wanted, _)| wanted.index == sobject.index);
        match (case, &choice.otherwise) {
            (Some((_, shape)), _) => self.write_typed(shape, &sobject.name, sobject, &parent, out),
            (None, Some(shape)) => self.write_typed(shape, "Name", sobject, &parent, out),
            (None, None) => out.extend_from_slice(b"null"),
        }
    }

    fn write_field(&self, leaf: &Leaf, row: &Row, out: &mut Vec<u8>) {
        match (leaf, leaf.kind()) {
            (Leaf::Field(sobject, field), FieldKind::Base64) => {
                out.push(b'"');
                self.write_url(sobject, row, out);
                out.push(b'/');
                out.extend_from_slice(field.name.as_bytes());
                out.push(b'"');
            }
            (_, kind) => self.write_value(&leaf.value(self.view, row), kind, out),
        }
    }

    fn write_compound(&self, parts: &[Part], row: &Row, out: &mut Vec<u8>) {
        let values: Vec<_> =
            parts.iter().map(|part| self.view.value(part.sobject, row, part.field)).collect();
        if values.iter().all(Value::is_null) {
            out.extend_from_slice(b"null");
            return;
        }
        for (at, (part, value)) in parts.iter().zip(&values).enumerate() {
            out.push(if at == 0 { b'{' } else { b',' });
            write_text(&part.name, out);
            out.push(b':');
            self.write_value(value, part.field.kind, out);
        }
        out.push(b'}');
    }

    fn write_value(&self, value: &Value<'_>, kind: FieldKind, out: &mut Vec<u8>) {
        match (self.times, value) {
            (Times::Epoch, Value::DateTime(ms)) => write_integer(*ms, out),
            (Times::Epoch, Value::Date(date)) => {
                write_integer(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis(), out);
            }
            _ => write_value(value, kind, out),
        }
    }
}

/// Appends a value as JSON (REST API Developer Guide, Query; SOAP API Developer Guide, Field Types).
pub(super) fn write_value(value: &Value<'_>, kind: FieldKind, out: &mut Vec<u8>) {
    let mut quote = |write: &dyn Fn(&mut Vec<u8>), zone: &[u8]| {
        out.push(b'"');
        write(out);
        out.extend_from_slice(zone);
        out.push(b'"');
    };
    match value {
        Value::DateTime(ms) => quote(&|out| write_instant(*ms, out), b"+0000"),
        Value::Date(date) => quote(&|out| write_date(*date, out), b""),
        Value::Time(ms) => quote(&|out| write_time(*ms, out), b"Z"),
        Value::Id(id) => quote(&|out| out.extend_from_slice(id.as_str().as_bytes()), b""),
        Value::Text(text) if kind == FieldKind::ComplexValue => out.extend_from_slice(text.as_bytes()),
        Value::Text(text) => write_text(text, out),
        Value::Int(number) if kind.is_decimal() => write_double((*number).into(), out),
        Value::Int(number) => write_integer(*number, out),
        Value::Number(number) => write_double(*number, out),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        // A checkbox is never null.
        Value::Null if kind == FieldKind::Boolean => out.extend_from_slice(b"false"),
        // The bytes of a field are read at its address, which the field's writer writes.
        Value::Null | Value::Blob(_) => out.extend_from_slice(b"null"),
    }
}

/// Appends a JSON string.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut clean_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0x08 => b"\\b",
            0x0c => b"\\f",
            0..=0x1f => &control_escape(byte),
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[clean_from..at]);
        out.extend_from_slice(escape);
        clean_from = at + 1;
    }
    out.extend_from_slice(&text.as_bytes()[clean_from..]);
    out.push(b'"');
}

fn control_escape(byte: u8) -> [u8; 6] {
    let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble)];
    [b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]
}

#[cfg(test)]
mod tests {
    use super::write_text;

    #[test]
    fn text_is_escaped() {
        let mut out = Vec::new();

        write_text("a\"b\\c\n\u{1}Ö/", &mut out);

        assert_eq!(String::from_utf8(out).unwrap(), r#""a\"b\\c\n\u0001Ö/""#);
    }
}
