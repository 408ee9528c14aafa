//! Records as the results of Bulk API 1.0 in XML have them (Bulk API Developer Guide, Get Bulk Query Results).

use super::column::Column;
use super::csv;
use super::path::Step;
use crate::org::{OrgView, Row};
use crate::schema::{FieldKind, SObject};
use crate::value::Value;
use crate::xml::escape;

/// A column and where it stands.
struct Entry<'a> {
    steps: &'a [Step],
    name: String,
    column: &'a Column,
}

impl<'a> Entry<'a> {
    fn of(column: &'a Column) -> Option<Self> {
        let (steps, name): (&[Step], _) = match column {
            Column::Field(path) => (&path.steps, path.leaf.name().to_owned()),
            Column::Computed(expression, None) => {
                (expression.steps(), expression.path().leaf.name().to_owned())
            }
            Column::Computed(_, Some(name)) => (&[], name.clone()),
            // Jobs have neither.
            Column::Children(..) | Column::TypeOf(_) => return None,
        };
        Some(Self { steps, name, column })
    }
}

/// Appends a record.
pub(super) fn write_row(
    sobject: &SObject,
    columns: &[Column],
    view: &OrgView<'_>,
    row: &Row,
    out: &mut Vec<u8>,
) {
    let entries: Vec<Entry<'_>> = columns.iter().filter_map(Entry::of).collect();
    out.extend_from_slice(b"<records xsi:type=\"sObject\">");
    let writer = Writer { view, row };
    writer.write_record(&sobject.name, &entries.iter().collect::<Vec<_>>(), 0, row, out);
    out.extend_from_slice(b"</records>\n");
}

struct Writer<'a, 'org> {
    view: &'a OrgView<'org>,
    /// The record of the query itself, from which all paths start.
    row: &'a Row,
}

impl Writer<'_, '_> {
    /// Appends the members of a record, or of a parent so many steps away.
    fn write_record(
        &self,
        type_name: &str,
        entries: &[&Entry<'_>],
        depth: usize,
        at: &Row,
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(format!("<type>{type_name}</type>").as_bytes());
        let mut written: Vec<&str> = Vec::new();
        for entry in entries {
            let Some(step) = entry.steps.get(depth) else {
                self.write_value(entry, out);
                continue;
            };
            if written.contains(&step.name()) {
                continue;
            }
            written.push(step.name());
            let Some(parent) = step.follow(self.view, at) else {
                out.extend_from_slice(format!("<{} xsi:nil=\"true\"/>", step.name()).as_bytes());
                continue;
            };
            let is_same =
                |entry: &&&Entry<'_>| entry.steps.get(depth).is_some_and(|other| other.name() == step.name());
            let below: Vec<&Entry<'_>> = entries.iter().filter(is_same).copied().collect();
            let type_name = step.parent.map_or("Name", |parent| parent.name.as_str());
            out.extend_from_slice(format!("<{} xsi:type=\"sObject\">", step.name()).as_bytes());
            self.write_record(type_name, &below, depth + 1, &parent, out);
            out.extend_from_slice(format!("</{}>", step.name()).as_bytes());
        }
    }

    fn write_value(&self, entry: &Entry<'_>, out: &mut Vec<u8>) {
        let (value, kind) = match entry.column {
            Column::Field(path) => (path.value(self.view, self.row), path.leaf.kind()),
            Column::Computed(expression, _) => (expression.value(self.view, self.row), expression.kind()),
            Column::Children(..) | Column::TypeOf(_) => return,
        };
        let name = &entry.name;
        if value.is_null() && kind != FieldKind::Boolean {
            out.extend_from_slice(format!("<{name} xsi:nil=\"true\"/>").as_bytes());
            return;
        }
        out.extend_from_slice(format!("<{name}>").as_bytes());
        match &value {
            Value::Text(text) => out.extend_from_slice(escape(text).as_bytes()),
            value => csv::write_value(value, kind, false, out),
        }
        out.extend_from_slice(format!("</{name}>").as_bytes());
    }
}
