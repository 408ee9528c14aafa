//! The history of tracked fields (Object Reference, StandardObjectNameHistory).

use crate::org::standard::Change;
use crate::org::{Org, OrgView};
use crate::schema::{Field, FieldKind, SObject};
use crate::value::Value;

impl Org {
    /// Writes down what a change did to the tracked fields: those that the history's own picklist names.
    pub(super) fn write_history(&self, change: Change<'_, '_>) {
        let Some((history, parent, tracked)) = find_history(self, change.sobject) else { return };
        let view = self.read();
        let id = Value::Id(view.id(&change.row));
        let Some(before) = change.before else {
            let values = vec![
                (parent.name.as_str(), id),
                ("Field", Value::text("created")),
                ("DataType", Value::text("Text")),
            ];
            self.add(history, values, change.by);
            return;
        };
        for entry in tracked {
            let sobject = change.sobject;
            let field = sobject.field(&entry.value).or_else(|| sobject.relationship(&entry.value));
            let Some(field) = field else { continue };
            let [old, new] = [before, &view].map(|view| view.value(sobject, &change.row, field).into_owned());
            if old == new {
                continue;
            }
            let line = |data_type: &'static str, old: Value<'static>, new: Value<'static>| {
                vec![
                    (parent.name.as_str(), id.clone()),
                    ("Field", Value::owned_text(entry.value.clone())),
                    ("DataType", Value::text(data_type)),
                    ("OldValue", old),
                    ("NewValue", new),
                ]
            };
            if field.kind == FieldKind::Reference {
                // A lookup leaves two lines: one of names, one of ids.
                let names = [name_of(before, &old), name_of(&view, &new)];
                let [old_name, new_name] = names;
                self.add(history, line("Text", old_name, new_name), change.by);
                self.add(history, line("EntityId", old, new), change.by);
            } else {
                self.add(history, line(data_type(field.kind), old, new), change.by);
            }
        }
    }
}

/// Finds the history of an sObject, its lookup to it, and what it tracks.
fn find_history(
    org: &Org,
    sobject: &SObject,
) -> Option<(&'static SObject, &'static Field, &'static [crate::schema::PicklistEntry])> {
    let is_history = |history: &&SObject| {
        let associate = history.associate.as_ref();
        associate.is_some_and(|(kind, of)| kind == "History" && *of == sobject.name)
            && history.field("Field").is_some()
    };
    let history = org.schema().sobjects().iter().find(is_history)?;
    let parent = history.fields.iter().find(|field| field.reference_to == [sobject.name.as_str()])?;
    Some((history, parent, &history.field("Field")?.picklist))
}

fn name_of(view: &OrgView<'_>, id: &Value<'_>) -> Value<'static> {
    let Value::Id(id) = id else { return Value::Null };
    let found = view
        .find_any(id)
        .and_then(|(sobject, row)| Some(view.value(sobject, &row, sobject.name_field()?).into_owned()));
    found.unwrap_or(Value::Null)
}

fn data_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Date => "DateOnly",
        FieldKind::DateTime => "DateTime",
        FieldKind::Boolean => "Boolean",
        FieldKind::Currency => "Currency",
        FieldKind::Double => "Double",
        FieldKind::Percent => "Percent",
        FieldKind::Int => "Integer",
        FieldKind::Picklist => "Picklist",
        FieldKind::Phone => "Phone",
        FieldKind::Url => "Url",
        FieldKind::Email => "Email",
        _ => "Text",
    }
}
